//! Images and cards printed.

use serde::ser::SerializeSeq as _;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value, json};

use crate::block::{Card, CardView, MediaSingle, MediaWidth};
use crate::inline::{CardTarget, Image, ImageSource, MediaKind};

use super::inline::Line;
use super::node::{Node, marked, percent, placement_name, put};
use super::valid::border_color_is_valid;

/// An image that stands by itself, with its caption.
pub(super) struct Single<'a>(pub(super) &'a MediaSingle);

impl Serialize for Single<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let single = self.0;
        let mut attrs = Map::new();
        put(&mut attrs, "layout", Some(placement_name(single.placement)));
        match single.width {
            Some(MediaWidth::Percent(width)) => put(&mut attrs, "width", Some(percent(width))),
            Some(MediaWidth::Pixels(width)) => {
                put(&mut attrs, "width", Some(width));
                put(&mut attrs, "widthType", Some("pixel"));
            }
            None => {}
        }
        Node::new("mediaSingle")
            .attrs(Value::Object(attrs))
            .content(&Parts(single))
            .serialize(serializer)
    }
}

/// The image and the caption of such a one.
struct Parts<'a>(&'a MediaSingle);

impl Serialize for Parts<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut parts = serializer.serialize_seq(None)?;
        parts.serialize_element(&media(&self.0.image, "media"))?;
        if let Some(caption) = &self.0.caption {
            parts.serialize_element(&Node::new("caption").content(&Line(caption)))?;
        }
        parts.end()
    }
}

pub(super) fn media(image: &Image, name: &str) -> Value {
    let mut attrs = Map::new();
    let reference = &image.reference;
    let kind = match reference.kind {
        MediaKind::Image if name == "mediaInline" => "image",
        MediaKind::Link => "link",
        MediaKind::File | MediaKind::Image => "file",
    };
    match &reference.source {
        ImageSource::Url(url) | ImageSource::Attachment(url) => {
            put(&mut attrs, "type", Some("external"));
            put(&mut attrs, "url", Some(url.as_str()));
        }
        ImageSource::File { id, collection } => {
            put(&mut attrs, "type", Some(kind));
            put(&mut attrs, "id", Some(id.as_str()));
            put(&mut attrs, "collection", Some(collection.as_str()));
        }
    }
    put(&mut attrs, "alt", reference.alt.clone());
    put(&mut attrs, "width", reference.width);
    put(&mut attrs, "height", reference.height);
    marked(json!({"type": name, "attrs": attrs}), media_marks(image))
}

pub(super) fn media_marks(image: &Image) -> Vec<Value> {
    let mut marks = Vec::new();
    if let Some(link) = &image.link {
        marks.push(json!({"type": "link", "attrs": {"href": link}}));
    }
    if let Some(border) = &image.border
        && border_color_is_valid(&border.color)
    {
        let size = border.size.clamp(1, 3);
        marks.push(json!({"type": "border", "attrs": {"size": size, "color": border.color}}));
    }
    marks
}

pub(super) fn card_node(card: &Card) -> Value {
    let mut attrs = target_attrs(&card.target);
    let name = match &card.view {
        CardView::Block => "blockCard",
        CardView::Embed {
            placement,
            width,
            original,
        } => {
            put(&mut attrs, "layout", Some(placement_name(*placement)));
            put(&mut attrs, "width", width.map(percent));
            put(
                &mut attrs,
                "originalWidth",
                original.map(|(width, _)| width),
            );
            put(
                &mut attrs,
                "originalHeight",
                original.map(|(_, height)| height),
            );
            "embedCard"
        }
        CardView::Datasource {
            source,
            placement,
            width,
        } => {
            // The remote leaves the URL out where there is only a query.
            attrs.retain(|name, url| name == "url" && url.as_str() != Some(""));
            put(&mut attrs, "datasource", Some(source.clone()));
            put(&mut attrs, "layout", placement.map(placement_name));
            put(&mut attrs, "width", *width);
            "blockCard"
        }
    };
    json!({"type": name, "attrs": attrs})
}

pub(super) fn target_attrs(target: &CardTarget) -> Map<String, Value> {
    let mut attrs = Map::new();
    match target {
        CardTarget::Url(url) => put(&mut attrs, "url", Some(url.as_str())),
        CardTarget::Data(data) => put(&mut attrs, "data", Some(data.clone())),
    }
    attrs
}
