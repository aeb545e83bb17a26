//! The other readers, each one process for all texts.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;
use tests::{environment, tree};

use crate::{adf, pandoc};

/// The outlines of these texts as Atlassian's reader reads them.
pub(crate) fn atlassian(modules: &Path, texts: &[String]) -> Vec<String> {
    let mut child = Command::new("node")
        .arg(tree::root().join("tests/clients/wiki.js"))
        .env("NODE_PATH", modules)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("node starts");
    let asked = serde_json::to_string(texts).expect("texts are JSON");
    let mut input = child.stdin.take().expect("a pipe");
    input
        .write_all(asked.as_bytes())
        .expect("the texts are taken");
    drop(input);
    let output = child.wait_with_output().expect("node ends");
    assert!(output.status.success(), "wiki.js: {}", output.status);
    let answers: Vec<Value> = serde_json::from_slice(&output.stdout).expect("the answer is JSON");
    answers.iter().map(atlassian_outline).collect()
}

fn atlassian_outline(answer: &Value) -> String {
    match answer["failed"].as_str() {
        Some(failure) => format!("{failure}\n"),
        None => adf::outline(&answer["read"]),
    }
}

/// The outlines of these texts as pandoc reads them.
pub(crate) fn pandoc(texts: &[String]) -> Vec<String> {
    let folder = tempfile::tempdir().expect("a temporary directory");
    let (asked, answer) = (folder.path().join("texts"), folder.path().join("read"));
    let records: Vec<String> = texts.iter().map(|text| format!("{text}\u{1e}")).collect();
    fs::write(&asked, records.concat()).expect("the texts are written");
    let filter = tree::root().join("tests/clients/wiki.lua");
    let status = Command::new("pandoc")
        .args(["--from=markdown", "--to=plain"])
        .arg(format!("--lua-filter={}", filter.display()))
        .arg(format!("--metadata=texts:{}", asked.display()))
        .arg(format!("--metadata=read:{}", answer.display()))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .status()
        .expect("pandoc starts");
    assert!(status.success(), "wiki.lua: {status}");
    let lines = fs::read_to_string(&answer).expect("pandoc has answered");
    let document = |line: &str| serde_json::from_str(line).expect("a line is JSON");
    lines
        .lines()
        .map(|line| pandoc::outline(&document(line)))
        .collect()
}

/// The folder of Atlassian's reader; `None`, and it says so, where nobody has prepared it.
pub(crate) fn find_atlassian() -> Option<std::path::PathBuf> {
    let found = environment::node_modules().and_then(|modules| {
        let reader = modules.join("@atlaskit/editor-wikimarkup-transformer");
        match reader.exists() {
            true => Ok(modules),
            false => Err(format!(
                "{} is missing: run `tests/run --prepare` once",
                reader.display()
            )),
        }
    });
    found.map_err(|missing| skip(&missing)).ok()
}

/// The first number of pandoc's version; `None`, and it says so, where there is no pandoc.
pub(crate) fn find_pandoc() -> Option<u32> {
    let Ok(output) = Command::new("pandoc").arg("--version").output() else {
        skip("pandoc is missing: run `tests/run --prepare` once");
        return None;
    };
    let words = String::from_utf8_lossy(&output.stdout);
    let version = words.split_whitespace().nth(1).expect("a version");
    let first = version.split('.').next().unwrap_or_default();
    Some(first.parse().expect("a number"))
}

/// Only a run that nothing was prepared for goes on without a reader.
fn skip(missing: &str) {
    assert!(!environment::is_prepared(), "{missing}");
    eprintln!("not compared: {missing}");
}
