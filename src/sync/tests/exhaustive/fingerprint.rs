//! A number for a state of the small world: the same for states that differ in nothing that can ever matter. Unlike `Debug`
//! of effects and values, it tells contents apart.
//!
//! What has a name only to be told from others gets another one, that says what is compared: moments and revisions their place
//! among those that the state shows, so they are gathered first; numbers of intents their distance from the next one; titles
//! the order in which they are met.

use std::hash::{Hash, Hasher as _};

use model::{Comment, Digest, Item, Millis, Revision, RuleName, Side, Value, limit};

use super::heard::Heard;
use super::mix::Mix;
use super::names;
use super::node::Node;
use super::shown::{Shown, last};
use crate::effect::{Body, Change, Effect, NewComment, Reading, Write};
use crate::event::Event;
use crate::intent::{Attempt, Intent, Kind, Planned, Stage};
use crate::pair::{Base, End, Pair, Refused, Retry, Swing, Unheard};
use crate::tests::world::{Job, World};
use crate::{Finding, Outcome, Receipt};

/// The numbers of a state, without the misfortunes and edits that may still happen to it.
pub(super) struct Numbers {
    /// Without what people wish for.
    pub(super) plain: u64,
    /// With it.
    pub(super) wished: u64,
}

/// The numbers when readings may show each item as it was up to so many revisions ago, the present one counted.
pub(super) fn of(node: &Node, kept: usize) -> Numbers {
    let mut walk = Walk {
        node,
        kept,
        heard: node.heard(),
        shown: Shown::of(node, kept),
        out: Mix::default(),
        titles: [None; names::MOST],
        named: 0,
        intents: 0,
    };
    walk.node();
    let plain = walk.out.finish();
    walk.wishes();
    let wished = walk.out.finish();
    Numbers { plain, wished }
}

struct Walk<'a> {
    node: &'a Node,
    kept: usize,
    /// What becomes of the readings that are about to be heard.
    heard: Option<Heard>,
    shown: Shown,
    out: Mix,
    /// The new names of titles, by their numbers.
    titles: [Option<u8>; names::MOST],
    named: u8,
    /// The number of the next intent of the pair that is walked through.
    intents: u64,
}

impl Walk<'_> {
    fn put(&mut self, what: impl Hash) {
        what.hash(&mut self.out);
    }

    fn all<T>(&mut self, of: impl IntoIterator<Item = T>, mut each: impl FnMut(&mut Self, T)) {
        let mut count = 0_u32;
        for one in of {
            each(self, one);
            count += 1;
        }
        self.put(count);
    }

    /// A moment at which something is due or has begun: how far off it is. Beyond the last probe all ages are one.
    fn due(&mut self, at: Millis) {
        self.aged(at, limit::SEARCH_AT_MS);
    }

    /// A moment of which nothing depends any more on how long ago it was when that is so long.
    fn aged(&mut self, at: Millis, long: i64) {
        let off = at.since(self.node.world.now).max(-long);
        self.put(off);
    }

    fn moment(&mut self, side: Side, at: Millis) {
        let moment = self.shown.moment(side, at);
        self.put((side, moment));
    }

    fn revision(&mut self, side: Side, revision: Revision) {
        let revision = self.shown.revision(side, revision);
        self.put(revision);
    }

    fn title(&mut self, number: usize) {
        let name = self.titles[number].unwrap_or_else(|| {
            self.named += 1;
            self.named
        });
        self.titles[number] = Some(name);
        self.put((1_u8, name));
    }

    fn digest(&mut self, digest: Digest) {
        match self.node.names.of_digest(digest) {
            Some(number) => self.title(number),
            None => self.put((2_u8, digest)),
        }
    }

    fn value(&mut self, value: &Value) {
        if let Value::Text(text) = value
            && let Some(number) = self.node.names.of_text(text)
        {
            return self.title(number);
        }
        self.put((2_u8, std::mem::discriminant(value)));
        match value {
            Value::Empty => {}
            Value::Text(text) | Value::Html(text) | Value::Markdown(text) | Value::Choice(text) => {
                self.put(text);
            }
            Value::Adf(tree) => self.put(tree.to_string()),
            Value::Number(number) => self.put(format!("{number:?}")),
            Value::User(user) => self.put(&user.id),
            Value::Set(names) => self.put(names),
            Value::Moment(at) => self.put(at),
            Value::Flag(flag) => self.put(flag),
        }
    }

    fn node(&mut self) {
        let node = self.node;
        if !node.is_uniform() {
            self.put((node.made.jira, node.made.azure));
        }
        self.world(&node.world);
    }

    /// What a title is asked for by. Whoever is asked for none any more is met as if nothing had been overwritten.
    fn wishes(&mut self) {
        let node = self.node;
        self.put(node.overwritten && node.is_asked());
        let wishes = node.wishes();
        for side in Side::BOTH {
            self.all(*wishes.get(side), |walk, nth| {
                walk.title(node.names.of_given(side, nth));
            });
        }
    }

    fn world(&mut self, world: &World) {
        self.put(&world.awake);
        self.all(&world.pairs, |walk, (_, pair)| walk.pair(pair));
        for side in Side::BOTH {
            let remote = world.remotes.get(side);
            let is_fresh = self.heard == Some(Heard::Fresh);
            self.all(
                remote.feed.iter().filter(|_| !is_fresh),
                |walk, (item, revision)| {
                    walk.put(item);
                    walk.revision(side, *revision);
                },
            );
            self.all(last(remote, self.kept), |walk, item| walk.item(item));
        }
        self.all(&world.late, |walk, (at, late)| {
            walk.due(*at);
            walk.content(late);
        });
        self.all(&world.jobs, |walk, job| walk.job(job));
    }

    fn pair(&mut self, pair: &Pair) {
        let Pair {
            id,
            phase,
            ends,
            base,
            comments,
            intents,
            next_intent,
            waiting,
            swings,
            retry,
            wake,
            linked_back,
            problems,
            refused,
            settled,
            owes,
            told_of,
            reading,
            unheard,
            told,
            muted,
            apart,
        } = pair;
        self.intents = *next_intent;
        let Retry {
            failures,
            stale,
            believed,
        } = retry;
        // Readings that are believed make an end of it, and so does the pause after those that are not.
        let is_fresh = self.heard == Some(Heard::Fresh);
        let stale = if is_fresh { &0 } else { stale };
        let settled = is_fresh || self.heard == Some(Heard::Old) || *settled;
        self.put((id, phase, comments, failures, stale, problems));
        self.all(believed, |walk, at| walk.aged(*at, limit::LAG_MS));
        self.put((linked_back, settled, owes, apart, told));
        self.all(reading, |walk, asked| walk.due(*asked));
        for side in Side::BOTH {
            self.all(ends.get(side), |walk, end| walk.end(side, end));
            if !is_fresh {
                self.revision(side, *told_of.get(side));
            }
        }
        self.all(base, |walk, (rule, base)| walk.base(rule, base));
        self.all(intents, |walk, intent| walk.intent(intent));
        self.all(waiting, |walk, (rule, both)| {
            walk.put(rule);
            walk.all([both.jira, both.azure], Walk::digest);
        });
        self.all(swings, |walk, (rule, swing)| {
            let Swing {
                to,
                count,
                since: _,
            } = swing;
            walk.put((rule, to, count));
        });
        self.all(wake, |walk, at| walk.due(*at));
        self.all(refused, |walk, (rule, refused)| walk.refused(rule, refused));
        self.all(unheard, |walk, (rule, unheard)| {
            let Unheard {
                sent,
                late,
                last,
                unseen,
            } = unheard;
            walk.put((rule, last.incarnation == walk.node.world.incarnation));
            // Once a reading was asked for that shows nothing of it, the next one decides, however old the attempt is by then.
            match unseen {
                Some(unseen) => walk.aged(*unseen, limit::LAG_MS),
                None => walk.aged(last.at, limit::LATENESS_MS + limit::LAG_MS),
            }
            walk.put(unseen.is_some());
            for side in Side::BOTH {
                walk.all(sent.get(side), Walk::planned);
                walk.all(late.get(side), Walk::planned);
            }
        });
        self.all(muted, |walk, (comment, until)| {
            walk.put(comment);
            walk.due(*until);
        });
    }

    fn end(&mut self, side: Side, end: &End) {
        let End {
            id,
            key,
            seen,
            written,
            said,
            touched,
        } = end;
        self.put((id, key));
        self.all([*seen, *written, *said], |walk, revision| {
            walk.revision(side, revision)
        });
        self.moment(side, *touched);
    }

    fn base(&mut self, rule: &RuleName, base: &Base) {
        let Base {
            value,
            elements,
            first,
        } = base;
        self.put((rule, first, elements));
        for side in Side::BOTH {
            self.all(*value.get(side), Walk::digest);
        }
    }

    fn refused(&mut self, rule: &RuleName, refused: &Refused) {
        let Refused {
            by,
            source,
            code,
            named,
            stood,
            until,
        } = refused;
        self.put((rule, by, code, named));
        self.digest(*source);
        self.all(*stood, Walk::digest);
        self.due(*until);
    }

    fn number(&mut self, intent: u64) {
        let off = self.intents.wrapping_sub(intent);
        self.put(off);
    }

    fn intent(&mut self, intent: &Intent) {
        let Intent {
            number,
            side,
            class,
            kind,
            stage,
        } = intent;
        self.number(*number);
        self.put((side, class));
        match kind {
            Kind::Create {
                floor,
                project,
                fields,
                left,
            } => {
                self.put((0_u8, floor, project));
                self.all(fields, Walk::planned);
                self.all(left, |walk, (rule, digest)| {
                    walk.put(rule);
                    walk.digest(*digest);
                });
            }
            Kind::Edit { fields, comment } => {
                self.put((1_u8, comment));
                self.all(fields, Walk::planned);
            }
            Kind::Transition { field } => self.planned(field),
            Kind::Comment { original } => self.put((2_u8, original)),
            Kind::Link => self.put(3_u8),
        }
        match stage {
            Stage::Planned => self.put(0_u8),
            Stage::Sent(attempt) => self.attempt(*attempt),
            Stage::Doubt {
                attempt,
                probes,
                asked,
                next,
            } => {
                self.attempt(*attempt);
                self.put(probes);
                self.all(*asked, Walk::due);
                self.due(*next);
            }
        }
    }

    fn attempt(&mut self, attempt: Attempt) {
        let Attempt { at, incarnation } = attempt;
        self.due(at);
        self.put(incarnation == self.node.world.incarnation);
    }

    fn planned(&mut self, planned: &Planned) {
        let Planned {
            rule,
            source,
            sent,
            elements,
        } = planned;
        self.put((rule, elements));
        self.digest(*source);
        self.digest(*sent);
    }

    fn job(&mut self, job: &Job) {
        let (id, effects) = match job {
            Job::Run(id, effects) | Job::Tell(id, _, effects) => (id, effects),
        };
        self.put(id);
        let pair = self.node.world.pairs.get(id);
        self.intents = pair.map_or(0, |pair| pair.next_intent);
        if let Job::Tell(_, event, _) = job {
            self.event(event);
        }
        self.all(effects, |walk, effect| match &**effect {
            Effect::Write(write) => {
                walk.put((2_u8, walk.node.overwrites(write)));
                walk.write(write);
            }
            Effect::Probe(probe) => {
                walk.number(probe.intent);
                walk.put((
                    3_u8,
                    probe.side,
                    probe.search,
                    format!("{:?}", probe.target),
                ));
            }
            Effect::Read => walk.put(0_u8),
            Effect::HandOver { to } => walk.put((1_u8, to)),
        });
    }

    fn write(&mut self, write: &Write) {
        self.number(write.intent);
        self.content(write);
    }

    /// What a write does, whoever sent it.
    fn content(&mut self, write: &Write) {
        self.put((write.side, write.class));
        match &write.body {
            Body::Create(create) => self.all(&create.fields, |walk, (field, value)| {
                walk.put(field);
                walk.value(value);
            }),
            Body::Edit(edit) => {
                self.put(edit.item);
                // Jira asks for no revision; what it would tell by it is told to people only.
                if write.side == Side::Azure {
                    self.revision(Side::Azure, edit.at);
                }
                self.all(&edit.changes, |walk, (field, change)| {
                    walk.put(field);
                    walk.change(change);
                });
                self.all(&edit.comment, Walk::new_comment);
            }
            Body::Transition(transition) => {
                self.put((transition.item, &transition.status, transition.direct));
            }
            Body::Comment(comment) => self.new_comment(comment),
            Body::Link(link) => self.put(link.item),
        }
    }

    fn change(&mut self, change: &Change) {
        match change {
            Change::Set(value) => self.value(value),
            Change::Merge { add, remove, whole } => self.put((add, remove, whole)),
        }
    }

    fn new_comment(&mut self, comment: &NewComment) {
        self.put((comment.item, comment.marker.side, comment.marker.comment));
        self.value(&comment.body);
    }

    fn event(&mut self, event: &Event) {
        match event {
            Event::Observed(_) if matches!(self.heard, Some(Heard::Old | Heard::Behind)) => {
                self.put((0_u8, self.heard));
            }
            Event::Observed(readings) => {
                self.put((1_u8, self.heard));
                for side in Side::BOTH {
                    match readings.get(side) {
                        Reading::Present(item) => self.item(item),
                        other @ (Reading::Missing | Reading::Failed(_) | Reading::NotAsked) => {
                            self.put(format!("{other:?}"));
                        }
                    }
                }
            }
            Event::Finished {
                intent,
                incarnation,
                outcome,
            } => {
                self.number(*intent);
                self.put(*incarnation == self.node.world.incarnation);
                match outcome {
                    Outcome::Applied(receipt) => self.receipt(receipt),
                    other @ (Outcome::Refused(_) | Outcome::NotSent(_) | Outcome::Unknown) => {
                        self.put(format!("{other:?}"));
                    }
                }
            }
            Event::Probed { intent, finding } => {
                self.number(*intent);
                match finding {
                    Finding::Found(receipt) => self.receipt(receipt),
                    other @ (Finding::Absent | Finding::Inconclusive) => {
                        self.put(format!("{other:?}"));
                    }
                }
            }
            Event::Adopted(item) => self.item(item),
            other @ (Event::Opened
            | Event::Sending { .. }
            | Event::Woken
            | Event::Told(_)
            | Event::Command(_)) => self.put(format!("{other:?}")),
        }
    }

    fn receipt(&mut self, receipt: &Receipt) {
        let Receipt {
            item,
            key,
            revision,
            returned,
            comment,
            // Told to people only.
            overwritten: _,
            stopped,
        } = receipt;
        self.put((item, key, comment, stopped.map(|stop| stop as u8)));
        // Only the answer to a create may come without the item, and creates go to the side that the pair did not begin on.
        let far = self.node.id.origin.other();
        let side = returned.as_ref().map_or(far, |item| item.side);
        let side = if comment.is_some() { Side::Jira } else { side };
        self.all(*revision, |walk, revision| walk.revision(side, revision));
        self.all(returned, |walk, item| walk.item(item));
    }

    fn item(&mut self, item: &Item) {
        let Item {
            side,
            id,
            key: _,
            revision,
            changed,
            project: _,
            kind: _,
            fields: _,
            comments,
            created_by_us,
            marker,
        } = item;
        self.put((side, id, created_by_us, marker.is_some()));
        self.revision(*side, *revision);
        if !self.shown.is_ours(item) {
            self.moment(*side, *changed);
        }
        // What no rule reads is of no concern.
        for rule in &self.node.world.profile.rules {
            self.value(item.field(rule.field(*side)));
        }
        self.put(comments.is_some());
        self.all(comments.iter().flatten(), Walk::comment);
    }

    fn comment(&mut self, comment: &Comment) {
        self.put((comment.id, comment.by_us));
        let marker = comment.marker.map(|marker| (marker.side, marker.comment));
        self.put(marker);
        self.value(&comment.body);
    }
}
