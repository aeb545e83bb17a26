//! Any JSON as ADF: reading ends, and what is written out again reads as the same document.
#![no_main]

use libfuzzer_sys::fuzz_target;
use richtext::{Verbatim, adf};

fuzz_target!(|bytes: &[u8]| {
    let Ok(value) = serde_json::from_slice(bytes) else {
        return;
    };
    let (document, _losses) = adf::read(&value);
    let (first, _losses) = adf::write(&document, &Verbatim);
    let (again, _losses) = adf::read(&first);
    let (second, _losses) = adf::write(&again, &Verbatim);
    assert_eq!(first, second, "a second writing changes nothing");
});
