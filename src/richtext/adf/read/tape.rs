//! The tape: JSON laid out in one row of cells.
//!
//! A tree of maps and lists takes a place of its own in memory for each node and each name. Here all values of a node lie one
//! behind the other, each container with the number of cells that it takes, and texts stay where they were read as far as they have
//! no escapes. So the row is made once, grows to the size of the largest node, and holds one node after the other. Where a node
//! begins it is noted where its parts are that every reader asks for: type, content, marks, attributes and text.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use super::kind::Kind;

/// What a value is counted as beside its text.
const VALUE_BYTES: usize = 8;

/// One value, the beginning of one, or the name of what follows.
#[derive(Debug)]
enum Cell<'a> {
    Null,
    Bool(bool),
    Number(Number),
    Text(Cow<'a, str>),
    /// The beginning of a list that takes so many cells, this one included.
    List(u32),
    Object(Object),
    Name(Cow<'a, str>),
}

/// The beginning of an object. Where a part is, is told by the number of cells from here; 0 where there is none.
#[derive(Debug)]
struct Object {
    /// How many cells it takes, this one included.
    length: u32,
    name: u32,
    content: u32,
    marks: u32,
    attrs: u32,
    text: u32,
    kind: Kind,
}

impl Cell<'_> {
    /// How many cells a value takes that begins here.
    fn length(&self) -> usize {
        match self {
            Cell::List(length) => *length as usize,
            Cell::Object(object) => object.length as usize,
            Cell::Null | Cell::Bool(_) | Cell::Number(_) | Cell::Text(_) | Cell::Name(_) => 1,
        }
    }
}

/// A row of cells that holds one value at a time.
#[derive(Debug, Default)]
pub(super) struct Tape<'a>(Vec<Cell<'a>>);

impl<'a> Tape<'a> {
    /// The value that it holds.
    pub(super) fn node(&self) -> Node<'_> {
        Node(&self.0)
    }

    /// Takes the value, of any depth, in the place of what it holds. Walks without recursion.
    pub(super) fn lay(&mut self, value: &'a Value) {
        self.0.clear();
        let mut open: Vec<Open<'a>> = Vec::new();
        let mut next = Some(value);
        while let Some(value) = next.take() {
            match value {
                Value::Null => self.0.push(Cell::Null),
                Value::Bool(value) => self.0.push(Cell::Bool(*value)),
                Value::Number(number) => self.0.push(Cell::Number(number.clone())),
                Value::String(text) => self.0.push(Cell::Text(Cow::Borrowed(text))),
                Value::Array(values) => open.push(Open::List(self.begin_list(), values.iter())),
                Value::Object(parts) => {
                    open.push(Open::Object(self.begin_object(), parts.iter()));
                }
            }
            while let (None, Some(container)) = (next, open.last_mut()) {
                next = match container {
                    Open::List(_, rest) => rest.next(),
                    Open::Object(at, rest) => rest.next().map(|(name, value)| {
                        self.name(*at, Cow::Borrowed(name));
                        value
                    }),
                };
                if next.is_none() {
                    match open.pop() {
                        Some(Open::List(at, _)) => self.end_list(at),
                        Some(Open::Object(at, _)) => self.end_object(at),
                        None => {}
                    }
                }
            }
        }
    }

    /// Takes the next value that is read in the place of what it holds.
    pub(super) fn next<'t>(&'t mut self) -> Layer<'t, 'a> {
        self.0.clear();
        Layer(self)
    }

    fn begin_list(&mut self) -> usize {
        self.0.push(Cell::List(1));
        self.0.len() - 1
    }

    /// Ends the list that begins there.
    fn end_list(&mut self, at: usize) {
        let taken = narrow(self.0.len() - at);
        if let Some(Cell::List(length)) = self.0.get_mut(at) {
            *length = taken;
        }
    }

    fn begin_object(&mut self) -> usize {
        self.0.push(Cell::Object(Object {
            length: 1,
            name: 0,
            content: 0,
            marks: 0,
            attrs: 0,
            text: 0,
            kind: Kind::Other,
        }));
        self.0.len() - 1
    }

    /// Takes the name of the next part of the object that begins there. Of two that have the same name, the last one counts.
    fn name(&mut self, at: usize, name: Cow<'a, str>) {
        let part = narrow(self.0.len() + 1 - at);
        if let Some(Cell::Object(object)) = self.0.get_mut(at) {
            match name.as_ref() {
                "type" => object.name = part,
                "content" => object.content = part,
                "marks" => object.marks = part,
                "attrs" => object.attrs = part,
                "text" => object.text = part,
                _ => {}
            }
        }
        self.0.push(Cell::Name(name));
    }

    /// Ends the object that begins there.
    fn end_object(&mut self, at: usize) {
        let length = narrow(self.0.len() - at);
        let kind = Kind::of(Node(self.0.get(at..).unwrap_or_default()).name());
        if let Some(Cell::Object(object)) = self.0.get_mut(at) {
            object.length = length;
            object.kind = kind;
        }
    }
}

/// A number of cells. No text that is read has so many values that this is not enough.
fn narrow(cells: usize) -> u32 {
    u32::try_from(cells).unwrap_or(u32::MAX)
}

/// A container that is being laid: where it begins, and what is still to come.
enum Open<'a> {
    List(usize, std::slice::Iter<'a, Value>),
    Object(usize, serde_json::map::Iter<'a>),
}

/// Lays what is read.
pub(super) struct Layer<'t, 'a>(&'t mut Tape<'a>);

impl<'de> DeserializeSeed<'de> for Layer<'_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Layer<'_, 'de> {
    type Value = ();

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        self.0.0.push(Cell::Null);
        Ok(())
    }

    fn visit_bool<E>(self, value: bool) -> Result<(), E> {
        self.0.0.push(Cell::Bool(value));
        Ok(())
    }

    fn visit_i64<E>(self, value: i64) -> Result<(), E> {
        self.0.0.push(Cell::Number(value.into()));
        Ok(())
    }

    fn visit_u64<E>(self, value: u64) -> Result<(), E> {
        self.0.0.push(Cell::Number(value.into()));
        Ok(())
    }

    fn visit_f64<E>(self, value: f64) -> Result<(), E> {
        let number = Number::from_f64(value).map_or(Cell::Null, Cell::Number);
        self.0.0.push(number);
        Ok(())
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<(), E> {
        self.0.0.push(Cell::Text(Cow::Borrowed(text)));
        Ok(())
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        self.0.0.push(Cell::Text(Cow::Owned(text.to_owned())));
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut values: A) -> Result<(), A::Error> {
        let at = self.0.begin_list();
        while values.next_element_seed(Layer(self.0))?.is_some() {}
        self.0.end_list(at);
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut parts: A) -> Result<(), A::Error> {
        let at = self.0.begin_object();
        while let Some(name) = parts.next_key_seed(Name)? {
            self.0.name(at, name);
            parts.next_value_seed(Layer(self.0))?;
        }
        self.0.end_object(at);
        Ok(())
    }
}

/// Reads the name of a part.
struct Name;

impl<'de> DeserializeSeed<'de> for Name {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Self::Value, D::Error> {
        json.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Name {
    type Value = Cow<'de, str>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a name")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(text))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(text.to_owned()))
    }
}

/// A value on a tape, and what lies behind it. Without a cell it is null.
#[derive(Clone, Copy, Debug)]
pub(super) struct Node<'t>(&'t [Cell<'t>]);

impl<'t> Node<'t> {
    /// No value.
    pub(super) const NULL: Node<'static> = Node(&[]);

    fn object(self) -> Option<&'t Object> {
        match self.0.first() {
            Some(Cell::Object(object)) => Some(object),
            _ => None,
        }
    }

    /// The part of an object that is so many cells away.
    fn part(self, find: impl FnOnce(&Object) -> u32) -> Option<Node<'t>> {
        let at = find(self.object()?) as usize;
        (at > 0).then(|| Node(self.0.get(at..).unwrap_or_default()))
    }

    /// The cells of this value alone.
    fn cells(self) -> &'t [Cell<'t>] {
        let length = self.0.first().map_or(0, Cell::length);
        self.0.get(..length).unwrap_or(self.0)
    }

    /// Names and values of an object; none of anything else.
    pub(super) fn parts(self) -> Parts<'t> {
        let parts = self.object().and_then(|_| self.cells().get(1..));
        Parts(parts.unwrap_or_default())
    }

    /// The values of a list; none of anything else.
    pub(super) fn values(self) -> Nodes<'t> {
        let is_list = matches!(self.0.first(), Some(Cell::List(_)));
        let values = self.cells().get(1..).filter(|_| is_list);
        Nodes(values.unwrap_or_default())
    }

    /// This value as the only one of a list.
    pub(super) fn alone(self) -> Nodes<'t> {
        Nodes(self.cells())
    }

    /// The type of a node.
    pub(super) fn kind(self) -> Kind {
        self.object().map_or(Kind::Other, |object| object.kind)
    }

    /// The name of its type.
    pub(super) fn name(self) -> &'t str {
        let name = self.part(|object| object.name);
        name.and_then(Node::as_str).unwrap_or_default()
    }

    /// What a node says it contains.
    pub(super) fn content(self) -> Option<Node<'t>> {
        self.part(|object| object.content)
    }

    /// Its marks.
    pub(super) fn marks(self) -> Option<Node<'t>> {
        self.part(|object| object.marks)
    }

    /// Its attributes.
    pub(super) fn attrs(self) -> Option<Node<'t>> {
        self.part(|object| object.attrs)
            .filter(|attrs| attrs.is_object())
    }

    /// The text of a node of text.
    pub(super) fn text(self) -> Option<&'t str> {
        self.part(|object| object.text)?.as_str()
    }

    /// The part of this name of an object.
    pub(super) fn get(self, name: &str) -> Option<Node<'t>> {
        let named = self.parts().filter(|(known, _)| *known == name);
        named.last().map(|(_, value)| value)
    }

    pub(super) fn is_null(self) -> bool {
        matches!(self.0.first(), None | Some(Cell::Null))
    }

    pub(super) fn is_list(self) -> bool {
        matches!(self.0.first(), Some(Cell::List(_)))
    }

    pub(super) fn is_object(self) -> bool {
        self.object().is_some()
    }

    pub(super) fn as_str(self) -> Option<&'t str> {
        match self.0.first() {
            Some(Cell::Text(text)) => Some(text),
            _ => None,
        }
    }

    pub(super) fn as_bool(self) -> Option<bool> {
        match self.0.first() {
            Some(Cell::Bool(value)) => Some(*value),
            _ => None,
        }
    }

    pub(super) fn as_number(self) -> Option<&'t Number> {
        match self.0.first() {
            Some(Cell::Number(number)) => Some(number),
            _ => None,
        }
    }

    /// How many bytes a node takes, its content aside: every value a few, every text its length.
    pub(super) fn weight(self) -> usize {
        if !self.is_object() {
            return self.alone().weight();
        }
        let parts = self.parts().filter(|(name, _)| *name != "content");
        parts.map(|(_, part)| part.alone().weight()).sum()
    }

    /// Whether JSON nests no deeper than this.
    pub(super) fn nests_within(self, depth: usize) -> bool {
        if depth == 0 {
            return false;
        }
        let mut values = self.values();
        let mut parts = self.parts();
        values.all(|value| value.nests_within(depth - 1))
            && parts.all(|(_, value)| value.nests_within(depth - 1))
    }

    /// A copy in a form that lasts, of what is known to nest no deeper than a recursion may.
    pub(super) fn to_value(self) -> Value {
        match self.0.first() {
            None | Some(Cell::Null | Cell::Name(_)) => Value::Null,
            Some(Cell::Bool(value)) => Value::Bool(*value),
            Some(Cell::Number(number)) => Value::Number(number.clone()),
            Some(Cell::Text(text)) => Value::String(text.clone().into_owned()),
            Some(Cell::List(_)) => self.values().map(Node::to_value).collect(),
            Some(Cell::Object(_)) => Value::Object(self.to_map()),
        }
    }

    /// The same of the parts of an object.
    pub(super) fn to_map(self) -> Map<String, Value> {
        let parts = self.parts();
        parts
            .map(|(name, part)| (name.to_owned(), part.to_value()))
            .collect()
    }
}

/// Values that lie one behind the other.
#[derive(Clone, Debug, Default)]
pub(super) struct Nodes<'t>(&'t [Cell<'t>]);

impl<'t> Nodes<'t> {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many bytes these take with all that is in them.
    pub(super) fn weight(&self) -> usize {
        let own = |cell: &Cell<'_>| match cell {
            Cell::Name(name) => name.len(),
            Cell::Text(text) => text.len() + VALUE_BYTES,
            Cell::Null | Cell::Bool(_) | Cell::Number(_) | Cell::List(_) | Cell::Object(_) => {
                VALUE_BYTES
            }
        };
        self.0.iter().map(own).sum()
    }
}

impl<'t> Iterator for Nodes<'t> {
    type Item = Node<'t>;

    fn next(&mut self) -> Option<Node<'t>> {
        let node = Node(self.0);
        let length = self.0.first()?.length();
        self.0 = self.0.get(length..).unwrap_or_default();
        Some(node)
    }
}

/// Names and values of an object.
#[derive(Clone, Debug)]
pub(super) struct Parts<'t>(&'t [Cell<'t>]);

impl<'t> Iterator for Parts<'t> {
    type Item = (&'t str, Node<'t>);

    fn next(&mut self) -> Option<Self::Item> {
        let (Cell::Name(name), behind) = self.0.split_first()? else {
            return None;
        };
        let length = behind.first()?.length();
        self.0 = behind.get(length..).unwrap_or_default();
        Some((name, Node(behind)))
    }
}
