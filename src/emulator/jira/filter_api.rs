//! `/filter`: saving, finding, changing and removing filters.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::jira::call::{Call, Page};
use crate::jira::filter::{self, Filter, Share};
use crate::jira::jql::compile;
use crate::jira::refusal::{Outcome, Refusal};
use crate::jira::{Cloud, Routed, found, group, scheme};
use crate::limit;
use crate::site::Response;

/// The most characters of a name and of a description.
const NAME_CHARS_MAX: usize = 255;
const DESCRIPTION_CHARS_MAX: usize = 16_384;

/// The most ids by which one search asks.
const IDS_MAX: usize = 200;

/// What a row of a search has only when it is asked for.
const EXPANDED: [&str; 10] = [
    "description",
    "favourite",
    "favouritedCount",
    "jql",
    "owner",
    "searchUrl",
    "sharePermissions",
    "editPermissions",
    "subscriptions",
    "viewUrl",
];

/// Answers a request below `/filter`; nothing where no such resource exists.
pub(crate) fn dispatch(cloud: &mut Cloud, call: &Call<'_>, rest: &[&str]) -> Routed {
    match (call.request.method.as_str(), rest) {
        ("POST", ["filter"]) => found(create(cloud, call)),
        ("GET", ["filter", "search"]) => found(search(cloud, call)),
        ("GET", ["filter", "my"]) => found(Ok(mine(cloud, call))),
        ("GET", ["filter", "favourite"]) => found(Ok(favourites(cloud, call))),
        ("GET", ["filter", id]) => found(one(cloud, call, id)),
        ("PUT", ["filter", id]) => found(edit(cloud, call, id)),
        ("DELETE", ["filter", id]) => found(delete(cloud, call, id)),
        ("PUT", ["filter", id, "favourite"]) => found(favour(cloud, call, id, true)),
        ("DELETE", ["filter", id, "favourite"]) => found(favour(cloud, call, id, false)),
        _ => Ok(None),
    }
}

/// The description of the operations has 400 for a filter that is not there.
fn missing() -> Refusal {
    let text = "The selected filter is not available to you, perhaps it has been deleted or had its permissions changed.";
    Refusal::message(400, text)
}

/// A filter that the caller may use; an administrator may ask for any.
fn known(cloud: &Cloud, call: &Call<'_>, id: &str) -> Result<Filter, Refusal> {
    let every = call.flag("overrideSharePermissions") && call.user.is_admin();
    let filter = id.parse().ok();
    let filter = filter.and_then(|id| filter::found(&cloud.store, id));
    filter
        .filter(|it| every || it.serves(call.user))
        .ok_or_else(missing)
}

/// A filter that the caller may change.
fn own(cloud: &Cloud, call: &Call<'_>, id: &str) -> Result<Filter, Refusal> {
    let filter = known(cloud, call, id)?;
    if filter.is_of_board() {
        let text = "The filter of a board cannot be changed.";
        return Err(Refusal::message(400, text));
    }
    Ok(filter)
}

fn shown(cloud: &Cloud, call: &Call<'_>, filter: &Filter) -> Response {
    Response::json(200, &filter.document(&cloud.view(call)))
}

fn list(cloud: &Cloud, call: &Call<'_>, fits: impl Fn(&Filter) -> bool) -> Response {
    let view = cloud.view(call);
    let all = filter::serving(&cloud.store, call.user);
    let rows = all
        .iter()
        .filter(|it| fits(it))
        .map(|it| it.document(&view));
    Response::json(200, &rows.collect())
}

fn one(cloud: &Cloud, call: &Call<'_>, id: &str) -> Outcome {
    Ok(shown(cloud, call, &known(cloud, call, id)?))
}

fn mine(cloud: &Cloud, call: &Call<'_>) -> Response {
    let with_favourites = call.flag("includeFavourites");
    list(cloud, call, |it| {
        it.owner == call.by() || with_favourites && it.favourites.contains(call.by())
    })
}

fn favourites(cloud: &Cloud, call: &Call<'_>) -> Response {
    list(cloud, call, |it| it.favourites.contains(call.by()))
}

fn create(cloud: &mut Cloud, call: &Call<'_>) -> Outcome {
    let body = call.body()?;
    if !cloud.store.filters.has_room() {
        return Err(Refusal::message(400, "The site has too many filters."));
    }
    let id = cloud.store.filters.new_id();
    let new = Filter {
        id,
        name: String::new(),
        description: String::new(),
        jql: String::new(),
        owner: call.by(),
        shares: Vec::new(),
        editors: Vec::new(),
        favourites: BTreeSet::new(),
    };
    save(cloud, call, new, &body)
}

fn edit(cloud: &mut Cloud, call: &Call<'_>, id: &str) -> Outcome {
    let filter = own(cloud, call, id)?;
    if !filter.is_edited_by(call.user) {
        return Err(Refusal::message(
            400,
            "You do not have permission to edit this filter.",
        ));
    }
    let body = call.body()?;
    save(cloud, call, filter, &body)
}

/// Takes in what the body says, and keeps the filter if all of it is right.
fn save(
    cloud: &mut Cloud,
    call: &Call<'_>,
    mut filter: Filter,
    body: &Map<String, Value>,
) -> Outcome {
    filter.name = name(cloud, &filter, body)?;
    if let Some(text) = text(body, "description", DESCRIPTION_CHARS_MAX)? {
        filter.description = text;
    }
    if let Some(jql) = text(body, "jql", limit::JQL_CHARS_MAX)? {
        filter.jql = jql;
        check(cloud, call, &filter)?;
    }
    let sharing = shares(cloud, call, body, "sharePermissions")?;
    let editing = shares(cloud, call, body, "editPermissions")?;
    match body.get("favourite") {
        None | Some(Value::Null) => {}
        Some(Value::Bool(wanted)) => mark(&mut filter, call.by(), *wanted),
        Some(_) => return Err(Refusal::payload()),
    }
    let filters = &mut cloud.store.filters;
    if let Some(shares) = sharing {
        filter.shares = filters.numbered(shares);
    }
    if let Some(editors) = editing {
        filter.editors = filters.numbered(editors);
    }
    filters.put(filter.clone());
    Ok(shown(cloud, call, &filter))
}

/// Compiles what a filter says with it in place, so that one which comes to refer to itself is refused.
fn check(cloud: &mut Cloud, call: &Call<'_>, filter: &Filter) -> Result<(), Refusal> {
    let before = filter::found(&cloud.store, filter.id);
    cloud.store.filters.put(filter.clone());
    let compiled = compile(&filter.jql, &cloud.setting(call)).map(|_| ());
    match before {
        Some(before) => cloud.store.filters.put(before),
        None => cloud.store.filters.remove(filter.id),
    }
    compiled.map_err(|text| Refusal::message(400, text))
}

fn mark(filter: &mut Filter, account: &'static str, wanted: bool) {
    if wanted {
        filter.favourites.insert(account);
    } else {
        filter.favourites.remove(account);
    }
}

/// The name in the body, which none of the owner's other filters may have.
fn name(cloud: &Cloud, filter: &Filter, body: &Map<String, Value>) -> Result<String, Refusal> {
    let given = text(body, "name", NAME_CHARS_MAX)?.unwrap_or_default();
    let given = given.trim();
    if given.is_empty() {
        let text = "You must specify a name to save this filter as.";
        return Err(Refusal::field("filterName", text));
    }
    if cloud.store.filters.is_taken(given, filter) {
        let text = "Filter with same name already exists.";
        return Err(Refusal::field("filterName", text));
    }
    Ok(given.to_owned())
}

fn text(body: &Map<String, Value>, name: &str, most: usize) -> Result<Option<String>, Refusal> {
    match body.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if text.chars().count() > most => {
            let text = format!("'{name}' must not exceed {most} characters.");
            Err(Refusal::field(name, text))
        }
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(Refusal::payload()),
    }
}

/// The shares in a member of the body; nothing when it is not there.
fn shares(
    cloud: &Cloud,
    call: &Call<'_>,
    body: &Map<String, Value>,
    member: &str,
) -> Result<Option<Vec<Share>>, Refusal> {
    let rows = match body.get(member) {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Array(rows)) => rows,
        Some(_) => return Err(Refusal::payload()),
    };
    if rows.len() > limit::FILTER_SHARES_MAX {
        return Err(Refusal::message(400, "The filter has too many shares."));
    }
    let shares: Result<Vec<Share>, Refusal> =
        rows.iter().map(|row| share(cloud, call, row)).collect();
    shares.map(Some)
}

fn share(cloud: &Cloud, call: &Call<'_>, row: &Value) -> Result<Share, Refusal> {
    let refused = |text: &str| Refusal::field("sharePermissions", text);
    match row["type"].as_str() {
        Some("global") => Ok(Share::Everybody),
        Some("authenticated" | "loggedin") => Ok(Share::SignedIn),
        Some("project") if row["role"].is_null() => {
            let project = row["project"]["id"].as_str().and_then(scheme::project_of);
            let project = project.filter(|it| call.user.sees(it));
            project
                .map(Share::Project)
                .ok_or_else(|| refused("The project does not exist."))
        }
        Some("group") => {
            let group = &row["group"];
            let name = group["groupId"].as_str().or_else(|| group["name"].as_str());
            name.and_then(group::named)
                .map(Share::Group)
                .ok_or_else(|| refused("The group does not exist."))
        }
        Some("user") => {
            let account = row["user"]["accountId"].as_str();
            account
                .and_then(|id| cloud.users.of(id))
                .map(|it| Share::User(it.person.account_id))
                .ok_or_else(|| refused("The user does not exist."))
        }
        _ => Err(refused("The type of the share is not supported.")),
    }
}

fn delete(cloud: &mut Cloud, call: &Call<'_>, id: &str) -> Outcome {
    let filter = own(cloud, call, id)?;
    if filter.owner != call.by() && !call.user.is_admin() {
        return Err(Refusal::message(
            401,
            "You do not have permission to delete this filter.",
        ));
    }
    cloud.store.filters.remove(filter.id);
    Ok(Response::empty(204))
}

fn favour(cloud: &mut Cloud, call: &Call<'_>, id: &str, wanted: bool) -> Outcome {
    let mut filter = own(cloud, call, id)?;
    mark(&mut filter, call.by(), wanted);
    cloud.store.filters.put(filter.clone());
    Ok(shown(cloud, call, &filter))
}

/// `GET /filter/search`.
fn search(cloud: &Cloud, call: &Call<'_>) -> Outcome {
    let asked = Asked::of(call)?;
    let mut rows: Vec<Filter> = filter::serving(&cloud.store, call.user)
        .into_iter()
        .filter(|it| asked.fits(it))
        .collect();
    sort(call, &mut rows)?;
    let view = cloud.view(call);
    let row = |filter: &Filter| {
        let mut document = filter.document(&view);
        if let Some(members) = document.as_object_mut() {
            members.remove("sharedUsers");
            members.retain(|name, _| !EXPANDED.contains(&name.as_str()) || call.expands(name));
            // A row lists its subscribers, where the filter by itself has a page of them.
            if let Some(subscriptions) = members.get_mut("subscriptions") {
                *subscriptions = json!([]);
            }
            members.insert("expand".to_owned(), json!(EXPANDED.join(",")));
        }
        document
    };
    let page = Page::of(call, 50, 100);
    let shown: Vec<Value> = page.cut(&rows).iter().map(row).collect();
    Ok(page.document(&view.link("filter/search"), "values", shown, rows.len()))
}

/// What a search asks for.
struct Asked<'a> {
    name: String,
    is_part: bool,
    owner: Option<&'a str>,
    group: Option<&'a str>,
    project: Option<&'a str>,
    ids: Vec<&'a str>,
}

impl<'a> Asked<'a> {
    fn of(call: &Call<'a>) -> Result<Self, Refusal> {
        let query = |name: &str| call.request.query(name);
        let ids = call.request.query.iter().filter(|(name, _)| name == "id");
        let ids: Vec<&str> = ids.flat_map(|(_, it)| it.split(',')).collect();
        if ids.len() > IDS_MAX {
            let text = format!("At most {IDS_MAX} filters can be asked for by id.");
            return Err(Refusal::message(400, text));
        }
        let both = |one: &str, other: &str| match (query(one), query(other)) {
            (Some(_), Some(_)) => {
                let text = format!("Only one of '{one}' and '{other}' may be given.");
                Err(Refusal::message(400, text))
            }
            (one, other) => Ok(one.or(other)),
        };
        Ok(Self {
            name: query("filterName").unwrap_or_default().to_lowercase(),
            is_part: call.flag("isSubstringMatch"),
            owner: both("accountId", "owner")?,
            group: both("groupId", "groupname")?,
            project: query("projectId"),
            ids,
        })
    }

    fn fits(&self, filter: &Filter) -> bool {
        let shared = |fits: &dyn Fn(&Share) -> bool| filter.shares.iter().any(|(_, it)| fits(it));
        let in_group = |name: &str| {
            let group = group::named(name);
            shared(&|it| matches!(it, Share::Group(one) if group == Some(one)))
        };
        let in_project =
            |id: &str| shared(&|it| matches!(it, Share::Project(one) if one.id.to_string() == id));
        self.names(&filter.name.to_lowercase())
            && self.owner.is_none_or(|it| it == filter.owner)
            && self.group.is_none_or(in_group)
            && self.project.is_none_or(in_project)
            && (self.ids.is_empty() || self.ids.contains(&filter.id.to_string().as_str()))
    }

    /// Whether a part of the name is meant, or every word of it that is asked for.
    fn names(&self, name: &str) -> bool {
        let words: Vec<&str> = name.split_whitespace().collect();
        let mut asked = self.name.split_whitespace();
        if self.is_part {
            name.contains(&self.name)
        } else {
            asked.all(|word| words.contains(&word.trim_matches('"')))
        }
    }
}

/// Sorts by `orderBy`, by name without it.
fn sort(call: &Call<'_>, rows: &mut [Filter]) -> Result<(), Refusal> {
    let order = call.request.query("orderBy").unwrap_or("name");
    let me = call.by();
    match order.trim_start_matches(['+', '-', ' ']) {
        "name" => rows.sort_by_key(|it| it.name.to_lowercase()),
        "description" => rows.sort_by_key(|it| it.description.to_lowercase()),
        "id" => rows.sort_by_key(|it| it.id),
        "owner" => rows.sort_by_key(|it| it.owner),
        "favourite_count" => rows.sort_by_key(|it| it.favourites.len()),
        "is_favourite" => rows.sort_by_key(|it| it.favourites.contains(me)),
        "is_shared" => rows.sort_by_key(|it| !it.shares.is_empty()),
        name => {
            let text = format!("The orderBy value '{name}' is invalid.");
            return Err(Refusal::message(400, text));
        }
    }
    if order.starts_with('-') {
        rows.reverse();
    }
    Ok(())
}
