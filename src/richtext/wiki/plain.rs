//! Plain: lines that read as what was meant, known without reading them.
//!
//! A sign means something only where the grammar looks for it: at the beginning of a line, before or behind certain others. So most
//! of what people write cannot be taken for anything else, nor can a mark over words with spaces around them. The table here is
//! narrow on purpose: what it does not know is written with care and read again (`pen.rs`), which gives the same for what it does.

use crate::inline::{Inline, Text};
use crate::mark::Mark;

use super::link;

/// What a byte may mean in a text.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    /// Nothing, wherever it stands.
    Safe,
    /// Something, beside certain others.
    Near,
    /// Something.
    Sign,
}

/// For each byte what it may mean. Beyond ASCII nothing does.
const CLASSES: [Class; 256] = {
    let mut classes = [Class::Safe; 256];
    let mut byte = 0;
    while byte < 128 {
        classes[byte] = match byte as u8 {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => Class::Safe,
            b' ' | b'"' | b'#' | b'$' | b'%' | b'\'' | b')' | b',' | b'.' | b'/' => Class::Safe,
            b'<' | b'=' | b'>' | b'@' | b'`' => Class::Safe,
            b'-' | b'_' | b':' | b';' | b'(' | b'?' => Class::Near,
            _ => Class::Sign,
        };
        byte += 1;
    }
    classes
};

/// How many bytes the longest smiley in brackets has behind the first of them.
const SMILEY: usize = 8;

/// Appends the line in its plain spelling where nothing in it can be taken for something else; otherwise false, and nothing is
/// appended.
pub(super) fn push(out: &mut String, inlines: &[Inline]) -> bool {
    let plain = is_plain(inlines);
    if plain {
        for inline in inlines {
            if let Inline::Text(run) = inline {
                push_run(out, run);
            }
        }
    }
    plain
}

fn push_run(out: &mut String, run: &Text) {
    let (begin, end) = match run.marks.first() {
        Some(Mark::Strong) => ("*", "*"),
        Some(Mark::Em) => ("_", "_"),
        Some(Mark::Code) => ("{{", "}}"),
        Some(Mark::Link(_)) => ("[", "]"),
        _ => ("", ""),
    };
    out.push_str(begin);
    out.push_str(&run.text);
    if let Some(Mark::Link(link)) = run.marks.first() {
        out.push('|');
        out.push_str(&link.href);
    }
    out.push_str(end);
}

/// Whether this is text, with one mark over every second run of it and spaces around that.
fn is_plain(inlines: &[Inline]) -> bool {
    let last = inlines.len().saturating_sub(1);
    let mut marked = None;
    inlines.iter().enumerate().all(|(index, inline)| {
        let Inline::Text(run) = inline else {
            return false;
        };
        let here = !run.marks.is_empty();
        let alternates = marked.replace(here) != Some(here);
        let (before, behind) = (!here && index > 0, !here && index < last);
        alternates && is_run(run, before, behind) && (index > 0 || !is_lead(&run.text))
    })
}

/// Whether a run is plain and has spaces at its ends exactly where it should.
fn is_run(run: &Text, before: bool, behind: bool) -> bool {
    let marks = match run.marks.as_slice() {
        [] | [Mark::Strong | Mark::Em | Mark::Code] => true,
        [Mark::Link(link)] => link.title.is_none() && link::is_simple(&link.href),
        _ => false,
    };
    let bytes = run.text.as_bytes();
    let spaces = (bytes.first() == Some(&b' '), bytes.last() == Some(&b' '));
    marks && spaces == (before, behind) && is_text(bytes)
}

/// Whether a text at the beginning of a line makes a heading or a quote of it.
fn is_lead(text: &str) -> bool {
    matches!(text.as_bytes(), [b'h' | b'b', _, b'.', ..])
}

fn is_text(bytes: &[u8]) -> bool {
    let sign = |(at, byte): (usize, &u8)| match CLASSES[usize::from(*byte)] {
        Class::Safe => true,
        Class::Sign => false,
        Class::Near => is_alone(bytes, at, *byte),
    };
    let begins = bytes.first().is_some_and(|first| *first != b'#');
    begins && bytes.iter().enumerate().all(sign)
}

/// Whether this sign has neighbours with which it means nothing.
fn is_alone(bytes: &[u8], at: usize, sign: u8) -> bool {
    let before = at.checked_sub(1).and_then(|before| bytes.get(before));
    let next = bytes.get(at + 1);
    let both = |is: fn(&u8) -> bool| before.is_some_and(is) && next.is_some_and(is);
    let space = |byte: &u8| *byte == b' ';
    match sign {
        b'-' => both(u8::is_ascii_alphanumeric) || both(space),
        b'_' => both(u8::is_ascii_alphanumeric),
        b'?' => next != Some(&b'?'),
        // No smiley and no address begins.
        b':' | b';' => {
            let mail = bytes.get(..at).is_some_and(is_mail);
            next.is_none_or(space) && !mail || both(u8::is_ascii_digit)
        }
        b'(' => !bytes
            .iter()
            .skip(at + 1)
            .take(SMILEY)
            .any(|byte| *byte == b')'),
        _ => false,
    }
}

/// Whether a text ends with the scheme of addresses of mail.
fn is_mail(bytes: &[u8]) -> bool {
    let scheme = b"mailto";
    let end = bytes
        .len()
        .checked_sub(scheme.len())
        .and_then(|from| bytes.get(from..));
    end.is_some_and(|end| end.eq_ignore_ascii_case(scheme))
}
