//! A node that is made up: it remembers what it was asked and answers the same every time.

use std::sync::{Mutex, PoisonError};

use model::metric::{Metric, Place, Sample};
use model::{ProfileName, Side, TenantName};
use serde_json::{Value, json};

use crate::backend::{Answering, Backend, Measuring, Query, Readiness, Refusal};

#[derive(Default)]
pub(super) struct Fake(Mutex<Inner>);

#[derive(Default)]
struct Inner {
    asked: Vec<Query>,
    woken: Vec<Side>,
    waiting: Option<String>,
    refusal: Option<Refusal>,
}

impl Fake {
    fn with<T>(&self, f: impl FnOnce(&mut Inner) -> T) -> T {
        f(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn asked(&self) -> Vec<Query> {
        self.with(|inner| inner.asked.clone())
    }

    pub(super) fn woken(&self) -> Vec<Side> {
        self.with(|inner| inner.woken.clone())
    }

    pub(super) fn refuse(&self, refusal: Refusal) {
        self.with(|inner| inner.refusal = Some(refusal));
    }

    pub(super) fn set_ready(&self, readiness: Readiness) {
        self.with(|inner| {
            inner.waiting = match readiness {
                Readiness::Ready => None,
                Readiness::Waiting(why) => Some(why),
            };
        });
    }
}

impl Backend for Fake {
    fn answer(&self, query: Query) -> Answering<'_> {
        let refusal = self.with(|inner| {
            inner.asked.push(query.clone());
            inner.refusal.clone()
        });
        Box::pin(async move {
            match (refusal, query) {
                (Some(refusal), _) => Err(refusal),
                (None, Query::Status) => Ok(status()),
                (None, Query::Problems { .. }) => Ok(problems()),
                (None, _) => Ok(json!({ "ok": true })),
            }
        })
    }

    fn measure(&self) -> Measuring<'_> {
        let place = Place {
            tenant: TenantName::new("acme").ok(),
            profile: ProfileName::new("web").ok(),
        };
        let parked = Sample::level(Metric::PairsParked, &place, &[], 2.0);
        Box::pin(async move { vec![parked] })
    }

    fn wake(&self, profile: &str, side: Side) -> bool {
        let is_known = profile == "web";
        if is_known {
            self.with(|inner| inner.woken.push(side));
        }
        is_known
    }

    fn ready(&self) -> Readiness {
        self.with(|inner| inner.waiting.clone())
            .map_or(Readiness::Ready, Readiness::Waiting)
    }
}

fn status() -> Value {
    json!({ "tenants": [{
        "name": "acme",
        "failure": null,
        "stopped": [["ops", "the store is closed"]],
        "profiles": [{
            "name": "w\"e\\b",
            "idle": false,
            "connected": true,
            "open": true,
            "trouble": [{ "code": "Credential", "side": "Jira", "subject": null }],
            "pending": 1,
            "active": 3,
            "parked": 2,
            "effects": 40,
            "requests": { "jira": 4, "azure": 5 },
        }],
    }] })
}

fn problems() -> Value {
    json!({ "problems": [
        { "tenant": "acme", "profile": "web", "pair": "WEB-7", "code": "doubt", "side": "azure",
          "subject": "<script>alert(1)</script>" },
        { "tenant": "acme", "profile": "web", "code": "unreachable", "side": "jira" },
    ] })
}
