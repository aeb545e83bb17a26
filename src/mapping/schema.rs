//! What a remote has, as far as a profile can name it. Connectors fill it, [`crate::check`] compares.

use std::collections::BTreeMap;

use model::Side;

use crate::rule::Kind;

/// What one remote has.
#[derive(Clone, Debug, PartialEq)]
pub struct Schema {
    /// Whose it is.
    pub side: Side,
    /// The profile's projects by key (Jira) or name (Azure DevOps). One that does not exist, or that the account cannot
    /// see, is absent.
    pub projects: BTreeMap<String, ProjectSchema>,
    /// All fields known to the remote, by id.
    pub fields: BTreeMap<String, FieldSchema>,
    /// Permissions that were asked for.
    pub permissions: Vec<Permission>,
}

impl Schema {
    /// Whether a project is there, without regard to case, as the remotes compare their names.
    #[must_use]
    pub fn has_project(&self, name: &str) -> bool {
        let wanted = name.to_lowercase();
        let mut known = self.projects.keys();
        known.any(|known| known.to_lowercase() == wanted)
    }
}

/// Something the account must be allowed to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Permission {
    /// The remote's own name of it.
    pub name: String,
    /// Whether the account has it.
    pub granted: bool,
    /// What the product needs it for.
    pub needed_for: &'static str,
}

/// What one project has.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ProjectSchema {
    /// Its types by name.
    pub types: BTreeMap<String, TypeSchema>,
}

/// What one type has.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TypeSchema {
    /// Its statuses or states.
    pub states: Vec<String>,
    /// The one a new item begins in, when the remote tells.
    pub initial: Option<String>,
    /// The one a new item is expected to begin in where the remote does not tell: the first of its earliest category.
    pub expected: Option<String>,
    /// The fields that can be set on it, by id.
    pub fields: BTreeMap<String, FieldSchema>,
}

/// What one field is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FieldSchema {
    /// The name that people see.
    pub name: String,
    /// What it holds; `None` when it is of a kind that no rule can carry.
    pub kind: Option<Kind>,
    /// Whether an item must have it.
    pub required: bool,
    /// Whether the remote fills it when it is left out.
    pub has_default: bool,
    /// What it fills it with, where that is one name or number and the remote tells.
    pub default: Option<String>,
    /// Whether only the remote itself writes it.
    pub read_only: bool,
    /// The values it may hold; empty when it may hold anything.
    pub allowed: Vec<String>,
}
