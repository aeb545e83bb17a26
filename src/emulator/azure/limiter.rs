//! What the limiter of Azure DevOps says (azure.md 12): 429 with TF400733, or a good answer that
//! came late and asks to wait before the next request.

use serde_json::json;

use super::limit;
use crate::site::Response;
use crate::throttle::Throttle;

const RESOURCE: &str = "Concurrency";

/// How long the limiter asks to wait unless a rule says otherwise, in seconds.
const USUAL_S: u64 = 1;

/// The refusal.
pub(crate) fn blocked(throttle: &Throttle) -> Response {
    let message = format!(
        "TF400733: The request has been canceled: Request was blocked due to exceeding usage of \
         resource '{RESOURCE}' in namespace '5afe0000-0000-4000-8000-000000000099'."
    );
    let space = "Microsoft.TeamFoundation.Framework.Server";
    let body = json!({
        "$id": "1",
        "innerException": null,
        "message": message,
        "typeName": format!("{space}.RequestBlockedException, {space}"),
        "typeKey": "RequestBlockedException",
        "errorCode": 0,
        "eventId": 3000,
    });
    with_headers(Response::json(429, &body), throttle)
}

/// A good answer of a caller who has used too much.
pub(crate) fn delayed(response: Response, throttle: &Throttle) -> Response {
    with_headers(response, throttle).with_header("X-RateLimit-Delay", "1.000")
}

fn with_headers(response: Response, throttle: &Throttle) -> Response {
    let most = limit::RATE_MILLI_UNITS / 1_000;
    let reset_s = throttle.reset_ms(USUAL_S) / 1_000;
    let response = response
        .with_header("X-RateLimit-Resource", RESOURCE)
        .with_header("X-RateLimit-Limit", &most.to_string())
        .with_header("X-RateLimit-Remaining", "0")
        .with_header("X-RateLimit-Reset", &reset_s.to_string());
    match throttle.retry_after_s(USUAL_S) {
        Some(wait_s) => response.with_header("Retry-After", &wait_s.to_string()),
        None => response,
    }
}
