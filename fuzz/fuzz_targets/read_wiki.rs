//! Any text as wiki markup: reading ends, and what is written out again reads as the same document.
#![no_main]

use libfuzzer_sys::fuzz_target;
use richtext::{Verbatim, wiki};

fuzz_target!(|text: &str| {
    let (document, _losses) = wiki::read(text);
    let (first, _losses) = wiki::write(&document, &Verbatim);
    let (again, _losses) = wiki::read(&first);
    let (second, _losses) = wiki::write(&again, &Verbatim);
    assert_eq!(first, second, "a second writing changes nothing");
});
