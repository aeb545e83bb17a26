// The feeds of what was changed: followed to their end, and followed again from there.
'use strict';

const assert = require('node:assert/strict');
const { PRIORITY, TITLE } = require('./desk');

async function work(day, desk) {
  const { api, project } = desk;
  await day.step('revisions are followed batch by batch, and then only what is new', async () => {
    let token;
    let batches = 0;
    const seen = new Map();
    for (let last = false; !last; batches += 1) {
      const batch = await api.readReportingRevisionsGet(project, [TITLE, PRIORITY], undefined, token, undefined, undefined, undefined, undefined, undefined, undefined, undefined, 100);
      batch.values.forEach((each) => seen.set(each.id, each.fields[TITLE]));
      token = batch.continuationToken;
      last = batch.isLastBatch;
    }
    assert.ok(batches >= 2, `${batches} batches`);
    assert.equal(seen.get(desk.screens[0]), 'Screen 1 is dark');
    await desk.edit(desk.screens[0], { [TITLE]: 'Screen 1 is bright' });
    const next = await api.readReportingRevisionsPost({ fields: [TITLE] }, project, token);
    assert.deepEqual(next.values.map((each) => [each.id, each.fields[TITLE]]), [[desk.screens[0], 'Screen 1 is bright']]);
    await desk.edit(desk.screens[0], { [TITLE]: 'Screen 1 is dark' });
  });
  await day.step('links are told with their direction', async () => {
    const batch = await api.getReportingLinksByLinkType(project);
    const link = batch.values.find((each) => each.sourceId === desk.story && each.targetId === desk.screens[0]);
    assert.equal(link.rel, 'System.LinkTypes.Hierarchy');
    assert.equal(link.isActive, true);
  });
}

module.exports = { work };
