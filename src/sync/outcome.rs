//! What came of an effect: four outcomes, never two (durability.md 3.2, rule 4).

use model::{CommentId, Item, ItemId, ItemKey, Revision};

/// What came of one effect.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// The remote applied it and said so.
    Applied(Receipt),
    /// The remote understood it and will not do it; nothing was changed.
    Refused(Refusal),
    /// It was certainly not processed: it may be sent again.
    NotSent(Hindrance),
    /// Bytes went out and nobody knows: a time-out, a reset, a 408, any 5xx, a success whose answer cannot be understood.
    Unknown,
}

/// What an applied effect left behind.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Receipt {
    /// The item's id: of the new item after a create, else of the one written.
    pub item: Option<ItemId>,
    /// The item's key.
    pub key: Option<ItemKey>,
    /// The revision that the write produced, when the remote told it.
    pub revision: Option<Revision>,
    /// The item as the remote returned it, normalised by the remote.
    pub returned: Option<Box<Item>>,
    /// The id of the comment that was added.
    pub comment: Option<CommentId>,
    /// The native ids of fields whose values the write replaced although somebody had set them after the revision that the
    /// plan was made on. Azure DevOps refuses such a write (azure.md 5.2) and never names any; Jira has no precondition
    /// (jira.md 5.2), so there it is found out afterwards.
    pub overwritten: Vec<String>,
    /// Why a move over several statuses (jira.md 6) ended before its target. `returned` then shows the status that it came
    /// to and `revision` is that of its last step; nothing when it arrived.
    pub stopped: Option<Stop>,
}

/// Why a move ended on the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// A later step was hindered or refused: it may go on from there.
    Interrupted,
    /// A later step was not answered and has not arrived so far. It may go on from there, and that step may still arrive.
    Unheard,
    /// The issue is not where it was moved to: somebody moves it, or a rule of the site does. It may go on from there, but not
    /// for ever.
    Astray,
    /// No transition is known that leads on.
    DeadEnd,
}

/// Why a remote will not do it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The item moved on since it was read (412, 409; azure.md 5.2): read again and plan again.
    Stale,
    /// The item is not there, or not for us (404).
    Gone,
    /// The account may not do this (403). Names the remote's error code when it gave one.
    Forbidden {
        /// The remote's error code, such as `TF401027`.
        code: Option<String>,
    },
    /// The remote refuses these fields' values (400; jira.md 1, azure.md 14).
    Fields {
        /// The native ids of the fields it names; empty when it names none.
        fields: Vec<String>,
        /// The remote's error code, such as `TF401320`.
        code: Option<String>,
    },
    /// No transition leads from the current status to the wanted one (jira.md 6).
    NoTransition,
    /// A limit of the item is reached for good: comments, revisions (413; azure.md 5.3).
    Full,
}

/// Why it was not processed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hindrance {
    /// The remote asked to wait (429). A read may also be told so by a 503 with `Retry-After`; to a write that answer
    /// leaves open whether it was applied, so there it is [`Outcome::Unknown`].
    Throttled {
        /// Milliseconds to wait at least, when it said so.
        retry_after_ms: Option<i64>,
    },
    /// No connection could be made.
    Unreachable,
    /// The credential is not accepted (401, 203, a redirection, on a read also a sign-in page; azure.md 11.3).
    Credential,
    /// We did not send it: the node is stopping or the queue is full.
    Withheld,
    /// The connector does not know what the effect names (a type, a status), so it sent nothing.
    Unprepared {
        /// What is missing, an identifier.
        subject: String,
    },
}

/// What a probe found.
#[derive(Clone, Debug, PartialEq)]
pub enum Finding {
    /// It is there.
    Found(Receipt),
    /// It is certainly not there at this moment, by a direct read.
    Absent,
    /// Nobody can say: the probe itself failed, or only an index was asked.
    Inconclusive,
}
