// Processes, their types, states, fields and rules.
'use strict';

const assert = require('node:assert/strict');

async function work(day, desk) {
  const api = await desk.connection.getWorkItemTrackingProcessApi().catch(() => undefined);
  let scrum;
  await day.step('the four system processes are there', async () => {
    const listed = await api.getListOfProcesses();
    for (const name of ['Agile', 'Scrum', 'CMMI', 'Basic']) assert.ok(listed.some((each) => each.name === name), name);
    scrum = listed.find((each) => each.name === 'Scrum').typeId;
    assert.equal((await api.getProcessByItsId(scrum)).name, 'Scrum');
  });
  await day.step('a process has types with states, fields and rules', async () => {
    const kinds = await api.getProcessWorkItemTypes(scrum);
    const impediment = kinds.find((kind) => kind.name === 'Impediment').referenceName;
    assert.equal((await api.getProcessWorkItemType(scrum, impediment)).name, 'Impediment');
    const states = await api.getStateDefinitions(scrum, impediment);
    assert.deepEqual(states.map((state) => state.name), ['Open', 'Closed']);
    assert.equal((await api.getStateDefinition(scrum, impediment, states[1].id)).stateCategory, 'Completed');
    const fields = await api.getAllWorkItemTypeFields(scrum, impediment);
    assert.ok(fields.some((field) => field.referenceName === 'System.Title'));
    assert.ok(Array.isArray(await api.getProcessWorkItemTypeRules(scrum, impediment)));
  });
}

module.exports = { work };
