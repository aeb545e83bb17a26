//! Jira's documents to each format and back: see [`cross`].
#![no_main]

mod cross;

use libfuzzer_sys::fuzz_target;
use richtext::Format;

fuzz_target!(|bytes: &[u8]| cross::cross(Format::Adf, bytes));
