//! What a field holds, in the side's own terms.

use std::collections::BTreeSet;
use std::fmt;

use crate::{Millis, Number};

/// A person as a remote names them.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct User {
    /// What identifies the person there: `accountId` on Jira Cloud (jira.md 9.1), `uniqueName` on Azure DevOps (azure.md
    /// 10.1).
    pub id: String,
    /// The name shown to people; it may be empty.
    pub display: String,
}

impl fmt::Debug for User {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("User(..)")
    }
}

/// The native value of one field on one side. Never kept: only digests of it are.
#[derive(Clone, Default, PartialEq)]
pub enum Value {
    /// The field is empty or absent.
    #[default]
    Empty,
    /// One line of plain text.
    Text(String),
    /// An Atlassian Document Format tree (Jira Cloud v3).
    Adf(serde_json::Value),
    /// HTML as Azure DevOps stores it.
    Html(String),
    /// Markdown, for Azure DevOps fields whose `multilineFieldsFormat` says so (azure.md 9).
    Markdown(String),
    /// A number.
    Number(Number),
    /// One of a list: a priority, a status, a state, an option; by its name.
    Choice(String),
    /// A person.
    User(User),
    /// An unordered set: labels, tags, components, versions.
    Set(BTreeSet<String>),
    /// A date or a point in time.
    Moment(Millis),
    /// Yes or no.
    Flag(bool),
}

impl Value {
    /// Whether there is nothing in it: the empty value, an empty text or an empty set.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        match self {
            Value::Empty => true,
            Value::Text(text) | Value::Html(text) | Value::Markdown(text) | Value::Choice(text) => {
                text.trim().is_empty()
            }
            Value::Set(elements) => elements.is_empty(),
            Value::Adf(tree) => tree.is_null(),
            Value::Number(_) | Value::User(_) | Value::Moment(_) | Value::Flag(_) => false,
        }
    }

    /// The kind and the size, never the content.
    fn outline(&self) -> (&'static str, usize) {
        match self {
            Value::Empty => ("Empty", 0),
            Value::Text(text) => ("Text", text.len()),
            Value::Adf(_) => ("Adf", 1),
            Value::Html(text) => ("Html", text.len()),
            Value::Markdown(text) => ("Markdown", text.len()),
            Value::Number(_) => ("Number", 1),
            Value::Choice(_) => ("Choice", 1),
            Value::User(_) => ("User", 1),
            Value::Set(elements) => ("Set", elements.len()),
            Value::Moment(_) => ("Moment", 1),
            Value::Flag(_) => ("Flag", 1),
        }
    }
}

/// Prints the kind and the size only, so that content cannot reach a log through `{:?}`.
impl fmt::Debug for Value {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, size) = self.outline();
        write!(out, "{kind}({size})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_never_shows_content() {
        let secret = "canary".to_owned();
        let values = [
            Value::Text(secret.clone()),
            Value::Html(secret.clone()),
            Value::Adf(serde_json::json!({ "text": secret })),
            Value::Choice(secret.clone()),
            Value::Set([secret.clone()].into()),
            Value::User(User {
                id: secret.clone(),
                display: secret.clone(),
            }),
        ];
        assert!(!format!("{values:?}").contains("canary"));
    }
}
