//! The envelope around every typed value: which struct, which version, and whether the bytes are whole.
//!
//! bincode tolerates no added field, so a stored struct is frozen under its version for ever and a change is a new struct with
//! a new version. The envelope says which one to decode. On disk, little-endian: magic u16, format u8, kind u16, version u16,
//! length u32, crc32c u32 over all the rest, then the body in bincode 2's standard configuration.
//!
//! When kind and version match, a body that cannot be decoded is an error. It is never tried as something else.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::bytes::{self, Reader};
use crate::limit;

const MAGIC: u16 = 0xC0DE;
const FORMAT: u8 = 1;
const CRC_AT: usize = 11;
const HEADER: usize = 15;

/// A struct as it is stored, frozen: its fields and their order never change under the same version.
///
/// A record holds no content of an item, and does not nest without bound: bincode follows a recursive type as deep as the
/// bytes say.
pub trait Record: Serialize + DeserializeOwned {
    /// What the record is; one number per noun, never reused.
    const KIND: u16;
    /// Which layout of it; a new layout is a new struct with the next number.
    const VERSION: u16;
}

/// Why a record cannot be encoded.
#[derive(Debug, thiserror::Error)]
pub enum EncodeError {
    /// serde or bincode refused the value.
    #[error("a record of kind {kind} version {version} cannot be encoded: {source}")]
    Value {
        /// [`Record::KIND`].
        kind: u16,
        /// [`Record::VERSION`].
        version: u16,
        /// What bincode says.
        source: bincode::error::EncodeError,
    },
    /// The encoded body is longer than [`limit::RECORD_BYTES`].
    #[error(
        "a record of kind {kind} takes {length} bytes, more than {}",
        limit::RECORD_BYTES
    )]
    TooLong {
        /// [`Record::KIND`].
        kind: u16,
        /// The body's length in bytes.
        length: usize,
    },
}

/// Why bytes are not the record that was asked for.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// Too short for an envelope, or its length disagrees with the bytes that are there.
    #[error("the value ends within its envelope: {length} bytes; run fsck on the store")]
    Short {
        /// How many bytes there are.
        length: usize,
    },
    /// The value does not begin with the envelope's magic number.
    #[error("the value has no envelope; run fsck on the store")]
    Magic,
    /// The envelope itself is of a later format.
    #[error(
        "the value's envelope has format {format}, this program knows {FORMAT}: use a later release"
    )]
    Format {
        /// The format that was found.
        format: u8,
    },
    /// The bytes were damaged.
    #[error("the value's checksum is wrong; run fsck on the store")]
    Checksum,
    /// A whole record, but of another kind or version.
    #[error(
        "the value is of kind {kind} version {version}, wanted {wanted_kind} version {wanted_version}"
    )]
    Other {
        /// The kind that was found.
        kind: u16,
        /// The version that was found.
        version: u16,
        /// The kind that was asked for.
        wanted_kind: u16,
        /// The version that was asked for.
        wanted_version: u16,
    },
    /// Kind and version match and the bytes are whole, yet they are not this struct: the struct was changed in place.
    #[error("a record of kind {kind} version {version} cannot be decoded: {source}")]
    Body {
        /// [`Record::KIND`].
        kind: u16,
        /// [`Record::VERSION`].
        version: u16,
        /// What bincode says.
        source: bincode::error::DecodeError,
    },
    /// Kind and version match, yet bytes are left over: the struct was changed in place.
    #[error("a record of kind {kind} version {version} leaves {left} bytes over")]
    Trailing {
        /// [`Record::KIND`].
        kind: u16,
        /// [`Record::VERSION`].
        version: u16,
        /// How many bytes were left.
        left: usize,
    },
}

/// The stored bytes of a record.
///
/// # Errors
/// When serde refuses the value or the body is too long.
pub fn encode<R: Record>(record: &R) -> Result<Vec<u8>, EncodeError> {
    let body =
        bincode::serde::encode_to_vec(record, bincode::config::standard()).map_err(|source| {
            EncodeError::Value {
                kind: R::KIND,
                version: R::VERSION,
                source,
            }
        })?;
    if body.len() > limit::RECORD_BYTES {
        return Err(EncodeError::TooLong {
            kind: R::KIND,
            length: body.len(),
        });
    }
    let mut out = Vec::with_capacity(HEADER + body.len());
    out.extend_from_slice(&MAGIC.to_le_bytes());
    out.push(FORMAT);
    out.extend_from_slice(&R::KIND.to_le_bytes());
    out.extend_from_slice(&R::VERSION.to_le_bytes());
    out.extend_from_slice(&bytes::length(&body));
    let crc = crc32c::crc32c_append(crc32c::crc32c(&out), &body);
    out.extend_from_slice(&crc.to_le_bytes());
    out.extend_from_slice(&body);
    Ok(out)
}

/// The record in these bytes.
///
/// # Errors
/// When the bytes are damaged, of another kind or version, or not this struct.
pub fn decode<R: Record>(bytes: &[u8]) -> Result<R, DecodeError> {
    let (kind, version, body) = open(bytes)?;
    if (kind, version) != (R::KIND, R::VERSION) {
        let (wanted_kind, wanted_version) = (R::KIND, R::VERSION);
        return Err(DecodeError::Other {
            kind,
            version,
            wanted_kind,
            wanted_version,
        });
    }
    let config = bincode::config::standard().with_limit::<{ limit::RECORD_BYTES }>();
    let (record, used) =
        bincode::serde::decode_from_slice(body, config).map_err(|source| DecodeError::Body {
            kind,
            version,
            source,
        })?;
    match body.len().saturating_sub(used) {
        0 => Ok(record),
        left => Err(DecodeError::Trailing {
            kind,
            version,
            left,
        }),
    }
}

/// Kind and version of the record in these bytes, after its checksum was found right: the start of a migration chain.
///
/// # Errors
/// When the bytes are no whole envelope.
pub fn peek(bytes: &[u8]) -> Result<(u16, u16), DecodeError> {
    open(bytes).map(|(kind, version, _)| (kind, version))
}

fn open(bytes: &[u8]) -> Result<(u16, u16, &[u8]), DecodeError> {
    let short = DecodeError::Short {
        length: bytes.len(),
    };
    let Some(header) = header(bytes) else {
        return Err(short);
    };
    if header.magic != MAGIC {
        return Err(DecodeError::Magic);
    }
    if header.format != FORMAT {
        return Err(DecodeError::Format {
            format: header.format,
        });
    }
    if header.length as usize != header.body.len() {
        return Err(short);
    }
    let crc = crc32c::crc32c_append(crc32c::crc32c(header.covered), header.body);
    if crc != header.crc {
        return Err(DecodeError::Checksum);
    }
    Ok((header.kind, header.version, header.body))
}

struct Header<'a> {
    magic: u16,
    format: u8,
    kind: u16,
    version: u16,
    length: u32,
    crc: u32,
    covered: &'a [u8],
    body: &'a [u8],
}

fn header(bytes: &[u8]) -> Option<Header<'_>> {
    let mut reader = Reader::new(bytes);
    Some(Header {
        magic: reader.u16()?,
        format: reader.u8()?,
        kind: reader.u16()?,
        version: reader.u16()?,
        length: reader.u32()?,
        crc: reader.u32()?,
        covered: bytes.get(..CRC_AT)?,
        body: bytes.get(HEADER..)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct First {
        number: u32,
        name: String,
    }

    impl Record for First {
        const KIND: u16 = 7;
        const VERSION: u16 = 1;
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Second {
        number: u32,
        name: String,
        more: u8,
    }

    impl Record for Second {
        const KIND: u16 = 7;
        const VERSION: u16 = 2;
    }

    /// The same kind and version as `First` with another layout: the mistake that the envelope must not hide.
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Changed {
        number: u32,
    }

    impl Record for Changed {
        const KIND: u16 = 7;
        const VERSION: u16 = 1;
    }

    #[derive(Debug, Serialize, Deserialize)]
    struct Grown {
        number: u32,
        name: String,
        more: Vec<u64>,
    }

    impl Record for Grown {
        const KIND: u16 = 7;
        const VERSION: u16 = 1;
    }

    fn sample() -> First {
        First {
            number: 300,
            name: "ab".into(),
        }
    }

    #[test]
    fn the_bytes_of_an_envelope_are_frozen() {
        let bytes = encode(&sample()).unwrap();
        assert_eq!(bytes[..11], [0xDE, 0xC0, 1, 7, 0, 1, 0, 6, 0, 0, 0]);
        assert_eq!(bytes[15..], [251, 44, 1, 2, b'a', b'b']);
        assert_eq!(bytes[11..15], [187, 28, 104, 218]);
    }

    #[test]
    fn a_record_comes_back() {
        let bytes = encode(&sample()).unwrap();
        assert_eq!(decode::<First>(&bytes).unwrap(), sample());
        assert_eq!(peek(&bytes).unwrap(), (7, 1));
    }

    #[test]
    fn another_version_is_named_and_not_tried() {
        let bytes = encode(&sample()).unwrap();
        let error = decode::<Second>(&bytes).unwrap_err();
        assert!(matches!(
            error,
            DecodeError::Other {
                version: 1,
                wanted_version: 2,
                ..
            }
        ));
    }

    #[test]
    fn a_struct_changed_in_place_is_an_error() {
        let bytes = encode(&sample()).unwrap();
        assert!(matches!(
            decode::<Changed>(&bytes),
            Err(DecodeError::Trailing { left: 3, .. })
        ));
        assert!(matches!(
            decode::<Grown>(&bytes),
            Err(DecodeError::Body { .. })
        ));
    }

    #[test]
    fn a_claimed_length_beyond_the_limit_does_not_allocate() {
        let mut body = vec![1, 253];
        body.extend_from_slice(&u64::MAX.to_le_bytes());
        let mut bytes = vec![0xDE, 0xC0, 1, 7, 0, 1, 0];
        bytes.extend_from_slice(&bytes::length(&body));
        let crc = crc32c::crc32c_append(crc32c::crc32c(&bytes), &body);
        bytes.extend_from_slice(&crc.to_le_bytes());
        bytes.extend_from_slice(&body);
        assert!(matches!(
            decode::<First>(&bytes),
            Err(DecodeError::Body { .. })
        ));
    }

    #[test]
    fn every_flipped_bit_and_every_cut_is_found() {
        let bytes = encode(&sample()).unwrap();
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(peek(&flipped).is_err(), "bit {bit}");
        }
        for end in 0..bytes.len() {
            assert!(peek(&bytes[..end]).is_err(), "cut at {end}");
        }
    }
}
