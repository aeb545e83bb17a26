//! A generator for the tests: documents made from Atlassian's schema itself, so that every definition of it is met.
//!
//! A document is the outcome of a tape of choices. Where the tape ends every choice is the plainest, so a shorter
//! tape makes a smaller document, and a failing document shrinks by its tape alone.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::LazyLock;

use serde_json::{Map, Value, json};

/// The schema of the whole format.
pub(crate) static SCHEMA: LazyLock<Value> = LazyLock::new(|| {
    let text = include_str!("../tests_data/adf-full.schema.json");
    serde_json::from_str(text).expect("the schema is JSON")
});

/// Which definitions each definition refers to.
static GRAPH: LazyLock<BTreeMap<&'static str, BTreeSet<&'static str>>> = LazyLock::new(|| {
    let names = definitions().into_iter();
    names
        .map(|name| (name, references(&SCHEMA["definitions"][name])))
        .collect()
});

/// How deep values nest at most before only the plainest choices are taken.
const MAX_DEPTH: usize = 24;

/// How wild the values are that the schema leaves open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Temper {
    /// Words, whole numbers, harmless URLs: what editors write.
    Tame,
    /// Whatever the schema accepts.
    Wild,
}

/// A document and the definitions of the schema that it went through.
pub(crate) struct Made {
    pub(crate) doc: Value,
    pub(crate) reached: BTreeSet<&'static str>,
}

/// Makes a document that has the definition `target` in it, and is otherwise as the tape says.
pub(crate) fn document(tape: &[u16], temper: Temper, target: &'static str) -> Made {
    let mut maker = Maker {
        tape: tape.iter(),
        temper,
        target,
        distances: distances(target),
        reached: BTreeSet::new(),
        ids: 0,
    };
    let doc = maker.value("", &[&SCHEMA], 0);
    Made {
        doc,
        reached: maker.reached,
    }
}

/// The names of all definitions.
pub(crate) fn definitions() -> Vec<&'static str> {
    let definitions = SCHEMA["definitions"]
        .as_object()
        .expect("the schema has definitions");
    definitions.keys().map(String::as_str).collect()
}

/// How many references lead from each definition to the target.
fn distances(target: &'static str) -> BTreeMap<&'static str, usize> {
    let mut known = BTreeMap::from([(target, 0)]);
    let mut open = VecDeque::from([target]);
    while let Some(next) = open.pop_front() {
        let distance = known[next] + 1;
        for (name, referred) in GRAPH.iter() {
            if referred.contains(next) && !known.contains_key(name) {
                known.insert(name, distance);
                open.push_back(name);
            }
        }
    }
    known
}

/// The definitions that a part of the schema refers to.
fn references(schema: &'static Value) -> BTreeSet<&'static str> {
    match schema {
        Value::Object(parts) => parts
            .iter()
            .flat_map(|(key, part)| match part.as_str() {
                Some(reference) if key == "$ref" => BTreeSet::from([definition(reference)]),
                _ => references(part),
            })
            .collect(),
        Value::Array(parts) => parts.iter().flat_map(references).collect(),
        _ => BTreeSet::new(),
    }
}

fn definition(reference: &'static str) -> &'static str {
    reference
        .strip_prefix("#/definitions/")
        .expect("references stay within the schema")
}

struct Maker<'a> {
    tape: std::slice::Iter<'a, u16>,
    temper: Temper,
    target: &'static str,
    distances: BTreeMap<&'static str, usize>,
    reached: BTreeSet<&'static str>,
    ids: usize,
}

impl Maker<'_> {
    /// The next choice among `count`; the first where the tape has ended.
    fn choose(&mut self, count: usize) -> usize {
        let choice = self.tape.next().copied().unwrap_or(0);
        usize::from(choice) % count.max(1)
    }

    fn pick<T: Copy>(&mut self, options: &[T]) -> T {
        options[self.choose(options.len())]
    }

    /// How far the target is from these parts of the schema; `None` once it was reached, or where it cannot be.
    fn distance(&self, schemas: &[&'static Value]) -> Option<usize> {
        if self.reached.contains(self.target) {
            return None;
        }
        let references = schemas.iter().flat_map(|schema| references(schema));
        references
            .filter_map(|name| self.distances.get(name).copied())
            .min()
    }

    /// A value that all of these schemas accept, for the property of this name.
    fn value(&mut self, name: &str, schemas: &[&'static Value], depth: usize) -> Value {
        if depth > MAX_DEPTH {
            self.tape = [].iter();
        }
        // Two that say the same are one, or each would choose for itself.
        let mut different: Vec<&'static Value> = Vec::new();
        for schema in schemas {
            if !different.contains(schema) {
                different.push(schema);
            }
        }
        let schemas = self.flat(&different);
        if let Some(allowed) = find(&schemas, "enum").and_then(Value::as_array) {
            return allowed[self.choose(allowed.len())].clone();
        }
        match find(&schemas, "type").and_then(Value::as_str) {
            Some("object") => self.object(&schemas, depth),
            Some("array") => self.array(name, &schemas, depth),
            Some("string") => Value::from(self.string(name, &schemas)),
            Some("number") => self.number(&schemas),
            Some("boolean") => Value::from(self.choose(2) == 1),
            _ => self.anything(),
        }
    }

    /// The schemas without references and choices between schemas.
    fn flat(&mut self, schemas: &[&'static Value]) -> Vec<&'static Value> {
        let mut out = Vec::new();
        for schema in schemas {
            if let Some(reference) = schema["$ref"].as_str() {
                let name = definition(reference);
                self.reached.insert(name);
                out.extend(self.flat(&[&SCHEMA["definitions"][name]]));
            } else if let Some(all) = schema["allOf"].as_array() {
                out.extend(self.flat(&all.iter().collect::<Vec<_>>()));
            } else if let Some(any) = schema["anyOf"].as_array() {
                let near = (0..any.len())
                    .filter_map(|index| Some((self.distance(&[&any[index]])?, index)))
                    .min();
                let choice = match near {
                    Some((_, index)) => index,
                    None => self.choose(any.len()),
                };
                out.extend(self.flat(&[&any[choice]]));
            } else {
                out.push(*schema);
            }
        }
        out
    }

    fn object(&mut self, schemas: &[&'static Value], depth: usize) -> Value {
        let mut properties: BTreeMap<&str, Vec<&'static Value>> = BTreeMap::new();
        let mut required = BTreeSet::new();
        for schema in schemas {
            for (name, part) in schema["properties"].as_object().into_iter().flatten() {
                properties.entry(name).or_default().push(part);
            }
            let names = schema["required"].as_array().into_iter().flatten();
            required.extend(names.filter_map(Value::as_str));
        }
        let mut out = Map::new();
        let closed = |name: &str| {
            schemas.iter().any(|schema| {
                schema["additionalProperties"] == json!(false)
                    && schema["properties"][name].is_null()
            })
        };
        for (name, parts) in properties {
            if closed(name) {
                continue;
            }
            let steered = self.distance(&parts).is_some();
            if required.contains(name) || steered || self.choose(3) == 1 {
                let value = self.value(name, &parts, depth + 1);
                out.insert(name.to_owned(), value);
            }
        }
        Value::Object(out)
    }

    fn array(&mut self, name: &str, schemas: &[&'static Value], depth: usize) -> Value {
        let bound = |key| {
            let bounds = schemas
                .iter()
                .filter_map(move |schema| schema[key].as_u64());
            bounds.map(|bound| bound as usize)
        };
        let least = bound("minItems").max().unwrap_or(0);
        let most = bound("maxItems").min().unwrap_or(usize::MAX);
        let items: Vec<&'static Value> = schemas
            .iter()
            .filter_map(|schema| schema.get("items"))
            .collect();
        let positions = items.iter().find_map(|items| items.as_array());
        let most = positions.map_or(most, |positions| most.min(positions.len()));
        let open = positions.is_none() && items.iter().all(|items| **items == json!({}));
        let count = if open && self.temper == Temper::Tame {
            least
        } else if self.distance(&items).is_some() {
            positions.map_or(1, Vec::len).max(least)
        } else {
            (least + self.choose(4)).min(most).max(least)
        };
        let mut out = Vec::new();
        for index in 0..count.min(most) {
            let parts: Vec<&'static Value> = match positions {
                Some(positions) => vec![&positions[index]],
                None => items.clone(),
            };
            out.push(self.value(name, &parts, depth + 1));
        }
        Value::Array(out)
    }

    fn string(&mut self, name: &str, schemas: &[&'static Value]) -> String {
        if let Some(pattern) = find(schemas, "pattern").and_then(Value::as_str) {
            return self.matching(pattern);
        }
        let wild = self.temper == Temper::Wild;
        let pool: &[&str] = match name {
            "url" | "href" if wild => &[
                "https://a.example/",
                "javascript:alert(1)",
                " https://b.example/x\ty",
                "data:text/html,x",
                "",
                "/browse/AB-1",
                "mailto:a@b.example",
            ],
            "url" | "href" => &["https://a.example/", "https://b.example/x?y=z&w"],
            "timestamp" if wild => &[
                "0",
                " 12 ",
                "soon",
                "951782400000",
                "-1",
                "99999999999999999",
            ],
            "timestamp" => &["951782400000", "1582152000000"],
            "background" | "panelColor" if !wild => &["#deebff", "#ff0000"],
            "localId" => {
                self.ids += 1;
                return format!("id-{}", self.ids);
            }
            _ if wild => &[
                "a",
                " ",
                "b c",
                "\n",
                "",
                "é\u{1}\r\n",
                "<script>alert(1)</script>",
                "\"'&<>",
                "\u{a0}",
                "☐ x",
                "[a|b]",
                "@Ann",
                ":x:",
                "😀",
                "\u{202e}rtl",
                "\u{0}",
            ],
            _ => &["a", "b c", "word", "x < y & z", "Grüße", "😀"],
        };
        let filled = find(schemas, "minLength").is_some();
        let text = self.pick(pool);
        if filled && text.is_empty() {
            return "x".to_owned();
        }
        text.to_owned()
    }

    /// A string that fits a pattern of the schema: alternatives of letters and of hexadecimal digits.
    fn matching(&mut self, pattern: &'static str) -> String {
        let alternatives: Vec<&str> = pattern
            .trim_matches(['^', '$', '(', ')'])
            .split('|')
            .collect();
        let chosen = self.pick(&alternatives).trim_matches(['^', '$']);
        let Some((before, rest)) = chosen.split_once("[0-9a-fA-F]{") else {
            return chosen.to_owned();
        };
        let count = rest.trim_end_matches('}').parse().expect("a count");
        let digits: Vec<char> = match self.temper {
            Temper::Tame => "0123456789abcdef".chars().collect(),
            Temper::Wild => "0123456789abcdefABCDEF".chars().collect(),
        };
        let digits: String = (0..count).map(|_| self.pick(&digits)).collect();
        format!("{before}{digits}")
    }

    fn number(&mut self, schemas: &[&'static Value]) -> Value {
        let bound = |key| find(schemas, key).and_then(Value::as_f64);
        let (least, most) = (bound("minimum"), bound("maximum"));
        let pool: &[f64] = match self.temper {
            Temper::Tame => &[1.0, 2.0, 3.0, 5.0, 50.0, 200.0],
            Temper::Wild => &[
                1.0,
                0.0,
                1.5,
                -3.0,
                2.0,
                1e30,
                4_000_000_000.0,
                33.3333,
                2_000.0,
                70_000.0,
            ],
        };
        let number = self
            .pick(pool)
            .max(least.unwrap_or(f64::MIN))
            .min(most.unwrap_or(f64::MAX));
        if number.fract() == 0.0 && number.abs() < 1e15 {
            Value::from(number as i64)
        } else {
            Value::from(number)
        }
    }

    /// Where the schema says nothing.
    fn anything(&mut self) -> Value {
        let pool = [
            json!({}),
            json!({"url": "https://a.example/", "name": "x"}),
            json!({"type": "new", "attrs": {"a": [1, null]}}),
            json!("x"),
            json!({"url": "javascript:alert(1)"}),
            json!([[]]),
            json!(null),
            json!({"type": "strong"}),
        ];
        let count = match self.temper {
            Temper::Tame => 2,
            Temper::Wild => pool.len(),
        };
        let choice = self.choose(count);
        pool[choice].clone()
    }
}

/// What the last of the schemas that says it says under a key: later ones narrow the earlier.
fn find(schemas: &[&'static Value], key: &str) -> Option<&'static Value> {
    schemas.iter().rev().find_map(|schema| schema.get(key))
}
