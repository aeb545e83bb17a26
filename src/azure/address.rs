//! Addresses and requests.

use model::http::{Method, Request};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value as Json;

/// The version of everything but comments (azure.md 1).
pub(crate) const VERSION: &str = "7.1";
/// The version of comments, which are a preview for ever (azure.md 1).
pub(crate) const COMMENTS_VERSION: &str = "7.1-preview.4";
/// The version of `connectionData`, a preview too.
pub(crate) const CONNECTION_VERSION: &str = "7.1-preview.1";

/// Everything that RFC 3986 does not call unreserved is encoded, in paths and in queries alike.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// One segment of a path, or one value of a query, encoded.
pub(crate) fn encode(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

/// The root that all addresses begin with: an organisation or a collection.
#[derive(Clone, Debug)]
pub(crate) struct Address {
    root: String,
}

impl Address {
    /// An address below `root`.
    pub(crate) fn new(root: &str) -> Address {
        Address {
            root: root.trim_end_matches('/').to_owned(),
        }
    }

    /// The root, without a slash at its end.
    pub(crate) fn root(&self) -> &str {
        &self.root
    }

    /// The address of a resource. `path` is encoded already; the values of `query` are not.
    pub(crate) fn api(
        &self,
        project: Option<&str>,
        path: &str,
        version: &str,
        query: &[(&str, &str)],
    ) -> String {
        let mut url = self.root.clone();
        if let Some(project) = project {
            url.push('/');
            url.push_str(&encode(project));
        }
        url.push_str("/_apis/");
        url.push_str(path);
        url.push_str("?api-version=");
        url.push_str(version);
        for (name, value) in query {
            url.push('&');
            url.push_str(name);
            url.push('=');
            url.push_str(&encode(value));
        }
        url
    }

    /// The address of a work item in a browser. The service leads from the organisation's form to the item's project.
    pub(crate) fn browse(&self, project: Option<&str>, item: u64) -> String {
        match project {
            Some(project) => format!("{}/{}/_workitems/edit/{item}", self.root, encode(project)),
            None => format!("{}/_workitems/edit/{item}", self.root),
        }
    }
}

/// A request without a body.
pub(crate) fn get(url: String, route: &'static str) -> Request {
    Request {
        method: Method::Get,
        url,
        route,
        headers: common(),
        body: Vec::new(),
        writes: None,
    }
}

/// A request that posts JSON.
pub(crate) fn post(url: String, route: &'static str, body: &Json) -> Request {
    with_body(Method::Post, url, route, "application/json", body)
}

/// A request that carries a JSON Patch: any other content type is refused (azure.md 5.1).
pub(crate) fn send_patch(method: Method, url: String, route: &'static str, body: &Json) -> Request {
    with_body(method, url, route, "application/json-patch+json", body)
}

fn with_body(
    method: Method,
    url: String,
    route: &'static str,
    content_type: &str,
    body: &Json,
) -> Request {
    let mut headers = common();
    headers.push(("content-type", content_type.to_owned()));
    Request {
        method,
        url,
        route,
        headers,
        body: body.to_string().into_bytes(),
        writes: None,
    }
}

/// The first keeps the service from answering a bad credential with a redirection (azure.md 11.3).
fn common() -> Vec<(&'static str, String)> {
    vec![
        ("x-tfs-fedauthredirect", String::from("Suppress")),
        ("accept", String::from("application/json")),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_values_are_encoded() {
        let address = Address::new("https://dev.azure.com/acme/");
        assert_eq!(
            address.api(
                Some("Web & Co"),
                "wit/workitemtypes",
                VERSION,
                &[("continuationToken", "813;350;1")]
            ),
            "https://dev.azure.com/acme/Web%20%26%20Co/_apis/wit/workitemtypes\
             ?api-version=7.1&continuationToken=813%3B350%3B1"
        );
    }

    #[test]
    fn a_browser_gets_the_edit_page() {
        let address = Address::new("https://dev.azure.com/acme");
        assert_eq!(
            address.browse(Some("Plat form"), 12),
            "https://dev.azure.com/acme/Plat%20form/_workitems/edit/12"
        );
        assert_eq!(
            address.browse(None, 12),
            "https://dev.azure.com/acme/_workitems/edit/12"
        );
    }

    #[test]
    fn every_request_suppresses_the_redirection_to_the_sign_in_page() {
        let request = get(String::from("http://x"), "/x");
        assert!(
            request
                .headers
                .contains(&("x-tfs-fedauthredirect", String::from("Suppress")))
        );
    }
}
