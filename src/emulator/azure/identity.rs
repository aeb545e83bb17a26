//! The people of the organisation: signing in, the `IdentityRef` shape, and finding the person that
//! a write names (azure.md 10.1, 11).

use base64::Engine as _;
use serde_json::{Value as Json, json};

use crate::people::{self, Person};
use crate::site::Request;

/// Who stands in an identity field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Who {
    /// A member, by position in the directory.
    Member(usize),
    /// A text that names nobody; only `bypassRules` lets it in (azure.md 5.3).
    Literal(std::sync::Arc<str>),
}

/// What somebody may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Reads and writes items, queries and nodes.
    Contributor,
    /// Besides that holds every permission of [`super::permission::Right`], as most of the sample's people do.
    Trusted,
    /// Besides that changes processes and fields, and is an administrator of the collection.
    Administrator,
    /// Reads only.
    Reader,
    /// Reads and writes, but this area and what is below it do not exist for them.
    Restricted(&'static str),
}

/// Everybody who can sign in.
#[derive(Debug)]
pub(crate) struct Directory {
    people: Vec<Person>,
}

/// People whom only this organisation knows: one who may not write, and one who cannot see an area.
const LIMITED: [(&str, &str, &str, &str, Standing); 2] = [
    (
        "rhea",
        "Rhea Roth",
        "rhea@acme.example",
        "4ea00000-0000-4000-8000-000000000007",
        Standing::Reader,
    ),
    (
        "otto",
        "Otto Olsen",
        "otto@acme.example",
        "07700000-0000-4000-8000-000000000008",
        Standing::Restricted("Platform\\Web"),
    ),
];

/// The person who contributes and nothing more, so that a client can meet each refusal.
const CONTRIBUTOR: &str = "fumiko";

/// Minutes by which the people's clocks are ahead of UTC, in the order of the directory; the zones
/// have no daylight saving, so that no table of rules is needed.
const ZONES: [i64; 7] = [60, -300, 330, 180, 120, 540, 0];

impl Directory {
    pub(crate) fn new() -> Self {
        let limited = LIMITED
            .iter()
            .map(|&(handle, display, email, guid, _)| Person {
                handle,
                display,
                account_id: "",
                email,
                guid,
                token: format!("{handle}-token"),
            });
        Self {
            people: people::everybody().into_iter().chain(limited).collect(),
        }
    }

    /// What a person may do.
    pub(crate) fn standing(&self, index: usize) -> Standing {
        let handle = self.person(index).map_or("", |p| p.handle);
        let limited = LIMITED.iter().find(|row| row.0 == handle);
        match (limited, handle) {
            (Some(row), _) => row.4,
            (None, "alice" | "sync") => Standing::Administrator,
            (None, CONTRIBUTOR) => Standing::Contributor,
            (None, _) => Standing::Trusted,
        }
    }

    /// Whether a person may write anything.
    pub(crate) fn may_write(&self, index: usize) -> bool {
        self.standing(index) != Standing::Reader
    }

    /// Whether a person holds the permissions beyond ordinary editing.
    pub(crate) fn may_more(&self, index: usize) -> bool {
        match self.standing(index) {
            Standing::Trusted | Standing::Administrator => true,
            Standing::Contributor | Standing::Reader | Standing::Restricted(_) => false,
        }
    }

    /// Whether a person may change processes, fields and teams.
    pub(crate) fn administers(&self, index: usize) -> bool {
        self.standing(index) == Standing::Administrator
    }

    /// Whether items with this area path do not exist for a person.
    pub(crate) fn is_hidden(&self, index: usize, area: &str) -> bool {
        let Standing::Restricted(root) = self.standing(index) else {
            return false;
        };
        let (area, root) = (area.to_lowercase(), root.to_lowercase());
        area.strip_prefix(&root)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('\\'))
    }

    /// Milliseconds by which a person's clock is ahead of UTC.
    pub(crate) fn offset_ms(&self, index: usize) -> i64 {
        ZONES.get(index).copied().unwrap_or(0) * 60_000
    }

    /// The descriptor of a person, as Graph and `IdentityRef` write it.
    pub(crate) fn descriptor(&self, index: usize) -> String {
        self.person(index).map_or_else(String::new, descriptor)
    }

    pub(crate) fn len(&self) -> usize {
        self.people.len()
    }

    pub(crate) fn person(&self, index: usize) -> Option<&Person> {
        self.people.get(index)
    }

    /// The caller, when the request carries a token that is known; the user of Basic is ignored
    /// (azure.md 11.1).
    pub(crate) fn caller(&self, request: &Request) -> Option<usize> {
        let basic = request.basic().map(|(_, password)| password);
        let token = basic.or_else(|| request.bearer().map(str::to_owned))?;
        self.people.iter().position(|person| person.token == token)
    }

    /// The short name by which the two sides are compared.
    pub(crate) fn handle(&self, who: &Who) -> String {
        match who {
            Who::Member(index) => self.person(*index).map_or("", |p| p.handle).to_owned(),
            Who::Literal(text) => text.to_string(),
        }
    }

    /// `Name <unique name>`, as the revisions feed and the recycle bin write people.
    pub(crate) fn combined(&self, who: &Who) -> String {
        match who {
            Who::Literal(text) => text.to_string(),
            Who::Member(index) => self.person(*index).map_or_else(String::new, |person| {
                format!("{} <{}>", person.display, person.email)
            }),
        }
    }

    /// The display name alone.
    pub(crate) fn display(&self, who: &Who) -> String {
        match who {
            Who::Literal(text) => text.to_string(),
            Who::Member(index) => self.person(*index).map_or("", |p| p.display).to_owned(),
        }
    }

    /// An `IdentityRef`; `base` is the organisation's address.
    pub(crate) fn reference(&self, who: &Who, base: &str) -> Json {
        let member = match who {
            Who::Literal(text) => return json!(text.as_ref()),
            Who::Member(index) => self.person(*index),
        };
        let Some(person) = member else {
            return Json::Null;
        };
        let descriptor = descriptor(person);
        let avatar = format!("{base}/_apis/GraphProfile/MemberAvatars/{descriptor}");
        json!({
            "displayName": person.display,
            "url": format!("{base}/_apis/Identities/{}", person.guid),
            "_links": {"avatar": {"href": avatar}},
            "id": person.guid,
            "uniqueName": person.email,
            "imageUrl": avatar,
            "descriptor": descriptor,
        })
    }

    /// The `Identity` shape of `connectionData`.
    pub(crate) fn account(&self, index: usize) -> Json {
        self.person(index).map_or(Json::Null, |person| {
            json!({
                "id": person.guid,
                "descriptor": format!("Microsoft.IdentityModel.Claims.ClaimsIdentity;acme\\{}", person.email),
                "subjectDescriptor": descriptor(person),
                "providerDisplayName": person.display,
                "isActive": true,
                "properties": {"Account": {"$type": "System.String", "$value": person.email}},
                "resourceVersion": 2,
                "metaTypeId": 0,
            })
        })
    }

    /// The person that a written value names: an `IdentityRef`, `Name <unique>`, a unique name, an
    /// id, a descriptor or a display name that only one person has.
    pub(crate) fn find(&self, value: &Json) -> Option<usize> {
        match value {
            Json::String(text) => self.by_text(text),
            Json::Object(object) => ["uniqueName", "id", "descriptor", "displayName"]
                .iter()
                .filter_map(|key| object.get(*key)?.as_str())
                .find_map(|text| self.by_text(text)),
            _ => None,
        }
    }

    fn by_text(&self, text: &str) -> Option<usize> {
        let text = text.trim();
        let inner = text
            .strip_suffix('>')
            .and_then(|rest| rest.rsplit_once('<'))
            .map_or(text, |(_, unique)| unique.trim());
        self.only(|p| {
            p.email.eq_ignore_ascii_case(inner)
                || p.guid.eq_ignore_ascii_case(inner)
                || descriptor(p).eq_ignore_ascii_case(inner)
        })
        .or_else(|| self.only(|p| p.display.to_lowercase() == inner.to_lowercase()))
    }

    fn only(&self, matches: impl Fn(&Person) -> bool) -> Option<usize> {
        let mut found = self.people.iter().enumerate().filter(|(_, p)| matches(p));
        let (index, _) = found.next()?;
        found.next().is_none().then_some(index)
    }
}

fn descriptor(person: &Person) -> String {
    let engine = base64::engine::general_purpose::STANDARD_NO_PAD;
    format!("aad.{}", engine.encode(person.guid))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_is_found_by_every_documented_form() {
        let directory = Directory::new();
        let alice = directory.find(&json!("alice@acme.example"));
        assert!(alice.is_some());
        let who = Who::Member(alice.unwrap());
        for form in [
            json!("Alice Abara"),
            json!("Alice Abara<alice@acme.example>"),
            json!("Alice Abara <ALICE@acme.example>"),
            directory.reference(&who, "http://x/acme"),
            json!({"id": directory.person(alice.unwrap()).unwrap().guid}),
        ] {
            assert_eq!(directory.find(&form), alice, "{form}");
        }
        for form in [json!("nobody@acme.example"), json!(7), json!("Alice")] {
            assert_eq!(directory.find(&form), None, "{form}");
        }
    }
}
