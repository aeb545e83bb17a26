// Converts the documents of one file, which a form feed parts, and says how many seconds that took.
// node transformer.js FILE wiki|adf; the packages are those of NODE_PATH.
const { readFileSync } = require("node:fs");
const { performance } = require("node:perf_hooks");
const { WikiMarkupTransformer } = require("@atlaskit/editor-wikimarkup-transformer");
const { JSONTransformer } = require("@atlaskit/editor-json-transformer");

const [file, from] = process.argv.slice(2);
const documents = readFileSync(file, "utf8").split("\f");
const wiki = new WikiMarkupTransformer();
const json = new JSONTransformer();
const convert = {
  wiki: (text) => JSON.stringify(json.encode(wiki.parse(text))),
  adf: (text) => wiki.encode(json.parse(JSON.parse(text))),
}[from];

function all() {
  const start = performance.now();
  let bytes = 0;
  for (const document of documents) {
    bytes += convert(document).length;
  }
  return [(performance.now() - start) / 1e3, bytes];
}

// What is compiled on the way is compiled by the end of two seconds.
const warm = performance.now();
let at = 0;
while (performance.now() - warm < 2e3 && at < documents.length) {
  convert(documents[at]);
  at += 1;
}
const [seconds, bytes] = all();
console.log(`${seconds} ${bytes}`);
