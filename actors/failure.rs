//! Why an actor failed, in words that may be told.
//!
//! Architecture invariant: the words of a panic are never told. ractor makes an error of them, and they may quote what the
//! program was working on, which is other people's content. So only errors of known types are told in their own words.

use model::log::{Loggable, Told};
use ractor::{ActorProcessingErr, SpawnErr};

use crate::ledger::LedgerError;
use crate::mailbox::{Gone, NotTaken};

/// A failure in words of ours.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Failure(pub(crate) Told);

model::loggable!(Failure, Gone, LedgerError, NotTaken);

/// What may be told of an actor's failure.
pub(crate) fn told(error: &ActorProcessingErr) -> Told {
    if let Some(error) = error.downcast_ref::<SpawnErr>() {
        return told_of_start(error);
    }
    known::<Failure>(error)
        .or_else(|| known::<LedgerError>(error))
        .or_else(|| known::<Gone>(error))
        .or_else(|| known::<NotTaken>(error))
        .unwrap_or_else(|| model::told!("a fault in the program; the log says where"))
}

/// What an error of that type says, if it is one.
fn known<E>(error: &ActorProcessingErr) -> Option<Told>
where
    E: std::error::Error + Loggable<Form = String> + 'static,
{
    let error = error.downcast_ref::<E>()?;
    Some(model::told!("{}", error))
}

/// What may be told of an actor that did not start.
pub(crate) fn told_of_start(error: &SpawnErr) -> Told {
    match error {
        SpawnErr::StartupFailed(error) => told(error),
        SpawnErr::ActorAlreadyStarted => model::told!("it was started already"),
        SpawnErr::ActorAlreadyRegistered(_) => model::told!("another actor has its name"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_a_panic_are_not_told_and_ours_are() {
        let panicked: ActorProcessingErr = "byte index 3 is not a char boundary in `secret`".into();
        assert!(!told(&panicked).as_str().contains("secret"));
        let nested: ActorProcessingErr = Box::new(SpawnErr::StartupFailed("secret".into()));
        assert!(!told(&nested).as_str().contains("secret"));
        let ours: ActorProcessingErr = Failure(model::told!("the store failed")).into();
        assert_eq!(told(&ours).as_str(), "the store failed");
    }
}
