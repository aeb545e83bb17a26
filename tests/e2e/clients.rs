//! The public clients of both products, unmodified: people work with them, and the twin follows.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use model::Side;
use serde_json::{Value, json};
use tests::harness::{Plan, World};
use tests::{environment, tree};

/// The Python with both packages. Where the tests run without `tests/run`, it is made as that would make it.
fn python() -> PathBuf {
    static PYTHON: OnceLock<PathBuf> = OnceLock::new();
    let made = || {
        environment::python().unwrap_or_else(|_| {
            let prepared = Command::new(tree::root().join("tests/run"))
                .arg("--prepare")
                .current_dir(tree::root())
                .status();
            let prepared = prepared.expect("tests/run starts");
            assert!(prepared.success(), "tests/run --prepare: {prepared}");
            environment::python().unwrap_or_else(|missing| panic!("{missing}"))
        })
    };
    PYTHON.get_or_init(made).clone()
}

/// Runs `story.py` against the world and gives what it tells.
async fn story(world: &World, first: Side) -> Value {
    let python = tokio::task::spawn_blocking(python)
        .await
        .expect("Python is there");
    let place = |side: Side| {
        let address = world.addresses.get(side);
        json!({ "url": address.url, "project": address.project })
    };
    let setting = json!({ "jira": place(Side::Jira), "azure": place(Side::Azure), "patience": 40 });
    let mut child = Command::new(python)
        .arg(tree::root().join("tests/clients/story.py"))
        .arg(first.as_str())
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("Python starts");
    let mut input = child.stdin.take().expect("a pipe");
    input
        .write_all(setting.to_string().as_bytes())
        .expect("the setting is taken");
    drop(input);
    let ended = tokio::task::spawn_blocking(move || child.wait_with_output());
    let output = ended.await.expect("the wait ends").expect("Python ends");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}\n{}", world.tail());
    serde_json::from_slice(&output.stdout).expect("the story is JSON")
}

async fn begin(seed: u64) -> World {
    let mut world = World::begin(Plan::new(0, seed)).await;
    world.start().await;
    world
}

#[tokio::test(flavor = "multi_thread")]
async fn an_issue_written_with_the_jira_package_is_read_with_the_azure_devops_package() {
    let mut world = begin(51).await;
    let told = story(&world, Side::Jira).await;
    let seen = &told["seen"];
    let work_item = &seen["work_item"];
    assert_eq!(work_item["type"], "User Story");
    assert_eq!(work_item["title"], "Depot learns of late parcels");
    assert_eq!(work_item["state"], "Active");
    assert_eq!(work_item["priority"], 2);
    assert_eq!(work_item["tags"], json!(["depot", "shared"]));
    let comment = &work_item["comments"][0];
    assert_eq!(comment["by"], "Counterpart Sync");
    let said = comment["text"].as_str().expect("a comment's text");
    assert!(said.contains("<b>Alice Abara</b>"), "{said}");
    assert!(said.contains("commented in Jira"), "{said}");
    assert!(said.contains("The driver <b>waits</b> outside."), "{said}");

    let description = &seen["description"];
    assert_eq!(description["h2"], json!(["Why parcels wait"]));
    assert_eq!(description["strong"], json!(["must"]));
    assert_eq!(description["em"], json!(["before noon"]));
    assert_eq!(description["a"][0], "the plan");
    assert_eq!(
        description["links"][0],
        "https://wiki.acme.example/depot?week=7&all=1"
    );
    assert_eq!(description["ul"][1], "Upper floor too");
    assert_eq!(description["ol"], json!(["Open the gateCall the driver"]));
    assert_eq!(description["code"][0], "Depot::wake()");
    assert_eq!(
        description["pre"],
        json!(["if total > 10 && name != \"\": ship(total)"])
    );
    assert_eq!(description["th"], json!(["Depot", "Parcels"]));
    assert_eq!(description["td"], json!(["North", "1 204"]));
    assert_eq!(
        description["blockquote"],
        json!(["Nobody told us on Friday."])
    );
    let html = description["html"].as_str().expect("the HTML");
    assert!(html.contains("Bruno Belmonte"), "{html}");

    let issue = &seen["issue"];
    assert_eq!(issue["state"], "In Review");
    let answer = &issue["comments"][1];
    assert_eq!(answer["by"], "Counterpart Sync");
    assert_eq!(
        answer["text"],
        "Bruno Belmonte commented in Azure DevOps:The gate is open."
    );
    assert_eq!(answer["strong"], json!(["Bruno Belmonte", "open"]));
    assert_eq!(told["issue"]["untouched"], true);
    assert_eq!(seen["work_item_again"]["state"], "Resolved");
    let comparison = world.in_step(std::time::Duration::from_secs(40)).await;
    assert_eq!((comparison.pairs, comparison.duplicates), (1, 0));
    world.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_work_item_written_with_the_azure_devops_package_is_read_with_the_jira_package() {
    let mut world = begin(52).await;
    let told = story(&world, Side::Azure).await;
    let seen = &told["seen"];
    let issue = &seen["issue"];
    assert_eq!(issue["type"], "Story");
    assert_eq!(issue["title"], "Kiosk shows the queue");
    assert_eq!(issue["state"], "In Progress");
    assert_eq!(issue["priority"], "Highest");
    assert_eq!(issue["labels"], json!(["kiosk", "quick_win"]));
    assert_eq!(issue["assignee"], "Chandra Chowdhury");
    let comment = &issue["comments"][0];
    assert_eq!(comment["by"], "Counterpart Sync");
    assert_eq!(
        comment["text"],
        "Bruno Belmonte commented in Azure DevOps:The second screen is here."
    );
    assert_eq!(comment["em"], json!(["second"]));

    let description = &seen["description"];
    assert_eq!(description["headings"], json!(["Kiosk mode"]));
    assert_eq!(description["strong"], json!(["never"]));
    assert_eq!(description["em"], json!(["except"]));
    assert_eq!(
        description["items"],
        json!(["Large buttons", "No keyboard"])
    );
    assert_eq!(description["code"], json!(["set idle=0"]));
    assert_eq!(description["head"], json!(["Model", "Inches"]));
    assert_eq!(description["cells"], json!(["K2", "32"]));
    assert_eq!(
        description["links"],
        json!(["https://wiki.acme.example/kiosk"])
    );

    let work_item = &seen["work_item"];
    assert_eq!(work_item["state"], "Resolved");
    let said = work_item["comments"].to_string();
    assert!(said.contains("Tried with <i>gloves</i>."), "{said}");
    assert!(said.contains("commented in Jira"), "{said}");
    assert_eq!(told["work_item"]["untouched"], true);
    assert_eq!(told["work_item"]["linked_from_issue"], true);
    assert_eq!(seen["issue_again"]["title"], "Kiosk shows the whole queue");
    let comparison = world.in_step(std::time::Duration::from_secs(40)).await;
    assert_eq!((comparison.pairs, comparison.duplicates), (1, 0));
    world.end();
}
