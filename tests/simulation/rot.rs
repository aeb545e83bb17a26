//! A bit of a file that is another one, or a sector that holds what belongs elsewhere: in a segment of the journal that is full,
//! or in a checkpoint. What was written last is left alone, for there nobody can tell damage from a write that was torn.

use std::path::{Path, PathBuf};

use storage::lossy::LossyDisk;

use crate::life::DIRECTORY;

/// Segments that are not touched: the one that is written, and the one that lies ready.
const LAST_SEGMENTS: usize = 2;

/// Bytes that a disk puts to another place as a whole.
const SECTOR: usize = 512;
/// One of so many damages is a sector that went astray.
const ASTRAY: u64 = 3;

/// One such damage.
pub(crate) struct Rot {
    path: PathBuf,
    before: Vec<u8>,
    after: Vec<u8>,
}

impl Rot {
    /// Damages a file; the number chooses which and how. Nothing where nothing has lain for long.
    pub(crate) fn begin(disk: &LossyDisk, which: u64) -> Option<Rot> {
        let files = lain_for_long(disk);
        let count = u64::try_from(files.len()).ok().filter(|count| *count > 0)?;
        let path = files
            .into_iter()
            .nth(usize::try_from(which % count).ok()?)?;
        let before = disk.read(&path)?;
        let choice = which / count;
        let after = if choice.is_multiple_of(ASTRAY) {
            strayed(&before, choice / ASTRAY)?
        } else {
            turned(&before, choice)?
        };
        disk.write(&path, &after);
        Some(Rot {
            path,
            before,
            after,
        })
    }

    /// Somebody puts the file back, unless another one has taken its place.
    pub(crate) fn end(&self, disk: &LossyDisk) {
        if disk.read(&self.path).as_ref() == Some(&self.after) {
            disk.write(&self.path, &self.before);
        }
    }
}

/// The files that were not written to lately.
fn lain_for_long(disk: &LossyDisk) -> Vec<PathBuf> {
    let below = |folder: &str| Path::new(DIRECTORY).join(folder);
    let (journal, checkpoint) = (below("journal"), below("checkpoint"));
    let all = disk.paths();
    let within = |folder: &Path| {
        let inside = all.iter().filter(|path| path.starts_with(folder));
        inside.cloned().collect::<Vec<PathBuf>>()
    };
    let mut segments = within(&journal);
    segments.truncate(segments.len().saturating_sub(LAST_SEGMENTS));
    [segments, within(&checkpoint)].concat()
}

/// The bytes with one bit turned.
fn turned(bytes: &[u8], which: u64) -> Option<Vec<u8>> {
    let bit = usize::try_from(which).ok()?.checked_rem(8 * bytes.len())?;
    let mut bytes = bytes.to_vec();
    *bytes.get_mut(bit / 8)? ^= 1 << (bit % 8);
    Some(bytes)
}

/// The bytes with one sector in another one's place, if that makes a difference.
fn strayed(bytes: &[u8], which: u64) -> Option<Vec<u8>> {
    let sectors = u64::try_from(bytes.len() / SECTOR).ok()?;
    let at = |which: u64| usize::try_from(which.checked_rem(sectors)?).ok();
    let (from, to) = (at(which)? * SECTOR, at(which / sectors)? * SECTOR);
    let mut after = bytes.to_vec();
    after.copy_within(from..from + SECTOR, to);
    (after != bytes).then_some(after)
}
