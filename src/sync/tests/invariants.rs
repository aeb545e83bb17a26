//! Each invariant speaks up when it is broken, and only then: a predicate that always holds would prove nothing.

use model::{CommentId, Digest, ItemId, Millis, PairId, Problem, Side, problem::Code};

use super::world::World;
use crate::effect::{Class, CommentRef, Edit, Effect, Floor, Probe, Target, Write};
use crate::intent::{Attempt, Intent, Kind, Stage};
use crate::pair::{Pair, Park, Phase, Twin};
use crate::{Body, Step, invariant};

/// A linked pair at rest.
fn linked() -> Pair {
    let (world, id) = World::linked("latest", Side::Jira);
    world.pair(id).clone()
}

/// A pair of which only the source is known.
fn unlinked() -> Pair {
    let pair = linked();
    Pair::new(pair.id)
}

const ATTEMPT: Attempt = Attempt {
    at: Millis(5),
    incarnation: 1,
};

const DOUBT: Stage = Stage::Doubt {
    attempt: ATTEMPT,
    probes: 0,
    asked: None,
    next: Millis(10),
};

fn original(number: u64) -> CommentRef {
    CommentRef {
        side: Side::Azure,
        id: CommentId(number),
    }
}

fn comment(number: u64, stage: Stage) -> Intent {
    Intent {
        number,
        side: Side::Jira,
        class: Class::Fragile,
        kind: Kind::Comment {
            original: original(number),
        },
        stage,
    }
}

fn create(number: u64) -> Intent {
    Intent {
        number,
        side: Side::Azure,
        class: Class::Fragile,
        kind: Kind::Create {
            floor: Floor::default(),
            project: Digest([0; 8]),
            fields: Vec::new(),
            left: Vec::new(),
        },
        stage: Stage::Planned,
    }
}

fn edit(number: u64) -> Intent {
    Intent {
        number,
        side: Side::Azure,
        class: Class::Guarded,
        kind: Kind::Edit {
            fields: Vec::new(),
            comment: None,
        },
        stage: Stage::Planned,
    }
}

/// The effect that carries an edit's intent out.
fn write(number: u64, side: Side, class: Class) -> Effect {
    Effect::Write(Write {
        intent: number,
        side,
        class,
        body: Body::Edit(Edit {
            item: ItemId(5001),
            at: model::Revision(1),
            changes: Vec::new(),
            comment: None,
        }),
    })
}

fn probe(number: u64) -> Effect {
    Effect::Probe(Probe {
        intent: number,
        side: Side::Jira,
        target: Target::Comment {
            item: ItemId(101),
            marker: model::CommentMarker {
                side: Side::Azure,
                comment: CommentId(number),
            },
        },
        search: false,
    })
}

/// Set aside: for a person, or for a pause.
fn parked(held: bool) -> Phase {
    Phase::Parked(Park {
        problem: Problem::new(Code::Duplicate),
        since: Millis(1),
        held,
    })
}

/// A watched pair with those intents.
fn open(intents: Vec<Intent>) -> Pair {
    let mut pair = linked();
    pair.next_intent = 100;
    pair.wake = Some(Millis(20));
    pair.phase = match intents.iter().any(Intent::is_doubtful) {
        true => Phase::Doubtful,
        false => Phase::Linked,
    };
    pair.intents = intents;
    pair
}

fn changed(mut pair: Pair, change: impl FnOnce(&mut Pair)) -> Pair {
    change(&mut pair);
    pair
}

/// What a step that makes this pair and these effects breaks.
fn check_step(before: &Pair, pair: Pair, effects: Vec<Effect>, expected: &[&str]) {
    let step = Step {
        pair,
        effects,
        notes: Vec::new(),
    };
    assert_eq!(invariant::broken(before, &step), expected, "{step:#?}");
}

fn check(pair: Pair, effects: Vec<Effect>, expected: &[&str]) {
    check_step(&pair.clone(), pair, effects, expected);
}

#[test]
fn what_is_sound_breaks_none() {
    check(linked(), Vec::new(), &[]);
    check(
        open(vec![comment(3, Stage::Sent(ATTEMPT))]),
        Vec::new(),
        &[],
    );
    let both = vec![comment(3, Stage::Sent(ATTEMPT)), comment(4, Stage::Planned)];
    check(open(both), Vec::new(), &[]);
    check(open(vec![comment(3, DOUBT)]), vec![probe(3)], &[]);
    let writes = vec![write(3, Side::Azure, Class::Guarded)];
    check(open(vec![edit(3)]), writes, &[]);
    check(
        changed(linked(), |pair| pair.wake = Some(Millis(9))),
        vec![Effect::Read],
        &[],
    );
    let waits = changed(linked(), |pair| pair.phase = parked(true));
    check(waits, Vec::new(), &[]);
}

#[test]
fn an_identity_that_changes_is_named() {
    let other = changed(linked(), |pair| {
        pair.id = PairId {
            item: ItemId(999),
            ..pair.id
        };
    });
    check_step(&linked(), other, Vec::new(), &["identity-never-changes"]);
}

#[test]
fn two_fragile_effects_in_flight_are_named() {
    let both = vec![
        comment(3, Stage::Sent(ATTEMPT)),
        comment(4, Stage::Sent(ATTEMPT)),
    ];
    check(open(both), Vec::new(), &["at-most-one-fragile-in-flight"]);
    let guarded = changed(open(vec![edit(3), edit(4)]), |pair| {
        for intent in &mut pair.intents {
            intent.stage = Stage::Sent(ATTEMPT);
        }
    });
    check(guarded, Vec::new(), &[]);
}

#[test]
fn numbers_that_do_not_rise_are_named() {
    let broken = &["intent-numbers-rise"];
    check(open(vec![edit(4), edit(3)]), Vec::new(), broken);
    check(open(vec![edit(4), edit(4)]), Vec::new(), broken);
    let used = changed(open(vec![edit(3)]), |pair| pair.next_intent = 3);
    check(used, Vec::new(), broken);
    let next = changed(open(vec![edit(3)]), |pair| pair.next_intent = 4);
    check(next, Vec::new(), &[]);
}

#[test]
fn a_phase_that_nothing_stands_behind_is_named() {
    let doubtful = changed(linked(), |pair| pair.phase = Phase::Doubtful);
    check(doubtful, Vec::new(), &["doubtful-means-an-open-doubt"]);
    let unlinked = changed(unlinked(), |pair| pair.phase = Phase::Linked);
    check(unlinked, Vec::new(), &["linked-means-both-ends"]);
}

#[test]
fn a_write_that_its_intent_does_not_speak_of_is_named() {
    let broken = &["no-write-without-its-intent"];
    for effect in [
        write(7, Side::Azure, Class::Guarded),
        write(3, Side::Jira, Class::Guarded),
        write(3, Side::Azure, Class::Natural),
    ] {
        check(open(vec![edit(3)]), vec![effect], broken);
    }
    let sent = changed(open(vec![edit(3)]), |pair| {
        pair.intents[0].stage = Stage::Sent(ATTEMPT);
    });
    check(sent, vec![write(3, Side::Azure, Class::Guarded)], broken);
}

#[test]
fn a_write_beside_a_doubt_is_named() {
    let pair = open(vec![comment(3, DOUBT), edit(4)]);
    let writes = vec![write(4, Side::Azure, Class::Guarded)];
    check(pair, writes, &["no-write-while-in-doubt"]);
}

#[test]
fn a_create_too_many_is_named() {
    let begun = |intents: Vec<Intent>| {
        changed(unlinked(), |pair| {
            pair.phase = Phase::Linking;
            pair.next_intent = 100;
            pair.wake = Some(Millis(20));
            pair.intents = intents;
        })
    };
    check(begun(vec![create(3)]), Vec::new(), &[]);
    let twice = begun(vec![create(3), create(4)]);
    check(twice, Vec::new(), &["no-second-create-while-one-is-open"]);
    let again = open(vec![create(3)]);
    check(again, Vec::new(), &["no-create-for-a-linked-pair"]);
}

#[test]
fn a_second_twin_is_named() {
    let broken = &["a-comment-with-a-twin-gets-no-other"];
    let twice = Intent {
        kind: Kind::Comment {
            original: original(3),
        },
        ..comment(4, Stage::Planned)
    };
    let pair = open(vec![comment(3, Stage::Planned), twice]);
    check(pair, Vec::new(), broken);
    let carried = changed(open(vec![comment(3, Stage::Planned)]), |pair| {
        pair.comments.insert(original(3), Twin::Unnamed);
    });
    check(carried, Vec::new(), broken);
}

#[test]
fn a_doubt_that_nothing_ends_is_named() {
    let forgotten = changed(open(vec![comment(3, DOUBT)]), |pair| pair.wake = None);
    let names = ["a-doubt-is-closed-or-woken", "what-is-under-way-is-watched"];
    check(forgotten.clone(), Vec::new(), &names);
    check(forgotten.clone(), vec![probe(3)], &names[1..]);
    let waits = changed(forgotten, |pair| pair.phase = parked(true));
    check(waits, Vec::new(), &[]);
}

#[test]
fn an_end_that_is_exchanged_or_forgotten_is_named() {
    let broken = &["a-known-end-is-never-exchanged"];
    let exchanged = changed(linked(), |pair| {
        let end = pair.ends.jira.as_mut().unwrap();
        end.id = ItemId(77);
    });
    check_step(&linked(), exchanged, Vec::new(), broken);
    let forgotten = changed(linked(), |pair| {
        pair.ends.azure = None;
        pair.phase = Phase::Unlinked;
    });
    check_step(&linked(), forgotten, Vec::new(), broken);
    let before = changed(linked(), |pair| pair.ends.azure = None);
    check_step(&before, linked(), Vec::new(), &[]);
}

#[test]
fn what_nobody_watches_is_named() {
    let broken = &["what-is-under-way-is-watched"];
    let unwatched = |change: fn(&mut Pair)| changed(linked(), change);
    check(
        unwatched(|pair| pair.reading = Some(Millis(1))),
        Vec::new(),
        broken,
    );
    check(unwatched(|_| {}), vec![Effect::Read], broken);
    let writes = unwatched(|pair| {
        pair.next_intent = 9;
        pair.intents = vec![edit(3)];
    });
    check(writes, Vec::new(), broken);
    let detached = unwatched(|pair| {
        pair.phase = Phase::Detached;
        pair.reading = Some(Millis(1));
    });
    check(detached, Vec::new(), &[]);
}

#[test]
fn a_pair_that_waits_for_a_person_and_acts_is_named() {
    let broken = &["a-pair-that-waits-for-a-person-does-nothing"];
    let waits = |intents: Vec<Intent>| {
        changed(open(intents), |pair| {
            pair.phase = parked(true);
            pair.wake = None;
        })
    };
    let doubt = || waits(vec![comment(3, DOUBT)]);
    check(doubt(), vec![probe(3)], broken);
    check(doubt(), vec![Effect::Read], &[]);
    let writes = vec![write(3, Side::Azure, Class::Guarded)];
    check(waits(vec![edit(3)]), writes, broken);
    let timed = changed(doubt(), |pair| pair.wake = Some(Millis(1)));
    check(timed, Vec::new(), broken);
    // A pause is no waiting for a person.
    let pauses = changed(linked(), |pair| {
        pair.phase = parked(false);
        pair.wake = Some(Millis(1));
    });
    check(pauses, Vec::new(), &[]);
}

#[test]
fn a_plan_without_a_bound_is_named() {
    let most = model::limit::EFFECTS_PER_PLAN as u64 + 3;
    let plan = |count: u64| {
        changed(open((1..=count).map(edit).collect()), |pair| {
            pair.next_intent = count + 1;
        })
    };
    check(plan(most), Vec::new(), &[]);
    check(plan(most + 1), Vec::new(), &["plans-are-bounded"]);
}

#[test]
fn a_stored_pair_is_judged_by_what_speaks_of_it_alone() {
    assert!(invariant::unsound(&linked()).is_empty());
    let doubtful = changed(linked(), |pair| pair.phase = Phase::Doubtful);
    assert_eq!(
        invariant::unsound(&doubtful),
        ["doubtful-means-an-open-doubt"]
    );
    // A row may be older than its timer, and effects are in no row.
    let unwatched = changed(open(vec![edit(3)]), |pair| pair.wake = None);
    assert!(invariant::unsound(&unwatched).is_empty());
}
