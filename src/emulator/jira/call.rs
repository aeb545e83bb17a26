//! One request on its way through the site: who calls, when, and what was sent.

use serde_json::{Map, Value, json};

use crate::jira::account::User;
use crate::jira::refusal::Refusal;
use crate::jira::version::Version;
use crate::site::{Request, Response};

/// A request whose caller and version are known.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Call<'a> {
    pub(crate) request: &'a Request,
    pub(crate) user: &'a User,
    pub(crate) version: Version,
    pub(crate) now_ms: i64,
    pub(crate) origin: &'a str,
    /// The origin of the media host.
    pub(crate) media_origin: &'a str,
    pub(crate) stale_search: bool,
}

impl Call<'_> {
    /// The caller's account id.
    pub(crate) fn by(&self) -> &'static str {
        self.user.person.account_id
    }

    /// The body, which must be a JSON object.
    pub(crate) fn body(&self) -> Result<Map<String, Value>, Refusal> {
        match self.any_body()? {
            Value::Object(map) => Ok(map),
            _ => Err(Refusal::payload()),
        }
    }

    /// The body, whatever JSON it is.
    pub(crate) fn any_body(&self) -> Result<Value, Refusal> {
        let kind = self.request.header("content-type").unwrap_or_default();
        if !kind.to_ascii_lowercase().contains("json") {
            return Err(Refusal::message(415, "Unsupported Media Type"));
        }
        self.request.json().map_err(|_| Refusal::payload())
    }

    /// A query parameter that is `true`, in any case: the PyPI package `jira` sends `True`.
    pub(crate) fn flag(&self, name: &str) -> bool {
        self.request
            .query(name)
            .is_some_and(|it| it.eq_ignore_ascii_case("true"))
    }

    /// Whether the comma list `expand` names this.
    pub(crate) fn expands(&self, name: &str) -> bool {
        let lists = self.request.query.iter().filter(|(key, _)| key == "expand");
        lists
            .flat_map(|(_, list)| list.split(','))
            .any(|it| it.trim() == name)
    }
}

/// A part of a list by `startAt` and `maxResults`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Page {
    start: usize,
    most: usize,
}

impl Page {
    /// The page that the query asks for; `maxResults` beyond `cap` is cut, as Jira does.
    pub(crate) fn of(call: &Call<'_>, default: usize, cap: usize) -> Self {
        let number = |name: &str| {
            call.request
                .query(name)
                .and_then(|it| it.parse::<usize>().ok())
        };
        Self {
            start: number("startAt").unwrap_or(0),
            most: number("maxResults").unwrap_or(default).min(cap),
        }
    }

    /// The part of a list.
    pub(crate) fn cut<T>(self, list: &[T]) -> &[T] {
        let from = self.start.min(list.len());
        let to = from.saturating_add(self.most).min(list.len());
        list.get(from..to).unwrap_or_default()
    }

    /// The answer that holds a page under `name`.
    pub(crate) fn document(
        self,
        link: &str,
        name: &str,
        rows: Vec<Value>,
        total: usize,
    ) -> Response {
        let is_last = self.start.saturating_add(rows.len()) >= total;
        let mut document = json!({
            "self": link,
            "startAt": self.start,
            "maxResults": self.most,
            "total": total,
            "isLast": is_last,
        });
        document[name] = Value::Array(rows);
        Response::json(200, &document)
    }
}

/// An optional object in a body; anything else that is not null is refused.
pub(crate) fn object(body: &Map<String, Value>, name: &str) -> Result<Map<String, Value>, Refusal> {
    match body.get(name) {
        None | Some(Value::Null) => Ok(Map::new()),
        Some(Value::Object(map)) => Ok(map.clone()),
        Some(_) => Err(Refusal::payload()),
    }
}

/// The strings of a query parameter or body member that may be a comma list or an array.
pub(crate) fn strings(value: Option<&Value>) -> Result<Vec<String>, Refusal> {
    match value {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::String(text)) => Ok(text.split(',').map(|it| it.trim().to_owned()).collect()),
        Some(Value::Array(items)) => {
            let text = |item: &Value| {
                item.as_str()
                    .map(str::to_owned)
                    .ok_or_else(Refusal::payload)
            };
            items.iter().map(text).collect()
        }
        Some(_) => Err(Refusal::payload()),
    }
}
