//! What an administrator of the site has set up: projects, issue types, statuses with their
//! workflow, priorities, resolutions, fields and screens. It never changes while the site runs.

use crate::jira::planning::{RANK, SPRINT};

/// A project.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Project {
    pub(crate) id: u64,
    pub(crate) key: &'static str,
    pub(crate) name: &'static str,
}

/// All projects; the first holds the sample data.
pub(crate) static PROJECTS: [Project; 2] = [
    Project {
        id: 10_000,
        key: "WEB",
        name: "Web Shop",
    },
    Project {
        id: 10_001,
        key: "OPS",
        name: "Operations",
    },
];

/// An issue type; a parent's level is one above its child's (jira.md 5.1).
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct IssueType {
    pub(crate) id: &'static str,
    pub(crate) name: &'static str,
    pub(crate) level: i8,
    pub(crate) description: &'static str,
}

impl IssueType {
    pub(crate) fn is_subtask(&self) -> bool {
        self.level < 0
    }
}

/// All issue types, in every project.
pub(crate) static TYPES: [IssueType; 5] = [
    IssueType {
        id: "10000",
        name: "Epic",
        level: 1,
        description: "A big piece of work.",
    },
    IssueType {
        id: "10001",
        name: "Story",
        level: 0,
        description: "What a user wants.",
    },
    IssueType {
        id: "10002",
        name: "Task",
        level: 0,
        description: "A piece of work.",
    },
    IssueType {
        id: "10003",
        name: "Bug",
        level: 0,
        description: "Something is broken.",
    },
    IssueType {
        id: "10004",
        name: "Sub-task",
        level: -1,
        description: "A part of a piece of work.",
    },
];

/// One of Jira's fixed status categories.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Category {
    pub(crate) id: u32,
    pub(crate) key: &'static str,
    pub(crate) name: &'static str,
    pub(crate) colour: &'static str,
}

static TO_DO: Category = Category {
    id: 2,
    key: "new",
    name: "To Do",
    colour: "blue-gray",
};
static IN_PROGRESS: Category = Category {
    id: 4,
    key: "indeterminate",
    name: "In Progress",
    colour: "yellow",
};
static DONE: Category = Category {
    id: 3,
    key: "done",
    name: "Done",
    colour: "green",
};
static UNDEFINED: Category = Category {
    id: 1,
    key: "undefined",
    name: "No Category",
    colour: "medium-gray",
};

/// All status categories.
pub(crate) static CATEGORIES: [&Category; 4] = [&UNDEFINED, &TO_DO, &IN_PROGRESS, &DONE];

/// A status.
#[derive(Debug)]
pub(crate) struct Status {
    pub(crate) id: &'static str,
    pub(crate) name: &'static str,
    pub(crate) category: &'static Category,
}

impl Status {
    pub(crate) fn is_done(&self) -> bool {
        self.category.key == "done"
    }
}

/// All statuses, those of one workflow after those of the other (see `workflow`).
pub(crate) static STATUSES: [Status; 10] = [
    Status {
        id: "10000",
        name: "To Do",
        category: &TO_DO,
    },
    Status {
        id: "3",
        name: "In Progress",
        category: &IN_PROGRESS,
    },
    Status {
        id: "10001",
        name: "In Review",
        category: &IN_PROGRESS,
    },
    Status {
        id: "10002",
        name: "Done",
        category: &DONE,
    },
    Status {
        id: "10100",
        name: "Open",
        category: &TO_DO,
    },
    Status {
        id: "10101",
        name: "Triage",
        category: &IN_PROGRESS,
    },
    Status {
        id: "10102",
        name: "Waiting for approval",
        category: &IN_PROGRESS,
    },
    Status {
        id: "10103",
        name: "Blocked",
        category: &IN_PROGRESS,
    },
    Status {
        id: "10104",
        name: "Closed",
        category: &DONE,
    },
    Status {
        id: "10105",
        name: "Cancelled",
        category: &DONE,
    },
];

/// A named value with an id: a priority or a resolution.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Named {
    pub(crate) id: &'static str,
    pub(crate) name: &'static str,
}

/// All priorities, highest first.
pub(crate) static PRIORITIES: [Named; 5] = [
    Named {
        id: "1",
        name: "Highest",
    },
    Named {
        id: "2",
        name: "High",
    },
    Named {
        id: "3",
        name: "Medium",
    },
    Named {
        id: "4",
        name: "Low",
    },
    Named {
        id: "5",
        name: "Lowest",
    },
];

/// The priority of an issue that was made without one.
pub(crate) fn default_priority() -> &'static Named {
    &PRIORITIES[2]
}

/// All resolutions; a transition into a status of the category Done sets the first.
pub(crate) static RESOLUTIONS: [Named; 2] = [
    Named {
        id: "10000",
        name: "Done",
    },
    Named {
        id: "10001",
        name: "Won't Do",
    },
];

/// The story points of the sample site, a custom number field.
pub(crate) const STORY_POINTS: &str = "customfield_10016";

/// A field as `GET /field` lists it.
#[derive(Debug)]
pub(crate) struct Field {
    pub(crate) id: &'static str,
    pub(crate) name: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) items: Option<&'static str>,
    pub(crate) custom: Option<(&'static str, u32)>,
    /// Where a user may set it.
    pub(crate) screen: Screen,
}

/// On which of an issue's screens a field stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Screen {
    /// On none: the product sets it.
    None,
    /// On the create screen only.
    Create,
    /// On the create and the edit screen.
    Both,
}

const fn field(id: &'static str, name: &'static str, kind: &'static str, screen: Screen) -> Field {
    Field {
        id,
        name,
        kind,
        items: None,
        custom: None,
        screen,
    }
}

const fn list(id: &'static str, name: &'static str, items: &'static str, screen: Screen) -> Field {
    Field {
        id,
        name,
        kind: "array",
        items: Some(items),
        custom: None,
        screen,
    }
}

/// A custom field of a kind that comes with Jira.
const fn custom(
    id: &'static str,
    number: u32,
    name: &'static str,
    (kind, items): (&'static str, Option<&'static str>),
    custom: &'static str,
) -> Field {
    Field {
        id,
        name,
        kind,
        items,
        custom: Some((custom, number)),
        screen: Screen::Both,
    }
}

/// All fields.
pub(crate) static FIELDS: [Field; 46] = [
    field("summary", "Summary", "string", Screen::Both),
    field("description", "Description", "string", Screen::Both),
    field("issuetype", "Issue Type", "issuetype", Screen::Both),
    field("project", "Project", "project", Screen::Create),
    field("priority", "Priority", "priority", Screen::Both),
    list("labels", "Labels", "string", Screen::Both),
    field("assignee", "Assignee", "user", Screen::Both),
    field("reporter", "Reporter", "user", Screen::Both),
    field("parent", "Parent", "issuelink", Screen::Both),
    field("duedate", "Due date", "date", Screen::Both),
    Field {
        id: STORY_POINTS,
        name: "Story point estimate",
        kind: "number",
        items: None,
        custom: Some(("com.pyxis.greenhopper.jira:jsw-story-points", 10_016)),
        screen: Screen::Both,
    },
    field("status", "Status", "status", Screen::None),
    field(
        "statusCategory",
        "Status Category",
        "statusCategory",
        Screen::None,
    ),
    field(
        "statuscategorychangedate",
        "Status Category Changed",
        "datetime",
        Screen::None,
    ),
    field("resolution", "Resolution", "resolution", Screen::None),
    field("resolutiondate", "Resolved", "datetime", Screen::None),
    field("created", "Created", "datetime", Screen::None),
    field("updated", "Updated", "datetime", Screen::None),
    field("creator", "Creator", "user", Screen::None),
    field("environment", "Environment", "string", Screen::Both),
    field("comment", "Comment", "comments-page", Screen::None),
    list("attachment", "Attachment", "attachment", Screen::None),
    list("issuelinks", "Linked Issues", "issuelinks", Screen::None),
    list("subtasks", "Sub-tasks", "issuelinks", Screen::None),
    list("components", "Components", "component", Screen::Both),
    list("fixVersions", "Fix versions", "version", Screen::Both),
    list("versions", "Affects versions", "version", Screen::Both),
    list("worklog", "Log Work", "worklog", Screen::None),
    field("votes", "Votes", "votes", Screen::None),
    field("watches", "Watchers", "watches", Screen::None),
    field(
        "timetracking",
        "Time tracking",
        "timetracking",
        Screen::Both,
    ),
    field("security", "Security Level", "securitylevel", Screen::None),
    custom(
        "customfield_10100",
        10_100,
        "Release note",
        ("string", None),
        "com.atlassian.jira.plugin.system.customfieldtypes:textfield",
    ),
    custom(
        "customfield_10101",
        10_101,
        "Acceptance criteria",
        ("string", None),
        "com.atlassian.jira.plugin.system.customfieldtypes:textarea",
    ),
    custom(
        "customfield_10102",
        10_102,
        "Effort",
        ("number", None),
        "com.atlassian.jira.plugin.system.customfieldtypes:float",
    ),
    custom(
        "customfield_10103",
        10_103,
        "Severity",
        ("option", None),
        "com.atlassian.jira.plugin.system.customfieldtypes:select",
    ),
    custom(
        "customfield_10104",
        10_104,
        "Platforms",
        ("array", Some("option")),
        "com.atlassian.jira.plugin.system.customfieldtypes:multiselect",
    ),
    custom(
        "customfield_10105",
        10_105,
        "Area",
        ("option-with-child", None),
        "com.atlassian.jira.plugin.system.customfieldtypes:cascadingselect",
    ),
    custom(
        "customfield_10106",
        10_106,
        "Planned start",
        ("date", None),
        "com.atlassian.jira.plugin.system.customfieldtypes:datepicker",
    ),
    custom(
        "customfield_10107",
        10_107,
        "Deployed at",
        ("datetime", None),
        "com.atlassian.jira.plugin.system.customfieldtypes:datetime",
    ),
    custom(
        "customfield_10108",
        10_108,
        "Teams",
        ("array", Some("string")),
        "com.atlassian.jira.plugin.system.customfieldtypes:labels",
    ),
    custom(
        "customfield_10109",
        10_109,
        "Reviewer",
        ("user", None),
        "com.atlassian.jira.plugin.system.customfieldtypes:userpicker",
    ),
    custom(
        "customfield_10110",
        10_110,
        "Testers",
        ("array", Some("user")),
        "com.atlassian.jira.plugin.system.customfieldtypes:multiuserpicker",
    ),
    custom(
        "customfield_10111",
        10_111,
        "Specification",
        ("string", None),
        "com.atlassian.jira.plugin.system.customfieldtypes:url",
    ),
    custom(
        SPRINT,
        10_020,
        "Sprint",
        ("array", Some("json")),
        "com.pyxis.greenhopper.jira:gh-sprint",
    ),
    Field {
        id: RANK,
        name: "Rank",
        kind: "any",
        items: None,
        custom: Some(("com.pyxis.greenhopper.jira:gh-lexo-rank", 10_019)),
        screen: Screen::None,
    },
];

/// The field of that id.
pub(crate) fn field_of(id: &str) -> Option<&'static Field> {
    FIELDS.iter().find(|field| field.id == id)
}

/// The project of that id or key; keys are matched in any case, as Jira does.
pub(crate) fn project_of(id_or_key: &str) -> Option<&'static Project> {
    PROJECTS.iter().find(|project| {
        project.key.eq_ignore_ascii_case(id_or_key) || project.id.to_string() == id_or_key
    })
}

/// The issue type of that id or name.
pub(crate) fn type_of(id_or_name: &str) -> Option<&'static IssueType> {
    TYPES
        .iter()
        .find(|it| it.id == id_or_name || it.name.eq_ignore_ascii_case(id_or_name))
}

/// The status of that id or name.
pub(crate) fn status_of(id_or_name: &str) -> Option<&'static Status> {
    STATUSES
        .iter()
        .find(|it| it.id == id_or_name || it.name.eq_ignore_ascii_case(id_or_name))
}

/// The value of that id or name in a list of named values.
pub(crate) fn named(list: &'static [Named], id_or_name: &str) -> Option<&'static Named> {
    list.iter()
        .find(|it| it.id == id_or_name || it.name.eq_ignore_ascii_case(id_or_name))
}
