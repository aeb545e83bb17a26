//! Lowering: a document brought into what plain HTML can show.
//!
//! What HTML lacks is shown by what it has: a panel as a quote with a bold title, a task as a bullet with a box, a date as its
//! text. Law: a document that ADF accepts is still one that ADF accepts after lowering, and lowering twice is lowering
//! once. A text that came back is then written exactly as before.

use crate::adf;
use crate::block::{Block, CodeBlock, Heading, Paragraph, Table, TaskList};
use crate::inline::{Image, ImageRef, ImageSource, Inline, MediaKind, Mention};
use crate::loss::{Instead, LossKind, Losses};
use crate::lower::{self, Lowering};
use crate::mark::Link;
use crate::normal;
use crate::walk::{Rewrite, Visitor};

use super::style;

/// Appends a block of a document as HTML can show it, in normal form.
pub(super) fn block(index: usize, block: Block, losses: &mut Losses, out: &mut Vec<Block>) {
    Html { losses }.at(index, block, out);
}

struct Html<'a> {
    losses: &'a mut Losses,
}

impl Visitor for Html<'_> {
    fn inlines(&mut self, inlines: Vec<Inline>) -> Vec<Inline> {
        self.shown(inlines)
    }

    fn blocks(&mut self, part: usize, blocks: Vec<Block>) -> Vec<Block> {
        self.content(part, blocks)
    }
}

impl Rewrite for Html<'_> {
    fn losses(&mut self) -> &mut Losses {
        self.losses
    }

    fn block(&mut self, block: Block, out: &mut Vec<Block>) {
        self.lower(block, out);
    }
}

impl Lowering for Html<'_> {
    fn task_list(&mut self, list: TaskList, out: &mut Vec<Block>) {
        self.losses.add(LossKind::Task, Instead::Blocks);
        self.lower(adf::task_bullets(list), out);
    }

    /// Takes away what HTML cannot say of a block that it has.
    fn trim(&mut self, block: &mut Block) {
        match block {
            Block::Paragraph(Paragraph { style, .. }) | Block::Heading(Heading { style, .. }) => {
                self.trim_style(style);
            }
            Block::Code(code) => self.trim_code(code),
            Block::Table(table) => self.trim_table(table),
            _ => {}
        }
        if let Block::Paragraph(paragraph) = block
            && let Some(image) = self.lone_image(paragraph)
        {
            self.losses.add(LossKind::Structure, Instead::Blocks);
            *block = adf::single(&image);
        }
    }

    fn mention(&mut self, mention: &Mention) -> Inline {
        if mention.access_level.is_some() || mention.user_type.is_some() {
            self.losses.add(LossKind::Attribute, Instead::Plain);
        }
        let id = super::read::mention_id(&mention.id);
        if id.is_empty() {
            self.losses.add(LossKind::Mention, Instead::Text);
            return Inline::text(mention.shown());
        }
        let name = match normal::name(&mention.name) {
            name if name.is_empty() => normal::name(&id),
            name => name,
        };
        Inline::Mention(Box::new(Mention {
            id,
            name,
            ..Mention::default()
        }))
    }

    /// A link without its title: of a link its address alone is written.
    fn link(&mut self, link: &mut Link) {
        if link.title.take().is_some() {
            self.losses.add(LossKind::LinkDetail, Instead::Plain);
        }
    }

    /// The image as HTML shows it, or the text that stands in where it has no URL.
    fn image(&mut self, image: &Image) -> Result<Image, String> {
        let reference = &image.reference;
        let ImageSource::Url(_) = reference.source else {
            self.losses.add(LossKind::Image, Instead::Placeholder);
            return Err(reference.placeholder());
        };
        if image.border.is_some() {
            self.losses.add(LossKind::MediaLayout, Instead::Plain);
        }
        let alt = reference.alt.as_deref().map(normal::clean);
        Ok(Image {
            reference: Box::new(ImageRef {
                source: reference.source.clone(),
                kind: MediaKind::File,
                alt: alt.filter(|alt| !alt.is_empty()),
                width: reference.width,
                height: reference.height,
            }),
            link: image.link.clone(),
            border: None,
        })
    }
}

impl Html<'_> {
    fn trim_code(&mut self, code: &mut CodeBlock) {
        if code.language.take().is_some() | code.breakout.take().is_some() {
            self.losses.add(LossKind::Code, Instead::Plain);
        }
        self.spaces(&mut code.text, &['\u{a0}']);
    }

    fn trim_table(&mut self, table: &mut Table) {
        let mut lost = lower::take_layout(table);
        for cell in table.rows.iter_mut().flat_map(|row| &mut row.cells) {
            if let Some(background) = cell.background.take() {
                cell.background = style::color(&background).map(|color| color.to_string());
                lost |= cell.background.is_none();
            }
        }
        if lost {
            self.losses.add(LossKind::TableLayout, Instead::Plain);
        }
    }
}
