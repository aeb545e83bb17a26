// Versions and components.
'use strict';

const assert = require('node:assert/strict');
const { raises } = require('../day');
const { status } = require('./desk');

async function work(day, desk) {
  await versions(day, desk);
  await components(day, desk);
}

async function versions(day, desk) {
  const { projectVersions } = desk.api;
  await day.step('versions are made, paged and counted', async () => {
    const make = (name) => projectVersions.createVersion({ name, projectId: Number(desk.projectId) });
    const [first, second] = [await make('Kiosk 1'), await make('Kiosk 2')];
    desk.versions = [first.id, second.id];
    const page = await projectVersions.getProjectVersionsPaginated({ projectIdOrKey: desk.project, query: 'Kiosk', maxResults: 1 });
    assert.equal(page.total, 2);
    assert.equal(page.values.length, 1);
    await desk.edit(desk.screens[0], { fixVersions: [{ name: 'Kiosk 1' }] });
    assert.equal((await projectVersions.getVersionRelatedIssues({ id: first.id })).issuesFixedCount, 1);
    assert.equal((await projectVersions.getVersionUnresolvedIssues({ id: first.id })).issuesUnresolvedCount, 1);
  });
  await day.step('a version is changed and moved', async () => {
    const [first, second] = desk.versions;
    await projectVersions.updateVersion({ id: first, description: 'For the fair', released: true });
    const read = await projectVersions.getVersion({ id: first });
    assert.deepEqual([read.description, read.released], ['For the fair', true]);
    await projectVersions.moveVersion({ id: second, position: 'First' });
    const names = (await projectVersions.getProjectVersions({ projectIdOrKey: desk.project })).map((version) => version.name);
    assert.ok(names.indexOf('Kiosk 2') < names.indexOf('Kiosk 1'), names.join());
  });
  await day.step('a removed version hands its issues on', async () => {
    const [first, second] = desk.versions;
    await projectVersions.deleteAndReplaceVersion({ id: first, moveFixIssuesTo: Number(second) });
    assert.deepEqual((await desk.read(desk.screens[0])).fields.fixVersions.map((version) => version.name), ['Kiosk 2']);
    await raises(() => projectVersions.getVersion({ id: first }), status(404));
  });
}

async function components(day, desk) {
  const { projectComponents } = desk.api;
  await day.step('a component is made, found, changed, counted and removed', async () => {
    const made = await projectComponents.createComponent({ name: 'Glass', project: desk.project });
    const page = await projectComponents.getProjectComponentsPaginated({ projectIdOrKey: desk.project, query: 'Glass' });
    assert.deepEqual(page.values.map((each) => each.id), [made.id]);
    await projectComponents.updateComponent({ id: made.id, description: 'All that breaks' });
    assert.equal((await projectComponents.getComponent({ id: made.id })).description, 'All that breaks');
    await desk.edit(desk.screens[1], { components: [{ id: made.id }] });
    assert.equal((await projectComponents.getComponentRelatedIssues({ id: made.id })).issueCount, 1);
    await projectComponents.deleteComponent({ id: made.id });
    const left = await projectComponents.getProjectComponents({ projectIdOrKey: desk.project });
    assert.ok(left.every((each) => each.id !== made.id));
  });
}

module.exports = { work };
