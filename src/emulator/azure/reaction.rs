//! Reactions to comments (azure.md 7): everybody may make and take back their own.

use std::collections::{BTreeMap, BTreeSet};

use http::Method;
use serde_json::{Value as Json, json};

use super::Services;
use super::call::Call;
use super::comment::Comment;
use super::error::Refusal;
use super::identity::Who;
use super::item::Item;
use super::limit;

/// The kinds of reactions, in the order of the clients' enum: some of them send its numbers.
const KINDS: [&str; 6] = ["like", "dislike", "heart", "hooray", "smile", "confused"];

/// Who reacted how to one comment.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Reactions(BTreeMap<usize, BTreeSet<usize>>);

/// What a path names below a comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ReactionPath {
    /// `reactions`
    All,
    /// `reactions/{type}`
    One(String),
    /// `reactions/{type}/users`
    Users(String),
}

impl ReactionPath {
    /// Reads what follows `reactions`.
    pub(crate) fn parse(rest: &[&str]) -> Option<Self> {
        match rest {
            [] => Some(Self::All),
            [kind] => Some(Self::One((*kind).to_owned())),
            [kind, users] if users.eq_ignore_ascii_case("users") => {
                Some(Self::Users((*kind).to_owned()))
            }
            _ => None,
        }
    }

    /// The end of a name for counting requests.
    pub(crate) fn template(&self) -> &'static str {
        match self {
            Self::All => "/_apis/wit/workitems/{id}/comments/{comment}/reactions",
            Self::One(_) => "/_apis/wit/workitems/{id}/comments/{comment}/reactions/{type}",
            Self::Users(_) => "/_apis/wit/workitems/{id}/comments/{comment}/reactions/{type}/users",
        }
    }
}

fn kind(text: &str) -> Result<usize, Refusal> {
    let by_word = KINDS.iter().position(|k| k.eq_ignore_ascii_case(text));
    let number = text.parse().ok().filter(|n| *n < KINDS.len());
    by_word
        .or(number)
        .ok_or_else(|| Refusal::Invalid(format!("'{text}' is no type of reaction.")))
}

impl Reactions {
    fn json(&self, kind: usize, url: &str, of: &Comment, caller: usize) -> Json {
        let who = self.0.get(&kind);
        let word = KINDS.get(kind).copied().unwrap_or("");
        json!({
            "type": word,
            "commentId": of.id,
            "count": who.map_or(0, BTreeSet::len),
            "isCurrentUserEngaged": who.is_some_and(|who| who.contains(&caller)),
            "url": format!("{url}/reactions/{word}"),
        })
    }

    /// Every kind that somebody used.
    pub(crate) fn all_json(&self, url: &str, of: &Comment, caller: usize) -> Vec<Json> {
        let used = self.0.iter().filter(|(_, who)| !who.is_empty());
        used.map(|(kind, _)| self.json(*kind, url, of, caller))
            .collect()
    }
}

impl Services {
    /// Everything below `comments/{comment}/reactions`.
    ///
    /// # Errors
    /// Items and comments that are missing, unknown kinds, reactions that the caller never made.
    pub(crate) fn reactions(
        &mut self,
        call: &Call<'_>,
        (id, comment): (i64, i64),
        path: &ReactionPath,
    ) -> Result<Json, Refusal> {
        match (&call.request.method, path) {
            (&Method::GET, ReactionPath::All) => {
                let (item, found) = self.reacted(call, id, comment)?;
                let url = self.comment_url(call, item, comment);
                let rows = found.reactions.all_json(&url, found, call.caller);
                Ok(json!({"count": rows.len(), "value": rows}))
            }
            (&Method::GET, ReactionPath::Users(word)) => self.engaged(call, (id, comment), word),
            (&Method::PUT, ReactionPath::One(word)) => {
                self.react(call, (id, comment), kind(word)?, true)
            }
            (&Method::DELETE, ReactionPath::One(word)) => {
                self.react(call, (id, comment), kind(word)?, false)
            }
            (method, _) => Err(Refusal::Method(method.to_string())),
        }
    }

    fn reacted(
        &self,
        call: &Call<'_>,
        id: i64,
        comment: i64,
    ) -> Result<(&Item, &Comment), Refusal> {
        let item = self.visible(call, id)?;
        let found = item.comment(comment).filter(|c| !c.is_deleted());
        Ok((item, found.ok_or(Refusal::CommentMissing(id, comment))?))
    }

    /// A comment's own address.
    pub(crate) fn comment_url(&self, call: &Call<'_>, item: &Item, comment: i64) -> String {
        let project = item
            .latest()
            .and_then(|r| self.organization.project(r.project));
        let guid = project.map_or("", |p| p.guid);
        format!(
            "{}/{guid}/_apis/wit/workItems/{}/comments/{comment}",
            call.base, item.id
        )
    }

    fn engaged(
        &self,
        call: &Call<'_>,
        (id, comment): (i64, i64),
        word: &str,
    ) -> Result<Json, Refusal> {
        let kind = kind(word)?;
        let (_, found) = self.reacted(call, id, comment)?;
        let (skip, top) = call.page(limit::HISTORY_PAGE)?;
        let who = found.reactions.0.get(&kind).into_iter().flatten();
        let people = &self.organization.people;
        let rows: Vec<Json> = who
            .skip(skip)
            .take(top.min(limit::HISTORY_PAGE))
            .map(|index| people.reference(&Who::Member(*index), &call.base))
            .collect();
        Ok(json!({"count": rows.len(), "value": rows}))
    }

    fn react(
        &mut self,
        call: &Call<'_>,
        (id, comment): (i64, i64),
        kind: usize,
        on: bool,
    ) -> Result<Json, Refusal> {
        let (item, found) = self.reacted(call, id, comment)?;
        let url = self.comment_url(call, item, comment);
        let own = found.reactions.0.get(&kind);
        if !on && !own.is_some_and(|who| who.contains(&call.caller)) {
            return Err(Refusal::ReactionMissing(comment));
        }
        let missing = || Refusal::CommentMissing(id, comment);
        let comments = self.store.comments_mut(id).ok_or_else(missing)?;
        let slot = comments.iter_mut().find(|c| c.id == comment);
        let slot = slot.ok_or_else(missing)?;
        let who = slot.reactions.0.entry(kind).or_default();
        if on {
            who.insert(call.caller);
        } else {
            who.remove(&call.caller);
        }
        Ok(slot.reactions.json(kind, &url, slot, call.caller))
    }
}
