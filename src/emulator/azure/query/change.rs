//! Writing stored queries: create, rename, move, change the text, delete, restore.

use serde_json::Value as Json;

use super::Stored;
use super::answer::Expand;
use crate::azure::Services;
use crate::azure::call::Call;
use crate::azure::error::Refusal;
use crate::azure::feed::is_true;
use crate::azure::limit;
use crate::azure::trouble::Trouble;
use crate::site::Response;

impl Services {
    /// Shared folders are changed by those who may write; everybody changes their own.
    fn may_change(&self, call: &Call<'_>, stored: &Stored) -> Result<(), Refusal> {
        let own = stored.owner == Some(call.caller);
        if own || stored.owner.is_none() && self.organization.people.may_write(call.caller) {
            return Ok(());
        }
        Err(Trouble::QueryPermission(stored.name.clone()).into())
    }

    /// A POST makes a query or a folder in a folder, or moves the one whose id it names there.
    pub(super) fn add_query(&mut self, call: &Call<'_>, parent: &str) -> Result<Response, Refusal> {
        let body = call.body()?;
        let text = |key: &str| body.get(key).and_then(Json::as_str);
        let folder = self.stored(call, parent)?.clone();
        if folder.wiql.is_some() {
            return Err(Trouble::QueryItem(format!("{parent} is not a folder.")).into());
        }
        self.may_change(call, &folder)?;
        if let (Some(id), None) = (text("id"), text("wiql")) {
            return self.move_query(call, id, &folder);
        }
        let name = text("name").unwrap_or("");
        let is_folder = body.get("isFolder").and_then(Json::as_bool) == Some(true);
        let wiql = text("wiql").filter(|_| !is_folder);
        self.check_name(&folder, name, None)?;
        if !is_folder {
            let given = || Trouble::QueryItem("a query needs its wiql.".into());
            self.parsed(call, wiql.ok_or_else(given)?)?;
        }
        if is_folder && self.shelf.above(&folder).len() >= limit::FOLDER_LEVELS {
            return Err(Trouble::Limit("levels of folders", limit::FOLDER_LEVELS).into());
        }
        if self.shelf.len() >= limit::QUERIES {
            return Err(Trouble::Limit("queries", limit::QUERIES).into());
        }
        let stored = Stored {
            id: self.organization.fresh_id("query"),
            project: folder.project,
            owner: folder.owner,
            parent: Some(folder.id.clone()),
            name: name.to_owned(),
            wiql: wiql.map(str::to_owned),
            created: (call.caller, call.now),
            modified: (call.caller, call.now),
            executed: None,
            deleted: false,
        };
        let answer = self.query_json(call, &stored, Expand::All, 0);
        if !is_true(call.request.query("validateWiqlOnly")) {
            self.shelf.put(stored);
        }
        Ok(Response::json(201, &answer))
    }

    /// Names are unique in a folder, whatever their case.
    fn check_name(&self, folder: &Stored, name: &str, own: Option<&str>) -> Result<(), Refusal> {
        let wrong = name.trim().is_empty()
            || name.chars().count() > limit::NAME_CHARS
            || name.contains(['/', '\\', '*', '?', '"', '<', '>', '|', ';', ':', '+'])
            || name.chars().any(char::is_control);
        if wrong {
            return Err(Trouble::QueryItem(format!("name '{name}' is not valid.")).into());
        }
        let children = self.shelf.children(&folder.id, false);
        let others = || children.iter().filter(|c| Some(c.id.as_str()) != own);
        let lower = name.to_lowercase();
        if others().any(|c| c.name.to_lowercase() == lower) {
            return Err(Trouble::QueryTaken(name.to_owned()).into());
        }
        if others().count() >= limit::FOLDER_QUERIES {
            return Err(Trouble::Limit("queries in a folder", limit::FOLDER_QUERIES).into());
        }
        Ok(())
    }

    fn move_query(
        &mut self,
        call: &Call<'_>,
        id: &str,
        folder: &Stored,
    ) -> Result<Response, Refusal> {
        let stored = self.stored(call, id)?.clone();
        self.may_change(call, &stored)?;
        if stored.parent.is_none() {
            return Err(Trouble::QueryItem("a root folder stays where it is.".into()).into());
        }
        let inside = folder.id == stored.id || self.shelf.below(&stored.id).contains(&folder.id);
        if inside {
            return Err(Trouble::QueryItem("a folder cannot be moved into itself.".into()).into());
        }
        self.check_name(folder, &stored.name, Some(&stored.id))?;
        for id in self.shelf.below(&stored.id) {
            if let Some(child) = self.shelf.get_mut(&id) {
                child.owner = folder.owner;
            }
        }
        if let Some(slot) = self.shelf.get_mut(&stored.id) {
            slot.parent = Some(folder.id.clone());
            slot.owner = folder.owner;
            slot.modified = (call.caller, call.now);
        }
        self.answer_query(call, &stored.id, 200)
    }

    fn answer_query(&self, call: &Call<'_>, id: &str, status: u16) -> Result<Response, Refusal> {
        let missing = || Trouble::QueryMissing(id.to_owned());
        let stored = self.shelf.get(id).ok_or_else(missing)?;
        let json = self.query_json(call, stored, Expand::All, 0);
        Ok(Response::json(status, &json))
    }

    /// A PATCH renames, changes the text, or brings back what was deleted.
    pub(super) fn edit_query(&mut self, call: &Call<'_>, name: &str) -> Result<Response, Refusal> {
        let body = call.body()?;
        let stored = self.stored(call, name)?.clone();
        self.may_change(call, &stored)?;
        let text = |key: &str| body.get(key).and_then(Json::as_str);
        let Some(parent) = stored.parent.as_deref().and_then(|id| self.shelf.get(id)) else {
            return Err(Trouble::QueryItem("a root folder cannot be changed.".into()).into());
        };
        let revives = body.get("isDeleted").and_then(Json::as_bool) == Some(false);
        if stored.deleted && !revives {
            return Err(Trouble::QueryMissing(name.to_owned()).into());
        }
        let new_name = text("name").unwrap_or(&stored.name);
        if new_name != stored.name || revives && stored.deleted {
            self.check_name(parent, new_name, Some(&stored.id))?;
        }
        if revives && parent.deleted {
            return Err(Trouble::QueryItem("its folder is deleted.".into()).into());
        }
        if let Some(wiql) = text("wiql") {
            if stored.wiql.is_none() {
                return Err(Trouble::QueryItem("a folder has no wiql.".into()).into());
            }
            self.parsed(call, wiql)?;
        }
        if revives && is_true(call.request.query("$undeleteDescendants")) {
            for id in self.shelf.below(&stored.id) {
                if let Some(child) = self.shelf.get_mut(&id) {
                    child.deleted = false;
                }
            }
        }
        let (new_name, new_text) = (new_name.to_owned(), text("wiql").map(str::to_owned));
        if let Some(slot) = self.shelf.get_mut(&stored.id) {
            slot.name = new_name;
            slot.wiql = new_text.or_else(|| slot.wiql.take());
            slot.modified = (call.caller, call.now);
            if revives {
                slot.deleted = false;
            }
        }
        self.answer_query(call, &stored.id, 200)
    }

    /// A DELETE hides the item with all below it; it can be brought back. What is deleted already
    /// goes for ever.
    pub(super) fn delete_query(
        &mut self,
        call: &Call<'_>,
        name: &str,
    ) -> Result<Response, Refusal> {
        let stored = self.stored(call, name)?.clone();
        self.may_change(call, &stored)?;
        if stored.parent.is_none() {
            return Err(Trouble::QueryItem("a root folder cannot be deleted.".into()).into());
        }
        if stored.deleted {
            self.shelf.destroy(&stored.id);
            return Ok(Response::empty(204));
        }
        for id in self.shelf.below(&stored.id).into_iter().chain([stored.id]) {
            if let Some(slot) = self.shelf.get_mut(&id) {
                slot.deleted = true;
            }
        }
        Ok(Response::empty(204))
    }
}
