//! The rules that a profile has without writing them, and how all rules go together.

use model::{Both, RuleName, Side};

use super::reader::Section;
use crate::options::{Direction, Policy};
use crate::profile::{TypePair, same_kind};
use crate::rule::{Kind, Limit, Otherwise, Rule};
use crate::system;

/// All rules: the implied ones that the profile does not write itself, those that it writes, the state rule. What does
/// not go together is noted.
pub(super) fn complete(
    root: &Section<'_>,
    written: Vec<Rule>,
    direction: Direction,
    conflict: Policy,
    types: &[TypePair],
    has_states: bool,
) -> Vec<Rule> {
    let make = |(name, jira, azure, kind, limit)| {
        implied(name, jira, azure, kind, limit, direction, conflict)
    };
    let mut rules: Vec<Rule> = texts(types)
        .into_iter()
        .filter_map(make)
        .filter(|rule| !written.iter().any(|other| takes_over(other, rule)))
        .collect();
    rules.extend(written);
    if has_states {
        rules.extend(make((
            "status",
            system::JIRA_STATE,
            system::AZURE_STATE,
            Kind::State,
            Limit::All,
        )));
    }
    report_same_names(root, &rules);
    let kinds: Vec<Both<String>> = types.iter().map(TypePair::kinds).collect();
    report_same_targets(root, &rules, &kinds);
    report_missing_title(root, &rules, types, direction);
    rules
}

type Implied = (&'static str, &'static str, &'static str, Kind, Limit);

/// Title and long text. A rule for a field that no mapped type has is left out: asking a remote for a field that it does
/// not know is an error there.
fn texts(types: &[TypePair]) -> Vec<Implied> {
    use system::{AZURE_REPRO, AZURE_TEXT, AZURE_TITLE, JIRA_TEXT, JIRA_TITLE, REPRO_TYPE};
    let is_repro = |pair: &TypePair| same_kind(Side::Azure, &pair.azure, REPRO_TYPE);
    let mut texts = vec![("summary", JIRA_TITLE, AZURE_TITLE, Kind::Text, Limit::All)];
    if !types.iter().all(is_repro) {
        let limit = Limit::NotAzure(REPRO_TYPE);
        texts.push(("description", JIRA_TEXT, AZURE_TEXT, Kind::Rich, limit));
    }
    if types.iter().any(is_repro) {
        let limit = Limit::Azure(REPRO_TYPE);
        texts.push((
            "description-repro",
            JIRA_TEXT,
            AZURE_REPRO,
            Kind::Rich,
            limit,
        ));
    }
    texts
}

fn implied(
    name: &str,
    jira: &str,
    azure: &str,
    kind: Kind,
    limit: Limit,
    direction: Direction,
    conflict: Policy,
) -> Option<Rule> {
    Some(Rule {
        name: RuleName::new(name).ok()?,
        jira: jira.to_owned(),
        azure: azure.to_owned(),
        kind,
        direction,
        conflict,
        kinds: Both::of(|_| kind),
        table: None,
        otherwise: Otherwise::Skip,
        limit,
        line: None,
    })
}

/// Whether a written rule stands in an implied one's place: it names both its fields, or writes one of them.
fn takes_over(written: &Rule, implied: &Rule) -> bool {
    let same = |side: Side| system::same_field(side, written.field(side), implied.field(side));
    let names_both = Side::BOTH.into_iter().all(same);
    let writes_one = Side::BOTH
        .into_iter()
        .any(|side| same(side) && written.direction.writes(side));
    names_both || writes_one
}

/// A pair's base is kept by the rule's name, so no two rules share one.
fn report_same_names(root: &Section<'_>, rules: &[Rule]) {
    for (index, rule) in rules.iter().enumerate() {
        let earlier = rules
            .iter()
            .take(index)
            .find(|other| other.name == rule.name);
        let Some(earlier) = earlier else { continue };
        let line = rule.line.or(earlier.line).unwrap_or(root.line);
        let what = format!("two rules have the name \"{}\"", rule.name);
        root.source
            .fault(line, what, "give this one another `name`");
    }
}

/// A field that two rules write on one item would have two truths.
fn report_same_targets(root: &Section<'_>, rules: &[Rule], types: &[Both<String>]) {
    for (index, rule) in rules.iter().enumerate() {
        for side in Side::BOTH {
            let clash = rules
                .iter()
                .take(index)
                .find(|other| clash(rule, other, side, types));
            let Some(other) = clash else { continue };
            let line = rule.line.or(other.line).unwrap_or(root.line);
            let what = format!(
                "the {} field {} is written by two rules, \"{}\" and \"{}\"",
                side.product(),
                rule.field(side),
                other.name,
                rule.name
            );
            let cure = "remove one, limit them to different `types`, or give one a `direction`";
            root.source.fault(line, what, cure);
        }
    }
}

fn clash(one: &Rule, other: &Rule, side: Side, types: &[Both<String>]) -> bool {
    system::same_field(side, one.field(side), other.field(side))
        && one.direction.writes(side)
        && other.direction.writes(side)
        && types
            .iter()
            .any(|kinds| one.applies_to(kinds) && other.applies_to(kinds))
}

/// Neither remote accepts an item without a title.
fn report_missing_title(
    root: &Section<'_>,
    rules: &[Rule],
    types: &[TypePair],
    direction: Direction,
) {
    let titles = [
        (Side::Jira, system::JIRA_TITLE),
        (Side::Azure, system::AZURE_TITLE),
    ];
    for (side, title) in titles {
        if !direction.writes(side) {
            continue;
        }
        let fills = |rule: &Rule| {
            system::same_field(side, rule.field(side), title) && rule.direction.writes(side)
        };
        let bare = types.iter().find(|pair| {
            let kinds = pair.kinds();
            !rules
                .iter()
                .any(|rule| fills(rule) && rule.applies_to(&kinds))
        });
        let Some(bare) = bare else { continue };
        let naming = rules.iter().find(|rule| {
            rule.field(Side::Jira) == system::JIRA_TITLE
                || system::same_field(Side::Azure, rule.field(Side::Azure), system::AZURE_TITLE)
        });
        root.source.fault(
            naming.and_then(|rule| rule.line).unwrap_or(root.line),
            format!("no rule fills {title} of {} type {}", side.product(), bare.get(side)),
            "a rule that names the title must fill it on both sides and for all types; or remove the rule",
        );
    }
}
