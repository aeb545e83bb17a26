// What the organisation is: own account, projects, work item types, their fields and states.
'use strict';

const assert = require('node:assert/strict');
const { PRIORITY, STATE } = require('./desk');

async function work(day, desk) {
  await day.step('the account knows itself', async () => {
    const { authenticatedUser } = await desk.connection.connect();
    assert.equal(authenticatedUser.providerDisplayName, 'Counterpart Sync');
  });
  await day.step('services have places', async () => {
    const locations = await desk.connection.getLocationsApi();
    const areas = await locations.getResourceAreas();
    const wit = areas.find((area) => area.name === 'wit');
    assert.equal((await locations.getResourceArea(wit.id)).name, 'wit');
  });
  await day.step('projects are listed and read', async () => {
    const core = await desk.connection.getCoreApi();
    assert.ok((await core.getProjects()).some((project) => project.name === desk.project));
    const project = await core.getProject(desk.project, true);
    assert.equal(project.name, desk.project);
    desk.projectId = project.id;
    const agile = (await core.getProcesses()).find((each) => each.name === 'Agile');
    assert.equal((await core.getProcessById(agile.id)).name, 'Agile');
  });
  await types(day, desk);
}

async function types(day, desk) {
  const { api, project } = desk;
  await day.step('work item types have states with categories', async () => {
    const names = (await api.getWorkItemTypes(project)).map((kind) => kind.name);
    for (const name of ['Epic', 'Feature', 'User Story', 'Task', 'Bug']) assert.ok(names.includes(name), names.join());
    assert.equal((await api.getWorkItemType(project, 'Bug')).referenceName, 'Microsoft.VSTS.WorkItemTypes.Bug');
    const states = await api.getWorkItemTypeStates(project, 'Task');
    assert.deepEqual(states.map((state) => `${state.name} ${state.category}`), ['New Proposed', 'Active InProgress', 'Closed Completed', 'Removed Removed']);
  });
  await day.step('a type has fields and belongs to a category', async () => {
    const fields = await api.getWorkItemTypeFieldsWithReferences(project, 'Bug', 3);
    assert.equal(fields.find((field) => field.referenceName === 'System.Title').alwaysRequired, true);
    assert.equal((await api.getWorkItemTypeFieldWithReferences(project, 'Bug', PRIORITY)).name, 'Priority');
    const categories = await api.getWorkItemTypeCategories(project);
    assert.ok(categories.some((each) => each.referenceName === 'Microsoft.TaskCategory'));
    assert.equal((await api.getWorkItemTypeCategory(project, 'Microsoft.TaskCategory')).defaultWorkItemType.name, 'Task');
  });
  await day.step('fields and relation types are listed and read', async () => {
    const fields = await api.getFields();
    assert.ok(fields.some((field) => field.referenceName === 'System.Id'));
    assert.equal((await api.getField('System.State')).name, 'State');
    assert.ok((await api.getRelationTypes()).some((each) => each.referenceName === 'Hyperlink'));
    assert.equal((await api.getRelationType('System.LinkTypes.Related')).name, 'Related');
  });
  await day.step('a template shows what a new item begins with', async () => {
    assert.equal((await api.getWorkItemTemplate(project, 'Task')).fields[STATE], 'New');
  });
}

module.exports = { work };
