//! Images and cards.

use crate::adf::write::border_color_is_valid;
use crate::block::{Block, Card, CardView, MediaSingle, MediaWidth};
use crate::inline::{CardTarget, Image, ImageRef, ImageSource, MediaKind};
use crate::loss::{Instead, LossKind};
use crate::mark::Border;

use super::Reader;
use super::kind::Kind;
use super::node::{attr, content, hundredths, link, marks, placement, shallow, string};
use super::tape::Node;

impl Reader {
    pub(super) fn media_single(&mut self, node: Node<'_>) -> Option<Block> {
        let child = |kind| content(node).find(|child| child.kind() == kind);
        let media = child(Kind::Media);
        let caption = child(Kind::Caption);
        let taken = usize::from(media.is_some()) + usize::from(caption.is_some());
        if content(node).nth(taken).is_some() {
            self.losses.add(LossKind::Malformed, Instead::Nothing);
        }
        if let Some(caption) = caption {
            self.check(caption);
        }
        let caption = caption.map(|caption| self.line(content(caption)));
        let Some(mut image) = media.and_then(|media| self.image(media)) else {
            self.losses.add(LossKind::Malformed, Instead::Nothing);
            return caption.map(Block::paragraph);
        };
        match link(node) {
            outer if image.link.is_none() => image.link = outer,
            outer if outer.is_some() && outer != image.link => {
                self.losses.add(LossKind::LinkDetail, Instead::Plain);
            }
            _ => {}
        }
        let pixels = string(node, "widthType").as_deref() == Some("pixel");
        Some(Block::Media(Box::new(MediaSingle {
            image,
            caption,
            placement: placement(node).unwrap_or_default(),
            width: match pixels {
                true => self.number(node, "width").map(MediaWidth::Pixels),
                false => hundredths(node, "width").map(MediaWidth::Percent),
            },
        })))
    }

    pub(super) fn image(&mut self, node: Node<'_>) -> Option<Image> {
        if self.full(node) {
            return None;
        }
        self.check(node);
        let source = match (string(node, "url"), string(node, "id")) {
            (Some(url), _) => ImageSource::Url(url),
            (None, Some(id)) if !id.is_empty() => ImageSource::File {
                id,
                collection: string(node, "collection").unwrap_or_default(),
            },
            _ => {
                self.losses.add(LossKind::Malformed, Instead::Nothing);
                return None;
            }
        };
        Some(Image {
            reference: Box::new(ImageRef {
                source,
                kind: match string(node, "type").as_deref() {
                    Some("image") => MediaKind::Image,
                    Some("link") => MediaKind::Link,
                    _ => MediaKind::File,
                },
                alt: string(node, "alt"),
                width: self.number(node, "width"),
                height: self.number(node, "height"),
            }),
            link: link(node),
            border: self.border(node),
        })
    }

    pub(super) fn border(&mut self, node: Node<'_>) -> Option<Box<Border>> {
        let mark = marks(node).find(|mark| mark.kind() == Kind::Border)?;
        Some(Box::new(Border {
            size: self.number(mark, "size").unwrap_or(1).clamp(1, 3) as u8,
            color: string(mark, "color").filter(|color| border_color_is_valid(color))?,
        }))
    }

    pub(super) fn card(&mut self, node: Node<'_>) -> Block {
        let view = match attr(node, "datasource") {
            _ if node.kind() == Kind::EmbedCard => CardView::Embed {
                placement: placement(node).unwrap_or_default(),
                width: hundredths(node, "width"),
                original: self.original(node),
            },
            Some(source) if shallow(source) => CardView::Datasource {
                source: source.to_value(),
                placement: placement(node),
                width: self.number(node, "width"),
            },
            _ => CardView::Block,
        };
        Block::Card(Box::new(Card {
            target: self.target(node),
            view,
        }))
    }

    /// Width and height of what a card shows; one alone says nothing.
    pub(super) fn original(&mut self, node: Node<'_>) -> Option<(u32, u32)> {
        let width = self.number(node, "originalWidth");
        let height = self.number(node, "originalHeight");
        if width.is_some() != height.is_some() {
            self.losses.add(LossKind::Attribute, Instead::Plain);
        }
        width.zip(height)
    }

    pub(super) fn target(&mut self, node: Node<'_>) -> CardTarget {
        match (string(node, "url"), attr(node, "data")) {
            (Some(url), _) => CardTarget::Url(url),
            (None, Some(data)) if shallow(data) => CardTarget::Data(data.to_value()),
            _ => CardTarget::Url(String::new()),
        }
    }
}
