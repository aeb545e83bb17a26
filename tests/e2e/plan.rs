//! What a plan says: that it writes nothing, tells what a sync then does, and shows no word of the items.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use model::{Marker, Side};
use serde_json::{Value, json};
use tests::harness::{Plan, Ran, World, pause, run};

use crate::hand::{Couple, Hand, paragraph, text};

const STEP: Duration = Duration::from_secs(60);

/// Every file below a directory.
fn files(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut open = vec![dir.to_owned()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(next).expect("a directory") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                open.push(path);
            } else {
                let bytes = fs::read(&path).expect("a file");
                found.insert(path, bytes);
            }
        }
    }
    found
}

/// A plan that came to be: with code 0, or with 1 when something stays.
async fn plan(world: &World, code: i32) -> Value {
    let ran = world.run(&["profile", "plan"]).await;
    assert_eq!(ran.code, Some(code), "{ran:?}");
    ran.json()
}

/// Waits until Jira's search shows what people did: a plan tells no more than a feed does.
async fn shown() {
    pause(1_700).await;
}

/// The only profile's plan.
fn only(document: &Value) -> &Value {
    assert_eq!(document["plans"].as_array().map(Vec::len), Some(1));
    assert_eq!(document["hash"], document["plans"][0]["hash"]);
    &document["plans"][0]
}

async fn synced(world: &World, code: i32) {
    let ran = world.run(&["sync", "--once"]).await;
    assert_eq!(ran.code, Some(code), "{ran:?}");
}

async fn ledgers(world: &World) -> [Value; 2] {
    [
        world.ledger(Side::Jira).await,
        world.ledger(Side::Azure).await,
    ]
}

/// The methods of the requests that reached a remote and only ever write.
async fn writing_requests(world: &World) -> u64 {
    let mut count = 0;
    for side in Side::BOTH {
        let requests = world.control(side, "requests").await;
        for row in requests["endpoints"].as_array().into_iter().flatten() {
            let writes = ["PUT", "PATCH", "DELETE"].contains(&text(&row["method"]).as_str());
            count += row["count"].as_u64().unwrap_or(0) * u64::from(writes);
        }
    }
    count
}

/// Writes by pair, side and kind. Moves count once: how many steps lead to a status is the workflow's business.
type Deeds = BTreeMap<(String, String, String), u64>;

fn count(deeds: &mut Deeds, pair: &str, side: &str, kind: &str) {
    let key = (pair.to_owned(), side.to_owned(), kind.to_owned());
    let count = deeds.entry(key).or_default();
    *count = if kind == "transition" { 1 } else { *count + 1 };
}

/// What a plan foretells, in the words of the ledgers: a patch that changes the state is a transition there.
fn foretold(plan: &Value) -> Deeds {
    let mut deeds = Deeds::new();
    for pair in plan["pairs"].as_array().into_iter().flatten() {
        let name = text(&pair["pair"]);
        for write in pair["writes"].as_array().into_iter().flatten() {
            let side = text(&write["side"]);
            let fields = write["fields"].as_array().cloned().unwrap_or_default();
            let moves = fields.iter().any(|field| field["field"] == "System.State");
            let kind = match text(&write["what"]).as_str() {
                "edit" if moves => Some("transition"),
                "edit" if fields.is_empty() => None,
                "edit" => Some("edit"),
                "move" => Some("transition"),
                "create" => Some("create"),
                "link" => Some("link"),
                "comment" => None,
                other => panic!("an unknown word: {other}"),
            };
            kind.into_iter()
                .for_each(|kind| count(&mut deeds, &name, &side, kind));
            if !write["comment"].is_null() {
                count(&mut deeds, &name, &side, "comment");
            }
        }
    }
    deeds
}

/// The marker in an item's text; on Jira it stands in a property.
fn marker(told: &str) -> Option<Marker> {
    let inner = serde_json::from_str::<Value>(told).ok();
    let inner = inner.as_ref().and_then(|value| value["marker"].as_str());
    Marker::parse(inner.unwrap_or(told))
}

/// What the ledgers say that was done after those entries.
async fn done(world: &World, before: &[Value; 2]) -> Deeds {
    let mut deeds = Deeds::new();
    for (side, before) in Side::BOTH.into_iter().zip(before) {
        let mut pairs = BTreeMap::new();
        for item in world.items(side).await["items"]
            .as_array()
            .into_iter()
            .flatten()
        {
            let id = text(&item["id"]);
            let twin = item["marker"].as_str().and_then(marker);
            let own = format!("{side}-{id}");
            pairs.insert(id, twin.map_or(own, |marker| marker.source.to_string()));
        }
        let known = before["entries"].as_array().map_or(0, Vec::len);
        let ledger = world.ledger(side).await;
        for entry in ledger["entries"]
            .as_array()
            .into_iter()
            .flatten()
            .skip(known)
        {
            let pair = &pairs[entry["id"].as_str().expect("an id")];
            count(
                &mut deeds,
                pair,
                side.as_str(),
                entry["kind"].as_str().expect("a kind"),
            );
        }
    }
    deeds
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_writes_nothing() {
    let mut world = World::begin(Plan::new(8, 71)).await;
    let before = (files(&world.data()), ledgers(&world).await);
    let first = plan(&world, 0).await;
    assert!(!foretold(only(&first)).is_empty(), "{first:#}");
    assert_eq!((files(&world.data()), ledgers(&world).await), before);
    assert!(!world.store().exists(), "a plan makes no store");
    assert_eq!(writing_requests(&world).await, 0);

    world.start().await;
    world.in_step(STEP).await;
    let crowd = world.crowd();
    pause(1_500).await;
    // A killed node leaves work under way, which a plan has to look at and must not clear up.
    world.kill();
    crowd.rest().await;
    let before = (files(&world.data()), ledgers(&world).await);
    let written = writing_requests(&world).await;
    let ran = world.run(&["profile", "plan"]).await;
    assert!(matches!(ran.code, Some(0 | 1)), "{ran:?}");
    assert_eq!((files(&world.data()), ledgers(&world).await), before);
    assert_eq!(writing_requests(&world).await, written);
    world.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_planned_effects_are_what_the_sync_then_does() {
    let world = World::begin(Plan::new(14, 72)).await;
    let before = ledgers(&world).await;
    let first = plan(&world, 0).await;
    synced(&world, 0).await;
    assert_eq!(foretold(only(&first)), done(&world, &before).await);
    let comparison = world.compare().await;
    assert!(
        comparison.differences.is_empty(),
        "{:?}",
        comparison.differences
    );

    let empty = plan(&world, 0).await;
    assert_eq!(only(&empty)["pairs"], json!([]), "{empty:#}");

    // What people did since is foretold as well, and nothing else.
    let alice = Hand::at(&world.addresses.jira, "alice");
    let bruno = Hand::at(&world.addresses.azure, "bruno");
    let issues = world.items(Side::Jira).await;
    let ids: Vec<String> = issues["items"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|item| text(&item["id"]))
        .collect();
    alice
        .set_issue(&ids[0], json!({ "summary": "Another title" }))
        .await;
    alice
        .comment_issue(&ids[1], json!({ "body": paragraph("A word.") }))
        .await;
    alice
        .issue("Task", json!({ "summary": "A new task" }))
        .await;
    let couple = Couple::of(&world, Side::Jira, &ids[2]).await;
    let edit = json!({ "System.Title": "Renamed", "Microsoft.VSTS.Common.Priority": 1 });
    bruno.set_work_item(&couple.work_item, edit).await;
    bruno
        .comment_work_item(&couple.work_item, "<div>An answer.</div>")
        .await;
    bruno
        .work_item("Bug", json!({ "System.Title": "A new bug" }))
        .await;
    shown().await;
    let before = ledgers(&world).await;
    let second = plan(&world, 0).await;
    synced(&world, 0).await;
    let done = done(&world, &before).await;
    assert_eq!(foretold(only(&second)), done);
    let summary = &only(&second)["summary"];
    assert_eq!(
        summary["creates"],
        json!({ "jira": 1, "azure": 1 }),
        "{summary:#}"
    );
    assert_eq!(
        summary["comments"],
        json!({ "jira": 1, "azure": 1 }),
        "{summary:#}"
    );
    world.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn losses_show_with_kind_and_path_and_without_their_text() {
    let world = World::begin(Plan::new(0, 73)).await;
    let alice = Hand::at(&world.addresses.jira, "alice");
    let panel = json!({ "type": "doc", "version": 1, "content": [
        { "type": "paragraph", "content": [{ "type": "text", "text": "Quokkabefore" }] },
        { "type": "panel", "attrs": { "panelType": "info" }, "content": [
            { "type": "paragraph", "content": [{ "type": "text", "text": "Quokkainside" }] },
        ] },
    ] });
    let fields =
        json!({ "summary": "Quokkatitle", "description": panel, "labels": ["quokkalabel"] });
    let issue = alice.issue("Story", fields).await;
    alice.comment_issue(&issue, json!({ "body": panel })).await;
    shown().await;
    let document = plan(&world, 0).await;
    let pair = &only(&document)["pairs"][0];
    let losses = pair["losses"].as_array().cloned().unwrap_or_default();
    let of = |what: &str| {
        let found = losses.iter().find(|loss| !loss[what].is_null());
        found.unwrap_or_else(|| panic!("no loss of a {what}: {pair:#}"))
    };
    for (what, path) in [("rule", "/1/panel"), ("comment", "/2/panel")] {
        let loss = of(what);
        assert_eq!(loss["side"], "azure", "{loss:#}");
        assert_eq!(loss["kind"], "panel", "{loss:#}");
        assert_eq!(loss["path"], path, "{loss:#}");
        assert!(loss["instead"].is_string(), "{loss:#}");
    }
    assert_eq!(of("rule")["rule"], "description");
    assert_eq!(only(&document)["summary"]["losses"]["panel"], 2);
    let config = world.config().display().to_string();
    let arguments = ["profile", "plan", "--config", &config].map(str::to_owned);
    let shown = run(&tests::binary::built(), arguments.to_vec()).await;
    assert_eq!(shown.code, Some(0), "{shown:?}");
    assert!(
        shown
            .out
            .contains("lost on azure: description: panel at /1/panel"),
        "{shown:?}"
    );
    for told in [document.to_string(), shown.out, shown.err] {
        assert!(!told.to_lowercase().contains("quokka"), "{told}");
    }
    world.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hash_stays_while_nothing_moves_and_changes_with_any_planned_value() {
    let world = World::begin(Plan::new(3, 74)).await;
    let alice = Hand::at(&world.addresses.jira, "alice");
    let bruno = Hand::at(&world.addresses.azure, "bruno");
    let hash = || async { text(&plan(&world, 0).await["hash"]) };
    let first = hash().await;
    assert_eq!(first.len(), 64);
    assert_eq!(hash().await, first);
    let items = world.items(Side::Jira).await;
    let issue = text(&items["items"][0]["id"]);
    alice
        .set_issue(&issue, json!({ "summary": "Another title" }))
        .await;
    shown().await;
    let second = hash().await;
    assert_ne!(second, first);
    synced(&world, 0).await;
    let empty = hash().await;
    assert_eq!(hash().await, empty);
    let couple = Couple::of(&world, Side::Jira, &issue).await;
    let mut seen = vec![first, second, empty];
    for title in ["One title", "Other title"] {
        bruno
            .set_work_item(&couple.work_item, json!({ "System.Title": title }))
            .await;
        let now = hash().await;
        assert!(!seen.contains(&now), "{title}");
        seen.push(now);
    }
    world.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_stays_is_told_with_its_reason_and_its_cure() {
    let mut world = World::begin(Plan::new(0, 75)).await;
    world.rewrite_profile(|text| {
        text.replace("conflict = \"latest\"", "conflict = \"manual\"")
            .replace("[[type]]\njira = \"Bug\"\nazure = \"Bug\"\n", "")
    });
    let alice = Hand::at(&world.addresses.jira, "alice");
    let bruno = Hand::at(&world.addresses.azure, "bruno");
    let story = alice
        .issue("Story", json!({ "summary": "As it was" }))
        .await;
    synced(&world, 0).await;
    let couple = Couple::of(&world, Side::Jira, &story).await;
    alice.issue("Bug", json!({ "summary": "Unmapped" })).await;
    alice
        .set_issue(&couple.issue, json!({ "summary": "As Alice says" }))
        .await;
    let edit = json!({ "System.Title": "As Bruno says", "System.Description": "<div>More</div>" });
    bruno.set_work_item(&couple.work_item, edit).await;
    shown().await;
    let document = plan(&world, 1).await;
    let pairs = only(&document)["pairs"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    let of = |linked: bool| {
        let mut found = pairs
            .iter()
            .filter(|pair| (pair["jira"] == couple.key) == linked);
        found
            .next()
            .cloned()
            .unwrap_or_else(|| panic!("{linked}: {document:#}"))
    };
    let conflict = of(true);
    assert_eq!(
        conflict["stays"][0]["code"], "conflict-manual",
        "{conflict:#}"
    );
    assert_eq!(conflict["stays"][0]["subject"], "summary", "{conflict:#}");
    assert!(conflict["stays"][0]["cure"].is_string());
    // The rest of the pair goes on.
    assert_eq!(
        conflict["writes"][0]["fields"],
        json!([{ "rule": "description", "field": "description" }])
    );
    let parked = of(false);
    assert_eq!(parked["stays"][0]["code"], "type-unmapped", "{parked:#}");
    assert_eq!(
        (&parked["parked"], &parked["writes"]),
        (&json!(true), &json!([]))
    );
    synced(&world, 1).await;
    let again = plan(&world, 1).await;
    let summary = &only(&again)["summary"];
    assert_eq!(
        (&summary["waiting"], &summary["parked"]),
        (&json!(1), &json!(1)),
        "{again:#}"
    );
    assert!(foretold(only(&again)).is_empty(), "{again:#}");
    world.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn twins_that_are_there_are_found_and_not_planned_again() {
    let world = World::begin(Plan::new(6, 76)).await;
    synced(&world, 0).await;
    fs::remove_dir_all(world.store()).expect("the store is lost");
    let document = plan(&world, 0).await;
    let summary = &only(&document)["summary"];
    assert_eq!(
        summary["creates"],
        json!({ "jira": 0, "azure": 0 }),
        "{document:#}"
    );
    assert_eq!(summary["found"], 12, "{document:#}");
    let before = ledgers(&world).await;
    synced(&world, 0).await;
    assert_eq!(foretold(only(&document)), done(&world, &before).await);
    world.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_profile_is_planned_from_its_file_before_it_is_put_in_place() {
    let world = World::begin(Plan::new(3, 77)).await;
    synced(&world, 0).await;
    let items = world.items(Side::Jira).await;
    let issue = text(&items["items"][0]["id"]);
    let alice = Hand::at(&world.addresses.jira, "alice");
    alice
        .set_issue(&issue, json!({ "labels": ["fresh"] }))
        .await;
    shown().await;
    let draft = world.folder().join("draft.toml");
    let profile = fs::read_to_string(world.profile_path()).expect("the profile");
    let without = profile.replace(
        "[[field]]\njira = \"labels\"\nazure = \"System.Tags\"\n",
        "",
    );
    assert_ne!(without, profile);
    fs::write(&draft, without).expect("a draft");
    let named = draft.display().to_string();
    let drafted = world
        .run(&["profile", "plan", &named, "--tenant", "acme"])
        .await;
    assert_eq!(drafted.code, Some(0), "{drafted:?}");
    assert!(foretold(only(&drafted.json())).is_empty(), "{drafted:?}");
    let placed = plan(&world, 0).await;
    assert_eq!(only(&placed)["summary"]["fields"]["azure"], 1, "{placed:#}");
    world.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_is_applied_as_it_was_or_not_at_all() {
    let world = World::begin(Plan::new(4, 79)).await;
    let alice = Hand::at(&world.addresses.jira, "alice");
    let issue = text(&world.items(Side::Jira).await["items"][0]["id"]);
    let old = text(&plan(&world, 0).await["hash"]);
    alice
        .set_issue(&issue, json!({ "summary": "Another title" }))
        .await;
    shown().await;
    let before = ledgers(&world).await;
    let moved = world.run(&["profile", "apply", "--plan", &old]).await;
    assert_eq!(moved.code, Some(1), "{moved:?}");
    assert_eq!(moved.json()["applied"], false, "{moved:?}");
    assert_eq!(ledgers(&world).await, before);
    assert!(!world.store().exists());
    let planned = plan(&world, 0).await;
    let hash = text(&planned["hash"]);
    assert_eq!(moved.json()["hash"], hash.as_str());
    let applied = world.run(&["profile", "apply", "--plan", &hash]).await;
    assert_eq!(applied.code, Some(0), "{applied:?}");
    let document = applied.json();
    assert_eq!(
        (&document["applied"], &document["plan"]),
        (&json!(true), &json!(hash))
    );
    assert_eq!(foretold(only(&planned)), done(&world, &before).await);
    refused(
        &world,
        &["profile", "apply", "--plan", "nonsense"],
        2,
        &["--plan", "64"],
    )
    .await;
    let again = world.run(&["profile", "apply"]).await;
    assert_eq!(again.json()["effects"], 0, "{again:?}");
    world.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_neighbour_is_left_out_of_a_plan_and_told() {
    let world = World::begin(Plan::new(2, 80)).await;
    let beside = world.profile_path().with_file_name("broken.toml");
    fs::write(&beside, "name = 1").expect("a file");
    let ran = world.run(&["profile", "plan"]).await;
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.err.contains("broken.toml:1"), "{ran:?}");
    let document = ran.json();
    assert_eq!(
        document["left_out"].as_array().map(Vec::len),
        Some(1),
        "{document:#}"
    );
    assert_eq!(
        only(&document)["summary"]["creates"],
        json!({ "jira": 2, "azure": 2 })
    );
    world.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_out_of_reach_takes_no_other_plan_away() {
    let world = World::begin(Plan::new(2, 81)).await;
    let alone = text(&plan(&world, 0).await["hash"]);
    let near = fs::read_to_string(world.profile_path()).expect("the profile");
    let name = format!("name = {:?}", world.profile.name.as_str());
    let far = near
        .replace(&name, "name = \"far\"")
        .replace(&world.addresses.jira.url, "http://127.0.0.1:9");
    fs::write(world.profile_path().with_file_name("far.toml"), far).expect("a file");
    let ran = world.run(&["profile", "plan"]).await;
    assert_eq!(ran.code, Some(3), "{ran:?}");
    assert!(ran.err.contains("profile far"), "{ran:?}");
    let document = ran.json();
    assert_eq!(
        document["unreachable"].as_array().map(Vec::len),
        Some(1),
        "{document:#}"
    );
    assert_eq!(document["plans"].as_array().map(Vec::len), Some(1));
    assert_eq!(document["plans"][0]["hash"], alone.as_str());
    // The hash stands for all of them, so a part has none, and is not applied as if it were the whole.
    assert!(document["hash"].is_null(), "{document:#}");
    let before = ledgers(&world).await;
    refused(
        &world,
        &["profile", "apply", "--plan", &alone],
        3,
        &["profile far"],
    )
    .await;
    assert_eq!(ledgers(&world).await, before);
    world.end();
}

/// A plan that cannot be, with its one document and its message.
async fn refused(world: &World, arguments: &[&str], code: u8, wanted: &[&str]) {
    let ran: Ran = world.run(arguments).await;
    assert_eq!(ran.code, Some(i32::from(code)), "{arguments:?}: {ran:?}");
    assert_eq!(ran.json()["error"]["code"], code, "{ran:?}");
    for word in wanted {
        assert!(ran.err.contains(word), "no {word:?} in {}", ran.err);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_that_cannot_be_says_why_with_the_contracts_codes() {
    let mut world = World::begin(Plan::new(2, 78)).await;
    let planned = ["profile", "plan"];
    for fault in [
        "error_500",
        "garbage_body",
        "sign_in_page",
        "truncated_body",
    ] {
        world
            .fault(
                Side::Azure,
                json!([{ "match": {}, "fault": fault, "p": 1.0 }]),
            )
            .await;
        refused(
            &world,
            &planned,
            3,
            &["Azure DevOps", "nothing was planned"],
        )
        .await;
    }
    world.fault(Side::Azure, json!([])).await;
    world.write_token(Side::Jira, "nonsense");
    refused(&world, &planned, 3, &["Jira", "token"]).await;
    world.write_token(Side::Jira, &world.tokens.jira);
    let url = world.addresses.jira.url.clone();
    world.rewrite_profile(|text| text.replace(&url, "http://127.0.0.1:9"));
    refused(
        &world,
        &planned,
        3,
        &["Jira", "address", "nothing was planned"],
    )
    .await;
    world.rewrite_profile(|text| text.replace("http://127.0.0.1:9", &url));
    refused(
        &world,
        &["profile", "plan", "--profile", "nobody"],
        2,
        &["--profile"],
    )
    .await;
    refused(
        &world,
        &["profile", "plan", "--tenant", "nobody"],
        2,
        &["nobody"],
    )
    .await;
    refused(
        &world,
        &["profile", "plan", "nowhere.toml"],
        2,
        &["nowhere.toml"],
    )
    .await;
    assert!(!world.store().exists());
    world.start().await;
    refused(&world, &planned, 3, &["another process", "stop the node"]).await;
    world.in_step(STEP).await;
    fs::write(world.profile_path(), "name = 1").expect("a file");
    refused(&world, &planned, 2, &["web.toml:1"]).await;
    world.end();
}
