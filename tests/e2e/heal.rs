//! What goes wrong is told once and clearly, concerns nobody else, and heals by itself when its cause is gone.

use std::fs;

use model::Side;
use serde_json::{Value, json};

use crate::hand::{Couple, text};
use crate::town::{STEP, Town};

const POINTS: &str = "customfield_10016";

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_token_is_one_problem_of_one_tenant_until_it_is_replaced() {
    for side in Side::BOTH {
        let mut town = Town::found(61).await;
        town.world.start().await;
        let couple = town.story("Before the token went bad").await;
        town.world.write_token(side, "not-a-token");
        let problem = town.the_problem("credential").await;
        assert_eq!(problem["side"], side.as_str());
        assert_eq!(problem["pair"], Value::Null);
        let edit = json!({ "summary": "While the token was bad" });
        town.alice.set_issue(&couple.issue, edit).await;
        town.the_neighbour_is_well("Next door").await;
        let ran = town.world.run(&["profile", "check", "--online"]).await;
        assert_eq!(ran.code, Some(3), "{ran:?}");
        assert!(ran.err.contains("token"), "{ran:?}");
        let token = town.world.tokens.get(side).clone();
        town.world.write_token(side, &token);
        town.no_problem_is_left().await;
        town.world
            .until("the work to be done", STEP, || async {
                couple.seen_work_item(&town.world).await["title"] == "While the token was bad"
            })
            .await;
        assert_eq!(town.problems(true).await.len(), 1);
        town.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_starts_with_a_wrong_token_or_none_heals_too() {
    for missing in [false, true] {
        let mut town = Town::found(62).await;
        if missing {
            let file = town.world.folder().join("azure.token");
            fs::remove_file(file).expect("the token is taken away");
        } else {
            town.world.write_token(Side::Azure, "not-a-token");
        }
        town.world.start().await;
        let fields = json!({ "summary": "Waits for the token" });
        let id = town.alice.issue("Story", fields).await;
        let problem = town.the_problem("credential").await;
        assert_eq!(problem["side"], "azure");
        town.the_neighbour_is_well("Next door").await;
        let token = town.world.tokens.azure.clone();
        town.world.write_token(Side::Azure, &token);
        town.no_problem_is_left().await;
        Couple::of(&town.world, Side::Jira, &id).await;
        town.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_out_of_reach_is_one_problem_and_work_resumes_when_it_is_back() {
    for side in Side::BOTH {
        let mut town = Town::found(63).await;
        town.world.start().await;
        let couple = town.story("Before the storm").await;
        match side {
            Side::Jira => town.jira.shut().await,
            Side::Azure => town.azure.shut().await,
        }
        let edit = json!({ "summary": "In the storm" });
        town.alice.set_issue(&couple.issue, edit).await;
        let edit = json!({ "Microsoft.VSTS.Common.Priority": 1 });
        town.bruno.set_work_item(&couple.work_item, edit).await;
        let problem = town.the_problem("unreachable").await;
        assert_eq!(problem["side"], side.as_str());
        town.the_neighbour_is_well("Next door").await;
        match side {
            Side::Jira => town.jira.open().await,
            Side::Azure => town.azure.open().await,
        }
        town.no_problem_is_left().await;
        town.world
            .until("the work to be done", STEP, || async {
                couple.seen_work_item(&town.world).await["title"] == "In the storm"
                    && couple.seen_issue(&town.world).await["priority"] == "Highest"
            })
            .await;
        assert_eq!(town.problems(true).await.len(), 1);
        assert!(town.world.doubled().await.is_empty());
        town.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_problem_that_ended_while_the_node_was_down_is_closed_at_its_next_start() {
    let mut town = Town::found(64).await;
    town.world.start().await;
    town.azure.shut().await;
    town.the_problem("unreachable").await;
    town.world.kill();
    town.azure.open().await;
    town.world.start().await;
    town.no_problem_is_left().await;
    town.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_required_field_that_no_rule_fills_holds_up_its_own_items_only() {
    let mut town = Town::found(65).await;
    town.world.start().await;
    let couple = town.story("Linked before").await;
    town.screens(json!({ "required": [POINTS] })).await;
    let fields = json!({ "System.Title": "Needs points" });
    let id = town.bruno.work_item("User Story", fields).await;
    let problem = town.the_problem("field-refused").await;
    assert_eq!(problem["side"], "jira");
    assert_eq!(problem["subject"], POINTS);
    assert_eq!(problem["items"]["azure"], json!(id));
    let edit = json!({ "System.Title": "Linked, and still in step" });
    town.bruno.set_work_item(&couple.work_item, edit).await;
    town.world
        .until("the linked pair to go on", STEP, || async {
            couple.seen_issue(&town.world).await["title"] == "Linked, and still in step"
        })
        .await;
    town.the_neighbour_is_well("Next door").await;
    let ran = town.world.run(&["profile", "check", "--online"]).await;
    assert_eq!(ran.code, Some(1), "{ran:?}");
    let gaps = ran.json()["gaps"].to_string();
    assert!(
        gaps.contains(POINTS) && gaps.contains("no rule fills it"),
        "{gaps}"
    );
    town.screens(json!({})).await;
    town.no_problem_is_left().await;
    Couple::of(&town.world, Side::Azure, &id).await;
    town.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_field_off_the_screen_waits_alone_until_it_is_back() {
    let mut town = Town::found(66).await;
    town.world.start().await;
    let couple = town.story("Screens change").await;
    town.world
        .until("the pair to rest", STEP, || async {
            town.world.is_idle().await
        })
        .await;
    town.screens(json!({ "hidden": ["priority"] })).await;
    let edit =
        json!({ "Microsoft.VSTS.Common.Priority": 1, "System.Title": "Screens have changed" });
    town.bruno.set_work_item(&couple.work_item, edit).await;
    let problem = town.the_problem("field-refused").await;
    assert_eq!(problem["side"], "jira");
    assert_eq!(problem["subject"], "priority");
    assert_eq!(problem["items"]["jira"], json!(couple.key));
    let issue = couple.seen_issue(&town.world).await;
    assert_eq!(issue["title"], "Screens have changed");
    assert_eq!(issue["priority"], "Medium");
    town.the_neighbour_is_well("Next door").await;
    town.screens(json!({})).await;
    town.no_problem_is_left().await;
    assert_eq!(couple.seen_issue(&town.world).await["priority"], "Highest");
    town.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_problems_of_a_pair_the_one_whose_cause_is_gone_is_closed() {
    let mut town = Town::found(68).await;
    town.world.start().await;
    let couple = town.story("Two causes").await;
    town.screens(json!({ "hidden": ["priority", "assignee"] }))
        .await;
    let edit = json!({
        "Microsoft.VSTS.Common.Priority": 1, "System.AssignedTo": "erik@acme.example",
    });
    town.bruno.set_work_item(&couple.work_item, edit).await;
    for hidden in [&["priority", "assignee"][..], &["assignee"], &[]] {
        town.screens(json!({ "hidden": hidden })).await;
        town.world
            .until(&format!("problems of {hidden:?} alone"), STEP, || async {
                let open = town.problems(false).await;
                let mut about: Vec<String> =
                    open.iter().map(|each| text(&each["subject"])).collect();
                about.sort();
                about.reverse();
                about == hidden
            })
            .await;
    }
    let issue = couple.seen_issue(&town.world).await;
    assert_eq!(
        (&issue["priority"], &issue["assignee"]),
        (&json!("Highest"), &json!("erik"))
    );
    town.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_status_is_one_problem_of_the_profile_until_its_file_is_mended() {
    let mut town = Town::found(67).await;
    let broken = |text: String| text.replace("jira = \"To Do\"\n", "jira = \"ToDo\"\n");
    let mended = |text: String| text.replace("jira = \"ToDo\"\n", "jira = \"To Do\"\n");
    let done = |text: String| {
        text.replace(
            "jira = \"Done\"\nazure = \"Removed\"",
            "jira = \"Dome\"\nazure = \"Removed\"",
        )
    };
    let back = |text: String| text.replace("\"Dome\"", "\"Done\"");
    // The row of a state that nothing is in.
    town.world.rewrite_profile(done);
    town.world.start().await;
    let couple = town.story("Beside the gap").await;
    let problem = town.the_problem("profile-gap").await;
    assert_eq!(problem["side"], "jira");
    assert!(text(&problem["subject"]).contains("\"Dome\""), "{problem}");
    town.the_neighbour_is_well("Next door").await;
    let file = town.world.profile_path().display().to_string();
    let ran = town
        .world
        .run(&["profile", "check", &file, "--online"])
        .await;
    assert_eq!(ran.code, Some(1), "{ran:?}");
    let gap = ran.json()["gaps"][0].clone();
    assert_eq!(gap["severity"], "error");
    assert!(text(&gap["what"]).contains("no status \"Dome\""), "{gap}");
    assert!(text(&gap["cure"]).contains("Done"), "{gap}");
    let line = usize::try_from(gap["line"].as_u64().unwrap_or_default()).unwrap_or_default();
    let profile = fs::read_to_string(&file).expect("the profile");
    let named = profile.lines().nth(line - 1).unwrap_or_default();
    assert!(
        named.contains("Dome") || named.contains("[[state]]"),
        "line {line}: {named}"
    );
    town.world.terminate().await;
    town.world.rewrite_profile(back);
    town.world.start().await;
    town.no_problem_is_left().await;
    // The row of the state that new items are in: they wait, and go on when the file is mended.
    town.world.terminate().await;
    town.world.rewrite_profile(broken);
    town.world.start().await;
    let edit = json!({ "summary": "Beside the second gap" });
    town.alice.set_issue(&couple.issue, edit).await;
    town.world
        .until("the other fields to go on", STEP, || async {
            couple.seen_work_item(&town.world).await["title"] == "Beside the second gap"
        })
        .await;
    assert!(!town.problems(false).await.is_empty());
    town.world.terminate().await;
    town.world.rewrite_profile(mended);
    town.world.start().await;
    town.no_problem_is_left().await;
    town.end().await;
}
