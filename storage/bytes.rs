//! Little-endian numbers read from untrusted bytes, without a panic.

/// Reads numbers and slices from the front of a byte slice; every read past the end is `None`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Reader<'a> {
        Reader { rest: bytes }
    }

    pub(crate) fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        Some(head)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    pub(crate) fn u8(&mut self) -> Option<u8> {
        self.array::<1>().map(|[byte]| byte)
    }

    pub(crate) fn u16(&mut self) -> Option<u16> {
        self.array().map(u16::from_le_bytes)
    }

    pub(crate) fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_le_bytes)
    }

    pub(crate) fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_le_bytes)
    }

    /// A slice behind its own length of four bytes.
    pub(crate) fn sized(&mut self) -> Option<&'a [u8]> {
        let length = usize::try_from(self.u32()?).ok()?;
        self.take(length)
    }

    /// A number as [`put_number`] writes it, within 32 bits.
    pub(crate) fn number(&mut self) -> Option<usize> {
        let mut number = 0u32;
        for shift in [0, 7, 14, 21, 28] {
            let byte = u32::from(self.u8()?);
            let part = byte & 0x7f;
            // What does not fit is no number of ours.
            if part.leading_zeros() < shift {
                return None;
            }
            number |= part << shift;
            if byte < 0x80 {
                return usize::try_from(number).ok();
            }
        }
        None
    }

    /// All that is left.
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }
}

/// Appends a slice behind its length of four bytes. Lengths are bounded far below 4 GiB before they come here.
pub(crate) fn put_sized(out: &mut Vec<u8>, bytes: &[u8]) {
    let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    out.extend_from_slice(&length.to_le_bytes());
    out.extend_from_slice(bytes);
}

/// A length that is bounded far below 4 GiB, as the four bytes on disk.
pub(crate) fn length(bytes: &[u8]) -> [u8; 4] {
    u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_le_bytes()
}

/// Appends a number in as few bytes as it needs (LEB128). It is a length that is bounded far below 4 GiB.
pub(crate) fn put_number(out: &mut Vec<u8>, number: usize) {
    let mut rest = u32::try_from(number).unwrap_or(u32::MAX);
    while rest >= 0x80 {
        out.push(0x80 | (rest & 0x7f) as u8);
        rest >>= 7;
    }
    out.push(rest as u8);
}

/// A position in memory as a position in a file.
pub(crate) fn offset(position: usize) -> u64 {
    position as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_back_and_others_are_none() {
        for number in [0, 1, 127, 128, 16_383, 16_384, 1 << 28, u32::MAX as usize] {
            let mut bytes = Vec::new();
            put_number(&mut bytes, number);
            let mut reader = Reader::new(&bytes);
            assert_eq!((reader.number(), reader.is_empty()), (Some(number), true));
            bytes.pop();
            assert_eq!(Reader::new(&bytes).number(), None, "{number} cut");
        }
        assert_eq!(Reader::new(&[0xff, 0xff, 0xff, 0xff, 0x10]).number(), None);
        assert_eq!(Reader::new(&[0x80; 6]).number(), None);
    }
}
