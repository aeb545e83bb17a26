//! Small pieces of JSON that Jira spells in more than one way.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value as Json;

/// A numeric id, which stands as a text in most answers and as a number in some (`jql/match`, attachments).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "Spelling")]
pub(crate) struct Num(pub(crate) u64);

#[derive(Deserialize)]
#[serde(untagged)]
enum Spelling {
    Number(u64),
    Text(String),
}

impl TryFrom<Spelling> for Num {
    type Error = std::num::ParseIntError;

    fn try_from(spelling: Spelling) -> Result<Num, Self::Error> {
        match spelling {
            Spelling::Number(number) => Ok(Num(number)),
            Spelling::Text(text) => text.parse().map(Num),
        }
    }
}

/// The text below a name, when there is one.
pub(crate) fn text<'a>(json: &'a Json, name: &str) -> Option<&'a str> {
    json.get(name).and_then(Json::as_str)
}

/// Entity properties by key. An issue has them as an object, a comment as a list of `{"key", "value"}`.
pub(crate) fn properties(json: &Json) -> BTreeMap<String, Json> {
    match json {
        Json::Object(map) => map.clone().into_iter().collect(),
        Json::Array(list) => list
            .iter()
            .filter_map(|entry| Some((text(entry, "key")?.to_owned(), entry.get("value")?.clone())))
            .collect(),
        _ => BTreeMap::new(),
    }
}

/// The key of the issue property and of the comment property that carry our markers.
pub(crate) const PROPERTY: &str = "counterpart";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_may_be_a_text_or_a_number() {
        let read = |text| serde_json::from_str::<Num>(text).ok();
        assert_eq!(read("\"10001\""), Some(Num(10001)));
        assert_eq!(read("10001"), Some(Num(10001)));
        for wrong in ["-1", "1.5", "\"WEB-1\"", "\"\"", "null", "{}"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn properties_come_as_a_map_or_as_a_list() {
        let map = serde_json::json!({ "counterpart": 1 });
        let list = serde_json::json!([{ "key": "counterpart", "value": 1 }, 7]);
        assert_eq!(properties(&map), properties(&list));
        assert!(properties(&Json::Null).is_empty());
    }
}
