// Attachments: up, linked, down, compared byte by byte.
'use strict';

const assert = require('node:assert/strict');
const { Readable } = require('node:stream');
const { WorkItemExpand } = require('azure-devops-node-api/interfaces/WorkItemTrackingInterfaces');
const { relation } = require('./desk');

async function bytesOf(stream) {
  const parts = [];
  for await (const part of stream) parts.push(part);
  return Buffer.concat(parts);
}

async function work(day, desk) {
  const { api, project } = desk;
  const file = Buffer.from(Array.from({ length: 70_000 }, (_, at) => (at * 11) % 256));
  let made;
  await day.step('what goes up comes down, byte by byte', async () => {
    made = await api.createAttachment({}, Readable.from([file.subarray(0, 30_000), file.subarray(30_000)]), 'größe.bin', 'simple', project);
    assert.ok(made.url.includes(made.id));
    assert.ok((await bytesOf(await api.getAttachmentContent(made.id, 'größe.bin', project))).equals(file), 'the bytes differ');
  });
  await day.step('an item names its attachments and lets them go', async () => {
    const item = await api.updateWorkItem({}, [relation('AttachedFile', made.url, { name: 'größe.bin' })], desk.story, project, undefined, undefined, undefined, WorkItemExpand.Relations);
    const at = item.relations.findIndex((each) => each.rel === 'AttachedFile');
    assert.equal(item.relations[at].attributes.resourceSize, file.length);
    const left = await api.updateWorkItem({}, [{ op: 'remove', path: `/relations/${at}` }], desk.story);
    assert.ok((left.relations ?? []).every((each) => each.rel !== 'AttachedFile'));
  });
}

module.exports = { work };
