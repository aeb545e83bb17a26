//! What `~` looks for: words, phrases in inner quotation marks, words that must not be there, and `*` and `?` within
//! words.

/// One thing that must be in a text, or must not.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Piece {
    /// Words that follow each other; a single word is a phrase of one.
    words: Vec<String>,
    negated: bool,
}

/// All that must be in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Words(Vec<Piece>);

impl Words {
    /// Reads the text after `~`; the error is Jira's message.
    pub(crate) fn parse(field: &str, text: &str) -> Result<Self, String> {
        if let Some(first) = text.trim().chars().next().filter(|it| "*?".contains(*it)) {
            return Err(format!(
                "The text query '{text}' for field '{field}' is not allowed to start with character '{first}'."
            ));
        }
        let mut pieces = Vec::new();
        for (index, part) in text.split('"').enumerate() {
            // Every second part stands between quotation marks.
            if index % 2 == 1 {
                pieces.push(piece(part, false));
            } else {
                pieces.extend(part.split_whitespace().map(word));
            }
        }
        pieces.retain(|piece| !piece.words.is_empty());
        if pieces.is_empty() {
            return Err(format!(
                "The field '{field}' does not support searching for an empty string."
            ));
        }
        Ok(Self(pieces))
    }

    /// Whether a text has all that it must have.
    pub(crate) fn are_in(&self, text: &str) -> bool {
        let present = split(text);
        self.0
            .iter()
            .all(|piece| piece.is_in(&present) != piece.negated)
    }
}

fn word(part: &str) -> Piece {
    match part.strip_prefix('-') {
        Some(rest) => piece(rest, true),
        None => piece(part, false),
    }
}

fn piece(text: &str, negated: bool) -> Piece {
    Piece {
        words: split(text),
        negated,
    }
}

impl Piece {
    fn is_in(&self, present: &[String]) -> bool {
        present.windows(self.words.len().max(1)).any(|window| {
            self.words
                .iter()
                .zip(window)
                .all(|(pattern, word)| fits(pattern, word))
        })
    }
}

/// Whether a word fits a pattern in which `*` is any run of characters and `?` any one.
fn fits(pattern: &str, word: &str) -> bool {
    if !pattern.contains(['*', '?']) {
        return pattern == word;
    }
    // The set of places in the pattern that the word read so far can have reached.
    let pattern: Vec<char> = pattern.chars().collect();
    let mut reached = vec![false; pattern.len() + 1];
    let close = |reached: &mut Vec<bool>| {
        for (at, sign) in pattern.iter().enumerate() {
            if *sign == '*' && reached[at] {
                reached[at + 1] = true;
            }
        }
    };
    reached[0] = true;
    close(&mut reached);
    for character in word.chars() {
        let mut next = vec![false; pattern.len() + 1];
        for (at, sign) in pattern.iter().enumerate().filter(|(at, _)| reached[*at]) {
            match sign {
                '*' => next[at] = true,
                '?' => next[at + 1] = true,
                sign if *sign == character => next[at + 1] = true,
                _ => {}
            }
        }
        close(&mut next);
        reached = next;
    }
    reached[pattern.len()]
}

/// The words of a text, lower case; `*` and `?` belong to words.
fn split(text: &str) -> Vec<String> {
    let apart = |it: char| !it.is_alphanumeric() && it != '*' && it != '?';
    text.to_lowercase()
        .split(apart)
        .filter(|it| it.contains(char::is_alphanumeric))
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_phrases_and_patterns_are_found() {
        let check = |query: &str, text: &str, expected: bool| {
            let words = Words::parse("summary", query).expect(query);
            assert_eq!(words.are_in(text), expected, "{query} in {text}");
        };
        check("pay", "Companies pay later", true);
        check("pay later", "later they pay", true);
        check("\"pay later\"", "later they pay", false);
        check("\"pay later\"", "Companies Pay, later", true);
        check("pa*", "we pay", true);
        check("p?y", "we pay", true);
        check("p?y", "we play", false);
        check("p*y*r", "a payer", true);
        check("pay -later", "pay later", false);
        check("pay -later", "pay now", true);
        check("e-mail", "the e-mail", true);
        check("e-mail", "mail e", false);
    }

    #[test]
    fn an_empty_text_and_a_leading_star_are_refused() {
        let text = |query: &str| Words::parse("summary", query).expect_err(query);
        assert!(text("").contains("empty string"));
        assert!(text("...").contains("empty string"));
        assert!(text("*pay").contains("not allowed to start with character '*'"));
    }
}
