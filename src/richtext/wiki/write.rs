//! Writing wiki markup: a lowered document printed as people would type it.

use crate::block::{Block, Card, CardView, Cell, CodeBlock, List, ListKind, Panel, Table};
use crate::document::Document;
use crate::inline::{CardTarget, Inline};
use crate::loss::{Loss, Losses};
use crate::resolver::Resolver;
use crate::stages;

use super::image::{self, Shown};
use super::lower::{self, printed};
use super::pen::{self, Setting};
use super::{escape, panel, settled};

/// Writes a document as wiki markup that Jira's renderer shows as it is meant. What markup cannot say is shown in another
/// way, and a loss says so.
pub fn write(doc: &Document, resolver: &dyn Resolver) -> (String, Vec<Loss>) {
    let mut out = String::new();
    let mut first = true;
    let losses = each(doc, resolver, |block| {
        if !std::mem::take(&mut first) {
            out.push_str("\n\n");
        }
        write_block(&mut out, block, false);
    });
    (out, losses)
}

/// The document as it is printed.
#[cfg(test)]
pub(super) fn lowered(doc: &Document, resolver: &dyn Resolver) -> (Document, Vec<Loss>) {
    let mut blocks = Vec::new();
    let losses = each(doc, resolver, |block| blocks.push(block.clone()));
    (Document { blocks }, losses)
}

/// Hands each block on as it is printed.
fn each(doc: &Document, resolver: &dyn Resolver, print: impl FnMut(&Block)) -> Vec<Loss> {
    let mut losses = Losses::default();
    let settled = |block: &Block| settled::block(block, resolver);
    stages::run(doc, resolver, &mut losses, settled, lower::block, print);
    losses.done()
}

/// Blocks with an empty line between any two.
fn loose(out: &mut String, blocks: &[Block]) {
    for (index, block) in blocks.iter().enumerate() {
        if index > 0 {
            out.push_str("\n\n");
        }
        write_block(out, block, false);
    }
}

/// Blocks one below the other.
fn tight(out: &mut String, blocks: &[Block], cell: bool, signs: &str) {
    for (index, block) in blocks.iter().enumerate() {
        if index > 0 {
            out.push('\n');
        }
        match block {
            Block::List(inner) => list(out, inner, cell, signs),
            other => write_block(out, other, cell),
        }
    }
}

fn write_block(out: &mut String, block: &Block, cell: bool) {
    match block {
        Block::Paragraph(paragraph) => write_paragraph(out, &paragraph.inlines, cell),
        Block::Heading(heading) => {
            out.push('h');
            out.push(char::from(b'0' + heading.level.min(9)));
            out.push_str(". ");
            let empty = out.len();
            pen::line(out, &heading.inlines, Setting { cell });
            if out.len() == empty {
                out.pop();
            }
        }
        Block::List(inner) => list(out, inner, cell, ""),
        Block::Quote(quote) => {
            out.push_str("{quote}\n");
            loose(out, &quote.blocks);
            out.push_str("\n{quote}");
        }
        Block::Code(inner) => code(out, inner),
        Block::Panel(inner) => write_panel(out, inner),
        Block::Table(inner) => table(out, inner),
        Block::Rule => out.push_str("----"),
        Block::Media(media) => out.push_str(&image::print(&Shown {
            image: media.image.clone(),
            placement: media.placement,
            width: media.width,
        })),
        Block::MediaGroup(images) => {
            let files = images.iter().map(pen::file);
            out.push_str(&files.collect::<Vec<String>>().join(" "));
        }
        Block::Card(inner) => card(out, inner),
        // Lowering leaves no other kinds.
        _ => {}
    }
}

/// A paragraph. Nothing but breaks is how an empty line is written, and the last of them ends it.
fn write_paragraph(out: &mut String, inlines: &[Inline], cell: bool) {
    if inlines.iter().all(|inline| *inline == Inline::HardBreak) {
        let breaks = vec!["\\\\"; inlines.len() + 1];
        return out.push_str(&breaks.join(" "));
    }
    if !inlines.contains(&Inline::HardBreak) {
        return pen::line(out, inlines, Setting { cell });
    }
    for (index, line) in printed(inlines).into_iter().enumerate() {
        if index > 0 {
            out.push('\n');
        }
        pen::line(out, line, Setting { cell });
    }
}

fn list(out: &mut String, list: &List, cell: bool, signs: &str) {
    let sign = match list.kind {
        ListKind::Bullet => '*',
        ListKind::Ordered { .. } => '#',
    };
    let signs = format!("{signs}{sign}");
    for (index, item) in list.items.iter().enumerate() {
        if index > 0 {
            out.push('\n');
        }
        if !matches!(item.blocks.first(), Some(Block::List(_))) {
            out.push_str(&signs);
            out.push(' ');
        }
        tight(out, &item.blocks, cell, &signs);
    }
}

/// Code. Nothing in it is escaped; lowering has seen to it that its end does not stand in it.
fn code(out: &mut String, code: &CodeBlock) {
    let end = match &code.language {
        Some(language) => {
            out.extend(["{code:", language, "}\n"]);
            "\n{code}"
        }
        None => {
            out.push_str("{noformat}\n");
            "\n{noformat}"
        }
    };
    out.push_str(&code.text);
    out.push_str(end);
}

fn write_panel(out: &mut String, panel: &Panel) {
    out.push_str("{panel:");
    if !panel.title.is_empty() {
        out.push_str(&format!("title={}|", escape::encode(&panel.title)));
    }
    let own = panel.decoration.color.as_deref().and_then(panel::parse);
    let color = own.unwrap_or_else(|| panel::color(panel.kind));
    out.push_str(&format!("bgColor={color}}}\n"));
    loose(out, &panel.blocks);
    out.push_str("\n{panel}");
}

fn table(out: &mut String, table: &Table) {
    for (index, row) in table.rows.iter().enumerate() {
        if index > 0 {
            out.push('\n');
        }
        for inner in &row.cells {
            out.push_str(bar(inner));
            cell(out, inner);
        }
        out.push_str(row.cells.last().map_or("|", bar));
    }
}

fn bar(cell: &Cell) -> &'static str {
    if cell.header { "||" } else { "|" }
}

fn cell(out: &mut String, cell: &Cell) {
    let empty = [Block::paragraph(Vec::new())];
    if cell.blocks == empty {
        return out.push(' ');
    }
    tight(out, &cell.blocks, true, "");
}

fn card(out: &mut String, card: &Card) {
    let word = match card.view {
        CardView::Embed { .. } => "smart-embed",
        CardView::Block | CardView::Datasource { .. } => "smart-card",
    };
    if let CardTarget::Url(url) = &card.target {
        out.push_str(&format!("[{url}|{url}|{word}]"));
    }
}
