//! Comments.

use model::{CommentId, Problem, Side, Value, problem::Code};

use super::remote::{set, text};
use super::world::{Blur, Fault, LABELS, TITLE, World, address};
use crate::CommentRef;

#[test]
fn each_comment_gets_one_twin() {
    for side in Side::BOTH {
        let (mut world, id) = World::linked("latest", Side::Jira);
        let markers: Vec<_> = ["one", "two", "three"]
            .map(|body| world.comment(id, side, body))
            .into();
        world.settle();
        world.assert_in_step(id);
        let far = world.end(id, side.other());
        let twins = markers
            .iter()
            .map(|marker| world.remotes.get(side.other()).twins(far, *marker));
        let twins: Vec<_> = twins.flatten().collect();
        assert!(twins.is_sorted() && twins.len() == 3, "{twins:?}");
    }
}

#[test]
fn more_comments_than_a_plan_has_room_for_follow_in_the_next() {
    for side in Side::BOTH {
        let (mut world, id) = World::linked("latest", Side::Jira);
        for n in 0..2 * model::limit::EFFECTS_PER_PLAN + 5 {
            world.comment(id, side, &format!("comment {n}"));
        }
        world.edit(id, side, TITLE, text("changed"));
        world.quiet();
        world.assert_in_step(id);
    }
}

#[test]
fn a_restricted_comment_stays() {
    let (mut world, id) = World::linked("latest", Side::Jira);
    let marker = world.comment(id, Side::Jira, "internal");
    world.comments(id, Side::Jira)[0].restricted = true;
    world.settle();
    let far = world.end(id, Side::Azure);
    assert!(world.remotes.azure.twins(far, marker).is_empty());
    world.assert_in_step(id);
}

#[test]
fn a_comment_of_ours_is_never_carried_back() {
    for side in Side::BOTH {
        let (mut world, id) = World::linked("latest", Side::Jira);
        world.comment(id, side, "once");
        world.settle();
        world.settle();
        let counts = Side::BOTH.map(|side| world.item(id, side).comments.as_ref().unwrap().len());
        assert_eq!(counts, [1, 1]);
    }
}

#[test]
fn a_comment_that_our_account_wrote_without_a_marker_is_not_carried() {
    let (mut world, id) = World::linked("latest", Side::Jira);
    let marker = world.comment(id, Side::Jira, "another program's, under our account");
    world.comments(id, Side::Jira)[0].by_us = true;
    world.settle();
    let far = world.end(id, Side::Azure);
    assert!(world.remotes.azure.twins(far, marker).is_empty());
}

#[test]
fn a_comment_of_ours_that_names_one_of_its_own_side_is_not_its_twin() {
    let (mut world, id) = World::linked("latest", Side::Jira);
    world.remote(Side::Azure).mute = true;
    let marker = world.comment(id, Side::Jira, "refused at first");
    world.quiet();
    world.comment(id, Side::Jira, "another program's, under our account");
    let other = world.comments(id, Side::Jira).last_mut().unwrap();
    (other.by_us, other.marker) = (true, Some(marker));
    world.quiet();
    world.remote(Side::Azure).mute = false;
    world.settle();
    let far = world.end(id, Side::Azure);
    assert_eq!(world.remotes.azure.twins(far, marker).len(), 1);
    world.assert_in_step(id);
}

#[test]
fn a_twin_leads_to_its_original() {
    for side in Side::BOTH {
        let (mut world, id) = World::linked("latest", Side::Jira);
        let comment = world.comment(id, side, "once").comment.0;
        world.settle();
        let item = address(side, &world.item(id, side).key);
        let original = match side {
            Side::Jira => format!("\"{item}?focusedCommentId={comment}\""),
            Side::Azure => format!("\"{item}#{comment}\""),
        };
        let twin = world.comments(id, side.other())[0].body.clone();
        let shown = match &twin {
            Value::Html(html) => html.clone(),
            Value::Adf(tree) => tree.to_string(),
            other => panic!("{other:?}"),
        };
        assert!(shown.contains(&original), "{shown}");
    }
}

#[test]
fn a_comment_is_not_doubled_by_a_crash_between_its_arrival_and_its_commit() {
    for side in Side::BOTH {
        for fault in [
            Fault::Crash,
            Fault::Lost,
            Fault::Late(3_000),
            Fault::Late(110_000),
        ] {
            let (mut world, id) = World::linked("latest", Side::Jira);
            world.comment(id, side, "once");
            world.comment(id, side, "twice");
            world.edit(id, side, TITLE, text("with it"));
            world.faults.push_back(fault);
            world.quiet();
            world.advance(400_000);
            world.settle();
            world.assert_in_step(id);
        }
    }
}

#[test]
fn a_twin_whose_id_was_not_told_is_not_made_again() {
    let (mut world, id) = World::linked("latest", Side::Jira);
    world.comment(id, Side::Jira, "rides along");
    world.quiet();
    let far = world.end(id, Side::Azure);
    // A list of comments that lags behind the patch.
    let hidden = world.remote(Side::Azure).item_mut(far).comments.take();
    world.remote(Side::Azure).item_mut(far).comments = Some(Vec::new());
    world.edit(id, Side::Jira, TITLE, text("changed"));
    world.quiet();
    let item = world.remote(Side::Azure).item_mut(far);
    assert!(item.comments.as_ref().unwrap().is_empty());
    item.comments = hidden;
    world.settle();
    world.assert_in_step(id);
}

#[test]
fn refused_comments_do_not_hold_up_the_fields() {
    for side in Side::BOTH {
        let (mut world, id) = World::linked("latest", Side::Jira);
        world.remote(side).mute = true;
        world.comment(id, side.other(), "one");
        world.comment(id, side.other(), "two");
        world.edit(id, side.other(), TITLE, text("goes on"));
        world.quiet();
        assert_eq!(world.value(id, side, TITLE), &text("goes on"));
        let problems = &world.pair(id).problems;
        assert!(
            problems
                .iter()
                .any(|problem| problem.code == Code::FieldRefused)
        );
        world.remote(side).mute = false;
        world.advance(900_000);
        world.assert_in_step(id);
        assert!(world.pair(id).problems.is_empty());
    }
}

#[test]
fn twins_of_a_former_account_are_not_carried_back() {
    for side in Side::BOTH {
        for known in [true, false] {
            let (mut world, id) = World::linked("latest", Side::Jira);
            world.comment(id, side, "once");
            world.settle();
            // Azure DevOps does not tell the twin's id at once; the next reading does.
            world.edit(id, side.other(), LABELS, set(&["x"]));
            world.settle();
            let far = world.end(id, side.other());
            let item = world.remote(side.other()).item_mut(far);
            for comment in item.comments.as_mut().unwrap() {
                comment.by_us = false;
                // What is remembered tells, and what the comment says of itself.
                comment.marker = comment.marker.filter(|_| !known);
            }
            if !known {
                world.pair_mut(id).comments.clear();
            }
            world.remote(side).writes.clear();
            world.edit(id, side.other(), TITLE, text("by the new account"));
            world.quiet();
            world.settle();
            assert_eq!(world.remote(side).writes, ["edit"], "{side} {known}");
        }
    }
}

#[test]
fn a_field_that_no_rule_fills_is_not_blamed_on_the_comment() {
    let (mut world, id) = World::linked("latest", Side::Jira);
    world.remote(Side::Azure).strange = Some((TITLE.azure, "Custom.Reviewer"));
    world.edit(id, Side::Jira, TITLE, text("refused"));
    let markers = ["one", "two"].map(|body| world.comment(id, Side::Jira, body));
    world.quiet();
    let azure = world.end(id, Side::Azure);
    for marker in markers {
        assert_eq!(world.remotes.azure.twins(azure, marker).len(), 1);
    }
    let told = model::Problem::new(Code::FieldRefused).on(Side::Azure);
    let problems = &world.pair(id).problems;
    assert_eq!(*problems, [told.about("Custom.Reviewer")].into());
    world.remote(Side::Azure).strange = None;
    world.advance(600_000);
    assert_eq!(world.value(id, Side::Azure, TITLE), &text("refused"));
    world.assert_in_step(id);
    assert!(world.pair(id).problems.is_empty());
}

#[test]
fn a_comment_that_its_list_does_not_show_yet_is_not_dealt_with() {
    let (mut world, id) = World::linked("latest", Side::Jira);
    let marker = world.comment(id, Side::Azure, "behind");
    let azure = world.end(id, Side::Azure);
    let item = world.remote(Side::Azure).item_mut(azure);
    let (comments, revision) = (item.comments.take(), item.revision);
    world.quiet();
    assert!(!world.pair(id).has_seen(Side::Azure, revision));
    let item = world.remote(Side::Azure).item_mut(azure);
    item.comments = comments;
    world.advance(60_000);
    let jira = world.end(id, Side::Jira);
    assert_eq!(world.remotes.jira.twins(jira, marker).len(), 1);
    world.assert_in_step(id);
}

#[test]
fn comments_wait_while_those_of_the_other_side_are_not_shown() {
    let (mut world, id) = World::linked("latest", Side::Jira);
    let marker = world.comment(id, Side::Jira, "once");
    // A connector that leaves comments out although nobody told it that they are known.
    let far = world.end(id, Side::Azure);
    world.edit(id, Side::Azure, TITLE, text("newer"));
    let shown = world.remote(Side::Azure).item_mut(far).comments.take();
    world.quiet();
    let twins = |world: &World| world.remotes.azure.twins(far, marker).len();
    assert_eq!(twins(&world), 0);
    world.remote(Side::Azure).item_mut(far).comments = shown;
    world.advance(60_000);
    assert_eq!(twins(&world), 1);
    world.assert_in_step(id);
}

/// After some readings without them the item is believed; what needs no comments goes on, and the comments are asked for
/// again and again, though no word of a change comes any more.
#[test]
fn comments_that_are_not_shown_for_hours_are_neither_doubled_nor_forgotten() {
    let (mut world, id) = World::linked("latest", Side::Jira);
    let marker = world.comment(id, Side::Jira, "once");
    let far = world.end(id, Side::Azure);
    world.edit(id, Side::Azure, TITLE, text("newer"));
    world.blurs.azure.extend([Blur::Short; 6]);
    world.quiet();
    for _ in 0..180 {
        world.advance(60_000);
        let hidden = !world.blurs.azure.is_empty();
        assert!(!hidden || world.remotes.azure.twins(far, marker).is_empty());
    }
    assert_eq!(world.value(id, Side::Jira, TITLE), &text("newer"));
    world.advance(8 * 3_600_000);
    assert_eq!(world.remotes.azure.twins(far, marker).len(), 1);
    world.assert_in_step(id);
}

#[test]
fn a_comment_whose_pause_ends_while_something_else_is_written_is_offered_again() {
    let (mut world, id) = World::linked("latest", Side::Jira);
    world.comment(id, Side::Jira, "refused at first");
    let original = world.item(id, Side::Jira).comments.iter().flatten().next();
    let original = CommentRef {
        side: Side::Jira,
        id: original.unwrap().id,
    };
    let until = world.now.plus(5_000);
    let pair = world.pair_mut(id);
    pair.muted.insert(original, until);
    world.edit(id, Side::Jira, TITLE, text("written meanwhile"));
    world.feeds();
    while !world.pair(id).is_open() {
        assert!(world.pump());
    }
    world.now = until.plus(1);
    while world.pump() {}
    world.advance(10_000);
    assert!(world.pair(id).comments.contains_key(&original));
    world.settle();
    world.assert_in_step(id);
}

#[test]
fn a_comment_that_was_delivered_twice_is_told_until_one_of_the_two_is_gone() {
    let (mut world, id) = World::linked("latest", Side::Azure);
    world.comment(id, Side::Azure, "once");
    world.settle();
    let doubled = Problem::new(Code::DuplicateComment).on(Side::Jira);
    let touch = |world: &mut World| {
        let (item, now) = (world.end(id, Side::Jira), world.moment());
        world.remote(Side::Jira).touch(item, now);
        world.quiet();
    };
    let comments = world.comments(id, Side::Jira);
    let mut second = comments[0].clone();
    assert!(second.by_us && second.marker.is_some());
    second.id = CommentId(second.id.0 + 1_000);
    comments.push(second);
    touch(&mut world);
    assert!(world.pair(id).problems.contains(&doubled));
    // A change on the other side, for which no comments are read here, does not hide it.
    world.edit(id, Side::Azure, TITLE, text("changed"));
    world.quiet();
    assert!(world.pair(id).problems.contains(&doubled));
    world.comments(id, Side::Jira).pop();
    touch(&mut world);
    assert!(world.pair(id).problems.is_empty());
}
