//! The types of the CMMI process.

use super::Category::{Completed, InProgress, Proposed, Removed, Resolved};
use super::Reason;
use super::plan::{EPICS, FEATURES, Plan, REQUIREMENTS, Row, TASKS};
use crate::azure::field;

const PROPOSED: Row = ("Proposed", "b2b2b2", Proposed);
const ACTIVE: Row = ("Active", "007acc", InProgress);
const RESOLVED: Row = ("Resolved", "ff9d00", Resolved);
const CLOSED: Row = ("Closed", "339933", Completed);
const REMOVED: Row = ("Removed", "ffffff", Removed);

const BACKLOG_STATES: &[Row] = &[PROPOSED, ACTIVE, RESOLVED, CLOSED, REMOVED];
const PLAIN_STATES: &[Row] = &[PROPOSED, ACTIVE, RESOLVED, CLOSED];
const SHORT_STATES: &[Row] = &[PROPOSED, ACTIVE, CLOSED];

const BACKLOG_REASONS: &[Reason] = &[
    ("", "Proposed", &["New"]),
    ("Proposed", "Active", &["Accepted", "Investigate"]),
    (
        "Proposed",
        "Closed",
        &["Rejected", "Abandoned", "Out of Scope"],
    ),
    (
        "Active",
        "Resolved",
        &["Code complete and system test passed"],
    ),
    ("Resolved", "Closed", &["Validation test passed"]),
    ("Resolved", "Active", &["Validation test failed"]),
    (
        "Closed",
        "Active",
        &["Reintroduced in Scope", "Closed in Error"],
    ),
    ("*", "Removed", &["Removed from the backlog"]),
];
const BUG_REASONS: &[Reason] = &[
    ("", "Proposed", &["New", "Build Failure"]),
    ("Proposed", "Active", &["Approved", "Investigate"]),
    ("Proposed", "Closed", &["Rejected", "Duplicate", "Deferred"]),
    (
        "Active",
        "Resolved",
        &["Fixed", "As Designed", "Cannot Reproduce", "Duplicate"],
    ),
    ("Resolved", "Closed", &["Verified"]),
    ("Resolved", "Active", &["Not Fixed", "Test Failed"]),
    ("Closed", "Active", &["Regression", "Reactivated"]),
];
const TASK_REASONS: &[Reason] = &[
    ("", "Proposed", &["New"]),
    (
        "Proposed",
        "Active",
        &["Accepted", "Investigation Complete"],
    ),
    ("Active", "Resolved", &["Complete and Requires Review/Test"]),
    ("Active", "Closed", &["Completed", "Cut", "Deferred"]),
    ("Resolved", "Closed", &["Completed"]),
    ("Closed", "Active", &["Reactivated"]),
    ("*", "Removed", &["Removed from the backlog"]),
];
const OTHER_REASONS: &[Reason] = &[
    ("", "Proposed", &["New"]),
    ("Proposed", "Active", &["Accepted", "Investigate"]),
    ("Proposed", "Closed", &["Rejected"]),
    ("Active", "Resolved", &["Resolved"]),
    ("Active", "Closed", &["Resolved"]),
    ("Resolved", "Closed", &["Verified"]),
    ("Closed", "Active", &["Reactivated"]),
];

const PORTFOLIO: &[&str] = &[
    field::VALUE_AREA,
    "Microsoft.VSTS.Common.StackRank",
    "Microsoft.VSTS.Common.BusinessValue",
    "Microsoft.VSTS.Common.TimeCriticality",
    "Microsoft.VSTS.Scheduling.Effort",
    "Microsoft.VSTS.Scheduling.StartDate",
    "Microsoft.VSTS.Scheduling.TargetDate",
];

/// The types, in the order in which the process lists them.
pub(crate) const TYPES: &[Plan] = &[
    Plan {
        name: "Requirement",
        reference: "Requirement",
        description: "Tracks what the product must do.",
        color: "009CCC",
        icon: "icon_check_box",
        behavior: REQUIREMENTS,
        states: BACKLOG_STATES,
        fields: &[
            field::VALUE_AREA,
            "Microsoft.VSTS.Common.StackRank",
            "Microsoft.VSTS.Common.Triage",
            "Microsoft.VSTS.Scheduling.Size",
            "Microsoft.VSTS.CMMI.Blocked",
            "Microsoft.VSTS.CMMI.Committed",
            "Microsoft.VSTS.CMMI.RequirementType",
            "Microsoft.VSTS.CMMI.UserAcceptanceTest",
            "Microsoft.VSTS.CMMI.ImpactAssessmentHtml",
        ],
        reasons: BACKLOG_REASONS,
    },
    Plan {
        name: "Task",
        reference: "Task",
        description: "Tracks work that needs to be done.",
        color: "F2CB1D",
        icon: "icon_clipboard",
        behavior: TASKS,
        states: BACKLOG_STATES,
        fields: &[
            "Microsoft.VSTS.Common.Triage",
            "Microsoft.VSTS.Common.Discipline",
            field::REMAINING,
            "Microsoft.VSTS.Scheduling.OriginalEstimate",
            "Microsoft.VSTS.Scheduling.CompletedWork",
            "Microsoft.VSTS.CMMI.Blocked",
            "Microsoft.VSTS.CMMI.TaskType",
            "Microsoft.VSTS.CMMI.RequiresReview",
            "Microsoft.VSTS.CMMI.RequiresTest",
        ],
        reasons: TASK_REASONS,
    },
    Plan {
        name: "Bug",
        reference: "Bug",
        description: "Describes what does not work as it should, and the work to mend it.",
        color: "CC293D",
        icon: "icon_insect",
        behavior: REQUIREMENTS,
        states: PLAIN_STATES,
        fields: &[
            field::REPRO,
            "Microsoft.VSTS.TCM.SystemInfo",
            field::SEVERITY,
            "Microsoft.VSTS.Common.Triage",
            "Microsoft.VSTS.Common.ResolvedReason",
            "Microsoft.VSTS.Scheduling.Size",
            "Microsoft.VSTS.CMMI.Blocked",
            "Microsoft.VSTS.CMMI.RootCause",
            "Microsoft.VSTS.CMMI.Symptom",
            "Microsoft.VSTS.CMMI.ProposedFix",
            "Microsoft.VSTS.CMMI.FoundInEnvironment",
            "Microsoft.VSTS.CMMI.HowFound",
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
        states: PLAIN_STATES,
        fields: &[
            "Microsoft.VSTS.Common.Triage",
            "Microsoft.VSTS.CMMI.Analysis",
            "Microsoft.VSTS.CMMI.CorrectiveActionPlan",
            "Microsoft.VSTS.CMMI.CorrectiveActionActualResolution",
            "Microsoft.VSTS.CMMI.Escalate",
            "Microsoft.VSTS.Scheduling.DueDate",
        ],
        reasons: OTHER_REASONS,
    },
    Plan {
        name: "Change Request",
        reference: "ChangeRequest",
        description: "Tracks a change of what was agreed.",
        color: "B4009E",
        icon: "icon_asterisk",
        behavior: "",
        states: PLAIN_STATES,
        fields: &[
            "Microsoft.VSTS.Common.Triage",
            "Microsoft.VSTS.CMMI.Justification",
            "Microsoft.VSTS.CMMI.ImpactOnArchitecture",
            "Microsoft.VSTS.CMMI.ImpactOnDevelopment",
            "Microsoft.VSTS.CMMI.ImpactOnTest",
        ],
        reasons: OTHER_REASONS,
    },
    Plan {
        name: "Review",
        reference: "Review",
        description: "Records the results of a review.",
        color: "B4009E",
        icon: "icon_response",
        behavior: "",
        states: &[ACTIVE, RESOLVED, CLOSED],
        fields: &[
            "Microsoft.VSTS.CMMI.Purpose",
            "Microsoft.VSTS.CMMI.Comments",
            "Microsoft.VSTS.CMMI.Minutes",
            "Microsoft.VSTS.CMMI.MeetingType",
            "Microsoft.VSTS.CMMI.CalledBy",
            "Microsoft.VSTS.CMMI.CalledDate",
        ],
        reasons: &[
            ("", "Active", &["New"]),
            (
                "Active",
                "Resolved",
                &["Accepted (as is)", "Accepted with Major Changes"],
            ),
            ("Resolved", "Closed", &["Changes Complete"]),
            ("Closed", "Active", &["Reactivated"]),
        ],
    },
    Plan {
        name: "Risk",
        reference: "Risk",
        description: "Tracks what may go wrong.",
        color: "B4009E",
        icon: "icon_crown",
        behavior: "",
        states: SHORT_STATES,
        fields: &[
            field::SEVERITY,
            "Microsoft.VSTS.CMMI.Blocked",
            "Microsoft.VSTS.CMMI.Probability",
            "Microsoft.VSTS.CMMI.MitigationPlan",
            "Microsoft.VSTS.CMMI.MitigationTriggers",
            "Microsoft.VSTS.CMMI.ContingencyPlan",
        ],
        reasons: OTHER_REASONS,
    },
    Plan {
        name: "Feature",
        reference: "Feature",
        description: "Tracks a feature that will be released with the product",
        color: "773B93",
        icon: "icon_trophy",
        behavior: FEATURES,
        states: BACKLOG_STATES,
        fields: PORTFOLIO,
        reasons: BACKLOG_REASONS,
    },
    Plan {
        name: "Epic",
        reference: "Epic",
        description: "Groups the features of one big goal.",
        color: "E06C00",
        icon: "icon_crown",
        behavior: EPICS,
        states: BACKLOG_STATES,
        fields: PORTFOLIO,
        reasons: BACKLOG_REASONS,
    },
];
