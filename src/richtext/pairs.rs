//! Laws over every pair of formats, for documents and texts that a generator makes.

use proptest::prelude::*;

use crate::{Document, Format, Verbatim, arbitrary, limit};

fn read(format: Format, text: &str) -> Document {
    match format.read(text.as_bytes()) {
        Ok((document, _)) => document,
        Err(error) => panic!("{}: what was written is refused: {error}", format.name()),
    }
}

fn write(format: Format, document: &Document) -> String {
    format.write(document, &Verbatim).0
}

fn pairs() -> impl Iterator<Item = (Format, Format)> {
    let all = Format::ALL.into_iter();
    all.flat_map(|from| Format::ALL.into_iter().map(move |to| (from, to)))
}

/// A text that crossed from one format to another and back crosses again without a change. Wiki markup holds a quote in an item
/// and no two paragraphs; what another format has in the place of the quote joins on the way back. So from markup the first
/// crossing keeps the letters, and it is the second that stands still.
fn check(from: Format, to: Format, first: &str) {
    let there = write(to, &read(from, first));
    let back = write(from, &read(to, &there));
    let again = write(to, &read(from, &back));
    let shown = format!("{} to {} by way of {back:?}", from.name(), to.name());
    if from == Format::Wiki {
        assert_eq!(letters(to, &again), letters(to, &there), "{shown}");
        let settled = write(from, &read(to, &again));
        return assert_eq!(settled, back, "{shown}");
    }
    assert_eq!(again, there, "{shown}");
}

/// The letters of a text, without the signs and numbers that plain text has for items.
fn letters(format: Format, text: &str) -> String {
    let words = read(format, text).plain_text();
    words.chars().filter(|c| c.is_alphabetic()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases.max(64), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_document_crosses_every_pair_of_formats_once_and_then_stands_still(document in arbitrary::document()) {
        for (from, to) in pairs() {
            check(from, to, &write(from, &document));
        }
    }

    #[test]
    fn what_is_written_is_read_back_as_the_same_document(document in arbitrary::document()) {
        for format in Format::ALL {
            let once = write(format, &document);
            let held = read(format, &once);
            prop_assert_eq!(write(format, &held), once, "{}", format.name());
            prop_assert!(held.blocks.len() <= limit::MAX_NODES);
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        for format in Format::ALL {
            if let Ok((document, _)) = format.read(&bytes) {
                for to in Format::ALL {
                    let _ = to.write(&document, &Verbatim);
                }
            }
        }
    }
}
