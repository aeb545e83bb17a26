//! Texts made to cost, at two sizes: a reader or a writer whose time grows faster than its input shows here.

use std::hint::black_box;

use richtext::{Format, Verbatim};

use crate::Outcome;
use crate::pairs::round;

/// Sizes of the input in bytes.
const SIZES: [usize; 2] = [100_000, 1_000_000];
/// How often time per byte may be that of the smaller size before the line is marked.
const MARKED: f64 = 3.0;

/// What stands in a piece for the number of its repetition.
const NUMBER: char = '№';

/// Pieces that are repeated, each within what stands before and behind it.
const PIECES: [(Format, &str, &str, &str); 72] = [
    (Format::Html, "", "<div>", ""),
    (Format::Html, "", "<b>", ""),
    (Format::Html, "", "<ul><li>", ""),
    (Format::Html, "", "<table><tr><td>", ""),
    (Format::Html, "", "<blockquote>x", ""),
    (Format::Html, "", "<details><summary>x</summary>", ""),
    (Format::Html, "", "<p><b a=1><i>", ""),
    (Format::Html, "", "<a href=x>x", ""),
    (Format::Html, "", "<table>x<b>", ""),
    (Format::Html, "", "<nobr>x", ""),
    (Format::Html, "<table>", "x<p>", ""),
    (
        Format::Html,
        "<table>",
        "<tr><td colspan=1000000000 rowspan=1000000000>x",
        "",
    ),
    (
        Format::Html,
        "<table><col span=1000 width=9>",
        "<tr><td colspan=1000>x",
        "",
    ),
    (Format::Html, "<p", " a=b", ">x"),
    (Format::Html, "<p style=\"", "color:red;", "\">x"),
    (Format::Html, "", "&amp", ""),
    (Format::Html, "", "&#", ""),
    (Format::Html, "", "<!--", ""),
    (Format::Html, "", "<a href='", ""),
    (Format::Html, "", "</p>", ""),
    (Format::Html, "", "<b></p>", ""),
    (Format::Html, "", "<br>", ""),
    (Format::Html, "", "<img src=x>", ""),
    (Format::Html, "<pre>", "<a>x</a>\n", ""),
    (Format::Html, "", "<p style='mso-list:l0 level1 lfo1'>x", ""),
    (Format::Html, "", "<svg>", ""),
    (Format::Html, "", "<div><i a=№><p></div></p></b>", ""),
    (Format::Markdown, "", "*a ", ""),
    (Format::Markdown, "", "**a *", ""),
    (Format::Markdown, "", "_a*", ""),
    (Format::Markdown, "", "*", ""),
    (Format::Markdown, "", "_a ", ""),
    (Format::Markdown, "", "~~a ~", ""),
    (Format::Markdown, "", "[", ""),
    (Format::Markdown, "", "]", ""),
    (Format::Markdown, "", "![", ""),
    (Format::Markdown, "", "[a](", ""),
    (Format::Markdown, "", "[a](<b", ""),
    (Format::Markdown, "", "![[]()", ""),
    (Format::Markdown, "", "[ (](", ""),
    (Format::Markdown, "", "[a]: u\n", ""),
    (Format::Markdown, "[a]: u\n\n", "[a] ", ""),
    (Format::Markdown, "", ">", "x"),
    (Format::Markdown, "", "> > > x\n", ""),
    (Format::Markdown, "", "* ", "x"),
    (Format::Markdown, "", "1. ", "x"),
    (Format::Markdown, "", "- a\n\n", ""),
    (Format::Markdown, "", "`a ``", ""),
    (Format::Markdown, "", "`", "x"),
    (Format::Markdown, "", "<", ""),
    (Format::Markdown, "", "<a ", ""),
    (Format::Markdown, "", "a <!-- b", ""),
    (Format::Markdown, "", "<div>\n", ""),
    (Format::Markdown, "", "|", "\n|-|\n"),
    (Format::Markdown, "|a|\n|-|\n", "|x\n", ""),
    (
        Format::Markdown,
        "",
        "@<0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9>",
        "",
    ),
    (Format::Markdown, "", "vssx", ""),
    (Format::Markdown, "", "&amp;", ""),
    (Format::Markdown, "", "a\\\n", ""),
    (Format::Markdown, "", "# a\n", ""),
    (Format::Wiki, "", "*a ", ""),
    (Format::Wiki, "", "*http://a*,", ""),
    (Format::Wiki, "", "+http://a+,", ""),
    (Format::Wiki, "", "[a|", ""),
    (Format::Wiki, "", "{quote}", ""),
    (Format::Wiki, "", "{code}", ""),
    (Format::Wiki, "", "{color:red}x", ""),
    (Format::Wiki, "", "|a", ""),
    (Format::Wiki, "", "(i)", ""),
    (Format::Wiki, "", "!a", ""),
    (Format::Wiki, "", "a\n", ""),
    (Format::Wiki, "", "* a\n", ""),
];

/// Prints a line for each text.
///
/// # Errors
/// When one is refused.
pub(crate) fn print() -> Outcome<()> {
    println!(
        "| format | piece | ns/byte at {} | times as much at {} |",
        SIZES[0], SIZES[1]
    );
    println!("|---|---|---|---|");
    for (format, before, piece, behind) in PIECES {
        let mut costs = [0.0; SIZES.len()];
        for (cost, size) in costs.iter_mut().zip(SIZES) {
            let text = format!("{before}{}{behind}", repeated(piece, size / piece.len()));
            let took = round(|| {
                let (document, _lost) = format.read(text.as_bytes())?;
                for to in Format::ALL {
                    black_box(to.write(&document, &Verbatim));
                }
                Ok(())
            })?;
            *cost = took * 1e9 / text.len() as f64;
        }
        let [small, large] = costs;
        let mark = if large / small > MARKED { " (!)" } else { "" };
        println!(
            "| {} | `{}` | {small:.0} | {:.1}{mark} |",
            format.name(),
            piece.escape_debug(),
            large / small
        );
    }
    Ok(())
}

fn repeated(piece: &str, times: usize) -> String {
    if !piece.contains(NUMBER) {
        return piece.repeat(times);
    }
    let numbered = (0..times).map(|number| piece.replace(NUMBER, &number.to_string()));
    numbered.collect()
}
