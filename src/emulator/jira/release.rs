//! The versions of the site's projects: what issues are fixed in and what they affect. An issue holds their ids, so
//! renaming or releasing one moves no issue's `updated` (jira.md 3.4).

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::jira::view::View;

/// A version of a project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Version {
    pub(crate) id: u64,
    /// The id of its project.
    pub(crate) project: u64,
    /// Unique in its project, in any case.
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) archived: bool,
    pub(crate) released: bool,
    /// A calendar day, `yyyy-MM-dd`.
    pub(crate) start_date: Option<String>,
    /// A calendar day, `yyyy-MM-dd`.
    pub(crate) release_date: Option<String>,
}

/// All versions of the site, by id.
#[derive(Debug, Default)]
pub(crate) struct Versions {
    all: BTreeMap<u64, Version>,
    /// The ids of each project's versions in the order in which they are shown.
    order: BTreeMap<u64, Vec<u64>>,
}

impl Versions {
    pub(crate) fn get(&self, id: u64) -> Option<&Version> {
        self.all.get(&id)
    }

    pub(crate) fn get_mut(&mut self, id: u64) -> Option<&mut Version> {
        self.all.get_mut(&id)
    }

    /// The versions of a project in their order.
    pub(crate) fn of_project(&self, project: u64) -> impl Iterator<Item = &Version> {
        let ids = self.order.get(&project).map_or(&[][..], Vec::as_slice);
        ids.iter().filter_map(|id| self.all.get(id))
    }

    /// The version of that name, in any case, within a project.
    pub(crate) fn named(&self, project: u64, name: &str) -> Option<&Version> {
        self.of_project(project)
            .find(|it| it.name.to_lowercase() == name.to_lowercase())
    }

    /// The order in which a project's versions are shown, for moving one.
    pub(crate) fn order_mut(&mut self, project: u64) -> &mut Vec<u64> {
        self.order.entry(project).or_default()
    }

    /// Takes in a version under its own id, as the last of its project.
    pub(crate) fn insert(&mut self, version: Version) {
        self.order_mut(version.project).push(version.id);
        self.all.insert(version.id, version);
    }

    /// Takes a version away; the issues that hold it are the caller's to change.
    pub(crate) fn remove(&mut self, id: u64) -> Option<Version> {
        let version = self.all.remove(&id)?;
        self.order_mut(version.project).retain(|&it| it != id);
        Some(version)
    }
}

/// A version as an issue's field and a list of allowed values show it.
pub(crate) fn brief(view: &View<'_>, version: &Version) -> Value {
    let mut document = json!({
        "self": view.link(&format!("version/{}", version.id)),
        "id": version.id.to_string(),
        "description": version.description,
        "name": version.name,
        "archived": version.archived,
        "released": version.released,
    });
    if let Some(day) = &version.release_date {
        document["releaseDate"] = json!(day);
    }
    document
}
