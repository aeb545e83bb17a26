//! Writing the parts of an inherited process's types: states, fields and rules.

use http::Method;
use serde_json::{Value as Json, json};

use super::change::{color, flag, named, process_wrong, text};
use super::rule::{self, Rule};
use crate::azure::Services;
use crate::azure::call::Call;
use crate::azure::error::Refusal;
use crate::azure::field::Kind;
use crate::azure::intern;
use crate::azure::kind::{Category, Member, Origin, State, required};
use crate::azure::limit;
use crate::azure::place::{Part, Place};
use crate::azure::trouble::Trouble;
use crate::site::Response;

impl Services {
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
                self.seen(call, &place(Part::Whole))
            }
            (&Method::DELETE, Part::Whole) => self.drop_kind(at),
            (&Method::POST, Part::States(None)) => {
                let id = self.add_state(call, at)?;
                self.seen(call, &place(Part::States(Some(id))))
            }
            (&Method::PATCH | &Method::PUT, Part::States(Some(id))) => {
                self.edit_state(call, at, id)?;
                self.seen(call, &place(Part::States(Some(id.clone()))))
            }
            (&Method::DELETE, Part::States(Some(id))) => self.drop_state(at, id),
            (&Method::POST, Part::Fields(None)) => {
                let id = self.add_member(call, at)?;
                self.seen(call, &place(Part::Fields(Some(id))))
            }
            (&Method::PATCH, Part::Fields(Some(id))) => {
                self.edit_member(call, at, id)?;
                self.seen(call, &place(Part::Fields(Some(id.clone()))))
            }
            (&Method::DELETE, Part::Fields(Some(id))) => self.drop_member(at, id),
            (&Method::POST, Part::Rules(None)) => {
                let id = self.put_rule(call, at, None)?;
                self.seen(call, &place(Part::Rules(Some(id))))
            }
            (&Method::PUT, Part::Rules(Some(id))) => {
                let id = self.put_rule(call, at, Some(id))?;
                self.seen(call, &place(Part::Rules(Some(id))))
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
