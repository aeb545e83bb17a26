//! Normal form: one spelling for each meaning.
//!
//! Equal neighbouring runs are one run, no run is empty or holds a line break, marks are in one order, a container that
//! must have content has a paragraph, and one that shows nothing is gone. Readers return documents in normal form, writers and the
//! canonical bytes start from it. None of it is a loss, except where nesting is beyond the bound.

use crate::block::{Block, Card, CardView, MediaWidth, TaskContent, TaskEntry, TaskItem, TaskList};
use crate::document::Document;
use crate::inline::{CardTarget, Image, ImageSource, Inline, MediaKind, Text};
use crate::limit::{MAX_COLSPAN, MAX_DEPTH, MAX_ROWSPAN};
use crate::loss::{Instead, LossKind, Losses};
use crate::mark::Mark;
use crate::walk::{self, Rewrite, Visitor};
use crate::{plain, reference, settled};

/// A whole, in hundredths of a per cent.
const MAX_HUNDREDTHS: u32 = 10_000;

/// The document in normal form.
pub(crate) fn document(doc: Document, losses: &mut Losses) -> Document {
    let mut normal = Normal { depth: 0, losses };
    Document {
        blocks: normal.sequence(doc.blocks),
    }
}

/// Appends the normal form of a block of a document, of which this is the number.
pub(crate) fn block(index: usize, block: Block, losses: &mut Losses, out: &mut Vec<Block>) {
    Normal { depth: 0, losses }.at(index, block, out);
}

/// A line in normal form.
pub(crate) fn line(inlines: &[Inline]) -> Vec<Inline> {
    own_line(inlines.to_vec())
}

/// The same of a line that nobody else needs.
pub(crate) fn own_line(inlines: Vec<Inline>) -> Vec<Inline> {
    if settled::line(&inlines) {
        return inlines;
    }
    let mut out = Vec::with_capacity(inlines.len());
    for inline in inlines {
        match inline {
            Inline::Text(run) => push_run(&mut out, run),
            other => out.push(clean_inline(other)),
        }
    }
    out
}

/// An inline that is no text, the texts that it holds clean.
fn clean_inline(mut inline: Inline) -> Inline {
    match &mut inline {
        Inline::Mention(mention) => {
            mention.name = name(&mention.name);
            tidy(&mut mention.id);
        }
        Inline::Emoji(emoji) => {
            tidy(&mut emoji.short_name);
            emoji.text.iter_mut().for_each(tidy);
        }
        Inline::Status(status) => tidy(&mut status.text),
        Inline::Image(image) => clean_image(image),
        Inline::Card(CardTarget::Url(url)) => reference::tidy_own(url),
        Inline::Placeholder(text) | Inline::Anchor(text) => tidy(text),
        _ => {}
    }
    inline
}

fn clean_image(image: &mut Image) {
    let reference = &mut image.reference;
    reference.alt.iter_mut().for_each(tidy);
    reference.alt.take_if(|alt| alt.is_empty());
    match &mut reference.source {
        ImageSource::File { id, collection } => {
            tidy(id);
            tidy(collection);
        }
        // Only files of the media service come in kinds.
        ImageSource::Url(url) => {
            reference::tidy_own(url);
            reference.kind = MediaKind::File;
        }
        // An attachment is a picture or a file in the line.
        ImageSource::Attachment(name) => {
            tidy(name);
            if reference.kind == MediaKind::Link {
                reference.kind = MediaKind::File;
            }
        }
    }
    image.link.iter_mut().for_each(reference::tidy_own);
    if let Some(border) = &mut image.border {
        border.size = border.size.clamp(1, 3);
    }
}

fn clean_card(card: &mut Card) {
    if let CardTarget::Url(url) = &mut card.target {
        reference::tidy_own(url);
    }
    if let CardView::Embed {
        width: Some(width), ..
    } = &mut card.view
    {
        *width = (*width).min(MAX_HUNDREDTHS);
    }
}

/// Shown as a block, a picture is a file like any other.
fn clean_block_image(image: &mut Image) {
    clean_image(image);
    if image.reference.kind == MediaKind::Image {
        image.reference.kind = MediaKind::File;
    }
}

/// A name on one line: white space collapsed, one leading `@` away.
pub(crate) fn name(shown: &str) -> String {
    let words: Vec<&str> = shown.split_whitespace().collect();
    let joined: String = words
        .join(" ")
        .chars()
        .filter(|c| !c.is_control())
        .collect();
    joined
        .strip_prefix('@')
        .unwrap_or(&joined)
        .trim()
        .to_owned()
}

/// Text with `\n` for every line break and without control characters, which no format can hold.
pub(crate) fn clean(text: &str) -> String {
    if is_clean(text) {
        return text.to_owned();
    }
    let unix = text.replace("\r\n", "\n").replace('\r', "\n");
    let kept = unix
        .chars()
        .filter(|c| *c >= ' ' || *c == '\n' || *c == '\t');
    kept.collect()
}

/// Makes a text clean in its place.
fn tidy(text: &mut String) {
    if !is_clean(text) {
        *text = clean(text);
    }
}

/// Whether a text is as [`clean`] leaves it.
pub(crate) fn is_clean(text: &str) -> bool {
    !text.bytes().any(|b| b < 0x20 && b != b'\n' && b != b'\t')
}

fn push_run(out: &mut Vec<Inline>, mut run: Text) {
    tidy(&mut run.text);
    sort_marks(&mut run.marks);
    if run.text.contains('\n') {
        for (index, piece) in run.text.split('\n').enumerate() {
            if index > 0 {
                out.push(Inline::HardBreak);
            }
            push_text(out, piece, &run.marks);
        }
        return;
    }
    match out.last_mut() {
        _ if run.text.is_empty() => {}
        Some(Inline::Text(last)) if last.marks == run.marks => last.text.push_str(&run.text),
        _ => out.push(Inline::Text(run)),
    }
}

/// Appends text to a line, joining it to the last run when the marks are equal.
pub(crate) fn push_text(out: &mut Vec<Inline>, text: &str, marks: &[Mark]) {
    if text.is_empty() {
        return;
    }
    match out.last_mut() {
        Some(Inline::Text(last)) if last.marks == marks => last.text.push_str(text),
        _ => out.push(Inline::marked(text, marks.to_vec())),
    }
}

/// The same of a text that nobody else needs, under marks in any order.
pub(crate) fn push_own(out: &mut Vec<Inline>, text: String, marks: &[Mark]) {
    match out.last_mut() {
        Some(Inline::Text(last)) if last.marks == marks => last.text.push_str(&text),
        last => {
            let marks = self::marks(marks);
            match last {
                Some(Inline::Text(last)) if last.marks == marks => last.text.push_str(&text),
                _ => out.push(Inline::Text(Text { text, marks })),
            }
        }
    }
}

/// Marks in their order, the first of each kind.
pub(crate) fn marks(marks: &[Mark]) -> Vec<Mark> {
    let mut sorted = marks.to_vec();
    sort_marks(&mut sorted);
    sorted
}

fn sort_marks(marks: &mut Vec<Mark>) {
    for mark in marks.iter_mut() {
        if let Mark::Link(link) = mark {
            reference::tidy_own(&mut link.href);
            link.title.take_if(|title| title.is_empty());
        }
    }
    marks.sort_by_key(Mark::rank);
    marks.dedup_by_key(|mark| mark.rank());
}

struct Normal<'a> {
    depth: usize,
    losses: &'a mut Losses,
}

impl Visitor for Normal<'_> {
    fn inlines(&mut self, inlines: Vec<Inline>) -> Vec<Inline> {
        own_line(inlines)
    }

    fn blocks(&mut self, part: usize, blocks: Vec<Block>) -> Vec<Block> {
        if self.depth >= MAX_DEPTH && blocks.iter().any(is_container) {
            self.losses.add(LossKind::TooDeep, Instead::Text);
            return flat(&blocks);
        }
        self.depth += 1;
        let out = self.content(part, blocks);
        self.depth -= 1;
        out
    }

    fn tasks(&mut self, part: usize, list: TaskList) -> TaskList {
        // A nested task list becomes an item and a list where there are no tasks: two levels.
        if self.depth + 2 > MAX_DEPTH {
            if !is_one_line(&list) {
                self.losses.add(LossKind::TooDeep, Instead::Text);
            }
            return flat_tasks(list);
        }
        self.depth += 2;
        self.losses.enter(part, "list");
        let out = walk::tasks(list, self);
        self.losses.leave();
        self.depth -= 2;
        out
    }
}

impl Rewrite for Normal<'_> {
    fn losses(&mut self) -> &mut Losses {
        self.losses
    }

    fn block(&mut self, block: Block, out: &mut Vec<Block>) {
        if self.depth == 0 && settled::block(&block) {
            return out.push(block);
        }
        out.extend(finish(walk::rebuild(block, self)));
    }
}

/// The block with its numbers in range; `None` when nothing of it would be seen.
fn finish(mut block: Block) -> Option<Block> {
    match &mut block {
        Block::Paragraph(paragraph) => {
            paragraph.style.indentation = paragraph.style.indentation.min(6)
        }
        Block::Heading(heading) => {
            heading.level = heading.level.clamp(1, 6);
            heading.style.indentation = heading.style.indentation.min(6);
            heading.style.small = false;
        }
        Block::Code(code) => {
            tidy(&mut code.text);
            code.language.take_if(|language| language.is_empty());
            if code.text.is_empty() {
                return Some(Block::paragraph(Vec::new()));
            }
        }
        Block::List(list) if list.items.is_empty() => return None,
        Block::TaskList(list) => return tidy_tasks(list).then_some(block),
        Block::Panel(panel) => tidy(&mut panel.title),
        Block::Expand(expand) => tidy(&mut expand.title),
        Block::Media(media) => {
            clean_block_image(&mut media.image);
            if let Some(MediaWidth::Percent(width)) = &mut media.width {
                *width = (*width).min(MAX_HUNDREDTHS);
            }
        }
        Block::Card(card) => clean_card(card),
        Block::MediaGroup(images) if !images.is_empty() => {
            images.iter_mut().for_each(clean_block_image)
        }
        Block::DecisionList(items) if items.is_empty() => return None,
        Block::DecisionList(items) => {
            for item in items.iter_mut().filter(|item| item.state.is_empty()) {
                item.state.push_str("DECIDED");
            }
        }
        Block::MediaGroup(_) => return None,
        Block::Layout(layout) if layout.columns.is_empty() => return None,
        Block::Layout(layout) => {
            for column in &mut layout.columns {
                column.width = column.width.min(MAX_HUNDREDTHS);
            }
        }
        Block::Table(table) if table.rows.is_empty() => return None,
        Block::Table(table) => {
            for cell in table.rows.iter_mut().flat_map(|row| &mut row.cells) {
                cell.colspan = cell.colspan.clamp(1, MAX_COLSPAN);
                cell.background = cell.background.take().filter(|color| !color.is_empty());
                cell.rowspan = cell.rowspan.clamp(1, MAX_ROWSPAN);
            }
        }
        _ => {}
    }
    Some(block)
}

/// Removes empty nested lists; false when nothing is left.
fn tidy_tasks(list: &mut TaskList) -> bool {
    list.entries.retain_mut(|entry| match entry {
        TaskEntry::List(nested) => tidy_tasks(nested),
        TaskEntry::Item(item) => {
            if let TaskContent::Blocks(blocks) = &mut item.content
                && blocks.is_empty()
            {
                blocks.push(Block::paragraph(Vec::new()));
            }
            true
        }
    });
    !list.entries.is_empty()
}

fn is_container(block: &Block) -> bool {
    !matches!(
        block,
        Block::Paragraph(_)
            | Block::Heading(_)
            | Block::Code(_)
            | Block::Rule
            | Block::Media(_)
            | Block::MediaGroup(_)
            | Block::Card(_)
            | Block::Unknown(_)
    )
}

fn is_one_line(list: &TaskList) -> bool {
    matches!(
        list.entries.as_slice(),
        [TaskEntry::Item(TaskItem {
            content: TaskContent::Inlines(_),
            ..
        })]
    )
}

/// Tasks that nest too deep, as one task of their text.
fn flat_tasks(mut list: TaskList) -> TaskList {
    if is_one_line(&list) {
        return walk::tasks(list, &mut Lines);
    }
    let local_id = list.local_id.take();
    let text = plain::blocks(&[Block::TaskList(list)]);
    let item = TaskItem {
        done: false,
        content: TaskContent::Inlines(line(&[Inline::text(text)])),
        local_id: None,
    };
    TaskList {
        entries: vec![TaskEntry::Item(item)],
        local_id,
    }
}

/// Brings the lines of what holds nothing else into normal form.
struct Lines;

impl Visitor for Lines {
    fn inlines(&mut self, inlines: Vec<Inline>) -> Vec<Inline> {
        own_line(inlines)
    }

    fn blocks(&mut self, _part: usize, blocks: Vec<Block>) -> Vec<Block> {
        flat(&blocks)
    }
}

/// The text of blocks that nest too deep, as one paragraph.
pub(crate) fn flat(blocks: &[Block]) -> Vec<Block> {
    let text = plain::blocks(blocks);
    vec![Block::paragraph(line(&[Inline::text(text)]))]
}
