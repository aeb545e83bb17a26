//! The rules of one server at work.

use std::collections::BTreeSet;

use rand::rngs::SmallRng;
use rand::{Rng as _, SeedableRng as _};

use super::{Fault, Faults, Rule};
use crate::limit;
use crate::site::Request;
use crate::throttle::Flavor;

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
    random: SmallRng,
    passed: u64,
    fired: u64,
    markers: BTreeSet<String>,
}

impl Armed {
    fn spent(&self) -> bool {
        self.rule.times.is_some_and(|times| self.fired >= times)
    }

    /// Whether the rule is about the request and its moment, and its dice fall so.
    fn strikes(&mut self, request: &Request, since_ms: u64) -> bool {
        let rule = &self.rule;
        let begun = rule.from_ms.is_none_or(|from_ms| since_ms >= from_ms);
        let over = rule.until_ms.is_some_and(|until_ms| since_ms >= until_ms);
        if self.spent() || !begun || over || !applies(rule, request) {
            return false;
        }
        if self.passed < rule.after {
            self.passed += 1;
            return false;
        }
        self.random.random_bool(rule.p)
    }
}

/// The rules, with what they remember.
#[derive(Debug)]
pub(crate) struct Engine {
    armed: Vec<Armed>,
    began_ms: i64,
    /// Items that a `revision_limit_500` has hit.
    full: BTreeSet<String>,
}

impl Engine {
    /// The rules as set at a moment of virtual time; `speaks` tells which limiters the product has.
    pub(crate) fn new(
        faults: &Faults,
        seed: u64,
        began_ms: i64,
        speaks: impl Fn(Flavor) -> bool,
    ) -> Self {
        let common = faults.seed.unwrap_or(seed);
        let arm = |(place, rule): (u64, &Rule)| Armed {
            rule: rule.clone(),
            random: SmallRng::seed_from_u64(rule.seed.unwrap_or_else(|| mixed(common, place))),
            passed: 0,
            fired: 0,
            markers: BTreeSet::new(),
        };
        let rules = faults.rules.iter().take(limit::FAULT_RULES_MAX);
        Self {
            armed: (0_u64..)
                .zip(rules)
                .filter(|(_, rule)| rule.flavor.is_none_or(&speaks))
                .map(arm)
                .collect(),
            began_ms,
            full: BTreeSet::new(),
        }
    }

    /// Decides for one request, in the rules' order: delays add up, and the first other rule that
    /// fires decides the outcome.
    pub(crate) fn decide(&mut self, request: &Request, now_ms: i64) -> Plan {
        let since_ms = self.since(now_ms);
        let mut plan = Plan::default();
        let rules = self.armed.iter_mut().enumerate();
        for (index, armed) in rules.filter(|(_, it)| !it.rule.fault.concerns_webhooks()) {
            if !armed.strikes(request, since_ms) {
                continue;
            }
            let rule = &armed.rule;
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
        plan.latency_ms = plan.latency_ms.min(limit::FAULT_DELAY_MS_MAX);
        self.stick(request, &mut plan);
        plan
    }

    /// An item that has reached the limit of its revisions stays there.
    fn stick(&mut self, request: &Request, plan: &mut Plan) {
        let Some(item) = patched_item(request) else {
            return;
        };
        match &plan.verdict {
            None if self.full.contains(&item) => {
                plan.verdict = Some(Rule::always(Fault::RevisionLimit500));
            }
            Some(rule)
                if rule.fault == Fault::RevisionLimit500
                    && self.full.len() < limit::FULL_ITEMS_MAX =>
            {
                self.full.insert(item);
            }
            None | Some(_) => {}
        }
    }

    /// Decides for one request that the product wants to send: the first rule that fires.
    pub(crate) fn decide_post(&mut self, request: &Request, now_ms: i64) -> Option<Rule> {
        let since_ms = self.since(now_ms);
        let rules = self.armed.iter_mut();
        for armed in rules.filter(|it| it.rule.fault.concerns_webhooks()) {
            if armed.strikes(request, since_ms) {
                armed.fired += 1;
                return Some(armed.rule.clone());
            }
        }
        None
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

    fn since(&self, now_ms: i64) -> u64 {
        u64::try_from(now_ms.saturating_sub(self.began_ms)).unwrap_or(0)
    }
}

/// A seed of its own for each rule, so that one rule more does not change what the others do.
fn mixed(seed: u64, place: u64) -> u64 {
    seed.wrapping_add(place.wrapping_mul(0x9e37_79b9_7f4a_7c15))
}

fn applies(rule: &Rule, request: &Request) -> bool {
    let right_kind = rule.fault != Fault::RevisionLimit500 || patched_item(request).is_some();
    right_kind && rule.matches.holds(request)
}

/// The work item that a PATCH is about.
fn patched_item(request: &Request) -> Option<String> {
    if request.method != http::Method::PATCH {
        return None;
    }
    let (above, id) = request.path.trim_end_matches('/').rsplit_once('/')?;
    let items = above.to_ascii_lowercase().ends_with("/workitems");
    let is_id = !id.is_empty() && id.bytes().all(|it| it.is_ascii_digit());
    (items && is_id).then(|| id.to_owned())
}

#[cfg(test)]
mod tests {
    use http::Method;

    use super::*;

    fn engine(rules: impl IntoIterator<Item = Rule>, seed: u64) -> Engine {
        Engine::new(&Faults::of(rules), seed, 0, |_| true)
    }

    fn get(engine: &mut Engine, path: &str, now_ms: i64) -> &'static str {
        let plan = engine.decide(&Request::new(Method::GET, path), now_ms);
        plan.verdict.map_or("none", |rule| rule.fault.name())
    }

    fn patch(engine: &mut Engine, path: &str) -> &'static str {
        let plan = engine.decide(&Request::new(Method::PATCH, path), 0);
        plan.verdict.map_or("none", |rule| rule.fault.name())
    }

    #[test]
    fn the_same_seed_decides_the_same() {
        let faults = Faults::load("hostile").expect("built in");
        let run = |seed| {
            let mut engine = Engine::new(&faults, seed, 0, |_| true);
            (0..200)
                .map(|_| get(&mut engine, "/x", 0))
                .collect::<Vec<_>>()
        };
        assert_eq!(run(7), run(7));
        assert_ne!(run(7), run(8));
    }

    #[test]
    fn a_rule_more_does_not_change_what_the_others_do() {
        let rare = Rule {
            p: 0.3,
            ..Rule::always(Fault::Dropped)
        };
        let latency = Rule {
            p: 0.5,
            ..Rule::always(Fault::Latency)
        };
        let run = |rules: &[Rule]| {
            let mut engine = engine(rules.to_vec(), 5);
            (0..100)
                .map(|_| get(&mut engine, "/x", 0))
                .collect::<Vec<_>>()
        };
        assert_eq!(
            run(std::slice::from_ref(&rare)),
            run(&[rare.clone(), latency])
        );
    }

    #[test]
    fn a_rule_lets_requests_pass_then_fires_so_many_times() {
        let rule = Rule {
            after: 2,
            times: Some(1),
            ..Rule::always(Fault::Error500)
        };
        let mut engine = engine([rule.on("GET", "/x")], 1);
        let run: Vec<_> = ["/x", "/y", "/x", "/x", "/x"]
            .map(|path| get(&mut engine, path, 0))
            .to_vec();
        assert_eq!(run, ["none", "none", "none", "error_500", "none"]);
    }

    #[test]
    fn a_rule_holds_within_its_window() {
        let rule = Rule {
            from_ms: Some(10),
            until_ms: Some(20),
            ..Rule::always(Fault::Error503)
        };
        let mut engine = Engine::new(&Faults::of([rule]), 1, 1_000, |_| true);
        let run: Vec<_> = [1_009, 1_010, 1_019, 1_020]
            .map(|now_ms| get(&mut engine, "/x", now_ms))
            .to_vec();
        assert_eq!(run, ["none", "error_503", "error_503", "none"]);
    }

    #[test]
    fn an_item_that_reached_the_limit_of_revisions_stays_there() {
        let rule = Rule {
            times: Some(1),
            ..Rule::always(Fault::RevisionLimit500)
        };
        let mut engine = engine([rule], 1);
        let check = |engine: &mut Engine, path: &str, expected: &str| {
            assert_eq!(patch(engine, path), expected, "{path}");
        };
        check(&mut engine, "/acme/_apis/wit/workitems/$Bug", "none");
        check(
            &mut engine,
            "/acme/_apis/wit/workItems/7",
            "revision_limit_500",
        );
        check(&mut engine, "/acme/_apis/wit/workitems/8", "none");
        check(
            &mut engine,
            "/acme/p/_apis/wit/workitems/7",
            "revision_limit_500",
        );
        assert_eq!(get(&mut engine, "/acme/_apis/wit/workitems/7", 0), "none");
    }
}
