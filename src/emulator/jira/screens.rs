//! What an administrator has changed on the site's screens and field configuration since it began.

use std::collections::BTreeSet;

use serde::Deserialize;

use crate::jira::draft::Errors;
use crate::jira::issue::Fields;
use crate::jira::scheme::{self, Field, STORY_POINTS, Screen};

/// The changes, as `POST /_emulator/screens` gives them: a later change replaces an earlier one.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Screens {
    /// Fields that were taken off every screen.
    #[serde(default)]
    hidden: BTreeSet<String>,
    /// Fields that the field configuration requires, beyond those that are always required.
    #[serde(default)]
    required: BTreeSet<String>,
}

impl Screens {
    /// Whether every named field is one that an administrator can hide or require.
    ///
    /// # Errors
    /// When a field is unknown, is on no screen, or cannot be required here.
    pub(crate) fn check(&self) -> Result<(), String> {
        let on_screen =
            |id: &&String| scheme::field_of(id).is_none_or(|field| field.screen == Screen::None);
        if let Some(id) = self.hidden.iter().chain(&self.required).find(on_screen) {
            return Err(format!("no screen has a field \"{id}\""));
        }
        let optional = ["description", "labels", "assignee", "duedate", STORY_POINTS];
        let other = self
            .required
            .iter()
            .find(|id| !optional.contains(&id.as_str()));
        other.map_or(Ok(()), |id| {
            Err(format!(
                "\"{id}\" cannot be made required; these can: {}",
                optional.join(", ")
            ))
        })
    }

    /// On which of an issue's screens a field stands now.
    pub(crate) fn of(&self, field: &Field) -> Screen {
        if self.hidden.contains(field.id) {
            Screen::None
        } else {
            field.screen
        }
    }

    /// Whether the field configuration requires a field.
    pub(crate) fn requires(&self, id: &str) -> bool {
        self.required.contains(id)
    }

    /// Enters an error for each required field that the draft leaves empty. Jira asks this of a create, and of an edit for
    /// the fields that the edit sets.
    pub(crate) fn check_required(
        &self,
        draft: &Fields,
        concerned: impl Fn(&str) -> bool,
        errors: &mut Errors,
    ) {
        for id in self.required.iter().filter(|id| concerned(id)) {
            let name = scheme::field_of(id).map_or(id.as_str(), |field| field.name);
            if is_empty(draft, id) && !errors.contains_key(id) {
                errors.insert(id.clone(), format!("{name} is required."));
            }
        }
    }
}

/// Whether a field that can be required has no value.
pub(crate) fn is_empty(draft: &Fields, id: &str) -> bool {
    match id {
        "description" => draft.description.is_none(),
        "labels" => draft.labels.is_empty(),
        "resolution" => draft.resolution.is_none(),
        "assignee" => draft.assignee.is_none(),
        "duedate" => draft.due.is_none(),
        STORY_POINTS => draft.points.is_none(),
        _ => false,
    }
}
