//! Work item types: states, reasons, transitions, defaults and allowed values (azure.md 10.2). The
//! types of the system processes are tables (`kind/agile.rs` and its siblings) that [`Plan::build`]
//! turns into types; an inherited process changes its own copies.

pub(crate) mod agile;
pub(crate) mod basic;
pub(crate) mod cmmi;
pub(crate) mod json;
pub(crate) mod plan;
pub(crate) mod scrum;

use serde_json::{Value as Json, json};

use super::dictionary::Dictionary;
use super::field::{self, Field};
pub(crate) use plan::Plan;

/// What a state means, whatever its name (azure.md 10.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Category {
    /// Not begun.
    Proposed,
    /// Being worked on.
    InProgress,
    /// Done, not yet verified.
    Resolved,
    /// Finished.
    Completed,
    /// Taken off the backlog.
    Removed,
}

impl Category {
    const ALL: [(Category, &'static str); 5] = [
        (Category::Proposed, "Proposed"),
        (Category::InProgress, "InProgress"),
        (Category::Resolved, "Resolved"),
        (Category::Completed, "Completed"),
        (Category::Removed, "Removed"),
    ];

    /// The name that the service uses.
    pub(crate) fn wire(self) -> &'static str {
        let mut all = Self::ALL.iter();
        all.find(|(c, _)| *c == self).map_or("", |(_, name)| name)
    }

    /// A category by its name.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut all = Self::ALL.iter();
        all.find(|(_, name)| name.eq_ignore_ascii_case(text))
            .map(|(c, _)| *c)
    }
}

/// Where a part of a process comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// The system process.
    System,
    /// A system process's part that an inherited process changed.
    Inherited,
    /// An inherited process alone.
    Custom,
}

impl Origin {
    /// The name that the process endpoints use.
    pub(crate) fn wire(self) -> &'static str {
        match self {
            Origin::System => "system",
            Origin::Inherited => "inherited",
            Origin::Custom => "custom",
        }
    }
}

/// A state of a type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct State {
    /// The id by which the process endpoints name it.
    pub(crate) id: String,
    /// The name that `System.State` holds.
    pub(crate) name: &'static str,
    pub(crate) color: &'static str,
    pub(crate) category: Category,
    /// Hidden by an inherited process: items cannot enter it.
    pub(crate) hidden: bool,
    pub(crate) origin: Origin,
}

/// What a type says of one of its fields.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Member {
    pub(crate) field: &'static Field,
    pub(crate) required: bool,
    pub(crate) read_only: bool,
    pub(crate) default: Option<Json>,
    /// The closed list of values, if there is one.
    pub(crate) allowed: Vec<&'static str>,
    /// Values outside the list are welcome too.
    pub(crate) suggested: bool,
    pub(crate) origin: Origin,
}

/// The reasons of a transition, the usual one first; `*` stands for any state, an empty `from` for a
/// new item.
pub(crate) type Reason = (&'static str, &'static str, &'static [&'static str]);

/// A work item type of one process.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Type {
    /// The display name, as `System.WorkItemType` holds it.
    pub(crate) name: &'static str,
    pub(crate) reference: &'static str,
    pub(crate) description: String,
    pub(crate) color: String,
    pub(crate) icon: String,
    /// In the order of the workflow.
    pub(crate) states: Vec<State>,
    pub(crate) members: Vec<Member>,
    pub(crate) reasons: &'static [Reason],
    /// The backlog level that it stands on; empty for none.
    pub(crate) behavior: &'static str,
    pub(crate) disabled: bool,
    pub(crate) origin: Origin,
    /// The reference name of the type that this one changes.
    pub(crate) inherits: Option<&'static str>,
}

impl Type {
    /// A state that items may be in, whatever the case of its name.
    pub(crate) fn state(&self, name: &str) -> Option<&State> {
        self.shown().find(|s| s.name.eq_ignore_ascii_case(name))
    }

    /// States that are not hidden.
    pub(crate) fn shown(&self) -> impl Iterator<Item = &State> {
        self.states.iter().filter(|s| !s.hidden)
    }

    /// The state in which an item of this type begins.
    pub(crate) fn initial(&self) -> &'static str {
        self.shown().next().map_or("", |s| s.name)
    }

    /// The category of a state, hidden or not.
    pub(crate) fn category(&self, state: &str) -> Option<Category> {
        let mut all = self.states.iter();
        all.find(|s| s.name.eq_ignore_ascii_case(state))
            .map(|s| s.category)
    }

    /// Whether the workflow allows the step: everything but leaving what was removed for anything
    /// other than the beginning, and removing what is done.
    pub(crate) fn allows(&self, from: &str, to: &str) -> bool {
        if from.eq_ignore_ascii_case(to) {
            return true;
        }
        match (self.category(from), self.category(to)) {
            (_, None) => false,
            (Some(Category::Removed), Some(_)) => to.eq_ignore_ascii_case(self.initial()),
            (Some(Category::Resolved | Category::Completed), Some(Category::Removed)) => false,
            (Some(_) | None, Some(_)) => true,
        }
    }

    /// The reasons that may stand beside a transition, the usual one first; `from` is empty for a
    /// new item.
    pub(crate) fn reasons(&self, from: &str, to: &str) -> Vec<String> {
        let fits = |pattern: &str, state: &str| {
            pattern.eq_ignore_ascii_case(state) || pattern == "*" && !state.is_empty()
        };
        let mut rows = self.reasons.iter();
        let row = rows.find(|(f, t, _)| fits(f, from) && fits(t, to));
        match row {
            Some((_, _, reasons)) => reasons.iter().map(|&r| r.to_owned()).collect(),
            None => vec![format!("Moved to state {to}")],
        }
    }

    /// Whether a reason can stand beside a state at all, by whatever way the item came there.
    pub(crate) fn knows_reason(&self, state: &str, reason: &str) -> bool {
        let same = |r: &str| r.eq_ignore_ascii_case(reason);
        let listed = |(_, to, reasons): &Reason| {
            (to.eq_ignore_ascii_case(state) || *to == "*") && reasons.iter().any(|r| same(r))
        };
        same(&format!("Moved to state {state}")) || self.reasons.iter().any(listed)
    }

    /// What the type says of a field; nothing when it does not have it.
    pub(crate) fn member(&self, reference: &str) -> Option<&Member> {
        self.members.iter().find(|m| m.field.reference == reference)
    }

    /// The values that a field of this type may take, when they are a closed list.
    pub(crate) fn closed_list(&self, reference: &str) -> Option<&[&'static str]> {
        let member = self.member(reference)?;
        (!member.suggested && !member.allowed.is_empty()).then_some(member.allowed.as_slice())
    }

    /// The defaults that a new item of this type begins with, besides state and paths.
    pub(crate) fn defaults(&self) -> Vec<(&'static str, Json)> {
        let rows = self.members.iter();
        rows.filter_map(|m| Some((m.field.reference, m.default.clone()?)))
            .collect()
    }

    /// The type's fields that the organisation still has, in the order in which it lists them.
    pub(crate) fn field_list<'a>(
        &'a self,
        dictionary: &'a Dictionary,
    ) -> impl Iterator<Item = &'static Field> + 'a {
        dictionary
            .all()
            .filter(|f| self.member(f.reference).is_some())
    }
}

/// Whether every type demands a value of the field.
pub(crate) fn required(reference: &str) -> bool {
    matches!(
        reference,
        field::TITLE | field::STATE | field::TYPE | "System.AreaId" | "System.IterationId"
    )
}

/// The closed list of values of a stock field, if it has one.
pub(crate) fn stock_list(reference: &str) -> &'static [&'static str] {
    match reference {
        field::SEVERITY => &["1 - Critical", "2 - High", "3 - Medium", "4 - Low"],
        field::VALUE_AREA => &["Architectural", "Business"],
        field::PRIORITY => &["1", "2", "3", "4"],
        "Microsoft.VSTS.Common.Risk" => &["1 - High", "2 - Medium", "3 - Low"],
        "Microsoft.VSTS.Common.Activity" => &[
            "Deployment",
            "Design",
            "Development",
            "Documentation",
            "Requirements",
            "Testing",
        ],
        "Microsoft.VSTS.Common.Discipline" => &[
            "Analysis",
            "Development",
            "Test",
            "User Education",
            "User Experience",
        ],
        "Microsoft.VSTS.Common.Triage" => &["Pending", "More Info", "Info Received", "Triaged"],
        "Microsoft.VSTS.CMMI.Blocked"
        | "Microsoft.VSTS.CMMI.Committed"
        | "Microsoft.VSTS.CMMI.RequiresReview"
        | "Microsoft.VSTS.CMMI.RequiresTest"
        | "Microsoft.VSTS.CMMI.Escalate" => &["Yes", "No"],
        "Microsoft.VSTS.CMMI.RequirementType" => &[
            "Business Objective",
            "Feature",
            "Functional",
            "Interface",
            "Operational",
            "Quality of Service",
            "Safety",
            "Scenario",
            "Security",
        ],
        "Microsoft.VSTS.CMMI.TaskType" => &["Corrective Action", "Mitigation Action", "Planned"],
        "Microsoft.VSTS.CMMI.MeetingType" => &["Meeting", "Offline"],
        "Microsoft.VSTS.CMMI.RootCause" => &[
            "Coding Error",
            "Communication Error",
            "Design Error",
            "Specification Error",
            "Unknown",
        ],
        _ => &[],
    }
}

/// The default of a stock field.
fn stock_default(reference: &str) -> Option<Json> {
    match reference {
        field::PRIORITY => Some(json!(2)),
        field::VALUE_AREA => Some(json!("Business")),
        field::SEVERITY => Some(json!("3 - Medium")),
        "Microsoft.VSTS.Common.Triage" => Some(json!("Pending")),
        "Microsoft.VSTS.CMMI.Blocked"
        | "Microsoft.VSTS.CMMI.Committed"
        | "Microsoft.VSTS.CMMI.Escalate"
        | "Microsoft.VSTS.CMMI.RequiresReview"
        | "Microsoft.VSTS.CMMI.RequiresTest" => Some(json!("No")),
        "Microsoft.VSTS.CMMI.RequirementType" => Some(json!("Functional")),
        "Microsoft.VSTS.CMMI.RootCause" => Some(json!("Unknown")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(plans: &[Plan], name: &str) -> Type {
        let plan = plans.iter().find(|p| p.name == name);
        plan.unwrap().build()
    }

    #[test]
    fn a_task_has_no_resolved() {
        assert!(find(agile::TYPES, "Task").state("Resolved").is_none());
        let story = find(agile::TYPES, "User Story");
        assert!(story.state("resolved").is_some());
    }

    #[test]
    fn removed_leads_only_to_the_beginning() {
        let story = find(agile::TYPES, "User Story");
        for (from, to, expected) in [
            ("New", "Closed", true),
            ("Removed", "New", true),
            ("Removed", "Closed", false),
            ("Closed", "Removed", false),
            ("Closed", "Active", true),
            ("New", "Nowhere", false),
        ] {
            assert_eq!(story.allows(from, to), expected, "{from} -> {to}");
        }
        let item = find(scrum::TYPES, "Product Backlog Item");
        assert!(item.allows("Removed", "New") && !item.allows("Done", "Removed"));
    }

    #[test]
    fn every_process_has_the_states_of_the_reference() {
        let check = |plans: &[Plan], name: &str, states: &[&str]| {
            let kind = find(plans, name);
            let names: Vec<&str> = kind.states.iter().map(|s| s.name).collect();
            assert_eq!(names, states, "{name}");
        };
        check(basic::TYPES, "Issue", &["To Do", "Doing", "Done"]);
        check(scrum::TYPES, "Impediment", &["Open", "Closed"]);
        check(
            scrum::TYPES,
            "Task",
            &["To Do", "In Progress", "Done", "Removed"],
        );
        check(
            scrum::TYPES,
            "Bug",
            &["New", "Approved", "Committed", "Done", "Removed"],
        );
        check(
            cmmi::TYPES,
            "Requirement",
            &["Proposed", "Active", "Resolved", "Closed", "Removed"],
        );
        check(cmmi::TYPES, "Risk", &["Proposed", "Active", "Closed"]);
        for plans in [agile::TYPES, scrum::TYPES, cmmi::TYPES, basic::TYPES] {
            for kind in plans.iter().map(Plan::build) {
                assert!(!kind.initial().is_empty());
                let usual = kind.reasons("", kind.initial());
                assert!(
                    kind.knows_reason(kind.initial(), &usual[0]),
                    "{}",
                    kind.name
                );
            }
        }
    }
}
