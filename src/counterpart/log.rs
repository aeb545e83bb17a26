//! The platform log, on standard error.
//!
//! Architecture invariant: only our own crates are heard below a warning, and nobody through the `log` facade. Other
//! people's libraries tell what passes through them (an HTML parser, at `debug`, every word of every text), and a log
//! level must not decide whether the content of items stays at rest.

use std::io::IsTerminal as _;

use tracing::subscriber::set_global_default;
use tracing::{Level, Metadata};
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::{EnvFilter, Layer as _, fmt, registry};

use crate::exit::Error;
use crate::telemetry::{self, SpanLayer};

/// The crates whose events we answer for.
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

/// Begins to log. `level` is a filter such as `info` or `actors=debug`; the default tells warnings and errors.
///
/// # Errors
/// When the filter cannot be read.
pub fn begin(level: Option<&str>) -> Result<(), Error> {
    begin_traced(level, false)
}

/// The same; with `traced` the spans of our own crates are kept for a collector too.
///
/// # Errors
/// As [`begin`].
pub fn begin_traced(level: Option<&str>, traced: bool) -> Result<(), Error> {
    let level = level.unwrap_or("warn");
    let filter = EnvFilter::try_new(level).map_err(|error| {
        Error::Usage(format!(
            "log = {level:?}: {error}; write a level such as warn or info, or a filter such as actors=debug"
        ))
    })?;
    // A terminal gets lines for people, everything else gets JSON.
    let layer = if std::io::stderr().is_terminal() {
        fmt::layer().with_writer(std::io::stderr).boxed()
    } else {
        fmt::layer().json().with_writer(std::io::stderr).boxed()
    };
    let layer = layer.with_filter(filter).with_filter(filter_fn(may_speak));
    // A second beginning in one process changes nothing. Set directly, the `log` facade is not connected.
    let spans = || SpanLayer::new(telemetry::spans().clone()).with_filter(filter_fn(is_traced));
    let spans = traced.then(spans);
    let _ = set_global_default(registry().with(layer).with(spans));
    Ok(())
}

fn may_speak(metadata: &Metadata<'_>) -> bool {
    metadata.is_event() && (*metadata.level() <= Level::WARN || is_ours(metadata))
}

fn is_traced(metadata: &Metadata<'_>) -> bool {
    metadata.is_span() && *metadata.level() <= Level::INFO && is_ours(metadata)
}

fn is_ours(metadata: &Metadata<'_>) -> bool {
    let root = metadata.target().split("::").next().unwrap_or_default();
    OURS.contains(&root)
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    use tracing_subscriber::fmt::MakeWriter;

    use super::*;

    #[derive(Clone, Default)]
    struct Page(Arc<Mutex<Vec<u8>>>);

    impl Write for Page {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    impl MakeWriter<'_> for Page {
        type Writer = Page;

        fn make_writer(&self) -> Page {
            self.clone()
        }
    }

    #[test]
    fn others_are_not_heard_below_a_warning() {
        let page = Page::default();
        let layer = fmt::layer().json().with_writer(page.clone());
        let layer = layer
            .with_filter(EnvFilter::new("trace"))
            .with_filter(filter_fn(may_speak));
        tracing::subscriber::with_default(registry().with(layer), || {
            tracing::debug!(target: "html5ever::tree_builder", "a word of an item");
            tracing::debug!(target: "actors::pair", "a step");
            tracing::warn!(target: "hyper::proto", "a connection broke");
        });
        let text = String::from_utf8(page.0.lock().unwrap().clone()).unwrap();
        assert!(!text.contains("a word of an item"), "{text}");
        assert!(text.contains("a step"), "{text}");
        assert!(text.contains("a connection broke"), "{text}");
    }
}
