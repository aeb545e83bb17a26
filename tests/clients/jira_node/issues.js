// Issues: made, read, edited, made and read in bulk, assigned, watched, voted for, given properties, deleted.
'use strict';

const assert = require('node:assert/strict');
const { raises } = require('../day');
const { ALICE, BRUNO, document, status, words } = require('./desk');

async function work(day, desk) {
  await one(day, desk);
  await several(day, desk);
  await attention(day, desk);
  await properties(day, desk);
  await history(day, desk);
  await farewell(day, desk);
}

async function one(day, desk) {
  const { api } = desk;
  await day.step('an issue is made with its marker and read back whole', async () => {
    const made = await api.issues.createIssue({
      fields: desk.fields('Story', 'Kiosk learns to wait', { description: document('It blinks.'), priority: { name: 'High' }, labels: ['nodework', 'kiosk'] }),
      properties: [{ key: 'nodework.mark', value: { shelf: 7 } }],
    });
    desk.story = made.key;
    const issue = await desk.read(made.key, { properties: ['nodework.mark'] });
    assert.equal(issue.id, made.id);
    assert.deepEqual(issue.fields.description, document('It blinks.'));
    assert.deepEqual(issue.fields.labels.sort(), ['kiosk', 'nodework']);
    assert.deepEqual(issue.properties['nodework.mark'], { shelf: 7 });
  });
  await day.step('only the fields that were asked for come back', async () => {
    assert.deepEqual(Object.keys((await desk.read(desk.story, { fields: ['summary'] })).fields), ['summary']);
  });
  await day.step('an edit changes what it names and nothing else', async () => {
    await desk.edit(desk.story, { summary: 'Kiosk has learned to wait', duedate: '2027-01-31' });
    const { fields } = await desk.read(desk.story);
    assert.equal(fields.summary, 'Kiosk has learned to wait');
    assert.equal(fields.duedate, '2027-01-31');
    assert.equal(words(fields.description), 'It blinks.');
  });
  await day.step('labels are added and removed one by one', async () => {
    await api.issues.editIssue({ issueIdOrKey: desk.story, update: { labels: [{ add: 'quick-win' }, { remove: 'kiosk' }] } });
    assert.deepEqual((await desk.read(desk.story)).fields.labels.sort(), ['nodework', 'quick-win']);
  });
  await day.step('an issue is assigned, and to nobody', async () => {
    await api.issues.assignIssue({ issueIdOrKey: desk.story, accountId: BRUNO });
    assert.equal((await desk.read(desk.story)).fields.assignee.accountId, BRUNO);
    await desk.edit(desk.story, { assignee: null });
    assert.equal((await desk.read(desk.story)).fields.assignee, null);
  });
  await day.step('what the edit screen holds is told', async () => {
    const meta = await api.issues.getEditIssueMeta({ issueIdOrKey: desk.story });
    assert.equal(meta.fields.summary.required, true);
  });
}

async function several(day, desk) {
  const { api } = desk;
  await day.step('issues are made in bulk and read in bulk', async () => {
    const kinds = ['Task', 'Bug', 'Task', 'Bug', 'Story', 'Task'];
    const priorities = ['Highest', 'High', 'Medium', 'Low', 'Lowest', 'Medium'];
    const rows = kinds.map((kind, at) => ({
      fields: desk.fields(kind, `Screen ${at + 1} is dark`, { priority: { name: priorities[at] }, labels: ['nodework', 'screen'] }),
    }));
    const made = await api.issues.createIssues({ issueUpdates: rows });
    desk.screens = made.issues.map((issue) => issue.key);
    assert.equal(new Set(desk.screens).size, 6);
    const read = await api.issues.bulkFetchIssues({ issueIdsOrKeys: desk.screens, fields: ['summary', 'priority'] });
    const shown = Object.fromEntries(read.issues.map((issue) => [issue.key, issue.fields.priority.name]));
    assert.deepEqual(desk.screens.map((key) => shown[key]), priorities);
  });
  await day.step('in a bulk, those that are refused do not harm the others', async () => {
    const rows = [{ fields: desk.fields('Task', 'Fine', { labels: ['nodework'] }) }, { fields: desk.fields('Task', '') }];
    const made = await api.issues.createIssues({ issueUpdates: rows });
    assert.equal(made.issues.length, 1);
    assert.equal(made.errors[0].failedElementNumber, 1);
    assert.ok(made.errors[0].elementErrors.errors.summary, JSON.stringify(made.errors));
  });
  await day.step('a sub-task and its parent know each other', async () => {
    const part = await desk.create('Sub-task', 'Clean the glass', { parent: { key: desk.story } });
    assert.equal((await desk.read(part.key)).fields.parent.key, desk.story);
    assert.deepEqual((await desk.read(desk.story)).fields.subtasks.map((each) => each.key), [part.key]);
  });
}

async function attention(day, desk) {
  const { api } = desk;
  await day.step('an issue is watched by somebody and no longer', async () => {
    const issueIdOrKey = desk.story;
    await api.issueWatchers.addWatcher({ issueIdOrKey, accountId: ALICE });
    assert.ok((await api.issueWatchers.getIssueWatchers({ issueIdOrKey })).watchers.some((user) => user.accountId === ALICE));
    await api.issueWatchers.removeWatcher({ issueIdOrKey, accountId: ALICE });
    assert.ok((await api.issueWatchers.getIssueWatchers({ issueIdOrKey })).watchers.every((user) => user.accountId !== ALICE));
  });
  await day.step('a vote is given and taken back', async () => {
    const alice = desk.connect('alice@acme.example', 'alice-token');
    await alice.issueVotes.addVote({ issueIdOrKey: desk.story });
    assert.equal((await alice.issueVotes.getVotes({ issueIdOrKey: desk.story })).votes, 1);
    await alice.issueVotes.removeVote({ issueIdOrKey: desk.story });
    assert.equal((await alice.issueVotes.getVotes({ issueIdOrKey: desk.story })).votes, 0);
  });
}

async function properties(day, desk) {
  const { issueProperties } = desk.api;
  await day.step('a property is set, listed and removed', async () => {
    const at = { issueIdOrKey: desk.story, propertyKey: 'nodework.more' };
    await issueProperties.setIssueProperty({ ...at, propertyValue: { floor: 2 } });
    assert.deepEqual((await issueProperties.getIssueProperty(at)).value, { floor: 2 });
    const { keys } = await issueProperties.getIssuePropertyKeys({ issueIdOrKey: desk.story });
    assert.deepEqual(keys.map((each) => each.key).sort(), ['nodework.mark', 'nodework.more']);
    await issueProperties.deleteIssueProperty(at);
    await raises(() => issueProperties.getIssueProperty(at), status(404));
  });
}

async function history(day, desk) {
  const { api } = desk;
  await day.step('the changelog comes page by page, the oldest first', async () => {
    const entries = [];
    for (let startAt = 0; ; ) {
      const page = await api.issues.getChangeLogs({ issueIdOrKey: desk.story, startAt, maxResults: 2 });
      entries.push(...page.values);
      startAt += page.values.length;
      if (page.isLast) break;
    }
    const moves = entries.flatMap((entry) => entry.items).map((item) => `${item.field}: ${item.fromString} > ${item.toString}`);
    assert.ok(moves.includes('summary: Kiosk learns to wait > Kiosk has learned to wait'), moves.join('\n'));
    assert.ok(entries.length >= 3);
    const some = await api.issues.getChangeLogsByIds({ issueIdOrKey: desk.story, changelogIds: [Number(entries[0].id)] });
    assert.equal(String((some.histories ?? some.values)[0].id), String(entries[0].id));
  });
  await day.step('changelogs of many issues come at once', async () => {
    const found = await api.issues.getBulkChangelogs({ issueIdsOrKeys: [desk.story, desk.screens[0]], fieldIds: ['summary'] });
    assert.equal(found.issueChangeLogs.length, 1);
    assert.equal(found.issueChangeLogs[0].changeHistories[0].items[0].fieldId, 'summary');
  });
}

async function farewell(day, desk) {
  await day.step('a deleted issue is gone', async () => {
    const { key } = await desk.create('Task', 'Will go');
    await desk.api.issues.deleteIssue({ issueIdOrKey: key });
    await raises(() => desk.read(key), status(404, (told) => /does not exist/.test(told.errorMessages?.[0] ?? told.data?.errorMessages?.[0])));
  });
}

module.exports = { work };
