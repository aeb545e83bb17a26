//! The snippets: a file that people can review, as names and texts.

/// A text to be read.
pub(crate) struct Snippet {
    /// `topic/what-it-shows`
    pub(crate) name: String,
    /// The markup.
    pub(crate) text: String,
}

const HEAD: &str = "=== ";

/// The snippets of this file, in its order.
pub(crate) fn all() -> Vec<Snippet> {
    let file = include_str!("snippets.txt");
    let mut snippets: Vec<Snippet> = Vec::new();
    for line in file.split_inclusive('\n') {
        match (line.strip_prefix(HEAD), snippets.last_mut()) {
            (Some(name), _) => snippets.push(Snippet {
                name: name.trim().to_owned(),
                text: String::new(),
            }),
            (None, Some(snippet)) => snippet.text.push_str(line),
            (None, None) => {}
        }
    }
    for snippet in &mut snippets {
        snippet.text = spelled(body(&snippet.text));
    }
    snippets
}

/// The text without the empty line before the next name.
fn body(text: &str) -> &str {
    let text = text.strip_suffix('\n').unwrap_or(text);
    text.strip_suffix('\n').unwrap_or(text)
}

/// The text with the characters that are written by their numbers.
fn spelled(text: &str) -> String {
    let mut parts = text.split('⟦');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (digits, rest) = part.split_once('⟧').expect("⟦ and ⟧ stand in pairs");
        let code = u32::from_str_radix(digits, 16).expect("a number stands between ⟦ and ⟧");
        out.push(char::from_u32(code).expect("the number is that of a character"));
        out.push_str(rest);
    }
    out
}
