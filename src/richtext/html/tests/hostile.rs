//! HTML that is made to cost: deep, wide, huge. It is read within the bounds, and a loss says what was cut.

use crate::limit::{
    MAX_ATTRIBUTES, MAX_DEPTH, MAX_ELEMENT_DEPTH, MAX_FORMATTING, MAX_HTML_BYTES, MAX_NODES,
};
use crate::loss::LossKind;
use crate::tests::assert_valid;
use crate::{Document, Loss, Verbatim, adf, html};

/// Reads it and writes it in both forms.
fn cross(text: &str) -> (Document, Vec<LossKind>) {
    let (read, losses) = html::read(text);
    let (value, _) = adf::write(&read, &Verbatim);
    assert_valid(&value);
    let written = html::write(&read, &Verbatim).0;
    assert_eq!(html::write(&html::read(&written).0, &Verbatim).0, written);
    (read, losses.iter().map(|loss: &Loss| loss.kind).collect())
}

#[test]
fn what_nests_without_end_is_flattened_and_its_text_kept() {
    for (open, shown) in [
        ("<details><summary>t</summary>", "deep"),
        ("<details>", "deep"),
        ("<figure>", "deep"),
        ("<ul><li><input type=checkbox>", "deep"),
        ("<ul><li><input type=checkbox>x<ul>", "deep"),
        ("<div style=\"border-left:solid\">", "deep"),
        ("<blockquote style=\"border:none\">", "deep"),
        ("<div style=\"mso-list:l0 level9 lfo1\">", "deep"),
        ("<dl><dt>", "deep"),
        ("<q>", "deep"),
        ("<center>", "deep"),
    ] {
        for times in [MAX_DEPTH - 1, MAX_DEPTH + 1, 2 * MAX_DEPTH, 20_000] {
            let (read, losses) = cross(&format!("{}deep", open.repeat(times)));
            assert!(read.plain_text().contains(shown), "{open} {times}");
            if times > 1_000 {
                assert!(!losses.is_empty(), "{open}");
            }
        }
    }
}

#[test]
fn what_stands_side_by_side_without_end_takes_linear_time() {
    for piece in [
        "<p style=\"mso-list:l0 level1 lfo1\">x",
        "<p style=\"mso-list:l0 level1 lfo1\">x<p style=\"mso-list:l0 level9 lfo1\"><span style=\"mso-list:Ignore\">1.</span>y",
        "<ul><li><input type=checkbox>x</ul>",
        "<details><summary>s</summary>x</details>",
        "<figure><img src=/x><figcaption>c</figure>",
        "<table><col width=9 span=9999><tr><td colspan=9999>x</table>",
        "<pre class=\"language-x\">x</pre>",
        "<span style=\"font:a b c;background:a b c;border:a b c\">x</span>",
        "x<q>",
        "<!--",
        "<![CDATA[",
        "&#1",
        "<a href=",
    ] {
        let (_, losses) = html::read(&piece.repeat(20_000));
        assert!(losses.len() <= 1_001, "{piece}");
    }
    let boxes = format!("<ul>{}", "<li><input type=checkbox>x".repeat(20_000));
    assert!(html::read(&boxes).0.plain_text().contains("[ ] x"));
    let style = format!("<p style=\"{}\">x</p>", "color:red;".repeat(50_000));
    assert!(html::read(&style).0.plain_text().contains('x'));
}

#[test]
fn items_rows_and_cells_are_counted() {
    // Without one of the three there would be room for the other two.
    let some = MAX_NODES / 5 * 2;
    let (items, rows, cells) = ["<li>", "<tr>", "<td>"].map(|tag| tag.repeat(some)).into();
    let (_, losses) = html::read(&format!("<ul>{items}</ul><table>{rows}{cells}</table>"));
    assert!(losses.iter().any(|loss| loss.kind == LossKind::TooLarge));
}

#[test]
fn text_that_is_no_markup_stays_where_nothing_nests_deeper() {
    let deep = "<div>".repeat(2 * MAX_ELEMENT_DEPTH);
    for element in ["textarea", "xmp"] {
        let text = format!("{deep}a<{element}>b <i>c</{element}>d");
        let (read, losses) = html::read(&text);
        assert_eq!(read.plain_text(), "ab <i>cd", "{element}");
        assert!(losses.iter().any(|loss| loss.kind == LossKind::TooDeep));
    }
    let script = format!("{deep}a<script>b</script>d");
    assert_eq!(html::read(&script).0.plain_text(), "ad");
}

#[test]
fn what_tags_say_beyond_the_bound_is_told_and_what_is_no_tag_is_not_cut() {
    let words: String = (0..2 * MAX_ATTRIBUTES)
        .map(|at| format!("w{at} "))
        .collect();
    let told = |text: &str| {
        let losses = html::read(text).1;
        losses.iter().any(|loss| loss.kind == LossKind::TooLarge)
    };
    assert!(told(&format!("<p {words}>x</p>")));
    let text = format!("<textarea>a <b {words}> c</textarea>");
    assert!(!told(&text));
    assert!(html::read(&text).0.plain_text().contains(words.trim_end()));
}

#[test]
fn two_hundred_megabytes_are_cut_at_the_bound() {
    // One page that long is one text, so what is cut away is never looked at.
    let kibibyte = format!("<p>{}", "x".repeat(1021));
    let (read, losses) = html::read(&kibibyte.repeat(200 * 1024));
    assert!(losses.iter().any(|loss| loss.kind == LossKind::TooLarge));
    assert!(read.plain_text().len() <= MAX_HTML_BYTES);
}

#[test]
fn what_follows_a_deep_place_is_read_as_ever() {
    let times = 2 * MAX_ELEMENT_DEPTH;
    for (open, close) in [("<div>", "</div>"), ("<blockquote>", "</blockquote>")] {
        let text = format!(
            "{}deep{}<p>a <b>b</b></p>",
            open.repeat(times),
            close.repeat(times)
        );
        let (read, losses) = html::read(&text);
        assert!(losses.iter().any(|loss| loss.kind == LossKind::TooDeep));
        let written = html::write(&read, &Verbatim).0;
        assert!(written.ends_with("<p>a <b>b</b></p>"), "{open}");
    }
}

#[test]
fn formatting_that_is_never_closed_is_opened_again_within_the_bound_and_its_text_kept() {
    let times = 4 * MAX_FORMATTING;
    let open = |at| format!("<div><i title={at}></div>t{at} ");
    let text: String = (0..times).map(open).chain(["</b>".repeat(times)]).collect();
    let (read, losses) = html::read(&text);
    assert!(losses.iter().any(|loss| loss.kind == LossKind::TooDeep));
    let shown = read.plain_text();
    let words: Vec<&str> = shown.split_whitespace().collect();
    let expected: Vec<String> = (0..times).map(|at| format!("t{at}")).collect();
    assert_eq!(words, expected);
}

#[test]
fn as_much_formatting_as_editors_write_is_within_the_bound() {
    // Old mail programs open a font in each line, and some of them never close it.
    let line = |at| format!("<p><font color=red><b>t{at}</b></p>");
    let text: String = (0..4 * MAX_FORMATTING).map(line).collect();
    let losses = html::read(&text).1;
    assert!(losses.iter().all(|loss| loss.kind != LossKind::TooDeep));
}
