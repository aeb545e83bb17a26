//! What the core learns.

use model::{Both, Item, Revision};

use crate::effect::Reading;
use crate::outcome::{Finding, Outcome};

/// Something learned about one pair.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// The pair was loaded under this incarnation of the store. The first event of every activation.
    Opened,
    /// Both items were read.
    Observed(Both<Reading>),
    /// The outbox is about to send the effect of this intent; it is let go when the new state is durable.
    Sending {
        /// The intent.
        intent: u64,
    },
    /// An effect ended.
    Finished {
        /// The intent.
        intent: u64,
        /// The incarnation under which it was sent.
        incarnation: u64,
        /// What came of it.
        outcome: Outcome,
    },
    /// A probe ended.
    Probed {
        /// The intent.
        intent: u64,
        /// What it found.
        finding: Finding,
    },
    /// An item was met that carries this pair's marker.
    Adopted(Box<Item>),
    /// The time that the pair asked to be woken at has come, or something about it may have changed.
    Woken,
    /// A feed or a webhook named these revisions of the items. A reading that shows an older one lags.
    Told(Both<Revision>),
    /// A person's word.
    Command(Command),
}

/// What a person may order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// Stop working on this pair.
    Park,
    /// Go on; whatever waits is tried again.
    Resume,
    /// Read both items and compare every field, whatever the revisions say.
    Resync,
    /// Give the pair up for good.
    Detach,
}
