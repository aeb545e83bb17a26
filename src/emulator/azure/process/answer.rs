//! What is asked of processes, and the changes of inherited ones.

use http::Method;
use serde_json::{Value as Json, json};

use super::Process;
use super::describe::Shelf;
use crate::azure::Services;
use crate::azure::call::Call;
use crate::azure::error::Refusal;
use crate::azure::kind::Type;
use crate::azure::place::{Part, Place};
use crate::azure::trouble::Trouble;
use crate::site::Response;

pub(super) fn rows(rows: Vec<Json>) -> Json {
    json!({"count": rows.len(), "value": rows})
}

impl Services {
    /// Answers what is asked of processes.
    pub(crate) fn processes(
        &mut self,
        call: &Call<'_>,
        place: &Place,
    ) -> Result<Response, Refusal> {
        if call.request.method == Method::GET {
            return self
                .read_process(call, place)
                .map(|json| Response::json(200, &json));
        }
        self.administers(call, "Edit process")?;
        match place {
            Place::Processes(id) => self.change_process(call, id.as_deref()),
            Place::ProcessTypes(process) => self.add_kind(call, process),
            Place::ProcessType(process, kind, part) => {
                self.change_part(call, (process, kind), part)
            }
            Place::Lists(id) => self.change_list(call, id.as_deref()),
            _ => Err(Refusal::Method(call.request.method.to_string())),
        }
    }

    pub(super) fn one_process(&self, id: &str) -> Result<&Process, Refusal> {
        let found = self.organization.process(id);
        Ok(found.ok_or_else(|| Trouble::ProcessMissing(id.to_owned()))?)
    }

    pub(super) fn one_kind(&self, process: &str, kind: &str) -> Result<(&Process, &Type), Refusal> {
        let process = self.one_process(process)?;
        let missing = || Trouble::ProcessType(kind.to_owned(), process.name.to_owned());
        Ok((process, process.kind(kind).ok_or_else(missing)?))
    }

    fn read_process(&self, call: &Call<'_>, place: &Place) -> Result<Json, Refusal> {
        let expand = call.request.query("$expand").unwrap_or("");
        let projects = expand == "1" || expand.to_lowercase().contains("projects");
        let base = call.base.as_str();
        let shelf = |process| Shelf { base, process };
        let info = |p| shelf(p).process_json(&self.organization, projects);
        match place {
            Place::Processes(None) => {
                Ok(rows(self.organization.processes.iter().map(info).collect()))
            }
            Place::Processes(Some(id)) => Ok(info(self.one_process(id)?)),
            Place::Behaviors(process, wanted) => {
                let shelf = shelf(self.one_process(process)?);
                let all = shelf.behaviors();
                let Some(wanted) = wanted else {
                    let all = all.into_iter().map(|b| shelf.behavior_json(b));
                    return Ok(rows(all.collect()));
                };
                let found = all.into_iter().find(|b| b.0.eq_ignore_ascii_case(wanted));
                let missing = || Trouble::Stock("The behavior", wanted.clone());
                Ok(shelf.behavior_json(found.ok_or_else(missing)?))
            }
            Place::ProcessTypes(process) => {
                let process = self.one_process(process)?;
                let kinds = process.types.iter();
                Ok(rows(
                    kinds.map(|k| shelf(process).kind_json(k, expand)).collect(),
                ))
            }
            Place::ProcessType(process, kind, part) => {
                let (process, kind) = self.one_kind(process, kind)?;
                self.read_part(shelf(process), kind, part, expand)
            }
            Place::Lists(None) => {
                let lists = self.organization.lists.iter();
                Ok(rows(lists.map(|l| l.row(base)).collect()))
            }
            Place::Lists(Some(id)) => {
                let missing = || Trouble::ListMissing(id.clone());
                Ok(self.list(id).ok_or_else(missing)?.json(base))
            }
            _ => Err(Refusal::Method(call.request.method.to_string())),
        }
    }

    fn read_part(
        &self,
        shelf: Shelf<'_>,
        kind: &Type,
        part: &Part,
        expand: &str,
    ) -> Result<Json, Refusal> {
        let missing = |noun, id: &str| {
            Refusal::from(Trouble::PartMissing(
                noun,
                id.to_owned(),
                kind.name.to_owned(),
            ))
        };
        let picklist = |reference: &str| {
            let custom = self.organization.fields.custom(reference);
            custom.is_some_and(|c| c.picklist.is_some())
        };
        let member = |m| shelf.member_json(kind, m, picklist(m.field.reference));
        let state = |(at, s)| shelf.state_json(kind, at, s);
        match part {
            Part::Whole => Ok(shelf.kind_json(kind, expand)),
            Part::Layout => Ok(shelf.layout(kind)),
            Part::States(None) => Ok(rows(kind.states.iter().enumerate().map(state).collect())),
            Part::States(Some(id)) => {
                let mut all = kind.states.iter().enumerate();
                let found = all.find(|(_, s)| s.id.eq_ignore_ascii_case(id));
                found.map(state).ok_or_else(|| missing("State", id))
            }
            Part::Fields(None) => Ok(rows(kind.members.iter().map(member).collect())),
            Part::Fields(Some(id)) => {
                let mut all = kind.members.iter();
                let found = all.find(|m| m.field.reference.eq_ignore_ascii_case(id));
                found.map(member).ok_or_else(|| missing("Field", id))
            }
            Part::Rules(None) => Ok(rows(shelf.rules(kind))),
            Part::Rules(Some(id)) => {
                let mut all = shelf.rules(kind).into_iter();
                let found = all.find(|r| r["id"] == json!(id.to_lowercase()));
                found.ok_or_else(|| missing("Rule", id))
            }
            Part::Behaviors(None) => Ok(rows(shelf.kind_behaviors(kind))),
            Part::Behaviors(Some(id)) => {
                let mut all = shelf.kind_behaviors(kind).into_iter();
                let found = all.find(|b| b["behavior"]["id"] == json!(id));
                found.ok_or_else(|| missing("Behavior", id))
            }
        }
    }

    /// `GET process/processes[/{id}]`.
    pub(crate) fn core_processes(
        &self,
        call: &Call<'_>,
        wanted: Option<&str>,
    ) -> Result<Json, Refusal> {
        let json = |p: &Process| {
            let url = format!("{}/_apis/process/processes/{}", call.base, p.id);
            json!({
                "id": p.id,
                "name": p.name,
                "description": p.description,
                "isDefault": p.is_default,
                "type": p.origin().wire(),
                "url": url,
                "_links": {"self": {"href": url}},
            })
        };
        match wanted {
            None => Ok(rows(self.organization.processes.iter().map(json).collect())),
            Some(id) => Ok(json(self.one_process(id)?)),
        }
    }
}
