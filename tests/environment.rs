//! What surrounds a test run: the length that was asked for, the target directory, the public clients for Python and for Node.

#![expect(clippy::panic, reason = "the helpers of a test fail the test")]

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

/// The number that the variable names, or the usual one.
///
/// # Panics
/// When the variable holds something else.
#[must_use]
pub fn number(variable: &str, usual: u64) -> u64 {
    let Some(named) = env::var_os(variable).filter(|named| !named.is_empty()) else {
        return usual;
    };
    let number = named.to_str().and_then(|text| text.parse().ok());
    number.unwrap_or_else(|| panic!("{variable} is {}, not a number", named.display()))
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

/// The S3-compatible server. `COUNTERPART_S3` names another one.
///
/// # Errors
/// When `tests/run` has not installed it yet; the text says so.
pub fn s3() -> Result<PathBuf, String> {
    let path = env::var_os("COUNTERPART_S3").map_or_else(
        || target().join("s3").join("bin").join("s3s-fs"),
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

/// Whether `tests/run` has prepared this run, so that whatever it installs must be there.
#[must_use]
pub fn is_prepared() -> bool {
    env::var_os("COUNTERPART_NODE_MODULES").is_some()
}

/// The folder of modules that has `jira.js` and `azure-devops-node-api` installed. `COUNTERPART_NODE_MODULES` names another
/// one.
///
/// # Errors
/// When `tests/run` has not made it yet; the text says so.
pub fn node_modules() -> Result<PathBuf, String> {
    let path = env::var_os("COUNTERPART_NODE_MODULES")
        .map_or_else(|| target().join("node").join("node_modules"), PathBuf::from);
    if path.join("jira.js").exists() {
        Ok(path)
    } else {
        Err(format!(
            "{} is missing: run `tests/run --prepare` once",
            path.display()
        ))
    }
}

/// The official descriptions of both remotes, which are not part of this tree: the folder `shared/specs` beside the
/// checkout, or the one that `COUNTERPART_SPECS` names. Nothing where there is none.
#[must_use]
pub fn specs() -> Option<PathBuf> {
    let named = env::var_os("COUNTERPART_SPECS").map(PathBuf::from);
    let around = tree::root().ancestors().skip(1).take(2);
    let beside = around.map(|folder| folder.join("shared").join("specs"));
    let holds = |folder: &PathBuf| folder.join("jira-cloud-v3.json").is_file();
    named.into_iter().chain(beside).find(holds)
}

/// The folder in which a whole run leaves what the emulators answered, by `COUNTERPART_RECORDINGS`. Nothing where it names none.
#[must_use]
pub fn recordings() -> Option<PathBuf> {
    let named = env::var_os("COUNTERPART_RECORDINGS").filter(|name| !name.is_empty());
    named.map(PathBuf::from)
}

/// The recorded payloads beside the descriptions.
#[must_use]
pub fn fixtures() -> Option<PathBuf> {
    let folder = specs()?.parent()?.join("fixtures");
    folder.is_dir().then_some(folder)
}
