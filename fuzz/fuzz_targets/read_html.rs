//! Any text as HTML: reading ends, and what is written out again reads as the same document.
#![no_main]

use libfuzzer_sys::fuzz_target;
use richtext::{Verbatim, html};

fuzz_target!(|text: &str| {
    let (document, _losses) = html::read(text);
    let (first, _losses) = html::write(&document, &Verbatim);
    let (again, _losses) = html::read(&first);
    let (second, _losses) = html::write(&again, &Verbatim);
    assert_eq!(first, second, "a second writing changes nothing");
});
