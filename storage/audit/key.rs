//! The key under which entries are sealed.

use ring::hmac;

use crate::vault::MasterKey;

/// It follows from a master key, and nothing follows from it. No `Debug`.
#[derive(Clone)]
pub struct AuditKey {
    id: String,
    key: hmac::Key,
}

impl AuditKey {
    /// The key that follows from that master key.
    #[must_use]
    pub fn of(master: &MasterKey) -> AuditKey {
        AuditKey {
            id: master.id().to_string(),
            key: hmac::Key::new(
                hmac::HMAC_SHA256,
                master.derived(b"counterpart audit key").as_ref(),
            ),
        }
    }

    /// What tells it from others.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The same key under another one's name, as a forger would have it.
    #[cfg(test)]
    pub(super) fn named(mut self, id: &str) -> AuditKey {
        id.clone_into(&mut self.id);
        self
    }

    pub(super) fn seal(&self, bytes: &[u8]) -> [u8; 32] {
        let tag = hmac::sign(&self.key, bytes);
        let mut seal = [0; 32];
        for (to, from) in seal.iter_mut().zip(tag.as_ref()) {
            *to = *from;
        }
        seal
    }

    pub(super) fn is_sealed(&self, bytes: &[u8], seal: &[u8]) -> bool {
        hmac::verify(&self.key, bytes, seal).is_ok()
    }
}
