//! One emulated remote without sockets, and what is on its way to it.

use std::collections::BTreeMap;

use emulator::offline::Delivery;
use emulator::{Answer, Credentials, Faults, Offline, Options, Site};
use reqwest::Method;
use serde_json::Value;
use tests::simulated::translated;

/// A remote.
pub(crate) struct Remote {
    offline: Offline,
    origin: &'static str,
    credentials: Credentials,
    /// What arrives later, by its time and then by the order in which it was sent.
    late: BTreeMap<(i64, u64), emulator::Request>,
    sent: u64,
}

/// A request that arrived after its sender had given it up.
pub(crate) struct Arrived {
    /// When.
    pub(crate) at_ms: i64,
    /// Whether it was a write that the remote accepted.
    pub(crate) wrote: bool,
    /// Its method and path.
    pub(crate) what: String,
}

impl Remote {
    /// A remote at its beginning.
    pub(crate) fn new(site: Box<dyn Site>, options: Options, origin: &'static str) -> Remote {
        Remote {
            credentials: site.sync_credentials(),
            offline: Offline::new(site, options),
            origin,
            late: BTreeMap::new(),
            sent: 0,
        }
    }

    /// The address that a profile names.
    pub(crate) fn url(&self) -> String {
        format!("{}{}", self.origin, self.credentials.base_path)
    }

    /// A request of the node, as it arrives.
    pub(crate) fn translate(&self, request: &model::http::Request) -> emulator::Request {
        translated(request, self.origin, &self.credentials)
    }

    /// Lets a request arrive at a later time.
    pub(crate) fn hold(&mut self, request: emulator::Request, due_ms: i64) {
        self.sent += 1;
        self.late.insert((due_ms, self.sent), request);
    }

    /// Applies what was on its way and is due.
    pub(crate) fn settle(&mut self, now_ms: i64) -> Vec<Arrived> {
        let mut arrived = Vec::new();
        while let Some(entry) = self
            .late
            .first_entry()
            .filter(|entry| entry.key().0 <= now_ms)
        {
            let (at_ms, _) = *entry.key();
            let request = entry.remove();
            let answer = self.offline.deliver(&request, at_ms, self.origin).answer;
            let accepted = answer.response().is_some_and(|answer| answer.status < 300);
            arrived.push(Arrived {
                at_ms,
                wrote: accepted && request.method != Method::GET,
                what: format!("{} {}", request.method, request.path),
            });
        }
        arrived
    }

    /// Answers a request that has arrived.
    pub(crate) fn deliver(&mut self, request: &emulator::Request, now_ms: i64) -> Delivery {
        self.offline.deliver(request, now_ms, self.origin)
    }

    /// A person's request. A refusal is an everyday matter; it gives nothing.
    pub(crate) fn act(
        &mut self,
        person: usize,
        method: Method,
        path: &str,
        body: &Value,
        now_ms: i64,
    ) -> Option<Value> {
        let people = emulator::people::people();
        let person = &people[person % people.len()];
        let path = format!("{}{path}", self.credentials.base_path);
        let mut request = emulator::Request::new(method, &path);
        if !body.is_null() {
            request = request.with_json(body);
        }
        if body.is_array() {
            request = request.with_header("content-type", "application/json-patch+json");
        }
        let request = request.with_basic(person.email, &person.token);
        match self.deliver(&request, now_ms).answer {
            Answer::Response(answer) if answer.status < 300 => {
                Some(serde_json::from_slice(&answer.body).unwrap_or_default())
            }
            Answer::Response(_) | Answer::Truncated(_) | Answer::Closed => None,
        }
    }

    /// Reads a control endpoint.
    pub(crate) fn control(&mut self, what: &str, now_ms: i64) -> Value {
        let request = emulator::Request::new(Method::GET, &format!("/_emulator/{what}"));
        let answer = self.offline.call(&request, now_ms);
        let response = answer.response().expect("control endpoints answer");
        serde_json::from_slice(&response.body).expect("a JSON document")
    }

    /// How many creates and how many comments carried each marker, at most.
    pub(crate) fn doubled(&self) -> Vec<String> {
        let ledger = self.offline.ledger();
        let all = ledger.creates().iter().chain(ledger.comments());
        all.filter(|(_, count)| **count > 1)
            .map(|(marker, count)| format!("{count} times {marker}"))
            .collect()
    }

    /// From now on it does nothing wrong.
    pub(crate) fn mend(&mut self) {
        self.offline.set_faults(&Faults::default());
    }
}
