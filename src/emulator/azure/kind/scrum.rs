//! The types of the Scrum process.

use super::Category::{Completed, InProgress, Proposed, Removed};
use super::Reason;
use super::plan::{EPICS, FEATURES, Plan, REQUIREMENTS, Row, TASKS};
use crate::azure::field;

const REMOVED: Row = ("Removed", "ffffff", Removed);

const PORTFOLIO_STATES: &[Row] = &[
    ("New", "b2b2b2", Proposed),
    ("In Progress", "007acc", InProgress),
    ("Done", "339933", Completed),
    REMOVED,
];
const BACKLOG_STATES: &[Row] = &[
    ("New", "b2b2b2", Proposed),
    ("Approved", "b2b2b2", Proposed),
    ("Committed", "007acc", InProgress),
    ("Done", "339933", Completed),
    REMOVED,
];
const TASK_STATES: &[Row] = &[
    ("To Do", "b2b2b2", Proposed),
    ("In Progress", "007acc", InProgress),
    ("Done", "339933", Completed),
    REMOVED,
];

const PORTFOLIO: &[&str] = &[
    field::VALUE_AREA,
    "Microsoft.VSTS.Common.BacklogPriority",
    "Microsoft.VSTS.Common.BusinessValue",
    "Microsoft.VSTS.Common.TimeCriticality",
    "Microsoft.VSTS.Common.AcceptanceCriteria",
    "Microsoft.VSTS.Scheduling.Effort",
    "Microsoft.VSTS.Scheduling.StartDate",
    "Microsoft.VSTS.Scheduling.TargetDate",
];

const PORTFOLIO_REASONS: &[Reason] = &[
    ("", "New", &["New"]),
    ("New", "In Progress", &["Implementation started"]),
    ("*", "Removed", &["Removed from the backlog"]),
];
const ITEM_REASONS: &[Reason] = &[
    ("", "New", &["New backlog item"]),
    ("New", "Approved", &["Approved by the Product Owner"]),
    ("*", "Committed", &["Commitment made by the team"]),
    ("*", "Done", &["Work finished"]),
    ("Removed", "New", &["Reconsidering backlog item"]),
    (
        "*",
        "Removed",
        &[
            "Removed from the backlog",
            "Duplicate",
            "Not a backlog item",
        ],
    ),
];
const BUG_REASONS: &[Reason] = &[
    ("", "New", &["New defect reported", "Build Failure"]),
    ("New", "Approved", &["Approved by the Product Owner"]),
    ("*", "Committed", &["Commitment made by the team"]),
    ("*", "Done", &["Work finished"]),
    ("Removed", "New", &["Reconsidering bug"]),
    (
        "*",
        "Removed",
        &["Removed from the backlog", "Duplicate", "Not a Bug"],
    ),
];
const TASK_REASONS: &[Reason] = &[
    ("", "To Do", &["New task"]),
    ("To Do", "In Progress", &["Work started"]),
    ("In Progress", "To Do", &["Work stopped"]),
    ("*", "Done", &["Work finished"]),
    ("Done", "In Progress", &["Additional work found"]),
    ("*", "Removed", &["Removed from the backlog"]),
];
const IMPEDIMENT_REASONS: &[Reason] = &[
    ("", "Open", &["New impediment"]),
    ("Open", "Closed", &["Impediment removed"]),
    ("Closed", "Open", &["Impediment reopened"]),
];

/// The types, in the order in which the process lists them.
pub(crate) const TYPES: &[Plan] = &[
    Plan {
        name: "Product Backlog Item",
        reference: "ProductBacklogItem",
        description: "Tracks an activity the user will be able to perform with the product.",
        color: "009CCC",
        icon: "icon_list",
        behavior: REQUIREMENTS,
        states: BACKLOG_STATES,
        fields: &[
            field::VALUE_AREA,
            "Microsoft.VSTS.Common.BacklogPriority",
            "Microsoft.VSTS.Common.BusinessValue",
            "Microsoft.VSTS.Common.AcceptanceCriteria",
            "Microsoft.VSTS.Scheduling.Effort",
        ],
        reasons: ITEM_REASONS,
    },
    Plan {
        name: "Bug",
        reference: "Bug",
        description: "Describes what does not work as it should, and the work to mend it.",
        color: "CC293D",
        icon: "icon_insect",
        behavior: REQUIREMENTS,
        states: BACKLOG_STATES,
        fields: &[
            field::REPRO,
            "Microsoft.VSTS.TCM.SystemInfo",
            field::SEVERITY,
            field::VALUE_AREA,
            "Microsoft.VSTS.Common.BacklogPriority",
            "Microsoft.VSTS.Common.AcceptanceCriteria",
            "Microsoft.VSTS.Scheduling.Effort",
            "Microsoft.VSTS.Common.Activity",
            field::REMAINING,
            "Microsoft.VSTS.Build.FoundIn",
        ],
        reasons: BUG_REASONS,
    },
    Plan {
        name: "Task",
        reference: "Task",
        description: "Tracks work that needs to be done.",
        color: "F2CB1D",
        icon: "icon_clipboard",
        behavior: TASKS,
        states: TASK_STATES,
        fields: &[
            "Microsoft.VSTS.Common.Activity",
            "Microsoft.VSTS.Common.BacklogPriority",
            field::REMAINING,
            "Microsoft.VSTS.CMMI.Blocked",
        ],
        reasons: TASK_REASONS,
    },
    Plan {
        name: "Impediment",
        reference: "Impediment",
        description: "Tracks an obstacle to progress.",
        color: "B4009E",
        icon: "icon_traffic_cone",
        behavior: "",
        states: &[
            ("Open", "b2b2b2", Proposed),
            ("Closed", "339933", Completed),
        ],
        fields: &["Microsoft.VSTS.Common.Resolution"],
        reasons: IMPEDIMENT_REASONS,
    },
    Plan {
        name: "Feature",
        reference: "Feature",
        description: "Tracks a feature that will be released with the product",
        color: "773B93",
        icon: "icon_trophy",
        behavior: FEATURES,
        states: PORTFOLIO_STATES,
        fields: PORTFOLIO,
        reasons: PORTFOLIO_REASONS,
    },
    Plan {
        name: "Epic",
        reference: "Epic",
        description: "Groups the features of one big goal.",
        color: "E06C00",
        icon: "icon_crown",
        behavior: EPICS,
        states: PORTFOLIO_STATES,
        fields: PORTFOLIO,
        reasons: PORTFOLIO_REASONS,
    },
];
