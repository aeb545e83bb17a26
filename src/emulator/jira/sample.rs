//! The sample items in Jira's formats. A status beyond the first was reached step by step, so that
//! every issue has the changelog that goes with it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Value, json};

use crate::adf;
use crate::jira::account::Users;
use crate::jira::changelog;
use crate::jira::component::Component;
use crate::jira::issue::{Comment, Fields, History, Issue, Tracking};
use crate::jira::release::Version;
use crate::jira::rich::Rich;
use crate::jira::scheme::{PRIORITIES, PROJECTS, TYPES, default_priority, type_of};
use crate::jira::store::Store;
use crate::jira::transition::{available, enter_status};
use crate::jira::workflow;
use crate::limit;
use crate::options::Options;
use crate::people::jira_names;
use crate::sample::{Block, Item, Span, Work, items};

const MINUTE_MS: i64 = 60_000;

/// Fills the store with sample issues, which searches see from the start.
pub(crate) fn fill(store: &mut Store, users: &Users, options: &Options) {
    parts(store);
    let count = options.items.min(limit::SAMPLE_ITEMS_MAX);
    let mut remarks = BTreeMap::new();
    for item in items(count, options.seed) {
        enter(store, users, &mut remarks, item, options.start_ms);
    }
}

/// The components and versions with which the projects begin.
fn parts(store: &mut Store) {
    let [web, ops] = [PROJECTS[0].id, PROJECTS[1].id];
    let components = [
        (10_000, web, "Cart"),
        (10_001, web, "Search"),
        (10_002, ops, "Network"),
    ];
    for (id, project, name) in components {
        store.components.insert(Component {
            id,
            project,
            name: name.to_owned(),
            description: String::new(),
            lead: None,
        });
    }
    let versions = [
        (10_000, web, "1.0", Some("2026-03-02")),
        (10_001, web, "2.0", None),
        (10_002, ops, "2026.1", None),
    ];
    for (id, project, name, day) in versions {
        store.versions.insert(Version {
            id,
            project,
            name: name.to_owned(),
            description: String::new(),
            archived: false,
            released: day.is_some(),
            start_date: None,
            release_date: day.map(str::to_owned),
        });
    }
}

/// The documents of remarks by their texts: people repeat themselves, and a document is shared.
type Remarks = BTreeMap<&'static str, Arc<Value>>;

/// An issue is told with its whole past before the store takes it in: written step by step, the index would follow every
/// step.
fn enter(store: &mut Store, users: &Users, remarks: &mut Remarks, item: Item, start_ms: i64) {
    let mut at_ms = start_ms - i64::from(item.age_min) * MINUTE_MS;
    let creator = account(users, item.creator);
    let doer = item
        .assignee
        .map_or(creator, |handle| account(users, handle));
    let (steps, comments) = (item.steps, item.comments.clone());
    let mut issue = Issue::new(fields(store, users, item, creator, at_ms));
    issue.watchers.push(creator);
    for _ in 0..steps {
        at_ms += 37 * MINUTE_MS;
        step(store, users, &mut issue, doer, at_ms);
    }
    issue.comments.reserve_exact(comments.len());
    for (author, text) in comments {
        at_ms += 11 * MINUTE_MS;
        let body = remarks
            .entry(text)
            .or_insert_with(|| Arc::new(adf::from_plain_text(text)));
        let body = Arc::clone(body);
        let comment = comment(store.next_id(), account(users, author), body, at_ms);
        issue.comments.push(comment);
        Arc::make_mut(&mut issue.fields).updated_ms = at_ms;
    }
    store.settle(issue);
}

fn account(users: &Users, handle: &str) -> &'static str {
    let user = users
        .all()
        .iter()
        .find(|it| it.person.handle == handle)
        .or_else(|| users.all().first());
    user.map_or("", |it| it.person.account_id)
}

fn fields(
    store: &mut Store,
    users: &Users,
    item: Item,
    creator: &'static str,
    at_ms: i64,
) -> Fields {
    let project = &PROJECTS[0];
    let (id, number) = store.name_issue(project);
    let kind = match item.work {
        Work::Epic => "Epic",
        Work::Story => "Story",
        Work::Task => "Task",
        Work::Bug => "Bug",
    };
    Fields {
        id,
        number,
        project,
        kind: type_of(kind).unwrap_or(&TYPES[2]),
        status: workflow::initial(project),
        summary: item.title,
        description: Some(Rich::Told(Arc::new(item.story))),
        priority: PRIORITIES.get(item.priority).unwrap_or(default_priority()),
        labels: item.tags.iter().map(|&tag| tag.to_owned()).collect(),
        assignee: item.assignee.map(|handle| account(users, handle)),
        reporter: Some(creator),
        creator,
        parent: None,
        due: None,
        points: None,
        environment: None,
        components: BTreeSet::new(),
        fix_versions: BTreeSet::new(),
        versions: BTreeSet::new(),
        tracking: Tracking::default(),
        sprints: BTreeSet::new(),
        custom: BTreeMap::new(),
        created_ms: at_ms,
        updated_ms: at_ms,
        resolution: None,
        resolved_ms: None,
        category_changed_ms: at_ms,
        revision: 1,
    }
}

/// One step ahead in the workflow.
fn step(store: &mut Store, users: &Users, issue: &mut Issue, by: &'static str, at_ms: i64) {
    // The first transition that the workflow lists for a status is the one that leads ahead.
    let Some(transition) = available(&issue.fields).next() else {
        return;
    };
    let before = Arc::clone(&issue.fields);
    let after = Arc::make_mut(&mut issue.fields);
    enter_status(after, transition, at_ms);
    after.updated_ms = at_ms;
    issue.history.push(History {
        id: store.next_id(),
        author: by,
        at_ms,
        items: changelog::diff(&before, after, users, store),
        metadata: None,
    });
}

fn comment(id: u64, author: &'static str, body: Arc<Value>, at_ms: i64) -> Comment {
    Comment {
        id,
        author,
        update_author: author,
        body,
        created_ms: at_ms,
        updated_ms: at_ms,
        visibility: None,
        parent: None,
        properties: BTreeMap::new(),
    }
}

/// A description in Jira's format.
pub(crate) fn document(blocks: &[Block]) -> Value {
    let content: Vec<Value> = blocks.iter().map(block).collect();
    json!({"type": "doc", "version": 1, "content": content})
}

fn text(text: &str) -> Value {
    json!({"type": "text", "text": text})
}

fn paragraph(line: &str) -> Value {
    json!({"type": "paragraph", "content": [text(line)]})
}

fn list(kind: &str, lines: &[String]) -> Value {
    let item = |line: &String| json!({"type": "listItem", "content": [paragraph(line)]});
    json!({"type": kind, "content": lines.iter().map(item).collect::<Vec<_>>()})
}

fn block(block: &Block) -> Value {
    match block {
        Block::Heading(line) => {
            json!({"type": "heading", "attrs": {"level": 3}, "content": [text(line)]})
        }
        Block::Paragraph(spans) => {
            json!({"type": "paragraph", "content": spans.iter().map(span).collect::<Vec<_>>()})
        }
        Block::Bullets(lines) => list("bulletList", lines),
        Block::Numbers(lines) => list("orderedList", lines),
        Block::Code(language, code) => {
            json!({"type": "codeBlock", "attrs": {"language": language}, "content": [text(code)]})
        }
        Block::Table(rows) => table(rows),
        Block::Quote(line) => json!({"type": "blockquote", "content": [paragraph(line)]}),
        Block::Rule => json!({"type": "rule"}),
    }
}

fn table(rows: &[Vec<String>]) -> Value {
    let cell = |kind: &str, line: &String| json!({"type": kind, "attrs": {}, "content": [paragraph(line)]});
    let row = |(at, cells): (usize, &Vec<String>)| {
        let kind = if at == 0 { "tableHeader" } else { "tableCell" };
        json!({"type": "tableRow", "content": cells.iter().map(|it| cell(kind, it)).collect::<Vec<_>>()})
    };
    json!({
        "type": "table",
        "attrs": {"isNumberColumnEnabled": false, "layout": "default"},
        "content": rows.iter().enumerate().map(row).collect::<Vec<_>>(),
    })
}

fn span(span: &Span) -> Value {
    let marked = |line: &str, mark: Value| json!({"type": "text", "text": line, "marks": [mark]});
    match span {
        Span::Text(line) => text(line),
        Span::Strong(line) => marked(line, json!({"type": "strong"})),
        Span::Emphasis(line) => marked(line, json!({"type": "em"})),
        Span::Mono(line) => marked(line, json!({"type": "code"})),
        Span::Link(line, href) => marked(line, json!({"type": "link", "attrs": {"href": href}})),
        Span::Mention(handle) => {
            let (id, name) = jira_names(handle).unwrap_or((*handle, *handle));
            json!({"type": "mention", "attrs": {"id": id, "text": format!("@{name}"), "accessLevel": ""}})
        }
    }
}
