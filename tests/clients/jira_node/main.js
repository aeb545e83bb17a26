// A working day at a Jira site with the npm package `jira.js`, unmodified.
//
// Reads the first line of `counterpart emulate` from standard input. Usage: node jira_node/main.js
'use strict';

const { Day, given } = require('../day');
const { Desk } = require('./desk');

const AREAS = ['site', 'people', 'issues', 'comments', 'attachments', 'links', 'plan', 'workflow', 'worklogs', 'sprints', 'search', 'webhooks', 'trouble'];

async function main() {
  const { jira } = await given();
  const day = new Day(jira.url);
  const desk = new Desk(jira);
  for (const area of AREAS) {
    await day.area(area, () => require(`./${area}`).work(day, desk));
  }
  await day.end();
}

main().catch((failure) => {
  console.error(failure, failure.response?.data ?? failure.response ?? '');
  process.exitCode = 1;
});
