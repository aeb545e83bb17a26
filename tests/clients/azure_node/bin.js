// The recycle bin.
'use strict';

const assert = require('node:assert/strict');

async function work(day, desk) {
  const { api, project } = desk;
  await day.step('a deleted item lies in the bin and comes back', async () => {
    const { id } = await desk.create('Task', 'Will come back');
    assert.equal((await api.deleteWorkItem(id, project)).id, id);
    assert.equal(await api.getWorkItem(id), null);
    assert.ok((await api.getDeletedWorkItemShallowReferences(project)).some((each) => each.id === id));
    assert.equal((await api.getDeletedWorkItem(id, project)).name, 'Will come back');
    assert.deepEqual((await api.getDeletedWorkItems([id], project)).map((each) => each.id), [id]);
    await api.restoreWorkItem({ isDeleted: false }, id, project);
    assert.equal((await desk.fields(id))['System.Title'], 'Will come back');
  });
  await day.step('what is destroyed does not come back', async () => {
    const { id } = await desk.create('Task', 'To dust');
    await api.deleteWorkItem(id, project);
    await api.destroyWorkItem(id, project);
    assert.ok((await api.getDeletedWorkItemShallowReferences(project)).every((each) => each.id !== id));
  });
}

module.exports = { work };
