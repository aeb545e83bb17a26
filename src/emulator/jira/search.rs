//! Searching by JQL: eventual, paged by token, bounded (jira.md 3.1).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use base64::Engine as _;
use serde_json::{Map, Value, json};

use crate::jira::Cloud;
use crate::jira::call::{Call, object, strings};
use crate::jira::index::Index;
use crate::jira::issue::Fields;
use crate::jira::jql::test::Test;
use crate::jira::jql::{Query, Setting, Sort, compile};
use crate::jira::narrow::{self, Walk};
use crate::jira::read::Extras;
use crate::jira::refusal::{Outcome, Refusal};
use crate::jira::store::Store;
use crate::jira::time::DAY_MS;
use crate::jira::view::{self, Selection};
use crate::site::Response;

/// The most rows of a page; it is reached only where nothing but ids is asked for.
const ROWS_MAX: usize = 5_000;

/// The most rows with a few fields, and with many.
const ROWS_WITH_FIELDS_MAX: usize = 500;
const ROWS_WITH_MANY_FIELDS_MAX: usize = 100;

/// How many fields are many.
const MANY_FIELDS: usize = 10;

/// The most issues that one search reconciles, and the most properties that it returns.
const RECONCILE_MAX: usize = 50;
const PROPERTIES_MAX: usize = 5;

/// How long a page token lives, and how many are kept.
const TOKEN_LIFE_MS: i64 = 7 * DAY_MS;
const TOKENS_MAX: usize = 10_000;

#[derive(Debug)]
struct Cursor {
    jql: String,
    last: Arc<Fields>,
    made_ms: i64,
}

/// Where searches that were not read to their end stand.
#[derive(Debug, Default)]
pub(crate) struct Cursors {
    cursors: BTreeMap<u64, Cursor>,
    next: u64,
}

impl Cursors {
    fn keep(&mut self, cursor: Cursor) -> String {
        self.next += 1;
        self.cursors.insert(self.next, cursor);
        if self.cursors.len() > TOKENS_MAX {
            self.cursors.pop_first();
        }
        base64::engine::general_purpose::STANDARD.encode(format!("cursor:{}", self.next))
    }

    fn of(&self, token: &str, jql: &str, now_ms: i64) -> Option<&Cursor> {
        let decoded = base64::engine::general_purpose::STANDARD
            .decode(token)
            .ok()?;
        let text = String::from_utf8(decoded).ok()?;
        let number: u64 = text.strip_prefix("cursor:")?.parse().ok()?;
        let cursor = self.cursors.get(&number)?;
        (cursor.jql == jql && now_ms - cursor.made_ms < TOKEN_LIFE_MS).then_some(cursor)
    }
}

/// What a search asks for.
#[derive(Debug)]
struct Search {
    jql: String,
    fields: Vec<String>,
    extras: Extras,
    most: usize,
    token: Option<String>,
    reconcile: Vec<u64>,
}

const KEYS: [&str; 9] = [
    "jql",
    "fields",
    "expand",
    "properties",
    "maxResults",
    "nextPageToken",
    "fieldsByKeys",
    "reconcileIssues",
    "failFast",
];

fn parse(asked: &Map<String, Value>) -> Result<Search, Refusal> {
    if let Some(unknown) = asked.keys().find(|key| !KEYS.contains(&key.as_str())) {
        tracing::debug!(key = %unknown, "a search had a key that Jira does not take");
        return Err(Refusal::payload());
    }
    let most = match asked.get("maxResults") {
        None | Some(Value::Null) => 50,
        Some(number) => number
            .as_u64()
            .and_then(|it| usize::try_from(it).ok())
            .filter(|it| (1..=ROWS_MAX).contains(it))
            .ok_or_else(|| {
                Refusal::message(400, "The maxResults value must be between 1 and 5000.")
            })?,
    };
    let properties = strings(asked.get("properties"))?;
    if properties.len() > PROPERTIES_MAX {
        return Err(Refusal::message(
            400,
            "At most 5 issue properties can be requested.",
        ));
    }
    let expand = match asked.get("expand") {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::String(_)) => strings(asked.get("expand"))?,
        Some(_) => return Err(Refusal::payload()),
    };
    Ok(Search {
        jql: asked
            .get("jql")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned(),
        fields: strings(asked.get("fields"))?,
        extras: Extras::new(expand, properties),
        most,
        token: asked
            .get("nextPageToken")
            .and_then(Value::as_str)
            .map(str::to_owned),
        reconcile: reconciled(asked.get("reconcileIssues"))?,
    })
}

fn reconciled(list: Option<&Value>) -> Result<Vec<u64>, Refusal> {
    let items = match list {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(list) => list.as_array().ok_or_else(Refusal::payload)?,
    };
    if items.len() > RECONCILE_MAX {
        return Err(Refusal::message(
            400,
            "At most 50 issues can be reconciled.",
        ));
    }
    items
        .iter()
        .map(|id| id.as_u64().ok_or_else(Refusal::payload))
        .collect()
}

/// `GET /search/jql`: the parameters of the query as the body of the POST form.
pub(crate) fn get(cloud: &mut Cloud, call: &Call<'_>) -> Outcome {
    let mut asked = Map::new();
    for (name, value) in &call.request.query {
        let value = value.trim();
        match name.as_str() {
            "jql" | "nextPageToken" | "expand" => {
                asked.insert(name.clone(), json!(value));
            }
            "fields" | "properties" => append(
                &mut asked,
                name,
                value.split(',').map(|it| json!(it.trim())),
            ),
            "reconcileIssues" => {
                let ids: Vec<Value> = value.split(',').map(number).collect();
                append(&mut asked, name, ids.into_iter());
            }
            "maxResults" => {
                asked.insert(name.clone(), number(value));
            }
            _ => {}
        }
    }
    run(cloud, call, &parse(&asked)?)
}

fn append(asked: &mut Map<String, Value>, name: &str, items: impl Iterator<Item = Value>) {
    let list = asked.entry(name).or_insert_with(|| json!([]));
    if let Some(list) = list.as_array_mut() {
        list.extend(items);
    }
}

fn number(text: &str) -> Value {
    text.trim()
        .parse::<i64>()
        .map_or_else(|_| json!(text), |number| json!(number))
}

/// `POST /search/jql`.
pub(crate) fn post(cloud: &mut Cloud, call: &Call<'_>) -> Outcome {
    let asked = call.body()?;
    run(cloud, call, &parse(&asked)?)
}

fn run(cloud: &mut Cloud, call: &Call<'_>, search: &Search) -> Outcome {
    let query = bounded(cloud, call, &search.jql)?;
    let after = match &search.token {
        None => None,
        Some(token) => Some(
            cloud
                .cursors
                .of(token, &search.jql, call.now_ms)
                .map(|cursor| Arc::clone(&cursor.last))
                .ok_or_else(|| {
                    Refusal::message(
                        400,
                        "The provided next page token is invalid or has expired.",
                    )
                })?,
        ),
    };
    let selection = Selection::parse(search.fields.iter().map(String::as_str), "id");
    let most = search.most.min(rows_max(&selection, &search.extras));
    let page = Page {
        after,
        most: Some(most),
    };
    let mut found = matching(cloud, call, &query, &search.reconcile, &page);
    let more = found.len() > most;
    if more {
        // Only the page is sorted, not all that was found.
        found.select_nth_unstable_by(most, |a, b| query.order.compare(a, b, &cloud.store));
        found.truncate(most);
    }
    found.sort_unstable_by(|a, b| query.order.compare(a, b, &cloud.store));
    let mut answer = rows(cloud, call, search, &selection, &found);
    answer["isLast"] = json!(!more);
    if let Some(last) = found.last().filter(|_| more) {
        let cursor = Cursor {
            jql: search.jql.clone(),
            last: Arc::clone(last),
            made_ms: call.now_ms,
        };
        answer["nextPageToken"] = json!(cloud.cursors.keep(cursor));
    }
    Ok(Response::json(200, &answer))
}

fn rows_max(selection: &Selection, extras: &Extras) -> usize {
    match selection.breadth() {
        _ if extras.expands("changelog") => ROWS_WITH_MANY_FIELDS_MAX,
        0 => ROWS_MAX,
        few if few <= MANY_FIELDS => ROWS_WITH_FIELDS_MAX,
        _ => ROWS_WITH_MANY_FIELDS_MAX,
    }
}

fn rows(
    cloud: &Cloud,
    call: &Call<'_>,
    search: &Search,
    selection: &Selection,
    found: &[Arc<Fields>],
) -> Value {
    let view = cloud.view(call);
    let only_id = selection.is_only("id");
    let row = |fields: &Arc<Fields>| {
        let issue = cloud.store.get(fields.id)?;
        let mut document = view.issue(issue, fields, selection);
        if only_id {
            document.retain(|key, _| key == "id");
        }
        search.extras.add(&mut document, &view, issue, fields);
        Some(Value::Object(document))
    };
    let mut answer = json!({"issues": found.iter().filter_map(row).collect::<Vec<_>>()});
    if search.extras.expands("names") {
        answer["names"] = view::names(selection);
    }
    if search.extras.expands("schema") {
        answer["schema"] = view::schema(selection);
    }
    answer
}

/// Compiles a query that must have a condition.
fn bounded(cloud: &Cloud, call: &Call<'_>, jql: &str) -> Result<Query, Refusal> {
    let query = compile(jql, &cloud.setting(call)).map_err(|text| Refusal::message(400, text))?;
    if query.test.is_none() {
        let text = "Unbounded JQL queries are not allowed here. Please add a search restriction to your query.";
        return Err(Refusal::message(400, text));
    }
    Ok(query)
}

/// Which part of what satisfies a query is wanted.
#[derive(Debug, Default)]
struct Page {
    /// The row with which the page before ended.
    after: Option<Arc<Fields>>,
    /// How many rows; without it, all.
    most: Option<usize>,
}

impl Page {
    fn wants(&self, query: &Query, fields: &Fields, store: &Store) -> bool {
        let after = self.after.as_ref();
        after.is_none_or(|last| query.order.compare(last, fields, store).is_lt())
    }

    fn walk(&self, query: &Query) -> Option<Walk> {
        let &(first, descending) = query.order.0.first()?;
        (first == Sort::Updated).then_some(Walk {
            descending,
            after_ms: self.after.as_ref().map(|it| it.updated_ms),
            most: self.most?,
        })
    }
}

/// What the index shows of the issues that satisfy the query; reconciled ones as they really are.
fn matching(
    cloud: &Cloud,
    call: &Call<'_>,
    query: &Query,
    reconcile: &[u64],
    page: &Page,
) -> Vec<Arc<Fields>> {
    let Some(test) = &query.test else {
        return Vec::new();
    };
    let reconciled: BTreeSet<u64> = reconcile.iter().copied().collect();
    let index = &cloud.store.index;
    let fits = |it: &Fields| {
        call.user.sees(it.project)
            && test.holds(it, &cloud.store)
            && page.wants(query, it, &cloud.store)
    };
    let unlisted = |it: &Fields| !reconciled.contains(&it.id) && fits(it);
    let mut found: Vec<Arc<Fields>> = if call.stale_search {
        stale(index, test, call.now_ms, page.walk(query), unlisted)
    } else {
        narrow::find(index, test, page.walk(query), unlisted)
    };
    let live = reconciled
        .iter()
        .filter_map(|&id| cloud.store.get(id))
        .map(|it| &it.fields);
    found.extend(live.filter(|it| fits(it)).cloned());
    found
}

/// What an index that lags behind shows of the issues that fit: the settled ones as they are, the lately changed ones as they
/// were.
fn stale(
    index: &Index,
    test: &Test,
    now_ms: i64,
    walk: Option<Walk>,
    fits: impl Fn(&Fields) -> bool,
) -> Vec<Arc<Fields>> {
    let fresh = index.fresh(now_ms);
    let settled = |it: &Fields| !fresh.contains(&it.id) && fits(it);
    let mut found = narrow::find(index, test, walk, settled);
    let before = fresh.iter().filter_map(|&id| index.before(id));
    let before = before.inspect(|_| index.examine());
    found.extend(before.filter(|it| fits(it)).cloned());
    found
}

/// `/search` and its kin, which are gone.
pub(crate) fn removed() -> Refusal {
    Refusal::message(
        410,
        "The requested API has been removed. Please migrate to the /rest/api/3/search/jql API. A full migration guideline is available at https://developer.atlassian.com/changelog/#CHANGE-2046",
    )
}

/// `POST /search/approximate-count`.
pub(crate) fn count(cloud: &mut Cloud, call: &Call<'_>) -> Outcome {
    let body = call.body()?;
    let jql = body.get("jql").and_then(Value::as_str).unwrap_or_default();
    let query = bounded(cloud, call, jql)?;
    Ok(Response::json(
        200,
        &json!({"count": matching(cloud, call, &query, &[], &Page::default()).len()}),
    ))
}

/// `POST /jql/match`: which of some issues satisfy which of some queries.
pub(crate) fn matches(cloud: &mut Cloud, call: &Call<'_>) -> Outcome {
    let body = object(
        &Map::from_iter([("body".to_owned(), call.any_body()?)]),
        "body",
    )?;
    let list = |name: &str| {
        body.get(name)
            .and_then(Value::as_array)
            .ok_or_else(Refusal::payload)
    };
    let ids: Vec<u64> = list("issueIds")?.iter().filter_map(Value::as_u64).collect();
    let jqls = list("jqls")?;
    if ids.len() > 1_000 || jqls.len() > 20 {
        return Err(Refusal::message(
            400,
            "issueIds takes at most 1000 ids and jqls at most 20 queries.",
        ));
    }
    let setting: Setting<'_> = cloud.setting(call);
    let one = |jql: &Value| match compile(jql.as_str().unwrap_or_default(), &setting) {
        Err(text) => json!({"matchedIssues": [], "errors": [text]}),
        Ok(query) => {
            let fits = |id: &&u64| {
                let fields = cloud.store.index.get(**id);
                fields.is_some_and(|it| {
                    let test = query.test.as_ref();
                    call.user.sees(it.project)
                        && test.is_none_or(|test| test.holds(it, &cloud.store))
                })
            };
            json!({"matchedIssues": ids.iter().filter(fits).collect::<Vec<_>>(), "errors": []})
        }
    };
    Ok(Response::json(
        200,
        &json!({"matches": jqls.iter().map(one).collect::<Vec<_>>()}),
    ))
}
