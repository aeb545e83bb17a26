//! Resolving: every reference of a document passed through the caller's resolver and checked to be harmless.

use crate::adf;
use crate::block::{Block, Card, Paragraph};
use crate::inline::{CardTarget, Image, ImageRef, ImageSource, Inline, Text};
use crate::loss::{Instead, LossKind, Losses};
use crate::mark::Mark;
use crate::normal;
use crate::reference;
use crate::resolver::Resolver;
use crate::walk::{self, Rewrite, Visitor};

/// Appends a block of a document with references of the target side, in normal form.
pub(crate) fn block(
    index: usize,
    block: Block,
    resolver: &dyn Resolver,
    losses: &mut Losses,
    out: &mut Vec<Block>,
) {
    Resolving { resolver, losses }.at(index, block, out);
}

struct Resolving<'a> {
    resolver: &'a dyn Resolver,
    losses: &'a mut Losses,
}

impl Visitor for Resolving<'_> {
    fn inlines(&mut self, inlines: Vec<Inline>) -> Vec<Inline> {
        let resolved = inlines.into_iter().map(|inline| self.inline(inline));
        normal::own_line(resolved.collect())
    }

    fn blocks(&mut self, part: usize, blocks: Vec<Block>) -> Vec<Block> {
        self.part(part, blocks)
    }
}

impl Rewrite for Resolving<'_> {
    fn losses(&mut self) -> &mut Losses {
        self.losses
    }

    fn block(&mut self, block: Block, out: &mut Vec<Block>) {
        if let Some(picture) = self.lone_picture(&block) {
            return out.push(picture);
        }
        match walk::rebuild(block, self) {
            Block::Media(mut media) => match self.image(&media.image) {
                Ok(image) => {
                    media.image = image;
                    out.push(Block::Media(media));
                }
                Err(instead) => {
                    out.push(Block::paragraph(vec![instead]));
                    out.extend(media.caption.map(Block::paragraph));
                }
            },
            Block::MediaGroup(images) => self.group(&images, out),
            Block::Card(card) => out.push(self.card(*card)),
            other => out.push(other),
        }
    }
}

impl Resolving<'_> {
    fn group(&mut self, images: &[Image], out: &mut Vec<Block>) {
        let mut shown = Vec::new();
        let mut missing = Vec::new();
        for image in images {
            match self.image(image) {
                Ok(image) => shown.push(image),
                Err(instead) => missing.push(Block::paragraph(vec![instead])),
            }
        }
        if !shown.is_empty() {
            out.push(Block::MediaGroup(shown));
        }
        out.extend(missing);
    }

    fn inline(&mut self, inline: Inline) -> Inline {
        match inline {
            Inline::Text(run) => self.text(run),
            Inline::Mention(mention) => match self.resolver.mention(&mention) {
                Some(mention) => Inline::Mention(Box::new(mention)),
                None => {
                    self.losses.add(LossKind::Mention, Instead::Text);
                    Inline::text(mention.shown())
                }
            },
            Inline::Image(image) => self
                .image(&image)
                .map_or_else(|instead| instead, Inline::Image),
            Inline::Card(target) => self.target(&target).map_or_else(Inline::text, Inline::Card),
            other => other,
        }
    }

    fn text(&mut self, mut run: Text) -> Inline {
        if let Some(reference) = self.picture(&run) {
            return Inline::Image(Image {
                reference: Box::new(reference),
                link: None,
                border: None,
            });
        }
        let rewritten = link_of(&run).filter(|url| self.resolver.link(url).is_some());
        if let Some(shown) = rewritten.and_then(|url| self.resolver.shown(url, &run.text)) {
            run.text = shown;
        }
        run.marks.retain_mut(|mark| self.mark(mark));
        Inline::Text(run)
    }

    /// The image that a paragraph of nothing else stands in for: it stands by itself again.
    fn lone_picture(&self, block: &Block) -> Option<Block> {
        let Block::Paragraph(paragraph) = block else {
            return None;
        };
        let [Inline::Text(run)] = paragraph.inlines.as_slice() else {
            return None;
        };
        Some(adf::single(&Image {
            reference: Box::new(self.picture(run)?),
            link: None,
            border: None,
        }))
    }

    /// The image that a run of text stands in for.
    fn picture(&self, run: &Text) -> Option<ImageRef> {
        self.resolver.picture(link_of(run)?, &run.text)
    }

    /// Whether a mark stays, with the URL of the target side where it is a link.
    fn mark(&mut self, mark: &mut Mark) -> bool {
        let Mark::Link(link) = mark else {
            return true;
        };
        let Some(url) = self.url(&link.href) else {
            return false;
        };
        link.href = url;
        link.title.take_if(|title| title.is_empty());
        true
    }

    /// The URL of the target side; `None`, with a loss, when it is not harmless.
    fn url(&mut self, url: &str) -> Option<String> {
        let rewritten = self.resolver.link(url);
        let safe = reference::harmless(rewritten.as_deref().unwrap_or(url));
        if safe.is_none() {
            self.losses.add(LossKind::UnsafeUrl, Instead::Text);
        }
        safe
    }

    /// The image of the target side, or the text that stands in for it: a link to the original where there is one.
    fn image(&mut self, image: &Image) -> Result<Image, Inline> {
        let mut resolved = self.resolver.image(&image.reference);
        if let Some(reference) = &mut resolved
            && let ImageSource::Url(url) = &mut reference.source
        {
            match reference::harmless_image(url) {
                Some(safe) => *url = safe,
                None => resolved = None,
            }
        }
        let Some(reference) = resolved else {
            return Err(self.placeholder(&image.reference));
        };
        Ok(Image {
            reference: Box::new(reference),
            link: image.link.as_ref().and_then(|link| self.url(link)),
            border: image.border.clone(),
        })
    }

    fn placeholder(&mut self, image: &ImageRef) -> Inline {
        let text = image.placeholder();
        let original = self.resolver.original(image);
        match original.as_deref().and_then(reference::harmless) {
            Some(url) => {
                self.losses.add(LossKind::Image, Instead::Link);
                Inline::marked(text, vec![Mark::link(url)])
            }
            None => {
                self.losses.add(LossKind::Image, Instead::Placeholder);
                Inline::text(text)
            }
        }
    }

    fn card(&mut self, card: Card) -> Block {
        match self.target(&card.target) {
            Ok(target) => Block::Card(Box::new(Card { target, ..card })),
            Err(text) => Block::Paragraph(Paragraph {
                inlines: vec![Inline::text(text)],
                ..Paragraph::default()
            }),
        }
    }

    /// The card's target of the target side, or the text that stands in for it.
    fn target(&mut self, target: &CardTarget) -> Result<CardTarget, String> {
        let resolved = match target {
            CardTarget::Url(url) if url.is_empty() => Some(target.clone()),
            CardTarget::Url(url) => self.url(url).map(CardTarget::Url),
            CardTarget::Data(_) => match target.url() {
                Some(url) if reference::harmless(url).is_none() => {
                    self.losses.add(LossKind::UnsafeUrl, Instead::Text);
                    None
                }
                _ => Some(target.clone()),
            },
        };
        resolved.ok_or_else(|| "[unsafe link]".to_owned())
    }
}

/// Where a run of text leads, when it is a link.
fn link_of(run: &Text) -> Option<&str> {
    run.marks.iter().find_map(|mark| match mark {
        Mark::Link(link) => Some(link.href.as_str()),
        _ => None,
    })
}
