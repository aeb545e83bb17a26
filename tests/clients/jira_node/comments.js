// Comments: said, paged, fetched by id, changed, removed.
'use strict';

const assert = require('node:assert/strict');
const { raises } = require('../day');
const { document, status, words } = require('./desk');

async function work(day, desk) {
  const { issueComments } = desk.api;
  const issueIdOrKey = desk.story;
  await day.step('a comment is said and read alone', async () => {
    const made = await issueComments.addComment({ issueIdOrKey, comment: 'The screen flickers.' });
    desk.comment = made.id;
    const read = await issueComments.getComment({ issueIdOrKey, id: made.id });
    assert.equal(words(read.body), 'The screen flickers.');
    assert.equal(read.author.displayName, 'Counterpart Sync');
  });
  await day.step('a comment is changed', async () => {
    await issueComments.updateComment({ issueIdOrKey, id: desk.comment, body: document('The screen is', ' still.') });
    assert.equal(words((await issueComments.getComment({ issueIdOrKey, id: desk.comment })).body), 'The screen is still.');
  });
  await day.step('comments come in pages', async () => {
    const screen = desk.screens[0];
    for (let number = 0; number < 5; number += 1) {
      await issueComments.addComment({ issueIdOrKey: screen, comment: `Look ${number}` });
    }
    const said = [];
    for (const startAt of [0, 2, 4]) {
      const page = await issueComments.getComments({ issueIdOrKey: screen, startAt, maxResults: 2, orderBy: 'created' });
      assert.equal(page.total, 5);
      said.push(...page.comments);
    }
    assert.deepEqual(said.map((each) => words(each.body)), [0, 1, 2, 3, 4].map((number) => `Look ${number}`));
    const some = await issueComments.getCommentsByIds({ ids: said.slice(1, 3).map((each) => Number(each.id)) });
    assert.deepEqual(some.values.map((each) => words(each.body)).sort(), ['Look 1', 'Look 2']);
  });
  await day.step('a comment carries a property', async () => {
    const made = await issueComments.addComment({ issueIdOrKey, comment: 'Marked.', properties: [{ key: 'nodework.mark', value: { n: 1 } }] });
    const read = await desk.api.issueCommentProperties.getCommentProperty({ commentId: made.id, propertyKey: 'nodework.mark' });
    assert.deepEqual(read.value, { n: 1 });
    const { keys } = await desk.api.issueCommentProperties.getCommentPropertyKeys({ commentId: made.id });
    assert.deepEqual(keys.map((each) => each.key), ['nodework.mark']);
  });
  await day.step('a removed comment is gone', async () => {
    await issueComments.deleteComment({ issueIdOrKey, id: desk.comment });
    await raises(() => issueComments.getComment({ issueIdOrKey, id: desk.comment }), status(404));
  });
}

module.exports = { work };
