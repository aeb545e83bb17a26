//! Setting an issue's fields as a create or an edit asks: every value is judged on its own, and all
//! that is wrong is reported together in the `errors` map.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Map, Value};

use crate::adf::{self, Invalid};
use crate::jira::account::Users;
use crate::jira::agile;
use crate::jira::custom::{self, Custom};
use crate::jira::issue::Fields;
use crate::jira::part::Part;
use crate::jira::planning::SPRINT;
use crate::jira::rich::Rich;
use crate::jira::rider::NAMES;
use crate::jira::scheme::{self, Field, PRIORITIES, RESOLUTIONS, STORY_POINTS, Screen};
use crate::jira::screens::Screens;
use crate::jira::store::Store;
use crate::jira::time;
use crate::jira::tracking;
use crate::jira::version::Version;
use crate::jira::workflow::Transition;

/// The most characters of a description or comment (jira.md 14).
pub(crate) const TEXT_CHARS_MAX: usize = 32_767;

/// The most characters of a summary and of a label.
const LINE_CHARS_MAX: usize = 255;

/// What a value is judged against.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Judge<'a> {
    pub(crate) users: &'a Users,
    pub(crate) store: &'a Store,
    pub(crate) screens: &'a Screens,
    pub(crate) version: Version,
    /// The issue is being created.
    pub(crate) creating: bool,
    /// The issue whose texts are judged; 0 while it is being created.
    pub(crate) issue: u64,
    /// The transition whose screen the fields stand on, when there is one.
    pub(crate) transition: Option<&'static Transition>,
}

type Verdict = Result<(), String>;

/// Errors by field id.
pub(crate) type Errors = BTreeMap<String, String>;

impl Judge<'_> {
    /// The same judge for the texts of an issue that exists.
    pub(crate) fn at(mut self, issue: u64) -> Self {
        self.issue = issue;
        self
    }

    /// Applies `fields` and `update` of a request's body to the draft.
    pub(crate) fn apply(
        &self,
        draft: &mut Fields,
        fields: &Map<String, Value>,
        update: &Map<String, Value>,
    ) -> Errors {
        let mut errors = Errors::new();
        for (name, value) in fields {
            let verdict = self.set_on_screen(draft, name, value);
            note(&mut errors, name, verdict);
        }
        for (name, operations) in update
            .iter()
            .filter(|(name, _)| !NAMES.contains(&name.as_str()))
        {
            let verdict = if fields.contains_key(name) {
                Err(format!(
                    "Field '{name}' cannot be set both in 'fields' and in 'update'."
                ))
            } else {
                self.operate(draft, name, operations)
            };
            note(&mut errors, name, verdict);
        }
        let set = |id: &str| fields.contains_key(id) || update.contains_key(id);
        self.screens
            .check_required(draft, |id| self.creating || set(id), &mut errors);
        if errors.is_empty() {
            self.check_hierarchy(draft, &mut errors);
        }
        errors
    }

    fn on_screen(&self, name: &str) -> Verdict {
        let screen = scheme::field_of(name).map_or(Screen::None, |field| self.screens.of(field));
        let there = match self.transition {
            Some(transition) => transition.shows(name),
            None => screen == Screen::Both || (screen == Screen::Create && self.creating),
        };
        if there {
            return Ok(());
        }
        Err(format!(
            "Field '{name}' cannot be set. It is not on the appropriate screen, or unknown."
        ))
    }

    fn set_on_screen(&self, draft: &mut Fields, name: &str, value: &Value) -> Verdict {
        self.on_screen(name)?;
        self.set(draft, name, value)
    }

    fn operate(&self, draft: &mut Fields, name: &str, operations: &Value) -> Verdict {
        self.on_screen(name)?;
        let operations = operations.as_array().ok_or("Operations must be a list.")?;
        for operation in operations {
            let pair = operation.as_object().filter(|map| map.len() == 1);
            let (verb, value) = pair
                .and_then(|map| map.iter().next())
                .ok_or("Each operation must have one verb.")?;
            match verb.as_str() {
                "set" => self.set(draft, name, value)?,
                "add" => self.add(draft, name, value)?,
                "remove" => self.remove(draft, name, value)?,
                "edit" if name == "timetracking" => self.set(draft, name, value)?,
                verb => return Err(unsupported(verb, name)),
            }
        }
        Ok(())
    }

    fn set(&self, draft: &mut Fields, name: &str, value: &Value) -> Verdict {
        match name {
            "summary" => draft.summary = summary(value)?,
            "description" => draft.description = self.text(value)?.as_ref().map(Rich::new),
            "issuetype" => self.set_type(draft, value)?,
            "project" => {}
            "priority" => draft.priority = priority(value)?,
            "labels" => draft.labels = labels(value)?,
            "assignee" => draft.assignee = self.user(value)?,
            "reporter" => {
                draft.reporter = Some(self.user(value)?.ok_or("Reporter is required.")?);
            }
            "parent" => draft.parent = self.parent(value)?,
            "duedate" => draft.due = due(value)?,
            STORY_POINTS => draft.points = number(value)?,
            "environment" => draft.environment = self.text(value)?.map(Arc::new),
            "timetracking" => tracking::set(draft, value)?,
            SPRINT => agile::set_sprint(&self.store.planning, &mut draft.sprints, value)?,
            "resolution" => draft.resolution = Some(resolution(value)?),
            _ => self.set_listed(draft, name, value)?,
        }
        Ok(())
    }

    /// Sets a field of named things of the project, or a custom field.
    fn set_listed(&self, draft: &mut Fields, name: &str, value: &Value) -> Verdict {
        if let Some(part) = Part::of(name) {
            let items = match value {
                Value::Null => &[][..],
                Value::Array(items) => items.as_slice(),
                _ => return Err("data was not an array".to_owned()),
            };
            let ids = items.iter().map(|it| part.id(self.store, draft, it));
            let ids = ids.collect::<Result<_, _>>()?;
            *part.of_draft(draft) = ids;
            return Ok(());
        }
        let (field, kind) = custom_of(name)?;
        keep(draft, field, custom::read(self, field, kind, value)?);
        Ok(())
    }

    fn add(&self, draft: &mut Fields, name: &str, value: &Value) -> Verdict {
        if name == "labels" {
            draft.labels.insert(label(value)?);
            return Ok(());
        }
        if let Some(part) = Part::of(name) {
            let id = part.id(self.store, draft, value)?;
            part.of_draft(draft).insert(id);
            return Ok(());
        }
        let (field, kind) = custom_of(name).map_err(|_| unsupported("add", name))?;
        let before = draft.custom.get(field.id).cloned();
        keep(draft, field, custom::add(self, field, kind, before, value)?);
        Ok(())
    }

    fn remove(&self, draft: &mut Fields, name: &str, value: &Value) -> Verdict {
        if name == "labels" {
            draft.labels.remove(&label(value)?);
            return Ok(());
        }
        if let Some(part) = Part::of(name) {
            let id = part.id(self.store, draft, value)?;
            part.of_draft(draft).remove(&id);
            return Ok(());
        }
        let (field, _) = custom_of(name).map_err(|_| unsupported("remove", name))?;
        let before = draft.custom.get(field.id).cloned();
        keep(draft, field, custom::remove(self, field, before, value)?);
        Ok(())
    }

    /// A long text: a document in version 3, a string in version 2.
    pub(crate) fn text(&self, value: &Value) -> Result<Option<Value>, String> {
        if value.is_null() {
            return Ok(None);
        }
        match self.version {
            Version::Two => plain(value),
            Version::Three => {
                let document = document(value)?;
                self.check_media(&document)?;
                Ok(Some(document))
            }
        }
    }

    /// A file that a document shows must be at the issue before the text that shows it (jira.md 13.3).
    fn check_media(&self, document: &Value) -> Verdict {
        let here = |uuid: &&str| {
            let file = self.store.files.of_uuid(uuid);
            file.and_then(|id| self.store.files.holder(id)) == Some(self.issue)
        };
        if adf::media_ids(document).iter().all(here) {
            Ok(())
        } else {
            Err("ATTACHMENT_VALIDATION_ERROR".to_owned())
        }
    }

    fn set_type(&self, draft: &mut Fields, value: &Value) -> Verdict {
        let wrong = if self.creating {
            "Specify a valid issue type"
        } else {
            "The issue type selected is invalid."
        };
        let kind = id_or_name(value).and_then(scheme::type_of).ok_or(wrong)?;
        if !self.creating && kind.is_subtask() != draft.kind.is_subtask() {
            return Err(wrong.to_owned());
        }
        draft.kind = kind;
        Ok(())
    }

    /// The user that `{"accountId"}` or `{"id"}` names; nothing for null.
    pub(crate) fn user(&self, value: &Value) -> Result<Option<&'static str>, String> {
        let map = match value {
            Value::Null => return Ok(None),
            Value::Object(map) => map,
            _ => return Err("expected Object containing a 'accountId' property".to_owned()),
        };
        match map.get("accountId").or_else(|| map.get("id")) {
            Some(Value::Null) => Ok(None),
            Some(Value::String(id)) => self.account(id).map(Some),
            _ => Err("'accountId' must be the only user identifying query parameter in GDPR strict mode.".to_owned()),
        }
    }

    /// The account of that id.
    pub(crate) fn account(&self, id: &str) -> Result<&'static str, String> {
        let user = self
            .users
            .of(id)
            .ok_or_else(|| format!("User '{id}' cannot be assigned issues."))?;
        Ok(user.person.account_id)
    }

    fn parent(&self, value: &Value) -> Result<Option<u64>, String> {
        let none = value.is_null() || value.get("none").and_then(Value::as_bool) == Some(true);
        if none {
            return Ok(None);
        }
        let named = value
            .get("key")
            .or_else(|| value.get("id"))
            .and_then(Value::as_str);
        let id = named.and_then(|named| self.store.find(named));
        id.map(Some)
            .ok_or_else(|| "Could not find issue by id or key.".to_owned())
    }

    fn check_hierarchy(&self, draft: &Fields, errors: &mut Errors) {
        let parent = draft.parent.and_then(|id| self.store.get(id));
        let verdict = match parent {
            None if draft.kind.is_subtask() => {
                Err("Issue type is a sub-task but parent issue key or id not specified.")
            }
            Some(parent) if parent.fields.kind.level != draft.kind.level + 1 => {
                Err("Given parent issue does not belong to appropriate hierarchy.")
            }
            Some(parent) if draft.kind.is_subtask() && parent.fields.project != draft.project => {
                Err("A sub-task must be in the project of its parent.")
            }
            _ => Ok(()),
        };
        note(errors, "parent", verdict.map_err(str::to_owned));
        let fits = |id: &u64| {
            let child = self.store.get(*id);
            child.is_none_or(|it| it.fields.kind.level + 1 == draft.kind.level)
        };
        if !self.store.children(draft.id).iter().all(fits) {
            let text = "The issue type selected is invalid.".to_owned();
            note(errors, "issuetype", Err(text));
        }
    }
}

fn custom_of(name: &str) -> Result<(&'static Field, custom::Kind), String> {
    let field = scheme::field_of(name);
    let pair = field.and_then(|field| Some((field, custom::kind_of(field)?)));
    pair.ok_or_else(|| {
        format!("Field '{name}' cannot be set. It is not on the appropriate screen, or unknown.")
    })
}

fn keep(draft: &mut Fields, field: &'static Field, value: Option<Custom>) {
    match value {
        Some(value) => draft.custom.insert(field.id, value),
        None => draft.custom.remove(field.id),
    };
}

fn unsupported(verb: &str, name: &str) -> String {
    format!("Operation '{verb}' is not supported for field '{name}'.")
}

fn note(errors: &mut Errors, name: &str, verdict: Verdict) {
    if let Err(text) = verdict {
        errors.insert(name.to_owned(), text);
    }
}

fn id_or_name(value: &Value) -> Option<&str> {
    value
        .get("id")
        .or_else(|| value.get("name"))
        .and_then(Value::as_str)
}

pub(crate) fn summary(value: &Value) -> Result<String, String> {
    let text = match value {
        Value::Null => "",
        Value::String(text) => text,
        _ => return Err("Operation value must be a string".to_owned()),
    };
    if text.trim().is_empty() {
        return Err("You must specify a summary of the issue.".to_owned());
    }
    if text.contains(['\n', '\r']) {
        return Err("The summary is invalid because it contains newline characters.".to_owned());
    }
    if text.chars().count() > LINE_CHARS_MAX {
        return Err("Summary can't exceed 255 characters.".to_owned());
    }
    Ok(text.to_owned())
}

fn plain(value: &Value) -> Result<Option<Value>, String> {
    let text = value.as_str().ok_or("Operation value must be a string")?;
    if text.chars().count() > TEXT_CHARS_MAX {
        return Err(
            "The entered text is too long. It exceeds the allowed limit of 32,767 characters."
                .to_owned(),
        );
    }
    Ok((!text.is_empty()).then(|| adf::from_plain_text(text)))
}

fn document(value: &Value) -> Result<Value, String> {
    match adf::check(value) {
        Err(Invalid::NotADocument) => {
            Err("Operation value must be an Atlassian Document".to_owned())
        }
        Err(Invalid::Schema) => Err("INVALID_INPUT".to_owned()),
        Ok(()) if adf::plain_text(value).chars().count() > TEXT_CHARS_MAX => {
            Err("CONTENT_LIMIT_EXCEEDED".to_owned())
        }
        Ok(()) => Ok(value.clone()),
    }
}

fn resolution(value: &Value) -> Result<&'static scheme::Named, String> {
    let wrong = || "The resolution selected is invalid.".to_owned();
    id_or_name(value)
        .and_then(|it| scheme::named(&RESOLUTIONS, it))
        .ok_or_else(wrong)
}

fn priority(value: &Value) -> Result<&'static scheme::Named, String> {
    let wrong = || "The priority selected is invalid.".to_owned();
    id_or_name(value)
        .and_then(|it| scheme::named(&PRIORITIES, it))
        .ok_or_else(wrong)
}

fn labels(value: &Value) -> Result<BTreeSet<String>, String> {
    match value {
        Value::Null => Ok(BTreeSet::new()),
        Value::Array(items) => items.iter().map(label).collect(),
        _ => Err("data was not an array".to_owned()),
    }
}

/// A label, which has no spaces (jira.md 14).
pub(crate) fn label(value: &Value) -> Result<String, String> {
    let text = value.as_str().ok_or("string expected at index 0")?;
    if text.contains(char::is_whitespace) {
        return Err(format!(
            "The label '{text}' contains spaces which is invalid."
        ));
    }
    if text.is_empty() || text.chars().count() > LINE_CHARS_MAX {
        return Err(format!(
            "The label '{text}' must have between 1 and 255 characters."
        ));
    }
    Ok(text.to_owned())
}

/// A calendar day, or nothing.
pub(crate) fn due(value: &Value) -> Result<Option<String>, String> {
    match value {
        Value::Null => Ok(None),
        Value::String(day) if time::is_day(day) => Ok(Some(day.clone())),
        other => Err(format!(
            "Error parsing date string: {}",
            other.as_str().unwrap_or_default()
        )),
    }
}

/// A number, or nothing.
pub(crate) fn number(value: &Value) -> Result<Option<f64>, String> {
    match value {
        Value::Null => Ok(None),
        other => other
            .as_f64()
            .map(Some)
            .ok_or_else(|| "Operation value must be a number".to_owned()),
    }
}
