//! What the program keeps.

use super::Table;

/// What is stored: what, where, in which form, how long, of which class, and how it is sealed.
///
/// "table X" is a table of the store. Its rows are in the journal first, then in the state and in checkpoints. Other places are
/// paths below the data directory, where `<word>` stands for any name.
pub(super) const STORED: &[[&str; 6]] = &[
    [
        "pair: both items, phase, what is under way, retries",
        "table Pair",
        "identity, revision, code",
        "while the store exists",
        "O",
        "no",
    ],
    [
        "last agreement on each field, and on each element of a set",
        "table Pair",
        "digest",
        "replaced at the next agreement",
        "O",
        "one-way, keyed",
    ],
    [
        "which comment has which twin",
        "table Pair",
        "identity",
        "while the store exists",
        "O",
        "no",
    ],
    [
        "project that an open create went to",
        "table Pair",
        "digest",
        "until the create has ended",
        "O",
        "one-way, keyed",
    ],
    [
        "index from an item to its pair",
        "table Index",
        "identity",
        "while the store exists",
        "O",
        "no",
    ],
    [
        "items that a feed named and nobody has looked at yet",
        "table Inbox",
        "identity, revision",
        "until looked at",
        "O",
        "no",
    ],
    [
        "orders about a pair that were not taken in yet",
        "table Inbox",
        "identity, code",
        "until taken in",
        "O",
        "no",
    ],
    [
        "feed position: a time, a project's key, the remote's own continuation token",
        "table Cursor",
        "code",
        "replaced with each page",
        "O",
        "no",
    ],
    [
        "problem: code, side, subject, times, count",
        "table Problem",
        "code, identity, name",
        "while the store exists; at most 10,000 are open for each profile",
        "O, C",
        "no",
    ],
    [
        "history of a pair: what was done to which rule, ids, revisions, digests",
        "table History",
        "identity, revision, digest, code",
        "the last 64 lines of each pair",
        "O",
        "no",
    ],
    [
        "timer of a pair",
        "table Timer",
        "code",
        "until due",
        "O",
        "no",
    ],
    [
        "profile: fingerprint, whether every item was met",
        "table Profile",
        "digest",
        "replaced when the profile changes",
        "O",
        "one-way",
    ],
    [
        "nothing: kept free for facts about the store",
        "table Meta",
        "",
        "",
        "",
        "",
    ],
    [
        "nothing: kept free for receipts",
        "table Receipt",
        "",
        "",
        "",
        "",
    ],
    [
        "installation id, incarnation, check of the digest key",
        "the store's own table",
        "random number, code",
        "while the store exists",
        "O",
        "no",
    ],
    [
        "journal: former versions of all rows above",
        "`<tenant>/journal/`",
        "as those rows",
        "until a checkpoint covers them: 64 MiB and some segments",
        "O, C",
        "mode 0700 of the directory",
    ],
    [
        "state: the rows above as they are now",
        "`<tenant>/state/`",
        "as those rows",
        "while the store exists",
        "O, C",
        "mode 0700 of the directory",
    ],
    [
        "checkpoint: the rows above at one moment",
        "`<tenant>/checkpoint/`",
        "as those rows",
        "until the next checkpoint",
        "O, C",
        "mode 0700 of the directory",
    ],
    [
        "key of the digests, with a `[master_key]`",
        "`<tenant>/vault`",
        "32 random bytes, under the name `digest-key`",
        "while the store exists",
        "**S**",
        "as the credentials",
    ],
    [
        "key of the digests, without one",
        "`<tenant>/digest.key`",
        "32 random bytes",
        "until a store is opened with a `[master_key]`; then overwritten and removed",
        "**S**",
        "mode 0600",
    ],
    [
        "credentials: account name and token of each remote; the tenant's data key",
        "`<tenant>/vault`",
        "token, key",
        "until replaced, removed or rotated",
        "**S**",
        "AES-256-GCM under the data key, which is sealed under the master key; mode 0600",
    ],
    [
        "names, times and expiry of credentials",
        "`<tenant>/vault`",
        "name, time of ours",
        "until replaced or removed",
        "C",
        "mode 0600",
    ],
    [
        "the vault while it is written",
        "`<tenant>/vault.tmp`",
        "as the vault",
        "a moment; after a kill until the next change",
        "**S**",
        "as the vault",
    ],
    ["locks", "`<tenant>/lock`", "nothing", "stays", "O", "no"],
    ["", "`<tenant>/vault.lock`", "nothing", "stays", "O", "no"],
    ["", "`node.lock`", "nothing", "stays", "O", "no"],
    [
        "marks for the next start",
        "`<tenant>/clean`",
        "a number",
        "until the next start",
        "O",
        "no",
    ],
    [
        "",
        "`<tenant>/rebuild`",
        "nothing",
        "until the next start",
        "O",
        "no",
    ],
    [
        "",
        "`<tenant>/fresh`",
        "a number",
        "until the state is made anew",
        "O",
        "no",
    ],
    [
        "such a mark while it is written",
        "`<tenant>/<mark>.tmp`",
        "as the mark",
        "a moment; after a kill until the next one",
        "O",
        "no",
    ],
    [
        "statistics of each day: sums of the metrics of the table of statistics",
        "`<tenant>/statistics/<month>.jsonl`",
        "code, counts",
        "400 days; nothing with `[telemetry] statistics = false`",
        "O",
        "mode 0600",
    ],
    [
        "statistics of each day: which features are used, rounded",
        "`<tenant>/statistics/<month>.business.jsonl`",
        "counts, under a random number that is drawn anew each month",
        "400 days; nothing with `[telemetry] statistics = false`",
        "O, anonymous",
        "mode 0600",
    ],
    [
        "such a file while it is written",
        "`<tenant>/statistics/<file>.tmp`",
        "as the file",
        "a moment; after a kill until the next change",
        "O",
        "mode 0600",
    ],
    [
        "mark that a tenant's erasing was begun",
        "`<tenant>/erasing`",
        "nothing",
        "until it has ended",
        "O",
        "no",
    ],
    [
        "mark that a restore is under way",
        "`<tenant>/restoring`",
        "a sentence of ours",
        "until it has ended",
        "O",
        "no",
    ],
    [
        "vault of a backup that no master key of the configuration opens",
        "`<tenant>/vault.aside`",
        "as the vault",
        "until you remove it",
        "**S**",
        "as the vault",
    ],
    [
        "address and token of the administration endpoint",
        "`node.json`",
        "code",
        "while the node runs",
        "**S**",
        "mode 0600",
    ],
    [
        "private copy of a store that `fsck` looks at",
        "the system's temporary directory (`TMPDIR`)",
        "as the store",
        "until `fsck` ends; a kill leaves it",
        "O, C",
        "mode 0700",
    ],
];

/// Copies for the case of loss.
const BACKUPS: &[[&str; 5]] = &[
    [
        "backup: the rows of all tables but the histories, the digest key, the vault's bytes, the profile files",
        "`<backups>/<tenant>/*.backup`, mode 0600",
        "packed, then sealed in pieces",
        "`[backup] keep_days`, 30 unless set; the last good one longer",
        "AES-256-GCM under the tenant's backup key",
    ],
    [
        "the same while it is written",
        "`*.backup.tmp` beside it",
        "as the backup",
        "a moment; after a kill until the next backup",
        "as the backup",
    ],
    [
        "of a backup, in the open: tenant, time, id of its key, length, a SHA-256 over what is sealed",
        "the same files",
        "name, time of ours, code",
        "as the backup",
        "no",
    ],
    [
        "the tenant's backup keys",
        "`<backups>/<tenant>/key`, mode 0600",
        "key",
        "until `tenant erase` destroys it",
        "AES-256-GCM under a key that is sealed under the master key",
    ],
    [
        "what failed last with the backups, which are damaged, how the last drill went",
        "`<backups>/<tenant>/record.json`",
        "code, our own messages, with paths and times",
        "replaced with the next",
        "no",
    ],
    [
        "what a drill restores: all that a store holds, the digest key sealed as the store's own is",
        "`<backups>/<tenant>/drill/`, mode 0700",
        "as the store",
        "while the drill lasts; after a kill until the next one",
        "as the store",
    ],
    [
        "how far a copy into the bucket has come: the store's name for it, length, digest, codes of its parts",
        "`*.backup.upload` beside the backup",
        "code",
        "until the copy is whole",
        "no",
    ],
    [
        "copies of the backups and of the key file",
        "in the bucket, `<prefix>/<tenant>/`",
        "as here",
        "as here",
        "as here",
    ],
];

/// The table of what is stored.
pub(super) fn table() -> Table {
    Table::of(
        "stored",
        "Data at rest: what the program writes, all of it below `[node] data`",
        &["what", "where", "form", "how long", "class", "sealed"],
        STORED,
    )
}

/// The table of backups.
pub(super) fn backups() -> Table {
    Table::of(
        "backups",
        "Backups",
        &["what", "where", "form", "how long", "sealed"],
        BACKUPS,
    )
}

/// The paths that the rows name.
pub(super) fn places() -> impl Iterator<Item = &'static str> {
    let rows = STORED.iter().map(|row| row[1]);
    rows.filter_map(|place| place.strip_prefix('`')?.strip_suffix('`'))
}
