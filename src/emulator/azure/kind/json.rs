//! A type as the work item tracking endpoints describe it.

use serde_json::{Map, Value as Json, json};

use super::Type;
use crate::azure::dictionary::Dictionary;
use crate::azure::field::{self, Field};
use crate::azure::identity::{Directory, Who};
use crate::azure::node::Project;

/// What a read of a type's fields wants besides (`$expand`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Extras {
    pub(crate) allowed: bool,
    pub(crate) dependent: bool,
}

impl Type {
    fn url(&self, base: &str, project: &Project) -> String {
        let name =
            percent_encoding::utf8_percent_encode(self.name, percent_encoding::NON_ALPHANUMERIC);
        format!("{base}/{}/_apis/wit/workItemTypes/{name}", project.guid)
    }

    /// `{name, url}`.
    pub(crate) fn reference_json(&self, base: &str, project: &Project) -> Json {
        json!({"name": self.name, "url": self.url(base, project)})
    }

    fn states_json(&self) -> Vec<Json> {
        self.shown()
            .map(|s| json!({"name": s.name, "color": s.color, "category": s.category.wire()}))
            .collect()
    }

    fn transitions_json(&self) -> Json {
        let mut transitions = Map::new();
        transitions.insert(
            String::new(),
            json!([{"to": self.initial(), "actions": null}]),
        );
        for from in self.shown() {
            let targets: Vec<Json> = self
                .shown()
                .filter(|to| self.allows(from.name, to.name))
                .map(|to| json!({"to": to.name, "actions": null}))
                .collect();
            transitions.insert(from.name.to_owned(), Json::Array(targets));
        }
        Json::Object(transitions)
    }

    /// The type as `workitemtypes` describes it.
    pub(crate) fn json(&self, base: &str, project: &Project, dictionary: &Dictionary) -> Json {
        let fields: Vec<Json> = self
            .field_list(dictionary)
            .map(|f| self.instance(f, base))
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
            "isDisabled": self.disabled,
            "xmlForm": self.form(dictionary),
            "fields": fields,
            "fieldInstances": fields,
            "transitions": self.transitions_json(),
            "states": self.states_json(),
            "url": self.url(base, project),
        })
    }

    fn instance(&self, f: &Field, base: &str) -> Json {
        let mut row = f.reference_json(base);
        row["alwaysRequired"] = json!(self.member(f.reference).is_some_and(|m| m.required));
        row["defaultValue"] = self.default_of(f.reference);
        row["helpText"] = json!(help(f));
        row
    }

    /// The old form layout: one control per field that people edit.
    fn form(&self, dictionary: &Dictionary) -> String {
        let escaped = |text: &str| text.replace('&', "&amp;").replace('"', "&quot;");
        let mut form = String::from("<FORM><Layout><Group><Column PercentWidth=\"100\">");
        let open = |f: &&'static Field| f.access == field::Access::Open;
        for f in self.field_list(dictionary).filter(open) {
            let control = if f.kind == field::Kind::Rich {
                "HtmlFieldControl"
            } else {
                "FieldControl"
            };
            form.push_str(&format!(
                "<Control FieldName=\"{}\" Type=\"{control}\" Label=\"{}\" LabelPosition=\"Left\" />",
                f.reference,
                escaped(f.name)
            ));
        }
        form.push_str("</Column></Group></Layout></FORM>");
        form
    }

    /// The rows of `workitemtypes/{type}/states`.
    pub(crate) fn states_document(&self) -> Json {
        let rows = self.states_json();
        json!({"count": rows.len(), "value": rows})
    }

    /// One row of `workitemtypes/{type}/fields`.
    pub(crate) fn field_json(
        &self,
        f: &Field,
        base: &str,
        extras: Extras,
        people: &Directory,
    ) -> Json {
        let mut row = self.instance(f, base);
        if extras.allowed {
            row["allowedValues"] = self.allowed_json(f, base, people);
        }
        if extras.dependent {
            row["dependentFields"] = dependent_json(f.reference, base);
        }
        row
    }

    fn default_of(&self, reference: &str) -> Json {
        if reference == field::STATE {
            return json!(self.initial());
        }
        let default = self.member(reference).and_then(|m| m.default.as_ref());
        match default {
            None => Json::Null,
            Some(Json::String(text)) => json!(text),
            Some(other) => json!(other.to_string()),
        }
    }

    fn allowed_json(&self, f: &Field, base: &str, people: &Directory) -> Json {
        if f.kind == field::Kind::Person {
            let all = (0..people.len()).map(Who::Member);
            return all.map(|who| people.reference(&who, base)).collect();
        }
        match f.reference {
            field::STATE => self.shown().map(|s| json!(s.name)).collect(),
            field::REASON => self.every_reason(),
            field::TYPE => json!([self.name]),
            reference => json!(self.member(reference).map_or(&[][..], |m| &m.allowed)),
        }
    }

    fn every_reason(&self) -> Json {
        let mut all: Vec<String> = Vec::new();
        let from = std::iter::once("").chain(self.shown().map(|s| s.name));
        for from in from {
            for to in self.shown().filter(|to| to.name != from) {
                all.extend(self.reasons(from, to.name));
            }
        }
        all.sort_unstable();
        all.dedup();
        json!(all)
    }
}

fn dependent_json(reference: &str, base: &str) -> Json {
    let names: &[&str] = match reference {
        field::STATE => &[
            field::REASON,
            field::STATE_CHANGED,
            field::ACTIVATED,
            field::CLOSED,
        ],
        field::AREA => &["System.AreaId", "System.NodeName", "System.AreaLevel1"],
        field::ITERATION => &["System.IterationId", "System.IterationLevel1"],
        _ => &[],
    };
    names
        .iter()
        .filter_map(|name| field::by_reference(name))
        .map(|f| f.reference_json(base))
        .collect()
}

fn help(f: &Field) -> Option<&'static str> {
    match f.reference {
        field::TITLE => Some("What the work item is about, in one line"),
        field::ASSIGNED => Some("Who works on it now"),
        field::STATE => Some("Where it stands in its workflow"),
        field::REASON => Some("Why it is in its state"),
        field::PRIORITY => Some("1 is the most important, 4 the least"),
        _ => None,
    }
}
