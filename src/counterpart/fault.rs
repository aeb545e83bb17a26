//! What is told when the program itself is at fault.
//!
//! Architecture invariant: a panic's message is never printed nor logged. It may quote what the program was working on,
//! which is other people's content; the place alone tells where to look.

use std::panic::{Location, PanicHookInfo};

/// Tells faults of the program by their place alone, on standard error and in the log.
pub fn watch() {
    std::panic::set_hook(Box::new(told));
}

fn told(fault: &PanicHookInfo<'_>) {
    if let Some(place) = fault.location() {
        model::log!(
            error,
            "a fault in the program; please report it",
            place = place
        );
    }
    print(&text(fault.location()));
}

fn text(place: Option<&Location<'_>>) -> String {
    let place = place.map_or_else(
        || "an unknown place".to_owned(),
        |place| format!("{}:{}", place.file(), place.line()),
    );
    format!("a fault in the program at {place}; please report it")
}

/// That nobody reads it any more is no reason for a second fault.
fn print(text: &str) {
    use std::io::Write as _;
    let _ = writeln!(std::io::stderr().lock(), "counterpart: {text}");
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[test]
    fn a_fault_is_told_by_its_place_and_never_by_its_message() {
        let page = Arc::new(Mutex::new(String::new()));
        let ours = Arc::clone(&page);
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |fault| {
            *ours.lock().unwrap() = text(fault.location());
        }));
        let ended = std::thread::spawn(|| panic!("a word of an item")).join();
        std::panic::set_hook(before);
        assert!(ended.is_err());
        let told = page.lock().unwrap().clone();
        assert!(told.contains("fault.rs:"), "{told}");
        assert!(!told.contains("a word of an item"), "{told}");
    }
}
