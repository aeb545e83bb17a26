//! What an issue holds, as conditions and orders ask for it.

use std::cmp::Ordering;

use crate::adf;
use crate::jira::custom::Custom;
use crate::jira::issue::{Fields, Issue};
use crate::jira::jql::test::{Attribute, Measure, Moment, Term, Text};
use crate::jira::jql::text::Words;
use crate::jira::link::Link;
use crate::jira::store::Store;
use crate::jira::time;

/// Whether the issue has this value.
pub(crate) fn has(fields: &Fields, attribute: Attribute, term: &Term, store: &Store) -> bool {
    match (attribute, term) {
        (Attribute::Project, Term::Number(id)) => fields.project.id == *id,
        (Attribute::Issue, Term::Number(id)) => fields.id == *id,
        (Attribute::Parent, Term::Number(id)) => fields.parent == Some(*id),
        (Attribute::Epic, Term::Number(id)) => epic(fields, store) == Some(*id),
        (Attribute::Component, Term::Number(id)) => fields.components.contains(id),
        (Attribute::Fix, Term::Number(id)) => fields.fix_versions.contains(id),
        (Attribute::Affected, Term::Number(id)) => fields.versions.contains(id),
        (Attribute::Sprint, Term::Number(id)) => fields.sprints.contains(id),
        (Attribute::Type, Term::Text(id)) => fields.kind.id == id,
        (Attribute::Status, Term::Text(id)) => fields.status.id == id,
        (Attribute::Category, Term::Text(key)) => fields.status.category.key == key,
        (Attribute::Priority, Term::Text(id)) => fields.priority.id == id,
        (Attribute::Resolution, Term::Text(id)) => fields.resolution.is_some_and(|it| it.id == id),
        (Attribute::ProjectType, Term::Text(kind)) => kind == "software",
        (Attribute::Labels, Term::Text(label)) => fields
            .labels
            .iter()
            .any(|it| it.to_lowercase() == label.to_lowercase()),
        (Attribute::Custom(field), term) => {
            fields.custom.get(field).is_some_and(|it| holds(it, term))
        }
        (Attribute::Assignee, Term::Text(id)) => fields.assignee == Some(id),
        (Attribute::Reporter, Term::Text(id)) => fields.reporter == Some(id),
        (Attribute::Creator, Term::Text(id)) => fields.creator == id,
        (Attribute::Watcher, Term::Text(id)) => {
            issue(fields, store).is_some_and(|it| it.watchers.iter().any(|one| one == id))
        }
        (Attribute::Voter, Term::Text(id)) => {
            issue(fields, store).is_some_and(|it| it.voters.iter().any(|one| one == id))
        }
        (Attribute::WorklogAuthor, Term::Text(id)) => {
            issue(fields, store).is_some_and(|it| it.worklogs.iter().any(|one| one.author == id))
        }
        (Attribute::LinkType, Term::Text(end)) => store
            .links
            .of_issue(fields.id)
            .any(|it| link_end(it, fields.id) == *end),
        _ => false,
    }
}

/// Whether the issue has no value at all.
pub(crate) fn is_empty(fields: &Fields, attribute: Attribute, store: &Store) -> bool {
    match attribute {
        Attribute::Resolution => fields.resolution.is_none(),
        Attribute::Labels => fields.labels.is_empty(),
        Attribute::Assignee => fields.assignee.is_none(),
        Attribute::Reporter => fields.reporter.is_none(),
        Attribute::Parent => fields.parent.is_none(),
        Attribute::Epic => epic(fields, store).is_none(),
        Attribute::Component => fields.components.is_empty(),
        Attribute::Fix => fields.fix_versions.is_empty(),
        Attribute::Affected => fields.versions.is_empty(),
        Attribute::Sprint => fields.sprints.is_empty(),
        Attribute::Custom(field) => !fields.custom.contains_key(field),
        Attribute::Watcher => issue(fields, store).is_none_or(|it| it.watchers.is_empty()),
        Attribute::Voter => issue(fields, store).is_none_or(|it| it.voters.is_empty()),
        Attribute::WorklogAuthor => issue(fields, store).is_none_or(|it| it.worklogs.is_empty()),
        Attribute::LinkType => store.links.of_issue(fields.id).next().is_none(),
        Attribute::Attachment => issue(fields, store).is_none_or(|it| it.attachments.is_empty()),
        // The site has no security levels and no categories of projects.
        Attribute::Security | Attribute::ProjectCategory => true,
        Attribute::Category
        | Attribute::Creator
        | Attribute::Filter
        | Attribute::Issue
        | Attribute::Priority
        | Attribute::Project
        | Attribute::ProjectType
        | Attribute::Status
        | Attribute::Type => false,
    }
}

/// Which of two values of a custom field comes first.
pub(crate) fn compare_custom(a: &Custom, b: &Custom, store: &Store) -> Ordering {
    let option = |id: &u64| store.options.get(*id).map(|it| it.value.clone());
    let shown = |custom: &Custom| match custom {
        Custom::Option(id) | Custom::Cascade(id, _) => option(id),
        Custom::Options(ids) => ids.iter().filter_map(option).min(),
        Custom::Labels(labels) => labels.first().cloned(),
        Custom::Day(day) => Some(day.clone()),
        Custom::User(id) => Some((*id).to_owned()),
        Custom::Users(ids) => ids.first().map(|it| (*it).to_owned()),
        Custom::Line(_) | Custom::Document(_) => written(custom),
        Custom::Number(_) | Custom::Moment(_) => None,
    };
    match (a, b) {
        (Custom::Number(a), Custom::Number(b)) => a.total_cmp(b),
        (Custom::Moment(a), Custom::Moment(b)) => a.cmp(b),
        _ => shown(a).cmp(&shown(b)),
    }
}

/// Whether a custom field's value is or holds this one.
fn holds(custom: &Custom, term: &Term) -> bool {
    match (custom, term) {
        (Custom::Option(_) | Custom::Options(_) | Custom::Cascade(..), Term::Number(id)) => {
            custom.chooses(*id)
        }
        (Custom::Labels(labels), Term::Text(text)) => labels
            .iter()
            .any(|it| it.to_lowercase() == text.to_lowercase()),
        (Custom::User(id), Term::Text(text)) => id == text,
        (Custom::Users(ids), Term::Text(text)) => ids.contains(text.as_str()),
        _ => false,
    }
}

fn issue<'a>(fields: &Fields, store: &'a Store) -> Option<&'a Issue> {
    store.get(fields.id)
}

fn epic(fields: &Fields, store: &Store) -> Option<u64> {
    let parent = fields.parent?;
    let level = store.get(parent)?.fields.kind.level;
    (level == 1).then_some(parent)
}

/// One end of a link as a value: the id of its type, and whether the issue speaks of it in the outward words.
pub(crate) fn link_end(link: &Link, issue: u64) -> String {
    let side = if link.source == issue { "out" } else { "in" };
    format!("{} {side}", link.kind)
}

/// Whether one of the issue's moments of that kind fits.
pub(crate) fn any_moment(
    fields: &Fields,
    moment: Moment,
    store: &Store,
    fits: impl Fn(i64) -> bool,
) -> bool {
    let one = match moment {
        Moment::Created => Some(fields.created_ms),
        Moment::Updated => Some(fields.updated_ms),
        Moment::Resolved => fields.resolved_ms,
        Moment::CategoryChanged => Some(fields.category_changed_ms),
        Moment::Custom(field) => match fields.custom.get(field) {
            Some(Custom::Moment(at_ms)) => Some(*at_ms),
            _ => None,
        },
        Moment::CustomDay(field) => match fields.custom.get(field) {
            Some(Custom::Day(day)) => time::day_ms(day),
            _ => None,
        },
        Moment::Due => fields.due.as_deref().and_then(time::day_ms),
        Moment::Viewed => None,
        Moment::Worklog => {
            return issue(fields, store)
                .is_some_and(|it| it.worklogs.iter().any(|it| fits(it.started_ms)));
        }
    };
    one.is_some_and(fits)
}

/// A number of the issue.
pub(crate) fn measure(fields: &Fields, measure: Measure, store: &Store) -> Option<f64> {
    // Seconds and counts stay far below the integers that a float holds exactly.
    let number = |it: u64| it as f64;
    let count = |it: usize| number(u64::try_from(it).unwrap_or(u64::MAX));
    match measure {
        Measure::Custom(field) => match fields.custom.get(field) {
            Some(Custom::Number(number)) => Some(*number),
            _ => None,
        },
        Measure::Points => fields.points,
        Measure::Level => Some(f64::from(fields.kind.level)),
        Measure::Original => fields.tracking.original_s.map(number),
        Measure::Remaining => fields.tracking.remaining_s.map(number),
        Measure::Spent => fields.tracking.spent_s.map(number),
        Measure::Votes => issue(fields, store).map(|it| count(it.voters.len())),
        Measure::Watchers => issue(fields, store).map(|it| count(it.watchers.len())),
    }
}

/// The project of a version and its place among that project's versions.
pub(crate) fn version_place(store: &Store, id: u64) -> Option<(u64, u64)> {
    let project = store.versions.get(id)?.project;
    let at = store
        .versions
        .of_project(project)
        .position(|it| it.id == id)?;
    Some((project, u64::try_from(at).unwrap_or(u64::MAX)))
}

/// Whether the words are in the text; where they are not to be, an empty text does not count.
pub(crate) fn words(
    fields: &Fields,
    text: Text,
    words: &Words,
    expected: bool,
    store: &Store,
) -> bool {
    if let Text::Custom(field) = text {
        let own = fields.custom.get(field).and_then(written);
        return own.is_some_and(|it| words.are_in(&it) == expected);
    }
    let mut texts = texts(fields, text, store)
        .filter(|it| !it.is_empty())
        .peekable();
    if texts.peek().is_none() {
        return false;
    }
    texts.any(|it| words.are_in(&it)) == expected
}

/// The text of a custom field that has one.
fn written(custom: &Custom) -> Option<String> {
    match custom {
        Custom::Line(line) => Some(line.clone()),
        Custom::Document(document) => Some(adf::plain_text(document)),
        _ => None,
    }
}

fn texts<'a>(
    fields: &'a Fields,
    text: Text,
    store: &'a Store,
) -> impl Iterator<Item = String> + 'a {
    let wanted = move |one: Text| text == one || (text == Text::Any && one != Text::Worklog);
    let summary = wanted(Text::Summary).then(|| fields.summary.clone());
    let description = wanted(Text::Description)
        .then(|| fields.description())
        .flatten();
    let environment = fields
        .environment
        .as_deref()
        .filter(|_| wanted(Text::Environment));
    let issue = issue(fields, store);
    let customs = fields
        .custom
        .values()
        .filter(move |_| text == Text::Any)
        .filter_map(written);
    let comments = issue
        .filter(|_| wanted(Text::Comment))
        .into_iter()
        .flat_map(|it| {
            it.comments
                .iter()
                .map(|comment| adf::plain_text(&comment.body))
        });
    let documents = [
        description.as_ref().map(adf::plain_text),
        environment.map(adf::plain_text),
    ];
    let worklogs = issue
        .filter(|_| wanted(Text::Worklog))
        .into_iter()
        .flat_map(|it| {
            it.worklogs
                .iter()
                .filter_map(|one| one.comment.as_deref().map(adf::plain_text))
        });
    summary
        .into_iter()
        .chain(documents.into_iter().flatten())
        .chain(comments)
        .chain(worklogs)
        .chain(customs)
}

/// Whether a text that can be empty is so.
pub(crate) fn no_text(fields: &Fields, text: Text) -> bool {
    match text {
        Text::Description => fields.description.is_none(),
        Text::Environment => fields.environment.is_none(),
        Text::Custom(field) => !fields.custom.contains_key(field),
        // A summary is never empty, and the others are not asked.
        Text::Summary | Text::Any | Text::Comment | Text::Worklog => false,
    }
}
