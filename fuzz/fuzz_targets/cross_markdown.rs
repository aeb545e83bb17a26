//! Azure DevOps' Markdown to Jira and back: the second crossing brings what the first one brought, so synchronisation
//! stands still.
#![no_main]

use libfuzzer_sys::fuzz_target;
use richtext::{Verbatim, adf, markdown};

fuzz_target!(|text: &str| {
    let (theirs, _losses) = markdown::read(text);
    let (there, _losses) = adf::write(&theirs, &Verbatim);
    let (back, _losses) = adf::read(&there);
    let (returned, _losses) = markdown::write(&back, &Verbatim);
    let (again, _losses) = adf::write(&markdown::read(&returned).0, &Verbatim);
    assert_eq!(there, again, "a text that crossed once crosses again unchanged");
});
