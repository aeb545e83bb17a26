//! Delivery in virtual time (azure.md 13.3): quick retries after a passing failure, then probation with slow ones, then
//! the end. 410 ends a subscription at once.

use std::collections::BTreeMap;

use base64::Engine as _;
use bytes::Bytes;
use serde_json::Value as Json;

use super::super::limit;
use super::notification::{Notification, Stage};
use super::subscription::{Status, Subscription, headers};
use super::{Hooks, TESTS};
use crate::post::{Post, Posted};

/// Seconds between the attempts after a passing failure.
const QUICK_S: [i64; 8] = [1, 2, 4, 8, 16, 32, 60, 60];
/// Minutes between the retries of a probation.
const PROBATION_MIN: [i64; 7] = [20, 40, 80, 160, 320, 640, 900];

/// One event that waits to be sent to one subscription.
#[derive(Debug)]
struct Waiting {
    subscription: u64,
    notification: i32,
    body: Bytes,
    /// Quick retries so far.
    quick: usize,
    /// Retries of a probation so far, the one that waits included; nothing before a probation.
    probation: Option<usize>,
}

/// What is on its way.
#[derive(Debug, Default)]
pub(crate) struct Delivery {
    queue: BTreeMap<(i64, u64), Waiting>,
    flying: BTreeMap<u64, Waiting>,
    attempts: u64,
    /// Bytes of all bodies in both maps.
    bytes: usize,
}

impl Delivery {
    /// Whether one body more fits.
    fn has_room(&self, body: usize) -> bool {
        self.queue.len() + self.flying.len() < limit::HOOK_QUEUE
            && self.bytes.saturating_add(body) <= limit::HOOK_BYTES
    }

    fn push(&mut self, due_ms: i64, waiting: Waiting) {
        self.attempts += 1;
        self.queue.insert((due_ms, self.attempts), waiting);
    }

    /// The next event that is due, as an attempt with a number.
    fn pop(&mut self, now: i64) -> Option<(u64, Waiting)> {
        let entry = self.queue.first_entry()?;
        let (due_ms, attempt) = *entry.key();
        (due_ms <= now).then(|| (attempt, entry.remove()))
    }

    /// Forgets what waits for a subscription that is no more; what flies is dropped when it is heard of.
    pub(crate) fn forget(&mut self, subscription: u64) {
        let bytes = &mut self.bytes;
        self.queue.retain(|_, waiting| {
            let stays = waiting.subscription != subscription;
            if !stays {
                *bytes = bytes.saturating_sub(waiting.body.len());
            }
            stays
        });
    }
}

/// What an answer means for a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    /// The receiver took it.
    Taken,
    /// The receiver will never take anything again.
    Gone,
    /// It may work in a moment.
    Passing,
    /// It will not work soon.
    Enduring,
}

fn verdict(outcome: Posted) -> Verdict {
    match outcome {
        Posted::Answered(200..=299) => Verdict::Taken,
        Posted::Answered(410) => Verdict::Gone,
        Posted::Answered(408 | 502 | 503 | 504) | Posted::Unanswered => Verdict::Passing,
        Posted::Answered(_) => Verdict::Enduring,
    }
}

impl Hooks {
    /// Queues an event for a subscription. An event for which there is no room is lost.
    pub(super) fn enqueue(&mut self, number: u64, event_id: &str, event: Json, now: i64) {
        let Some(subscription) = self.subscriptions.get_mut(&number) else {
            return;
        };
        let body = Bytes::from(event.to_string());
        if !self.delivery.has_room(body.len()) {
            return;
        }
        let kept = body.len() <= limit::HOOK_EVENT_BYTES;
        let notification = Notification {
            number: subscription.last_notification,
            event_id: event_id.to_owned(),
            stage: Stage::Queued,
            attempts: 0,
            created_ms: now,
            sent_ms: None,
            modified_ms: now,
            event: kept.then_some(event),
            request: String::new(),
            response: String::new(),
            error: String::new(),
        };
        let waiting = Waiting {
            subscription: number,
            notification: notification.number,
            body,
            quick: 0,
            probation: None,
        };
        subscription.remember(notification, now);
        self.delivery.bytes += waiting.body.len();
        self.delivery.push(now, waiting);
    }

    /// What is to be sent by now, the oldest first.
    pub(crate) fn due(&mut self, now: i64, most: usize) -> Vec<Post> {
        let mut posts = Vec::new();
        while posts.len() < most {
            let Some((attempt, waiting)) = self.delivery.pop(now) else {
                break;
            };
            posts.extend(self.send(attempt, waiting, now));
        }
        posts
    }

    /// One attempt, unless its subscription has been switched off meanwhile.
    fn send(&mut self, attempt: u64, waiting: Waiting, now: i64) -> Option<Post> {
        let size = waiting.body.len();
        let subscription = self.subscriptions.get_mut(&waiting.subscription);
        let Some(subscription) = subscription.filter(|s| s.delivers()) else {
            let (number, notification) = (waiting.subscription, waiting.notification);
            self.delivery.bytes = self.delivery.bytes.saturating_sub(size);
            self.finish(
                number,
                notification,
                false,
                "The subscription is disabled.",
                now,
            );
            return None;
        };
        if waiting.probation.is_some() && subscription.status == Status::OnProbation {
            subscription.retries = subscription.retries.saturating_add(1);
            subscription.retried_ms = Some(now);
        }
        let post = Post {
            id: attempt,
            url: subscription.target().to_owned(),
            headers: subscription.request_headers(),
            body: waiting.body.clone(),
        };
        let request = subscription.request_text();
        if let Some(notification) = subscription.notification_mut(waiting.notification) {
            notification.stage = Stage::Sent;
            notification.attempts += 1;
            notification.sent_ms = Some(now);
            notification.modified_ms = now;
            notification.request = request;
        }
        self.delivery.flying.insert(attempt, waiting);
        Some(post)
    }

    /// Hears how an attempt went, and plans what follows.
    pub(crate) fn heard(&mut self, attempt: u64, outcome: Posted, now: i64) {
        let Some(waiting) = self.delivery.flying.remove(&attempt) else {
            return;
        };
        let said = match outcome {
            Posted::Answered(status) => format!("Status Code: {status}"),
            Posted::Unanswered => "No response was received.".to_owned(),
        };
        let (number, notification) = (waiting.subscription, waiting.notification);
        let size = waiting.body.len();
        let again = match verdict(outcome) {
            Verdict::Taken => {
                self.recover(number);
                self.finish(number, notification, true, &said, now);
                None
            }
            Verdict::Gone => {
                self.set_status(number, Status::DisabledBySystem);
                self.finish(number, notification, false, &said, now);
                None
            }
            Verdict::Passing if waiting.probation.is_none() => self.retry_soon(waiting, &said, now),
            Verdict::Passing | Verdict::Enduring => self.retry_late(waiting, &said, now),
        };
        match again {
            Some((due_ms, waiting)) => {
                self.note(number, notification, &said, now);
                self.delivery.push(due_ms, waiting);
            }
            None => self.delivery.bytes = self.delivery.bytes.saturating_sub(size),
        }
    }

    fn retry_soon(&mut self, mut waiting: Waiting, said: &str, now: i64) -> Option<(i64, Waiting)> {
        let Some(seconds) = QUICK_S.get(waiting.quick) else {
            return self.retry_late(waiting, said, now);
        };
        if waiting.subscription == TESTS {
            return self.retry_late(waiting, said, now);
        }
        waiting.quick += 1;
        Some((now.saturating_add(seconds * 1000), waiting))
    }

    /// Begins a probation or goes on with it. Only one event of a subscription is on probation; others that fail
    /// meanwhile are lost, and so are events of a test.
    fn retry_late(&mut self, mut waiting: Waiting, said: &str, now: i64) -> Option<(i64, Waiting)> {
        let (number, notification) = (waiting.subscription, waiting.notification);
        let status = self.subscriptions.get(&number).map(|s| s.status);
        let done = match (status, waiting.probation) {
            (Some(Status::Enabled), _) if number != TESTS => {
                self.begin_probation(number);
                0
            }
            (Some(Status::OnProbation), Some(done)) => done,
            _ => {
                self.finish(number, notification, false, said, now);
                return None;
            }
        };
        let Some(minutes) = PROBATION_MIN.get(done) else {
            self.set_status(number, Status::DisabledBySystem);
            self.finish(number, notification, false, said, now);
            return None;
        };
        waiting.probation = Some(done + 1);
        Some((now.saturating_add(minutes * 60_000), waiting))
    }

    fn begin_probation(&mut self, number: u64) {
        if let Some(subscription) = self.subscriptions.get_mut(&number) {
            subscription.status = Status::OnProbation;
            subscription.retries = 0;
        }
    }

    fn set_status(&mut self, number: u64, status: Status) {
        let found = self.subscriptions.get_mut(&number);
        if let Some(subscription) = found.filter(|s| s.number != TESTS) {
            subscription.status = status;
        }
    }

    /// One success ends a probation.
    fn recover(&mut self, number: u64) {
        let found = self.subscriptions.get_mut(&number);
        if let Some(subscription) = found.filter(|s| s.status == Status::OnProbation) {
            subscription.status = Status::Enabled;
            subscription.retries = 0;
        }
    }

    fn finish(&mut self, number: u64, notification: i32, taken: bool, said: &str, now: i64) {
        self.note(number, notification, said, now);
        let subscription = self.subscriptions.get_mut(&number);
        if let Some(slot) = subscription.and_then(|s| s.notification_mut(notification)) {
            slot.stage = Stage::Done { taken };
            if !taken {
                said.clone_into(&mut slot.error);
            }
        }
    }

    fn note(&mut self, number: u64, notification: i32, said: &str, now: i64) {
        let subscription = self.subscriptions.get_mut(&number);
        if let Some(slot) = subscription.and_then(|s| s.notification_mut(notification)) {
            slot.stage = Stage::Queued;
            slot.modified_ms = now;
            said.clone_into(&mut slot.response);
        }
    }
}

impl Subscription {
    fn delivers(&self) -> bool {
        matches!(self.status, Status::Enabled | Status::OnProbation)
    }

    fn target(&self) -> &str {
        self.terms.consumer.get("url").map_or("", String::as_str)
    }

    fn request_headers(&self) -> Vec<(String, String)> {
        let value = |name: &str| self.terms.consumer.get(name).map_or("", String::as_str);
        let mut all = vec![
            (
                "Content-Type".to_owned(),
                "application/json; charset=utf-8".to_owned(),
            ),
            (
                "User-Agent".to_owned(),
                "VSServices/19.0 (TfsJobAgent.exe)".to_owned(),
            ),
        ];
        let (user, password) = (value("basicAuthUsername"), value("basicAuthPassword"));
        if !user.is_empty() || !password.is_empty() {
            let engine = base64::engine::general_purpose::STANDARD;
            let pair = engine.encode(format!("{user}:{password}"));
            all.push(("Authorization".to_owned(), format!("Basic {pair}")));
        }
        all.extend(headers(value("httpHeaders")).unwrap_or_default());
        all
    }

    /// The request as the history tells it, without secrets.
    fn request_text(&self) -> String {
        let mut text = format!(
            "Method: POST\r\nURI: {}\r\nHTTP Version: 1.1\r\nHeaders:\r\n",
            self.target()
        );
        for (name, value) in self.request_headers() {
            let secret = name == "Authorization";
            let shown = if secret {
                "Basic ********"
            } else {
                value.as_str()
            };
            text.push_str(&format!("  {name}: {shown}\r\n"));
        }
        text
    }

    fn notification_mut(&mut self, number: i32) -> Option<&mut Notification> {
        self.history.iter_mut().rev().find(|n| n.number == number)
    }

    /// Puts a notification into the history; the oldest of too many, and those of more than a week ago, leave it.
    fn remember(&mut self, notification: Notification, now: i64) {
        self.history.push_back(notification);
        while self.history.len() > limit::HOOK_HISTORY {
            self.history.pop_front();
        }
        while self
            .history
            .front()
            .is_some_and(|n| now - n.created_ms > limit::HOOK_HISTORY_MS)
        {
            self.history.pop_front();
        }
    }

    /// The number of the next notification.
    pub(super) fn next_notification(&mut self) -> i32 {
        self.last_notification = self.last_notification.saturating_add(1);
        self.last_notification
    }
}
