//! Metrics and traces to a collector, over OTLP with protobuf over HTTP. Off unless `[telemetry] otlp` names one.
//!
//! The messages are the official ones; everything around them is ours, because of what must hold here: a collector that is down,
//! slow or mad costs the sync nothing, memory is bounded, and nothing leaves but the numbers of the table of metrics and spans
//! with the fields of the table of the log. Spans wait in a buffer of [`SPANS`]; those beyond it, and those of a request that
//! failed, are dropped and counted. Metrics are sums since the start, so the next request makes good for a lost one.

mod exporter;
mod message;
mod spans;
#[cfg(test)]
mod tests;

use std::sync::{Arc, OnceLock};

use actors::meter::Meter;

pub use exporter::Exporter;
pub use spans::{Finished, Said, SpanLayer, Spans};

/// Finished spans that wait for the next request; more are dropped.
pub const SPANS: usize = 4_096;
/// Spans of one request.
const SPANS_AT_ONCE: usize = 512;
/// Bytes of one value of a span: names and codes are far shorter.
const VALUE_BYTES: usize = 128;

/// The node's own counts, which belong to no tenant.
pub fn meter() -> &'static Arc<Meter> {
    static METER: OnceLock<Arc<Meter>> = OnceLock::new();
    METER.get_or_init(Arc::default)
}

/// The buffer of finished spans.
pub fn spans() -> &'static Arc<Spans> {
    static BUFFER: OnceLock<Arc<Spans>> = OnceLock::new();
    BUFFER.get_or_init(Arc::default)
}
