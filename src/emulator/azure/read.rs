//! Reading items: one, a list, a batch, as of a moment, their updates and revisions, and queries
//! (azure.md 2, 4, 6).

use serde_json::{Value as Json, json};

use super::Services;
use super::call::Call;
use super::error::Refusal;
use super::feed::is_true;
use super::field::{self, Field};
use super::item::{Item, Selection, View, Wanted};
use super::limit;
use super::narrow;
use super::time;
use super::update::update_json;
use super::wiql::Query;
use super::wiql::eval::{Case, SortKey};
use super::wiql::parser::{self, Setting};

/// A read of one or more items, wherever its parameters stand.
#[derive(Debug)]
struct Read {
    wanted: Wanted,
    as_of: Option<i64>,
    omit: bool,
}

impl Read {
    fn new(
        fields: &[String],
        expand: &str,
        as_of: Option<&str>,
        policy: &str,
    ) -> Result<Self, Refusal> {
        let expand = expand.to_lowercase();
        let known = matches!(
            expand.as_str(),
            "" | "none" | "relations" | "fields" | "links" | "all"
        );
        if !known {
            return Err(Refusal::Invalid(format!(
                "$expand does not know '{expand}'."
            )));
        }
        if !fields.is_empty() && !matches!(expand.as_str(), "" | "none" | "links") {
            return Err(Refusal::ExpandWithFields);
        }
        let selection = if !fields.is_empty() {
            Selection::Named(named(fields)?)
        } else if expand == "all" || expand == "fields" {
            Selection::All
        } else {
            Selection::Usual
        };
        let wanted = Wanted {
            fields: selection,
            relations: expand == "all" || expand == "relations",
            links: expand == "all" || expand == "links",
        };
        Ok(Self {
            wanted,
            as_of: as_of.filter(|t| !t.is_empty()).map(moment).transpose()?,
            omit: policy.eq_ignore_ascii_case("omit"),
        })
    }

    fn of_query(call: &Call<'_>) -> Result<Self, Refusal> {
        let query = |name: &str| call.request.query(name).unwrap_or("");
        let fields: Vec<String> = list(query("fields"));
        Self::new(
            &fields,
            query("$expand"),
            call.request.query("asOf"),
            query("errorPolicy"),
        )
    }

    fn of_body(body: &Json) -> Result<Self, Refusal> {
        let text = |name: &str| body.get(name).and_then(Json::as_str).unwrap_or("");
        let fields = body
            .get("fields")
            .and_then(Json::as_array)
            .into_iter()
            .flatten();
        let fields: Vec<String> = fields.filter_map(Json::as_str).map(str::to_owned).collect();
        Self::new(
            &fields,
            text("$expand"),
            body.get("asOf").and_then(Json::as_str),
            text("errorPolicy"),
        )
    }

    fn view<'a>(&self, item: &'a Item) -> Result<View<'a>, Refusal> {
        match self.as_of {
            None => Ok(item.view()),
            Some(ms) => item.as_of(ms).ok_or(Refusal::ItemMissing(item.id)),
        }
    }
}

fn moment(text: &str) -> Result<i64, Refusal> {
    let parsed = time::parse(text).map(|(ms, _)| ms);
    parsed.ok_or_else(|| Refusal::Invalid(format!("asOf '{text}' is not a date.")))
}

fn list(text: &str) -> Vec<String> {
    text.split(',')
        .map(str::trim)
        .filter(|t| !t.is_empty())
        .map(str::to_owned)
        .collect()
}

fn named(names: &[String]) -> Result<Vec<&'static Field>, Refusal> {
    names
        .iter()
        .map(|name| field::by_reference(name).ok_or_else(|| Refusal::field(name)))
        .collect()
}

impl Services {
    /// `GET workitems/{id}`.
    pub(crate) fn read_item(&self, call: &Call<'_>, id: i64) -> Result<Json, Refusal> {
        let read = Read::of_query(call)?;
        let item = self.visible(call, id)?;
        let mut wanted = read.wanted.clone();
        wanted.links = true;
        Ok(read.view(item)?.json(&wanted, self.host(call)))
    }

    /// A live item, in the project that the path names if it names one.
    pub(crate) fn visible(&self, call: &Call<'_>, id: i64) -> Result<&Item, Refusal> {
        let item = self.store.live(id)?;
        let project = item.latest().map(|r| r.project);
        if call.project.is_some() && call.project != project {
            return Err(Refusal::ItemMissing(id));
        }
        Ok(item)
    }

    /// `GET workitems?ids=`.
    pub(crate) fn read_items(&self, call: &Call<'_>) -> Result<Json, Refusal> {
        let ids = list(call.request.query("ids").unwrap_or(""));
        let ids: Result<Vec<i64>, Refusal> = ids
            .iter()
            .map(|id| {
                id.parse()
                    .map_err(|_| Refusal::Invalid(format!("'{id}' is no work item id.")))
            })
            .collect();
        self.read_many(call, &ids?, &Read::of_query(call)?)
    }

    /// `POST workitemsbatch`.
    pub(crate) fn read_batch(&self, call: &Call<'_>) -> Result<Json, Refusal> {
        let body = call.body()?;
        let ids = body
            .get("ids")
            .and_then(Json::as_array)
            .into_iter()
            .flatten();
        let ids: Option<Vec<i64>> = ids.map(Json::as_i64).collect();
        let ids = ids.ok_or_else(|| Refusal::Invalid("ids must be whole numbers.".into()))?;
        self.read_many(call, &ids, &Read::of_body(&body)?)
    }

    fn read_many(&self, call: &Call<'_>, ids: &[i64], read: &Read) -> Result<Json, Refusal> {
        if ids.is_empty() {
            return Err(Refusal::Invalid(
                "ids must name at least one work item.".into(),
            ));
        }
        if ids.len() > limit::BATCH_IDS {
            return Err(Refusal::BatchSize(ids.len()));
        }
        let mut rows = Vec::with_capacity(ids.len());
        for id in ids {
            let view = self.visible(call, *id).and_then(|item| read.view(item));
            match view {
                Ok(view) => rows.push(view.json(&read.wanted, self.host(call))),
                Err(_) if read.omit => rows.push(Json::Null),
                Err(refusal) => return Err(refusal),
            }
        }
        Ok(json!({"count": rows.len(), "value": rows}))
    }

    /// `GET workitems/{id}/updates[/{number}]`.
    pub(crate) fn read_updates(
        &self,
        call: &Call<'_>,
        id: i64,
        number: Option<i64>,
    ) -> Result<Json, Refusal> {
        let item = self.visible(call, id)?;
        let one = |n: usize| update_json(item, n, self.host(call));
        if let Some(number) = number {
            let found = usize::try_from(number).ok().and_then(one);
            return found.ok_or(Refusal::RevisionMissing(id, number));
        }
        let rows: Vec<Json> = page(call, item.updates.len())?.filter_map(one).collect();
        Ok(json!({"count": rows.len(), "value": rows}))
    }

    /// `GET workitems/{id}/revisions[/{rev}]`.
    pub(crate) fn read_revisions(
        &self,
        call: &Call<'_>,
        id: i64,
        rev: Option<i64>,
    ) -> Result<Json, Refusal> {
        let item = self.visible(call, id)?;
        let expand = call.request.query("$expand").unwrap_or("");
        let read = Read::new(&[], expand, None, "")?;
        let one = |n: usize| Some(item.revision(n)?.json(&read.wanted, self.host(call)));
        if let Some(rev) = rev {
            let found = usize::try_from(rev).ok().and_then(one);
            return found.ok_or(Refusal::RevisionMissing(id, rev));
        }
        let rows: Vec<Json> = page(call, item.revisions.len())?.filter_map(one).collect();
        Ok(json!({"count": rows.len(), "value": rows}))
    }

    /// `POST wiql`: ids only, whatever is selected.
    pub(crate) fn query(&self, call: &Call<'_>) -> Result<Json, Refusal> {
        let body = call.body()?;
        let text = body.get("query").and_then(Json::as_str);
        let text = text.ok_or_else(|| Refusal::Query("The body has no query.".into()))?;
        let precise = is_true(call.request.query("timePrecision"));
        let project = call.project.and_then(|p| self.organization.project(p));
        let query = parser::parse(
            text,
            Setting {
                project: project.map(|p| p.name),
                caller: call.caller,
                now: call.now,
                precise,
            },
        )?;
        let top = match call.request.query("$top") {
            None => None,
            Some(text) => Some(
                text.parse::<usize>()
                    .map_err(|_| Refusal::Invalid(format!("$top '{text}'")))?,
            ),
        };
        let mut ids = self.matching(call, &query, precise)?;
        ids.truncate(top.unwrap_or(limit::QUERY_ROWS));
        Ok(self.result(call, &query, &ids))
    }

    fn matching(&self, call: &Call<'_>, query: &Query, precise: bool) -> Result<Vec<i64>, Refusal> {
        let lagging = call.stale.then(|| call.now.saturating_sub(limit::STALE_MS));
        let at = query.as_of.or(lagging);
        let mut rows: Vec<(Vec<Option<SortKey>>, i64)> = Vec::new();
        let asked: Option<usize> = call.request.query("$top").and_then(|t| t.parse().ok());
        let (items, in_order) = narrow::items(&self.store, query, at);
        for item in items.filter(|item| !item.is_deleted()) {
            if in_order && asked.is_some_and(|top| rows.len() >= top) {
                break;
            }
            self.store.index.examine();
            let Some(view) = at.map_or(Some(item.view()), |ms| item.as_of(ms)) else {
                continue;
            };
            let case = Case {
                view,
                organization: &self.organization,
                precise,
            };
            if query.condition.as_ref().is_none_or(|c| case.holds(c)) {
                let keys = query.order.iter().map(|(f, _)| case.sort_key(f)).collect();
                rows.push((keys, item.id));
            }
        }
        if rows.len() > limit::QUERY_ROWS && asked.is_none() {
            return Err(Refusal::QuerySize);
        }
        rows.sort_by(|(left, a), (right, b)| {
            let mut pairs = left.iter().zip(right).zip(&query.order);
            let first = pairs.find_map(|((l, r), (_, descending))| {
                let order = if *descending { r.cmp(l) } else { l.cmp(r) };
                order.is_ne().then_some(order)
            });
            first.unwrap_or_else(|| a.cmp(b))
        });
        Ok(rows.into_iter().map(|(_, id)| id).collect())
    }

    fn result(&self, call: &Call<'_>, query: &Query, ids: &[i64]) -> Json {
        let base = &call.base;
        let columns: Vec<Json> = query
            .columns
            .iter()
            .map(|f| f.reference_json(base))
            .collect();
        let rows: Vec<Json> = ids
            .iter()
            .map(|id| json!({"id": id, "url": format!("{base}/_apis/wit/workItems/{id}")}))
            .collect();
        let mut answer = json!({
            "queryType": "flat",
            "queryResultType": "workItem",
            "asOf": time::text(query.as_of.unwrap_or(call.now)),
            "columns": columns,
            "workItems": rows,
        });
        if !query.order.is_empty() {
            let sorted = query.order.iter();
            answer["sortColumns"] = sorted
                .map(|(f, descending)| json!({"field": f.reference_json(base), "descending": descending}))
                .collect();
        }
        answer
    }
}

/// The numbers, counted from 1, that `$skip` and `$top` select.
fn page(call: &Call<'_>, count: usize) -> Result<std::ops::RangeInclusive<usize>, Refusal> {
    let number = |name: &str, usual: usize| match call.request.query(name) {
        None => Ok(usual),
        Some(text) => text
            .parse()
            .map_err(|_| Refusal::Invalid(format!("{name} '{text}' is no number."))),
    };
    let skip = number("$skip", 0)?.min(count);
    let top = number("$top", limit::HISTORY_PAGE)?.min(limit::HISTORY_PAGE);
    Ok(skip + 1..=(skip + top).min(count))
}
