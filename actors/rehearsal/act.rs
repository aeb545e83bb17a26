//! One pair played to its end: the core's writes are answered in memory, its readings from the remotes, once.

use model::{Both, Item, Millis, PairId, Side, limit};
use sync::intent::Intent;
use sync::{
    Body, Create, Event, Finding, Note, Outcome, Pair, Phase, Probe, ReadRequest, Reading, Receipt,
    Write,
};

use super::agenda::Cue;
use super::plan::Entry;
use super::{Stage, twin};
use crate::activation::{Activation, Task};
use crate::ledger::{self, LedgerError};
use crate::pair::STEPS_PER_TURN;
use crate::stored::Waiting;

/// Rounds of readings that the pairs of one part are given: the first, one for each further look, and as many again for
/// looks that the core asks for itself.
pub(super) const ROUNDS: u16 = 2 * limit::PLAN_LOOKS + 2;

/// What an act needs to go on.
pub(super) enum Need {
    /// Readings of the items that it wants.
    Readings,
    /// What became of a doubtful effect.
    Probe(Probe),
    /// Nothing more: it has ended.
    Nothing,
}

/// An item as it was read, or as it would be by now.
struct Prop {
    item: Item,
    /// Whether it is no longer what the remote has.
    written: bool,
}

/// A pair being played.
pub(super) struct Act<'a> {
    stage: &'a Stage,
    activation: Activation,
    now: Millis,
    props: Both<Option<Prop>>,
    /// What was read since the core asked last.
    heard: Both<Option<Reading>>,
    /// Whether anything was written since the core last observed.
    moved: bool,
    reads: bool,
    waits: bool,
    ended: bool,
    /// Whether a doubt was probed: what is not found now is not asked for again.
    probed: bool,
    looks: u16,
    steps: usize,
    entry: Entry,
}

impl<'a> Act<'a> {
    /// Activates the pair as a node does at its start.
    pub(super) fn begin(
        stage: &'a Stage,
        id: PairId,
        cue: Cue,
        adopted: Vec<Event>,
    ) -> Result<Act<'a>, LedgerError> {
        let row = stage.ledger.pair(id)?;
        let pair = row.map_or_else(|| Pair::new(id), |row| row.pair);
        let mut act = Act {
            stage,
            entry: Entry::of(&pair),
            activation: Activation::new(pair),
            now: stage.now,
            props: Both::default(),
            heard: Both::default(),
            moved: false,
            reads: false,
            waits: false,
            ended: false,
            probed: false,
            looks: limit::PLAN_LOOKS,
            steps: 0,
        };
        act.take(Event::Opened);
        if cue.told != Both::default() {
            act.take(Event::Told(cue.told));
        }
        for event in cue.events.into_iter().chain(adopted) {
            act.take(event);
        }
        Ok(act)
    }

    /// Plays on as far as it goes without a remote.
    pub(super) fn go_on(&mut self) -> Need {
        while !self.ended && self.steps < STEPS_PER_TURN {
            self.steps += 1;
            match self.activation.next_task() {
                Some(Task::Read) => match self.recall() {
                    Some(readings) => self.learn(readings),
                    None => {
                        self.reads = true;
                        return Need::Readings;
                    }
                },
                Some(Task::Announce(write)) => {
                    self.take(Event::Sending {
                        intent: write.intent,
                    });
                    self.write(&write);
                }
                Some(Task::Write(write)) => self.write(&write),
                Some(Task::Probe(probe)) => return Need::Probe(probe),
                // The other pair met it before any was played.
                Some(Task::HandOver(_)) => self.ended = true,
                None => self.ended = !self.look_again(),
            }
        }
        self.ended = true;
        Need::Nothing
    }

    /// Whether it looks again at something that was looked at a moment ago.
    pub(super) fn is_waiting(&self) -> bool {
        self.reads && self.waits
    }

    /// The item of that side that has to be read.
    pub(super) fn wants(&self, side: Side) -> Option<ReadRequest> {
        let pair = self.activation.pair();
        let item = pair.item(side).filter(|_| self.reads)?;
        let written = self.prop(side).is_some_and(|prop| prop.written);
        (!written).then_some(ReadRequest {
            item,
            // Comments are wanted whatever the revision: what is written in memory must know all of them.
            known: None,
            resigned: pair.is_resigned(),
        })
    }

    /// Hears what the remote shows.
    pub(super) fn hear(&mut self, side: Side, reading: Reading) {
        *self.heard.get_mut(side) = Some(reading);
    }

    /// Takes what was heard to the core.
    pub(super) fn observe(&mut self) {
        if !std::mem::take(&mut self.reads) {
            return;
        }
        let heard = std::mem::take(&mut self.heard);
        let readings = Both::of(|side| match heard.get(side) {
            Some(reading) => reading.clone(),
            None => self.shown(side),
        });
        self.learn(readings);
    }

    /// Takes what a probe found to the core.
    pub(super) fn probed(&mut self, intent: u64, finding: Finding) {
        self.probed = true;
        self.take(Event::Probed { intent, finding });
    }

    /// What there is to tell of it; nothing when there is nothing to do and nothing in the way.
    pub(super) fn end(mut self) -> Option<Entry> {
        let pair = self.activation.pair();
        let doubtful = matches!(pair.phase, Phase::Doubtful);
        self.entry.stand(pair);
        self.entry.unsettled |= !self.ended || doubtful;
        self.entry.is_worth_telling().then_some(self.entry)
    }

    fn take(&mut self, event: Event) {
        let (stage, now) = (self.stage, self.now);
        let activation = &mut self.activation;
        let change = stage.with_context(|context| activation.take(context, event, now));
        for name in change.broken {
            let pair = self.activation.pair().id;
            model::log!(
                error,
                "an invariant is broken",
                pair = pair,
                invariant = name
            );
        }
        for note in &change.notes {
            if let Note::Contradiction { .. } = note {
                let pair = self.activation.pair().id;
                model::log!(
                    warn,
                    "an input contradicts the pair's state; the plan says how",
                    pair = pair
                );
            }
            self.entry.note(note);
        }
    }

    fn learn(&mut self, readings: Both<Reading>) {
        (self.moved, self.waits) = (false, false);
        for side in Side::BOTH {
            let prop = self.props.get_mut(side);
            let written = prop.as_ref().is_some_and(|prop| prop.written);
            match readings.get(side) {
                Reading::Present(item) => {
                    self.entry.met(item, written);
                    let item = (**item).clone();
                    *prop = Some(Prop { item, written });
                }
                Reading::Missing | Reading::Failed(_) | Reading::NotAsked => *prop = None,
            }
        }
        self.take(Event::Observed(readings));
    }

    fn prop(&self, side: Side) -> Option<&Prop> {
        let item = self.activation.pair().item(side)?;
        let prop = self.props.get(side).as_ref();
        prop.filter(|prop| prop.item.id == item)
    }

    fn shown(&self, side: Side) -> Reading {
        let prop = self.prop(side);
        prop.map_or(Reading::NotAsked, |prop| {
            Reading::Present(Box::new(prop.item.clone()))
        })
    }

    /// The readings from memory: of what was written here, and after a write of everything, so that what is planned in one
    /// go rests on one reading. Nothing when a remote has to be asked.
    fn recall(&self) -> Option<Both<Reading>> {
        let pair = self.activation.pair();
        let known = |side: Side| {
            let prop = self.prop(side);
            pair.item(side).is_none() || prop.is_some_and(|prop| prop.written || self.moved)
        };
        (known(Side::Jira) && known(Side::Azure)).then(|| Both::of(|side| self.shown(side)))
    }

    /// What would be tried again by itself is looked at again, as if its time had come; a doubt only until it was probed.
    fn look_again(&mut self) -> bool {
        let pair = self.activation.pair();
        let asked = matches!(pair.phase, Phase::Doubtful) && self.probed;
        let timer = ledger::timer(pair, false).filter(|timer| timer.waiting != Waiting::Parked);
        let Some(timer) = timer.filter(|_| !asked) else {
            return false;
        };
        if self.looks == 0 {
            self.entry.unsettled = true;
            return false;
        }
        self.looks -= 1;
        self.waits = true;
        self.now = self.now.max(timer.due);
        self.take(Event::Woken);
        true
    }

    /// Answers a write in memory.
    fn write(&mut self, write: &Write) {
        let Some(intent) = self.activation.pair().intent(write.intent).cloned() else {
            return;
        };
        let assumed = self.rests_on_an_assumption(write);
        self.entry.deed(self.stage, write, &intent, assumed);
        let receipt = match &write.body {
            Body::Create(create) => self.create(create, write.side),
            Body::Edit(_) | Body::Transition(_) | Body::Comment(_) => self.change(write, &intent),
            // The link that people follow makes no revision and is nothing that a reading shows.
            Body::Link(_) => Receipt::default(),
        };
        self.moved = true;
        self.take(Event::Finished {
            intent: write.intent,
            incarnation: self.stage.incarnation,
            outcome: Outcome::Applied(receipt),
        });
    }

    /// A move of a twin that is not there yet begins where its workflow does, which not every remote tells.
    fn rests_on_an_assumption(&self, write: &Write) -> bool {
        let moves = matches!(write.body, Body::Transition(_));
        let prop = self.props.get(write.side).as_ref().filter(|_| moves);
        let born = self.entry.keys.get(write.side).is_none();
        born && prop.is_some_and(|prop| twin::begins_unsure(self.stage, &prop.item))
    }

    fn create(&mut self, create: &Create, side: Side) -> Receipt {
        let source = self.props.get(side.other()).as_ref();
        let item =
            source.and_then(|source| twin::born(self.stage, create, side, &source.item, self.now));
        let Some(item) = item else {
            return Receipt::default();
        };
        let receipt = receipt_of(&item, side == Side::Azure);
        *self.props.get_mut(side) = Some(Prop {
            item,
            written: true,
        });
        receipt
    }

    fn change(&mut self, write: &Write, intent: &Intent) -> Receipt {
        let Some(prop) = self.props.get_mut(write.side) else {
            return Receipt::default();
        };
        let comment = twin::change(self.stage, &mut prop.item, write, intent, self.now);
        prop.written = true;
        Receipt {
            comment,
            ..receipt_of(&prop.item, true)
        }
    }
}

/// What a remote says of a write: on Jira a create tells nothing but which item it made.
fn receipt_of(item: &Item, shows: bool) -> Receipt {
    Receipt {
        item: Some(item.id),
        key: Some(item.key.clone()),
        revision: Some(item.revision),
        returned: shows.then(|| Box::new(item.clone())),
        ..Receipt::default()
    }
}
