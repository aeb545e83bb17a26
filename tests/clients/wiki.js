// Atlassian's own reader of wiki markup: a JSON array of texts on standard input, an array of ADF on standard output.
//
// NODE_PATH names the folder of modules that has @atlaskit/editor-wikimarkup-transformer.
'use strict';

const fs = require('node:fs');
const { WikiMarkupTransformer } = require('@atlaskit/editor-wikimarkup-transformer');

const transformer = new WikiMarkupTransformer();

/** The ADF of a text, or what the reader threw instead. */
function read(text) {
  try {
    return { read: transformer.parse(text).toJSON() };
  } catch (failure) {
    return { failed: `${failure.name}: ${failure.message}` };
  }
}

const texts = JSON.parse(fs.readFileSync(0, 'utf8'));
fs.writeSync(1, JSON.stringify(texts.map(read)));
