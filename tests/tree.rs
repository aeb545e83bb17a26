//! The source tree: where it is and which files are ours.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Directories that hold nothing of ours, wherever they stand.
const FOREIGN: [&str; 7] = [
    ".git",
    "target",
    "corpus",
    "artifacts",
    "node_modules",
    "__pycache__",
    "proptest-regressions",
];

/// Files that one walk may meet; more means that something is walked that should not be.
const FILES_MAX: usize = 20_000;

/// The root of the workspace.
#[must_use]
pub fn root() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here)
}

/// Every file of ours below the root, in a stable order.
///
/// # Errors
/// When a directory cannot be read or there are too many files.
pub fn files() -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut open = vec![root().to_owned()];
    while let Some(directory) = open.pop() {
        for entry in fs::read_dir(&directory)? {
            let path = entry?.path();
            if path.is_symlink() {
                continue;
            }
            if path.is_dir() {
                if !is_foreign(&path) {
                    open.push(path);
                }
            } else {
                found.push(path);
            }
        }
        if found.len() > FILES_MAX {
            return Err(io::Error::other("too many files below the root"));
        }
    }
    found.sort();
    Ok(found)
}

/// The files of ours whose name ends in `.extension`, with their text. Files that are not UTF-8 are left out.
///
/// # Errors
/// When the tree cannot be walked.
pub fn texts(extension: &str) -> io::Result<Vec<(PathBuf, String)>> {
    let files = files()?;
    let wanted = |path: &PathBuf| path.extension().is_some_and(|is| is == extension);
    let read = |path: PathBuf| fs::read_to_string(&path).ok().map(|text| (path, text));
    Ok(files.into_iter().filter(wanted).filter_map(read).collect())
}

/// A path as it is written in messages: from the root on.
#[must_use]
pub fn shown(path: &Path) -> String {
    let short = path.strip_prefix(root()).unwrap_or(path);
    short.display().to_string()
}

fn is_foreign(path: &Path) -> bool {
    path.file_name()
        .and_then(|name| name.to_str())
        .is_some_and(|name| FOREIGN.contains(&name))
}
