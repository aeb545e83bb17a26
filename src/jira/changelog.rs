//! An issue's changelog, as far as it tells who set which field when (jira.md 8.2).

use std::cmp::Reverse;

use model::{Millis, Revision};
use serde::Deserialize;
use serde_json::Value as Json;

use crate::settings::Context;
use crate::time;
use crate::wire::{self, Num};

/// The newest entries, the newest first. What the fields held is content and is dropped while it is read. An entry that
/// cannot be read is left out: the changelog is asked for beside an issue, and must not make the issue unreadable.
#[derive(Clone, Default, Deserialize)]
#[serde(from = "Json")]
pub(crate) struct Changelog {
    entries: Vec<Entry>,
}

#[derive(Clone)]
struct Entry {
    id: Num,
    at: Millis,
    author: Option<String>,
    items: Vec<Item>,
}

/// One field that an entry changed.
#[derive(Clone)]
struct Item {
    /// The name that people see; of system fields mostly the id.
    name: String,
    /// The field's id. Some items lack it.
    id: Option<String>,
}

impl From<Json> for Changelog {
    /// Reads what `expand=changelog` adds to an issue. It promises the newest first; other editions have the oldest
    /// first, so the order is made here.
    fn from(json: Json) -> Changelog {
        let mut entries: Vec<Entry> = list(&json, "histories").filter_map(Entry::of).collect();
        entries.sort_by_key(|entry| Reverse((entry.at, entry.id)));
        Changelog { entries }
    }
}

impl Changelog {
    /// Whether we set the field over what somebody else had set after that revision. What others set after us is theirs
    /// to keep, and a write that found our value there already has left no entry of ours.
    pub(crate) fn is_overwritten(&self, context: &Context, field: &str, since: Revision) -> bool {
        let by_us = |entry: &&Entry| context.is_us(entry.author.as_deref());
        let after = |entry: &&Entry| u64::try_from(entry.at.0).is_ok_and(|at| at > since.0);
        let name = context.knowledge.fields.get(field);
        let name = name.map_or(field, |known| known.schema.name.as_str());
        let of_field = self.entries.iter().filter(|entry| entry.sets(field, name));
        let from_ours_back = of_field.skip_while(|entry| !by_us(entry));
        from_ours_back.take_while(after).any(|entry| !by_us(&entry))
    }
}

impl Entry {
    fn of(json: &Json) -> Option<Entry> {
        let author = json.get("author");
        let author = author.and_then(|author| wire::text(author, "accountId"));
        Some(Entry {
            id: Num::deserialize(json.get("id")?).ok()?,
            at: time::moment(wire::text(json, "created")?)?,
            author: author.map(str::to_owned),
            items: list(json, "items").filter_map(Item::of).collect(),
        })
    }

    fn sets(&self, field: &str, name: &str) -> bool {
        self.items.iter().any(|item| item.is(field, name))
    }
}

impl Item {
    fn of(json: &Json) -> Option<Item> {
        Some(Item {
            name: wire::text(json, "field")?.to_owned(),
            id: wire::text(json, "fieldId").map(str::to_owned),
        })
    }

    /// Whether it is that field: by its id, or else by its name, which system fields write in more than one way.
    fn is(&self, field: &str, name: &str) -> bool {
        let same = |name: &str| self.name.eq_ignore_ascii_case(name);
        match &self.id {
            Some(id) => id == field,
            None => same(field) || same(name),
        }
    }
}

fn list<'a>(json: &'a Json, name: &str) -> impl Iterator<Item = &'a Json> {
    json.get(name)
        .and_then(Json::as_array)
        .into_iter()
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drill::{context, logged};
    use serde_json::json;

    const US: &str = "712020:us";
    const ALICE: &str = "712020:alice";

    /// Whether the summary is overwritten, after entries of author, milliseconds and field, the newest first.
    fn check(entries: &[(&str, i64, &str)], expected: bool) {
        let mut log = logged(entries);
        let read = |log: &Json| Changelog::from(log.clone());
        let told = |log: &Json| read(log).is_overwritten(&context(), "summary", Revision(1_000));
        assert_eq!(told(&log), expected, "{entries:?}");
        if let Some(list) = log["histories"].as_array_mut() {
            list.reverse();
        }
        assert_eq!(told(&log), expected, "the oldest first: {entries:?}");
    }

    #[test]
    fn what_somebody_set_between_the_plan_and_our_entry_is_overwritten() {
        check(&[], false);
        check(&[(US, 1_002, "summary")], false);
        check(&[(US, 1_002, "summary"), (ALICE, 1_001, "summary")], true);
        check(&[(US, 1_002, "summary"), (ALICE, 1_002, "summary")], true);
        check(&[(US, 1_002, "summary"), ("", 1_001, "summary")], true);
    }

    #[test]
    fn what_the_plan_knew_is_not_overwritten() {
        check(&[(US, 1_002, "summary"), (ALICE, 1_000, "summary")], false);
        check(&[(US, 1_002, "summary"), (ALICE, 900, "summary")], false);
    }

    #[test]
    fn what_somebody_set_after_us_stays() {
        check(&[(ALICE, 1_003, "summary"), (US, 1_002, "summary")], false);
    }

    #[test]
    fn another_field_is_not_overwritten() {
        check(&[(US, 1_002, "summary"), (ALICE, 1_001, "priority")], false);
        check(
            &[
                (US, 1_003, "summary"),
                (ALICE, 1_002, "priority"),
                (ALICE, 1_001, "summary"),
            ],
            true,
        );
    }

    #[test]
    fn a_write_that_changed_nothing_overwrote_nothing() {
        check(&[(ALICE, 1_001, "summary")], false);
        check(&[(ALICE, 1_001, "summary"), (US, 999, "summary")], false);
        check(&[(US, 1_002, "labels"), (ALICE, 1_001, "summary")], false);
    }

    #[test]
    fn between_two_entries_of_ours_is_found_too() {
        check(
            &[
                (US, 1_003, "summary"),
                (US, 1_002, "summary"),
                (ALICE, 1_001, "summary"),
            ],
            true,
        );
    }

    #[test]
    fn an_item_without_an_id_is_known_by_its_name() {
        for (id, name, expected) in [
            (json!(null), "Summary", true),
            (json!(null), "Priority", false),
            (json!("summary"), "anything", true),
            (json!("customfield_1"), "summary", false),
        ] {
            let mut log = logged(&[(US, 1_002, "summary"), (ALICE, 1_001, "summary")]);
            log["histories"][1]["items"][0]["fieldId"] = id;
            log["histories"][1]["items"][0]["field"] = json!(name);
            let told = Changelog::from(log).is_overwritten(&context(), "summary", Revision(1_000));
            assert_eq!(told, expected, "{name}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_left_out() {
        let good = logged(&[(US, 1_002, "summary"), (ALICE, 1_001, "summary")]);
        let odd = [
            json!(7),
            json!({ "id": "x" }),
            json!({ "id": 1, "created": "now" }),
        ];
        let mut mixed = good.clone();
        if let Some(list) = mixed["histories"].as_array_mut() {
            list.extend(odd);
        }
        for (log, entries) in [
            (mixed, 2),
            (json!(null), 0),
            (json!([]), 0),
            (json!({ "histories": {} }), 0),
        ] {
            let read: Changelog = serde_json::from_value(log).expect("it is lenient");
            assert_eq!(read.entries.len(), entries);
        }
    }
}
