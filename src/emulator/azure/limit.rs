//! Every bound of the emulated organisation. The numbers of the real service are in azure.md 10.3.

/// Ids that one list or batch read may name; more is VS403474 (azure.md 4).
pub(crate) const BATCH_IDS: usize = 200;
/// Rows that a query may give; more is VS402337 (azure.md 2).
pub(crate) const QUERY_ROWS: usize = 20_000;
/// Characters of a query's text (azure.md 2).
pub(crate) const QUERY_CHARS: usize = 32_000;
/// How deeply conditions of a query may nest before the parser refuses them.
pub(crate) const QUERY_DEPTH: usize = 64;
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
