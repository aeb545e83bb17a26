//! Deleting many items at once (azure.md 8.5): each has its own result, and one that fails stops no other.

use serde_json::{Value as Json, json};

use super::Services;
use super::call::Call;
use super::error::Refusal;
use super::limit;
use super::permission::{self, Right};
use crate::ledger::Ledger;

impl Services {
    /// `POST workitemsdelete`.
    ///
    /// # Errors
    /// A body without ids or with too many, a permission that is missing.
    pub(crate) fn delete_many(
        &mut self,
        call: &Call<'_>,
        ledger: &mut Ledger,
    ) -> Result<Json, Refusal> {
        let body = call.body()?;
        let flag = |name: &str| body.get(name) == Some(&json!(true));
        let ids = body.get("ids").and_then(Json::as_array);
        let ids: Option<Vec<i64>> = ids.into_iter().flatten().map(Json::as_i64).collect();
        let ids = ids.filter(|ids| !ids.is_empty()).ok_or_else(|| {
            Refusal::Invalid("ids must name at least one work item by its number.".into())
        })?;
        if ids.len() > limit::BATCH_IDS {
            return Err(Refusal::BatchSize(ids.len()));
        }
        let (destroy, silent) = (flag("destroy"), flag("skipNotifications"));
        let people = &self.organization.people;
        if destroy {
            permission::check(people, call.caller, Right::DestroyItems)?;
        }
        if silent {
            permission::check(people, call.caller, Right::SuppressNotifications)?;
        }
        let results: Vec<Json> = ids
            .iter()
            .map(|id| match self.remove(call, *id, (destroy, silent), ledger) {
                Ok(gone) => gone,
                Err(refusal) => json!({
                    "id": id,
                    "code": refusal.status(),
                    "message": refusal.to_string(),
                }),
            })
            .collect();
        Ok(json!({"results": results}))
    }
}
