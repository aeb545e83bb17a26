//! One line of the log.

use std::fmt;

use model::{Millis, limit};
use serde_json::{Map, Value, json};
use tracing::field::{Field, Visit};
use tracing::{Event, Metadata};

/// An event, as it is written.
pub(super) struct Line {
    at: Millis,
    level: &'static str,
    target: String,
    message: String,
    fields: Vec<(&'static str, Value)>,
}

impl Line {
    /// The line of an event of ours.
    pub(super) fn of(event: &Event<'_>, at: Millis) -> Line {
        let mut line = Line::head(event.metadata(), at);
        event.record(&mut line);
        line
    }

    /// The line of somebody else's event: who spoke, and how loud.
    pub(super) fn of_other(metadata: &Metadata<'_>, at: Millis) -> Line {
        let mut line = Line::head(metadata, at);
        "a library tells of something; its words are left out".clone_into(&mut line.message);
        line
    }

    /// The line that tells how many others were lost before it.
    pub(super) fn of_loss(count: u64, at: Millis) -> Line {
        Line {
            at,
            level: "ERROR",
            target: module_path!().to_owned(),
            message: "lines of the log found no room and are lost".to_owned(),
            fields: vec![("lines", count.into())],
        }
    }

    fn head(metadata: &Metadata<'_>, at: Millis) -> Line {
        Line {
            at,
            level: metadata.level().as_str(),
            target: metadata.target().to_owned(),
            message: String::new(),
            fields: Vec::new(),
        }
    }

    /// One JSON document and a line feed.
    pub(super) fn json(&self) -> String {
        let mut fields = Map::new();
        fields.insert("message".to_owned(), self.message.clone().into());
        let owned = self.fields.iter().cloned();
        fields.extend(owned.map(|(name, value)| (name.to_owned(), value)));
        let document = json!({
            "timestamp": stamp(self.at), "level": self.level, "target": self.target, "fields": fields,
        });
        format!("{document}\n")
    }

    /// A line for people.
    pub(super) fn text(&self) -> String {
        let (at, level) = (stamp(self.at), self.level);
        let mut text = format!("{at} {level:>5} {}: {}", self.target, plain(&self.message));
        for (name, value) in &self.fields {
            let value = value.as_str().map_or_else(|| value.to_string(), plain);
            text.push_str(&format!(" {name}={value}"));
        }
        text.push('\n');
        text
    }

    fn keep(&mut self, field: &Field, value: Value) {
        match (field.name(), value) {
            ("message", Value::String(text)) => self.message = text,
            (name, value) => self.fields.push((name, value)),
        }
    }
}

impl Visit for Line {
    fn record_str(&mut self, field: &Field, value: &str) {
        let text: String = value.chars().take(limit::LOG_TEXT_CHARS).collect();
        self.keep(field, text.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.keep(field, value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.keep(field, value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.keep(field, value.into());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.record_str(field, &format!("{value:?}"));
    }
}

fn stamp(at: Millis) -> String {
    jiff::Timestamp::from_millisecond(at.0)
        .map_or_else(|_| at.0.to_string(), |at| format!("{at:.3}"))
}

/// Without what would begin another line, or a colour.
fn plain(text: &str) -> String {
    text.replace(char::is_control, " ")
}
