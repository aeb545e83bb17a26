//! Wiki markup against two independent readers: Atlassian's own, which Jira Cloud and its editor use, and pandoc's.
//!
//! The snippets of `wiki/snippets.txt` are read by all three, and each reading is brought into an outline
//! (`wiki/outline.rs`). Where outlines differ, the snippet stands in `wiki/differences.txt` below the reason, with a digest of what
//! differs; a difference that is not there or another one fails, and a line there that is no difference fails too. What our writer makes of each snippet goes to
//! Atlassian's reader as well. Where a reader is not installed the tests say so.

#![expect(
    clippy::expect_used,
    clippy::print_stderr,
    reason = "the helpers of a test fail the test, and a test tells what it met"
)]

#[path = "wiki/adf.rs"]
mod adf;
#[path = "wiki/differences.rs"]
mod differences;
#[path = "wiki/ours.rs"]
mod ours;
#[path = "wiki/outline.rs"]
mod outline;
#[path = "wiki/pandoc.rs"]
mod pandoc;
#[path = "wiki/readers.rs"]
mod readers;
#[path = "wiki/snippets.rs"]
mod snippets;

use std::collections::BTreeSet;

use differences::{Comparison, Listed};
use richtext::{Verbatim, wiki};
use snippets::Snippet;

/// The fewest snippets that say something about a grammar of this size.
const FEWEST: usize = 300;

fn texts(snippets: &[Snippet]) -> Vec<String> {
    snippets
        .iter()
        .map(|snippet| snippet.text.clone())
        .collect()
}

/// Holds our outlines against those of somebody else and against the list.
#[track_caller]
fn compare(listed: Listed, snippets: &[Snippet], theirs: &[String]) {
    assert_eq!(theirs.len(), snippets.len(), "one outline for each snippet");
    let mut findings = listed.findings;
    for (snippet, theirs) in snippets.iter().zip(theirs) {
        let Snippet { name, text } = snippet;
        let ours = ours::outline(&wiki::read(text).0);
        let digest = listed.comparison.digest(&ours, theirs);
        let shown = format!("{text}\n--- ours\n{ours}--- theirs\n{theirs}");
        match (ours == *theirs, listed.known.get(name)) {
            (false, None) => findings.push(format!(
                "{name} differs, and is not listed. Mend our reader, or write `{name} {digest}` below its reason:\n{shown}"
            )),
            (false, Some(known)) if known.digest != digest => findings.push(format!(
                "{name} differs otherwise than it is listed for {}. Mend our reader, or, when that is meant, let its line be \
                 `{name} {digest}`:\n{shown}",
                known.reason
            )),
            (true, Some(known)) => findings.push(format!(
                "{name} differs no more. Take it from the list, where it stands for {}",
                known.reason
            )),
            (true, None) | (false, Some(_)) => {}
        }
    }
    assert!(findings.is_empty(), "{}", findings.join("\n"));
}

#[test]
fn the_snippets_are_many_and_each_listed_difference_is_about_one() {
    let snippets = snippets::all();
    let names: BTreeSet<&str> = snippets
        .iter()
        .map(|snippet| snippet.name.as_str())
        .collect();
    assert_eq!(names.len(), snippets.len(), "no name stands twice");
    assert!(snippets.len() >= FEWEST, "{} snippets", snippets.len());
    for comparison in Comparison::ALL {
        let listed = differences::listed(comparison);
        assert_eq!(listed.findings, Vec::<String>::new());
        assert!(!listed.known.is_empty(), "{}", comparison.name());
        let unknown: Vec<&String> = listed
            .known
            .keys()
            .filter(|name| !names.contains(name.as_str()))
            .collect();
        assert_eq!(unknown, Vec::<&String>::new(), "{}", comparison.name());
    }
}

#[test]
fn markup_is_read_as_atlassians_reader_reads_it_but_for_what_is_listed() {
    let Some(modules) = readers::find_atlassian() else {
        return;
    };
    let snippets = snippets::all();
    let theirs = readers::atlassian(&modules, &texts(&snippets));
    compare(
        differences::listed(Comparison::Atlassian),
        &snippets,
        &theirs,
    );
}

#[test]
fn what_is_written_is_read_by_atlassians_reader_as_it_was_meant_but_for_what_is_listed() {
    let Some(modules) = readers::find_atlassian() else {
        return;
    };
    let snippets = snippets::all();
    let written = snippets.iter().map(|snippet| {
        let (document, _) = wiki::read(&snippet.text);
        wiki::write(&document, &Verbatim).0
    });
    let theirs = readers::atlassian(&modules, &written.collect::<Vec<String>>());
    compare(differences::listed(Comparison::Written), &snippets, &theirs);
}

#[test]
fn markup_is_read_as_pandoc_reads_it_but_for_what_is_listed() {
    let Some(version) = readers::find_pandoc() else {
        return;
    };
    let listed = differences::listed(Comparison::Pandoc);
    let listed = match version {
        ..3 => listed,
        3.. => listed.without("until-version-3"),
    };
    let snippets = snippets::all();
    let theirs = readers::pandoc(&texts(&snippets));
    compare(listed, &snippets, &theirs);
}
