//! Writing items: create, update, preview (azure.md 5), and what of it enters the ledger.

use serde_json::{Value as Json, json};

use super::Services;
use super::call::Call;
use super::draft::{Desk, Draft};
use super::error::Refusal;
use super::feed::is_true;
use super::field::{self, Fields};
use super::hook::Topic;
use super::html;
use super::identity::Who;
use super::item::{CommentMark, Item, Revision, Selection, Wanted};
use super::limit;
use super::patch;
use super::permission::Right;
use super::read;
use super::relation::{self, Relation};
use super::store::Commit;
use crate::ledger::{Kind, Ledger};

impl Services {
    pub(crate) fn desk(&self, call: &Call<'_>, bypass: bool) -> Desk<'_> {
        Desk {
            store: &self.store,
            organization: &self.organization,
            files: &self.files,
            caller: call.caller,
            now: call.now,
            bypass,
        }
    }

    fn new_draft(&self, call: &Call<'_>, name: &str, bypass: bool) -> Result<Draft<'_>, Refusal> {
        let project = call
            .project
            .ok_or(Refusal::ProjectNeeded("a new work item belongs to one"))?;
        let kind = self.organization.kind(project, name).ok_or_else(|| {
            let project = self.organization.project(project).map_or("", |p| p.name);
            Refusal::TypeMissing(name.to_owned(), project.to_owned())
        })?;
        Ok(Draft::create(self.desk(call, bypass), project, kind))
    }

    /// `GET workitems/${type}`: what a new item would begin with.
    pub(crate) fn template(&self, call: &Call<'_>, name: &str) -> Result<Json, Refusal> {
        let commit = self.new_draft(call, name, true)?.finish()?;
        let mut json = self.preview(call, &commit, 0);
        if let Some(object) = json.as_object_mut() {
            object.remove("id");
            object.remove("rev");
        }
        Ok(json)
    }

    /// `POST workitems/${type}`.
    pub(crate) fn create_item(
        &mut self,
        call: &Call<'_>,
        name: &str,
        ledger: &mut Ledger,
    ) -> Result<Json, Refusal> {
        let operations = patch::parse(call.request, &self.organization.fields)?;
        let asked = self.asked(call)?;
        let mut draft = self.new_draft(call, name, asked.bypass)?;
        for operation in operations {
            draft.apply(operation)?;
        }
        let commit = draft.finish()?;
        if asked.validate_only {
            return Ok(self.preview(call, &commit, 0));
        }
        let marker = create_marker(&commit);
        let said = comment_marker(&commit);
        let id = self.commit(commit);
        self.enter(call, ledger, Kind::Create, id, marker);
        if !asked.silent {
            self.publish(call, Topic::Created, id);
        }
        if let Some(marker) = said {
            self.enter(call, ledger, Kind::Comment, id, marker);
            if !asked.silent {
                self.publish(call, Topic::Commented, id);
            }
        }
        self.written(call, id, &asked)
    }

    /// `PATCH workitems/{id}`.
    pub(crate) fn update_item(
        &mut self,
        call: &Call<'_>,
        id: i64,
        ledger: &mut Ledger,
    ) -> Result<Json, Refusal> {
        let operations = patch::parse(call.request, &self.organization.fields)?;
        let asked = self.asked(call)?;
        let item = self.visible(call, id)?;
        let mut draft = Draft::update(self.desk(call, asked.bypass), item)?;
        for operation in operations {
            draft.apply(operation)?;
        }
        let commit = draft.finish()?;
        if asked.validate_only {
            return Ok(self.preview(call, &commit, item.rev()));
        }
        let kinds = kinds(item, &commit);
        let (changed, said) = (!commit.is_empty(), commit.comment.is_some());
        let updates = item.updates.len();
        if changed {
            self.commit(commit);
        }
        let updated = self.store.live(id)?.updates.len() > updates;
        if updated && !asked.silent {
            self.publish(call, Topic::Updated, id);
        }
        if said && !asked.silent {
            self.publish(call, Topic::Commented, id);
        }
        for (kind, marker) in kinds {
            self.enter(call, ledger, kind, id, marker);
        }
        self.written(call, id, &asked)
    }

    /// Carries a checked write out and remembers its tags.
    pub(crate) fn commit(&mut self, commit: Commit) -> i64 {
        let tags = commit.tags();
        let now = commit.at_ms;
        let files: Vec<String> = commit.added.iter().filter_map(Relation::file).collect();
        for file in files {
            self.files.open(&file);
        }
        let id = self.store.commit(commit);
        if let Some((project, joined)) = tags {
            self.store.note_tags(project, &joined, now);
        }
        id
    }

    pub(crate) fn enter(
        &self,
        call: &Call<'_>,
        ledger: &mut Ledger,
        kind: Kind,
        id: i64,
        marker: Option<String>,
    ) {
        let by = self
            .organization
            .people
            .person(call.caller)
            .map_or("", |p| p.email);
        call.enter(ledger, by, kind, id, marker);
    }

    fn written(&self, call: &Call<'_>, id: i64, asked: &Asked) -> Result<Json, Refusal> {
        let item = self.store.live(id)?;
        Ok(item.view().json(&asked.wanted, self.host(call)))
    }

    /// What a write asks for besides its document, with the permissions that it needs.
    fn asked(&self, call: &Call<'_>) -> Result<Asked, Refusal> {
        let says = |name: &str| is_true(call.request.query(name));
        let mut wanted = Wanted::after_write();
        let expand = read::expand_word(call.request.query("$expand").unwrap_or(""))?;
        if matches!(expand, "all" | "fields") {
            wanted.fields = Selection::All;
        }
        let asked = Asked {
            bypass: says("bypassRules"),
            validate_only: says("validateOnly"),
            silent: says("suppressNotifications"),
            wanted,
        };
        if asked.bypass {
            self.check(call, Right::BypassRules)?;
        }
        if asked.silent {
            self.check(call, Right::SuppressNotifications)?;
        }
        Ok(asked)
    }

    /// The item that a write would give, with the revision it has now (azure.md 5.1).
    fn preview(&self, call: &Call<'_>, commit: &Commit, rev: usize) -> Json {
        let mut item = Item::new(commit.id);
        let stored = self.store.any(commit.id);
        item.revisions.extend(
            commit
                .revision
                .clone()
                .or_else(|| stored?.latest().cloned()),
        );
        item.relations = stored.map(|s| s.relations.clone()).unwrap_or_default();
        item.relations
            .retain(|r| !commit.removed.iter().any(|gone| gone.same_as(r)));
        item.relations.extend(commit.added.iter().cloned());
        let mut json = item.view().json(&Wanted::after_write(), self.host(call));
        json["rev"] = json!(rev);
        json
    }

    /// The newest revision again, as the next one.
    pub(crate) fn bare_revision(
        &self,
        call: &Call<'_>,
        item: &Item,
        mark: Option<CommentMark>,
    ) -> Result<Revision, Refusal> {
        let latest = item.latest().ok_or(Refusal::ItemMissing(item.id))?;
        if item.rev() >= limit::REVISIONS {
            return Err(Refusal::RevisionLimit(item.id, item.rev()));
        }
        Ok(Revision {
            changed_ms: call.now.max(latest.changed_ms + 1),
            changed_by: Who::Member(call.caller),
            author: call.caller,
            comment: mark,
            ..latest.clone()
        })
    }
}

/// What a write asks for besides its document (azure.md 5.1).
#[derive(Debug)]
struct Asked {
    /// `bypassRules=true`.
    bypass: bool,
    /// `validateOnly=true`.
    validate_only: bool,
    /// `suppressNotifications=true`.
    silent: bool,
    /// `$expand`.
    wanted: Wanted,
}

pub(crate) fn bare_commit(call: &Call<'_>, id: i64, revision: Revision) -> Commit {
    Commit {
        id,
        by: Who::Member(call.caller),
        at_ms: revision.changed_ms,
        revision: Some(revision),
        comment: None,
        added: Vec::new(),
        removed: Vec::new(),
        updated: Vec::new(),
    }
}

fn create_marker(commit: &Commit) -> Option<String> {
    let mut links = commit
        .added
        .iter()
        .filter(|r| r.kind.reference == relation::HYPERLINK);
    links.next().and_then(super::relation::Relation::marker)
}

/// The mark in the comment that a write brings: nothing when it brings none.
pub(crate) fn comment_marker(commit: &Commit) -> Option<Option<String>> {
    commit.comment.as_ref().map(|c| html::first_link(c.text()))
}

/// What a patch did, for the ledger: one entry for the item, and one more for a comment that came
/// along.
fn kinds(item: &Item, commit: &Commit) -> Vec<(Kind, Option<String>)> {
    let mut kinds = Vec::new();
    let before = item.latest().map(|r| &r.fields);
    let after = commit.revision.as_ref().map(|r| &r.fields);
    let state = |fields: Option<&Fields>| fields.map(|f| f.text(field::STATE).to_owned());
    let edited = after.is_some() && after != before;
    let files = commit
        .added
        .iter()
        .any(|r| r.kind.reference == relation::FILE);
    let links = [&commit.added, &commit.removed, &commit.updated]
        .iter()
        .any(|l| !l.is_empty());
    if edited && state(after) != state(before) {
        kinds.push((Kind::Transition, None));
    } else if edited {
        kinds.push((Kind::Edit, None));
    } else if files {
        kinds.push((Kind::Attachment, None));
    } else if links {
        kinds.push((Kind::Link, create_marker(commit)));
    }
    if let Some(marker) = comment_marker(commit) {
        kinds.push((Kind::Comment, marker));
    }
    if kinds.is_empty() {
        kinds.push((Kind::Edit, None));
    }
    kinds
}
