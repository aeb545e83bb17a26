// Areas and iterations.
'use strict';

const assert = require('node:assert/strict');
const { raises } = require('../day');
const { says } = require('./desk');

async function work(day, desk) {
  const { api, project } = desk;
  // The package leaves a zero out of an address, and its own name for areas is zero; so both are said in words.
  const [Areas, Iterations] = ['areas', 'iterations'];
  await day.step('a project has two trees', async () => {
    const roots = await api.getRootNodes(project, 2);
    assert.equal(roots.length, 2);
    assert.ok(roots.every((root) => root.name === project));
  });
  await day.step('an area is made, read by path and by id', async () => {
    const made = await api.createOrUpdateClassificationNode({ name: 'Kiosk' }, project, Areas);
    await api.createOrUpdateClassificationNode({ name: 'Glass' }, project, Areas, 'Kiosk');
    const kiosk = await api.getClassificationNode(project, Areas, 'Kiosk', 1);
    assert.deepEqual(kiosk.children.map((node) => node.name), ['Glass']);
    const [same] = await api.getClassificationNodes(project, [made.id]);
    assert.equal(same.identifier, kiosk.identifier);
  });
  await day.step('an iteration has dates and is renamed', async () => {
    const attributes = { startDate: '2026-12-01T00:00:00Z', finishDate: '2026-12-14T00:00:00Z' };
    await api.createOrUpdateClassificationNode({ name: 'Fair', attributes }, project, Iterations);
    const changed = await api.updateClassificationNode({ name: 'Great fair' }, project, Iterations, 'Fair');
    assert.equal(changed.name, 'Great fair');
    assert.match(new Date(changed.attributes.startDate).toISOString(), /^2026-12-01/);
  });
  await day.step('two nodes of one name are refused', async () => {
    await raises(() => api.createOrUpdateClassificationNode({ name: 'KIOSK' }, project, Areas), says('VS402371'));
  });
  await day.step('a removed node is gone', async () => {
    const [root] = (await api.getRootNodes(project)).filter((node) => node.structureType === 0 || node.structureType === 'area');
    await api.deleteClassificationNode(project, Areas, 'Kiosk/Glass', root.id);
    const kiosk = await api.getClassificationNode(project, Areas, 'Kiosk', 1);
    assert.deepEqual(kiosk.children ?? [], []);
  });
}

module.exports = { work };
