//! The fields of the four system processes (azure.md 10.2); what the server computes is marked so and never stored.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::Access::{Bypass, Computed, Open};
use super::*;

const fn field(reference: &'static str, name: &'static str, kind: Kind, access: Access) -> Field {
    Field {
        reference,
        name,
        kind,
        access,
    }
}

/// Every field.
pub(crate) static FIELDS: &[Field] = &[
    field(ID, "ID", Kind::Integer, Computed),
    field(REV, "Rev", Kind::Integer, Computed),
    field(TITLE, "Title", Kind::Line, Open),
    field(STATE, "State", Kind::Line, Open),
    field(REASON, "Reason", Kind::Line, Open),
    field(TYPE, "Work Item Type", Kind::Line, Open),
    field(PROJECT, "Team Project", Kind::Line, Open),
    field(AREA, "Area Path", Kind::Tree, Open),
    field(ITERATION, "Iteration Path", Kind::Tree, Open),
    field(ASSIGNED, "Assigned To", Kind::Person, Open),
    field(TAGS, "Tags", Kind::Tags, Open),
    field(DESCRIPTION, "Description", Kind::Rich, Open),
    field(HISTORY, "History", Kind::History, Open),
    field(CREATED, "Created Date", Kind::Time, Bypass),
    field(CREATOR, "Created By", Kind::Person, Bypass),
    field(CHANGED, "Changed Date", Kind::Time, Bypass),
    field(CHANGER, "Changed By", Kind::Person, Bypass),
    field("System.AreaId", "Area ID", Kind::Integer, Computed),
    field(
        "System.IterationId",
        "Iteration ID",
        Kind::Integer,
        Computed,
    ),
    field("System.NodeName", "Node Name", Kind::Line, Computed),
    field("System.AreaLevel1", "Area Level 1", Kind::Line, Computed),
    field("System.AreaLevel2", "Area Level 2", Kind::Line, Computed),
    field("System.AreaLevel3", "Area Level 3", Kind::Line, Computed),
    field(
        "System.IterationLevel1",
        "Iteration Level 1",
        Kind::Line,
        Computed,
    ),
    field(
        "System.IterationLevel2",
        "Iteration Level 2",
        Kind::Line,
        Computed,
    ),
    field(
        "System.IterationLevel3",
        "Iteration Level 3",
        Kind::Line,
        Computed,
    ),
    field(
        "System.AuthorizedDate",
        "Authorized Date",
        Kind::Time,
        Computed,
    ),
    field("System.RevisedDate", "Revised Date", Kind::Time, Computed),
    field(
        "System.AuthorizedAs",
        "Authorized As",
        Kind::Person,
        Computed,
    ),
    field("System.PersonId", "Person ID", Kind::Integer, Computed),
    field("System.Watermark", "Watermark", Kind::Integer, Computed),
    field(
        "System.CommentCount",
        "Comment Count",
        Kind::Integer,
        Computed,
    ),
    field(
        "System.HyperLinkCount",
        "Hyperlink Count",
        Kind::Integer,
        Computed,
    ),
    field(
        "System.RelatedLinkCount",
        "Related Link Count",
        Kind::Integer,
        Computed,
    ),
    field(
        "System.ExternalLinkCount",
        "External Link Count",
        Kind::Integer,
        Computed,
    ),
    field(
        "System.AttachedFileCount",
        "Attached File Count",
        Kind::Integer,
        Computed,
    ),
    field("System.Parent", "Parent", Kind::Integer, Computed),
    field("System.BoardColumn", "Board Column", Kind::Line, Computed),
    field(
        "System.BoardColumnDone",
        "Board Column Done",
        Kind::Flag,
        Computed,
    ),
    field("System.IsDeleted", "Is Deleted", Kind::Flag, Computed),
    field(PRIORITY, "Priority", Kind::Integer, Open),
    field(SEVERITY, "Severity", Kind::Line, Open),
    field(VALUE_AREA, "Value Area", Kind::Line, Open),
    field("Microsoft.VSTS.Common.Risk", "Risk", Kind::Line, Open),
    field(
        "Microsoft.VSTS.Common.Activity",
        "Activity",
        Kind::Line,
        Open,
    ),
    field(
        "Microsoft.VSTS.Common.StackRank",
        "Stack Rank",
        Kind::Double,
        Open,
    ),
    field(
        "Microsoft.VSTS.Common.BusinessValue",
        "Business Value",
        Kind::Integer,
        Open,
    ),
    field(
        "Microsoft.VSTS.Common.ResolvedReason",
        "Resolved Reason",
        Kind::Line,
        Open,
    ),
    field(STATE_CHANGED, "State Change Date", Kind::Time, Bypass),
    field(ACTIVATED, "Activated Date", Kind::Time, Bypass),
    field(ACTIVATOR, "Activated By", Kind::Person, Bypass),
    field(RESOLVED, "Resolved Date", Kind::Time, Bypass),
    field(RESOLVER, "Resolved By", Kind::Person, Bypass),
    field(CLOSED, "Closed Date", Kind::Time, Bypass),
    field(CLOSER, "Closed By", Kind::Person, Bypass),
    field(
        "Microsoft.VSTS.Common.AcceptanceCriteria",
        "Acceptance Criteria",
        Kind::Rich,
        Open,
    ),
    field(REPRO, "Repro Steps", Kind::Rich, Open),
    field(
        "Microsoft.VSTS.TCM.SystemInfo",
        "System Info",
        Kind::Rich,
        Open,
    ),
    field("Microsoft.VSTS.Build.FoundIn", "Found In", Kind::Line, Open),
    field(
        "Microsoft.VSTS.Build.IntegrationBuild",
        "Integration Build",
        Kind::Line,
        Open,
    ),
    field(POINTS, "Story Points", Kind::Double, Open),
    field(
        "Microsoft.VSTS.Scheduling.Effort",
        "Effort",
        Kind::Double,
        Open,
    ),
    field(REMAINING, "Remaining Work", Kind::Double, Open),
    field(
        "Microsoft.VSTS.Scheduling.OriginalEstimate",
        "Original Estimate",
        Kind::Double,
        Open,
    ),
    field(
        "Microsoft.VSTS.Scheduling.CompletedWork",
        "Completed Work",
        Kind::Double,
        Open,
    ),
    field(
        "Microsoft.VSTS.Scheduling.StartDate",
        "Start Date",
        Kind::Time,
        Open,
    ),
    field(
        "Microsoft.VSTS.Scheduling.FinishDate",
        "Finish Date",
        Kind::Time,
        Open,
    ),
    field(
        "Microsoft.VSTS.Scheduling.TargetDate",
        "Target Date",
        Kind::Time,
        Open,
    ),
    field(
        "Microsoft.VSTS.Scheduling.DueDate",
        "Due Date",
        Kind::Time,
        Open,
    ),
    field(
        "Microsoft.VSTS.Common.BacklogPriority",
        "Backlog Priority",
        Kind::Double,
        Open,
    ),
    field(
        "Microsoft.VSTS.Common.TimeCriticality",
        "Time Criticality",
        Kind::Double,
        Open,
    ),
    field("Microsoft.VSTS.Common.Triage", "Triage", Kind::Line, Open),
    field(
        "Microsoft.VSTS.Common.Discipline",
        "Discipline",
        Kind::Line,
        Open,
    ),
    field(
        "Microsoft.VSTS.Common.Resolution",
        "Resolution",
        Kind::Rich,
        Open,
    ),
    field("Microsoft.VSTS.Scheduling.Size", "Size", Kind::Double, Open),
    field("Microsoft.VSTS.CMMI.Blocked", "Blocked", Kind::Line, Open),
    field(
        "Microsoft.VSTS.CMMI.Committed",
        "Committed",
        Kind::Line,
        Open,
    ),
    field(
        "Microsoft.VSTS.CMMI.RequirementType",
        "Requirement Type",
        Kind::Line,
        Open,
    ),
    field(
        "Microsoft.VSTS.CMMI.UserAcceptanceTest",
        "User Acceptance Test",
        Kind::Line,
        Open,
    ),
    field(
        "Microsoft.VSTS.CMMI.ImpactAssessmentHtml",
        "Impact Assessment",
        Kind::Rich,
        Open,
    ),
    field(
        "Microsoft.VSTS.CMMI.TaskType",
        "Task Type",
        Kind::Line,
        Open,
    ),
    field(
        "Microsoft.VSTS.CMMI.RequiresReview",
        "Requires Review",
        Kind::Line,
        Open,
    ),
    field(
        "Microsoft.VSTS.CMMI.RequiresTest",
        "Requires Test",
        Kind::Line,
        Open,
    ),
    field(
        "Microsoft.VSTS.CMMI.RootCause",
        "Root Cause",
        Kind::Line,
        Open,
    ),
    field("Microsoft.VSTS.CMMI.Symptom", "Symptom", Kind::Rich, Open),
    field(
        "Microsoft.VSTS.CMMI.ProposedFix",
        "Proposed Fix",
        Kind::Rich,
        Open,
    ),
    field(
        "Microsoft.VSTS.CMMI.FoundInEnvironment",
        "Found In Environment",
        Kind::Line,
        Open,
    ),
    field(
        "Microsoft.VSTS.CMMI.HowFound",
        "How Found",
        Kind::Line,
        Open,
    ),
    field("Microsoft.VSTS.CMMI.Analysis", "Analysis", Kind::Rich, Open),
    field(
        "Microsoft.VSTS.CMMI.CorrectiveActionPlan",
        "Corrective Action Plan",
        Kind::Rich,
        Open,
    ),
    field(
        "Microsoft.VSTS.CMMI.CorrectiveActionActualResolution",
        "Corrective Action Actual Resolution",
        Kind::Rich,
        Open,
    ),
    field("Microsoft.VSTS.CMMI.Escalate", "Escalate", Kind::Line, Open),
    field(
        "Microsoft.VSTS.CMMI.Justification",
        "Justification",
        Kind::Rich,
        Open,
    ),
    field(
        "Microsoft.VSTS.CMMI.ImpactOnArchitecture",
        "Impact on Architecture",
        Kind::Rich,
        Open,
    ),
    field(
        "Microsoft.VSTS.CMMI.ImpactOnDevelopment",
        "Impact on Development",
        Kind::Rich,
        Open,
    ),
    field(
        "Microsoft.VSTS.CMMI.ImpactOnTest",
        "Impact on Test",
        Kind::Rich,
        Open,
    ),
    field("Microsoft.VSTS.CMMI.Purpose", "Purpose", Kind::Rich, Open),
    field("Microsoft.VSTS.CMMI.Comments", "Comments", Kind::Rich, Open),
    field("Microsoft.VSTS.CMMI.Minutes", "Minutes", Kind::Rich, Open),
    field(
        "Microsoft.VSTS.CMMI.MeetingType",
        "Meeting Type",
        Kind::Line,
        Open,
    ),
    field(
        "Microsoft.VSTS.CMMI.CalledBy",
        "Called By",
        Kind::Person,
        Open,
    ),
    field(
        "Microsoft.VSTS.CMMI.CalledDate",
        "Called Date",
        Kind::Time,
        Open,
    ),
    field(
        "Microsoft.VSTS.CMMI.Probability",
        "Probability",
        Kind::Integer,
        Open,
    ),
    field(
        "Microsoft.VSTS.CMMI.MitigationPlan",
        "Mitigation Plan",
        Kind::Rich,
        Open,
    ),
    field(
        "Microsoft.VSTS.CMMI.MitigationTriggers",
        "Mitigation Triggers",
        Kind::Rich,
        Open,
    ),
    field(
        "Microsoft.VSTS.CMMI.ContingencyPlan",
        "Contingency Plan",
        Kind::Rich,
        Open,
    ),
];

/// A stock field by reference name, whatever the case.
pub(crate) fn by_reference(name: &str) -> Option<&'static Field> {
    /// Every write of every item looks fields up, nearly always as they are spelt.
    static SPELT: LazyLock<BTreeMap<&str, &Field>> =
        LazyLock::new(|| FIELDS.iter().map(|f| (f.reference, f)).collect());
    let loosely = || {
        FIELDS
            .iter()
            .find(|f| f.reference.eq_ignore_ascii_case(name))
    };
    SPELT.get(name).copied().or_else(loosely)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_fields_share_a_name() {
        for (index, one) in FIELDS.iter().enumerate() {
            assert!(
                FIELDS
                    .iter()
                    .skip(index + 1)
                    .all(|other| other.reference != one.reference
                        && !other.name.eq_ignore_ascii_case(one.name)),
                "{}",
                one.reference
            );
        }
    }
}
