//! A number for a state of the small world: the same for states that differ in nothing that can ever matter. Unlike `Debug`
//! of effects and values, it tells contents apart.
//!
//! What has a name only to be told from others gets its name by the order in which it is met: moments, revisions, numbers of
//! intents, titles. So each state is walked through twice, first to gather the names.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher as _};

use model::{Comment, Digest, Item, Millis, Revision, RuleName, Side, Value, limit};

use super::node::Node;
use crate::effect::{Body, Change, Effect, NewComment, Reading, Write};
use crate::event::Event;
use crate::intent::{Attempt, Intent, Kind, Planned, Stage};
use crate::pair::{Base, End, Pair, Refused, Swing, Unheard};
use crate::tests::world::{Job, World};
use crate::{Finding, Outcome, Receipt};

/// The state's number, without the misfortunes and edits that may still happen to it.
pub(super) fn of(node: &Node) -> u64 {
    let mut walk = Walk {
        node,
        gathers: true,
        out: DefaultHasher::new(),
        jira: Vec::new(),
        moments: vec![node.world.now, node.world.latest],
        titles: vec![None; node.names.count()],
        named: 0,
        intents: 0,
    };
    walk.node();
    walk.jira.sort_unstable();
    walk.jira.dedup();
    walk.moments.sort_unstable();
    walk.moments.dedup();
    walk.gathers = false;
    walk.node();
    walk.out.finish()
}

struct Walk<'a> {
    node: &'a Node,
    /// Whether names are only gathered.
    gathers: bool,
    out: DefaultHasher,
    /// All revisions of Jira's, in order: of them only the order matters.
    jira: Vec<Revision>,
    /// All moments at which remotes were changed, in order: of them too.
    moments: Vec<Millis>,
    /// The new names of titles, by their numbers.
    titles: Vec<Option<u8>>,
    named: u8,
    /// The number of the next intent of the pair that is walked through.
    intents: u64,
}

impl Walk<'_> {
    fn put(&mut self, what: impl Hash) {
        if !self.gathers {
            what.hash(&mut self.out);
        }
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
        let off = at.since(self.node.world.now).max(-limit::SEARCH_AT_MS);
        self.put(off);
    }

    /// A moment at which a remote was changed.
    fn moment(&mut self, at: Millis) {
        if self.gathers {
            self.moments.push(at);
        } else {
            let place = self.moments.binary_search(&at);
            self.put(place);
        }
    }

    /// A revision. Azure DevOps counts them one by one, and a plan counts on; Jira's only rise.
    fn revision(&mut self, side: Side, revision: Revision) {
        if revision == Revision(0) {
            return self.put(0_u8);
        }
        match side {
            Side::Jira if self.gathers => self.jira.push(revision),
            Side::Jira => {
                let place = self.jira.binary_search(&revision);
                self.put((1_u8, place));
            }
            Side::Azure => {
                let items = self.node.world.remotes.azure.items.values();
                let latest = items.map(|item| item.revision.0).max().unwrap_or(0);
                self.put((2_u8, latest.abs_diff(revision.0), latest > revision.0));
            }
        }
    }

    fn title(&mut self, number: usize) {
        if self.gathers {
            return;
        }
        let name = self.titles[number].unwrap_or_else(|| {
            self.named += 1;
            self.named
        });
        self.titles[number] = Some(name);
        self.put(("title", name));
    }

    fn digest(&mut self, digest: Digest) {
        match self.node.names.of_digest(digest) {
            Some(number) => self.title(number),
            None => self.put(digest),
        }
    }

    fn value(&mut self, value: &Value) {
        if let Value::Text(text) = value
            && let Some(number) = self.node.names.of_text(text)
        {
            return self.title(number);
        }
        self.put(std::mem::discriminant(value));
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
        self.put(node.overwritten);
        for wish in [node.wishes().jira, node.wishes().azure] {
            let number = wish.and_then(|wish| node.names.of_text(&wish));
            self.all(number, |walk, number| walk.title(number));
        }
        self.world(&node.world);
    }

    fn world(&mut self, world: &World) {
        self.moment(world.now);
        self.moment(world.latest);
        self.put(&world.awake);
        self.all(&world.pairs, |walk, (_, pair)| walk.pair(pair));
        for side in Side::BOTH {
            let remote = world.remotes.get(side);
            self.all(&remote.feed, |walk, (item, revision)| {
                walk.put(item);
                walk.revision(side, *revision);
            });
            let past = remote.past.values().flatten();
            self.all(past, |walk, item| walk.item(item));
        }
        self.all(&world.late, |walk, (at, late)| {
            walk.due(*at);
            walk.write(late);
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
        self.put((id, phase, comments, retry, problems));
        self.put((linked_back, settled, owes, apart, told));
        self.all(reading, |walk, asked| walk.due(*asked));
        for side in Side::BOTH {
            self.all(ends.get(side), |walk, end| walk.end(side, end));
            self.revision(side, *told_of.get(side));
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
            // How long after the last attempt the reading was asked for decides, and not how long ago either was.
            let age = reading.map(|asked| asked.since(last.at).min(limit::LATENESS_MS));
            walk.put((rule, age));
            walk.attempt(*last);
            walk.all(*unseen, Walk::due);
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
        self.moment(*touched);
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
        self.all(effects, |walk, effect| match effect {
            Effect::Write(write) => walk.write(write),
            Effect::Probe(probe) => {
                walk.number(probe.intent);
                walk.put((probe.side, probe.search, format!("{:?}", probe.target)));
            }
            Effect::Read => walk.put("read"),
            Effect::HandOver { to } => walk.put(to),
        });
    }

    fn write(&mut self, write: &Write) {
        self.number(write.intent);
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
            Event::Observed(readings) => {
                self.put("observed");
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
        self.put((item, key, comment, format!("{stopped:?}")));
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
            fields,
            comments,
            created_by_us,
            marker,
        } = item;
        self.put((side, id, created_by_us, marker.is_some()));
        self.revision(*side, *revision);
        self.moment(*changed);
        self.all(fields, |walk, (field, value)| {
            walk.put(field);
            walk.value(value);
        });
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
