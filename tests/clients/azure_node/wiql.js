// Twenty queries: flat ones, ones of links, and ones of the past.
'use strict';

const assert = require('node:assert/strict');
const { STATE } = require('./desk');

async function work(day, desk) {
  const { api, project } = desk;
  const ask = (query, timePrecision, top) => api.queryByWiql({ query }, { project }, timePrecision, top);
  let moment;
  await day.step('the past begins', async () => {
    moment = new Date((await day.control('clock')).now_ms).toISOString();
    await day.control('clock', { advance_ms: 2_000 });
    await desk.edit(desk.screens[1], { [STATE]: 'Active' });
    await desk.edit(desk.screens[1], { [STATE]: 'Resolved' });
  });
  for (const [clause, expected] of queries(desk)) {
    await day.step(`WIQL: ${clause}`, async () => {
      const found = await ask(`SELECT [System.Id] FROM WorkItems WHERE [System.TeamProject] = @project AND [System.Tags] CONTAINS 'screen' AND ${clause} ORDER BY [System.Id]`);
      assert.deepEqual(found.workItems.map((item) => item.id), [...expected].sort((a, b) => a - b));
    });
  }
  await day.step('WIQL: ASOF shows the past', async () => {
    const found = await ask(`SELECT [System.Id] FROM WorkItems WHERE [System.Tags] CONTAINS 'screen' AND [System.State] = 'New' ORDER BY [System.Id] ASOF '${moment}'`, true);
    assert.deepEqual(found.workItems.map((item) => item.id), desk.screens);
  });
  await day.step('WIQL: links, one hop and a tree', async () => {
    const text = (mode) => `SELECT [System.Id] FROM WorkItemLinks WHERE ([Source].[System.Id] = ${desk.story}) AND ([System.Links.LinkType] = 'System.LinkTypes.Hierarchy-Forward') MODE (${mode})`;
    for (const mode of ['MustContain', 'MayContain', 'Recursive']) {
      const found = await ask(text(mode));
      assert.ok(found.workItemRelations.some((each) => each.target.id === desk.screens[0]), `${mode}: ${JSON.stringify(found)}`);
    }
    const none = await ask(text('DoesNotContain'));
    assert.deepEqual((none.workItemRelations ?? []).map((each) => each.target.id), []);
  });
  await day.step('a query is cut at its top, and goes on from the last id', async () => {
    const seen = [];
    for (let last = 0; ; ) {
      const { workItems } = await ask(`SELECT [System.Id] FROM WorkItems WHERE [System.TeamProject] = @project AND [System.Id] > ${last} ORDER BY [System.Id]`, undefined, 40);
      if (workItems.length === 0) break;
      seen.push(...workItems.map((item) => item.id));
      last = seen.at(-1);
    }
    assert.ok(seen.length > 80);
    assert.equal(new Set(seen).size, seen.length);
  });
}

function queries(desk) {
  const [one, two, three, four, five, six] = desk.screens ?? [];
  const all = [one, two, three, four, five, six];
  return [
    ["[System.WorkItemType] = 'Bug'", [two, four]],
    ["[System.WorkItemType] IN ('Task', 'User Story')", [one, three, five, six]],
    ["[System.WorkItemType] <> 'Bug'", [one, three, five, six]],
    ["NOT [System.WorkItemType] = 'Bug'", [one, three, five, six]],
    ['[Microsoft.VSTS.Common.Priority] = 1', [one]],
    ['[Microsoft.VSTS.Common.Priority] >= 3', [three, four, six]],
    ['[Microsoft.VSTS.Common.Priority] < 3', [one, two, five]],
    ["[System.State] = 'Resolved'", [two]],
    ["[System.State] <> 'New'", [two]],
    ["EVER [System.State] = 'Active'", [two]],
    ["[System.Title] CONTAINS 'Screen 4'", [four]],
    ["[System.Title] CONTAINS WORDS 'dark'", all],
    ["[System.AreaPath] UNDER @project", all],
    ["[System.IterationPath] UNDER @project", all],
    ["[System.AssignedTo] = ''", all],
    ["[System.ChangedBy] = @me", all],
    ['[System.CreatedDate] > @today - 2', all],
    ['[System.CreatedDate] < @startOfDay - 2', []],
    [`[System.Id] IN (${one}, ${two})`, [one, two]],
    ["([System.WorkItemType] = 'Bug' OR [Microsoft.VSTS.Common.Priority] = 1) AND [Microsoft.VSTS.Common.Priority] <> 4", [one, two]],
  ];
}

module.exports = { work };
