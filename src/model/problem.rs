//! What can be wrong, in a customer's words.

use serde::{Deserialize, Serialize};

use crate::Side;

/// What kind of problem it is. Each code is a promise: a cause, and something that a person can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Code {
    /// The remote cannot be reached at all.
    Unreachable,
    /// The remote does not accept the credential.
    Credential,
    /// The credential is accepted but may not do this.
    Forbidden,
    /// The remote keeps answering with errors of its own.
    RemoteError,
    /// The remote answered with something that cannot be understood.
    Unreadable,
    /// An item of a linked pair cannot be found: deleted, moved, or no longer visible to us.
    ItemGone,
    /// The item's type is not in the profile.
    TypeUnmapped,
    /// A value is not in the profile and the rule says `otherwise = "error"`.
    ValueUnmapped,
    /// A status or state is not in the profile.
    StateUnmapped,
    /// No transition leads from the status to the mapped one.
    NoTransition,
    /// The remote refused a field: required and missing, not on the screen, or not allowed.
    FieldRefused,
    /// A text is too long for the other side, or a set has more elements than it holds.
    TooLong,
    /// Both sides changed one field, and the profile's policy decided.
    Conflict,
    /// Both sides changed one field, and the profile leaves it to a person.
    ConflictManual,
    /// Writes of one field went to and fro without a person behind them.
    PingPong,
    /// Whether a create or comment arrived could not be found out.
    Doubt,
    /// Two items carry the marker of one source.
    Duplicate,
    /// The profile names something that the remote does not have: a project, a type, a field, a status.
    ProfileGap,
    /// The pair's stored state contradicts what was just learned.
    Contradiction,
    /// The credential ends within two weeks, by the day that was given when it was set.
    CredentialExpires,
    /// The credential has ended, by the day that was given when it was set.
    CredentialExpired,
    /// A backup of the tenant could not be made or copied.
    BackupFailed,
    /// A backup of the tenant could not be restored for a trial, or was not what it should be.
    DrillFailed,
    /// What the remotes say when they refuse is logged for a while, content or not.
    ExtendedLogging,
    /// Two comments of one item carry the marker of one original.
    DuplicateComment,
}

impl Code {
    /// Every code, in order.
    pub const ALL: [Code; 25] = [
        Code::Unreachable,
        Code::Credential,
        Code::Forbidden,
        Code::RemoteError,
        Code::Unreadable,
        Code::ItemGone,
        Code::TypeUnmapped,
        Code::ValueUnmapped,
        Code::StateUnmapped,
        Code::NoTransition,
        Code::FieldRefused,
        Code::TooLong,
        Code::Conflict,
        Code::ConflictManual,
        Code::PingPong,
        Code::Doubt,
        Code::Duplicate,
        Code::ProfileGap,
        Code::Contradiction,
        Code::CredentialExpires,
        Code::CredentialExpired,
        Code::BackupFailed,
        Code::DrillFailed,
        Code::ExtendedLogging,
        Code::DuplicateComment,
    ];

    /// The code as files and JSON show it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Code::Unreachable => "unreachable",
            Code::Credential => "credential",
            Code::Forbidden => "forbidden",
            Code::RemoteError => "remote-error",
            Code::Unreadable => "unreadable",
            Code::ItemGone => "item-gone",
            Code::TypeUnmapped => "type-unmapped",
            Code::ValueUnmapped => "value-unmapped",
            Code::StateUnmapped => "state-unmapped",
            Code::NoTransition => "no-transition",
            Code::FieldRefused => "field-refused",
            Code::TooLong => "too-long",
            Code::Conflict => "conflict",
            Code::ConflictManual => "conflict-manual",
            Code::PingPong => "ping-pong",
            Code::Doubt => "doubt",
            Code::Duplicate => "duplicate",
            Code::ProfileGap => "profile-gap",
            Code::Contradiction => "contradiction",
            Code::CredentialExpires => "credential-expires",
            Code::CredentialExpired => "credential-expired",
            Code::BackupFailed => "backup-failed",
            Code::DrillFailed => "drill-failed",
            Code::ExtendedLogging => "extended-logging",
            Code::DuplicateComment => "duplicate-comment",
        }
    }

    /// What happened.
    #[must_use]
    pub fn what(self) -> &'static str {
        match self {
            Code::Unreachable => "The remote cannot be reached at all.",
            Code::Credential => "The remote does not accept the credential.",
            Code::Forbidden => "The credential is accepted but may not do this.",
            Code::RemoteError => "The remote keeps answering with errors of its own.",
            Code::Unreadable => "The remote answered with something that cannot be understood.",
            Code::ItemGone => {
                "An item of a linked pair cannot be found: deleted, moved, or no longer visible to us."
            }
            Code::TypeUnmapped => "The item's type is not in the profile.",
            Code::ValueUnmapped => {
                "A value is not in the profile and the rule says `otherwise = \"error\"`."
            }
            Code::StateUnmapped => "A status or state is not in the profile.",
            Code::NoTransition => "No transition leads from the issue's status to the mapped one.",
            Code::FieldRefused => {
                "The remote refused a field: required and missing, not on the screen, or not allowed."
            }
            Code::TooLong => {
                "A text is too long for the other side, or a set has more elements than it holds."
            }
            Code::Conflict => "Both sides changed one field, and the profile's policy decided.",
            Code::ConflictManual => {
                "Both sides changed one field, and the profile leaves it to a person."
            }
            Code::PingPong => "Writes of one field went to and fro without a person behind them.",
            Code::Doubt => "Whether a create or comment arrived could not be found out.",
            Code::Duplicate => "Two items carry the marker of one source.",
            Code::ProfileGap => {
                "The profile names something that the remote does not have: a project, a type, a field, a status; or the remote refuses a filter."
            }
            Code::Contradiction => "The pair's stored state contradicts what was just learned.",
            Code::CredentialExpires => {
                "The credential ends within two weeks, by the day that was given when it was set."
            }
            Code::CredentialExpired => {
                "The credential has ended, by the day that was given when it was set."
            }
            Code::BackupFailed => "A backup of the tenant could not be made or copied.",
            Code::DrillFailed => {
                "A backup of the tenant could not be restored for a trial, or was not what it should be."
            }
            Code::ExtendedLogging => {
                "What the remotes say when they refuse is logged for a while, content or not."
            }
            Code::DuplicateComment => "Two comments of one item carry the marker of one original.",
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn cure(self) -> &'static str {
        match self {
            Code::Unreachable => {
                "check the address in the profile and the network; work resumes by itself"
            }
            Code::Credential => {
                "put a valid token where the configuration points; work resumes by itself"
            }
            Code::Forbidden => "give the account the permission that the message names",
            Code::RemoteError => "see the remote's status page; work resumes by itself",
            Code::Unreadable => {
                "see whether a proxy or sign-in page answers in place of the remote"
            }
            Code::ItemGone => {
                "restore the item, or give the account sight of it; work resumes by itself"
            }
            Code::TypeUnmapped => {
                "add a [[type]] to the profile, or leave such items out by a filter"
            }
            Code::ValueUnmapped => "add the value to the rule's table, or set its `otherwise`",
            Code::StateUnmapped => "add a [[state]] to the profile",
            Code::NoTransition => {
                "add a transition to the workflow, or map the state to a status that can be reached"
            }
            Code::FieldRefused => {
                "see which field the remote names: put it on the screen, map it, or give it a default"
            }
            Code::TooLong => "shorten the text, or move it into an attachment; remove labels",
            Code::Conflict => "nothing: the policy decided; `pair why` shows what happened",
            Code::ConflictManual => "make the field equal on both sides; it is then in step again",
            Code::PingPong => "look for an automation that rewrites the field; then `pair resume`",
            Code::Doubt => {
                "look for the twin by its link; then `pair resume`, which creates it when it is not there"
            }
            Code::Duplicate => {
                "close the surplus item, which the problem names; then `pair resume`"
            }
            Code::ProfileGap => {
                "run `profile check --online`: it names each gap and how to mend it"
            }
            Code::Contradiction => "run `fsck`; then `pair resync`",
            Code::CredentialExpires => {
                "make a new token at the remote, and set it by `secret set` with its --expires; work goes on meanwhile"
            }
            Code::CredentialExpired => {
                "make a new token at the remote, and set it by `secret set` with its --expires; work resumes by itself"
            }
            Code::BackupFailed => {
                "run `backup list`: it names what is in the way; the node tries again by itself"
            }
            Code::DrillFailed => {
                "run `backup drill`: it names what is wrong; make another backup by `backup create`, and look at the disk"
            }
            Code::ExtendedLogging => "nothing: it ends by itself; `log extended --off` ends it now",
            Code::DuplicateComment => {
                "delete one of the two; they are by our account, and name one original"
            }
        }
    }
}

impl std::fmt::Display for Code {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(self.as_str())
    }
}

/// One problem as it is noted: a code, where it applies, and names of fields or remote error codes, never content.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Problem {
    /// What kind it is.
    pub code: Code,
    /// The side that has it, when it is one side's.
    pub side: Option<Side>,
    /// The rule, field or remote error code it is about: an identifier, never a value.
    pub subject: Option<String>,
}

impl Problem {
    /// A problem of that code.
    #[must_use]
    pub fn new(code: Code) -> Problem {
        Problem {
            code,
            side: None,
            subject: None,
        }
    }

    /// The same on one side.
    #[must_use]
    pub fn on(mut self, side: Side) -> Problem {
        self.side = Some(side);
        self
    }

    /// The same about a field, rule or remote error code.
    #[must_use]
    pub fn about(mut self, subject: &str) -> Problem {
        self.subject = Some(subject.to_owned());
        self
    }
}
