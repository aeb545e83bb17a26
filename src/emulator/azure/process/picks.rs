//! Writing picklists.

use http::Method;
use serde_json::Value as Json;

use super::change::{flag, process_wrong, text};
use super::list::List;
use crate::azure::Services;
use crate::azure::call::Call;
use crate::azure::error::Refusal;
use crate::azure::intern;
use crate::azure::limit;
use crate::azure::trouble::Trouble;
use crate::site::Response;

impl Services {
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
                Ok(Response::json(200, &json))
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
}
