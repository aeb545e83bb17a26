//! A hash that is quick for many small words. Nobody chooses what it is given, so it need not withstand anybody.

use std::hash::Hasher;

/// Takes in words one after the other, each by a multiplication whose two halves are folded into one.
#[derive(Default)]
pub(super) struct Mix(u64);

impl Mix {
    fn word(&mut self, word: u64) {
        let mixed = u128::from(self.0.rotate_left(23) ^ word ^ 0x9e37_79b9_7f4a_7c15);
        let product = mixed * 0xd6e8_feb8_6659_fd93;
        self.0 = (product >> 64) as u64 ^ product as u64;
    }
}

impl Hasher for Mix {
    fn finish(&self) -> u64 {
        let mut last = Mix(self.0);
        last.word(0);
        last.0
    }

    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            self.word(u64::from_le_bytes(*word));
        }
        if !rest.is_empty() {
            let mut word = [0; 8];
            word[..rest.len()].copy_from_slice(rest);
            self.word(u64::from_le_bytes(word));
        }
    }

    fn write_u8(&mut self, one: u8) {
        self.word(u64::from(one));
    }

    fn write_u32(&mut self, one: u32) {
        self.word(u64::from(one));
    }

    fn write_u64(&mut self, one: u64) {
        self.word(one);
    }

    fn write_usize(&mut self, one: usize) {
        self.word(one as u64);
    }
}
