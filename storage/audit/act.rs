//! What is told of.

use model::TenantName;
use model::log::Told;

macro_rules! codes {
    ($(#[$about:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $code:literal,)* }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name {
            $($(#[$doc])* $variant,)*
        }

        impl $name {
            /// All of them.
            pub const ALL: &'static [$name] = &[$($name::$variant,)*];

            /// The code, as entries show it.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    $($name::$variant => $code,)*
                }
            }
        }
    };
}

codes! {
    /// What was done.
    Action {
        /// A node began to run.
        NodeStarted = "node-started",
        /// A node stopped in order.
        NodeStopped = "node-stopped",
        /// It was synced once, until nothing was left to do: the subject is the profile, when one was named.
        SyncedOnce = "synced-once",
        /// A profile is not what it was when a node last began: the subject is its name and fingerprint.
        ProfileChanged = "profile-changed",
        /// A profile was carried out by a command.
        ProfileApplied = "profile-applied",
        /// A tenant was added, or what it lacked.
        TenantAdded = "tenant-added",
        /// A tenant was erased.
        TenantErased = "tenant-erased",
        /// A backup of a tenant was ordered.
        BackupOrdered = "backup-ordered",
        /// A tenant was restored from a backup.
        BackupRestored = "backup-restored",
        /// A secret was set.
        SecretSet = "secret-set",
        /// A secret was taken out.
        SecretRemoved = "secret-removed",
        /// A tenant's data key was changed.
        DataKeyRotated = "data-key-rotated",
        /// The next master key was let in beside the present one.
        MasterKeyAdmitted = "master-key-admitted",
        /// Master keys other than the present one were shut out.
        MasterKeyFinished = "master-key-finished",
        /// A pair was parked.
        PairParked = "pair-parked",
        /// A pair was resumed.
        PairResumed = "pair-resumed",
        /// A pair was ordered to be compared anew.
        PairResynced = "pair-resynced",
        /// Remotes' own words are logged for a while.
        ExtendedOn = "extended-on",
        /// They are no longer.
        ExtendedOff = "extended-off",
        /// The end of this log had been torn off by a crash.
        TailMended = "tail-mended",
        /// The head of this log had been lost, damaged or exchanged.
        HeadMended = "head-mended",
    }
}

codes! {
    /// How far it is.
    Stage {
        /// It is about to be done. Without an entry of its end nobody knows whether it was.
        Begun = "begun",
        /// It was done.
        Done = "done",
        /// It failed; what came of it stands in the answer to who ordered it.
        Failed = "failed",
    }
}

/// What is to be told.
#[derive(Clone, Debug)]
pub struct Act {
    /// Who does it.
    pub who: Told,
    /// What.
    pub what: Action,
    /// How far it is.
    pub stage: Stage,
    /// The entry of which this is the end.
    pub of: Option<u64>,
    /// The tenant it is about.
    pub tenant: Option<TenantName>,
    /// What it is about.
    pub subject: Option<Told>,
}

impl Act {
    /// Something that is done at once, about no tenant.
    #[must_use]
    pub fn new(who: Told, what: Action) -> Act {
        Act {
            who,
            what,
            stage: Stage::Done,
            of: None,
            tenant: None,
            subject: None,
        }
    }

    /// What the log does to itself.
    pub(super) fn own(what: Action, subject: Told) -> Act {
        Act::new(model::told!("this log"), what).about(subject)
    }

    /// The same for a tenant.
    #[must_use]
    pub fn for_tenant(mut self, tenant: &TenantName) -> Act {
        self.tenant = Some(tenant.clone());
        self
    }

    /// The same about something.
    #[must_use]
    pub fn about(mut self, subject: Told) -> Act {
        self.subject = Some(subject);
        self
    }

    /// The same, before it is done.
    #[must_use]
    pub fn begun(mut self) -> Act {
        self.stage = Stage::Begun;
        self
    }

    /// The same when it has ended, well or not, as the end of that entry.
    #[must_use]
    pub fn ended(mut self, of: u64, well: bool) -> Act {
        self.stage = if well { Stage::Done } else { Stage::Failed };
        self.of = Some(of);
        self
    }
}
