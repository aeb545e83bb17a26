//! The endpoints below `/_emulator/`: the oracle's side of a site. Faults never touch them, they
//! need no credentials, and they are not counted.

use http::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::fault::Faults;
use crate::offline::Offline;
use crate::site::{Request, Response};

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
        ("GET", "items") => Response::json(200, &json!({"items": offline.site().items()})),
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

fn requests(offline: &Offline) -> Value {
    let counts = offline.counts();
    let row = |(endpoint, method, status, count): (&str, &str, Option<u16>, u64)| json!({"endpoint": endpoint, "method": method, "status": status, "count": count});
    json!({
        "total": counts.total(),
        "endpoints": counts.iter().map(row).collect::<Vec<_>>(),
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
        "no control endpoint {method} {PREFIX}{name}; there are GET ledger, requests, items, clock \
         and POST faults, clock, screens, reset"
    );
    Response::json(404, &json!({"error": what}))
}
