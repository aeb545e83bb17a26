//! Azure DevOps' text to Jira and back: what came back crosses to the same text again, so synchronisation stands still,
//! and where it came back without a loss, Jira's text is the same too.
#![no_main]

use libfuzzer_sys::fuzz_target;
use richtext::{Verbatim, adf, html};

fuzz_target!(|text: &str| {
    let (theirs, _losses) = html::read(text);
    let (there, _losses) = adf::write(&theirs, &Verbatim);
    let (back, _losses) = adf::read(&there);
    let (returned, lost) = html::write(&back, &Verbatim);
    let (again, _losses) = adf::write(&html::read(&returned).0, &Verbatim);
    if lost.is_empty() {
        assert_eq!(there, again, "a text that crossed once crosses again unchanged");
    }
    let (once_more, _losses) = html::write(&adf::read(&again).0, &Verbatim);
    assert_eq!(returned, once_more, "what came back stays as it is");
});
