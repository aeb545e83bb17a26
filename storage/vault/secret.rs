//! A secret in memory.

use zeroize::Zeroizing;

/// The bytes of a secret. No `Debug`, no `Display`, no `Serialize`; wiped when it goes.
#[derive(Clone)]
pub struct Secret(Zeroizing<Vec<u8>>);

impl Secret {
    /// Takes the bytes over.
    #[must_use]
    pub fn new(bytes: Vec<u8>) -> Secret {
        Secret(Zeroizing::new(bytes))
    }

    /// The bytes. Do not copy them anywhere that outlives their use.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}
