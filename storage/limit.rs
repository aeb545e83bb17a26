//! Every bound of the store in one place.
//!
//! A bound here is a promise to the rest of the process: no input, however hostile, makes the store use more than this.

/// The longest record payload, in bytes. One batch becomes one record.
pub const RECORD_BYTES: usize = 4 << 20;

/// The longest key of a row, in bytes.
pub const KEY_BYTES: usize = 1024;

/// The most operations in one batch.
pub const BATCH_OPS: usize = 65_536;

/// The longest part of a value inside one sled row, in bytes. sled moves longer values into files that it never syncs.
pub const CHUNK_BYTES: usize = 4_000;

/// The most records that share one write and one sync.
pub const GROUP_RECORDS: usize = 4_096;

/// The most bytes that share one write and one sync. A single record may always go alone.
pub const GROUP_BYTES: usize = 8 << 20;

/// The bytes after which the overlay closes a layer, so that one application to the engine stays small.
pub const LAYER_BYTES: usize = 4 << 20;

/// The most rows that one scan returns, whatever its caller asks for.
pub const SCAN_ROWS: usize = 10_000;

/// The rows read at once when the whole state is walked.
pub const PAGE_ROWS: usize = 1_000;

/// What a waiting commit costs of the pending budget besides its payload, in bytes.
pub const COMMIT_OVERHEAD: usize = 256;

/// What each operation of a waiting commit costs of the pending budget besides its payload, in bytes.
pub const OP_OVERHEAD: usize = 64;

/// The largest segment file that is read, in bytes. A larger one is not ours.
pub const SEGMENT_FILE_BYTES: u64 = 256 << 20;

/// The rows of a checkpoint are grouped into blocks of about this size before they are packed, in bytes. Whoever looks up a row
/// reads one; the first row of each is held in memory.
pub const BLOCK_BYTES: usize = 16 << 10;

/// The most blocks of a checkpoint that is read.
pub const CHECKPOINT_BLOCKS: usize = 1 << 24;

/// The contexts for unpacking blocks that a store keeps while nobody uses them.
pub const UNPACKERS: usize = 4;

/// The bytes of a checkpoint that are gathered for one write.
pub const WRITE_BYTES: usize = 256 << 10;

/// The bytes of a long file after which what was written is brought to the disk, so that no single sync takes long and holds up the
/// journal's.
pub const SYNC_BYTES: u64 = 4 << 20;

/// How far ahead of the expected LSN a record may lie to count as a witness of a torn middle.
pub const LSN_WINDOW: u64 = 1 << 24;

/// The findings after which fsck stops to list more.
pub const FINDINGS: usize = 1_000;

/// The largest vault that is read, in bytes.
pub const VAULT_BYTES: u64 = 32 << 20;

/// The most credentials of one tenant.
pub const SECRETS: usize = 256;

/// The longest secret, in bytes.
pub const SECRET_BYTES: usize = 64 << 10;

/// The longest name of a secret, in bytes.
pub const SECRET_NAME_BYTES: usize = 128;

/// The most master keys under which a vault is sealed at once: the present one and the next.
pub const MASTER_KEYS: usize = 2;

/// The bytes after which a chunk of a backup is closed.
pub const BACKUP_CHUNK_TARGET: usize = 1 << 20;

/// The most bytes that one chunk of a backup holds. A single row always has room.
pub const BACKUP_CHUNK_BYTES: usize = 8 << 20;

/// The most bytes of a backup's header.
pub const BACKUP_HEADER_BYTES: usize = 512;

/// The most files of a tenant that one backup takes besides its rows.
pub const BACKUP_FILES: usize = 1_000;

/// The most bytes of one such file.
pub const BACKUP_FILE_BYTES: usize = 32 << 20;

/// The most backups of one tenant in one place that are looked at.
pub const BACKUPS: usize = 10_000;

/// The most keys of a tenant's backups that are kept. A rotation makes one; only backups that are kept need theirs.
pub const BACKUP_KEYS: usize = 200;

/// How far a restore raises the incarnation, beside the time: further than a store can have been opened since the backup.
pub const RESTORE_JUMP: u64 = 1 << 32;
/// The size from which on a segment of the audit log takes no more entries, in bytes.
pub const AUDIT_SEGMENT_BYTES: u64 = 4 << 20;

/// The longest line of the audit log, in bytes.
pub const AUDIT_LINE_BYTES: u64 = 8 << 10;

/// The longest text in an entry of the audit log, in characters.
pub const AUDIT_TEXT_CHARS: usize = 256;
