//! What surrounds a test run: the length that was asked for, the target directory, the Python with the public clients.

use std::env;
use std::path::PathBuf;

use crate::tree;

/// Whether the long programme was asked for: more seeds, more kills. `tests/run --long` sets `COUNTERPART_LONG=1`.
#[must_use]
pub fn is_long() -> bool {
    env::var("COUNTERPART_LONG").is_ok_and(|value| value == "1")
}

/// One of two amounts, by the length of the programme.
#[must_use]
pub fn amount<T>(short: T, long: T) -> T {
    if is_long() { long } else { short }
}

/// The directory of everything that is built.
#[must_use]
pub fn target() -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| tree::root().join("target"), PathBuf::from)
}

/// The Python that has `jira` and `azure-devops` installed. `COUNTERPART_PYTHON` names another one.
///
/// # Errors
/// When `tests/run` has not made it yet; the text says so.
pub fn python() -> Result<PathBuf, String> {
    let path = env::var_os("COUNTERPART_PYTHON").map_or_else(
        || target().join("venv").join("bin").join("python"),
        PathBuf::from,
    );
    if path.exists() {
        Ok(path)
    } else {
        Err(format!(
            "{} is missing: run `tests/run --prepare` once",
            path.display()
        ))
    }
}
