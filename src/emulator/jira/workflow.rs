//! The workflows of the projects: which statuses there are, and what leads from one to another.
//!
//! The first project's workflow is the plain one that most teams have. The second one's has what makes clients fail:
//! a screen with a required resolution, validators that nothing announces, a condition, transitions that are possible
//! from everywhere, one that leads nowhere, and several ways into one status.

use crate::jira::account::User;
use crate::jira::issue::Fields;
use crate::jira::scheme::{Named, PROJECTS, Project, RESOLUTIONS, STATUSES, Status};

/// Where a transition begins.
#[derive(Debug, Clone, Copy)]
pub(crate) enum From {
    /// In one status.
    Status(&'static Status),
    /// In any.
    Anywhere,
}

/// What a transition asks beyond what its screen shows (jira.md 6).
#[derive(Debug, Clone, Copy)]
pub(crate) enum Validator {
    /// The field must not be empty afterwards; the text says so.
    Filled(&'static str, &'static str),
    /// A comment must come along.
    Commented(&'static str),
}

/// A field on a transition's screen.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shown {
    pub(crate) field: &'static str,
    pub(crate) required: bool,
}

/// A transition.
#[derive(Debug)]
pub(crate) struct Transition {
    pub(crate) id: &'static str,
    pub(crate) name: &'static str,
    pub(crate) from: From,
    /// Where it leads; nothing where the issue stays in its status.
    pub(crate) to: Option<&'static Status>,
    pub(crate) screen: &'static [Shown],
    pub(crate) validators: &'static [Validator],
    /// Only the assignee may do it.
    pub(crate) only_assignee: bool,
    /// The resolution that it sets when none is given and it leads to a status that is done.
    pub(crate) resolution: &'static Named,
}

const fn step(id: &'static str, name: &'static str, from: From, to: usize) -> Transition {
    Transition {
        id,
        name,
        from,
        to: Some(&STATUSES[to]),
        screen: &[],
        validators: &[],
        only_assignee: false,
        resolution: &RESOLUTIONS[0],
    }
}

const fn at(status: usize) -> From {
    From::Status(&STATUSES[status])
}

/// A workflow: its statuses, the first of which an issue begins in, and its transitions.
#[derive(Debug)]
struct Workflow {
    statuses: &'static [Status],
    transitions: &'static [Transition],
    /// A status of another workflow that this one has too, after its own first one.
    shared: Option<&'static Status>,
}

/// How many statuses the first workflow has; they stand first in [`STATUSES`].
const PLAIN: usize = 4;

/// All transitions of the plain workflow. There is no way straight from To Do to Done.
static PLAIN_TRANSITIONS: [Transition; 6] = [
    step("11", "Start work", at(0), 1),
    step("21", "Send to review", at(1), 2),
    step("31", "Approve", at(2), 3),
    step("41", "Stop work", at(1), 0),
    step("51", "Request changes", at(2), 1),
    step("61", "Reopen", at(3), 1),
];

const RESOLUTION_NEEDED: &[Shown] = &[
    Shown {
        field: "resolution",
        required: true,
    },
    Shown {
        field: "assignee",
        required: false,
    },
];

static STRICT_TRANSITIONS: [Transition; 12] = [
    step("101", "Take on", at(4), 5),
    Transition {
        only_assignee: true,
        ..step("102", "Start", at(5), 1)
    },
    Transition {
        validators: &[Validator::Filled(
            "duedate",
            "A due date is needed before anybody can approve.",
        )],
        ..step("103", "Ask for approval", at(1), 6)
    },
    Transition {
        screen: RESOLUTION_NEEDED,
        ..step("104", "Approve", at(6), 8)
    },
    Transition {
        validators: &[Validator::Commented("Say in a comment why it is rejected.")],
        ..step("105", "Reject", at(6), 1)
    },
    step("106", "Block", From::Anywhere, 7),
    step("107", "Unblock", at(7), 1),
    Transition {
        to: None,
        screen: &[
            Shown {
                field: "labels",
                required: false,
            },
            Shown {
                field: "priority",
                required: false,
            },
        ],
        ..step("108", "Note", From::Anywhere, 0)
    },
    Transition {
        screen: RESOLUTION_NEEDED,
        ..step("109", "Close at once", at(5), 8)
    },
    Transition {
        resolution: &RESOLUTIONS[1],
        ..step("110", "Cancel", From::Anywhere, 9)
    },
    step("111", "Reopen", at(8), 4),
    step("112", "Take up again", at(9), 4),
];

fn of(project: &Project) -> Workflow {
    let (plain, strict) = STATUSES.split_at(PLAIN);
    if project.id == PROJECTS[1].id {
        Workflow {
            statuses: strict,
            transitions: &STRICT_TRANSITIONS,
            shared: Some(&STATUSES[1]),
        }
    } else {
        Workflow {
            statuses: plain,
            transitions: &PLAIN_TRANSITIONS,
            shared: None,
        }
    }
}

/// The statuses of a project's workflow.
pub(crate) fn statuses(project: &Project) -> Vec<&'static Status> {
    let workflow = of(project);
    workflow.statuses.iter().chain(workflow.shared).collect()
}

/// The status in which an issue begins.
pub(crate) fn initial(project: &Project) -> &'static Status {
    of(project).statuses.first().unwrap_or(&STATUSES[0])
}

/// The transitions that lead away from the issue's status, whoever asks.
pub(crate) fn available(fields: &Fields) -> impl Iterator<Item = &'static Transition> {
    let status = fields.status;
    of(fields.project)
        .transitions
        .iter()
        .filter(move |it| it.leads_from(status))
}

impl Transition {
    /// Whether the transition is possible in a status; one that is possible everywhere does not lead to where one is.
    fn leads_from(&self, status: &Status) -> bool {
        match self.from {
            From::Status(from) => from.id == status.id,
            From::Anywhere => self.to.is_none_or(|to| to.id != status.id),
        }
    }

    /// Whether the transition's condition lets this user do it.
    pub(crate) fn lets(&self, user: &User, fields: &Fields) -> bool {
        !self.only_assignee || fields.assignee == Some(user.person.account_id)
    }

    pub(crate) fn is_global(&self) -> bool {
        matches!(self.from, From::Anywhere)
    }

    /// Whether a field is on the transition's screen.
    pub(crate) fn shows(&self, field: &str) -> bool {
        self.screen.iter().any(|it| it.field == field)
    }
}
