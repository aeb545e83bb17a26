//! Asking queries: by text and by the id of a stored one (azure.md 2).

use std::cmp::Ordering;
use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use super::Services;
use super::call::Call;
use super::error::Refusal;
use super::feed::is_true;
use super::item::View;
use super::limit;
use super::relation::{End, Kind};
use super::time;
use super::wiql::eval::{Case, SortKey};
use super::wiql::narrow;
use super::wiql::parser::{self, Setting};
use super::wiql::walk::{self, Ground, Row};
use super::wiql::{Condition, Links, Query, Shape};

/// How one request asks its query.
#[derive(Debug, Clone, Copy)]
struct Asking<'a> {
    caller: usize,
    /// The moment whose revisions are asked; nothing for the newest ones.
    at: Option<i64>,
    by_day: Option<i64>,
    order: &'a [(&'static super::field::Field, bool)],
}

/// Sort keys and id, as rows are ordered.
type Ranked = (Vec<Option<SortKey>>, i64);

impl Services {
    /// What macros mean to a caller.
    pub(crate) fn setting(&self, call: &Call<'_>, precise: bool) -> Result<Setting<'_>, Refusal> {
        let project = call.project.and_then(|p| self.organization.project(p));
        let named = call.team();
        let team = match (project, named.as_deref()) {
            (Some(project), Some(name)) => {
                let team = project.team(Some(name));
                Some(team.ok_or_else(|| super::trouble::Trouble::TeamMissing(name.to_owned()))?)
            }
            _ => None,
        };
        Ok(Setting {
            organization: &self.organization,
            project: call.project,
            team,
            caller: call.caller,
            now: call.now,
            offset_ms: self.organization.people.offset_ms(call.caller),
            precise,
        })
    }

    /// `POST wiql`: ids only, whatever is selected.
    pub(crate) fn query(&self, call: &Call<'_>) -> Result<Json, Refusal> {
        let body = call.body()?;
        let text = body.get("query").and_then(Json::as_str);
        let text = text.ok_or_else(|| Refusal::Query("The body has no query.".into()))?;
        self.ask(call, text)
    }

    /// The result of a query's text.
    pub(crate) fn ask(&self, call: &Call<'_>, text: &str) -> Result<Json, Refusal> {
        let precise = is_true(call.request.query("timePrecision"));
        let setting = self.setting(call, precise)?;
        let query = parser::parse(text, setting)?;
        let top = match call.request.query("$top") {
            None => None,
            Some(text) => match text.parse::<usize>() {
                Ok(top) if top > 0 => Some(top),
                _ => return Err(Refusal::Invalid(format!("$top '{text}' is not positive."))),
            },
        };
        let lagging = call.stale.then(|| call.now.saturating_sub(limit::STALE_MS));
        let asking = Asking {
            caller: call.caller,
            at: query.as_of.or(lagging),
            by_day: (!precise).then_some(setting.offset_ms),
            order: &query.order,
        };
        match &query.shape {
            Shape::Flat(condition) => {
                let mut ids = self.matching(condition.as_ref(), asking, top);
                bound(&mut ids, top)?;
                Ok(self.flat_result(call, &query, &ids))
            }
            Shape::Links(links) => {
                let mut rows = self.linked(links, asking);
                bound(&mut rows, top)?;
                Ok(self.link_result(call, &query, links, &rows))
            }
        }
    }

    /// The items for which a condition holds, in the order of the query. At most `top` are wanted:
    /// where the items come in the order of the query, the search ends with them.
    fn matching(
        &self,
        condition: Option<&Condition>,
        asking: Asking<'_>,
        top: Option<usize>,
    ) -> Vec<i64> {
        let descending = match asking.order {
            [] => Some(false),
            [(f, descending), ..] if f.reference == super::field::ID => Some(*descending),
            _ => None,
        };
        let place = (&self.store, &self.organization);
        let worth = narrow::worth(condition, place, asking.by_day, asking.at);
        let ids: Box<dyn Iterator<Item = i64>> = if descending == Some(true) {
            Box::new(worth.rev())
        } else {
            Box::new(worth)
        };
        let enough = top.filter(|_| descending.is_some()).unwrap_or(usize::MAX);
        let found = ids.filter_map(|id| {
            let case = self.case(id, asking)?;
            let holds = condition.is_none_or(|c| case.holds(c));
            holds.then(|| (keys(&case, asking), id))
        });
        let mut rows: Vec<Ranked> = found.take(enough).collect();
        rows.sort_by(|left, right| ranked(left, right, asking));
        rows.into_iter().map(|(_, id)| id).collect()
    }

    /// An item as the query sees it; nothing when the caller cannot, or it did not exist.
    fn case(&self, id: i64, asking: Asking<'_>) -> Option<Case<'_>> {
        let item = self.store.live(id).ok()?;
        self.store.index.examine();
        let area = item.latest()?.fields.text(super::field::AREA);
        if self.organization.people.is_hidden(asking.caller, area) {
            return None;
        }
        let view: View<'_> = match asking.at {
            None => item.view(),
            Some(ms) => item.as_of(ms)?,
        };
        Some(Case {
            view,
            organization: &self.organization,
            by_day: asking.by_day,
        })
    }

    fn linked(&self, links: &Links, asking: Asking<'_>) -> Vec<Row> {
        let sources = self.matching(links.source.as_ref(), asking, None);
        let items = Items {
            services: self,
            links,
            asking,
        };
        walk::rows(links, &sources, &items)
    }

    fn head(&self, call: &Call<'_>, query: &Query, kind: (&str, &str)) -> Json {
        let base = &call.base;
        let columns: Vec<Json> = query
            .columns
            .iter()
            .map(|f| f.reference_json(base))
            .collect();
        let mut answer = json!({
            "queryType": kind.0,
            "queryResultType": kind.1,
            "asOf": time::text(query.as_of.unwrap_or(call.now)),
            "columns": columns,
        });
        if !query.order.is_empty() {
            let sorted = query.order.iter();
            answer["sortColumns"] = sorted
                .map(|(f, descending)| json!({"field": f.reference_json(base), "descending": descending}))
                .collect();
        }
        answer
    }

    fn flat_result(&self, call: &Call<'_>, query: &Query, ids: &[i64]) -> Json {
        let mut answer = self.head(call, query, ("flat", "workItem"));
        answer["workItems"] = ids.iter().map(|id| reference(*id, &call.base)).collect();
        answer
    }

    fn link_result(&self, call: &Call<'_>, query: &Query, links: &Links, rows: &[Row]) -> Json {
        let kind = if links.tree.is_some() {
            "tree"
        } else {
            "oneHop"
        };
        let mut answer = self.head(call, query, (kind, "workItemLink"));
        let base = &call.base;
        answer["workItemRelations"] = rows
            .iter()
            .map(|row| {
                json!({
                    "rel": row.link.map(|(kind, _)| kind.reference),
                    "source": row.link.map(|(_, source)| reference(source, base)),
                    "target": reference(row.target, base),
                })
            })
            .collect();
        answer
    }
}

fn reference(id: i64, base: &str) -> Json {
    json!({"id": id, "url": format!("{base}/_apis/wit/workItems/{id}")})
}

fn keys(case: &Case<'_>, asking: Asking<'_>) -> Vec<Option<SortKey>> {
    asking.order.iter().map(|(f, _)| case.sort_key(f)).collect()
}

fn ranked((left, a): &Ranked, (right, b): &Ranked, asking: Asking<'_>) -> Ordering {
    let mut pairs = left.iter().zip(right).zip(asking.order);
    let first = pairs.find_map(|((l, r), (_, descending))| {
        let order = if *descending { r.cmp(l) } else { l.cmp(r) };
        order.is_ne().then_some(order)
    });
    first.unwrap_or_else(|| a.cmp(b))
}

/// Refuses what is too much, unless the caller asked for a part of it.
fn bound<T>(rows: &mut Vec<T>, top: Option<usize>) -> Result<(), Refusal> {
    if rows.len() > limit::QUERY_ROWS && top.is_none() {
        return Err(Refusal::QuerySize);
    }
    rows.truncate(top.unwrap_or(limit::QUERY_ROWS));
    Ok(())
}

/// The items as a walk along links sees them.
struct Items<'a> {
    services: &'a Services,
    links: &'a Links,
    asking: Asking<'a>,
}

impl Ground for Items<'_> {
    fn links(&self, id: i64) -> Vec<(&'static Kind, i64)> {
        let Some(case) = self.services.case(id, self.asking) else {
            return Vec::new();
        };
        let mut found: BTreeMap<(&str, i64), (&'static Kind, Ranked)> = BTreeMap::new();
        for relation in case.view.relations() {
            let Some(target) = relation
                .item()
                .filter(|_| relation.kind.end != End::Resource)
            else {
                continue;
            };
            let fits = self
                .links
                .link
                .as_ref()
                .is_none_or(|test| test.holds(relation.kind));
            let other = self.services.case(target, self.asking);
            if let Some(other) = other.filter(|_| fits) {
                let rank = (keys(&other, self.asking), target);
                found.insert((relation.kind.reference, target), (relation.kind, rank));
            }
        }
        let mut rows: Vec<(&'static Kind, Ranked)> = found.into_values().collect();
        rows.sort_by(|(_, left), (_, right)| ranked(left, right, self.asking));
        rows.into_iter().map(|(kind, (_, id))| (kind, id)).collect()
    }

    fn is_target(&self, id: i64) -> bool {
        let case = self.services.case(id, self.asking);
        let condition = self.links.target.as_ref();
        case.is_some_and(|case| condition.is_none_or(|c| case.holds(c)))
    }
}
