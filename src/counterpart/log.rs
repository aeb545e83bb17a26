//! The platform log, on standard error.

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;

/// Begins to log. `level` is a filter such as `info` or `actors=debug`; the default tells warnings and errors.
pub fn begin(level: Option<&str>) {
    let filter =
        EnvFilter::try_new(level.unwrap_or("warn")).unwrap_or_else(|_| EnvFilter::new("warn"));
    // A terminal gets lines for people, everything else gets JSON. A second beginning in one process changes nothing.
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    let _ = if std::io::stderr().is_terminal() {
        builder.try_init()
    } else {
        builder.json().try_init()
    };
}
