// A scripted working day: named steps, a wait for what comes later, and the count of what the day has used.
//
// A step that fails ends the day. With COUNTERPART_KEEP_GOING=1 the day goes on and tells all failures at its end.
'use strict';

const assert = require('node:assert/strict');

const PATIENCE_MS = 20_000;

class Day {
  constructor(url) {
    this.root = new URL(url).origin;
    this.steps = 0;
    this.failures = [];
    this.keepsGoing = process.env.COUNTERPART_KEEP_GOING === '1';
  }

  /** One step of the day; its name says what it shows. */
  async step(name, shown) {
    this.steps += 1;
    try {
      await shown();
    } catch (failure) {
      if (!this.keepsGoing) {
        console.error(`not shown: ${name}`);
        throw failure;
      }
      const here = (failure.stack ?? '').split('\n').map((line) => line.match(/clients\/(\w+\/\w+\.js:\d+)/)?.[1]);
      const detail = failure.response ? JSON.stringify(failure.response.data ?? failure.response) : '';
      const text = `${failure.name}: ${failure.message} ${detail}`.replace(/\s+/g, ' ').slice(0, 400);
      this.failures.push(`${name} [${here.find(Boolean) ?? '?'}] ${text}`);
    }
  }

  /** The steps of one area of work, which may share what they make. */
  async area(name, shown) {
    try {
      await shown();
    } catch (failure) {
      if (!this.keepsGoing) throw failure;
      this.failures.push(`the rest of ${name}: ${failure.name}: ${failure.message}`);
    }
  }

  /** Looks again and again until it holds; a search index lags behind what was written. */
  async until(what, look, holds) {
    const end = Date.now() + PATIENCE_MS;
    for (;;) {
      const seen = await look();
      if (holds(seen)) return seen;
      assert.ok(Date.now() < end, `not in time: ${what}; last seen: ${JSON.stringify(seen)}`);
      await new Promise((done) => setTimeout(done, 100));
    }
  }

  /** Reads a control endpoint of the emulator, or writes to it when there is a body. */
  async control(name, body) {
    const request = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } };
    const answer = await fetch(`${this.root}/_emulator/${name}`, request);
    assert.equal(answer.status, 200, `${name}: ${answer.status}`);
    return answer.json();
  }

  /** Does something while requests whose path fits meet the fault. */
  async during(fault, path, more, something) {
    await this.control('faults', { rules: [{ match: { path }, fault, p: 1, ...more }], seed: 1 });
    try {
      return await something();
    } finally {
      await this.control('faults', { rules: [], seed: 1 });
    }
  }

  /** The distinct operations that the emulator has answered: method and path template. */
  async calls() {
    const { endpoints } = await this.control('requests');
    const ours = endpoints.filter((row) => !row.endpoint.startsWith('/_emulator'));
    return [...new Set(ours.map((row) => `${row.method} ${row.endpoint}`))].sort();
  }

  /** Tells how the day went on standard output, as JSON. */
  async end() {
    this.failures.forEach((failure) => console.error(failure));
    console.log(JSON.stringify({ steps: this.steps, calls: await this.calls(), failures: this.failures }));
    process.exitCode = this.failures.length === 0 ? 0 : 1;
  }
}

/** What is done fails, and the check holds of the failure. */
async function raises(done, check) {
  let failure;
  try {
    await done();
  } catch (caught) {
    failure = caught;
  }
  assert.ok(failure, 'nothing was raised');
  assert.ok(check(failure), `raised otherwise: ${failure} ${JSON.stringify(failure.response?.data ?? failure.response ?? failure.result ?? '')}`);
}

/** The first line of `counterpart emulate`, from standard input. */
async function given() {
  let text = '';
  for await (const part of process.stdin) text += part;
  return JSON.parse(text);
}

module.exports = { Day, raises, given };
