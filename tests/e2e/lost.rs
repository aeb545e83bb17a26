//! Answers are lost, requests arrive late, remotes have a bad day: nothing is doubled, and afterwards both sides are equal.

use std::time::{Duration, Instant};

use model::Side;
use serde_json::{Value, json};
use sync::Note;
use tests::harness::{Plan, World, pause};
use tests::rows;

/// Items on each side.
const ITEMS: u32 = 20;
/// Creates and comments of both products.
const FRAGILE: [(Side, &str); 4] = [
    (Side::Jira, "*/rest/api/3/issue"),
    (Side::Jira, "*/comment"),
    (Side::Azure, "*/_apis/wit/workitems/$*"),
    (Side::Azure, "*/comments"),
];

/// One rule for every create and every comment of one side.
fn on_fragile(side: Side, rule: &Value) -> Value {
    let paths = FRAGILE.iter().filter(|(of, _)| *of == side);
    paths
        .map(|(_, path)| {
            let mut rule = rule.clone();
            rule["match"] = json!({ "method": "POST", "path": path });
            rule
        })
        .collect()
}

async fn every_fragile_write(rule: Value, seed: u64) -> usize {
    let mut world = World::begin(Plan::new(ITEMS, seed)).await;
    for side in Side::BOTH {
        world.fault(side, on_fragile(side, &rule)).await;
    }
    comment_everywhere(&world).await;
    world.start().await;
    let comparison = world.in_step(Duration::from_secs(120)).await;
    assert_eq!(comparison.pairs, 2 * ITEMS as usize);
    let (creates, comments) = world.marked().await;
    assert_eq!(creates, 2 * u64::from(ITEMS), "creates with markers");
    assert_eq!(
        comments, comparison.comments as u64,
        "comments with markers"
    );
    assert!(comments >= 2 * u64::from(ITEMS), "{comments} comments");
    finish(world).await
}

/// Nobody is doubled; gives the number of doubts.
async fn finish(mut world: World) -> usize {
    let doubled = world.doubled().await;
    assert!(doubled.is_empty(), "created more than once: {doubled:?}");
    let (status, _) = world.terminate().await;
    assert_eq!(status.code(), Some(0), "{}", world.tail());
    let doubts = rows::noted(&world.store(), |note| matches!(note, Note::Doubtful { .. }));
    let again = rows::noted(&world.store(), |note| matches!(note, Note::Absent { .. }));
    let (creates, comments) = world.marked().await;
    eprintln!(
        "{creates} creates, {comments} comments, {doubts} doubts, {again} of them found absent"
    );
    world.end();
    doubts
}

/// Somebody comments on every item by hand, as the products' own pages would.
async fn comment_everywhere(world: &World) {
    for side in Side::BOTH {
        let seat = world.seat(side, "bruno");
        let items = world.items(side).await;
        for item in items["items"].as_array().into_iter().flatten() {
            let id = item["id"].as_str().unwrap_or_default();
            let done = match side {
                Side::Jira => seat.comment_issue(id, "Seen in Jira").await,
                Side::Azure => {
                    let project = &world.addresses.azure.project;
                    seat.comment_work_item(project, id, "Seen in Azure DevOps")
                        .await
                }
            };
            // The fault may have eaten the answer; the comment itself is there.
            assert!(done.is_ok(), "{side} {id}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_response_on_every_create_and_comment_doubles_nothing() {
    let rule = json!({ "fault": "lost_response", "p": 1.0, "once_per": "marker" });
    let doubts = every_fragile_write(rule, 3).await;
    assert!(doubts >= 4 * ITEMS as usize, "only {doubts} doubts");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_create_or_comment_applied_late_is_not_made_twice() {
    // Below the four seconds after which absence counts; the people's comments are in before the node starts.
    let rule = json!({ "fault": "late_apply", "p": 1.0, "delay_ms": 2_500, "hold_ms": 100 });
    let doubts = every_fragile_write(rule, 4).await;
    assert!(doubts >= 4 * ITEMS as usize, "only {doubts} doubts");
}

/// A bad day: once work is under way, the rules hold on both sides for a while, amid creates and edits, and then end.
/// Gives the number of doubts.
async fn bad_day(rules: Value, seed: u64) -> usize {
    let mut world = World::begin(Plan::new(3 * ITEMS, seed)).await;
    let crowd = world.crowd();
    world.start().await;
    let since = Instant::now();
    while world.marked().await.0 == 0 {
        assert!(
            since.elapsed() < Duration::from_secs(30),
            "nothing is created\n{}",
            world.tail()
        );
        pause(20).await;
    }
    world.fault_both(rules.clone()).await;
    pause(8_000).await;
    let edits = crowd.rest().await;
    world.fault_both(json!([])).await;
    let healed = Instant::now();
    let comparison = world.in_step(Duration::from_secs(120)).await;
    assert_eq!(comparison.pairs, 6 * ITEMS as usize);
    assert!(edits > 0, "nobody could edit anything");
    eprintln!(
        "{rules}: {edits} edits, in step {:?} after the faults ended",
        healed.elapsed()
    );
    finish(world).await
}

fn now_and_then(fault: &str) -> Value {
    json!({ "fault": fault, "p": 0.2 })
}

#[tokio::test(flavor = "multi_thread")]
async fn throttling_delays_and_loses_nothing() {
    bad_day(json!([now_and_then("throttle_429")]), 11).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn server_errors_double_nothing() {
    let rules = json!([{ "fault": "error_500", "p": 0.1 }, { "fault": "error_503", "p": 0.1 }]);
    assert!(bad_day(rules, 12).await > 0, "no write met an error");
}

#[tokio::test(flavor = "multi_thread")]
async fn dropped_connections_double_nothing() {
    let doubts = bad_day(json!([now_and_then("dropped")]), 13).await;
    assert!(doubts > 0, "no write was dropped");
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_that_break_off_or_are_garbage_double_nothing() {
    let rules =
        json!([{ "fault": "truncated_body", "p": 0.1 }, { "fault": "garbage_body", "p": 0.1 }]);
    assert!(
        bad_day(rules, 14).await > 0,
        "no answer of a write was damaged"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stale_search_hides_nothing_for_good() {
    let rules =
        json!([{ "fault": "stale_search", "p": 0.8 }, { "fault": "lost_response", "p": 0.2 }]);
    assert!(
        bad_day(rules, 15).await > 0,
        "no answer of a write was lost"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_page_is_no_answer() {
    bad_day(json!([now_and_then("sign_in_page")]), 16).await;
}
