//! How the products' limiters speak: each product has several, and a client must understand all.

use serde::{Deserialize, Serialize};

/// Which limiter speaks. Jira's names are what stands in `RateLimit-Reason` (jira.md 11).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Flavor {
    /// Jira: too many requests to one endpoint in a second.
    #[serde(rename = "jira-burst-based")]
    JiraBurst,
    /// Jira: the hourly points of the app over all sites are used up.
    #[serde(rename = "jira-quota-global-based")]
    JiraQuotaGlobal,
    /// Jira: the hourly points of the app on this site are used up.
    #[serde(rename = "jira-quota-tenant-based")]
    JiraQuotaTenant,
    /// Jira: too many writes to one issue.
    #[serde(rename = "jira-per-issue-on-write")]
    JiraPerIssue,
    /// Jira: too many requests at once.
    #[serde(rename = "jira-max-concurrent-threads")]
    JiraConcurrency,
    /// Jira: too expensive requests.
    #[serde(rename = "jira-cost-based")]
    JiraCost,
    /// Jira: the gateway before the site, which gives no reason and no time.
    #[serde(rename = "jira-gateway")]
    JiraGateway,
    /// Azure DevOps: HTTP 429 with TF400733 (azure.md 12).
    #[serde(rename = "tf400733")]
    AzureBlocked,
    /// Azure DevOps: HTTP 200, late, with a `Retry-After` for the next request.
    #[serde(rename = "delayed")]
    AzureDelayed,
}

impl Flavor {
    /// Whether it is one of Jira's; the others are those of Azure DevOps.
    pub fn is_jira(self) -> bool {
        match self {
            Self::JiraBurst
            | Self::JiraQuotaGlobal
            | Self::JiraQuotaTenant
            | Self::JiraPerIssue
            | Self::JiraConcurrency
            | Self::JiraCost
            | Self::JiraGateway => true,
            Self::AzureBlocked | Self::AzureDelayed => false,
        }
    }
}

/// What a limiter is to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Throttle {
    /// Which limiter; without it, the product's usual one.
    pub flavor: Option<Flavor>,
    /// When to come back, as asked for by a rule, in seconds.
    pub retry_after_s: Option<u64>,
    /// The limiter does not say when to come back.
    pub silent: bool,
    /// Virtual time, milliseconds since the Unix epoch.
    pub now_ms: i64,
}

impl Throttle {
    /// When to come back: as asked for, or else as usual; nothing when the limiter does not say.
    pub fn retry_after_s(&self, usual: u64) -> Option<u64> {
        (!self.silent).then(|| self.retry_after_s.unwrap_or(usual))
    }

    /// The moment at which the limit ends, in milliseconds since the Unix epoch.
    pub fn reset_ms(&self, usual: u64) -> i64 {
        let wait_s = self.retry_after_s.unwrap_or(usual);
        let wait_ms = i64::try_from(wait_s.saturating_mul(1_000)).unwrap_or(i64::MAX);
        self.now_ms.saturating_add(wait_ms)
    }
}
