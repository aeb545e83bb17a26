//! Laws over every pair of formats, for documents and texts that a generator makes.

use proptest::prelude::*;

use crate::walk::{self, Visitor};
use crate::{Block, Document, Format, Inline, Instead, Loss, Verbatim, arbitrary, limit};

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
/// crossing keeps letters and digits, and it is the second that stands still.
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

/// Gives every text of a document a word of its own, so that each can be told from all others.
#[derive(Default)]
struct Numbering {
    words: usize,
}

impl Numbering {
    fn document(document: Document) -> Document {
        let blocks = Self::default().blocks(0, document.blocks);
        Document { blocks }
    }

    fn word(&mut self) -> String {
        self.words += 1;
        format!("w{}w", self.words)
    }

    fn block(&mut self, mut block: Block) -> Block {
        if let Block::Code(code) = &mut block {
            code.text.push_str(&self.word());
        }
        walk::rebuild(block, self)
    }
}

impl Visitor for Numbering {
    fn inlines(&mut self, mut inlines: Vec<Inline>) -> Vec<Inline> {
        for inline in &mut inlines {
            if let Inline::Text(run) = inline {
                run.text.push_str(&self.word());
            }
        }
        inlines
    }

    fn blocks(&mut self, _part: usize, blocks: Vec<Block>) -> Vec<Block> {
        let rebuilt = blocks.into_iter().map(|block| self.block(block));
        rebuilt.collect()
    }
}

/// The numbers of the words that a document shows.
fn words(document: &Document) -> Vec<usize> {
    let text = document.plain_text();
    let words = text.split('w').filter_map(|word| word.parse().ok());
    words.collect()
}

/// What a writer wrote shows the words of the document that it was given, in their order. Only a loss that leaves nothing in the
/// place of what it names excuses that words are gone, and none that they stand twice or elsewhere.
fn check_words(to: Format, document: &Document) {
    let (there, lost) = to.write(document, &Verbatim);
    let (before, after) = (words(document), words(&read(to, &there)));
    let shown = format!("{}: {there}", to.name());
    let gone = |loss: &Loss| matches!(loss.instead, Instead::Nothing);
    if !lost.iter().any(gone) {
        return assert_eq!(after, before, "{shown}");
    }
    let mut wanted = before.iter();
    let kept = after.iter().all(|word| wanted.any(|other| other == word));
    assert!(kept, "{after:?} of {before:?} in {shown}");
}

/// The letters and digits of a text.
fn letters(format: Format, text: &str) -> String {
    let words = read(format, text).plain_text();
    words.chars().filter(|c| c.is_alphanumeric()).collect()
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
    fn what_is_written_shows_the_words_of_the_document_in_their_order(document in arbitrary::document()) {
            let document = Numbering::document(document);
        for to in Format::ALL {
            check_words(to, &document);
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
