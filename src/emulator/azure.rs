//! An organisation of Azure DevOps Services, REST 7.1: work item tracking as azure.md describes it.
//!
//! [`Services`] is one organisation named `acme` with the project `Platform` (process Agile), which
//! holds the sample data, and one more for each process. It answers what public clients ask: the
//! location service, projects, teams, boards, processes, types, fields, queries, people, items with
//! JSON Patch and rules, their updates and revisions, comments, the recycle bin, and both
//! reporting feeds. Anything that a synchroniser trips over on the real service is here from the
//! start: `test /rev` and its 412, tags that merge, HTML that is not stored as it was sent, links
//! that make no revision, feeds with holes, sign-in pages that look like success.
//!
//! Architecture invariant: a write is checked whole before anything is stored, and every revision
//! is made in one place, `store.rs`. An answer is computed from revisions; nothing is cached beside
//! them.
//!
//! Start reading at [`Services`], then `azure/route.rs` and `azure/place.rs` (what a path names),
//! `azure/draft.rs` (how a write comes about), `azure/item.rs` (how it is read) and `azure/wiql.rs`
//! (how it is found).

mod allow;
mod around;
mod ask;
mod attachment;
mod batch;
mod boards;
mod call;
mod category;
mod comment;
mod dictionary;
mod discussion;
mod door;
mod draft;
mod error;
mod feed;
mod field;
mod fields;
mod group;
mod guid;
mod hook;
mod html;
mod identity;
mod index;
mod intern;
mod item;
mod kind;
mod limit;
mod limiter;
mod location;
mod metadata;
mod node;
mod nodes;
mod patch;
mod permission;
mod place;
mod process;
mod query;
mod rate;
mod reaction;
mod read;
mod relation;
mod removal;
mod route;
mod rules;
mod sample;
mod settings;
mod store;
mod subject;
mod tag;
mod team;
mod teams;
#[cfg(test)]
mod tests;
mod time;
mod trouble;
mod update;
mod upload;
mod version;
mod wiql;
mod word;
mod write;

use http::Method;
use serde_json::{Value as Json, json};

use crate::options::{Options, RateLimit};
use crate::people;
use crate::post::{Post, Posted};
use crate::site::{Credentials, Moment, Request, Response, Site};
use crate::throttle::{Flavor, Throttle};
use attachment::Files;
use call::Call;
use error::Refusal;
use hook::Hooks;
use item::{Host, Item};
use node::Organization;
use query::Shelf;
use rate::Rate;
use route::{Resource, Route};
use store::Store;

/// An emulated organisation of Azure DevOps Services.
#[derive(Debug)]
pub struct Services {
    options: Options,
    organization: Organization,
    store: Store,
    shelf: Shelf,
    files: Files,
    hooks: Hooks,
    rate: Rate,
}

impl Services {
    /// An organisation with its sample items.
    pub fn new(options: Options) -> Self {
        let rate = Rate::new(options.rate_limit);
        let mut services = Self {
            options,
            organization: Organization::new(),
            store: Store::default(),
            shelf: Shelf::default(),
            files: Files::default(),
            hooks: Hooks::default(),
            rate,
        };
        services.fill();
        services
    }

    /// The same organisation, telling in `X-RateLimit-*` headers how much of its quota a caller has
    /// used (azure.md 12). It only tells; [`RateLimit::Enforced`] in the options also refuses.
    #[must_use]
    pub fn with_rate_headers(mut self) -> Self {
        self.rate = Rate::new(RateLimit::Told);
        self
    }

    fn host<'a>(&'a self, call: &'a Call<'_>) -> Host<'a> {
        Host {
            base: &call.base,
            organization: &self.organization,
        }
    }

    fn answer(&mut self, request: &Request, moment: &mut Moment<'_>) -> Response {
        if request.method == Method::OPTIONS
            && let Some(area) = route::area(request)
        {
            return Response::json(200, &location::locations(area.as_deref()));
        }
        let route = match route::parse(request) {
            Ok(route) => route,
            Err(_) if request.path.starts_with("/_signin") => return door::page(200),
            Err(refusal) => return refusal.response(),
        };
        let Some(caller) = self.organization.people.caller(request) else {
            return door::turned_away(request, Some(&route.resource), moment.origin);
        };
        if let Some(refused) = self.rate.admit(caller, moment.now_ms) {
            return refused;
        }
        let answered = self.serve(request, &route, caller, moment);
        let response = answered.unwrap_or_else(|refusal| refusal.response());
        let response = if response.status == 405 {
            response.with_header("Allow", allow::methods(&route.resource))
        } else {
            response
        };
        self.rate.told(response, caller)
    }

    fn serve(
        &mut self,
        request: &Request,
        route: &Route,
        caller: usize,
        moment: &mut Moment<'_>,
    ) -> Result<Response, Refusal> {
        version::check(request, &route.resource)?;
        let project = match &route.project {
            Some(name) => Some(self.organization.find(name)?),
            None => None,
        };
        let call = Call {
            request,
            caller,
            project,
            now: moment.now_ms,
            stale: moment.stale_search,
            base: format!("{}/{}", moment.origin, node::ORGANIZATION),
        };
        self.gate(&call, &route.resource)?;
        match &route.resource {
            Resource::Around(place) => return self.around(&call, place),
            Resource::Attachments(id) => {
                return self.attachments(&call, id.as_deref(), moment.ledger);
            }
            Resource::Hook(path) => return self.serve_hooks(&call, path),
            Resource::Writes => return self.run_batch(&call, moment),
            Resource::Tags(tag) => return self.serve_tags(&call, tag.as_deref()),
            Resource::Reactions(id, comment, path) => {
                let json = self.reactions(&call, (*id, *comment), path)?;
                return Ok(Response::json(200, &json));
            }
            _ => {}
        }
        match request.method {
            Method::GET => self
                .get(&call, &route.resource)
                .map(|json| Response::json(200, &json)),
            _ => self.change(&call, &route.resource, moment),
        }
    }

    fn get(&self, call: &Call<'_>, resource: &Resource) -> Result<Json, Refusal> {
        match resource {
            Resource::Locations => Ok(location::locations(None)),
            Resource::Areas(id) => Ok(Self::areas(call, id.as_deref())),
            Resource::Connection => Ok(self.connection(call)),
            Resource::Projects => self.projects(call),
            Resource::Project(name) => self.project(call, name),
            Resource::Types => self.types(call),
            Resource::Type(name) => self.one_type(call, name),
            Resource::TypeStates(name) => self.type_states(call, name),
            Resource::TypeFields(name, field) => self.type_fields(call, name, field.as_deref()),
            Resource::Fields(name) => self.fields(call, name.as_deref()),
            Resource::RelationTypes(name) => Self::relation_types(call, name.as_deref()),
            Resource::Roots => self.roots(call),
            Resource::Node(structure, path) => self.node(call, *structure, path),
            Resource::Items => self.read_items(call),
            Resource::Item(id) => self.read_item(call, *id),
            Resource::New(name) => self.template(call, name),
            Resource::Updates(id, number) => self.read_updates(call, *id, *number),
            Resource::Revisions(id, rev) => self.read_revisions(call, *id, *rev),
            Resource::Comments(id, None) => self.read_comments(call, *id),
            Resource::Comments(id, Some(comment)) => self.read_comment(call, *id, *comment),
            Resource::Versions(id, comment, version) => {
                self.read_versions(call, (*id, *comment), *version)
            }
            Resource::Bin(id) => self.read_bin(call, *id),
            Resource::RevisionFeed | Resource::DiscussionFeed => feed::revisions(
                call.request,
                &self.store,
                (call.project, call.caller),
                self.host(call),
            ),
            Resource::LinkFeed => {
                feed::links(call.request, &self.store, call.project, self.host(call))
            }
            Resource::Wiql
            | Resource::Batch
            | Resource::Around(_)
            | Resource::Writes
            | Resource::DeleteMany
            | Resource::Attachments(_)
            | Resource::Tags(_)
            | Resource::Reactions(..)
            | Resource::Hook(_) => Err(Refusal::Method(call.request.method.to_string())),
        }
    }

    fn change(
        &mut self,
        call: &Call<'_>,
        resource: &Resource,
        moment: &mut Moment<'_>,
    ) -> Result<Response, Refusal> {
        match resource {
            Resource::Node(structure, path) => return self.change_node(call, *structure, path),
            Resource::Fields(name) => return self.change_field(call, name.as_deref()),
            Resource::Project(name) => return self.change_project(call, name),
            _ => {}
        }
        let ledger = &mut *moment.ledger;
        let json = match (&call.request.method, resource) {
            (&Method::POST, Resource::Wiql) => self.query(call),
            (&Method::POST, Resource::Batch) => self.read_batch(call),
            (&Method::POST, Resource::DeleteMany) => self.delete_many(call, ledger),
            (&Method::POST, Resource::RevisionFeed) => feed::revisions(
                call.request,
                &self.store,
                (call.project, call.caller),
                self.host(call),
            ),
            (&Method::POST | &Method::PATCH, Resource::New(name)) => {
                self.create_item(call, name, ledger)
            }
            (&Method::PATCH, Resource::Item(id)) => self.update_item(call, *id, ledger),
            (&Method::DELETE, Resource::Item(id)) => self.delete_item(call, *id, ledger),
            (&Method::POST, Resource::Comments(id, None)) => self.add_comment(call, *id, ledger),
            (&Method::PATCH, Resource::Comments(id, Some(comment))) => {
                self.edit_comment(call, (*id, *comment), ledger)
            }
            (&Method::DELETE, Resource::Comments(id, Some(comment))) => {
                self.delete_comment(call, (*id, *comment), ledger)
            }
            (&Method::PATCH, Resource::Bin(Some(id))) => self.restore_item(call, *id, ledger),
            (&Method::DELETE, Resource::Bin(Some(id))) => {
                self.destroy_item(call, *id, ledger)?;
                return Ok(Response::empty(204));
            }
            (method, _) => Err(Refusal::Method(method.to_string())),
        };
        json.map(|json| Response::json(200, &json))
    }

    fn neutral(&self, item: &Item) -> Option<Json> {
        let latest = item.latest()?;
        let people = &self.organization.people;
        let text = |name| latest.fields.text(name);
        let who = |name| match latest.fields.get(name) {
            Some(field::Value::Person(who)) => json!(people.handle(who)),
            _ => Json::Null,
        };
        let words = [field::DESCRIPTION, field::REPRO]
            .into_iter()
            .find(|name| !text(name).is_empty())
            .map_or_else(String::new, |name| words(latest, name));
        let mut tags: Vec<&str> = text(field::TAGS)
            .split("; ")
            .filter(|t| !t.is_empty())
            .collect();
        tags.sort_unstable();
        let comments: Vec<Json> = item
            .comments
            .iter()
            .filter(|c| !c.is_deleted())
            .map(|c| json!({"id": c.id.to_string(), "by": people.handle(&c.by), "text": c.words()}))
            .collect();
        let links = item
            .relations
            .iter()
            .filter(|r| r.kind.reference == relation::HYPERLINK);
        let priority = match latest.fields.get(field::PRIORITY) {
            Some(field::Value::Integer(n)) => json!(n),
            _ => Json::Null,
        };
        Some(json!({
            "id": item.id.to_string(),
            "key": item.id.to_string(),
            "type": text(field::TYPE),
            "title": text(field::TITLE),
            "text": words,
            "state": text(field::STATE),
            "priority": priority,
            "tags": tags,
            "assignee": who(field::ASSIGNED),
            "comments": comments,
            "marker": links.filter_map(relation::Relation::marker).next(),
            "rev": item.rev(),
            "updated": latest.changed_ms,
            "created_by": who(field::CREATOR),
        }))
    }
}

fn words(latest: &item::Revision, name: &str) -> String {
    let text = latest.fields.text(name);
    if latest.markdown.contains(&name) {
        html::collapse(text)
    } else {
        html::plain(text)
    }
}

impl Site for Services {
    fn handle(&mut self, request: &Request, moment: &mut Moment<'_>) -> Response {
        self.answer(request, moment)
    }

    fn product(&self) -> Option<&'static str> {
        Some("azure")
    }

    fn items_after(&self, after: u64, most: usize, tell: &mut dyn FnMut(u64, Json)) {
        let from = i64::try_from(after).map_or(i64::MAX, |after| after.saturating_add(1));
        let live = self
            .store
            .span(from, i64::MAX)
            .filter(|it| !it.is_deleted());
        let told =
            live.filter_map(|item| Some((u64::try_from(item.id).ok()?, self.neutral(item)?)));
        told.take(most).for_each(|(id, item)| tell(id, item));
    }

    fn reset(&mut self) {
        self.store = Store::default();
        self.organization = Organization::new();
        self.shelf = Shelf::default();
        self.files = Files::default();
        self.hooks = Hooks::default();
        self.rate = self.rate.cleared();
        self.fill();
    }

    fn sync_credentials(&self) -> Credentials {
        let account = people::sync_account();
        Credentials {
            user: account.email.to_owned(),
            token: account.token,
            project: node::MAIN_PROJECT.to_owned(),
            base_path: format!("/{}", node::ORGANIZATION),
        }
    }

    fn endpoint(&self, request: &Request) -> String {
        match route::parse(request) {
            Ok(route) => route.resource.template().to_owned(),
            Err(_) => "/other".to_owned(),
        }
    }

    fn due_posts(&mut self, now_ms: i64, most: usize) -> Vec<Post> {
        self.hooks.due(now_ms, most)
    }

    fn posted(&mut self, id: u64, outcome: Posted, now_ms: i64) {
        self.hooks.heard(id, outcome, now_ms);
    }

    fn sign_in_page(&self) -> Response {
        door::page(203)
    }

    fn worn_out(&self, item: &str) -> Response {
        let id = item.parse().unwrap_or_default();
        Refusal::RevisionLimit(id, limit::REVISIONS).response()
    }

    fn throttled(&self, throttle: &Throttle) -> Response {
        limiter::blocked(throttle)
    }

    fn slowed(&self, response: Response, throttle: &Throttle) -> Response {
        limiter::delayed(response, throttle)
    }

    fn throttles(&self, flavor: Flavor) -> bool {
        !flavor.is_jira()
    }

    fn trace(&self, number: u128) -> Vec<(&'static str, String)> {
        let id = uuid::Uuid::from_u128(number).to_string();
        vec![
            ("ActivityId", id.clone()),
            ("X-TFS-Session", id.clone()),
            ("X-VSS-E2EID", id),
        ]
    }

    fn rows_examined(&self) -> u64 {
        self.store.index.examined()
    }
}
