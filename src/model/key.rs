//! What people call an item.

use serde::{Deserialize, Serialize};

use crate::limit;

/// An item's human key: `WEB-12` on Jira, the decimal id on Azure DevOps. It may change on a move (jira.md 7.4), so it is
/// shown and looked up, never relied on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ItemKey(String);

impl ItemKey {
    /// A key, or nothing when the text is empty, too long or holds anything but letters, digits, `-` and `_`.
    #[must_use]
    pub fn new(text: &str) -> Option<ItemKey> {
        let sound = !text.is_empty()
            && text.chars().count() <= limit::KEY_CHARS
            && text
                .chars()
                .all(|c| c.is_alphanumeric() || c == '-' || c == '_');
        sound.then(|| ItemKey(text.to_owned()))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The project's key before the last dash of a Jira key.
    #[must_use]
    pub fn project(&self) -> Option<&str> {
        let (project, _) = self.0.rsplit_once('-')?;
        (!project.is_empty() && self.number().is_some()).then_some(project)
    }

    /// The number behind the last dash of a Jira key.
    #[must_use]
    pub fn number(&self) -> Option<u64> {
        self.0
            .rsplit_once('-')
            .and_then(|(_, digits)| digits.parse().ok())
    }
}

impl std::fmt::Display for ItemKey {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(&self.0)
    }
}
