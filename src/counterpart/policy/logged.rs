//! What the platform log says.

use super::Table;

/// The fields of its events: name, what it says, and its class. Time, level, the place in the program and a sentence that stands
/// in the program are in each.
pub(super) const FIELDS: &[[&str; 3]] = &[
    ["tenant", "the tenant's name", "C"],
    ["profile", "the profile's name", "C"],
    ["pair", "the pair: a side and an item's id", "O"],
    ["side", "jira or azure", "O"],
    [
        "credential",
        "the name of a credential, never its account or value",
        "C",
    ],
    ["code", "a problem's code", "O"],
    [
        "route",
        "which operation of a remote's interface, by a name that stands in the program; never an address",
        "O",
    ],
    ["method", "the method of a request", "O"],
    [
        "invariant",
        "the name of a rule of the core that did not hold",
        "O",
    ],
    [
        "what",
        "which rule of the core an input contradicted, by a sentence that stands in the program",
        "O",
    ],
    [
        "error",
        "an error of this program or of the operating system, with paths of this machine; never a remote's text",
        "O",
    ],
    ["reason", "the same", "O"],
    ["why", "the same", "O"],
    [
        "kind",
        "a word of the program: of an error of the operating system, of a write, of a signal to a collector",
        "O",
    ],
    [
        "outcome",
        "what came of a write, or of a request to a collector",
        "O",
    ],
    ["dir", "a directory of this machine", "O"],
    ["directory", "a directory of this machine", "O"],
    ["path", "a file of this machine", "O"],
    ["segment", "a file of the journal", "O"],
    ["offset", "a place in a file", "O"],
    ["lsn", "the number of a record", "O"],
    ["incarnation", "how often the store was opened", "O"],
    ["clean", "whether the store had been closed in order", "O"],
    [
        "count",
        "how many there are of what the sentence names",
        "O",
    ],
    ["entry", "the number of an entry of the audit log", "O"],
    [
        "stage",
        "whether what the audit log tells has begun, was done or failed",
        "O",
    ],
    ["backup", "which backup: a time and a number", "O"],
    ["bytes", "how long it is", "O"],
    [
        "faults",
        "how many faults the configuration has; what they are is not logged",
        "O",
    ],
    ["days", "how many days are left", "O"],
    ["status", "the number of a remote's answer", "O"],
    [
        "words",
        "what a remote answered when it refused, as it is: only while extended logging is on",
        "content",
    ],
    ["place", "a line of the program's source", "O"],
    ["replayed", "how many records were read again", "O"],
    [
        "resumed",
        "whether an erasing that was begun before goes on",
        "O",
    ],
];

/// The table of what is logged.
pub(super) fn table() -> Table {
    Table::of(
        "logged",
        "Platform log, to standard error and to files if they are asked for, and spans to a collector",
        &["field", "which says", "class"],
        FIELDS,
    )
}
