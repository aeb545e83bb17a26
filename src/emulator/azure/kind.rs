//! Work item types of the Agile process: states, reasons, transitions, defaults and allowed values
//! (azure.md 10.2).

use serde_json::{Map, Value as Json, json};

use super::field::{self, Field};
use super::identity::Directory;
use super::node::Project;

/// A state of the Agile process.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct State {
    /// The name that `System.State` holds.
    pub(crate) name: &'static str,
    color: &'static str,
    category: &'static str,
}

const fn state(name: &'static str, color: &'static str, category: &'static str) -> State {
    State {
        name,
        color,
        category,
    }
}

const NEW: State = state("New", "b2b2b2", "Proposed");
const ACTIVE: State = state("Active", "007acc", "InProgress");
const RESOLVED: State = state("Resolved", "ff9d00", "Resolved");
const CLOSED: State = state("Closed", "339933", "Completed");
const REMOVED: State = state("Removed", "ffffff", "Removed");

static WITH_RESOLVED: [State; 5] = [NEW, ACTIVE, RESOLVED, CLOSED, REMOVED];
static WITHOUT_RESOLVED: [State; 4] = [NEW, ACTIVE, CLOSED, REMOVED];

/// A work item type.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Type {
    /// The display name, as `System.WorkItemType` holds it.
    pub(crate) name: &'static str,
    reference: &'static str,
    description: &'static str,
    color: &'static str,
    icon: &'static str,
    states: &'static [State],
    fields: &'static [&'static str],
}

const COMMON: [&str; 23] = [
    field::ID,
    field::REV,
    field::TITLE,
    field::STATE,
    field::REASON,
    field::TYPE,
    field::PROJECT,
    field::AREA,
    field::ITERATION,
    "System.AreaId",
    "System.IterationId",
    field::ASSIGNED,
    field::TAGS,
    field::DESCRIPTION,
    field::HISTORY,
    field::CREATED,
    field::CREATOR,
    field::CHANGED,
    field::CHANGER,
    "System.CommentCount",
    "System.Parent",
    field::STATE_CHANGED,
    field::PRIORITY,
];

const TIMES: [&str; 6] = [
    field::ACTIVATED,
    field::ACTIVATOR,
    field::RESOLVED,
    field::RESOLVER,
    field::CLOSED,
    field::CLOSER,
];

static TYPES: [Type; 6] = [
    Type {
        name: "Epic",
        reference: "Microsoft.VSTS.WorkItemTypes.Epic",
        description: "Epics help teams effectively manage and groom their product backlog",
        color: "E06C00",
        icon: "icon_crown",
        states: &WITH_RESOLVED,
        fields: &[
            field::VALUE_AREA,
            "Microsoft.VSTS.Common.Risk",
            "Microsoft.VSTS.Common.BusinessValue",
            "Microsoft.VSTS.Scheduling.Effort",
            "Microsoft.VSTS.Scheduling.StartDate",
            "Microsoft.VSTS.Scheduling.TargetDate",
        ],
    },
    Type {
        name: "Feature",
        reference: "Microsoft.VSTS.WorkItemTypes.Feature",
        description: "Tracks a feature that will be released with the product",
        color: "773B93",
        icon: "icon_trophy",
        states: &WITH_RESOLVED,
        fields: &[
            field::VALUE_AREA,
            "Microsoft.VSTS.Common.Risk",
            "Microsoft.VSTS.Common.BusinessValue",
            "Microsoft.VSTS.Scheduling.Effort",
            "Microsoft.VSTS.Scheduling.StartDate",
            "Microsoft.VSTS.Scheduling.TargetDate",
        ],
    },
    Type {
        name: "User Story",
        reference: "Microsoft.VSTS.WorkItemTypes.UserStory",
        description: "Tracks an activity the user will be able to perform with the product",
        color: "009CCC",
        icon: "icon_book",
        states: &WITH_RESOLVED,
        fields: &[
            field::VALUE_AREA,
            "Microsoft.VSTS.Common.Risk",
            "Microsoft.VSTS.Common.AcceptanceCriteria",
            field::POINTS,
            "Microsoft.VSTS.Common.StackRank",
        ],
    },
    Type {
        name: "Task",
        reference: "Microsoft.VSTS.WorkItemTypes.Task",
        description: "Tracks work that needs to be done.",
        color: "F2CB1D",
        icon: "icon_clipboard",
        states: &WITHOUT_RESOLVED,
        fields: &[
            "Microsoft.VSTS.Common.Activity",
            field::REMAINING,
            "Microsoft.VSTS.Scheduling.OriginalEstimate",
            "Microsoft.VSTS.Scheduling.CompletedWork",
        ],
    },
    Type {
        name: "Bug",
        reference: "Microsoft.VSTS.WorkItemTypes.Bug",
        description: "Describes a divergence between required and actual behavior, and tracks \
        the work done to correct the defect and verify the correction.",
        color: "CC293D",
        icon: "icon_insect",
        states: &WITH_RESOLVED,
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
    },
    Type {
        name: "Issue",
        reference: "Microsoft.VSTS.WorkItemTypes.Issue",
        description: "Tracks an obstacle to progress.",
        color: "B4009E",
        icon: "icon_traffic_cone",
        states: &WITHOUT_RESOLVED,
        fields: &[
            "Microsoft.VSTS.Scheduling.DueDate",
            "Microsoft.VSTS.Common.StackRank",
        ],
    },
];

/// Every type, in the order in which the process lists them.
pub(crate) fn all() -> &'static [Type] {
    &TYPES
}

/// A type by name or reference name, whatever the case.
pub(crate) fn find(name: &str) -> Option<&'static Type> {
    TYPES
        .iter()
        .find(|t| t.name.eq_ignore_ascii_case(name) || t.reference.eq_ignore_ascii_case(name))
}

impl Type {
    /// A state of this type, whatever the case of its name.
    pub(crate) fn state(&self, name: &str) -> Option<&'static State> {
        self.states
            .iter()
            .find(|s| s.name.eq_ignore_ascii_case(name))
    }

    /// The state in which an item of this type begins.
    pub(crate) fn initial(&self) -> &'static str {
        NEW.name
    }

    /// Whether the workflow allows the step: everything but leaving Removed for anything other than
    /// New, and removing what is done.
    pub(crate) fn allows(&self, from: &str, to: &str) -> bool {
        match (from, to) {
            (same, other) if same == other => true,
            ("Removed", other) => other == "New",
            ("Resolved" | "Closed", "Removed") => false,
            _ => true,
        }
    }

    fn owns(&self, reference: &str) -> bool {
        COMMON.contains(&reference)
            || self.fields.contains(&reference)
            || TIMES.contains(&reference) && self.has_time(reference)
    }

    fn has_time(&self, reference: &str) -> bool {
        let resolved = reference == field::RESOLVED || reference == field::RESOLVER;
        !resolved || self.state(RESOLVED.name).is_some()
    }

    /// The defaults that a new item of this type begins with, besides state and paths.
    pub(crate) fn defaults(&self) -> Vec<(&'static str, Json)> {
        let mut defaults = vec![(field::PRIORITY, json!(2))];
        if self.owns(field::VALUE_AREA) {
            defaults.push((field::VALUE_AREA, json!("Business")));
        }
        if self.owns(field::SEVERITY) {
            defaults.push((field::SEVERITY, json!("3 - Medium")));
        }
        defaults
    }

    fn url(&self, base: &str, project: &Project) -> String {
        let name =
            percent_encoding::utf8_percent_encode(self.name, percent_encoding::NON_ALPHANUMERIC);
        format!("{base}/{}/_apis/wit/workItemTypes/{name}", project.guid)
    }

    fn states_json(&self) -> Vec<Json> {
        self.states
            .iter()
            .map(|s| json!({"name": s.name, "color": s.color, "category": s.category}))
            .collect()
    }

    fn transitions_json(&self) -> Json {
        let mut transitions = Map::new();
        transitions.insert(
            String::new(),
            json!([{"to": self.initial(), "actions": null}]),
        );
        for from in self.states {
            let targets: Vec<Json> = self
                .states
                .iter()
                .filter(|to| self.allows(from.name, to.name))
                .map(|to| json!({"to": to.name, "actions": null}))
                .collect();
            transitions.insert(from.name.to_owned(), Json::Array(targets));
        }
        Json::Object(transitions)
    }

    /// The type's fields, in the order in which the organisation lists them.
    pub(crate) fn field_list(&self) -> impl Iterator<Item = &'static Field> + '_ {
        field::FIELDS.iter().filter(|f| self.owns(f.reference))
    }

    /// The type as `workitemtypes` describes it.
    pub(crate) fn json(&self, base: &str, project: &Project) -> Json {
        let fields: Vec<Json> = self
            .field_list()
            .map(|f| {
                let mut row = f.reference_json(base);
                row["alwaysRequired"] = json!(required(f.reference));
                row["defaultValue"] = self.default_of(f.reference);
                row
            })
            .collect();
        json!({
            "name": self.name,
            "referenceName": self.reference,
            "description": self.description,
            "color": self.color,
            "icon": {
                "id": self.icon,
                "url": format!("{base}/_apis/wit/workItemIcons/{}?color={}&v=2", self.icon, self.color),
            },
            "isDisabled": false,
            "xmlForm": "<FORM />",
            "fields": fields,
            "fieldInstances": fields,
            "transitions": self.transitions_json(),
            "states": self.states_json(),
            "url": self.url(base, project),
        })
    }

    /// The rows of `workitemtypes/{type}/states`.
    pub(crate) fn states_document(&self) -> Json {
        let rows = self.states_json();
        json!({"count": rows.len(), "value": rows})
    }

    /// One row of `workitemtypes/{type}/fields`; `expand` adds allowed values and dependent fields.
    pub(crate) fn field_json(
        &self,
        f: &Field,
        base: &str,
        expand: bool,
        people: &Directory,
    ) -> Json {
        let mut row = f.reference_json(base);
        row["alwaysRequired"] = json!(required(f.reference));
        row["defaultValue"] = self.default_of(f.reference);
        if expand {
            row["allowedValues"] = self.allowed_json(f, base, people);
            row["dependentFields"] = self.dependent_json(f.reference, base);
        }
        row
    }

    fn default_of(&self, reference: &str) -> Json {
        if reference == field::STATE {
            return json!(self.initial());
        }
        self.defaults()
            .into_iter()
            .find(|(name, _)| *name == reference)
            .map_or(Json::Null, |(_, value)| match value {
                Json::Number(number) => json!(number.to_string()),
                other => other,
            })
    }

    fn allowed_json(&self, f: &Field, base: &str, people: &Directory) -> Json {
        if f.kind == field::Kind::Person {
            let all = (0..people.len()).map(super::identity::Who::Member);
            return all.map(|who| people.reference(&who, base)).collect();
        }
        if f.reference == field::STATE {
            return self.states.iter().map(|s| json!(s.name)).collect();
        }
        if f.reference == field::PRIORITY {
            return json!(["1", "2", "3", "4"]);
        }
        json!(allowed(f.reference).unwrap_or(&[]))
    }

    fn dependent_json(&self, reference: &str, base: &str) -> Json {
        if reference != field::STATE {
            return json!([]);
        }
        [field::REASON, field::STATE_CHANGED]
            .iter()
            .filter_map(|name| field::by_reference(name))
            .map(|f| f.reference_json(base))
            .collect()
    }
}

fn required(reference: &str) -> bool {
    matches!(
        reference,
        field::TITLE | field::STATE | field::TYPE | "System.AreaId" | "System.IterationId"
    )
}

/// The closed list of values of a text field, if it has one.
pub(crate) fn allowed(reference: &str) -> Option<&'static [&'static str]> {
    match reference {
        field::SEVERITY => Some(&["1 - Critical", "2 - High", "3 - Medium", "4 - Low"]),
        field::VALUE_AREA => Some(&["Architectural", "Business"]),
        "Microsoft.VSTS.Common.Risk" => Some(&["1 - High", "2 - Medium", "3 - Low"]),
        "Microsoft.VSTS.Common.Activity" => Some(&[
            "Deployment",
            "Design",
            "Development",
            "Documentation",
            "Requirements",
            "Testing",
        ]),
        _ => None,
    }
}

/// The reason that the server sets with a transition (azure.md 10.2); `from` is empty for a new
/// item.
pub(crate) fn reason(kind: &str, from: &str, to: &str) -> String {
    let known = match (kind, from, to) {
        ("Bug" | "Epic" | "Feature" | "User Story" | "Task" | "Issue", "", "New") => "New",
        ("Bug", _, "Active") if from == "New" => "Approved",
        ("Bug", "Active", "Resolved") => "Fixed",
        ("Bug", "Resolved", "Closed") => "Verified",
        ("User Story", "New", "Active") => "Implementation started",
        ("User Story", "Active", "Resolved") => "Code complete and unit tests pass",
        ("User Story", "Resolved", "Closed") => "Acceptance tests pass",
        ("User Story", _, "Removed") => "Removed from the backlog",
        ("Task", "New", "Active") => "Work started",
        ("Task", "Active", "Closed") => "Completed",
        ("Task", "Closed", "Active") => "Reactivated",
        _ => return format!("Moved to state {to}"),
    };
    known.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_has_no_resolved() {
        assert!(find("task").unwrap().state("Resolved").is_none());
        assert!(find("User Story").unwrap().state("resolved").is_some());
        assert!(find("Incident").is_none());
    }

    #[test]
    fn removed_leads_only_to_new() {
        let story = find("User Story").unwrap();
        for (from, to, expected) in [
            ("New", "Closed", true),
            ("Removed", "New", true),
            ("Removed", "Closed", false),
            ("Closed", "Removed", false),
            ("Closed", "Active", true),
        ] {
            assert_eq!(story.allows(from, to), expected, "{from} -> {to}");
        }
    }
}
