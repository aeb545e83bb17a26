//! Tokens of a query.

use super::super::error::Refusal;

/// One token.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Token {
    /// A bare word: a keyword, a number without quotes, a field without brackets.
    Word(String),
    /// A name in brackets.
    Name(String),
    /// A text in quotes, unescaped.
    Text(String),
    /// A number.
    Number(f64),
    /// `@me` and the like, in lower case without the sign.
    Macro(String),
    /// One of `= <> != > >= < <= ( ) , + - . *`.
    Sign(&'static str),
}

/// A token, and where in the text it begins.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Placed {
    pub(crate) token: Token,
    /// The byte at which it begins.
    pub(crate) at: usize,
}

const SIGNS: [&str; 14] = [
    "<>", "!=", ">=", "<=", "=", ">", "<", "(", ")", ",", "+", "-", ".", "*",
];

/// The tokens of a query's text.
///
/// # Errors
/// [`Refusal::Query`] at the first letter that begins no token.
pub(crate) fn tokens(query: &str) -> Result<Vec<Placed>, Refusal> {
    let mut tokens = Vec::new();
    let mut rest = query.trim_start();
    while let Some(first) = rest.chars().next() {
        let at = query.len() - rest.len();
        let (token, tail) = token(first, rest)?;
        tokens.push(Placed { token, at });
        rest = tail.trim_start();
    }
    Ok(tokens)
}

fn token(first: char, rest: &str) -> Result<(Token, &str), Refusal> {
    match first {
        '\'' | '"' => quoted(first, rest),
        '[' => {
            let inner = rest.get(1..).and_then(|r| r.split_once(']'));
            let (name, tail) =
                inner.ok_or_else(|| stopped("a name in brackets has no end", rest))?;
            Ok((Token::Name(name.trim().to_owned()), tail))
        }
        '@' => {
            let (word, tail) = word(rest.get(1..).unwrap_or(""));
            Ok((Token::Macro(word.to_lowercase()), tail))
        }
        c if c.is_ascii_digit() => number(rest),
        c if c.is_alphabetic() || c == '_' => {
            let (word, tail) = word(rest);
            Ok((Token::Word(word.to_owned()), tail))
        }
        _ => {
            let sign = SIGNS.iter().find(|sign| rest.starts_with(**sign));
            let sign = sign.ok_or_else(|| stopped("this letter begins nothing", rest))?;
            Ok((Token::Sign(sign), rest.get(sign.len()..).unwrap_or("")))
        }
    }
}

fn word(rest: &str) -> (&str, &str) {
    let inside = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.');
    let end = rest.find(|c| !inside(c)).unwrap_or(rest.len());
    let (word, _) = rest.split_at(end);
    rest.split_at(word.trim_end_matches('.').len())
}

fn number(rest: &str) -> Result<(Token, &str), Refusal> {
    let end = rest
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(rest.len());
    let (digits, tail) = rest.split_at(end);
    let number = digits
        .parse()
        .map_err(|_| stopped("this is no number", rest))?;
    Ok((Token::Number(number), tail))
}

/// A text up to its closing quote; a doubled quote stands for one.
fn quoted(quote: char, rest: &str) -> Result<(Token, &str), Refusal> {
    let mut text = String::new();
    let mut letters = rest.char_indices().skip(1).peekable();
    while let Some((at, letter)) = letters.next() {
        if letter != quote {
            text.push(letter);
            continue;
        }
        if letters.peek().is_some_and(|(_, next)| *next == quote) {
            letters.next();
            text.push(quote);
            continue;
        }
        let tail = rest.get(at + quote.len_utf8()..).unwrap_or("");
        return Ok((Token::Text(text), tail));
    }
    Err(stopped("a text in quotes has no end", rest))
}

fn stopped(why: &str, rest: &str) -> Refusal {
    let near: String = rest.chars().take(40).collect();
    Refusal::Query(format!(
        "Expecting a token: {why}. The error is caused by «{near}»."
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: &str) -> Vec<Token> {
        let placed = tokens(text).unwrap();
        placed.into_iter().map(|p| p.token).collect()
    }

    #[test]
    fn a_token_knows_where_it_begins() {
        let places: Vec<usize> = tokens(" a  ='ü' b").unwrap().iter().map(|p| p.at).collect();
        assert_eq!(places, [1, 4, 5, 10]);
    }

    #[test]
    fn a_doubled_quote_is_one() {
        assert_eq!(
            plain("[System.Title] <> 'it''s' and @today-3"),
            vec![
                Token::Name("System.Title".into()),
                Token::Sign("<>"),
                Token::Text("it's".into()),
                Token::Word("and".into()),
                Token::Macro("today".into()),
                Token::Sign("-"),
                Token::Number(3.0),
            ]
        );
        for broken in ["'open", "[open", "a ; b", "1.2.3"] {
            assert!(tokens(broken).is_err(), "{broken}");
        }
    }
}
