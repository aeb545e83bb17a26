// Time spent, and the feed of it.
'use strict';

const assert = require('node:assert/strict');
const { words } = require('./desk');

async function work(day, desk) {
  const { issueWorklogs } = desk.api;
  const issueIdOrKey = desk.screens[3];
  await day.step('time is logged, changed and added up', async () => {
    const made = await issueWorklogs.addWorklog({ issueIdOrKey, timeSpentSeconds: 5400, comment: 'Wiped', started: '2026-11-20T09:30:00.000+0000' });
    desk.worklog = made.id;
    const read = await issueWorklogs.getWorklog({ issueIdOrKey, id: made.id });
    assert.equal(read.timeSpent, '1h 30m');
    assert.equal(words(read.comment), 'Wiped');
    await issueWorklogs.updateWorklog({ issueIdOrKey, id: made.id, timeSpentSeconds: 7200 });
    await issueWorklogs.addWorklog({ issueIdOrKey, timeSpent: '30m' });
    const page = await issueWorklogs.getIssueWorklog({ issueIdOrKey });
    assert.equal(page.total, 2);
    assert.equal((await desk.read(issueIdOrKey)).fields.timetracking.timeSpentSeconds, 9000);
  });
  await day.step('worklogs are fetched by their ids', async () => {
    const [found] = await issueWorklogs.getWorklogsForIds({ ids: [Number(desk.worklog)] });
    assert.equal(found.timeSpentSeconds, 7200);
  });
  await day.step('the feeds tell what was changed and what was removed', async () => {
    await issueWorklogs.deleteWorklog({ issueIdOrKey, id: desk.worklog });
    await day.control('clock', { advance_ms: 120_000 });
    const deleted = await issueWorklogs.getIdsOfWorklogsDeletedSince({ since: 0 });
    assert.ok(deleted.values.some((each) => String(each.worklogId) === desk.worklog), JSON.stringify(deleted));
    const updated = await issueWorklogs.getIdsOfWorklogsModifiedSince({ since: 0 });
    assert.ok(updated.values.length >= 1, JSON.stringify(updated));
    assert.equal(updated.lastPage, true);
  });
}

module.exports = { work };
