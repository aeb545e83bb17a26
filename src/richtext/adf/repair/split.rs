//! Paragraphs split around images that ADF can only show as blocks.

use crate::block::{Block, Heading, Paragraph};
use crate::inline::{ImageSource, Inline};

use super::instead::single;

/// Makes a paragraph or heading of a part of its line.
pub(super) type Rebuild = dyn Fn(Vec<Inline>) -> Block;

/// Splits a paragraph or heading around images that ADF can only show as blocks.
pub(super) fn split_images(block: Block, out: &mut Vec<Block>) {
    let (inlines, again): (Vec<Inline>, Box<Rebuild>) = match block {
        Block::Paragraph(Paragraph { inlines, style }) => (
            inlines,
            Box::new(move |inlines| Block::Paragraph(Paragraph { inlines, style })),
        ),
        Block::Heading(Heading {
            level,
            inlines,
            style,
        }) => (
            inlines,
            Box::new(move |inlines| {
                Block::Heading(Heading {
                    level,
                    inlines,
                    style,
                })
            }),
        ),
        other => return out.push(other),
    };
    if !inlines.iter().any(is_external) {
        return out.push(again(inlines));
    }
    let mut segment = Vec::new();
    for inline in inlines {
        match inline {
            Inline::Image(image) if matches!(image.reference.source, ImageSource::Url(_)) => {
                push_segment(&mut segment, &again, out);
                out.push(single(&image));
            }
            other => segment.push(other),
        }
    }
    push_segment(&mut segment, &again, out);
}

pub(super) fn is_external(inline: &Inline) -> bool {
    matches!(inline, Inline::Image(image) if matches!(image.reference.source, ImageSource::Url(_)))
}

/// Appends what stands beside an image, unless it is only the white space and breaks between images.
pub(super) fn push_segment(segment: &mut Vec<Inline>, again: &Rebuild, out: &mut Vec<Block>) {
    let inlines = std::mem::take(segment);
    if !inlines.iter().all(Inline::is_blank) {
        out.push(again(inlines));
    }
}
