//! Hearing what a node logs, as it logs it.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::PathBuf;

use serde_json::Value;

/// The most of a log that is taken in at once, in bytes.
const AT_ONCE: u64 = 8 << 20;

/// Reads a log from where it last stopped.
#[derive(Debug)]
pub struct Listener {
    path: PathBuf,
    offset: u64,
}

impl Listener {
    /// One that has heard nothing of this log yet.
    #[must_use]
    pub fn new(path: PathBuf) -> Listener {
        Listener { path, offset: 0 }
    }

    /// The whole lines that have come since. What is no JSON is passed over: a kill may tear a line.
    pub fn hear(&mut self) -> Vec<Value> {
        let mut bytes = Vec::new();
        if let Ok(mut file) = File::open(&self.path)
            && file.seek(SeekFrom::Start(self.offset)).is_ok()
        {
            let _ = file.take(AT_ONCE).read_to_end(&mut bytes);
        }
        let whole = bytes.iter().rposition(|byte| *byte == b'\n');
        bytes.truncate(whole.map_or(0, |last| last + 1));
        self.offset += bytes.len() as u64;
        let lines = bytes.split(|byte| *byte == b'\n');
        lines
            .filter_map(|line| serde_json::from_slice(line).ok())
            .collect()
    }
}
