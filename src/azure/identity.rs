//! People, in the three shapes that the service writes them in (azure.md 10.1, 13.2).

use model::User;
use serde_json::Value as Json;

/// A person as an answer names them: an object, `"Name <unique>"`, or one bare name.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Identity {
    id: Option<String>,
    descriptor: Option<String>,
    unique: Option<String>,
    display: Option<String>,
}

impl Identity {
    /// Reads any of the shapes; nothing when it is none of them.
    pub(crate) fn decode(json: &Json) -> Option<Identity> {
        match json {
            Json::String(text) => Identity::from_text(text),
            Json::Object(_) => Some(Identity::from_object(json)),
            _ => None,
        }
    }

    fn from_text(text: &str) -> Option<Identity> {
        let text = text.trim();
        if text.is_empty() {
            return None;
        }
        if let Some((display, unique)) = split(text) {
            return Some(Identity {
                unique: Some(unique.to_owned()),
                display: Some(display.to_owned()),
                ..Identity::default()
            });
        }
        // A login has an at sign, or on a Windows domain a backslash; a bare display name has neither.
        let is_login = text.contains(['@', '\\']);
        Some(Identity {
            unique: is_login.then(|| text.to_owned()),
            display: Some(text.to_owned()),
            ..Identity::default()
        })
    }

    /// Each of the names may hold the combined form, depending on who wrote the object.
    fn from_object(json: &Json) -> Identity {
        let member = |name: &str| {
            let text = json.get(name)?.as_str()?.trim();
            (!text.is_empty()).then_some(text)
        };
        let unique = member("uniqueName");
        let display = member("displayName").or(member("name"));
        let combined = [unique, display].into_iter().flatten().find_map(split);
        Identity {
            id: member("id").map(str::to_owned),
            descriptor: member("descriptor").map(str::to_owned),
            unique: unique
                .map(|text| split(text).map_or(text, |(_, unique)| unique))
                .or(combined.map(|(_, unique)| unique))
                .map(str::to_owned),
            display: display
                .map(|text| split(text).map_or(text, |(display, _)| display))
                .or(combined.map(|(display, _)| display))
                .map(str::to_owned),
        }
    }

    /// The person by unique name; nothing when the answer gave no name at all.
    pub(crate) fn user(&self) -> Option<User> {
        let display = self.display.clone().unwrap_or_default();
        let id = self.unique.clone().or_else(|| self.display.clone())?;
        Some(User { id, display })
    }
}

/// `"Jamal Hartnett <jamal@example.com>"` in two.
fn split(text: &str) -> Option<(&str, &str)> {
    let (display, unique) = text.strip_suffix('>')?.rsplit_once('<')?;
    let unique = unique.trim();
    (!unique.is_empty()).then_some((display.trim(), unique))
}

/// The account that we use, from `connectionData` (azure.md 10.1).
#[derive(Clone, PartialEq)]
pub(crate) struct Me {
    /// Its id, a GUID.
    id: String,
    /// Its subject descriptor.
    descriptor: Option<String>,
    /// How others refer to it.
    user: User,
}

/// Shows the id only: the rest names a person.
impl std::fmt::Debug for Me {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Me({})", self.id)
    }
}

impl Me {
    /// Reads `connectionData`. An answer may lack `uniqueName`: then the login stands in the property `Account`.
    pub(crate) fn decode(json: &Json) -> Option<Me> {
        let who = json.get("authenticatedUser")?;
        let text = |pointer: &str| {
            let text = who.pointer(pointer)?.as_str()?.trim();
            (!text.is_empty()).then(|| text.to_owned())
        };
        let shown = text("/customDisplayName").or_else(|| text("/providerDisplayName"));
        let account = text("/properties/Account/$value").or_else(|| text("/properties/Account"));
        let id = text("/id")?;
        let unique = text("/uniqueName").or(account).or_else(|| shown.clone());
        Some(Me {
            user: User {
                id: unique.unwrap_or_else(|| id.clone()),
                display: shown.unwrap_or_default(),
            },
            descriptor: text("/subjectDescriptor").or_else(|| text("/descriptor")),
            id,
        })
    }

    /// How others refer to us.
    pub(crate) fn user(&self) -> &User {
        &self.user
    }

    /// Whether that person is us. One equal identifier is enough, for no shape has them all; a display name counts only
    /// where it stands alone, since the service adds the login to a name that is not unique.
    pub(crate) fn is(&self, who: &Identity) -> bool {
        if same(who.id.as_deref(), &self.id)
            || who.descriptor.is_some() && who.descriptor == self.descriptor
            || same(who.unique.as_deref(), &self.user.id)
        {
            return true;
        }
        let stands_alone = who.id.is_none() && who.descriptor.is_none() && who.unique.is_none();
        let display = self.user.display.as_str();
        stands_alone && !display.is_empty() && who.display.as_deref() == Some(display)
    }
}

fn same(one: Option<&str>, other: &str) -> bool {
    one.is_some_and(|one| one.to_lowercase() == other.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const GUID: &str = "968df890-725c-49a7-807c-37a98a6ab1f1";

    fn me() -> Option<Me> {
        Me::decode(&json!({ "authenticatedUser": {
            "id": GUID,
            "subjectDescriptor": "aad.abc",
            "providerDisplayName": "Sync Bot",
            "properties": { "Account": { "$type": "System.String", "$value": "sync@acme.example" } },
        } }))
    }

    #[test]
    fn we_know_ourselves_in_every_shape() {
        let me = me();
        for (who, expected) in [
            (
                json!({ "id": GUID.to_uppercase(), "uniqueName": "other@acme.example" }),
                true,
            ),
            (
                json!({ "uniqueName": "Sync@ACME.example", "displayName": "Sync Bot" }),
                true,
            ),
            (json!({ "descriptor": "aad.abc" }), true),
            (
                json!({ "id": GUID, "uniqueName": "Sync Bot <sync@acme.example>" }),
                true,
            ),
            (json!({ "name": "Sync Bot <sync@acme.example>" }), true),
            (json!("Sync Bot <sync@acme.example>"), true),
            (json!("sync@acme.example"), true),
            (json!("Sync Bot"), true),
            (json!("Sync Bot <impostor@acme.example>"), false),
            (
                json!({ "id": "1", "uniqueName": "impostor@acme.example", "displayName": "Sync Bot" }),
                false,
            ),
            (json!("Alice"), false),
            (json!({}), false),
        ] {
            let identity = Identity::decode(&who);
            let ours = me
                .as_ref()
                .zip(identity)
                .is_some_and(|(me, who)| me.is(&who));
            assert_eq!(ours, expected, "{who}");
        }
    }

    #[test]
    fn a_person_goes_by_the_unique_name() {
        for (who, expected) in [
            (
                json!({ "displayName": "Alice", "uniqueName": "alice@x.example" }),
                Some(("alice@x.example", "Alice")),
            ),
            (
                json!("Alice <alice@x.example>"),
                Some(("alice@x.example", "Alice")),
            ),
            (
                json!({ "displayName": "Alice <alice@x.example>", "uniqueName": "Alice <alice@x.example>" }),
                Some(("alice@x.example", "Alice")),
            ),
            (json!("ACME\\alice"), Some(("ACME\\alice", "ACME\\alice"))),
            (json!("Alice"), Some(("Alice", "Alice"))),
            (json!("  "), None),
            (json!({ "id": "1" }), None),
            (json!(7), None),
        ] {
            let user = Identity::decode(&who).and_then(|who| who.user());
            let user = user
                .as_ref()
                .map(|user| (user.id.as_str(), user.display.as_str()));
            assert_eq!(user, expected, "{who}");
        }
    }

    #[test]
    fn our_login_is_found_wherever_it_stands() {
        let check = |who: Json, expected: &str| {
            let me = Me::decode(&json!({ "authenticatedUser": who }));
            assert_eq!(me.map(|me| me.user.id).as_deref(), Some(expected));
        };
        check(
            json!({ "id": GUID, "uniqueName": "a@x", "properties": { "Account": { "$value": "b@x" } } }),
            "a@x",
        );
        check(
            json!({ "id": GUID, "properties": { "Account": { "$value": "b@x" } } }),
            "b@x",
        );
        check(
            json!({ "id": GUID, "properties": { "Account": "b@x" } }),
            "b@x",
        );
        check(json!({ "id": GUID, "providerDisplayName": "Bot" }), "Bot");
        assert_eq!(
            Me::decode(&json!({ "authenticatedUser": { "providerDisplayName": "Bot" } })),
            None
        );
    }
}
