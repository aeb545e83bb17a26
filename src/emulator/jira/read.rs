//! Reading issues directly: what the store holds, never what the index shows.

use serde_json::{Map, Value, json};

use crate::adf;
use crate::jira::Cloud;
use crate::jira::call::{Call, strings};
use crate::jira::changelog::{self, EXPANDED_MAX};
use crate::jira::custom::Custom;
use crate::jira::issue::{Fields, Issue};
use crate::jira::meta;
use crate::jira::refusal::{Outcome, Refusal};
use crate::jira::transition;
use crate::jira::view::{self, Selection, View};
use crate::site::Response;

/// The most issues of one bulk read.
const BULK_MAX: usize = 100;

/// What a caller asked to see beside the fields.
#[derive(Debug)]
pub(crate) struct Extras {
    expand: Vec<String>,
    properties: Vec<String>,
}

impl Extras {
    pub(crate) fn new(expand: Vec<String>, properties: Vec<String>) -> Self {
        Self { expand, properties }
    }

    pub(crate) fn expands(&self, name: &str) -> bool {
        self.expand.iter().any(|it| it == name)
    }

    /// Adds what was asked for to an issue's document.
    pub(crate) fn add(
        &self,
        document: &mut Map<String, Value>,
        view: &View<'_>,
        issue: &Issue,
        fields: &Fields,
    ) {
        if self.expands("renderedFields") {
            document.insert("renderedFields".to_owned(), rendered(fields));
        }
        if self.expands("changelog") {
            document.insert("changelog".to_owned(), latest_changes(view, issue));
        }
        if self.expands("transitions") {
            document.insert("transitions".to_owned(), transition::offered(view, fields));
        }
        if !self.properties.is_empty() {
            document.insert("properties".to_owned(), Value::Object(self.chosen(issue)));
        }
    }

    fn chosen(&self, issue: &Issue) -> Map<String, Value> {
        let wanted = |key: &str| self.properties.iter().any(|it| it == "*all" || it == key);
        let pairs = issue.properties.iter().filter(|(key, _)| wanted(key));
        pairs
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect()
    }
}

/// The long texts of an issue as HTML.
fn rendered(fields: &Fields) -> Value {
    let html = |text: Option<&Value>| json!(text.map(adf::html));
    let mut rendered = json!({
        "description": html(fields.description().as_ref()),
        "environment": html(fields.environment.as_deref()),
    });
    for (id, value) in &fields.custom {
        if let Custom::Document(text) = value {
            rendered[*id] = html(Some(text));
        }
    }
    rendered
}

fn latest_changes(view: &View<'_>, issue: &Issue) -> Value {
    let newest = issue.history.iter().rev().take(EXPANDED_MAX);
    let rows: Vec<Value> = newest.map(|it| changelog::entry(view, it)).collect();
    json!({"startAt": 0, "maxResults": rows.len(), "total": issue.history.len(), "histories": rows})
}

/// The names in a query parameter that is a comma list and may come several times.
pub(crate) fn listed(call: &Call<'_>, name: &str) -> Vec<String> {
    let values = call.request.query.iter().filter(|(key, _)| key == name);
    let parts = values.flat_map(|(_, list)| list.split(',')).map(str::trim);
    parts
        .filter(|it| !it.is_empty())
        .map(str::to_owned)
        .collect()
}

/// `GET /issue/{id}`.
pub(crate) fn one(cloud: &mut Cloud, call: &Call<'_>, id_or_key: &str) -> Outcome {
    let issue = cloud.issue(id_or_key)?;
    let fields = listed(call, "fields");
    let selection = Selection::parse(fields.iter().map(String::as_str), "*all");
    let extras = Extras::new(listed(call, "expand"), listed(call, "properties"));
    let view = cloud.view(call);
    let mut document = view.issue(issue, &issue.fields, &selection);
    extras.add(&mut document, &view, issue, &issue.fields);
    if extras.expands("editmeta") {
        let meta = meta::edit_document(cloud, call, &issue.fields);
        document.insert("editmeta".to_owned(), meta);
    }
    if extras.expands("names") {
        document.insert("names".to_owned(), view::names(&selection));
    }
    if extras.expands("schema") {
        document.insert("schema".to_owned(), view::schema(&selection));
    }
    Ok(Response::json(200, &Value::Object(document)))
}

/// `POST /issue/bulkfetch`: ascending ids; what is missing or invisible is simply not there.
pub(crate) fn bulk(cloud: &mut Cloud, call: &Call<'_>) -> Outcome {
    let body = call.body()?;
    let asked = strings(body.get("issueIdsOrKeys"))?;
    if asked.is_empty() || asked.len() > BULK_MAX {
        let text = format!("The number of issues requested must be between 1 and {BULK_MAX}.");
        return Err(Refusal::message(400, text));
    }
    let fields = strings(body.get("fields"))?;
    let selection = Selection::parse(fields.iter().map(String::as_str), "*navigable");
    let extras = Extras::new(
        strings(body.get("expand"))?,
        strings(body.get("properties"))?,
    );
    let seen = |it: &String| Some(cloud.seen_issue(call, it).ok()?.fields.id);
    let mut ids: Vec<u64> = asked.iter().filter_map(seen).collect();
    ids.sort_unstable();
    ids.dedup();
    let view = cloud.view(call);
    let row = |issue: &Issue| {
        let mut document = view.issue(issue, &issue.fields, &selection);
        extras.add(&mut document, &view, issue, &issue.fields);
        Value::Object(document)
    };
    let rows: Vec<Value> = ids
        .into_iter()
        .filter_map(|id| cloud.store.get(id))
        .map(row)
        .collect();
    let mut answer = json!({"expand": "schema,names", "issues": rows, "issueErrors": []});
    if extras.expands("names") {
        answer["names"] = view::names(&selection);
    }
    Ok(Response::json(200, &answer))
}
