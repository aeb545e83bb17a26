//! Faults: what may go wrong between a client and a remote, by rule and by seed.
//!
//! A rule names what it matches ([`Match`]), what goes wrong, when, how likely, and how often at
//! most. The `engine` holds the rules of one server, each with a random source of its own; it only
//! decides, and [`crate::offline::Offline`] carries out.

mod engine;
mod matcher;

use std::path::Path;

use serde::{Deserialize, Serialize};

pub(crate) use engine::{Engine, Plan};
pub use matcher::Match;

use crate::limit;
use crate::throttle::Flavor;

/// What can go wrong. The names are the contract's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// The answer comes `delay_ms` later (default 300).
    Latency,
    /// The request is applied, then the connection closes without an answer.
    LostResponse,
    /// The connection closes after `hold_ms` (default 0); the request is applied `delay_ms`
    /// (default 500) after it arrived.
    LateApply,
    /// The connection closes and the request never reaches the site.
    Dropped,
    /// HTTP 500; the request is not applied.
    #[serde(rename = "error_500")]
    Error500,
    /// HTTP 503; the request is not applied.
    #[serde(rename = "error_503")]
    Error503,
    /// HTTP 429 in the words of one of the product's limiters (`flavor`), with `Retry-After:
    /// retry_after_s` (default 1, or what that limiter says); the request is not applied. With the
    /// flavour `delayed` the request is applied, and its answer asks to wait before the next.
    #[serde(rename = "throttle_429")]
    Throttle429,
    /// The product's sign-in page stands in for the answer; the request is not applied.
    SignInPage,
    /// The request is applied; half of the answer's body arrives, then the connection closes.
    TruncatedBody,
    /// The request is applied; the answer's body is not what its content type says.
    GarbageBody,
    /// Searches answer from the index as it was before the latest writes.
    StaleSearch,
    /// A webhook is not sent, and the product believes that it arrived.
    WebhookLost,
    /// A webhook is sent twice.
    WebhookTwice,
    /// A webhook is held back until the next one has gone, or for `delay_ms` (default 2000).
    WebhookReordered,
    /// HTTP 500 to a PATCH of a work item, as after 10,000 revisions (azure.md 5.2); from then on to
    /// every PATCH of that item, until the rules are replaced.
    #[serde(rename = "revision_limit_500")]
    RevisionLimit500,
}

impl Fault {
    const ALL: [Self; 15] = [
        Self::Latency,
        Self::LostResponse,
        Self::LateApply,
        Self::Dropped,
        Self::Error500,
        Self::Error503,
        Self::Throttle429,
        Self::SignInPage,
        Self::TruncatedBody,
        Self::GarbageBody,
        Self::StaleSearch,
        Self::WebhookLost,
        Self::WebhookTwice,
        Self::WebhookReordered,
        Self::RevisionLimit500,
    ];

    /// The fault's name in rules and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Latency => "latency",
            Self::LostResponse => "lost_response",
            Self::LateApply => "late_apply",
            Self::Dropped => "dropped",
            Self::Error500 => "error_500",
            Self::Error503 => "error_503",
            Self::Throttle429 => "throttle_429",
            Self::SignInPage => "sign_in_page",
            Self::TruncatedBody => "truncated_body",
            Self::GarbageBody => "garbage_body",
            Self::StaleSearch => "stale_search",
            Self::WebhookLost => "webhook_lost",
            Self::WebhookTwice => "webhook_twice",
            Self::WebhookReordered => "webhook_reordered",
            Self::RevisionLimit500 => "revision_limit_500",
        }
    }

    /// Whether it happens to requests that the product sends, and not to those that it gets.
    pub(crate) fn concerns_webhooks(self) -> bool {
        matches!(
            self,
            Self::WebhookLost | Self::WebhookTwice | Self::WebhookReordered
        )
    }

    /// The likelihood with which the fault stands alone under its own name.
    fn usual_likelihood(self) -> f64 {
        match self {
            Self::Latency | Self::StaleSearch => 0.3,
            Self::SignInPage | Self::RevisionLimit500 => 0.01,
            _ => 0.05,
        }
    }
}

/// What a rule counts by, when it is to fire once for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OncePer {
    /// Once for each marker that a write left in the ledger.
    Marker,
}

/// One rule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Which requests.
    #[serde(default, rename = "match")]
    pub matches: Match,
    /// What goes wrong.
    pub fault: Fault,
    /// How likely, from 0 to 1.
    #[serde(default = "certain")]
    pub p: f64,
    /// How often at most; without it, without end.
    #[serde(default)]
    pub times: Option<u64>,
    /// How many matching requests pass before the rule may fire.
    #[serde(default)]
    pub after: u64,
    /// The rule begins so many virtual milliseconds after the rules were set.
    #[serde(default)]
    pub from_ms: Option<u64>,
    /// The rule ends so many virtual milliseconds after the rules were set.
    #[serde(default)]
    pub until_ms: Option<u64>,
    /// The seed of this rule's own random source; without it, one made of the common seed and the
    /// rule's place.
    #[serde(default)]
    pub seed: Option<u64>,
    /// With `lost_response` only: once for each marker.
    #[serde(default)]
    pub once_per: Option<OncePer>,
    /// See the fault; milliseconds.
    #[serde(default)]
    pub delay_ms: Option<u64>,
    /// See the fault; milliseconds.
    #[serde(default)]
    pub hold_ms: Option<u64>,
    /// See the fault; seconds.
    #[serde(default)]
    pub retry_after_s: Option<u64>,
    /// With `throttle_429` only: which limiter speaks. A rule with a flavour of the other product
    /// never fires.
    #[serde(default)]
    pub flavor: Option<Flavor>,
    /// With `throttle_429` only: the limiter does not say when to come back.
    #[serde(default)]
    pub without_retry_after: bool,
    /// With `error_500` only: what the product says; it may quote anything.
    #[serde(default)]
    pub text: Option<String>,
}

fn certain() -> f64 {
    1.0
}

impl Rule {
    /// A rule that fires on every request.
    pub fn always(fault: Fault) -> Self {
        Self {
            matches: Match::default(),
            fault,
            p: 1.0,
            times: None,
            after: 0,
            from_ms: None,
            until_ms: None,
            seed: None,
            once_per: None,
            delay_ms: None,
            hold_ms: None,
            retry_after_s: None,
            flavor: None,
            without_retry_after: false,
            text: None,
        }
    }

    /// The same rule for one method and path.
    #[must_use]
    pub fn on(mut self, method: &str, path: &str) -> Self {
        self.matches = Match {
            method: Some(method.to_owned()),
            path: Some(path.to_owned()),
            ..Match::default()
        };
        self
    }

    fn check(&self, index: usize) -> Result<(), Error> {
        let wrong = |what: &'static str| Err(Error::Rule { index, what });
        if !(0.0..=1.0).contains(&self.p) {
            return wrong("`p` is a likelihood: give a number from 0 to 1");
        }
        if self.once_per.is_some() && self.fault != Fault::LostResponse {
            return wrong("`once_per` goes with `lost_response` only: take it out");
        }
        if self.delay_ms.max(self.hold_ms).unwrap_or(0) > limit::FAULT_DELAY_MS_MAX {
            return wrong("`delay_ms` and `hold_ms` may be at most 600000");
        }
        let about_limits = self.flavor.is_some() || self.without_retry_after;
        if about_limits && self.fault != Fault::Throttle429 {
            return wrong("`flavor` and `without_retry_after` go with `throttle_429` only");
        }
        if self.text.is_some() && self.fault != Fault::Error500 {
            return wrong("`text` goes with `error_500` only: take it out");
        }
        if self.retry_after_s.is_some() && self.without_retry_after {
            return wrong("`retry_after_s` and `without_retry_after` exclude each other");
        }
        if self
            .until_ms
            .is_some_and(|until_ms| until_ms <= self.from_ms.unwrap_or(0))
        {
            return wrong("`until_ms` must lie behind `from_ms`: the rule would never fire");
        }
        Ok(())
    }
}

/// Why fault rules were not taken.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Neither a built-in name nor a file.
    #[error("`{0}` is neither a fault, nor `hostile`, nor a file that can be read ({1}); faults: {list}", list = names())]
    Unknown(String, std::io::Error),
    /// The document is not rules.
    #[error(
        "fault rules: {0}; expected {{\"rules\":[{{\"match\":{{\"method\",\"path\",\"query\",\"header\",\"by\",\"marker\"}},\"fault\":NAME,\"p\":0..1}}],\"seed\":N}}"
    )]
    Document(#[from] serde_json::Error),
    /// One rule contradicts itself.
    #[error("fault rule {index}: {what}")]
    Rule {
        /// The rule's place, from 0.
        index: usize,
        /// What is wrong, and how to mend it.
        what: &'static str,
    },
    /// More rules than a server takes.
    #[error("{0} fault rules; at most {max} are taken", max = limit::FAULT_RULES_MAX)]
    TooMany(usize),
}

fn names() -> String {
    Fault::ALL.map(Fault::name).join(", ")
}

/// Fault rules and the seed of their random source.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Faults {
    /// The rules, tried in order.
    #[serde(default)]
    pub rules: Vec<Rule>,
    /// The seed; without it, the site's.
    #[serde(default)]
    pub seed: Option<u64>,
}

impl Faults {
    /// Rules from a built-in name (a fault's name, or `hostile`) or from a file of JSON.
    ///
    /// # Errors
    /// When it is neither, or the file's rules are wrong.
    pub fn load(name_or_file: &str) -> Result<Self, Error> {
        if let Some(built_in) = Self::built_in(name_or_file) {
            return built_in.checked();
        }
        let text = std::fs::read(Path::new(name_or_file))
            .map_err(|error| Error::Unknown(name_or_file.to_owned(), error))?;
        Self::parse(&text)
    }

    /// Rules from JSON.
    ///
    /// # Errors
    /// When the JSON is not rules, or one of them is wrong.
    pub fn parse(json: &[u8]) -> Result<Self, Error> {
        serde_json::from_slice::<Self>(json)?.checked()
    }

    /// These rules, without a seed of their own.
    pub fn of(rules: impl IntoIterator<Item = Rule>) -> Self {
        Self {
            rules: rules.into_iter().collect(),
            seed: None,
        }
    }

    fn built_in(name: &str) -> Option<Self> {
        if name == "hostile" {
            return Some(hostile());
        }
        let fault = Fault::ALL.into_iter().find(|fault| fault.name() == name)?;
        Some(Self::of([Rule {
            p: fault.usual_likelihood(),
            ..Rule::always(fault)
        }]))
    }

    fn checked(self) -> Result<Self, Error> {
        if self.rules.len() > limit::FAULT_RULES_MAX {
            return Err(Error::TooMany(self.rules.len()));
        }
        for (index, rule) in self.rules.iter().enumerate() {
            rule.check(index)?;
        }
        Ok(self)
    }
}

/// A bad day of a real remote: a little of everything that does not end in itself.
fn hostile() -> Faults {
    let likely = |p, fault| Rule {
        p,
        ..Rule::always(fault)
    };
    Faults::of([
        Rule {
            delay_ms: Some(60),
            ..likely(0.2, Fault::Latency)
        },
        likely(0.3, Fault::StaleSearch),
        likely(0.03, Fault::LostResponse),
        Rule {
            delay_ms: Some(700),
            ..likely(0.01, Fault::LateApply)
        },
        likely(0.02, Fault::Dropped),
        likely(0.02, Fault::Error500),
        likely(0.02, Fault::Error503),
        likely(0.02, Fault::Throttle429),
        likely(0.005, Fault::SignInPage),
        likely(0.01, Fault::TruncatedBody),
        likely(0.01, Fault::GarbageBody),
        likely(0.05, Fault::WebhookLost),
        likely(0.05, Fault::WebhookTwice),
        likely(0.05, Fault::WebhookReordered),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_names_its_fault_as_the_contract_does() {
        for fault in Fault::ALL {
            let name = serde_json::to_value(fault).expect("a fault is a name");
            assert_eq!(name, fault.name());
        }
    }

    #[test]
    fn every_name_of_the_contract_is_known() {
        for fault in Fault::ALL {
            assert!(Faults::load(fault.name()).is_ok(), "{}", fault.name());
        }
        assert!(Faults::load("hostile").is_ok());
    }

    #[test]
    fn wrong_rules_are_refused_with_the_reason() {
        let refusal = |text: &str| Faults::parse(text.as_bytes()).expect_err(text).to_string();
        assert!(refusal(r#"{"rules":[{"fault":"dropped","p":2}]}"#).contains("from 0 to 1"));
        assert!(refusal(r#"{"rules":[{"fault":"nonsense"}]}"#).contains("nonsense"));
        let once = refusal(r#"{"rules":[{"fault":"dropped","once_per":"marker"}]}"#);
        assert!(once.contains("lost_response"), "{once}");
        let limits = refusal(r#"{"rules":[{"fault":"dropped","flavor":"tf400733"}]}"#);
        assert!(limits.contains("throttle_429"), "{limits}");
        let window = r#"{"rules":[{"fault":"dropped","from_ms":9,"until_ms":9}]}"#;
        assert!(refusal(window).contains("never fire"));
        assert!(
            refusal(r#"{"rules":[{"fault":"dropped","match":{"verb":"GET"}}]}"#).contains("verb")
        );
        assert!(
            Faults::load("no-such-thing")
                .expect_err("unknown")
                .to_string()
                .contains("dropped")
        );
    }
}
