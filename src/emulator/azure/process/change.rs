//! Changes of inherited processes: themselves and their types, and which process a project follows.
//! System processes never change.

use http::Method;
use serde_json::{Value as Json, json};

use super::Process;
use crate::azure::Services;
use crate::azure::call::Call;
use crate::azure::error::Refusal;
use crate::azure::intern;
use crate::azure::kind::{Category, Member, Origin, State, Type};
use crate::azure::limit;
use crate::azure::place::{Part, Place};
use crate::azure::trouble::Trouble;
use crate::site::Response;

pub(super) fn text<'a>(body: &'a Json, key: &str) -> &'a str {
    body.get(key).and_then(Json::as_str).unwrap_or("").trim()
}

pub(super) fn flag(body: &Json, key: &str) -> Option<bool> {
    body.get(key).and_then(Json::as_bool)
}

pub(super) fn process_wrong(why: impl Into<String>) -> Refusal {
    Trouble::Process(why.into()).into()
}

/// A name of a process, a type or a state.
pub(super) fn named(body: &Json, most: usize) -> Result<&str, Refusal> {
    let name = text(body, "name");
    let odd = ['.', ',', ';', '/', '\\', ':', '*', '?', '"', '<', '>', '|'];
    let fits = !name.is_empty() && name.chars().count() <= most && !name.contains(odd);
    if fits {
        return Ok(name);
    }
    Err(process_wrong(format!("name '{name}' is not valid.")))
}

pub(super) fn color(body: &Json, usual: &str) -> Result<String, Refusal> {
    let color = text(body, "color").trim_start_matches('#');
    if color.is_empty() {
        return Ok(usual.to_owned());
    }
    if color.len() == 6 && color.chars().all(|c| c.is_ascii_hexdigit()) {
        return Ok(color.to_owned());
    }
    Err(process_wrong(format!(
        "color '{color}' is not six hexadecimal digits."
    )))
}

impl Services {
    /// The answer that a read of the place gives now.
    pub(super) fn seen(&mut self, call: &Call<'_>, place: &Place) -> Result<Response, Refusal> {
        let mut request = call.request.clone();
        request.method = Method::GET;
        let again = Call {
            request: &request,
            base: call.base.clone(),
            ..*call
        };
        self.processes(&again, place)
    }

    /// A write at `processes[/{id}]`.
    pub(super) fn change_process(
        &mut self,
        call: &Call<'_>,
        id: Option<&str>,
    ) -> Result<Response, Refusal> {
        match (&call.request.method, id) {
            (&Method::POST, None) => self.inherit(call),
            (&Method::PATCH, Some(id)) => self.edit_process(call, id),
            (&Method::DELETE, Some(id)) => self.drop_process(id),
            (method, _) => Err(Refusal::Method(method.to_string())),
        }
    }

    fn inherit(&mut self, call: &Call<'_>) -> Result<Response, Refusal> {
        let body = call.body()?;
        let name = named(&body, 128)?;
        let parent = self.one_process(text(&body, "parentProcessTypeId"))?;
        if !parent.is_system() {
            return Err(process_wrong(
                "only a system process can be inherited from.",
            ));
        }
        if self.organization.process(name).is_some() {
            return Err(Trouble::Taken(name.to_owned()).into());
        }
        if self.organization.processes.len() >= limit::PROCESSES {
            return Err(Trouble::Limit("processes", limit::PROCESSES).into());
        }
        let plain: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
        let reference = match text(&body, "referenceName") {
            "" => format!("Inherited.{plain}"),
            given => given.to_owned(),
        };
        if self.organization.process(&reference).is_some() {
            return Err(Trouble::Taken(reference).into());
        }
        let mut process = Process {
            name: intern::text(name),
            reference: Some(intern::text(&reference)),
            description: text(&body, "description").to_owned(),
            parent: Some(parent.id),
            is_default: false,
            enabled: true,
            ..parent.clone()
        };
        process.id = intern::text(&self.organization.fresh_id("process"));
        let id = process.id;
        self.organization.processes.push(process);
        self.seen(call, &Place::Processes(Some(id.to_owned())))
    }

    /// The inherited process at a position in the list.
    pub(super) fn inherited(&self, id: &str) -> Result<usize, Refusal> {
        let found = self.one_process(id)?;
        if found.is_system() {
            return Err(Trouble::System(found.name.to_owned()).into());
        }
        let at = self
            .organization
            .processes
            .iter()
            .position(|p| p.id == found.id);
        Ok(at.ok_or_else(|| Trouble::ProcessMissing(id.to_owned()))?)
    }

    fn edit_process(&mut self, call: &Call<'_>, id: &str) -> Result<Response, Refusal> {
        let body = call.body()?;
        let found = self.one_process(id)?;
        let id = found.id;
        let renames = body.get("name").is_some() || body.get("description").is_some();
        if renames && found.is_system() {
            return Err(Trouble::System(found.name.to_owned()).into());
        }
        let name = match body.get("name") {
            Some(_) => Some(intern::text(named(&body, 128)?)),
            None => None,
        };
        let taken = name.filter(|n| self.organization.process(n).is_some_and(|p| p.id != id));
        if let Some(name) = taken {
            return Err(Trouble::Taken(name.to_owned()).into());
        }
        let default = flag(&body, "isDefault") == Some(true);
        for process in &mut self.organization.processes {
            if process.id != id {
                process.is_default &= !default;
                continue;
            }
            process.is_default |= default;
            process.enabled = flag(&body, "isEnabled").unwrap_or(process.enabled);
            process.name = name.unwrap_or(process.name);
            if body.get("description").is_some() {
                text(&body, "description").clone_into(&mut process.description);
            }
        }
        self.seen(call, &Place::Processes(Some(id.to_owned())))
    }

    fn drop_process(&mut self, id: &str) -> Result<Response, Refusal> {
        let at = self.inherited(id)?;
        let id = self.one_process(id)?.id;
        if self.organization.projects.iter().any(|p| p.process == id) {
            return Err(process_wrong("a project follows it."));
        }
        self.organization.processes.remove(at);
        Ok(Response::empty(204))
    }

    /// `POST {process}/workitemtypes`: a type of its own, or one that changes a system type.
    pub(super) fn add_kind(&mut self, call: &Call<'_>, process: &str) -> Result<Response, Refusal> {
        if call.request.method != Method::POST {
            return Err(Refusal::Method(call.request.method.to_string()));
        }
        let body = call.body()?;
        let at = self.inherited(process)?;
        let process = self.one_process(process)?;
        let id = process.id;
        let prefix = process.reference.unwrap_or(process.name);
        if process.types.len() >= limit::PROCESS_TYPES {
            return Err(Trouble::Limit("types", limit::PROCESS_TYPES).into());
        }
        let parent = text(&body, "inheritsFrom");
        let kind = if parent.is_empty() {
            let name = named(&body, 128)?;
            if process.kind(name).is_some() {
                return Err(Trouble::Taken(name.to_owned()).into());
            }
            own_kind(&body, process, name, prefix)?
        } else {
            let missing = || Trouble::ProcessType(parent.to_owned(), process.name.to_owned());
            let old = process.kind(parent).ok_or_else(missing)?;
            if old.origin != Origin::System {
                return Err(process_wrong(format!(
                    "'{}' is inherited already.",
                    old.name
                )));
            }
            derived(old, &body, prefix)?
        };
        let reference = kind.reference;
        if let Some(process) = self.organization.processes.get_mut(at) {
            match process.types.iter_mut().find(|t| t.name == kind.name) {
                Some(slot) => *slot = kind,
                None => process.types.push(kind),
            }
        }
        let place = Place::ProcessType(id.to_owned(), reference.to_owned(), Part::Whole);
        self.seen(call, &place)
    }

    /// The type that a change is for, which must be the process's own.
    pub(super) fn kind_mut(&mut self, process: &str, kind: &str) -> Result<&mut Type, Refusal> {
        let at = self.inherited(process)?;
        let (_, found) = self.one_kind(process, kind)?;
        if found.origin == Origin::System {
            return Err(Trouble::System(found.reference.to_owned()).into());
        }
        let name = found.name;
        let process = self.organization.processes.get_mut(at);
        let found = process.and_then(|p| p.types.iter_mut().find(|t| t.name == name));
        Ok(found.ok_or_else(|| Trouble::ProcessType(kind.to_owned(), String::new()))?)
    }

    /// A type of the process's own goes; one that changes a system type becomes that again.
    pub(super) fn drop_kind(&mut self, (process, kind): (&str, &str)) -> Result<Response, Refusal> {
        let at = self.inherited(process)?;
        let found = self.kind_mut(process, kind)?;
        let (name, origin) = (found.name, found.origin);
        let parent = self.organization.processes.get(at).and_then(|p| p.parent);
        let stock = parent.and_then(|id| self.organization.process(id));
        let stock = stock.and_then(|p| p.kind(name)).cloned();
        let used = self.store.index.of_kind(name);
        let id = self.one_process(process)?.id;
        let used = used
            .iter()
            .filter_map(|id| self.store.any(*id)?.latest())
            .any(|r| {
                let project = self.organization.project(r.project);
                project.is_some_and(|p| p.process == id)
            });
        if used && origin == Origin::Custom {
            return Err(process_wrong(format!("work items of type '{name}' exist.")));
        }
        if let Some(process) = self.organization.processes.get_mut(at) {
            match (stock, origin) {
                (Some(stock), Origin::Inherited) => {
                    if let Some(slot) = process.types.iter_mut().find(|t| t.name == name) {
                        *slot = stock;
                    }
                }
                _ => process.types.retain(|t| t.name != name),
            }
        }
        Ok(Response::empty(204))
    }

    /// `POST projectprocessmigration`: the project follows another process from now on.
    pub(crate) fn migrate(&mut self, call: &Call<'_>) -> Result<Json, Refusal> {
        if call.request.method != Method::POST {
            return Err(Refusal::Method(call.request.method.to_string()));
        }
        self.administers(call, "Edit project-level information")?;
        let body = call.body()?;
        let guid = self.here(call)?.guid;
        let id = self.follow(guid, text(&body, "typeId"))?;
        Ok(json!({"projectId": guid, "processId": id}))
    }

    /// Lets a project follow a process of the same system process as before.
    pub(crate) fn follow(&mut self, project: &str, process: &str) -> Result<&'static str, Refusal> {
        let index = self.organization.find(project)?;
        let new = self.one_process(process)?;
        let id = new.id;
        let root = |p: &Process| p.parent.unwrap_or(p.id);
        let old = self.organization.process_of(index);
        if old.is_some_and(|old| root(old) != root(new)) {
            return Err(process_wrong(
                "a project can only move between processes of the same system process.",
            ));
        }
        let lost = old.map(|old| old.types.iter()).into_iter().flatten();
        let lost: Vec<&'static str> = lost
            .map(|t| t.name)
            .filter(|name| new.kind(name).is_none())
            .collect();
        for name in lost {
            let used = self.store.index.of_kind(name);
            let mut used = used.iter().filter_map(|id| self.store.any(*id)?.latest());
            if used.any(|r| r.project == index) {
                return Err(process_wrong(format!("work items of type '{name}' exist.")));
            }
        }
        if let Some(project) = self.organization.projects.get_mut(index) {
            project.process = id;
        }
        Ok(id)
    }
}

/// A type that changes a system type.
fn derived(old: &Type, body: &Json, prefix: &str) -> Result<Type, Refusal> {
    let last = old.reference.rsplit('.').next().unwrap_or(old.name);
    Ok(Type {
        reference: intern::text(&format!("{prefix}.{last}")),
        inherits: Some(old.reference),
        origin: Origin::Inherited,
        color: color(body, &old.color)?,
        disabled: flag(body, "isDisabled").unwrap_or(old.disabled),
        ..old.clone()
    })
}

/// A type of the process's own: it begins with the fields that all types have, and three states.
fn own_kind(body: &Json, process: &Process, name: &str, prefix: &str) -> Result<Type, Refusal> {
    let plain: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
    let base = process.types.first();
    let base = base.ok_or_else(|| process_wrong("the process has no types."))?;
    let common = |m: &&Member| {
        process
            .types
            .iter()
            .all(|t| t.member(m.field.reference).is_some())
    };
    let members = base.members.iter().filter(common).cloned().collect();
    let state = |at: u32, name, color, category| State {
        id: crate::azure::guid::of(&["state", prefix, &plain, &at.to_string()]),
        name,
        color,
        category,
        hidden: false,
        origin: Origin::Custom,
    };
    let states = vec![
        state(0, "New", "b2b2b2", Category::Proposed),
        state(1, "Active", "007acc", Category::InProgress),
        state(2, "Closed", "339933", Category::Completed),
    ];
    Ok(Type {
        name: intern::text(name),
        reference: intern::text(&format!("{prefix}.{plain}")),
        description: text(body, "description").to_owned(),
        color: color(body, "007acc")?,
        icon: match text(body, "icon") {
            "" => "icon_clipboard".to_owned(),
            icon => icon.to_owned(),
        },
        states,
        members,
        behavior: "",
        disabled: flag(body, "isDisabled").unwrap_or(false),
        origin: Origin::Custom,
        inherits: None,
        ..base.clone()
    })
}
