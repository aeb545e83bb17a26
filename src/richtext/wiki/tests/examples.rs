//! Examples: markup as people write it, and texts as they are spelled. What other readers make of many more snippets is
//! held by `tests/wiki.rs` of the workspace.

use serde_json::{Value, json};

use crate::loss::LossKind;
use crate::{Block, Document, Verbatim, adf, html, markdown, wiki};

use super::{print, read};

/// Markup that reads as what this HTML shows.
#[track_caller]
fn check_read(markup: &str, expected: &str) {
    let shown = html::write(&read(markup), &Verbatim).0;
    assert_eq!(shown, expected, "{markup}");
}

/// A text that is spelled like this, and read back as the text.
#[track_caller]
fn check_spelled(text: &str, expected: &str) {
    let document = Document::from_plain(text);
    let (written, losses) = wiki::write(&document, &Verbatim);
    assert_eq!(written, expected);
    assert_eq!(losses, [], "{text}");
    assert_eq!(read(&written), document, "{text}");
}

/// ADF that is written like this, and stays.
#[track_caller]
fn check_written(content: &Value, expected: &str) {
    let document = adf::read(&json!({"type": "doc", "version": 1, "content": content})).0;
    let written = print(&document);
    assert_eq!(written, expected);
    assert_eq!(print(&read(&written)), written);
}

fn linked(text: &str, href: &str) -> Value {
    let link = json!({"type": "link", "attrs": {"href": href}});
    json!([{"type": "paragraph", "content": [{"type": "text", "text": text, "marks": [link]}]}])
}

#[test]
fn a_doubled_symbol_begins_nothing() {
    check_read("**a**", "<p>*<b>a</b>*</p>");
    check_read("__a__", "<p>_<i>a</i>_</p>");
    check_read("***a***", "<p>**<b>a</b>**</p>");
    check_read("** a", "<ul><li><ul><li>a</li></ul></li></ul>");
}

#[test]
fn an_address_ends_where_an_open_mark_does() {
    let link = |url: &str| format!("<a href=\"{url}\">{url}</a>");
    check_read(
        "*see https://a.example/x*",
        "<p><b>see </b><a href=\"https://a.example/x\"><b>https://a.example/x</b></a></p>",
    );
    check_read(
        "_(https://a.example/x)_",
        "<p><i>(</i><a href=\"https://a.example/x\"><i>https://a.example/x</i></a><i>)</i></p>",
    );
    check_read(
        "https://a.example/*x*",
        &format!("<p>{}</p>", link("https://a.example/*x*")),
    );
    check_read(
        "*a* https://a.example/x*y z*",
        &format!("<p><b>a</b> {} z*</p>", link("https://a.example/x*y")),
    );
}

#[test]
fn two_backslashes_behind_an_address_break_the_line() {
    let broken = read("https://a.example/x\\\\ b");
    assert_eq!(print(&broken), "[https://a.example/x]\nb");
}

#[test]
fn the_second_backslash_of_a_row_escapes_nothing() {
    check_read("\\*a*", "<p>*a*</p>");
    check_read("\\\\\\*a*", "<p>\\\\\\*a*</p>");
    check_read("\\\\a\\b", "<p>\\\\a\\b</p>");
    check_read("a\\\\b", "<p>a<br>b</p>");
}

#[test]
fn dashes_with_text_are_items_within_a_list_alone() {
    check_read("---- a", "<hr><p>a</p>");
    let deep = "<ul><li>a<ul><li><ul><li><ul><li>b</li></ul></li></ul></li></ul></li></ul>";
    check_read("* a\n---- b", deep);
    check_read("* a\n----", "<ul><li>a</li></ul><hr>");
}

#[test]
fn the_last_sign_says_the_kind_of_all_levels_that_a_line_begins() {
    check_read("*# a", "<ol><li><ol><li>a</li></ol></li></ol>");
    check_read(
        "# a\n#*# b",
        "<ol><li>a<ol><li><ol><li>b</li></ol></li></ol></li></ol>",
    );
    check_read("* a\n*# b", "<ul><li>a<ol><li>b</li></ol></li></ul>");
}

#[test]
fn a_list_that_begins_with_one_of_another_kind_gets_a_line_of_its_own() {
    let item = |content: Value| json!({"type": "listItem", "content": [content]});
    let text = json!({"type": "paragraph", "content": [{"type": "text", "text": "a"}]});
    for (kind, expected) in [("orderedList", "* \\\\\n*# a"), ("bulletList", "** a")] {
        let inner = json!({"type": kind, "content": [item(text.clone())]});
        let outer = json!([{"type": "bulletList", "content": [item(inner)]}]);
        check_written(&outer, expected);
    }
}

#[test]
fn bars_alone_are_a_table() {
    for bars in ["|", "||", "|||||"] {
        check_read(bars, "<table><tbody><tr><td><br></td></tr></tbody></table>");
    }
}

#[test]
fn anchors_are_known_in_any_case() {
    assert_eq!(print(&read("a {ANCHOR:top} b")), "a {anchor:top} b");
    assert_eq!(print(&read("|{Anchor:a}b|")), "|{anchor:a}b|");
    assert_eq!(print(&read("|{ANCHOR:a|b}c|")), "|c|");
}

#[test]
fn texts_are_spelled_as_people_would_type_them() {
    for (text, expected) in [
        ("\\\\server\\share\\file", "\\\\server\\share\\file"),
        ("a\\\\\\b", "a\\\\\\b"),
        ("ends with \\", "ends with \\"),
        ("C:\\temp", "C:\\temp"),
        ("\\*", "&#92;\\*"),
        ("a\\\\b", "a&#92;\\b"),
        (":) and :(", ":\\) and :\\("),
        ("http:// and https://", "http:// and https://"),
        ("https://a.example/", "https&#58;//a.example/"),
        ("h1. a", "h1&#46; a"),
        ("a h1. b", "a h1. b"),
        ("2 * 3 * 4", "2 * 3 * 4"),
        ("snake_case", "snake_case"),
        ("*a*", "\\*a\\*"),
        ("{code}", "\\{code\\}"),
        ("[a|b]", "\\[a|b]"),
    ] {
        check_spelled(text, expected);
    }
}

#[test]
fn links_show_what_their_markup_leaves_alone() {
    for (text, href, expected) in [
        (
            "https://a.example/x",
            "https://a.example/x",
            "[https://a.example/x]",
        ),
        (
            "https://a.example/*x*",
            "https://a.example/*x*",
            "[https://a.example/\\*x\\*|https://a.example/*x*]",
        ),
        (
            "Hi! You!",
            "https://a.example/",
            "[Hi\\! You\\!|https://a.example/]",
        ),
        (
            "https://b.example/",
            "https://a.example/",
            "[https://b.example/|https://a.example/]",
        ),
        ("a|b", "https://a.example/", "[a&#124;b|https://a.example/]"),
    ] {
        check_written(&linked(text, href), expected);
    }
}

#[test]
fn a_text_with_a_line_break_stands_in_for_its_image_as_one_line() {
    let media = json!({"type": "media", "attrs": {"type": "file", "id": "1", "collection": "", "alt": "a \n\tb"}});
    check_written(
        &json!([{"type": "mediaSingle", "attrs": {"layout": "center"}, "content": [media]}]),
        "\\[image: a b]",
    );
}

#[test]
fn code_that_would_end_its_macro_is_text_without_tabs() {
    let code =
        json!([{"type": "codeBlock", "content": [{"type": "text", "text": "{noformat}\ta"}]}]);
    check_written(&code, "\\{noformat\\} a");
}

/// Markup that reads as what this Markdown shows, with losses of these kinds.
#[track_caller]
fn check_lossy(markup: &str, expected: &str, lost: &[LossKind]) {
    let (document, losses) = wiki::read(markup);
    assert_eq!(
        markdown::write(&document, &Verbatim).0,
        expected,
        "{markup}"
    );
    let kinds: Vec<LossKind> = losses.iter().map(|loss| loss.kind).collect();
    assert_eq!(kinds, lost, "{markup}");
}

#[test]
fn what_the_label_of_a_file_cannot_hold_is_named() {
    for (label, alt, lost) in [
        ("see b", "see b", vec![]),
        ("see :) b", "see 🙂 b", vec![LossKind::Emoji]),
        ("see *b*", "see b", vec![LossKind::Mark]),
        ("!i.png!", "[image: i.png]", vec![LossKind::Image]),
    ] {
        let (document, losses) = wiki::read(&format!("[{label}|^a.pdf]"));
        let [Block::MediaGroup(files)] = document.blocks.as_slice() else {
            panic!("{document:?}");
        };
        assert_eq!(files[0].reference.alt.as_deref(), Some(alt));
        let kinds: Vec<LossKind> = losses.iter().map(|loss| loss.kind).collect();
        assert_eq!(kinds, lost, "{label}");
    }
}

#[test]
fn what_a_linked_image_cannot_hold_is_named() {
    let linked = "[![](/a.png)](https://x.example/)";
    check_lossy("[!/a.png!|https://x.example/]", linked, &[]);
    check_lossy(
        "[!/a.png!|https://x.example/|tip]",
        linked,
        &[LossKind::LinkDetail],
    );
    check_lossy(
        "[!/a.png|href=https://y.example/!|https://x.example/]",
        linked,
        &[LossKind::LinkDetail],
    );
}

#[test]
fn only_what_ends_a_colour_is_taken_for_its_end() {
    for end in [
        "{code}\n{color}\n{code}",
        "{noformat}{color}{noformat}",
        "\\{color}",
    ] {
        let (document, _) = wiki::read(&format!("{{color:red}}a\n\n{end}\n\nb"));
        assert!(document.plain_text().starts_with("{color:red}a"), "{end}");
    }
    check_read(
        "{color:red}a{color} {code}{color}{code}",
        "<p><span style=\"color:#ff0000\">a</span></p><pre><code>{color}</code></pre>",
    );
}
