//! Fields that people add, change, delete and restore.

use http::Method;
use serde_json::{Value as Json, json};

use super::Services;
use super::call::Call;
use super::dictionary::Custom;
use super::error::Refusal;
use super::feed::is_true;
use super::field::{Field, Kind};
use super::intern;
use super::limit;
use super::metadata::missing_field;
use super::trouble::Trouble;
use crate::site::Response;

impl Services {
    /// `GET fields[/{field}]`.
    pub(crate) fn fields(&self, call: &Call<'_>, wanted: Option<&str>) -> Result<Json, Refusal> {
        let dictionary = &self.organization.fields;
        let Some(wanted) = wanted else {
            let mut rows: Vec<Json> = dictionary.all().map(|f| self.field_json(call, f)).collect();
            let expand = call.request.query("$expand").unwrap_or("");
            if expand.eq_ignore_ascii_case("includeDeleted") || expand == "2" {
                rows.extend(dictionary.deleted().map(|c| self.field_json(call, c.field)));
            }
            return Ok(json!({"count": rows.len(), "value": rows}));
        };
        let found = dictionary.by_any_name(wanted);
        let found = found.ok_or_else(|| missing_field(wanted))?;
        Ok(self.field_json(call, found))
    }

    /// A field with what only added fields have.
    pub(crate) fn field_json(&self, call: &Call<'_>, f: &Field) -> Json {
        let mut json = f.json(&call.base);
        json["isLocked"] = json!(false);
        json["isDeleted"] = json!(false);
        if let Some(custom) = self.organization.fields.custom(f.reference) {
            json["description"] = json!(custom.description);
            json["isLocked"] = json!(custom.locked);
            json["isDeleted"] = json!(custom.deleted);
            json["isPicklist"] = json!(custom.picklist.is_some());
            json["isPicklistSuggested"] = json!(custom.suggested);
            if let Some(list) = &custom.picklist {
                json["picklistId"] = json!(list);
            }
        }
        json
    }

    /// A write at `fields[/{field}]`.
    pub(crate) fn change_field(
        &mut self,
        call: &Call<'_>,
        wanted: Option<&str>,
    ) -> Result<Response, Refusal> {
        self.administers(call, "Edit process")?;
        match (&call.request.method, wanted) {
            (&Method::POST, None) => self.add_field(call),
            (&Method::PATCH, Some(name)) => self.update_field(call, name),
            (&Method::DELETE, Some(name)) => self.delete_field(name),
            (method, _) => Err(Refusal::Method(method.to_string())),
        }
    }

    fn add_field(&mut self, call: &Call<'_>) -> Result<Response, Refusal> {
        let body = call.body()?;
        let text = |key: &str| body.get(key).and_then(Json::as_str).unwrap_or("").trim();
        let name = text("name");
        let wrong = |why: String| Refusal::from(Trouble::Field(why));
        let letters = |c: char| c.is_alphanumeric() || matches!(c, ' ' | '_' | '-' | '(' | ')');
        if name.is_empty() || name.chars().count() > 128 || !name.chars().all(letters) {
            return Err(wrong(format!("name '{name}' is not valid.")));
        }
        let reference = match text("referenceName") {
            "" => format!("Custom.{}", joined(name)),
            given => given.to_owned(),
        };
        let part = |p: &str| {
            p.starts_with(|c: char| c.is_ascii_alphabetic())
                && p.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        };
        let reserved = ["system.", "microsoft."];
        let lower = reference.to_lowercase();
        if !reference.contains('.')
            || !reference.split('.').all(part)
            || reserved.iter().any(|r| lower.starts_with(r))
            || reference.len() > 128
        {
            return Err(wrong(format!("reference name '{reference}' is not valid.")));
        }
        let kind = kind(text("type")).ok_or_else(|| {
            wrong(format!(
                "type '{}' is not one that can be added.",
                text("type")
            ))
        })?;
        let dictionary = &self.organization.fields;
        let taken = dictionary.by_any_name(name).is_some()
            || dictionary.by_reference(&reference).is_some()
            || dictionary.custom(name).is_some()
            || dictionary.custom(&reference).is_some();
        if taken {
            return Err(Trouble::Taken(name.to_owned()).into());
        }
        if dictionary.added() >= limit::CUSTOM_FIELDS {
            return Err(Trouble::Limit("fields", limit::CUSTOM_FIELDS).into());
        }
        let picklist = body.get("picklistId").and_then(Json::as_str);
        if let Some(list) = picklist
            && self.list(list).is_none()
        {
            return Err(Trouble::ListMissing(list.to_owned()).into());
        }
        let flag = |key: &str| body.get(key).and_then(Json::as_bool).unwrap_or(false);
        let custom = Custom {
            field: intern::field(&reference, name, kind),
            description: text("description").to_owned(),
            picklist: picklist.map(str::to_owned),
            suggested: flag("isPicklistSuggested"),
            locked: flag("isLocked"),
            deleted: false,
        };
        let field = custom.field;
        self.organization.fields.add(custom);
        Ok(Response::json(200, &self.field_json(call, field)))
    }

    fn update_field(&mut self, call: &Call<'_>, name: &str) -> Result<Response, Refusal> {
        let body = call.body()?;
        let stock = self.organization.fields.by_any_name(name).is_some();
        let Some(custom) = self.organization.fields.custom_mut(name) else {
            return Err(if stock {
                Trouble::Field(format!("'{name}' is a system field.")).into()
            } else {
                missing_field(name)
            });
        };
        let flag = |key: &str| body.get(key).and_then(Json::as_bool);
        match (flag("isDeleted"), flag("isLocked")) {
            (None, None) => {
                return Err(Refusal::Invalid(
                    "a field's update says isDeleted or isLocked.".into(),
                ));
            }
            (deleted, locked) => {
                custom.deleted = deleted.unwrap_or(custom.deleted);
                custom.locked = locked.unwrap_or(custom.locked);
            }
        }
        let field = custom.field;
        Ok(Response::json(200, &self.field_json(call, field)))
    }

    fn delete_field(&mut self, name: &str) -> Result<Response, Refusal> {
        let stock = self.organization.fields.by_any_name(name).is_some();
        let custom = self.organization.fields.custom_mut(name);
        let custom = custom.filter(|c| !c.deleted);
        let Some(custom) = custom else {
            return Err(if stock {
                Trouble::Field(format!("'{name}' is a system field.")).into()
            } else {
                missing_field(name)
            });
        };
        if custom.locked {
            return Err(Trouble::Field(format!("'{name}' is locked.")).into());
        }
        custom.deleted = true;
        let reference = custom.field.reference;
        for process in &mut self.organization.processes {
            for kind in &mut process.types {
                kind.members.retain(|m| m.field.reference != reference);
            }
        }
        Ok(Response::empty(204))
    }

    /// `GET workitemicons[/{icon}]`.
    pub(crate) fn icons(&self, call: &Call<'_>, wanted: Option<&str>) -> Result<Json, Refusal> {
        let kinds = self.organization.processes.iter().flat_map(|p| &p.types);
        let mut all: Vec<&str> = kinds.map(|k| k.icon.as_str()).collect();
        all.sort_unstable();
        all.dedup();
        let json = |id: &str| {
            let color = call.request.query("color").unwrap_or("000000");
            let url = format!(
                "{}/_apis/wit/workItemIcons/{id}?color={color}&v=2",
                call.base
            );
            json!({"id": id, "url": url})
        };
        let Some(wanted) = wanted else {
            let rows: Vec<Json> = all.into_iter().map(json).collect();
            return Ok(json!({"count": rows.len(), "value": rows}));
        };
        let found = all.into_iter().find(|id| id.eq_ignore_ascii_case(wanted));
        let missing = || Trouble::Stock("The work item icon", wanted.to_owned());
        Ok(found.map(json).ok_or_else(missing)?)
    }

    /// `GET workitemtransitions?ids=&action=checkin`: the next state of each item, where check-in
    /// knows one.
    pub(crate) fn next_states(&self, call: &Call<'_>) -> Result<Json, Refusal> {
        let ids = call.request.query("ids").unwrap_or("");
        let action = call.request.query("action").unwrap_or("checkin");
        if !action.eq_ignore_ascii_case("checkin") {
            return Err(Refusal::Invalid(format!("action '{action}' is not known.")));
        }
        let ids: Vec<&str> = ids.split(',').map(str::trim).collect();
        if ids.len() > limit::BATCH_IDS {
            return Err(Refusal::BatchSize(ids.len()));
        }
        let mut rows = Vec::new();
        for text in ids.into_iter().filter(|t| !t.is_empty()) {
            let id = text.parse();
            let id = id.map_err(|_| Refusal::Invalid(format!("'{text}' is no work item id.")))?;
            rows.push(match self.visible(call, id) {
                Ok(item) => json!({"id": id, "stateOnTransition": self.after_checkin(item)}),
                Err(refusal) => json!({
                    "id": id,
                    "errorCode": "404",
                    "message": refusal.to_string(),
                }),
            });
        }
        Ok(json!({"count": rows.len(), "value": rows}))
    }

    fn after_checkin(&self, item: &super::item::Item) -> Option<&'static str> {
        use super::kind::Category;
        let latest = item.latest()?;
        let kind = latest.fields.text(super::field::TYPE);
        let kind = self.organization.kind(latest.project, kind)?;
        let state = latest.fields.text(super::field::STATE);
        if kind.category(state) != Some(Category::InProgress) {
            return None;
        }
        let done = |c: Category| matches!(c, Category::Resolved | Category::Completed);
        let next = kind.shown().find(|s| done(s.category));
        next.map(|s| s.name)
    }
}

/// Words of a name as one word.
fn joined(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).collect()
}

/// The kind of a field that people add.
fn kind(wire: &str) -> Option<Kind> {
    match wire.to_lowercase().as_str() {
        "" | "string" | "pickliststring" => Some(Kind::Line),
        "picklistinteger" | "integer" => Some(Kind::Integer),
        "picklistdouble" | "double" => Some(Kind::Double),
        "datetime" => Some(Kind::Time),
        "html" | "plaintext" => Some(Kind::Rich),
        "boolean" => Some(Kind::Flag),
        "identity" => Some(Kind::Person),
        _ => None,
    }
}

/// Whether a parameter asks for deleted things too.
pub(crate) fn with_deleted(call: &Call<'_>) -> bool {
    is_true(call.request.query("$includeDeleted"))
}
