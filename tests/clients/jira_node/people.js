// Users, whose e-mail addresses are hidden, and groups.
'use strict';

const assert = require('node:assert/strict');
const { ALICE, BRUNO } = require('./desk');

async function work(day, desk) {
  const { api } = desk;
  await day.step('a user is read by account id, without an e-mail address', async () => {
    const user = await api.users.getUser({ accountId: ALICE });
    assert.equal(user.displayName, 'Alice Abara');
    assert.equal(user.emailAddress ?? '', '');
  });
  await day.step('users are read many at a time, and page by page', async () => {
    const page = await api.users.bulkGetUsers({ accountId: [ALICE] });
    assert.deepEqual(page.values.map((user) => user.accountId), [ALICE]);
    const [first, second] = [await api.users.getAllUsers({ maxResults: 2 }), await api.users.getAllUsers({ startAt: 2, maxResults: 2 })];
    assert.equal(first.length, 2);
    assert.ok(second.every((user) => !first.some((other) => other.accountId === user.accountId)));
  });
  await day.step('a hidden e-mail address still finds its user', async () => {
    const found = await api.userSearch.findUsers({ query: 'bruno@acme.example' });
    assert.deepEqual(found.map((user) => user.accountId), [BRUNO]);
  });
  await day.step('those who can be assigned are found by project', async () => {
    const found = await api.userSearch.findAssignableUsers({ query: 'alice', project: desk.project });
    assert.deepEqual(found.map((user) => user.accountId), [ALICE]);
    const over = await api.userSearch.findBulkAssignableUsers({ query: 'alice', projectKeys: desk.project });
    assert.deepEqual(over.map((user) => user.accountId), [ALICE]);
  });
  await day.step('groups are found and tell their members', async () => {
    const { groups } = await api.groups.findGroups({});
    assert.ok(groups.length > 0, 'no groups');
    const page = await api.groups.bulkGetGroups({ groupName: [groups[0].name] });
    assert.equal(page.values[0].groupId, groups[0].groupId);
    const members = await api.groups.getUsersFromGroup({ groupId: groups[0].groupId });
    assert.ok(members.values.length > 0, 'no members');
    const own = await api.users.getUserGroups({ accountId: members.values[0].accountId });
    assert.ok(own.some((group) => group.groupId === groups[0].groupId));
  });
}

module.exports = { work };
