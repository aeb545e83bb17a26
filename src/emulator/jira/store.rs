//! All issues of the site, and the index that follows them.

use std::collections::BTreeMap;
use std::sync::Arc;

use rand::rngs::SmallRng;
use rand::{Rng as _, SeedableRng as _};

use crate::jira::attachment::Files;
use crate::jira::component::Components;
use crate::jira::filter::Filters;
use crate::jira::index::Index;
use crate::jira::issue::{Change, Comment, Fields, History, Issue};
use crate::jira::link::Links;
use crate::jira::option::FieldOptions;
use crate::jira::planning::Planning;
use crate::jira::release::Versions;
use crate::jira::scheme::Project;
use crate::jira::worklog::feed::Worklogs;
use crate::options::Options;

/// The issues, by id and by key, with the counters that name new things.
#[derive(Debug)]
pub(crate) struct Store {
    issues: BTreeMap<u64, Issue>,
    keys: BTreeMap<(u64, u64), u64>,
    comments: BTreeMap<u64, u64>,
    children: BTreeMap<u64, Vec<u64>>,
    numbers: BTreeMap<u64, u64>,
    pub(crate) index: Index,
    pub(crate) components: Components,
    pub(crate) versions: Versions,
    pub(crate) options: FieldOptions,
    pub(crate) links: Links,
    pub(crate) worklogs: Worklogs,
    pub(crate) files: Files,
    pub(crate) filters: Filters,
    /// The keys that moved issues had before, by id.
    former: BTreeMap<u64, Vec<(u64, u64)>>,
    pub(crate) planning: Planning,
    next_issue: u64,
    next_other: u64,
    lag_ms: (u32, u32),
    random: SmallRng,
}

/// The id of the first issue.
const FIRST_ISSUE: u64 = 10_001;

/// The id of the first comment, changelog entry or remote link; they share one counter.
const FIRST_OTHER: u64 = 20_001;

impl Store {
    pub(crate) fn new(options: &Options) -> Self {
        Self {
            issues: BTreeMap::new(),
            keys: BTreeMap::new(),
            comments: BTreeMap::new(),
            children: BTreeMap::new(),
            numbers: BTreeMap::new(),
            index: Index::default(),
            components: Components::default(),
            versions: Versions::default(),
            options: FieldOptions::default(),
            links: Links::default(),
            worklogs: Worklogs::default(),
            files: Files::default(),
            filters: Filters::default(),
            former: BTreeMap::new(),
            planning: Planning::default(),
            next_issue: FIRST_ISSUE,
            next_other: FIRST_OTHER,
            lag_ms: options.search_lag_ms,
            random: SmallRng::seed_from_u64(options.seed ^ 0x5ea6_c41a),
        }
    }

    /// The issue of an id or a key; keys are matched in any case.
    pub(crate) fn find(&self, id_or_key: &str) -> Option<u64> {
        if let Ok(id) = id_or_key.parse::<u64>() {
            return self.issues.contains_key(&id).then_some(id);
        }
        let (project, number) = id_or_key.rsplit_once('-')?;
        let project = crate::jira::scheme::project_of(project)?;
        self.keys.get(&(project.id, number.parse().ok()?)).copied()
    }

    pub(crate) fn get(&self, id: u64) -> Option<&Issue> {
        self.issues.get(&id)
    }

    pub(crate) fn get_mut(&mut self, id: u64) -> Option<&mut Issue> {
        self.issues.get_mut(&id)
    }

    /// The issues behind an id, by ascending id.
    pub(crate) fn after(&self, id: u64) -> impl Iterator<Item = &Issue> {
        self.issues
            .range(id.saturating_add(1)..)
            .map(|(_, issue)| issue)
    }

    /// The issues whose parent this one is, by ascending id.
    pub(crate) fn children(&self, id: u64) -> &[u64] {
        self.children.get(&id).map_or(&[], Vec::as_slice)
    }

    /// The issue that holds a comment.
    pub(crate) fn holder_of_comment(&self, comment: u64) -> Option<u64> {
        self.comments.get(&comment).copied()
    }

    /// An id for a comment, changelog entry or remote link.
    pub(crate) fn next_id(&mut self) -> u64 {
        let id = self.next_other;
        self.next_other += 1;
        id
    }

    /// The id and the number that the next issue of a project gets.
    pub(crate) fn name_issue(&mut self, project: &Project) -> (u64, u64) {
        let number = self.numbers.entry(project.id).or_insert(0);
        *number += 1;
        let id = self.next_issue;
        self.next_issue += 1;
        (id, *number)
    }

    /// Takes in a new issue.
    pub(crate) fn insert(&mut self, issue: Issue, now_ms: i64) {
        let fields = Arc::clone(&issue.fields);
        self.enter(issue);
        let due_ms = now_ms + self.lag();
        self.index.put(fields, due_ms);
    }

    /// Replaces the fields of an issue; the index follows later.
    pub(crate) fn commit(&mut self, mut fields: Fields, now_ms: i64) {
        let due_ms = now_ms + self.lag();
        let Some(issue) = self.issues.get_mut(&fields.id) else {
            return;
        };
        let (id, before, after) = (fields.id, issue.fields.parent, fields.parent);
        fields.revision = issue.fields.revision + 1;
        issue.fields = Arc::new(fields);
        self.index.put(Arc::clone(&issue.fields), due_ms);
        if before != after {
            self.adopt(id, before, after);
        }
    }

    /// Replaces the fields and enters the change into the changelog.
    pub(crate) fn commit_changes(
        &mut self,
        mut fields: Fields,
        author: &'static str,
        changes: Vec<Change>,
        metadata: Option<serde_json::Value>,
        now_ms: i64,
    ) {
        let history = History {
            id: self.next_id(),
            author,
            at_ms: now_ms,
            items: changes,
            metadata,
        };
        if let Some(issue) = self.issues.get_mut(&fields.id) {
            issue.history.push(history);
        }
        fields.updated_ms = now_ms;
        self.commit(fields, now_ms);
    }

    /// Gives an issue the next number of another project. Its old key goes on to lead to it (jira.md 7.4).
    pub(crate) fn renumber(&mut self, fields: &mut Fields, project: &'static Project) {
        let before = (fields.project.id, fields.number);
        let number = self.numbers.entry(project.id).or_insert(0);
        *number += 1;
        fields.project = project;
        fields.number = *number;
        self.keys.insert((project.id, *number), fields.id);
        self.former.entry(fields.id).or_default().push(before);
    }

    /// Moves an issue's `updated`, as a comment or a remote link does (jira.md 3.4).
    pub(crate) fn touch(&mut self, id: u64, now_ms: i64) {
        let Some(issue) = self.issues.get(&id) else {
            return;
        };
        let mut fields = (*issue.fields).clone();
        fields.updated_ms = now_ms;
        self.commit(fields, now_ms);
    }

    /// Adds a comment and moves the issue's `updated`.
    pub(crate) fn add_comment(&mut self, id: u64, comment: Comment, now_ms: i64) {
        let Some(issue) = self.issues.get_mut(&id) else {
            return;
        };
        self.comments.insert(comment.id, id);
        issue.comments.push(comment);
        self.touch(id, now_ms);
    }

    /// Takes a comment away and moves the issue's `updated`.
    pub(crate) fn remove_comment(&mut self, id: u64, comment: u64, now_ms: i64) {
        self.comments.remove(&comment);
        if let Some(issue) = self.issues.get_mut(&id) {
            issue.comments.retain(|it| it.id != comment);
        }
        self.touch(id, now_ms);
    }

    /// Deletes an issue. Its number is never given again.
    pub(crate) fn remove(&mut self, id: u64, now_ms: i64) {
        let Some(issue) = self.issues.remove(&id) else {
            return;
        };
        self.keys
            .remove(&(issue.fields.project.id, issue.fields.number));
        for former in self.former.remove(&id).unwrap_or_default() {
            self.keys.remove(&former);
        }
        for comment in &issue.comments {
            self.comments.remove(&comment.id);
        }
        for worklog in &issue.worklogs {
            self.worklogs.gone(worklog.id, now_ms);
        }
        for file in &issue.attachments {
            self.files.gone(file);
        }
        self.links.drop_of_issue(id);
        self.adopt(id, issue.fields.parent, None);
        self.planning.ranks.remove(id);
        for child in self.children.remove(&id).unwrap_or_default() {
            if let Some(child) = self.issues.get_mut(&child) {
                Arc::make_mut(&mut child.fields).parent = None;
            }
        }
        let due_ms = now_ms + self.lag();
        self.index.remove(id, due_ms);
    }

    /// Takes in an issue that has a past already, which searches see at once.
    pub(crate) fn settle(&mut self, mut issue: Issue) {
        issue.history.shrink_to_fit();
        let fields = Arc::clone(&issue.fields);
        for comment in &issue.comments {
            self.comments.insert(comment.id, fields.id);
        }
        self.enter(issue);
        self.index.show(fields);
    }

    fn enter(&mut self, issue: Issue) {
        let fields = &issue.fields;
        self.keys
            .insert((fields.project.id, fields.number), fields.id);
        let (id, parent) = (fields.id, fields.parent);
        self.adopt(id, None, parent);
        self.planning.ranks.append(id);
        self.issues.insert(id, issue);
    }

    fn adopt(&mut self, id: u64, before: Option<u64>, after: Option<u64>) {
        if let Some(siblings) = before.and_then(|parent| self.children.get_mut(&parent)) {
            siblings.retain(|&sibling| sibling != id);
        }
        if let Some(parent) = after {
            self.children.entry(parent).or_default().push(id);
        }
    }

    fn lag(&mut self) -> i64 {
        let (least, most) = self.lag_ms;
        i64::from(self.random.random_range(least..=most.max(least)))
    }
}
