//! The seam between the emulated products and everything that carries requests to them.
//!
//! A site is pure logic: it sees a whole [`Request`] and a [`Moment`], and gives a whole
//! [`Response`]. Sockets, real time and faults stay on the other side of this file.

use base64::Engine as _;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use percent_encoding::percent_decode_str;

use crate::ledger::Ledger;
use crate::post::{Post, Posted};
use crate::throttle::{Flavor, Throttle};

/// One request as the emulated product's logic sees it: already read whole, size-bounded, not yet
/// routed.
#[derive(Debug, Clone)]
pub struct Request {
    /// The HTTP method.
    pub method: Method,
    /// The path, still percent-encoded, without the query.
    pub path: String,
    /// The decoded query pairs, in order.
    pub query: Vec<(String, String)>,
    /// The headers as they arrived.
    pub headers: HeaderMap,
    /// The whole body.
    pub body: Bytes,
}

impl Request {
    /// A request without headers and body for a path that may carry a query, as tests build it.
    pub fn new(method: Method, path_and_query: &str) -> Self {
        let (path, query) = path_and_query
            .split_once('?')
            .unwrap_or((path_and_query, ""));
        Self {
            method,
            path: path.to_owned(),
            query: url::form_urlencoded::parse(query.as_bytes())
                .into_owned()
                .collect(),
            headers: HeaderMap::new(),
            body: Bytes::new(),
        }
    }

    /// The same request with a JSON body and its content type.
    #[must_use]
    pub fn with_json(mut self, value: &serde_json::Value) -> Self {
        self.body = Bytes::from(value.to_string());
        self.with_header("content-type", "application/json")
    }

    /// The same request with one header more; a header that HTTP cannot carry is left out.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), HeaderValue::from_str(value)) {
            self.headers.insert(name, value);
        }
        self
    }

    /// The same request with `Authorization: Basic`.
    #[must_use]
    pub fn with_basic(self, user: &str, password: &str) -> Self {
        let pair = base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}"));
        self.with_header("authorization", &format!("Basic {pair}"))
    }

    /// The first query value of that name.
    pub fn query(&self, name: &str) -> Option<&str> {
        self.query
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// The path's segments, percent-decoded; empty ones are left out.
    pub fn segments(&self) -> Vec<String> {
        self.path
            .split('/')
            .filter(|segment| !segment.is_empty())
            .map(|segment| percent_decode_str(segment).decode_utf8_lossy().into_owned())
            .collect()
    }

    /// A header's value, when it is there and is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The body as JSON.
    ///
    /// # Errors
    /// When the body is not one JSON document.
    pub fn json(&self) -> Result<serde_json::Value, serde_json::Error> {
        serde_json::from_slice(&self.body)
    }

    /// User and password of `Authorization: Basic`.
    pub fn basic(&self) -> Option<(String, String)> {
        let encoded = self.credentials("basic")?;
        let decoded = base64::engine::general_purpose::STANDARD
            .decode(encoded.trim())
            .ok()?;
        let text = String::from_utf8(decoded).ok()?;
        let (user, password) = text.split_once(':')?;
        Some((user.to_owned(), password.to_owned()))
    }

    /// The token of `Authorization: Bearer`.
    pub fn bearer(&self) -> Option<&str> {
        self.credentials("bearer").map(str::trim)
    }

    fn credentials(&self, scheme: &str) -> Option<&str> {
        let (given, rest) = self.header("authorization")?.split_once(' ')?;
        given.eq_ignore_ascii_case(scheme).then_some(rest)
    }
}

/// One answer of an emulated product.
#[derive(Debug, Clone)]
pub struct Response {
    /// The HTTP status code.
    pub status: u16,
    /// The headers, in order.
    pub headers: Vec<(String, String)>,
    /// The whole body.
    pub body: Bytes,
}

impl Response {
    /// A JSON answer.
    pub fn json(status: u16, value: &serde_json::Value) -> Self {
        Self::empty(status)
            .with_body(value.to_string())
            .with_header("Content-Type", "application/json;charset=UTF-8")
    }

    /// An answer without a body.
    pub fn empty(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: Bytes::new(),
        }
    }

    /// An HTML page.
    pub fn html(status: u16, text: &str) -> Self {
        Self::empty(status)
            .with_body(text.to_owned())
            .with_header("Content-Type", "text/html; charset=utf-8")
    }

    /// The same answer with one header more.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The same answer with this body.
    #[must_use]
    pub fn with_body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self
    }

    /// The first header of that name, whatever its case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }
}

/// What stands for a product that has failed.
pub(crate) fn broken() -> Response {
    Response::html(500, "<html><body>Internal Server Error</body></html>")
}

/// The same with its own words for what failed.
pub(crate) fn broken_with(text: &str) -> Response {
    Response::html(500, &format!("<html><body>{text}</body></html>"))
}

/// What one call may know of its moment: virtual time, whether a fault makes searches stale, and
/// where accepted writes are entered.
#[derive(Debug)]
pub struct Moment<'a> {
    /// Virtual time, milliseconds since the Unix epoch.
    pub now_ms: i64,
    /// A fault makes every search answer from the index as it was before the latest writes.
    pub stale_search: bool,
    /// `http://127.0.0.1:PORT` under which the caller reached us, without a trailing slash.
    pub origin: &'a str,
    /// The origin of the host that gives out files; only addresses that the site makes name it.
    pub media_origin: &'a str,
    /// Where accepted writes are entered.
    pub ledger: &'a mut Ledger,
}

/// What a client of a site is configured with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The user of Basic authentication: an e-mail address on Jira, ignored by Azure DevOps.
    pub user: String,
    /// The API token or personal access token.
    pub token: String,
    /// The project that holds the sample data: a key on Jira, a name on Azure DevOps.
    pub project: String,
    /// What follows the server's address in the configured URL: empty, or `/acme`.
    pub base_path: String,
}

/// The logic of one emulated product: no sockets, no clock, no threads; the same requests at the
/// same moments give the same answers.
pub trait Site: Send {
    /// Answers one request, and enters what it accepted into the moment's ledger.
    fn handle(&mut self, request: &Request, moment: &mut Moment<'_>) -> Response;

    /// The product that this is, by which recordings tell whose answer they hold; a site that is no product has none, and
    /// nothing of it is recorded.
    fn product(&self) -> Option<&'static str> {
        None
    }

    /// Whether the product gives out files from a host of its own, where no credentials belong.
    fn has_media_host(&self) -> bool {
        false
    }

    /// Answers a request that arrived at the media host.
    fn media(&self, request: &Request, moment: &Moment<'_>) -> Response {
        let _ = (request, moment);
        Response::empty(404)
    }

    /// One neutral document per live item, for comparing the sides.
    fn items(&self) -> Vec<serde_json::Value> {
        let mut all = Vec::new();
        self.items_after(0, usize::MAX, &mut |_, item| all.push(item));
        all
    }

    /// Tells the same documents one by one, with their ids in ascending order: those behind an id,
    /// and no more than `most`.
    fn items_after(&self, after: u64, most: usize, tell: &mut dyn FnMut(u64, serde_json::Value));

    /// Back to the state with which the site began.
    fn reset(&mut self);

    /// Changes what an administrator may change of the product's screens while people work:
    /// `{"hidden": [field ids], "required": [field ids]}`, replacing an earlier change.
    ///
    /// # Errors
    /// When it names a field that cannot be changed so, or the product has no such screens here.
    fn set_screens(&mut self, asked: &serde_json::Value) -> Result<(), String> {
        let _ = asked;
        Err("the screens of this product cannot be changed here".to_owned())
    }

    /// The requests that the site wants to send by now, the oldest first and no more than `most`. Each is handed out once;
    /// how it went comes back through [`Site::posted`].
    fn due_posts(&mut self, now_ms: i64, most: usize) -> Vec<Post> {
        let _ = (now_ms, most);
        Vec::new()
    }

    /// Hears how a request from [`Site::due_posts`] went, and plans what follows.
    fn posted(&mut self, id: u64, outcome: Posted, now_ms: i64) {
        let _ = (id, outcome, now_ms);
    }

    /// The account that a synchroniser should use.
    fn sync_credentials(&self) -> Credentials;

    /// A name for the route, for counting requests: a method-free template such as
    /// `/rest/api/3/issue/{id}`.
    fn endpoint(&self, request: &Request) -> String;

    /// The page that a caller gets whose sign-in is not accepted by the product's front door.
    /// Azure DevOps answers 203 with HTML; a product that behaves otherwise says so here.
    fn sign_in_page(&self) -> Response {
        Response::html(
            203,
            "<!DOCTYPE html><html><head><title>Azure DevOps Services | Sign In</title></head>\
             <body><form action=\"https://login.microsoftonline.com/\"></form></body></html>",
        )
    }

    /// The answer to one more edit of an item that has as many revisions as it may have; a product that has no such limit is
    /// broken.
    fn worn_out(&self, item: &str) -> Response {
        let _ = item;
        broken()
    }

    /// The answer of one of the product's limiters, with the headers by which it speaks.
    fn throttled(&self, throttle: &Throttle) -> Response;

    /// A good answer of a caller whom the product's limiter asks to wait before the next request.
    fn slowed(&self, response: Response, throttle: &Throttle) -> Response {
        let _ = throttle;
        response
    }

    /// Whether that limiter is one of this product's.
    fn throttles(&self, flavor: Flavor) -> bool;

    /// The headers by which the product's support finds a request again, made of a number that is
    /// different for every request.
    fn trace(&self, number: u128) -> Vec<(&'static str, String)>;

    /// How many items and revisions searches and feeds have looked at so far: what holds the
    /// indexes to their purpose.
    fn rows_examined(&self) -> u64;
}
