//! What an answer that is no success means: for a read an obstacle, for a write an outcome.
//!
//! The remote's texts end here. What goes on is a code of a closed list and the ids of fields that are known already.

use model::http::{Failure, Response};
use model::limit;
use serde::de::DeserializeOwned;
use serde_json::Value as Json;
use sync::{Hindrance, Obstacle, Outcome, Refusal};

use crate::settings::Context;
use model::http::Request;
use sync::script::{Answer, Step};

/// Codes that Jira puts into its messages (jira.md 13.2, 14). Nothing else of a message is looked at.
const CODES: [&str; 2] = ["CONTENT_LIMIT_EXCEEDED", "INVALID_INPUT"];

/// Field ids that one refusal may name.
const FIELDS_NAMED: usize = 64;

/// What kind of answer it is.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Sort {
    /// A success.
    Success,
    /// Certainly not processed.
    Hindered(Hindrance),
    /// It answered in place of the remote, or before it was done: nothing is known of a write.
    Evasive(Hindrance),
    /// An error of the remote's own: it may have been processed.
    Faulty,
    /// Understood and declined.
    Declined,
}

fn sort(response: &Response) -> Sort {
    match response.status {
        203 | 300..=399 | 401 => Sort::Hindered(Hindrance::Credential),
        // A sign-in page in place of an answer (azure.md 11.3 has the rule; a proxy does the same before Jira). A proxy that
        // puts a page of its own in place of Jira's answer looks the same.
        200..=299 if is_page(response) => Sort::Evasive(Hindrance::Credential),
        200..=299 => Sort::Success,
        429 => Sort::Hindered(throttled(response)),
        // Who says it, the remote before its work or a gateway after it, cannot be seen.
        503 if response.header("retry-after").is_some() => Sort::Evasive(throttled(response)),
        // 408 and 425 say that the remote gave up on a request, not that it never looked at it.
        408 | 425 => Sort::Faulty,
        400..=499 => Sort::Declined,
        _ => Sort::Faulty,
    }
}

fn is_page(response: &Response) -> bool {
    let html = |kind: &str| {
        kind.trim_start()
            .to_ascii_lowercase()
            .starts_with("text/html")
    };
    let first = response
        .body
        .iter()
        .find(|byte| !byte.is_ascii_whitespace());
    response.header("content-type").is_some_and(html) || first == Some(&b'<')
}

/// `Retry-After` is in seconds (jira.md 11); a longer wait than the product's bound is cut to it.
fn throttled(response: &Response) -> Hindrance {
    let seconds = response
        .header("retry-after")
        .and_then(|text| text.trim().parse::<u32>().ok());
    let wait = |seconds| (i64::from(seconds) * 1000).min(limit::RETRY_AFTER_MAX_MS);
    Hindrance::Throttled {
        retry_after_ms: seconds.map(wait),
    }
}

/// Asks, and reads the answer as `T`.
pub(crate) fn fetch<T: DeserializeOwned + 'static>(request: Request) -> Step<Result<T, Obstacle>> {
    let route = request.route;
    Step::ask(request, move |answer| Step::Done(reading(route, answer)))
}

/// The answer to a read.
pub(crate) fn reading<T: DeserializeOwned>(
    route: &'static str,
    answer: Answer,
) -> Result<T, Obstacle> {
    // A read that broke off leaves nothing behind, so it does not matter how far it came.
    let unreachable = |_: Failure| Obstacle::Hindered(Hindrance::Unreachable);
    let response = answer.map_err(unreachable)?;
    match sort(&response) {
        Sort::Success => decode(&response).ok_or(Obstacle::Unreadable {
            route,
            what: "it is not the JSON that the documents promise",
        }),
        Sort::Hindered(hindrance) | Sort::Evasive(hindrance) => Err(Obstacle::Hindered(hindrance)),
        Sort::Faulty | Sort::Declined => Err(obstacle(route, &response)),
    }
}

fn obstacle(route: &'static str, response: &Response) -> Obstacle {
    let code = code(response);
    match response.status {
        403 => Obstacle::Forbidden { code },
        404 => Obstacle::Unknown {
            subject: route.to_owned(),
        },
        status => Obstacle::Refused { status, code },
    }
}

/// The body as `T`.
pub(crate) fn decode<T: DeserializeOwned>(response: &Response) -> Option<T> {
    serde_json::from_slice(&response.body).ok()
}

/// Whether a success says nothing or speaks JSON. Whatever else comes was not said by the remote itself.
fn is_understood(response: &Response) -> bool {
    let blank = response.body.iter().all(u8::is_ascii_whitespace);
    blank || decode::<serde::de::IgnoredAny>(response).is_some()
}

/// The answer to a write: the response when it was applied, else what came of it.
pub(crate) fn writing(context: &Context, answer: Answer) -> Result<Response, Outcome> {
    let response = answer.map_err(|failure| match failure {
        Failure::NotSent => Outcome::NotSent(Hindrance::Unreachable),
        Failure::Lost => Outcome::Unknown,
    })?;
    match sort(&response) {
        Sort::Success if is_understood(&response) => Ok(response),
        Sort::Hindered(hindrance) => Err(Outcome::NotSent(hindrance)),
        Sort::Success | Sort::Evasive(_) | Sort::Faulty => Err(Outcome::Unknown),
        Sort::Declined => Err(Outcome::Refused(refusal(context, &response))),
    }
}

fn refusal(context: &Context, response: &Response) -> Refusal {
    let code = code(response);
    match response.status {
        403 => Refusal::Forbidden { code },
        404 => Refusal::Gone,
        409 | 412 => Refusal::Stale,
        413 => Refusal::Full,
        _ => Refusal::Fields {
            fields: fields(context, response),
            code,
        },
    }
}

/// What a read before a write came to means for the write: nothing was sent.
pub(crate) fn unsent(obstacle: Obstacle) -> Outcome {
    match obstacle {
        Obstacle::Hindered(hindrance) => Outcome::NotSent(hindrance),
        Obstacle::Forbidden { code } => Outcome::Refused(Refusal::Forbidden { code }),
        Obstacle::Unknown { .. } => Outcome::Refused(Refusal::Gone),
        Obstacle::Refused { status, code } if status < 500 => {
            let fields = Vec::new();
            Outcome::Refused(Refusal::Fields { fields, code })
        }
        Obstacle::Refused { .. } | Obstacle::Unreadable { .. } => {
            Outcome::NotSent(Hindrance::Unreachable)
        }
    }
}

/// An effect that names something that the connector does not know.
pub(crate) fn unprepared(subject: &str) -> Outcome {
    Outcome::NotSent(Hindrance::Unprepared {
        subject: subject.to_owned(),
    })
}

/// `{"errorMessages": [..], "errors": {"field": ".."}}` (jira.md 1), when the body is that and not too long.
fn body(response: &Response) -> Option<Json> {
    let short = response.body.len() <= limit::ERROR_TEXT_BYTES;
    short.then(|| decode(response)).flatten()
}

fn fields(context: &Context, response: &Response) -> Vec<String> {
    let Some(body) = body(response) else {
        return Vec::new();
    };
    let errors = body.get("errors").and_then(Json::as_object);
    let ids = errors.into_iter().flat_map(|map| map.keys());
    let known = ids.filter(|id| context.names_field(id));
    known.take(FIELDS_NAMED).cloned().collect()
}

fn code(response: &Response) -> Option<String> {
    let body = body(response)?;
    let messages = body.get("errorMessages").and_then(Json::as_array);
    let errors = body.get("errors").and_then(Json::as_object);
    let texts = messages.into_iter().flatten();
    let texts = texts.chain(errors.into_iter().flat_map(|map| map.values()));
    let known = |text: &str| CODES.into_iter().find(|code| text.contains(code));
    let mut found = texts.filter_map(Json::as_str).filter_map(known);
    found.next().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drill::{context, json, page, status};
    use serde_json::json;

    fn check(answer: Answer, expected: Result<u16, Outcome>) {
        let got = writing(&context(), answer).map(|response| response.status);
        assert_eq!(got, expected);
    }

    fn throttle(ms: Option<i64>) -> Hindrance {
        Hindrance::Throttled { retry_after_ms: ms }
    }

    fn after(code: u16, wait: &str) -> Answer {
        let mut response = status(code)?;
        response
            .headers
            .push(("retry-after".to_owned(), wait.to_owned()));
        Ok(response)
    }

    fn plain(code: u16, text: &str) -> Answer {
        let mut response = status(code)?;
        let kind = ("content-type".to_owned(), "text/plain".to_owned());
        response.headers.push(kind);
        response.body = text.as_bytes().to_vec();
        Ok(response)
    }

    #[test]
    fn a_write_has_four_outcomes() {
        use Outcome::{NotSent, Refused, Unknown};
        check(status(204), Ok(204));
        check(Err(Failure::NotSent), Err(NotSent(Hindrance::Unreachable)));
        check(Err(Failure::Lost), Err(Unknown));
        check(status(500), Err(Unknown));
        check(status(502), Err(Unknown));
        check(status(503), Err(Unknown));
        check(status(408), Err(Unknown));
        check(status(600), Err(Unknown));
        check(after(503, "7"), Err(Unknown));
        check(status(425), Err(Unknown));
        check(page(503), Err(Unknown));
        check(page(408), Err(Unknown));
        check(plain(200, "service restarted"), Err(Unknown));
        check(plain(201, "{\"id\":"), Err(Unknown));
        check(plain(200, " \n"), Ok(200));
        check(json(200, &json!({})), Ok(200));
        check(page(401), Err(NotSent(Hindrance::Credential)));
        check(page(302), Err(NotSent(Hindrance::Credential)));
        check(page(429), Err(NotSent(throttle(None))));
        check(after(429, "1"), Err(NotSent(throttle(Some(1000)))));
        check(
            after(429, "4294967295"),
            Err(NotSent(throttle(Some(300_000)))),
        );
        check(after(429, "soon"), Err(NotSent(throttle(None))));
        check(status(429), Err(NotSent(throttle(None))));
        check(status(401), Err(NotSent(Hindrance::Credential)));
        check(status(203), Err(NotSent(Hindrance::Credential)));
        check(status(302), Err(NotSent(Hindrance::Credential)));
        check(page(200), Err(Unknown));
        check(page(201), Err(Unknown));
        check(page(203), Err(NotSent(Hindrance::Credential)));
        check(status(403), Err(Refused(Refusal::Forbidden { code: None })));
        check(page(404), Err(Refused(Refusal::Gone)));
        check(status(404), Err(Refused(Refusal::Gone)));
        check(status(409), Err(Refused(Refusal::Stale)));
        check(status(412), Err(Refused(Refusal::Stale)));
        check(status(413), Err(Refused(Refusal::Full)));
    }

    #[test]
    fn only_known_fields_and_codes_are_told() {
        let body = json!({
            "errorMessages": ["CONTENT_LIMIT_EXCEEDED: the secret text is too long"],
            "errors": { "labels": "The label 'a secret' contains spaces", "a secret field": "no" },
        });
        let expected = Refusal::Fields {
            fields: vec!["labels".to_owned()],
            code: Some("CONTENT_LIMIT_EXCEEDED".to_owned()),
        };
        check(json(400, &body), Err(Outcome::Refused(expected)));
    }

    #[test]
    fn an_overlong_error_body_is_not_looked_at() {
        let body = json!({ "errors": { "labels": "x".repeat(limit::ERROR_TEXT_BYTES) } });
        let expected = Refusal::Fields {
            fields: Vec::new(),
            code: None,
        };
        check(json(400, &body), Err(Outcome::Refused(expected)));
    }

    #[test]
    fn a_read_meets_obstacles() {
        let read = |answer| reading::<Json>("/route", answer).err();
        let unreachable = Obstacle::Hindered(Hindrance::Unreachable);
        assert_eq!(read(json(200, &json!([]))), None);
        assert_eq!(read(Err(Failure::NotSent)), Some(unreachable.clone()));
        assert_eq!(read(Err(Failure::Lost)), Some(unreachable));
        assert_eq!(
            read(page(200)),
            Some(Obstacle::Hindered(Hindrance::Credential))
        );
        let wait = Obstacle::Hindered(throttle(Some(7_000)));
        assert_eq!(read(after(503, "7")), Some(wait));
        assert_eq!(read(status(403)), Some(Obstacle::Forbidden { code: None }));
        let subject = "/route".to_owned();
        assert_eq!(read(status(404)), Some(Obstacle::Unknown { subject }));
        for status_code in [400, 410, 500] {
            let refused = Obstacle::Refused {
                status: status_code,
                code: None,
            };
            assert_eq!(read(status(status_code)), Some(refused));
        }
        assert!(matches!(
            read(status(200)),
            Some(Obstacle::Unreadable { .. })
        ));
    }
}
