//! Stored bytes as a record: damage is an error, never a panic and never a large allocation; what decodes encodes again.
//!
//! A random envelope never has the right checksum, so the bytes are tried as they are and as a body in a whole envelope.
#![no_main]

use std::collections::BTreeMap;

use libfuzzer_sys::fuzz_target;
use serde::{Deserialize, Serialize};
use storage::{Record, decode, encode, peek};

/// One of every shape that stored records are made of.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Shapes {
    number: u64,
    signed: i64,
    text: String,
    maybe: Option<Choice>,
    list: Vec<Vec<u8>>,
    map: BTreeMap<String, (u8, bool)>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
enum Choice {
    Plain,
    With([u8; 8]),
    Named { at: i64, what: String },
}

impl Record for Shapes {
    const KIND: u16 = 7;
    const VERSION: u16 = 1;
}

fuzz_target!(|bytes: &[u8]| {
    let _kind = peek(bytes);
    let _record = decode::<Shapes>(bytes);
    let Some(envelope) = wrapped(bytes) else {
        return;
    };
    if let Ok(record) = decode::<Shapes>(&envelope) {
        let encoded = encode(&record).expect("what decoded can be encoded");
        let again = decode::<Shapes>(&encoded).expect("what was encoded decodes");
        assert_eq!(record, again);
    }
});

/// The bytes as the body of an envelope with the right checksum: the frame of an honest record around another body.
fn wrapped(body: &[u8]) -> Option<Vec<u8>> {
    let honest = encode(&Shapes {
        number: 0,
        signed: 0,
        text: String::new(),
        maybe: None,
        list: Vec::new(),
        map: BTreeMap::new(),
    })
    .ok()?;
    let length = u32::try_from(body.len()).ok()?;
    let mut out = honest.get(..7)?.to_vec();
    out.extend_from_slice(&length.to_le_bytes());
    let crc = crc32c::crc32c_append(crc32c::crc32c(&out), body);
    out.extend_from_slice(&crc.to_le_bytes());
    out.extend_from_slice(body);
    Some(out)
}
