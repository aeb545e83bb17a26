//! Comparing both sides, item by item, from what the remotes themselves say.
//!
//! It believes nothing of the node: twins are found by the markers that the items carry, doubled creates by the remotes'
//! own ledgers.

use std::collections::{BTreeMap, BTreeSet};

use mapping::{Carried, Kind, Nowhere, Profile};
use model::{Both, Marker, Number, Side, Value as Field};
use reqwest::Client;
use serde_json::Value;

use super::remote::{Address, control};
use crate::exit::Error;

/// What a comparison found.
pub struct Comparison {
    /// Pairs of items.
    pub pairs: usize,
    /// Comments of people that have their twin.
    pub comments: usize,
    /// What differs: item and field, never a value.
    pub differences: Vec<String>,
    /// Items and comments that were created more than once for one original.
    pub duplicates: usize,
}

/// Two items that belong together, as far as both are there.
pub struct Twins<'a> {
    /// The issue.
    pub jira: Option<&'a Value>,
    /// The work item.
    pub azure: Option<&'a Value>,
}

/// Compares both sides.
pub async fn sides(addresses: &Both<Address>, profile: &Profile) -> Result<Comparison, Error> {
    let client = Client::builder()
        .no_proxy()
        .build()
        .map_err(Error::unreachable)?;
    let (jira, azure) = (&addresses.jira.root, &addresses.azure.root);
    let items = (
        control(&client, jira, "items").await?,
        control(&client, azure, "items").await?,
    );
    let ledgers = [
        control(&client, jira, "ledger").await?,
        control(&client, azure, "ledger").await?,
    ];
    Ok(documents((&items.0, &items.1), &ledgers, profile))
}

/// Compares what both sides' control endpoints say: their items, Jira's first, and their ledgers.
#[must_use]
pub fn documents(items: (&Value, &Value), ledgers: &[Value; 2], profile: &Profile) -> Comparison {
    let pairs = pair_up(items.0, items.1);
    let mut comparison = Comparison {
        pairs: 0,
        comments: 0,
        differences: Vec::new(),
        duplicates: ledgers.iter().map(doubled).sum(),
    };
    for pair in &pairs {
        match (pair.jira, pair.azure) {
            (Some(issue), Some(work_item)) => comparison.twins(profile, issue, work_item),
            (Some(alone), None) | (None, Some(alone)) => {
                comparison
                    .differences
                    .push(format!("{}: has no counterpart", key(alone)));
            }
            (None, None) => {}
        }
    }
    comparison
}

/// Creates beyond the first of each marker, in items and in comments.
fn doubled(ledger: &Value) -> usize {
    let by_us = emulator::people::sync_account();
    let mut seen: BTreeMap<(String, String), usize> = BTreeMap::new();
    for entry in ledger["entries"].as_array().into_iter().flatten() {
        let kind = entry["kind"].as_str().unwrap_or_default();
        let by = entry["by"].as_str().unwrap_or_default();
        let ours = by == by_us.account_id || by == by_us.email || by == by_us.handle;
        if let (true, true, Some(marker)) = (
            ours,
            matches!(kind, "create" | "comment"),
            entry["marker"].as_str(),
        ) {
            *seen.entry((kind.to_owned(), original(marker))).or_default() += 1;
        }
    }
    seen.values().map(|count| count - 1).sum()
}

/// What a marker says that it is the twin of. The installation that wrote it is left out: a twin made once more by a new
/// installation is doubled all the same.
fn original(marker: &str) -> String {
    let parsed = marker_in(marker);
    parsed.map_or_else(
        || marker.to_owned(),
        |marker| format!("{} {}", marker.profile, marker.source),
    )
}

/// The marker in an item's or a ledger's text. On Jira it stands in a property, whose JSON is shown as it is.
fn marker_in(text: &str) -> Option<Marker> {
    let inner = serde_json::from_str::<Value>(text).ok();
    let inner = inner.as_ref().and_then(|value| value["marker"].as_str());
    Marker::parse(inner.unwrap_or(text))
}

/// Puts twins together by the markers that they carry.
#[must_use]
pub fn pair_up<'a>(jira: &'a Value, azure: &'a Value) -> Vec<Twins<'a>> {
    let list = |side: &'a Value| side["items"].as_array().into_iter().flatten();
    let mut pairs: BTreeMap<(Side, String), Twins<'a>> = BTreeMap::new();
    for (side, item) in list(jira)
        .map(|item| (Side::Jira, item))
        .chain(list(azure).map(|item| (Side::Azure, item)))
    {
        let id = item["id"].as_str().unwrap_or_default().to_owned();
        let origin = source(item).unwrap_or((side, id));
        let twins = pairs.entry(origin).or_insert(Twins {
            jira: None,
            azure: None,
        });
        match side {
            Side::Jira => twins.jira = Some(item),
            Side::Azure => twins.azure = Some(item),
        }
    }
    pairs.into_values().collect()
}

/// The source that an item's marker names.
fn source(item: &Value) -> Option<(Side, String)> {
    let marker = marker_in(item["marker"].as_str()?)?;
    Some((marker.source.origin, marker.source.item.to_string()))
}

impl Comparison {
    fn twins(&mut self, profile: &Profile, issue: &Value, work_item: &Value) {
        self.pairs += 1;
        let kind = |item: &Value| item["type"].as_str().unwrap_or_default().to_owned();
        let kinds = Both {
            jira: kind(issue),
            azure: kind(work_item),
        };
        let name = format!("{} and {}", key(issue), key(work_item));
        if profile.twin_kind(Side::Jira, &kinds.jira) != Some(kinds.azure.as_str())
            && profile.twin_kind(Side::Azure, &kinds.azure) != Some(kinds.jira.as_str())
        {
            self.differences.push(format!("{name}: type"));
        }
        for field in ["title", "text", "assignee"] {
            if words(&issue[field]) != words(&work_item[field]) {
                self.differences.push(format!("{name}: {field}"));
            }
        }
        for (field, rule) in [("state", "status"), ("priority", "priority")] {
            if !mapped_equal(profile, rule, &kinds, &issue[field], &work_item[field]) {
                self.differences.push(format!("{name}: {field}"));
            }
        }
        if tags(issue) != tags(work_item) {
            self.differences.push(format!("{name}: tags"));
        }
        self.comments(&name, issue, work_item);
        self.comments(&name, work_item, issue);
    }

    /// Each comment of a person has exactly one twin on the other side, which ends in the same words.
    fn comments(&mut self, name: &str, from: &Value, to: &Value) {
        let us = emulator::people::sync_account().handle;
        let list = |item: &Value| item["comments"].as_array().cloned().unwrap_or_default();
        let (ours, theirs): (Vec<Value>, Vec<Value>) = list(to)
            .into_iter()
            .partition(|comment| comment["by"] == us);
        drop(theirs);
        let mut twins: Vec<String> = ours.iter().map(|comment| words(&comment["text"])).collect();
        for comment in list(from).iter().filter(|comment| comment["by"] != us) {
            let text = words(&comment["text"]);
            match twins.iter().position(|twin| twin.ends_with(&text)) {
                Some(at) => {
                    twins.remove(at);
                    self.comments += 1;
                }
                None => self
                    .differences
                    .push(format!("{name}: comment {}", comment["id"])),
            }
        }
        for _ in twins {
            self.differences.push(format!("{name}: a comment too many"));
        }
    }
}

fn mapped_equal(
    profile: &Profile,
    rule: &str,
    kinds: &Both<String>,
    jira: &Value,
    azure: &Value,
) -> bool {
    let Some(rule) = profile
        .rules_for(kinds)
        .find(|each| each.name.as_str() == rule)
    else {
        return true;
    };
    let value = Both {
        jira: native(rule.kind_on(Side::Jira), jira),
        azure: native(rule.kind_on(Side::Azure), azure),
    };
    Side::BOTH.into_iter().any(|from| {
        let far = from.other();
        match profile.carry(rule, from, value.get(from), value.get(far), kinds, &Nowhere) {
            Carried::Value { value: carried, .. } => {
                rule.canonical(far, &carried) == rule.canonical(far, value.get(far))
            }
            Carried::Skip | Carried::Error(_) => false,
        }
    })
}

fn native(kind: Kind, value: &Value) -> Field {
    match (kind, value) {
        (Kind::Number, Value::Number(number)) => number
            .as_f64()
            .and_then(Number::new)
            .map_or(Field::Empty, Field::Number),
        (_, Value::String(text)) => Field::Choice(text.clone()),
        _ => Field::Empty,
    }
}

fn tags(item: &Value) -> BTreeSet<String> {
    let tags = item["tags"].as_array().into_iter().flatten();
    tags.filter_map(Value::as_str)
        .map(|tag| tag.to_lowercase().replace(' ', "_"))
        .collect()
}

/// Text with its white space folded.
fn words(value: &Value) -> String {
    value
        .as_str()
        .unwrap_or_default()
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}

fn key(item: &Value) -> String {
    item["key"].as_str().unwrap_or("?").to_owned()
}
