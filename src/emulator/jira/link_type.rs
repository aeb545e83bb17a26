//! The types of links between issues, which an administrator adds, renames and takes away.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::jira::Cloud;
use crate::jira::call::Call;
use crate::jira::refusal::{Outcome, Refusal};
use crate::jira::view::View;
use crate::ledger::Kind;
use crate::limit;
use crate::site::Response;

/// A type of link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LinkType {
    pub(crate) id: u64,
    /// Unique in any case.
    pub(crate) name: String,
    /// How the issue that the link leads to speaks of it: `is blocked by`.
    pub(crate) inward: String,
    /// How the issue that the link comes from speaks of it: `blocks`.
    pub(crate) outward: String,
}

/// All types of links, by id.
#[derive(Debug)]
pub(crate) struct LinkTypes {
    all: BTreeMap<u64, LinkType>,
    next: u64,
}

/// The id of the first type.
const FIRST: u64 = 10_000;

const USUAL: [(&str, &str, &str); 4] = [
    ("Blocks", "is blocked by", "blocks"),
    ("Cloners", "is cloned by", "clones"),
    ("Duplicate", "is duplicated by", "duplicates"),
    ("Relates", "relates to", "relates to"),
];

impl Default for LinkTypes {
    /// The types of a new site.
    fn default() -> Self {
        let mut types = Self {
            all: BTreeMap::new(),
            next: FIRST,
        };
        for (name, inward, outward) in USUAL {
            types.add(Words {
                name: name.to_owned(),
                inward: inward.to_owned(),
                outward: outward.to_owned(),
            });
        }
        types
    }
}

/// The texts of a type.
struct Words {
    name: String,
    inward: String,
    outward: String,
}

impl LinkTypes {
    pub(crate) fn get(&self, id: u64) -> Option<&LinkType> {
        self.all.get(&id)
    }

    /// All types, by ascending id.
    pub(crate) fn all(&self) -> impl Iterator<Item = &LinkType> {
        self.all.values()
    }

    /// The type that `{"id"}` or `{"name"}` names; names are matched in any case.
    pub(crate) fn named(&self, given: &Value) -> Option<&LinkType> {
        match (&given["id"], &given["name"]) {
            (Value::String(id), _) => self.get(id.parse().ok()?),
            (_, Value::String(name)) => self.by_name(name),
            _ => None,
        }
    }

    fn by_name(&self, name: &str) -> Option<&LinkType> {
        self.all
            .values()
            .find(|it| it.name.to_lowercase() == name.to_lowercase())
    }

    fn add(&mut self, words: Words) -> u64 {
        let id = self.next;
        self.next += 1;
        let new = LinkType {
            id,
            name: words.name,
            inward: words.inward,
            outward: words.outward,
        };
        self.all.insert(id, new);
        id
    }
}

/// A type as answers carry it.
pub(crate) fn document(view: &View<'_>, kind: &LinkType) -> Value {
    json!({
        "id": kind.id.to_string(),
        "name": kind.name,
        "inward": kind.inward,
        "outward": kind.outward,
        "self": view.link(&format!("issueLinkType/{}", kind.id)),
    })
}

/// `/issueLinkType[/{id}]`.
pub(crate) fn answer(cloud: &mut Cloud, call: &Call<'_>, id: Option<&str>) -> Outcome {
    match (call.request.method.as_str(), id) {
        ("GET", None) => {
            let view = cloud.view(call);
            let types = cloud.store.links.types.all.values();
            let rows: Vec<Value> = types.map(|it| document(&view, it)).collect();
            Ok(Response::json(200, &json!({"issueLinkTypes": rows})))
        }
        ("GET", Some(id)) => show(cloud, call, known(cloud, id)?, 200),
        ("POST", None) => create(cloud, call),
        ("PUT", Some(id)) => edit(cloud, call, id),
        ("DELETE", Some(id)) => delete(cloud, call, id),
        _ => Err(Refusal::message(405, "Method Not Allowed")),
    }
}

fn show(cloud: &Cloud, call: &Call<'_>, id: u64, status: u16) -> Outcome {
    let kind = cloud.store.links.types.get(id).ok_or_else(missing)?;
    Ok(Response::json(status, &document(&cloud.view(call), kind)))
}

fn known(cloud: &Cloud, id: &str) -> Result<u64, Refusal> {
    let wrong = || {
        Refusal::message(
            400,
            format!("The issue link type id '{id}' is not a number."),
        )
    };
    let id: u64 = id.parse().map_err(|_| wrong())?;
    let kind = cloud.store.links.types.get(id);
    kind.map(|it| it.id).ok_or_else(missing)
}

fn missing() -> Refusal {
    Refusal::message(404, "No issue link type with this id was found.")
}

/// Only an administrator changes the types; to others they look as if they were not there.
fn admit(call: &Call<'_>) -> Result<(), Refusal> {
    if call.user.is_admin() {
        return Ok(());
    }
    Err(Refusal::message(
        404,
        "You do not have permission to administer issue link types.",
    ))
}

fn word(body: &Map<String, Value>, name: &str) -> Result<Option<String>, Refusal> {
    match body.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if text.trim().is_empty() || text.chars().count() > 255 => {
            Err(Refusal::field(
                name,
                format!("'{name}' must have between 1 and 255 characters."),
            ))
        }
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(Refusal::payload()),
    }
}

fn create(cloud: &mut Cloud, call: &Call<'_>) -> Outcome {
    admit(call)?;
    let body = call.body()?;
    let need = |name: &str| {
        word(&body, name)?.ok_or_else(|| Refusal::field(name, format!("'{name}' is required.")))
    };
    let words = Words {
        name: need("name")?,
        inward: need("inward")?,
        outward: need("outward")?,
    };
    let types = &mut cloud.store.links.types;
    if types.by_name(&words.name).is_some() {
        return Err(taken(&words.name));
    }
    if types.all.len() >= limit::LINK_TYPES_MAX {
        return Err(Refusal::message(
            400,
            "There are too many issue link types.",
        ));
    }
    let id = types.add(words);
    cloud.enter(call, Kind::Link, id, None);
    show(cloud, call, id, 201)
}

/// The name is in use: 404 by the description of the operation.
fn taken(name: &str) -> Refusal {
    Refusal::message(404, format!("The issue link type name '{name}' is in use."))
}

fn edit(cloud: &mut Cloud, call: &Call<'_>, id: &str) -> Outcome {
    admit(call)?;
    let id = known(cloud, id)?;
    let body = call.body()?;
    let (name, inward) = (word(&body, "name")?, word(&body, "inward")?);
    let outward = word(&body, "outward")?;
    let types = &mut cloud.store.links.types;
    let other = |name: &&str| types.by_name(name).is_some_and(|it| it.id != id);
    if let Some(name) = name.as_deref().filter(other) {
        return Err(taken(name));
    }
    let kind = types.all.get_mut(&id).ok_or_else(missing)?;
    kind.name = name.unwrap_or_else(|| kind.name.clone());
    kind.inward = inward.unwrap_or_else(|| kind.inward.clone());
    kind.outward = outward.unwrap_or_else(|| kind.outward.clone());
    cloud.enter(call, Kind::Link, id, None);
    show(cloud, call, id, 200)
}

fn delete(cloud: &mut Cloud, call: &Call<'_>, id: &str) -> Outcome {
    admit(call)?;
    let id = known(cloud, id)?;
    cloud.store.links.types.all.remove(&id);
    cloud.store.links.drop_of_type(id);
    cloud.enter(call, Kind::Link, id, None);
    Ok(Response::empty(204))
}
