//! The platform log: on standard error, and in files of a day each when a directory is named.
//!
//! Architecture invariant: what our own crates log is typed ([`model::log`](mod@model::log)). Of everybody else nothing is written but who
//! spoke and how loud: other people's libraries tell what passes through them (an HTML parser, every word of every text), and
//! a log level must not decide whether the content of items stays at rest. Below a warning they are not heard at all, and
//! nobody is through the `log` facade.
//!
//! Architecture invariant: a log that cannot be written stops nothing. Lines go through a queue of bounded length to a thread
//! of their own; what finds no room in the queue or on the disk is counted, and told when there is room again.

use std::io::{IsTerminal as _, Write as _};
use std::path::PathBuf;

use actors::Clock as _;
use model::Millis;
use serde::Deserialize;
use tracing::level_filters::LevelFilter;
use tracing::subscriber::set_global_default;
use tracing::{Event, Metadata, Subscriber};
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::{EnvFilter, registry};

use crate::clock::SystemClock;
use crate::exit::Error;
use crate::telemetry::{self, SpanLayer};
use line::Line;
use scribe::{Page, Scribe};

mod files;
mod line;
mod scribe;

/// The crates whose events we answer for: they log by [`model::log!`] alone, which `tests/tidy.rs` holds.
const OURS: [&str; 10] = [
    "actors",
    "admin",
    "azure",
    "counterpart",
    "jira",
    "mapping",
    "model",
    "richtext",
    "storage",
    "sync",
];

/// How lines look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Form {
    /// Lines for people on a terminal, JSON elsewhere.
    #[default]
    Auto,
    /// One JSON document in each line.
    Json,
    /// Lines for people.
    Text,
}

/// What is logged, where and how.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// A filter such as `info` or `actors=debug`; by default warnings and errors.
    pub filter: Option<String>,
    /// How lines on standard error look. Those in files are JSON.
    pub form: Form,
    /// The directory of the files; none by default.
    pub directory: Option<PathBuf>,
}

/// Begins to log. What is given back writes the last lines when it goes.
///
/// # Errors
/// When the filter cannot be read, or the directory cannot be made.
pub fn begin(settings: &Settings) -> Result<Scribe, Error> {
    begin_traced(settings, false)
}

/// The same; with `traced` the spans of our own crates are kept for a collector too.
///
/// # Errors
/// As [`begin`].
pub fn begin_traced(settings: &Settings, traced: bool) -> Result<Scribe, Error> {
    let filter = settings.filter.as_deref().unwrap_or("warn");
    let filter = EnvFilter::try_new(filter).map_err(|error| {
        Error::Usage(format!(
            "log = {filter:?}: {error}; write a level such as warn or info, or a filter such as actors=debug"
        ))
    })?;
    let form = match settings.form {
        Form::Auto if std::io::stderr().is_terminal() => Form::Text,
        Form::Auto | Form::Json => Form::Json,
        Form::Text => Form::Text,
    };
    let scribe = Scribe::begin(settings.directory.as_deref())?;
    let sheet = Sheet {
        form,
        now: || SystemClock.now(),
        page: scribe.page(),
        aloud: |line| drop(std::io::stderr().lock().write_all(line.as_bytes())),
    };
    // A second beginning in one process changes nothing. Set directly, the `log` facade is not connected.
    let spans = || SpanLayer::new(telemetry::spans().clone()).with_filter(filter_fn(is_traced));
    let spans = traced.then(spans);
    let _ = set_global_default(registry().with(sheet.heard(filter)).with(spans));
    Ok(scribe)
}

/// Where events become lines.
struct Sheet {
    form: Form,
    now: fn() -> Millis,
    page: Option<Page>,
    /// Says a line aloud: that nobody hears it is no error of ours.
    aloud: fn(&str),
}

impl Sheet {
    /// With what of it is heard.
    fn heard<S>(self, filter: EnvFilter) -> impl Layer<S>
    where
        S: Subscriber + for<'span> LookupSpan<'span>,
    {
        self.with_filter(filter).with_filter(filter_fn(may_speak))
    }
}

impl<S: Subscriber> Layer<S> for Sheet {
    fn on_event(&self, event: &Event<'_>, _context: Context<'_, S>) {
        let now = (self.now)();
        let line = match is_ours(event.metadata()) {
            true => Line::of(event, now),
            false => Line::of_other(event.metadata(), now),
        };
        let shown = match self.form {
            Form::Text => line.text(),
            Form::Auto | Form::Json => line.json(),
        };
        (self.aloud)(&shown);
        if let Some(page) = &self.page {
            page.write(line.json(), now);
        }
    }
}

fn is_ours(metadata: &Metadata<'_>) -> bool {
    let root = metadata.target().split("::").next().unwrap_or_default();
    OURS.contains(&root)
}

fn may_speak(metadata: &Metadata<'_>) -> bool {
    metadata.is_event() && (*metadata.level() <= LevelFilter::WARN || is_ours(metadata))
}

fn is_traced(metadata: &Metadata<'_>) -> bool {
    metadata.is_span() && *metadata.level() <= LevelFilter::INFO && is_ours(metadata)
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    thread_local! {
        static HEARD: RefCell<String> = const { RefCell::new(String::new()) };
    }

    /// What is heard while that is done, with this filter.
    fn heard(filter: &str, form: Form, act: impl FnOnce()) -> String {
        let sheet = Sheet {
            form,
            now: || Millis(1_764_435_600_123),
            page: None,
            aloud: |line| HEARD.with_borrow_mut(|heard| heard.push_str(line)),
        };
        HEARD.take();
        let subscriber = registry().with(sheet.heard(EnvFilter::new(filter)));
        tracing::subscriber::with_default(subscriber, act);
        HEARD.take()
    }

    #[test]
    fn others_are_not_heard_below_a_warning_and_their_words_never() {
        let text = heard("trace", Form::Json, || {
            tracing::debug!(target: "html5ever::tree_builder", "a word of an item");
            tracing::warn!(target: "hyper::proto", header = "a secret", "a word of an answer");
            model::log!(debug, "a step", lsn = 7_u64);
        });
        for word in [
            "a word of an item",
            "a word of an answer",
            "a secret",
            "tree_builder",
        ] {
            assert!(!text.contains(word), "{text}");
        }
        assert!(text.contains("hyper::proto"), "{text}");
        assert!(text.contains("a step"), "{text}");
    }

    #[test]
    fn a_line_is_one_json_document_whose_numbers_are_numbers() {
        let text = heard("info", Form::Json, || {
            model::log!(
                error,
                "the feed cannot be read",
                side = model::Side::Jira,
                code = model::problem::Code::Unreachable,
                lsn = 7_u64,
                clean = false,
                left = -3_i64
            );
        });
        assert_eq!(text.matches('\n').count(), 1, "{text}");
        let line: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(line["timestamp"], "2025-11-29T17:00:00.123Z");
        assert_eq!(line["level"], "ERROR");
        assert_eq!(line["target"], "counterpart::log::tests");
        let fields = serde_json::json!({
            "message": "the feed cannot be read", "side": "jira", "code": "unreachable", "lsn": 7, "clean": false, "left": -3
        });
        assert_eq!(line["fields"], fields);
    }

    #[test]
    fn a_line_for_people_says_the_same() {
        let text = heard("info", Form::Text, || {
            model::log!(
                warn,
                "the feed cannot be read",
                side = model::Side::Jira,
                lsn = 7_u64
            );
        });
        let expected = "2025-11-29T17:00:00.123Z  WARN counterpart::log::tests: the feed cannot be read side=jira lsn=7\n";
        assert_eq!(text, expected);
    }

    #[test]
    fn a_line_for_people_is_one_line_whatever_a_path_is_called() {
        let text = heard("info", Form::Text, || {
            model::log!(
                warn,
                "found",
                path = std::path::Path::new("/a\n2025 ERROR b")
            );
        });
        assert_eq!(text.matches('\n').count(), 1, "{text}");
    }

    #[test]
    fn the_level_is_set_for_each_target() {
        let act = || {
            model::log!(debug, "ours");
            tracing::debug!(target: "storage::store", "theirs");
        };
        let text = heard("warn,storage=debug", Form::Text, act);
        assert!(!text.contains("ours") && text.contains("theirs"), "{text}");
    }
}
