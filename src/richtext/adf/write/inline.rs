//! Lines printed.

use serde_json::{Map, Value, json};

use crate::inline::{Emoji, Inline, Mention, Status, Text, UserType};
use crate::mark::{Color, Mark};

use super::media::{media, target_attrs};
use super::node::{marked, put};

pub(super) fn line(inlines: &[Inline]) -> Vec<Value> {
    inlines.iter().map(inline).collect()
}

pub(super) fn inline(inline: &Inline) -> Value {
    match inline {
        Inline::Text(run) => text(run),
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

pub(super) fn text(run: &Text) -> Value {
    let marks: Vec<Value> = run.marks.iter().filter_map(mark).collect();
    marked(json!({"type": "text", "text": run.text}), marks)
}

pub(super) fn mark(mark: &Mark) -> Option<Value> {
    Some(match mark {
        Mark::Link(link) => {
            let mut attrs = Map::new();
            put(&mut attrs, "href", Some(link.href.as_str()));
            put(&mut attrs, "title", link.title.clone());
            json!({"type": "link", "attrs": attrs})
        }
        Mark::Strong => json!({"type": "strong"}),
        Mark::Em => json!({"type": "em"}),
        Mark::Underline => json!({"type": "underline"}),
        Mark::Strike => json!({"type": "strike"}),
        Mark::Sub => json!({"type": "subsup", "attrs": {"type": "sub"}}),
        Mark::Sup => json!({"type": "subsup", "attrs": {"type": "sup"}}),
        Mark::Color(color) => colored("textColor", *color),
        Mark::Background(color) => colored("backgroundColor", *color),
        Mark::Code => json!({"type": "code"}),
        Mark::Annotation(id) => {
            json!({"type": "annotation", "attrs": {"id": id, "annotationType": "inlineComment"}})
        }
        Mark::Unknown(_) => return None,
    })
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
