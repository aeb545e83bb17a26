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
