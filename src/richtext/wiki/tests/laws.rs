//! Laws over generated documents and markup.

use proptest::collection::vec;
use proptest::prelude::*;

use crate::limit::{MAX_DEPTH, MAX_LIST_LEVELS, MAX_NODES};
use crate::loss::{Instead, Losses};
use crate::mark::Mark;
use crate::walk::{self, Visitor};
use crate::wiki::write::lowered;
use crate::{Block, Document, Inline, Verbatim, adf, arbitrary, html, normal, reference, wiki};

use super::{print, read, to_adf};

/// Markup of the grammar's own tokens, well nested or not.
pub(super) fn markup() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        3 => "[a-c ]{0,4}",
        1 => any::<String>(),
        8 => proptest::sample::select(vec![
            "*", "_", "-", "+", "^", "~", "??", "{{", "}}", "{*}", "{_}", "{-}", "{+}", "{^}", "{~}", "{??}",
            "{{{}", "{}}}", "\\", "\\\\", "\\*", "\\{", "\n", "\n\n", "\n\n", " ", "\t", "\u{a0}", "é",
            "{quote}", "{panel}", "{panel:title=a|bgColor=#fffae6}", "{panel:bgColor=red}", "{code}", "{code:rust}",
            "{code:title=x|borderStyle=y}", "{noformat}", "{color:red}", "{color:#00f}", "{color}", "{adf}",
            "{adf:display=block}{\"type\":\"rule\"}{adf}", "{anchor:x}", "{unknown:x}", "{", "}",
            "\n* ", "\n** ", "\n*# ", "\n# ", "\n## ", "\n- ", "\n*** ", "\n----\n", "\nh1. ", "\nh6.", "\nbq. ",
            "\n|", "\n||", "|", "||", "|\n", "| |", "[", "]", "[a|https://a.example/]", "[https://a.example/x]",
            "[a|javascript:alert(1)]", "[~bob]", "[~accountid:12]", "[^f.pdf]", "[x|^f.pdf]", "[#top]",
            "[a|https://a.example/|tip]", "[u|https://a.example/|smart-link]", "[u|https://a.example/|smart-card]",
            "[!i.png!|https://a.example/]", "!i.png!", "!i.png|width=10,align=left,alt=\"x\"!", "!x!", "!",
            "!https://a.example/i.png|width=50%!", "https://a.example/?x=1&y=*z*", "mailto:a@b.example", ":)", ":D",
            "(i)", "(*r)", ";-)", "--", " -- ", " --- ", "---", "&#42;", "&amp;", "&", "#", "?", "h1.", "bq.",
        ]).prop_map(str::to_owned),
    ];
    vec(piece, 0..25).prop_map(|pieces| pieces.concat())
}

/// Signs that lay out and mark text, and neither hide any nor make it part of an address.
fn signs() -> impl Strategy<Value = Vec<&'static str>> {
    let signs = vec![
        "*",
        "_",
        "-",
        "+",
        "~",
        "{{",
        "}}",
        "{*}",
        "{_}",
        "{-}",
        "{+}",
        "{^}",
        "{~}",
        "{??}",
        "{{{}",
        "{}}}",
        "\\",
        "\\\\",
        "\\*",
        "\\{",
        "\n",
        "\n\n",
        " ",
        " *",
        "* ",
        " _",
        "_ ",
        "{quote}",
        "{panel}",
        "{code}",
        "{noformat}",
        "{adf}",
        "{color:red}",
        "{color}",
        "{anchor:x}",
        "{unknown:x}",
        "{",
        "}",
        "\n* ",
        "\n** ",
        "\n*# ",
        "\n# ",
        "\n- ",
        "\n----\n",
        "\nh1. ",
        "\nh6.",
        "\nbq. ",
        "\n|",
        "\n||",
        "|",
        "||",
        "|\n",
        "| |",
        "[",
        "]",
        "[~bob]",
        "[^f.pdf]",
        "[a|https://a.example/]",
        "[a|https://a.example/|tip]",
        "!i.png!",
        " !i.png! ",
        "!",
        ":)",
        "(i)",
        " -- ",
        " --- ",
        "&#42;",
        "&amp;",
        "&",
        "bq.",
    ];
    vec(proptest::sample::select(signs), 0..25)
}

/// Lines that repeat what a document says, deep and wide.
fn lists() -> impl Strategy<Value = String> {
    let line = (
        "[*#-]{1,22}",
        "[a-b ]{0,2}|\\\\\\\\|!i.png!|h2. x|\\{quote\\}y\\{quote\\}",
    );
    vec(line, 0..12).prop_map(|lines| {
        let lines = lines
            .into_iter()
            .map(|(signs, text)| format!("{signs} {text}"));
        lines.collect::<Vec<_>>().join("\n")
    })
}

#[track_caller]
fn assert_written(doc: &Document) -> String {
    let (lowered, _) = lowered(doc, &Verbatim);
    let text = print(doc);
    let (back, losses) = wiki::read(&text);
    assert_eq!(back, lowered, "{text}");
    assert_eq!(losses, [], "{text}");
    assert_eq!(wiki::write(&back, &Verbatim), (text.clone(), Vec::new()));
    text
}

/// Sees to it that nothing of a document leads where it must not, and measures it.
#[derive(Default)]
struct Inspector {
    depth: usize,
    deepest: usize,
    nodes: usize,
}

impl Inspector {
    fn inspect(doc: &Document) -> Self {
        let mut inspector = Inspector::default();
        inspector.sequence(&doc.blocks);
        inspector
    }

    fn sequence(&mut self, blocks: &[Block]) {
        self.nodes += blocks.len();
        for block in blocks {
            if let Block::Media(media) = block {
                assert_harmless(media.image.link.as_deref());
            }
            walk::rebuild(block.clone(), self);
        }
    }
}

impl Visitor for Inspector {
    fn inlines(&mut self, inlines: Vec<Inline>) -> Vec<Inline> {
        self.nodes += inlines.len();
        for inline in &inlines {
            match inline {
                Inline::Text(run) => {
                    for mark in &run.marks {
                        if let Mark::Link(link) = mark {
                            assert_harmless(Some(&link.href));
                        }
                    }
                }
                Inline::Image(image) => assert_harmless(image.link.as_deref()),
                _ => {}
            }
        }
        Vec::new()
    }

    fn blocks(&mut self, _part: usize, blocks: Vec<Block>) -> Vec<Block> {
        self.depth += 1;
        self.deepest = self.deepest.max(self.depth);
        self.sequence(&blocks);
        self.depth -= 1;
        Vec::new()
    }
}

#[track_caller]
fn assert_harmless(url: Option<&str>) {
    if let Some(url) = url {
        assert!(reference::harmless(url).is_some(), "{url}");
    }
}

#[track_caller]
fn assert_read(text: &str) -> Document {
    let doc = read(text);
    let again = normal::document(doc.clone(), &mut Losses::default());
    assert_eq!(again, doc, "normal form of {text:?}");
    let seen = Inspector::inspect(&doc);
    assert!(seen.deepest <= MAX_DEPTH, "{} deep", seen.deepest);
    assert!(seen.nodes <= 3 * MAX_NODES, "{} nodes", seen.nodes);
    assert_written(&doc);
    to_adf(&doc);
    doc
}

/// Letters and digits alone: what every spelling keeps.
fn letters(doc: &Document) -> String {
    doc.plain_text()
        .chars()
        .filter(|c| c.is_alphanumeric())
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases.max(300), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_printed_reads_back(doc in arbitrary::document()) {
        assert_written(&doc);
    }

    #[test]
    fn what_is_read_from_markup_reads_back(text in markup()) {
        assert_read(&text);
    }

    #[test]
    fn what_is_read_from_lists_reads_back(text in lists()) {
        assert_read(&text);
    }

    #[test]
    fn any_text_is_read(text in any::<String>(), bytes in vec(any::<u8>(), 0..200)) {
        assert_read(&text);
        assert_read(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn plain_text_stays_what_it_is(text in "[ -~\u{a0}é😀\n]{0,40}") {
        let doc = Document::from_plain(&text);
        let (out, losses) = wiki::write(&doc, &Verbatim);
        let (back, _) = wiki::read(&out);
        if losses.is_empty() {
            prop_assert_eq!(back.canonical(), doc.canonical(), "{}", out);
        }
        prop_assert_eq!(letters(&back), letters(&doc), "{}", out);
    }

    #[test]
    fn without_a_loss_the_document_is_the_same(doc in arbitrary::document()) {
        let (text, losses) = wiki::write(&doc, &Verbatim);
        if losses.is_empty() {
            prop_assert_eq!(read(&text).canonical(), doc.canonical(), "{}", text);
        }
    }

    #[test]
    fn lowering_twice_is_lowering_once(doc in arbitrary::document()) {
        let (once, _) = lowered(&doc, &Verbatim);
        let (twice, losses) = lowered(&once, &Verbatim);
        prop_assert_eq!(twice, once);
        prop_assert_eq!(losses, Vec::new());
    }

    #[test]
    fn adf_stays_acceptable_after_lowering(doc in arbitrary::document()) {
        let accepted = adf::read(&to_adf(&doc)).0;
        let (lowered, _) = lowered(&accepted, &Verbatim);
        let (value, losses) = adf::write(&lowered, &Verbatim);
        let titles = losses.iter().filter(|loss| loss.kind != crate::LossKind::Anchor).count();
        prop_assert_eq!(titles, 0, "{:?} in {}", losses, value);
    }

    #[test]
    fn adf_to_markup_is_a_fixed_point(doc in arbitrary::document()) {
        let first = print(&adf::read(&to_adf(&doc)).0);
        let back = to_adf(&read(&first));
        prop_assert_eq!(print(&adf::read(&back).0), first);
    }

    #[test]
    fn markup_to_html_is_a_fixed_point(text in markup()) {
        let there = |markup: &str| html::write(&read(markup), &Verbatim).0;
        let back = |page: &str| print(&html::read(page).0);
        let first = back(&there(&text));
        prop_assert_eq!(back(&there(&first)), first);
    }

    #[test]
    fn the_words_of_markup_are_shown_once_and_in_their_order(signs in signs()) {
        let words = signs.iter().enumerate();
        let text: String = words.map(|(index, sign)| format!("{sign}w{index}w")).collect();
        let (document, losses) = wiki::read(&text);
        let shown: Vec<usize> = document.plain_text().split('w').filter_map(|word| word.parse().ok()).collect();
        if losses.iter().any(|loss| loss.instead == Instead::Nothing) {
            prop_assert!(shown.is_sorted_by(|one, next| one < next), "{:?} in {}", shown, text);
        } else {
            prop_assert_eq!(shown, (0..signs.len()).collect::<Vec<_>>(), "{}", text);
        }
    }

    #[test]
    fn letters_stay_in_order(doc in arbitrary::document()) {
        let (lowered, losses) = lowered(&doc, &Verbatim);
        let kept = losses.is_empty();
        let back = read(&print(&doc));
        prop_assert_eq!(letters(&back), letters(&lowered));
        if kept {
            prop_assert_eq!(letters(&lowered), letters(&normal::document(doc.clone(), &mut Losses::default())));
        }
    }
}

#[test]
fn input_that_could_cost_much_is_read_in_time() {
    let repeated = [
        "{",
        "}",
        "*",
        "[",
        "]",
        "|",
        "!",
        "\\",
        "-",
        "&",
        "?",
        "{{",
        "}}",
        "{*}",
        "{quote}",
        "{panel}",
        "{code}",
        "{color:red}",
        "{color}",
        "* ",
        "* a\n",
        "** a\n",
        "|a",
        "|a\n",
        "||a|\n",
        "*a ",
        "*a*",
        "_a *b ",
        ".!a",
        "! ",
        "!a.png",
        "[a",
        "[a|b",
        "http://",
        "http://a",
        "http://a ",
        "\\\\a",
        "\\\\ ",
        ":",
        "(i)",
        "&#4",
        "{adf}",
        "\n",
        "a\n\n",
        "{quote}\n* a\n{quote}\n",
        "{panel}{quote}",
        "{quote:a}{panel:a}",
        "{code:a}",
        "h1. a\n",
        "bq. a\n",
        "|{code}|{code}",
        "|!a.png",
        "|[a",
        "~^_*+-a",
        "{color:red}a{color:blue}b",
        "[!a.png!|",
        "{{a}} *b* ",
        "a. ",
        "h1.",
        "a:",
        "*a http://b/c ",
        "*http://a*,",
        "_http://a_,",
        "+http://a+,",
    ];
    for piece in repeated {
        let text = piece.repeat(200_000 / piece.len());
        let (doc, _) = wiki::read(&text);
        assert!(Inspector::inspect(&doc).deepest <= MAX_DEPTH, "{piece}");
        let out = print(&doc);
        assert!(out.len() <= 10 * text.len() + 100, "{piece}");
    }
}

#[test]
fn lists_nest_as_deep_as_the_grammar_lets_them() {
    let signs = (1..=30).map(|level| format!("{} x{level}", "*".repeat(level)));
    let text = signs.collect::<Vec<_>>().join("\n");
    let doc = assert_read(&text);
    assert_eq!(Inspector::inspect(&doc).deepest, MAX_LIST_LEVELS);
    assert!(doc.plain_text().contains("x30"));
}

#[test]
fn a_text_beyond_the_bound_is_cut_with_a_loss() {
    for text in [
        "a\n\n".repeat(MAX_NODES + 1),
        "x".repeat(crate::limit::MAX_WIKI_BYTES + 1),
    ] {
        let (doc, losses) = wiki::read(&text);
        assert!(Inspector::inspect(&doc).nodes <= MAX_NODES + 10);
        assert!(
            losses
                .iter()
                .any(|loss| loss.kind == crate::LossKind::TooLarge)
        );
    }
}
