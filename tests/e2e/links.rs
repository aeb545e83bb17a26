//! Links from one item to another: each side's people are led to the item that is theirs.

use std::time::Duration;

use model::Side;
use serde_json::{Value, json};
use tests::harness::{Plan, World, pause};

use crate::hand::{Couple, Hand, text};

const STEP: Duration = Duration::from_secs(60);

/// Two couples in step, the first begun in Jira, the second in Azure DevOps.
async fn begin(seed: u64) -> (World, [Hand; 2], [Couple; 2]) {
    let mut world = World::begin(Plan::new(0, seed)).await;
    world.start().await;
    let alice = Hand::at(&world.addresses.jira, "alice");
    let bruno = Hand::at(&world.addresses.azure, "bruno");
    let issue = alice.issue("Story", json!({ "summary": "One" })).await;
    let title = json!({ "System.Title": "Two" });
    let work_item = bruno.work_item("User Story", title).await;
    let one = Couple::of(&world, Side::Jira, &issue).await;
    let two = Couple::of(&world, Side::Azure, &work_item).await;
    world.in_step(STEP).await;
    (world, [alice, bruno], [one, two])
}

/// The address of a couple's issue.
fn issue_url(world: &World, couple: &Couple) -> String {
    format!("{}/browse/{}", world.addresses.jira.url, couple.key)
}

/// The address of a couple's work item.
fn work_item_url(world: &World, couple: &Couple) -> String {
    let azure = &world.addresses.azure;
    let (root, project) = (&azure.url, &azure.project);
    format!("{root}/{project}/_workitems/edit/{}", couple.work_item)
}

/// A document of a line that ends in a link.
fn document(words: &str, shown: &str, url: &str) -> Value {
    let link = json!({ "type": "text", "text": shown, "marks": [{ "type": "link", "attrs": { "href": url } }] });
    let line = json!({ "type": "paragraph", "content": [{ "type": "text", "text": words }, link] });
    json!({ "type": "doc", "version": 1, "content": [line] })
}

fn html(words: &str, shown: &str, url: &str) -> String {
    format!("<div>{words}<a href=\"{url}\">{shown}</a></div>")
}

async fn description(alice: &Hand, couple: &Couple) -> String {
    let issue = alice.read_issue(&couple.issue).await;
    issue["fields"]["description"].to_string()
}

async fn words(bruno: &Hand, couple: &Couple) -> String {
    text(&bruno.read_work_item(&couple.work_item).await["System.Description"])
}

/// Everything that was ever written at the remotes, when the node has rested for a while.
async fn written(world: &mut World) -> [usize; 2] {
    world.in_step(STEP).await;
    pause(3_000).await;
    world.in_step(STEP).await;
    let mut counts = [0; 2];
    for (count, side) in counts.iter_mut().zip(Side::BOTH) {
        let ledger = world.ledger(side).await;
        *count = ledger["entries"].as_array().map_or(0, Vec::len);
    }
    counts
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_to_a_synced_item_leads_to_its_twin_on_either_side_and_nothing_follows() {
    let (mut world, [alice, bruno], [one, two]) = begin(71).await;
    let (issue, work_item) = (issue_url(&world, &two), work_item_url(&world, &two));
    let fields = json!({ "description": document("As in ", "there", &issue) });
    alice.set_issue(&one.issue, fields).await;
    world
        .until("the link to cross", STEP, || async {
            words(&bruno, &one)
                .await
                .contains(&format!("\"{work_item}\""))
        })
        .await;
    assert!(!words(&bruno, &one).await.contains("/browse/"));
    let before = written(&mut world).await;
    for couple in [&one, &two] {
        let ran = world.run(&["pair", "resync", &couple.key]).await;
        assert_eq!(ran.code, Some(0), "{ran:?}");
    }
    assert_eq!(
        written(&mut world).await,
        before,
        "nothing is written again"
    );

    // The other way, by an edit of the very text that came over.
    let edit = html("Not as in ", "there", &work_item);
    let fields = json!({ "System.Description": edit });
    bruno.set_work_item(&one.work_item, fields).await;
    world
        .until("the edit to cross", STEP, || async {
            description(&alice, &one).await.contains("Not as in")
        })
        .await;
    let issue_text = description(&alice, &one).await;
    assert!(issue_text.contains(&format!("\"{issue}\"")), "{issue_text}");
    assert!(!issue_text.contains("_workitems"), "{issue_text}");
    let before = written(&mut world).await;
    assert_eq!(written(&mut world).await, before, "nothing follows");
    world.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mention_of_a_work_item_and_links_in_comments_lead_to_twins() {
    let (mut world, [alice, bruno], [one, two]) = begin(72).await;
    let (issue, work_item) = (issue_url(&world, &two), work_item_url(&world, &two));
    let mention = format!(
        "<div>See <a href=\"{work_item}\" data-vss-mention=\"version:1.0\">#{}</a></div>",
        two.work_item
    );
    let fields = json!({ "System.Description": mention });
    bruno.set_work_item(&one.work_item, fields).await;
    world
        .until("the mention to cross", STEP, || async {
            let shown = description(&alice, &one).await;
            shown.contains(&format!("\"{issue}\"")) && shown.contains(&format!("\"{}\"", two.key))
        })
        .await;
    // Both sides may hold the same words again, for the comparison.
    let plain = json!({ "System.Description": html("See ", "there", &work_item) });
    bruno.set_work_item(&one.work_item, plain).await;
    alice
        .comment_issue(
            &one.issue,
            json!({ "body": document("Solved in ", "there", &issue) }),
        )
        .await;
    bruno
        .comment_work_item(&one.work_item, &html("Found in ", "there", &work_item))
        .await;
    world.in_step(STEP).await;
    let said = bruno.read_comments(&one.work_item).await;
    let mut said = said.iter().map(|said| text(&said["text"]));
    let twin = said.find(|said| said.contains("Solved in"));
    let twin = twin.expect("the comment crossed");
    assert!(twin.contains(&format!("\"{work_item}\"")), "{twin}");
    // The attribution still leads to the original.
    let own = issue_url(&world, &one);
    assert!(twin.contains(&format!("{own}?focusedCommentId=")), "{twin}");
    let read = alice.read_issue(&one.issue).await;
    let said = read["fields"]["comment"].to_string();
    assert!(
        said.contains("Found in") && said.contains(&format!("\"{issue}\"")),
        "{said}"
    );
    let before = written(&mut world).await;
    assert_eq!(written(&mut world).await, before, "nothing follows");
    world.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_to_an_item_that_is_not_synced_stays_and_a_dry_run_knows_of_twins() {
    let (mut world, [alice, bruno], [one, two]) = begin(73).await;
    let nobodys = format!("{}/browse/WEB-99999", world.addresses.jira.url);
    let fields = json!({ "description": document("As in ", "there", &nobodys) });
    alice.set_issue(&one.issue, fields).await;
    world
        .until("the link to cross", STEP, || async {
            words(&bruno, &one)
                .await
                .contains(&format!("\"{nobodys}\""))
        })
        .await;
    world.in_step(STEP).await;
    let (status, _) = world.terminate().await;
    assert_eq!(status.code(), Some(0), "{}", world.tail());
    // Each side is brought to say the same with its own link: whoever knows of twins finds nothing to do.
    let (issue, work_item) = (issue_url(&world, &two), work_item_url(&world, &two));
    let fields = json!({ "description": document("But as in ", "there", &issue) });
    alice.set_issue(&one.issue, fields).await;
    let fields = json!({ "System.Description": html("But as in ", "there", &work_item) });
    bruno.set_work_item(&one.work_item, fields).await;
    // As long as Jira's search does not show the edit, a plan does not know of it.
    pause(1_700).await;
    let planned = world.run(&["profile", "plan"]).await;
    assert_eq!(planned.code, Some(0), "{planned:?}");
    let plan = planned.json();
    let plan = &plan["plans"][0];
    let writes = |pair: &Value| pair["writes"].as_array().map_or(0, Vec::len);
    let pairs = plan["pairs"].as_array().into_iter().flatten();
    assert_eq!(pairs.map(writes).sum::<usize>(), 0, "{plan:#}");
    let ran = world.run(&["sync", "--once"]).await;
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(ran.json()["effects"], 0, "{ran:?}");
    world.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_behind_a_login_is_a_link_on_the_other_side_and_an_image_again_after_an_edit_there()
 {
    let (world, [alice, bruno], [one, _]) = begin(74).await;
    let upload = format!(
        "{}/_apis/wit/attachments/5b1d7a3e-0000-4000-8000-00000000beef?fileName=plan.png",
        world.addresses.azure.url
    );
    let shown = format!("<div>Before.</div><div><img src=\"{upload}\" alt=\"the plan\"></div>");
    let fields = json!({ "System.Description": shown });
    bruno.set_work_item(&one.work_item, fields).await;
    world
        .until("the image to cross", STEP, || async {
            let text = description(&alice, &one).await;
            text.contains("[image: the plan]") && text.contains(&format!("\"{upload}\""))
        })
        .await;
    let told = world.run(&["pair", "why", &one.key]).await;
    assert_eq!(told.code, Some(0), "{told:?}");
    assert!(told.out.contains("image"), "{}", told.out);
    let issue = alice.read_issue(&one.issue).await;
    let mut document = issue["fields"]["description"].clone();
    document["content"][0]["content"][0]["text"] = json!("Before and after.");
    let fields = json!({ "description": document });
    alice.set_issue(&one.issue, fields).await;
    world
        .until("the edit to cross", STEP, || async {
            words(&bruno, &one).await.contains("Before and after.")
        })
        .await;
    let back = words(&bruno, &one).await;
    assert!(back.contains(&format!("<img src=\"{upload}\"")), "{back}");
    assert!(back.contains("alt=\"the plan\""), "{back}");
    assert!(!back.contains("[image"), "{back}");
    world
        .until("the node to rest", STEP, || world.is_idle())
        .await;
    world.end();
}
