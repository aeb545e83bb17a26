// Attachments: up, down, compared byte by byte, removed.
'use strict';

const assert = require('node:assert/strict');
const { raises } = require('../day');
const { status } = require('./desk');

async function work(day, desk) {
  const { issueAttachments } = desk.api;
  const file = Buffer.from(Array.from({ length: 70_000 }, (_, at) => (at * 7) % 256));
  await day.step('attachments are switched on', async () => {
    const meta = await issueAttachments.getAttachmentMeta();
    assert.equal(meta.enabled, true);
    assert.ok(meta.uploadLimit > file.length);
  });
  await day.step('what goes up comes down, byte by byte', async () => {
    const [made] = await issueAttachments.addAttachment({ issueIdOrKey: desk.story, attachment: { filename: 'Größe & "Form".bin', file } });
    desk.attachment = made.id;
    assert.equal(made.size, file.length);
    const read = await issueAttachments.getAttachment({ id: made.id });
    assert.equal(read.filename, 'Größe & "Form".bin');
    for (const redirect of [false, true]) {
      const bytes = await issueAttachments.getAttachmentContent({ id: made.id, redirect });
      assert.ok(Buffer.from(bytes).equals(file), `the bytes differ, redirect ${redirect}`);
    }
  });
  await day.step('a part of it comes down', async () => {
    const bytes = await issueAttachments.getAttachmentContent({ id: desk.attachment, range: 'bytes=10-19' });
    assert.ok(Buffer.from(bytes).equals(file.subarray(10, 20)), Buffer.from(bytes).toString('hex').slice(0, 60));
  });
  await day.step('two go up at once', async () => {
    const attachment = ['a.txt', 'b.txt'].map((filename) => ({ filename, file: `text of ${filename}` }));
    const made = await issueAttachments.addAttachment({ issueIdOrKey: desk.story, attachment });
    assert.deepEqual(made.map((each) => each.filename), ['a.txt', 'b.txt']);
    assert.equal((await desk.read(desk.story)).fields.attachment.length, 3);
  });
  await day.step('a removed attachment is gone', async () => {
    await issueAttachments.removeAttachment({ id: desk.attachment });
    await raises(() => issueAttachments.getAttachment({ id: desk.attachment }), status(404));
  });
}

module.exports = { work };
