// Tags: on items, and as a list of their own.
'use strict';

const assert = require('node:assert/strict');

async function work(day, desk) {
  const { api, project } = desk;
  const tags = async () => (await desk.fields(desk.screens[0]))['System.Tags'].split('; ').sort();
  await day.step('adding tags merges them, replacing does not', async () => {
    await api.updateWorkItem({}, [{ op: 'add', path: '/fields/System.Tags', value: 'shiny' }], desk.screens[0]);
    assert.deepEqual(await tags(), ['nodework', 'screen', 'shiny']);
    await api.updateWorkItem({}, [{ op: 'replace', path: '/fields/System.Tags', value: 'nodework; screen; dull' }], desk.screens[0]);
    assert.deepEqual(await tags(), ['dull', 'nodework', 'screen']);
  });
  await day.step('tags are listed, read, renamed and removed', async () => {
    const dull = (await api.getTags(project)).find((tag) => tag.name === 'dull');
    assert.equal((await api.getTag(project, 'dull')).id, dull.id);
    assert.equal((await api.updateTag({ name: 'matt' }, project, dull.id)).name, 'matt');
    assert.deepEqual(await tags(), ['matt', 'nodework', 'screen']);
    await api.deleteTag(project, 'matt');
    assert.deepEqual(await tags(), ['nodework', 'screen']);
  });
}

module.exports = { work };
