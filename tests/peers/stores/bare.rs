//! The floor: a file that is appended to, growing with each write, or filled with zeros ahead as our journal is.

use std::fs::File;
use std::io::{Seek, Write};
use std::path::Path;

use crate::Outcome;
use crate::rows::Row;
use crate::subject::{OneWriter, Subject};

/// What a record of our journal has besides its rows.
const FRAME: usize = 32;

/// The file, with so many zeros in it at first.
pub(crate) struct Bare<const AHEAD: usize> {
    file: File,
    written: usize,
}

/// One that grows.
pub(crate) type Growing = Bare<0>;
/// One that is written over.
pub(crate) type Ahead = Bare<{ 64 << 20 }>;

impl<const AHEAD: usize> Subject for Bare<AHEAD> {
    fn open(dir: &Path) -> Outcome<Self> {
        let mut file = File::create(dir.join("bare"))?;
        file.write_all(&vec![0; AHEAD])?;
        file.sync_all()?;
        file.rewind()?;
        Ok(Bare { file, written: 0 })
    }

    fn fill(&mut self, _: Vec<Row>) -> Outcome<()> {
        Ok(())
    }

    fn compact(&mut self) -> Outcome<()> {
        Ok(())
    }

    fn get(&self, _: &[u8]) -> Outcome<Option<Vec<u8>>> {
        Ok(None)
    }

    fn close(self) -> Outcome<()> {
        Ok(())
    }
}

impl<const AHEAD: usize> OneWriter for Bare<AHEAD> {
    fn commit(&mut self, rows: Vec<Row>) -> Outcome<()> {
        let mut bytes = Vec::new();
        for (key, value) in rows {
            bytes.extend_from_slice(&[0; FRAME]);
            bytes.extend(key);
            bytes.extend(value);
        }
        if AHEAD > 0 && self.written + bytes.len() > AHEAD {
            self.file.rewind()?;
            self.written = 0;
        }
        self.written += bytes.len();
        self.file.write_all(&bytes)?;
        Ok(self.file.sync_data()?)
    }
}
