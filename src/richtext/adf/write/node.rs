//! The parts of a node printed.

use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value, json};

use crate::block::{Alignment, BlockStyle, Breakout, Panel, PanelKind, Placement, VerticalAlign};

/// A node as it is printed.
pub(super) struct Node<'a, C> {
    name: &'a str,
    attrs: Option<Value>,
    marks: Vec<Value>,
    content: Option<&'a C>,
}

impl<'a> Node<'a, ()> {
    /// A node that is nothing but its kind so far.
    pub(super) fn new(name: &'a str) -> Self {
        Self {
            name,
            attrs: None,
            marks: Vec::new(),
            content: None,
        }
    }

    /// The node with content.
    pub(super) fn content<D>(self, content: &'a D) -> Node<'a, D> {
        Node {
            name: self.name,
            attrs: self.attrs,
            marks: self.marks,
            content: Some(content),
        }
    }
}

impl<C> Node<'_, C> {
    /// The node with attributes.
    pub(super) fn attrs(mut self, attrs: Value) -> Self {
        self.attrs = Some(attrs);
        self
    }

    /// The node with marks, none of which is written where there are none.
    pub(super) fn marks(mut self, marks: Vec<Value>) -> Self {
        self.marks = marks;
        self
    }
}

impl<C: Serialize> Serialize for Node<'_, C> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("type", self.name)?;
        if let Some(attrs) = &self.attrs {
            map.serialize_entry("attrs", attrs)?;
        }
        if let Some(content) = self.content {
            map.serialize_entry("content", content)?;
        }
        if !self.marks.is_empty() {
            map.serialize_entry("marks", &self.marks)?;
        }
        map.end()
    }
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

/// The marks of a paragraph or heading.
pub(super) fn style_marks(style: BlockStyle) -> Vec<Value> {
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
    marks
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
