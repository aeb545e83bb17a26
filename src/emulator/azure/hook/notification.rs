//! One event on its way to one subscription, and what is remembered of it afterwards (azure.md 13.1).

use serde_json::{Value as Json, json};

use super::super::item::Host;
use super::super::time;
use super::subscription::Subscription;

/// How far a notification has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// It waits for its turn, or for another attempt.
    Queued,
    /// It has been sent, and nothing was heard yet.
    Sent,
    /// It is done with.
    Done {
        /// Whether the receiver took it.
        taken: bool,
    },
}

impl Stage {
    /// `status` and `result` as the service writes them.
    pub(crate) fn wire(self) -> (&'static str, &'static str) {
        match self {
            Stage::Queued => ("queued", "pending"),
            Stage::Sent => ("requestInProgress", "pending"),
            Stage::Done { taken: true } => ("completed", "succeeded"),
            Stage::Done { taken: false } => ("completed", "failed"),
        }
    }
}

/// What the history keeps of one event.
#[derive(Debug)]
pub(crate) struct Notification {
    pub(crate) number: i32,
    pub(crate) event_id: String,
    pub(crate) stage: Stage,
    pub(crate) attempts: u32,
    pub(crate) created_ms: i64,
    pub(crate) sent_ms: Option<i64>,
    pub(crate) modified_ms: i64,
    /// The body, unless it is too long for the history.
    pub(crate) event: Option<Json>,
    pub(crate) request: String,
    pub(crate) response: String,
    pub(crate) error: String,
}

impl Notification {
    /// The notification as it is read.
    pub(crate) fn json(&self, of: &Subscription, details: bool, host: Host<'_>) -> Json {
        let (status, result) = self.stage.wire();
        let mut json = json!({
            "id": self.number,
            "subscriptionId": of.id,
            "subscriberId": super::TESTS_ID,
            "eventId": self.event_id,
            "status": status,
            "result": result,
            "createdDate": time::text(self.created_ms),
            "modifiedDate": time::text(self.modified_ms),
        });
        if details {
            json["details"] = self.details(of, host);
        }
        json
    }

    fn details(&self, of: &Subscription, host: Host<'_>) -> Json {
        let mut json = json!({
            "publisherId": "tfs",
            "eventType": of.terms.topic.id(),
            "consumerId": "webHooks",
            "consumerActionId": "httpRequest",
            "consumerInputs": of.masked(),
            "publisherInputs": of.published(host),
            "queuedDate": time::text(self.created_ms),
            "requestAttempts": self.attempts,
            "request": self.request,
            "response": self.response,
            "errorMessage": self.error,
            "errorDetail": self.error,
        });
        if let Some(Json::Object(event)) = &self.event {
            // Only the event as it is sent names its subscription and itself.
            let sent_only = |name: &str| matches!(name, "subscriptionId" | "notificationId");
            let given = event
                .iter()
                .filter(|(name, value)| !value.is_null() && !sent_only(name));
            json["event"] = given.map(|(k, v)| (k.clone(), v.clone())).collect();
        }
        if let Some(at) = self.sent_ms {
            json["dequeuedDate"] = json!(time::text(at));
            json["processedDate"] = json!(time::text(at));
        }
        if let (Stage::Done { .. }, Some(at)) = (self.stage, self.sent_ms) {
            json["completedDate"] = json!(time::text(self.modified_ms));
            let seconds = std::time::Duration::from_millis(self.modified_ms.abs_diff(at));
            json["requestDuration"] = json!(seconds.as_secs_f64());
        }
        json
    }
}
