//! How an answer looks on the wire.

use bytes::Bytes;
use http::header::{self, HeaderName, HeaderValue};
use http::{Response, StatusCode};
use http_body_util::Full;
use serde_json::{Value, json};

use crate::backend::Refusal;
use crate::host::Strange;
use crate::limit;
use crate::route::Lost;

/// A whole answer.
pub(crate) type Reply = Response<Full<Bytes>>;

/// The console uses one style sheet of its own and nothing else: no script, no picture, no frame, no form.
const POLICY: &str = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// What every answer says to a browser.
const HEADERS: [(HeaderName, &str); 5] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::CACHE_CONTROL, "no-store"),
];

/// An answer of any kind.
pub(crate) fn reply(status: StatusCode, kind: &'static str, body: impl Into<Bytes>) -> Reply {
    let mut reply = Response::new(Full::new(body.into()));
    *reply.status_mut() = status;
    let headers = reply.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    reply
}

/// An answer in JSON.
pub(crate) fn json(status: StatusCode, value: &Value) -> Reply {
    reply(status, "application/json", value.to_string())
}

/// An answer in plain text.
pub(crate) fn text(status: StatusCode, text: impl Into<String>) -> Reply {
    reply(status, "text/plain; charset=utf-8", text.into())
}

/// A page.
pub(crate) fn html(status: StatusCode, page: String) -> Reply {
    reply(status, "text/html; charset=utf-8", page)
}

/// `{"error": {"code", "message"}}`.
pub(crate) fn error(status: StatusCode, code: &str, message: &str) -> Reply {
    json(
        status,
        &json!({ "error": { "code": code, "message": message } }),
    )
}

/// The node's refusal.
pub(crate) fn refusal(refusal: &Refusal) -> Reply {
    let status = match refusal {
        Refusal::Invalid(_) => StatusCode::BAD_REQUEST,
        Refusal::Unknown(_) => StatusCode::NOT_FOUND,
        Refusal::Conflict(_) => StatusCode::CONFLICT,
        Refusal::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
    };
    json(status, &json!({ "error": refusal }))
}

/// The request leads nowhere.
pub(crate) fn lost(lost: &Lost) -> Reply {
    match lost {
        Lost::Refused(why) => refusal(why),
        Lost::Path => error(
            StatusCode::NOT_FOUND,
            "no-such-path",
            "there is nothing here; /api/v1/openapi.json names what there is",
        ),
        Lost::TooLong => {
            let message = format!("the path has more than {} bytes", limit::TARGET_BYTES);
            error(StatusCode::URI_TOO_LONG, "path", &message)
        }
        Lost::Method(right) => {
            let message = format!("this path takes {right}");
            let mut reply = error(StatusCode::METHOD_NOT_ALLOWED, "method", &message);
            let allow = HeaderValue::from_static(right);
            reply.headers_mut().insert(header::ALLOW, allow);
            reply
        }
    }
}

/// The request was not meant for us, or not by our own pages.
pub(crate) fn strange(strange: Strange) -> Reply {
    match strange {
        Strange::Host => error(
            StatusCode::MISDIRECTED_REQUEST,
            "host",
            "only loopback names are served; use http://127.0.0.1 and the port",
        ),
        Strange::Origin => error(
            StatusCode::FORBIDDEN,
            "origin",
            "pages of other sites may not ask",
        ),
    }
}

/// The token is missing or wrong.
pub(crate) fn unauthorised() -> Reply {
    let mut reply = error(
        StatusCode::UNAUTHORIZED,
        "token",
        "send the admin token as `Authorization: Bearer TOKEN`",
    );
    let challenge = HeaderValue::from_static("Bearer realm=\"counterpart\"");
    reply
        .headers_mut()
        .insert(header::WWW_AUTHENTICATE, challenge);
    reply
}

/// Sends a browser to the console and gives it the cookie of its session.
pub(crate) fn signed_in(cookie: &str) -> Reply {
    let Ok(cookie) = HeaderValue::from_str(cookie) else {
        return unauthorised();
    };
    let mut reply = text(StatusCode::SEE_OTHER, "/");
    let headers = reply.headers_mut();
    headers.insert(header::LOCATION, HeaderValue::from_static("/"));
    headers.insert(header::SET_COOKIE, cookie);
    reply
}
