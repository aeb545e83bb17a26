//! What went over the wires, in order: the hash by which two histories are told apart, and its last lines.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::LazyLock;

/// Lines that are kept for who looks into a failure.
const LINES: usize = 80;

/// Whether every event is shown as it happens, bodies too.
static SHOWN: LazyLock<bool> = LazyLock::new(|| std::env::var_os("COUNTERPART_TRACE").is_some());

#[expect(clippy::print_stdout, reason = "whoever asks for it wants to see it")]
fn show(at_ms: i64, what: &str, bytes: &[u8]) {
    println!("{at_ms} {what} {}", String::from_utf8_lossy(bytes));
}

/// The trace of one history.
pub(crate) struct Trace {
    hasher: DefaultHasher,
    lines: VecDeque<String>,
}

impl Trace {
    /// An empty one.
    pub(crate) fn new() -> Trace {
        Trace {
            hasher: DefaultHasher::new(),
            lines: VecDeque::new(),
        }
    }

    /// Takes one event: when, what, and the bytes that belong to it.
    pub(crate) fn event(&mut self, at_ms: i64, what: &str, bytes: &[u8]) {
        (at_ms, what, bytes).hash(&mut self.hasher);
        if *SHOWN {
            show(at_ms, what, bytes);
        }
        if self.lines.len() == LINES {
            self.lines.pop_front();
        }
        self.lines.push_back(format!("{at_ms:>9} {what}"));
    }

    /// The hash of all so far.
    pub(crate) fn hash(&self) -> u64 {
        self.hasher.finish()
    }

    /// The last lines.
    pub(crate) fn tail(&self) -> String {
        let mut text = String::new();
        for line in &self.lines {
            let _ = writeln!(text, "  {line}");
        }
        text
    }
}
