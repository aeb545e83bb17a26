//! Every bound of the emulated organisation. The numbers of the real service are in azure.md 10.3.

/// Ids that one list or batch read may name; more is VS403474 (azure.md 4).
pub(crate) const BATCH_IDS: usize = 200;
/// Rows that a query may give; more is VS402337 (azure.md 2).
pub(crate) const QUERY_ROWS: usize = 20_000;
/// Characters of a query's text (azure.md 2).
pub(crate) const QUERY_CHARS: usize = 32_000;
/// How deeply conditions of a query may nest before the parser refuses them.
pub(crate) const QUERY_DEPTH: usize = 64;
/// Values in one list of a query (`IN`).
pub(crate) const QUERY_VALUES: usize = 5_000;
/// Items that the index of changes narrows a query to; more, and every item is asked instead.
pub(crate) const NARROW_CHANGES: usize = 50_000;
/// Fields that people may add to an organisation; the real number of all fields (azure.md 10.3).
pub(crate) const CUSTOM_FIELDS: usize = 8_192;
/// Processes of an organisation.
pub(crate) const PROCESSES: usize = 128;
/// Types of a process.
pub(crate) const PROCESS_TYPES: usize = 64;
/// States of a type.
pub(crate) const STATES: usize = 32;
/// Fields of a type (azure.md 10.3).
pub(crate) const TYPE_FIELDS: usize = 1_024;
/// Rules of a process.
pub(crate) const PROCESS_RULES: usize = 1_024;
/// Picklists of an organisation.
pub(crate) const PICKLISTS: usize = 1_024;
/// Items of a picklist, and characters of one (azure.md 10.3).
pub(crate) const PICKLIST_ITEMS: usize = 2_048;
/// Characters of a picklist's item.
pub(crate) const PICKLIST_CHARS: usize = 256;
/// Levels of a tree of areas or iterations.
pub(crate) const NODE_LEVELS: usize = 14;
/// Nodes of one tree.
pub(crate) const NODES: usize = 10_000;
/// Characters of a node's, a query's, a team's or a process's name.
pub(crate) const NAME_CHARS: usize = 255;
/// Queries and folders below one folder.
pub(crate) const FOLDER_QUERIES: usize = 999;
/// Levels of query folders below a root.
pub(crate) const FOLDER_LEVELS: usize = 25;
/// Queries and folders of an organisation.
pub(crate) const QUERIES: usize = 20_000;
/// Levels of folders that one read shows (`$depth`).
pub(crate) const QUERY_READ_DEPTH: usize = 2;
/// Queries that one batch may name.
pub(crate) const QUERY_BATCH: usize = 1_000;
/// Teams of a project.
pub(crate) const TEAMS: usize = 5_000;
/// Iterations that a team may choose.
pub(crate) const TEAM_ITERATIONS: usize = 300;
/// Areas of a team.
pub(crate) const TEAM_AREAS: usize = 300;
/// People that one search gives at most.
pub(crate) const SUBJECTS: usize = 100;
/// Revisions after which an item can no longer be updated through REST (azure.md 5.3).
pub(crate) const REVISIONS: usize = 10_000;
/// Characters of `System.Title` and of every other single-line text.
pub(crate) const LINE_CHARS: usize = 255;
/// Characters of a rich text field or a comment (azure.md 9).
pub(crate) const TEXT_CHARS: usize = 1_048_576;
/// Tags on one item (azure.md 8.4).
pub(crate) const TAGS: usize = 100;
/// Characters of one tag.
pub(crate) const TAG_CHARS: usize = 400;
/// Relations of one item (azure.md 10.3).
pub(crate) const RELATIONS: usize = 1_000;
/// Files attached to one item (azure.md 8.1).
pub(crate) const FILES: usize = 100;
/// Bytes of one uploaded file: 60 MB, as TF237082 tells them (azure.md 8.1). The service takes more than 130 MB only in
/// chunks, and only where an organisation's limit has been raised, which this one's has not.
pub(crate) const FILE_BYTES: usize = 60 * 1024 * 1024;
/// Uploaded files that the emulator keeps, finished or not; a further upload is answered 503.
pub(crate) const FILES_ALL: usize = 20_000;
/// Bytes of all uploaded files together, which lie in memory; a further upload is answered 503.
pub(crate) const FILES_BYTES: usize = 512 * 1024 * 1024;
/// Operations of one JSON Patch document.
pub(crate) const OPERATIONS: usize = 2_000;
/// Revisions in one page of the revisions feed when `$maxPageSize` is absent.
pub(crate) const FEED_PAGE: usize = 200;
/// Revisions or links in one page of a feed at most.
pub(crate) const FEED_PAGE_MAX: usize = 1_000;
/// Entries of a feed that one page looks at: a narrow filter gives a page with fewer rows than asked
/// for, and a token that goes on behind them.
pub(crate) const FEED_SCAN: usize = 20_000;
/// Entries in one page of updates, revisions or comments.
pub(crate) const HISTORY_PAGE: usize = 200;
/// Steps up a hierarchy before the search for a cycle gives up and refuses the link.
pub(crate) const ANCESTORS: usize = 1_000;
/// How far a stale search lags behind, in milliseconds.
pub(crate) const STALE_MS: i64 = 60_000;
/// Units an identity may use in a window (azure.md 12), in thousandths.
pub(crate) const RATE_MILLI_UNITS: i64 = 200_000;
/// Length of the window of the rate limit, in milliseconds (azure.md 12).
pub(crate) const RATE_WINDOW_MS: i64 = 300_000;
/// How deeply tags of an HTML text may nest; a deeper text is kept as its words, as parsing costs
/// the square of the depth.
pub(crate) const HTML_DEPTH: usize = 10_000;
/// Writes in one `$batch` (azure.md 5.4 assumes as many as one read may name).
pub(crate) const BATCH_WRITES: usize = 200;
/// Thousandths of a unit that one request costs.
pub(crate) const RATE_REQUEST_MILLI_UNITS: i64 = 5;
/// How far past the quota a caller is only delayed, in thousandths of a unit; past it requests are refused.
pub(crate) const RATE_DELAYED_MILLI_UNITS: i64 = 100_000;
/// Subscriptions of service hooks.
pub(crate) const SUBSCRIPTIONS: usize = 200;
/// Inputs of one subscription, or of one question about them.
pub(crate) const HOOK_INPUTS: usize = 32;
/// Bytes of one input's value.
pub(crate) const HOOK_INPUT_BYTES: usize = 4_096;
/// Characters of a comment filter (azure.md 13.1).
pub(crate) const COMMENT_PATTERN_CHARS: usize = 1_024;
/// Events that wait or are under way for all subscriptions together; a further one is lost.
pub(crate) const HOOK_QUEUE: usize = 20_000;
/// Bytes of all events that wait or are under way; a further one is lost.
pub(crate) const HOOK_BYTES: usize = 128 * 1024 * 1024;
/// Notifications in the history of one subscription.
pub(crate) const HOOK_HISTORY: usize = 100;
/// Bytes up to which the history keeps an event itself.
pub(crate) const HOOK_EVENT_BYTES: usize = 16 * 1024;
/// How long the history is kept, in milliseconds: seven days (azure.md 13.3).
pub(crate) const HOOK_HISTORY_MS: i64 = 7 * 86_400_000;
