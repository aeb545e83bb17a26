//! Samples and spans as messages of OTLP.

use model::metric::{BOUNDS, Kind, Metric, Number, Sample, Unit};
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::{
    AggregationTemporality, Gauge, Histogram, HistogramDataPoint, Metric as Series,
    NumberDataPoint, ResourceMetrics, ScopeMetrics, Sum, number_data_point,
};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};

use super::spans::{Finished, Said};

/// What was measured, as sums since `begun`.
pub(super) fn metrics(samples: &[Sample], begun: u64, now: u64) -> ExportMetricsServiceRequest {
    let series = Metric::ALL.into_iter().filter_map(|metric| {
        let of: Vec<&Sample> = samples.iter().filter(|is| is.metric == metric).collect();
        (!of.is_empty()).then(|| self::series(metric, &of, begun, now))
    });
    let scope = ScopeMetrics {
        scope: Some(scope()),
        metrics: series.collect(),
        ..ScopeMetrics::default()
    };
    ExportMetricsServiceRequest {
        resource_metrics: vec![ResourceMetrics {
            resource: Some(resource()),
            scope_metrics: vec![scope],
            ..ResourceMetrics::default()
        }],
    }
}

fn series(metric: Metric, samples: &[&Sample], begun: u64, now: u64) -> Series {
    let row = metric.row();
    let temporality = AggregationTemporality::Cumulative as i32;
    let numbers = || {
        samples
            .iter()
            .filter_map(|is| number(is, begun, now))
            .collect()
    };
    let data = match row.kind {
        Kind::Counter => Data::Sum(Sum {
            data_points: numbers(),
            aggregation_temporality: temporality,
            is_monotonic: true,
        }),
        Kind::Gauge => Data::Gauge(Gauge {
            data_points: numbers(),
        }),
        Kind::Histogram => Data::Histogram(Histogram {
            data_points: samples
                .iter()
                .filter_map(|is| times(is, begun, now))
                .collect(),
            aggregation_temporality: temporality,
        }),
    };
    let unit = match row.unit {
        Unit::Seconds => "s",
        Unit::Bytes => "By",
        Unit::One | Unit::Truth => "1",
    };
    Series {
        name: metric.full_name(),
        description: row.purpose.to_owned(),
        unit: unit.to_owned(),
        data: Some(data),
        ..Series::default()
    }
}

fn number(sample: &Sample, begun: u64, now: u64) -> Option<NumberDataPoint> {
    let value = match &sample.number {
        Number::Count(number) => {
            number_data_point::Value::AsInt(i64::try_from(*number).unwrap_or(i64::MAX))
        }
        Number::Level(level) => number_data_point::Value::AsDouble(*level),
        Number::Spread(_) => return None,
    };
    Some(NumberDataPoint {
        attributes: labels(sample),
        start_time_unix_nano: begun,
        time_unix_nano: now,
        value: Some(value),
        ..NumberDataPoint::default()
    })
}

fn times(sample: &Sample, begun: u64, now: u64) -> Option<HistogramDataPoint> {
    let Number::Spread(spread) = &sample.number else {
        return None;
    };
    Some(HistogramDataPoint {
        attributes: labels(sample),
        start_time_unix_nano: begun,
        time_unix_nano: now,
        count: spread.count(),
        sum: Some(spread.sum()),
        bucket_counts: spread.counts.to_vec(),
        explicit_bounds: BOUNDS.to_vec(),
        ..HistogramDataPoint::default()
    })
}

fn labels(sample: &Sample) -> Vec<KeyValue> {
    sample
        .labels()
        .map(|(name, value)| text(name, value))
        .collect()
}

/// What was done.
pub(super) fn traces(spans: &[Finished]) -> ExportTraceServiceRequest {
    let scope = ScopeSpans {
        scope: Some(scope()),
        spans: spans.iter().map(span).collect(),
        ..ScopeSpans::default()
    };
    ExportTraceServiceRequest {
        resource_spans: vec![ResourceSpans {
            resource: Some(resource()),
            scope_spans: vec![scope],
            ..ResourceSpans::default()
        }],
    }
}

fn span(span: &Finished) -> Span {
    let attributes = span.fields.iter().map(|(name, said)| match said {
        Said::Text(value) => text(name, value),
        Said::Number(number) => attribute(name, Value::IntValue(*number)),
        Said::Truth(truth) => attribute(name, Value::BoolValue(*truth)),
    });
    Span {
        trace_id: span.trace.to_vec(),
        span_id: span.id.to_vec(),
        parent_span_id: span.parent.map(|id| id.to_vec()).unwrap_or_default(),
        name: span.name.to_owned(),
        kind: SpanKind::Internal as i32,
        start_time_unix_nano: span.begun,
        end_time_unix_nano: span.ended,
        attributes: attributes.collect(),
        ..Span::default()
    }
}

fn scope() -> InstrumentationScope {
    InstrumentationScope {
        name: "counterpart".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        ..InstrumentationScope::default()
    }
}

/// Who speaks: the program, and neither the machine nor its user.
fn resource() -> Resource {
    Resource {
        attributes: vec![
            text("service.name", "counterpart"),
            text("service.version", env!("CARGO_PKG_VERSION")),
        ],
        ..Resource::default()
    }
}

fn text(name: &str, value: &str) -> KeyValue {
    attribute(name, Value::StringValue(value.to_owned()))
}

fn attribute(name: &str, value: Value) -> KeyValue {
    KeyValue {
        key: name.to_owned(),
        value: Some(AnyValue { value: Some(value) }),
        ..KeyValue::default()
    }
}
