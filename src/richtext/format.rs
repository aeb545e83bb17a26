//! Format: the four forms of a rich text by name, for callers that learn only while they run which one they have.

use std::fmt;

use crate::document::Document;
use crate::limit::MAX_TEXT_BYTES;
use crate::loss::Loss;
use crate::resolver::Resolver;
use crate::{adf, html, markdown, wiki};

/// A form of rich text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    /// The Atlassian Document Format as JSON: Jira Cloud's REST API v3 (jira.md 13.1).
    Adf,
    /// Jira's wiki markup: Data Center, and Cloud's v2 (jira.md 13.5).
    Wiki,
    /// HTML as Azure DevOps stores it (azure.md 9).
    Html,
    /// Markdown as Azure DevOps takes it (azure.md 9).
    Markdown,
}

/// Why a text is not in the format that it is said to be in. Wiki markup, HTML and Markdown give a meaning to every text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// It is longer than is read.
    TooLarge,
    /// It is not UTF-8.
    NotText {
        /// The position of the first byte that is wrong, from 0.
        at: usize,
    },
    /// It is not JSON, or nested too deeply.
    NotJson {
        /// Where, counted from 1.
        line: usize,
        /// Where in the line, counted from 1.
        column: usize,
        /// Whether the nesting is what is wrong.
        deep: bool,
    },
    /// It is JSON, but no document.
    NotDocument,
}

impl fmt::Display for Unreadable {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unreadable::TooLarge => write!(
                out,
                "longer than {} MiB, the most that is converted at once; convert its parts",
                MAX_TEXT_BYTES / (1024 * 1024)
            ),
            Unreadable::NotText { at } => write!(
                out,
                "not UTF-8 text: byte {at} cannot stand there; convert the text to UTF-8 first"
            ),
            Unreadable::NotJson {
                line,
                column,
                deep: true,
            } => write!(
                out,
                "line {line}, column {column}: nested deeper than any editor makes it; no more than 128 levels are read"
            ),
            Unreadable::NotJson {
                line,
                column,
                deep: false,
            } => write!(
                out,
                "line {line}, column {column}: not JSON; a document begins with {{\"type\":\"doc\",\"version\":1,\"content\":["
            ),
            Unreadable::NotDocument => write!(
                out,
                "JSON, but no document: the outermost object has no \"type\":\"doc\"; give the value of the field alone, \
                 without what is around it"
            ),
        }
    }
}

impl std::error::Error for Unreadable {}

/// Editors on Windows begin files with this mark, which is no part of the text.
const MARK: char = '\u{feff}';

impl Format {
    /// Every format.
    pub const ALL: [Format; 4] = [Format::Adf, Format::Wiki, Format::Html, Format::Markdown];

    /// The name that the command line uses.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Format::Adf => "adf",
            Format::Wiki => "wiki",
            Format::Html => "html",
            Format::Markdown => "markdown",
        }
    }

    /// Reads a text in this format.
    ///
    /// # Errors
    /// [`Unreadable`] when it is not in this format at all. What is odd within it is a loss.
    pub fn read(self, bytes: &[u8]) -> Result<(Document, Vec<Loss>), Unreadable> {
        if bytes.len() > MAX_TEXT_BYTES {
            return Err(Unreadable::TooLarge);
        }
        let text = std::str::from_utf8(bytes).map_err(|error| Unreadable::NotText {
            at: error.valid_up_to(),
        })?;
        let text = text.strip_prefix(MARK).unwrap_or(text);
        Ok(match self {
            Format::Adf => adf::read_text(text)?,
            Format::Wiki => wiki::read(text),
            Format::Html => html::read(text),
            Format::Markdown => markdown::read(text),
        })
    }

    /// Writes a document in this format.
    pub fn write(self, document: &Document, resolver: &dyn Resolver) -> (String, Vec<Loss>) {
        let (mut text, losses) = match self {
            Format::Adf => adf::write_text(document, resolver),
            Format::Wiki => wiki::write(document, resolver),
            Format::Html => html::write(document, resolver),
            Format::Markdown => markdown::write(document, resolver),
        };
        // A reader takes the first one for no part of the text.
        if text.starts_with(MARK) {
            text.insert(0, MARK);
        }
        (text, losses)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(format: Format, bytes: &[u8], expected: &Unreadable) {
        assert_eq!(format.read(bytes).unwrap_err(), *expected);
    }

    #[test]
    fn what_is_not_the_format_at_all_is_told_with_its_place() {
        let json = |line, column, deep| Unreadable::NotJson { line, column, deep };
        check(Format::Adf, b"h1. Title", &json(1, 1, false));
        check(Format::Adf, b"{\"type\":\n\"doc\",}", &json(2, 7, false));
        check(Format::Adf, b"[]", &Unreadable::NotDocument);
        check(
            Format::Adf,
            b"{\"type\":\"paragraph\"}",
            &Unreadable::NotDocument,
        );
        check(Format::Html, b"ab\xff", &Unreadable::NotText { at: 2 });
        let long = vec![b' '; MAX_TEXT_BYTES + 1];
        for format in Format::ALL {
            check(format, &long, &Unreadable::TooLarge);
        }
        let deep = "[".repeat(100_000);
        assert!(matches!(
            Format::Adf.read(deep.as_bytes()),
            Err(Unreadable::NotJson { deep: true, .. })
        ));
    }

    #[test]
    fn a_mark_at_the_beginning_of_a_file_is_no_text() {
        let (document, losses) = Format::Wiki.read("\u{feff}a".as_bytes()).unwrap();
        assert_eq!(losses, []);
        assert_eq!(document.plain_text(), "a");
    }

    #[test]
    fn a_text_that_itself_begins_with_the_mark_keeps_it() {
        let bytes = "\u{feff}\u{feff}a".as_bytes();
        for from in Format::ALL.into_iter().filter(|it| *it != Format::Adf) {
            let (document, _losses) = from.read(bytes).unwrap();
            let (written, _losses) = from.write(&document, &crate::Verbatim);
            let (again, _losses) = from.read(written.as_bytes()).unwrap();
            assert_eq!(again, document, "{}", from.name());
        }
    }
}
