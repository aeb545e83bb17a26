//! Reading `multipart/form-data`, strictly: what is not well formed is refused whole, as the real server does.

use bytes::Bytes;

use crate::limit;

/// One file of a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Part {
    /// The name of the form's field.
    pub(crate) name: String,
    /// Nothing for a field that is no file.
    pub(crate) file_name: Option<String>,
    /// What the sender says it is.
    pub(crate) content_type: Option<String>,
    /// A part of the request's own body, not a copy.
    pub(crate) content: Bytes,
}

/// Why a body is not a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Broken {
    #[error("the request was rejected because no multipart boundary was found")]
    Boundary,
    #[error("Stream ended unexpectedly")]
    Ended,
    #[error("Header section has more than the allowed bytes or lines")]
    Head,
    #[error("A part has no form-data disposition with a name")]
    Disposition,
    #[error("The form has too many parts")]
    TooMany,
}

/// The boundary that a content type names; nothing when it is no multipart form.
pub(crate) fn boundary(content_type: &str) -> Option<Result<String, Broken>> {
    let (kind, rest) = content_type.split_once(';').unwrap_or((content_type, ""));
    if !kind.trim().eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    let named = parameter(rest, "boundary");
    let sound = |it: &String| !it.is_empty() && it.len() <= 70 && it.is_ascii();
    Some(named.filter(sound).ok_or(Broken::Boundary))
}

/// The parts of a form, in their order.
pub(crate) fn parse(body: &Bytes, boundary: &str) -> Result<Vec<Part>, Broken> {
    let delimiter = format!("--{boundary}");
    let first = find(body, delimiter.as_bytes(), 0).ok_or(Broken::Ended)?;
    // What stands before the first boundary is a preamble, which ends with its line.
    if first > 0 && !body[..first].ends_with(b"\r\n") {
        return Err(Broken::Ended);
    }
    let between = format!("\r\n{delimiter}");
    let mut at = first + delimiter.len();
    let mut parts = Vec::new();
    loop {
        if body[at..].starts_with(b"--") {
            return Ok(parts);
        }
        let line = find(body, b"\r\n", at).ok_or(Broken::Ended)?;
        if !body[at..line].iter().all(|it| matches!(it, b' ' | b'\t')) {
            return Err(Broken::Ended);
        }
        if parts.len() == limit::MULTIPART_PARTS_MAX {
            return Err(Broken::TooMany);
        }
        let (head, content) = head_at(body, line + 2)?;
        // A part without content ends with the line that ends its head.
        let end = find(body, between.as_bytes(), content.saturating_sub(2)).ok_or(Broken::Ended)?;
        parts.push(part(head, body.slice(content.min(end)..end))?);
        at = end + between.len();
    }
}

/// The head that begins here, and where the content after it begins.
fn head_at(body: &Bytes, at: usize) -> Result<(&str, usize), Broken> {
    let most = body
        .len()
        .min(at.saturating_add(limit::MULTIPART_HEAD_BYTES_MAX));
    let window = body.get(..most).unwrap_or_default();
    let end = find(window, b"\r\n\r\n", at).ok_or(if most == body.len() {
        Broken::Ended
    } else {
        Broken::Head
    })?;
    let head = std::str::from_utf8(&body[at..end]).map_err(|_| Broken::Head)?;
    Ok((head, end + 4))
}

fn part(head: &str, content: Bytes) -> Result<Part, Broken> {
    let mut disposition = None;
    let mut content_type = None;
    for line in head.split("\r\n") {
        let (name, value) = line.split_once(':').ok_or(Broken::Head)?;
        match name.trim().to_ascii_lowercase().as_str() {
            "content-disposition" => disposition = Some(value.trim()),
            "content-type" => content_type = Some(value.trim().to_owned()),
            _ => {}
        }
    }
    let disposition = disposition.ok_or(Broken::Disposition)?;
    let (kind, rest) = disposition.split_once(';').ok_or(Broken::Disposition)?;
    if !kind.trim().eq_ignore_ascii_case("form-data") {
        return Err(Broken::Disposition);
    }
    let extended = parameter(rest, "filename*").and_then(|it| {
        let encoded = it.rsplit("''").next()?.to_owned();
        let decoded = percent_encoding::percent_decode_str(&encoded);
        decoded.decode_utf8().ok().map(std::borrow::Cow::into_owned)
    });
    Ok(Part {
        name: parameter(rest, "name").ok_or(Broken::Disposition)?,
        file_name: extended.or_else(|| parameter(rest, "filename")),
        content_type,
        content,
    })
}

/// A parameter of a header: `; name="value"` or `; name=value`.
fn parameter(text: &str, wanted: &str) -> Option<String> {
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches([';', ' ', '\t']);
        let (name, after) = rest.split_once('=')?;
        let (value, then) = match after.strip_prefix('"') {
            Some(quoted) => unquote(quoted)?,
            None => {
                let (value, then) = after.split_once(';').unwrap_or((after, ""));
                (value.trim().to_owned(), then)
            }
        };
        if name.trim().eq_ignore_ascii_case(wanted) {
            return Some(value);
        }
        rest = then;
    }
}

/// What stands before the closing quote, and what follows it. Browsers write a quote inside as `%22`, others as `\"`.
fn unquote(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Some((value.replace("%22", "\""), text.get(at + 1..)?)),
            '\\' if text.get(at + 1..)?.starts_with(['"', '\\']) => {
                value.push(characters.next()?.1);
            }
            other => value.push(other),
        }
    }
    None
}

/// Where `wanted` first stands at or after `from`.
fn find(text: &[u8], wanted: &[u8], from: usize) -> Option<usize> {
    let first = *wanted.first()?;
    let mut at = from;
    while let Some(rest) = text.get(at..) {
        let step = rest.iter().position(|&byte| byte == first)?;
        if rest[step..].starts_with(wanted) {
            return Some(at + step);
        }
        at += step + 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(body: &str) -> Result<Vec<Part>, Broken> {
        parse(&Bytes::from(body.to_owned()), "XX")
    }

    #[test]
    fn a_form_is_read_whole() {
        let body = "preamble\r\n--XX\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a \\\"b\\\";.txt\"\r\nContent-Type: text/plain\r\n\r\none\r\n--X\r\ntwo\r\n--XX  \r\ncontent-disposition: form-data; filename*=UTF-8''%C3%A4.bin; name=file\r\n\r\n\r\n--XX--\r\nepilogue";
        let parts = parts(body).expect("a form");
        assert_eq!(parts[0].file_name.as_deref(), Some("a \"b\";.txt"));
        assert_eq!(parts[0].content_type.as_deref(), Some("text/plain"));
        assert_eq!(&parts[0].content[..], b"one\r\n--X\r\ntwo");
        assert_eq!(parts[1].file_name.as_deref(), Some("ä.bin"));
        assert_eq!(parts[1].name, "file");
        assert!(parts[1].content.is_empty());
        assert_eq!(parts.len(), 2);
    }

    #[test]
    fn what_is_not_well_formed_is_refused() {
        let check = |body: &str, expected: Broken| assert_eq!(parts(body), Err(expected), "{body}");
        let head = "Content-Disposition: form-data; name=\"file\"";
        check("", Broken::Ended);
        check("--XX", Broken::Ended);
        check("--XX\r\n", Broken::Ended);
        check(&format!("--XX\r\n{head}\r\n\r\nabc"), Broken::Ended);
        check(&format!("--XX\r\n{head}\r\n\r\nabc--XX--"), Broken::Ended);
        check(&format!("--XX\r\n{head}\r\n"), Broken::Ended);
        check("--XX\r\nno colon\r\n\r\nabc\r\n--XX--", Broken::Head);
        check("--XX\r\nA: b\r\n\r\nabc\r\n--XX--", Broken::Disposition);
        check(
            "--XX\r\nContent-Disposition: form-data; filename=\"x\"\r\n\r\nabc\r\n--XX--",
            Broken::Disposition,
        );
        let long = format!("--XX\r\nA: {}\r\n\r\nabc\r\n--XX--", "b".repeat(20_000));
        check(&long, Broken::Head);
        let many = format!("--XX\r\n{head}\r\n\r\na\r\n").repeat(200);
        check(&format!("{many}--XX--"), Broken::TooMany);
    }

    #[test]
    fn the_boundary_stands_in_the_content_type() {
        assert_eq!(boundary("application/json"), None);
        assert_eq!(boundary("multipart/form-data"), Some(Err(Broken::Boundary)));
        let quoted = boundary("Multipart/Form-Data; charset=utf-8; boundary=\"a b\"");
        assert_eq!(quoted, Some(Ok("a b".to_owned())));
        assert_eq!(
            boundary("multipart/form-data; boundary=XX"),
            Some(Ok("XX".to_owned()))
        );
    }
}
