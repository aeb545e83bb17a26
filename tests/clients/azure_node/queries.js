// Queries that are kept: folders, the tree of them, and running them.
'use strict';

const assert = require('node:assert/strict');
const { QueryExpand } = require('azure-devops-node-api/interfaces/WorkItemTrackingInterfaces');

const wiql = "SELECT [System.Id] FROM WorkItems WHERE [System.TeamProject] = @project AND [System.Tags] CONTAINS 'screen' ORDER BY [System.Id]";

async function work(day, desk) {
  const { api, project } = desk;
  let query;
  let folder;
  await day.step('a project has own and shared queries', async () => {
    const names = (await api.getQueries(project, undefined, 1)).map((each) => each.name);
    assert.ok(names.includes('My Queries') && names.includes('Shared Queries'), names.join());
  });
  await day.step('a query is kept in a folder and run', async () => {
    folder = (await api.createQuery({ name: 'Kiosk', isFolder: true }, project, 'Shared Queries')).id;
    query = (await api.createQuery({ name: 'Dark screens', wiql }, project, folder)).id;
    const read = await api.getQuery(project, query, QueryExpand.Wiql);
    assert.equal(read.path, 'Shared Queries/Kiosk/Dark screens');
    assert.match(read.wiql, /screen/);
    assert.deepEqual((await api.queryById(query, { project })).workItems.map((item) => item.id), desk.screens);
  });
  await day.step('kept queries are found by name and by ids', async () => {
    const hits = await api.searchQueries(project, 'dark');
    assert.ok(hits.value.some((each) => each.id === query), JSON.stringify(hits));
    const [one] = await api.getQueriesBatch({ ids: [query] }, project);
    assert.equal(one.name, 'Dark screens');
  });
  await day.step('a kept query is renamed and removed', async () => {
    assert.equal((await api.updateQuery({ name: 'Darker screens' }, project, query)).name, 'Darker screens');
    await api.deleteQuery(project, query);
    assert.equal(await api.getQuery(project, query), null);
    await api.deleteQuery(project, folder);
  });
}

module.exports = { work };
