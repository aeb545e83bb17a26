//! The functions of JQL that give values of a set; those that give moments are in `date`.

use crate::jira::jql::look;
use crate::jira::jql::resolve::{Resolve, Setting};
use crate::jira::jql::test::{Attribute, Term};
use crate::jira::jql::value;
use crate::jira::link::Link;
use crate::jira::planning::State;
use crate::jira::scheme::{self, TYPES};

/// A function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Function {
    pub(crate) name: &'static str,
    /// Whether it gives a list, and so stands after `in` and `not in` only.
    pub(crate) is_list: bool,
    /// How many arguments it takes at least and at most.
    arguments: (usize, usize),
    /// The type of what it gives, as `autocompletedata` names it.
    pub(crate) kind: &'static str,
    /// What it gives.
    pub(crate) gives: Gives,
}

/// What a function gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Gives {
    Moment,
    Users,
    Sprints,
    Versions,
    Issues,
    Types,
}

const USER: &str = "com.atlassian.jira.user.ApplicationUser";
const SPRINT: &str = "com.atlassian.greenhopper.service.sprint.Sprint";
const VERSION: &str = "com.atlassian.jira.project.version.Version";
const ISSUE: &str = "com.atlassian.jira.issue.Issue";
const TYPE: &str = "com.atlassian.jira.issue.issuetype.IssueType";
const DATE: &str = "java.util.Date";

const fn function(
    name: &'static str,
    is_list: bool,
    arguments: (usize, usize),
    kind: &'static str,
    gives: Gives,
) -> Function {
    Function {
        name,
        is_list,
        arguments,
        kind,
        gives,
    }
}

/// The most arguments of a function that takes any number of them.
const ARGUMENTS_MAX: usize = 100;

/// All functions, by name.
pub(crate) static FUNCTIONS: [Function; 25] = [
    function("closedSprints", true, (0, 0), SPRINT, Gives::Sprints),
    function("currentUser", false, (0, 0), USER, Gives::Users),
    function(
        "earliestUnreleasedVersion",
        false,
        (1, ARGUMENTS_MAX),
        VERSION,
        Gives::Versions,
    ),
    function("endOfDay", false, (0, 1), DATE, Gives::Moment),
    function("endOfMonth", false, (0, 1), DATE, Gives::Moment),
    function("endOfWeek", false, (0, 1), DATE, Gives::Moment),
    function("endOfYear", false, (0, 1), DATE, Gives::Moment),
    function("futureSprints", true, (0, 0), SPRINT, Gives::Sprints),
    function("issueHistory", true, (0, 0), ISSUE, Gives::Issues),
    function(
        "latestReleasedVersion",
        false,
        (1, ARGUMENTS_MAX),
        VERSION,
        Gives::Versions,
    ),
    function(
        "linkedIssues",
        true,
        (1, ARGUMENTS_MAX),
        ISSUE,
        Gives::Issues,
    ),
    function("membersOf", true, (1, 1), USER, Gives::Users),
    function("now", false, (0, 0), DATE, Gives::Moment),
    function("openSprints", true, (0, 0), SPRINT, Gives::Sprints),
    function(
        "releasedVersions",
        true,
        (0, ARGUMENTS_MAX),
        VERSION,
        Gives::Versions,
    ),
    function("standardIssueTypes", true, (0, 0), TYPE, Gives::Types),
    function("startOfDay", false, (0, 1), DATE, Gives::Moment),
    function("startOfMonth", false, (0, 1), DATE, Gives::Moment),
    function("startOfWeek", false, (0, 1), DATE, Gives::Moment),
    function("startOfYear", false, (0, 1), DATE, Gives::Moment),
    function("subtaskIssueTypes", true, (0, 0), TYPE, Gives::Types),
    function(
        "unreleasedVersions",
        true,
        (0, ARGUMENTS_MAX),
        VERSION,
        Gives::Versions,
    ),
    function("updatedBy", true, (1, 3), ISSUE, Gives::Issues),
    function("votedIssues", true, (0, 0), ISSUE, Gives::Issues),
    function("watchedIssues", true, (0, 0), ISSUE, Gives::Issues),
];

/// The function of that name, in any case, called with as many arguments as it takes.
pub(crate) fn named(name: &str, arguments: &[String]) -> Resolve<&'static Function> {
    let found = FUNCTIONS
        .iter()
        .find(|it| it.name.eq_ignore_ascii_case(name));
    let function = found.ok_or_else(|| {
        format!(
            "Unable to find JQL function '{name}({})'.",
            arguments.join(", ")
        )
    })?;
    let (least, most) = function.arguments;
    if (least..=most).contains(&arguments.len()) {
        return Ok(function);
    }
    let expected = if least == most || arguments.len() < least {
        least
    } else {
        most
    };
    Err(format!(
        "Function '{}' expected '{expected}' arguments but received '{}'.",
        function.name,
        arguments.len()
    ))
}

/// The values that a function gives for an attribute.
pub(crate) fn terms(
    setting: &Setting<'_>,
    field: &str,
    attribute: Attribute,
    name: &str,
    arguments: &[String],
) -> Resolve<Vec<Term>> {
    let function = named(name, arguments)?;
    if !fits(function.gives, attribute) {
        return Err(format!(
            "A value provided by the function '{}' is invalid for the field '{field}'.",
            function.name
        ));
    }
    match function.gives {
        Gives::Users => users(setting, function, arguments),
        Gives::Sprints => Ok(sprints(setting, function)),
        Gives::Versions => versions(setting, function, arguments),
        Gives::Issues => issues(setting, function, arguments),
        Gives::Types => Ok(types(function)),
        Gives::Moment => Ok(Vec::new()),
    }
}

fn fits(gives: Gives, attribute: Attribute) -> bool {
    match gives {
        Gives::Users => attribute.takes_users(),
        Gives::Sprints => attribute == Attribute::Sprint,
        Gives::Versions => matches!(attribute, Attribute::Fix | Attribute::Affected),
        Gives::Issues => matches!(
            attribute,
            Attribute::Issue | Attribute::Parent | Attribute::Epic
        ),
        Gives::Types => attribute == Attribute::Type,
        Gives::Moment => false,
    }
}

fn users(setting: &Setting<'_>, function: &Function, arguments: &[String]) -> Resolve<Vec<Term>> {
    match arguments.first() {
        None => Ok(vec![Term::Text(setting.user.person.account_id.to_owned())]),
        Some(group) => value::members(setting, group).ok_or_else(|| {
            format!(
                "Function '{}' can not generate a list of usernames for group '{group}'; the group does not exist.",
                function.name
            )
        }),
    }
}

fn sprints(setting: &Setting<'_>, function: &Function) -> Vec<Term> {
    let state = match function.name {
        "openSprints" => State::Active,
        "closedSprints" => State::Closed,
        _ => State::Future,
    };
    let all = setting.store.planning.sprints();
    all.filter(|it| it.state == state)
        .map(|it| Term::Number(it.id))
        .collect()
}

fn versions(
    setting: &Setting<'_>,
    function: &Function,
    arguments: &[String],
) -> Resolve<Vec<Term>> {
    let mut projects = Vec::new();
    for name in arguments {
        let found = value::of(setting, "project", Attribute::Project, name);
        let terms = found.map_err(|_| {
            format!(
                "Could not resolve the project '{name}' provided to function '{}'.",
                function.name
            )
        })?;
        projects.extend(terms);
    }
    let all = scheme::PROJECTS
        .iter()
        .filter(|it| projects.is_empty() || projects.contains(&Term::Number(it.id)));
    let released = matches!(function.name, "releasedVersions" | "latestReleasedVersion");
    let mut found = Vec::new();
    for project in all {
        let versions = setting.store.versions.of_project(project.id);
        let mut fit = versions.filter(|it| it.released == released && !it.archived);
        match function.name {
            "latestReleasedVersion" => found.extend(fit.last()),
            "earliestUnreleasedVersion" => found.extend(fit.next()),
            _ => found.extend(fit),
        }
    }
    Ok(found.into_iter().map(|it| Term::Number(it.id)).collect())
}

fn issues(setting: &Setting<'_>, function: &Function, arguments: &[String]) -> Resolve<Vec<Term>> {
    match function.name {
        "linkedIssues" => linked(setting, arguments),
        "updatedBy" => updated_by(setting, arguments),
        "votedIssues" => Ok(followed(setting, true)),
        "watchedIssues" => Ok(followed(setting, false)),
        // Nobody looks at issues in a browser here.
        _ => Ok(Vec::new()),
    }
}

fn linked(setting: &Setting<'_>, arguments: &[String]) -> Resolve<Vec<Term>> {
    let key = arguments.first().map(String::as_str).unwrap_or_default();
    let store = setting.store;
    let issue = store
        .find(key)
        .ok_or_else(|| format!("Issue '{key}' could not be found in function 'linkedIssues'."))?;
    let mut wanted = Vec::new();
    for words in arguments.iter().skip(1) {
        let ends = value::of(setting, "issueLinkType", Attribute::LinkType, words);
        wanted.extend(ends.map_err(|_| {
            format!("Issue link type '{words}' could not be found in function 'linkedIssues'.")
        })?);
    }
    let links = store.links.of_issue(issue);
    let fits = links.filter(|it| {
        let end = Term::Text(look::link_end(it, issue));
        wanted.is_empty() || wanted.contains(&end)
    });
    let other = |it: &Link| {
        if it.source == issue {
            it.target
        } else {
            it.source
        }
    };
    Ok(fits.map(|it| Term::Number(other(it))).collect())
}

/// The issues that the caller watches or votes for.
fn followed(setting: &Setting<'_>, votes: bool) -> Vec<Term> {
    let me = setting.user.person.account_id;
    let fits = |it: &&crate::jira::issue::Issue| {
        let people = if votes { &it.voters } else { &it.watchers };
        people.contains(&me)
    };
    setting
        .store
        .after(0)
        .filter(fits)
        .map(|it| Term::Number(it.fields.id))
        .collect()
}

fn updated_by(setting: &Setting<'_>, arguments: &[String]) -> Resolve<Vec<Term>> {
    let bound = |index: usize| {
        let text = arguments.get(index);
        text.map(|text| setting.text_span("updatedBy", text).map(|it| it.0))
            .transpose()
    };
    let account = arguments.first().map(String::as_str).unwrap_or_default();
    let user = setting.users.of(account).ok_or_else(|| {
        format!("The value '{account}' does not exist for the function 'updatedBy'.")
    })?;
    let id = user.person.account_id;
    let period = bound(1)?.unwrap_or(i64::MIN)..bound(2)?.unwrap_or(i64::MAX);
    let fits = |it: &&crate::jira::issue::Issue| {
        let created = it.fields.creator == id && period.contains(&it.fields.created_ms);
        let commented = it
            .comments
            .iter()
            .any(|one| one.author == id && period.contains(&one.created_ms));
        created
            || commented
            || it
                .history
                .iter()
                .any(|one| one.author == id && period.contains(&one.at_ms))
    };
    Ok(setting
        .store
        .after(0)
        .filter(fits)
        .map(|it| Term::Number(it.fields.id))
        .collect())
}

fn types(function: &Function) -> Vec<Term> {
    let subtasks = function.name == "subtaskIssueTypes";
    let fit = TYPES.iter().filter(|it| it.is_subtask() == subtasks);
    fit.map(|it| Term::Text(it.id.to_owned())).collect()
}
