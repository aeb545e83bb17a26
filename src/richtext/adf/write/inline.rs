//! Lines printed.

use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value, json};

use crate::inline::{Emoji, Inline, Mention, Status, Text, UserType};
use crate::mark::{Color, Mark};

use super::media::{media, target_attrs};
use super::node::{marked, put};

/// A line as it is printed.
pub(super) struct Line<'a>(pub(super) &'a [Inline]);

impl Serialize for Line<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(Shown))
    }
}

/// An inline as it is printed.
struct Shown<'a>(&'a Inline);

impl Serialize for Shown<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Inline::Text(run) => text(run, serializer),
            Inline::HardBreak => plain("hardBreak", serializer),
            other => node(other).serialize(serializer),
        }
    }
}

/// A node that is more than text, as a tree.
fn node(inline: &Inline) -> Value {
    match inline {
        Inline::Text(run) => json!({"type": "text", "text": run.text}),
        Inline::HardBreak => json!({"type": "hardBreak"}),
        Inline::Mention(mention) => mention_node(mention),
        Inline::Emoji(emoji) => emoji_node(emoji),
        Inline::Date(date) => {
            json!({"type": "date", "attrs": {"timestamp": date.millis.to_string()}})
        }
        Inline::Status(status) => status_node(status),
        Inline::Card(target) => json!({"type": "inlineCard", "attrs": target_attrs(target)}),
        Inline::Image(image) => media(image, "mediaInline"),
        Inline::Placeholder(text) => json!({"type": "placeholder", "attrs": {"text": text}}),
        Inline::Extension(extension) => {
            let node = json!({"type": "inlineExtension", "attrs": extension.attrs});
            marked(node, extension.marks.clone())
        }
        Inline::Anchor(name) => json!({"type": "placeholder", "attrs": {"text": name}}),
        Inline::Unknown(unknown) => json!({"type": "text", "text": unknown.placeholder()}),
    }
}

/// A run of text, by far the most frequent node, without a tree.
fn text<S: Serializer>(run: &Text, serializer: S) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(None)?;
    map.serialize_entry("type", "text")?;
    map.serialize_entry("text", &run.text)?;
    if run.marks.iter().any(is_said) {
        map.serialize_entry("marks", &Marks(&run.marks))?;
    }
    map.end()
}

/// Whether ADF has a mark.
fn is_said(mark: &Mark) -> bool {
    !matches!(mark, Mark::Unknown(_))
}

/// Marks as they are printed.
struct Marks<'a>(&'a [Mark]);

impl Serialize for Marks<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let said = self.0.iter().filter(|mark| is_said(mark));
        serializer.collect_seq(said.map(ShownMark))
    }
}

/// A mark as it is printed.
struct ShownMark<'a>(&'a Mark);

impl Serialize for ShownMark<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Mark::Link(link) => {
                let mut attrs = Map::new();
                put(&mut attrs, "href", Some(link.href.as_str()));
                put(&mut attrs, "title", link.title.clone());
                json!({"type": "link", "attrs": attrs}).serialize(serializer)
            }
            Mark::Strong => plain("strong", serializer),
            Mark::Em => plain("em", serializer),
            Mark::Underline => plain("underline", serializer),
            Mark::Strike => plain("strike", serializer),
            Mark::Sub => json!({"type": "subsup", "attrs": {"type": "sub"}}).serialize(serializer),
            Mark::Sup => json!({"type": "subsup", "attrs": {"type": "sup"}}).serialize(serializer),
            Mark::Color(color) => colored("textColor", *color).serialize(serializer),
            Mark::Background(color) => colored("backgroundColor", *color).serialize(serializer),
            Mark::Code => plain("code", serializer),
            Mark::Annotation(id) => {
                json!({"type": "annotation", "attrs": {"id": id, "annotationType": "inlineComment"}})
                    .serialize(serializer)
            }
            // Left out before.
            Mark::Unknown(_) => plain("unknown", serializer),
        }
    }
}

/// A node or a mark that is nothing but its kind.
fn plain<S: Serializer>(kind: &str, serializer: S) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(1))?;
    map.serialize_entry("type", kind)?;
    map.end()
}

pub(super) fn colored(name: &str, color: Color) -> Value {
    json!({"type": name, "attrs": {"color": color.to_string()}})
}

pub(super) fn mention_node(mention: &Mention) -> Value {
    let mut attrs = Map::new();
    put(&mut attrs, "id", Some(mention.id.as_str()));
    put(
        &mut attrs,
        "text",
        (!mention.name.is_empty()).then(|| mention.shown()),
    );
    put(&mut attrs, "accessLevel", mention.access_level.clone());
    let user_type = mention.user_type.map(|user_type| match user_type {
        UserType::Default => "DEFAULT",
        UserType::Special => "SPECIAL",
        UserType::App => "APP",
    });
    put(&mut attrs, "userType", user_type);
    json!({"type": "mention", "attrs": attrs})
}

pub(super) fn emoji_node(emoji: &Emoji) -> Value {
    let mut attrs = Map::new();
    put(&mut attrs, "shortName", Some(emoji.short_name.as_str()));
    put(&mut attrs, "id", emoji.id.clone());
    put(&mut attrs, "text", emoji.text.clone());
    json!({"type": "emoji", "attrs": attrs})
}

pub(super) fn status_node(status: &Status) -> Value {
    let mut attrs = Map::new();
    put(&mut attrs, "text", Some(status.text.as_str()));
    put(&mut attrs, "color", Some(status.color.as_str()));
    put(&mut attrs, "style", status.style.clone());
    json!({"type": "status", "attrs": attrs})
}
