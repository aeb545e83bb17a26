//! Which store it is.

/// What tells an opened store from every other, and from its own earlier lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Random bytes that are made at its first open and kept in the journal.
    pub installation: [u8; 16],
    /// How often it has been opened.
    pub incarnation: u64,
}

impl Identity {
    /// Whether that store is this one in a later life.
    pub(crate) fn lives_on_in(&self, later: &Identity) -> bool {
        self.installation == later.installation && self.incarnation < later.incarnation
    }
}
