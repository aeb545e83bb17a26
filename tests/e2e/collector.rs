//! Metrics and spans to a collector: what arrives, what does not, and what a bad collector costs.

use std::fs;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine as _;
use counterpart::policy;
use model::Side;
use model::metric::Metric;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message as _;
use tests::harness::{Plan, World, pause};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// How a collector behaves.
#[derive(Clone, Copy, Debug)]
enum Manner {
    /// It takes what comes.
    Sound,
    /// It takes what comes and never answers.
    Silent,
    /// It answers with what is no HTTP.
    Mad,
    /// It refuses everything, at length.
    Unwilling,
}

#[derive(Clone, Debug)]
struct Request {
    head: String,
    body: Vec<u8>,
}

/// What the log says once when a collector takes nothing.
const TROUBLE: &str = "the collector takes nothing; it is tried again";

/// A collector, and what it was sent.
struct Collector {
    address: String,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Collector {
    async fn begin(manner: Manner) -> Collector {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = format!("http://{}", listener.local_addr().expect("an address"));
        let requests = Arc::<Mutex<Vec<Request>>>::default();
        let kept = Arc::clone(&requests);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, manner, Arc::clone(&kept)));
            }
        });
        Collector { address, requests }
    }

    fn requests(&self) -> Vec<Request> {
        self.requests.lock().expect("whole").clone()
    }
}

async fn serve(mut stream: TcpStream, manner: Manner, kept: Arc<Mutex<Vec<Request>>>) {
    while let Some(request) = read(&mut stream).await {
        kept.lock().expect("whole").push(request);
        let answer = match manner {
            Manner::Sound => "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n".to_owned(),
            Manner::Silent => {
                pause(600_000).await;
                return;
            }
            Manner::Mad => "\0\u{1}no such thing\r\n\r\n".to_owned(),
            Manner::Unwilling => {
                let text = "no ".repeat(100_000);
                format!(
                    "HTTP/1.1 503 No\r\ncontent-length: {}\r\n\r\n{text}",
                    text.len()
                )
            }
        };
        if stream.write_all(answer.as_bytes()).await.is_err() {
            return;
        }
    }
}

async fn read(stream: &mut TcpStream) -> Option<Request> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    let head = String::from_utf8(head).ok()?.to_lowercase();
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "));
    let mut body = vec![0; length?.trim().parse().ok()?];
    stream.read_exact(&mut body).await.ok()?;
    Some(Request { head, body })
}

fn tell(world: &World, address: &str) {
    let text = fs::read_to_string(world.config()).expect("the configuration");
    let text = text.split("\n[telemetry]").next().unwrap_or_default();
    let text = format!("{text}\n[telemetry]\notlp = {address:?}\notlp_seconds = 1\n");
    fs::write(world.config(), text).expect("it is written");
}

fn sum(requests: &[Request], metric: Metric) -> f64 {
    use opentelemetry_proto::tonic::metrics::v1::metric::Data;
    use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value;
    let last = requests
        .iter()
        .rfind(|is| is.head.starts_with("post /v1/metrics "));
    let last = last.expect("metrics were sent");
    let read = ExportMetricsServiceRequest::decode(last.body.as_slice()).expect("readable");
    let series = read
        .resource_metrics
        .iter()
        .flat_map(|is| &is.scope_metrics);
    let wanted = series
        .flat_map(|is| &is.metrics)
        .filter(|is| is.name == metric.full_name());
    let points = wanted.flat_map(|is| match &is.data {
        Some(Data::Sum(sum)) => sum.data_points.clone(),
        Some(Data::Gauge(gauge)) => gauge.data_points.clone(),
        _ => Vec::new(),
    });
    #[expect(
        clippy::cast_precision_loss,
        reason = "a test counts no more than thousands"
    )]
    let numbers = points.map(|point| match point.value {
        Some(Value::AsInt(number)) => number as f64,
        Some(Value::AsDouble(number)) => number,
        None => 0.0,
    });
    numbers.sum()
}

fn spans(requests: &[Request]) -> Vec<Span> {
    let traces = requests
        .iter()
        .filter(|is| is.head.starts_with("post /v1/traces "));
    let read = traces.map(|is| ExportTraceServiceRequest::decode(is.body.as_slice()));
    let read: Vec<_> = read.map(|is| is.expect("readable")).collect();
    let scopes = read
        .iter()
        .flat_map(|is| &is.resource_spans)
        .flat_map(|is| &is.scope_spans);
    scopes.flat_map(|is| is.spans.clone()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_gets_metrics_and_spans_and_nothing_of_the_items() {
    let collector = Collector::begin(Manner::Sound).await;
    let mut world = World::begin(Plan::new(6, 81)).await;
    tell(&world, &collector.address);
    fs::write(world.folder().join("collector.token"), "quokkatoken55\n").expect("a token");
    let text = fs::read_to_string(world.config()).expect("the configuration");
    let text = text.replace(
        "\n[telemetry]",
        "\n[[credential]]\ntenant = \"acme\"\nname = \"collector\"\nfile = \"collector.token\"\n\n[telemetry]\n\
         otlp_credential = \"acme/collector\"",
    );
    fs::write(world.config(), text).expect("it is written");
    let words = ["Quokkatitle51", "Quokkacomment52", "Quokkalabel53"];
    let bruno = world.seat(Side::Jira, "bruno");
    let items = world.items(Side::Jira).await;
    for item in items["items"].as_array().into_iter().flatten() {
        let id = item["id"].as_str().unwrap_or_default();
        let fields = serde_json::json!({ "fields": { "summary": words[0], "labels": [words[2]] } });
        assert!(bruno.edit_issue(id, &fields).await.expect("an answer"));
        assert!(bruno.comment_issue(id, words[1]).await.expect("an answer"));
    }
    world.start().await;
    world.in_step(Duration::from_secs(60)).await;
    let (status, _) = world.terminate().await;
    assert_eq!(status.code(), Some(0), "{}", world.tail());
    let requests = collector.requests();
    assert!(sum(&requests, Metric::Effects) >= 12.0);
    assert!(sum(&requests, Metric::PairsParked).abs() < 0.5);
    let spans = spans(&requests);
    for name in ["pair", "page", "effect"] {
        assert!(spans.iter().any(|span| span.name == name), "no span {name}");
    }
    let allowed = policy::log_fields();
    for span in &spans {
        let keys = span.attributes.iter().map(|is| is.key.as_str());
        let strange: Vec<_> = keys.filter(|key| !allowed.contains(key)).collect();
        assert!(strange.is_empty(), "{strange:?} in {}", span.name);
        assert!(span.events.is_empty(), "{span:?}");
    }
    let effect = spans
        .iter()
        .find(|span| span.name == "effect")
        .expect("one");
    let pairs = spans.iter().filter(|span| span.name == "pair");
    assert!(
        pairs
            .clone()
            .any(|pair| pair.span_id == effect.parent_span_id)
    );
    let mut planted: Vec<String> = words.map(str::to_owned).to_vec();
    planted.extend([world.tokens.jira.clone(), world.tokens.azure.clone()]);
    for person in emulator::people::everybody() {
        planted.extend([person.display, person.email].map(str::to_owned));
    }
    for request in &requests {
        let head = &request.head;
        assert!(
            head.contains("authorization: bearer quokkatoken55"),
            "{head}"
        );
        let body = String::from_utf8_lossy(&request.body);
        for word in &planted {
            let coded = base64::engine::general_purpose::STANDARD.encode(word);
            assert!(
                !body.contains(word) && !body.contains(&coded),
                "{word} was sent"
            );
        }
    }
    world.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_collector_neither_slows_nor_stops_the_sync() {
    let mut world = World::begin(Plan::new(4, 82)).await;
    let silent = Collector::begin(Manner::Silent).await;
    let mad = Collector::begin(Manner::Mad).await;
    let unwilling = Collector::begin(Manner::Unwilling).await;
    let nobody = "http://127.0.0.1:9".to_owned();
    let bad = [&silent.address, &mad.address, &unwilling.address, &nobody];
    for (nth, address) in bad.into_iter().enumerate() {
        tell(&world, address);
        world.start().await;
        let seat = world.seat(Side::Jira, "bruno");
        let items = world.items(Side::Jira).await;
        for item in items["items"].as_array().into_iter().flatten() {
            let id = item["id"].as_str().unwrap_or_default();
            let text = format!("Seen for the {nth}th time");
            assert!(seat.comment_issue(id, &text).await.expect("an answer"));
        }
        world.in_step(Duration::from_secs(60)).await;
        let told = || async { world.logged(TROUBLE).len() > nth };
        world
            .until("the trouble is told", Duration::from_secs(30), told)
            .await;
        let (status, _) = world.terminate().await;
        assert_eq!(status.code(), Some(0), "{address}: {}", world.tail());
    }
    assert!(!silent.requests().is_empty() && !mad.requests().is_empty());
    world.end();
}
