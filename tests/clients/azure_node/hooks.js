// Service hooks, which the package has no methods for: its `rest` client asks for them.
'use strict';

const assert = require('node:assert/strict');
const { createServer } = require('node:http');

async function work(day, desk) {
  const heard = [];
  const ear = createServer((request, answer) => {
    const parts = [];
    request.on('data', (part) => parts.push(part)).on('end', () => {
      heard.push({ headers: request.headers, body: JSON.parse(Buffer.concat(parts)) });
      answer.end();
    });
  });
  await new Promise((ready) => ear.listen(0, '127.0.0.1', ready));
  try {
    await subscriptions(day, desk, `http://127.0.0.1:${ear.address().port}/hook`, heard);
  } finally {
    ear.closeAllConnections();
    ear.close();
  }
}

async function subscriptions(day, desk, url, heard) {
  const { rest } = desk.connection;
  const at = (path) => desk.address(`hooks/${path}?api-version=7.1`);
  const wanted = (eventType) => ({
    publisherId: 'tfs',
    eventType,
    resourceVersion: '1.0',
    consumerId: 'webHooks',
    consumerActionId: 'httpRequest',
    publisherInputs: { projectId: desk.projectId },
    consumerInputs: { url, httpHeaders: 'X-Kiosk: night' },
  });
  let id;
  await day.step('a subscription is made, read and listed', async () => {
    const made = (await rest.create(at('subscriptions'), wanted('workitem.updated'))).result;
    id = made.id;
    assert.equal(made.status, 'enabled');
    assert.equal((await rest.get(at(`subscriptions/${id}`))).result.eventType, 'workitem.updated');
    assert.ok((await rest.get(at('subscriptions'))).result.value.some((each) => each.id === id));
  });
  await day.step('a change is told, with its header', async () => {
    await desk.edit(desk.screens[3], { 'System.Title': 'Screen 4 is bright' });
    const told = await day.until('the delivery', async () => heard.find((each) => each.body.resource.workItemId === desk.screens[3]), (found) => found !== undefined);
    assert.equal(told.body.resource.fields['System.Title'].newValue, 'Screen 4 is bright');
    assert.equal(told.headers['x-kiosk'], 'night');
    const notes = (await rest.get(at(`subscriptions/${id}/notifications`))).result;
    assert.ok(notes.value.length > 0, JSON.stringify(notes));
  });
  await day.step('a subscription is switched off, and removed', async () => {
    const off = (await rest.replace(at(`subscriptions/${id}`), { ...wanted('workitem.updated'), status: 'disabledByUser' })).result;
    assert.equal(off.status, 'disabledByUser');
    await rest.del(at(`subscriptions/${id}`));
    assert.equal((await rest.get(at(`subscriptions/${id}`))).result, null);
  });
}

module.exports = { work };
