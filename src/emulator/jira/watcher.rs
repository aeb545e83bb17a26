//! Who watches an issue, and who votes for it. Both move the issue's `updated` and leave no entry in its changelog
//! (jira.md 3.4).

use serde_json::{Map, Value, json};

use crate::jira::Cloud;
use crate::jira::account::User;
use crate::jira::call::{Call, strings};
use crate::jira::issue::Issue;
use crate::jira::refusal::{Outcome, Refusal};
use crate::jira::view::View;
use crate::ledger::Kind;
use crate::limit;
use crate::site::Response;

/// The field `watches`.
pub(crate) fn field(view: &View<'_>, issue: &Issue) -> Value {
    json!({
        "self": view.link(&format!("issue/{}/watchers", issue.fields.key())),
        "watchCount": issue.watchers.len(),
        "isWatching": issue.watchers.contains(&view.user.person.account_id),
    })
}

/// The field `votes`.
pub(crate) fn votes_field(view: &View<'_>, issue: &Issue) -> Value {
    json!({
        "self": view.link(&format!("issue/{}/votes", issue.fields.key())),
        "votes": issue.voters.len(),
        "hasVoted": issue.voters.contains(&view.user.person.account_id),
    })
}

fn people(view: &View<'_>, ids: &[&'static str]) -> Value {
    ids.iter().map(|id| view.user(Some(id))).collect()
}

/// `GET /issue/{id}/watchers`.
pub(crate) fn watchers(cloud: &Cloud, call: &Call<'_>, id_or_key: &str) -> Outcome {
    let issue = cloud.issue(id_or_key)?;
    let view = cloud.view(call);
    let mut document = field(&view, issue);
    document["watchers"] = people(&view, &issue.watchers);
    Ok(Response::json(200, &document))
}

/// `POST /issue/{id}/watchers`: the body is a JSON string, the account id; without one the caller watches.
pub(crate) fn watch(cloud: &mut Cloud, call: &Call<'_>, id_or_key: &str) -> Outcome {
    let id = cloud.id(id_or_key)?;
    let who = if call.request.body.is_empty() {
        call.by()
    } else {
        match call.any_body()? {
            Value::String(account) => known(cloud, &account)?,
            Value::Null => call.by(),
            _ => return Err(Refusal::payload()),
        }
    };
    let issue = cloud.store.get_mut(id).ok_or_else(Refusal::no_issue)?;
    if !issue.watchers.contains(&who) {
        issue.watchers.push(who);
        cloud.store.touch(id, call.now_ms);
    }
    cloud.enter(call, Kind::Watch, id, None);
    Ok(Response::empty(204))
}

fn known(cloud: &Cloud, account: &str) -> Result<&'static str, Refusal> {
    let user: Option<&User> = cloud.users.of(account);
    let text = format!("The user '{account}' does not exist or cannot watch the issue.");
    user.map(|it| it.person.account_id)
        .ok_or_else(|| Refusal::message(404, text))
}

/// `DELETE /issue/{id}/watchers?accountId=`.
pub(crate) fn unwatch(cloud: &mut Cloud, call: &Call<'_>, id_or_key: &str) -> Outcome {
    let id = cloud.id(id_or_key)?;
    let Some(account) = call.request.query("accountId") else {
        let text = "The accountId query parameter needs to be provided.";
        return Err(Refusal::message(400, text));
    };
    let who = known(cloud, account)?;
    let issue = cloud.store.get_mut(id).ok_or_else(Refusal::no_issue)?;
    let before = issue.watchers.len();
    issue.watchers.retain(|&it| it != who);
    if issue.watchers.len() != before {
        cloud.store.touch(id, call.now_ms);
    }
    cloud.enter(call, Kind::Watch, id, None);
    Ok(Response::empty(204))
}

/// `POST /issue/watching`: which of many issues the caller watches.
pub(crate) fn watching(cloud: &Cloud, call: &Call<'_>) -> Outcome {
    let asked = strings(call.body()?.get("issueIds"))?;
    if asked.len() > limit::ISSUES_PER_REQUEST_MAX {
        return Err(Refusal::message(400, "There are too many issue ids."));
    }
    let row = |id: String| {
        let issue = cloud.store.find(&id).and_then(|id| cloud.store.get(id));
        let is = issue.is_some_and(|it| it.watchers.contains(&call.by()));
        (id, json!(is))
    };
    let rows: Map<String, Value> = asked.into_iter().map(row).collect();
    Ok(Response::json(200, &json!({"issuesIsWatching": rows})))
}

/// `/issue/{id}/votes`.
pub(crate) fn votes(cloud: &mut Cloud, call: &Call<'_>, id_or_key: &str) -> Outcome {
    let id = cloud.id(id_or_key)?;
    let vote = match call.request.method.as_str() {
        "GET" => {
            let issue = cloud.issue(id_or_key)?;
            let view = cloud.view(call);
            let mut document = votes_field(&view, issue);
            document["voters"] = people(&view, &issue.voters);
            return Ok(Response::json(200, &document));
        }
        "POST" => true,
        "DELETE" => false,
        _ => return Err(Refusal::message(405, "Method Not Allowed")),
    };
    let issue = cloud.store.get_mut(id).ok_or_else(Refusal::no_issue)?;
    let who = call.by();
    if issue.voters.contains(&who) != vote {
        if vote {
            issue.voters.push(who);
        } else {
            issue.voters.retain(|&it| it != who);
        }
        cloud.store.touch(id, call.now_ms);
    }
    cloud.enter(call, Kind::Watch, id, None);
    Ok(Response::empty(204))
}
