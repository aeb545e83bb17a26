//! Cutting JQL into tokens.

use crate::limit;

/// What a token is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A word outside of quotation marks.
    Word(String),
    /// A text within quotation marks.
    Quoted(String),
    /// `(`, `)`, `,` or an operator made of signs.
    Sign(&'static str),
}

/// A token and where it begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) kind: Kind,
    /// The place, as Jira's messages give it: `(line 1, character 9)`.
    pub(crate) place: String,
}

/// Signs, longer ones before their own beginnings.
const SIGNS: [&str; 16] = [
    "!=", "!~", "<=", ">=", "&&", "||", "=", "<", ">", "~", "(", ")", ",", "&", "|", "!",
];

struct Cursor {
    characters: Vec<char>,
    at: usize,
}

impl Cursor {
    fn peek(&self) -> Option<char> {
        self.characters.get(self.at).copied()
    }

    fn place(&self) -> String {
        let before = self.characters.get(..self.at).unwrap_or_default();
        let line = before.iter().filter(|&&it| it == '\n').count() + 1;
        let column = before.iter().rev().take_while(|&&it| it != '\n').count() + 1;
        format!("(line {line}, character {column})")
    }

    fn sign(&mut self) -> Option<&'static str> {
        let rest = self.characters.get(self.at..).unwrap_or_default();
        let fits = |sign: &&&str| {
            sign.chars()
                .enumerate()
                .all(|(i, it)| rest.get(i) == Some(&it))
        };
        let sign = SIGNS.iter().find(fits)?;
        self.at += sign.chars().count();
        Some(sign)
    }

    fn word(&mut self) -> String {
        let begun = self.at;
        while self.peek().is_some_and(is_word) {
            self.at += 1;
        }
        self.characters
            .get(begun..self.at)
            .unwrap_or_default()
            .iter()
            .collect()
    }

    /// The character of the four hexadecimal digits after `\u`.
    fn code_point(&mut self, place: &str) -> Result<char, String> {
        let digits: String = self.characters.iter().skip(self.at).take(4).collect();
        self.at += 4;
        let sound = digits.len() == 4 && digits.bytes().all(|it| it.is_ascii_hexdigit());
        let code = sound
            .then(|| u32::from_str_radix(&digits, 16).ok())
            .flatten();
        code.and_then(char::from_u32).ok_or_else(|| {
            format!(
                "Error in the JQL Query: '\\u{digits}' is an illegal JQL escape sequence. {place}"
            )
        })
    }

    fn quoted(&mut self, mark: char, place: &str) -> Result<String, String> {
        self.at += 1;
        let mut text = String::new();
        while let Some(next) = self.peek() {
            self.at += 1;
            match next {
                '\\' => {
                    let escaped = self.peek();
                    self.at += 1;
                    text.push(match escaped {
                        Some('u') => self.code_point(place)?,
                        escaped => unescape(escaped, place)?,
                    });
                }
                next if next == mark => return Ok(text),
                next => text.push(next),
            }
        }
        Err(format!(
            "Error in the JQL Query: The quoted string '{text}' has not been completed. {place}"
        ))
    }
}

fn unescape(escaped: Option<char>, place: &str) -> Result<char, String> {
    match escaped {
        Some('n') => Ok('\n'),
        Some('t') => Ok('\t'),
        Some('r') => Ok('\r'),
        Some(mark @ ('"' | '\'' | '\\' | ' ')) => Ok(mark),
        Some(other) => Err(format!(
            "Error in the JQL Query: '\\{other}' is an illegal JQL escape sequence. {place}"
        )),
        None => Err(format!(
            "Error in the JQL Query: The escape sequence is not complete. {place}"
        )),
    }
}

fn is_word(character: char) -> bool {
    !character.is_whitespace() && !"()=!<>~,&|\"'\\".contains(character)
}

/// Characters that JQL keeps for later and wants quoted.
const RESERVED: &str = "{}[]*^%$#@?;";

/// All tokens of a text.
pub(crate) fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let characters: Vec<char> = text.chars().collect();
    if characters.len() > limit::JQL_CHARS_MAX {
        return Err("The JQL query is too long.".to_owned());
    }
    let mut cursor = Cursor { characters, at: 0 };
    let mut tokens = Vec::new();
    while let Some(next) = cursor.peek() {
        if next.is_whitespace() {
            cursor.at += 1;
            continue;
        }
        let place = cursor.place();
        let kind = one(&mut cursor, next, &place)?;
        tokens.push(Token { kind, place });
    }
    Ok(tokens)
}

fn one(cursor: &mut Cursor, next: char, place: &str) -> Result<Kind, String> {
    if next == '"' || next == '\'' {
        return cursor.quoted(next, place).map(Kind::Quoted);
    }
    if let Some(sign) = cursor.sign() {
        return Ok(Kind::Sign(sign));
    }
    let word = cursor.word();
    if is_custom_field(&word) {
        return Ok(Kind::Word(word));
    }
    if word.is_empty() {
        return Err(illegal(next, place));
    }
    match word.chars().find(|it| RESERVED.contains(*it)) {
        Some(reserved) => Err(illegal(reserved, place)),
        None => Ok(Kind::Word(word)),
    }
}

/// `cf[10016]` names a custom field by its number; nowhere else may brackets stand outside of quotation marks.
fn is_custom_field(word: &str) -> bool {
    let inner = word
        .get(..3)
        .filter(|it| it.eq_ignore_ascii_case("cf["))
        .and_then(|_| word.get(3..));
    inner
        .and_then(|it| it.strip_suffix(']'))
        .is_some_and(|it| !it.is_empty() && it.bytes().all(|digit| digit.is_ascii_digit()))
}

fn illegal(character: char, place: &str) -> String {
    format!(
        "Error in the JQL Query: The character '{character}' is a reserved JQL character. You must enclose it in a string or use the escape '\\u{:04x}' instead. {place}",
        u32::from(character)
    )
}
