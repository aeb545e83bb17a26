//! Leaving out parts of a history, by name, and looking for the smallest that still fails.

use std::collections::BTreeSet;

use crate::life;
use crate::swarm::{Disk, Swarm};

/// Histories that are lived through at most to make one smaller.
const TRIES: usize = 200;

/// The names of everything that can be left out of a history, the kinds of faults first, acts last.
fn parts(swarm: &Swarm) -> (Vec<String>, Vec<String>) {
    let network = &swarm.network;
    let rates = [
        ("lost", network.lost),
        ("dropped", network.dropped),
        ("late", network.late),
        ("refused", network.refused),
        ("twice", network.twice),
        ("slow", network.slow),
        ("wakes", swarm.wakes),
        ("orders", swarm.orders),
        ("deletes", swarm.deletes),
        ("moves", swarm.moves),
    ];
    let rates = rates.into_iter().filter(|(_, rate)| *rate > 0.0);
    let mut kinds: Vec<String> = rates.map(|(name, _)| name.to_owned()).collect();
    let switches = [
        ("unaccepted", network.unaccepted.is_some()),
        ("page", network.page),
        ("forbidden", network.forbidden.is_some()),
        ("manual", swarm.policy == "manual"),
        ("one-way", swarm.direction != "both"),
        ("profiles", swarm.profiles > 1),
        ("limits", swarm.write_limits),
        ("lag", swarm.search_lag_ms.1 > 0),
    ];
    let switches = switches.into_iter().filter(|(_, is_on)| *is_on);
    kinds.extend(switches.map(|(name, _)| name.to_owned()));
    kinds.extend(
        swarm
            .wrongs
            .iter()
            .map(|(fault, ..)| fault.name().to_owned()),
    );
    for (nth, life) in swarm.lives.iter().enumerate() {
        kinds.push(format!("life-{nth}"));
        if life.disk != Disk::Sound {
            kinds.push(format!("disk-{nth}"));
        }
        if life.skew_ms != 0 {
            kinds.push(format!("skew-{nth}"));
        }
    }
    let acts = swarm.acts.iter().map(|act| format!("act-{}", act.number));
    (kinds, acts.collect())
}

/// The history without those parts.
pub(crate) fn without(mut swarm: Swarm, left_out: &BTreeSet<String>) -> Swarm {
    let is_out = |name: &str| left_out.contains(name);
    let network = &mut swarm.network;
    for (name, rate) in [
        ("lost", &mut network.lost),
        ("dropped", &mut network.dropped),
        ("late", &mut network.late),
        ("refused", &mut network.refused),
        ("twice", &mut network.twice),
        ("slow", &mut network.slow),
        ("wakes", &mut swarm.wakes),
        ("orders", &mut swarm.orders),
        ("deletes", &mut swarm.deletes),
        ("moves", &mut swarm.moves),
    ] {
        if is_out(name) {
            *rate = 0.0;
        }
    }
    if is_out("unaccepted") {
        network.unaccepted = None;
    }
    if is_out("forbidden") {
        network.forbidden = None;
    }
    network.page &= !is_out("page");
    if is_out("manual") {
        swarm.policy = "latest";
    }
    if is_out("one-way") {
        swarm.direction = "both";
    }
    if is_out("profiles") {
        swarm.profiles = 1;
    }
    if is_out("limits") {
        swarm.write_limits = false;
    }
    if is_out("lag") {
        swarm.search_lag_ms = (0, 0);
    }
    swarm.wrongs.retain(|(fault, ..)| !is_out(fault.name()));
    for (nth, life) in swarm.lives.iter_mut().enumerate() {
        if is_out(&format!("disk-{nth}")) {
            life.disk = Disk::Sound;
        }
        if is_out(&format!("skew-{nth}")) {
            life.skew_ms = 0;
        }
    }
    let mut nth = 0;
    swarm.lives.retain(|_| {
        nth += 1;
        !is_out(&format!("life-{}", nth - 1))
    });
    swarm
        .acts
        .retain(|act| !is_out(&format!("act-{}", act.number)));
    swarm
}

/// Parts that people leave out, as `COUNTERPART_WITHOUT` names them.
pub(crate) fn asked_for() -> BTreeSet<String> {
    let text = std::env::var("COUNTERPART_WITHOUT").unwrap_or_default();
    let names = text.split(',').filter(|name| !name.is_empty());
    names.map(str::to_owned).collect()
}

/// A search for a smaller history that fails.
struct Search {
    seed: u64,
    left_out: BTreeSet<String>,
    told: String,
    tries: usize,
}

impl Search {
    /// Leaves out these parts too, if it fails all the same.
    fn leave_out(&mut self, parts: &[String]) -> bool {
        if self.tries == TRIES {
            return false;
        }
        self.tries += 1;
        let mut left_out = self.left_out.clone();
        left_out.extend(parts.iter().cloned());
        let Err(told) = crate::attempt(self.seed, &left_out) else {
            return false;
        };
        (self.left_out, self.told) = (left_out, told);
        true
    }

    /// Leaves out as many as possible, in pieces that become smaller.
    fn leave_out_any(&mut self, parts: Vec<String>) {
        let mut kept = parts;
        let mut piece = kept.len().div_ceil(2);
        while piece > 0 {
            let pieces: Vec<Vec<String>> = kept.chunks(piece).map(<[String]>::to_vec).collect();
            let needed = pieces.into_iter().filter(|part| !self.leave_out(part));
            kept = needed.flatten().collect();
            piece = if piece == 1 { 0 } else { piece.div_ceil(2) };
        }
    }
}

/// The parts that can be left out of a history that fails, and what it then tells.
pub(crate) fn smallest(seed: u64, told: String) -> (BTreeSet<String>, String) {
    let mut search = Search {
        seed,
        left_out: asked_for(),
        told,
        tries: 0,
    };
    let (kinds, acts) = parts(&without(life::drawn(seed).0, &search.left_out));
    search.leave_out_any(kinds);
    search.leave_out_any(acts);
    (search.left_out, search.told)
}
