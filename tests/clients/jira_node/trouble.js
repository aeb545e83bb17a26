// What the client raises when something is wrong.
'use strict';

const assert = require('node:assert/strict');
const { raises } = require('../day');
const { status } = require('./desk');

async function work(day, desk) {
  const { api } = desk;
  const errors = (field) => (told) => field in (told.errors ?? told.data?.errors ?? {});
  await day.step('a wrong token is 401', async () => {
    await raises(() => desk.connect(desk.site.user, 'wrong').myself.getCurrentUser(), status(401));
  });
  await day.step('an unknown issue is 404', async () => {
    await raises(() => desk.read(`${desk.project}-999999`), status(404));
  });
  await day.step('a refused field is named', async () => {
    await raises(() => desk.create('Task', ''), status(400, errors('summary')));
    await raises(() => desk.create('Task', 'Spaces', { labels: ['two words'] }), status(400, errors('labels')));
    await raises(() => desk.create('Task', 'Unknown', { customfield_99999: 1 }), status(400, errors('customfield_99999')));
  });
  await day.step('a refused edit changes nothing', async () => {
    await raises(() => desk.edit(desk.story, { summary: 'Half', priority: { name: 'Unheard of' } }), status(400, errors('priority')));
    assert.equal((await desk.read(desk.story)).fields.summary, 'Kiosk has learned to wait');
  });
  await day.step('a query that cannot be read is 400', async () => {
    for (const jql of ['project = WEB AND', 'no_such_field = 1', 'project = WEB AND summary = "x"']) {
      await raises(() => api.issueSearch.searchForIssuesUsingJqlEnhancedSearch({ jql }), status(400));
    }
  });
  await day.step('the removed searches say where to go', async () => {
    const told = (failure) => failure.status === 410 && /\/rest\/api\/3\/search\/jql/.test(JSON.stringify(failure.response ?? failure.message));
    await raises(() => api.issueSearch.searchForIssuesUsingJql({ jql: 'project = WEB' }), told);
    await raises(() => api.issueSearch.searchForIssuesUsingJqlPost({ jql: 'project = WEB' }), told);
  });
  await day.step('a throttled request is raised with its patience', async () => {
    await day.during('throttle_429', '/rest/api/3/priority', { retry_after_s: 7 }, () =>
      raises(() => api.issuePriorities.getPriorities(), (failure) => failure.status === 429),
    );
  });
  await day.step('a broken server is raised', async () => {
    await day.during('error_503', '/rest/api/3/myself', {}, () => raises(() => api.myself.getCurrentUser(), status(503)));
    assert.equal((await api.myself.getCurrentUser()).displayName, 'Counterpart Sync');
  });
}

module.exports = { work };
