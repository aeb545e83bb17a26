// Identities and the Graph, which the package has no methods for: its `rest` client asks for them.
'use strict';

const assert = require('node:assert/strict');

async function work(day, desk) {
  const { rest } = desk.connection;
  const get = async (path) => (await rest.get(desk.address(path))).result;
  await day.step('an identity is found by its address', async () => {
    const found = await get('identities?searchFilter=MailAddress&filterValue=alice@acme.example&queryMembership=None&api-version=7.1');
    assert.deepEqual(found.value.map((identity) => identity.providerDisplayName), ['Alice Abara']);
  });
  await day.step('users are listed, read and searched', async () => {
    const users = (await get('graph/users?api-version=7.1-preview.1')).value;
    const alice = users.find((user) => user.principalName === 'alice@acme.example');
    assert.equal((await get(`graph/users/${alice.descriptor}?api-version=7.1-preview.1`)).displayName, 'Alice Abara');
    const key = (await get(`graph/storagekeys/${alice.descriptor}?api-version=7.1-preview.1`)).value;
    assert.equal((await get(`graph/descriptors/${key}?api-version=7.1-preview.1`)).value, alice.descriptor);
    const asked = { query: 'chandra', subjectKind: ['User'] };
    const { result } = await rest.create(desk.address('graph/subjectquery?api-version=7.1-preview.1'), asked);
    assert.deepEqual(result.value.map((user) => user.displayName), ['Chandra Chowdhury']);
  });
}

module.exports = { work };
