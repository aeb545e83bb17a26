//! Saved filters: a query with a name, an owner, and those with whom it is shared.
//!
//! Every board has a filter too. It is made of the board and cannot be changed here.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use url::form_urlencoded::byte_serialize;

use crate::jira::account::User;
use crate::jira::group::Group;
use crate::jira::planning::Board;
use crate::jira::scheme::Project;
use crate::jira::store::Store;
use crate::jira::view::View;
use crate::limit;
use crate::people::people;

/// What the id of a board's filter has beyond the board's own.
const OF_BOARDS: u64 = 10_000;

/// The id of the first filter that somebody saves: behind those of all boards.
const FIRST: u64 = 100_000;

/// With whom a filter is shared.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Share {
    /// Everybody, signed in or not.
    Everybody,
    /// Whoever is signed in.
    SignedIn,
    /// Whoever sees a project.
    Project(&'static Project),
    /// The members of a group.
    Group(&'static Group),
    /// One user, by account id.
    User(&'static str),
}

impl Share {
    fn admits(self, user: &User) -> bool {
        match self {
            Self::Everybody | Self::SignedIn => true,
            Self::Project(project) => user.sees(project),
            Self::Group(group) => group.has(user.person.handle),
            Self::User(account) => user.person.account_id == account,
        }
    }

    fn document(self, view: &View<'_>) -> Value {
        match self {
            Self::Everybody => json!({"type": "global"}),
            Self::SignedIn => json!({"type": "loggedin"}),
            Self::Project(it) => json!({"type": "project", "project": view.project(it)}),
            Self::Group(it) => {
                let link = view.link(&format!("group?groupId={}", it.id));
                json!({"type": "group", "group": {"name": it.name, "groupId": it.id, "self": link}})
            }
            Self::User(account) => {
                let user = view.user(Some(account));
                let shown = ["self", "accountId", "displayName", "active"];
                let shown = shown.map(|name| (name.to_owned(), user[name].clone()));
                json!({"type": "user", "user": Value::Object(shown.into_iter().collect())})
            }
        }
    }
}

/// A saved filter.
#[derive(Debug, Clone)]
pub(crate) struct Filter {
    pub(crate) id: u64,
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) jql: String,
    /// An account id.
    pub(crate) owner: &'static str,
    /// Who may use it beside the owner, each share with its id.
    pub(crate) shares: Vec<(u64, Share)>,
    /// Who may change it beside the owner.
    pub(crate) editors: Vec<(u64, Share)>,
    /// The accounts that it is a favourite of.
    pub(crate) favourites: BTreeSet<&'static str>,
}

impl Filter {
    fn of_board(board: &Board) -> Self {
        let id = OF_BOARDS + board.id;
        Self {
            id,
            name: format!("Filter for {}", board.name),
            description: String::new(),
            jql: format!("project = {} ORDER BY Rank ASC", board.project.key),
            owner: people().first().map_or("", |it| it.account_id),
            shares: vec![(id, Share::Project(board.project))],
            editors: Vec::new(),
            favourites: BTreeSet::new(),
        }
    }

    /// Whether it belongs to a board.
    pub(crate) fn is_of_board(&self) -> bool {
        self.id < FIRST
    }

    /// Whether the user may use it.
    pub(crate) fn serves(&self, user: &User) -> bool {
        let mut shares = self.shares.iter();
        self.is_edited_by(user) || shares.any(|(_, share)| share.admits(user))
    }

    /// Whether the user may change it.
    pub(crate) fn is_edited_by(&self, user: &User) -> bool {
        let mut editors = self.editors.iter();
        self.owner == user.person.account_id || editors.any(|(_, share)| share.admits(user))
    }

    /// The filter as answers carry it.
    pub(crate) fn document(&self, view: &View<'_>) -> Value {
        let nobody =
            json!({"size": 0, "items": [], "max-results": 1000, "start-index": 0, "end-index": 0});
        let query: String = byte_serialize(self.jql.as_bytes()).collect();
        json!({
            "self": view.link(&format!("filter/{}", self.id)),
            "id": self.id.to_string(),
            "name": self.name,
            "description": self.description,
            "owner": view.user(Some(self.owner)),
            "jql": self.jql,
            "viewUrl": format!("{}/issues/?filter={}", view.origin, self.id),
            "searchUrl": view.link(&format!("search?jql={query}")),
            "favourite": self.favourites.contains(view.user.person.account_id),
            "favouritedCount": self.favourites.len(),
            "sharePermissions": listed(&self.shares, view),
            "editPermissions": listed(&self.editors, view),
            "sharedUsers": nobody,
            "subscriptions": nobody,
        })
    }
}

fn listed(shares: &[(u64, Share)], view: &View<'_>) -> Value {
    let row = |(id, share): &(u64, Share)| {
        let mut document = share.document(view);
        document["id"] = json!(id);
        document
    };
    shares.iter().map(row).collect()
}

/// All saved filters, by id.
#[derive(Debug)]
pub(crate) struct Filters {
    all: BTreeMap<u64, Filter>,
    next: u64,
    next_share: u64,
    /// How many filters the query that is compiled now has opened, and how deeply it stands in them.
    opened: Cell<usize>,
    depth: Cell<usize>,
}

impl Default for Filters {
    fn default() -> Self {
        Self {
            all: BTreeMap::new(),
            next: FIRST,
            next_share: FIRST,
            opened: Cell::new(0),
            depth: Cell::new(0),
        }
    }
}

impl Filters {
    /// Whether there is room for one more.
    pub(crate) fn has_room(&self) -> bool {
        self.all.len() < limit::FILTERS_MAX
    }

    /// Whether another filter of the same owner has this name, in any case.
    pub(crate) fn is_taken(&self, name: &str, filter: &Filter) -> bool {
        let of_owner = |it: &&Filter| it.id != filter.id && it.owner == filter.owner;
        let mut others = self.all.values().filter(of_owner);
        others.any(|it| it.name.to_lowercase() == name.to_lowercase())
    }

    /// Puts a filter in place of the one with its id.
    pub(crate) fn put(&mut self, filter: Filter) {
        self.all.insert(filter.id, filter);
    }

    /// The id for one more filter.
    pub(crate) fn new_id(&mut self) -> u64 {
        self.next += 1;
        self.next - 1
    }

    /// Gives each share an id.
    pub(crate) fn numbered(&mut self, shares: Vec<Share>) -> Vec<(u64, Share)> {
        let first = self.next_share;
        let numbered: Vec<(u64, Share)> = (first..).zip(shares).collect();
        self.next_share = numbered.last().map_or(first, |(id, _)| id + 1);
        numbered
    }

    pub(crate) fn remove(&mut self, id: u64) {
        self.all.remove(&id);
    }

    /// Begins to compile a query, which may open so many filters.
    pub(crate) fn begin(&self) {
        self.opened.set(0);
        self.depth.set(0);
    }

    /// Does something within a filter; nothing when the query has opened too many, or stands in too many at once, as one
    /// that refers to itself does.
    pub(crate) fn within<T>(&self, does: impl FnOnce() -> T) -> Option<T> {
        let (opened, depth) = (self.opened.get() + 1, self.depth.get() + 1);
        if opened > limit::FILTERS_OPENED_MAX || depth > limit::FILTER_DEPTH_MAX {
            return None;
        }
        self.opened.set(opened);
        self.depth.set(depth);
        let done = does();
        self.depth.set(depth - 1);
        Some(done)
    }
}

/// All filters that the user may use, those of boards among them, by id.
pub(crate) fn serving(store: &Store, user: &User) -> Vec<Filter> {
    let boards = store.planning.boards.values().map(Filter::of_board);
    let saved = store.filters.all.values().cloned();
    boards.chain(saved).filter(|it| it.serves(user)).collect()
}

/// The filters that the user may use and that a query names by name, in any case, or by id.
pub(crate) fn named(store: &Store, user: &User, name: &str, id: Option<u64>) -> Vec<u64> {
    let name = name.to_lowercase();
    let fits = |it: &Filter| {
        let named = Some(it.id) == id || it.name.to_lowercase() == name;
        named && it.serves(user)
    };
    let boards = store.planning.boards.values().map(Filter::of_board);
    let boards = boards.filter(|it| fits(it)).map(|it| it.id);
    let saved = store.filters.all.values().filter(|it| fits(it));
    boards.chain(saved.map(|it| it.id)).collect()
}

/// One filter, whoever may use it.
pub(crate) fn found(store: &Store, id: u64) -> Option<Filter> {
    let board = id.checked_sub(OF_BOARDS);
    let board = board.and_then(|id| store.planning.boards.get(&id));
    let saved = || store.filters.all.get(&id).cloned();
    board.map(Filter::of_board).or_else(saved)
}
