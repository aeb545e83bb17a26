//! What leaves the process.

use super::Table;

/// Data in motion: from where to where, what, and how it is protected.
const MOVED: &[[&str; 4]] = &[
    [
        "between the node and Jira",
        "items, comments, what they are mapped to; the account's token",
        "TLS 1.2 or 1.3 with the certificates of the system; plain HTTP is refused but for loopback addresses",
        "requests go to the profile's address only, no redirect is followed, no proxy is used unless `[node] proxy = \"system\"`",
    ],
    [
        "between the node and Azure DevOps",
        "the same",
        "the same",
        "the same",
    ],
    [
        "from a remote's webhook to the node",
        "whatever the remote sends",
        "loopback only",
        "read within a bound and thrown away: it is a wake-up and no more",
    ],
    [
        "between a person or a program and the administration endpoint",
        "names, ids, codes, counts; no content",
        "loopback only",
        "a random token for programs; a link that works once, then an http-only, same-site cookie for twelve hours, for the console",
    ],
    [
        "metrics, to whoever asks `/metrics`",
        "the numbers of the table of metrics",
        "loopback only",
        "the same token",
    ],
    [
        "from the node to a collector, if `[telemetry] otlp` names one",
        "the numbers of the table of metrics; spans with fields of the table of the log",
        "TLS as above; plain HTTP for loopback addresses only",
        "off unless configured; its token is a credential; it is never waited for",
    ],
    [
        "from the node to the bucket, if `[backup.bucket]` names one",
        "backups and key files, sealed as they are at rest",
        "TLS as above; plain HTTP for loopback addresses only",
        "off unless configured; the secret of the access key signs and is not sent",
    ],
    [
        "from the program to its makers",
        "nothing",
        "",
        "no telemetry, no check for updates, no licence server; statistics stay where they are",
    ],
];

/// The table of data in motion.
pub(super) fn table() -> Table {
    Table::of(
        "motion",
        "Data in motion",
        &["between", "what", "sealed", "and"],
        MOVED,
    )
}
