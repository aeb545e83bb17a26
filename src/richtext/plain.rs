//! Plain text: a document as somebody would type it, and back.

use crate::block::{Block, List, ListKind, Table, TaskContent, TaskEntry, TaskList};
use crate::document::Document;
use crate::inline::{CardTarget, Inline};
use crate::limit::{MAX_DEPTH, MAX_ELEMENT_DEPTH};
use crate::normal;

/// How deep blocks are followed: as deep as a reader nests them before it flattens them.
const MAX_NESTING: usize = MAX_ELEMENT_DEPTH + 2 * MAX_DEPTH;

impl Document {
    /// Reads plain text: an empty line ends a paragraph, any other line break is a forced one.
    pub fn from_plain(text: &str) -> Self {
        let text = normal::clean(text);
        let mut blocks = Vec::new();
        let mut paragraph = String::new();
        for line in text.split('\n').chain([""]) {
            if !line.trim().is_empty() {
                if !paragraph.is_empty() {
                    paragraph.push('\n');
                }
                paragraph.push_str(line);
            } else if !paragraph.is_empty() {
                let run = Inline::text(std::mem::take(&mut paragraph));
                blocks.push(Block::paragraph(normal::line(&[run])));
            }
        }
        Self { blocks }
    }

    /// The visible text, blocks separated by an empty line.
    pub fn plain_text(&self) -> String {
        blocks(&self.blocks)
    }
}

/// The visible text of blocks.
pub(crate) fn blocks(blocks: &[Block]) -> String {
    let mut out = String::new();
    write_blocks(&mut out, blocks, "\n\n", 0);
    out
}

/// The visible text of a line.
pub(crate) fn line(inlines: &[Inline]) -> String {
    let mut out = String::new();
    write_line(&mut out, inlines);
    out
}

fn write_blocks(out: &mut String, blocks: &[Block], between: &str, depth: usize) {
    if depth > MAX_NESTING {
        return;
    }
    for (index, block) in blocks.iter().enumerate() {
        if index > 0 {
            out.push_str(between);
        }
        write_block(out, block, depth);
    }
}

fn write_block(out: &mut String, block: &Block, depth: usize) {
    let inner = depth + 1;
    match block {
        Block::Paragraph(paragraph) => write_line(out, &paragraph.inlines),
        Block::Heading(heading) => write_line(out, &heading.inlines),
        Block::List(list) => write_list(out, list, inner),
        Block::TaskList(list) => write_tasks(out, list, inner),
        Block::DecisionList(items) => {
            for (index, item) in items.iter().enumerate() {
                start_line(out, index);
                write_line(out, &item.inlines);
            }
        }
        Block::Quote(quote) => write_blocks(out, &quote.blocks, "\n\n", inner),
        Block::Code(code) => out.push_str(&code.text),
        Block::Panel(panel) => {
            write_titled(out, &panel.title, &panel.blocks, inner);
        }
        Block::Expand(expand) => write_titled(out, &expand.title, &expand.blocks, inner),
        Block::Table(table) => write_table(out, table, inner),
        Block::Rule => out.push_str("---"),
        Block::Media(media) => {
            out.push_str(&media.image.reference.placeholder());
            if let Some(caption) = &media.caption {
                out.push('\n');
                write_line(out, caption);
            }
        }
        Block::MediaGroup(images) => {
            for (index, image) in images.iter().enumerate() {
                start_line(out, index);
                out.push_str(&image.reference.placeholder());
            }
        }
        Block::Card(card) => write_target(out, &card.target),
        Block::Layout(layout) => {
            for (index, column) in layout.columns.iter().enumerate() {
                start_line(out, index);
                write_blocks(out, &column.blocks, "\n\n", inner);
            }
        }
        Block::Extension(extension) => {
            write_blocks(
                out,
                extension.body.as_deref().unwrap_or_default(),
                "\n\n",
                inner,
            );
        }
        Block::Sync(sync) => {
            write_blocks(out, sync.body.as_deref().unwrap_or_default(), "\n\n", inner);
        }
        Block::Unknown(unknown) => out.push_str(&unknown.placeholder()),
    }
}

fn start_line(out: &mut String, index: usize) {
    if index > 0 {
        out.push('\n');
    }
}

fn write_titled(out: &mut String, title: &str, blocks: &[Block], depth: usize) {
    if !title.is_empty() {
        out.push_str(title);
        out.push_str("\n\n");
    }
    write_blocks(out, blocks, "\n\n", depth);
}

fn write_list(out: &mut String, list: &List, depth: usize) {
    for (index, item) in list.items.iter().enumerate() {
        start_line(out, index);
        match list.kind {
            ListKind::Bullet => out.push_str("- "),
            ListKind::Ordered { start } => {
                let number = u64::from(start) + index as u64;
                out.push_str(&format!("{number}. "));
            }
        }
        write_blocks(out, &item.blocks, "\n", depth);
    }
}

fn write_tasks(out: &mut String, list: &TaskList, depth: usize) {
    if depth > MAX_NESTING {
        return;
    }
    for (index, entry) in list.entries.iter().enumerate() {
        start_line(out, index);
        match entry {
            TaskEntry::List(nested) => write_tasks(out, nested, depth + 1),
            TaskEntry::Item(item) => {
                out.push_str(if item.done { "[x] " } else { "[ ] " });
                match &item.content {
                    TaskContent::Inlines(inlines) => write_line(out, inlines),
                    TaskContent::Blocks(blocks) => write_blocks(out, blocks, "\n", depth),
                }
            }
        }
    }
}

fn write_table(out: &mut String, table: &Table, depth: usize) {
    for (index, row) in table.rows.iter().enumerate() {
        start_line(out, index);
        for (column, cell) in row.cells.iter().enumerate() {
            if column > 0 {
                out.push('\t');
            }
            write_blocks(out, &cell.blocks, "\n", depth);
        }
    }
}

fn write_line(out: &mut String, inlines: &[Inline]) {
    for inline in inlines {
        match inline {
            Inline::Text(run) => out.push_str(&run.text),
            Inline::HardBreak => out.push('\n'),
            Inline::Mention(mention) => out.push_str(&mention.shown()),
            Inline::Emoji(emoji) => out.push_str(emoji.text.as_ref().unwrap_or(&emoji.short_name)),
            Inline::Date(date) => out.push_str(&date.shown()),
            Inline::Status(status) => out.push_str(&format!("[{}]", status.text)),
            Inline::Card(target) => write_target(out, target),
            Inline::Image(image) => out.push_str(&image.reference.placeholder()),
            Inline::Placeholder(text) => out.push_str(text),
            Inline::Anchor(_) => {}
            Inline::Extension(_) => out.push_str("[unsupported: inlineExtension]"),
            Inline::Unknown(unknown) => out.push_str(&unknown.placeholder()),
        }
    }
}

fn write_target(out: &mut String, target: &CardTarget) {
    out.push_str(target.url().unwrap_or("[card]"));
}

#[cfg(test)]
mod tests {
    use super::Document;

    #[test]
    fn plain_text_reads_back_as_itself() {
        for (text, expected) in [
            ("", ""),
            ("a", "a"),
            ("a\nb\n\nc", "a\nb\n\nc"),
            ("\n\na\r\n\r\n\r\nb\n", "a\n\nb"),
            ("a\n \nb", "a\n\nb"),
        ] {
            let doc = Document::from_plain(text);
            assert_eq!(doc.plain_text(), expected);
            assert_eq!(Document::from_plain(expected), doc);
        }
    }

    #[test]
    fn only_what_shows_nothing_is_empty() {
        assert!(Document::default().is_empty());
        assert!(Document::from_plain(" \n").is_empty());
        assert!(!Document::from_plain("x").is_empty());
    }
}
