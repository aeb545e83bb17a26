//! How issues look in answers.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::adf;
use crate::jira::account::{User, Users};
use crate::jira::agile;
use crate::jira::attachment;
use crate::jira::comment;
use crate::jira::component;
use crate::jira::custom;
use crate::jira::issue::{Fields, Issue};
use crate::jira::link;
use crate::jira::planning::{RANK, SPRINT};
use crate::jira::release;
use crate::jira::scheme::{Category, FIELDS, IssueType, Named, Project, STORY_POINTS, Status};
use crate::jira::store::Store;
use crate::jira::time::written;
use crate::jira::tracking;
use crate::jira::version::Version;
use crate::jira::watcher;
use crate::jira::worklog;

/// Which fields a caller asks for.
#[derive(Debug, Clone)]
pub(crate) struct Selection {
    all: bool,
    named: BTreeSet<String>,
    without: BTreeSet<String>,
}

impl Selection {
    /// Reads a list such as `summary,-comment` or `*all`; an empty list is the default.
    pub(crate) fn parse<'a>(list: impl IntoIterator<Item = &'a str>, default: &str) -> Self {
        let mut selection = Self {
            all: false,
            named: BTreeSet::new(),
            without: BTreeSet::new(),
        };
        for name in list
            .into_iter()
            .flat_map(|part| part.split(','))
            .map(str::trim)
        {
            selection.add(name);
        }
        let nothing_named = !selection.all && selection.named.is_empty();
        if nothing_named {
            selection.add(default);
        }
        selection
    }

    fn add(&mut self, name: &str) {
        match name {
            "" => {}
            "*all" => self.all = true,
            "*navigable" => {
                self.all = true;
                self.without
                    .extend(["comment", "worklog", "attachment"].map(str::to_owned));
            }
            name => match name.strip_prefix('-') {
                Some(name) => {
                    self.without.insert(name.to_owned());
                }
                None => {
                    self.named.insert(name.to_owned());
                }
            },
        }
    }

    /// Whether a field of that id is asked for.
    pub(crate) fn wants(&self, name: &str) -> bool {
        self.named.contains(name) || (self.all && !self.without.contains(name))
    }

    /// How many fields a row of this selection carries.
    pub(crate) fn breadth(&self) -> usize {
        FIELDS.iter().filter(|field| self.wants(field.id)).count()
    }

    /// Whether nothing but this name is asked for.
    pub(crate) fn is_only(&self, name: &str) -> bool {
        !self.all && self.named.len() == 1 && self.named.contains(name)
    }
}

/// What a rendering needs to know beside the issue.
#[derive(Debug, Clone, Copy)]
pub(crate) struct View<'a> {
    pub(crate) store: &'a Store,
    pub(crate) users: &'a Users,
    pub(crate) origin: &'a str,
    pub(crate) version: Version,
    /// Who looks.
    pub(crate) user: &'a User,
}

impl View<'_> {
    pub(crate) fn link(&self, path: &str) -> String {
        format!("{}/rest/api/{}/{path}", self.origin, self.version.digit())
    }

    /// An issue with the chosen fields; `fields` may be an older copy of the issue's own.
    pub(crate) fn issue(
        &self,
        issue: &Issue,
        fields: &Fields,
        selection: &Selection,
    ) -> Map<String, Value> {
        let mut document = self.head(fields);
        let mut chosen = Map::new();
        for field in &FIELDS {
            if selection.wants(field.id) {
                chosen.insert(field.id.to_owned(), self.field(issue, fields, field.id));
            }
        }
        if !chosen.is_empty() {
            document.insert("fields".to_owned(), Value::Object(chosen));
        }
        document
    }

    fn head(&self, fields: &Fields) -> Map<String, Value> {
        let mut head = Map::new();
        head.insert(
            "expand".to_owned(),
            json!("operations,editmeta,changelog,transitions,renderedFields,names,schema"),
        );
        head.insert("id".to_owned(), json!(fields.id.to_string()));
        head.insert(
            "self".to_owned(),
            json!(self.link(&format!("issue/{}", fields.id))),
        );
        head.insert("key".to_owned(), json!(fields.key()));
        head
    }

    fn field(&self, issue: &Issue, fields: &Fields, name: &str) -> Value {
        match name {
            "summary" => json!(fields.summary),
            "description" => self.text(fields.description().as_ref()),
            "issuetype" => self.issue_type(fields.kind),
            "project" => self.project(fields.project),
            "priority" => self.priority(fields.priority),
            "labels" => json!(fields.labels),
            "assignee" => self.user(fields.assignee),
            "reporter" => self.user(fields.reporter),
            "creator" => self.user(Some(fields.creator)),
            "parent" => fields
                .parent
                .and_then(|id| self.relative(id))
                .unwrap_or_default(),
            "duedate" => json!(fields.due),
            STORY_POINTS => json!(fields.points),
            "status" => self.status(fields.status),
            "statusCategory" => self.category(fields.status.category),
            "statuscategorychangedate" => json!(written(fields.category_changed_ms)),
            "resolution" => fields
                .resolution
                .map_or(Value::Null, |it| self.resolution(it)),
            "resolutiondate" => json!(fields.resolved_ms.map(written)),
            "created" => json!(written(fields.created_ms)),
            "updated" => json!(written(fields.updated_ms)),
            "subtasks" => self.subtasks(fields.id),
            "comment" => comment::field(self, issue),
            "environment" => self.text(fields.environment.as_deref()),
            "components" => self.components(&fields.components),
            "fixVersions" => self.versions(&fields.fix_versions),
            "versions" => self.versions(&fields.versions),
            "attachment" => attachment::field(self, issue),
            "issuelinks" => link::field(self, fields.id),
            "worklog" => worklog::field(self, issue),
            "votes" => watcher::votes_field(self, issue),
            "watches" => watcher::field(self, issue),
            SPRINT => agile::sprint_field(&self.store.planning, &fields.sprints),
            RANK => json!(self.store.planning.ranks.written(fields.id)),
            "timetracking" => tracking::document(fields.tracking),
            name => {
                let value = fields.custom.get(name);
                value.map_or(Value::Null, |it| custom::document(self, it))
            }
        }
    }

    fn components(&self, ids: &BTreeSet<u64>) -> Value {
        let found = ids.iter().filter_map(|&id| self.store.components.get(id));
        found.map(|it| component::brief(self, it)).collect()
    }

    fn versions(&self, ids: &BTreeSet<u64>) -> Value {
        let found = ids.iter().filter_map(|&id| self.store.versions.get(id));
        found.map(|it| release::brief(self, it)).collect()
    }

    /// A long text as this version of the API gives it.
    pub(crate) fn text(&self, document: Option<&Value>) -> Value {
        match (document, self.version) {
            (None, _) => Value::Null,
            (Some(document), Version::Three) => document.clone(),
            (Some(document), Version::Two) => json!(adf::plain_text(document)),
        }
    }

    /// A user, or null.
    pub(crate) fn user(&self, account_id: Option<&str>) -> Value {
        let user = account_id.and_then(|id| self.users.of(id));
        user.map_or(Value::Null, |user| user.document(self.origin))
    }

    /// An issue as a relative of it shows it.
    pub(crate) fn relative(&self, id: u64) -> Option<Value> {
        let fields = &self.store.get(id)?.fields;
        Some(json!({
            "id": id.to_string(),
            "key": fields.key(),
            "self": self.link(&format!("issue/{id}")),
            "fields": {
                "summary": fields.summary,
                "status": self.status(fields.status),
                "priority": self.priority(fields.priority),
                "issuetype": self.issue_type(fields.kind),
            },
        }))
    }

    fn subtasks(&self, id: u64) -> Value {
        let is_subtask = |id: &&u64| {
            self.store
                .get(**id)
                .is_some_and(|it| it.fields.kind.is_subtask())
        };
        let children = self.store.children(id).iter().filter(is_subtask);
        Value::Array(children.filter_map(|&id| self.relative(id)).collect())
    }

    pub(crate) fn issue_type(&self, kind: &IssueType) -> Value {
        json!({
            "self": self.link(&format!("issuetype/{}", kind.id)),
            "id": kind.id,
            "description": kind.description,
            "iconUrl": format!("{}/images/icons/issuetypes/{}.svg", self.origin, kind.id),
            "name": kind.name,
            "subtask": kind.is_subtask(),
            "hierarchyLevel": kind.level,
        })
    }

    pub(crate) fn project(&self, project: &Project) -> Value {
        json!({
            "self": self.link(&format!("project/{}", project.id)),
            "id": project.id.to_string(),
            "key": project.key,
            "name": project.name,
            "projectTypeKey": "software",
            "simplified": false,
            "avatarUrls": {"48x48": format!("{}/avatar/project/{}", self.origin, project.id)},
        })
    }

    pub(crate) fn status(&self, status: &Status) -> Value {
        json!({
            "self": self.link(&format!("status/{}", status.id)),
            "description": "",
            "iconUrl": format!("{}/images/icons/statuses/generic.png", self.origin),
            "name": status.name,
            "untranslatedName": status.name,
            "id": status.id,
            "statusCategory": self.category(status.category),
        })
    }

    pub(crate) fn category(&self, category: &Category) -> Value {
        json!({
            "self": self.link(&format!("statuscategory/{}", category.id)),
            "id": category.id,
            "key": category.key,
            "colorName": category.colour,
            "name": category.name,
        })
    }

    pub(crate) fn priority(&self, priority: &Named) -> Value {
        json!({
            "self": self.link(&format!("priority/{}", priority.id)),
            "iconUrl": format!("{}/images/icons/priorities/{}.svg", self.origin, priority.id),
            "name": priority.name,
            "id": priority.id,
        })
    }

    pub(crate) fn resolution(&self, resolution: &Named) -> Value {
        json!({
            "self": self.link(&format!("resolution/{}", resolution.id)),
            "id": resolution.id,
            "description": "",
            "name": resolution.name,
        })
    }
}

/// The `names` that a caller asked to expand: field ids with their names.
pub(crate) fn names(selection: &Selection) -> Value {
    let wanted = FIELDS.iter().filter(|field| selection.wants(field.id));
    wanted
        .map(|field| (field.id.to_owned(), json!(field.name)))
        .collect::<Map<_, _>>()
        .into()
}

/// The `schema` of the chosen fields.
pub(crate) fn schema(selection: &Selection) -> Value {
    let wanted = FIELDS.iter().filter(|field| selection.wants(field.id));
    wanted
        .map(|field| (field.id.to_owned(), crate::jira::meta::schema(field)))
        .collect::<Map<_, _>>()
        .into()
}
