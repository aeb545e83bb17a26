//! Any text as Markdown: reading ends, and what is written out again reads as the same document.
#![no_main]

use libfuzzer_sys::fuzz_target;
use richtext::{Verbatim, markdown};

fuzz_target!(|text: &str| {
    let (document, _losses) = markdown::read(text);
    let (first, losses) = markdown::write(&document, &Verbatim);
    assert_eq!(losses, [], "what was read from Markdown can be said in it");
    let (again, _losses) = markdown::read(&first);
    assert_eq!(again, document, "what was printed is read");
});
