//! Any text as a profile: it compiles or every fault has a line within the text and a cure.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mapping::Profile;

fuzz_target!(|text: &str| {
    match Profile::compile(text, "fuzz.toml") {
        Ok(profile) => assert!(!profile.scopes.is_empty(), "a profile syncs something"),
        Err(faults) => {
            assert!(!faults.is_empty(), "a refusal says why");
            for fault in faults {
                assert!(!fault.to_string().is_empty());
            }
        }
    }
});
