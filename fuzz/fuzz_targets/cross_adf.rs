//! Jira's text to Azure DevOps and back: the second crossing brings what the first one brought, so synchronisation
//! stands still.
#![no_main]

use libfuzzer_sys::fuzz_target;
use richtext::{Verbatim, adf, html};

fuzz_target!(|bytes: &[u8]| {
    let Ok(value) = serde_json::from_slice(bytes) else {
        return;
    };
    let (theirs, _losses) = adf::read(&value);
    let (there, _losses) = html::write(&theirs, &Verbatim);
    let (back, _losses) = html::read(&there);
    let (returned, _losses) = adf::write(&back, &Verbatim);
    let (again, _losses) = html::write(&adf::read(&returned).0, &Verbatim);
    assert_eq!(there, again, "a text that crossed once crosses again unchanged");
});
