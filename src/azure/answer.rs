//! What an answer is, before anybody looks for content in it.

use std::collections::BTreeSet;

use model::http::{Failure, Response};
use model::limit;
use serde_json::Value as Json;

use sync::script::Answer;

/// Why an answer holds no result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The request was certainly not sent.
    NotSent,
    /// Bytes may have gone out and nothing usable came back.
    Lost,
    /// The service asks to wait and did nothing else: 429 (azure.md 12).
    Throttled {
        /// Milliseconds to wait at least.
        retry_after_ms: Option<i64>,
    },
    /// The service or a gateway before it asks to wait: 503 with `Retry-After`. What was asked may have been done.
    Busy {
        /// Milliseconds to wait at least.
        retry_after_ms: Option<i64>,
    },
    /// Not signed in: 401, 203 or a redirection (azure.md 11.3).
    Credential,
    /// Something else than JSON where JSON is due: mostly a sign-in page (azure.md 11.3), or a proxy's own page, behind which
    /// the request may have been carried out.
    Foreign,
    /// The service refused the request: any other 4xx.
    Refused(u16, Complaint),
    /// The service failed: any other 5xx.
    Broken(u16, Complaint),
    /// It says that all is well, and cannot be read.
    Unreadable(&'static str),
}

/// The error body of azure.md 14. What it says in words stays in this crate.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Complaint {
    /// The code, such as `TF401320`, or else the exception's `typeKey`.
    pub(crate) code: Option<String>,
    /// The message, cut at [`limit::ERROR_TEXT_BYTES`].
    pub(crate) message: String,
    /// Reference names that `customProperties.RuleValidationErrors` blames.
    pub(crate) blamed: BTreeSet<String>,
}

/// Shows the code only.
impl std::fmt::Debug for Complaint {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Complaint({:?})", self.code)
    }
}

/// The JSON of a good answer, or why there is none.
pub(crate) fn json(answer: Answer) -> Result<Json, Fault> {
    let response = match answer {
        Ok(response) => response,
        Err(Failure::NotSent) => return Err(Fault::NotSent),
        Err(Failure::Lost) => return Err(Fault::Lost),
    };
    match response.status {
        401 | 203 | 300..=399 => Err(Fault::Credential),
        429 => Err(Fault::Throttled {
            retry_after_ms: retry_after(&response),
        }),
        503 if response.header("retry-after").is_some() => Err(Fault::Busy {
            retry_after_ms: retry_after(&response),
        }),
        // A broken gateway answers in HTML as well, and the request may have been carried out behind it: doubt goes first.
        500..=599 => Err(Fault::Broken(
            response.status,
            Complaint::of(&response.body),
        )),
        // Gateways say these in HTML as well.
        status @ (408 | 413) => Err(Fault::Refused(status, Complaint::of(&response.body))),
        _ if is_foreign(&response) => Err(Fault::Foreign),
        200..=299 => serde_json::from_slice(&response.body)
            .map_err(|_| Fault::Unreadable("the body is not JSON")),
        status @ 400..=499 => Err(Fault::Refused(status, Complaint::of(&response.body))),
        _ => Err(Fault::Unreadable("the status means nothing here")),
    }
}

/// Whether the answer says that it is something else than JSON: a sign-in page (azure.md 11.3).
fn is_foreign(response: &Response) -> bool {
    let Some(content_type) = response.header("content-type") else {
        return false;
    };
    let kind = content_type.split(';').next().unwrap_or_default();
    let kind = kind.trim().to_ascii_lowercase();
    !kind.is_empty() && kind != "application/json" && !kind.ends_with("+json")
}

/// `Retry-After` in milliseconds, when it is a number.
fn retry_after(response: &Response) -> Option<i64> {
    let seconds = response
        .header("retry-after")
        .and_then(|text| text.trim().parse::<f64>().ok())
        .filter(|seconds| seconds.is_finite() && *seconds >= 0.0);
    seconds.map(milliseconds)
}

/// Whole milliseconds, rounded up so that nobody comes too early, at most [`limit::RETRY_AFTER_MAX_MS`].
fn milliseconds(seconds: f64) -> i64 {
    let most = std::time::Duration::from_millis(limit::RETRY_AFTER_MAX_MS.unsigned_abs());
    let wait = std::time::Duration::try_from_secs_f64(seconds).map_or(most, |wait| wait.min(most));
    let whole = wait.as_micros().div_ceil(1_000);
    i64::try_from(whole).unwrap_or(limit::RETRY_AFTER_MAX_MS)
}

impl Complaint {
    fn of(body: &[u8]) -> Complaint {
        if body.len() > limit::ERROR_TEXT_BYTES {
            return Complaint::default();
        }
        let Ok(body) = serde_json::from_slice::<Json>(body) else {
            return Complaint::default();
        };
        let message = text_at(&body, &["message", "Message"])
            .or_else(|| text_at(body.get("value")?, &["Message", "message"]))
            .unwrap_or_default();
        let type_key = text_at(&body, &["typeKey"]).filter(|key| is_identifier(key));
        Complaint {
            code: code_of(&message).or(type_key),
            blamed: blamed(&body),
            message,
        }
    }

    /// Whether the message begins with that code or the exception is of that type.
    pub(crate) fn is(&self, code: &str) -> bool {
        self.code.as_deref() == Some(code)
    }
}

fn text_at(body: &Json, names: &[&str]) -> Option<String> {
    let found = names.iter().find_map(|name| body.get(name)?.as_str());
    found.map(str::to_owned)
}

/// The code that a message begins with: two or three capitals and three to seven digits. Only the beginning counts, for
/// further on a message may quote content that looks like a code.
fn code_of(message: &str) -> Option<String> {
    let word: String = message
        .chars()
        .take_while(char::is_ascii_alphanumeric)
        .take(11)
        .collect();
    let letters = word.chars().take_while(char::is_ascii_uppercase).count();
    let digits = word.chars().skip(letters);
    let sound = (2..=3).contains(&letters)
        && (3..=7).contains(&digits.clone().count())
        && digits.clone().all(|c| c.is_ascii_digit());
    sound.then_some(word)
}

fn is_identifier(text: &str) -> bool {
    (1..=100).contains(&text.len()) && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

fn blamed(body: &Json) -> BTreeSet<String> {
    let errors = body.pointer("/customProperties/RuleValidationErrors");
    let errors = errors.and_then(Json::as_array).map(Vec::as_slice);
    errors
        .unwrap_or_default()
        .iter()
        .filter_map(|error| text_at(error, &["fieldReferenceName"]))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{page, reply};
    use serde_json::json as j;

    fn check(answer: Answer, expected: &Fault) {
        assert_eq!(json(answer).err().as_ref(), Some(expected));
    }

    #[test]
    fn a_sign_in_page_is_known_by_its_status_or_its_type() {
        check(
            page(203, "text/html; charset=utf-8", "<html>"),
            &Fault::Credential,
        );
        check(page(302, "text/html", ""), &Fault::Credential);
        check(page(200, "text/html", "<html>"), &Fault::Foreign);
        check(page(404, "text/html", "<html>"), &Fault::Foreign);
        check(page(401, "text/html", "<html>"), &Fault::Credential);
        check(
            reply(401, &j!({ "message": "TF400813: no" })),
            &Fault::Credential,
        );
        check(reply(203, &j!({})), &Fault::Credential);
    }

    #[test]
    fn a_failing_gateway_is_never_taken_for_a_sign_in_page() {
        let fault = Fault::Broken(502, Complaint::default());
        check(page(502, "text/html", "<html>"), &fault);
        check(
            page(503, "text/html", "<html>"),
            &Fault::Broken(503, Complaint::default()),
        );
    }

    #[test]
    fn a_request_that_a_gateway_gave_up_on_is_never_taken_for_a_sign_in_page() {
        for kind in ["text/html", "application/json"] {
            let fault = Fault::Refused(408, Complaint::default());
            check(page(408, kind, ""), &fault);
        }
    }

    #[test]
    fn a_wait_is_read_and_cut() {
        for (text, expected) in [
            ("2", Some(2_000)),
            ("0.1234", Some(124)),
            ("86400", Some(limit::RETRY_AFTER_MAX_MS)),
            ("1e300", Some(limit::RETRY_AFTER_MAX_MS)),
            ("-1", None),
            ("NaN", None),
            ("Wed, 21 Oct 2026 07:28:00 GMT", None),
        ] {
            let retry_after_ms = expected;
            for (status, fault) in [
                (429, Fault::Throttled { retry_after_ms }),
                (503, Fault::Busy { retry_after_ms }),
            ] {
                let mut response = reply(status, &j!({}));
                if let Ok(response) = &mut response {
                    response.headers.push(("retry-after".into(), text.into()));
                }
                check(response, &fault);
            }
        }
    }

    #[test]
    fn only_the_beginning_of_a_message_is_searched_for_a_code() {
        for (message, expected) in [
            ("TF401320: Rule Error for field Title.", Some("TF401320")),
            ("VS403351: Test Operation", Some("VS403351")),
            ("The value 'TF401320' is wrong", None),
            ("ABCD123: no", None),
            ("TF12: no", None),
            ("TF123456789: no", None),
            ("", None),
        ] {
            assert_eq!(code_of(message).as_deref(), expected, "{message}");
        }
    }

    #[test]
    fn all_variants_of_error_bodies_are_read() {
        let wrapped =
            Complaint::of(br#"{"count":1,"value":{"Message":"TF51535: Cannot find field X."}}"#);
        assert!(wrapped.is("TF51535"));
        let bare = Complaint::of(br#"{"message":"no","typeKey":"RuleValidationException"}"#);
        assert!(bare.is("RuleValidationException"));
        let hostile = Complaint::of(br#"{"message":7,"typeKey":"<script>","customProperties":[]}"#);
        assert_eq!(hostile, Complaint::default());
        assert_eq!(Complaint::of(b"plain text"), Complaint::default());
    }

    #[test]
    fn a_good_status_with_garbage_is_unreadable() {
        let garbage = page(200, "application/json", "{\"id\":");
        check(garbage, &Fault::Unreadable("the body is not JSON"));
    }
}
