//! Meeting a remote: learning who we are there and what it has, however long it takes.

use std::sync::Arc;
use std::time::Duration;

use model::{Problem, Side, problem::Code};
use tokio::task::JoinHandle;

use super::{Message, Source};
use crate::governor::Priority;
use crate::line::Line;
use crate::mailbox::Mailbox;
use crate::poller::problem_of;
use crate::setup::ProfileSetup;

/// The longest pause between two attempts, in milliseconds.
const PAUSE_MAX_MS: u64 = 30_000;

/// A meeting under way.
pub(super) struct Meeting {
    pub(super) setup: ProfileSetup,
    pub(super) line: Arc<Line>,
    pub(super) side: Side,
    pub(super) mailbox: Mailbox<Message>,
}

impl Meeting {
    /// Begins it. It ends when the remote was met, or with the line.
    pub(super) fn begin(self) -> JoinHandle<()> {
        tokio::spawn(self.go_on())
    }

    async fn go_on(self) {
        let mut failures = 0_u32;
        let mut told: Option<Problem> = None;
        while !self.line.is_stopping() {
            let message = self.attempt().await;
            let met = matches!(message, Message::Met(..));
            let problem = match &message {
                Message::Trouble { problem, .. } => problem.clone(),
                _ => None,
            };
            let news = met || problem != told;
            if news && self.mailbox.send(message).await.is_err() || met {
                return;
            }
            told = problem;
            failures = failures.saturating_add(1);
            let pause = (500_u64 << failures.min(6)).min(PAUSE_MAX_MS);
            tokio::select! {
                biased;
                () = self.line.stopping() => return,
                () = tokio::time::sleep(Duration::from_millis(pause)) => {}
            }
        }
    }

    async fn attempt(&self) -> Message {
        let side = self.side;
        let talk = self.setup.gateway.discover(side, &self.setup.profile);
        let problem = match self.line.converse(talk, Priority::Live).await {
            Ok(Ok(discovered)) => return Message::Met(side, Box::new(discovered)),
            Ok(Err(obstacle)) => problem_of(side, &obstacle),
            Err(_endless) => Problem::new(Code::Unreadable).on(side),
        };
        Message::Trouble {
            source: Source::Meeting,
            side,
            problem: Some(problem),
        }
    }
}
