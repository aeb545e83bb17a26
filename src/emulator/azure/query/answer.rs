//! Reading stored queries.

use http::Method;
use serde_json::{Value as Json, json};

use super::{MINE, SHARED, Stored};
use crate::azure::Services;
use crate::azure::call::Call;
use crate::azure::error::Refusal;
use crate::azure::fields::with_deleted;
use crate::azure::guid;
use crate::azure::identity::Who;
use crate::azure::limit;
use crate::azure::place::Place;
use crate::azure::time;
use crate::azure::trouble::Trouble;
use crate::azure::wiql::parser;
use crate::azure::wiql::{Query, Shape, clauses};
use crate::azure::word;
use crate::site::Response;

/// How much of a query an answer shows (`$expand`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Expand {
    /// Names and dates.
    None,
    /// The text too.
    Wiql,
    /// The text's parts.
    Clauses,
    /// Both.
    All,
    /// Names alone.
    Minimal,
}

impl Expand {
    fn parse(text: &str) -> Result<Self, Refusal> {
        let words = ["none", "wiql", "clauses", "all", "minimal"];
        Ok(match word::of("$expand", text, &words)? {
            "wiql" => Expand::Wiql,
            "clauses" => Expand::Clauses,
            "all" => Expand::All,
            "minimal" => Expand::Minimal,
            _ => Expand::None,
        })
    }
}

impl Services {
    /// Answers what is asked of stored queries.
    pub(crate) fn queries(&mut self, call: &Call<'_>, place: &Place) -> Result<Response, Refusal> {
        let project = self.placed(call)?.0;
        self.roots_of(project, call.caller);
        let ok = |json: Json| Response::json(200, &json);
        match (&call.request.method, place) {
            (&Method::GET, Place::Queries(None)) => self.list_queries(call, project).map(ok),
            (&Method::GET, Place::Queries(Some(name))) => self.read_query(call, name).map(ok),
            (&Method::POST, Place::QueriesBatch) => self.batch_queries(call).map(ok),
            (&Method::GET | &Method::HEAD, Place::StoredQuery(id)) => {
                self.run_query(call, id).map(ok)
            }
            (&Method::POST, Place::Queries(parent)) => {
                self.add_query(call, parent.as_deref().unwrap_or(""))
            }
            (&Method::PATCH, Place::Queries(Some(name))) => self.edit_query(call, name),
            (&Method::DELETE, Place::Queries(Some(name))) => self.delete_query(call, name),
            (method, _) => Err(Refusal::Method(method.to_string())),
        }
    }

    /// Makes the two roots that a caller sees in a project, if they are not there yet.
    fn roots_of(&mut self, project: usize, caller: usize) {
        let start = self.options.start_ms;
        for (name, owner) in [(MINE, Some(caller)), (SHARED, None)] {
            let id = root_id(project, owner);
            if self.shelf.get(&id).is_none() {
                self.shelf.put(Stored {
                    id,
                    project,
                    owner,
                    parent: None,
                    name: name.to_owned(),
                    wiql: None,
                    created: (caller, start),
                    modified: (caller, start),
                    executed: None,
                    deleted: false,
                });
            }
        }
    }

    /// A query or folder by id or by path, that the caller may see.
    pub(super) fn stored(&self, call: &Call<'_>, name: &str) -> Result<&Stored, Refusal> {
        let missing = || Refusal::from(Trouble::QueryMissing(name.to_owned()));
        let project = self.placed(call)?.0;
        if guid::is(name) {
            let found = self.shelf.get(name).filter(|s| s.project == project);
            let own = found.filter(|s| s.owner.is_none_or(|owner| owner == call.caller));
            let shown = own.filter(|s| !s.deleted || with_deleted(call) || writes(call));
            return shown.ok_or_else(missing);
        }
        let mut names = name.split('/').filter(|n| !n.is_empty());
        let first = names.next().unwrap_or("");
        let owner = if first.eq_ignore_ascii_case(MINE) {
            Some(call.caller)
        } else if first.eq_ignore_ascii_case(SHARED) {
            None
        } else {
            return Err(missing());
        };
        let root = root_id(project, owner);
        let mut stored = self.shelf.get(&root).ok_or_else(missing)?;
        for name in names {
            let children = self.shelf.children(&stored.id, with_deleted(call));
            let lower = name.to_lowercase();
            let child = children
                .into_iter()
                .find(|c| c.name.to_lowercase() == lower);
            stored = child.ok_or_else(missing)?;
        }
        Ok(stored)
    }

    fn list_queries(&self, call: &Call<'_>, project: usize) -> Result<Json, Refusal> {
        if let Some(filter) = call.request.query("$filter") {
            return self.search_queries(call, project, filter);
        }
        let (expand, depth) = (expand(call)?, query_depth(call)?);
        let roots = [root_id(project, Some(call.caller)), root_id(project, None)];
        let rows: Vec<Json> = roots
            .iter()
            .filter_map(|id| self.shelf.get(id))
            .map(|root| self.query_json(call, root, expand, depth))
            .collect();
        Ok(json!({"count": rows.len(), "value": rows}))
    }

    /// `$filter`: queries whose name contains the text.
    fn search_queries(
        &self,
        call: &Call<'_>,
        project: usize,
        filter: &str,
    ) -> Result<Json, Refusal> {
        let expand = expand(call)?;
        let top = match call.request.query("$top") {
            None => 50,
            Some(text) => text
                .parse::<usize>()
                .map_err(|_| Refusal::Invalid(format!("$top '{text}' is no number.")))?,
        };
        let lower = filter.to_lowercase();
        let mut found: Vec<&Stored> = self
            .shelf
            .all()
            .filter(|s| s.project == project && s.wiql.is_some())
            .filter(|s| s.owner.is_none_or(|owner| owner == call.caller))
            .filter(|s| !s.deleted || with_deleted(call))
            .filter(|s| s.name.to_lowercase().contains(&lower))
            .collect();
        found.sort_by_key(|s| (self.shelf.path(s).to_lowercase(), s.id.clone()));
        let more = found.len() > top;
        let rows: Vec<Json> = found
            .into_iter()
            .take(top)
            .map(|s| self.query_json(call, s, expand, 0))
            .collect();
        Ok(json!({"count": rows.len(), "hasMore": more, "value": rows}))
    }

    fn read_query(&self, call: &Call<'_>, name: &str) -> Result<Json, Refusal> {
        let stored = self.stored(call, name)?;
        Ok(self.query_json(call, stored, expand(call)?, query_depth(call)?))
    }

    fn batch_queries(&self, call: &Call<'_>) -> Result<Json, Refusal> {
        let body = call.body()?;
        let ids = body.get("ids").and_then(Json::as_array);
        let ids = ids.filter(|ids| !ids.is_empty() && ids.len() <= limit::QUERY_BATCH);
        let wrong = || Refusal::Invalid("ids must name 1 to 1000 queries.".into());
        let ids: Option<Vec<&str>> = ids.ok_or_else(wrong)?.iter().map(Json::as_str).collect();
        let expand = Expand::parse(&word::in_body(&body, "$expand"))?;
        let omit = word::omits(&word::in_body(&body, "errorPolicy"))?;
        let mut rows = Vec::new();
        for id in ids.ok_or_else(wrong)? {
            match self.stored(call, id) {
                Ok(stored) => rows.push(self.query_json(call, stored, expand, 0)),
                Err(_) if omit => {}
                Err(refusal) => return Err(refusal),
            }
        }
        Ok(json!({"count": rows.len(), "value": rows}))
    }

    /// `GET wiql/{id}`: the result of a stored query.
    fn run_query(&mut self, call: &Call<'_>, id: &str) -> Result<Json, Refusal> {
        let stored = self.stored(call, id)?;
        let folder = || Trouble::QueryItem(format!("{id} is a folder."));
        let text = stored.wiql.clone().ok_or_else(folder)?;
        let answer = self.ask(call, &text)?;
        if let Some(stored) = self.shelf.get_mut(id) {
            stored.executed = Some((call.caller, call.now));
        }
        Ok(answer)
    }

    pub(super) fn query_json(
        &self,
        call: &Call<'_>,
        stored: &Stored,
        expand: Expand,
        depth: usize,
    ) -> Json {
        let base = &call.base;
        let project = self.organization.project(stored.project);
        let guid = project.map_or("", |p| p.guid);
        let url = format!("{base}/{guid}/_apis/wit/queries/{}", stored.id);
        let mut json = json!({
            "id": stored.id,
            "name": stored.name,
            "path": self.shelf.path(stored),
            "isPublic": stored.owner.is_none(),
            "url": url,
        });
        if stored.deleted {
            json["isDeleted"] = json!(true);
        }
        let children = self.shelf.children(&stored.id, with_deleted(call));
        if stored.wiql.is_none() {
            json["isFolder"] = json!(true);
            json["hasChildren"] = json!(!children.is_empty());
        }
        if expand != Expand::Minimal {
            self.add_history(call, stored, &mut json, &url);
        }
        if let Some(text) = &stored.wiql {
            self.add_parts(call, text, expand, &mut json);
        }
        if depth > 0 && !children.is_empty() {
            json["children"] = children
                .into_iter()
                .map(|child| self.query_json(call, child, expand, depth - 1))
                .collect();
        }
        json
    }

    fn add_history(&self, call: &Call<'_>, stored: &Stored, json: &mut Json, url: &str) {
        let person = |who: usize| {
            self.organization
                .people
                .reference(&Who::Member(who), &call.base)
        };
        json["createdBy"] = person(stored.created.0);
        json["createdDate"] = json!(time::text(stored.created.1));
        json["lastModifiedBy"] = person(stored.modified.0);
        json["lastModifiedDate"] = json!(time::text(stored.modified.1));
        if let Some((who, at)) = stored.executed {
            json["lastExecutedBy"] = person(who);
            json["lastExecutedDate"] = json!(time::text(at));
        }
        let mut links = json!({"self": {"href": url}});
        if stored.wiql.is_some() {
            let project = self.organization.project(stored.project);
            let guid = project.map_or("", |p| p.guid);
            let base = &call.base;
            links["html"] = json!({"href": format!("{base}/{guid}/_queries/query/{}", stored.id)});
            links["wiql"] = json!({"href": format!("{base}/{guid}/_apis/wit/wiql/{}", stored.id)});
        }
        if let Some(parent) = &stored.parent {
            let parent = url.replace(&stored.id, parent);
            links["parent"] = json!({"href": parent});
        }
        json["_links"] = links;
    }

    fn add_parts(&self, call: &Call<'_>, text: &str, expand: Expand, json: &mut Json) {
        let parsed = self.parsed(call, text);
        if let Ok(query) = &parsed {
            json["queryType"] = json!(query_type(query));
        } else {
            json["isInvalidSyntax"] = json!(true);
        }
        if matches!(expand, Expand::Wiql | Expand::All) {
            json["wiql"] = json!(text);
        }
        if let (Ok(query), Expand::Clauses | Expand::All) = (&parsed, expand) {
            clauses::describe(query, &call.base, &self.organization, json);
        }
    }

    /// A query's text, read as the caller would ask it.
    pub(super) fn parsed(&self, call: &Call<'_>, text: &str) -> Result<Query, Refusal> {
        let mut setting = self.setting(call, true)?;
        // A stored query may speak of the current iteration; which team asks is seen when it runs.
        if setting.team.is_none() {
            let project = call.project.and_then(|p| self.organization.project(p));
            setting.team = project.and_then(|p| p.team(None));
        }
        parser::parse(text, setting)
    }
}

fn query_type(query: &Query) -> &'static str {
    match &query.shape {
        Shape::Flat(_) => "flat",
        Shape::Links(links) if links.tree.is_some() => "tree",
        Shape::Links(_) => "oneHop",
    }
}

fn writes(call: &Call<'_>) -> bool {
    call.request.method == Method::PATCH
}

pub(super) fn expand(call: &Call<'_>) -> Result<Expand, Refusal> {
    Expand::parse(call.request.query("$expand").unwrap_or(""))
}

fn query_depth(call: &Call<'_>) -> Result<usize, Refusal> {
    let text = call.request.query("$depth").unwrap_or("0");
    match text.parse() {
        Ok(depth) if depth <= limit::QUERY_READ_DEPTH => Ok(depth),
        _ => Err(Refusal::Invalid(format!(
            "$depth '{text}' is not between 0 and {}.",
            limit::QUERY_READ_DEPTH
        ))),
    }
}

pub(super) fn root_id(project: usize, owner: Option<usize>) -> String {
    let owner = owner.map_or_else(|| "shared".to_owned(), |o| o.to_string());
    guid::of(&["queries", &project.to_string(), &owner])
}
