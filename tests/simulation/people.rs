//! People at work on both sides, and what they wrote last.

use std::collections::{BTreeMap, VecDeque};

use counterpart::demo::compare;
use model::{Both, Side};
use rand::Rng as _;
use rand::rngs::SmallRng;
use reqwest::Method;
use serde_json::{Value, json};

use crate::world::{Inner, World};

/// Fields whose changes are followed, by their names in the remotes' neutral documents.
pub(crate) const FIELDS: [&str; 5] = ["title", "text", "priority", "tags", "state"];

/// A field of an item.
pub(crate) type Place = (Side, String, &'static str);
/// What people wrote last.
pub(crate) type Wishes = BTreeMap<Place, Value>;

/// People with a diary.
pub(crate) struct People {
    random: SmallRng,
    diary: VecDeque<i64>,
    done: u32,
    /// What they wrote last.
    pub(crate) wishes: Wishes,
}

impl People {
    /// People who act so many times within that time from then on.
    pub(crate) fn new(mut random: SmallRng, acts: u32, from_ms: i64, window_ms: i64) -> People {
        let mut times: Vec<i64> = (0..acts)
            .map(|_| from_ms + random.random_range(0..window_ms))
            .collect();
        times.sort_unstable();
        People {
            random,
            diary: times.into(),
            done: 0,
            wishes: Wishes::new(),
        }
    }

    /// When they act next.
    pub(crate) fn next(&self) -> Option<i64> {
        self.diary.front().copied()
    }

    /// Does what is due. Says whether anything was.
    pub(crate) fn work(&mut self, world: &World) -> bool {
        let mut inner = world.lock();
        let now = inner.now();
        let mut worked = false;
        while self.diary.pop_front_if(|at| *at <= now).is_some() {
            self.act(world, &mut inner);
            worked = true;
        }
        worked
    }

    /// One act; every fifth one is two at once, on both items of a pair.
    fn act(&mut self, world: &World, inner: &mut Inner) {
        let items = inner.items();
        let pairs = compare::pair_up(&items.jira, &items.azure);
        let at = self.random.random_range(0..pairs.len() + 1);
        let Some(pair) = pairs.get(at) else {
            let side = if self.random.random_bool(0.5) {
                Side::Jira
            } else {
                Side::Azure
            };
            return self.begin(inner, side);
        };
        let here = Both {
            jira: pair.jira,
            azure: pair.azure,
        };
        let both = self.random.random_bool(0.2);
        let one = if self.random.random_bool(0.5) {
            Side::Jira
        } else {
            Side::Azure
        };
        let field = self.random.random_range(0..6);
        for side in [one, one.other()] {
            let Some(item) = *here.get(side) else {
                continue;
            };
            let met = self.met(world, &here, side, field);
            let changed = self.edit(inner, side, item, field);
            if let Some((at, value)) = met.filter(|_| changed) {
                self.wishes.insert(at, value);
            }
            if !both {
                return;
            }
        }
    }

    /// What has not come over yet when somebody changes the same on this side is a wish of the other side.
    ///
    /// So is the state of the original when its twin is moved for the first time. A new twin has a state of its remote's
    /// choice, and the node learns it by reading: who moves a twin before that moves it from nowhere, and the original wins.
    fn met(
        &self,
        world: &World,
        here: &Both<Option<&Value>>,
        side: Side,
        field: usize,
    ) -> Option<(Place, Value)> {
        let (jira, azure, name) = (here.jira?, here.azure?, FIELDS.get(field)?);
        let (this, other) = match side {
            Side::Jira => (jira, azure),
            Side::Azure => (azure, jira),
        };
        let at = |side: Side, item: &Value| (side, id_of(item), *name);
        let (mine, theirs) = (at(side, this), at(side.other(), other));
        let is_new = !self.wishes.contains_key(&mine) && !self.wishes.contains_key(&theirs);
        let is_twin = *name == "state" && !this["marker"].is_null();
        let met = is_new && (is_twin || waits(world, jira, azure, name));
        met.then(|| (theirs, other[*name].clone()))
    }

    fn word(&mut self, what: &str) -> String {
        self.done += 1;
        format!("{what} {}", self.done)
    }

    fn person(&mut self) -> usize {
        self.random.random_range(0..6)
    }

    /// A new item.
    fn begin(&mut self, inner: &mut Inner, side: Side) {
        let (title, person) = (self.word("begun"), self.person());
        let kind = ["Task", "Bug"][self.random.random_range(0..2)];
        match side {
            Side::Jira => {
                let body = json!({ "fields": {
                    "project": { "key": "WEB" },
                    "issuetype": { "name": kind },
                    "summary": title,
                } });
                inner.act(side, person, Method::POST, "/rest/api/3/issue", &body);
            }
            Side::Azure => {
                let path = format!("/Platform/_apis/wit/workitems/${kind}?api-version=7.1");
                let body = json!([{ "op": "add", "path": "/fields/System.Title", "value": title }]);
                inner.act(side, person, Method::POST, &path, &body);
            }
        }
    }

    /// A change of one item; what it changed of the fields that are followed is what its writer wishes. Says
    /// whether there is such a change.
    fn edit(&mut self, inner: &mut Inner, side: Side, item: &Value, field: usize) -> bool {
        let id = id_of(item);
        let done = match side {
            Side::Jira => self.edit_issue(inner, &id, field),
            Side::Azure => self.edit_work_item(inner, &id, item, field),
        };
        let Some(name) = FIELDS.get(field).filter(|_| done) else {
            return false;
        };
        let items = inner.control(side, "items");
        let all = items["items"].as_array().into_iter().flatten();
        let after = all.into_iter().find(|other| other["id"] == item["id"]);
        let after = after.map(|after| &after[*name]);
        let Some(after) = after.filter(|after| **after != item[*name]) else {
            return false;
        };
        self.wishes.insert((side, id, name), after.clone());
        true
    }

    fn edit_issue(&mut self, inner: &mut Inner, id: &str, field: usize) -> bool {
        let (path, person) = (format!("/rest/api/3/issue/{id}"), self.person());
        let fields = match field {
            0 => json!({ "summary": self.word("title") }),
            1 => {
                let text = self.word("text");
                json!({ "description": counterpart::demo::remote::paragraph(&text) })
            }
            2 => {
                let names = ["Highest", "High", "Medium", "Low"];
                json!({ "priority": { "name": names[self.random.random_range(0..names.len())] } })
            }
            3 => {
                let bits = self.random.random_range(0..16);
                json!({ "labels": chosen(bits) })
            }
            4 => return self.move_issue(inner, id),
            _ => {
                let text = self.word("comment");
                let body = json!({ "body": counterpart::demo::remote::paragraph(&text) });
                let path = format!("{path}/comment");
                return inner
                    .act(Side::Jira, person, Method::POST, &path, &body)
                    .is_some();
            }
        };
        let body = json!({ "fields": fields });
        inner
            .act(Side::Jira, person, Method::PUT, &path, &body)
            .is_some()
    }

    fn move_issue(&mut self, inner: &mut Inner, id: &str) -> bool {
        let (path, person) = (format!("/rest/api/3/issue/{id}/transitions"), self.person());
        let ways = inner.act(Side::Jira, person, Method::GET, &path, &Value::Null);
        let ways = ways.and_then(|ways| ways["transitions"].as_array().cloned());
        let Some(ways) = ways.filter(|ways| !ways.is_empty()) else {
            return false;
        };
        let way = &ways[self.random.random_range(0..ways.len())];
        let body = json!({ "transition": { "id": way["id"] } });
        inner
            .act(Side::Jira, person, Method::POST, &path, &body)
            .is_some()
    }

    fn edit_work_item(&mut self, inner: &mut Inner, id: &str, item: &Value, field: usize) -> bool {
        let (name, value): (_, Value) = match field {
            0 => ("System.Title", self.word("name").into()),
            1 => {
                let html = format!("<div>{}</div>", self.word("words"));
                // Bugs keep their description elsewhere.
                let bug = item["type"] == "Bug";
                let name = if bug {
                    "Microsoft.VSTS.TCM.ReproSteps"
                } else {
                    "System.Description"
                };
                (name, html.into())
            }
            2 => {
                let priority = self.random.random_range(1..=4);
                ("Microsoft.VSTS.Common.Priority", priority.into())
            }
            3 => {
                let bits = self.random.random_range(0..16);
                ("System.Tags", chosen(bits).join("; ").into())
            }
            4 => {
                let states: &[&str] = match item["type"].as_str() {
                    Some("Task") => &["New", "Active", "Closed"],
                    _ => &["New", "Active", "Resolved", "Closed"],
                };
                (
                    "System.State",
                    states[self.random.random_range(0..states.len())].into(),
                )
            }
            _ => (
                "System.History",
                format!("<div>{}</div>", self.word("remark")).into(),
            ),
        };
        let path = format!("/_apis/wit/workitems/{id}?api-version=7.1");
        let body = json!([{ "op": "add", "path": format!("/fields/{name}"), "value": value }]);
        let person = self.person();
        inner
            .act(Side::Azure, person, Method::PATCH, &path, &body)
            .is_some()
    }
}

fn id_of(item: &Value) -> String {
    let id = item["id"].as_str();
    id.expect("every item has an id").to_owned()
}

/// Whether a field of a pair has still to come over.
fn waits(world: &World, jira: &Value, azure: &Value, field: &str) -> bool {
    let listed = |item: &Value| json!({ "items": [item] });
    let ledgers = [json!({}), json!({})];
    let pair = (&listed(jira), &listed(azure));
    let compared = compare::documents(pair, &ledgers, &world.profile);
    let waits = format!(": {field}");
    let mut told = compared.differences.iter();
    told.any(|told| told.ends_with(&waits))
}

/// The labels of which so many bits are set.
fn chosen(bits: u32) -> Vec<&'static str> {
    let names = ["amber", "blue", "cyan", "dun"];
    let chosen = names
        .iter()
        .enumerate()
        .filter(|(at, _)| bits >> at & 1 == 1);
    chosen.map(|(_, name)| *name).collect()
}
