//! Issues of Jira, as recorded deliveries hold them.
//!
//! A delivery speaks version 2, also on Cloud (jira.md 12.4): its texts are wiki markup, which the connector never asks for.
//! So they are taken out before an issue is given as an answer of version 3; everything else is the same.

use std::collections::BTreeSet;

use emulator::Options;
use emulator::jira::Cloud;
use model::{Item, ItemId, Millis, Value as Field};
use serde_json::{Value, json};
use sync::{Connector as _, ReadRequest, Reading};
use tests::environment;

use crate::talk::{document, emulated, files, lead, profile};

const ORIGIN: &str = "http://127.0.0.1:81";

fn connector() -> jira::Connector {
    let profile = profile("", &[("https://acme.atlassian.net", ORIGIN)]);
    let cloud = Box::new(Cloud::new(Options::default()));
    let knowledge = lead(jira::discover(&profile), emulated(cloud, ORIGIN));
    jira::Connector::new(&profile, knowledge.expect("the emulator tells what it has"))
}

fn read(connector: &jira::Connector, issue: &Value) -> Item {
    let asked = ReadRequest {
        item: ItemId(
            issue["id"]
                .as_str()
                .and_then(|id| id.parse().ok())
                .expect("an id"),
        ),
        known: None,
        resigned: false,
    };
    let end = lead(connector.read(&[asked]), |request| {
        if request.url.contains("/comment") {
            document(&json!({ "startAt": 0, "maxResults": 100, "total": 0, "comments": [] }))
        } else {
            document(&json!({ "issues": [issue], "issueErrors": [] }))
        }
    });
    match end.expect("no obstacle").into_iter().next() {
        Some(Reading::Present(item)) => *item,
        Some(Reading::Failed(why)) => panic!("{why:?}: {issue}"),
        _ => panic!("not read: {issue}"),
    }
}

fn moment(text: &Value) -> Option<Millis> {
    // Jira writes no colon in the offset.
    let moment = jiff::fmt::strtime::parse("%Y-%m-%dT%H:%M:%S%.f%z", text.as_str()?).ok()?;
    Some(Millis(moment.to_timestamp().ok()?.as_millisecond()))
}

/// The issues of Cloud that carry all that every issue has, without their texts of version 2.
fn issues() -> Vec<(String, Value)> {
    let Some(folder) = environment::fixtures().map(|all| all.join("mattermost-plugin-jira")) else {
        eprintln!("the recordings of Jira are not at hand; nothing is read");
        return Vec::new();
    };
    let whole = |(path, text): (std::path::PathBuf, String)| {
        let mut value: Value = serde_json::from_str(&text).ok()?;
        let mut issue = value["issue"].take();
        let fields = issue["fields"].as_object_mut()?;
        for name in ["description", "environment", "comment"] {
            fields.remove(name);
        }
        let is_cloud = |person: &Value| person.is_null() || person["accountId"].is_string();
        let people = ["assignee", "reporter", "creator"];
        let is_cloud = people
            .iter()
            .all(|name| fields.get(*name).is_none_or(is_cloud));
        let is_whole = ["updated", "summary"]
            .iter()
            .all(|name| fields.contains_key(*name));
        let name = path.file_name()?.to_string_lossy().into_owned();
        (is_cloud && is_whole).then_some((name, issue))
    };
    files(&folder).into_iter().filter_map(whole).collect()
}

#[test]
fn every_issue_of_a_recorded_delivery_is_read_without_loss() {
    let connector = connector();
    let issues = issues();
    for (place, issue) in &issues {
        let item = read(&connector, issue);
        let fields = &issue["fields"];
        assert_eq!(issue["key"], *item.key.as_str(), "{place}");
        assert_eq!(fields["project"]["key"], *item.project, "{place}");
        assert_eq!(fields["issuetype"]["name"], *item.kind, "{place}");
        assert_eq!(moment(&fields["updated"]), Some(item.changed), "{place}");
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let is = |name: &str, expected: Field| {
            let seen = item.field(name);
            assert!(
                *seen == expected,
                "{place}: {name} was read as {seen:?} from {}",
                fields[name]
            );
        };
        is("summary", Field::Text(text(&fields["summary"])));
        is("status", Field::Choice(text(&fields["status"]["name"])));
        if let Some(priority) = fields["priority"]["name"].as_str() {
            is("priority", Field::Choice(priority.to_owned()));
        }
        let labels: BTreeSet<String> = fields["labels"]
            .as_array()
            .into_iter()
            .flatten()
            .map(text)
            .collect();
        if !labels.is_empty() {
            is("labels", Field::Set(labels));
        }
        match (item.field("assignee"), &fields["assignee"]) {
            (Field::User(seen), person) => {
                assert_eq!(person["accountId"], *seen.id, "{place}");
                assert_eq!(person["displayName"], *seen.display, "{place}");
            }
            (other, person) => assert!(other.is_empty() && person.is_null(), "{place}: {person}"),
        }
    }
    eprintln!("{} issues", issues.len());
    assert!(environment::fixtures().is_none() || issues.len() >= 20);
}
