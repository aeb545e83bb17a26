//! Which features are used: the business statistics.

use std::collections::BTreeMap;

use mapping::{Direction, Kind, Policy, Profile};
use model::metric::Metric;

/// A feature whose use is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Feature {
    /// Its name.
    pub name: &'static str,
    /// What the number says.
    pub says: &'static str,
}

const fn feature(name: &'static str, says: &'static str) -> Feature {
    Feature { name, says }
}

/// Every feature whose use is counted. No other one can be: what is not in this list is dropped.
pub const FEATURES: [Feature; 38] = [
    feature("pairs", "pairs"),
    feature("profiles", "profiles"),
    feature("scopes", "pairs of projects"),
    feature(
        "scopes.filter",
        "pairs of projects with a filter on either side",
    ),
    feature("scopes.area", "pairs of projects with an area path"),
    feature("types", "pairs of types"),
    feature("rules", "rules for fields"),
    feature("rules.text", "rules for lines of text"),
    feature("rules.rich", "rules for formatted texts"),
    feature("rules.number", "rules for numbers"),
    feature("rules.choice", "rules for choices"),
    feature("rules.user", "rules for people"),
    feature("rules.set", "rules for sets"),
    feature("rules.state", "rules for states"),
    feature("rules.date", "rules for days"),
    feature("rules.moment", "rules for times"),
    feature("rules.flag", "rules for yes or no"),
    feature("direction.both", "rules that go both ways"),
    feature("direction.to-azure", "rules that go to Azure DevOps only"),
    feature("direction.to-jira", "rules that go to Jira only"),
    feature("conflict.latest", "rules by which the later change wins"),
    feature("conflict.jira", "rules by which Jira wins"),
    feature("conflict.azure", "rules by which Azure DevOps wins"),
    feature("conflict.manual", "rules that leave conflicts to a person"),
    feature("comments", "profiles that carry comments"),
    feature(
        "comments.author-line",
        "profiles whose comments name the author",
    ),
    feature("attachments", "profiles that carry attachments"),
    feature("links", "profiles that carry links"),
    feature(
        "links.hierarchy",
        "profiles that carry parents and children",
    ),
    feature("examples", "mapping tests in profiles"),
    feature("used.create", "creates of the day that were applied"),
    feature("used.edit", "edits of the day that were applied"),
    feature(
        "used.transition",
        "transitions of the day that were applied",
    ),
    feature("used.comment", "comments of the day that were applied"),
    feature("used.link", "links of the day that were applied"),
    feature("used.conflicts", "conflicts of the day"),
    feature("used.losses", "what conversions of the day could not carry"),
    feature("used.problems", "problems of the day"),
];

/// What the profiles of a tenant use.
pub(super) fn configured(profiles: &[&Profile]) -> BTreeMap<String, u64> {
    let mut used = Used::default();
    for profile in profiles {
        used.add("profiles", 1);
        used.add("types", profile.types.len());
        used.add("examples", profile.examples.len());
        for scope in &profile.scopes {
            let filter = scope.jira.filter.is_some() || scope.azure.filter.is_some();
            used.add("scopes", 1);
            used.add("scopes.filter", usize::from(filter));
            used.add("scopes.area", usize::from(scope.azure.area.is_some()));
        }
        for rule in &profile.rules {
            used.add("rules", 1);
            used.add(of_kind(rule.kind), 1);
            used.add(of_direction(rule.direction), 1);
            used.add(of_policy(rule.conflict), 1);
        }
        let switches = [
            ("comments", profile.comments.direction.is_some()),
            ("comments.author-line", profile.comments.author_line),
            ("attachments", profile.attachments.direction.is_some()),
            ("links", profile.links.direction.is_some()),
            ("links.hierarchy", profile.links.hierarchy),
        ];
        for (name, is_on) in switches {
            used.add(name, usize::from(is_on));
        }
    }
    used.0
}

/// What was used on a day, from what was counted.
pub(super) fn counted(counts: &BTreeMap<String, u64>) -> BTreeMap<String, u64> {
    let of = |metric: Metric, words: &[&str]| {
        let name = metric.row().name;
        let wanted = |key: &&String| {
            let mut parts = key.split(' ');
            parts.next() == Some(name)
                && words.iter().all(|word| parts.clone().any(|is| is == *word))
        };
        let sums = counts.iter().filter(|(key, _)| wanted(key));
        sums.fold(0_u64, |sum, (_, count)| sum.saturating_add(*count))
    };
    let effect = |kind: &str| {
        of(
            Metric::Effects,
            &[&format!("kind={kind}"), "outcome=applied"],
        )
    };
    let numbers = [
        ("used.create", effect("create")),
        ("used.edit", effect("edit")),
        ("used.transition", effect("transition")),
        ("used.comment", effect("comment")),
        ("used.link", effect("link")),
        ("used.conflicts", of(Metric::Conflicts, &[])),
        ("used.losses", of(Metric::Losses, &[])),
        ("used.problems", of(Metric::Problems, &[])),
    ];
    numbers
        .map(|(name, number)| (name.to_owned(), number))
        .into()
}

/// Rounded down to 1, 2 or 5 times a power of ten, so that no number is anybody's own.
pub(super) fn rounded(number: u64) -> u64 {
    let mut power = 1_u64;
    while number / power >= 10 {
        power = power.saturating_mul(10);
    }
    let lead = match number / power {
        0 => 0,
        1 => 1,
        2..=4 => 2,
        _ => 5,
    };
    lead * power
}

/// Only what is declared, rounded, and nothing that is zero.
pub(super) fn told(numbers: BTreeMap<String, u64>) -> BTreeMap<String, u64> {
    let declared = |name: &String| FEATURES.iter().any(|feature| feature.name == name);
    let numbers = numbers.into_iter().filter(|(name, _)| declared(name));
    let numbers = numbers.map(|(name, number)| (name, rounded(number)));
    numbers.filter(|(_, number)| *number > 0).collect()
}

#[derive(Default)]
struct Used(BTreeMap<String, u64>);

impl Used {
    fn add(&mut self, name: &'static str, number: usize) {
        let known = self.0.entry(name.to_owned()).or_default();
        *known = known.saturating_add(number as u64);
    }
}

fn of_kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Text => "rules.text",
        Kind::Rich => "rules.rich",
        Kind::Number => "rules.number",
        Kind::Choice => "rules.choice",
        Kind::User => "rules.user",
        Kind::Set => "rules.set",
        Kind::State => "rules.state",
        Kind::Date => "rules.date",
        Kind::Moment => "rules.moment",
        Kind::Flag => "rules.flag",
    }
}

fn of_direction(direction: Direction) -> &'static str {
    match direction {
        Direction::Both => "direction.both",
        Direction::ToAzure => "direction.to-azure",
        Direction::ToJira => "direction.to-jira",
    }
}

fn of_policy(policy: Policy) -> &'static str {
    match policy {
        Policy::Latest => "conflict.latest",
        Policy::Jira => "conflict.jira",
        Policy::Azure => "conflict.azure",
        Policy::Manual => "conflict.manual",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_rounded_to_one_two_or_five() {
        let check = |number, expected| assert_eq!(rounded(number), expected, "{number}");
        for (number, expected) in [
            (0, 0),
            (1, 1),
            (4, 2),
            (9, 5),
            (10, 10),
            (199, 100),
            (4_999, 2_000),
        ] {
            check(number, expected);
        }
        assert!(rounded(u64::MAX) > 0);
    }

    #[test]
    fn everything_that_is_counted_is_declared() {
        let profile = Profile::compile(mapping::SAMPLE, "web.toml").expect("the sample compiles");
        let names = configured(&[&profile]).into_keys();
        let names = names.chain(counted(&BTreeMap::new()).into_keys());
        for name in names {
            assert!(
                FEATURES.iter().any(|feature| feature.name == name),
                "{name}"
            );
        }
        let told = told(configured(&[&profile]));
        assert_eq!(told.get("profiles"), Some(&1));
        assert!(told.contains_key("rules.rich"), "{told:?}");
    }

    #[test]
    fn what_is_declared_nowhere_and_how_much_exactly_is_not_told() {
        let numbers = [("profiles", 3), ("acme", 100)];
        let numbers = numbers.map(|(name, number)| (name.to_owned(), number));
        assert_eq!(told(numbers.into()), [("profiles".to_owned(), 2)].into());
    }

    #[test]
    fn the_use_of_a_day_is_summed_over_sides() {
        let key =
            |side, outcome| format!("effects_total side={side} kind=create outcome={outcome}");
        let counts = [
            (key("jira", "applied"), 3),
            (key("azure", "applied"), 4),
            (key("azure", "unknown"), 5),
        ];
        assert_eq!(counted(&counts.into()).get("used.create"), Some(&7));
    }
}
