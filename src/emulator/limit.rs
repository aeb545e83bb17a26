//! Every bound of the emulator in one place, each with its reason.

/// The largest request body, in bytes: Azure DevOps takes attachments of 100 MiB in one request.
pub const REQUEST_BODY_BYTES_MAX: usize = 100 * 1024 * 1024;

/// Connections served at once by one server; further ones get a 503 and are closed. Fewer where the
/// process may not open as many files.
pub const CONNECTIONS_MAX: usize = 12_000;

/// Seconds that a stopping server gives requests under way before it closes their connections.
pub const STOP_GRACE_S: u64 = 2;

/// Writes listed by one ledger; further ones are only counted.
pub const LEDGER_ENTRIES_MAX: usize = 2_000_000;

/// The largest head of a request, in bytes; a larger one is 431. The remotes' own limits are lower,
/// and a connection's buffer grows up to this.
pub const HEAD_BYTES_MAX: usize = 64 * 1024;

/// Headers of one request; more are 431.
pub const HEADERS_MAX: usize = 100;

/// Bytes of request bodies that one server holds at once, beyond what every request may hold
/// ([`BODY_FREE_BYTES`]): a body that does not fit any more is 503.
pub const BODIES_BYTES_MAX: usize = 384 * 1024 * 1024;

/// Bytes of a request body that are not counted, so that small requests get through while large
/// ones wait for room. At most [`CONNECTIONS_MAX`] times this.
pub const BODY_FREE_BYTES: usize = 16 * 1024;

/// Bytes of a refused body that are read and thrown away, so that the client gets to read the
/// refusal instead of a broken connection.
pub const BODY_DRAINED_BYTES_MAX: usize = 128 * 1024 * 1024;

/// Bytes of answers that one server holds at once for clients that have not read them yet, beyond
/// [`BODY_FREE_BYTES`] each: an answer that does not fit any more becomes 503.
pub const ANSWERS_BYTES_MAX: usize = 512 * 1024 * 1024;

/// Bytes of an answer that are handed to a connection at a time.
pub const ANSWER_PIECE_BYTES: usize = 64 * 1024;

/// Posts carried at once by one server.
pub const POSTS_AT_ONCE_MAX: usize = 16;

/// Posts that are remembered for looking at them; the oldest go first.
pub const POSTS_KEPT_MAX: usize = 1_000;

/// Bytes of a post's body that are remembered.
pub const POST_BODY_KEPT_BYTES_MAX: usize = 16 * 1024;

/// Posts that a fault holds back at once; beyond it they are sent.
pub const POSTS_HELD_MAX: usize = 1_000;

/// Bytes of the answer to a post that are read; nothing in them is used.
pub const POST_ANSWER_BYTES_MAX: usize = 64 * 1024;

/// Items in one answer of `/_emulator/items`; there are more behind its `next`.
pub const ITEMS_LISTED_MAX: usize = 250_000;

/// Items that are remembered as having reached the limit of their revisions.
pub const FULL_ITEMS_MAX: usize = 100_000;

/// Bytes of one body in a recording; an exchange with a longer one is left out.
pub const RECORDED_BODY_BYTES_MAX: usize = 1024 * 1024;

/// Exchanges of one kind in the recording of one process; further ones are counted.
pub const RECORDED_OF_A_KIND_MAX: u32 = 1_000;

/// Bytes of bodies of one kind in the recording of one process, up to one exchange more; further ones are counted.
pub const RECORDED_OF_A_KIND_BYTES_MAX: usize = 2 * 1024 * 1024;

/// Bytes of the recording of one process; what comes after them is left out.
pub const RECORDING_BYTES_MAX: usize = 256 * 1024 * 1024;

/// Recordings in one folder by processes to which the system gave the same number.
pub const RECORDINGS_PER_PROCESS_NUMBER_MAX: usize = 1_000;

/// Fault rules of one server.
pub const FAULT_RULES_MAX: usize = 256;

/// Requests that wait to be applied late at once; beyond it the fault does not fire.
pub const LATE_APPLY_MAX: usize = 1_000;

/// Bytes of requests that wait to be applied late; beyond it the fault does not fire.
pub const LATE_APPLY_BYTES_MAX: usize = 128 * 1024 * 1024;

/// Markers that one rule remembers as fired; beyond it the rule no longer fires.
pub const FIRED_MARKERS_MAX: usize = 1_000_000;

/// The longest that a fault may hold a connection or delay an application, in milliseconds.
pub const FAULT_DELAY_MS_MAX: u64 = 600_000;

/// Different endpoint templates counted; further ones are counted under one name.
pub const ENDPOINTS_MAX: usize = 4_096;

/// Sample items that a site can begin with.
pub const SAMPLE_ITEMS_MAX: u32 = 200_000;

/// The longest JQL text, in characters.
pub const JQL_CHARS_MAX: usize = 32_768;

/// The deepest nesting of parentheses and NOT in JQL.
pub const JQL_DEPTH_MAX: usize = 64;

/// Queries of one request that parses them.
pub const JQL_QUERIES_MAX: usize = 50;

/// Saved filters of one Jira site.
pub const FILTERS_MAX: usize = 1_000;

/// Shares of one saved filter.
pub const FILTER_SHARES_MAX: usize = 100;

/// Saved filters that one query opens.
pub const FILTERS_OPENED_MAX: usize = 100;

/// Saved filters within each other that one query opens: one that refers to itself ends here.
pub const FILTER_DEPTH_MAX: usize = 5;

/// Issues that one request of Jira's Agile API moves (jira.md 9.3).
pub const AGILE_ISSUES_MAX: usize = 50;

/// Boards of one Jira site.
pub const BOARDS_MAX: usize = 1_000;

/// Sprints of one Jira site.
pub const SPRINTS_MAX: usize = 10_000;

/// Versions of one project, and as many components.
pub const PROJECT_PARTS_MAX: usize = 5_000;

/// Properties of one project.
pub const PROJECT_PROPERTIES_MAX: usize = 1_000;

/// Registered webhooks of one Jira site.
pub const WEBHOOKS_MAX: usize = 100;

/// Deliveries of webhooks that wait at once; beyond it the oldest one is lost.
pub const WEBHOOK_DELIVERIES_MAX: usize = 20_000;

/// Waiting deliveries that one search for due ones looks at: a receiver that takes nothing must not make it long.
pub const WEBHOOK_DELIVERIES_LOOKED_AT: usize = 2_000;

/// The deepest nesting of a JSON document that a recursive walk follows: the deepest rich text that
/// the products' own editors can make stays far below.
pub const DOCUMENT_DEPTH_MAX: usize = 100;

/// Values of one multi-valued field of a Jira issue.
pub const FIELD_VALUES_MAX: usize = 1_000;

/// Types of links between Jira issues.
pub const LINK_TYPES_MAX: usize = 1_000;

/// Issues named in one request of Jira's that names many.
pub const ISSUES_PER_REQUEST_MAX: usize = 1_000;

/// Parts of one multipart form: more than Jira takes files at once.
pub const MULTIPART_PARTS_MAX: usize = 100;

/// Bytes of the head of one part of a multipart form.
pub const MULTIPART_HEAD_BYTES_MAX: usize = 16 * 1024;

/// Bytes of all files that a Jira site keeps.
pub const ATTACHMENT_BYTES_MAX: usize = 1024 * 1024 * 1024;

/// Options of one custom field of a Jira site.
pub const FIELD_OPTIONS_MAX: usize = 10_000;

/// Issues whose properties one request of Jira's may set.
pub const ISSUES_OF_PROPERTIES_MAX: usize = 10_000;

/// Tasks that a Jira site remembers.
pub const TASKS_MAX: usize = 1_000;
