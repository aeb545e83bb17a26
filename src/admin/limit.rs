//! Every bound of the endpoint, in one place.

/// Connections served at once; more wait in the listener's queue.
pub const CONNECTIONS: usize = 64;
/// Milliseconds in which a request's head has to arrive, counted from the end of the request before it.
pub const HEAD_MS: u64 = 10_000;
/// Milliseconds in which a request's body has to arrive and its answer has to be found.
pub const REQUEST_MS: u64 = 30_000;
/// Milliseconds that one connection may last, whatever is asked on it.
pub const CONNECTION_MS: u64 = 300_000;
/// Milliseconds that requests under way have to finish when the endpoint stops.
pub const STOP_MS: u64 = 1_000;
/// Milliseconds between two tries to accept when the system refuses, for example for want of file descriptors.
pub const ACCEPT_PAUSE_MS: u64 = 50;
/// Bytes of a request's head.
pub const HEAD_BYTES: usize = 16 * 1024;
/// Header lines of a request.
pub const HEADERS: usize = 64;
/// Bytes of the path and query of a request.
pub const TARGET_BYTES: usize = 4 * 1024;
/// Bytes of a webhook's body, which is read and dropped.
pub const HOOK_BYTES: usize = 1024 * 1024;
/// Bytes of the body of any other request; none needs one.
pub const BODY_BYTES: usize = 1024;
/// Pairs on one page when the request does not say.
pub const PAGE: usize = 100;
/// Pairs on one page at most.
pub const PAGE_MAX: usize = 1_000;
/// Bytes of one value in a query or path, decoded.
pub const PARAMETER_BYTES: usize = 256;
/// Problems shown on the console; the API has all.
pub const CONSOLE_PROBLEMS: usize = 200;
/// Characters of one value shown on the console.
pub const CONSOLE_CHARS: usize = 200;
/// Seconds after which an open console asks again.
pub const CONSOLE_REFRESH_S: u32 = 5;
/// Console links that were given out and not yet used; the oldest goes first.
pub const TICKETS: usize = 16;
/// Milliseconds for which a console link works.
pub const TICKET_MS: u64 = 600_000;
/// Browsers that may be signed in to the console at once; the oldest goes first.
pub const SESSIONS: usize = 64;
/// Milliseconds for which a browser stays signed in.
pub const SESSION_MS: u64 = 12 * 3_600_000;
/// Fewest characters of a token.
pub const TOKEN_CHARS_MIN: usize = 24;
/// Most characters of a token.
pub const TOKEN_CHARS_MAX: usize = 512;
/// Milliseconds that the client waits for a whole answer; longer than the endpoint takes to give up.
pub const CLIENT_MS: u64 = 35_000;
/// Bytes of an answer that the client is ready to read.
pub const ANSWER_BYTES: usize = 16 * 1024 * 1024;
