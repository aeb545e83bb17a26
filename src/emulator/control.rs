//! The endpoints below `/_emulator/`: the oracle's side of a site. Faults never touch them, they
//! need no credentials, and they are not counted.
//!
//! - `GET ledger`: every accepted write. `GET requests`: requests by endpoint and status, and how many
//!   rows searches looked at. `GET items?after=ID&limit=N`: the items as neutral documents by
//!   ascending id; `next` is there when more follow. `GET posts`: what the site sent. `GET clock`.
//! - `POST faults` with rules ([`crate::fault`]), `POST clock` with `{"advance_ms":N}`, `POST screens`,
//!   `POST reset`.

use http::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::fault::Faults;
use crate::limit;
use crate::offline::Offline;
use crate::site::{Request, Response, Site};

const PREFIX: &str = "/_emulator/";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    advance_ms: u32,
}

/// Answers a request to the control endpoints; nothing when it is meant for the site.
pub(crate) fn answer(offline: &mut Offline, request: &Request, real_ms: i64) -> Option<Response> {
    let name = request.path.strip_prefix(PREFIX)?;
    let response = match (request.method.as_str(), name) {
        ("GET", "ledger") => Response::json(200, &offline.ledger().document()),
        ("GET", "requests") => Response::json(200, &requests(offline)),
        ("GET", "items") => items(offline.site(), request),
        ("GET", "posts") => Response::json(200, &offline.posts()),
        ("GET", "clock") => Response::json(200, &clock(offline, real_ms)),
        ("POST", "faults") => set_faults(offline, request),
        ("POST", "clock") => advance_clock(offline, request, real_ms),
        ("POST", "screens") => set_screens(offline, request),
        ("POST", "reset") => {
            offline.reset();
            Response::empty(204)
        }
        _ => unknown(&request.method, name),
    };
    Some(response)
}

/// Items as text, one after the other: as one document of values they would take many times the
/// room.
fn items(site: &dyn Site, request: &Request) -> Response {
    let number = |name: &str| match request.query(name) {
        None => Ok(None),
        Some(text) => text.parse::<u64>().map(Some).map_err(|_| name.to_owned()),
    };
    let (after, most) = match (number("after"), number("limit")) {
        (Ok(after), Ok(most)) => (after.unwrap_or(0), most),
        (Err(name), _) | (_, Err(name)) => return wrong(&format!("`{name}` must be a number")),
    };
    let most = most
        .and_then(|most| usize::try_from(most).ok())
        .map_or(limit::ITEMS_LISTED_MAX, |most| {
            most.clamp(1, limit::ITEMS_LISTED_MAX)
        });
    let mut text = String::from("{\"items\":[");
    let (mut count, mut last, mut next) = (0, after, None);
    // One more than wanted tells whether there is a next page.
    site.items_after(after, most.saturating_add(1), &mut |id, item| {
        if count == most {
            next = Some(last);
            return;
        }
        if count > 0 {
            text.push(',');
        }
        text.push_str(&item.to_string());
        (count, last) = (count + 1, id);
    });
    text.push(']');
    if let Some(next) = next {
        text.push_str(&format!(",\"next\":\"{next}\""));
    }
    text.push('}');
    Response::empty(200)
        .with_body(text)
        .with_header("Content-Type", "application/json;charset=UTF-8")
}

fn requests(offline: &Offline) -> Value {
    let counts = offline.counts();
    let row = |(endpoint, method, status, count): (&str, &str, Option<u16>, u64)| json!({"endpoint": endpoint, "method": method, "status": status, "count": count});
    json!({
        "total": counts.total(),
        "endpoints": counts.iter().map(row).collect::<Vec<_>>(),
        "rows_examined": offline.site().rows_examined(),
        "credentials_leaked": offline.credentials_leaked(),
    })
}

fn clock(offline: &Offline, real_ms: i64) -> Value {
    json!({"now_ms": offline.now_ms(real_ms)})
}

fn set_faults(offline: &mut Offline, request: &Request) -> Response {
    match Faults::parse(&request.body) {
        Ok(faults) => {
            offline.set_faults(&faults);
            Response::json(200, &json!({"rules": faults.rules.len()}))
        }
        Err(error) => wrong(&error.to_string()),
    }
}

fn set_screens(offline: &mut Offline, request: &Request) -> Response {
    let asked = serde_json::from_slice(&request.body).map_err(|error| error.to_string());
    match asked.and_then(|asked: Value| offline.set_screens(&asked)) {
        Ok(()) => Response::json(200, &json!({})),
        Err(error) => wrong(&error),
    }
}

fn advance_clock(offline: &mut Offline, request: &Request, real_ms: i64) -> Response {
    match serde_json::from_slice::<Advance>(&request.body) {
        Ok(advance) => {
            offline.advance_clock(advance.advance_ms, real_ms);
            Response::json(200, &clock(offline, real_ms))
        }
        Err(error) => wrong(&format!(
            "{error}; expected {{\"advance_ms\":N}} with N >= 0"
        )),
    }
}

fn wrong(what: &str) -> Response {
    Response::json(400, &json!({"error": what}))
}

fn unknown(method: &Method, name: &str) -> Response {
    let what = format!(
        "no control endpoint {method} {PREFIX}{name}; there are GET ledger, requests, items, posts, \
         clock and POST faults, clock, screens, reset"
    );
    Response::json(404, &json!({"error": what}))
}
