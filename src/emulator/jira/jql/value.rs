//! What a written value means for an attribute: an id, a name, a key.

use crate::jira::custom::{self, Kind};
use crate::jira::filter;
use crate::jira::group;
use crate::jira::jql::resolve::{Resolve, Setting};
use crate::jira::jql::test::{Attribute, Measure, Term};
use crate::jira::scheme::{self, CATEGORIES, PRIORITIES, RESOLUTIONS};

/// Everything that the value names; names of versions, components and sprints can stand for several.
pub(crate) fn of(
    setting: &Setting<'_>,
    name: &str,
    attribute: Attribute,
    value: &str,
) -> Resolve<Vec<Term>> {
    let terms = terms(setting, attribute, value);
    if terms.is_empty() {
        return Err(missing(name, attribute, value));
    }
    Ok(terms)
}

fn terms(setting: &Setting<'_>, attribute: Attribute, value: &str) -> Vec<Term> {
    let store = setting.store;
    let same = |name: &str| name.to_lowercase() == value.to_lowercase();
    let text = |it: &str| Term::Text(it.to_owned());
    let one = |it: Option<Term>| it.into_iter().collect();
    let id: Option<u64> = value.parse().ok();
    match attribute {
        Attribute::Project => {
            let seen = scheme::PROJECTS.iter().filter(|it| setting.user.sees(it));
            let fits = |it: &&scheme::Project| same(it.name) || same(it.key) || Some(it.id) == id;
            seen.filter(fits).map(|it| Term::Number(it.id)).collect()
        }
        Attribute::Issue | Attribute::Parent | Attribute::Epic => one(store
            .find(value)
            .filter(|id| {
                let issue = store.get(*id);
                issue.is_some_and(|it| setting.user.sees(it.fields.project))
            })
            .map(Term::Number)),
        Attribute::Type => one(scheme::type_of(value).map(|it| text(it.id))),
        Attribute::Status => one(scheme::status_of(value).map(|it| text(it.id))),
        Attribute::Category => {
            let fits = |it: &&&scheme::Category| {
                same(it.name) || it.key == value || it.id.to_string() == value
            };
            one(CATEGORIES.iter().find(fits).map(|it| text(it.key)))
        }
        Attribute::Priority => one(scheme::named(&PRIORITIES, value).map(|it| text(it.id))),
        Attribute::Resolution => one(scheme::named(&RESOLUTIONS, value).map(|it| text(it.id))),
        Attribute::Labels => vec![text(value)],
        Attribute::ProjectType => {
            let known = ["business", "service_desk", "software"];
            one(known
                .contains(&value.to_lowercase().as_str())
                .then(|| text(&value.to_lowercase())))
        }
        Attribute::Component => {
            let all = scheme::PROJECTS
                .iter()
                .flat_map(|it| store.components.of_project(it.id));
            all.filter(|it| same(&it.name) || Some(it.id) == id)
                .map(|it| Term::Number(it.id))
                .collect()
        }
        Attribute::Fix | Attribute::Affected => {
            let all = scheme::PROJECTS
                .iter()
                .flat_map(|it| store.versions.of_project(it.id));
            all.filter(|it| same(&it.name) || Some(it.id) == id)
                .map(|it| Term::Number(it.id))
                .collect()
        }
        Attribute::Sprint => {
            let all = store.planning.sprints();
            all.filter(|it| same(&it.name) || Some(it.id) == id)
                .map(|it| Term::Number(it.id))
                .collect()
        }
        Attribute::Custom(_) if attribute.takes_users() => {
            one(setting.users.of(value).map(|it| text(it.person.account_id)))
        }
        Attribute::Custom(field) => custom(setting, field, value),
        Attribute::Assignee
        | Attribute::Reporter
        | Attribute::Creator
        | Attribute::Voter
        | Attribute::Watcher
        | Attribute::WorklogAuthor => {
            one(setting.users.of(value).map(|it| text(it.person.account_id)))
        }
        Attribute::LinkType => link_ends(setting, value),
        Attribute::Filter => filter::named(store, setting.user, value, id)
            .into_iter()
            .map(Term::Number)
            .collect(),
        // This site has no categories of projects and no security levels, and attachments are only asked whether there are
        // any.
        Attribute::ProjectCategory | Attribute::Security | Attribute::Attachment => Vec::new(),
    }
}

/// The options of a custom field that a value or an id names; any text where the field holds labels.
fn custom(setting: &Setting<'_>, field: &str, value: &str) -> Vec<Term> {
    let kind = scheme::field_of(field).and_then(custom::kind_of);
    if kind == Some(Kind::Labels) {
        return vec![Term::Text(value.to_owned())];
    }
    let options = setting.store.options.of_field(field);
    options
        .filter(|it| it.value.to_lowercase() == value.to_lowercase() || it.id.to_string() == value)
        .map(|it| Term::Number(it.id))
        .collect()
}

/// The ends of links that a name means: both for the name of a type, one for its words in one direction.
fn link_ends(setting: &Setting<'_>, value: &str) -> Vec<Term> {
    let mut ends = Vec::new();
    for kind in setting.store.links.types.all() {
        let same = |it: &str| it.to_lowercase() == value.to_lowercase();
        let both = same(&kind.name) || kind.id.to_string() == value;
        if both || same(&kind.outward) {
            ends.push(Term::Text(format!("{} out", kind.id)));
        }
        if both || same(&kind.inward) {
            ends.push(Term::Text(format!("{} in", kind.id)));
        }
    }
    ends
}

fn missing(name: &str, attribute: Attribute, value: &str) -> String {
    let is_key = matches!(
        attribute,
        Attribute::Issue | Attribute::Parent | Attribute::Epic
    );
    if is_key && value.bytes().all(|it| it.is_ascii_digit()) {
        format!("A value with ID '{value}' does not exist for the field '{name}'.")
    } else if is_key {
        format!("An issue with key '{value}' does not exist for field '{name}'.")
    } else {
        format!("The value '{value}' does not exist for the field '{name}'.")
    }
}

/// The accounts in a group.
pub(crate) fn members(setting: &Setting<'_>, name: &str) -> Option<Vec<Term>> {
    let group = group::named(name)?;
    let members = group.members(setting.users);
    Some(
        members
            .map(|it| Term::Text(it.person.account_id.to_owned()))
            .collect(),
    )
}

/// A number as its field takes it: estimates are durations in working time (a week has 5 days, a day 8 h, and a bare
/// number is minutes), everything else is plain.
pub(crate) fn number(measure: Measure, text: &str) -> Option<f64> {
    match measure {
        Measure::Custom(_)
        | Measure::Points
        | Measure::Level
        | Measure::Votes
        | Measure::Watchers => text.trim().parse().ok().filter(|it: &f64| it.is_finite()),
        Measure::Original | Measure::Remaining | Measure::Spent => duration_s(text),
    }
}

fn duration_s(text: &str) -> Option<f64> {
    let mut total = 0.0;
    for part in text.split_whitespace() {
        let digits = part.trim_end_matches(|it: char| it.is_ascii_alphabetic());
        let unit_s = match part.get(digits.len()..)? {
            "w" => 5.0 * 8.0 * 3_600.0,
            "d" => 8.0 * 3_600.0,
            "h" => 3_600.0,
            "m" | "" => 60.0,
            _ => return None,
        };
        let count: f64 = digits
            .parse()
            .ok()
            .filter(|it: &f64| it.is_finite() && *it >= 0.0)?;
        total += count * unit_s;
    }
    (!text.trim().is_empty()).then_some(total)
}
