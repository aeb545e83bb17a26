//! What may stand in the platform log.
//!
//! Architecture invariant: an event of ours holds words that stand in the source and values of types that are
//! [`Loggable`]: ids, sides, codes, counts, times, checked names, paths, and what the operating system says. A type that can
//! hold content has no such implementation, and neither has a text that was made while the program runs, so a title, a
//! comment or a remote's words do not compile into an event. `tests/tidy.rs` holds that nobody goes past [`log!`](crate::log!).

use std::fmt;
use std::io;
use std::panic::Location;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::problem::Code;
use crate::{Millis, NameError, PairId, ProfileName, RuleName, Side, TenantName};

/// What may be logged.
///
/// Implement it for types that cannot hold content: numbers, identities, codes of a closed list, names that an administrator
/// gave and that were checked, and errors made of these.
///
/// ```
/// use model::log::Loggable as _;
/// model::Side::Jira.form();
/// "words that stand in the source".form();
/// ```
///
/// Content cannot be logged:
///
/// ```compile_fail
/// use model::log::Loggable as _;
/// model::Value::Empty.form();
/// ```
///
/// ```compile_fail
/// use model::log::Loggable as _;
/// fn told(comment: &model::Comment) { comment.form(); }
/// ```
///
/// A text that was made while the program runs cannot either, nor any part of one:
///
/// ```compile_fail
/// use model::log::Loggable as _;
/// String::from("a title").form();
/// ```
///
/// ```compile_fail
/// use model::log::Loggable as _;
/// let title = String::from("a title");
/// title.as_str().form();
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` may not be logged",
    note = "log an id, a side, a code, a count or a checked name; a text made of these comes from `told!`"
)]
pub trait Loggable {
    /// How it stands in the log.
    type Form;

    /// It, as it stands in the log.
    fn form(&self) -> Self::Form;
}

/// Logs an event: a level of `tracing`, the words, and fields whose types are [`Loggable`].
///
/// The crate that uses it depends on `tracing`; this one knows nothing of it.
#[macro_export]
macro_rules! log {
    ($level:ident, $words:literal $(, $name:ident = $value:expr)* $(,)?) => {
        // `concat!` keeps the words from naming variables of their own.
        ::tracing::$level!(
            message = concat!($words)
            $(, $name = $crate::log::Loggable::form(&$value))*
        )
    };
}

/// A span: its name, fields whose types are [`Loggable`], and after a semicolon those that are told later.
///
/// The crate that uses it depends on `tracing`, as with [`log!`](crate::log!).
#[macro_export]
macro_rules! span {
    ($words:literal $(, $name:ident = $value:expr)* $(; $later:ident)?) => {
        ::tracing::info_span!(
            $words
            $(, $name = $crate::log::Loggable::form(&$value))*
            $(, $later = ::tracing::field::Empty)?
        )
    };
}

/// A text made of words that stand in the source and of what is [`Loggable`], for `{}` each.
///
/// ```
/// let told = model::told!("{} of {}", 3_u64, model::Side::Azure);
/// assert_eq!(told.as_str(), "3 of azure");
/// ```
///
/// ```compile_fail
/// let title = String::from("a title");
/// model::told!("{}", title);
/// ```
///
#[macro_export]
macro_rules! told {
    ($words:literal $(, $value:expr)* $(,)?) => {
        $crate::log::Told::assembled(concat!($words), &[$(&$crate::log::Loggable::form(&$value)),*])
    };
}

/// A text that may be logged, since it was made of nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told(Arc<str>);

impl Told {
    /// Puts the values in the places of `{}`; what [`told!`](crate::told!) calls.
    #[doc(hidden)]
    #[must_use]
    pub fn assembled(words: &'static str, values: &[&dyn fmt::Display]) -> Told {
        let mut values = values.iter();
        let mut parts = words.split("{}");
        let mut text = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            if let Some(value) = values.next() {
                text.push_str(&value.to_string());
            }
            text.push_str(part);
        }
        Told(text.into())
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Told {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// A name that was given in a configuration, where only its text is at hand. A text that does not look like one is not
/// shown: a name is a single word of letters, digits, `-`, `_` and `.`.
#[derive(Clone, Copy, Debug)]
pub struct Name<'a>(pub &'a str);

impl Loggable for Name<'_> {
    type Form = String;

    fn form(&self) -> String {
        let checked: Result<RuleName, NameError> = RuleName::new(self.0);
        checked.map_or_else(|_| "(not a name)".to_owned(), String::from)
    }
}

macro_rules! as_it_is {
    ($($type:ty),*) => {$(
        impl Loggable for $type {
            type Form = $type;

            fn form(&self) -> $type {
                *self
            }
        }
    )*};
}

as_it_is!(bool, u8, u16, u32, u64, usize, i32, i64);

/// Says that a type's own text may be logged.
#[macro_export]
macro_rules! loggable {
    ($($type:ty),* $(,)?) => {$(
        impl $crate::log::Loggable for $type {
            type Form = String;

            fn form(&self) -> String {
                self.to_string()
            }
        }
    )*};
}

loggable!(
    Code,
    NameError,
    PairId,
    ProfileName,
    RuleName,
    Side,
    TenantName,
    Told,
    io::ErrorKind
);

impl Loggable for &'static str {
    type Form = &'static str;

    fn form(&self) -> &'static str {
        self
    }
}

impl Loggable for Millis {
    type Form = i64;

    fn form(&self) -> i64 {
        self.0
    }
}

impl<T: Loggable + ?Sized> Loggable for &T {
    type Form = T::Form;

    fn form(&self) -> T::Form {
        (**self).form()
    }
}

impl<T: Loggable + ?Sized> Loggable for Arc<T> {
    type Form = T::Form;

    fn form(&self) -> T::Form {
        (**self).form()
    }
}

impl Loggable for Path {
    type Form = String;

    fn form(&self) -> String {
        self.display().to_string()
    }
}

impl Loggable for PathBuf {
    type Form = String;

    fn form(&self) -> String {
        self.display().to_string()
    }
}

impl Loggable for Location<'_> {
    type Form = String;

    fn form(&self) -> String {
        format!("{}:{}", self.file(), self.line())
    }
}

/// What the system says. An error that somebody made with words of his own is told by its kind.
impl Loggable for io::Error {
    type Form = String;

    fn form(&self) -> String {
        match self.raw_os_error() {
            Some(code) => format!("{} (os error {code})", self.kind()),
            None => self.kind().to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_is_no_name_is_not_shown() {
        assert_eq!(Name("jira-sync").form(), "jira-sync");
        for text in [
            "",
            "a title of two words",
            "alice@acme.example",
            &"x".repeat(65),
        ] {
            assert_eq!(Name(text).form(), "(not a name)", "{text:?}");
        }
    }

    #[test]
    fn the_words_that_an_error_was_made_with_are_not_shown() {
        let made = io::Error::other("the title of an item");
        assert!(!made.form().contains("title"));
        let found = io::Error::from_raw_os_error(28);
        assert!(found.form().contains("os error 28"), "{}", found.form());
    }

    #[test]
    fn values_stand_where_the_words_say() {
        assert_eq!(crate::told!("nothing").as_str(), "nothing");
        let told = crate::told!("{}: {} of 4", Side::Jira, 3_u64);
        assert_eq!(told.as_str(), "jira: 3 of 4");
        // What a value says is not looked at again.
        let nested = crate::told!("{}; {}", "{}", told);
        assert_eq!(nested.as_str(), "{}; jira: 3 of 4");
    }
}
