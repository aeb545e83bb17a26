//! The fields that hold components and versions of the issue's project.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::jira::issue::Fields;
use crate::jira::store::Store;

/// A field that holds named things of the issue's project.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Part {
    Components,
    FixVersions,
    Versions,
}

impl Part {
    /// The part that a field holds.
    pub(crate) fn of(field: &str) -> Option<Self> {
        match field {
            "components" => Some(Self::Components),
            "fixVersions" => Some(Self::FixVersions),
            "versions" => Some(Self::Versions),
            _ => None,
        }
    }

    /// The ids that a draft holds of it.
    pub(crate) fn of_draft(self, draft: &mut Fields) -> &mut BTreeSet<u64> {
        match self {
            Self::Components => &mut draft.components,
            Self::FixVersions => &mut draft.fix_versions,
            Self::Versions => &mut draft.versions,
        }
    }

    /// The id of what `{"id"}` or `{"name"}` names in the draft's project. An archived version is found only where the
    /// issue has it already.
    pub(crate) fn id(self, store: &Store, draft: &Fields, given: &Value) -> Result<u64, String> {
        let project = draft.project.id;
        let (noun, held) = match self {
            Self::Components => ("Component", &draft.components),
            Self::FixVersions => ("Version", &draft.fix_versions),
            Self::Versions => ("Version", &draft.versions),
        };
        let (word, text) = match (&given["id"], &given["name"]) {
            (Value::String(id), _) => ("id", id),
            (_, Value::String(name)) => ("name", name),
            _ => return Err(format!("{noun} id 'null' is not valid")),
        };
        let found = match (self, word) {
            (Self::Components, "id") => text
                .parse()
                .ok()
                .and_then(|id| store.components.get(id))
                .filter(|it| it.project == project)
                .map(|it| it.id),
            (Self::Components, _) => store.components.named(project, text).map(|it| it.id),
            (_, word) => {
                let version = if word == "id" {
                    text.parse().ok().and_then(|id| store.versions.get(id))
                } else {
                    store.versions.named(project, text)
                };
                version
                    .filter(|it| it.project == project)
                    .filter(|it| !it.archived || held.contains(&it.id))
                    .map(|it| it.id)
            }
        };
        found.ok_or_else(|| format!("{noun} {word} '{text}' is not valid"))
    }
}
