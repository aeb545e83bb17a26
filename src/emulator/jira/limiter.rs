//! What Jira's limiters answer (jira.md 11): 429, always, and otherwise each in its own way.

use crate::jira::refusal::Refusal;
use crate::site::Response;
use crate::throttle::{Flavor, Throttle};

const HOUR_MS: i64 = 3_600_000;

/// The points of an app in an hour, over all sites.
const HOURLY_POINTS: u64 = 65_000;

/// The answer of a limiter.
pub(crate) fn answer(throttle: &Throttle) -> Response {
    refusal(throttle).into_response()
}

/// What a limiter refuses a request with.
pub(crate) fn refusal(throttle: &Throttle) -> Refusal {
    let flavor = throttle.flavor.unwrap_or(Flavor::JiraBurst);
    let refusal = Refusal::message(429, "Rate limit exceeded.");
    match flavor {
        Flavor::JiraBurst => limited(refusal, throttle, "jira-burst-based", 100, 1),
        Flavor::JiraPerIssue => limited(refusal, throttle, "jira-per-issue-on-write", 20, 2),
        Flavor::JiraCost => limited(refusal, throttle, "jira-cost-based", 100, 5),
        Flavor::JiraConcurrency => limited(refusal, throttle, "jira-max-concurrent-threads", 5, 1),
        Flavor::JiraQuotaGlobal => quota(refusal, throttle, "global-app-quota", "global"),
        Flavor::JiraQuotaTenant => quota(refusal, throttle, "tenant-app-quota", "tenant"),
        Flavor::JiraGateway | Flavor::AzureBlocked | Flavor::AzureDelayed => refusal
            .with_header("X-Failure-Category", "FAILURE CLIENT RATE LIMITED")
            .with_header("X-RateLimit-Limit", "360000")
            .with_header("X-RateLimit-Remaining", "0"),
    }
}

fn limited(
    refusal: Refusal,
    throttle: &Throttle,
    reason: &str,
    most: u64,
    usual_s: u64,
) -> Refusal {
    let refusal = refusal
        .with_header("RateLimit-Reason", reason)
        .with_header("X-RateLimit-Limit", &most.to_string())
        .with_header("X-RateLimit-Remaining", "0")
        .with_header("X-RateLimit-NearLimit", "true")
        .with_header("X-RateLimit-Reset", &minute(throttle.reset_ms(usual_s)));
    match throttle.retry_after_s(usual_s) {
        Some(wait_s) => refusal.with_header("Retry-After", &wait_s.to_string()),
        None => refusal,
    }
}

/// The hourly points come back at the top of the hour.
fn quota(refusal: Refusal, throttle: &Throttle, policy: &str, scope: &str) -> Refusal {
    let left_ms = HOUR_MS - throttle.now_ms.rem_euclid(HOUR_MS);
    let usual_s = u64::try_from(left_ms / 1_000).unwrap_or(0).max(1);
    let wait_s = throttle.retry_after_s.unwrap_or(usual_s);
    let reason = format!("jira-quota-{scope}-based");
    limited(refusal, throttle, &reason, HOURLY_POINTS, usual_s)
        .with_header("RateLimit", &format!("\"{policy}\";r=0;t={wait_s}"))
        .with_header(
            "RateLimit-Policy",
            &format!("\"{policy}\";q={HOURLY_POINTS};w=3600"),
        )
}

/// A moment as `X-RateLimit-Reset` has it: ISO 8601 without seconds.
fn minute(ms: i64) -> String {
    jiff::Timestamp::from_millisecond(ms)
        .unwrap_or(jiff::Timestamp::UNIX_EPOCH)
        .strftime("%Y-%m-%dT%H:%MZ")
        .to_string()
}
