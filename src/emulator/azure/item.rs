//! A work item: its revisions, its updates, its relations; and the views of it that answers are
//! made of. A revision stores what was set; ids, counts, levels and the like are computed when they
//! are read.

use serde_json::{Map, Value as Json, json};

use super::comment::Comment;
use super::field::{self, Field, Fields, Value};
use super::identity::Who;
use super::node::{Organization, Structure};
use super::relation::{self, End, Relation};
use super::time;
use super::update::Update;

/// The comment that came with a revision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CommentMark {
    pub(crate) id: i64,
    pub(crate) version: usize,
}

/// One revision.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Revision {
    /// The position in the organisation's order of revisions.
    pub(crate) watermark: i64,
    pub(crate) changed_ms: i64,
    pub(crate) changed_by: Who,
    /// Who really made the request, whatever `System.ChangedBy` claims.
    pub(crate) author: usize,
    /// The project by position; a move changes it.
    pub(crate) project: usize,
    pub(crate) fields: Fields,
    /// Fields whose text is Markdown; all others are HTML.
    pub(crate) markdown: Vec<&'static str>,
    pub(crate) comment: Option<CommentMark>,
    pub(crate) comment_count: u32,
    pub(crate) deleted: bool,
}

/// A relation that is no more.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Past {
    pub(crate) relation: Relation,
    pub(crate) until_ms: i64,
}

/// A work item.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Item {
    pub(crate) id: i64,
    pub(crate) revisions: Vec<Revision>,
    pub(crate) updates: Vec<Update>,
    pub(crate) relations: Vec<Relation>,
    pub(crate) past: Vec<Past>,
    pub(crate) comments: Vec<Comment>,
}

impl Item {
    pub(crate) fn new(id: i64) -> Self {
        Self {
            id,
            revisions: Vec::new(),
            updates: Vec::new(),
            relations: Vec::new(),
            past: Vec::new(),
            comments: Vec::new(),
        }
    }

    /// The newest revision's number.
    pub(crate) fn rev(&self) -> usize {
        self.revisions.len()
    }

    pub(crate) fn latest(&self) -> Option<&Revision> {
        self.revisions.last()
    }

    /// Whether the item lies in the recycle bin.
    pub(crate) fn is_deleted(&self) -> bool {
        self.latest().is_some_and(|r| r.deleted)
    }

    pub(crate) fn comment(&self, id: i64) -> Option<&Comment> {
        self.comments.iter().find(|c| c.id == id)
    }

    pub(crate) fn live_comments(&self) -> u32 {
        let live = self.comments.iter().filter(|c| !c.is_deleted()).count();
        u32::try_from(live).unwrap_or(u32::MAX)
    }

    /// The item above this one in the hierarchy.
    pub(crate) fn parent(&self) -> Option<i64> {
        let found = self
            .relations
            .iter()
            .find(|r| r.kind.reference == relation::PARENT && !r.hidden);
        found.and_then(Relation::item)
    }

    /// Takes a relation out, remembering until when it was there.
    pub(crate) fn unlink(&mut self, relation: &Relation, now: i64) {
        let Some(at) = self.relations.iter().position(|r| r.same_as(relation)) else {
            return;
        };
        let gone = self.relations.remove(at);
        self.past.push(Past {
            relation: gone,
            until_ms: now,
        });
    }

    /// The newest revision.
    pub(crate) fn view(&self) -> View<'_> {
        View {
            item: self,
            index: self.revisions.len().saturating_sub(1),
            at: None,
        }
    }

    /// Revision number `rev`, counted from 1, with the relations that it ended with.
    pub(crate) fn revision(&self, rev: usize) -> Option<View<'_>> {
        let index = rev.checked_sub(1)?;
        self.revisions.get(index)?;
        let next = self.revisions.get(rev).map(|r| r.changed_ms - 1);
        Some(View {
            item: self,
            index,
            at: next,
        })
    }

    /// The item as it was at a moment; nothing when it did not exist yet.
    pub(crate) fn as_of(&self, ms: i64) -> Option<View<'_>> {
        let count = self.revisions.partition_point(|r| r.changed_ms <= ms);
        let index = count.checked_sub(1)?;
        Some(View {
            item: self,
            index,
            at: Some(ms),
        })
    }
}

/// One revision of an item, as answers see it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct View<'a> {
    pub(crate) item: &'a Item,
    index: usize,
    at: Option<i64>,
}

/// The organisation, and the address under which the caller reached it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Host<'a> {
    pub(crate) base: &'a str,
    pub(crate) organization: &'a Organization,
}

/// How people are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum People {
    /// `IdentityRef` objects.
    Objects,
    /// `Name <unique name>`.
    Combined,
    /// An object whose three names are all `Name <unique name>`, as some events have it (azure.md 13.2).
    Names,
}

/// Which fields an answer carries.
#[derive(Debug, Clone)]
pub(crate) enum Selection {
    /// What a read without `$expand` gives.
    Usual,
    /// Everything that has a value.
    All,
    /// Everything but long texts, as the revisions feed gives it.
    Short,
    /// The named ones.
    Named(Vec<&'static Field>),
}

/// What else a read wants (`$expand`).
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    pub(crate) fields: Selection,
    pub(crate) relations: bool,
    pub(crate) links: bool,
}

impl Wanted {
    /// What a write answers with: the usual fields, links, and the relations if there are any.
    pub(crate) fn after_write() -> Self {
        Self {
            fields: Selection::Usual,
            relations: true,
            links: true,
        }
    }
}

const RARELY_READ: [&str; 4] = [
    "System.HyperLinkCount",
    "System.RelatedLinkCount",
    "System.ExternalLinkCount",
    "System.AttachedFileCount",
];
const USUAL_COMPUTED: [&str; 7] = [
    field::PROJECT,
    field::CHANGED,
    field::CHANGER,
    field::HISTORY,
    "System.CommentCount",
    "System.Parent",
    "System.BoardColumn",
];

impl<'a> View<'a> {
    pub(crate) fn rev(&self) -> usize {
        self.index + 1
    }

    pub(crate) fn revision(&self) -> Option<&'a Revision> {
        self.item.revisions.get(self.index)
    }

    pub(crate) fn fields(&self) -> Option<&'a Fields> {
        self.revision().map(|r| &r.fields)
    }

    pub(crate) fn text(&self, reference: &str) -> &'a str {
        self.fields().map_or("", |f| f.text(reference))
    }

    /// The relations at this view's moment.
    pub(crate) fn relations(&self) -> Vec<&'a Relation> {
        let Some(at) = self.at else {
            return self.item.relations.iter().filter(|r| !r.hidden).collect();
        };
        let past = self
            .item
            .past
            .iter()
            .filter(|p| p.until_ms > at)
            .map(|p| &p.relation);
        past.chain(&self.item.relations)
            .filter(|r| r.since_ms <= at)
            .collect()
    }

    /// A field's value: stored, or computed here.
    pub(crate) fn value(&self, reference: &str, organization: &Organization) -> Option<Value> {
        let revision = self.revision()?;
        if let Some(stored) = revision.fields.get(reference) {
            return Some(stored.clone());
        }
        let integer = |n: usize| Value::Integer(i64::try_from(n).unwrap_or(i64::MAX));
        match reference {
            field::ID => Some(Value::Integer(self.item.id)),
            field::REV => Some(integer(self.rev())),
            field::PROJECT => {
                let project = organization.project(revision.project)?;
                Some(Value::text(project.name))
            }
            field::CHANGED | "System.AuthorizedDate" => Some(Value::Time(revision.changed_ms)),
            field::CHANGER => Some(Value::Person(revision.changed_by.clone())),
            "System.AuthorizedAs" => Some(Value::Person(Who::Member(revision.author))),
            "System.PersonId" => Some(integer(revision.author + 77_001)),
            "System.Watermark" => Some(Value::Integer(revision.watermark)),
            "System.RevisedDate" => Some(Value::Time(self.revised_ms())),
            "System.CommentCount" => Some(Value::Integer(i64::from(revision.comment_count))),
            "System.IsDeleted" => revision.deleted.then_some(Value::Flag(true)),
            field::HISTORY => self.history().map(Value::text),
            "System.BoardColumn" => revision.fields.get(field::STATE).cloned(),
            "System.BoardColumnDone" => Some(Value::Flag(false)),
            _ => self
                .of_tree(reference, organization)
                .or_else(|| self.of_links(reference)),
        }
    }

    fn revised_ms(&self) -> i64 {
        let next = self.item.revisions.get(self.index + 1);
        next.map_or(i64::MAX, |r| r.changed_ms)
    }

    /// The comment's text as it is now: an edit changes it in the revision that brought it
    /// (azure.md 6).
    fn history(&self) -> Option<&'a str> {
        let mark = self.revision()?.comment.filter(|mark| mark.version == 1)?;
        let comment = self.item.comment(mark.id)?;
        (!comment.is_deleted()).then(|| comment.text())
    }

    fn of_tree(&self, reference: &str, organization: &Organization) -> Option<Value> {
        let area = self.text(field::AREA);
        let iteration = self.text(field::ITERATION);
        let id = |structure, path: &str| {
            let project = organization.of_path(path)?;
            project
                .node(structure, path)
                .map(|(node, _)| Value::Integer(node.id))
        };
        let level = |path: &str, n: usize| path.split('\\').nth(n).map(Value::text);
        match reference {
            "System.AreaId" => id(Structure::Area, area),
            "System.IterationId" => id(Structure::Iteration, iteration),
            "System.NodeName" => area.rsplit('\\').next().map(Value::text),
            "System.AreaLevel1" => level(area, 0),
            "System.AreaLevel2" => level(area, 1),
            "System.AreaLevel3" => level(area, 2),
            "System.IterationLevel1" => level(iteration, 0),
            "System.IterationLevel2" => level(iteration, 1),
            "System.IterationLevel3" => level(iteration, 2),
            _ => None,
        }
    }

    fn of_links(&self, reference: &str) -> Option<Value> {
        if reference == "System.Parent" {
            let relations = self.relations();
            let parent = relations
                .iter()
                .find(|r| r.kind.reference == relation::PARENT)?;
            return parent.item().map(Value::Integer);
        }
        let wanted: fn(&Relation) -> bool = match reference {
            "System.HyperLinkCount" => |r| r.kind.reference == relation::HYPERLINK,
            "System.AttachedFileCount" => |r| r.kind.reference == relation::FILE,
            "System.ExternalLinkCount" => |r| r.kind.reference == relation::ARTIFACT,
            "System.RelatedLinkCount" => |r| r.kind.end != End::Resource,
            _ => return None,
        };
        let count = self.relations().into_iter().filter(|r| wanted(r)).count();
        i64::try_from(count).ok().map(Value::Integer)
    }

    /// The selected fields that have a value.
    pub(crate) fn fields_json(
        &self,
        selection: &Selection,
        people: People,
        host: Host<'_>,
    ) -> Json {
        let mut object = Map::new();
        let mut put = |f: &Field| {
            if let Some(value) = self.value(f.reference, host.organization) {
                object.insert(f.reference.to_owned(), value.json(people, host));
            }
        };
        match selection {
            Selection::Named(named) => named.iter().for_each(|f| put(f)),
            Selection::All => all_fields(host.organization).for_each(&mut put),
            Selection::Short => all_fields(host.organization)
                .filter(|f| !f.kind.is_long())
                .for_each(&mut put),
            Selection::Usual => {
                let stored =
                    |f: &&Field| self.fields().is_some_and(|s| s.get(f.reference).is_some());
                all_fields(host.organization)
                    .filter(|f| USUAL_COMPUTED.contains(&f.reference) || stored(f))
                    .for_each(&mut put);
            }
        }
        Json::Object(object)
    }

    /// The item as reads and writes answer it.
    pub(crate) fn json(&self, wanted: &Wanted, host: Host<'_>) -> Json {
        let base = host.base;
        let id = self.item.id;
        let mut json = json!({
            "id": id,
            "rev": self.rev(),
            "fields": self.fields_json(&wanted.fields, People::Objects, host),
            "url": format!("{base}/_apis/wit/workItems/{id}"),
        });
        let relations = self.relations();
        if wanted.relations && !relations.is_empty() {
            json["relations"] = relations.iter().map(|r| r.json(base)).collect();
        }
        if !matches!(wanted.fields, Selection::Named(_)) {
            json["multilineFieldsFormat"] = self.formats(host.organization);
        }
        if wanted.links {
            json["_links"] = self.links_json(host);
        }
        if let Some(mark) = self.revision().and_then(|r| r.comment) {
            json["commentVersionRef"] = self.mark_json(mark, base);
        }
        json
    }

    fn mark_json(&self, mark: CommentMark, base: &str) -> Json {
        let id = self.item.id;
        json!({
            "commentId": mark.id,
            "version": mark.version,
            "url": format!("{base}/_apis/wit/workItems/{id}/comments/{}/versions/{}", mark.id, mark.version),
        })
    }

    /// `multilineFieldsFormat` (azure.md 9): one entry per rich text that has a value.
    fn formats(&self, organization: &Organization) -> Json {
        let Some(revision) = self.revision() else {
            return json!({});
        };
        let rich = organization
            .fields
            .all()
            .filter(|f| f.kind == field::Kind::Rich);
        let formats: Map<String, Json> = rich
            .filter(|f| revision.fields.get(f.reference).is_some())
            .map(|f| {
                let markdown = revision.markdown.contains(&f.reference);
                let format = if markdown { "markdown" } else { "html" };
                (f.reference.to_owned(), json!(format))
            })
            .collect();
        Json::Object(formats)
    }

    fn links_json(&self, host: Host<'_>) -> Json {
        let base = host.base;
        let own = format!("{base}/_apis/wit/workItems/{}", self.item.id);
        let project = self
            .revision()
            .and_then(|r| host.organization.project(r.project));
        let guid = project.map_or("", |p| p.guid);
        let name = self.text(field::TYPE).replace(' ', "%20");
        json!({
            "self": {"href": own},
            "workItemUpdates": {"href": format!("{own}/updates")},
            "workItemRevisions": {"href": format!("{own}/revisions")},
            "workItemComments": {"href": format!("{base}/{guid}/_apis/wit/workItems/{}/comments", self.item.id)},
            "html": {"href": format!("{base}/{guid}/_workitems/edit/{}", self.item.id)},
            "workItemType": {"href": format!("{base}/{guid}/_apis/wit/workItemTypes/{name}")},
            "fields": {"href": format!("{base}/{guid}/_apis/wit/fields")},
        })
    }
}

pub(crate) fn all_fields(organization: &Organization) -> impl Iterator<Item = &'static Field> + '_ {
    organization
        .fields
        .all()
        .filter(|f| !RARELY_READ.contains(&f.reference))
}

impl Value {
    /// The value as answers write it.
    pub(crate) fn json(&self, people: People, host: Host<'_>) -> Json {
        match self {
            Value::Text(text) => json!(text.as_ref()),
            Value::Integer(n) => json!(n),
            Value::Double(n) => json!(n),
            Value::Flag(flag) => json!(flag),
            Value::Time(i64::MAX) => json!(time::FOREVER),
            Value::Time(ms) => json!(time::text(*ms)),
            Value::Person(who) => match people {
                People::Objects => host.organization.people.reference(who, host.base),
                People::Combined => json!(host.organization.people.combined(who)),
                People::Names => {
                    let name = host.organization.people.combined(who);
                    json!({"name": name, "displayName": name, "uniqueName": name})
                }
            },
        }
    }
}
