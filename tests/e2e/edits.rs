//! Edits on both sides: what merges, what conflicts, and what is left alone.

use std::time::Duration;

use model::Side;
use serde_json::{Value, json};
use tests::harness::{Plan, World};

use crate::hand::{Couple, Hand, describers, paragraph, text};

const STEP: Duration = Duration::from_secs(60);
const PRIORITY: &str = "Microsoft.VSTS.Common.Priority";

/// A world with a running node and somebody at each side.
async fn begin(seed: u64, profile: impl FnOnce(String) -> String) -> (World, Hand, Hand) {
    let mut world = World::begin(Plan::new(0, seed)).await;
    world.rewrite_profile(profile);
    world.start().await;
    let alice = Hand::at(&world.addresses.jira, "alice");
    let bruno = Hand::at(&world.addresses.azure, "bruno");
    (world, alice, bruno)
}

/// A couple that began as a story and is in step.
async fn story(world: &mut World, alice: &Hand, fields: Value) -> Couple {
    let id = alice.issue("Story", fields).await;
    let couple = Couple::of(world, Side::Jira, &id).await;
    world.in_step(STEP).await;
    couple
}

/// Ends the node, lets people edit, and starts it again.
async fn meanwhile(world: &mut World, edits: impl Future<Output = ()>) {
    let (status, _) = world.terminate().await;
    assert_eq!(status.code(), Some(0), "{}", world.tail());
    edits.await;
    world.start().await;
}

/// Waits until the node has had nothing to do for two seconds: both sides may well differ in what one of them cannot say.
async fn at_rest(world: &World) {
    let mut well = 0;
    while well < 4 {
        world
            .until("the node to rest", STEP, || world.is_idle())
            .await;
        tests::harness::pause(500).await;
        well = if world.is_idle().await { well + 1 } else { 0 };
    }
}

/// The names of the events in the pair's history.
async fn events(world: &World, id: &str) -> Vec<String> {
    let ran = world.run(&["pair", "why", id]).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let history = ran.json()["history"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    history.iter().map(|line| text(&line["event"])).collect()
}

/// The sentences of the pair's history, as people read them.
async fn sentences(world: &World, id: &str) -> String {
    let config = world.config().display().to_string();
    let arguments = ["pair", "why", id, "--config", &config];
    let arguments = arguments.map(str::to_owned).to_vec();
    let ran = tests::harness::run(&tests::binary::built(), arguments).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    ran.out
}

async fn problems(world: &World, all: bool) -> Vec<Value> {
    let arguments: &[&str] = if all {
        &["problems", "--all"]
    } else {
        &["problems"]
    };
    let answer = world.run(arguments).await.json();
    answer["problems"].as_array().cloned().unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn different_fields_edited_on_both_sides_while_the_node_is_down_merge() {
    let (mut world, alice, bruno) = begin(41, |text| text).await;
    let fields = json!({ "summary": "Gift cards expire", "description": paragraph("As it was.") });
    let couple = story(&mut world, &alice, fields).await;
    meanwhile(&mut world, async {
        let edit = json!({ "summary": "Gift cards never expire", "description": paragraph("As it will be.") });
        alice.set_issue(&couple.issue, edit).await;
        let edit = json!({ PRIORITY: 1, "System.State": "Active", "System.AssignedTo": "dilek@acme.example" });
        bruno.set_work_item(&couple.work_item, edit).await;
    })
    .await;
    world.in_step(STEP).await;
    let issue = couple.seen_issue(&world).await;
    let work_item = couple.seen_work_item(&world).await;
    assert_eq!(issue["title"], "Gift cards never expire");
    assert_eq!(issue["priority"], "Highest");
    assert_eq!(issue["state"], "In Progress");
    assert_eq!(issue["assignee"], "dilek");
    assert_eq!(work_item["title"], "Gift cards never expire");
    assert_eq!(work_item["text"], "As it will be.");
    assert_eq!(work_item["priority"], 1);
    assert_eq!(work_item["state"], "Active");
    let events = events(&world, &couple.key).await;
    assert!(
        !events.iter().any(|event| event.contains("conflict")),
        "{events:?}"
    );
    assert!(problems(&world, true).await.is_empty());
    world.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn labels_and_tags_merge_element_by_element() {
    let (mut world, alice, bruno) = begin(42, |text| text).await;
    let labels = json!(["shared", "old-jira", "old-azure", "old-both"]);
    let couple = story(
        &mut world,
        &alice,
        json!({ "summary": "Labels", "labels": labels }),
    )
    .await;
    meanwhile(&mut world, async {
        let operations = json!([
            { "add": "new-jira" }, { "add": "new-both" }, { "remove": "old-jira" }, { "remove": "old-both" },
        ]);
        let edit = json!({ "update": { "labels": operations } });
        alice.edit_issue(&couple.issue, edit).await;
        let read = bruno.read_work_item(&couple.work_item).await;
        let tags = text(&read["System.Tags"]);
        let kept = tags.split("; ").filter(|tag| !["old-azure", "old-both"].contains(tag));
        let tags: Vec<&str> = kept.chain(["new azure", "new-both"]).collect();
        // A plain write of tags only adds; replacing is what takes some away.
        bruno.set_work_item(&couple.work_item, json!({ "System.Tags": null })).await;
        let edit = json!({ "System.Tags": tags.join("; ") });
        bruno.set_work_item(&couple.work_item, edit).await;
    })
    .await;
    world.in_step(STEP).await;
    let issue = couple.seen_issue(&world).await;
    let work_item = couple.seen_work_item(&world).await;
    assert_eq!(
        issue["tags"],
        json!(["new-both", "new-jira", "new_azure", "shared"])
    );
    assert_eq!(
        work_item["tags"],
        json!(["new azure", "new-both", "new-jira", "shared"])
    );
    assert!(problems(&world, true).await.is_empty());
    world.end();
}

/// Each rule with a policy of its own; the profile's own is what the rule `priority` follows.
fn policies(text: String) -> String {
    let own = "\n[[field]]\njira = \"summary\"\nazure = \"System.Title\"\nconflict = \"azure\"\n\
               \n[[field]]\njira = \"description\"\nazure = \"System.Description\"\nconflict = \"latest\"\n";
    let text = text.replacen("conflict = \"latest\"", "conflict = \"jira\"", 1);
    text + own
}

#[tokio::test(flavor = "multi_thread")]
async fn a_field_edited_on_both_sides_follows_the_policy_of_its_rule_and_is_told() {
    let (mut world, alice, bruno) = begin(43, policies).await;
    let fields = |title: &str| json!({ "summary": title, "description": paragraph("Before.") });
    let jira_later = story(&mut world, &alice, fields("One")).await;
    let azure_later = story(&mut world, &alice, fields("Two")).await;
    meanwhile(&mut world, async {
        let edit = json!({
            "System.Title": "One by Azure", PRIORITY: 1, "System.Description": "<div>Earlier by Azure.</div>",
        });
        bruno.set_work_item(&jira_later.work_item, edit).await;
        for couple in [&jira_later, &azure_later] {
            tests::harness::pause(50).await;
            let edit = json!({
                "summary": "By Jira", "priority": { "name": "Low" }, "description": paragraph("By Jira."),
            });
            alice.set_issue(&couple.issue, edit).await;
        }
        tests::harness::pause(50).await;
        let edit = json!({
            "System.Title": "Two by Azure", PRIORITY: 2, "System.Description": "<div>Later by Azure.</div>",
        });
        bruno.set_work_item(&azure_later.work_item, edit).await;
    })
    .await;
    world.in_step(STEP).await;
    for (couple, title, description) in [
        (&jira_later, "One by Azure", "By Jira."),
        (&azure_later, "Two by Azure", "Later by Azure."),
    ] {
        let work_item = couple.seen_work_item(&world).await;
        assert_eq!(work_item["title"], title);
        assert_eq!(work_item["text"], description);
        assert_eq!(work_item["priority"], 4);
        assert_eq!(couple.seen_issue(&world).await["priority"], "Low");
        let found = events(&world, &couple.work_item).await;
        let conflicts = found.iter().filter(|event| *event == "conflict").count();
        assert_eq!(conflicts, 3, "{found:?}");
        let told = sentences(&world, &couple.key).await;
        for (rule, kept) in [
            ("summary", "Azure DevOps"),
            ("priority", "Jira"),
            (
                "description",
                if description == "By Jira." {
                    "Jira"
                } else {
                    "Azure DevOps"
                },
            ),
        ] {
            let sentence = format!("both sides changed {rule}; the profile's policy kept {kept}'s");
            assert!(told.contains(&sentence), "{sentence}\n{told}");
        }
    }
    assert!(problems(&world, false).await.is_empty());
    let told = problems(&world, true).await;
    assert_eq!(told.len(), 6, "{told:#?}");
    assert!(
        told.iter().all(|each| each["code"] == "conflict"),
        "{told:#?}"
    );
    world.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_manual_conflict_waits_alone_and_heals_when_a_person_makes_both_equal() {
    let manual = |text: String| text.replacen("conflict = \"latest\"", "conflict = \"manual\"", 1);
    let (mut world, alice, bruno) = begin(44, manual).await;
    let couple = story(&mut world, &alice, json!({ "summary": "Basket" })).await;
    meanwhile(&mut world, async {
        let edit = json!({ "summary": "Basket of Jira", "priority": { "name": "High" } });
        alice.set_issue(&couple.issue, edit).await;
        let edit = json!({ "System.Title": "Basket of Azure", "System.State": "Active" });
        bruno.set_work_item(&couple.work_item, edit).await;
    })
    .await;
    let world = world;
    world
        .until(
            "the fields that are not in conflict to cross",
            STEP,
            || async {
                let issue = couple.seen_issue(&world).await;
                let work_item = couple.seen_work_item(&world).await;
                issue["state"] == "In Progress" && work_item["priority"] == 2
            },
        )
        .await;
    assert_eq!(couple.seen_issue(&world).await["title"], "Basket of Jira");
    assert_eq!(
        couple.seen_work_item(&world).await["title"],
        "Basket of Azure"
    );
    let open = problems(&world, false).await;
    assert_eq!(open.len(), 1, "{open:#?}");
    assert_eq!(open[0]["code"], "conflict-manual");
    assert_eq!(open[0]["subject"], "summary");
    assert_eq!(open[0]["items"]["jira"], json!(couple.key));
    assert!(
        text(&open[0]["cure"]).contains("equal on both sides"),
        "{open:#?}"
    );
    let found = events(&world, &couple.key).await;
    assert!(found.contains(&"conflict-waits".to_owned()), "{found:?}");
    let told = sentences(&world, &couple.key).await;
    assert!(
        told.contains("both sides changed summary; it waits for a person"),
        "{told}"
    );
    bruno
        .set_work_item(
            &couple.work_item,
            json!({ "System.Title": "Basket of Jira" }),
        )
        .await;
    world
        .until("the conflict to be over", STEP, || async {
            problems(&world, false).await.is_empty()
        })
        .await;
    let closed = problems(&world, true).await;
    assert_eq!(closed.len(), 1, "{closed:#?}");
    assert_eq!(closed[0]["open"], false);
    alice
        .set_issue(&couple.issue, json!({ "summary": "Basket of both" }))
        .await;
    world
        .until("the title to be kept in step again", STEP, || async {
            couple.seen_work_item(&world).await["title"] == "Basket of both"
        })
        .await;
    world.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_of_one_direction_carries_that_way_only() {
    let one_way = |text: String| {
        let text = text.replacen(
            "otherwise = \"skip\"",
            "otherwise = \"skip\"\ndirection = \"to-azure\"",
            1,
        );
        text.replacen(
            "azure = \"System.AssignedTo\"",
            "azure = \"System.AssignedTo\"\ndirection = \"to-jira\"",
            1,
        )
    };
    let (mut world, alice, bruno) = begin(45, one_way).await;
    let couple = story(&mut world, &alice, json!({ "summary": "One way" })).await;
    let edit =
        json!({ PRIORITY: 1, "System.AssignedTo": "erik@acme.example", "System.Title": "Barrier" });
    bruno.set_work_item(&couple.work_item, edit).await;
    world
        .until("what may cross to cross to Jira", STEP, || async {
            let issue = couple.seen_issue(&world).await;
            issue["title"] == "Barrier" && issue["assignee"] == "erik"
        })
        .await;
    assert_eq!(couple.seen_issue(&world).await["priority"], "Medium");
    assert_eq!(couple.seen_work_item(&world).await["priority"], 1);
    let edit = json!({
        "priority": { "name": "Low" }, "summary": "Second barrier",
        "assignee": { "accountId": emulator::people::people()[0].account_id },
    });
    alice.set_issue(&couple.issue, edit).await;
    world
        .until("what may cross to cross to Azure", STEP, || async {
            let work_item = couple.seen_work_item(&world).await;
            work_item["title"] == "Second barrier" && work_item["priority"] == 4
        })
        .await;
    assert_eq!(couple.seen_work_item(&world).await["assignee"], "erik");
    assert_eq!(couple.seen_issue(&world).await["assignee"], "alice");
    world.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn comments_cross_both_ways_once_with_their_author_and_restricted_ones_stay() {
    let (mut world, alice, bruno) = begin(46, |text| text).await;
    let couple = story(&mut world, &alice, json!({ "summary": "Talk" })).await;
    let say = |text: &str| json!({ "body": paragraph(text) });
    let mut secret = say("Only for us.");
    secret["visibility"] = json!({ "type": "role", "value": "Administrators" });
    alice.comment_issue(&couple.issue, secret).await;
    meanwhile(&mut world, async {
        alice
            .comment_issue(&couple.issue, say("From Jira, first."))
            .await;
        bruno
            .comment_work_item(&couple.work_item, "<div>From Azure.</div>")
            .await;
        alice
            .comment_issue(&couple.issue, say("From Jira, second."))
            .await;
    })
    .await;
    let comments = |item: Value| -> Vec<(String, String)> {
        let list = item["comments"].as_array().cloned().unwrap_or_default();
        let mut all: Vec<_> = list
            .iter()
            .map(|each| (text(&each["by"]), text(&each["text"])))
            .collect();
        all.sort();
        all
    };
    let at_azure = [
        ("bruno", "From Azure."),
        ("sync", "Alice Abara commented in Jira: From Jira, first."),
        ("sync", "Alice Abara commented in Jira: From Jira, second."),
    ];
    let at_jira = [
        ("alice", "From Jira, first."),
        ("alice", "From Jira, second."),
        ("alice", "Only for us."),
        (
            "sync",
            "Bruno Belmonte commented in Azure DevOps: From Azure.",
        ),
    ];
    let owned = |list: &[(&str, &str)]| -> Vec<(String, String)> {
        let own = |(by, text): &(&str, &str)| ((*by).to_owned(), (*text).to_owned());
        list.iter().map(own).collect()
    };
    for round in 0..2 {
        world
            .until("the comments to cross", STEP, || async {
                world.is_idle().await
                    && comments(couple.seen_work_item(&world).await) == owned(&at_azure)
                    && comments(couple.seen_issue(&world).await) == owned(&at_jira)
            })
            .await;
        if round == 0 {
            // A start that looks at everything again says nothing twice.
            world.kill();
            world.start().await;
            tests::harness::pause(2_000).await;
        }
    }
    assert!(world.doubled().await.is_empty());
    world.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn values_that_share_their_counterpart_are_kept_where_they_are() {
    let (mut world, alice, bruno) = begin(47, |text| text).await;
    let priority = json!({ "name": "Lowest" });
    let couple = story(
        &mut world,
        &alice,
        json!({ "summary": "Least", "priority": priority }),
    )
    .await;
    assert_eq!(couple.seen_work_item(&world).await["priority"], 4);
    bruno
        .set_work_item(&couple.work_item, json!({ "System.Title": "Least of all" }))
        .await;
    alice
        .set_issue(&couple.issue, json!({ "priority": { "name": "Low" } }))
        .await;
    world.in_step(STEP).await;
    let issue = couple.seen_issue(&world).await;
    assert_eq!(issue["title"], "Least of all");
    assert_eq!(issue["priority"], "Low");
    alice
        .set_issue(&couple.issue, json!({ "priority": { "name": "Lowest" } }))
        .await;
    world.in_step(STEP).await;
    assert_eq!(couple.seen_issue(&world).await["priority"], "Lowest");
    assert_eq!(couple.seen_work_item(&world).await["priority"], 4);
    bruno
        .set_work_item(&couple.work_item, json!({ PRIORITY: 3 }))
        .await;
    world.in_step(STEP).await;
    bruno
        .set_work_item(&couple.work_item, json!({ PRIORITY: 4 }))
        .await;
    world.in_step(STEP).await;
    assert_eq!(couple.seen_issue(&world).await["priority"], "Low");
    world.end();
}

/// A document with what HTML cannot say: a panel, a status, a decision.
fn rich(word: &str) -> Value {
    let line =
        |text: &str| json!({ "type": "paragraph", "content": [{ "type": "text", "text": text }] });
    json!({ "type": "doc", "version": 1, "content": [
        { "type": "panel", "attrs": { "panelType": "warning" }, "content": [line(word)] },
        { "type": "paragraph", "content": [
            { "type": "text", "text": "State: " },
            { "type": "status", "attrs": { "text": "WAITING", "color": "yellow", "localId": "a1" } },
            { "type": "text", "text": " small", "marks": [{ "type": "textColor", "attrs": { "color": "#ff5630" } }] },
        ] },
    ] })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rich_description_is_never_rewritten_where_it_was_written() {
    let (world, alice, bruno) = begin(48, |text| text).await;
    let fields = json!({ "summary": "Rich in Jira", "description": rich("First warning.") });
    let id = alice.issue("Story", fields).await;
    let from_jira = Couple::of(&world, Side::Jira, &id).await;
    let html = "<div style=\"color:#123456\">Rich <u>in</u> Azure</div><hr><div><span style=\"font-size:18pt\">big</span></div>";
    let fields = json!({ "System.Title": "Rich in Azure", "System.Description": html });
    let id = bruno.work_item("User Story", fields).await;
    let from_azure = Couple::of(&world, Side::Azure, &id).await;
    at_rest(&world).await;
    let stored = bruno.read_work_item(&id).await["System.Description"].clone();
    // Edits of other fields, of the description itself at its source, and of the other side's titles.
    // What was lost on the way is told.
    let told = sentences(&world, &from_jira.key).await;
    assert!(told.contains("losses of form"), "{told}");
    alice
        .set_issue(&from_azure.issue, json!({ "summary": "Rich in both" }))
        .await;
    bruno
        .set_work_item(
            &from_jira.work_item,
            json!({ "System.Title": "Rich in both, too" }),
        )
        .await;
    alice
        .set_issue(
            &from_jira.issue,
            json!({ "description": rich("Second warning.") }),
        )
        .await;
    world
        .until("the edits to cross", STEP, || async {
            let seen = from_jira.seen_work_item(&world).await;
            text(&seen["text"]).contains("Second warning.")
                && from_jira.seen_issue(&world).await["title"] == "Rich in both, too"
                && from_azure.seen_work_item(&world).await["title"] == "Rich in both"
        })
        .await;
    at_rest(&world).await;
    let issue = alice.read_issue(&from_jira.issue).await;
    assert_eq!(issue["fields"]["summary"], "Rich in both, too");
    assert_eq!(issue["fields"]["description"], rich("Second warning."));
    assert_eq!(describers(&issue), ["Alice Abara"]);
    let read = bruno.read_work_item(&id).await;
    assert_eq!(read["System.Title"], "Rich in both");
    assert_eq!(read["System.Description"], stored);
    let updates = bruno.updates(&id).await;
    let described = updates
        .iter()
        .filter(|update| !update["fields"]["System.Description"].is_null());
    let by: Vec<String> = described
        .map(|update| text(&update["revisedBy"]["displayName"]))
        .collect();
    assert_eq!(by, ["Bruno Belmonte"]);
    world.end();
}
