//! When what signs in to a remote is accepted no more: told some days before and when it has come, and closed when a later day
//! was set. It is no trouble of the connection: work goes on for as long as the remote lets it.

use std::collections::BTreeSet;

use model::{Millis, Problem, Side, limit, problem::Code};

use super::State;
use crate::ledger::LedgerError;
use crate::port::Expiry;

/// Whether a problem is of this kind.
pub(super) fn is_one(code: Code) -> bool {
    matches!(code, Code::CredentialExpires | Code::CredentialExpired)
}

/// What is to be told of an expiry at that time, if anything.
fn problem(side: Side, credential: &str, at: Millis, now: Millis) -> Option<Problem> {
    let code = match at.since(now) {
        left if left <= 0 => Code::CredentialExpired,
        left if left < limit::EXPIRY_TOLD_MS => Code::CredentialExpires,
        _ => return None,
    };
    Some(Problem::new(code).on(side).about(credential))
}

impl State {
    /// Tells of what ends soon or has ended, and closes what was told of others. While nobody knows, what was told stands.
    pub(super) async fn look_at_expiries(&mut self) -> Result<(), LedgerError> {
        let now = self.arguments.clock.now();
        let mut due = BTreeSet::new();
        for side in Side::BOTH {
            match self.arguments.setup.gateway.expiry(side) {
                Expiry::Unknown => return Ok(()),
                Expiry::Never => {}
                Expiry::At(credential, at) => due.extend(problem(side, &credential, at, now)),
            }
        }
        for over in self.expiries.difference(&due) {
            self.tell(over, false).await?;
        }
        for news in due.difference(&self.expiries) {
            self.tell(news, true).await?;
        }
        self.expiries = due;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expiry_is_told_from_two_weeks_before_and_otherwise_from_its_moment_on() {
        let end = Millis(100 * limit::EXPIRY_TOLD_MS);
        let at = |before: i64| {
            let now = Millis(end.0 - before);
            problem(Side::Jira, "jira-sync", end, now).map(|problem| problem.code)
        };
        assert_eq!(at(limit::EXPIRY_TOLD_MS), None);
        assert_eq!(at(limit::EXPIRY_TOLD_MS - 1), Some(Code::CredentialExpires));
        assert_eq!(at(1), Some(Code::CredentialExpires));
        assert_eq!(at(0), Some(Code::CredentialExpired));
        assert_eq!(at(-1), Some(Code::CredentialExpired));
    }
}
