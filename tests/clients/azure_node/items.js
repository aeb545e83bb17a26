// Work items: made, read, edited, read in bulk, their updates and revisions.
'use strict';

const assert = require('node:assert/strict');
const { WorkItemErrorPolicy, WorkItemExpand } = require('azure-devops-node-api/interfaces/WorkItemTrackingInterfaces');
const { raises } = require('../day');
const { PRIORITY, STATE, TITLE, patch, says } = require('./desk');

async function work(day, desk) {
  await one(day, desk);
  await several(day, desk);
  await past(day, desk);
  await careful(day, desk);
}

async function one(day, desk) {
  const { api } = desk;
  await day.step('an item is made and read back whole', async () => {
    const made = await desk.create('User Story', 'Kiosk shows the queue', {
      'System.Description': '<p>The screen <i>blinks</i>.</p>',
      'System.Tags': 'nodework; kiosk',
      'System.AssignedTo': 'chandra@acme.example',
      [PRIORITY]: 1,
    });
    desk.story = made.id;
    // The package writes dates to the second, so the next edit is seconds away.
    await day.control('clock', { advance_ms: 3_000 });
    const item = await api.getWorkItem(made.id, undefined, undefined, WorkItemExpand.All);
    assert.equal(item.rev, 1);
    assert.equal(item.fields['System.AssignedTo'].displayName, 'Chandra Chowdhury');
    assert.equal(item.fields['System.Tags'], 'kiosk; nodework');
    assert.match(item.fields['System.Description'], /<i>blinks<\/i>/);
  });
  await day.step('only the fields that were asked for come back', async () => {
    const item = await api.getWorkItem(desk.story, [TITLE]);
    assert.deepEqual(Object.keys(item.fields), [TITLE]);
  });
  await day.step('an edit raises the revision, and a removal clears', async () => {
    const item = await desk.edit(desk.story, { [TITLE]: 'Kiosk shows the whole queue', [STATE]: 'Active', 'System.AssignedTo': null });
    assert.equal(item.rev, 2);
    assert.equal(item.fields[STATE], 'Active');
    assert.equal(item.fields['System.AssignedTo'], undefined);
  });
  await day.step('a description in Markdown stays Markdown', async () => {
    const document = [...patch({ 'System.Description': 'The **screen**' }), { op: 'add', path: '/multilineFieldsFormat/System.Description', value: 'Markdown' }];
    const item = await api.updateWorkItem({}, document, desk.story);
    assert.equal(item.fields['System.Description'], 'The **screen**');
    assert.equal(item.multilineFieldsFormat['System.Description'].toLowerCase(), 'markdown');
  });
}

async function several(day, desk) {
  const { api } = desk;
  await day.step('many items are read at once, in two ways', async () => {
    const kinds = ['Task', 'Bug', 'Task', 'Bug', 'User Story', 'Task'];
    const priorities = [1, 2, 3, 4, 2, 3];
    desk.screens = [];
    for (const [at, kind] of kinds.entries()) {
      const made = await desk.create(kind, `Screen ${at + 1} is dark`, { [PRIORITY]: priorities[at], 'System.Tags': 'nodework; screen' });
      desk.screens.push(made.id);
    }
    const listed = await api.getWorkItems(desk.screens, [TITLE]);
    assert.deepEqual(listed.map((item) => item.id), desk.screens);
    const batch = await api.getWorkItemsBatch({ ids: desk.screens.slice(0, 3), fields: [PRIORITY] });
    assert.deepEqual(batch.map((item) => item.fields[PRIORITY]), [1, 2, 3]);
  });
  await day.step('in a batch, a missing item is left out where that is asked for', async () => {
    const ids = [desk.screens[0], 999_999];
    const found = await api.getWorkItemsBatch({ ids, fields: [TITLE], errorPolicy: WorkItemErrorPolicy.Omit });
    assert.deepEqual(found.filter(Boolean).map((item) => item.id), ids.slice(0, 1));
  });
}

async function past(day, desk) {
  const { api } = desk;
  await day.step('updates tell what was changed from what to what', async () => {
    const updates = await api.getUpdates(desk.story);
    const change = updates.find((update) => update.fields?.[TITLE]?.oldValue);
    assert.equal(change.fields[TITLE].newValue, 'Kiosk shows the whole queue');
    assert.equal((await api.getUpdate(desk.story, change.id)).rev, change.rev);
  });
  await day.step('revisions are whole items of their time', async () => {
    const revisions = await api.getRevisions(desk.story);
    assert.deepEqual(revisions.map((item) => item.rev), revisions.map((_, at) => at + 1));
    assert.equal((await api.getRevision(desk.story, 1)).fields[TITLE], 'Kiosk shows the queue');
    const asOf = new Date(Date.parse(revisions[0].fields['System.ChangedDate']) + 1_500);
    assert.equal((await api.getWorkItem(desk.story, undefined, asOf)).fields[TITLE], 'Kiosk shows the queue');
  });
}

async function careful(day, desk) {
  const { api } = desk;
  await day.step('what would be saved is shown and not saved', async () => {
    assert.equal((await desk.edit(desk.story, { [TITLE]: 'Only tried' }, { validateOnly: true })).fields[TITLE], 'Only tried');
    assert.equal((await desk.fields(desk.story))[TITLE], 'Kiosk shows the whole queue');
  });
  await day.step('a stale revision is refused', async () => {
    const { rev } = await api.getWorkItem(desk.story);
    const document = (value) => [{ op: 'test', path: '/rev', value }, ...patch({ [PRIORITY]: 3 })];
    await raises(() => api.updateWorkItem({}, document(rev - 1), desk.story), says('VS403351', 412));
    assert.equal((await api.updateWorkItem({}, document(rev), desk.story)).fields[PRIORITY], 3);
  });
  await day.step('who may bypass rules writes history', async () => {
    const made = await desk.create('Task', 'From the old system', { 'System.CreatedBy': 'alice@acme.example' }, { bypassRules: true });
    assert.equal(made.fields['System.CreatedBy'].displayName, 'Alice Abara');
  });
}

module.exports = { work };
