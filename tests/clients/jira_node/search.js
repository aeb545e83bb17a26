// Twenty queries, pages of them, and what else can be asked of JQL.
'use strict';

const assert = require('node:assert/strict');

async function work(day, desk) {
  const { issueSearch, jql } = desk.api;
  const keys = async (query) => {
    const found = await issueSearch.searchForIssuesUsingJqlEnhancedSearch({ jql: query, fields: ['summary'], maxResults: 100 });
    return found.issues.map((issue) => issue.key);
  };
  await day.step('the index comes after', async () => {
    await day.until('all issues of the day', () => keys('labels = screen AND status = Done'), (found) => found.join() === desk.screens[2]);
    await day.until('the sprint of the day', () => keys(`labels = screen AND sprint = ${desk.sprint}`), (found) => found.join() === desk.screens[4]);
  });
  for (const [query, expected] of queries(desk)) {
    await day.step(`JQL: ${query}`, async () => {
      assert.deepEqual((await keys(`labels = screen AND ${query}`)).sort(), [...expected].sort());
    });
  }
  await day.step('all issues of the project come page by page, each once', async () => {
    const seen = [];
    let pages = 0;
    for (let nextPageToken; ; pages += 1) {
      const page = await issueSearch.searchForIssuesUsingJqlEnhancedSearchPost({ jql: `project = ${desk.project} ORDER BY key`, fields: ['summary'], maxResults: 25, nextPageToken });
      seen.push(...page.issues.map((issue) => issue.key));
      nextPageToken = page.nextPageToken;
      if (!nextPageToken) break;
    }
    assert.ok(pages >= 2);
    assert.equal(new Set(seen).size, seen.length);
    assert.ok(desk.screens.every((key) => seen.includes(key)));
  });
  await day.step('a count, a match and a parse', async () => {
    assert.equal((await issueSearch.countIssues({ jql: 'labels = screen' })).count, 6);
    const ids = await Promise.all(desk.screens.slice(0, 2).map(async (key) => Number((await desk.read(key, { fields: ['summary'] })).id)));
    const { matches } = await issueSearch.matchIssues({ issueIds: ids, jqls: ['type = Bug', 'type = Task'] });
    assert.deepEqual(matches.map((match) => match.matchedIssues), [[ids[1]], [ids[0]]]);
    const { queries: parsed } = await jql.parseJqlQueries({ queries: ['project = WEB', 'project ='], validation: 'strict' });
    assert.ok(parsed[0].structure, JSON.stringify(parsed[0]));
    assert.ok(parsed[1].errors.length > 0, JSON.stringify(parsed[1]));
  });
  await day.step('a filter is saved, shared, found, named by a query and removed', async () => {
    const { filters } = desk.api;
    const made = await filters.createFilter({ name: 'Screens of the day', jql: 'labels = screen', sharePermissions: [{ type: 'authenticated' }] });
    assert.equal(made.sharePermissions[0].type, 'loggedin');
    const found = await filters.getFiltersPaginated({ filterName: 'screens', expand: 'jql,sharePermissions' });
    assert.deepEqual(found.values.map((filter) => [filter.id, filter.jql]), [[made.id, 'labels = screen']]);
    assert.deepEqual(await keys(`filter = ${made.id} AND priority = Highest`), [desk.screens[0]]);
    const changed = await filters.updateFilter({ id: made.id, name: 'Screens', jql: 'labels = screen AND type = Bug' });
    assert.equal(changed.name, 'Screens');
    assert.equal((await filters.setFavouriteForFilter({ id: made.id })).favourite, true);
    assert.deepEqual((await filters.getFavouriteFilters()).map((filter) => filter.id), [made.id]);
    assert.ok((await filters.getMyFilters()).some((filter) => filter.id === made.id));
    assert.equal((await filters.getFilter({ id: made.id })).jql, 'labels = screen AND type = Bug');
    await filters.deleteFilter({ id: made.id });
    await assert.rejects(filters.getFilter({ id: made.id }));
  });
}

function queries(desk) {
  const [one, two, three, four, five, six] = desk.screens;
  return [
    ['type = Bug', [two, four]],
    ['issuetype NOT IN (Bug)', [one, three, five, six]],
    ['priority = Highest', [one]],
    ['priority in (High, Low) ORDER BY priority', [two, four]],
    ['priority < Medium', [four, five]],
    ['status = "To Do"', [one, two, four, five, six]],
    ['status != Done', [one, two, four, five, six]],
    ['statusCategory = Done', [three]],
    ['resolution is EMPTY', [one, two, four, five, six]],
    ['resolution = Done', [three]],
    ['status was "In Review"', [three]],
    ['status was not in ("In Review", Done)', [one, two, four, five, six]],
    ['status changed', [three]],
    ['assignee is EMPTY', [one, two, three, four, five, six]],
    ['creator = currentUser()', [one, two, three, four, five, six]],
    ['summary ~ "Screen 4"', [four]],
    [`key in (${one}, ${two})`, [one, two]],
    ['fixVersion = "Kiosk 2"', [one]],
    [`sprint = ${desk.sprint}`, [five]],
    ['created >= startOfDay(-1) AND updated >= 1732877091000', [one, two, three, four, five, six]],
    ['(type = Bug OR priority = Highest) AND NOT priority = Low', [one, two]],
  ];
}

module.exports = { work };
