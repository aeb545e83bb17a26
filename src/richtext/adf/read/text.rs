//! Documents as text, read node by node: of what JSON makes of a text, only one node of the outermost level is ever held.

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use crate::document::Document;
use crate::format::Unreadable;
use crate::loss::{Instead, Loss, LossKind};
use crate::normal;

use super::tape::{Node, Tape};
use super::{Flow, Reader};

/// Reads a document from JSON.
///
/// # Errors
/// When it is no JSON, or no document.
pub(crate) fn read_text(text: &str) -> Result<(Document, Vec<Loss>), Unreadable> {
    let mut reader = Reader::default();
    let mut json = serde_json::Deserializer::from_str(text);
    let root = Root(&mut reader).deserialize(&mut json);
    let root = root.and_then(|root| json.end().map(|()| root));
    let root = root.map_err(|error| Unreadable::NotJson {
        line: error.line(),
        column: error.column(),
        deep: error.to_string().starts_with("recursion limit"),
    })?;
    let Some(flow) = root else {
        return Err(Unreadable::NotDocument);
    };
    let blocks = flow.finish();
    let doc = normal::document(Document { blocks }, &mut reader.losses);
    Ok((doc, reader.losses.done()))
}

/// What a visitor makes of JSON that is neither a list nor an object.
macro_rules! otherwise {
    (|$self:ident, $value:ident| $made:expr) => {
        fn expecting(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            out.write_str("JSON")
        }

        fn visit_unit<E>($self) -> Result<Self::Value, E> {
            let $value = Value::Null;
            Ok($made)
        }

        fn visit_bool<E>($self, value: bool) -> Result<Self::Value, E> {
            let $value = Value::from(value);
            Ok($made)
        }

        fn visit_i64<E>($self, value: i64) -> Result<Self::Value, E> {
            let $value = Value::from(value);
            Ok($made)
        }

        fn visit_u64<E>($self, value: u64) -> Result<Self::Value, E> {
            let $value = Value::from(value);
            Ok($made)
        }

        fn visit_f64<E>($self, value: f64) -> Result<Self::Value, E> {
            let $value = Value::from(value);
            Ok($made)
        }

        fn visit_str<E>($self, value: &str) -> Result<Self::Value, E> {
            let $value = Value::from(value);
            Ok($made)
        }
    };
}

/// The outermost value: a document, or `None`.
struct Root<'a>(&'a mut Reader);

impl<'de> DeserializeSeed<'de> for Root<'_> {
    type Value = Option<Flow>;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Self::Value, D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Root<'_> {
    type Value = Option<Flow>;

    otherwise!(|self, _value| None);

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        // Values have a bound on their nesting, which what is passed over has not.
        while seq.next_element::<Value>()?.is_some() {}
        Ok(None)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut is_document = false;
        let mut flow = Flow::default();
        while let Some(name) = map.next_key::<String>()? {
            match name.as_str() {
                "type" => is_document = map.next_value::<Value>()?.as_str() == Some("doc"),
                // Of two that have the same name, the last one counts.
                "content" => {
                    *self.0 = Reader::default();
                    flow = map.next_value_seed(Content(self.0))?;
                }
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(is_document.then_some(flow))
    }
}

/// The nodes of a document.
struct Content<'a>(&'a mut Reader);

impl<'de> DeserializeSeed<'de> for Content<'_> {
    type Value = Flow;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Self::Value, D::Error> {
        json.deserialize_any(self)
    }
}

impl Content<'_> {
    /// What stands where a list of nodes should, as the only one.
    fn only(self, node: Node<'_>) -> Flow {
        let mut flow = Flow::default();
        if !node.is_null() {
            self.0.losses.add(LossKind::Malformed, Instead::Plain);
            self.0.depth += 1;
            self.0.next(node, &mut flow);
            self.0.depth -= 1;
        }
        flow
    }
}

impl<'de> Visitor<'de> for Content<'_> {
    type Value = Flow;

    otherwise!(|self, value| {
        let mut tape = Tape::default();
        tape.lay(&value);
        self.only(tape.node())
    });

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        let mut tape = Tape::default();
        tape.next().visit_map(map)?;
        Ok(self.only(tape.node()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut flow = Flow::default();
        self.0.depth += 1;
        let mut tape = Tape::default();
        while seq.next_element_seed(tape.next())?.is_some() {
            if !self.0.next(tape.node(), &mut flow) {
                break;
            }
        }
        self.0.depth -= 1;
        // What is beyond the bound must still be JSON.
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(flow)
    }
}
