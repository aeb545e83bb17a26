// Boards, sprints, epics, the backlog and the order of things, with the client of boards.
'use strict';

const assert = require('node:assert/strict');
const { raises } = require('../day');
const { status } = require('./desk');

const DATES = { startDate: '2026-12-01T08:00:00.000Z', endDate: '2026-12-14T18:00:00.000Z' };

/** The keys on a page, in alphabetical order. */
function keys(page) {
  return page.issues.map((issue) => issue.key).sort();
}

async function work(day, desk) {
  const { agile } = desk;
  await day.step('the project has a scrum board with columns', async () => {
    const { values } = await agile.board.getAllBoards({ projectKeyOrId: desk.project, type: 'scrum' });
    desk.board = values[0].id;
    assert.equal((await agile.board.getBoard({ boardId: desk.board })).type, 'scrum');
    const { columnConfig } = await agile.board.getConfiguration({ boardId: desk.board });
    assert.ok(columnConfig.columns.length >= 3, JSON.stringify(columnConfig));
  });
  await day.step('a sprint is planned, filled, begun and read', async () => {
    const made = await agile.sprint.createSprint({ name: 'Fair', originBoardId: desk.board, goal: 'Shine' });
    desk.sprint = made.id;
    await agile.sprint.moveIssuesToSprintAndRank({ sprintId: made.id, issues: desk.screens.slice(4) });
    await agile.sprint.partiallyUpdateSprint({ sprintId: made.id, state: 'active', ...DATES });
    assert.equal((await agile.sprint.getSprint({ sprintId: made.id })).state, 'active');
    const inside = async () => keys(await agile.sprint.getIssuesForSprint({ sprintId: made.id, fields: ['summary'] }));
    await day.until('both issues in the sprint', inside, (found) => found.join() === desk.screens.slice(4).sort().join());
    const { values } = await agile.board.getAllSprints({ boardId: desk.board, state: 'active' });
    assert.ok(values.some((sprint) => sprint.id === made.id));
  });
  await day.step('the board shows its issues and its backlog', async () => {
    const shown = await agile.board.getIssuesForBoard({ boardId: desk.board, jql: 'labels = screen', fields: ['summary'] });
    assert.deepEqual(keys(shown), [...desk.screens].sort());
    const backlog = await agile.board.getIssuesForBacklog({ boardId: desk.board, jql: 'labels = screen', fields: ['summary'] });
    assert.ok(backlog.issues.every((issue) => !desk.screens.slice(4).includes(issue.key)));
  });
  await day.step('an issue goes back to the backlog', async () => {
    await agile.backlog.moveIssuesToBacklog({ issues: [desk.screens[5]] });
    const inside = async () => keys(await agile.board.getBoardIssuesForSprint({ boardId: desk.board, sprintId: desk.sprint, fields: ['summary'] }));
    await day.until('one issue is left in the sprint', inside, (found) => found.join() === desk.screens[4]);
  });
  await day.step('a sprint ends and does not begin again', async () => {
    await agile.sprint.updateSprint({ sprintId: desk.sprint, name: 'Fair', goal: 'Shone', state: 'closed', ...DATES });
    assert.equal((await agile.sprint.getSprint({ sprintId: desk.sprint })).goal, 'Shone');
    await raises(() => agile.sprint.partiallyUpdateSprint({ sprintId: desk.sprint, state: 'active' }), status(400));
  });
  await day.step('an epic gathers issues', async () => {
    const epic = await desk.create('Epic', 'Kiosk at night');
    await agile.epic.moveIssuesToEpic({ epicIdOrKey: epic.key, issues: [desk.screens[4]] });
    assert.equal((await desk.read(desk.screens[4])).fields.parent.key, epic.key);
    const gathered = async () => keys(await agile.epic.getIssuesForEpic({ epicIdOrKey: epic.key, fields: ['summary'] }));
    await day.until('the issue of the epic', gathered, (found) => found.join() === desk.screens[4]);
    await agile.epic.removeIssuesFromEpic({ issues: [desk.screens[4]] });
    assert.equal((await desk.read(desk.screens[4])).fields.parent ?? null, null);
  });
  await day.step('an issue is ranked after another', async () => {
    await agile.issue.rankIssues({ issues: [desk.screens[0]], rankAfterIssue: desk.screens[1] });
    const jql = `key in (${desk.screens[0]}, ${desk.screens[1]}) ORDER BY Rank ASC`;
    const order = async () => (await agile.board.getIssuesForBoard({ boardId: desk.board, jql, fields: ['summary'] })).issues.map((issue) => issue.key);
    await day.until('the new order', order, (found) => found.join() === [desk.screens[1], desk.screens[0]].join());
  });
  await day.step('a future sprint is removed', async () => {
    const { id } = await agile.sprint.createSprint({ name: 'Never', originBoardId: desk.board });
    await agile.sprint.deleteSprint({ sprintId: id });
    await raises(() => agile.sprint.getSprint({ sprintId: id }), status(404));
  });
}

module.exports = { work };
