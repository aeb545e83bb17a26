//! A bit of a file that is another one: of a segment of the journal that is full, or of a checkpoint. What was written last is
//! left alone, for there nobody can tell a bit that turned from a write that was torn.

use std::path::{Path, PathBuf};

use storage::lossy::LossyDisk;

use crate::life::DIRECTORY;

/// Segments that are not touched: the one that is written, and the one that lies ready.
const LAST_SEGMENTS: usize = 2;

/// One such bit.
pub(crate) struct Rot {
    path: PathBuf,
    bit: u64,
    after: Vec<u8>,
}

impl Rot {
    /// Turns a bit; the number chooses which. Nothing where nothing has lain for long.
    pub(crate) fn begin(disk: &LossyDisk, which: u64) -> Option<Rot> {
        let below = |folder: &str| Path::new(DIRECTORY).join(folder);
        let (journal, checkpoint) = (below("journal"), below("checkpoint"));
        let all = disk.paths();
        let within = |folder: &Path| {
            let inside = all.iter().filter(|path| path.starts_with(folder));
            inside.cloned().collect::<Vec<PathBuf>>()
        };
        let mut segments = within(&journal);
        segments.truncate(segments.len().saturating_sub(LAST_SEGMENTS));
        let files = [segments, within(&checkpoint)].concat();
        let count = u64::try_from(files.len()).ok().filter(|count| *count > 0)?;
        let path = files
            .into_iter()
            .nth(usize::try_from(which % count).ok()?)?;
        let bits = 8 * u64::try_from(disk.read(&path)?.len()).ok()?;
        let bit = (which / count).checked_rem(bits)?;
        let turned = disk.flip_bit(&path, bit);
        let after = disk.read(&path).filter(|_| turned)?;
        Some(Rot { path, bit, after })
    }

    /// Somebody puts the file back, unless another one has taken its place.
    pub(crate) fn end(&self, disk: &LossyDisk) {
        if disk.read(&self.path).as_ref() == Some(&self.after) {
            disk.flip_bit(&self.path, self.bit);
        }
    }
}
