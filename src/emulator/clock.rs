//! Virtual time: the caller's time plus an offset that only ever grows.
//!
//! A server adds the offset to the system's clock; a test without sockets adds it to the time that
//! it names itself. Either way `POST /_emulator/clock` moves the offset.

use std::time::{SystemTime, UNIX_EPOCH};

/// The offset between real and virtual time.
#[derive(Debug, Clone, Copy, Default)]
pub struct Clock {
    offset_ms: i64,
}

impl Clock {
    /// Virtual time at a real time, both in milliseconds since the Unix epoch.
    pub fn at(self, real_ms: i64) -> i64 {
        real_ms.saturating_add(self.offset_ms)
    }

    /// Lets virtual time jump ahead.
    pub fn advance(&mut self, by_ms: u32) {
        self.offset_ms = self.offset_ms.saturating_add(i64::from(by_ms));
    }
}

/// The system's time, milliseconds since the Unix epoch.
pub fn system_ms() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| {
            i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
        })
}
