//! What the resources of components and of versions have in common: both are named parts of a project, and issues hold them.

use serde_json::Value;

use crate::jira::call::{Call, Page};
use crate::jira::issue::Fields;
use crate::jira::refusal::{Outcome, Refusal};
use crate::jira::scheme::{self, Project};
use crate::jira::{Cloud, write};
use crate::ledger::Kind;
use crate::limit;

/// The most characters of a name and of a description.
const NAME_CHARS_MAX: usize = 255;
const DESCRIPTION_CHARS_MAX: usize = 16_384;

/// The words of one of the two resources.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Words {
    /// What one is called, in addresses too.
    pub(crate) noun: &'static str,
    /// What is said of one without a name.
    pub(crate) nameless: &'static str,
}

impl Words {
    /// A name without the space around it.
    pub(crate) fn name(self, text: &str) -> Result<&str, Refusal> {
        let name = text.trim();
        if name.is_empty() {
            return Err(Refusal::field("name", self.nameless));
        }
        if name.chars().count() > NAME_CHARS_MAX {
            let noun = self.noun;
            let text = format!("The {noun} name must not exceed {NAME_CHARS_MAX} characters.");
            return Err(Refusal::field("name", text));
        }
        Ok(name)
    }

    /// Refuses one more where a project has as many as it can hold.
    pub(crate) fn room(self, present: usize) -> Result<(), Refusal> {
        if present < limit::PROJECT_PARTS_MAX {
            return Ok(());
        }
        let text = format!("The project has too many {}s.", self.noun);
        Err(Refusal::message(400, text))
    }

    /// A page of what was found in a project, in the order that `orderBy` asks for. `sort` knows the orders by their names
    /// and sorts upwards; it gives false for a name that it does not know.
    pub(crate) fn page<T>(
        self,
        (cloud, call): (&Cloud, &Call<'_>),
        project: &Project,
        mut found: Vec<&T>,
        sort: impl FnOnce(&str, &mut Vec<&T>) -> bool,
        row: impl Fn(&T) -> Value,
    ) -> Outcome {
        let order = call.request.query("orderBy").unwrap_or_default();
        let name = order.trim_start_matches(['+', '-', ' ']);
        if !sort(name, &mut found) {
            let text = format!("The orderBy value '{name}' is invalid.");
            return Err(Refusal::message(400, text));
        }
        if order.starts_with('-') {
            found.reverse();
        }
        let page = Page::of(call, 50, 50);
        let rows = page.cut(&found).iter().map(|it| row(it)).collect();
        let path = format!("project/{}/{}", project.key, self.noun);
        let link = cloud.view(call).link(&path);
        Ok(page.document(&link, "values", rows, found.len()))
    }
}

/// A description that is not too long.
pub(crate) fn description(text: &str) -> Result<String, Refusal> {
    if text.chars().count() > DESCRIPTION_CHARS_MAX {
        return Err(Refusal::field(
            "description",
            "The description is too long.",
        ));
    }
    Ok(text.to_owned())
}

/// The project that a part names as its own.
pub(crate) fn project_of(id: u64) -> Option<&'static Project> {
    scheme::PROJECTS.iter().find(|it| it.id == id)
}

/// The fields of the issues for which something holds.
pub(crate) fn held<'a>(
    cloud: &'a Cloud,
    fits: impl Fn(&Fields) -> bool + 'a,
) -> impl Iterator<Item = &'a Fields> {
    let all = cloud.store.after(0).map(|it| it.fields.as_ref());
    all.filter(move |it| fits(it))
}

/// Changes the issues for which something holds, each with its changelog entry.
pub(crate) fn change(
    cloud: &mut Cloud,
    call: &Call<'_>,
    fits: impl Fn(&Fields) -> bool,
    how: impl Fn(&mut Fields),
) {
    let issues: Vec<u64> = held(cloud, fits).map(|it| it.id).collect();
    for issue in issues {
        let Some(found) = cloud.store.get(issue) else {
            continue;
        };
        let mut draft = (*found.fields).clone();
        how(&mut draft);
        write::commit(cloud, call, draft, None);
        cloud.enter(call, Kind::Edit, issue, None);
    }
}
