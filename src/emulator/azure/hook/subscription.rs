//! A subscription: what it asks for, whether that may be asked for, and how it is read back (azure.md 13.1).

use std::collections::{BTreeMap, VecDeque};

use serde_json::{Map, Value as Json, json};

use super::super::error::Refusal;
use super::super::identity::Who;
use super::super::item::Host;
use super::super::limit;
use super::super::node::Structure;
use super::super::time;
use super::TESTS_ID;
use super::notification::Notification;
use super::topic::{Topic, VERSIONS};

/// What a password is read back as; written, it means the one that is stored.
pub(crate) const MASK: &str = "********";

const PASSWORD: &str = "basicAuthPassword";
const CONSUMER_INPUTS: [&str; 8] = [
    "url",
    "httpHeaders",
    "basicAuthUsername",
    PASSWORD,
    "resourceDetailsToSend",
    "messagesToSend",
    "detailedMessagesToSend",
    "acceptUntrustedCerts",
];
const MESSAGES: [&str; 5] = ["all", "text", "html", "markdown", "none"];
/// What the service itself puts among the publisher's inputs; taken from nobody.
const OF_THE_SERVER: [&str; 3] = ["hostId", "tfsSubscriptionId", "subscriberId"];

/// Inputs by their names.
pub(crate) type Inputs = BTreeMap<String, String>;

/// Whether a subscription delivers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    /// It does.
    Enabled,
    /// It failed; one event is tried again and again, new ones are lost.
    OnProbation,
    /// Somebody switched it off.
    DisabledByUser,
    /// It failed too often, or its receiver is gone.
    DisabledBySystem,
}

impl Status {
    /// The status as the service writes it.
    pub(crate) fn wire(self) -> &'static str {
        match self {
            Status::Enabled => "enabled",
            Status::OnProbation => "onProbation",
            Status::DisabledByUser => "disabledByUser",
            Status::DisabledBySystem => "disabledBySystem",
        }
    }
}

/// What a subscription asks for.
#[derive(Debug, Clone)]
pub(crate) struct Terms {
    pub(crate) topic: Topic,
    pub(crate) version: String,
    pub(crate) publisher: Inputs,
    pub(crate) consumer: Inputs,
    /// The status that the caller wants, if the body names one.
    pub(crate) status: Option<Status>,
}

/// A subscription.
#[derive(Debug)]
pub(crate) struct Subscription {
    pub(crate) number: u64,
    pub(crate) id: String,
    pub(crate) terms: Terms,
    pub(crate) status: Status,
    /// Retries since the probation began.
    pub(crate) retries: u8,
    pub(crate) retried_ms: Option<i64>,
    pub(crate) tracing: BTreeMap<&'static str, i64>,
    pub(crate) history: VecDeque<Notification>,
    pub(crate) last_notification: i32,
    created: (usize, i64),
    modified: (usize, i64),
}

impl Subscription {
    pub(crate) fn new(number: u64, terms: Terms, by: usize, now: i64) -> Self {
        let id = if number == super::TESTS {
            TESTS_ID.to_owned()
        } else {
            crate::azure::guid::of(&["subscription", &number.to_string()])
        };
        Self {
            number,
            id,
            status: terms.status.unwrap_or(Status::Enabled),
            terms,
            retries: 0,
            retried_ms: None,
            tracing: BTreeMap::new(),
            history: VecDeque::new(),
            last_notification: 0,
            created: (by, now),
            modified: (by, now),
        }
    }

    /// Replaces what the subscription asks for; a status of `enabled` ends a probation.
    pub(crate) fn replace(&mut self, terms: Terms, by: usize, now: i64) {
        if let Some(status) = terms.status {
            self.status = status;
            self.retries = 0;
        }
        self.terms = terms;
        self.modified = (by, now);
    }

    /// The consumer's inputs without secrets.
    pub(crate) fn masked(&self) -> Inputs {
        let mut inputs = self.terms.consumer.clone();
        if let Some(password) = inputs.get_mut(PASSWORD) {
            MASK.clone_into(password);
        }
        inputs
    }

    /// The publisher's inputs with those of the server.
    pub(crate) fn published(&self, host: Host<'_>) -> Inputs {
        let mut inputs = self.terms.publisher.clone();
        let tfs = crate::azure::guid::of(&["tfs", &self.number.to_string()]);
        inputs.insert("hostId".into(), host.organization.collection().into());
        inputs.insert("tfsSubscriptionId".into(), tfs);
        inputs
    }

    /// The subscription as it is read.
    pub(crate) fn json(&self, host: Host<'_>) -> Json {
        let people = &host.organization.people;
        let who = |index: usize| people.reference(&Who::Member(index), host.base);
        let url = format!("{}/_apis/hooks/subscriptions/{}", host.base, self.id);
        let target = self.terms.consumer.get("url").map_or("", String::as_str);
        let server = url::Url::parse(target)
            .ok()
            .and_then(|url| url.host_str().map(str::to_owned));
        let mut json = json!({
            "id": self.id,
            "url": url,
            "status": self.status.wire(),
            "publisherId": "tfs",
            "eventType": self.terms.topic.id(),
            "resourceVersion": self.terms.version,
            "eventDescription": self.description(),
            "consumerId": "webHooks",
            "consumerActionId": "httpRequest",
            "actionDescription": format!("To host {}", server.unwrap_or_default()),
            "createdBy": who(self.created.0),
            "createdDate": time::text(self.created.1),
            "modifiedBy": who(self.modified.0),
            "modifiedDate": time::text(self.modified.1),
            "publisherInputs": self.published(host),
            "consumerInputs": self.masked(),
            "_links": {
                "self": {"href": url},
                "consumer": {"href": format!("{}/_apis/hooks/consumers/webHooks", host.base)},
                "actions": {"href": format!("{}/_apis/hooks/consumers/webHooks/actions", host.base)},
                "notifications": {"href": format!("{url}/notifications")},
                "publisher": {"href": format!("{}/_apis/hooks/publishers/tfs", host.base)},
            },
        });
        if self.retries > 0 {
            json["probationRetries"] = json!(self.retries);
        }
        if let Some(at) = self.retried_ms {
            json["lastProbationRetryDate"] = json!(time::text(at));
        }
        json
    }

    fn description(&self) -> String {
        let given = |name: &str| self.terms.publisher.get(name).filter(|v| !v.is_empty());
        let kind = given("workItemType").map_or("Any work item", String::as_str);
        given("areaPath").map_or_else(|| kind.to_owned(), |area| format!("{kind} under {area}"))
    }
}

impl Terms {
    /// What a body asks for; `old` is the subscription that it replaces.
    ///
    /// # Errors
    /// Unknown publishers, events, consumers, versions, projects and inputs, and inputs that the service does not take.
    pub(crate) fn parse(
        body: &Json,
        old: Option<&Subscription>,
        host: Host<'_>,
    ) -> Result<Self, Refusal> {
        let text = |name: &str| body.get(name).and_then(Json::as_str).unwrap_or("");
        named("publisherId", text("publisherId"), "tfs")?;
        named("consumerId", text("consumerId"), "webHooks")?;
        named("consumerActionId", text("consumerActionId"), "httpRequest")?;
        let topic =
            Topic::parse(text("eventType")).ok_or_else(|| input("eventType", text("eventType")))?;
        let version = Some(text("resourceVersion")).filter(|v| !v.is_empty());
        let version = version.unwrap_or("1.0");
        if !VERSIONS.contains(&version) {
            return Err(input("resourceVersion", version));
        }
        let mut consumer = inputs(body, "consumerInputs")?;
        if let Some(slot) = consumer.get_mut(PASSWORD).filter(|p| *p == MASK) {
            let kept = old.and_then(|o| o.terms.consumer.get(PASSWORD));
            kept.map_or("", String::as_str).clone_into(slot);
        }
        check_consumer(&consumer)?;
        let mut publisher = inputs(body, "publisherInputs")?;
        publisher.retain(|name, _| !OF_THE_SERVER.contains(&name.as_str()));
        check_publisher(topic, &publisher, host)?;
        Ok(Self {
            topic,
            version: version.to_owned(),
            publisher,
            consumer,
            status: status(body)?,
        })
    }
}

fn named(what: &str, given: &str, only: &str) -> Result<(), Refusal> {
    let known = given.eq_ignore_ascii_case(only);
    known.then_some(()).ok_or_else(|| input(what, given))
}

fn input(name: &str, value: &str) -> Refusal {
    Refusal::HookInput(name.to_owned(), value.to_owned())
}

/// The status that a body asks for: a person may switch a subscription on or off, nothing else.
fn status(body: &Json) -> Result<Option<Status>, Refusal> {
    match body.get("status") {
        None | Some(Json::Null) => Ok(None),
        Some(Json::String(word)) => match word.to_lowercase().as_str() {
            "enabled" => Ok(Some(Status::Enabled)),
            "disabledbyuser" => Ok(Some(Status::DisabledByUser)),
            "onprobation" | "disabledbysystem" | "disabledbyinactiveidentity" => Ok(None),
            _ => Err(input("status", word)),
        },
        Some(other) => match other.as_i64() {
            Some(0) => Ok(Some(Status::Enabled)),
            Some(20) => Ok(Some(Status::DisabledByUser)),
            _ => Err(input("status", &other.to_string())),
        },
    }
}

fn inputs(body: &Json, name: &str) -> Result<Inputs, Refusal> {
    let empty = Map::new();
    let given = match body.get(name) {
        None | Some(Json::Null) => &empty,
        Some(Json::Object(object)) => object,
        Some(other) => return Err(input(name, &other.to_string())),
    };
    if given.len() > limit::HOOK_INPUTS {
        return Err(input(name, "too many inputs"));
    }
    let mut inputs = Inputs::new();
    for (key, value) in given {
        let value = match value {
            Json::Null => String::new(),
            Json::String(text) => text.clone(),
            Json::Bool(flag) => flag.to_string(),
            other => return Err(input(key, &other.to_string())),
        };
        if value.len() > limit::HOOK_INPUT_BYTES {
            return Err(input(key, "a value that is too long"));
        }
        inputs.insert(key.clone(), value);
    }
    Ok(inputs)
}

fn check_publisher(topic: Topic, inputs: &Inputs, host: Host<'_>) -> Result<(), Refusal> {
    let organization = host.organization;
    let value = |name: &str| inputs.get(name).map_or("", String::as_str);
    for name in inputs.keys() {
        let known = matches!(name.as_str(), "projectId" | "teamId")
            || topic.filters().contains(&name.as_str());
        if !known {
            return Err(input(name, value(name)));
        }
    }
    let project = match value("projectId") {
        "" => None,
        id => Some(organization.find(id)?),
    };
    let area = value("areaPath");
    if !area.is_empty() {
        let project = match project {
            Some(index) => organization.project(index),
            None => organization.of_path(area),
        };
        let known = project.is_some_and(|p| p.node(Structure::Area, area).is_some());
        known.then_some(()).ok_or_else(|| input("areaPath", area))?;
    }
    let name = value("workItemType");
    if !name.is_empty() && !knows_type(organization, project, name) {
        return Err(input("workItemType", name));
    }
    for name in split(value("changedFields")) {
        if organization.fields.by_any_name(name).is_none() {
            return Err(input("changedFields", name));
        }
    }
    let pattern = value("commentPattern");
    let refused = ['&', '<', '>', '\'', '"'];
    if pattern.chars().count() > limit::COMMENT_PATTERN_CHARS || pattern.contains(refused) {
        return Err(input("commentPattern", pattern));
    }
    Ok(())
}

/// Whether a project, or else any, has a type of that name.
fn knows_type(
    organization: &crate::azure::node::Organization,
    project: Option<usize>,
    name: &str,
) -> bool {
    let places = 0..organization.projects.len();
    let mut wanted = places.filter(|place| project.is_none_or(|project| project == *place));
    wanted.any(|place| organization.kind(place, name).is_some())
}

/// The parts of an input that may name several things.
pub(crate) fn split(text: &str) -> impl Iterator<Item = &str> {
    text.split([',', ';'])
        .map(str::trim)
        .filter(|part| !part.is_empty())
}

fn check_consumer(inputs: &Inputs) -> Result<(), Refusal> {
    let value = |name: &str| inputs.get(name).map_or("", String::as_str);
    for name in inputs.keys() {
        if !CONSUMER_INPUTS.contains(&name.as_str()) {
            return Err(input(name, value(name)));
        }
    }
    for (name, words) in [
        ("resourceDetailsToSend", &["all", "minimal", "none"][..]),
        ("messagesToSend", &MESSAGES[..]),
        ("detailedMessagesToSend", &MESSAGES[..]),
        ("acceptUntrustedCerts", &["true", "false"][..]),
    ] {
        let given = value(name).to_lowercase();
        if !given.is_empty() && !words.contains(&given.as_str()) {
            return Err(input(name, &given));
        }
    }
    for name in ["basicAuthUsername", PASSWORD] {
        let given = value(name);
        if given.chars().count() > 256 || given.contains(char::is_whitespace) {
            return Err(input(name, MASK));
        }
    }
    if headers(value("httpHeaders")).is_none() {
        return Err(input("httpHeaders", value("httpHeaders")));
    }
    let secret = ["basicAuthUsername", PASSWORD]
        .iter()
        .any(|n| !value(n).is_empty());
    check_url(value("url"), secret)
}

/// The headers of `httpHeaders`: one `key:value` a line, no blanks in the value.
pub(crate) fn headers(text: &str) -> Option<Vec<(String, String)>> {
    text.lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .map(|line| {
            let (name, value) = line.split_once(':')?;
            let (name, value) = (name.trim(), value.trim());
            let is_name = name.parse::<http::HeaderName>().is_ok();
            let is_value = http::HeaderValue::from_str(value).is_ok()
                && !value.is_empty()
                && !value.contains(char::is_whitespace);
            (is_name && is_value).then(|| (name.to_owned(), value.to_owned()))
        })
        .collect()
}

/// An absolute address that may be posted to. The loopback is open here; the real service refuses it.
fn check_url(text: &str, secret: bool) -> Result<(), Refusal> {
    let refused = || input("url", text);
    let url = url::Url::parse(text).map_err(|_| refused())?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(refused());
    }
    let (loopback, special) = match url.host() {
        None => return Err(refused()),
        Some(url::Host::Domain(name)) => (name.eq_ignore_ascii_case("localhost"), false),
        Some(url::Host::Ipv4(ip)) => (
            ip.is_loopback(),
            ip.is_private() || ip.is_link_local() || ip.is_unspecified() || ip.is_multicast(),
        ),
        Some(url::Host::Ipv6(ip)) => (ip.is_loopback(), !ip.is_loopback() && is_special(ip)),
    };
    if special || (secret && url.scheme() == "http" && !loopback) {
        return Err(refused());
    }
    Ok(())
}

fn is_special(ip: std::net::Ipv6Addr) -> bool {
    let first = ip.segments().first().copied().unwrap_or(0);
    ip.is_unspecified() || ip.is_multicast() || first & 0xfe00 == 0xfc00 || first & 0xffc0 == 0xfe80
}
