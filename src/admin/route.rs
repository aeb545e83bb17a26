//! What can be asked: method and target to a [`Route`].

use http::Method;
use model::Side;

use crate::backend::{Command, Query, Refusal};
use crate::parameters::{Parameters, decode};

/// What a request is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Route {
    /// Is the process alive.
    Health,
    /// Can the node do its work.
    Ready,
    /// The numbers for Prometheus.
    Metrics,
    /// The description of the API.
    OpenApi,
    /// A question or an order.
    Api(Query),
    /// A new link to the console.
    Ticket,
    /// A webhook of a remote.
    Hook {
        /// The profile to wake.
        profile: String,
        /// The side that has something new.
        side: Side,
    },
    /// The console, perhaps opened by a link.
    Console {
        /// The link's secret.
        ticket: Option<String>,
    },
    /// The console's style sheet.
    Style,
}

/// Why a request leads nowhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Lost {
    /// There is nothing of that name.
    Path,
    /// It is there, but not for this method; these are the right ones.
    Method(&'static str),
    /// The target is longer than [`crate::limit::TARGET_BYTES`].
    TooLong,
    /// The rest of the target is wrong.
    Refused(Refusal),
}

impl From<Refusal> for Lost {
    fn from(refusal: Refusal) -> Lost {
        Lost::Refused(refusal)
    }
}

impl Route {
    /// Finds the route of a request.
    pub(crate) fn find(method: &Method, path: &str, query: Option<&str>) -> Result<Route, Lost> {
        let parts: Vec<&str> = path.split('/').skip(1).collect();
        match parts.as_slice() {
            ["healthz"] => get(method, Route::Health),
            ["readyz"] => get(method, Route::Ready),
            ["metrics"] => get(method, Route::Metrics),
            ["console.css"] => get(method, Route::Style),
            [""] => get(method, console(query)?),
            ["hooks", profile, side] => post(method, hook(profile, side)?),
            ["api", "v1", rest @ ..] => api(method, rest, Parameters::parse(query)?),
            _ => Err(Lost::Path),
        }
    }
}

fn api(method: &Method, rest: &[&str], mut given: Parameters) -> Result<Route, Lost> {
    let (route, known) = match rest {
        ["openapi.json"] => (get(method, Route::OpenApi)?, "none"),
        ["status"] => (get(method, Route::Api(Query::Status))?, "none"),
        ["tickets"] => (post(method, Route::Ticket)?, "none"),
        ["problems"] => {
            let query = Query::Problems {
                tenant: given.text("tenant"),
                all: given.switch("all")?,
            };
            (get(method, Route::Api(query))?, "tenant, all")
        }
        ["backups"] if *method == Method::POST => {
            let query = Query::BackUp {
                tenant: given.text("tenant"),
            };
            (Route::Api(query), "tenant")
        }
        ["backups"] => match get(method, Route::Api(Query::Backups)) {
            Ok(route) => (route, "none"),
            Err(_) => return Err(Lost::Method("GET, HEAD, POST")),
        },
        ["pairs"] => {
            let query = Query::Pairs {
                tenant: given.text("tenant"),
                profile: given.text("profile"),
                after: given.text("after"),
                limit: given.page()?,
            };
            let known = "tenant, profile, after, limit";
            (get(method, Route::Api(query))?, known)
        }
        ["pairs", id] => {
            let query = Query::Pair {
                id: pair(id)?,
                tenant: given.text("tenant"),
                profile: given.text("profile"),
            };
            (get(method, Route::Api(query))?, "tenant, profile")
        }
        ["pairs", id, "why"] => {
            let query = Query::Why {
                id: pair(id)?,
                tenant: given.text("tenant"),
                profile: given.text("profile"),
            };
            (get(method, Route::Api(query))?, "tenant, profile")
        }
        ["pairs", id, command] => {
            let command = Command::parse(command).ok_or(Lost::Path)?;
            let order = Query::Order {
                id: pair(id)?,
                tenant: given.text("tenant"),
                profile: given.text("profile"),
                command,
            };
            (post(method, Route::Api(order))?, "tenant, profile")
        }
        ["tenants", tenant, "extended"] => {
            let order = Query::Extended {
                tenant: decode(tenant)?,
                minutes: given.minutes()?,
            };
            (post(method, Route::Api(order))?, "minutes")
        }
        _ => return Err(Lost::Path),
    };
    given.end(known)?;
    Ok(route)
}

fn get(method: &Method, route: Route) -> Result<Route, Lost> {
    match *method {
        Method::GET | Method::HEAD => Ok(route),
        _ => Err(Lost::Method("GET, HEAD")),
    }
}

fn post(method: &Method, route: Route) -> Result<Route, Lost> {
    match *method {
        Method::POST => Ok(route),
        _ => Err(Lost::Method("POST")),
    }
}

fn console(query: Option<&str>) -> Result<Route, Refusal> {
    let mut given = Parameters::parse(query)?;
    let ticket = given.text("token");
    given.end("token")?;
    Ok(Route::Console { ticket })
}

fn hook(profile: &str, side: &str) -> Result<Route, Lost> {
    let side = Side::parse(side).ok_or(Lost::Path)?;
    let profile = decode(profile)?;
    if profile.is_empty() {
        return Err(Lost::Path);
    }
    // What else a remote puts into the query is its own business.
    Ok(Route::Hook { profile, side })
}

/// An issue's key or a work item's number.
fn pair(part: &str) -> Result<String, Refusal> {
    let id = decode(part)?;
    let is_key = !id.is_empty()
        && id.len() <= model::limit::KEY_CHARS
        && id
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
    if is_key {
        Ok(id)
    } else {
        Err(Refusal::Invalid(
            "a pair is named by its issue's key or its work item's number, such as WEB-12 or 4711"
                .to_owned(),
        ))
    }
}
