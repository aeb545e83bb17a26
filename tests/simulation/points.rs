//! The script once for each of its points: the power goes there, and what was not synced may be lost; or one request is
//! lost after it was applied, arrives twice, or long after it was given up. Then it goes on, and is judged like any history.
//!
//! The long programme takes every point; an ordinary run takes one of [`STRIDE`], others in each kind.

use tests::environment;

use crate::script::{Blow, live};
use crate::swarm::Fate;
use crate::{FAILURES_TOLD, side_by_side};

/// Of so many points an ordinary run takes one.
const STRIDE: usize = 7;
/// Milliseconds after which a late request arrives: short of what the node relies on.
const LATE_MS: u64 = 110_000;

/// Those of all points that are taken.
fn taken(all: Vec<Blow>, from: usize) -> Vec<Blow> {
    let stride = environment::amount(STRIDE, 1);
    all.into_iter()
        .skip(from % stride)
        .step_by(stride)
        .collect()
}

#[expect(clippy::print_stdout, reason = "it says how many points there are")]
fn live_through(kind: &str, all: Vec<Blow>, from: usize) {
    let count = all.len();
    let blows = taken(all, from);
    assert!(blows.len() > 3, "{kind}: {} of {count}", blows.len());
    let (tally, failed) = side_by_side(&blows, |blow| live(*blow));
    println!("{kind}: {} of {count} points; {tally}", blows.len());
    let told = failed.len().min(FAILURES_TOLD);
    assert!(failed.is_empty(), "{}", failed[..told].join("\n"));
}

#[test]
fn a_power_cut_at_any_point_of_the_script_loses_nothing_and_doubles_nothing() {
    let sound = live(Blow::None).expect("the script alone");
    let cut = |point| Blow::Power(point, sound.lasted_ms);
    let all = (1..=sound.points).map(cut).collect();
    live_through("power cuts", all, 1);
}

#[test]
fn any_answer_of_the_script_may_be_lost() {
    let sound = live(Blow::None).expect("the script alone");
    let lost = |number| Blow::Request(number, Fate::Lost);
    let all = (1..=sound.tally.requests).map(lost).collect();
    live_through("lost answers", all, 2);
}

#[test]
fn any_write_of_the_script_may_arrive_twice_or_late() {
    let sound = live(Blow::None).expect("the script alone");
    let fates = [Fate::Twice, Fate::Late(LATE_MS)];
    let each = |number: u64| fates.map(|fate| Blow::Request(number, fate));
    let all = sound.writes.into_iter().flat_map(each).collect();
    live_through("repeated and late writes", all, 3);
}
