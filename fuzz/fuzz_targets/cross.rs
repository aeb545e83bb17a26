//! What must hold when a text crosses from one format to another and back, for every format that it can cross to.

use std::collections::BTreeMap;

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
        let (there, lost) = to.write(&document, &Verbatim);
        keeps_words(to, &document, &written(to, &there), lost.is_empty());
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

/// What was written shows what the document does. Where a loss was told, words may be gone; but none may be doubled or stand
/// elsewhere.
fn keeps_words(to: Format, document: &Document, back: &Document, whole: bool) {
    let (before, after) = (document.plain_text(), back.plain_text());
    // Formats that show a person by the identity alone keep no name.
    if whole && !before.contains('@') {
        let signs = |text: &str| {
            text.chars()
                .filter(|c| c.is_alphanumeric())
                .collect::<String>()
        };
        assert_eq!(
            signs(&before),
            signs(&after),
            "{}: words are kept",
            to.name()
        );
    }
    let mut times: BTreeMap<&str, usize> = BTreeMap::new();
    words(&before).for_each(|word| *times.entry(word).or_default() += 1);
    let single = |word: &&str| times.get(word) == Some(&1);
    let mut wanted = words(&before).filter(single);
    for word in words(&after).filter(single) {
        let found = wanted.any(|other| other == word);
        assert!(
            found,
            "{}: {word:?} is doubled or stands elsewhere",
            to.name()
        );
    }
}

/// The words that no label, number of an item or placeholder is: those of letters and digits.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split(|c: char| !c.is_alphanumeric());
    words.filter(|word| word.contains(char::is_alphabetic) && word.contains(char::is_numeric))
}
