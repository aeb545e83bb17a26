//! The real binary, as it lies beside the tests.

#![expect(clippy::expect_used, reason = "the helpers of a test fail the test")]

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::SystemTime;

use crate::tree;

/// The binary of the profile that the tests were built with. It is built once when it is missing or older than its sources.
pub fn built() -> PathBuf {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(build).clone()
}

/// The store's example of that name, built like the binary.
#[must_use]
pub fn example(name: &str) -> PathBuf {
    fresh(&folder().join("examples").join(name))
}

/// Where programs lie: a test is target/debug/deps/<name>, the binary target/debug/counterpart.
fn folder() -> PathBuf {
    let test = env::current_exe().expect("a test knows its own path");
    let folder = test.ancestors().nth(2);
    folder
        .expect("tests lie below the target directory")
        .to_owned()
}

fn build() -> PathBuf {
    fresh(&folder().join("counterpart"))
}

fn fresh(program: &Path) -> PathBuf {
    if !is_fresh(program) {
        cargo_build(&folder());
    }
    assert!(
        is_fresh(program),
        "{} is not what its sources say: run `cargo build --workspace --bins --examples`",
        program.display()
    );
    program.to_owned()
}

/// Cargo lists a binary's sources in a file beside it.
fn is_fresh(binary: &Path) -> bool {
    let Some(built) = changed(binary) else {
        return false;
    };
    let Ok(list) = fs::read_to_string(binary.with_extension("d")) else {
        return false;
    };
    let sources = list.split_once(": ").map_or("", |(_, sources)| sources);
    sources
        .split_whitespace()
        .all(|source| changed(Path::new(source)).is_some_and(|at| at <= built))
}

fn changed(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).and_then(|meta| meta.modified()).ok()
}

fn cargo_build(folder: &Path) {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    // All of the workspace with its tests, as the test command builds it: the crates below would otherwise be built once more,
    // with other features.
    command
        .args(["build", "--workspace", "--bins", "--examples", "--tests"])
        .arg("--target-dir")
        .arg(
            folder
                .parent()
                .expect("a profile lies below the target directory"),
        )
        .current_dir(tree::root());
    if folder.ends_with("release") {
        command.arg("--release");
    }
    let status = command.status().expect("cargo runs");
    assert!(status.success(), "the binary does not build");
}
