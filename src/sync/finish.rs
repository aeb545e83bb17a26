//! The end of an effect: what was learned from its outcome.

use model::{Problem, Side, limit, problem::Code};

use crate::effect::Class;
use crate::intent::{Attempt, Intent, Kind, Planned, Stage};
use crate::note::Note;
use crate::pair::{Refused, Twin};
use crate::step::Work;
use crate::unheard::Silence;
use crate::{Hindrance, Outcome, Receipt, Refusal, Stop};

impl Work<'_> {
    /// A fragile effect is about to leave: that is made durable first.
    pub(crate) fn sending(&mut self, number: u64) {
        let attempt = self.attempt();
        let intent = self
            .pair
            .intents
            .iter_mut()
            .find(|intent| intent.number == number);
        match intent {
            Some(intent) if intent.stage == Stage::Planned => {
                intent.stage = Stage::Sent(attempt);
                self.watch();
            }
            Some(_) | None => self.contradiction("an effect was sent that is not planned"),
        }
    }

    pub(crate) fn finished(&mut self, number: u64, incarnation: u64, outcome: Outcome) {
        let Some(intent) = self.pair.intent(number).cloned() else {
            return self.late(&outcome);
        };
        if incarnation != self.context.incarnation {
            return self.stranger(&intent);
        }
        if intent.class == Class::Fragile && !intent.has_left() {
            return self.unsent(&intent, outcome);
        }
        if let Stage::Doubt { attempt, .. } = intent.stage {
            return self.belated(&intent, attempt, outcome);
        }
        match outcome {
            Outcome::Applied(receipt) => self.applied(&intent, &receipt),
            Outcome::Refused(refusal) => self.refused(&intent, refusal),
            Outcome::NotSent(hindrance) => self.not_sent(&intent, &hindrance),
            Outcome::Unknown => self.unknown(&intent),
        }
    }

    /// An outcome of an intent that is closed: a twin was met before its create's answer came. It must name the same twin.
    fn late(&mut self, outcome: &Outcome) {
        let Outcome::Applied(Receipt {
            item: Some(item),
            key,
            ..
        }) = outcome
        else {
            return;
        };
        let far = self.pair.far();
        let known = self.pair.ends.get(far).as_ref().map(|end| end.id);
        let ours = self.pair.item(far.other());
        if known.is_some_and(|known| known != *item) && ours != Some(*item) {
            let problem = Problem::new(Code::Duplicate).on(far);
            let key = key.as_ref().map(|key| key.as_str().to_owned());
            self.trouble(about(problem, key));
        }
    }

    /// An outcome of a fragile effect that was never marked as sent. Only a refusal to send can be true.
    fn unsent(&mut self, intent: &Intent, outcome: Outcome) {
        match (outcome, intent.stage) {
            (Outcome::NotSent(hindrance), Stage::Planned) => self.not_sent(intent, &hindrance),
            (
                Outcome::Applied(_) | Outcome::Refused(_) | Outcome::Unknown | Outcome::NotSent(_),
                Stage::Planned | Stage::Sent(_) | Stage::Doubt { .. },
            ) => self.contradiction("an outcome came for an effect that was not sent"),
        }
    }

    /// It was certainly not processed. What a connector lacks for a move concerns the status alone.
    fn not_sent(&mut self, intent: &Intent, hindrance: &Hindrance) {
        self.pair.intents.clear();
        if let (Kind::Transition { field }, Hindrance::Unprepared { subject }) =
            (&intent.kind, hindrance)
        {
            self.pair.settled = false;
            self.pair.wake = None;
            let why = (Code::ProfileGap, Some(subject.clone()));
            return self.leave_out(intent.side, std::slice::from_ref(field), &why);
        }
        if let (Kind::Edit { .. }, Hindrance::Throttled { .. }) = (&intent.kind, hindrance) {
            // What lies between may have sent it twice, and only the second was turned away.
            self.unheard(intent, Silence::TurnedAway);
        }
        self.hindered(intent.side, hindrance);
    }

    /// An outcome of an effect that was doubted meanwhile, from the incarnation that sent it: the answer was only slow. What
    /// it says of an arrival is true; anything else is left to the probes.
    fn belated(&mut self, intent: &Intent, attempt: Attempt, outcome: Outcome) {
        match outcome {
            Outcome::Applied(receipt) if attempt.incarnation == self.context.incarnation => {
                self.pair.owes = true;
                self.applied(intent, &receipt);
            }
            Outcome::Unknown => {}
            Outcome::Applied(_) | Outcome::Refused(_) | Outcome::NotSent(_) => {
                self.contradiction("an outcome came for an effect that is in doubt");
            }
        }
    }

    /// An outcome from before a restart: not believed, but it is a reason to look (durability.md 3.2, rule 10).
    fn stranger(&mut self, intent: &Intent) {
        match intent.stage {
            Stage::Sent(attempt) if intent.is_probed() => {
                self.doubt(intent.number, attempt);
            }
            Stage::Planned | Stage::Sent(_) | Stage::Doubt { .. } => {
                self.contradiction("an outcome came from another incarnation");
            }
        }
    }

    pub(crate) fn applied(&mut self, intent: &Intent, receipt: &Receipt) {
        match &intent.kind {
            Kind::Create { .. } => {
                let shown = receipt.returned.clone();
                return self.linked(receipt, shown.as_deref(), false);
            }
            Kind::Edit { fields, comment } => {
                self.edited(intent.side, fields, receipt);
                if let Some(original) = comment {
                    self.commented(intent.side, *original, receipt);
                }
            }
            Kind::Transition { field } => {
                if let Some(stop) = receipt.stopped {
                    return self.halfway(intent, field, receipt, stop);
                }
                self.edited(intent.side, std::slice::from_ref(field), receipt);
            }
            Kind::Comment { original } => self.commented(intent.side, *original, receipt),
            Kind::Link => self.pair.linked_back = true,
        }
        self.pair
            .intents
            .retain(|other| other.number != intent.number);
        self.succeeded();
        match &intent.kind {
            Kind::Comment { .. } => self.said(intent.side, receipt),
            Kind::Create { .. } | Kind::Edit { .. } | Kind::Transition { .. } | Kind::Link => {
                self.wrote(intent.side, receipt);
            }
        }
        if self.pair.is_open() {
            self.watch();
        } else {
            self.carried_out();
        }
        self.settle_phase();
    }

    /// The last write of a plan arrived, or there was nothing to write.
    pub(crate) fn carried_out(&mut self) {
        let again = std::mem::take(&mut self.pair.owes);
        self.pair.settled = !again && self.pair.retry.believed.is_none();
        self.pair.apart = false;
        self.pair.wake = None;
        if again {
            self.look();
        }
    }

    fn wrote(&mut self, side: Side, receipt: &Receipt) {
        if let (Some(end), Some(revision)) = (self.pair.ends.get_mut(side), receipt.revision) {
            end.written = end.written.max(revision);
        }
    }

    fn said(&mut self, side: Side, receipt: &Receipt) {
        if let (Some(end), Some(revision)) = (self.pair.ends.get_mut(side), receipt.revision) {
            end.said = revision;
        }
    }

    fn edited(&mut self, side: Side, fields: &[Planned], receipt: &Receipt) {
        for field in fields {
            self.lay_base(field, side, receipt.returned.as_deref());
            self.count_swing(&field.rule, side);
        }
        self.echo(side, receipt);
        self.notes.push(Note::Written {
            side,
            revision: receipt.revision,
            rules: fields.iter().map(|field| field.rule.clone()).collect(),
        });
        self.admit(side, fields, receipt);
    }

    /// A move came to a status on the way and no further. Our own steps must not be taken for a person's, so the base holds
    /// where they led; the source has agreed to nothing yet, so the next plan carries its value on from there.
    fn halfway(&mut self, intent: &Intent, field: &Planned, receipt: &Receipt, stop: Stop) {
        let side = intent.side;
        self.pair.intents.clear();
        self.lay_halfway(field, side, receipt.returned.as_deref());
        self.echo(side, receipt);
        self.wrote(side, receipt);
        self.count_stray(&field.rule, side);
        self.admit(side, std::slice::from_ref(field), receipt);
        match stop {
            Stop::Astray if self.pair.retry.failures >= limit::FAILURES_TOLD => {
                self.ended(side, field, receipt);
            }
            Stop::Interrupted | Stop::Astray => self.retry_later(None),
            Stop::Unheard => {
                self.unheard(intent, Silence::NoAnswer);
                self.retry_later(None);
            }
            Stop::DeadEnd => self.ended(side, field, receipt),
        }
    }

    fn ended(&mut self, side: Side, field: &Planned, receipt: &Receipt) {
        self.pair.settled = false;
        self.pair.wake = None;
        let stood = receipt.returned.as_deref();
        let stood = stood.and_then(|item| self.digest_by_name(&field.rule, item));
        self.dead_end(side, field, stood);
        self.look();
    }

    /// Tells of what the write replaced without knowing of it: no edit of a person's is lost silently (design.md 1).
    fn admit(&mut self, side: Side, fields: &[Planned], receipt: &Receipt) {
        for native in &receipt.overwritten {
            let lost = fields
                .iter()
                .filter(|plan| self.is_rule_of(plan, side, native));
            let notes: Vec<Note> = lost
                .map(|plan| Note::Overwritten {
                    rule: plan.rule.clone(),
                    side,
                })
                .collect();
            self.notes.extend(notes);
        }
    }

    fn commented(&mut self, side: Side, original: crate::CommentRef, receipt: &Receipt) {
        let Some(twin) = receipt.comment else {
            self.pair.comments.insert(original, Twin::Unnamed);
            return;
        };
        self.pair.comments.insert(original, Twin::Written(twin));
        self.notes.push(Note::CommentWritten {
            side,
            original: original.id,
            twin,
        });
    }

    fn refused(&mut self, intent: &Intent, refusal: Refusal) {
        let planned = std::mem::take(&mut self.pair.intents);
        self.pair.settled = false;
        self.pair.wake = None;
        let side = intent.side;
        if let Kind::Transition { field } = &intent.kind
            && let Some(why) = of_the_status(&refusal)
        {
            return self.leave_out(side, std::slice::from_ref(field), &why);
        }
        match refusal {
            Refusal::Stale => self.stale(intent),
            Refusal::Gone => self.park(Problem::new(Code::ItemGone).on(side), false),
            Refusal::Forbidden { code } => {
                self.park(about(Problem::new(Code::Forbidden).on(side), code), false);
            }
            Refusal::Fields { fields, code } => self.fields_refused(intent, &fields, code),
            Refusal::NoTransition => {
                self.contradiction("no transition was found for an effect that is none");
            }
            Refusal::Full if intent.comment().is_some() => {
                let comments = planned.iter().filter(|other| other.side == side);
                self.mute(side, comments.filter_map(Intent::comment).collect());
            }
            Refusal::Full => {
                self.park(
                    Problem::new(Code::FieldRefused).on(side).about("limit"),
                    false,
                );
            }
        }
    }

    /// The remote moved on: read and plan again, at once the first times, then with pauses. What lies between may have sent an
    /// edit twice, and then it was the first of the two that the remote moved on by.
    fn stale(&mut self, intent: &Intent) {
        if let Kind::Edit { .. } = intent.kind {
            self.unheard(intent, Silence::TurnedAway);
        }
        self.notes.push(Note::Stale { side: intent.side });
        let at_once = self.pair.retry.failures < 3;
        self.retry_later(None);
        if at_once {
            self.look();
        }
    }

    /// Leaves the refused fields out for a while, so that the others go on. When the remote names none of them, the whole
    /// edit is left out; but a comment that rode along is first sent by itself, for nobody knows which of the two is to blame.
    fn fields_refused(&mut self, intent: &Intent, fields: &[String], code: Option<String>) {
        let side = intent.side;
        let sent = intent.fields();
        let is_named = |plan: &&Planned| {
            let mut named = fields.iter();
            named.any(|field| self.is_rule_of(plan, side, field))
        };
        let culprits: Vec<Planned> = sent.iter().filter(is_named).cloned().collect();
        let why = (Code::FieldRefused, fields.first().cloned().or(code));
        let creating = matches!(intent.kind, Kind::Create { .. });
        let title = culprits.iter().any(|plan| self.fills_title(plan, side));
        if creating && (culprits.is_empty() || title) {
            return self.park(about(Problem::new(why.0).on(side), why.1), false);
        }
        if !culprits.is_empty() {
            return self.leave_out(side, &culprits, &(why.0, None));
        }
        match intent.comment() {
            Some(_) if !sent.is_empty() && !fields.iter().any(is_comment) => {
                self.pair.apart = true;
                self.look();
            }
            Some(comment) => self.mute(side, vec![comment]),
            None if sent.is_empty() => {
                self.park(about(Problem::new(why.0).on(side), why.1), false);
            }
            None => self.leave_out(side, sent, &why),
        }
    }

    /// Leaves fields out for a while, and goes on with everything else.
    fn leave_out(&mut self, by: Side, fields: &[Planned], why: &(Code, Option<String>)) {
        for plan in fields {
            self.refuse(by, plan, why.0, why.1.clone());
        }
        self.look();
    }

    /// Leaves comments out for a while, so that the fields go on, and the other comments.
    fn mute(&mut self, side: Side, comments: Vec<crate::CommentRef>) {
        let until = self.now.plus(self.context.schedule.refusal);
        let bound = limit::COMMENTS_PER_ITEM.saturating_mul(2);
        let room = bound.saturating_sub(self.pair.muted.len());
        let fits = comments.len() <= room;
        let muted = comments.into_iter().take(room);
        self.pair
            .muted
            .extend(muted.map(|comment| (comment, until)));
        self.trouble(muted_problem(side));
        if fits {
            self.look();
        } else {
            // What cannot be left out would be refused again at once.
            self.retry_later(None);
        }
    }

    fn fills_title(&self, plan: &Planned, side: Side) -> bool {
        let mut rules = self.context.profile.rules.iter();
        rules.any(|rule| rule.name == plan.rule && crate::link::is_title(rule, side))
    }

    fn refuse(&mut self, by: Side, plan: &Planned, code: Code, named: Option<String>) {
        // Where a walk ended stays its end, whatever refuses the way on from there.
        let before = self.pair.refused.get(&plan.rule);
        let stood = before.and_then(|refused| refused.stood);
        let pause = match stood {
            Some(_) if code == Code::NoTransition => limit::DEAD_END_MS,
            Some(_) | None => self.context.schedule.refusal,
        };
        let refused = Refused {
            by,
            source: plan.source,
            code,
            named,
            stood,
            until: self.now.plus(pause),
        };
        self.trouble(refused.problem(&plan.rule));
        self.pair.refused.insert(plan.rule.clone(), refused);
    }

    /// A walk over statuses ended where no way leads on. It is not walked again until either side's status changes or a long
    /// time has passed: what a walk learns of the workflow is forgotten, so the next would lead to and fro for ever.
    fn dead_end(&mut self, by: Side, plan: &Planned, stood: Option<model::Digest>) {
        let refused = Refused {
            by,
            source: plan.source,
            code: Code::NoTransition,
            named: None,
            stood,
            until: self.now.plus(limit::DEAD_END_MS),
        };
        self.trouble(refused.problem(&plan.rule));
        self.pair.refused.insert(plan.rule.clone(), refused);
    }

    fn is_rule_of(&self, plan: &Planned, side: Side, native: &str) -> bool {
        let rules = &self.context.profile.rules;
        rules
            .iter()
            .any(|rule| rule.name == plan.rule && rule.field(side) == native)
    }

    fn unknown(&mut self, intent: &Intent) {
        if intent.is_probed()
            && let Stage::Sent(attempt) = intent.stage
        {
            return self.doubt(intent.number, attempt);
        }
        // A repeat is harmless or refused: look after a while at what became of it, and plan again.
        self.unheard(intent, Silence::NoAnswer);
        self.pair.intents.clear();
        self.notes.push(Note::Doubtful {
            side: intent.side,
            intent: intent.number,
        });
        let first = self.context.schedule.probes.first().copied();
        self.failed_again(intent.side, first);
    }
}

/// The problem of comments that a remote refuses.
pub(crate) fn muted_problem(side: Side) -> Problem {
    Problem::new(Code::FieldRefused).on(side).about("comment")
}

/// What of a refused move concerns the status alone: everything but that the item itself is gone or has moved on. Names
/// what the remote named, such as a field that the transition's screen demands.
fn of_the_status(refusal: &Refusal) -> Option<(Code, Option<String>)> {
    match refusal {
        Refusal::Stale | Refusal::Gone => None,
        Refusal::Forbidden { code } => Some((Code::Forbidden, code.clone())),
        Refusal::Fields { fields, code } => {
            let named = fields.first().or(code.as_ref());
            Some((Code::FieldRefused, named.cloned()))
        }
        Refusal::NoTransition => Some((Code::NoTransition, None)),
        Refusal::Full => Some((Code::FieldRefused, Some("limit".to_owned()))),
    }
}

/// Whether a native field is the one by which a comment rides in a patch (azure.md 6).
fn is_comment(native: &String) -> bool {
    native == "System.History"
}

fn about(problem: Problem, subject: Option<String>) -> Problem {
    match subject {
        Some(subject) => problem.about(&subject),
        None => problem,
    }
}
