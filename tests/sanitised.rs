//! What the product writes as HTML is what Azure DevOps stores: its sanitising changes no byte of it.
//!
//! Documents are made at random from all that ADF has, written as HTML, and stored in the emulator as the description of an
//! item, one after the other. The emulator shares no code with the writer, so its answer is a second opinion.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "the helpers of a test fail the test"
)]

use emulator::azure::Services;
use emulator::{Credentials, Offline, Options, Request, Site as _};
use rand::rngs::SmallRng;
use rand::{Rng as _, SeedableRng as _};
use richtext::{Verbatim, adf, html};
use serde_json::{Value, json};

/// How many documents are stored.
const DOCUMENTS: u64 = 400;

/// How deep containers nest in a document.
const DEPTH: u32 = 4;

/// A work item of the emulator whose description is written and read.
struct Item {
    offline: Offline,
    credentials: Credentials,
    now_ms: i64,
    id: i64,
}

impl Item {
    fn new() -> Self {
        let options = Options::default();
        let site = Services::new(options.clone());
        let mut item = Self {
            now_ms: options.start_ms,
            credentials: site.sync_credentials(),
            offline: Offline::new(Box::new(site), options),
            id: 0,
        };
        let made = item.change(
            "POST",
            "Platform/_apis/wit/workitems/$User%20Story",
            "System.Title",
            "t",
        );
        item.id = made["id"].as_i64().expect("an item has an id");
        item
    }

    /// What is stored of a description.
    fn stored(&mut self, description: &str) -> Value {
        let path = format!("_apis/wit/workitems/{}", self.id);
        let item = self.change("PATCH", &path, "System.Description", description);
        item["fields"]["System.Description"].clone()
    }

    /// The item after that field was set.
    fn change(&mut self, method: &str, path: &str, field: &str, value: &str) -> Value {
        let method = method.parse().expect("a method");
        let change = json!([{"op": "add", "path": format!("/fields/{field}"), "value": value}]);
        let request = Request::new(method, &format!("/acme/{path}?api-version=7.1"))
            .with_json(&change)
            .with_header("content-type", "application/json-patch+json")
            .with_basic(&self.credentials.user, &self.credentials.token);
        self.now_ms += 1_000;
        let answer = self.offline.call(&request, self.now_ms);
        let response = answer.response().expect("no fault is set");
        assert_eq!(response.status, 200, "{value}");
        serde_json::from_slice(&response.body).expect("an item is JSON")
    }
}

/// Makes documents at random.
struct Maker(SmallRng);

impl Maker {
    fn pick<'a>(&mut self, options: &[&'a str]) -> &'a str {
        options[self.0.random_range(0..options.len())]
    }

    fn many(&mut self, most: usize, make: impl Fn(&mut Self) -> Value) -> Value {
        let count = self.0.random_range(1..=most);
        (0..count).map(|_| make(self)).collect()
    }

    fn words(&mut self) -> &'static str {
        self.pick(&[
            "a",
            " two  spaces ",
            "1 < 2 && 3 > 2",
            "say \"yes\"",
            "it's",
            "Grüße 😀",
            "&amp; &nbsp;",
            "\u{a0}",
            "<b>",
            "tab\there",
            "new\nline",
            "]]>",
            "-->",
            "{x}",
            "\u{200b}",
        ])
    }

    fn marks(&mut self) -> Value {
        let marks = [
            json!({"type": "strong"}),
            json!({"type": "em"}),
            json!({"type": "underline"}),
            json!({"type": "strike"}),
            json!({"type": "code"}),
            json!({"type": "subsup", "attrs": {"type": "sub"}}),
            json!({"type": "textColor", "attrs": {"color": "#Ff5630"}}),
            json!({"type": "backgroundColor", "attrs": {"color": "#deebff"}}),
            json!({"type": "link", "attrs": {"href": "https://a.example/?b=\"c\"&d=<e>", "title": "t"}}),
            json!({"type": "link", "attrs": {"href": "mailto:a@b.example"}}),
        ];
        marks
            .into_iter()
            .filter(|_| self.0.random_bool(0.2))
            .collect()
    }

    fn inline(&mut self) -> Value {
        let words = self.words();
        match self.0.random_range(0..12) {
            0 => json!({"type": "hardBreak"}),
            1 => json!({"type": "mention", "attrs": {"id": "11-22", "text": words}}),
            2 => json!({"type": "emoji", "attrs": {"shortName": ":x:", "text": words}}),
            3 => json!({"type": "date", "attrs": {"timestamp": "951782400000"}}),
            4 => json!({"type": "status", "attrs": {"text": words, "color": "red"}}),
            5 => json!({"type": "inlineCard", "attrs": {"url": "https://a.example/x'y"}}),
            6 => {
                json!({"type": "mediaInline", "attrs": {"id": "1", "collection": "", "alt": words}})
            }
            7 => json!({"type": "new", "attrs": {"text": words}}),
            _ => json!({"type": "text", "text": words, "marks": self.marks()}),
        }
    }

    fn paragraph(&mut self) -> Value {
        let marks = match self.pick(&["", "", "center", "end"]) {
            "" => json!([]),
            align => json!([{"type": "alignment", "attrs": {"align": align}}]),
        };
        json!({"type": "paragraph", "content": self.many(4, Self::inline), "marks": marks})
    }

    fn block(&mut self, depth: u32) -> Value {
        let inner = |maker: &mut Self| maker.block(depth + 1);
        let kinds = if depth < DEPTH { 16 } else { 7 };
        match self.0.random_range(0..kinds) {
            0 => {
                json!({"type": "heading", "attrs": {"level": self.0.random_range(1..=6)}, "content": self.many(3, Self::inline)})
            }
            1 => json!({"type": "rule"}),
            2 => {
                json!({"type": "codeBlock", "content": [{"type": "text", "text": format!("\n{}\n", self.words())}]})
            }
            3 => {
                json!({"type": "mediaSingle", "content": [{"type": "media", "attrs": {"type": "external",
                "url": "https://a.example/i.png?a=b&c", "alt": self.words(), "width": 20, "height": 10}}]})
            }
            4..=6 => self.paragraph(),
            7 => json!({"type": "bulletList", "content": self.many(3, |maker| {
                json!({"type": "listItem", "content": maker.many(2, inner)})
            })}),
            8 => {
                json!({"type": "orderedList", "attrs": {"order": self.0.random_range(0..4)}, "content": self.many(3, |maker| {
                    json!({"type": "listItem", "content": maker.many(2, inner)})
                })})
            }
            9 => json!({"type": "blockquote", "content": self.many(2, inner)}),
            10 => {
                json!({"type": "panel", "attrs": {"panelType": "note"}, "content": self.many(2, inner)})
            }
            11 => {
                json!({"type": "expand", "attrs": {"title": self.words()}, "content": self.many(2, inner)})
            }
            12 => {
                json!({"type": "taskList", "attrs": {"localId": "1"}, "content": self.many(3, |maker| {
                    json!({"type": "taskItem", "attrs": {"localId": "2", "state": "DONE"}, "content": maker.many(2, Self::inline)})
                })})
            }
            13 => json!({"type": "layoutSection", "content": self.many(3, |maker| {
                json!({"type": "layoutColumn", "attrs": {"width": 50}, "content": maker.many(2, inner)})
            })}),
            _ => json!({"type": "table", "content": self.many(3, |maker| {
                let cells = maker.many(3, |maker| {
                    let kind = maker.pick(&["tableCell", "tableHeader"]);
                    let colspan = maker.0.random_range(1..3);
                    let attrs = json!({"colspan": colspan, "background": maker.pick(&["#deebff", "red", "none"])});
                    json!({"type": kind, "attrs": attrs, "content": maker.many(2, inner)})
                });
                json!({"type": "tableRow", "content": cells})
            })}),
        }
    }
}

#[test]
fn what_is_written_is_stored_as_it_is() {
    let mut item = Item::new();
    let mut stored = 0;
    for seed in 0..DOCUMENTS {
        let mut maker = Maker(SmallRng::seed_from_u64(seed));
        let blocks = maker.many(4, |maker| maker.block(0));
        let (read, _) = adf::read(&json!({"type": "doc", "version": 1, "content": blocks}));
        let (written, _) = html::write(&read, &Verbatim);
        assert!(!written.is_empty(), "{blocks}");
        assert_eq!(
            item.stored(&written),
            Value::from(written),
            "seed {seed}: {blocks}"
        );
        stored += 1;
    }
    assert_eq!(stored, DOCUMENTS);
}
