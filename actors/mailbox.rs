//! Bounded mailboxes. The runtime's own are unbounded, so whoever sends takes a place first and waits while there is none.

use std::sync::Arc;

use model::limit;
use ractor::ActorRef;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// A message with the place it takes.
pub struct Letter<M> {
    /// The message.
    pub message: M,
    place: Option<OwnedSemaphorePermit>,
}

impl<M> Letter<M> {
    /// A message that takes no place: one that its sender sends at most once at a time (a timer, the one answer that is
    /// due), so that it cannot flood.
    #[must_use]
    pub fn single(message: M) -> Letter<M> {
        Letter {
            message,
            place: None,
        }
    }

    /// Opens the letter, which gives its place free.
    #[must_use]
    pub fn open(self) -> M {
        drop(self.place);
        self.message
    }
}

/// A place in a mailbox.
pub struct Place(OwnedSemaphorePermit);

/// The address of an actor with room for [`limit::MAILBOX`] letters.
pub struct Mailbox<M: Send + 'static> {
    actor: ActorRef<Letter<M>>,
    places: Arc<Semaphore>,
}

impl<M: Send + 'static> Clone for Mailbox<M> {
    fn clone(&self) -> Self {
        Mailbox {
            actor: self.actor.clone(),
            places: Arc::clone(&self.places),
        }
    }
}

/// Why a message was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotTaken {
    /// The mailbox is full.
    #[error("the actor has {} messages waiting", limit::MAILBOX)]
    Full,
    /// The actor is not there any more.
    #[error("the actor has stopped")]
    Gone,
}

/// The actor is not there any more.
#[derive(Debug, thiserror::Error)]
#[error("the actor has stopped")]
pub struct Gone;

impl<M: Send + 'static> Mailbox<M> {
    /// The mailbox of that actor.
    #[must_use]
    pub fn new(actor: ActorRef<Letter<M>>) -> Mailbox<M> {
        Mailbox {
            actor,
            places: Arc::new(Semaphore::new(limit::MAILBOX)),
        }
    }

    /// Sends a message, waiting while the mailbox is full.
    pub async fn send(&self, message: M) -> Result<(), Gone> {
        let place = Arc::clone(&self.places)
            .acquire_owned()
            .await
            .map_err(|_| Gone)?;
        let letter = Letter {
            message,
            place: Some(place),
        };
        self.actor.cast(letter).map_err(|_| Gone)
    }

    /// Sends a message if there is room.
    pub fn try_send(&self, message: M) -> Result<(), NotTaken> {
        let place = self.reserve()?;
        self.post(place, message).map_err(|Gone| NotTaken::Gone)
    }

    /// Takes a place, for a message that must not be refused later.
    pub fn reserve(&self) -> Result<Place, NotTaken> {
        let place = Arc::clone(&self.places).try_acquire_owned();
        place.map(Place).map_err(|_| NotTaken::Full)
    }

    /// Sends a message into a place that was taken before.
    pub fn post(&self, place: Place, message: M) -> Result<(), Gone> {
        let letter = Letter {
            message,
            place: Some(place.0),
        };
        self.actor.cast(letter).map_err(|_| Gone)
    }

    /// Sends a message that takes no place; see [`Letter::single`].
    pub fn send_single(&self, message: M) -> Result<(), Gone> {
        self.actor.cast(Letter::single(message)).map_err(|_| Gone)
    }

    /// The actor behind it.
    #[must_use]
    pub fn actor(&self) -> &ActorRef<Letter<M>> {
        &self.actor
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use ractor::{Actor, ActorProcessingErr};
    use tokio::sync::Notify;

    use super::*;

    struct Slow;

    impl Actor for Slow {
        type Msg = Letter<()>;
        type State = Arc<Notify>;
        type Arguments = Arc<Notify>;

        async fn pre_start(
            &self,
            _myself: ActorRef<Self::Msg>,
            go_on: Arc<Notify>,
        ) -> Result<Arc<Notify>, ActorProcessingErr> {
            Ok(go_on)
        }

        async fn handle(
            &self,
            _myself: ActorRef<Self::Msg>,
            letter: Self::Msg,
            go_on: &mut Arc<Notify>,
        ) -> Result<(), ActorProcessingErr> {
            go_on.notified().await;
            let () = letter.open();
            Ok(())
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_full_mailbox_makes_its_senders_wait() {
        let go_on = Arc::new(Notify::new());
        let (actor, _) = Actor::spawn(None, Slow, Arc::clone(&go_on)).await.unwrap();
        let mailbox = Mailbox::new(actor.clone());
        for _ in 0..limit::MAILBOX {
            mailbox.send(()).await.unwrap();
        }
        assert_eq!(mailbox.try_send(()), Err(NotTaken::Full));
        let more = tokio::time::timeout(Duration::from_secs(1), mailbox.send(())).await;
        assert!(more.is_err(), "a letter was taken beyond the bound");
        go_on.notify_one();
        let more = tokio::time::timeout(Duration::from_secs(1), mailbox.send(())).await;
        assert!(more.is_ok(), "a place that was given free was not taken");
        actor.kill();
        let gone = tokio::time::timeout(Duration::from_secs(1), async {
            while mailbox.send(()).await.is_ok() {
                tokio::task::yield_now().await;
            }
        });
        assert!(
            gone.await.is_ok(),
            "a sender waits for an actor that is gone"
        );
    }
}
