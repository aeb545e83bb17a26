//! Every bound of the product, in one place.
//!
//! A loop, queue, retry, recursion or buffer without a line here is a defect. Where a bound comes from a remote, the
//! reference section that states it is named.

/// Issues in one Jira `bulkfetch` (jira.md 4).
pub const JIRA_READ_BATCH: usize = 100;
/// Work items in one `workitemsbatch` (azure.md 4).
pub const AZURE_READ_BATCH: usize = 200;
/// Comment ids in one Jira `comment/list` (jira.md 2).
pub const JIRA_COMMENT_BATCH: usize = 1000;
/// Comments that one item may hold on Jira Cloud (jira.md 7.1); the same bound is kept for Azure.
pub const COMMENTS_PER_ITEM: usize = 5000;
/// Issues asked for on one page of the Jira change feed.
pub const JIRA_FEED_PAGE: usize = 500;
/// Pages read in one go from one feed before what they brought is committed and others get their turn.
pub const FEED_PAGES_PER_TURN: usize = 20;
/// Pages of any other paged list that are read before it is called endless.
pub const LIST_PAGES: usize = 500;
/// Characters of a Jira summary (jira.md 14).
pub const JIRA_SUMMARY: usize = 255;
/// Characters of a work item title.
pub const AZURE_TITLE: usize = 255;
/// Characters of a Jira rich text field or comment, counted on the serialised document; jira.md 14 advises head-room
/// below the documented 32,767.
pub const JIRA_TEXT: usize = 32_000;
/// Characters of a long text field on Azure DevOps (azure.md 9).
pub const AZURE_TEXT: usize = 1_048_576;
/// Length of a Jira label (jira.md 14).
pub const JIRA_LABEL: usize = 255;
/// Items that the links of one text are asked about; further links stay as they are. A text of Jira has room for some three
/// hundred addresses.
pub const LINKS_PER_TEXT: usize = 500;
/// Items that one step asks about, over all the texts that it carries; further links stay as they are.
pub const LINKS_PER_STEP: usize = 5_000;
/// Bytes of one answer that we are ready to read from a remote.
pub const RESPONSE_BYTES: usize = 64 * 1024 * 1024;
/// Bytes of a response's text that may be looked at to find an error code.
pub const ERROR_TEXT_BYTES: usize = 64 * 1024;
/// Milliseconds that one request may take. It stays below the lateness bound (durability.md 3.4).
pub const REQUEST_TIMEOUT_MS: i64 = 60_000;
/// Milliseconds after which a request that was given up is taken to be unable to apply any more (durability.md 3.4).
pub const LATENESS_MS: i64 = 120_000;
/// Milliseconds after the latest moment at which a doubtful effect's first byte can have left at which it is probed
/// (durability.md 3.4): since when it is in doubt.
pub const PROBE_AT_MS: [i64; 4] = [5_000, 30_000, 60_000, 120_000];
/// Milliseconds after the same moment at which the marker of a doubtful create is searched for once more.
pub const SEARCH_AT_MS: i64 = 300_000;
/// Milliseconds between further probes while the probes stay inconclusive.
pub const PROBE_AGAIN_MS: i64 = 300_000;
/// Inconclusive probes after which the pair is parked for a person.
pub const PROBES_MAX: u16 = 24;
/// Keys that a probe reads past the last issue it found before it calls the range empty.
pub const PROBE_KEY_GAP: u64 = 100;
/// Bulk reads that one probe of a Jira create may make.
pub const PROBE_PAGES: usize = 20;
/// Steps of retry back-off of a pair: milliseconds until it is tried again after 1, 2, 3, ... failures.
pub const RETRY_AFTER_MS: [i64; 6] = [2_000, 10_000, 60_000, 300_000, 1_800_000, 3_600_000];
/// Readings in a row that are older than what is known already, or do not show all comments, before they are believed all the
/// same: a remote was put back, or counts otherwise than it lists.
pub const STALE_READINGS: u16 = 4;
/// Milliseconds between the two readings that must not show a write of which nothing was heard before it is taken for lost: a
/// remote's replicas do not lag longer.
pub const LAG_MS: i64 = 60_000;
/// Values of one field sent to one side without an answer that are remembered because they may still arrive. That each is
/// another takes a person's edit and a look between any two.
pub const LATE_EDITS: usize = 4;
/// Failures in a row of one pair, while its connection is up, from which on they are told: below that a busy remote is as
/// good an explanation.
pub const FAILURES_TOLD: u16 = 5;
/// Times that one batch of reads which failed as a whole is parted, to find the item that makes it fail: twice the depth of
/// halving the largest batch.
pub const BATCH_PARTS: usize = 16;
/// Milliseconds for which a field or comment that a remote refused is left out of the writes, unless it changes before.
pub const REFUSED_MS: i64 = 300_000;
/// Milliseconds for which no other way is looked for from a status at which a walk over statuses ended. Each walk moves the
/// issue for everybody to see, and only a changed workflow would let it arrive.
pub const DEAD_END_MS: i64 = 86_400_000;
/// Longest pause of a pair whose remote, or the way to it, is at fault, in milliseconds, unless the remote asks for a longer one.
pub const HINDERED_RETRY_MAX_MS: i64 = 30_000;
/// Longest pause of a pair of which an item could not be read while others were, in milliseconds.
pub const UNREAD_RETRY_MAX_MS: i64 = 300_000;
/// Milliseconds within which alternating writes of one field count as ping-pong (azure.md 15.4).
pub const PING_PONG_WINDOW_MS: i64 = 600_000;
/// Alternating writes of one field within the window that park the pair.
pub const PING_PONG_MAX: u8 = 8;
/// Effects that one plan of a pair may hold; what is beyond waits for the next plan.
pub const EFFECTS_PER_PLAN: usize = 32;
/// History entries kept per pair for `pair why`.
pub const HISTORY_PER_PAIR: usize = 64;
/// Rules that one profile may hold.
pub const RULES_PER_PROFILE: usize = 200;
/// Rows of one value, state, type or user table in a profile.
pub const ROWS_PER_TABLE: usize = 5_000;
/// Bytes of a profile file.
pub const PROFILE_BYTES: usize = 4 * 1024 * 1024;
/// Characters of a tenant's, profile's or rule's name.
pub const NAME_CHARS: usize = 64;
/// Bytes of a problem's subject by which it is told from other problems. The longest subject is a sentence of 200 characters.
pub const SUBJECT_BYTES: usize = 800;
/// Characters of an item's key such as `WEB-12`.
pub const KEY_CHARS: usize = 64;
/// Bytes of a feed cursor.
pub const CURSOR_BYTES: usize = 512;
/// Pairs of one profile that are active at once.
pub const ACTIVE_PAIRS: usize = 128;
/// Times that an item is tried to be read in vain before creates no longer wait for it, when the fault is its own.
pub const MEETING_TRIES: u8 = 5;
/// The same when the remote gives no answer to it but has answered others since it first gave none. So many in a row, each of
/// them alone in its request at the end, over some two minutes, are hardly bad luck.
pub const MEETING_TRIES_ALONE: u8 = 5;
/// Pairs in a row whose readings a remote did not answer before that is told as a problem of the connection.
pub const READS_MISSED: u32 = 5;
/// Orders that may wait for one pair while its profile does not run. Whoever gives more is told so.
pub const ORDERS_PER_PAIR: usize = 64;
/// Messages that may wait for one actor before its senders are told to wait.
pub const MAILBOX: usize = 1024;
/// Restarts of one child within [`RESTART_WINDOW_MS`] before its supervisor gives up on it.
pub const RESTARTS_MAX: usize = 5;
/// Milliseconds over which restarts are counted.
pub const RESTART_WINDOW_MS: i64 = 60_000;
/// Longest pause before a restart, in milliseconds.
pub const RESTART_PAUSE_MAX_MS: i64 = 30_000;
/// Milliseconds that a graceful stop may take before what is left is abandoned to recovery.
pub const STOP_MS: u64 = 5_000;
/// Requests in flight on one connection.
pub const REQUESTS_IN_FLIGHT: usize = 8;
/// Milliseconds of the longest pause that a remote may impose by `Retry-After`; a longer one is cut to this.
pub const RETRY_AFTER_MAX_MS: i64 = 300_000;
/// Overlap of the Jira change feed's windows, in milliseconds (jira.md 3.4).
pub const JIRA_OVERLAP_MS: i64 = 180_000;
/// Steps of one exchange (requests of one operation) before it is called endless.
pub const EXCHANGE_TURNS: usize = 2_000;
/// Pages of one feed that a dry run reads before it calls the feed endless.
pub const PLAN_FEED_PAGES: usize = 100_000;
/// Times that a dry run asks a remote before it gives up, where asking again may help.
pub const PLAN_TRIES: u32 = 4;
/// Milliseconds until a dry run asks a second time; doubled with each further try.
pub const PLAN_PAUSE_MS: u64 = 500;
/// Times that a dry run looks at a pair again which is not settled yet: enough for a remote that shows old readings until
/// these are believed, and for an item that is not shown.
pub const PLAN_LOOKS: u16 = 2 * STALE_READINGS;
/// Milliseconds before a credential ends from which on that is told as a problem.
pub const EXPIRY_TOLD_MS: i64 = 14 * 86_400_000;
/// Equal problems are merged; this many different open ones are kept per profile.
pub const PROBLEMS_PER_PROFILE: usize = 10_000;
/// Elements of one set field (labels, tags); azure.md 10.3 allows 100 tags.
pub const SET_ELEMENTS: usize = 100;
/// Labels of one metric that say a word of a closed set, beside those that name tenant and profile.
pub const METRIC_WORDS: usize = 3;
/// Days for which a file of the platform log is kept.
pub const LOG_DAYS: usize = 30;
/// Bytes of one day's file of the platform log; what is beyond is counted and told on the next day.
pub const LOG_DAY_BYTES: u64 = 256 << 20;
/// Lines that may wait for being written to the platform log.
pub const LOG_QUEUE: usize = 4_096;
/// Characters of one text in a line of the platform log.
pub const LOG_TEXT_CHARS: usize = 4_096;
/// Minutes for which extended logging may be on at most.
pub const EXTENDED_MINUTES: u32 = 240;
/// Characters of a remote's refusal that extended logging keeps.
pub const EXTENDED_CHARS: usize = 2_000;
