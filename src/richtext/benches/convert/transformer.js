// Converts the documents of one file, which a form feed parts, and says how many seconds of the processor that took.
// node transformer.js FILE wiki|adf; the packages are those of NODE_PATH.
const { readFileSync } = require("node:fs");
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
  const start = process.cpuUsage();
  let bytes = 0;
  for (const document of documents) {
    bytes += convert(document).length;
  }
  const { user, system } = process.cpuUsage(start);
  return [(user + system) / 1e6, bytes];
}

// What is compiled on the way is compiled by the end of two seconds.
const warm = process.uptime();
let at = 0;
while (process.uptime() - warm < 2 && at < documents.length) {
  convert(documents[at]);
  at += 1;
}
const [seconds, bytes] = all();
console.log(`${seconds} ${bytes}`);
