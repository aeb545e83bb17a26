//! One line: a JSON object that ends with its seal, if there is one, and the sum over all before.
//!
//! The sum is taken over bytes, not over what they mean, so there is one spelling of each line.

use ring::digest::{SHA256, digest};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{AuditError, AuditKey};

/// SHA-256.
pub(super) type Sum = [u8; 32];

/// The digits of a sum or seal.
const DIGITS: usize = 64;

/// A line that is whole.
pub(super) struct Line<T> {
    pub(super) body: T,
    pub(super) sum: Sum,
    pub(super) seal: Option<Seal>,
}

/// A line's seal, and what it is taken over.
pub(super) struct Seal {
    seal: Sum,
    over: Vec<u8>,
}

impl Seal {
    pub(super) fn is_of(&self, key: &AuditKey) -> bool {
        key.is_sealed(&self.over, &self.seal)
    }
}

/// Puts a line into words, with its end, and gives its sum.
pub(super) fn write<T: Serialize>(
    body: &T,
    key: Option<&AuditKey>,
) -> Result<(String, Sum), AuditError> {
    let text = serde_json::to_string(body).map_err(|_| AuditError::Form)?;
    let mut text = text.strip_suffix('}').ok_or(AuditError::Form)?.to_owned();
    if let Some(key) = key {
        text.push_str(&format!(",\"key\":\"{}\"", key.id()));
        let seal = key.seal(text.as_bytes());
        text.push_str(&format!(",\"seal\":\"{}\"", hex(&seal)));
    }
    let sum = sum_of(text.as_bytes());
    text.push_str(&format!(",\"sum\":\"{}\"}}\n", hex(&sum)));
    Ok((text, sum))
}

/// Reads a line without its end.
///
/// # Errors
/// What is wrong with it.
pub(super) fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<Line<T>, &'static str> {
    const OTHER: &str = "it is no line of this log";
    let rest = bytes.strip_suffix(b"\"}").ok_or(OTHER)?;
    let (before, digits) = cut(rest, b",\"sum\":\"").ok_or(OTHER)?;
    let sum = sum_of(before);
    if unhex(digits) != Some(sum) {
        return Err("its sum is not that of its bytes");
    }
    let body = serde_json::from_slice(bytes);
    let body = body.map_err(|_| "it is not as this release writes it")?;
    let seal = before
        .strip_suffix(b"\"")
        .and_then(|rest| cut(rest, b",\"seal\":\""));
    let seal = seal.and_then(|(over, digits)| {
        let (seal, over) = (unhex(digits)?, over.to_vec());
        Some(Seal { seal, over })
    });
    Ok(Line { body, sum, seal })
}

/// Cuts the digits off the end, and the name before them.
fn cut<'a>(bytes: &'a [u8], name: &[u8]) -> Option<(&'a [u8], &'a str)> {
    let (before, digits) = bytes.split_at_checked(bytes.len().checked_sub(DIGITS)?)?;
    Some((
        before.strip_suffix(name)?,
        std::str::from_utf8(digits).ok()?,
    ))
}

fn sum_of(bytes: &[u8]) -> Sum {
    let mut sum = Sum::default();
    for (to, from) in sum.iter_mut().zip(digest(&SHA256, bytes).as_ref()) {
        *to = *from;
    }
    sum
}

pub(super) fn hex(bytes: &Sum) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Reads lower-case digits, as [`hex`] writes them, and no others.
pub(super) fn unhex(digits: &str) -> Option<Sum> {
    let value = |digit: u8| match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    };
    if digits.len() != DIGITS {
        return None;
    }
    let mut sum = Sum::default();
    for (to, pair) in sum.iter_mut().zip(digits.as_bytes().chunks_exact(2)) {
        *to = value(*pair.first()?)? << 4 | value(*pair.get(1)?)?;
    }
    Some(sum)
}
