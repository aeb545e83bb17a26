//! The components of the site's projects. An issue holds their ids, so a rename is seen everywhere at once and moves no
//! issue's `updated` (jira.md 3.4).

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::jira::view::View;

/// A component of a project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Component {
    pub(crate) id: u64,
    /// The id of its project.
    pub(crate) project: u64,
    /// Unique in its project, in any case.
    pub(crate) name: String,
    pub(crate) description: String,
    /// The account id of its lead.
    pub(crate) lead: Option<&'static str>,
}

/// All components of the site, by id.
#[derive(Debug, Default)]
pub(crate) struct Components(BTreeMap<u64, Component>);

impl Components {
    pub(crate) fn get(&self, id: u64) -> Option<&Component> {
        self.0.get(&id)
    }

    pub(crate) fn get_mut(&mut self, id: u64) -> Option<&mut Component> {
        self.0.get_mut(&id)
    }

    /// The components of a project, by ascending id.
    pub(crate) fn of_project(&self, project: u64) -> impl Iterator<Item = &Component> {
        self.0.values().filter(move |it| it.project == project)
    }

    /// The component of that name, in any case, within a project.
    pub(crate) fn named(&self, project: u64, name: &str) -> Option<&Component> {
        self.of_project(project)
            .find(|it| it.name.to_lowercase() == name.to_lowercase())
    }

    /// Takes in a component under its own id.
    pub(crate) fn insert(&mut self, component: Component) {
        self.0.insert(component.id, component);
    }

    /// Takes a component away; the issues that hold it are the caller's to change.
    pub(crate) fn remove(&mut self, id: u64) -> Option<Component> {
        self.0.remove(&id)
    }
}

/// A component as an issue's field and a list of allowed values show it.
pub(crate) fn brief(view: &View<'_>, component: &Component) -> Value {
    json!({
        "self": view.link(&format!("component/{}", component.id)),
        "id": component.id.to_string(),
        "name": component.name,
        "description": component.description,
    })
}
