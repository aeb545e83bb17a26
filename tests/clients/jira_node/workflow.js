// Transitions, with what they require.
'use strict';

const assert = require('node:assert/strict');
const { raises } = require('../day');
const { document, status } = require('./desk');

async function work(day, desk) {
  const { issues } = desk.api;
  const screen = desk.screens[2];
  const offered = async () => (await issues.getTransitions({ issueIdOrKey: screen, expand: 'transitions.fields' })).transitions;
  const go = (name, more = {}) => offered().then((all) => issues.doTransition({ issueIdOrKey: screen, transition: { id: all.find((each) => each.name === name).id }, ...more }));
  const state = async () => (await desk.read(screen, { fields: ['status', 'resolution'] })).fields;
  await day.step('only what is possible from here is offered', async () => {
    const names = (await offered()).map((each) => each.name);
    assert.ok(names.includes('Start work') && !names.includes('Approve'), names.join());
  });
  await day.step('an issue moves along, with a comment on the way', async () => {
    await go('Start work');
    await go('Send to review', { update: { comment: [{ add: { body: document('Please look.') } }] } });
    assert.equal((await state()).status.name, 'In Review');
    assert.equal((await desk.api.issueComments.getComments({ issueIdOrKey: screen })).total, 1);
  });
  await day.step('what is required is told, and what is wrong is refused', async () => {
    const approve = (await offered()).find((each) => each.name === 'Approve');
    await raises(
      () => issues.doTransition({ issueIdOrKey: screen, transition: { id: approve.id }, fields: { resolution: { name: 'Unheard of' } } }),
      status(400),
    );
    const fields = approve.fields?.resolution ? { resolution: { name: 'Done' } } : undefined;
    await issues.doTransition({ issueIdOrKey: screen, transition: { id: approve.id }, fields });
    const now = await state();
    assert.deepEqual([now.status.name, now.resolution.name], ['Done', 'Done']);
  });
  await day.step('a transition that is not there is refused', async () => {
    await raises(() => issues.doTransition({ issueIdOrKey: screen, transition: { id: '999' } }), status(400));
    assert.equal((await state()).status.name, 'Done');
  });
}

module.exports = { work };
