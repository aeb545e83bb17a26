//! What the product knows of both remotes' own fields before it has asked them.

use model::Side;

use crate::rule::Kind;

/// The Jira field that holds an item's title.
pub(crate) const JIRA_TITLE: &str = "summary";
/// The Azure DevOps field that holds an item's title.
pub(crate) const AZURE_TITLE: &str = "System.Title";
/// The Jira field that holds an item's long text.
pub(crate) const JIRA_TEXT: &str = "description";
/// The Azure DevOps field that holds the long text of every type but [`REPRO_TYPE`].
pub(crate) const AZURE_TEXT: &str = "System.Description";
/// The Azure DevOps field that holds the long text of a [`REPRO_TYPE`], which has no description on its form
/// (azure.md 10.2).
pub(crate) const AZURE_REPRO: &str = "Microsoft.VSTS.TCM.ReproSteps";
/// The work item type whose long text is in [`AZURE_REPRO`].
pub(crate) const REPRO_TYPE: &str = "Bug";
/// The Jira field of the status.
pub(crate) const JIRA_STATE: &str = "status";
/// The Azure DevOps field of the state.
pub(crate) const AZURE_STATE: &str = "System.State";

/// What a remote's own field is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SystemField {
    pub(crate) kind: Kind,
    /// Whether it can be written by a rule at all.
    pub(crate) writable: bool,
}

/// Jira's own fields that a rule can carry (jira.md 9.2).
const JIRA: [(&str, Kind, bool); 17] = [
    (JIRA_TITLE, Kind::Text, true),
    (JIRA_TEXT, Kind::Rich, true),
    (JIRA_STATE, Kind::State, true),
    ("assignee", Kind::User, true),
    ("components", Kind::Set, true),
    ("created", Kind::Moment, false),
    ("creator", Kind::User, false),
    ("duedate", Kind::Date, true),
    ("environment", Kind::Rich, true),
    ("fixVersions", Kind::Set, true),
    ("labels", Kind::Set, true),
    ("priority", Kind::Choice, true),
    ("reporter", Kind::User, true),
    ("resolution", Kind::Choice, true),
    ("resolutiondate", Kind::Moment, false),
    ("updated", Kind::Moment, false),
    ("versions", Kind::Set, true),
];

/// Azure DevOps' own fields that a rule can carry (azure.md 10.2; names of process Agile, CMMI and Scrum).
const AZURE: [(&str, Kind, bool); 46] = [
    (AZURE_TITLE, Kind::Text, true),
    (AZURE_TEXT, Kind::Rich, true),
    (AZURE_STATE, Kind::State, true),
    (AZURE_REPRO, Kind::Rich, true),
    ("Microsoft.VSTS.CMMI.Blocked", Kind::Choice, true),
    ("Microsoft.VSTS.CMMI.Justification", Kind::Rich, true),
    ("Microsoft.VSTS.CMMI.MitigationPlan", Kind::Rich, true),
    ("Microsoft.VSTS.CMMI.ProposedFix", Kind::Rich, true),
    ("Microsoft.VSTS.CMMI.Symptom", Kind::Rich, true),
    ("Microsoft.VSTS.Common.AcceptanceCriteria", Kind::Rich, true),
    ("Microsoft.VSTS.Common.ActivatedBy", Kind::User, false),
    ("Microsoft.VSTS.Common.ActivatedDate", Kind::Moment, false),
    ("Microsoft.VSTS.Common.Activity", Kind::Choice, true),
    ("Microsoft.VSTS.Common.BacklogPriority", Kind::Number, true),
    ("Microsoft.VSTS.Common.BusinessValue", Kind::Number, true),
    ("Microsoft.VSTS.Common.ClosedBy", Kind::User, false),
    ("Microsoft.VSTS.Common.ClosedDate", Kind::Moment, false),
    ("Microsoft.VSTS.Common.Discipline", Kind::Choice, true),
    ("Microsoft.VSTS.Common.Priority", Kind::Number, true),
    ("Microsoft.VSTS.Common.Resolution", Kind::Rich, true),
    ("Microsoft.VSTS.Common.ResolvedBy", Kind::User, false),
    ("Microsoft.VSTS.Common.ResolvedDate", Kind::Moment, false),
    ("Microsoft.VSTS.Common.ResolvedReason", Kind::Choice, false),
    ("Microsoft.VSTS.Common.Risk", Kind::Choice, true),
    ("Microsoft.VSTS.Common.Severity", Kind::Choice, true),
    ("Microsoft.VSTS.Common.StackRank", Kind::Number, true),
    ("Microsoft.VSTS.Common.StateChangeDate", Kind::Moment, false),
    ("Microsoft.VSTS.Common.TimeCriticality", Kind::Number, true),
    ("Microsoft.VSTS.Common.ValueArea", Kind::Choice, true),
    (
        "Microsoft.VSTS.Scheduling.CompletedWork",
        Kind::Number,
        true,
    ),
    ("Microsoft.VSTS.Scheduling.DueDate", Kind::Moment, true),
    ("Microsoft.VSTS.Scheduling.Effort", Kind::Number, true),
    ("Microsoft.VSTS.Scheduling.FinishDate", Kind::Moment, true),
    (
        "Microsoft.VSTS.Scheduling.OriginalEstimate",
        Kind::Number,
        true,
    ),
    (
        "Microsoft.VSTS.Scheduling.RemainingWork",
        Kind::Number,
        true,
    ),
    ("Microsoft.VSTS.Scheduling.Size", Kind::Number, true),
    ("Microsoft.VSTS.Scheduling.StartDate", Kind::Moment, true),
    ("Microsoft.VSTS.Scheduling.StoryPoints", Kind::Number, true),
    ("Microsoft.VSTS.Scheduling.TargetDate", Kind::Moment, true),
    ("Microsoft.VSTS.TCM.SystemInfo", Kind::Rich, true),
    ("System.AssignedTo", Kind::User, true),
    ("System.ChangedDate", Kind::Moment, false),
    ("System.CreatedBy", Kind::User, false),
    ("System.CreatedDate", Kind::Moment, false),
    ("System.Reason", Kind::Choice, true),
    ("System.Tags", Kind::Set, true),
];

/// Fields of both remotes that exist and that no rule can carry, with what to do instead.
const ELSEWHERE: [(Side, &str, &str); 20] = [
    (
        Side::Jira,
        "attachment",
        "attachments have their own table, [attachments]",
    ),
    (
        Side::Jira,
        "comment",
        "comments have their own table, [comments]",
    ),
    (
        Side::Jira,
        "id",
        "identities are not carried; each item links to its twin",
    ),
    (
        Side::Jira,
        "issuelinks",
        "links have their own table, [links]",
    ),
    (Side::Jira, "issuetype", "types are mapped by [[type]] rows"),
    (
        Side::Jira,
        "key",
        "identities are not carried; each item links to its twin",
    ),
    (
        Side::Jira,
        "parent",
        "parents are kept in step by `hierarchy` in [links]",
    ),
    (
        Side::Jira,
        "project",
        "projects are paired by [[scope]] rows",
    ),
    (
        Side::Jira,
        "subtasks",
        "parents are kept in step by `hierarchy` in [links]",
    ),
    (
        Side::Jira,
        "timetracking",
        "map the estimate's own custom field",
    ),
    (Side::Jira, "worklog", "work logs are not carried"),
    (
        Side::Azure,
        "System.AreaPath",
        "the area is named by `area` in a [[scope]]",
    ),
    (
        Side::Azure,
        "System.BoardColumn",
        "the column follows the state; map states by [[state]] rows",
    ),
    (
        Side::Azure,
        "System.History",
        "comments have their own table, [comments]",
    ),
    (
        Side::Azure,
        "System.Id",
        "identities are not carried; each item links to its twin",
    ),
    (
        Side::Azure,
        "System.IterationPath",
        "iterations are not carried",
    ),
    (
        Side::Azure,
        "System.Parent",
        "parents are kept in step by `hierarchy` in [links]",
    ),
    (Side::Azure, "System.Rev", "revisions are not carried"),
    (
        Side::Azure,
        "System.TeamProject",
        "projects are paired by [[scope]] rows",
    ),
    (
        Side::Azure,
        "System.WorkItemType",
        "types are mapped by [[type]] rows",
    ),
];

/// Whether two names mean the same field: reference names of Azure DevOps are compared without regard to case.
pub(crate) fn same_field(side: Side, one: &str, other: &str) -> bool {
    match side {
        Side::Jira => one == other,
        Side::Azure => one.eq_ignore_ascii_case(other),
    }
}

/// What is known of a field; nothing for a custom field.
pub(crate) fn field(side: Side, name: &str) -> Option<SystemField> {
    table(side)
        .find(|(known, ..)| same_field(side, known, name))
        .map(|(_, kind, writable)| SystemField { kind, writable })
}

/// Why no rule can carry a field, when the product knows.
pub(crate) fn elsewhere(side: Side, name: &str) -> Option<&'static str> {
    ELSEWHERE
        .iter()
        .find(|(of, known, _)| *of == side && same_field(side, known, name))
        .map(|(_, _, instead)| *instead)
}

/// The names of all fields known on that side.
pub(crate) fn names(side: Side) -> impl Iterator<Item = &'static str> {
    table(side).map(|(name, ..)| name)
}

fn table(side: Side) -> impl Iterator<Item = (&'static str, Kind, bool)> {
    let table: &'static [(&'static str, Kind, bool)] = match side {
        Side::Jira => &JIRA,
        Side::Azure => &AZURE,
    };
    table.iter().copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_of_system_fields_are_known_on_both_sides() {
        let kind = |side, name| field(side, name).map(|known| known.kind);
        for (side, name, expected) in [
            (Side::Jira, "summary", Some(Kind::Text)),
            (Side::Jira, "Summary", None),
            (Side::Jira, "priority", Some(Kind::Choice)),
            (Side::Jira, "customfield_10016", None),
            (
                Side::Azure,
                "microsoft.vsts.common.priority",
                Some(Kind::Number),
            ),
            (Side::Azure, "System.Tags", Some(Kind::Set)),
            (Side::Azure, "Custom.Region", None),
        ] {
            assert_eq!(kind(side, name), expected, "{side} {name}");
        }
    }

    #[test]
    fn no_field_stands_in_two_tables() {
        for side in Side::BOTH {
            let names: Vec<&str> = names(side).collect();
            for (index, name) in names.iter().enumerate() {
                assert!(elsewhere(side, name).is_none(), "{name}");
                assert!(!names[..index].contains(name), "{name}");
            }
        }
    }
}
