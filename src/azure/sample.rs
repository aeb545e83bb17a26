//! What the tests of this crate share: a profile, what was learned of its remote, and answers.

use std::collections::BTreeMap;

use mapping::{AzureScope, Kind, Profile};
use model::http::{Request, Response};
use model::{Installation, ItemId, Marker, PairId, ProfileName, Side};
use serde_json::{Value as Json, json};

use crate::address::Address;
use crate::identity::Me;
use crate::knowledge::{Field, Knowledge, Project, Type, TypeField};
use crate::site::Site;
use sync::script::{Answer, Step};

const PROFILE: &str = r#"
name = "web-to-platform"
[jira]
url = "https://acme.atlassian.net"
credential = "jira-sync"
[azure]
url = "https://dev.azure.com/acme"
credential = "azure-sync"
[[scope]]
jira = { project = "WEB" }
azure = { project = "Platform" }
[[type]]
jira = "Story"
azure = "User Story"
[[state]]
jira = "To Do"
azure = "New"
"#;

/// A small profile.
pub(crate) fn profile() -> Profile {
    match Profile::compile(PROFILE, "web.toml") {
        Ok(profile) => profile,
        Err(faults) => panic!("{faults:?}"),
    }
}

/// An organisation with one project, in which we are `sync@acme.example`.
pub(crate) fn site() -> Site {
    let kinds = [
        ("System.Title", Kind::Text),
        ("System.Description", Kind::Rich),
        ("System.AssignedTo", Kind::User),
        ("System.Tags", Kind::Set),
        ("Microsoft.VSTS.Common.Priority", Kind::Choice),
        ("System.State", Kind::State),
    ];
    Site {
        address: Address::new("https://dev.azure.com/acme"),
        scopes: vec![scope("Platform", None, None)],
        kinds: kinds.map(|(name, kind)| (name.to_owned(), kind)).into(),
        knowledge: knowledge(),
    }
}

/// One scope.
pub(crate) fn scope(project: &str, area: Option<&str>, filter: Option<&str>) -> AzureScope {
    AzureScope {
        project: project.to_owned(),
        area: area.map(str::to_owned),
        filter: filter.map(str::to_owned),
    }
}

fn knowledge() -> Knowledge {
    let me = Me::decode(&json!({ "authenticatedUser": {
        "id": "968df890-725c-49a7-807c-37a98a6ab1f1",
        "providerDisplayName": "Sync Bot",
        "properties": { "Account": { "$type": "System.String", "$value": "sync@acme.example" } },
    } }));
    let Some(me) = me else {
        panic!("the sample account cannot be read");
    };
    let mut knowledge = Knowledge::of(me);
    knowledge.fields = fields();
    knowledge.projects.insert("Platform".into(), project());
    knowledge
}

fn fields() -> BTreeMap<String, Field> {
    let field = |(reference, name, form): &(&str, &str, &str)| {
        Field::decode(&json!({ "referenceName": reference, "name": name, "type": form }))
    };
    let all = [
        ("System.Title", "Title", "string"),
        ("System.Description", "Description", "html"),
        ("System.AssignedTo", "Assigned To", "identity"),
        ("System.Tags", "Tags", "plainText"),
        ("System.State", "State", "string"),
        ("Microsoft.VSTS.Common.Priority", "Priority", "integer"),
    ];
    all.iter().filter_map(field).collect()
}

fn project() -> Project {
    let story = Type::decode(&json!({
        "name": "User Story",
        "states": [{ "name": "New", "category": "Proposed" }, { "name": "Active", "category": "InProgress" }],
        "transitions": { "": [{ "to": "New" }] },
    }));
    let priority = TypeField::decode(&json!({
        "referenceName": "Microsoft.VSTS.Common.Priority", "name": "Priority",
        "defaultValue": "2", "allowedValues": ["1", "2", "3", "4"],
    }));
    let mut project = Project {
        types: story.into_iter().collect(),
    };
    for kind in project.types.values_mut() {
        kind.fields.extend(priority.clone());
    }
    project
}

/// The marker that the sample items carry.
pub(crate) fn marker() -> Marker {
    let Ok(profile) = ProfileName::new("web-to-platform") else {
        panic!("the sample profile has no name");
    };
    Marker {
        installation: Installation([7; 16]),
        profile,
        source: PairId {
            origin: Side::Jira,
            item: ItemId(10_012),
        },
    }
}

/// A user story that somebody else created.
pub(crate) fn story(id: u64, rev: u64) -> Json {
    json!({
        "id": id,
        "rev": rev,
        "fields": {
            "System.TeamProject": "Platform",
            "System.WorkItemType": "User Story",
            "System.State": "New",
            "System.Title": "Crash on start",
            "System.CreatedBy": { "displayName": "Alice", "uniqueName": "alice@acme.example", "id": "1" },
            "System.ChangedDate": "2026-01-07T13:16:04.837Z",
            "System.CommentCount": 0,
            "Microsoft.VSTS.Common.Priority": 2,
        },
        "url": "https://dev.azure.com/acme/_apis/wit/workItems/1",
    })
}

/// The same, created by us and with our marker.
pub(crate) fn twin(id: u64, rev: u64) -> Json {
    let mut json = story(id, rev);
    json["fields"]["System.CreatedBy"] = json!({ "uniqueName": "sync@acme.example" });
    json["relations"] = json!([{
        "rel": "Hyperlink",
        "url": "https://acme.atlassian.net/browse/WEB-12",
        "attributes": { "comment": marker().to_string() },
    }]);
    json
}

/// A comment.
pub(crate) fn comment(id: u64, by: &str, text: &str) -> Json {
    json!({
        "workItemId": 1, "id": id, "version": 1, "text": text, "format": "html",
        "createdBy": { "uniqueName": by }, "createdDate": "2026-01-16T03:03:28.97Z",
    })
}

/// An answer in JSON.
#[allow(clippy::unnecessary_wraps, reason = "answers are results")]
pub(crate) fn reply(status: u16, body: &Json) -> Answer {
    page(
        status,
        "application/json; charset=utf-8; api-version=7.1",
        &body.to_string(),
    )
}

/// An answer of any kind.
#[allow(clippy::unnecessary_wraps, reason = "answers are results")]
pub(crate) fn page(status: u16, content_type: &str, body: &str) -> Answer {
    Ok(Response {
        status,
        headers: vec![("content-type".to_owned(), content_type.to_owned())],
        body: body.as_bytes().to_vec(),
    })
}

/// Leads a conversation that ends by itself.
pub(crate) fn lead<T: 'static>(mut step: Step<T>, mut remote: impl FnMut(&Request) -> Answer) -> T {
    loop {
        step = match step {
            Step::Ask(request, next) => next(remote(&request)),
            Step::Done(end) => return end,
        };
    }
}

/// The body of a request as JSON.
pub(crate) fn body_of(request: &Request) -> Json {
    serde_json::from_slice(&request.body).unwrap_or_default()
}
