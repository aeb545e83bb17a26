//! Writing items: create, update, preview, recycle bin (azure.md 5, 8.5), and what of it enters the
//! ledger.

use serde_json::{Value as Json, json};

use super::Services;
use super::call::Call;
use super::draft::{Desk, Draft};
use super::error::Refusal;
use super::feed::is_true;
use super::field::{self, Fields};
use super::html;
use super::identity::Who;
use super::item::{CommentMark, Item, Revision, Selection, Wanted};
use super::limit;
use super::patch;
use super::relation;
use super::store::Commit;
use super::time;
use crate::ledger::{Kind, Ledger};

impl Services {
    pub(crate) fn desk(&self, call: &Call<'_>, bypass: bool) -> Desk<'_> {
        Desk {
            store: &self.store,
            organization: &self.organization,
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
        let mut draft = self.new_draft(call, name, bypasses(call))?;
        for operation in operations {
            draft.apply(operation)?;
        }
        let commit = draft.finish()?;
        if is_true(call.request.query("validateOnly")) {
            return Ok(self.preview(call, &commit, 0));
        }
        let marker = create_marker(&commit);
        let said = comment_marker(&commit);
        let id = self.commit(commit);
        self.enter(call, ledger, Kind::Create, id, marker);
        if let Some(marker) = said {
            self.enter(call, ledger, Kind::Comment, id, marker);
        }
        self.written(call, id)
    }

    /// `PATCH workitems/{id}`.
    pub(crate) fn update_item(
        &mut self,
        call: &Call<'_>,
        id: i64,
        ledger: &mut Ledger,
    ) -> Result<Json, Refusal> {
        let operations = patch::parse(call.request, &self.organization.fields)?;
        let item = self.visible(call, id)?;
        let mut draft = Draft::update(self.desk(call, bypasses(call)), item)?;
        for operation in operations {
            draft.apply(operation)?;
        }
        let commit = draft.finish()?;
        if is_true(call.request.query("validateOnly")) {
            return Ok(self.preview(call, &commit, item.rev()));
        }
        let kinds = kinds(item, &commit);
        if !commit.is_empty() {
            self.commit(commit);
        }
        for (kind, marker) in kinds {
            self.enter(call, ledger, kind, id, marker);
        }
        self.written(call, id)
    }

    /// Carries a checked write out and remembers its tags.
    pub(crate) fn commit(&mut self, commit: Commit) -> i64 {
        let tags = commit.tags();
        let now = commit.at_ms;
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

    fn written(&self, call: &Call<'_>, id: i64) -> Result<Json, Refusal> {
        let item = self.store.live(id)?;
        let mut wanted = Wanted::after_write();
        if call
            .request
            .query("$expand")
            .is_some_and(|e| matches!(e, "all" | "fields"))
        {
            wanted.fields = Selection::All;
        }
        Ok(item.view().json(&wanted, self.host(call)))
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

    /// `DELETE workitems/{id}`: into the recycle bin, or away for ever.
    pub(crate) fn delete_item(
        &mut self,
        call: &Call<'_>,
        id: i64,
        ledger: &mut Ledger,
    ) -> Result<Json, Refusal> {
        let item = self.visible(call, id)?;
        let revision = self.bare_revision(call, item, None)?;
        if is_true(call.request.query("destroy")) {
            let gone = self.deleted_json(call, item);
            self.store.destroy(id, call.now);
            self.enter(call, ledger, Kind::Delete, id, None);
            return Ok(gone);
        }
        self.store.commit(bare_commit(
            call,
            id,
            Revision {
                deleted: true,
                ..revision
            },
        ));
        self.store.hide_links(id, true, call.now);
        self.enter(call, ledger, Kind::Delete, id, None);
        Ok(self
            .store
            .any(id)
            .map_or(Json::Null, |item| self.deleted_json(call, item)))
    }

    /// `PATCH recyclebin/{id}` with `{"isDeleted": false}`: back, as a new revision.
    pub(crate) fn restore_item(
        &mut self,
        call: &Call<'_>,
        id: i64,
        ledger: &mut Ledger,
    ) -> Result<Json, Refusal> {
        if call.body()?.get("isDeleted") != Some(&json!(false)) {
            return Err(Refusal::Invalid(
                "a restore says {\"isDeleted\": false}.".into(),
            ));
        }
        let item = self.store.binned(id)?;
        let revision = self.bare_revision(call, item, None)?;
        let answer = self.deleted_json(call, item);
        self.store.commit(bare_commit(
            call,
            id,
            Revision {
                deleted: false,
                ..revision
            },
        ));
        self.store.hide_links(id, false, call.now);
        self.enter(call, ledger, Kind::Restore, id, None);
        Ok(answer)
    }

    /// `DELETE recyclebin/{id}`.
    pub(crate) fn destroy_item(
        &mut self,
        call: &Call<'_>,
        id: i64,
        ledger: &mut Ledger,
    ) -> Result<(), Refusal> {
        self.store.binned(id)?;
        self.store.destroy(id, call.now);
        self.enter(call, ledger, Kind::Delete, id, None);
        Ok(())
    }

    /// `GET recyclebin[/{id}]`.
    pub(crate) fn read_bin(&self, call: &Call<'_>, id: Option<i64>) -> Result<Json, Refusal> {
        if let Some(id) = id {
            return Ok(self.deleted_json(call, self.store.binned(id)?));
        }
        let rows: Vec<Json> = self
            .store
            .items()
            .filter(|item| item.is_deleted())
            .filter(|item| call.project.is_none() || item.latest().map(|r| r.project) == call.project)
            .map(|item| json!({"id": item.id, "url": format!("{}/_apis/wit/recycleBin/{}", call.base, item.id)}))
            .collect();
        Ok(json!({"count": rows.len(), "value": rows}))
    }

    fn deleted_json(&self, call: &Call<'_>, item: &Item) -> Json {
        let view = item.view();
        let latest = item.latest();
        let by = latest.map_or_else(String::new, |r| {
            self.organization.people.combined(&r.changed_by)
        });
        let project = latest.and_then(|r| self.organization.project(r.project));
        json!({
            "id": item.id,
            "code": 200,
            "type": view.text(field::TYPE),
            "name": view.text(field::TITLE),
            "project": project.map_or("", |p| p.name),
            "deletedDate": time::american(latest.map_or(0, |r| r.changed_ms)),
            "deletedBy": by,
            "url": format!("{}/_apis/wit/recycleBin/{}", call.base, item.id),
            "resource": view.json(&Wanted::after_write(), self.host(call)),
        })
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

fn bypasses(call: &Call<'_>) -> bool {
    is_true(call.request.query("bypassRules"))
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
