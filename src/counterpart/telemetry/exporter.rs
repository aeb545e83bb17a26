//! The task that sends to the collector.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use actors::Running;
use model::metric::Metric;
use prost::Message as _;
use reqwest::header::{CONTENT_TYPE, HeaderValue};
use tokio::sync::oneshot;

use super::{SPANS, SPANS_AT_ONCE, message, meter, spans};
use crate::config::{Collector, Config, Proxy};
use crate::credential::Sealed;
use crate::exit::Error;

/// How long one request may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long the last requests may take when the node stops.
const LAST: Duration = Duration::from_secs(2);

/// Sends metrics and spans to a collector.
pub struct Exporter {
    client: reqwest::Client,
    collector: Collector,
    begun: u64,
    /// Whether the last request of each kind failed, which is told once.
    failed: [bool; 2],
}

/// What came of a request.
enum Came {
    Accepted,
    Refused(u16),
    Unanswered,
}

impl Exporter {
    /// One for the configured collector; nothing when none is configured.
    ///
    /// # Errors
    /// When the machine has not what a connection needs, such as certificates of authorities.
    pub fn new(config: &Config) -> Result<Option<Exporter>, Error> {
        let Some(collector) = config.telemetry.collector.clone() else {
            return Ok(None);
        };
        // A second installation in the same process is refused and harmless: the first one stays.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = reqwest::Client::builder()
            .user_agent(concat!("Counterpart/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .timeout(PATIENCE)
            .connect_timeout(PATIENCE);
        if config.proxy == Proxy::None || !collector.endpoint.starts_with("https://") {
            builder = builder.no_proxy();
        }
        let client = builder.build().map_err(|error| {
            Error::Usage(format!(
                "[telemetry] otlp: cannot prepare the connection: {error}; install the system's CA certificates (package \
                 ca-certificates)"
            ))
        })?;
        spans().open();
        Ok(Some(Exporter {
            client,
            collector,
            begun: now(),
            failed: [false; 2],
        }))
    }

    /// Sends every now and then until it is told to stop, and then once more.
    pub async fn export(mut self, running: Arc<Running>, mut stop: oneshot::Receiver<()>) {
        loop {
            let stopped = tokio::select! {
                _ = &mut stop => true,
                () = tokio::time::sleep(self.collector.pause) => false,
            };
            if stopped {
                return self.finish(&running).await;
            }
            // A slow collector must not keep the node from stopping.
            tokio::select! {
                _ = &mut stop => return,
                () = self.send(&running) => {}
            }
        }
    }

    /// Sends what is there for the last time.
    pub async fn finish(mut self, running: &Running) {
        let _ = tokio::time::timeout(LAST, self.send(running)).await;
    }

    async fn send(&mut self, running: &Running) {
        let mut samples = running.metrics().await;
        samples.extend(meter().samples());
        let request = message::metrics(&samples, self.begun, now()).encode_to_vec();
        drop(samples);
        self.post("metrics", request).await;
        for _ in 0..SPANS.div_ceil(SPANS_AT_ONCE) {
            let batch = spans().take(SPANS_AT_ONCE);
            if batch.is_empty() {
                return;
            }
            let request = message::traces(&batch).encode_to_vec();
            if !self.post("traces", request).await {
                let lost = batch.len() as u64;
                meter().count(Metric::TelemetryDropped, [], lost);
                return;
            }
        }
    }

    async fn post(&mut self, signal: &'static str, body: Vec<u8>) -> bool {
        let came = self.carry(signal, body).await;
        let (outcome, status) = match came {
            Came::Accepted => ("accepted", 0),
            Came::Refused(status) => ("refused", status),
            Came::Unanswered => ("unanswered", 0),
        };
        meter().count(Metric::TelemetryExports, [signal, outcome], 1);
        let well = matches!(came, Came::Accepted);
        let failed = &mut self.failed[usize::from(signal == "traces")];
        if !well && !*failed {
            model::log!(
                warn,
                "the collector takes nothing; it is tried again",
                kind = signal,
                outcome = outcome,
                code = status
            );
        }
        *failed = !well;
        well
    }

    /// What the collector says but its status is not even read.
    async fn carry(&self, signal: &str, body: Vec<u8>) -> Came {
        let url = format!("{}/v1/{signal}", self.collector.endpoint);
        let mut request = self
            .client
            .post(url)
            .header(CONTENT_TYPE, "application/x-protobuf")
            .body(body);
        if let Some(credential) = &self.collector.credential {
            // Without it the collector could only say that it wants one.
            let Some(header) = credential.read().ok().and_then(|is| self.header(&is)) else {
                return Came::Unanswered;
            };
            request = request.header(&self.collector.header, header);
        }
        match request.send().await {
            Ok(answer) if answer.status().is_success() => Came::Accepted,
            Ok(answer) => Came::Refused(answer.status().as_u16()),
            Err(_) => Came::Unanswered,
        }
    }

    /// The token as it is, or as a bearer's where that is what the header is for.
    fn header(&self, sealed: &Sealed) -> Option<HeaderValue> {
        let is_bearer = self.collector.header.eq_ignore_ascii_case("authorization");
        let before = if is_bearer { "Bearer " } else { "" };
        let text = zeroize::Zeroizing::new(format!("{before}{}", *sealed.token));
        let mut value = HeaderValue::from_str(&text).ok()?;
        value.set_sensitive(true);
        Some(value)
    }
}

fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| {
        u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
    })
}
