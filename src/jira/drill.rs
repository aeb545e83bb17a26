//! What the tests share: a played remote, a made-up site, and answers of its shapes.

use std::collections::BTreeMap;
use std::sync::Arc;

use mapping::Kind;
use model::http::{Request, Response};
use model::{Installation, ItemId, Marker, Millis, PairId, ProfileName, Side, User};
use serde_json::{Value as Json, json};
use sync::{Exchange, Turn};

use crate::address::Address;
use crate::knowledge::{Category, IssueType, Knowledge, Project, Status};
use crate::settings::{Context, Scope, Settings, Shared};
use crate::time::moment_text;
use crate::value::document;
use sync::script::{Answer, Endless, Script, Step};

/// A conversation under test: it is told what the remote answers, and remembers what was asked.
pub(crate) struct Drill<T> {
    script: Box<Script<T>>,
    asked: Vec<Request>,
}

impl<T: Endless + Send + 'static> Drill<T> {
    pub(crate) fn new(step: Step<T>) -> Drill<T> {
        Drill {
            script: Script::boxed(step),
            asked: Vec::new(),
        }
    }

    /// Expects the next request to be that method and route, and answers it.
    pub(crate) fn answer(&mut self, expected: &str, answer: Answer) {
        let Turn::Send(request) = self.script.next() else {
            panic!("the conversation ended before {expected}");
        };
        assert_eq!(format!("{request:?}"), expected);
        self.asked.push(request);
        self.script.answer(answer);
    }

    /// Expects the conversation to be over.
    pub(crate) fn end(mut self) -> T {
        match self.script.next() {
            Turn::Done(value) => value,
            Turn::Send(request) => panic!("one more request: {request:?}"),
        }
    }

    /// The body of that request.
    pub(crate) fn body(&self, index: usize) -> Json {
        serde_json::from_slice(&self.asked[index].body).expect("a body in JSON")
    }

    /// The address of that request.
    pub(crate) fn url(&self, index: usize) -> &str {
        &self.asked[index].url
    }

    /// The item that that request says it writes.
    pub(crate) fn writes(&self, index: usize) -> Option<u64> {
        self.asked[index].writes
    }
}

pub(crate) fn json(status: u16, body: &Json) -> Answer {
    let kind = "application/json;charset=UTF-8".to_owned();
    Ok(Response {
        status,
        headers: vec![("content-type".to_owned(), kind)],
        body: body.to_string().into_bytes(),
    })
}

pub(crate) fn status(status: u16) -> Answer {
    Ok(Response {
        status,
        headers: Vec::new(),
        body: Vec::new(),
    })
}

/// A sign-in page.
pub(crate) fn page(status: u16) -> Answer {
    Ok(Response {
        status,
        headers: vec![("content-type".to_owned(), "text/html".to_owned())],
        body: b"\n <!DOCTYPE html><title>Log in</title>".to_vec(),
    })
}

pub(crate) fn marker(source: u64) -> Marker {
    Marker {
        installation: Installation([7; 16]),
        profile: ProfileName::new("web-to-platform").expect("a name"),
        source: PairId {
            origin: Side::Azure,
            item: ItemId(source),
        },
    }
}

fn kinds() -> BTreeMap<String, Kind> {
    let fields = [
        ("summary", Kind::Text),
        ("description", Kind::Rich),
        ("priority", Kind::Choice),
        ("assignee", Kind::User),
        ("labels", Kind::Set),
        ("status", Kind::State),
    ];
    let own = |(field, kind): (&str, Kind)| (field.to_owned(), kind);
    fields.into_iter().map(own).collect()
}

pub(crate) fn settings(filter: Option<&str>) -> Settings {
    Settings {
        address: Address::new("https://acme.atlassian.net"),
        scopes: vec![Scope {
            project: "WEB".to_owned(),
            filter: filter.map(str::to_owned),
        }],
        fields: kinds(),
        types: ["Story".to_owned()].into(),
    }
}

pub(crate) fn workflow() -> Vec<Status> {
    let status = |id: &str, name: &str, category| Status {
        id: id.to_owned(),
        name: name.to_owned(),
        category,
    };
    vec![
        status("1", "To Do", Category::New),
        status("2", "In Progress", Category::Indeterminate),
        status("3", "In Review", Category::Indeterminate),
        status("4", "Done", Category::Done),
    ]
}

pub(crate) fn knowledge() -> Knowledge {
    let mut knowledge = Knowledge::of_account(User {
        id: "712020:us".to_owned(),
        display: "Counterpart Sync".to_owned(),
    });
    let story = IssueType {
        id: "10001".to_owned(),
        statuses: workflow(),
        fields: BTreeMap::new(),
    };
    let project = Project {
        types: [("Story".to_owned(), story)].into(),
        serves: false,
    };
    knowledge.projects.insert("WEB".to_owned(), project);
    knowledge
}

pub(crate) fn context() -> Shared {
    context_of(settings(None))
}

pub(crate) fn context_of(settings: Settings) -> Shared {
    Arc::new(Context {
        settings,
        knowledge: knowledge(),
    })
}

/// An issue that somebody else created.
pub(crate) fn issue(id: u64, key: &str) -> Json {
    let project = key.split('-').next();
    json!({
        "id": id.to_string(),
        "key": key,
        "self": format!("https://acme.atlassian.net/rest/api/3/issue/{id}"),
        "fields": {
            "summary": "Cart forgets its items",
            "description": document("Steps to see it"),
            "priority": { "id": "2", "name": "High" },
            "assignee": null,
            "labels": ["checkout"],
            "status": { "id": "1", "name": "To Do", "statusCategory": { "key": "new" } },
            "issuetype": { "id": "10001", "name": "Story" },
            "project": { "id": "10000", "key": project },
            "creator": { "accountId": "712020:alice", "displayName": "Alice Abara" },
            "created": "2026-08-20T09:00:00.000+0000",
            "updated": "2026-08-24T11:11:52.944+0000",
            "comment": { "comments": [], "total": 0, "maxResults": 0, "startAt": 0 },
        },
    })
}

/// A changelog of entries of author, milliseconds and field, in that order. An empty author is left out, as of what no
/// account did.
pub(crate) fn logged(entries: &[(&str, i64, &str)]) -> Json {
    let mut next = 10_000 + entries.len();
    let mut entry = |&(author, at, field): &(&str, i64, &str)| {
        next -= 1;
        let mut entry = json!({
            "id": next.to_string(),
            "created": moment_text(Millis(at)),
            "items": [{ "field": field, "fieldtype": "jira", "fieldId": field }],
        });
        if !author.is_empty() {
            entry["author"] = json!({ "accountId": author, "displayName": "Somebody" });
        }
        entry
    };
    let histories: Vec<Json> = entries.iter().map(&mut entry).collect();
    let count = histories.len();
    json!({ "startAt": 0, "maxResults": count, "total": count, "histories": histories })
}

pub(crate) fn comment(id: u64, author: &str) -> Json {
    json!({
        "id": id.to_string(),
        "self": format!("https://acme.atlassian.net/rest/api/3/issue/10001/comment/{id}"),
        "author": { "accountId": author, "displayName": "Somebody" },
        "created": "2026-08-24T10:00:00.000+0000",
        "updated": "2026-08-24T10:00:00.000+0000",
        "body": document("I see it too"),
        "jsdPublic": true,
    })
}
