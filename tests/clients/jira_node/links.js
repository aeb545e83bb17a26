// Links between issues, and links to the world outside.
'use strict';

const assert = require('node:assert/strict');
const { raises } = require('../day');
const { status } = require('./desk');

async function work(day, desk) {
  const { api } = desk;
  const [first, second] = desk.screens;
  await day.step('link types are listed and read', async () => {
    const { issueLinkTypes } = await api.issueLinkTypes.getIssueLinkTypes();
    const blocks = issueLinkTypes.find((kind) => kind.name === 'Blocks');
    assert.equal((await api.issueLinkTypes.getIssueLinkType({ issueLinkTypeId: blocks.id })).outward, 'blocks');
  });
  await day.step('one issue blocks another, and both know it', async () => {
    await api.issueLinks.linkIssues({ type: { name: 'Blocks' }, inwardIssue: { key: first }, outwardIssue: { key: second } });
    const [here] = (await desk.read(first)).fields.issuelinks;
    const [there] = (await desk.read(second)).fields.issuelinks;
    assert.equal(here.id, there.id);
    assert.equal((here.outwardIssue ?? here.inwardIssue).key, second);
    const link = await api.issueLinks.getIssueLink({ linkId: here.id });
    assert.deepEqual([link.inwardIssue.key, link.outwardIssue.key].sort(), [first, second].sort());
    await api.issueLinks.deleteIssueLink({ linkId: here.id });
    assert.deepEqual((await desk.read(second)).fields.issuelinks, []);
  });
  await remote(day, desk);
}

async function remote(day, desk) {
  const { issueRemoteLinks } = desk.api;
  const at = { issueIdOrKey: desk.screens[4] };
  const globalId = 'system=https://wiki.acme.example&id=9';
  await day.step('a link outside is made once by its global id', async () => {
    const page = { url: 'https://wiki.acme.example/kiosk', title: 'Kiosk' };
    const made = await issueRemoteLinks.createOrUpdateRemoteIssueLink({ ...at, globalId, object: page });
    const again = await issueRemoteLinks.createOrUpdateRemoteIssueLink({ ...at, globalId, object: { ...page, title: 'The kiosk' } });
    assert.equal(again.id, made.id);
    desk.remote = made.id;
    const link = await issueRemoteLinks.getRemoteIssueLinkById({ ...at, linkId: String(made.id) });
    assert.equal(link.object.title, 'The kiosk');
  });
  await day.step('links outside are listed, found, changed and removed', async () => {
    assert.equal((await issueRemoteLinks.getRemoteIssueLinks(at)).length, 1);
    assert.equal((await issueRemoteLinks.getRemoteIssueLinks({ ...at, globalId })).id, desk.remote);
    await issueRemoteLinks.updateRemoteIssueLink({ ...at, linkId: String(desk.remote), globalId, object: { url: 'https://wiki.acme.example/k2', title: 'K2' } });
    assert.equal((await issueRemoteLinks.getRemoteIssueLinks({ ...at, globalId })).object.title, 'K2');
    // The package sends a removal without a content type, which the site refuses here; with a body it has one.
    await raises(() => issueRemoteLinks.deleteRemoteIssueLinkById({ ...at, linkId: String(desk.remote) }), status(415));
    const url = `/rest/api/3/issue/${desk.screens[4]}/remotelink`;
    await desk.api.sendRequest({ url: `${url}/${desk.remote}`, method: 'DELETE', data: {} });
    await issueRemoteLinks.createOrUpdateRemoteIssueLink({ ...at, globalId, object: { url: 'https://acme.example', title: 'Home' } });
    await desk.api.sendRequest({ url, method: 'DELETE', params: { globalId }, data: {} });
    await raises(() => issueRemoteLinks.getRemoteIssueLinks({ ...at, globalId }), status(404));
  });
}

module.exports = { work };
