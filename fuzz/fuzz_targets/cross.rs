//! What must hold when a text crosses from one format to another and back, for every format that it can cross to.

use richtext::{Document, Format, Verbatim};

/// Reads a text that may be in its format; what was written by us always is.
fn read(format: Format, bytes: &[u8]) -> Option<Document> {
    format.read(bytes).ok().map(|(document, _losses)| document)
}

fn written(format: Format, text: &str) -> Document {
    read(format, text.as_bytes()).expect("what was written is read")
}

fn write(format: Format, document: &Document) -> String {
    format.write(document, &Verbatim).0
}

/// A text that came back crosses to the same text again, so synchronisation stands still.
pub fn cross(from: Format, bytes: &[u8]) {
    let Some(document) = read(from, bytes) else {
        return;
    };
    for to in Format::ALL {
        let there = write(to, &document);
        let returned = write(from, &written(to, &there));
        let again = write(to, &written(from, &returned));
        let once_more = write(from, &written(to, &again));
        let names = (from.name(), to.name());
        assert_eq!(
            returned, once_more,
            "{names:?}: what came back stays as it is"
        );
    }
}
