//! Writing HTML: a lowered document printed with the few tags and attributes that sanitisers keep.
//!
//! Tags: `p br b i u s code pre ul ol li a img table tbody tr th td h1`-`h6 blockquote hr sub sup span`. Attributes: `href`
//! and `data-vss-mention` on `a`, `src alt width height` on `img`, `start` on `ol`, `colspan rowspan` on cells, and
//! `style` with `color`, `background-color` or `text-align` only. No white space stands between blocks, so nothing
//! depends on how it is treated, and one `div` around everything changes nothing.

use std::fmt::Write as _;

use crate::block::{
    Alignment, Block, BlockStyle, Cell, CodeBlock, Item, List, ListKind, MediaSingle, Table,
};
use crate::document::Document;
use crate::inline::{Image, ImageSource, Inline, Mention, Text};
use crate::loss::{Loss, Losses};
use crate::mark::Mark;
use crate::resolver::Resolver;
use crate::stages;

use super::lower;

/// Writes a document as HTML that Azure DevOps keeps as it is. What HTML cannot say is shown in another way, and
/// a loss says so.
pub fn write(doc: &Document, resolver: &dyn Resolver) -> (String, Vec<Loss>) {
    let mut losses = Losses::default();
    let mut out = String::new();
    stages::run(
        doc,
        resolver,
        &mut losses,
        |_| false,
        lower::block,
        |block| {
            write_block(&mut out, block);
        },
    );
    (out, losses.done())
}

fn blocks(out: &mut String, blocks: &[Block]) {
    for block in blocks {
        write_block(out, block);
    }
}

fn write_block(out: &mut String, block: &Block) {
    match block {
        Block::Paragraph(paragraph) => {
            open(out, "p", paragraph.style);
            line(out, &paragraph.inlines);
            out.push_str("</p>");
        }
        Block::Heading(heading) => {
            let tag = format!("h{}", heading.level);
            open(out, &tag, heading.style);
            line(out, &heading.inlines);
            close(out, &tag);
        }
        Block::List(inner) => list(out, inner),
        Block::Quote(quote) => {
            out.push_str("<blockquote>");
            blocks(out, &quote.blocks);
            out.push_str("</blockquote>");
        }
        Block::Code(inner) => code(out, inner),
        Block::Table(inner) => table(out, inner),
        Block::Rule => out.push_str("<hr>"),
        Block::Media(inner) => media(out, inner),
        // Lowering leaves no other kinds.
        _ => {}
    }
}

fn open(out: &mut String, tag: &str, style: BlockStyle) {
    out.push('<');
    out.push_str(tag);
    match style.alignment {
        Alignment::Start => {}
        Alignment::Center => out.push_str(" style=\"text-align:center\""),
        Alignment::End => out.push_str(" style=\"text-align:right\""),
    }
    out.push('>');
}

fn close(out: &mut String, tag: &str) {
    out.push_str("</");
    out.push_str(tag);
    out.push('>');
}

fn list(out: &mut String, list: &List) {
    let tag = match list.kind {
        ListKind::Bullet => "ul",
        ListKind::Ordered { .. } => "ol",
    };
    match list.kind {
        ListKind::Ordered { start } if start != 1 => {
            attribute_tag(out, tag, "start", &start.to_string())
        }
        _ => open(out, tag, BlockStyle::default()),
    }
    for Item { blocks } in &list.items {
        out.push_str("<li>");
        tight(out, blocks);
        out.push_str("</li>");
    }
    close(out, tag);
}

fn attribute_tag(out: &mut String, tag: &str, name: &str, value: &str) {
    out.push('<');
    out.push_str(tag);
    attribute(out, name, value);
    out.push('>');
}

fn attribute(out: &mut String, name: &str, value: &str) {
    out.push(' ');
    out.push_str(name);
    out.push_str("=\"");
    for c in value.chars() {
        match c {
            '"' => out.push_str("&quot;"),
            c => escape_char(out, c),
        }
    }
    out.push('"');
}

/// The content of an item or a cell: one line, alone or before lists, stands without a paragraph of its own.
fn tight(out: &mut String, content: &[Block]) {
    match content.split_first() {
        Some((Block::Paragraph(first), rest))
            if first.style == BlockStyle::default()
                && rest.iter().all(|block| matches!(block, Block::List(_))) =>
        {
            line(out, &first.inlines);
            blocks(out, rest);
        }
        _ => blocks(out, content),
    }
}

/// Code. A reader drops the last line break of code, so one more is written where there is one.
fn code(out: &mut String, code: &CodeBlock) {
    out.push_str("<pre><code>");
    escape(out, &code.text);
    if code.text.ends_with('\n') {
        out.push('\n');
    }
    out.push_str("</code></pre>");
}

fn table(out: &mut String, table: &Table) {
    out.push_str("<table><tbody>");
    for row in &table.rows {
        out.push_str("<tr>");
        for inner in &row.cells {
            cell(out, inner);
        }
        out.push_str("</tr>");
    }
    out.push_str("</tbody></table>");
}

fn cell(out: &mut String, cell: &Cell) {
    let tag = if cell.header { "th" } else { "td" };
    out.push('<');
    out.push_str(tag);
    if cell.colspan != 1 {
        attribute(out, "colspan", &cell.colspan.to_string());
    }
    if cell.rowspan != 1 {
        attribute(out, "rowspan", &cell.rowspan.to_string());
    }
    if let Some(color) = &cell.background {
        attribute(out, "style", &format!("background-color:{color}"));
    }
    out.push('>');
    tight(out, &cell.blocks);
    close(out, tag);
}

fn media(out: &mut String, single: &MediaSingle) {
    out.push_str("<p>");
    line(out, &[Inline::Image(single.image.clone())]);
    out.push_str("</p>");
}

/// A line of inlines. A reader drops one break at the end of a line, as browsers do not show it; so an empty line
/// and one that ends with a break get one more.
fn line(out: &mut String, inlines: &[Inline]) {
    let mut open_marks: Vec<Mark> = Vec::new();
    let mut after = After::Start;
    for (index, inline) in inlines.iter().enumerate() {
        match inline {
            Inline::Text(run) => {
                let last = matches!(inlines.get(index + 1), None | Some(Inline::HardBreak));
                switch(out, &mut open_marks, &run.marks);
                text(out, run, &mut after, last);
            }
            Inline::HardBreak => {
                out.push_str("<br>");
                after = After::Start;
            }
            Inline::Mention(inner) => {
                switch(out, &mut open_marks, &[]);
                mention(out, inner);
                after = After::Visible;
            }
            Inline::Image(inner) => {
                let link: Vec<Mark> = inner.link.iter().map(Mark::link).collect();
                switch(out, &mut open_marks, &link);
                image(out, inner);
                after = After::Visible;
            }
            // Lowering leaves no other kinds.
            _ => {}
        }
    }
    switch(out, &mut open_marks, &[]);
    if matches!(inlines.last(), None | Some(Inline::HardBreak)) {
        out.push_str("<br>");
    }
}

/// What was written last in a line.
#[derive(Clone, Copy, PartialEq, Eq)]
enum After {
    Start,
    Space,
    Visible,
}

/// Text in which a space that a browser would swallow is one that it does not.
fn text(out: &mut String, run: &Text, after: &mut After, last: bool) {
    let mut chars = run.text.chars().peekable();
    while let Some(c) = chars.next() {
        let ends = last && chars.peek().is_none();
        if c != ' ' {
            escape_char(out, c);
            *after = After::Visible;
        } else if *after == After::Visible && !ends {
            out.push(' ');
            *after = After::Space;
        } else {
            out.push_str("&nbsp;");
            *after = After::Visible;
        }
    }
}

/// Closes and opens tags so that exactly these marks are open.
fn switch(out: &mut String, open_marks: &mut Vec<Mark>, wanted: &[Mark]) {
    let both = open_marks.iter().zip(wanted);
    let common = both.take_while(|(open, wanted)| open == wanted).count();
    for mark in open_marks.drain(common..).rev() {
        close(out, tag(&mark));
    }
    for mark in wanted.iter().skip(common) {
        match mark {
            Mark::Link(link) => attribute_tag(out, "a", "href", &link.href),
            Mark::Color(color) => attribute_tag(out, "span", "style", &format!("color:{color}")),
            Mark::Background(color) => {
                attribute_tag(out, "span", "style", &format!("background-color:{color}"));
            }
            mark => open(out, tag(mark), BlockStyle::default()),
        }
        open_marks.push(mark.clone());
    }
}

/// The name of the element that lays a mark over text.
pub(crate) fn tag(mark: &Mark) -> &'static str {
    match mark {
        Mark::Link(_) => "a",
        Mark::Strong => "b",
        Mark::Em => "i",
        Mark::Underline => "u",
        Mark::Strike => "s",
        Mark::Sub => "sub",
        Mark::Sup => "sup",
        Mark::Code => "code",
        Mark::Color(_) | Mark::Background(_) | Mark::Annotation(_) | Mark::Unknown(_) => "span",
    }
}

fn mention(out: &mut String, mention: &Mention) {
    out.push_str("<a href=\"#\"");
    attribute(
        out,
        "data-vss-mention",
        &format!("version:2.0,{}", mention.id),
    );
    out.push('>');
    escape(out, &mention.shown());
    out.push_str("</a>");
}

fn image(out: &mut String, image: &Image) {
    let ImageSource::Url(url) = &image.reference.source else {
        return;
    };
    out.push_str("<img");
    attribute(out, "src", url);
    if let Some(alt) = &image.reference.alt {
        attribute(out, "alt", alt);
    }
    for (name, value) in [
        ("width", image.reference.width),
        ("height", image.reference.height),
    ] {
        if let Some(value) = value {
            let _ = write!(out, " {name}=\"{value}\"");
        }
    }
    out.push('>');
}

/// Escapes as browsers do when they serialise a page, so that what passes through one comes out with the same bytes.
fn escape(out: &mut String, text: &str) {
    text.chars().for_each(|c| escape_char(out, c));
}

fn escape_char(out: &mut String, c: char) {
    match c {
        '&' => out.push_str("&amp;"),
        '<' => out.push_str("&lt;"),
        '>' => out.push_str("&gt;"),
        '\u{a0}' => out.push_str("&nbsp;"),
        c => out.push(c),
    }
}
