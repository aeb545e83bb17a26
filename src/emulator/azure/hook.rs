//! Service hooks (azure.md 13): subscriptions, the events that reach them, and their delivery with the service's own
//! retries and probation, all in virtual time.
//!
//! One deviation is on purpose: the real service refuses addresses on the loopback, this one takes them, with basic
//! authentication even over plain HTTP, since that is where tests listen. Every other special range is refused as there.
//!
//! What is not known of the real service is decided so that nobody can rely on it: an edit or a delete of a comment tells
//! nobody, and of a link only the end that was written tells; an item that is destroyed tells nobody either.
//!
//! Architecture invariant: an event's body is made at the moment of the write; what is sent later is what was true then.

mod catalogue;
mod delivery;
mod endpoint;
mod event;
mod notification;
mod path;
mod publish;
mod query;
mod subscription;
mod topic;

use std::collections::BTreeMap;

use super::error::Refusal;
use super::limit;
use delivery::Delivery;
pub(crate) use path::HookPath;
use subscription::{Subscription, Terms};
pub(crate) use topic::Topic;

/// The number of the subscription that test notifications belong to; no list shows it.
const TESTS: u64 = 0;
/// The id under which the notifications of tests are read.
const TESTS_ID: &str = "00000000-0000-0000-0000-000000000000";

/// All subscriptions, and what is on its way to their receivers.
#[derive(Debug, Default)]
pub(crate) struct Hooks {
    subscriptions: BTreeMap<u64, Subscription>,
    delivery: Delivery,
    last: u64,
    events: u64,
}

impl Hooks {
    /// Subscriptions as lists show them, the oldest first.
    fn listed(&self) -> impl Iterator<Item = &Subscription> {
        self.subscriptions
            .iter()
            .filter(|(number, _)| **number != TESTS)
            .map(|(_, subscription)| subscription)
    }

    /// A subscription by its id.
    ///
    /// # Errors
    /// [`Refusal::SubscriptionMissing`].
    fn find(&self, id: &str) -> Result<&Subscription, Refusal> {
        self.subscriptions
            .values()
            .find(|s| s.id.eq_ignore_ascii_case(id))
            .ok_or_else(|| Refusal::SubscriptionMissing(id.to_owned()))
    }

    fn find_mut(&mut self, id: &str) -> Result<&mut Subscription, Refusal> {
        self.subscriptions
            .values_mut()
            .find(|s| s.id.eq_ignore_ascii_case(id))
            .ok_or_else(|| Refusal::SubscriptionMissing(id.to_owned()))
    }

    /// Adds a subscription, and gives its id.
    ///
    /// # Errors
    /// [`Refusal::Full`] when there are too many.
    fn add(&mut self, terms: Terms, by: usize, now: i64) -> Result<String, Refusal> {
        if self.listed().count() >= limit::SUBSCRIPTIONS {
            return Err(Refusal::Full);
        }
        self.last += 1;
        let subscription = Subscription::new(self.last, terms, by, now);
        let id = subscription.id.clone();
        self.subscriptions.insert(self.last, subscription);
        Ok(id)
    }

    /// Takes a subscription away with all that waits for it.
    fn remove(&mut self, id: &str) -> Result<(), Refusal> {
        let number = self.find(id)?.number;
        self.subscriptions.remove(&number);
        self.delivery.forget(number);
        Ok(())
    }

    /// The next event's id.
    fn event_id(&mut self) -> String {
        self.events += 1;
        crate::azure::guid::of(&["event", &self.events.to_string()])
    }
}
