//! What people write for the program, and what it leaves at the remotes.

use super::Table;

/// What an administrator writes.
const CONFIGURED: &[[&str; 5]] = &[
    [
        "addresses of Jira and Azure DevOps, projects, filters",
        "profile files",
        "as written",
        "C",
        "the mode that you give the file; it stays where you put it, and the program keeps no copy",
    ],
    [
        "types, fields, states and the tables of their values",
        "profile files",
        "as written; can hold personal data and content if you write it there",
        "C",
        "the same",
    ],
    [
        "which account is whose twin",
        "profile files, `[[user]]`",
        "account ids and e-mail addresses, as written",
        "C, personal",
        "the same",
    ],
    [
        "data directory, addresses, log level, limits",
        "`counterpart.toml`",
        "as written",
        "C",
        "the same",
    ],
    [
        "tokens of `[[credential]]`",
        "a file or the environment",
        "as you put them there",
        "**S**",
        "not by the program; use the vault instead",
    ],
    [
        "master key",
        "a file, the environment, or a command of yours",
        "32 bytes in hexadecimal digits",
        "**S**",
        "the file must have mode 0600 or the program refuses it; never written by the program",
    ],
];

/// What is left at the remotes.
const AT_THE_REMOTES: &[[&str; 4]] = &[
    [
        "Jira, each issue that was created",
        "issue property `counterpart`, link to the work item",
        "installation (a random number), profile, source item",
        "as long as the issue",
    ],
    [
        "Azure DevOps, each work item that was created",
        "hyperlink to the issue, with a comment",
        "installation (a random number), profile, source item",
        "as long as the work item",
    ],
    [
        "both, each comment that was carried over",
        "a first line that says where it comes from; on Jira a comment property too",
        "ids of comment and item; the author's name when `author_line` is on",
        "as long as the comment",
    ],
    [
        "both, everything that was mapped",
        "fields, comments and states",
        "the other side's content: that is what the program is for",
        "as long as the item",
    ],
];

/// The table of what an administrator writes.
pub(super) fn table() -> Table {
    Table::of(
        "configuration",
        "Configuration: what you write, and the program reads; `tenant add` makes a first profile, `tenant erase` removes a tenant's",
        &["what", "where", "form", "class", "protected by"],
        CONFIGURED,
    )
}

/// The table of what is left at the remotes.
pub(super) fn at_the_remotes() -> Table {
    Table::of(
        "remotes",
        "Left at the remotes",
        &["where", "what", "which says", "how long"],
        AT_THE_REMOTES,
    )
}
