//! Comments: reading all of an issue's, and the property by which we know our own (jira.md 7.1).

use std::collections::BTreeMap;

use model::{Comment, CommentId, CommentMarker, ItemId, Side, User, Value, limit};
use serde::Deserialize;
use serde_json::{Value as Json, json};
use sync::Obstacle;

use crate::page::{self, Page};
use crate::refusal::fetch;
use crate::settings::{Context, Shared};
use crate::wire::{self, Num, PROPERTY};
use crate::{time, value};
use sync::script::Step;

pub(crate) const ROUTE: &str = "/rest/api/3/issue/{id}/comment";
pub(crate) const BATCH: &str = "/rest/api/3/comment/list";

/// Comments asked for on one page (jira.md 7.1: the default and what `fields.comment` holds).
const PAGE: &str = "100";

/// A comment as it came.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Remark {
    pub(crate) id: Num,
    #[serde(default)]
    author: Json,
    created: String,
    #[serde(default)]
    body: Json,
    #[serde(default)]
    visibility: Json,
    #[serde(default)]
    jsd_public: Json,
    #[serde(default)]
    pub(crate) properties: Option<Json>,
}

impl Remark {
    /// A comment of a list.
    pub(crate) fn of(json: Json) -> Option<Remark> {
        serde_json::from_value(json).ok()
    }

    /// Whether the account that we use wrote it.
    pub(crate) fn is_ours(&self, context: &Context) -> bool {
        context.is_us(wire::text(&self.author, "accountId"))
    }

    /// Whether it may carry a marker that was not read yet.
    pub(crate) fn in_question(&self, context: &Context) -> bool {
        self.properties.is_none() && self.is_ours(context)
    }

    /// The marker in its property.
    pub(crate) fn marker(&self, context: &Context) -> Option<CommentMarker> {
        if !self.is_ours(context) {
            return None;
        }
        let properties = wire::properties(self.properties.as_ref()?);
        let property = properties.get(PROPERTY)?;
        Some(CommentMarker {
            side: Side::parse(wire::text(property, "side")?)?,
            comment: CommentId(property.get("comment")?.as_u64()?),
        })
    }

    /// A group's or role's comment, or an internal note of a service project.
    fn is_restricted(&self) -> bool {
        !self.visibility.is_null() || self.jsd_public == Json::Bool(false)
    }

    fn finish(&self, context: &Context) -> Option<Comment> {
        let nobody = || User {
            id: String::new(),
            display: String::new(),
        };
        let body = match &self.body {
            Json::Null => Value::Empty,
            Json::String(text) => Value::Text(text.clone()),
            tree => Value::Adf(tree.clone()),
        };
        Some(Comment {
            id: CommentId(self.id.0),
            author: value::user(&self.author).unwrap_or_else(nobody),
            created: time::moment(&self.created)?,
            body,
            by_us: self.is_ours(context),
            restricted: self.is_restricted(),
            marker: self.marker(context).or_else(|| self.attribution()),
        })
    }

    /// Whose twin the attribution line says that it is, word for word. A comment of an account that is not ours any more
    /// shows by it, for properties are read of our own only.
    fn attribution(&self) -> Option<CommentMarker> {
        let words = format!("commented in {}", Side::Azure.product());
        let line = self.body.pointer("/content/0/content")?.as_array()?;
        let is_link = |mark: &&Json| wire::text(mark, "type") == Some("link");
        let href = line.iter().find_map(|inline| {
            let marks = inline.get("marks")?.as_array()?;
            let link = marks.iter().find(is_link)?;
            (wire::text(inline, "text") == Some(&words)).then_some(link.pointer("/attrs/href")?)
        });
        let (_, id) = href?.as_str()?.rsplit_once('#')?;
        Some(CommentMarker {
            side: Side::Azure,
            comment: CommentId(id.parse().ok()?),
        })
    }
}

/// The comments oldest first; nothing when one of them has no readable time.
pub(crate) fn finish(context: &Context, remarks: Vec<Remark>) -> Option<Vec<Comment>> {
    let comments = remarks.iter().map(|remark| remark.finish(context));
    let mut comments: Vec<Comment> = comments.collect::<Option<_>>()?;
    comments.sort_by_key(|comment| (comment.created, comment.id));
    comments.dedup_by_key(|comment| comment.id);
    Some(comments)
}

/// Reads all comments of an issue, in pages.
pub(crate) fn all(context: &Shared, item: ItemId) -> Step<Result<Vec<Remark>, Obstacle>> {
    let address = context.address().clone();
    let id = item.to_string();
    let ask = move |start: usize| {
        let start = start.to_string();
        let query = [
            ("startAt", start.as_str()),
            ("maxResults", PAGE),
            ("orderBy", "created"),
        ];
        address.get(ROUTE, &[&id], &query)
    };
    page::all(Box::new(ask), limit::COMMENTS_PER_ITEM).and_then(|entries| {
        let remarks: Option<Vec<Remark>> = entries.into_iter().map(Remark::of).collect();
        Step::Done(remarks.ok_or_else(|| broken(ROUTE)))
    })
}

/// What a comment that is not as promised makes of the answer that held it.
pub(crate) fn broken(route: &'static str) -> Obstacle {
    let what = "a comment without id or time";
    Obstacle::Unreadable { route, what }
}

/// The same comments with the properties of our own. One of ours that is not known any more was deleted in between.
pub(crate) fn marked(
    context: &Shared,
    mut remarks: Vec<Remark>,
) -> Step<Result<Vec<Remark>, Obstacle>> {
    let open = remarks.iter().filter(|remark| remark.in_question(context));
    let ids: Vec<u64> = open.map(|remark| remark.id.0).collect();
    let shared = context.clone();
    properties(context, ids).map_ok(move |known| {
        mark(&shared, &mut remarks, &known);
        remarks
    })
}

/// Puts the properties that were learned into the comments they belong to.
pub(crate) fn mark(context: &Context, remarks: &mut Vec<Remark>, known: &BTreeMap<u64, Json>) {
    remarks.retain(|r| !r.in_question(context) || known.contains_key(&r.id.0));
    for remark in remarks.iter_mut().filter(|r| r.properties.is_none()) {
        remark.properties = known.get(&remark.id.0).cloned();
    }
}

/// The properties of these comments by id. A comment that is not there any more is absent.
pub(crate) fn properties(
    context: &Shared,
    mut ids: Vec<u64>,
) -> Step<Result<BTreeMap<u64, Json>, Obstacle>> {
    let later = ids.split_off(ids.len().min(limit::JIRA_COMMENT_BATCH));
    batches(context.clone(), ids, later, BTreeMap::new())
}

fn batches(
    context: Shared,
    mut now: Vec<u64>,
    mut later: Vec<u64>,
    mut known: BTreeMap<u64, Json>,
) -> Step<Result<BTreeMap<u64, Json>, Obstacle>> {
    if now.is_empty() {
        return Step::Done(Ok(known));
    }
    let query = [("expand", "properties")];
    let body = json!({ "ids": now });
    let post = model::http::Method::Post;
    let request = context.address().send(post, BATCH, &[], &query, &body);
    fetch::<Json>(request).and_then(move |answer| {
        let Some(page) = Page::of(answer) else {
            return Step::Done(Err(broken(BATCH)));
        };
        let before = known.len();
        known.extend(page.entries.into_iter().filter_map(entry));
        now.retain(|id| !known.contains_key(id));
        // A page that is not the last one is asked for the rest, as long as every page brings something.
        if page.last != Some(false) || known.len() == before {
            now = later;
            later = now.split_off(now.len().min(limit::JIRA_COMMENT_BATCH));
        }
        batches(context, now, later, known)
    })
}

fn entry(json: Json) -> Option<(u64, Json)> {
    let remark = Remark::of(json)?;
    let none = || Json::Array(Vec::new());
    Some((remark.id.0, remark.properties.unwrap_or_else(none)))
}

/// The property that a comment of ours carries.
pub(crate) fn property(marker: CommentMarker) -> Json {
    let value = json!({ "side": marker.side.as_str(), "comment": marker.comment.0 });
    json!({ "key": PROPERTY, "value": value })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drill::{Drill, comment, context, json as answer};

    fn read(json: Json) -> Option<Comment> {
        Remark::of(json)?.finish(&context())
    }

    #[test]
    fn a_comment_is_read_whole() {
        let got = read(comment(1, "712020:alice")).expect("a comment");
        assert_eq!(got.id, CommentId(1));
        assert_eq!(got.author.id, "712020:alice");
        assert!(matches!(got.body, Value::Adf(_)));
        assert!(!got.by_us && !got.restricted && got.marker.is_none());
    }

    #[test]
    fn what_only_some_may_see_is_restricted() {
        let check = |name: &str, value: Json, expected: bool| {
            let mut json = comment(1, "712020:alice");
            json[name] = value;
            assert_eq!(read(json).map(|c| c.restricted), Some(expected), "{name}");
        };
        check(
            "visibility",
            json!({ "type": "role", "value": "Administrators" }),
            true,
        );
        check("visibility", Json::Null, false);
        check("jsdPublic", json!(false), true);
        check("jsdPublic", json!(true), false);
    }

    #[test]
    fn a_marker_is_believed_on_our_own_comments_only() {
        let wanted = CommentMarker {
            side: Side::Azure,
            comment: CommentId(123),
        };
        let check = |author: &str, properties: Json, expected: Option<CommentMarker>| {
            let mut json = comment(1, author);
            json["properties"] = properties;
            assert_eq!(read(json).and_then(|c| c.marker), expected);
        };
        check("712020:us", json!([property(wanted)]), Some(wanted));
        check("712020:alice", json!([property(wanted)]), None);
        check("712020:us", json!([{ "key": "other", "value": {} }]), None);
        check(
            "712020:us",
            json!([{ "key": PROPERTY, "value": { "side": "github" } }]),
            None,
        );
    }

    #[test]
    fn a_twin_of_a_former_account_says_that_it_is_one() {
        let mut json = comment(1, "712020:former");
        let link = |text: &str| {
            let href = "https://dev.azure.com/acme/Platform/_workitems/edit/7#123";
            json!({ "type": "text", "text": text,
                "marks": [{ "type": "link", "attrs": { "href": href } }] })
        };
        let line = |text: &str| {
            let alice = json!({ "type": "text", "text": "Alice " });
            json!({ "type": "doc", "version": 1, "content": [
                { "type": "paragraph", "content": [alice, link(text)] }
            ] })
        };
        json["body"] = line("commented in Azure DevOps");
        let marker = CommentMarker {
            side: Side::Azure,
            comment: CommentId(123),
        };
        let twin = read(json.clone()).expect("a comment");
        assert_eq!((twin.by_us, twin.marker), (false, Some(marker)));
        json["body"] = line("as somebody said");
        assert_eq!(read(json).and_then(|comment| comment.marker), None);
    }

    #[test]
    fn comments_without_an_author_or_a_body_are_still_comments() {
        let bare = json!({ "id": "5", "created": "2026-08-24T11:11:52.944+0000" });
        assert!(read(bare).is_some_and(|c| c.author.id.is_empty() && c.body == Value::Empty));
        assert!(read(json!({ "id": "5", "created": "once" })).is_none());
        assert!(Remark::of(json!({ "created": "2026-08-24T11:11:52.944+0000" })).is_none());
    }

    #[test]
    fn properties_are_asked_for_until_all_are_known() {
        let page = |ids: &[u64], last: bool| {
            let values: Vec<Json> = ids.iter().map(|id| comment(*id, "712020:us")).collect();
            answer(200, &json!({ "values": values, "isLast": last }))
        };
        let mut drill = Drill::new(properties(&context(), vec![1, 2, 3]));
        drill.answer("POST /rest/api/3/comment/list", page(&[1], false));
        drill.answer("POST /rest/api/3/comment/list", page(&[2], true));
        assert_eq!(drill.body(1), json!({ "ids": [2, 3] }));
        let known = drill.end().expect("properties");
        assert_eq!(known.into_keys().collect::<Vec<_>>(), [1, 2]);
    }
}
