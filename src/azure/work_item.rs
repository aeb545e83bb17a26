//! A work item as an answer shows it.

use std::collections::BTreeMap;

use model::{CommentId, Item, ItemId, ItemKey, Marker, Revision, Side, Value};
use serde_json::Value as Json;

use crate::identity::Identity;
use crate::site::Site;
use crate::{time, value};

/// A work item and what else its answer told.
pub(crate) struct WorkItem {
    /// The item, without its comments.
    pub(crate) item: Item,
    /// How many comments it has, when the answer told.
    pub(crate) comment_count: Option<u64>,
}

/// Reads a work item; nothing when it lacks what every work item has.
pub(crate) fn decode(site: &Site, json: &Json) -> Option<WorkItem> {
    let (id, revision) = head(json)?;
    let fields = json.get("fields")?;
    let text = |name: &str| fields.get(name)?.as_str().map(str::to_owned);
    let created_by_us = is_ours(site, fields);
    let item = Item {
        side: Side::Azure,
        id,
        key: ItemKey::new(&id.to_string())?,
        revision,
        changed: time::parse(&text("System.ChangedDate")?)?,
        project: text("System.TeamProject")?,
        kind: text("System.WorkItemType")?,
        fields: values(site, json, fields),
        comments: None,
        created_by_us,
        marker: if created_by_us { marker(json) } else { None },
    };
    Some(WorkItem {
        item,
        comment_count: fields.get("System.CommentCount").and_then(Json::as_u64),
    })
}

/// Id and revision.
pub(crate) fn head(json: &Json) -> Option<(ItemId, Revision)> {
    let id = json.get("id")?.as_u64()?;
    let revision = json.get("rev")?.as_u64()?;
    Some((ItemId(id), Revision(revision)))
}

/// Whether we created it.
pub(crate) fn is_ours(site: &Site, fields: &Json) -> bool {
    let by = fields.get("System.CreatedBy").and_then(Identity::decode);
    by.is_some_and(|by| site.knowledge.me.is(&by))
}

/// The comment that the newest revision added, when it added one (azure.md 6).
pub(crate) fn comment_of_revision(json: &Json) -> Option<CommentId> {
    let id = json.pointer("/commentVersionRef/commentId")?.as_u64()?;
    Some(CommentId(id))
}

fn values(site: &Site, json: &Json, fields: &Json) -> BTreeMap<String, Value> {
    let formats = json.get("multilineFieldsFormat");
    let is_markdown = |name: &str| {
        let format = formats.and_then(|formats| formats.get(name)?.as_str());
        format.is_some_and(|format| format.eq_ignore_ascii_case("markdown"))
    };
    let read = |(name, kind): (&String, &mapping::Kind)| {
        let value = value::decode(fields.get(name)?, *kind, is_markdown(name));
        Some((name.clone(), value))
    };
    site.kinds.iter().filter_map(read).collect()
}

/// The marker stands in the comment of a hyperlink (azure.md 8.2).
fn marker(json: &Json) -> Option<Marker> {
    let relations = json.get("relations")?.as_array()?;
    relations.iter().find_map(|relation| {
        let rel = relation.get("rel")?.as_str()?;
        let comment = relation.pointer("/attributes/comment")?.as_str()?;
        rel.eq_ignore_ascii_case("Hyperlink")
            .then(|| Marker::parse(comment.trim()))?
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{marker as sample_marker, site, story};
    use serde_json::json;

    #[test]
    fn a_work_item_is_read_whole() {
        let site = site();
        let mut json = story(12, 3);
        json["multilineFieldsFormat"] = json!({ "System.Description": "markdown" });
        json["fields"]["System.Description"] = json!("**x**");
        json["fields"]["System.Tags"] = json!("b; a");
        json["fields"]["Custom.Unmapped"] = json!("canary");
        let read = decode(&site, &json);
        let Some(WorkItem {
            item,
            comment_count,
        }) = read
        else {
            assert!(read.is_some());
            return;
        };
        assert_eq!(
            (item.id, item.revision, item.key.as_str()),
            (ItemId(12), Revision(3), "12")
        );
        assert_eq!(
            (item.project.as_str(), item.kind.as_str()),
            ("Platform", "User Story")
        );
        assert!(*item.field("System.Description") == Value::Markdown("**x**".into()));
        assert!(*item.field("System.Tags") == Value::Set(["a".into(), "b".into()].into()));
        assert!(item.field("Custom.Unmapped").is_empty());
        assert_eq!(comment_count, Some(0));
        assert!(!item.created_by_us && item.marker.is_none());
    }

    #[test]
    fn a_marker_is_believed_only_on_what_we_created() {
        let site = site();
        for (by, expected) in [
            ("Sync Bot <sync@acme.example>", true),
            ("Alice <alice@acme.example>", false),
        ] {
            let mut json = story(12, 3);
            json["fields"]["System.CreatedBy"] = json!(by);
            json["relations"] = json!([
                { "rel": "Hyperlink", "url": "https://x", "attributes": { "comment": "see there" } },
                { "rel": "AttachedFile", "url": "https://x", "attributes": { "comment": sample_marker().to_string() } },
                { "rel": "hyperlink", "url": "https://x", "attributes": { "comment": sample_marker().to_string() } },
            ]);
            let marker = decode(&site, &json).and_then(|read| read.item.marker);
            assert_eq!(
                marker.is_some_and(|marker| marker == sample_marker()),
                expected
            );
        }
    }

    #[test]
    fn what_lacks_its_head_is_no_work_item() {
        let site = site();
        for name in [
            "System.ChangedDate",
            "System.TeamProject",
            "System.WorkItemType",
        ] {
            let mut json = story(12, 3);
            json["fields"][name] = json!(null);
            assert!(decode(&site, &json).is_none(), "{name}");
        }
        for json in [
            json!(null),
            json!([]),
            json!({ "id": "12", "rev": 1, "fields": {} }),
            json!({ "id": -1, "rev": 1 }),
        ] {
            assert!(decode(&site, &json).is_none(), "{json}");
        }
    }
}
