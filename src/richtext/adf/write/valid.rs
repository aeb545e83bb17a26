//! What the schema accepts of values that are kept as they came.

use serde_json::{Map, Value};

use crate::mark::Color;

/// `#rrggbb` or `#rrggbbaa`.
pub(in crate::adf) fn border_color_is_valid(color: &str) -> bool {
    let digits = color.strip_prefix('#').unwrap_or_default();
    matches!(digits.len(), 6 | 8) && digits.bytes().all(|b| b.is_ascii_hexdigit())
}

/// A name of ADF or `#rrggbb`.
pub(in crate::adf) fn status_color_is_valid(color: &str) -> bool {
    let named = ["neutral", "purple", "blue", "red", "yellow", "green"];
    named.contains(&color) || Color::from_hex(color).is_some()
}

/// Whether the schema accepts these attributes and marks on an extension.
pub(in crate::adf) fn extension_is_valid(
    attrs: &Map<String, Value>,
    marks: &[Value],
    inline: bool,
) -> bool {
    let filled = |value: &Value| value.as_str().is_some_and(|text| !text.is_empty());
    let known = |(name, value): (&String, &Value)| match name.as_str() {
        "extensionKey" | "extensionType" | "localId" => filled(value),
        "parameters" => true,
        "text" => value.is_string(),
        "layout" => !inline && matches!(value.as_str(), Some("wide" | "full-width" | "default")),
        _ => false,
    };
    attrs.contains_key("extensionKey")
        && attrs.contains_key("extensionType")
        && attrs.iter().all(known)
        && marks.iter().all(extension_mark_is_valid)
}

fn extension_mark_is_valid(mark: &Value) -> bool {
    let Some(attrs) = mark.get("attrs").and_then(Value::as_object) else {
        return false;
    };
    if mark.as_object().is_none_or(|mark| mark.len() != 2) {
        return false;
    }
    match mark.get("type").and_then(Value::as_str) {
        Some("fragment") => {
            attrs
                .get("localId")
                .and_then(Value::as_str)
                .is_some_and(|id| !id.is_empty())
                && attrs.iter().all(|(name, value)| {
                    matches!(name.as_str(), "localId" | "name") && value.is_string()
                })
        }
        Some("dataConsumer") => {
            let sources = attrs.get("sources").and_then(Value::as_array);
            attrs.len() == 1
                && sources.is_some_and(|sources| {
                    !sources.is_empty() && sources.iter().all(Value::is_string)
                })
        }
        _ => false,
    }
}

/// Whether the schema accepts this `datasource` attribute of a card.
pub(in crate::adf) fn datasource_is_valid(source: &Value) -> bool {
    let Some(source) = source.as_object() else {
        return false;
    };
    let view = |view: &Value| {
        view.get("type").is_some_and(Value::is_string)
            && view.as_object().is_some_and(|view| {
                view.keys()
                    .all(|key| matches!(key.as_str(), "type" | "properties"))
            })
    };
    let views = source.get("views").and_then(Value::as_array);
    source.len() == 3
        && source.get("id").is_some_and(Value::is_string)
        && source.contains_key("parameters")
        && views.is_some_and(|views| !views.is_empty() && views.iter().all(view))
}
