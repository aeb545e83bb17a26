//! Pandoc and Atlassian's transformer on the documents that this crate gets.
//!
//! Each runs once for all documents of a figure and times itself after a first conversion, so that neither its start nor its
//! reading of files is in the figure: pandoc in a script of its own, the transformer in Node after two seconds of warming up. All give
//! the time of the processor.

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::Command;

use richtext::{Format, Verbatim};

use crate::{Outcome, pairs, sample};

/// The size of the one large document in bytes.
const LARGE: usize = 1_000_000;
/// How many small documents there are.
const SMALL: u64 = 10_000;
/// What parts documents in a file.
const BETWEEN: &str = "\u{c}";

/// Where the packages of Node are, as for the tests.
const MODULES: &str = "COUNTERPART_NODE_MODULES";

/// Prints the figures beside pandoc's.
///
/// # Errors
/// When pandoc is there and fails.
pub(crate) fn pandoc() -> Outcome<()> {
    if Command::new("pandoc").arg("--version").output().is_err() {
        println!("pandoc is not on the PATH: no figures beside it");
        return Ok(());
    }
    let name = |format| match format {
        Format::Wiki => "jira",
        other => other.name(),
    };
    head("pandoc");
    for (from, to) in [(Format::Wiki, Format::Html), (Format::Html, Format::Wiki)] {
        compare(from, to, |file| {
            Command::new("pandoc")
                .args([
                    "-f",
                    "markdown",
                    "-t",
                    "native",
                    "-o",
                    "/dev/null",
                    "--lua-filter",
                ])
                .arg(beside("pandoc.lua"))
                .arg("/dev/null")
                .env("CONVERT_FROM", name(from))
                .env("CONVERT_TO", name(to))
                .env("CONVERT_FILE", file)
                .output()
        })?;
    }
    Ok(())
}

/// Prints the figures beside the transformer's.
///
/// # Errors
/// When the packages are there and fail.
pub(crate) fn npm() -> Outcome<()> {
    let modules = std::env::var_os(MODULES).map(PathBuf::from);
    let found = modules.filter(|modules| {
        modules
            .join("@atlaskit/editor-wikimarkup-transformer")
            .is_dir()
    });
    let Some(modules) = found else {
        println!(
            "{MODULES} names no folder with @atlaskit/editor-wikimarkup-transformer: no figures beside it"
        );
        return Ok(());
    };
    head("transformer");
    for (from, to) in [(Format::Wiki, Format::Adf), (Format::Adf, Format::Wiki)] {
        compare(from, to, |file| {
            Command::new("node")
                .arg(beside("transformer.js"))
                .arg(file)
                .arg(from.name())
                .env("NODE_PATH", &modules)
                .output()
        })?;
    }
    Ok(())
}

fn head(peer: &str) {
    println!("| from | to | documents | MB | this crate | {peer} | ratio |");
    println!("|---|---|---|---|---|---|---|");
}

/// A file that lies beside this one.
fn beside(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("benches/convert")
        .join(name)
}

/// Times one large and many small documents on both sides.
fn compare(
    from: Format,
    to: Format,
    run: impl Fn(&Path) -> std::io::Result<std::process::Output>,
) -> Outcome<()> {
    for documents in [vec![sample::text(from, LARGE)], sample::small(from, SMALL)] {
        let file =
            Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("documents.{}", from.name()));
        std::fs::write(&file, documents.join(BETWEEN))?;
        let output = run(&file)?;
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
        }
        let answer = String::from_utf8(output.stdout)?;
        let theirs: f64 = answer
            .split_whitespace()
            .next()
            .ok_or("no answer")?
            .parse()?;
        let ours = pairs::seconds(|| {
            for text in &documents {
                let (document, _lost) = from.read(text.as_bytes())?;
                black_box(to.write(&document, &Verbatim));
            }
            Ok(())
        })?;
        let bytes: usize = documents.iter().map(String::len).sum();
        println!(
            "| {} | {} | {} | {:.1} | {:.0} ms | {:.0} ms | {:.1} |",
            from.name(),
            to.name(),
            documents.len(),
            bytes as f64 / 1e6,
            ours * 1e3,
            theirs * 1e3,
            theirs / ours
        );
    }
    Ok(())
}
