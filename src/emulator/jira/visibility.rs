//! Who may see a restricted comment or worklog: a group, or a role of the project (jira.md 7.1). Whoever is not in it is
//! not told that there is anything.

use serde_json::{Value, json};

use crate::jira::account::User;
use crate::jira::group::{self, Group};
use crate::jira::refusal::Refusal;

/// A role, with the same members in every project.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Role {
    pub(crate) id: u64,
    pub(crate) name: &'static str,
    /// The short names of its members.
    members: &'static [&'static str],
}

/// All roles.
pub(crate) static ROLES: [Role; 2] = [
    Role {
        id: 10_002,
        name: "Administrators",
        members: &["alice"],
    },
    Role {
        id: 10_003,
        name: "Developers",
        members: &["alice", "bruno", "chandra", "dilek", "erik", "sync"],
    },
];

/// The people who may see something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Circle {
    /// The members of a group.
    Group(&'static Group),
    /// The holders of a role.
    Role(&'static Role),
}

impl Circle {
    /// The circle that a `visibility` names, of which the caller must be part; nothing where none is named.
    pub(crate) fn read(given: Option<&Value>, caller: &User) -> Result<Option<Self>, Refusal> {
        let given = match given {
            None | Some(Value::Null) => return Ok(None),
            Some(given) => given.as_object().ok_or_else(Refusal::payload)?,
        };
        let text = |name: &str| given.get(name).and_then(Value::as_str);
        let name = text("identifier").or_else(|| text("value"));
        let name = name.ok_or_else(|| refused("Visibility value must be specified."))?;
        let circle = match text("type") {
            Some("group") => group::named(name).map(Self::Group),
            Some("role") => role(name).map(Self::Role),
            _ => return Err(refused("Visibility type must be one of: group, role.")),
        };
        let noun = text("type").unwrap_or_default();
        let circle = circle.ok_or_else(|| {
            let noun = if noun == "group" { "Group" } else { "Role" };
            refused(&format!("{noun}: {name} does not exist."))
        })?;
        if circle.admits(caller) {
            return Ok(Some(circle));
        }
        let noun = if noun == "group" {
            "group"
        } else {
            "project role"
        };
        Err(refused(&format!(
            "You are currently not a member of the {noun}: {name}."
        )))
    }

    /// Whether somebody is part of it.
    pub(crate) fn admits(self, user: &User) -> bool {
        match self {
            Self::Group(group) => group.has(user.person.handle),
            Self::Role(role) => role.members.contains(&user.person.handle),
        }
    }

    /// The circle as answers show it.
    pub(crate) fn document(self) -> Value {
        match self {
            Self::Group(group) => {
                json!({"type": "group", "value": group.name, "identifier": group.id})
            }
            Self::Role(role) => {
                json!({"type": "role", "value": role.name, "identifier": role.id.to_string()})
            }
        }
    }
}

/// Whether somebody may see what is restricted to this circle, if to any.
pub(crate) fn sees(user: &User, circle: Option<Circle>) -> bool {
    circle.is_none_or(|it| it.admits(user))
}

fn role(name_or_id: &str) -> Option<&'static Role> {
    ROLES
        .iter()
        .find(|it| it.name == name_or_id || it.id.to_string() == name_or_id)
}

fn refused(text: &str) -> Refusal {
    Refusal::field("commentLevel", text)
}
