//! Laws over generated documents and texts, and what an attacker might send.

use comrak::nodes::NodeValue;
use proptest::prelude::*;

use crate::loss::{Instead, Loss, LossKind, Losses};
use crate::{
    Document, ImageRef, Mention, Resolver, Verbatim, adf, arbitrary as documents, html, markdown,
    normal, reference, resolve, stages,
};

use super::super::read::read_parts;
use super::super::{lower, part, write};
use super::arbitrary;

const GUID: &str = "0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9";

fn to_markdown(doc: &Document) -> String {
    markdown::write(doc, &Verbatim).0
}

fn from_markdown(text: &str) -> Document {
    markdown::read(text).0
}

/// Any document, with mentions that Azure DevOps knows.
fn document() -> impl Strategy<Value = Document> {
    documents::document().prop_map(|doc| {
        let mut blocks = Vec::new();
        for block in doc.blocks {
            resolve::block(0, block, &Known, &mut Losses::default(), &mut blocks);
        }
        Document { blocks }
    })
}

/// Knows everybody by the same GUID.
struct Known;

impl Resolver for Known {
    fn mention(&self, mention: &Mention) -> Option<Mention> {
        Some(Mention {
            id: GUID.to_owned(),
            ..mention.clone()
        })
    }

    fn image(&self, image: &ImageRef) -> Option<ImageRef> {
        Some(image.clone())
    }

    fn link(&self, _url: &str) -> Option<String> {
        None
    }
}

/// Whether a part of Markdown is HTML that the writer knows, leads nowhere that is not harmless, or is neither.
fn is_harmless(value: &NodeValue) -> bool {
    match value {
        NodeValue::HtmlInline(tag) => {
            let name = tag.trim_matches(['<', '/', '>']);
            matches!(
                name,
                "b" | "i" | "s" | "u" | "sub" | "sup" | "code" | "br" | "span"
            ) || tag.starts_with("<span style=\"color:#")
                || tag.starts_with("<span style=\"background-color:#")
        }
        NodeValue::HtmlBlock(block) => {
            let starts = ["<table><tbody>", "<p style=\"text-align:", "<h"];
            starts.iter().any(|start| block.literal.starts_with(start))
        }
        NodeValue::Link(link) => reference::harmless(&link.url).is_some(),
        NodeValue::Image(link) => {
            link.url.contains(' ') || reference::harmless_image(&link.url).is_some()
        }
        _ => true,
    }
}

fn lowered(doc: &Document) -> Document {
    let mut blocks = Vec::new();
    let mut losses = Losses::default();
    stages::run(
        doc,
        &Verbatim,
        &mut losses,
        |_| false,
        lower::block,
        |block| {
            blocks.push(block.clone());
        },
    );
    Document { blocks }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_was_printed_is_read(doc in document()) {
        let lowered = lowered(&doc);
        let text = write::print(&lowered);
        let (read, losses) = markdown::read(&text);
        prop_assert_eq!(&read, &lowered, "{}", text);
        prop_assert_eq!(&losses, &[], "{}", text);
        prop_assert_eq!(markdown::write(&read, &Verbatim), (text, Vec::new()));
    }

    #[test]
    fn lowering_twice_is_lowering_once(doc in document()) {
        let once = lowered(&doc);
        prop_assert_eq!(lowered(&once), once);
    }

    #[test]
    fn without_a_loss_the_document_is_the_same(doc in document()) {
        let (text, losses) = markdown::write(&doc, &Verbatim);
        if losses.is_empty() {
            prop_assert_eq!(from_markdown(&text).canonical(), doc.canonical(), "{}", text);
        }
    }

    #[test]
    fn adf_to_markdown_is_a_fixed_point(doc in document()) {
        let there = adf::write(&doc, &Verbatim).0;
        let first = to_markdown(&adf::read(&there).0);
        let back = adf::write(&from_markdown(&first), &Verbatim).0;
        prop_assert_eq!(to_markdown(&adf::read(&back).0), first);
    }

    #[test]
    fn markdown_to_adf_is_a_fixed_point(text in arbitrary::markdown()) {
        let first = adf::write(&from_markdown(&text), &Verbatim).0;
        let back = to_markdown(&adf::read(&first).0);
        prop_assert_eq!(adf::write(&from_markdown(&back), &Verbatim).0, first, "{}", back);
    }

    #[test]
    fn any_markdown_is_read_in_normal_form(text in arbitrary::markdown()) {
        let read = from_markdown(&text);
        let mut losses = Losses::default();
        prop_assert_eq!(normal::document(read.clone(), &mut losses), read.clone());
        let once = to_markdown(&read);
        prop_assert_eq!(to_markdown(&from_markdown(&once)), once);
    }

    #[test]
    fn words_survive_in_their_order_or_a_loss_says_so(signs in arbitrary::signs_of_text()) {
        let mut text = String::new();
        for (index, sign) in signs.iter().enumerate() {
            text.push_str(&format!("{sign}w{index}w"));
        }
        let (read, losses) = markdown::read(&text);
        // The name of an unknown tag is no text, and that the tag is gone is told.
        let told = |loss: &Loss| loss.instead == Instead::Nothing || loss.kind == LossKind::Unsupported;
        if losses.iter().any(told) {
            return Ok(());
        }
        let shown = read.plain_text();
        let mut at = 0;
        for index in 0..signs.len() {
            let word = format!("w{index}w");
            let found = shown[at..].find(&word);
            prop_assert!(found.is_some(), "{word} of {text:?} is not in {shown:?}");
            at += found.unwrap_or_default() + word.len();
        }
    }

    #[test]
    fn nothing_within_a_block_of_html_hides_what_follows(signs in arbitrary::signs_of_html(), quoted in any::<bool>()) {
        let quote = if quoted { "> " } else { "" };
        let text = format!("{quote}<div {}\n\nafter", signs.concat());
        let shown = markdown::read(&text).0.plain_text();
        prop_assert!(shown.ends_with("after"), "{text:?} shows {shown:?}");
    }

    #[test]
    fn only_harmless_html_and_urls_are_written(text in arbitrary::markdown(), doc in document()) {
        for written in [to_markdown(&from_markdown(&text)), to_markdown(&doc)] {
            let arena = comrak::Arena::new();
            let root = comrak::parse_document(&arena, &written, &comrak::Options::default());
            for node in root.descendants() {
                let value = &node.data.borrow().value;
                prop_assert!(is_harmless(value), "{:?} in {}", value, written);
            }
            let shown = html::write(&from_markdown(&written), &Verbatim).0;
            prop_assert!(!shown.contains("<script") && !shown.contains("<a href=\"javascript:"), "{}", shown);
        }
    }

    #[test]
    fn a_text_in_parts_reads_as_the_whole(texts in proptest::collection::vec(arbitrary::markdown(), 1..4)) {
        let text = texts.join("\n\n");
        let whole = read_parts(vec![&text], Losses::default());
        let parted = read_parts(part::parts(&text, 1), Losses::default());
        prop_assert_eq!(parted, whole);
    }

    #[test]
    fn any_text_is_read_as_markdown(text in any::<String>(), bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        to_markdown(&from_markdown(&text));
        to_markdown(&from_markdown(&String::from_utf8_lossy(&bytes)));
    }
}

/// How many times as long as a hostile text what is written of it may be: every sign may need its escape, and every line the
/// signs of what it stands in.
const GROWTH_MAX: usize = 64;

/// How long the hostile texts are.
const LENGTH: usize = 200_000;

#[test]
fn hostile_texts_are_read_in_time() {
    let repeated = [
        "*",
        "*a ",
        "**a *a ",
        "_a ",
        "~a ~~b ",
        "[",
        "[a](",
        "![[[[",
        "[a](<b",
        "`",
        "`a",
        "<",
        "<a ",
        "<a b=\"",
        "a<!--",
        "a<?",
        "a<![CDATA[",
        ">",
        "> ",
        "> - ",
        "- ",
        "1. ",
        "|",
        "|\n",
        "[a]: b\n",
        "[a]: <b",
        "[a]: b 'c\n",
        "&a",
        "\\",
        "a\n",
        "\n",
        "\t",
        "- [ ] a\n",
        "```\n",
        "<http://a",
        "<div>\n",
        "<div\n\n",
        "<b>",
        "<table><tr><td>\n\n",
        "<script>\n\n",
        "# ",
        "@<",
        " =1x",
        "(=1x1)",
        "vssx",
        "![a](b =1x1)",
        "<!-- <",
        "<i a=1>x\n\n",
        "[[a]]",
        "a_",
        ":a",
        "\u{0}",
        "<p>x\n\n",
        "</b>",
    ];
    let mut texts: Vec<String> = repeated
        .iter()
        .map(|piece| piece.repeat(LENGTH / piece.len()))
        .collect();
    let backticks = (1..600).map(|length| "`".repeat(length) + " ");
    texts.push(backticks.collect());
    texts.push((0..600).map(|depth| "  ".repeat(depth) + "- a\n").collect());
    texts.push((0..LENGTH / 12).map(|n| format!("[a{n}]: b\n")).collect());
    texts.push(format!(
        "[a]: /{}\n\n{}",
        "x".repeat(LENGTH / 2),
        "[a]".repeat(LENGTH / 6)
    ));
    texts.push(format!(
        "{}a\n{}",
        "> ".repeat(LENGTH / 2),
        "a\n".repeat(LENGTH / 2)
    ));
    texts.push(
        [
            "|a".repeat(LENGTH / 8),
            "|-".repeat(LENGTH / 8),
            "|\n".repeat(LENGTH / 4),
        ]
        .join("\n"),
    );
    texts.push("a**b".repeat(LENGTH / 4) + &"c*".repeat(LENGTH / 2));
    for text in texts {
        let start: String = text.chars().take(20).collect();
        let written = to_markdown(&from_markdown(&text));
        assert!(written.len() <= GROWTH_MAX * text.len(), "{start:?}");
    }
}
