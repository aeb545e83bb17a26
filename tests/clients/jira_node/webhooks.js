// Webhooks as an administrator registers them, through the client's way to send any request.
'use strict';

const assert = require('node:assert/strict');
const { createHmac } = require('node:crypto');
const { createServer } = require('node:http');
const { raises } = require('../day');
const { status } = require('./desk');

const SECRET = 'a secret of the kiosk';
const HOOKS = '/rest/webhooks/1.0/webhook';

async function work(day, desk) {
  const { api } = desk;
  await day.step('dynamic webhooks are for apps only', async () => {
    await raises(
      () => api.webhooks.registerDynamicWebhooks({ url: 'https://acme.example/hook', webhooks: [{ events: ['jira:issue_created'], jqlFilter: 'project = WEB' }] }),
      status(403),
    );
  });
  const heard = [];
  const ear = createServer((request, answer) => {
    const parts = [];
    request.on('data', (part) => parts.push(part)).on('end', () => {
      heard.push({ headers: request.headers, body: Buffer.concat(parts) });
      answer.end();
    });
  });
  await new Promise((ready) => ear.listen(0, '127.0.0.1', ready));
  try {
    await deliveries(day, desk, `http://127.0.0.1:${ear.address().port}/hook`, heard);
  } finally {
    ear.closeAllConnections();
    ear.close();
  }
}

async function deliveries(day, desk, url, heard) {
  // Alice administers the site.
  const api = desk.connect('alice@acme.example', 'alice-token');
  await day.step('webhooks are for administrators', async () => {
    await raises(() => desk.api.sendRequest({ url: HOOKS, method: 'GET' }), status(403));
  });
  await day.step('a webhook is registered, listed and read', async () => {
    const data = { name: 'Kiosk', url, events: ['jira:issue_created', 'jira:issue_updated'], filters: { 'issue-related-events-section': `project = ${desk.project}` }, excludeBody: false, secret: SECRET };
    const made = await api.sendRequest({ url: HOOKS, method: 'POST', data });
    assert.equal(made.name, 'Kiosk');
    assert.equal(made.isSigned, true);
    desk.hook = made.self.split('/').pop();
    const all = await api.sendRequest({ url: HOOKS, method: 'GET' });
    assert.ok(all.some((each) => each.self === made.self), JSON.stringify(all));
    assert.equal((await api.sendRequest({ url: `${HOOKS}/${desk.hook}`, method: 'GET' })).url, url);
  });
  await day.step('an issue is told to the webhook, signed', async () => {
    const { key } = await desk.create('Task', 'Ring the bell');
    const told = await day.until(
      'the delivery',
      async () => heard.find((each) => each.body.includes(key)),
      (found) => found !== undefined,
    );
    const body = JSON.parse(told.body);
    assert.equal(body.webhookEvent, 'jira:issue_created');
    assert.equal(body.issue.key, key);
    assert.ok(told.headers['x-atlassian-webhook-identifier']);
    const hmac = createHmac('sha256', SECRET).update(told.body).digest('hex');
    assert.equal(told.headers['x-hub-signature'], `sha256=${hmac}`);
  });
  await day.step('a removed webhook is gone', async () => {
    await api.sendRequest({ url: `${HOOKS}/${desk.hook}`, method: 'DELETE' });
    await raises(() => api.sendRequest({ url: `${HOOKS}/${desk.hook}`, method: 'GET' }), status(404));
  });
}

module.exports = { work };
