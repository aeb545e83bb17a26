//! Jira's wiki markup to each of the other formats and back: what came back once comes back the same again, so
//! synchronisation stands still.
#![no_main]

use libfuzzer_sys::fuzz_target;
use richtext::{Document, Verbatim, adf, html, markdown, wiki};

/// The ways by which a document goes and comes back.
const WAYS: [fn(&Document) -> Document; 3] = [
    |document| adf::read(&adf::write(document, &Verbatim).0).0,
    |document| html::read(&html::write(document, &Verbatim).0).0,
    |document| markdown::read(&markdown::write(document, &Verbatim).0).0,
];

fuzz_target!(|text: &str| {
    for way in WAYS {
        let around = |text: &str| wiki::write(&way(&wiki::read(text).0), &Verbatim).0;
        let first = around(text);
        assert_eq!(around(&first), first, "a text that crossed once crosses again unchanged");
    }
});
