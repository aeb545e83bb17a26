//! Processes and their parts as the process endpoints describe them.

use serde_json::{Value as Json, json};

use super::Process;
use crate::azure::field::{self, Kind};
use crate::azure::kind::plan::{EPICS, FEATURES, REQUIREMENTS, TASKS};
use crate::azure::kind::{Category, Member, Origin, State, Type};
use crate::azure::node::Organization;

/// A level of the backlog as processes call it: reference name, name, colour, rank, category.
pub(super) type Behavior = (&'static str, &'static str, &'static str, i64, &'static str);

pub(super) const BEHAVIORS: [Behavior; 4] = [
    (
        "Microsoft.VSTS.Agile.EpicBacklogBehavior",
        "Epics",
        "E06C00",
        40,
        EPICS,
    ),
    (
        "Microsoft.VSTS.Agile.FeatureBacklogBehavior",
        "Features",
        "773B93",
        30,
        FEATURES,
    ),
    (
        "System.RequirementBacklogBehavior",
        "Stories",
        "009CCC",
        20,
        REQUIREMENTS,
    ),
    ("System.TaskBacklogBehavior", "Tasks", "F2CB1D", 10, TASKS),
];

/// The part that a state, a field or a rule has in answers: where it stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shelf<'a> {
    pub(super) base: &'a str,
    pub(super) process: &'a Process,
}

impl Shelf<'_> {
    pub(super) fn url(&self) -> String {
        format!("{}/_apis/work/processes/{}", self.base, self.process.id)
    }

    fn kind_url(&self, kind: &Type) -> String {
        format!("{}/workItemTypes/{}", self.url(), kind.reference)
    }

    /// `ProcessInfo`.
    pub(super) fn process_json(&self, organization: &Organization, projects: bool) -> Json {
        let p = self.process;
        let mut json = json!({
            "typeId": p.id,
            "name": p.name,
            "referenceName": p.reference,
            "description": p.description,
            "parentProcessTypeId": p.parent.unwrap_or("00000000-0000-0000-0000-000000000000"),
            "isEnabled": p.enabled,
            "isDefault": p.is_default,
            "customizationType": p.origin().wire(),
        });
        if projects {
            let own = organization
                .projects
                .iter()
                .filter(|own| own.process == p.id);
            json["projects"] = own
                .map(|own| {
                    json!({
                        "id": own.guid,
                        "name": own.name,
                        "description": own.description,
                        "url": format!("{}/_apis/projects/{}", self.base, own.guid),
                    })
                })
                .collect();
        }
        json
    }

    /// `ProcessWorkItemType`, with what `$expand` names.
    pub(super) fn kind_json(&self, kind: &Type, expand: &str) -> Json {
        let mut json = json!({
            "referenceName": kind.reference,
            "name": kind.name,
            "description": kind.description,
            "url": self.kind_url(kind),
            "inherits": kind.inherits,
            "color": kind.color,
            "icon": kind.icon,
            "isDisabled": kind.disabled,
            "customization": kind.origin.wire(),
        });
        let expand = expand.to_lowercase();
        if expand.contains("states") {
            let states = kind.states.iter().enumerate();
            json["states"] = states.map(|(at, s)| self.state_json(kind, at, s)).collect();
        }
        if expand.contains("behaviors") {
            json["behaviors"] = json!(self.kind_behaviors(kind));
        }
        if expand.contains("layout") {
            json["layout"] = self.layout(kind);
        }
        json
    }

    /// `WorkItemStateResultModel`.
    pub(super) fn state_json(&self, kind: &Type, at: usize, state: &State) -> Json {
        let mut json = json!({
            "id": state.id,
            "name": state.name,
            "color": state.color,
            "stateCategory": state.category.wire(),
            "order": at + 1,
            "url": format!("{}/states/{}", self.kind_url(kind), state.id),
            "customizationType": state.origin.wire(),
        });
        if state.hidden {
            json["hidden"] = json!(true);
        }
        json
    }

    /// `ProcessWorkItemTypeField`.
    pub(super) fn member_json(&self, kind: &Type, member: &Member, picklist: bool) -> Json {
        let f = member.field;
        let wire = match f.kind {
            Kind::Person => "identity",
            Kind::Line if picklist => "picklistString",
            Kind::Integer if picklist => "picklistInteger",
            other => other.wire(),
        };
        let mut json = json!({
            "referenceName": f.reference,
            "name": f.name,
            "type": wire,
            "required": member.required,
            "readOnly": member.read_only,
            "defaultValue": member.default,
            "url": format!("{}/fields/{}", self.kind_url(kind), f.reference),
            "customization": member.origin.wire(),
        });
        if !member.allowed.is_empty() {
            json["allowedValues"] = json!(member.allowed);
        }
        json
    }

    /// `ProcessBehavior`.
    pub(super) fn behavior_json(&self, behavior: &Behavior) -> Json {
        let (reference, name, color, rank, _) = behavior;
        let field = |name: &str| {
            field::by_reference(name).map(|f| {
                json!({
                    "referenceName": f.reference,
                    "name": f.name,
                    "url": format!("{}/_apis/wit/fields/{}", self.base, f.reference),
                })
            })
        };
        let parent = "System.OrderedBehavior";
        json!({
            "referenceName": reference,
            "name": name,
            "color": color,
            "rank": rank,
            "description": "",
            "fields": field("Microsoft.VSTS.Common.StackRank").into_iter().collect::<Vec<Json>>(),
            "customization": "system",
            "inherits": {"behaviorRefName": parent, "url": format!("{}/behaviors/{parent}", self.url())},
            "url": format!("{}/behaviors/{reference}", self.url()),
        })
    }

    /// The levels that the process has types for.
    pub(super) fn behaviors(&self) -> Vec<&'static Behavior> {
        let kinds = &self.process.types;
        let used = |b: &&Behavior| kinds.iter().any(|k| k.behavior == b.4);
        BEHAVIORS.iter().filter(used).collect()
    }

    /// `WorkItemTypeBehavior` rows of one type.
    pub(super) fn kind_behaviors(&self, kind: &Type) -> Vec<Json> {
        let own = BEHAVIORS.iter().filter(|b| b.4 == kind.behavior);
        own.map(|(reference, _, _, _, _)| {
            json!({
                "behavior": {"id": reference, "url": format!("{}/behaviors/{reference}", self.url())},
                "isDefault": kind.name != "Bug",
                "isLegacyDefault": kind.name != "Bug",
                "url": format!("{}/workItemTypesBehaviors/{}/behaviors/{reference}", self.url(), kind.reference),
            })
        })
        .collect()
    }

    /// `FormLayout`: one page with what people edit.
    pub(super) fn layout(&self, kind: &Type) -> Json {
        let control = |m: &Member| {
            let rich = m.field.kind == Kind::Rich;
            json!({
                "id": m.field.reference,
                "label": m.field.name,
                "controlType": if rich { "HtmlFieldControl" } else { "FieldControl" },
                "readOnly": m.read_only,
                "visible": true,
                "isContribution": false,
                "inherited": m.origin == Origin::System,
                "overridden": false,
            })
        };
        let header = [
            field::TITLE,
            field::ASSIGNED,
            field::STATE,
            field::REASON,
            field::AREA,
            field::ITERATION,
        ];
        let open = |m: &&Member| m.field.access == field::Access::Open;
        let open = || kind.members.iter().filter(open);
        let rest: Vec<Json> = open()
            .filter(|m| !header.contains(&m.field.reference))
            .map(control)
            .collect();
        let system: Vec<Json> = open()
            .filter(|m| header.contains(&m.field.reference))
            .map(control)
            .collect();
        let group = json!({
            "id": format!("{}.Details", kind.reference),
            "label": "Details",
            "isContribution": false,
            "visible": true,
            "inherited": true,
            "controls": rest,
        });
        json!({
            "pages": [{
                "id": format!("{}.Page", kind.reference),
                "label": "Details",
                "pageType": "custom",
                "visible": true,
                "isContribution": false,
                "inherited": true,
                "sections": [{"id": "Section1", "groups": [group]}],
            }],
            "systemControls": system,
            "extensions": [],
        })
    }

    /// What the system itself does with a type, as rules, and the rules that were added.
    pub(super) fn rules(&self, kind: &Type) -> Vec<Json> {
        let url = format!("{}/rules", self.kind_url(kind));
        let mut rows: Vec<Json> = system_rules(kind)
            .into_iter()
            .map(|(name, condition, actions)| {
                let id = crate::azure::guid::of(&["rule", kind.reference, &name]);
                json!({
                    "id": id,
                    "name": name,
                    "conditions": [condition],
                    "actions": actions,
                    "isDisabled": false,
                    "customizationType": "system",
                    "url": format!("{url}/{id}"),
                })
            })
            .collect();
        let own = self
            .process
            .rules
            .iter()
            .filter(|r| r.kind == kind.reference);
        rows.extend(own.map(|r| r.json(&url)));
        rows
    }
}

fn system_rules(kind: &Type) -> Vec<(String, Json, Vec<Json>)> {
    let mut rows = Vec::new();
    let stamp = |date: &str, person: &str| {
        vec![
            json!({"actionType": "copyFromServerClock", "targetField": date, "value": ""}),
            json!({"actionType": "copyFromServerCurrentUser", "targetField": person, "value": ""}),
        ]
    };
    for state in kind.shown() {
        let mut actions = match state.category {
            Category::InProgress => stamp(field::ACTIVATED, field::ACTIVATOR),
            Category::Resolved => stamp(field::RESOLVED, field::RESOLVER),
            Category::Completed => stamp(field::CLOSED, field::CLOSER),
            Category::Proposed | Category::Removed => continue,
        };
        let remaining = kind.member(field::REMAINING).is_some();
        if state.category == Category::Completed && remaining {
            actions.push(json!({
                "actionType": "setValueToEmpty",
                "targetField": field::REMAINING,
                "value": "",
            }));
        }
        let condition = json!({
            "conditionType": "whenStateChangedTo",
            "field": field::STATE,
            "value": state.name,
        });
        rows.push((format!("Entering {}", state.name), condition, actions));
    }
    rows
}
