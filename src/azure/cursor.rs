//! How far the revisions feed was read, as an opaque text.

use model::limit;

/// A position in the feed. Its text is `1:` and the service's continuation token (azure.md 3.1); the number in front lets
/// a later version hold more than one feed's position.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Cursor {
    /// The service's token; none at the beginning.
    pub(crate) token: Option<String>,
}

const PREFIX: &str = "1:";

impl Cursor {
    /// Reads the text.
    pub(crate) fn parse(text: &str) -> Option<Cursor> {
        let token = text.strip_prefix(PREFIX)?;
        sound(token).then(|| Cursor {
            token: (!token.is_empty()).then(|| token.to_owned()),
        })
    }

    /// The position behind a page. Nothing when the token is none that we could keep.
    pub(crate) fn at(token: &str) -> Option<Cursor> {
        (sound(token) && !token.is_empty()).then(|| Cursor {
            token: Some(token.to_owned()),
        })
    }
}

/// A token is short and printable, whatever it means.
fn sound(token: &str) -> bool {
    token.len() + PREFIX.len() <= limit::CURSOR_BYTES && token.chars().all(|c| c.is_ascii_graphic())
}

impl std::fmt::Display for Cursor {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{PREFIX}{}", self.token.as_deref().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_reads_back() {
        for cursor in [Some(Cursor::default()), Cursor::at("813;350;1")] {
            let text = cursor.as_ref().map(Cursor::to_string).unwrap_or_default();
            assert!(cursor.is_some());
            assert_eq!(Cursor::parse(&text), cursor);
        }
    }

    #[test]
    fn a_strange_text_is_no_cursor() {
        let long = format!("1:{}", "9".repeat(limit::CURSOR_BYTES));
        for text in ["", "813;350;1", "2:813;350;1", "1:a b", "1:\u{e9}", &long] {
            assert_eq!(Cursor::parse(text), None, "{text}");
        }
        assert_eq!(Cursor::at(""), None);
    }
}
