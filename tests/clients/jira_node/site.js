// What the site is: server, own account, permissions, and all that an administrator has set up.
'use strict';

const assert = require('node:assert/strict');

async function work(day, desk) {
  const { api } = desk;
  await day.step('the server says that it is Cloud', async () => {
    assert.equal((await api.serverInfo.getServerInfo()).deploymentType, 'Cloud');
  });
  await day.step('the account knows itself', async () => {
    const me = await api.myself.getCurrentUser();
    assert.equal(me.displayName, 'Counterpart Sync');
    assert.match(me.accountId, /^712020:/);
  });
  await day.step('permissions are told one by one', async () => {
    const { permissions } = await api.permissions.getMyPermissions({ projectKey: desk.project, permissions: 'BROWSE_PROJECTS,EDIT_ISSUES' });
    assert.deepEqual(Object.keys(permissions).sort(), ['BROWSE_PROJECTS', 'EDIT_ISSUES']);
    assert.equal(permissions.EDIT_ISSUES.havePermission, true);
  });
  await day.step('fields are listed and searched', async () => {
    const fields = await api.issueFields.getFields();
    assert.equal(fields.find((field) => field.id === 'labels').schema.items, 'string');
    const page = await api.issueFields.getFieldsPaginated({ query: 'summary', maxResults: 5 });
    assert.ok(page.values.some((field) => field.id === 'summary'), JSON.stringify(page));
  });
  await projects(day, desk);
  await vocabulary(day, desk);
}

async function projects(day, desk) {
  const { api } = desk;
  await day.step('projects are searched page by page', async () => {
    const first = await api.projects.searchProjects({ maxResults: 1, orderBy: 'key' });
    const second = await api.projects.searchProjects({ startAt: 1, maxResults: 1, orderBy: 'key' });
    assert.equal(first.values.length, 1);
    assert.notEqual(first.values[0].key, second.values[0].key);
    assert.ok(first.total >= 2);
  });
  await day.step('a project has issue types with statuses', async () => {
    const project = await api.projects.getProject({ projectIdOrKey: desk.project });
    assert.equal(project.name, 'Web Shop');
    desk.projectId = project.id;
    const kinds = await api.projects.getAllStatuses({ projectIdOrKey: desk.project });
    const story = kinds.find((kind) => kind.name === 'Story');
    assert.deepEqual(story.statuses.map((each) => each.name).sort(), ['Done', 'In Progress', 'In Review', 'To Do']);
  });
  await day.step('what it takes to make an issue is told', async () => {
    const { issueTypes } = await api.issues.getCreateIssueMetaIssueTypes({ projectIdOrKey: desk.project });
    const bug = issueTypes.find((kind) => kind.name === 'Bug');
    const { fields } = await api.issues.getCreateIssueMetaIssueTypeId({ projectIdOrKey: desk.project, issueTypeId: bug.id });
    assert.equal(fields.find((field) => field.fieldId === 'summary').required, true);
  });
}

/** Everything that has a list and a page of its own. */
async function vocabulary(day, desk) {
  const { api } = desk;
  await day.step('issue types', async () => {
    const story = (await api.issueTypes.getIssueAllTypes()).find((kind) => kind.name === 'Story');
    assert.equal((await api.issueTypes.getIssueType({ id: story.id })).name, 'Story');
    const ofProject = await api.issueTypes.getIssueTypesForProject({ projectId: desk.projectId });
    assert.ok(ofProject.some((kind) => kind.id === story.id));
  });
  await day.step('statuses and their categories', async () => {
    const done = (await api.workflowStatuses.getStatuses()).find((each) => each.name === 'Done');
    assert.equal((await api.workflowStatuses.getStatus({ idOrName: done.id })).statusCategory.key, 'done');
    const category = (await api.workflowStatusCategories.getStatusCategories()).find((each) => each.key === 'done');
    assert.equal((await api.workflowStatusCategories.getStatusCategory({ idOrKey: String(category.id) })).name, 'Done');
    const page = await api.status.search({ searchString: 'Review' });
    assert.deepEqual(page.values.map((each) => each.name), ['In Review']);
  });
  await day.step('priorities and resolutions', async () => {
    const highest = (await api.issuePriorities.getPriorities())[0];
    assert.equal((await api.issuePriorities.getPriority({ id: highest.id })).name, 'Highest');
    const page = await api.issuePriorities.searchPriorities({ maxResults: 2 });
    assert.equal(page.values.length, 2);
    const done = (await api.issueResolutions.getResolutions()).find((each) => each.name === 'Done');
    assert.equal((await api.issueResolutions.getResolution({ id: done.id })).name, 'Done');
  });
  await day.step('labels', async () => {
    const page = await api.labels.getAllLabels({ maxResults: 1000 });
    assert.ok(page.values.includes('frontend'), JSON.stringify(page));
  });
}

module.exports = { work };
