//! The front door: who is let in, and the three shapes in which the service turns somebody away
//! (azure.md 11.3).

use http::Method;

use super::error::Refusal;
use super::route::Resource;
use crate::site::{Request, Response};

const PAGE: &str = "<!DOCTYPE html>\n<html lang=\"en-US\"><head><title>Azure DevOps Services | \
Sign In</title></head>\
<body><form method=\"POST\" action=\"https://login.example/oauth2/authorize\"><noscript>Sign in to continue</noscript></form></body></html>";

/// The page that a browser would show.
pub(crate) fn page(status: u16) -> Response {
    Response::html(status, PAGE)
}

/// The answer to a caller who is not signed in: 401 on a write; on what reads, a redirect for a
/// browser, and for everybody else a page with status 203, which is a success to whoever looks at
/// the status alone.
pub(crate) fn turned_away(
    request: &Request,
    resource: Option<&Resource>,
    origin: &str,
) -> Response {
    let reads = match request.method {
        Method::GET | Method::HEAD => true,
        Method::POST => resource.is_some_and(Resource::posts_to_read),
        _ => false,
    };
    if !reads {
        return Refusal::SignedOut.response();
    }
    let suppressed = request.header("x-tfs-fedauthredirect").is_some();
    let browser = request
        .header("accept")
        .is_some_and(|a| a.contains("text/html"));
    if browser && !suppressed {
        let target = format!("{origin}/_signin?reply_to={}", request.path);
        return page(302).with_header("Location", &target);
    }
    page(203)
}
