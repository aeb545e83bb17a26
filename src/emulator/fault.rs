//! Faults: what may go wrong between a client and a remote, by rule and by seed.
//!
//! A rule names what it matches, what goes wrong, how likely, and how often at most. The
//! `Engine` holds the rules of one server together with their random source; it only decides,
//! and [`crate::offline::Offline`] carries out.

use std::collections::BTreeSet;
use std::path::Path;

use rand::rngs::SmallRng;
use rand::{Rng as _, SeedableRng as _};
use serde::{Deserialize, Serialize};

use crate::limit;

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
    /// HTTP 429 with `Retry-After: retry_after_s` (default 1); the request is not applied.
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
    /// A webhook is not sent.
    WebhookLost,
    /// A webhook is sent twice.
    WebhookTwice,
    /// Webhooks arrive in another order.
    WebhookReordered,
    /// HTTP 500 to a PATCH of a work item, as after 10,000 revisions (azure.md 5.2).
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

    fn concerns_webhooks(self) -> bool {
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

/// Which requests a rule is about; what is not named matches everything.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Match {
    /// The method, in any case.
    #[serde(default)]
    pub method: Option<String>,
    /// A part of the path, or, when it holds `*`, a pattern for the whole path.
    #[serde(default)]
    pub path: Option<String>,
}

impl Match {
    fn holds(&self, method: &str, path: &str) -> bool {
        let method_holds = self
            .method
            .as_deref()
            .is_none_or(|it| it.eq_ignore_ascii_case(method));
        method_holds
            && self
                .path
                .as_deref()
                .is_none_or(|pattern| path_matches(pattern, path))
    }
}

fn path_matches(pattern: &str, path: &str) -> bool {
    if !pattern.contains('*') {
        return path.contains(pattern);
    }
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| path.strip_prefix(first)) else {
        return false;
    };
    let mut parts = parts.peekable();
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        let Some((_, after)) = rest.split_once(part) else {
            return false;
        };
        rest = after;
    }
    true
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
            once_per: None,
            delay_ms: None,
            hold_ms: None,
            retry_after_s: None,
        }
    }

    /// The same rule for one method and path.
    #[must_use]
    pub fn on(mut self, method: &str, path: &str) -> Self {
        self.matches = Match {
            method: Some(method.to_owned()),
            path: Some(path.to_owned()),
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
        if self.fault.concerns_webhooks() {
            return Err(Error::Webhooks(self.fault.name()));
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
        "fault rules: {0}; expected {{\"rules\":[{{\"match\":{{\"method\",\"path\"}},\"fault\":NAME,\"p\":0..1}}],\"seed\":N}}"
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
    /// A fault of webhooks, which the emulators do not send.
    #[error("fault `{0}` cannot happen: the emulators send no webhooks; leave it out")]
    Webhooks(&'static str),
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
    ])
}

/// What the rules decided for one request.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    /// How much later the answer goes out, milliseconds.
    pub(crate) latency_ms: u64,
    /// Searches are stale in this request.
    pub(crate) stale_search: bool,
    /// Rules that withhold the answer if the request entered a marker new to them.
    pub(crate) lost_once: Vec<usize>,
    /// The rule that decides the outcome, if any.
    pub(crate) verdict: Option<Rule>,
}

#[derive(Debug)]
struct Armed {
    rule: Rule,
    fired: u64,
    markers: BTreeSet<String>,
}

impl Armed {
    fn spent(&self) -> bool {
        self.rule.times.is_some_and(|times| self.fired >= times)
    }
}

/// The rules of one server at work.
#[derive(Debug)]
pub(crate) struct Engine {
    armed: Vec<Armed>,
    random: SmallRng,
}

impl Engine {
    pub(crate) fn new(faults: &Faults, seed: u64) -> Self {
        let arm = |rule: &Rule| Armed {
            rule: rule.clone(),
            fired: 0,
            markers: BTreeSet::new(),
        };
        Self {
            armed: faults
                .rules
                .iter()
                .take(limit::FAULT_RULES_MAX)
                .map(arm)
                .collect(),
            random: SmallRng::seed_from_u64(faults.seed.unwrap_or(seed)),
        }
    }

    /// Decides for one request, in the rules' order: delays add up, and the first other rule that
    /// fires decides the outcome.
    pub(crate) fn decide(&mut self, method: &str, path: &str) -> Plan {
        let mut plan = Plan::default();
        for (index, armed) in self.armed.iter_mut().enumerate() {
            let rule = &armed.rule;
            if armed.spent() || !applies(rule, method, path) || !self.random.random_bool(rule.p) {
                continue;
            }
            match rule.fault {
                Fault::LostResponse if rule.once_per.is_some() => {
                    plan.lost_once.push(index);
                    continue;
                }
                Fault::Latency => plan.latency_ms += rule.delay_ms.unwrap_or(300),
                Fault::StaleSearch => plan.stale_search = true,
                _ if plan.verdict.is_none() => plan.verdict = Some(rule.clone()),
                _ => continue,
            }
            armed.fired += 1;
        }
        plan
    }

    /// Whether one of these rules now withholds the answer to a write with this marker.
    pub(crate) fn loses_once(&mut self, rules: &[usize], marker: &str) -> bool {
        for &index in rules {
            let Some(armed) = self.armed.get_mut(index) else {
                continue;
            };
            let room = armed.markers.len() < limit::FIRED_MARKERS_MAX;
            if !armed.spent() && room && armed.markers.insert(marker.to_owned()) {
                armed.fired += 1;
                return true;
            }
        }
        false
    }
}

fn applies(rule: &Rule, method: &str, path: &str) -> bool {
    let right_kind = rule.fault != Fault::RevisionLimit500
        || (method == "PATCH" && path.to_ascii_lowercase().contains("/workitems/"));
    right_kind && rule.matches.holds(method, path)
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
    fn a_path_is_matched_by_part_or_by_pattern() {
        let check = |pattern: &str, path: &str, expected: bool| {
            assert_eq!(path_matches(pattern, path), expected, "{pattern} on {path}");
        };
        check("/issue", "/rest/api/3/issue/10001", true);
        check("/comment", "/rest/api/3/issue/10001", false);
        check("/rest/api/*/issue", "/rest/api/3/issue", true);
        check("/rest/api/*/issue", "/rest/api/3/issue/10001", false);
        check("*/comment*", "/rest/api/3/issue/1/comment/2", true);
        check(
            "/rest/*/issue/*/comment",
            "/rest/api/3/issue/7/comment",
            true,
        );
        check("issue*", "/issue/7", false);
    }

    #[test]
    fn every_name_of_the_contract_is_known() {
        for fault in Fault::ALL {
            let named = Faults::load(fault.name());
            assert_eq!(
                named.is_ok(),
                !fault.concerns_webhooks(),
                "{}",
                fault.name()
            );
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
        assert!(refusal(r#"{"rules":[{"fault":"webhook_lost"}]}"#).contains("no webhooks"));
        assert!(
            Faults::load("no-such-thing")
                .expect_err("unknown")
                .to_string()
                .contains("dropped")
        );
    }

    #[test]
    fn the_same_seed_decides_the_same() {
        let faults = Faults::load("hostile").expect("built in");
        let run = |seed| {
            let mut engine = Engine::new(&faults, seed);
            let outcome = |_| {
                engine
                    .decide("GET", "/x")
                    .verdict
                    .map_or("none", |rule| rule.fault.name())
            };
            (0..200).map(outcome).collect::<Vec<_>>()
        };
        assert_eq!(run(7), run(7));
        assert_ne!(run(7), run(8));
    }
}
