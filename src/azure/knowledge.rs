//! What was learned of the remote: who we are there, and what its projects, types and fields are like.

use std::collections::BTreeMap;

use mapping::{FieldSchema, Kind, ProjectSchema, Schema, TypeSchema};
use model::Side;
use serde_json::Value as Json;

use crate::identity::Me;
use crate::site::same_name;

/// What `discover` learned. It holds names of types, states, fields and allowed values, and who we are; it lives in
/// memory only.
#[derive(Clone, Debug, PartialEq)]
pub struct Knowledge {
    pub(crate) me: Me,
    /// By name as the profile spells it. A project that is not there, or not for us, is absent (azure.md 4).
    pub(crate) projects: BTreeMap<String, Project>,
    /// All fields, by reference name.
    pub(crate) fields: BTreeMap<String, Field>,
}

/// One project.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Project {
    /// Its types by name.
    pub(crate) types: BTreeMap<String, Type>,
}

/// One work item type.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Type {
    /// Its states, in the order of the process.
    pub(crate) states: Vec<State>,
    /// The state that a new item begins in.
    pub(crate) initial: Option<String>,
    /// What the type says of its fields; only filled for types that the profile maps.
    pub(crate) fields: BTreeMap<String, TypeField>,
}

/// One state of a type.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct State {
    /// Its name.
    pub(crate) name: String,
    /// `Proposed`, `InProgress`, `Resolved`, `Completed` or `Removed`.
    pub(crate) category: String,
}

/// What a type says of a field.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct TypeField {
    pub(crate) name: String,
    pub(crate) required: bool,
    pub(crate) has_default: bool,
    pub(crate) default: Option<String>,
    pub(crate) allowed: Vec<String>,
}

/// What a field is everywhere.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Field {
    pub(crate) name: String,
    pub(crate) form: Form,
    pub(crate) read_only: bool,
    pub(crate) is_identity: bool,
    pub(crate) is_picklist: bool,
}

/// The type of a field (azure.md 10.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Form {
    /// One line.
    Text,
    /// A whole number.
    Integer,
    /// A number.
    Double,
    /// A point in time.
    Moment,
    /// Several lines without marks; also tags.
    Plain,
    /// Formatted text.
    Html,
    /// A path in a tree of areas or iterations.
    Tree,
    /// Yes or no.
    Flag,
    /// A person.
    Person,
    /// Anything else.
    #[default]
    Other,
}

impl Form {
    fn parse(text: &str) -> Form {
        match text {
            "string" | "picklistString" => Form::Text,
            "integer" | "picklistInteger" => Form::Integer,
            "double" | "picklistDouble" => Form::Double,
            "dateTime" => Form::Moment,
            "plainText" => Form::Plain,
            "html" | "history" => Form::Html,
            "treePath" => Form::Tree,
            "boolean" => Form::Flag,
            "identity" => Form::Person,
            _ => Form::Other,
        }
    }
}

impl Field {
    /// Reads an element of `wit/fields`.
    pub(crate) fn decode(json: &Json) -> Option<(String, Field)> {
        let flag = |name: &str| json.get(name).and_then(Json::as_bool).unwrap_or(false);
        let field = Field {
            name: text(json, "name")?,
            form: Form::parse(json.get("type")?.as_str()?),
            read_only: flag("readOnly"),
            is_identity: flag("isIdentity"),
            is_picklist: flag("isPicklist"),
        };
        Some((text(json, "referenceName")?, field))
    }

    /// What a rule would call it; nothing for what no rule can carry.
    fn kind(&self, reference: &str) -> Option<Kind> {
        match (reference, self.form) {
            ("System.State", _) => Some(Kind::State),
            ("System.Tags", _) => Some(Kind::Set),
            (_, Form::Person) => Some(Kind::User),
            _ if self.is_identity => Some(Kind::User),
            (_, Form::Integer | Form::Double) => Some(Kind::Number),
            (_, Form::Text) if self.is_picklist => Some(Kind::Choice),
            (_, Form::Text | Form::Plain) => Some(Kind::Text),
            (_, Form::Tree) => Some(Kind::Choice),
            (_, Form::Moment) => Some(Kind::Moment),
            (_, Form::Html) => Some(Kind::Rich),
            (_, Form::Flag) => Some(Kind::Flag),
            (_, Form::Other) => None,
        }
    }

    fn schema(&self, reference: &str) -> FieldSchema {
        FieldSchema {
            name: self.name.clone(),
            kind: self.kind(reference),
            read_only: self.read_only,
            ..FieldSchema::default()
        }
    }
}

impl TypeField {
    /// Reads an element of `workitemtypes/{type}/fields?$expand=allowedValues`.
    pub(crate) fn decode(json: &Json) -> Option<(String, TypeField)> {
        let default = json.get("defaultValue");
        let allowed = json.get("allowedValues").and_then(Json::as_array);
        let allowed = allowed.map(Vec::as_slice).unwrap_or_default();
        let required = json.get("alwaysRequired").and_then(Json::as_bool);
        let field = TypeField {
            name: text(json, "name")?,
            required: required.unwrap_or(false),
            has_default: default
                .is_some_and(|value| !value.is_null() && value.as_str() != Some("")),
            default: default.and_then(shown).filter(|text| !text.is_empty()),
            allowed: allowed.iter().filter_map(shown).collect(),
        };
        Some((text(json, "referenceName")?, field))
    }

    fn schema(&self, reference: &str, field: Option<&Field>) -> FieldSchema {
        let base = field.map(|field| field.schema(reference));
        FieldSchema {
            name: self.name.clone(),
            required: self.required,
            has_default: self.has_default || is_filled_by_the_service(reference),
            default: self.default.clone(),
            allowed: self.allowed.clone(),
            ..base.unwrap_or_default()
        }
    }
}

/// Of the required system fields a caller only has to give the title: state, reason, area and iteration begin where the
/// process and the project say, and the rest is book-keeping.
fn is_filled_by_the_service(reference: &str) -> bool {
    reference.starts_with("System.") && reference != "System.Title"
}

impl Type {
    /// Reads an element of `workitemtypes`.
    pub(crate) fn decode(json: &Json) -> Option<(String, Type)> {
        let states = json.get("states").and_then(Json::as_array);
        let states = states.map(Vec::as_slice).unwrap_or_default();
        let first = json.get("transitions").and_then(|from| from.get(""));
        let initial = first.and_then(|to| to.get(0)).and_then(|to| text(to, "to"));
        let kind = Type {
            states: states.iter().filter_map(State::decode).collect(),
            initial,
            fields: BTreeMap::new(),
        };
        Some((text(json, "name")?, kind))
    }
}

impl State {
    fn decode(json: &Json) -> Option<State> {
        Some(State {
            name: text(json, "name")?,
            category: text(json, "category").unwrap_or_default(),
        })
    }
}

fn text(json: &Json, name: &str) -> Option<String> {
    let text = json.get(name)?.as_str()?;
    (!text.is_empty()).then(|| text.to_owned())
}

/// An allowed value as people see it; numbers come as numbers or as texts.
fn shown(value: &Json) -> Option<String> {
    match value {
        Json::String(text) => Some(text.clone()),
        Json::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

impl Knowledge {
    /// Nothing but who we are.
    pub(crate) fn of(me: Me) -> Knowledge {
        Knowledge {
            me,
            projects: BTreeMap::new(),
            fields: BTreeMap::new(),
        }
    }

    /// The same in the words in which a profile is checked. Permissions are not among it: the service tells them per
    /// security namespace only, to callers with further scopes.
    #[must_use]
    pub fn schema(&self) -> Schema {
        let projects = self
            .projects
            .iter()
            .map(|(name, project)| (name.clone(), self.project_schema(project)));
        let fields = self
            .fields
            .iter()
            .map(|(reference, field)| (reference.clone(), field.schema(reference)));
        Schema {
            side: Side::Azure,
            projects: projects.collect(),
            fields: fields.collect(),
            permissions: Vec::new(),
        }
    }

    fn project_schema(&self, project: &Project) -> ProjectSchema {
        let types = project
            .types
            .iter()
            .map(|(name, kind)| (name.clone(), self.type_schema(kind)));
        ProjectSchema {
            types: types.collect(),
        }
    }

    fn type_schema(&self, kind: &Type) -> TypeSchema {
        let fields = kind.fields.iter().map(|(reference, field)| {
            let everywhere = self.fields.get(reference);
            (reference.clone(), field.schema(reference, everywhere))
        });
        TypeSchema {
            states: kind.states.iter().map(|state| state.name.clone()).collect(),
            initial: kind.initial.clone(),
            expected: None,
            fields: fields.collect(),
        }
    }

    /// The type's own spelling of its name, when the project has it.
    pub(crate) fn type_name(&self, project: &str, kind: &str) -> Option<&str> {
        let (_, project) = self
            .projects
            .iter()
            .find(|(name, _)| same_name(name, project))?;
        let mut names = project.types.keys();
        names.find(|name| same_name(name, kind)).map(String::as_str)
    }

    /// What a field is; [`Form::Other`] when it is unknown.
    pub(crate) fn form(&self, reference: &str) -> Form {
        self.fields
            .get(reference)
            .map_or(Form::Other, |field| field.form)
    }

    /// The fields whose display names a message calls `field X.`, `field 'X'` or `field "X"`.
    pub(crate) fn named_in<'a>(&'a self, message: &str) -> Vec<&'a str> {
        let is_named = |name: &str| {
            ["field '{}'", "field \"{}\"", "field {}."]
                .iter()
                .any(|form| message.contains(&form.replace("{}", name)))
        };
        self.fields
            .iter()
            .filter(|(_, field)| is_named(&field.name))
            .map(|(reference, _)| reference.as_str())
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::site;
    use serde_json::json;

    #[test]
    fn a_type_begins_where_its_empty_transition_leads() {
        let kind = Type::decode(&json!({
            "name": "Task",
            "states": [{ "name": "To Do", "color": "b2b2b2", "category": "Proposed" }, { "name": "Done", "category": "Completed" }, 7],
            "transitions": { "": [{ "to": "To Do" }], "To Do": [{ "to": "Done", "actions": null }] },
        }));
        let (name, kind) = kind.unwrap_or_default();
        assert_eq!(name, "Task");
        assert_eq!(kind.initial.as_deref(), Some("To Do"));
        let states: Vec<_> = kind
            .states
            .iter()
            .map(|s| (s.name.as_str(), s.category.as_str()))
            .collect();
        assert_eq!(states, [("To Do", "Proposed"), ("Done", "Completed")]);
    }

    #[test]
    fn a_field_has_the_kind_that_a_rule_would_call_it() {
        for (reference, json, expected) in [
            (
                "System.Tags",
                json!({ "type": "plainText" }),
                Some(Kind::Set),
            ),
            (
                "System.State",
                json!({ "type": "string" }),
                Some(Kind::State),
            ),
            (
                "System.AssignedTo",
                json!({ "type": "string", "isIdentity": true }),
                Some(Kind::User),
            ),
            (
                "System.Title",
                json!({ "type": "string" }),
                Some(Kind::Text),
            ),
            (
                "X.Pick",
                json!({ "type": "string", "isPicklist": true }),
                Some(Kind::Choice),
            ),
            ("X.Points", json!({ "type": "double" }), Some(Kind::Number)),
            ("X.Due", json!({ "type": "dateTime" }), Some(Kind::Moment)),
            ("X.Guid", json!({ "type": "guid" }), None),
        ] {
            let mut json = json;
            json["name"] = json!("Name");
            json["referenceName"] = json!(reference);
            let field = Field::decode(&json)
                .map(|(_, field)| field)
                .unwrap_or_default();
            assert_eq!(field.kind(reference), expected, "{reference}");
        }
    }

    #[test]
    fn a_required_field_with_a_default_need_not_be_filled() {
        for (reference, json, expected) in [
            (
                "System.Title",
                json!({ "alwaysRequired": true, "defaultValue": null }),
                (true, false),
            ),
            (
                "System.State",
                json!({ "alwaysRequired": true }),
                (true, true),
            ),
            (
                "Custom.Team",
                json!({ "alwaysRequired": true, "defaultValue": "" }),
                (true, false),
            ),
            (
                "Custom.Area",
                json!({ "alwaysRequired": true, "defaultValue": "Business" }),
                (true, true),
            ),
        ] {
            let mut json = json;
            json["name"] = json!("Name");
            json["referenceName"] = json!(reference);
            let field = TypeField::decode(&json)
                .map(|(_, field)| field)
                .unwrap_or_default();
            let schema = field.schema(reference, None);
            assert_eq!(
                (schema.required, schema.has_default),
                expected,
                "{reference}"
            );
        }
    }

    #[test]
    fn the_schema_joins_what_the_type_and_the_organisation_say() {
        let schema = site().knowledge.schema();
        let story = schema
            .projects
            .get("Platform")
            .and_then(|p| p.types.get("User Story"));
        let priority = story.and_then(|kind| kind.fields.get("Microsoft.VSTS.Common.Priority"));
        assert_eq!(priority.and_then(|field| field.kind), Some(Kind::Number));
        assert_eq!(priority.map(|field| field.allowed.len()), Some(4));
        assert_eq!(story.and_then(|kind| kind.initial.as_deref()), Some("New"));
    }
}
