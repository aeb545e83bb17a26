//! Changes of inherited processes: themselves, their types, and of types the states, fields and
//! rules; picklists; and which process a project follows. System processes never change.

use http::Method;
use serde_json::{Value as Json, json};

use super::Process;
use super::list::List;
use super::rule::{self, Rule};
use crate::azure::Services;
use crate::azure::call::Call;
use crate::azure::error::Refusal;
use crate::azure::field::Kind;
use crate::azure::intern;
use crate::azure::kind::{Category, Member, Origin, State, Type, required};
use crate::azure::limit;
use crate::azure::place::{Part, Place};
use crate::azure::trouble::Trouble;
use crate::site::Response;

fn text<'a>(body: &'a Json, key: &str) -> &'a str {
    body.get(key).and_then(Json::as_str).unwrap_or("").trim()
}

fn flag(body: &Json, key: &str) -> Option<bool> {
    body.get(key).and_then(Json::as_bool)
}

fn process_wrong(why: impl Into<String>) -> Refusal {
    Trouble::Process(why.into()).into()
}

/// A name of a process, a type or a state.
fn named(body: &Json, most: usize) -> Result<&str, Refusal> {
    let name = text(body, "name");
    let odd = ['.', ',', ';', '/', '\\', ':', '*', '?', '"', '<', '>', '|'];
    let fits = !name.is_empty() && name.chars().count() <= most && !name.contains(odd);
    if fits {
        return Ok(name);
    }
    Err(process_wrong(format!("name '{name}' is not valid.")))
}

fn color(body: &Json, usual: &str) -> Result<String, Refusal> {
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
    fn seen(&mut self, call: &Call<'_>, place: &Place, status: u16) -> Result<Response, Refusal> {
        let mut request = call.request.clone();
        request.method = Method::GET;
        let again = Call {
            request: &request,
            base: call.base.clone(),
            ..*call
        };
        let answer = self.processes(&again, place)?;
        Ok(Response { status, ..answer })
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
        self.seen(call, &Place::Processes(Some(id.to_owned())), 201)
    }

    /// The inherited process at a position in the list.
    fn inherited(&self, id: &str) -> Result<usize, Refusal> {
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
        self.seen(call, &Place::Processes(Some(id.to_owned())), 200)
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
        self.seen(call, &place, 201)
    }

    /// The type that a change is for, which must be the process's own.
    fn kind_mut(&mut self, process: &str, kind: &str) -> Result<&mut Type, Refusal> {
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

    /// A write at a part of a type.
    pub(super) fn change_part(
        &mut self,
        call: &Call<'_>,
        (process, kind): (&str, &str),
        part: &Part,
    ) -> Result<Response, Refusal> {
        let at = (process, kind);
        let place = |part: Part| Place::ProcessType(process.to_owned(), kind.to_owned(), part);
        match (&call.request.method, part) {
            (&Method::PATCH, Part::Whole) => {
                self.edit_kind(call, at)?;
                self.seen(call, &place(Part::Whole), 200)
            }
            (&Method::DELETE, Part::Whole) => self.drop_kind(at),
            (&Method::POST, Part::States(None)) => {
                let id = self.add_state(call, at)?;
                self.seen(call, &place(Part::States(Some(id))), 201)
            }
            (&Method::PATCH | &Method::PUT, Part::States(Some(id))) => {
                self.edit_state(call, at, id)?;
                self.seen(call, &place(Part::States(Some(id.clone()))), 200)
            }
            (&Method::DELETE, Part::States(Some(id))) => self.drop_state(at, id),
            (&Method::POST, Part::Fields(None)) => {
                let id = self.add_member(call, at)?;
                self.seen(call, &place(Part::Fields(Some(id))), 201)
            }
            (&Method::PATCH, Part::Fields(Some(id))) => {
                self.edit_member(call, at, id)?;
                self.seen(call, &place(Part::Fields(Some(id.clone()))), 200)
            }
            (&Method::DELETE, Part::Fields(Some(id))) => self.drop_member(at, id),
            (&Method::POST, Part::Rules(None)) => {
                let id = self.put_rule(call, at, None)?;
                self.seen(call, &place(Part::Rules(Some(id))), 201)
            }
            (&Method::PUT, Part::Rules(Some(id))) => {
                let id = self.put_rule(call, at, Some(id))?;
                self.seen(call, &place(Part::Rules(Some(id))), 200)
            }
            (&Method::DELETE, Part::Rules(Some(id))) => self.drop_rule(at, id),
            (method, _) => Err(Refusal::Method(method.to_string())),
        }
    }

    fn edit_kind(&mut self, call: &Call<'_>, (process, kind): (&str, &str)) -> Result<(), Refusal> {
        let body = call.body()?;
        let kind = self.kind_mut(process, kind)?;
        kind.color = color(&body, &kind.color)?;
        kind.disabled = flag(&body, "isDisabled").unwrap_or(kind.disabled);
        if body.get("description").is_some() {
            text(&body, "description").clone_into(&mut kind.description);
        }
        if !text(&body, "icon").is_empty() {
            text(&body, "icon").clone_into(&mut kind.icon);
        }
        Ok(())
    }

    /// A type of the process's own goes; one that changes a system type becomes that again.
    fn drop_kind(&mut self, (process, kind): (&str, &str)) -> Result<Response, Refusal> {
        let at = self.inherited(process)?;
        let found = self.kind_mut(process, kind)?;
        let (name, origin) = (found.name, found.origin);
        let parent = self.organization.processes.get(at).and_then(|p| p.parent);
        let stock = parent.and_then(|id| self.organization.process(id));
        let stock = stock.and_then(|p| p.kind(name)).cloned();
        let used = self.store.index().named(crate::azure::field::TYPE, name);
        let id = self.one_process(process)?.id;
        let used = used.filter_map(|id| self.store.any(id)?.latest()).any(|r| {
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

    fn add_state(&mut self, call: &Call<'_>, at: (&str, &str)) -> Result<String, Refusal> {
        let body = call.body()?;
        let name = named(&body, 128)?;
        let category = Category::parse(text(&body, "stateCategory"));
        let category = category.filter(|c| *c != Category::Completed && *c != Category::Removed);
        let wrong = || process_wrong("stateCategory must be Proposed, InProgress or Resolved.");
        let category = category.ok_or_else(wrong)?;
        let color = intern::text(&color(&body, "b2b2b2")?);
        let order = body.get("order").and_then(Json::as_u64);
        let id = self.organization.fresh_id("state");
        let kind = self.kind_mut(at.0, at.1)?;
        if kind
            .states
            .iter()
            .any(|s| s.name.eq_ignore_ascii_case(name))
        {
            return Err(Trouble::Taken(name.to_owned()).into());
        }
        if kind.states.len() >= limit::STATES {
            return Err(Trouble::Limit("states", limit::STATES).into());
        }
        let state = State {
            id: id.clone(),
            name: intern::text(name),
            color,
            category,
            hidden: false,
            origin: Origin::Custom,
        };
        place_state(&mut kind.states, state, order);
        Ok(id)
    }

    fn edit_state(&mut self, call: &Call<'_>, at: (&str, &str), id: &str) -> Result<(), Refusal> {
        let body = call.body()?;
        let hides = call.request.method == Method::PUT;
        let kind = self.kind_mut(at.0, at.1)?;
        let name = kind.name.to_owned();
        let missing = || Trouble::PartMissing("State", id.to_owned(), name.clone());
        let found = kind
            .states
            .iter()
            .position(|s| s.id.eq_ignore_ascii_case(id));
        let found = found.ok_or_else(missing)?;
        if hides {
            let hidden = flag(&body, "hidden").unwrap_or(true);
            let alone = kind.shown().count() < 2;
            let Some(state) = kind.states.get_mut(found) else {
                return Err(missing().into());
            };
            if state.origin == Origin::Custom || hidden && (alone || ends(state.category)) {
                return Err(process_wrong(format!(
                    "state '{}' cannot be hidden.",
                    state.name
                )));
            }
            state.hidden = hidden;
            state.origin = if hidden {
                Origin::Inherited
            } else {
                Origin::System
            };
            return Ok(());
        }
        let mut state = kind.states.get(found).cloned().ok_or_else(missing)?;
        if state.origin != Origin::Custom {
            return Err(Trouble::System(state.name.to_owned()).into());
        }
        if body.get("name").is_some_and(|n| n != state.name) {
            return Err(process_wrong("the name of a state cannot be changed."));
        }
        state.color = intern::text(&color(&body, state.color)?);
        if body.get("stateCategory").is_some() {
            let category = Category::parse(text(&body, "stateCategory")).filter(|c| !ends(*c));
            let wrong = || process_wrong("stateCategory is not valid.");
            state.category = category.ok_or_else(wrong)?;
        }
        let order = body.get("order").and_then(Json::as_u64);
        kind.states.remove(found);
        let order = order.or_else(|| u64::try_from(found + 1).ok());
        place_state(&mut kind.states, state, order);
        Ok(())
    }

    fn drop_state(&mut self, at: (&str, &str), id: &str) -> Result<Response, Refusal> {
        let kind = self.kind_mut(at.0, at.1)?;
        let name = kind.name.to_owned();
        let found = kind.states.iter().find(|s| s.id.eq_ignore_ascii_case(id));
        let missing = || Trouble::PartMissing("State", id.to_owned(), name.clone());
        let state = found.ok_or_else(missing)?;
        if state.origin != Origin::Custom {
            return Err(Trouble::System(state.name.to_owned()).into());
        }
        kind.states.retain(|s| !s.id.eq_ignore_ascii_case(id));
        Ok(Response::empty(204))
    }

    fn add_member(&mut self, call: &Call<'_>, at: (&str, &str)) -> Result<String, Refusal> {
        let body = call.body()?;
        let reference = text(&body, "referenceName");
        let field = self.organization.fields.by_reference(reference);
        let unknown = || Trouble::Field(format!("'{reference}' does not exist."));
        let field = field.ok_or_else(unknown)?;
        let custom = self.organization.fields.custom(reference);
        let list = custom.and_then(|c| c.picklist.as_deref());
        let items = list.and_then(|id| self.list(id)).map(|l| l.items.clone());
        let suggested = custom.is_some_and(|c| c.suggested);
        let kind = self.kind_mut(at.0, at.1)?;
        if kind.member(field.reference).is_some() {
            return Err(Trouble::Taken(reference.to_owned()).into());
        }
        if kind.members.len() >= limit::TYPE_FIELDS {
            return Err(Trouble::Limit("fields of a type", limit::TYPE_FIELDS).into());
        }
        let mut member = Member {
            field,
            required: false,
            read_only: false,
            default: None,
            allowed: items
                .unwrap_or_default()
                .iter()
                .map(|i| intern::text(i))
                .collect(),
            suggested,
            origin: Origin::Custom,
        };
        shape(&mut member, &body)?;
        kind.members.push(member);
        Ok(field.reference.to_owned())
    }

    fn edit_member(&mut self, call: &Call<'_>, at: (&str, &str), id: &str) -> Result<(), Refusal> {
        let body = call.body()?;
        let kind = self.kind_mut(at.0, at.1)?;
        let name = kind.name.to_owned();
        let mut all = kind.members.iter_mut();
        let found = all.find(|m| m.field.reference.eq_ignore_ascii_case(id));
        let missing = || Trouble::PartMissing("Field", id.to_owned(), name);
        let member = found.ok_or_else(missing)?;
        shape(member, &body)?;
        if member.origin == Origin::System {
            member.origin = Origin::Inherited;
        }
        Ok(())
    }

    fn drop_member(&mut self, at: (&str, &str), id: &str) -> Result<Response, Refusal> {
        let kind = self.kind_mut(at.0, at.1)?;
        let name = kind.name.to_owned();
        let mut all = kind.members.iter();
        let found = all.find(|m| m.field.reference.eq_ignore_ascii_case(id));
        let missing = || Trouble::PartMissing("Field", id.to_owned(), name);
        let member = found.ok_or_else(missing)?;
        if member.origin != Origin::Custom {
            return Err(Trouble::System(member.field.reference.to_owned()).into());
        }
        let reference = member.field.reference;
        kind.members.retain(|m| m.field.reference != reference);
        Ok(Response::empty(204))
    }

    fn put_rule(
        &mut self,
        call: &Call<'_>,
        at: (&str, &str),
        id: Option<&str>,
    ) -> Result<String, Refusal> {
        let body = call.body()?;
        let place = self.inherited(at.0)?;
        let kind = self.kind_mut(at.0, at.1)?;
        let (reference, kind_name) = (kind.reference, kind.name);
        let dictionary = &self.organization.fields;
        let find = |name: &str| dictionary.by_reference(name).map(|f| f.reference);
        let list = |key: &str| body.get(key).and_then(Json::as_array);
        let wrong = |what: String| process_wrong(format!("the rule has an unknown {what}."));
        let (Some(when), Some(then)) = (list("conditions"), list("actions")) else {
            return Err(process_wrong("a rule needs conditions and actions."));
        };
        if when.is_empty() || when.len() > 2 || then.is_empty() || then.len() > 10 {
            return Err(process_wrong(
                "a rule has 1 to 2 conditions and 1 to 10 actions.",
            ));
        }
        let conditions: Result<Vec<_>, String> =
            when.iter().map(|row| rule::when(row, find)).collect();
        let actions: Result<Vec<_>, String> =
            then.iter().map(|row| rule::then(row, find)).collect();
        let mut new = Rule {
            id: id.unwrap_or("").to_lowercase(),
            kind: reference,
            name: named_rule(&body)?,
            conditions: conditions.map_err(wrong)?,
            actions: actions.map_err(wrong)?,
            disabled: flag(&body, "isDisabled").unwrap_or(false),
            given: (json!(when), json!(then)),
        };
        if id.is_none() {
            new.id = self.organization.fresh_id("rule");
        }
        let id = new.id.clone();
        let Some(process) = self.organization.processes.get_mut(place) else {
            return Err(Trouble::ProcessMissing(at.0.to_owned()).into());
        };
        if process.rules.len() >= limit::PROCESS_RULES {
            return Err(Trouble::Limit("rules", limit::PROCESS_RULES).into());
        }
        let own = process.rules.iter_mut().find(|r| r.id == id);
        match (
            own,
            text(&body, "id").is_empty() && call.request.method == Method::POST,
        ) {
            (Some(slot), _) => *slot = new,
            (None, true) => process.rules.push(new),
            (None, false) => {
                return Err(Trouble::PartMissing("Rule", id, kind_name.to_owned()).into());
            }
        }
        Ok(id)
    }

    fn drop_rule(&mut self, at: (&str, &str), id: &str) -> Result<Response, Refusal> {
        let place = self.inherited(at.0)?;
        let name = self.kind_mut(at.0, at.1)?.name;
        let process = self.organization.processes.get_mut(place);
        let rules = process.map(|p| &mut p.rules);
        let missing = || Trouble::PartMissing("Rule", id.to_owned(), name.to_owned());
        let rules = rules.ok_or_else(missing)?;
        let count = rules.len();
        rules.retain(|r| !r.id.eq_ignore_ascii_case(id));
        if rules.len() == count {
            return Err(missing().into());
        }
        Ok(Response::empty(204))
    }

    /// A picklist by id.
    pub(crate) fn list(&self, id: &str) -> Option<&List> {
        let mut lists = self.organization.lists.iter();
        lists.find(|l| l.id.eq_ignore_ascii_case(id))
    }

    /// A write at `processes/lists[/{id}]`.
    pub(super) fn change_list(
        &mut self,
        call: &Call<'_>,
        id: Option<&str>,
    ) -> Result<Response, Refusal> {
        let missing = |id: &str| Refusal::from(Trouble::ListMissing(id.to_owned()));
        match (&call.request.method, id) {
            (&Method::POST, None) => {
                if self.organization.lists.len() >= limit::PICKLISTS {
                    return Err(Trouble::Limit("picklists", limit::PICKLISTS).into());
                }
                let mut list = self.list_of(&call.body()?, "")?;
                list.id = self.organization.fresh_id("list");
                let json = list.json(&call.base);
                self.organization.lists.push(list);
                Ok(Response::json(201, &json))
            }
            (&Method::PUT, Some(id)) => {
                let old = self.list(id).ok_or_else(|| missing(id))?.id.clone();
                let list = self.list_of(&call.body()?, &old)?;
                let json = list.json(&call.base);
                self.relist(&list);
                if let Some(slot) = self.organization.lists.iter_mut().find(|l| l.id == old) {
                    *slot = list;
                }
                Ok(Response::json(200, &json))
            }
            (&Method::DELETE, Some(id)) => {
                let old = self.list(id).ok_or_else(|| missing(id))?.id.clone();
                if self.organization.fields.uses_list(&old) {
                    return Err(process_wrong("a field takes its values from the list."));
                }
                self.organization.lists.retain(|l| l.id != old);
                Ok(Response::empty(204))
            }
            (method, _) => Err(Refusal::Method(method.to_string())),
        }
    }

    fn list_of(&self, body: &Json, id: &str) -> Result<List, Refusal> {
        let items = body.get("items").and_then(Json::as_array);
        let items = items.map(|rows| rows.iter().map(|row| row.as_str().map(str::to_owned)));
        let items: Option<Vec<String>> = items.and_then(Iterator::collect);
        let items = items.ok_or_else(|| process_wrong("items must be texts."))?;
        let long = items
            .iter()
            .any(|i| i.chars().count() > limit::PICKLIST_CHARS);
        if items.is_empty() || items.len() > limit::PICKLIST_ITEMS || long {
            return Err(process_wrong(
                "a list has 1 to 2048 items of up to 256 characters.",
            ));
        }
        let numbers = text(body, "type").eq_ignore_ascii_case("integer");
        if numbers && items.iter().any(|i| i.trim().parse::<i64>().is_err()) {
            return Err(process_wrong(
                "the items of a list of integers must be integers.",
            ));
        }
        Ok(List {
            id: id.to_owned(),
            name: match text(body, "name") {
                "" => format!("picklist_{}", self.organization.lists.len() + 1),
                name => name.to_owned(),
            },
            numbers,
            suggested: flag(body, "isSuggested").unwrap_or(false),
            items,
        })
    }

    /// Types take over the new items of a list.
    fn relist(&mut self, list: &List) {
        let items: Vec<&'static str> = list.items.iter().map(|i| intern::text(i)).collect();
        let fields = &self.organization.fields;
        for process in &mut self.organization.processes {
            for member in process.types.iter_mut().flat_map(|t| &mut t.members) {
                let custom = fields.custom(member.field.reference);
                if custom.is_some_and(|c| c.picklist.as_deref() == Some(&list.id)) {
                    member.allowed.clone_from(&items);
                }
            }
        }
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
            let used = self.store.index().named(crate::azure::field::TYPE, name);
            let mut used = used.filter_map(|id| self.store.any(id)?.latest());
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

/// States in which work ends are the system's alone.
fn ends(category: Category) -> bool {
    matches!(category, Category::Completed | Category::Removed)
}

/// Puts a state where it belongs: among those of its category, at the asked position if that is
/// there.
fn place_state(states: &mut Vec<State>, state: State, order: Option<u64>) {
    let first = states.partition_point(|s| s.category < state.category);
    let last = states.partition_point(|s| s.category <= state.category);
    let asked = order.and_then(|o| usize::try_from(o).ok()?.checked_sub(1));
    let at = asked.unwrap_or(last).clamp(first, last);
    states.insert(at, state);
}

/// What a request says of a field of a type.
fn shape(member: &mut Member, body: &Json) -> Result<(), Refusal> {
    let must = required(member.field.reference);
    if must && flag(body, "required") == Some(false) {
        return Err(process_wrong(format!(
            "'{}' is always required.",
            member.field.name
        )));
    }
    if let Some(rows) = body.get("allowedValues").and_then(Json::as_array) {
        let items: Option<Vec<&str>> = rows.iter().map(Json::as_str).collect();
        let items = items.ok_or_else(|| process_wrong("allowedValues must be texts."))?;
        if items.len() > limit::PICKLIST_ITEMS {
            return Err(process_wrong("there are too many allowedValues."));
        }
        member.allowed = items.into_iter().map(intern::text).collect();
    }
    match body.get("defaultValue") {
        None => {}
        Some(Json::Null) => member.default = None,
        Some(value) => member.default = Some(default(member, value)?),
    }
    member.required = flag(body, "required").unwrap_or(member.required);
    member.read_only = flag(body, "readOnly").unwrap_or(member.read_only);
    Ok(())
}

/// A default in the kind of its field.
fn default(member: &Member, value: &Json) -> Result<Json, Refusal> {
    let wrong = || {
        process_wrong(format!(
            "'{value}' is no default of '{}'.",
            member.field.name
        ))
    };
    let given = value.as_str().map(str::trim);
    let parsed = match member.field.kind {
        Kind::Integer => value
            .as_i64()
            .or_else(|| given?.parse().ok())
            .map(|n| json!(n)),
        Kind::Double => value
            .as_f64()
            .or_else(|| given?.parse().ok())
            .map(|n| json!(n)),
        Kind::Flag => value
            .as_bool()
            .or_else(|| given?.to_lowercase().parse().ok())
            .map(|b| json!(b)),
        Kind::Line | Kind::Rich => given.map(|t| json!(t)),
        Kind::Time | Kind::Person | Kind::Tree | Kind::Tags | Kind::History => None,
    };
    let parsed = parsed.ok_or_else(wrong)?;
    let plain = parsed
        .as_str()
        .map_or_else(|| parsed.to_string(), str::to_owned);
    let closed = !member.allowed.is_empty() && !member.suggested;
    if closed && !member.allowed.contains(&plain.as_str()) {
        return Err(wrong());
    }
    Ok(parsed)
}

fn named_rule(body: &Json) -> Result<String, Refusal> {
    let name = text(body, "name");
    if name.is_empty() || name.chars().count() > limit::NAME_CHARS {
        return Err(process_wrong("a rule needs a name."));
    }
    Ok(name.to_owned())
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
