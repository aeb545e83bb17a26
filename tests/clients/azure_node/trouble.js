// What the client raises when something is wrong; what is not found it gives as null.
'use strict';

const assert = require('node:assert/strict');
const { raises } = require('../day');
const { PRIORITY, STATE, TITLE, says } = require('./desk');

async function work(day, desk) {
  const { api } = desk;
  const [screen] = desk.screens ?? [];
  await day.step('a wrong token is refused', async () => {
    await raises(async () => {
      const stranger = await desk.connect('wrong').getWorkItemTrackingApi();
      const item = await stranger.getWorkItem(desk.story);
      assert.equal(item.id, desk.story);
    }, () => true);
  });
  await day.step('what is not there is null', async () => {
    assert.equal(await api.getWorkItem(999_999), null);
    assert.equal(await api.getQuery(desk.project, 'Shared Queries/Nowhere'), null);
  });
  await day.step('rules are told by field', async () => {
    await raises(() => desk.create('Bug', ''), says('TF401320', 400));
    await raises(() => desk.edit(screen, { [STATE]: 'Unheard of' }), says('TF401320', 400));
    await raises(() => desk.edit(screen, { [PRIORITY]: 9 }), says('TF401320', 400));
    await raises(() => desk.edit(screen, { 'System.AreaPath': `${desk.project}\\Nowhere` }), says('TF401347', 400));
    await raises(() => desk.edit(screen, { 'Custom.NoSuchField': 1 }), says('TF51535'));
    await raises(() => desk.edit(screen, { 'System.AssignedTo': 'nobody@acme.example' }), says('unknown identity', 400));
    assert.equal((await desk.fields(screen))[TITLE], 'Screen 1 is dark');
  });
  await day.step('too many at once is VS403474', async () => {
    await raises(() => api.getWorkItemsBatch({ ids: Array.from({ length: 201 }, (_, at) => at + 1), fields: [TITLE] }), says('VS403474', 400));
  });
  await day.step('a query that cannot be read is refused', async () => {
    for (const query of ['SELECT', 'SELECT [System.Id] FROM WorkItems WHERE [No.Such] = 1', 'SELECT [System.Id] FROM Nothing']) {
      await raises(() => api.queryByWiql({ query }), (failure) => failure.statusCode === 400);
    }
  });
  await day.step('a throttled request is raised with its patience', async () => {
    await day.during('throttle_429', '/_apis/wit/fields', { retry_after_s: 7 }, () =>
      raises(() => api.getFields(), (failure) => failure.statusCode === 429),
    );
    assert.ok((await api.getFields()).length > 0);
  });
  await day.step('after ten thousand revisions the answer is 500', async () => {
    await day.during('revision_limit_500', '/_apis/wit/workItems/', {}, () =>
      raises(() => desk.edit(screen, { [PRIORITY]: 2 }), (failure) => failure.statusCode === 500 && failure.message.includes('10,000')),
    );
  });
}

module.exports = { work };
