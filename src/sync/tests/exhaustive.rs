//! Every interleaving of a small world: one pair, edits on both sides, and misfortunes. Each state once, by as many workers as
//! there are cores where the world is large. What must hold is asked of every state; where nothing more happens by itself, both
//! sides must be in step. The worlds are the ones of the other tests, so the predicates are those of production:
//! [`World::step`](super::world::World::step) asserts them.
//!
//! # What is left out, and why nothing is missed by it
//!
//! **What has a name only to be told from others** (`fingerprint.rs`). Two states are one when they differ only by a renaming
//! that every step respects. Moments of changes are compared across the two sides only, so of them the turns are kept in which
//! the sides were changed. Revisions are compared with those that may still be read or heard of, so their places among these
//! are kept. What is due is compared with the present, so its distance is kept; ages after which nothing changes any more are
//! one. Numbers of intents are compared for equality, and count from the next one. Titles are compared for equality, and one
//! that is still to be given is equal to none before it; so they are named in the order in which a state shows them. Of
//! readings that are about to be heard and will be thrown away it is kept that they will be. In such a state a
//! history that comes back to where it was can be seen, and none may: it would run in circles for ever
//! (`circles.rs`).
//!
//! **What nobody can ask for any more** (`forget.rs`). Of an item's past only what a stale reading may still show is kept. What
//! is told to people changes nothing else, so the change log, the notes and the conflicts that were told of go. A word of a
//! feed that the pair has dealt with, a write whose intent is gone, and a guarded patch on its way that names a revision that
//! is past do nothing when their turn comes, so they go at once. The window in which writes to and fro are counted is taken
//! never to end: then the count is never lower than it would be, and no history here brings it to its bound, where the pair
//! would not be in step. Where many misfortunes come together it is taken to end at once, and nothing is counted.
//!
//! **Moves that nobody has seen yet** (`Node::forks`). A person's edit, or a write that arrives late, changes one remote and
//! nothing else. It commutes with all that neither looks at that remote nor changes one: an answer that is heard, a word about
//! the other item, a crash, the passing of time. So in each history it can be put off until just before the first action that
//! sees it, or another move; the end is the same. A state between a move and what sees it has a name too, and is gone on from
//! once. One that nothing would see is told of by the feed at the end. States between are not looked at, and need not be: what
//! is asked in the midst of a history is whether anything is there twice, and that does not pass.
//!
//! **Words and crashes that may come later** (`heard.rs`). A word of a feed that changes nothing for the next job comes after
//! it. A webhook that tells what the feed has to tell comes after the feed: which of the two was first makes no difference. To
//! die between a reading and its answer is to die before the reading. A word that overtakes readings makes them be thrown away;
//! so it need only overtake those that were made before all moves.
//!
//! **Luck** (`met.rs`). Fewer misfortunes and fewer edits lead to a part of what more of them lead to. So a state is not looked
//! at again when it was met with as many of each, and those to which most can still happen come first (`board.rs`). Edits count
//! so where all that are still to come are alike.
//!
//! Names, moves, words and crashes are looked at too (`left_out.rs`): whatever has one name must lead to the same names, and
//! what is put off must lead where its place leads.
//!
//! # What is not in these worlds
//!
//! Time passes only when nothing is left to do, and then to the next timer. So a word never comes later than the moment at
//! which the reading under way was asked for, after which the pair owes another one; the simulation of the whole node has
//! those. A process that dies between making durable that a write leaves and its first byte is one that dropped it and died. A
//! stale reading shows one side as it was one revision ago.

#[expect(
    clippy::disallowed_types,
    reason = "the workers of a search share their work; the core itself has no threads"
)]
mod board;
mod circles;
mod fingerprint;
mod forget;
mod heard;
mod left_out;
#[expect(
    clippy::disallowed_types,
    reason = "several workers of a search note what they meet"
)]
mod met;
mod mix;
mod names;
mod node;
#[expect(
    clippy::disallowed_methods,
    reason = "the largest search is worth all cores of the machine"
)]
mod search;
mod shown;
mod verdict;

use model::{Both, Side};

use left_out::{Namesakes, PutOff};
use node::{Hand, Misfortunes, Node, Plan, Swings};
use search::{search, search_and, search_together};

/// All of the misfortunes whose bit is set, once each.
const fn unfortunate(bits: u8) -> Misfortunes {
    Misfortunes {
        crashes: bits & 1,
        unknown: bits >> 1 & 1,
        late: bits >> 2 & 1,
        stale: bits >> 3 & 1,
        webhooks: bits >> 4 & 1,
    }
}

const ALL: u8 = 0b11111;

/// Every so many of the misfortunes, once each.
fn at_once(count: u32) -> impl Iterator<Item = Misfortunes> {
    let chosen = (0..=ALL).filter(move |bits| bits.count_ones() == count);
    chosen.map(unfortunate)
}

const TITLES: Plan = Both {
    jira: &[Hand::Title, Hand::Title],
    azure: &[Hand::Title, Hand::Title],
};

const COMMENTS_AND_STATES: Plan = Both {
    jira: &[Hand::Comment, Hand::State],
    azure: &[Hand::Comment, Hand::State],
};

const LABELS_AND_PRIORITIES: Plan = Both {
    jira: &[Hand::Labels, Hand::Priority],
    azure: &[Hand::Priority, Hand::Labels],
};

/// Searches worlds of that plan: so many edits on each side, and each of these misfortunes.
fn check(origin: Side, plan: Plan, most: usize, misfortunes: impl Iterator<Item = Misfortunes>) {
    for luck in misfortunes {
        let tally = search(Node::new(origin, plan, most, luck, swings(most, luck)));
        println!("{most} edits on each side, {luck:?}: {tally:?}");
        assert!(
            tally.ends > 1 && tally.states > 300,
            "{most} {luck:?}: {tally:?}"
        );
    }
}

/// What many misfortunes come to is too much to be looked at for each count of writes to and fro.
fn swings(most: usize, luck: Misfortunes) -> Swings {
    match most > 1 && luck.bits().count_ones() > 2 {
        true => Swings::Forgotten,
        false => Swings::Counted,
    }
}

/// Searches such worlds, and looks at all that is left out.
fn check_left_out(
    origin: Side,
    plan: Plan,
    most: usize,
    misfortunes: impl Iterator<Item = Misfortunes>,
) {
    let (mut met, mut put_off, mut webhooks) = (0, PutOff::default(), 0);
    for luck in misfortunes {
        webhooks += luck.webhooks;
        let root = Node::new(origin, plan, most, luck, swings(most, luck));
        let mut namesakes = Namesakes::default();
        let tally = search_and(root, |node| {
            namesakes.meet(node);
            put_off.meet(node);
        });
        met += tally.legs - namesakes.count();
    }
    println!("{met} states met again, {put_off:?}");
    assert!(
        met > 1_000 && put_off.words > 1_000 && put_off.overtaking > 20,
        "{met} {put_off:?}"
    );
    assert!(put_off.again > 20 || webhooks == 0, "{put_off:?}");
}

#[test]
fn two_titles_set_on_each_side_end_in_step_in_every_interleaving() {
    check(Side::Jira, TITLES, 2, at_once(0));
}

#[test]
fn titles_set_on_both_sides_end_in_step_in_every_interleaving() {
    check(Side::Jira, TITLES, 1, at_once(1));
}

#[test]
fn a_crash_while_the_outcome_of_a_title_is_unknown_loses_nothing_in_any_interleaving() {
    let both = Misfortunes {
        crashes: 1,
        unknown: 1,
        ..Misfortunes::default()
    };
    check(Side::Jira, TITLES, 1, [both].into_iter());
}

/// Which of two states that are nearly alike comes first differs with the workers, so their numbers do a little.
#[test]
fn many_workers_look_at_about_as_much_as_one() {
    let luck = unfortunate(0b00110);
    let root = Node::new(Side::Jira, TITLES, 1, luck, swings(1, luck));
    let (alone, together) = (search(root.clone()), search_together(root));
    let is_alike = |one: usize, other: usize| one * 3 > other * 2 && other * 3 > one * 2;
    assert!(
        is_alike(alone.states, together.states) && is_alike(alone.ends, together.ends),
        "{alone:?} {together:?}"
    );
}

#[test]
fn comments_and_states_end_in_step_in_every_interleaving() {
    check(Side::Azure, COMMENTS_AND_STATES, 1, at_once(1));
}

#[test]
fn labels_and_priorities_end_in_step_in_every_interleaving() {
    check(Side::Jira, LABELS_AND_PRIORITIES, 1, at_once(1));
}

#[test]
#[ignore = "takes minutes; `tests/run --long` runs it"]
fn titles_end_in_step_whatever_befalls_them_at_length() {
    check(Side::Jira, TITLES, 1, at_once(5));
}

#[test]
#[ignore = "takes minutes; `tests/run --long` runs it"]
fn two_titles_on_each_side_end_in_step_whatever_befalls_them_once_at_length() {
    check(Side::Jira, TITLES, 2, at_once(1));
}

#[test]
#[ignore = "takes minutes; `tests/run --long` runs it"]
fn other_fields_end_in_step_whatever_two_misfortunes_befall_them_at_length() {
    check(Side::Azure, COMMENTS_AND_STATES, 1, at_once(2));
    check(Side::Jira, LABELS_AND_PRIORITIES, 1, at_once(2));
}

#[test]
#[ignore = "takes minutes; `tests/run --long` runs it"]
fn two_titles_on_each_side_end_in_step_whatever_two_misfortunes_befall_them_at_length() {
    check(Side::Jira, TITLES, 2, at_once(2));
}

#[test]
fn what_the_search_leaves_out_leads_nowhere_else() {
    check_left_out(Side::Jira, TITLES, 2, at_once(0));
    check_left_out(Side::Jira, TITLES, 1, at_once(1));
    check_left_out(Side::Azure, COMMENTS_AND_STATES, 1, at_once(1));
    check_left_out(Side::Jira, LABELS_AND_PRIORITIES, 1, at_once(1));
}

#[test]
#[ignore = "takes minutes; `tests/run --long` runs it"]
fn what_the_search_leaves_out_leads_nowhere_else_at_length() {
    check_left_out(Side::Jira, TITLES, 2, at_once(1));
    check_left_out(Side::Jira, TITLES, 2, at_once(2));
    check_left_out(Side::Jira, TITLES, 1, at_once(3));
    check_left_out(Side::Azure, COMMENTS_AND_STATES, 1, at_once(2));
    check_left_out(Side::Jira, LABELS_AND_PRIORITIES, 1, at_once(2));
}

#[test]
#[ignore = "takes minutes and gigabytes; `tests/run --long` runs it, optimised"]
fn two_titles_on_each_side_end_in_step_whatever_befalls_them_at_great_length() {
    let luck = unfortunate(ALL);
    let root = Node::new(Side::Jira, TITLES, 2, luck, swings(2, luck));
    let tally = search_together(root);
    println!("{luck:?}: {tally:?}");
    assert!(tally.states > 1_000_000, "{tally:?}");
}
