//! The two remotes of a profile: meeting them, what is wrong with them, and the parts that work with them.

use std::collections::BTreeSet;
use std::sync::Arc;

use mapping::check::{self, Severity};
use model::{Both, Problem, Side, problem::Code};
use ractor::{Actor, ActorProcessingErr, ActorRef};

use super::meeting::Meeting;
use super::{Message, Source, State, Trouble};
use crate::ledger::LedgerError;
use crate::mailbox::{Letter, Mailbox};
use crate::poller::{self, Poller};
use crate::port::Discovered;
use crate::stored::Waiting;

/// How long metadata is believed when the profile has no gaps, in milliseconds (azure.md 10.2 advises a day).
const METADATA_MS: i64 = 3_600_000;
/// Characters of a gap's description that are kept.
const GAP_CHARS: usize = 200;

impl Trouble {
    pub(super) fn get_mut(&mut self, source: Source) -> &mut Option<Problem> {
        match source {
            Source::Meeting => &mut self.meeting,
            Source::Feed => &mut self.feed,
            Source::Reads => &mut self.reads,
        }
    }
}

impl State {
    /// Meets a remote, unless that is under way.
    pub(super) fn meet(&mut self, side: Side) {
        let meeting = self.meetings.get_mut(side);
        if meeting.as_ref().is_some_and(|task| !task.is_finished()) {
            return;
        }
        let begun = Meeting {
            setup: self.arguments.setup.clone(),
            line: Arc::clone(self.lines.get(side)),
            side,
            mailbox: self.mailbox.clone(),
        };
        *meeting = Some(begun.begin());
    }

    /// Meets the remotes anew when their metadata is old, or something in it is missing.
    pub(super) fn refresh(&mut self) {
        let age = self.arguments.clock.now().since(self.last_met);
        if self.pollers.is_none() || !self.gaps.is_empty() || age >= METADATA_MS {
            let missing = |side: &Side| self.pollers.is_some() || self.met.get(*side).is_none();
            let sides: Vec<Side> = Side::BOTH.into_iter().filter(missing).collect();
            sides.into_iter().for_each(|side| self.meet(side));
        }
    }

    pub(super) async fn met(
        &mut self,
        side: Side,
        discovered: Box<Discovered>,
        myself: &ActorRef<Letter<Message>>,
    ) -> Result<(), ActorProcessingErr> {
        self.last_met = self.arguments.clock.now();
        self.troubled(Source::Meeting, side, None).await?;
        let connector = Arc::clone(&discovered.connector);
        self.shared.connectors.exchange(side, connector);
        *self.met.get_mut(side) = Some(discovered);
        self.check().await?;
        if self.pollers.is_none() {
            self.start(myself).await?;
        }
        Ok(())
    }

    /// Compares the profile with what the remotes have, and tells each gap once.
    async fn check(&mut self) -> Result<(), LedgerError> {
        let (Some(jira), Some(azure)) = (&self.met.jira, &self.met.azure) else {
            return Ok(());
        };
        let found = check::online(&self.arguments.setup.profile, &jira.schema, &azure.schema);
        let errors = found
            .into_iter()
            .filter(|gap| gap.severity == Severity::Error);
        let gaps: BTreeSet<Problem> = errors
            .map(|gap| {
                let what: String = gap.what.chars().take(GAP_CHARS).collect();
                let problem = Problem::new(Code::ProfileGap).about(&what);
                match gap.side {
                    Some(side) => problem.on(side),
                    None => problem,
                }
            })
            .collect();
        let before = std::mem::replace(&mut self.gaps, gaps);
        let filled: Vec<_> = before.difference(&self.gaps).cloned().collect();
        for gap in self.gaps.difference(&before) {
            self.tell(gap, true).await?;
        }
        for gap in &filled {
            self.tell(gap, false).await?;
        }
        if !filled.is_empty() {
            // What was set aside for want of it need not wait for its time.
            self.agenda.hurry(&[Waiting::Retry, Waiting::Parked]);
        }
        Ok(())
    }

    /// Starts the pollers, once both remotes were met.
    async fn start(
        &mut self,
        myself: &ActorRef<Letter<Message>>,
    ) -> Result<(), ActorProcessingErr> {
        if self.met.jira.is_none() || self.met.azure.is_none() {
            return Ok(());
        }
        // What was noted before this is behind us when it is durable.
        self.note_profile().await?;
        let jira = self.poller(Side::Jira, myself).await?;
        let azure = self.poller(Side::Azure, myself).await?;
        self.pollers = Some(Both { jira, azure });
        Ok(())
    }

    async fn poller(
        &self,
        side: Side,
        myself: &ActorRef<Letter<Message>>,
    ) -> Result<Mailbox<poller::Message>, ActorProcessingErr> {
        let arguments = poller::Arguments {
            side,
            shared: Arc::clone(&self.shared),
            profile: self.mailbox.clone(),
            poll_ms: self.arguments.tuning.poll_ms,
            rescan_ms: self.arguments.tuning.rescan_ms,
            rescan: *self.owed.get(side),
        };
        let (actor, _) = Actor::spawn_linked(None, Poller, arguments, myself.get_cell()).await?;
        Ok(Mailbox::new(actor))
    }

    /// Takes what was found of a connection. What both who look at it find is one problem.
    pub(super) async fn troubled(
        &mut self,
        source: Source,
        side: Side,
        problem: Option<Problem>,
    ) -> Result<(), LedgerError> {
        let trouble = self.trouble.get_mut(side);
        let before = trouble.problems();
        let well = problem.is_none();
        let mut was = std::mem::replace(trouble.get_mut(source), problem);
        if source == Source::Meeting && well {
            // Whoever has met the remote has seen what an earlier life could only tell of.
            was = was.or(std::mem::take(&mut trouble.former).pop_first());
        }
        let after = trouble.problems();
        for gone in before.difference(&after) {
            self.tell(gone, false).await?;
        }
        for new in after.difference(&before) {
            self.tell(new, true).await?;
        }
        if well && was.is_some() && source != Source::Reads {
            // Whatever failed by it is tried again at once. A single reading that succeeded is no reason for that yet.
            self.agenda.hurry(&[Waiting::Retry]);
        }
        Ok(())
    }

    /// Whether one of the feeds cannot be read. Until the parts work, metadata that cannot be read is the same.
    pub(super) fn is_troubled(&self) -> bool {
        self.trouble.jira.feed.is_some() || self.trouble.azure.feed.is_some()
    }
}
