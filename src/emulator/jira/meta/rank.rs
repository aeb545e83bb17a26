//! Priorities and resolutions.

use serde_json::{Value, json};

use super::ok;
use crate::jira::Cloud;
use crate::jira::call::{Call, Page};
use crate::jira::refusal::{Outcome, Refusal};
use crate::jira::scheme::{Named, PRIORITIES, RESOLUTIONS, default_priority};

/// `GET /priority`.
pub(crate) fn priorities(cloud: &Cloud, call: &Call<'_>) -> Outcome {
    let view = cloud.view(call);
    ok(&PRIORITIES.iter().map(|it| view.priority(it)).collect())
}

/// `GET /priority/{id}`.
pub(crate) fn priority(cloud: &Cloud, call: &Call<'_>, id: &str) -> Outcome {
    let found = PRIORITIES.iter().find(|it| it.id == id);
    let found = found.ok_or_else(|| Refusal::message(404, "The issue priority was not found."))?;
    ok(&cloud.view(call).priority(found))
}

/// `GET /priority/search?priorityName=&id=&onlyDefault=`.
pub(crate) fn priority_search(cloud: &Cloud, call: &Call<'_>) -> Outcome {
    let name = call
        .request
        .query("priorityName")
        .unwrap_or_default()
        .to_lowercase();
    let ids: Vec<&str> = asked(call, "id");
    let fits = |it: &&Named| {
        it.name.to_lowercase().contains(&name)
            && (ids.is_empty() || ids.contains(&it.id))
            && (!call.flag("onlyDefault") || it.id == default_priority().id)
    };
    let found: Vec<&Named> = PRIORITIES.iter().filter(fits).collect();
    let page = Page::of(call, 50, 50);
    let view = cloud.view(call);
    let row = |it: &&Named| {
        let mut row = view.priority(it);
        row["isDefault"] = json!(it.id == default_priority().id);
        row
    };
    let rows: Vec<Value> = page.cut(&found).iter().map(row).collect();
    Ok(page.document(&view.link("priority/search"), "values", rows, found.len()))
}

fn asked<'a>(call: &Call<'a>, wanted: &str) -> Vec<&'a str> {
    let all = call.request.query.iter().filter(|(name, _)| name == wanted);
    all.map(|(_, it)| it.as_str()).collect()
}

/// `GET /resolution`.
pub(crate) fn resolutions(cloud: &Cloud, call: &Call<'_>) -> Outcome {
    let view = cloud.view(call);
    ok(&RESOLUTIONS.iter().map(|it| view.resolution(it)).collect())
}

/// `GET /resolution/search?id=`.
pub(crate) fn resolution_search(cloud: &Cloud, call: &Call<'_>) -> Outcome {
    let ids = asked(call, "id");
    let fits = |it: &&Named| ids.is_empty() || ids.contains(&it.id);
    let found: Vec<&Named> = RESOLUTIONS.iter().filter(fits).collect();
    let page = Page::of(call, 50, 50);
    let view = cloud.view(call);
    let row = |it: &&Named| {
        let mut row = view.resolution(it);
        row["default"] = json!(false);
        row
    };
    let rows: Vec<Value> = page.cut(&found).iter().map(row).collect();
    Ok(page.document(&view.link("resolution/search"), "values", rows, found.len()))
}

/// `GET /resolution/{id}`.
pub(crate) fn resolution(cloud: &Cloud, call: &Call<'_>, id: &str) -> Outcome {
    let found = RESOLUTIONS.iter().find(|it| it.id == id);
    let found = found.ok_or_else(|| Refusal::message(404, "The resolution was not found."))?;
    ok(&cloud.view(call).resolution(found))
}
