//! Reading items: one, a list, a batch, as of a moment, their updates and revisions (azure.md 4, 6).

use serde_json::{Value as Json, json};

use super::Services;
use super::call::Call;
use super::dictionary::Dictionary;
use super::error::Refusal;
use super::field::{self, Field};
use super::item::{Item, People, Selection, View, Wanted};
use super::limit;
use super::time;
use super::update::update_json;
use super::word;

/// A read of one or more items, wherever its parameters stand.
#[derive(Debug)]
struct Read {
    wanted: Wanted,
    as_of: Option<i64>,
    omit: bool,
}

impl Read {
    fn new(
        dictionary: &Dictionary,
        fields: &[String],
        expand: &str,
        as_of: Option<&str>,
        policy: &str,
    ) -> Result<Self, Refusal> {
        let expand = expand_word(expand)?;
        if !fields.is_empty() && !matches!(expand, "none" | "links") {
            return Err(Refusal::ExpandWithFields);
        }
        let selection = if !fields.is_empty() {
            Selection::Named(named(dictionary, fields)?)
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
            omit: word::omits(policy)?,
        })
    }

    fn of_query(call: &Call<'_>, dictionary: &Dictionary) -> Result<Self, Refusal> {
        let query = |name: &str| call.request.query(name).unwrap_or("");
        let fields: Vec<String> = list(query("fields"));
        Self::new(
            dictionary,
            &fields,
            query("$expand"),
            call.request.query("asOf"),
            query("errorPolicy"),
        )
    }

    fn of_body(body: &Json, dictionary: &Dictionary) -> Result<Self, Refusal> {
        let fields = body
            .get("fields")
            .and_then(Json::as_array)
            .into_iter()
            .flatten();
        let fields: Vec<String> = fields.filter_map(Json::as_str).map(str::to_owned).collect();
        Self::new(
            dictionary,
            &fields,
            &word::in_body(body, "$expand"),
            body.get("asOf").and_then(Json::as_str),
            &word::in_body(body, "errorPolicy"),
        )
    }

    fn view<'a>(&self, item: &'a Item) -> Result<View<'a>, Refusal> {
        match self.as_of {
            None => Ok(item.view()),
            Some(ms) => item.as_of(ms).ok_or(Refusal::ItemMissing(item.id)),
        }
    }
}

/// The words of `$expand`, in the order of the clients' enum.
static EXPANDS: [&str; 5] = ["none", "relations", "fields", "links", "all"];

/// What `$expand` says: `none` when it is absent.
///
/// # Errors
/// [`Refusal::Invalid`] for a word that the service does not know.
pub(crate) fn expand_word(text: &str) -> Result<&'static str, Refusal> {
    word::of("$expand", text, &EXPANDS)
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

/// Ids separated by commas.
///
/// # Errors
/// [`Refusal::Invalid`] for what is no number, [`Refusal::BatchSize`] for more than one read may name.
pub(crate) fn ids(text: &str) -> Result<Vec<i64>, Refusal> {
    let all = list(text);
    if all.len() > limit::BATCH_IDS {
        return Err(Refusal::BatchSize(all.len()));
    }
    all.iter()
        .map(|id| {
            id.parse()
                .map_err(|_| Refusal::Invalid(format!("'{id}' is no work item id.")))
        })
        .collect()
}

fn named(dictionary: &Dictionary, names: &[String]) -> Result<Vec<&'static Field>, Refusal> {
    let found = |name: &String| dictionary.by_reference(name);
    names
        .iter()
        .map(|name| found(name).ok_or_else(|| Refusal::field(name)))
        .collect()
}

impl Services {
    /// `GET workitems/{id}`.
    pub(crate) fn read_item(&self, call: &Call<'_>, id: i64) -> Result<Json, Refusal> {
        let read = Read::of_query(call, &self.organization.fields)?;
        let item = self.visible(call, id)?;
        let mut wanted = read.wanted.clone();
        wanted.links = true;
        Ok(read.view(item)?.json(&wanted, self.host(call)))
    }

    /// A live item, in the project that the path names if it names one.
    pub(crate) fn visible(&self, call: &Call<'_>, id: i64) -> Result<&Item, Refusal> {
        let item = self.store.live(id)?;
        self.is_shown(call, item)
            .then_some(item)
            .ok_or(Refusal::ItemMissing(id))
    }

    /// Whether a request shows the item: it lies in the project that the path names, if it names one, and is not hidden.
    pub(crate) fn is_shown(&self, call: &Call<'_>, item: &Item) -> bool {
        let project = item.latest().map(|r| r.project);
        (call.project.is_none() || call.project == project) && !self.is_hidden(call, item)
    }

    /// Whether the caller may not know that the item exists.
    pub(crate) fn is_hidden(&self, call: &Call<'_>, item: &Item) -> bool {
        let area = item.latest().map_or("", |r| r.fields.text(field::AREA));
        self.organization.people.is_hidden(call.caller, area)
    }

    /// `GET workitems?ids=`.
    pub(crate) fn read_items(&self, call: &Call<'_>) -> Result<Json, Refusal> {
        let ids = ids(call.request.query("ids").unwrap_or(""))?;
        let read = Read::of_query(call, &self.organization.fields)?;
        self.read_many(call, &ids, &read)
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
        self.read_many(
            call,
            &ids,
            &Read::of_body(&body, &self.organization.fields)?,
        )
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
        let one = |n: usize| update_json(item, n, People::Objects, self.host(call));
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
        let read = Read::new(&self.organization.fields, &[], expand, None, "")?;
        let one = |n: usize| Some(item.revision(n)?.json(&read.wanted, self.host(call)));
        if let Some(rev) = rev {
            let found = usize::try_from(rev).ok().and_then(one);
            return found.ok_or(Refusal::RevisionMissing(id, rev));
        }
        let rows: Vec<Json> = page(call, item.revisions.len())?.filter_map(one).collect();
        Ok(json!({"count": rows.len(), "value": rows}))
    }
}

/// The numbers, counted from 1, that `$skip` and `$top` select.
fn page(call: &Call<'_>, count: usize) -> Result<std::ops::RangeInclusive<usize>, Refusal> {
    let (skip, top) = call.page(limit::HISTORY_PAGE)?;
    let (skip, top) = (skip.min(count), top.min(limit::HISTORY_PAGE));
    Ok(skip + 1..=(skip + top).min(count))
}
