//! Queries over subscriptions and notifications: POSTs that answer the question with its results filled in.

use serde_json::{Value as Json, json};

use super::super::Services;
use super::super::call::Call;
use super::super::error::Refusal;
use super::super::item::Host;
use super::super::limit;
use super::super::node::Structure;
use super::catalogue;
use super::notification::Notification;
use super::subscription::{Inputs, Subscription};

/// Which notifications a read wants.
#[derive(Debug)]
pub(crate) struct Filter {
    pub(crate) status: Option<String>,
    pub(crate) result: Option<String>,
    pub(crate) most: usize,
}

impl Filter {
    /// A filter from what stands in a query or a body; words of a query may be the numbers of the clients' enums.
    pub(crate) fn new(
        status: Option<&str>,
        result: Option<&str>,
        most: Option<usize>,
    ) -> Result<Self, Refusal> {
        Ok(Self {
            status: word(status, &STATUSES)?,
            result: word(result, &RESULTS)?,
            most: most
                .filter(|n| *n > 0)
                .unwrap_or(limit::HOOK_HISTORY)
                .min(limit::HOOK_HISTORY),
        })
    }

    /// The newest notifications that pass, the newest first.
    pub(crate) fn pick<'a>(
        &'a self,
        of: &'a Subscription,
        now: i64,
    ) -> impl Iterator<Item = &'a Notification> {
        let newest = of.history.iter().rev();
        newest
            .filter(move |n| now - n.created_ms <= limit::HOOK_HISTORY_MS)
            .filter(move |n| {
                let (status, result) = n.stage.wire();
                self.status
                    .as_ref()
                    .is_none_or(|s| s.eq_ignore_ascii_case(status))
                    && self
                        .result
                        .as_ref()
                        .is_none_or(|r| r.eq_ignore_ascii_case(result))
            })
            .take(self.most)
    }
}

const STATUSES: [(&str, &str); 4] = [
    ("0", "queued"),
    ("10", "processing"),
    ("20", "requestInProgress"),
    ("100", "completed"),
];
const RESULTS: [(&str, &str); 4] = [
    ("0", "pending"),
    ("10", "succeeded"),
    ("20", "failed"),
    ("30", "filtered"),
];

fn word(given: Option<&str>, known: &[(&str, &str)]) -> Result<Option<String>, Refusal> {
    let Some(given) = given.filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    let found = known
        .iter()
        .find(|(number, word)| *number == given || word.eq_ignore_ascii_case(given));
    match found {
        Some((_, word)) => Ok(Some((*word).to_owned())),
        None => Err(Refusal::Invalid(format!(
            "'{given}' is neither a status nor a result."
        ))),
    }
}

impl Services {
    /// `POST subscriptionsQuery`.
    pub(super) fn query_subscriptions(&self, call: &Call<'_>) -> Result<Json, Refusal> {
        let mut body = object(call)?;
        let host = self.host(call);
        let rows: Vec<Json> = self
            .hooks
            .listed()
            .filter(|s| asks_for(&body, s, host))
            .map(|s| s.json(host))
            .collect();
        body["results"] = Json::Array(rows);
        Ok(body)
    }

    /// `POST notificationsQuery`.
    pub(super) fn query_notifications(&self, call: &Call<'_>) -> Result<Json, Refusal> {
        let mut body = object(call)?;
        let host = self.host(call);
        let text = |name: &str| body.get(name).and_then(Json::as_str);
        let number = |name: &str| {
            let n = body.get(name).and_then(Json::as_u64);
            n.and_then(|n| usize::try_from(n).ok())
        };
        let per = Filter::new(
            text("status"),
            text("resultType"),
            number("maxResultsPerSubscription"),
        )?;
        let most = number("maxResults").unwrap_or(limit::HOOK_HISTORY);
        let details = body.get("includeDetails") == Some(&json!(true));
        let named: Vec<&str> = body
            .get("subscriptionIds")
            .and_then(Json::as_array)
            .into_iter()
            .flatten()
            .filter_map(Json::as_str)
            .collect();
        let wanted = |s: &&Subscription| {
            named.is_empty() || named.iter().any(|id| id.eq_ignore_ascii_case(&s.id))
        };
        let mut results = Vec::new();
        let mut summary = Vec::new();
        let mut subscriptions = Vec::new();
        for subscription in self.hooks.listed().filter(wanted) {
            summary.push(summed(subscription, &per, call.now));
            subscriptions.push(subscription.json(host));
            let picked = per.pick(subscription, call.now);
            results.extend(picked.map(|n| n.json(subscription, details, host)));
        }
        results.truncate(most);
        body["results"] = Json::Array(results);
        body["summary"] = Json::Array(summary);
        body["associatedSubscriptions"] = Json::Array(subscriptions);
        Ok(body)
    }

    /// `POST publishersQuery`.
    pub(super) fn query_publishers(call: &Call<'_>) -> Result<Json, Refusal> {
        let mut body = object(call)?;
        let ids = body.get("publisherIds").and_then(Json::as_array);
        let wanted = ids.is_none_or(|ids| ids.is_empty() || ids.contains(&json!("tfs")));
        let rows: Vec<Json> = wanted
            .then(|| catalogue::publisher(&call.base))
            .into_iter()
            .collect();
        body["results"] = Json::Array(rows);
        Ok(body)
    }

    /// `POST publishers/{id}/inputValuesQuery`: what an input may be, given the others.
    pub(super) fn query_inputs(&self, call: &Call<'_>) -> Result<Json, Refusal> {
        let mut body = object(call)?;
        let current = body.get("currentValues").cloned().unwrap_or(Json::Null);
        let asked = body
            .get("inputValues")
            .and_then(Json::as_array)
            .cloned()
            .unwrap_or_default();
        let rows: Result<Vec<Json>, Refusal> = asked
            .iter()
            .take(limit::HOOK_INPUTS)
            .map(|row| {
                let id = row.get("inputId").and_then(Json::as_str).unwrap_or("");
                let mut values = vec![json!({"value": "", "displayValue": "[Any]"})];
                let found = self.values_of(id, &current)?;
                values.extend(found.iter().map(|v| json!({"value": v, "displayValue": v})));
                Ok(json!({
                    "inputId": id,
                    "defaultValue": "",
                    "possibleValues": values,
                    "isLimitedToPossibleValues": true,
                }))
            })
            .collect();
        body["inputValues"] = Json::Array(rows?);
        Ok(body)
    }

    /// The names of the types of the project that a question is about, or else of every project.
    fn type_names(&self, current: &Json) -> Vec<String> {
        let organization = &self.organization;
        let project = current
            .get("projectId")
            .and_then(Json::as_str)
            .and_then(|name| organization.find(name).ok());
        let mut names: Vec<String> = Vec::new();
        for place in 0..organization.projects.len() {
            if project.is_none_or(|project| project == place) {
                names.extend(organization.kinds(place).iter().map(|t| t.name.to_owned()));
            }
        }
        names.sort_unstable();
        names.dedup();
        names
    }

    fn values_of(&self, input: &str, current: &Json) -> Result<Vec<String>, Refusal> {
        match input {
            "workItemType" => Ok(self.type_names(current)),
            "changedFields" => Ok(self
                .organization
                .fields
                .all()
                .map(|f| f.reference.to_owned())
                .collect()),
            "areaPath" => {
                let project = current
                    .get("projectId")
                    .and_then(Json::as_str)
                    .unwrap_or("");
                let index = self.organization.find(project)?;
                let project = self.organization.project(index);
                let root = project.map(|p| p.root_json(Structure::Area, DEPTH, ""));
                let mut paths = Vec::new();
                if let Some(root) = root {
                    area_paths(&root, "", DEPTH, &mut paths);
                }
                Ok(paths)
            }
            other => Err(Refusal::HookInput("inputId".to_owned(), other.to_owned())),
        }
    }
}

/// Levels of areas that are offered.
const DEPTH: usize = 14;

/// The paths of a node and of all below it, as fields write them.
fn area_paths(node: &Json, above: &str, depth: usize, into: &mut Vec<String>) {
    let name = node.get("name").and_then(Json::as_str).unwrap_or("");
    let path = if above.is_empty() {
        name.to_owned()
    } else {
        format!("{above}\\{name}")
    };
    let children = node.get("children").and_then(Json::as_array);
    into.push(path.clone());
    if depth > 0 {
        for child in children.into_iter().flatten() {
            area_paths(child, &path, depth - 1, into);
        }
    }
}

fn object(call: &Call<'_>) -> Result<Json, Refusal> {
    let body = call.body()?;
    body.is_object()
        .then_some(body)
        .ok_or_else(|| Refusal::Invalid("the body is no object.".into()))
}

fn summed(of: &Subscription, filter: &Filter, now: i64) -> Json {
    let all: Vec<&str> = filter.pick(of, now).map(|n| n.stage.wire().1).collect();
    let rows: Vec<Json> = RESULTS
        .iter()
        .map(|(_, word)| (word, all.iter().filter(|r| *r == word).count()))
        .filter(|(_, count)| *count > 0)
        .map(|(word, count)| json!({"result": word, "notificationCount": count}))
        .collect();
    json!({"subscriptionId": of.id, "results": rows})
}

/// Whether a subscription is one that a query's body describes.
fn asks_for(body: &Json, of: &Subscription, host: Host<'_>) -> bool {
    let given = |name: &str| {
        body.get(name)
            .and_then(Json::as_str)
            .filter(|t| !t.is_empty())
    };
    let same = |name: &str, value: &str| given(name).is_none_or(|g| g.eq_ignore_ascii_case(value));
    same("publisherId", "tfs")
        && same("eventType", of.terms.topic.id())
        && same("consumerId", "webHooks")
        && same("consumerActionId", "httpRequest")
        && filtered(body.get("publisherInputFilters"), &of.published(host))
        && filtered(body.get("consumerInputFilters"), &of.masked())
}

/// One of the filters must hold, and of a filter every condition.
fn filtered(filters: Option<&Json>, inputs: &Inputs) -> bool {
    let Some(filters) = filters.and_then(Json::as_array).filter(|f| !f.is_empty()) else {
        return true;
    };
    filters.iter().any(|filter| {
        let conditions = filter.get("conditions").and_then(Json::as_array);
        conditions.is_none_or(|all| all.iter().all(|c| condition(c, inputs)))
    })
}

fn condition(condition: &Json, inputs: &Inputs) -> bool {
    let text = |name: &str| condition.get(name).and_then(Json::as_str).unwrap_or("");
    let actual = inputs.get(text("inputId")).map_or("", String::as_str);
    let exact = condition.get("caseSensitive") == Some(&json!(true));
    let wanted = text("inputValue");
    let equal = if exact {
        actual == wanted
    } else {
        actual.to_lowercase() == wanted.to_lowercase()
    };
    let negated = condition.get("operator").is_some_and(|operator| {
        operator == 1
            || operator
                .as_str()
                .is_some_and(|o| o.eq_ignore_ascii_case("notEquals"))
    });
    equal != negated
}
