//! Azure DevOps' text to Jira and back: the second crossing brings what the first one brought, so synchronisation
//! stands still.
#![no_main]

use libfuzzer_sys::fuzz_target;
use richtext::{Verbatim, adf, html};

fuzz_target!(|text: &str| {
    let (theirs, _losses) = html::read(text);
    let (there, _losses) = adf::write(&theirs, &Verbatim);
    let (back, _losses) = adf::read(&there);
    let (returned, _losses) = html::write(&back, &Verbatim);
    let (again, _losses) = adf::write(&html::read(&returned).0, &Verbatim);
    assert_eq!(there, again, "a text that crossed once crosses again unchanged");
});
