//! What is known without a close look: plain lines and settled blocks. Knowing it changes nothing of what is written.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use crate::inline::{ImageRef, Inline, Mention};
use crate::loss::Losses;
use crate::mark::Mark;
use crate::wiki::pen::{self, Setting};
use crate::wiki::{lower, plain, settled};
use crate::{Block, Document, Resolver, Verbatim, arbitrary, stages, wiki};

use super::laws::markup;
use super::read;

/// Text of what may mean something beside something else.
fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        6 => select(vec![
            "a", "word", "f", "h", "http", "mailto", "y", "on", "x", "D", "P", "color", "code", "quote", "anchor", "1", "10:30",
            "é", "\u{a0}", " ", " ", " ", " - ", ", ", ". ", ": ", "; ", "? ",
        ]),
        3 => select(vec![
            "-", "_", ":", ";", "(", ")", "?", ".", "#", "/", "//", "h1.", "bq.", "'", "\"", "@", "%", "$", "<", ">", "=", "`", ",",
        ]),
        1 => select(vec![
            "*", "!", "{", "}", "|", "[", "]", "\\", "&", "+", "^", "~", "\t", "&#42;", "{color}", "://", "--",
        ]),
    ];
    vec(piece, 1..6).prop_map(|pieces| pieces.concat())
}

fn marks() -> impl Strategy<Value = Vec<Mark>> {
    let url = select(vec![
        "https://a.example/b?c=(d)*e*,f;g:h",
        "http://x",
        "https://a.example/[b]",
        "/b",
        "mailto:a@b.example",
    ]);
    prop_oneof![
        4 => Just(vec![Mark::Strong]),
        2 => Just(vec![Mark::Em]),
        2 => Just(vec![Mark::Code]),
        1 => Just(vec![Mark::Strike]),
        1 => Just(vec![Mark::Strong, Mark::Em]),
        3 => url.prop_map(|url| vec![Mark::link(url)]),
    ]
}

/// Runs with and without marks by turns, mostly with spaces between.
fn line() -> impl Strategy<Value = Vec<Inline>> {
    let marked = (text(), marks()).prop_map(|(text, marks)| Inline::marked(text.trim(), marks));
    let between = prop_oneof![
        4 => text().prop_map(|text| format!(" {} ", text.trim())),
        1 => text(),
    ];
    let pair = (between.prop_map(Inline::text), marked);
    (vec(pair, 0..3), any::<bool>(), text()).prop_map(|(pairs, begins, rest)| {
        let mut line: Vec<Inline> = Vec::new();
        for (index, (text, marked)) in pairs.into_iter().enumerate() {
            match text {
                Inline::Text(run) if index == 0 && begins => {
                    line.push(Inline::text(format!("{} ", run.text.trim())));
                }
                text if index > 0 => line.push(text),
                _ => {}
            }
            line.push(marked);
        }
        let space = if line.is_empty() { "" } else { " " };
        line.push(Inline::text(format!("{space}{}", rest.trim())));
        line
    })
}

fn document() -> impl Strategy<Value = Document> {
    prop_oneof![arbitrary::document(), markup().prop_map(|text| read(&text))]
}

/// What all stages make of a block, none passed over.
fn staged(block: &Block) -> (Vec<Block>, usize) {
    let blocks = vec![block.clone()];
    let (mut losses, mut out) = (Losses::default(), Vec::new());
    stages::run(
        &Document { blocks },
        &Verbatim,
        &mut losses,
        |_| false,
        lower::block,
        |block| out.push(block.clone()),
    );
    (out, losses.done().len())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases.max(2_000), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_plain_line_is_spelled_as_one_that_is_checked(line in line()) {
        let mut known = String::new();
        let plain = plain::push(&mut known, &line);
        for cell in [false, true] {
            if plain {
                prop_assert_eq!(&known, &pen::checked(&line, Setting { cell }));
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases.max(300), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_settled_block_is_what_all_stages_make_of_it(document in document()) {
        for block in &document.blocks {
            if settled::block(block, &Verbatim) {
                prop_assert_eq!(staged(block), (vec![block.clone()], 0));
            }
        }
    }
}

const EVERYDAY: &str = "h2. A title\n\nSome *bold* text, a [link|https://a.example/b] and {{code}} at 10:30 - or (see above) later.\n\n\
    * a\n** b\n* well-known\n\n# c\n\n||h||i||\n|c|d|\n\n{code:rust}\nx\n{code}\n\n{quote}\nq\n{quote}\n\n----";

#[test]
fn everyday_blocks_are_settled_and_their_lines_plain() {
    let document = read(EVERYDAY);
    for block in &document.blocks {
        assert!(settled::block(block, &Verbatim), "{block:?}");
        if let Block::Paragraph(paragraph) = block {
            assert!(plain::push(&mut String::new(), &paragraph.inlines));
        }
    }
}

/// Sends every link to another place.
struct Elsewhere;

impl Resolver for Elsewhere {
    fn mention(&self, _mention: &Mention) -> Option<Mention> {
        None
    }

    fn image(&self, _image: &ImageRef) -> Option<ImageRef> {
        None
    }

    fn link(&self, _url: &str) -> Option<String> {
        Some("https://b.example/c".to_owned())
    }
}

#[test]
fn a_link_of_a_settled_block_goes_through_the_resolver() {
    let (text, _losses) = wiki::write(&read(EVERYDAY), &Elsewhere);
    assert!(text.contains("[link|https://b.example/c]"), "{text}");
}
