// A working day at an Azure DevOps organisation with the npm package `azure-devops-node-api`, unmodified.
//
// Reads the first line of `counterpart emulate` from standard input. Usage: node azure_node/main.js
'use strict';

const { Day, given } = require('../day');
const { Desk } = require('./desk');

const AREAS = ['site', 'processes', 'nodes', 'items', 'comments', 'attachments', 'links', 'tags', 'wiql', 'queries', 'feeds', 'bin', 'people', 'hooks', 'trouble'];

async function main() {
  const { azure } = await given();
  const day = new Day(azure.url);
  const desk = new Desk(azure);
  await day.area('the connection', () => desk.open());
  for (const area of AREAS) {
    await day.area(area, () => require(`./${area}`).work(day, desk));
  }
  await day.end();
}

main().catch((failure) => {
  console.error(failure, failure.result ?? '');
  process.exitCode = 1;
});
