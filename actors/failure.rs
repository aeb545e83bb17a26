//! Why an actor failed, in words that may be told.
//!
//! Architecture invariant: the words of a panic are never told. ractor makes an error of them, and they may quote what the
//! program was working on, which is other people's content. So only errors of known types are told in their own words.

use ractor::{ActorProcessingErr, SpawnErr};

use crate::ledger::LedgerError;
use crate::mailbox::{Gone, NotTaken};

/// A failure in words of ours.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Failure(pub(crate) String);

/// What may be told of an actor's failure.
pub(crate) fn told(error: &ActorProcessingErr) -> String {
    if let Some(error) = error.downcast_ref::<SpawnErr>() {
        return told_of_start(error);
    }
    let is_known = error.is::<Failure>()
        || error.is::<LedgerError>()
        || error.is::<Gone>()
        || error.is::<NotTaken>();
    if is_known {
        error.to_string()
    } else {
        "a fault in the program; the log says where".to_owned()
    }
}

/// What may be told of an actor that did not start.
pub(crate) fn told_of_start(error: &SpawnErr) -> String {
    match error {
        SpawnErr::StartupFailed(error) => told(error),
        SpawnErr::ActorAlreadyStarted => "it was started already".to_owned(),
        SpawnErr::ActorAlreadyRegistered(_) => "another actor has its name".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_a_panic_are_not_told_and_ours_are() {
        let panicked: ActorProcessingErr = "byte index 3 is not a char boundary in `secret`".into();
        assert!(!told(&panicked).contains("secret"));
        let nested: ActorProcessingErr = Box::new(SpawnErr::StartupFailed("secret".into()));
        assert!(!told(&nested).contains("secret"));
        let ours: ActorProcessingErr = Failure("the store failed".to_owned()).into();
        assert_eq!(told(&ours), "the store failed");
    }
}
