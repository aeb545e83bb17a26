//! The parts of a node printed.

use serde_json::{Map, Value, json};

use crate::block::{
    Alignment, BlockStyle, Breakout, CodeBlock, Panel, PanelKind, Placement, VerticalAlign,
};

pub(super) fn node(name: &str, attrs: Option<Value>, content: Vec<Value>) -> Value {
    let mut out = Map::new();
    out.insert("type".to_owned(), Value::from(name));
    put(&mut out, "attrs", attrs);
    out.insert("content".to_owned(), Value::from(content));
    Value::Object(out)
}

pub(super) fn put(attrs: &mut Map<String, Value>, name: &str, value: Option<impl Into<Value>>) {
    if let Some(value) = value {
        attrs.insert(name.to_owned(), value.into());
    }
}

pub(super) fn marked(mut node: Value, marks: Vec<Value>) -> Value {
    if let Some(object) = node.as_object_mut()
        && !marks.is_empty()
    {
        object.insert("marks".to_owned(), Value::from(marks));
    }
    node
}

pub(super) fn styled(node: Value, style: BlockStyle) -> Value {
    let mut marks = Vec::new();
    if style.small {
        marks.push(json!({"type": "fontSize", "attrs": {"fontSize": "small"}}));
    }
    match style.alignment {
        Alignment::Start => {}
        Alignment::Center => marks.push(json!({"type": "alignment", "attrs": {"align": "center"}})),
        Alignment::End => marks.push(json!({"type": "alignment", "attrs": {"align": "end"}})),
    }
    if style.indentation > 0 {
        marks.push(json!({"type": "indentation", "attrs": {"level": style.indentation}}));
    }
    marked(node, marks)
}

pub(super) fn breakout_mark(breakout: Option<Breakout>) -> Vec<Value> {
    let Some(Breakout { full_width, width }) = breakout else {
        return Vec::new();
    };
    let mut attrs = Map::new();
    put(
        &mut attrs,
        "mode",
        Some(if full_width { "full-width" } else { "wide" }),
    );
    put(&mut attrs, "width", width);
    vec![json!({"type": "breakout", "attrs": attrs})]
}

/// A number of hundredths as per cent: whole where it is whole.
pub(super) fn percent(hundredths: u32) -> Value {
    let hundredths = hundredths.min(10_000);
    if hundredths.is_multiple_of(100) {
        Value::from(hundredths / 100)
    } else {
        Value::from(f64::from(hundredths) / 100.0)
    }
}

pub(super) fn code_block(code: &CodeBlock) -> Value {
    let attrs = code
        .language
        .as_ref()
        .map(|language| json!({"language": language}));
    let text = json!({"type": "text", "text": code.text});
    marked(
        node("codeBlock", attrs, vec![text]),
        breakout_mark(code.breakout),
    )
}

pub(super) fn panel_attrs(panel: &Panel) -> Value {
    let mut attrs = Map::new();
    put(&mut attrs, "panelType", Some(panel_name(panel.kind)));
    put(&mut attrs, "panelIcon", panel.decoration.icon.clone());
    put(&mut attrs, "panelIconId", panel.decoration.icon_id.clone());
    put(
        &mut attrs,
        "panelIconText",
        panel.decoration.icon_text.clone(),
    );
    put(&mut attrs, "panelColor", panel.decoration.color.clone());
    Value::Object(attrs)
}

pub(super) fn panel_name(kind: PanelKind) -> &'static str {
    match kind {
        PanelKind::Info => "info",
        PanelKind::Note => "note",
        PanelKind::Tip => "tip",
        PanelKind::Warning => "warning",
        PanelKind::Error => "error",
        PanelKind::Success => "success",
        PanelKind::Custom => "custom",
    }
}

pub(super) fn placement_name(placement: Placement) -> &'static str {
    match placement {
        Placement::Center => "center",
        Placement::Wide => "wide",
        Placement::FullWidth => "full-width",
        Placement::WrapLeft => "wrap-left",
        Placement::WrapRight => "wrap-right",
        Placement::AlignStart => "align-start",
        Placement::AlignEnd => "align-end",
    }
}

pub(super) fn valign_name(valign: VerticalAlign) -> &'static str {
    match valign {
        VerticalAlign::Top => "top",
        VerticalAlign::Middle => "middle",
        VerticalAlign::Bottom => "bottom",
    }
}
