//! Walks from status to status, as conversations.

use serde_json::Value as Json;

use super::*;
use crate::drill::{Drill, context, issue, json as answer, logged, status, workflow};
use model::http::Failure;
use sync::Hindrance;
use sync::script::Answer;

/// The revision that the plan was made on.
const AT: Revision = Revision(1_000);
const LOOK: &str = "GET /rest/api/3/issue/{id}";
const MOVE: &str = "POST /rest/api/3/issue/{id}/transitions";

fn drill(wanted: &str) -> Drill<Outcome> {
    drill_from(wanted, false)
}

fn drill_from(wanted: &str, direct: bool) -> Drill<Outcome> {
    let transition = Transition {
        item: ItemId(12),
        at: AT,
        status: wanted.to_owned(),
        direct,
    };
    Drill::new(super::transition(&context(), &transition))
}

fn at(name: &str) -> Answer {
    after(name, &[])
}

/// An issue in that status, with a changelog of author, milliseconds and field.
fn after(name: &str, entries: &[(&str, i64, &str)]) -> Answer {
    answer(200, &shown(name, entries))
}

/// An issue in that status, with the transitions that leave it.
fn standing(name: &str, offered: &[&str]) -> Answer {
    let mut json = shown(name, &[]);
    json["transitions"] = offers(offered);
    answer(200, &json)
}

fn shown(name: &str, entries: &[(&str, i64, &str)]) -> Json {
    let mut json = issue(12, "WEB-12");
    let status = workflow()
        .into_iter()
        .find(|s| s.name == name)
        .expect("a status");
    json["fields"]["status"] = json!({ "id": status.id, "name": status.name });
    json["changelog"] = logged(entries);
    json
}

/// Transitions, as `id:status`, with a `*` behind those that have a screen.
fn offers(list: &[&str]) -> Json {
    let one = |text: &&str| {
        let (id, name) = text
            .trim_end_matches('*')
            .split_once(':')
            .expect("id:status");
        let status = workflow()
            .into_iter()
            .find(|s| s.name == name)
            .expect("a status");
        let category = match status.category {
            Category::New => "new",
            Category::Indeterminate => "indeterminate",
            Category::Done => "done",
        };
        json!({
            "id": id,
            "name": "Go",
            "hasScreen": text.ends_with('*'),
            "to": { "id": status.id, "name": name, "statusCategory": { "key": category } },
        })
    };
    list.iter().map(one).collect()
}

fn moved(outcome: &Outcome) -> Option<String> {
    let Outcome::Applied(receipt) = outcome else {
        return None;
    };
    let item = receipt.returned.as_ref()?;
    match item.field("status") {
        model::Value::Choice(name) => Some(name.clone()),
        _ => None,
    }
}

#[test]
fn a_direct_transition_without_a_screen_is_preferred() {
    let mut drill = drill("In Progress");
    drill.answer(
        LOOK,
        standing("To Do", &["11:Done", "21:In Progress*", "31:In Progress"]),
    );

    drill.answer(MOVE, status(204));
    drill.answer(LOOK, at("In Progress"));
    assert_eq!(drill.body(1), json!({ "transition": { "id": "31" } }));
    assert_eq!(drill.writes(1), Some(12));
    assert_eq!(moved(&drill.end()).as_deref(), Some("In Progress"));
}

#[test]
fn an_issue_that_is_there_already_is_not_moved() {
    let mut drill = drill("to do");
    drill.answer(LOOK, at("To Do"));
    assert_eq!(moved(&drill.end()).as_deref(), Some("To Do"));
}

#[test]
fn the_way_leads_over_other_statuses() {
    let mut drill = drill("Done");
    drill.answer(LOOK, standing("To Do", &["11:In Progress"]));

    drill.answer(MOVE, status(204));
    drill.answer(LOOK, standing("In Progress", &["12:To Do", "13:In Review"]));

    drill.answer(MOVE, status(204));
    assert_eq!(drill.body(3), json!({ "transition": { "id": "13" } }));
    drill.answer(LOOK, standing("In Review", &["14:In Progress", "15:Done"]));

    drill.answer(MOVE, status(204));
    drill.answer(LOOK, at("Done"));
    assert_eq!(moved(&drill.end()).as_deref(), Some("Done"));
}

#[test]
fn from_where_a_walk_ended_only_a_direct_move_is_made() {
    let mut nowhere = drill_from("Done", true);
    nowhere.answer(LOOK, standing("In Progress", &["12:To Do", "13:In Review"]));

    assert_eq!(nowhere.end(), Outcome::Refused(Refusal::NoTransition));
    let mut there = drill_from("Done", true);
    there.answer(LOOK, standing("In Progress", &["12:To Do", "15:Done"]));

    there.answer(MOVE, status(204));
    there.answer(LOOK, at("Done"));
    assert_eq!(moved(&there.end()).as_deref(), Some("Done"));
}

#[test]
fn a_dead_end_is_left_again() {
    let mut drill = drill("Done");
    drill.answer(LOOK, standing("To Do", &["11:In Progress", "12:In Review"]));

    drill.answer(MOVE, status(204));
    assert_eq!(drill.body(1), json!({ "transition": { "id": "12" } }));
    drill.answer(LOOK, standing("In Review", &["13:To Do"]));

    drill.answer(MOVE, status(204));
    drill.answer(LOOK, standing("To Do", &["11:In Progress", "12:In Review"]));
    drill.answer(MOVE, status(204));
    assert_eq!(drill.body(5), json!({ "transition": { "id": "11" } }));
    drill.answer(LOOK, standing("In Progress", &["14:Done"]));

    drill.answer(MOVE, status(204));
    drill.answer(LOOK, at("Done"));
    assert_eq!(moved(&drill.end()).as_deref(), Some("Done"));
}

#[test]
fn without_a_way_there_is_no_transition() {
    let mut drill = drill("Done");
    drill.answer(LOOK, standing("To Do", &[]));

    assert_eq!(drill.end(), Outcome::Refused(Refusal::NoTransition));
}

#[test]
fn a_success_that_did_not_move_is_no_success() {
    let mut drill = drill("In Progress");
    drill.answer(LOOK, standing("To Do", &["11:In Progress"]));

    drill.answer(MOVE, status(204));
    drill.answer(LOOK, at("To Do"));
    assert_eq!(drill.end(), Outcome::Refused(Refusal::NoTransition));
}

#[test]
fn the_four_outcomes_hold_for_a_move() {
    let cases = [
        (status(500), Outcome::Unknown),
        (status(503), Outcome::Unknown),
        (status(408), Outcome::Unknown),
        (crate::drill::page(200), Outcome::Unknown),
        (status(401), Outcome::NotSent(Hindrance::Credential)),
        (status(409), Outcome::Refused(Refusal::Stale)),
    ];
    for (given, expected) in cases {
        let mut drill = drill("In Progress");
        drill.answer(LOOK, standing("To Do", &["11:In Progress"]));

        drill.answer(MOVE, given);
        if matches!(expected, Outcome::Refused(_)) {
            drill.answer(LOOK, at("To Do"));
        }
        assert_eq!(drill.end(), expected);
    }
}

#[test]
fn a_move_that_is_refused_because_it_was_made_already_is_made() {
    for refused in [400, 409] {
        let mut drill = drill("Done");
        drill.answer(LOOK, standing("To Do", &["11:In Progress"]));

        drill.answer(MOVE, status(refused));
        drill.answer(LOOK, standing("In Progress", &["13:Done"]));

        drill.answer(MOVE, status(refused));
        drill.answer(LOOK, at("Done"));
        let outcome = drill.end();
        assert_eq!(moved(&outcome).as_deref(), Some("Done"));
        assert_eq!(stopped(&outcome), None);
    }
}

#[test]
fn a_refused_move_that_cannot_be_looked_behind_is_refused() {
    let mut drill = drill("In Progress");
    drill.answer(LOOK, standing("To Do", &["11:In Progress"]));

    drill.answer(MOVE, status(409));
    drill.answer(LOOK, status(429));
    assert_eq!(drill.end(), Outcome::Refused(Refusal::Stale));
}

#[test]
fn a_move_that_cannot_be_read_back_is_unknown() {
    let mut late = drill("In Progress");
    late.answer(LOOK, standing("To Do", &["11:In Progress"]));

    late.answer(MOVE, status(204));
    late.answer(LOOK, status(429));
    assert_eq!(late.end(), Outcome::Unknown);
    let mut early = drill("In Progress");
    early.answer(LOOK, status(404));
    assert_eq!(early.end(), Outcome::Refused(Refusal::Gone));
}

/// A walk to Done that has made one move and sees where it stands.
fn on_the_way(seen: Answer) -> Drill<Outcome> {
    let mut drill = drill("Done");
    drill.answer(LOOK, standing("To Do", &["11:In Progress"]));

    drill.answer(MOVE, status(204));
    drill.answer(LOOK, seen);
    drill
}

fn stopped(outcome: &Outcome) -> Option<Stop> {
    let Outcome::Applied(receipt) = outcome else {
        panic!("not applied: {outcome:?}");
    };
    assert!(receipt.revision.is_some());
    receipt.stopped
}

#[test]
fn whatever_stops_a_later_move_the_receipt_shows_where_the_last_one_led() {
    let answers = [400, 401, 403, 404, 409, 413, 429, 302];
    let answers = answers.into_iter().map(status);
    for given in answers.chain([Err(Failure::NotSent)]) {
        let mut drill = on_the_way(standing("In Progress", &["13:In Review"]));
        drill.answer(MOVE, given.clone());
        if [status(400), status(409)].contains(&given) {
            drill.answer(LOOK, at("In Progress"));
        }
        let outcome = drill.end();
        assert_eq!(moved(&outcome).as_deref(), Some("In Progress"), "{given:?}");
        assert_eq!(stopped(&outcome), Some(Stop::Interrupted), "{given:?}");
    }
}

#[test]
fn an_issue_that_is_shown_without_the_transitions_asked_for_is_not_moved() {
    let mut first = drill("Done");
    first.answer(LOOK, at("To Do"));
    let nothing = Outcome::NotSent(Hindrance::Unreachable);
    assert_eq!(first.end(), nothing);
    let outcome = on_the_way(at("In Progress")).end();
    assert_eq!(moved(&outcome).as_deref(), Some("In Progress"));
    assert_eq!(stopped(&outcome), Some(Stop::Interrupted));
}

#[test]
fn a_dead_end_after_a_move_shows_where_it_is() {
    let outcome = on_the_way(standing("In Progress", &[])).end();
    assert_eq!(moved(&outcome).as_deref(), Some("In Progress"));
    assert_eq!(stopped(&outcome), Some(Stop::DeadEnd));
}

#[test]
fn a_later_move_of_which_nobody_knows_is_looked_at() {
    let (way, open) = (Some(Stop::Interrupted), Some(Stop::Unheard));
    for (step, shown, expected, stop) in [
        ("13:In Review", "In Progress", "In Progress", open),
        ("13:In Review", "In Review", "In Review", way),
        // Somebody has moved it elsewhere: that is for the next reading to show.
        ("13:In Review", "To Do", "In Progress", open),
        ("13:Done", "Done", "Done", None),
        ("13:Done", "In Progress", "In Progress", open),
    ] {
        for given in [status(500), status(503), Err(Failure::Lost)] {
            let mut drill = on_the_way(standing("In Progress", &[step]));
            drill.answer(MOVE, given);
            drill.answer(LOOK, at(shown));
            let outcome = drill.end();
            assert_eq!(moved(&outcome).as_deref(), Some(expected));
            assert_eq!(stopped(&outcome), stop);
        }
    }
    let mut blind = on_the_way(standing("In Progress", &["13:In Review"]));
    blind.answer(MOVE, status(500));
    blind.answer(LOOK, status(429));
    assert_eq!(blind.end(), Outcome::Unknown);
}

#[test]
fn a_walk_that_has_been_everywhere_ends() {
    let mut drill = drill("Done");
    drill.answer(LOOK, standing("To Do", &["11:In Progress", "12:In Review"]));

    drill.answer(MOVE, status(204));
    drill.answer(LOOK, standing("In Review", &["13:To Do"]));

    drill.answer(MOVE, status(204));
    drill.answer(LOOK, standing("To Do", &["11:In Progress", "12:In Review"]));
    drill.answer(MOVE, status(204));
    drill.answer(LOOK, standing("In Progress", &["14:To Do"]));

    let outcome = drill.end();
    assert_eq!(moved(&outcome).as_deref(), Some("In Progress"));
    assert_eq!(stopped(&outcome), Some(Stop::DeadEnd));
}

#[test]
fn no_walk_makes_more_than_its_moves() {
    let mut drill = drill("Done");
    drill.answer(LOOK, standing("To Do", &["11:In Progress"]));

    // Somebody keeps moving it elsewhere.
    for _ in 0..HOPS / 2 {
        drill.answer(MOVE, status(204));
        drill.answer(LOOK, standing("In Review", &["12:Done"]));
        drill.answer(MOVE, status(204));
        drill.answer(LOOK, standing("To Do", &["11:In Progress"]));
    }
    let outcome = drill.end();
    assert_eq!(moved(&outcome).as_deref(), Some("To Do"));
    assert_eq!(stopped(&outcome), Some(Stop::Astray));
    assert_eq!(overwritten(outcome), [STATUS]);
}

#[test]
fn where_a_person_has_put_the_issue_is_no_dead_end() {
    let mut drill = drill("Done");
    for (name, offered) in [
        ("To Do", "11:In Progress"),
        ("In Progress", "12:In Review"),
        ("In Review", "13:Done"),
    ] {
        drill.answer(LOOK, standing(name, &[offered]));
        drill.answer(MOVE, status(204));
    }
    drill.answer(LOOK, standing("To Do", &["11:In Progress"]));
    let outcome = drill.end();
    assert_eq!(moved(&outcome).as_deref(), Some("To Do"));
    assert_eq!(stopped(&outcome), Some(Stop::Astray));
}

#[test]
fn a_status_farther_from_the_target_is_tried_only_when_there_is_no_other() {
    for (offered, expected) in [
        (&["11:To Do", "12:In Review"][..], "12"),
        (&["12:In Review", "11:To Do"], "12"),
        (&["11:To Do"], "11"),
    ] {
        let mut drill = drill("Done");
        drill.answer(LOOK, standing("In Progress", offered));

        drill.answer(MOVE, status(429));
        assert_eq!(drill.body(1), json!({ "transition": { "id": expected } }));
    }
}

const US: &str = "712020:us";
const ALICE: &str = "712020:alice";

fn overwritten(outcome: Outcome) -> Vec<String> {
    match outcome {
        Outcome::Applied(receipt) => receipt.overwritten,
        other => panic!("not applied: {other:?}"),
    }
}

#[test]
fn a_status_that_somebody_set_since_the_plan_is_named() {
    for (entries, expected) in [
        (&[][..], false),
        (&[(US, 1_009, STATUS)], false),
        (&[(US, 1_009, STATUS), (ALICE, 1_000, STATUS)], false),
        (&[(US, 1_009, STATUS), (ALICE, 1_001, STATUS)], true),
        (&[(US, 1_009, STATUS), (ALICE, 1_001, "summary")], false),
        (
            &[
                (US, 1_009, STATUS),
                (US, 1_008, STATUS),
                (ALICE, 1_001, STATUS),
            ],
            true,
        ),
    ] {
        let expected: Vec<String> = expected.then(|| STATUS.to_owned()).into_iter().collect();
        let mut whole = drill("In Progress");
        whole.answer(LOOK, standing("To Do", &["11:In Progress"]));
        assert!(whole.url(0).ends_with("&expand=changelog%2Ctransitions"));

        whole.answer(MOVE, status(204));
        whole.answer(LOOK, after("In Progress", entries));
        assert_eq!(overwritten(whole.end()), expected, "{entries:?}");
        let mut part = drill("Done");
        part.answer(LOOK, standing("To Do", &["11:In Progress"]));

        part.answer(MOVE, status(204));
        let mut seen = shown("In Progress", entries);
        seen["transitions"] = json!([]);
        part.answer(LOOK, answer(200, &seen));
        assert_eq!(overwritten(part.end()), expected, "stopped: {entries:?}");
    }
}

#[test]
fn an_issue_that_somebody_had_moved_to_the_target_lost_nothing() {
    let mut drill = drill("Done");
    drill.answer(LOOK, after("Done", &[(ALICE, 1_001, STATUS)]));
    assert!(overwritten(drill.end()).is_empty());
}

#[test]
fn a_status_that_somebody_set_between_two_moves_is_named_where_the_walk_stops() {
    let mut drill = drill("Done");
    drill.answer(LOOK, standing("To Do", &["11:In Progress"]));

    drill.answer(MOVE, status(204));
    drill.answer(LOOK, standing("In Review", &[]));

    assert_eq!(overwritten(drill.end()), [STATUS]);
}

#[test]
fn a_status_that_the_site_does_not_have_is_named() {
    let mut drill = drill("Shipped");
    drill.answer(LOOK, at("To Do"));
    assert_eq!(drill.end(), unprepared("Shipped"));
}
