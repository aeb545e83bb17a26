//! `$batch` (azure.md 5.4): several writes in one request, each on its own: one that fails takes nothing from the others.
//! A new item may be given a negative id, by which later writes of the same batch link to it.

use std::collections::BTreeMap;

use http::Method;
use serde_json::{Value as Json, json};

use super::Services;
use super::call::Call;
use super::error::Refusal;
use super::limit;
use super::node::ORGANIZATION;
use super::route::{self, Resource};
use crate::site::{Moment, Request, Response};

impl Services {
    /// `PATCH $batch`, or `POST` as older documents have it.
    ///
    /// # Errors
    /// A body that is no list of requests, or one that is too long.
    pub(crate) fn run_batch(
        &mut self,
        call: &Call<'_>,
        moment: &mut Moment<'_>,
    ) -> Result<Response, Refusal> {
        if !matches!(call.request.method, Method::PATCH | Method::POST) {
            return Err(Refusal::Method(call.request.method.to_string()));
        }
        let body = call.body()?;
        let rows = body.as_array().filter(|rows| !rows.is_empty());
        let rows = rows.ok_or_else(|| Refusal::Invalid("Value cannot be null.".into()))?;
        if rows.len() > limit::BATCH_WRITES {
            return Err(Refusal::BatchSize(rows.len()));
        }
        let mut made = BTreeMap::new();
        let slots: Vec<Json> = rows
            .iter()
            .map(|row| self.run_slot(call, row, &mut made, moment))
            .collect();
        let answer = json!({"count": slots.len(), "value": slots});
        Ok(Response::json(200, &answer))
    }

    fn run_slot(
        &mut self,
        call: &Call<'_>,
        row: &Json,
        made: &mut BTreeMap<i64, i64>,
        moment: &mut Moment<'_>,
    ) -> Json {
        let (response, negative) = match part(call.request, row, made) {
            Ok((request, route, negative)) => {
                let served = self.serve(&request, &route, call.caller, moment);
                (served, negative)
            }
            Err(refusal) => (Err(refusal), None),
        };
        match response {
            Ok(response) => {
                let text = String::from_utf8_lossy(&response.body).into_owned();
                let answer: Json = serde_json::from_str(&text).unwrap_or(Json::Null);
                if let (Some(negative), Some(id)) = (negative, answer["id"].as_i64()) {
                    made.insert(negative, id);
                }
                slot(response.status, text)
            }
            Err(refusal) => {
                let said = json!({"count": 1, "value": {"Message": refusal.to_string()}});
                slot(refusal.status(), said.to_string())
            }
        }
    }
}

fn slot(code: u16, body: String) -> Json {
    json!({
        "code": code,
        "headers": {"Content-Type": "application/json; charset=utf-8"},
        "body": body,
    })
}

type Part = (Request, route::Route, Option<i64>);

/// One request of a batch, with the negative id that it gives to a new item.
fn part(whole: &Request, row: &Json, made: &BTreeMap<i64, i64>) -> Result<Part, Refusal> {
    let text = |name: &str| row.get(name).and_then(Json::as_str).unwrap_or("");
    let method: Method = text("method")
        .to_uppercase()
        .parse()
        .map_err(|_| Refusal::Invalid("a request of a batch has a method.".into()))?;
    let uri = text("uri");
    let path = if uri.starts_with('/') {
        format!("/{ORGANIZATION}{uri}")
    } else {
        return Err(Refusal::Invalid(format!(
            "uri '{uri}' must begin with a slash."
        )));
    };
    let mut body = row.get("body").cloned().unwrap_or(Json::Null);
    let negative = resolve(&mut body, made)?;
    let mut request = Request::new(method, &path);
    request.headers.clone_from(&whole.headers);
    request.headers.remove("content-type");
    let headers = row.get("headers").and_then(Json::as_object);
    for (name, value) in headers.into_iter().flatten() {
        request = request.with_header(name, value.as_str().unwrap_or(""));
    }
    request.body = body.to_string().into();
    let route = route::parse(&request)?;
    if !matches!(route.resource, Resource::New(_) | Resource::Item(_)) {
        return Err(Refusal::Invalid(format!("uri '{uri}' is no work item.")));
    }
    Ok((request, route, negative))
}

/// Puts the real ids of items that this batch has made in the place of negative ones.
fn resolve(body: &mut Json, made: &BTreeMap<i64, i64>) -> Result<Option<i64>, Refusal> {
    let mut own = None;
    for operation in body.as_array_mut().into_iter().flatten() {
        if operation["path"] == "/id" {
            let value = &operation["value"];
            let id = value.as_i64().or_else(|| value.as_str()?.parse().ok());
            own = id.filter(|id| *id < 0);
        }
        let link = operation
            .get("value")
            .and_then(|v| v.get("url"))
            .and_then(Json::as_str);
        let Some((before, id)) = link.and_then(|url| url.rsplit_once('/')) else {
            continue;
        };
        let Some(negative) = id.parse::<i64>().ok().filter(|id| *id < 0) else {
            continue;
        };
        let real = made.get(&negative).ok_or(Refusal::ItemMissing(negative))?;
        let url = format!("{before}/{real}");
        operation["value"]["url"] = json!(url);
    }
    Ok(own)
}
