//! Comments (azure.md 7). Read: newest first unless asked otherwise, deleted ones only on request,
//! in pages with a token. Written: every new one, every edit and every delete is a revision of the
//! item.

use serde_json::{Value as Json, json};

use super::Services;
use super::call::Call;
use super::comment::{self, Comment, Version, asked_markdown};
use super::draft::Draft;
use super::error::Refusal;
use super::feed::is_true;
use super::field;
use super::hook::Topic;
use super::identity::Who;
use super::item::{CommentMark, Item};
use super::limit;
use super::patch::{Mode, Operation};
use super::write::{bare_commit, comment_marker};
use crate::ledger::{Kind, Ledger};

impl Services {
    /// `GET comments`.
    pub(crate) fn read_comments(&self, call: &Call<'_>, id: i64) -> Result<Json, Refusal> {
        let item = self.visible(call, id)?;
        let query = |name: &str| call.request.query(name).filter(|t| !t.is_empty());
        let deleted = is_true(query("includeDeleted"));
        let ids: Option<Vec<i64>> = query("ids").map(|ids| {
            ids.split(',')
                .filter_map(|i| i.trim().parse().ok())
                .collect()
        });
        let mut all: Vec<&Comment> = item
            .comments
            .iter()
            .filter(|c| deleted || !c.is_deleted())
            .filter(|c| ids.as_ref().is_none_or(|ids| ids.contains(&c.id)))
            .collect();
        let shown = Shown::parse(query("$expand"))?;
        let ascending = match query("order").map(str::to_lowercase).as_deref() {
            None | Some("desc" | "2") => false,
            Some("asc" | "1") => true,
            Some(other) => return Err(Refusal::Invalid(format!("order '{other}'."))),
        };
        if !ascending {
            all.reverse();
        }
        let total = all.len();
        let from = match query("continuationToken") {
            None => 0,
            Some(token) => position(&all, token)?,
        };
        let top = match query("$top") {
            None => limit::HISTORY_PAGE,
            Some(text) => {
                let top: usize = text
                    .parse()
                    .map_err(|_| Refusal::Invalid(format!("$top '{text}'")))?;
                top.clamp(1, limit::HISTORY_PAGE)
            }
        };
        let page = all.iter().skip(from).take(top);
        let rows: Vec<Json> = page.map(|c| self.shown(call, item, c, shown)).collect();
        let mut answer = json!({"totalCount": total, "count": rows.len(), "comments": rows});
        if let Some(last) = all.get(from + top).and_then(|_| all.get(from + top - 1)) {
            let token = hex::encode(format!("comment;{}", last.id));
            let path = &call.request.path;
            let origin = call.base.rsplit_once('/').map_or("", |(origin, _)| origin);
            answer["nextPage"] = json!(format!("{origin}{path}?continuationToken={token}"));
            answer["continuationToken"] = json!(token);
        }
        Ok(answer)
    }

    /// `GET comments/{comment}`.
    pub(crate) fn read_comment(
        &self,
        call: &Call<'_>,
        id: i64,
        comment: i64,
    ) -> Result<Json, Refusal> {
        let item = self.visible(call, id)?;
        let deleted = is_true(call.request.query("includeDeleted"));
        let found = item.comment(comment).filter(|c| deleted || !c.is_deleted());
        let found = found.ok_or(Refusal::CommentMissing(id, comment))?;
        let shown = Shown::parse(call.request.query("$expand"))?;
        Ok(self.shown(call, item, found, shown))
    }

    fn shown(&self, call: &Call<'_>, item: &Item, of: &Comment, shown: Shown) -> Json {
        let mut json = of.json(item, self.host(call));
        if shown.reactions {
            let url = self.comment_url(call, item, of.id);
            json["reactions"] = Json::Array(of.reactions.all_json(&url, of, call.caller));
        }
        if !shown.text {
            json.as_object_mut().map(|object| object.remove("text"));
        }
        json
    }

    /// `GET comments/{comment}/versions[/{version}]`.
    pub(crate) fn read_versions(
        &self,
        call: &Call<'_>,
        (id, comment): (i64, i64),
        version: Option<i64>,
    ) -> Result<Json, Refusal> {
        let item = self.visible(call, id)?;
        let missing = || Refusal::CommentMissing(id, comment);
        let found = item.comment(comment).ok_or_else(missing)?;
        let one = |number: usize| {
            let mut json = found.version_json(number, item, self.host(call))?;
            // A version says less than the comment itself.
            for name in ["format", "mentions", "workItemId"] {
                json.as_object_mut().map(|o| o.remove(name));
            }
            Some(json)
        };
        if let Some(version) = version {
            return usize::try_from(version)
                .ok()
                .and_then(one)
                .ok_or_else(missing);
        }
        let rows: Vec<Json> = (1..=found.versions.len()).rev().filter_map(one).collect();
        Ok(json!({"count": rows.len(), "value": rows}))
    }

    /// `POST comments`, by the same way as a write to `System.History`.
    pub(crate) fn add_comment(
        &mut self,
        call: &Call<'_>,
        id: i64,
        ledger: &mut Ledger,
    ) -> Result<Json, Refusal> {
        let text = self.comment_text(call)?;
        let item = self.visible(call, id)?;
        let format = if asked_markdown(call.request.query("format"))? == Some(true) {
            "markdown"
        } else {
            "html"
        };
        let mut draft = Draft::update(self.desk(call, false), item)?;
        if let Some(history) = field::by_reference(field::HISTORY) {
            let value = json!({"text": text, "format": format});
            draft.apply(Operation::Set(history, Mode::Add, value))?;
        }
        let commit = draft.finish()?;
        let marker = comment_marker(&commit).flatten();
        self.commit(commit);
        self.enter(call, ledger, Kind::Comment, id, marker);
        self.publish(call, Topic::Updated, id);
        self.publish(call, Topic::Commented, id);
        let item = self.store.live(id)?;
        let comment = item.comments.last().ok_or(Refusal::CommentMissing(id, 0))?;
        Ok(comment.json(item, self.host(call)))
    }

    fn comment_text(&self, call: &Call<'_>) -> Result<String, Refusal> {
        let body = call.body()?;
        let text = body.get("text").and_then(Json::as_str).unwrap_or("");
        if text.trim().is_empty() {
            return Err(Refusal::Invalid("a comment needs a text.".into()));
        }
        if text.chars().count() > limit::TEXT_CHARS {
            return Err(Refusal::Invalid(format!(
                "a comment has at most {} characters.",
                limit::TEXT_CHARS
            )));
        }
        Ok(text.to_owned())
    }

    /// `PATCH comments/{comment}`.
    pub(crate) fn edit_comment(
        &mut self,
        call: &Call<'_>,
        (id, comment): (i64, i64),
        ledger: &mut Ledger,
    ) -> Result<Json, Refusal> {
        let text = self.comment_text(call)?;
        let asked = asked_markdown(call.request.query("format"))?;
        self.next_version(call, (id, comment), Kind::CommentEdit, ledger, |version| {
            // Without a word about it a comment keeps its format: Markdown is not turned back into HTML.
            let markdown = asked.unwrap_or(version.markdown);
            version.text = comment::stored(&text, markdown);
            version.markdown = markdown;
        })
    }

    /// `DELETE comments/{comment}`: soft.
    pub(crate) fn delete_comment(
        &mut self,
        call: &Call<'_>,
        (id, comment): (i64, i64),
        ledger: &mut Ledger,
    ) -> Result<Json, Refusal> {
        self.next_version(
            call,
            (id, comment),
            Kind::CommentDelete,
            ledger,
            |version| {
                version.deleted = true;
            },
        )
    }

    fn next_version(
        &mut self,
        call: &Call<'_>,
        (id, comment): (i64, i64),
        kind: Kind,
        ledger: &mut Ledger,
        change: impl FnOnce(&mut Version),
    ) -> Result<Json, Refusal> {
        let item = self.visible(call, id)?;
        let old = item.comment(comment).filter(|c| !c.is_deleted());
        let mut version = old
            .and_then(|c| c.versions.last().cloned())
            .ok_or(Refusal::CommentMissing(id, comment))?;
        let mark = CommentMark {
            id: comment,
            version: old.map_or(1, |c| c.versions.len() + 1),
        };
        let revision = self.bare_revision(call, item, Some(mark))?;
        version.by = Who::Member(call.caller);
        version.at_ms = revision.changed_ms;
        change(&mut version);
        let comments = self.store.comments_mut(id);
        if let Some(slot) = comments.and_then(|all| all.iter_mut().find(|c| c.id == comment)) {
            slot.versions.push(version);
        }
        self.store.commit(bare_commit(call, id, revision));
        self.enter(call, ledger, kind, id, None);
        let item = self.store.live(id)?;
        let comment = item
            .comment(comment)
            .ok_or(Refusal::CommentMissing(id, comment))?;
        Ok(comment.json(item, self.host(call)))
    }
}

/// What `$expand` adds to comments or leaves out of them. The rendered text is always there.
#[derive(Debug, Clone, Copy)]
struct Shown {
    text: bool,
    reactions: bool,
}

impl Shown {
    /// The words, or the numbers of the clients' enum.
    fn parse(expand: Option<&str>) -> Result<Self, Refusal> {
        let (text, reactions) = match expand.map(str::to_lowercase).as_deref() {
            None | Some("" | "none" | "0" | "renderedtext" | "8") => (true, false),
            Some("reactions" | "1" | "all" | "-17") => (true, true),
            Some("renderedtextonly" | "16") => (false, false),
            Some(other) => {
                return Err(Refusal::Invalid(format!(
                    "$expand does not know '{other}'."
                )));
            }
        };
        Ok(Self { text, reactions })
    }
}

/// The position behind the comment that a token names.
fn position(all: &[&Comment], token: &str) -> Result<usize, Refusal> {
    let bad = || Refusal::Token(token.to_owned());
    let bytes = hex::decode(token).map_err(|_| bad())?;
    let text = String::from_utf8(bytes).map_err(|_| bad())?;
    let id: i64 = text
        .strip_prefix("comment;")
        .and_then(|id| id.parse().ok())
        .ok_or_else(bad)?;
    let at = all.iter().position(|c| c.id == id).ok_or_else(bad)?;
    Ok(at + 1)
}
