//! The feed's position, as a text that others keep.
//!
//! ```text
//! cursor = "1:" mark ":" stage
//! mark   = the highest `updated`, in milliseconds, of everything that finished windows brought and this one so far
//! stage  = "rest"                                           the next window begins at the mark, less the overlap
//!        | ("first" | "again") ":" from ":" page ":" token  in the middle of a window that asks `updated >= from`;
//!                                                           an empty token is its beginning; "first" is followed by a walk
//!        | "walk:" project                                  after the first window: the projects up to this one, in order
//!                                                           of their keys, were searched for issues beyond the index
//! ```
//!
//! A token may hold any character and stands last. A cursor is never longer than [`limit::CURSOR_BYTES`].

use model::limit;

/// Pages of one window before it is called endless and begun anew.
const PAGES: u32 = 100_000;

/// Where the feed stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cursor {
    pub(crate) mark: i64,
    pub(crate) stage: Stage,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Between windows.
    Rest,
    /// In a window.
    Window(Window),
    /// After the first window: walking beyond the index. Holds the last project done; empty before the first.
    Walk(String),
}

/// A window under way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Window {
    /// Whether it is the first of this feed.
    pub(crate) first: bool,
    /// Its lower bound; there is never an upper one (jira.md 3.3).
    pub(crate) from: i64,
    /// How many pages were read.
    pub(crate) page: u32,
    /// What asks for the next page.
    pub(crate) token: String,
}

impl Window {
    /// A window from its beginning.
    pub(crate) fn new(first: bool, from: i64) -> Window {
        Window {
            first,
            from,
            page: 0,
            token: String::new(),
        }
    }

    /// The same window from its beginning, for when its token is no longer accepted.
    pub(crate) fn anew(&self) -> Window {
        Window::new(self.first, self.from)
    }

    /// The window at its next page; nothing when it has had too many.
    pub(crate) fn onward(&self, token: String) -> Option<Window> {
        let page = self.page + 1;
        (page <= PAGES).then(|| Window {
            page,
            token,
            ..self.clone()
        })
    }
}

impl Cursor {
    /// The position before everything.
    pub(crate) fn beginning() -> Cursor {
        Cursor {
            mark: 0,
            stage: Stage::Window(Window::new(true, 0)),
        }
    }

    /// The position in its text form; nothing when the token makes it longer than a cursor may be.
    pub(crate) fn text(&self) -> Option<String> {
        let stage = match &self.stage {
            Stage::Rest => "rest".to_owned(),
            Stage::Walk(project) => format!("walk:{project}"),
            Stage::Window(window) => {
                let name = if window.first { "first" } else { "again" };
                format!("{name}:{}:{}:{}", window.from, window.page, window.token)
            }
        };
        let text = format!("1:{}:{stage}", self.mark);
        (text.len() <= limit::CURSOR_BYTES).then_some(text)
    }

    /// Reads the text form.
    pub(crate) fn parse(text: &str) -> Option<Cursor> {
        if text.len() > limit::CURSOR_BYTES {
            return None;
        }
        let (mark, stage) = text.strip_prefix("1:")?.split_once(':')?;
        Some(Cursor {
            mark: moment(mark)?,
            stage: stage_of(stage)?,
        })
    }
}

fn moment(text: &str) -> Option<i64> {
    text.parse().ok().filter(|moment| *moment >= 0)
}

fn stage_of(text: &str) -> Option<Stage> {
    if text == "rest" {
        return Some(Stage::Rest);
    }
    let (name, rest) = text.split_once(':')?;
    let first = match name {
        "walk" => return Some(Stage::Walk(rest.to_owned())),
        "first" => true,
        "again" => false,
        _ => return None,
    };
    let mut parts = rest.splitn(3, ':');
    Some(Stage::Window(Window {
        first,
        from: moment(parts.next()?)?,
        page: parts.next()?.parse().ok().filter(|page| *page <= PAGES)?,
        token: parts.next()?.to_owned(),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, mark: i64, stage: Stage) {
        let cursor = Cursor { mark, stage };
        assert_eq!(Cursor::parse(text).as_ref(), Some(&cursor), "{text}");
        assert_eq!(cursor.text().as_deref(), Some(text));
    }

    #[test]
    fn a_position_reads_back() {
        let window = Window {
            first: false,
            from: 12,
            page: 3,
            token: "a:b=c:".to_owned(),
        };
        check("1:99:rest", 99, Stage::Rest);
        check("1:99:walk:", 99, Stage::Walk(String::new()));
        check("1:99:walk:WEB", 99, Stage::Walk("WEB".to_owned()));
        check("1:99:again:12:3:a:b=c:", 99, Stage::Window(window));
        check("1:0:first:0:0:", 0, Cursor::beginning().stage);
    }

    #[test]
    fn anything_else_is_no_position() {
        let long = format!("1:0:again:0:0:{}", "x".repeat(limit::CURSOR_BYTES));
        for text in [
            "",
            "1:",
            "2:0:rest",
            "1:x:rest",
            "1:-1:rest",
            "1:0:resting",
            "1:0:again:0",
            "1:0:again:0:0",
            "1:0:again:0:999999999:t",
            "1:0:again:-5:0:t",
            "1:0:later:0:0:t",
            &long,
        ] {
            assert_eq!(Cursor::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_window_is_not_endless() {
        let mut window = Window::new(false, 7);
        window.page = PAGES;
        assert_eq!(window.onward("t".to_owned()), None);
        assert_eq!(window.anew(), Window::new(false, 7));
    }

    #[test]
    fn a_token_that_is_too_long_has_no_text() {
        let window = Window::new(false, 7).onward("t".repeat(limit::CURSOR_BYTES));
        let stage = Stage::Window(window.expect("a page"));
        assert_eq!(Cursor { mark: 0, stage }.text(), None);
    }
}
