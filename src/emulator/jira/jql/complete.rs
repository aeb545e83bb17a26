//! What an editor of queries offers: `GET` and `POST /jql/autocompletedata`, and the suggestions of values.

use serde_json::{Value, json};

use crate::jira::Cloud;
use crate::jira::call::Call;
use crate::jira::jql::field::{self, CLAUSES, Clause, Meaning};
use crate::jira::jql::function::{FUNCTIONS, Function};
use crate::jira::jql::parser::Operator;
use crate::jira::jql::reserved::WORDS;
use crate::jira::jql::structure::encoded;
use crate::jira::jql::test::Attribute;
use crate::jira::refusal::{Outcome, Refusal};
use crate::jira::scheme::{self, CATEGORIES, PRIORITIES, PROJECTS, RESOLUTIONS, STATUSES, TYPES};
use crate::site::Response;

/// The most suggestions of one answer.
const SUGGESTIONS_MAX: usize = 15;

/// `GET` and `POST /jql/autocompletedata`.
pub(crate) fn data(call: &Call<'_>) -> Outcome {
    if call.request.method == http::Method::POST {
        let body = call.body()?;
        let known = ["projectIds", "includeCollapsedFields"];
        if body.keys().any(|it| !known.contains(&it.as_str())) {
            return Err(Refusal::payload());
        }
        let ids = body.get("projectIds").and_then(Value::as_array);
        let mut unknown = ids
            .into_iter()
            .flatten()
            .filter(|id| scheme::project_of(&id.to_string()).is_none_or(|it| !call.user.sees(it)));
        if let Some(id) = unknown.next() {
            return Err(Refusal::message(
                400,
                format!("No project could be found with id '{id}'."),
            ));
        }
    }
    let fields: Vec<Value> = {
        let all = CLAUSES.iter().copied().chain(field::customs());
        all.flat_map(rows).collect()
    };
    let functions: Vec<Value> = FUNCTIONS.iter().map(function).collect();
    Ok(Response::json(
        200,
        &json!({
            "visibleFieldNames": fields,
            "visibleFunctionNames": functions,
            "jqlReservedWords": WORDS.as_slice(),
        }),
    ))
}

fn rows(clause: Clause) -> Vec<Value> {
    let names = clause.all_names();
    let usual = names.first().copied();
    let number = clause.custom.and_then(|id| id.strip_prefix("customfield_"));
    let names = names.into_iter().filter(|it| !it.starts_with("cf["));
    let row = |name: &'static str| {
        let mut operators: Vec<&str> = clause.operators().map(Operator::written).collect();
        if clause.has_history() {
            operators.extend(["was", "was in", "was not", "was not in", "changed"]);
        }
        let shown = match number {
            Some(number) => format!("{name} - {name}[{number}]"),
            None => name.to_owned(),
        };
        let suggests = !suggestions(clause.meaning).is_empty();
        let mut row = json!({
            "value": encoded(name),
            "displayName": shown,
            "orderable": clause.sort.is_some().to_string(),
            "searchable": (clause.meaning != Meaning::Order).to_string(),
            "auto": suggests.to_string(),
            "operators": operators,
            "types": [clause.kind],
        });
        if let Some(number) = number.filter(|_| Some(name) == usual) {
            row["cfid"] = json!(format!("cf[{number}]"));
        }
        row
    };
    names.map(row).collect()
}

fn function(function: &Function) -> Value {
    let mut row = json!({
        "value": format!("{}()", function.name),
        "displayName": format!("{}()", function.name),
        "types": [function.kind],
    });
    if function.is_list {
        row["isList"] = json!("true");
    }
    row
}

/// `GET /jql/autocompletedata/suggestions?fieldName=&fieldValue=`.
pub(crate) fn suggest(cloud: &Cloud, call: &Call<'_>) -> Outcome {
    let beginning = call
        .request
        .query("fieldValue")
        .or_else(|| call.request.query("predicateValue"))
        .unwrap_or_default()
        .to_lowercase();
    let all = if call.request.query("predicateName") == Some("by") {
        people(cloud, call)
    } else {
        let name = call.request.query("fieldName").unwrap_or_default();
        let clause = field::named(name).ok_or_else(|| {
            Refusal::message(
                400,
                format!("Field '{name}' does not exist or you do not have permission to view it."),
            )
        })?;
        values(cloud, call, clause.meaning)
    };
    let fits = |(value, shown): &(String, String)| {
        value.to_lowercase().starts_with(&beginning) || shown.to_lowercase().starts_with(&beginning)
    };
    let rows: Vec<Value> = all
        .into_iter()
        .filter(fits)
        .take(SUGGESTIONS_MAX)
        .map(|(value, shown)| json!({"value": encoded(&value), "displayName": shown}))
        .collect();
    Ok(Response::json(200, &json!({"results": rows})))
}

fn people(cloud: &Cloud, call: &Call<'_>) -> Vec<(String, String)> {
    let found = cloud.users.matching_for(call.user, "");
    found
        .into_iter()
        .map(|it| {
            (
                it.person.account_id.to_owned(),
                it.person.display.to_owned(),
            )
        })
        .collect()
}

fn values(cloud: &Cloud, call: &Call<'_>, meaning: Meaning) -> Vec<(String, String)> {
    let pair = |it: String| (it.clone(), it);
    let store = &cloud.store;
    let seen = || PROJECTS.iter().filter(|it| call.user.sees(it));
    match meaning {
        Meaning::Discrete(Attribute::Project) => seen()
            .map(|it| (it.key.to_owned(), format!("{} ({})", it.name, it.key)))
            .collect(),
        Meaning::Discrete(attribute) if attribute.takes_users() => people(cloud, call),
        Meaning::Discrete(Attribute::Component) => seen()
            .flat_map(|it| store.components.of_project(it.id))
            .map(|it| pair(it.name.clone()))
            .collect(),
        Meaning::Discrete(Attribute::Fix | Attribute::Affected) => seen()
            .flat_map(|it| store.versions.of_project(it.id))
            .map(|it| pair(it.name.clone()))
            .collect(),
        Meaning::Discrete(Attribute::Custom(id)) => {
            let all = store.options.of_field(id).filter(|it| !it.disabled);
            all.map(|it| pair(it.value.clone())).collect()
        }
        Meaning::Discrete(Attribute::Sprint) => store
            .planning
            .sprints()
            .map(|it| pair(it.name.clone()))
            .collect(),
        Meaning::Discrete(Attribute::Labels) => cloud.labels(call).into_iter().map(pair).collect(),
        meaning => suggestions(meaning)
            .into_iter()
            .map(|it| pair(it.to_owned()))
            .collect(),
    }
}

/// The names that an administrator has set up for a field; a placeholder where the values are made by users.
fn suggestions(meaning: Meaning) -> Vec<&'static str> {
    let Meaning::Discrete(attribute) = meaning else {
        return Vec::new();
    };
    match attribute {
        Attribute::Type => TYPES.iter().map(|it| it.name).collect(),
        Attribute::Status => STATUSES.iter().map(|it| it.name).collect(),
        Attribute::Category => CATEGORIES.iter().map(|it| it.name).collect(),
        Attribute::Priority => PRIORITIES.iter().map(|it| it.name).collect(),
        Attribute::Resolution => RESOLUTIONS.iter().map(|it| it.name).collect(),
        Attribute::ProjectType => vec!["business", "service_desk", "software"],
        Attribute::Project
        | Attribute::Component
        | Attribute::Custom(_)
        | Attribute::Fix
        | Attribute::Affected
        | Attribute::Sprint
        | Attribute::Labels
        | Attribute::Assignee
        | Attribute::Creator
        | Attribute::Reporter
        | Attribute::Voter
        | Attribute::Watcher
        | Attribute::WorklogAuthor => vec![""],
        Attribute::Attachment
        | Attribute::Epic
        | Attribute::Filter
        | Attribute::Issue
        | Attribute::LinkType
        | Attribute::Parent
        | Attribute::ProjectCategory
        | Attribute::Security => Vec::new(),
    }
}
