// Comments, their versions and reactions.
'use strict';

const assert = require('node:assert/strict');
const { CommentReactionType, CommentSortOrder } = require('azure-devops-node-api/interfaces/WorkItemTrackingInterfaces');

async function work(day, desk) {
  const { api, project } = desk;
  const { story } = desk;
  let comment;
  await day.step('a comment is said, changed, and keeps its versions', async () => {
    comment = (await api.addComment({ text: '<p>It is dark.</p>' }, project, story)).id;
    assert.equal((await api.updateComment({ text: '<p>It is bright.</p>' }, project, story, comment)).version, 2);
    assert.match((await api.getComment(project, story, comment)).text, /bright/);
    const versions = await api.getCommentVersions(project, story, comment);
    assert.deepEqual(versions.map((each) => each.version).sort(), [1, 2]);
    assert.match((await api.getCommentVersion(project, story, comment, 1)).text, /dark/);
  });
  await day.step('comments come in pages and by ids', async () => {
    const screen = desk.screens[0];
    const made = [];
    for (let number = 0; number < 5; number += 1) made.push((await api.addComment({ text: `Look ${number}` }, project, screen)).id);
    const seen = [];
    for (let token; ; ) {
      const page = await api.getComments(project, screen, 2, token, false, undefined, CommentSortOrder.Asc);
      seen.push(...page.comments.map((each) => each.id));
      token = page.continuationToken;
      if (!token) break;
    }
    assert.deepEqual(seen, made);
    const some = await api.getCommentsBatch(project, screen, made.slice(1, 3));
    assert.deepEqual(some.comments.map((each) => each.id).sort(), made.slice(1, 3));
  });
  await day.step('a reaction is given, counted, and taken back', async () => {
    const { Hooray } = CommentReactionType;
    await api.createCommentReaction(project, story, comment, Hooray);
    const given = await api.getCommentReactions(project, story, comment);
    assert.equal(given.find((each) => each.type === Hooray || each.type === 'hooray').count, 1);
    assert.deepEqual((await api.getEngagedUsers(project, story, comment, Hooray)).map((user) => user.displayName), ['Counterpart Sync']);
    await api.deleteCommentReaction(project, story, comment, Hooray);
    const left = await api.getCommentReactions(project, story, comment);
    assert.ok(left.every((each) => !each.count), JSON.stringify(left));
  });
  await day.step('a removed comment is shown only to those who ask for it', async () => {
    await api.deleteComment(project, story, comment);
    assert.ok((await api.getComments(project, story)).comments.every((each) => each.id !== comment));
    const everything = (await api.getComments(project, story, undefined, undefined, true)).comments;
    assert.equal(everything.find((each) => each.id === comment).isDeleted, true);
  });
}

module.exports = { work };
