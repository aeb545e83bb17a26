//! The types of the Basic process, the only one without Removed.

use super::Category::{Completed, InProgress, Proposed};
use super::Reason;
use super::plan::{EPICS, Plan, REQUIREMENTS, Row, TASKS};
use crate::azure::field;

const STATES: &[Row] = &[
    ("To Do", "b2b2b2", Proposed),
    ("Doing", "007acc", InProgress),
    ("Done", "339933", Completed),
];

const REASONS: &[Reason] = &[
    ("", "To Do", &["Added to backlog"]),
    ("*", "Doing", &["Started"]),
    ("*", "Done", &["Completed"]),
    ("*", "To Do", &["Moved to the backlog"]),
];

/// The types, in the order in which the process lists them.
pub(crate) const TYPES: &[Plan] = &[
    Plan {
        name: "Issue",
        reference: "Issue",
        description: "Tracks a piece of work, a defect or a question.",
        color: "009CCC",
        icon: "icon_clipboard_issue",
        behavior: REQUIREMENTS,
        states: STATES,
        fields: &[
            "Microsoft.VSTS.Scheduling.Effort",
            "Microsoft.VSTS.Common.StackRank",
        ],
        reasons: REASONS,
    },
    Plan {
        name: "Epic",
        reference: "Epic",
        description: "Groups the work on one big goal.",
        color: "E06C00",
        icon: "icon_crown",
        behavior: EPICS,
        states: STATES,
        fields: &[
            "Microsoft.VSTS.Scheduling.Effort",
            "Microsoft.VSTS.Scheduling.StartDate",
            "Microsoft.VSTS.Scheduling.TargetDate",
            "Microsoft.VSTS.Common.StackRank",
        ],
        reasons: REASONS,
    },
    Plan {
        name: "Task",
        reference: "Task",
        description: "Tracks a step of an issue.",
        color: "A4880A",
        icon: "icon_check_box",
        behavior: TASKS,
        states: STATES,
        fields: &[
            "Microsoft.VSTS.Common.Activity",
            field::REMAINING,
            "Microsoft.VSTS.Common.StackRank",
        ],
        reasons: REASONS,
    },
];
