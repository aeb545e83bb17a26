use std::sync::Arc;

use model::metric::{BOUNDS, Histogram, Metric, Number, Place, Sample};
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use prost::Message as _;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry;

use super::*;

fn heard(work: impl FnOnce()) -> Vec<Finished> {
    let spans = Arc::new(Spans::default());
    spans.open();
    let layer = SpanLayer::new(Arc::clone(&spans));
    tracing::subscriber::with_default(registry().with(layer), work);
    spans.take(SPANS)
}

#[test]
fn a_span_keeps_the_fields_that_the_policy_names_and_no_other() {
    let spans = heard(|| {
        let outer = tracing::info_span!("pair", pair = "jira:1", title = "a word of an item");
        let _in = outer.enter();
        let inner = tracing::info_span!("effect", side = "azure", outcome = tracing::field::Empty);
        inner.record("outcome", "applied");
        tracing::info!("an event with a word of an item");
    });
    let names: Vec<_> = spans.iter().map(|span| span.name).collect();
    assert_eq!(names, ["effect", "pair"]);
    let text = |text: &str| Said::Text(text.to_owned());
    assert_eq!(spans[1].fields, [("pair", text("jira:1"))]);
    let expected = [("side", text("azure")), ("outcome", text("applied"))];
    assert_eq!(spans[0].fields, expected);
    assert_eq!(spans[0].trace, spans[1].trace);
    assert_eq!(spans[0].parent, Some(spans[1].id));
    assert_ne!(spans[0].id, spans[1].id);
    assert!(spans[1].begun <= spans[0].begun && spans[0].ended <= spans[1].ended);
}

#[test]
fn a_value_is_cut_where_a_character_ends() {
    let spans = heard(|| drop(tracing::info_span!("pair", pair = "ä".repeat(500))));
    let Said::Text(text) = &spans[0].fields[0].1 else {
        panic!("it is a text");
    };
    assert_eq!(text.chars().count(), VALUE_BYTES / 2);
}

#[test]
fn more_spans_than_are_fetched_are_dropped_and_counted() {
    let spans = Spans::default();
    let before = meter().sum(Metric::TelemetryDropped, |_| true);
    let span = heard(|| drop(tracing::info_span!("pair"))).remove(0);
    for _ in 0..SPANS + 10 {
        spans.push(span.clone());
    }
    assert_eq!(spans.take(usize::MAX).len(), SPANS);
    let dropped = meter().sum(Metric::TelemetryDropped, |_| true) - before;
    assert!(dropped >= 10, "{dropped}");
}

#[test]
fn nobody_listens_before_there_is_a_collector() {
    let spans = Arc::new(Spans::default());
    let layer = SpanLayer::new(Arc::clone(&spans));
    tracing::subscriber::with_default(registry().with(layer), || {
        drop(tracing::info_span!("pair"));
    });
    assert_eq!(spans.take(SPANS), []);
}

#[test]
fn a_message_holds_the_samples_as_others_read_them() {
    let place = Place {
        tenant: model::TenantName::new("acme").ok(),
        profile: model::ProfileName::new("web").ok(),
    };
    let mut spread = Histogram::default();
    spread.add(3_000_000);
    let sample = |metric, words: &[&'static str], number| Sample {
        metric,
        place: place.clone(),
        words: words.to_vec(),
        number,
    };
    let samples = [
        sample(Metric::Doubts, &["jira"], Number::Count(7)),
        sample(Metric::PairsParked, &[], Number::Level(2.0)),
        sample(Metric::ChangeSeconds, &[], Number::Spread(Box::new(spread))),
    ];
    let bytes = message::metrics(&samples, 1, 2).encode_to_vec();
    let read = ExportMetricsServiceRequest::decode(bytes.as_slice()).expect("it can be read");
    let series = &read.resource_metrics[0].scope_metrics[0].metrics;
    let names: Vec<_> = series.iter().map(|is| is.name.as_str()).collect();
    let expected = [
        "counterpart_pairs_parked",
        "counterpart_change_seconds",
        "counterpart_doubts_total",
    ];
    assert_eq!(names, expected);
    let Some(Data::Histogram(times)) = &series[1].data else {
        panic!("{:?}", series[1]);
    };
    let point = &times.data_points[0];
    assert_eq!(point.bucket_counts.len(), BOUNDS.len() + 1);
    assert_eq!(
        (point.count, point.explicit_bounds.len()),
        (1, BOUNDS.len())
    );
    let Some(Data::Sum(doubts)) = &series[2].data else {
        panic!("{:?}", series[2]);
    };
    assert!(doubts.is_monotonic);
    let labels = doubts.data_points[0].attributes.iter();
    let labels: Vec<_> = labels.map(|label| label.key.as_str()).collect();
    assert_eq!(labels, ["tenant", "profile", "side"]);
}
