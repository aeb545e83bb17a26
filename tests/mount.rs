//! File systems that a test makes for itself, where the machine allows it.
//!
//! They need root and the right to mount, which containers often withhold. A test that does not get one says so by
//! [`skipped`] and ends: what it would have shown is then not shown, and nobody should believe otherwise.

#![expect(clippy::print_stderr, reason = "a test tells what it could not do")]

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A mounted file system, gone with its owner.
#[derive(Debug)]
pub struct Mount {
    at: PathBuf,
}

impl Mount {
    /// A file system in memory with so many bytes.
    ///
    /// # Errors
    /// When the machine does not allow it; the text says why.
    pub fn memory(at: &Path, bytes: u64) -> Result<Mount, String> {
        let size = format!("size={bytes},mode=0700");
        tool("mount", ["-t", "tmpfs", "-o", &size, "tmpfs"], [at])?;
        Ok(Mount { at: at.to_owned() })
    }

    /// The ext4 file system of an image.
    ///
    /// # Errors
    /// When the machine does not allow it; the text says why.
    pub fn image(image: &Path, at: &Path) -> Result<Mount, String> {
        tool("mount", ["-o", "loop,noatime"], [image, at])?;
        Ok(Mount { at: at.to_owned() })
    }

    /// Mounts it anew with other options: `ro`.
    ///
    /// # Errors
    /// When the system refuses it; the text says why.
    pub fn again(&self, options: &str) -> Result<(), String> {
        tool("mount", ["-o", &format!("remount,{options}")], [&self.at])
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        // A file that is still open keeps it busy; lazily it goes when that is closed.
        if tool("umount", [], [&self.at]).is_err() {
            let _ = tool("umount", ["--lazy"], [&self.at]);
        }
    }
}

/// Makes an empty ext4 image of so many bytes, which takes room only as it is filled.
///
/// # Errors
/// When the tools are not there; the text says why.
pub fn make_image(image: &Path, bytes: u64) -> Result<(), String> {
    tool("truncate", ["-s", &bytes.to_string()], [image])?;
    tool("mkfs.ext4", ["-q", "-F"], [image])
}

/// Runs a tool of the system, whose last arguments are paths.
///
/// # Errors
/// When it is missing or fails; the text holds what it said.
pub fn tool<const N: usize, const M: usize>(
    name: &str,
    words: [&str; N],
    paths: [impl AsRef<OsStr>; M],
) -> Result<(), String> {
    let ended = Command::new(name).args(words).args(paths).output();
    let ended = ended.map_err(|error| format!("{name}: {error}"))?;
    if ended.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&ended.stderr);
    Err(format!("{name}: {}", said.trim()))
}

/// Says plainly that something was not tested.
pub fn skipped(what: &str, why: &str) {
    eprintln!("SKIPPED: {what}: {why}");
}
