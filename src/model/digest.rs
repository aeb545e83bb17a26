//! What is kept of content: keyed one-way digests.

use ring::hmac;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// Eight bytes of HMAC-SHA256 under the tenant's digest key. Enough to see that a value changed (one accidental match in
/// 2^64), useless for finding the value without the key.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Digest(pub [u8; 8]);

impl std::fmt::Debug for Digest {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(&hex::encode(self.0))
    }
}

/// The tenant's digest key. It has no `Debug` and no `Serialize`; its bytes are wiped when it goes.
pub struct DigestKey {
    bytes: Zeroizing<[u8; 32]>,
}

impl DigestKey {
    /// Takes 32 random bytes as a key.
    #[must_use]
    pub fn new(bytes: [u8; 32]) -> DigestKey {
        DigestKey {
            bytes: Zeroizing::new(bytes),
        }
    }

    /// The digest of `content` in `domain`. The domain (a side and a rule, say) keeps equal contents of different fields
    /// from having equal digests, which would tell something about them.
    #[must_use]
    pub fn digest(&self, domain: &str, content: &[u8]) -> Digest {
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.bytes.as_slice());
        let mut context = hmac::Context::with_key(&key);
        // The length keeps domain and content from running into each other.
        context.update(&(domain.len() as u64).to_be_bytes());
        context.update(domain.as_bytes());
        context.update(content);
        let tag = context.sign();
        let mut short = [0; 8];
        for (to, from) in short.iter_mut().zip(tag.as_ref()) {
            *to = *from;
        }
        Digest(short)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_depends_on_key_domain_and_content() {
        let key = DigestKey::new([1; 32]);
        let digest = key.digest("jira/summary", b"text");
        assert_eq!(digest, key.digest("jira/summary", b"text"));
        assert_ne!(digest, key.digest("azure/summary", b"text"));
        assert_ne!(digest, key.digest("jira/summary", b"text "));
        assert_ne!(digest, key.digest("jira/summaryt", b"ext"));
        assert_ne!(
            digest,
            DigestKey::new([2; 32]).digest("jira/summary", b"text")
        );
    }
}
