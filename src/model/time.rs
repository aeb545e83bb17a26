//! Points in time.

use serde::{Deserialize, Serialize};

/// Milliseconds since the Unix epoch. Time always arrives from outside; nothing here reads a clock.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct Millis(pub i64);

impl Millis {
    /// This moment and so many milliseconds, saturating.
    #[must_use]
    pub fn plus(self, milliseconds: i64) -> Millis {
        Millis(self.0.saturating_add(milliseconds))
    }

    /// Milliseconds from `earlier` to this moment, saturating; negative when `earlier` is later.
    #[must_use]
    pub fn since(self, earlier: Millis) -> i64 {
        self.0.saturating_sub(earlier.0)
    }
}
