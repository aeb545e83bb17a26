//! Names that an administrator gives.

use serde::{Deserialize, Serialize};

use crate::limit;

/// Why a name was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// It is empty.
    #[error("a name must not be empty")]
    Empty,
    /// It is longer than [`limit::NAME_CHARS`].
    #[error("a name has at most {} characters", limit::NAME_CHARS)]
    TooLong,
    /// It holds a character that file names and markers cannot carry.
    #[error(
        "a name holds only letters a-z, digits, '-', '_' and '.', and begins with a letter or digit; found {0:?}"
    )]
    Character(char),
}

fn check(text: &str) -> Result<(), NameError> {
    let Some(first) = text.chars().next() else {
        return Err(NameError::Empty);
    };
    if text.chars().count() > limit::NAME_CHARS {
        return Err(NameError::TooLong);
    }
    if !first.is_ascii_alphanumeric() {
        return Err(NameError::Character(first));
    }
    let strange = text
        .chars()
        .find(|c| !c.is_ascii_alphanumeric() && !"-_.".contains(*c));
    strange.map_or(Ok(()), |c| Err(NameError::Character(c)))
}

macro_rules! name {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Takes a name after checking it.
            pub fn new(text: &str) -> Result<$name, NameError> {
                check(text).map(|()| $name(text.to_owned()))
            }

            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = NameError;

            fn try_from(text: String) -> Result<$name, NameError> {
                check(&text).map(|()| $name(text))
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> String {
                name.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                out.write_str(&self.0)
            }
        }
    };
}

name! {
    /// A customer of a node. Also the name of the folder that holds its store.
    TenantName
}
name! {
    /// A profile of a tenant. It stands in markers, so renaming a profile means new identities.
    ProfileName
}
name! {
    /// A rule of a profile, by which a pair's base is kept: the Jira field's id, unless the profile says otherwise.
    RuleName
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_name(text: &str, expected: Result<(), NameError>) {
        assert_eq!(ProfileName::new(text).map(|_| ()), expected, "{text:?}");
    }

    #[test]
    fn a_name_can_be_a_file_name_and_stand_in_a_marker() {
        check_name("web-to-platform", Ok(()));
        check_name("customfield_10010", Ok(()));
        check_name("", Err(NameError::Empty));
        check_name("../etc", Err(NameError::Character('.')));
        check_name("a/b", Err(NameError::Character('/')));
        check_name("a:b", Err(NameError::Character(':')));
        check_name(&"x".repeat(65), Err(NameError::TooLong));
    }
}
