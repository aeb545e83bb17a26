//! Any text as wiki markup: reading ends, and what is written out again reads as what was written.
#![no_main]

use libfuzzer_sys::fuzz_target;
use richtext::{Verbatim, wiki};

fuzz_target!(|text: &str| {
    let (document, _losses) = wiki::read(text);
    let (first, _losses) = wiki::write(&document, &Verbatim);
    let (held, losses) = wiki::read(&first);
    assert_eq!(losses, [], "what was written is markup");
    let (again, losses) = wiki::write(&held, &Verbatim);
    assert_eq!(again, first, "what was printed is read");
    assert_eq!(
        losses,
        [],
        "what was read from what was written can be said in markup"
    );
});
