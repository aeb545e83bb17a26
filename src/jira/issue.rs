//! One issue as the REST API shows it, made into an item.

use std::collections::BTreeMap;

use model::{Item, ItemId, ItemKey, Marker, Millis, Revision, Side};
use serde::Deserialize;
use serde_json::{Map, Value as Json};
use sync::Obstacle;

use crate::changelog::Changelog;
use crate::comment::{self, Remark, finish};
use crate::page::Page;
use crate::refusal::fetch;
use crate::settings::{Context, Shared};
use crate::wire::{self, Num, PROPERTY};
use crate::{time, value};
use sync::script::Step;

pub(crate) const ROUTE: &str = "/rest/api/3/issue/{id}";

/// Asks for the newest entries of the changelog with an issue, on a read and on an edit that returns it (jira.md 5.2, 8.2).
pub(crate) const CHANGELOG: (&str, &str) = ("expand", "changelog");

/// An issue as it came: of `issue/bulkfetch`, `search/jql`, `GET /issue/{id}` or an edit.
#[derive(Clone, Deserialize)]
pub(crate) struct Issue {
    pub(crate) id: Num,
    pub(crate) key: String,
    #[serde(default)]
    pub(crate) fields: Map<String, Json>,
    #[serde(default)]
    properties: Json,
    /// Empty unless it was asked for.
    #[serde(default)]
    pub(crate) changelog: Changelog,
    /// Nothing unless they were asked for.
    #[serde(default)]
    pub(crate) transitions: Option<Vec<Transition>>,
}

/// A transition that leaves the status in which the issue stands (jira.md 6).
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Transition {
    pub(crate) id: String,
    /// The status that it leads to.
    pub(crate) to: Json,
    #[serde(default)]
    pub(crate) has_screen: bool,
    #[serde(default = "available")]
    pub(crate) is_available: bool,
}

fn available() -> bool {
    true
}

/// Comments that came with an issue.
pub(crate) enum Embedded {
    /// All of them.
    Whole(Vec<Remark>),
    /// There are more than came, or none were asked for.
    Part,
    /// One cannot be read.
    Broken,
}

impl Issue {
    /// Its id.
    pub(crate) fn item_id(&self) -> ItemId {
        ItemId(self.id.0)
    }

    /// The number of its key.
    pub(crate) fn number(&self) -> Option<u64> {
        ItemKey::new(&self.key).and_then(|key| key.number())
    }

    /// The milliseconds of `updated`, which stand for a revision. A record may lack the field (jira.md 3.4).
    pub(crate) fn revision(&self) -> Option<Revision> {
        let updated = self.updated()?;
        updated.0.try_into().ok().map(Revision)
    }

    fn updated(&self) -> Option<Millis> {
        let text = self.fields.get("updated").and_then(Json::as_str)?;
        time::moment(text)
    }

    fn member(&self, field: &str, name: &str) -> Option<&str> {
        wire::text(self.fields.get(field)?, name)
    }

    /// The key of its project. It is what stands before the number in its own key when the field was not returned.
    pub(crate) fn project(&self) -> Option<&str> {
        let before = || self.key.rsplit_once('-').map(|(project, _)| project);
        self.member("project", "key").or_else(before)
    }

    /// The name of its type.
    pub(crate) fn kind(&self) -> Option<&str> {
        self.member("issuetype", "name")
    }

    /// Id and name of its status.
    pub(crate) fn status(&self) -> Option<(&str, &str)> {
        Some((self.member("status", "id")?, self.member("status", "name")?))
    }

    /// Whether the account that we use created it.
    pub(crate) fn is_ours(&self, context: &Context) -> bool {
        context.is_us(self.member("creator", "accountId"))
    }

    /// The marker in its property, believed only on issues that we created: whoever may edit an issue may also set its
    /// properties (jira.md 8.1).
    pub(crate) fn marker(&self, context: &Context) -> Option<Marker> {
        if !self.is_ours(context) {
            return None;
        }
        let properties = wire::properties(&self.properties);
        Marker::parse(wire::text(properties.get(PROPERTY)?, "marker")?)
    }

    /// The item without its comments, or the field that is not as promised.
    pub(crate) fn item(&self, context: &Context) -> Result<Item, String> {
        let broken = |field: &str| field.to_owned();
        let mut fields = BTreeMap::new();
        for (name, kind) in &context.settings.fields {
            let json = self.fields.get(name).unwrap_or(&Json::Null);
            let value = value::decode(*kind, json).ok_or_else(|| broken(name))?;
            fields.insert(name.clone(), value);
        }
        Ok(Item {
            side: Side::Jira,
            id: self.item_id(),
            key: ItemKey::new(&self.key).ok_or_else(|| broken("key"))?,
            revision: self.revision().ok_or_else(|| broken("updated"))?,
            changed: self.updated().ok_or_else(|| broken("updated"))?,
            project: self.project().ok_or_else(|| broken("project"))?.to_owned(),
            kind: self.kind().ok_or_else(|| broken("issuetype"))?.to_owned(),
            fields,
            comments: None,
            created_by_us: self.is_ours(context),
            marker: self.marker(context),
        })
    }

    /// The comments that came with it. A read of an issue brings the newest hundred and the true total (jira.md 7.1).
    pub(crate) fn comments(&self) -> Embedded {
        let Some(page) = self.fields.get("comment").cloned().and_then(Page::of) else {
            return Embedded::Part;
        };
        if page.total != Some(page.entries.len()) {
            return Embedded::Part;
        }
        let remarks: Option<Vec<Remark>> = page.entries.into_iter().map(Remark::of).collect();
        remarks.map_or(Embedded::Broken, Embedded::Whole)
    }
}

/// The item as a write left it. Its comments are told when all of them came with it, for only then can be seen that
/// nothing but the write happened; those of our own are asked for their markers.
pub(crate) fn returned(context: &Shared, issue: &Issue) -> Step<Option<Box<Item>>> {
    let Ok(mut item) = issue.item(context) else {
        return Step::Done(None);
    };
    let Embedded::Whole(remarks) = issue.comments() else {
        return Step::Done(Some(Box::new(item)));
    };
    let context = context.clone();
    comment::marked(&context, remarks).then(move |remarks| {
        item.comments = remarks.ok().and_then(|remarks| finish(&context, remarks));
        Step::Done(Some(Box::new(item)))
    })
}

/// Reads one issue as a whole read would.
pub(crate) fn fetch_issue(context: &Shared, item: ItemId) -> Step<Result<Issue, Obstacle>> {
    fetch_with(context, item, &[])
}

/// Reads one issue as a whole read would, and the newest entries of its changelog.
pub(crate) fn fetch_logged(context: &Shared, item: ItemId) -> Step<Result<Issue, Obstacle>> {
    fetch_with(context, item, &[CHANGELOG])
}

/// The same, and the transitions that leave the status that it shows: from two readings they might be those of two statuses, for
/// somebody may move the issue in between.
pub(crate) fn fetch_standing(context: &Shared, item: ItemId) -> Step<Result<Issue, Obstacle>> {
    fetch_with(context, item, &[("expand", "changelog,transitions")])
}

fn fetch_with(
    context: &Shared,
    item: ItemId,
    more: &[(&str, &str)],
) -> Step<Result<Issue, Obstacle>> {
    let fields = context.settings.asked().join(",");
    let query = [("fields", fields.as_str()), ("properties", PROPERTY)];
    let id = item.to_string();
    let query = [&query, more].concat();
    fetch(context.address().get(ROUTE, &[&id], &query))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drill::{context, issue, marker};
    use model::Value;
    use serde_json::json;

    fn read(json: Json) -> Issue {
        serde_json::from_value(json).expect("an issue")
    }

    #[test]
    fn an_issue_becomes_an_item() {
        let item = read(issue(10012, "WEB-12")).item(&context()).expect("item");
        assert_eq!(item.id, ItemId(10012));
        assert_eq!(item.key.as_str(), "WEB-12");
        assert_eq!(item.revision, Revision(1_787_569_912_944));
        assert_eq!(
            (item.project.as_str(), item.kind.as_str()),
            ("WEB", "Story")
        );
        assert!(*item.field("priority") == Value::Choice("High".to_owned()));
        assert!(*item.field("assignee") == Value::Empty);
        assert!(!item.created_by_us && item.marker.is_none());
    }

    #[test]
    fn a_marker_is_believed_on_our_own_issues_only() {
        let mut json = issue(10012, "WEB-12");
        json["properties"] = json!({ "counterpart": { "marker": marker(7).to_string() } });
        assert_eq!(read(json.clone()).marker(&context()), None);
        json["fields"]["creator"]["accountId"] = json!("712020:us");
        assert_eq!(read(json.clone()).marker(&context()), Some(marker(7)));
        json["properties"] = json!({ "counterpart": { "marker": 7 } });
        assert_eq!(read(json).marker(&context()), None);
    }

    #[test]
    fn a_field_of_another_form_is_named_and_never_taken_for_empty() {
        let check = |field: &str, value: Json, expected: &str| {
            let mut json = issue(10012, "WEB-12");
            json["fields"][field] = value;
            let fault = read(json).item(&context()).err();
            assert_eq!(fault.as_deref(), Some(expected));
        };
        check("labels", json!("a b"), "labels");
        check("priority", json!([]), "priority");
        check("updated", Json::Null, "updated");
        check("updated", json!("2026"), "updated");
        check("issuetype", json!(7), "issuetype");
    }

    #[test]
    fn comments_that_came_in_part_are_not_taken_for_all() {
        let mut json = issue(10012, "WEB-12");
        assert!(matches!(read(json.clone()).comments(), Embedded::Whole(_)));
        json["fields"]["comment"]["total"] = json!(101);
        assert!(matches!(read(json.clone()).comments(), Embedded::Part));
        json["fields"]["comment"] = json!({ "comments": [{ "id": {} }], "total": 1 });
        assert!(matches!(read(json).comments(), Embedded::Broken));
    }
}
