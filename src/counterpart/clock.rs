//! The clock on the wall.

use std::time::{SystemTime, UNIX_EPOCH};

use actors::Clock;
use model::Millis;

/// The system's clock. It may jump; nothing that must not happen twice depends on it.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Millis {
        let since = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        Millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }
}
