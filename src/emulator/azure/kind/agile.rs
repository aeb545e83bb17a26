//! The types of the Agile process.

use super::Category::{Completed, InProgress, Proposed, Removed, Resolved};
use super::Reason;
use super::plan::{EPICS, FEATURES, Plan, REQUIREMENTS, Row, TASKS};
use crate::azure::field;

const NEW: Row = ("New", "b2b2b2", Proposed);
const ACTIVE: Row = ("Active", "007acc", InProgress);
const RESOLVED: Row = ("Resolved", "ff9d00", Resolved);
const CLOSED: Row = ("Closed", "339933", Completed);
const REMOVED: Row = ("Removed", "ffffff", Removed);

const PORTFOLIO: &[&str] = &[
    field::VALUE_AREA,
    "Microsoft.VSTS.Common.Risk",
    "Microsoft.VSTS.Common.BusinessValue",
    "Microsoft.VSTS.Common.TimeCriticality",
    "Microsoft.VSTS.Scheduling.Effort",
    "Microsoft.VSTS.Scheduling.StartDate",
    "Microsoft.VSTS.Scheduling.TargetDate",
];

const PORTFOLIO_REASONS: &[Reason] = &[
    ("", "New", &["New"]),
    ("New", "Active", &["Implementation started"]),
    ("New", "Removed", &["Removed from the backlog"]),
    ("Active", "Removed", &["Removed from the backlog"]),
];

const STORY_REASONS: &[Reason] = &[
    ("", "New", &["New"]),
    ("New", "Active", &["Implementation started"]),
    ("Active", "Resolved", &["Code complete and unit tests pass"]),
    ("Active", "New", &["Implementation halted"]),
    ("Resolved", "Closed", &["Acceptance tests pass"]),
    ("Resolved", "Active", &["Acceptance test failed"]),
    ("Removed", "New", &["Reconsidering the User Story"]),
    ("*", "Removed", &["Removed from the backlog"]),
];

const TASK_REASONS: &[Reason] = &[
    ("", "New", &["New"]),
    ("New", "Active", &["Work started"]),
    (
        "New",
        "Closed",
        &["Completed", "Cut", "Deferred", "Obsolete"],
    ),
    ("Active", "New", &["Work stopped"]),
    (
        "Active",
        "Closed",
        &["Completed", "Cut", "Deferred", "Obsolete"],
    ),
    ("Closed", "Active", &["Reactivated"]),
    ("*", "Removed", &["Removed from the backlog"]),
];

const BUG_REASONS: &[Reason] = &[
    ("", "New", &["New", "Build Failure"]),
    ("New", "Active", &["Approved", "Investigate"]),
    (
        "Active",
        "Resolved",
        &[
            "Fixed",
            "As Designed",
            "Cannot Reproduce",
            "Copied to Backlog",
            "Deferred",
            "Duplicate",
            "Obsolete",
        ],
    ),
    ("Resolved", "Closed", &["Verified"]),
    ("Resolved", "Active", &["Not fixed", "Test Failed"]),
    ("Closed", "Active", &["Regression", "Reactivated"]),
    ("*", "Removed", &["Removed from the backlog"]),
];

const ISSUE_REASONS: &[Reason] = &[
    ("", "New", &["New"]),
    ("*", "Removed", &["Removed from the backlog"]),
];

const WITH_RESOLVED: &[Row] = &[NEW, ACTIVE, RESOLVED, CLOSED, REMOVED];
const WITHOUT_RESOLVED: &[Row] = &[NEW, ACTIVE, CLOSED, REMOVED];

/// The types, in the order in which the process lists them.
pub(crate) const TYPES: &[Plan] = &[
    Plan {
        name: "Epic",
        reference: "Epic",
        description: "Epics help teams effectively manage and groom their product backlog",
        color: "E06C00",
        icon: "icon_crown",
        behavior: EPICS,
        states: WITH_RESOLVED,
        fields: PORTFOLIO,
        reasons: PORTFOLIO_REASONS,
    },
    Plan {
        name: "Feature",
        reference: "Feature",
        description: "Tracks a feature that will be released with the product",
        color: "773B93",
        icon: "icon_trophy",
        behavior: FEATURES,
        states: WITH_RESOLVED,
        fields: PORTFOLIO,
        reasons: PORTFOLIO_REASONS,
    },
    Plan {
        name: "User Story",
        reference: "UserStory",
        description: "Tracks an activity the user will be able to perform with the product",
        color: "009CCC",
        icon: "icon_book",
        behavior: REQUIREMENTS,
        states: WITH_RESOLVED,
        fields: &[
            field::VALUE_AREA,
            "Microsoft.VSTS.Common.Risk",
            "Microsoft.VSTS.Common.AcceptanceCriteria",
            field::POINTS,
            "Microsoft.VSTS.Common.StackRank",
        ],
        reasons: STORY_REASONS,
    },
    Plan {
        name: "Task",
        reference: "Task",
        description: "Tracks work that needs to be done.",
        color: "F2CB1D",
        icon: "icon_clipboard",
        behavior: TASKS,
        states: WITHOUT_RESOLVED,
        fields: &[
            "Microsoft.VSTS.Common.Activity",
            field::REMAINING,
            "Microsoft.VSTS.Scheduling.OriginalEstimate",
            "Microsoft.VSTS.Scheduling.CompletedWork",
        ],
        reasons: TASK_REASONS,
    },
    Plan {
        name: "Bug",
        reference: "Bug",
        description: "Describes a divergence between required and actual behavior, and tracks \
        the work done to correct the defect and verify the correction.",
        color: "CC293D",
        icon: "icon_insect",
        behavior: REQUIREMENTS,
        states: WITH_RESOLVED,
        fields: &[
            field::REPRO,
            "Microsoft.VSTS.TCM.SystemInfo",
            field::SEVERITY,
            field::VALUE_AREA,
            field::POINTS,
            "Microsoft.VSTS.Common.Activity",
            "Microsoft.VSTS.Common.ResolvedReason",
            "Microsoft.VSTS.Build.FoundIn",
        ],
        reasons: BUG_REASONS,
    },
    Plan {
        name: "Issue",
        reference: "Issue",
        description: "Tracks an obstacle to progress.",
        color: "B4009E",
        icon: "icon_traffic_cone",
        behavior: "",
        states: WITHOUT_RESOLVED,
        fields: &[
            "Microsoft.VSTS.Scheduling.DueDate",
            "Microsoft.VSTS.Common.StackRank",
        ],
        reasons: ISSUE_REASONS,
    },
];
