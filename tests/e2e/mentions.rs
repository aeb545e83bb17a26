//! Mentions: the same person is mentioned, and so notified, on the other side.

use std::time::Duration;

use emulator::people::Person;
use model::Side;
use serde_json::{Value, json};
use tests::harness::{Plan, World};

use crate::hand::{Couple, Hand, text};

const STEP: Duration = Duration::from_secs(60);

fn person(handle: &str) -> Person {
    let all = emulator::people::people();
    let found = all.into_iter().find(|person| person.handle == handle);
    found.expect("one of the people")
}

/// Names everybody's identity but that of `stranger`.
fn known(profile: String, stranger: &str) -> String {
    let known = emulator::people::people().into_iter();
    known
        .filter(|person| person.handle != stranger)
        .fold(profile, |text, person| {
            let row = format!("azure = {:?}\n", person.email);
            text.replace(&row, &format!("{row}azure_id = {:?}\n", person.guid))
        })
}

/// A document that mentions a person.
fn document(words: &str, person: &Person) -> Value {
    let name = format!("@{}", person.display);
    let mention = json!({ "type": "mention", "attrs": { "id": person.account_id, "text": name } });
    let line =
        json!({ "type": "paragraph", "content": [{ "type": "text", "text": words }, mention] });
    json!({ "type": "doc", "version": 1, "content": [line] })
}

fn html(words: &str, person: &Person) -> String {
    let (guid, name) = (person.guid, person.display);
    format!("<div>{words}<a href=\"#\" data-vss-mention=\"version:2.0,{guid}\">@{name}</a></div>")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mention_names_the_same_person_on_the_other_side_in_both_directions() {
    let mut world = World::begin(Plan::new(0, 75)).await;
    world.rewrite_profile(|profile| known(profile, "erik"));
    world.start().await;
    let alice = Hand::at(&world.addresses.jira, "alice");
    let bruno = Hand::at(&world.addresses.azure, "bruno");
    let (chandra, dilek, erik) = (person("chandra"), person("dilek"), person("erik"));
    let fields = json!({ "summary": "Ask", "description": document("Ask ", &chandra) });
    let id = alice.issue("Story", fields).await;
    let couple = Couple::of(&world, Side::Jira, &id).await;
    world.in_step(STEP).await;
    let shown = text(&bruno.read_work_item(&couple.work_item).await["System.Description"]);
    let named = format!("data-vss-mention=\"version:2.0,{}\"", chandra.guid);
    assert!(shown.contains(&named), "{shown}");

    let fields = json!({ "System.Description": html("Better ask ", &dilek) });
    bruno.set_work_item(&couple.work_item, fields).await;
    world.in_step(STEP).await;
    let issue = alice.read_issue(&couple.issue).await;
    let mention = &issue["fields"]["description"]["content"][0]["content"][1];
    assert_eq!(mention["type"], "mention", "{issue:#}");
    assert_eq!(mention["attrs"]["id"], dilek.account_id);

    let said = json!({ "body": document("Do you know, ", &chandra) });
    alice.comment_issue(&couple.issue, said).await;
    let said = json!({ "body": document("Or you, ", &erik) });
    alice.comment_issue(&couple.issue, said).await;
    let said = html("I do not know, ", &dilek);
    bruno.comment_work_item(&couple.work_item, &said).await;
    world.in_step(STEP).await;
    let comments = bruno.read_comments(&couple.work_item).await;
    let told = |words: &str| {
        let mut all = comments.iter();
        let comment = all.find(|comment| text(&comment["text"]).contains(words));
        let mentions = comment.expect("the comment crossed")["mentions"].as_array();
        let ids = mentions.into_iter().flatten();
        ids.map(|mention| text(&mention["targetId"]))
            .collect::<Vec<String>>()
    };
    assert_eq!(told("Do you know"), [chandra.guid]);
    assert_eq!(told("Or you"), [""; 0], "nobody said who that is there");
    let issue = alice.read_issue(&couple.issue).await;
    let comments = issue["fields"]["comment"]["comments"].as_array();
    let comments = comments.into_iter().flatten();
    let mut twins = comments.filter(|comment| comment.to_string().contains("I do not know"));
    let twin = twins.next().expect("the comment crossed").to_string();
    assert!(
        twin.contains(&format!("\"id\":\"{}\"", dilek.account_id)),
        "{twin}"
    );
    world.end();
}
