//! What each place accepts (jira.md 13.2).

use crate::adf::write::{datasource_is_valid, extension_is_valid};
use crate::block::{Block, Card, CardView};
use crate::inline::{CardTarget, Image, ImageSource};

use super::{LinePlace, Place};

/// Whether `place` may hold a block of this kind, and the block itself can be written.
pub(super) fn accepts(place: Place, block: &Block) -> bool {
    use Place::{Body, Cell, Column, Doc, Expand, NestedExpand, Panel, SyncBody};
    let roomy = matches!(
        place,
        Doc | Column | Cell | Expand | NestedExpand | Body | SyncBody
    );
    match block {
        Block::Paragraph(_) => true,
        Block::List(_) | Block::Code(_) => place != Place::Task,
        Block::Heading(_) | Block::DecisionList(_) | Block::Rule => roomy || place == Panel,
        Block::TaskList(_) => roomy || matches!(place, Panel | Place::Item),
        Block::Quote(_) | Block::Panel(_) => roomy,
        Block::Table(_) => roomy && !matches!(place, Cell | NestedExpand),
        Block::Expand(_) => matches!(place, Doc | Column | SyncBody | Expand | Cell),
        Block::Media(media) => place != Place::Task && writable(&media.image),
        Block::MediaGroup(images) => {
            (roomy || matches!(place, Panel | Place::Quote)) && images.iter().all(writable)
        }
        Block::Card(card) => card_fits(card) && card_place(card, roomy, place),
        Block::Layout(layout) => {
            matches!(place, Doc | SyncBody) && (2..=3).contains(&layout.columns.len())
        }
        Block::Extension(extension) => {
            let valid = extension_is_valid(&extension.attrs, &extension.marks, false);
            valid
                && place != SyncBody
                && (extension.body.is_none() || matches!(place, Doc | Column))
        }
        Block::Sync(_) => place == Doc,
        Block::Unknown(_) => false,
    }
}

pub(super) fn card_place(card: &Card, roomy: bool, place: Place) -> bool {
    let embedded = matches!(card.view, CardView::Embed { .. });
    roomy && place != Place::NestedExpand || place == Place::Panel && !embedded
}

pub(super) fn card_fits(card: &Card) -> bool {
    match &card.view {
        CardView::Block => !is_nowhere(&card.target),
        CardView::Embed { .. } => {
            matches!(card.target, CardTarget::Url(_)) && !is_nowhere(&card.target)
        }
        CardView::Datasource { source, .. } => datasource_is_valid(source),
    }
}

pub(super) fn is_nowhere(target: &CardTarget) -> bool {
    matches!(target, CardTarget::Url(url) if url.is_empty())
}

pub(super) fn writable(image: &Image) -> bool {
    match &image.reference.source {
        ImageSource::Url(_) => true,
        ImageSource::File { id, .. } => !id.is_empty(),
        ImageSource::Attachment(_) => false,
    }
}

/// The place that a block's children stand in.
pub(super) fn inner_place(block: &Block, place: Place) -> Place {
    match block {
        Block::List(_) => Place::Item,
        Block::TaskList(_) => Place::Task,
        Block::Quote(_) => Place::Quote,
        Block::Panel(_) => Place::Panel,
        Block::Expand(_) if matches!(place, Place::Expand | Place::Cell) => Place::NestedExpand,
        Block::Expand(_) => Place::Expand,
        Block::Table(_) => Place::Cell,
        Block::Layout(_) => Place::Column,
        Block::Extension(_) => Place::Body,
        Block::Sync(_) => Place::SyncBody,
        _ => place,
    }
}

pub(super) fn inner_line(block: &Block, place: Place) -> LinePlace {
    match block {
        Block::Paragraph(_) if place == Place::Task => LinePlace::Single,
        Block::Paragraph(_) | Block::Heading(_) => LinePlace::Splittable,
        Block::Media(_) => LinePlace::Caption,
        _ => LinePlace::Single,
    }
}
