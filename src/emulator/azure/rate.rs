//! The rate limit (azure.md 12): what a caller has used of its quota in a window, told in headers, and past the quota
//! delays and refusals. The delay is only told, never waited: a site has no clock of its own.

use std::collections::BTreeMap;

use super::limit;
use super::limiter::{self, RESOURCE};
use crate::options::RateLimit;
use crate::site::Response;

/// What one caller has used.
#[derive(Debug, Clone, Copy)]
struct Used {
    /// When the window began, in milliseconds since 1970.
    since_ms: i64,
    /// Thousandths of a unit.
    milli_units: i64,
}

/// The usage of every caller.
#[derive(Debug, Default)]
pub(crate) struct Rate {
    mode: RateLimit,
    callers: BTreeMap<usize, Used>,
}

impl Rate {
    pub(crate) fn new(mode: RateLimit) -> Self {
        Self {
            mode,
            callers: BTreeMap::new(),
        }
    }

    /// The same mode with nothing used.
    pub(crate) fn cleared(&self) -> Self {
        Self::new(self.mode)
    }

    /// Counts one request; when the caller is far past its quota, the refusal that is given instead of an answer.
    pub(crate) fn admit(&mut self, caller: usize, now: i64) -> Option<Response> {
        let used = self.callers.entry(caller).or_insert(Used {
            since_ms: now,
            milli_units: 0,
        });
        if now - used.since_ms >= limit::RATE_WINDOW_MS {
            *used = Used {
                since_ms: now,
                milli_units: 0,
            };
        }
        used.milli_units = used
            .milli_units
            .saturating_add(limit::RATE_REQUEST_MILLI_UNITS);
        let refused = used.milli_units > limit::RATE_MILLI_UNITS + limit::RATE_DELAYED_MILLI_UNITS;
        if self.mode != RateLimit::Enforced || !refused {
            return None;
        }
        let wait_ms = used.since_ms + limit::RATE_WINDOW_MS - now;
        let wait_s = u64::try_from(wait_ms / 1000).unwrap_or(0).max(1);
        let refusal = limiter::refusal().with_header("Retry-After", &wait_s.to_string());
        Some(self.told(refusal, caller))
    }

    /// The answer with what the caller has used, and with a delay when it is past its quota.
    pub(crate) fn told(&self, response: Response, caller: usize) -> Response {
        let (RateLimit::Told | RateLimit::Enforced, Some(used)) =
            (self.mode, self.callers.get(&caller))
        else {
            return response;
        };
        let left = limit::RATE_MILLI_UNITS - used.milli_units;
        let reset = (used.since_ms + limit::RATE_WINDOW_MS) / 1000;
        let response = response
            .with_header("X-RateLimit-Resource", RESOURCE)
            .with_header(
                "X-RateLimit-Limit",
                &(limit::RATE_MILLI_UNITS / 1000).to_string(),
            )
            .with_header("X-RateLimit-Remaining", &(left.max(0) / 1000).to_string())
            .with_header("X-RateLimit-Reset", &reset.to_string());
        if self.mode == RateLimit::Told || left >= 0 || response.status == 429 {
            return response;
        }
        // The further past the quota, the longer, up to half a minute.
        let over = (-left).min(limit::RATE_DELAYED_MILLI_UNITS);
        let delay_ms = 500 + over * 29_500 / limit::RATE_DELAYED_MILLI_UNITS;
        let (seconds, rest) = (delay_ms / 1000, delay_ms % 1000);
        response
            .with_header("Retry-After", &(seconds + 1).to_string())
            .with_header("X-RateLimit-Delay", &format!("{seconds}.{rest:03}"))
    }
}
