//! Work items, comments and feeds of Azure DevOps.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use emulator::Options;
use emulator::azure::Services;
use model::{Item, ItemId, Millis, Value as Field};
use serde_json::{Value, json};
use sync::{Connector as _, ReadRequest, Reading};
use tests::environment;

use crate::talk::{document, emulated, files, lead, objects, profile};

const ORIGIN: &str = "http://127.0.0.1:82";

/// Fields that the examples hold beside those of the sample profile.
const FIELDS: &str = r#"
[[field]]
jira = "duedate"
azure = "Microsoft.VSTS.Scheduling.DueDate"

[[field]]
jira = "customfield_10016"
azure = "Microsoft.VSTS.Scheduling.RemainingWork"
"#;

fn connector() -> azure::Connector {
    let address = format!("{ORIGIN}/acme");
    let profile = profile(
        FIELDS,
        &[
            ("https://dev.azure.com/acme", &address),
            (
                "azure = { project = \"Platform\" }",
                "azure = { project = \"Fabrikam-Fiber-Git\" }",
            ),
        ],
    );
    let services = Box::new(Services::new(Options::default()));
    let knowledge = lead(azure::discover(&profile), emulated(services, ORIGIN));
    azure::Connector::new(&profile, knowledge.expect("the emulator tells what it has"))
}

/// The folders with examples and recordings that are at hand.
fn folders() -> Vec<PathBuf> {
    let examples = environment::specs().map(|specs| specs.join("ado-examples"));
    let fixtures = environment::fixtures().map(|fixtures| fixtures.join("ado-fixtures"));
    let found: Vec<PathBuf> = [examples, fixtures].into_iter().flatten().collect();
    if found.is_empty() {
        eprintln!("the examples of Azure DevOps are not at hand; nothing is read");
    }
    found
}

/// All documents of a folder that are strict JSON; an example is what its answer holds.
fn documents(folder: &Path) -> Vec<(String, Value)> {
    let parse = |(path, text): (PathBuf, String)| {
        let value: Value = serde_json::from_str(&text).ok()?;
        let value = match value.get("responses") {
            Some(responses) => responses.clone(),
            None => value,
        };
        let name = path.file_name()?.to_string_lossy().into_owned();
        Some((name, value))
    };
    files(folder).into_iter().filter_map(parse).collect()
}

/// Whether it is a work item with all that every whole one has.
fn is_whole(value: &Value) -> bool {
    let fields = &value["fields"];
    let has = |name: &str| fields[name].is_string();
    let head = value["id"].is_u64() && value["rev"].is_u64();
    head && has("System.ChangedDate") && has("System.TeamProject") && has("System.WorkItemType")
}

/// What the connector makes of a work item, with these comments.
fn read(connector: &azure::Connector, item: &Value, comments: &Value) -> Item {
    let asked = ReadRequest {
        item: ItemId(item["id"].as_u64().expect("an id")),
        known: None,
        resigned: false,
    };
    let end = lead(connector.read(&[asked]), |request| {
        if request.url.contains("/comments") {
            document(comments)
        } else {
            document(&json!({ "count": 1, "value": [item] }))
        }
    });
    let reading = end.expect("no obstacle").into_iter().next();
    match reading {
        Some(Reading::Present(item)) => *item,
        other => panic!("not read: {item}\n{}", other.is_some()),
    }
}

fn moment(text: &Value) -> Option<Millis> {
    let text = text.as_str()?;
    let moment: jiff::Timestamp = text.parse().ok()?;
    Some(Millis(moment.as_millisecond()))
}

/// Names and addresses in the three shapes of a person (azure.md 10.1).
fn names(person: &Value) -> BTreeSet<String> {
    let split = |text: &str| -> Vec<String> {
        let inner = text
            .strip_suffix('>')
            .and_then(|text| text.rsplit_once('<'));
        match inner {
            Some((name, address)) => vec![name.trim().to_owned(), address.trim().to_owned()],
            None => vec![text.trim().to_owned()],
        }
    };
    let texts = match person {
        Value::String(text) => vec![text.as_str()],
        object => ["displayName", "uniqueName", "name"]
            .iter()
            .filter_map(|name| object[*name].as_str())
            .collect(),
    };
    texts.into_iter().flat_map(split).collect()
}

/// Fails unless the field holds what the example says.
fn same(name: &str, seen: &Field, example: &Value, place: &str) {
    let fits = match (seen, example) {
        (Field::Empty, Value::Null) => true,
        (Field::Empty, Value::String(text)) => text.is_empty(),
        (
            Field::Text(seen) | Field::Choice(seen) | Field::Html(seen) | Field::Markdown(seen),
            Value::String(text),
        ) => seen == text,
        (Field::Number(seen), Value::Number(_)) => seen.to_json().as_f64() == example.as_f64(),
        (Field::Set(seen), Value::String(text)) => {
            let expected: BTreeSet<String> =
                text.split(';').map(|tag| tag.trim().to_owned()).collect();
            *seen == expected
        }
        (Field::Moment(seen), text) => moment(text) == Some(*seen),
        (Field::User(seen), person) => {
            let names = names(person);
            names.contains(&seen.id) && (seen.display.is_empty() || names.contains(&seen.display))
        }
        _ => false,
    };
    assert!(fits, "{place}: {name} was read as {seen:?} from {example}");
}

fn compare(connector: &azure::Connector, place: &str, example: &Value) -> usize {
    let item = read(connector, example, &json!({ "comments": [] }));
    let fields = &example["fields"];
    assert_eq!(example["id"], item.id.0, "{place}");
    assert_eq!(example["rev"], item.revision.0, "{place}");
    assert_eq!(fields["System.TeamProject"], *item.project, "{place}");
    assert_eq!(fields["System.WorkItemType"], *item.kind, "{place}");
    assert_eq!(
        moment(&fields["System.ChangedDate"]),
        Some(item.changed),
        "{place}"
    );
    let known = [
        "System.Title",
        "System.Description",
        "System.State",
        "System.Tags",
        "System.AssignedTo",
        "Microsoft.VSTS.Common.Priority",
        "Microsoft.VSTS.Scheduling.RemainingWork",
        "Microsoft.VSTS.Scheduling.DueDate",
    ];
    for name in known {
        same(name, item.field(name), &fields[name], place);
    }
    known
        .iter()
        .filter(|name| !fields[**name].is_null())
        .count()
}

#[test]
fn every_whole_work_item_is_read_without_loss() {
    let connector = connector();
    for folder in folders() {
        let (mut items, mut fields) = (0, 0);
        for (name, value) in documents(&folder) {
            for item in objects(&value, &is_whole) {
                fields += compare(&connector, &name, item);
                items += 1;
            }
        }
        eprintln!("{items} work items with {fields} known fields");
        assert!(
            items >= 4 && fields >= 3 * items,
            "{items} items, {fields} fields"
        );
    }
}

#[test]
fn every_list_of_comments_is_read_without_loss() {
    let connector = connector();
    let is_list = |value: &Value| {
        value["comments"].as_array().is_some_and(|list| {
            // Lists of before 2019 hold revisions instead of comments and have their own operation.
            list.iter().all(|one| one["version"].is_u64())
        })
    };
    let mut carrier = json!({ "id": 299, "rev": 7, "fields": {
        "System.TeamProject": "Fabrikam-Fiber-Git", "System.WorkItemType": "Task", "System.Title": "x", "System.State": "New",
        "System.ChangedDate": "2019-01-20T23:04:48.77Z", "System.CommentCount": 3,
    } });
    let Some(folder) = environment::specs().map(|specs| specs.join("ado-examples")) else {
        eprintln!("the examples of Azure DevOps are not at hand; nothing is read");
        return;
    };
    let mut lists = 0;
    for (name, value) in documents(&folder) {
        for list in objects(&value, &is_list) {
            let mut page = list.clone();
            // What leads on would be asked for, and here it is always the same page.
            for member in ["continuationToken", "nextPage"] {
                page.as_object_mut().expect("an object").remove(member);
            }
            // A list that shows fewer than the work item counts would be read again.
            let length = page["comments"].as_array().map_or(0, Vec::len);
            carrier["fields"]["System.CommentCount"] = length.into();
            let item = read(&connector, &carrier, &page);
            let seen: BTreeMap<u64, _> = item
                .comments
                .iter()
                .flatten()
                .map(|one| (one.id.0, one))
                .collect();
            let all = list["comments"].as_array().expect("a list");
            let wanted: Vec<&Value> = all.iter().filter(|one| one["isDeleted"] != true).collect();
            assert_eq!(seen.len(), wanted.len(), "{name}");
            for example in wanted {
                let id = example["id"].as_u64().or(example["commentId"].as_u64());
                let comment = seen[&id.expect("an id")];
                same("text", &comment.body, &example["text"], &name);
                same(
                    "createdBy",
                    &Field::User(comment.author.clone()),
                    &example["createdBy"],
                    &name,
                );
                assert_eq!(
                    moment(&example["createdDate"]),
                    Some(comment.created),
                    "{name}"
                );
            }
            lists += 1;
        }
    }
    eprintln!("{lists} lists of comments");
    assert!(lists >= 3);
}

#[test]
fn every_page_of_the_revisions_feed_is_read_without_loss() {
    let connector = connector();
    let is_page = |value: &Value| {
        let is_revision =
            |row: &Value| row["rev"].is_u64() && row["fields"]["System.TeamProject"].is_string();
        value["values"]
            .as_array()
            .is_some_and(|rows| rows.iter().all(is_revision))
    };
    let Some(folder) = environment::specs().map(|specs| specs.join("ado-examples")) else {
        eprintln!("the examples of Azure DevOps are not at hand; nothing is read");
        return;
    };
    let mut pages = 0;
    for (name, value) in documents(&folder) {
        for page in objects(&value, &is_page) {
            let end = lead(connector.feed(None), |_| document(page));
            let read = end.expect("no obstacle");
            let mut expected: BTreeMap<u64, u64> = BTreeMap::new();
            for row in page["values"].as_array().into_iter().flatten() {
                let number = |name: &str| row[name].as_u64().unwrap_or_default();
                let known = expected.entry(number("id")).or_default();
                *known = number("rev").max(*known);
            }
            let seen: BTreeMap<u64, u64> = read
                .changes
                .iter()
                .map(|change| (change.item.0, change.revision.0))
                .collect();
            assert_eq!(seen, expected, "{name}");
            assert_eq!(read.more, page["isLastBatch"] == false, "{name}");
            pages += 1;
        }
    }
    eprintln!("{pages} pages of the feed");
    assert!(pages >= 2);
}
