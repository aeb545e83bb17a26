//! Taking items away (azure.md 8.5): the recycle bin, restoring, destroying, and many items at once, each with its own
//! result.

use serde_json::{Value as Json, json};

use super::Services;
use super::call::Call;
use super::error::Refusal;
use super::feed::is_true;
use super::field;
use super::hook::Topic;
use super::item::{Item, Revision, Wanted};
use super::limit;
use super::permission::Right;
use super::read;
use super::time;
use super::write::bare_commit;
use crate::ledger::{Kind, Ledger};

impl Services {
    /// `DELETE workitems/{id}`: into the recycle bin, or away for ever.
    pub(crate) fn delete_item(
        &mut self,
        call: &Call<'_>,
        id: i64,
        ledger: &mut Ledger,
    ) -> Result<Json, Refusal> {
        let destroy = is_true(call.request.query("destroy"));
        if destroy {
            self.may_destroy(call)?;
        }
        self.remove(call, id, (destroy, false), ledger)
    }

    /// Puts an item into the recycle bin, or takes it away for ever, with or without telling the service hooks.
    pub(crate) fn remove(
        &mut self,
        call: &Call<'_>,
        id: i64,
        (destroy, silent): (bool, bool),
        ledger: &mut Ledger,
    ) -> Result<Json, Refusal> {
        let item = self.visible(call, id)?;
        let revision = self.bare_revision(call, item, None)?;
        if destroy {
            let gone = self.deleted_json(call, item);
            self.store.destroy(id, call.now);
            self.enter(call, ledger, Kind::Delete, id, None);
            return Ok(gone);
        }
        self.store.commit(bare_commit(
            call,
            id,
            Revision {
                deleted: true,
                ..revision
            },
        ));
        self.store.hide_links(id, true, call.now);
        self.enter(call, ledger, Kind::Delete, id, None);
        if !silent {
            self.publish(call, Topic::Deleted, id);
        }
        Ok(self
            .store
            .any(id)
            .map_or(Json::Null, |item| self.deleted_json(call, item)))
    }

    /// `PATCH recyclebin/{id}` with `{"isDeleted": false}`: back, as a new revision.
    pub(crate) fn restore_item(
        &mut self,
        call: &Call<'_>,
        id: i64,
        ledger: &mut Ledger,
    ) -> Result<Json, Refusal> {
        if call.body()?.get("isDeleted") != Some(&json!(false)) {
            return Err(Refusal::Invalid(
                "a restore says {\"isDeleted\": false}.".into(),
            ));
        }
        let item = self.binned(call, id)?;
        let revision = self.bare_revision(call, item, None)?;
        let answer = self.deleted_json(call, item);
        self.store.commit(bare_commit(
            call,
            id,
            Revision {
                deleted: false,
                ..revision
            },
        ));
        self.store.hide_links(id, false, call.now);
        self.enter(call, ledger, Kind::Restore, id, None);
        self.publish(call, Topic::Restored, id);
        Ok(answer)
    }

    /// `DELETE recyclebin/{id}`.
    pub(crate) fn destroy_item(
        &mut self,
        call: &Call<'_>,
        id: i64,
        ledger: &mut Ledger,
    ) -> Result<(), Refusal> {
        self.binned(call, id)?;
        self.may_destroy(call)?;
        self.store.destroy(id, call.now);
        self.enter(call, ledger, Kind::Delete, id, None);
        Ok(())
    }

    /// An item in the recycle bin that the caller may know of, in the project that the path names if it names one.
    fn binned(&self, call: &Call<'_>, id: i64) -> Result<&Item, Refusal> {
        let item = self.store.binned(id)?;
        self.is_shown(call, item)
            .then_some(item)
            .ok_or(Refusal::ItemMissing(id))
    }

    fn may_destroy(&self, call: &Call<'_>) -> Result<(), Refusal> {
        self.check(call, Right::DestroyItems)
    }

    /// `GET recyclebin[/{id}]`.
    pub(crate) fn read_bin(&self, call: &Call<'_>, id: Option<i64>) -> Result<Json, Refusal> {
        if let Some(id) = id {
            return Ok(self.deleted_json(call, self.binned(call, id)?));
        }
        let binned: Vec<&Item> = self
            .store
            .items()
            .filter(|item| item.is_deleted() && self.is_shown(call, item))
            .collect();
        if binned.len() > limit::QUERY_ROWS {
            return Err(Refusal::QuerySize);
        }
        let rows: Vec<Json> = match call.request.query("ids") {
            None => binned
                .iter()
                .map(|item| {
                    let url = format!("{}/_apis/wit/recycleBin/{}", call.base, item.id);
                    json!({"id": item.id, "url": url})
                })
                .collect(),
            Some(ids) => {
                let ids = read::ids(ids)?;
                let named = binned.iter().filter(|item| ids.contains(&item.id));
                named.map(|item| self.binned_json(call, item)).collect()
            }
        };
        Ok(json!({"count": rows.len(), "value": rows}))
    }

    /// A deleted item without the item itself, as a list of named ones gives it.
    fn binned_json(&self, call: &Call<'_>, item: &Item) -> Json {
        let mut json = self.deleted_json(call, item);
        json.as_object_mut().map(|object| object.remove("resource"));
        json
    }

    fn deleted_json(&self, call: &Call<'_>, item: &Item) -> Json {
        let view = item.view();
        let latest = item.latest();
        let by = latest.map_or_else(String::new, |r| {
            self.organization.people.combined(&r.changed_by)
        });
        let project = latest.and_then(|r| self.organization.project(r.project));
        json!({
            "id": item.id,
            "code": 200,
            "type": view.text(field::TYPE),
            "name": view.text(field::TITLE),
            "project": project.map_or("", |p| p.name),
            "deletedDate": time::american(latest.map_or(0, |r| r.changed_ms)),
            "deletedBy": by,
            "url": format!("{}/_apis/wit/recycleBin/{}", call.base, item.id),
            "resource": view.json(&Wanted::after_write(), self.host(call)),
        })
    }

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
        if destroy {
            self.check(call, Right::DestroyItems)?;
        }
        if silent {
            self.check(call, Right::SuppressNotifications)?;
        }
        let results: Vec<Json> = ids
            .iter()
            .map(
                |id| match self.remove(call, *id, (destroy, silent), ledger) {
                    Ok(gone) => gone,
                    Err(refusal) => json!({
                        "id": id,
                        "code": refusal.status(),
                        "message": refusal.to_string(),
                    }),
                },
            )
            .collect();
        Ok(json!({"results": results}))
    }
}
