//! Fields: which exist, of what kind, and what a revision stores of them. The list is that of the
//! four system processes (azure.md 10.2); what the server computes is marked so and never stored. An
//! organisation's own fields stand in its `dictionary.rs`.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use serde_json::{Value as Json, json};

use super::identity::Who;

pub(crate) const ID: &str = "System.Id";
pub(crate) const REV: &str = "System.Rev";
pub(crate) const TITLE: &str = "System.Title";
pub(crate) const STATE: &str = "System.State";
pub(crate) const REASON: &str = "System.Reason";
pub(crate) const TYPE: &str = "System.WorkItemType";
pub(crate) const PROJECT: &str = "System.TeamProject";
pub(crate) const AREA: &str = "System.AreaPath";
pub(crate) const ITERATION: &str = "System.IterationPath";
pub(crate) const ASSIGNED: &str = "System.AssignedTo";
pub(crate) const TAGS: &str = "System.Tags";
pub(crate) const DESCRIPTION: &str = "System.Description";
pub(crate) const HISTORY: &str = "System.History";
pub(crate) const CREATED: &str = "System.CreatedDate";
pub(crate) const CREATOR: &str = "System.CreatedBy";
pub(crate) const CHANGED: &str = "System.ChangedDate";
pub(crate) const CHANGER: &str = "System.ChangedBy";
pub(crate) const PRIORITY: &str = "Microsoft.VSTS.Common.Priority";
pub(crate) const SEVERITY: &str = "Microsoft.VSTS.Common.Severity";
pub(crate) const VALUE_AREA: &str = "Microsoft.VSTS.Common.ValueArea";
pub(crate) const STATE_CHANGED: &str = "Microsoft.VSTS.Common.StateChangeDate";
pub(crate) const ACTIVATED: &str = "Microsoft.VSTS.Common.ActivatedDate";
pub(crate) const ACTIVATOR: &str = "Microsoft.VSTS.Common.ActivatedBy";
pub(crate) const RESOLVED: &str = "Microsoft.VSTS.Common.ResolvedDate";
pub(crate) const RESOLVER: &str = "Microsoft.VSTS.Common.ResolvedBy";
pub(crate) const CLOSED: &str = "Microsoft.VSTS.Common.ClosedDate";
pub(crate) const CLOSER: &str = "Microsoft.VSTS.Common.ClosedBy";
pub(crate) const REPRO: &str = "Microsoft.VSTS.TCM.ReproSteps";
pub(crate) const REMAINING: &str = "Microsoft.VSTS.Scheduling.RemainingWork";
pub(crate) const POINTS: &str = "Microsoft.VSTS.Scheduling.StoryPoints";

/// What kind of value a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// One line of text.
    Line,
    /// Rich text, kept as sanitised HTML or as Markdown.
    Rich,
    /// The comment of a revision.
    History,
    /// Tags separated by semicolons.
    Tags,
    /// A whole number.
    Integer,
    /// A number.
    Double,
    /// A moment.
    Time,
    /// A path in the area or iteration tree.
    Tree,
    /// Yes or no.
    Flag,
    /// A person.
    Person,
}

/// Who may set a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// Everybody who may edit the item.
    Open,
    /// The server, or a caller with `bypassRules`.
    Bypass,
    /// The server only; computed when it is read.
    Computed,
}

/// One field of the organisation.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Field {
    pub(crate) reference: &'static str,
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) access: Access,
}

const fn field(reference: &'static str, name: &'static str, kind: Kind, access: Access) -> Field {
    Field {
        reference,
        name,
        kind,
        access,
    }
}

use Access::{Bypass, Computed, Open};

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

impl Kind {
    /// The `type` of the fields endpoint.
    pub(crate) fn wire(self) -> &'static str {
        match self {
            Kind::Line => "string",
            Kind::Rich => "html",
            Kind::History => "history",
            Kind::Tags => "plainText",
            Kind::Integer => "integer",
            Kind::Double => "double",
            Kind::Time => "dateTime",
            Kind::Tree => "treePath",
            Kind::Flag => "boolean",
            Kind::Person => "string",
        }
    }

    /// Whether the revisions feed leaves the field out unless it is asked for (azure.md 3.1).
    pub(crate) fn is_long(self) -> bool {
        matches!(self, Kind::Rich | Kind::History)
    }

    fn operations(self) -> &'static [(&'static str, &'static str)] {
        const FLAG: [(&str, &str); 4] = [
            ("SupportedOperations.Equals", "="),
            ("SupportedOperations.NotEquals", "<>"),
            ("SupportedOperations.EqualsField", "= [Field]"),
            ("SupportedOperations.NotEqualsField", "<> [Field]"),
        ];
        const ORDER: [(&str, &str); 9] = [
            ("SupportedOperations.Equals", "="),
            ("SupportedOperations.NotEquals", "<>"),
            ("SupportedOperations.GreaterThan", ">"),
            ("SupportedOperations.LessThan", "<"),
            ("SupportedOperations.GreaterThanEquals", ">="),
            ("SupportedOperations.LessThanEquals", "<="),
            ("SupportedOperations.In", "In"),
            ("SupportedOperations.NotIn", "Not In"),
            ("SupportedOperations.Ever", "Was Ever"),
        ];
        const LINE: [(&str, &str); 13] = [
            ("SupportedOperations.Equals", "="),
            ("SupportedOperations.NotEquals", "<>"),
            ("SupportedOperations.GreaterThan", ">"),
            ("SupportedOperations.LessThan", "<"),
            ("SupportedOperations.GreaterThanEquals", ">="),
            ("SupportedOperations.LessThanEquals", "<="),
            ("SupportedOperations.Contains", "Contains"),
            ("SupportedOperations.NotContains", "Does Not Contain"),
            ("SupportedOperations.In", "In"),
            ("SupportedOperations.NotIn", "Not In"),
            ("SupportedOperations.InGroup", "In Group"),
            ("SupportedOperations.NotInGroup", "Not In Group"),
            ("SupportedOperations.Ever", "Was Ever"),
        ];
        const TAGS: [(&str, &str); 4] = [
            ("SupportedOperations.Contains", "Contains"),
            ("SupportedOperations.NotContains", "Does Not Contain"),
            ("SupportedOperations.IsEmpty", "Is Empty"),
            ("SupportedOperations.IsNotEmpty", "Is Not Empty"),
        ];
        const TREE: [(&str, &str); 5] = [
            ("SupportedOperations.Under", "Under"),
            ("SupportedOperations.NotUnder", "Not Under"),
            ("SupportedOperations.Equals", "="),
            ("SupportedOperations.NotEquals", "<>"),
            ("SupportedOperations.In", "In"),
        ];
        const TEXT: [(&str, &str); 4] = [
            ("SupportedOperations.ContainsWords", "Contains Words"),
            (
                "SupportedOperations.NotContainsWords",
                "Does Not Contain Words",
            ),
            ("SupportedOperations.IsEmpty", "Is Empty"),
            ("SupportedOperations.IsNotEmpty", "Is Not Empty"),
        ];
        match self {
            Kind::Integer | Kind::Double | Kind::Time => &ORDER,
            Kind::Tree => &TREE,
            Kind::Rich | Kind::History => &TEXT,
            Kind::Line | Kind::Person => &LINE,
            Kind::Tags => &TAGS,
            Kind::Flag => &FLAG,
        }
    }
}

impl Field {
    /// `{referenceName, name, url}`.
    pub(crate) fn reference_json(&self, base: &str) -> Json {
        json!({
            "referenceName": self.reference,
            "name": self.name,
            "url": format!("{base}/_apis/wit/fields/{}", self.reference),
        })
    }

    /// The field as the fields endpoint describes it.
    pub(crate) fn json(&self, base: &str) -> Json {
        let operations: Vec<Json> = self
            .kind
            .operations()
            .iter()
            .map(|(reference, name)| json!({"referenceName": reference, "name": name}))
            .collect();
        json!({
            "name": self.name,
            "referenceName": self.reference,
            "type": self.kind.wire(),
            "usage": "workItem",
            "readOnly": self.access == Access::Computed,
            "canSortBy": !self.kind.is_long(),
            "isQueryable": true,
            "supportedOperations": operations,
            "isIdentity": self.kind == Kind::Person,
            "isPicklist": false,
            "isPicklistSuggested": false,
            "url": format!("{base}/_apis/wit/fields/{}", self.reference),
        })
    }
}

/// A value that a revision stores, or that the server computes.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    /// Text of any kind; tags are joined by `; `.
    Text(Arc<str>),
    /// A whole number.
    Integer(i64),
    /// A number.
    Double(f64),
    /// Yes or no.
    Flag(bool),
    /// Milliseconds since 1970; `i64::MAX` stands for "still valid".
    Time(i64),
    /// A person.
    Person(Who),
}

impl Value {
    pub(crate) fn text(text: &str) -> Self {
        Value::Text(Arc::from(text))
    }

    pub(crate) fn as_text(&self) -> Option<&str> {
        match self {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }
}

/// What one revision stores: sorted by reference name, so that comparing and finding are cheap.
/// Values are shared between the revisions of an item, and the whole list too as long as nothing in
/// it changes.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Fields(Arc<Vec<(&'static str, Value)>>);

impl Fields {
    pub(crate) fn get(&self, reference: &str) -> Option<&Value> {
        let at = self
            .0
            .binary_search_by(|(key, _)| (*key).cmp(reference))
            .ok()?;
        self.0.get(at).map(|(_, value)| value)
    }

    /// The fields whose values are not those of another list, by reference name; all of them where there is no other.
    pub(crate) fn differing(&self, other: Option<&Fields>) -> Vec<&'static str> {
        let mut own = self.0.iter().peekable();
        let mut others = other.into_iter().flat_map(|it| it.0.iter()).peekable();
        let mut names = Vec::new();
        // Both lists are sorted, so that one walk over both finds what either has alone.
        loop {
            let order = match (own.peek(), others.peek()) {
                (None, None) => return names,
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some((one, _)), Some((other, _))) => one.cmp(other),
            };
            let one = if order.is_le() { own.next() } else { None };
            let other = if order.is_ge() { others.next() } else { None };
            if one != other
                && let Some((name, _)) = one.or(other)
            {
                names.push(*name);
            }
        }
    }

    pub(crate) fn text(&self, reference: &str) -> &str {
        self.get(reference).and_then(Value::as_text).unwrap_or("")
    }

    pub(crate) fn set(&mut self, reference: &'static str, value: Value) {
        let list = Arc::make_mut(&mut self.0);
        match list.binary_search_by(|(key, _)| (*key).cmp(reference)) {
            Ok(at) => {
                if let Some(slot) = list.get_mut(at) {
                    slot.1 = value;
                }
            }
            Err(at) => list.insert(at, (reference, value)),
        }
    }

    pub(crate) fn remove(&mut self, reference: &str) {
        if self.get(reference).is_some() {
            Arc::make_mut(&mut self.0).retain(|(key, _)| *key != reference);
        }
    }

    /// Gives back the room beyond the content.
    pub(crate) fn compact(&mut self) {
        if let Some(list) = Arc::get_mut(&mut self.0) {
            list.shrink_to_fit();
        }
    }

    /// Sets the value, or removes the field when there is none: an empty field is absent (azure.md
    /// 4).
    pub(crate) fn put(&mut self, reference: &'static str, value: Option<Value>) {
        match value {
            Some(value) => self.set(reference, value),
            None => self.remove(reference),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_field_is_absent() {
        let mut fields = Fields::default();
        fields.put(TITLE, Some(Value::text("a")));
        fields.put(STATE, Some(Value::text("New")));
        assert_eq!(fields.text(TITLE), "a");
        fields.put(TITLE, None);
        assert_eq!(fields.get(TITLE), None);
        assert_eq!(fields.text(STATE), "New");
    }

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
