//! The fields that JQL knows: their names, what they mean, which operators they take, and how results are ordered by
//! them. One table serves the compiler and `GET /jql/autocompletedata`.

use crate::jira::custom::{self, Kind};
use crate::jira::jql::order::Sort;
use crate::jira::jql::parser::Operator;
use crate::jira::jql::test::{Attribute, Measure, Moment, Text};
use crate::jira::planning::{RANK, SPRINT};
use crate::jira::scheme::{self, FIELDS, Field, STORY_POINTS};

/// What a field's name means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// Values out of a set.
    Discrete(Attribute),
    /// A point in time.
    Moment(Moment),
    /// A number.
    Measure(Measure),
    /// Words to look for.
    Text(Text),
    /// Nothing to search by: only an order.
    Order,
}

/// A field of JQL.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clause {
    /// Its names, the usual one first; none for a custom field of a kind that comes with Jira, which goes by its own.
    pub(crate) names: &'static [&'static str],
    pub(crate) meaning: Meaning,
    /// How results are ordered by it, and whether the last come first when the query does not say.
    pub(crate) sort: Option<(Sort, bool)>,
    /// The id of the field that it shows, when the field is a custom one.
    pub(crate) custom: Option<&'static str>,
    /// The type of its values as `autocompletedata` names it.
    pub(crate) kind: &'static str,
}

const fn clause(
    names: &'static [&'static str],
    meaning: Meaning,
    sort: Option<(Sort, bool)>,
    kind: &'static str,
) -> Clause {
    Clause {
        names,
        meaning,
        sort,
        custom: None,
        kind,
    }
}

const UP: bool = false;
const DOWN: bool = true;
const ISSUE: &str = "com.atlassian.jira.issue.Issue";
const USER: &str = "com.atlassian.jira.user.ApplicationUser";
const VERSION: &str = "com.atlassian.jira.project.version.Version";
const DATE: &str = "java.util.Date";
const TEXT: &str = "java.lang.String";
const NUMBER: &str = "java.lang.Number";
const OPTION: &str = "com.atlassian.jira.issue.customfields.option.Option";
const LABEL: &str = "com.atlassian.jira.issue.label.Label";

/// All fields, by their usual names.
pub(crate) static CLAUSES: [Clause; 48] = [
    clause(
        &["affectedVersion"],
        Meaning::Discrete(Attribute::Affected),
        Some((Sort::Affected, DOWN)),
        VERSION,
    ),
    clause(
        &["assignee"],
        Meaning::Discrete(Attribute::Assignee),
        Some((Sort::Assignee, UP)),
        USER,
    ),
    clause(
        &["attachments", "attachment"],
        Meaning::Discrete(Attribute::Attachment),
        None,
        "com.atlassian.jira.issue.attachment.Attachment",
    ),
    clause(
        &["category"],
        Meaning::Discrete(Attribute::ProjectCategory),
        None,
        "com.atlassian.jira.project.ProjectCategory",
    ),
    clause(&["comment"], Meaning::Text(Text::Comment), None, TEXT),
    clause(
        &["component"],
        Meaning::Discrete(Attribute::Component),
        Some((Sort::Component, UP)),
        "com.atlassian.jira.bc.project.component.ProjectComponent",
    ),
    clause(
        &["created", "createdDate"],
        Meaning::Moment(Moment::Created),
        Some((Sort::Created, DOWN)),
        DATE,
    ),
    clause(
        &["creator"],
        Meaning::Discrete(Attribute::Creator),
        Some((Sort::Creator, UP)),
        USER,
    ),
    clause(
        &["description"],
        Meaning::Text(Text::Description),
        Some((Sort::Description, UP)),
        TEXT,
    ),
    clause(
        &["due", "duedate"],
        Meaning::Moment(Moment::Due),
        Some((Sort::Due, UP)),
        DATE,
    ),
    clause(
        &["environment"],
        Meaning::Text(Text::Environment),
        Some((Sort::Environment, UP)),
        TEXT,
    ),
    clause(
        &["Epic Link", "cf[10014]"],
        Meaning::Discrete(Attribute::Epic),
        None,
        ISSUE,
    ),
    clause(
        &["filter", "request", "savedfilter", "searchrequest"],
        Meaning::Discrete(Attribute::Filter),
        None,
        "com.atlassian.jira.issue.search.SearchRequest",
    ),
    clause(
        &["fixVersion"],
        Meaning::Discrete(Attribute::Fix),
        Some((Sort::Fix, DOWN)),
        VERSION,
    ),
    clause(
        &["hierarchyLevel"],
        Meaning::Measure(Measure::Level),
        None,
        NUMBER,
    ),
    clause(
        &["id"],
        Meaning::Discrete(Attribute::Issue),
        Some((Sort::Id, UP)),
        ISSUE,
    ),
    clause(
        &["issueLinkType"],
        Meaning::Discrete(Attribute::LinkType),
        None,
        "com.atlassian.jira.issue.link.IssueLinkType",
    ),
    clause(
        &["issuekey", "issue", "key"],
        Meaning::Discrete(Attribute::Issue),
        Some((Sort::Key, UP)),
        ISSUE,
    ),
    clause(
        &["issuetype", "type"],
        Meaning::Discrete(Attribute::Type),
        Some((Sort::Type, UP)),
        "com.atlassian.jira.issue.issuetype.IssueType",
    ),
    clause(
        &["labels"],
        Meaning::Discrete(Attribute::Labels),
        Some((Sort::Labels, UP)),
        LABEL,
    ),
    clause(
        &["lastViewed"],
        Meaning::Moment(Moment::Viewed),
        Some((Sort::Viewed, DOWN)),
        DATE,
    ),
    clause(
        &["level"],
        Meaning::Discrete(Attribute::Security),
        None,
        "com.atlassian.jira.issue.security.IssueSecurityLevel",
    ),
    clause(
        &["originalEstimate", "timeoriginalestimate"],
        Meaning::Measure(Measure::Original),
        Some((Sort::Original, DOWN)),
        "com.atlassian.jira.jql.util.JqlTimetrackingDuration",
    ),
    clause(
        &["parent"],
        Meaning::Discrete(Attribute::Parent),
        Some((Sort::Parent, UP)),
        ISSUE,
    ),
    clause(
        &["priority"],
        Meaning::Discrete(Attribute::Priority),
        Some((Sort::Priority, DOWN)),
        "com.atlassian.jira.issue.priority.Priority",
    ),
    clause(
        &["project"],
        Meaning::Discrete(Attribute::Project),
        Some((Sort::Project, UP)),
        "com.atlassian.jira.project.Project",
    ),
    clause(
        &["projectType"],
        Meaning::Discrete(Attribute::ProjectType),
        None,
        TEXT,
    ),
    Clause {
        names: &["Rank", "cf[10019]"],
        meaning: Meaning::Order,
        sort: Some((Sort::Rank, UP)),
        custom: Some(RANK),
        kind: "com.atlassian.greenhopper.customfield.lexorank.LexoRank",
    },
    clause(
        &["remainingEstimate", "timeestimate"],
        Meaning::Measure(Measure::Remaining),
        Some((Sort::Remaining, DOWN)),
        "com.atlassian.jira.jql.util.JqlTimetrackingDuration",
    ),
    clause(
        &["reporter"],
        Meaning::Discrete(Attribute::Reporter),
        Some((Sort::Reporter, UP)),
        USER,
    ),
    clause(
        &["resolution"],
        Meaning::Discrete(Attribute::Resolution),
        Some((Sort::Resolution, UP)),
        "com.atlassian.jira.issue.resolution.Resolution",
    ),
    clause(
        &["resolved", "resolutiondate"],
        Meaning::Moment(Moment::Resolved),
        Some((Sort::Resolved, DOWN)),
        DATE,
    ),
    Clause {
        names: &["Sprint", "cf[10020]"],
        meaning: Meaning::Discrete(Attribute::Sprint),
        sort: Some((Sort::Sprint, UP)),
        custom: Some(SPRINT),
        kind: "com.atlassian.greenhopper.service.sprint.Sprint",
    },
    clause(
        &["status"],
        Meaning::Discrete(Attribute::Status),
        Some((Sort::Status, UP)),
        "com.atlassian.jira.issue.status.Status",
    ),
    clause(
        &["statusCategory"],
        Meaning::Discrete(Attribute::Category),
        Some((Sort::Category, UP)),
        "com.atlassian.jira.issue.status.category.StatusCategory",
    ),
    clause(
        &["statusCategoryChangedDate"],
        Meaning::Moment(Moment::CategoryChanged),
        Some((Sort::CategoryChanged, DOWN)),
        DATE,
    ),
    Clause {
        names: &["Story point estimate", "cf[10016]"],
        meaning: Meaning::Measure(Measure::Points),
        sort: Some((Sort::Points, DOWN)),
        custom: Some(STORY_POINTS),
        kind: NUMBER,
    },
    clause(
        &["summary"],
        Meaning::Text(Text::Summary),
        Some((Sort::Summary, UP)),
        TEXT,
    ),
    clause(&["text"], Meaning::Text(Text::Any), None, TEXT),
    clause(
        &["timespent"],
        Meaning::Measure(Measure::Spent),
        Some((Sort::Spent, DOWN)),
        "com.atlassian.jira.jql.util.JqlTimetrackingDuration",
    ),
    clause(
        &["updated", "updatedDate"],
        Meaning::Moment(Moment::Updated),
        Some((Sort::Updated, DOWN)),
        DATE,
    ),
    clause(&["voter"], Meaning::Discrete(Attribute::Voter), None, USER),
    clause(
        &["votes"],
        Meaning::Measure(Measure::Votes),
        Some((Sort::Votes, DOWN)),
        NUMBER,
    ),
    clause(
        &["watcher"],
        Meaning::Discrete(Attribute::Watcher),
        None,
        USER,
    ),
    clause(
        &["watchers"],
        Meaning::Measure(Measure::Watchers),
        Some((Sort::Watchers, DOWN)),
        NUMBER,
    ),
    clause(
        &["worklogAuthor"],
        Meaning::Discrete(Attribute::WorklogAuthor),
        None,
        USER,
    ),
    clause(
        &["worklogComment"],
        Meaning::Text(Text::Worklog),
        None,
        TEXT,
    ),
    clause(
        &["worklogDate"],
        Meaning::Moment(Moment::Worklog),
        None,
        DATE,
    ),
];

/// The field of that name, in any case; custom fields also answer to their ids and to `cf[number]`.
pub(crate) fn named(name: &str) -> Option<Clause> {
    let listed = CLAUSES.iter().find(|clause| {
        clause.names.iter().any(|it| it.eq_ignore_ascii_case(name))
            || clause
                .custom
                .is_some_and(|it| it.eq_ignore_ascii_case(name))
    });
    let number = name
        .get(..3)
        .filter(|it| it.eq_ignore_ascii_case("cf["))
        .and_then(|_| name.get(3..)?.strip_suffix(']'));
    let custom = || {
        FIELDS.iter().find(|field| {
            field.name.eq_ignore_ascii_case(name)
                || field.id.eq_ignore_ascii_case(name)
                || number.is_some_and(|it| field.id.strip_prefix("customfield_") == Some(it))
        })
    };
    listed.copied().or_else(|| custom().and_then(of_custom))
}

/// The custom fields of the kinds that come with Jira.
pub(crate) fn customs() -> impl Iterator<Item = Clause> {
    FIELDS.iter().filter_map(of_custom)
}

fn of_custom(field: &'static Field) -> Option<Clause> {
    let (meaning, kind) = match custom::kind_of(field)? {
        Kind::Line | Kind::Document => (Meaning::Text(Text::Custom(field.id)), TEXT),
        Kind::Url => (Meaning::Text(Text::Custom(field.id)), "java.net.URL"),
        Kind::Number => (Meaning::Measure(Measure::Custom(field.id)), NUMBER),
        Kind::Day => (Meaning::Moment(Moment::CustomDay(field.id)), DATE),
        Kind::Moment => (Meaning::Moment(Moment::Custom(field.id)), DATE),
        Kind::Select | Kind::MultiSelect => {
            (Meaning::Discrete(Attribute::Custom(field.id)), OPTION)
        }
        Kind::Cascade => (
            Meaning::Discrete(Attribute::Custom(field.id)),
            "com.atlassian.jira.issue.customfields.option.CascadeOption",
        ),
        Kind::Labels => (Meaning::Discrete(Attribute::Custom(field.id)), LABEL),
        Kind::User | Kind::Users => (Meaning::Discrete(Attribute::Custom(field.id)), USER),
    };
    Some(Clause {
        names: &[],
        meaning,
        sort: Some((Sort::Custom(field.id), UP)),
        custom: Some(field.id),
        kind,
    })
}

const SET: &[Operator] = &[
    Operator::Equal,
    Operator::NotEqual,
    Operator::In,
    Operator::NotIn,
];
const EMPTINESS: &[Operator] = &[Operator::Is, Operator::IsNot];
const RELATIONS: &[Operator] = &[
    Operator::Less,
    Operator::LessEqual,
    Operator::Greater,
    Operator::GreaterEqual,
];
const LIKENESS: &[Operator] = &[Operator::Like, Operator::NotLike];

impl Clause {
    /// The names by which queries call it.
    pub(crate) fn all_names(&self) -> Vec<&'static str> {
        match self.custom.and_then(scheme::field_of) {
            Some(field) if self.names.is_empty() => vec![field.name],
            _ => self.names.to_vec(),
        }
    }

    /// The groups of operators that the field takes.
    fn groups(&self) -> &'static [&'static [Operator]] {
        match self.meaning {
            Meaning::Discrete(Attribute::Attachment) => &[EMPTINESS],
            Meaning::Discrete(Attribute::Issue) => &[SET, RELATIONS],
            Meaning::Discrete(Attribute::Filter | Attribute::ProjectType | Attribute::LinkType) => {
                &[SET]
            }
            Meaning::Discrete(Attribute::Priority | Attribute::Fix | Attribute::Affected)
            | Meaning::Moment(_)
            | Meaning::Measure(_) => &[SET, RELATIONS, EMPTINESS],
            Meaning::Discrete(_) => &[SET, EMPTINESS],
            Meaning::Text(Text::Any | Text::Comment | Text::Worklog) => &[LIKENESS],
            Meaning::Text(_) => &[LIKENESS, EMPTINESS],
            Meaning::Order => &[],
        }
    }

    /// Every operator that the field takes, without those that look into its history.
    pub(crate) fn operators(&self) -> impl Iterator<Item = Operator> {
        self.groups().iter().flat_map(|group| group.iter().copied())
    }

    /// Whether `was` and `changed` can look into its history.
    pub(crate) fn has_history(&self) -> bool {
        match self.meaning {
            Meaning::Discrete(attribute) => attribute.changelog_field().is_some(),
            Meaning::Moment(_) | Meaning::Measure(_) | Meaning::Text(_) | Meaning::Order => false,
        }
    }
}
