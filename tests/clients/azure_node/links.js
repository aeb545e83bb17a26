// Links between items, and links to the world outside.
'use strict';

const assert = require('node:assert/strict');
const { WorkItemExpand } = require('azure-devops-node-api/interfaces/WorkItemTrackingInterfaces');
const { raises } = require('../day');
const { relation, says } = require('./desk');

const CHILD = 'System.LinkTypes.Hierarchy-Forward';

async function work(day, desk) {
  const { api } = desk;
  const read = (id) => api.getWorkItem(id, undefined, undefined, WorkItemExpand.Relations);
  await day.step('a parent knows its child, and the child its parent', async () => {
    const child = await read(desk.screens[0]);
    await api.updateWorkItem({}, [relation(CHILD, child.url)], desk.story);
    assert.deepEqual((await read(desk.screens[0])).relations.map((each) => each.rel), ['System.LinkTypes.Hierarchy-Reverse']);
    assert.equal((await desk.fields(desk.screens[0]))['System.Parent'], desk.story);
  });
  await day.step('a circle and a second parent are refused', async () => {
    const [story, first] = [await read(desk.story), await read(desk.screens[0])];
    await raises(() => api.updateWorkItem({}, [relation(CHILD, story.url)], desk.screens[0]), (failure) => failure.statusCode === 400);
    await raises(() => api.updateWorkItem({}, [relation(CHILD, first.url)], desk.screens[4]), (failure) => /TF201036|TF201065/.test(failure.message));
  });
  await day.step('a link outside is kept, changed and removed', async () => {
    const item = await api.updateWorkItem({}, [relation('Hyperlink', 'https://wiki.acme.example/kiosk', { comment: 'told here' })], desk.screens[1]);
    assert.equal(item.relations[0].attributes.comment, 'told here');
    const changed = await api.updateWorkItem({}, [{ op: 'replace', path: '/relations/0/attributes/comment', value: 'told there' }], desk.screens[1]);
    assert.equal(changed.relations[0].attributes.comment, 'told there');
    await api.updateWorkItem({}, [{ op: 'remove', path: '/relations/0' }], desk.screens[1]);
    assert.equal((await read(desk.screens[1])).relations, undefined);
  });
  await day.step('related items', async () => {
    const other = await read(desk.screens[3]);
    await api.updateWorkItem({}, [relation('System.LinkTypes.Related', other.url)], desk.screens[2]);
    assert.equal((await read(desk.screens[3])).relations[0].rel, 'System.LinkTypes.Related');
  });
}

module.exports = { work };
