//! Spans as they end: what was done, from when to when, with the fields that a log line may have.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use model::metric::Metric;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

use super::{SPANS, VALUE_BYTES, meter};
use crate::policy;

/// What a field says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// A name or a code.
    Text(String),
    /// A number.
    Number(i64),
    /// A truth.
    Truth(bool),
}

/// A span that has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finished {
    /// Its name.
    pub name: &'static str,
    /// The trace that it belongs to.
    pub trace: [u8; 16],
    /// Its own number.
    pub id: [u8; 8],
    /// Within which other one it was.
    pub parent: Option<[u8; 8]>,
    /// When it began, in nanoseconds since 1970.
    pub begun: u64,
    /// When it ended.
    pub ended: u64,
    /// Its fields.
    pub fields: Vec<(&'static str, Said)>,
}

/// Finished spans that wait for the next request.
#[derive(Debug, Default)]
pub struct Spans {
    waiting: Mutex<VecDeque<Finished>>,
    /// Whether anybody will fetch them.
    open: AtomicBool,
}

impl Spans {
    /// From now on somebody fetches them.
    pub fn open(&self) {
        self.open.store(true, Ordering::Release);
    }

    /// Takes one in, or drops it when there are too many.
    pub(super) fn push(&self, span: Finished) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.len() < SPANS {
            return waiting.push_back(span);
        }
        drop(waiting);
        meter().count(Metric::TelemetryDropped, [], 1);
    }

    /// Takes out the oldest ones, at most so many.
    pub(super) fn take(&self, most: usize) -> Vec<Finished> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let count = waiting.len().min(most);
        waiting.drain(..count).collect()
    }
}

/// Hears of spans and keeps those that have ended.
pub struct SpanLayer {
    spans: Arc<Spans>,
    allowed: Vec<&'static str>,
    numbers: AtomicU64,
}

impl SpanLayer {
    /// One that fills that buffer.
    #[must_use]
    pub fn new(spans: Arc<Spans>) -> SpanLayer {
        // Any number serves that another node's spans do not begin with too.
        let seed = nanos() ^ u64::from(std::process::id()).rotate_left(32);
        SpanLayer {
            spans,
            allowed: policy::log_fields(),
            numbers: AtomicU64::new(seed),
        }
    }

    /// A number that looks like no other, as those who gather traces expect.
    fn number(&self) -> [u8; 8] {
        let step = 0x9e37_79b9_7f4a_7c15;
        let mut mixed = self.numbers.fetch_add(step, Ordering::Relaxed);
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)).max(1).to_be_bytes()
    }

    fn trace(&self) -> [u8; 16] {
        let mut trace = [0; 16];
        trace[..8].copy_from_slice(&self.number());
        trace[8..].copy_from_slice(&self.number());
        trace
    }
}

impl<S: tracing::Subscriber + for<'a> LookupSpan<'a>> Layer<S> for SpanLayer {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if !self.spans.open.load(Ordering::Acquire) {
            return;
        }
        let Some(span) = context.span(id) else { return };
        let parent = span.parent().and_then(|parent| {
            let extensions = parent.extensions();
            let parent = extensions.get::<Finished>()?;
            Some((parent.trace, parent.id))
        });
        let mut finished = Finished {
            name: attributes.metadata().name(),
            trace: parent.map_or_else(|| self.trace(), |(trace, _)| trace),
            id: self.number(),
            parent: parent.map(|(_, id)| id),
            begun: nanos(),
            ended: 0,
            fields: Vec::new(),
        };
        let fields = &mut finished.fields;
        let allowed = &self.allowed;
        attributes.record(&mut Listener { fields, allowed });
        span.extensions_mut().insert(finished);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        if let Some(finished) = span.extensions_mut().get_mut::<Finished>() {
            let fields = &mut finished.fields;
            let allowed = &self.allowed;
            values.record(&mut Listener { fields, allowed });
        }
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let Some(span) = context.span(&id) else {
            return;
        };
        let finished = span.extensions_mut().remove::<Finished>();
        if let Some(mut finished) = finished {
            finished.ended = nanos();
            self.spans.push(finished);
        }
    }
}

/// Takes in the fields that the policy names and no other.
struct Listener<'a> {
    fields: &'a mut Vec<(&'static str, Said)>,
    allowed: &'a [&'static str],
}

impl Listener<'_> {
    fn take(&mut self, field: &Field, said: Said) {
        if self.allowed.contains(&field.name()) {
            self.fields.push((field.name(), said));
        }
    }
}

impl Visit for Listener<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        self.take(field, Said::Text(cut(format!("{value:?}"))));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.take(field, Said::Text(cut(value.to_owned())));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.take(field, Said::Number(value));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.take(
            field,
            Said::Number(i64::try_from(value).unwrap_or(i64::MAX)),
        );
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.take(field, Said::Truth(value));
    }
}

fn cut(mut text: String) -> String {
    let end = text.floor_char_boundary(VALUE_BYTES.min(text.len()));
    text.truncate(end);
    text
}

fn nanos() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| {
        u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
    })
}
