//! Categories of work item types, which queries, boards and tools ask for instead of names.

use serde_json::{Value as Json, json};

use super::Services;
use super::call::Call;
use super::error::Refusal;
use super::kind::Type;
use super::kind::plan::{EPICS, FEATURES, REQUIREMENTS, TASKS};
use super::node::{Organization, Project};
use super::trouble::Trouble;

pub(crate) const BUGS: &str = "Microsoft.BugCategory";

/// Every category: reference name, name.
const CATEGORIES: [(&str, &str); 5] = [
    (BUGS, "Bug Category"),
    (EPICS, "Epic Category"),
    (FEATURES, "Feature Category"),
    (REQUIREMENTS, "Requirement Category"),
    (TASKS, "Task Category"),
];

/// Whether a type belongs to a category.
pub(crate) fn holds(category: &str, kind: &Type) -> bool {
    let bug = kind.name == "Bug";
    match category {
        BUGS => bug,
        REQUIREMENTS => kind.behavior == REQUIREMENTS && !bug,
        _ => kind.behavior == category,
    }
}

impl Organization {
    /// The names of the types of a category, in one project or in all of them; nothing when there is
    /// no such category.
    pub(crate) fn category(&self, project: Option<usize>, name: &str) -> Option<Vec<&'static str>> {
        let row = CATEGORIES.iter().find(|(reference, title)| {
            reference.eq_ignore_ascii_case(name) || title.eq_ignore_ascii_case(name)
        })?;
        let projects = match project {
            Some(project) => project..project + 1,
            None => 0..self.projects.len(),
        };
        let kinds = projects.flat_map(|p| self.kinds(p));
        let mut names: Vec<&'static str> = kinds
            .filter(|kind| holds(row.0, kind))
            .map(|kind| kind.name)
            .collect();
        names.sort_unstable();
        names.dedup();
        Some(names)
    }
}

impl Services {
    /// `GET workitemtypecategories[/{category}]`.
    pub(crate) fn categories(
        &self,
        call: &Call<'_>,
        wanted: Option<&str>,
    ) -> Result<Json, Refusal> {
        let (index, project) = self.placed(call)?;
        let json = |(reference, name): &(&str, &str)| {
            let kinds = self.organization.kinds(index).iter();
            let kinds: Vec<&Type> = kinds.filter(|k| holds(reference, k)).collect();
            category_json(call, project, (reference, name), &kinds)
        };
        let full = |row: &&(&str, &str)| {
            let mut kinds = self.organization.kinds(index).iter();
            kinds.any(|k| holds(row.0, k))
        };
        let Some(wanted) = wanted else {
            let rows: Vec<Json> = CATEGORIES.iter().filter(full).map(json).collect();
            return Ok(json!({"count": rows.len(), "value": rows}));
        };
        let missing = || Trouble::Category(wanted.to_owned(), project.name.to_owned());
        let found = CATEGORIES.iter().filter(full).find(|(reference, name)| {
            reference.eq_ignore_ascii_case(wanted) || name.eq_ignore_ascii_case(wanted)
        });
        Ok(found.map(json).ok_or_else(missing)?)
    }
}

fn category_json(
    call: &Call<'_>,
    project: &Project,
    (reference, name): (&str, &str),
    kinds: &[&Type],
) -> Json {
    let base = &call.base;
    let rows: Vec<Json> = kinds
        .iter()
        .map(|k| k.reference_json(base, project))
        .collect();
    json!({
        "name": name,
        "referenceName": reference,
        "defaultWorkItemType": rows.first(),
        "workItemTypes": rows,
        "url": format!("{base}/{}/_apis/wit/workItemTypeCategories/{reference}", project.guid),
    })
}
