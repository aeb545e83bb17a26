//! What bytes may hold behind an encoding: whatever can be unpacked of them, and of that again.

use std::io::Read as _;

use base64::Engine as _;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use flate2::read::{MultiGzDecoder, ZlibDecoder};

/// How often what was unpacked is unpacked again.
const DEPTH: usize = 3;
/// The shortest run that is taken for encoded.
const RUN: usize = 12;
/// The most bytes that one compressed part gives.
const MOST: u64 = 16 << 20;

/// A way to unpack, by name.
type Decoder = (&'static str, fn(&[u8]) -> Vec<u8>);

/// All of them. A release that learns to write in another form gets a row here.
const DECODERS: [Decoder; 8] = [
    ("gzip", gzip),
    ("zlib", zlib),
    ("base64", |bytes| base64(bytes, &STANDARD, b"+/")),
    ("base64url", |bytes| base64(bytes, &URL_SAFE, b"-_")),
    ("hex", hex),
    ("percent", percent),
    ("\\u escapes", escapes),
    ("entities", entities),
];

/// Everything that can be unpacked, with the names of the ways to it.
pub(crate) fn all(bytes: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut found: Vec<(String, Vec<u8>)> = Vec::new();
    let mut from = 0;
    for depth in 0..DEPTH {
        let until = found.len();
        let mut fresh = Vec::new();
        let sources = found.get(from..until).unwrap_or_default();
        let sources = sources
            .iter()
            .map(|(way, bytes)| (way.as_str(), bytes.as_slice()));
        let first = (depth == 0).then_some(("", bytes));
        for (way, source) in first.into_iter().chain(sources) {
            for (name, decode) in DECODERS {
                let decoded = decode(source);
                if !decoded.is_empty() {
                    fresh.push((format!("{way} in {name}"), decoded));
                }
            }
        }
        from = until;
        found.extend(fresh);
    }
    found
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let is_head = |at: &[u8]| at.starts_with(&[0x1f, 0x8b, 8]);
    unpacked(bytes, is_head, |part, out| {
        MultiGzDecoder::new(part).take(MOST).read_to_end(out).ok()
    })
}

fn zlib(bytes: &[u8]) -> Vec<u8> {
    let is_head = |at: &[u8]| {
        at.first() == Some(&0x78)
            && at
                .get(1)
                .is_some_and(|second| [1, 0x5e, 0x9c, 0xda].contains(second))
    };
    unpacked(bytes, is_head, |part, out| {
        ZlibDecoder::new(part).take(MOST).read_to_end(out).ok()
    })
}

/// Tries wherever a head stands. What comes before an error counts too.
fn unpacked(
    bytes: &[u8],
    is_head: impl Fn(&[u8]) -> bool,
    unpack: impl Fn(&[u8], &mut Vec<u8>) -> Option<usize>,
) -> Vec<u8> {
    let mut all = Vec::new();
    for at in 0..bytes.len() {
        if is_head(&bytes[at..]) {
            unpack(&bytes[at..], &mut all);
            all.push(0);
        }
    }
    // A head that was none leaves nothing but its mark.
    if all.iter().all(|byte| *byte == 0) {
        Vec::new()
    } else {
        all
    }
}

/// The runs of such bytes that are long enough, decoded, with a zero byte between.
fn runs(
    bytes: &[u8],
    is_part: impl Fn(u8) -> bool,
    decode: impl Fn(&[u8], &mut Vec<u8>),
) -> Vec<u8> {
    let mut all = Vec::new();
    for run in bytes.split(|byte| !is_part(*byte)) {
        if run.len() >= RUN {
            decode(run, &mut all);
            all.push(0);
        }
    }
    all
}

fn base64(bytes: &[u8], alphabet: &base64::alphabet::Alphabet, own: &[u8; 2]) -> Vec<u8> {
    let lenient = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    let engine = GeneralPurpose::new(alphabet, lenient);
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || own.contains(&byte);
    runs(bytes, is_part, |run, all| {
        // What stands before it may belong to the alphabet too, so it may begin at any of four places.
        for skipped in 0..4 {
            let run = &run[skipped..];
            let whole = run.len() - usize::from(run.len() % 4 == 1);
            all.extend(engine.decode(&run[..whole]).unwrap_or_default());
            all.push(0);
        }
    })
}

fn hex(bytes: &[u8]) -> Vec<u8> {
    runs(
        bytes,
        |byte| byte.is_ascii_hexdigit(),
        |run, all| {
            for skipped in 0..2 {
                let run = &run[skipped..];
                let whole = run.len() - run.len() % 2;
                all.extend(hex::decode(&run[..whole]).unwrap_or_default());
                all.push(0);
            }
        },
    )
}

fn percent(bytes: &[u8]) -> Vec<u8> {
    let decoded: Vec<u8> = percent_encoding::percent_decode(bytes).collect();
    if decoded.len() == bytes.len() {
        Vec::new()
    } else {
        decoded
    }
}

/// Replaces each escape of that form by the character that it names; nothing where there is none.
fn replaced(bytes: &[u8], head: &[u8], unit: impl Fn(&[u8]) -> Option<(u32, usize)>) -> Vec<u8> {
    let (mut out, mut at, mut met) = (Vec::new(), 0, false);
    while at < bytes.len() {
        let escape = bytes[at..].strip_prefix(head).and_then(&unit);
        let Some((code, length)) = escape else {
            out.push(bytes[at]);
            at += 1;
            continue;
        };
        met = true;
        let shown = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
        out.extend(shown.to_string().bytes());
        at += head.len() + length;
    }
    if met { out } else { Vec::new() }
}

fn escapes(bytes: &[u8]) -> Vec<u8> {
    replaced(bytes, b"\\u", |rest| {
        let digits = std::str::from_utf8(rest.get(..4)?).ok()?;
        Some((u32::from_str_radix(digits, 16).ok()?, 4))
    })
}

fn entities(bytes: &[u8]) -> Vec<u8> {
    replaced(bytes, b"&#", |rest| {
        let end = rest.iter().take(8).position(|byte| *byte == b';')?;
        let digits = std::str::from_utf8(rest.get(..end)?).ok()?;
        let code = match digits.strip_prefix(['x', 'X']) {
            Some(digits) => u32::from_str_radix(digits, 16),
            None => digits.parse(),
        };
        Some((code.ok()?, end + 1))
    })
}
