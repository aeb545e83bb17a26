//! The numbers of a node as Prometheus text. What each means is declared in [`model::metric`].

use std::fmt::Write as _;

use model::metric::{BOUNDS, Histogram, Metric, Number, Sample};

/// The content type of the text format.
pub(crate) const KIND: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The text: every declared metric with its head, and under it what was measured.
pub(crate) fn text(samples: &[Sample]) -> String {
    let mut out = String::new();
    for metric in Metric::ALL {
        let (name, row) = (metric.full_name(), metric.row());
        // Writing to a string cannot fail.
        let _written = write!(
            out,
            "# HELP {name} {}\n# TYPE {name} {}\n",
            row.purpose,
            row.kind.as_str()
        );
        for sample in samples.iter().filter(|sample| sample.metric == metric) {
            let labels = labels(sample);
            match &sample.number {
                Number::Count(number) => line(&mut out, &name, &labels, number),
                Number::Level(level) => line(&mut out, &name, &labels, level),
                Number::Spread(spread) => histogram(&mut out, &name, &labels, spread),
            }
        }
    }
    out
}

fn histogram(out: &mut String, name: &str, labels: &str, spread: &Histogram) {
    let mut below = 0_u64;
    let bounds = BOUNDS.iter().map(ToString::to_string);
    let bounds = bounds.chain(["+Inf".to_owned()]);
    for (bound, count) in bounds.zip(spread.counts) {
        below = below.saturating_add(count);
        let comma = if labels.is_empty() { "" } else { "," };
        let labels = format!("{labels}{comma}le=\"{bound}\"");
        line(out, &format!("{name}_bucket"), &labels, &below);
    }
    line(out, &format!("{name}_sum"), labels, &spread.sum());
    line(out, &format!("{name}_count"), labels, &spread.count());
}

fn line(out: &mut String, name: &str, labels: &str, number: &impl std::fmt::Display) {
    let _written = if labels.is_empty() {
        writeln!(out, "{name} {number}")
    } else {
        writeln!(out, "{name}{{{labels}}} {number}")
    };
}

fn labels(sample: &Sample) -> String {
    let labels = sample.labels();
    let labels: Vec<String> = labels
        .map(|(name, value)| format!("{name}=\"{}\"", escaped(value)))
        .collect();
    labels.join(",")
}

/// Names and words need no escape as they are; this is the second lock on the same door.
fn escaped(value: &str) -> String {
    value
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use model::metric::Place;
    use model::{ProfileName, TenantName};

    use super::*;

    fn sample(metric: Metric, words: &[&'static str], number: Number) -> Sample {
        let place = Place {
            tenant: TenantName::new("acme").ok(),
            profile: ProfileName::new("web").ok(),
        };
        Sample {
            metric,
            place,
            words: words.to_vec(),
            number,
        }
    }

    #[test]
    fn every_declared_metric_is_there_though_nothing_was_measured() {
        let text = text(&[]);
        for metric in Metric::ALL {
            let head = format!(
                "# TYPE {} {}",
                metric.full_name(),
                metric.row().kind.as_str()
            );
            assert!(text.lines().any(|line| line == head), "{head}");
        }
        assert!(text.lines().all(|line| line.starts_with('#')));
    }

    #[test]
    fn a_sample_is_a_line_with_its_labels() {
        let words = ["azure", "create", "applied"];
        let text = text(&[
            sample(Metric::Effects, &words, Number::Count(3)),
            sample(Metric::OldestPending, &[], Number::Level(1.5)),
        ]);
        for line in [
            "counterpart_effects_total{tenant=\"acme\",profile=\"web\",side=\"azure\",kind=\"create\",outcome=\"applied\"} 3",
            "counterpart_oldest_pending_seconds{tenant=\"acme\",profile=\"web\"} 1.5",
        ] {
            assert!(text.lines().any(|is| is == line), "{line}\n{text}");
        }
    }

    #[test]
    fn a_histogram_counts_all_that_is_not_beyond_each_bound() {
        let mut spread = Histogram::default();
        spread.add(2_000_000);
        spread.add(400_000_000_000);
        let number = Number::Spread(Box::new(spread));
        let text = text(&[sample(Metric::ChangeSeconds, &[], number)]);
        let name = "counterpart_change_seconds";
        let labels = "tenant=\"acme\",profile=\"web\"";
        for line in [
            format!("{name}_bucket{{{labels},le=\"0.001\"}} 0"),
            format!("{name}_bucket{{{labels},le=\"0.0025\"}} 1"),
            format!("{name}_bucket{{{labels},le=\"300\"}} 1"),
            format!("{name}_bucket{{{labels},le=\"+Inf\"}} 2"),
            format!("{name}_sum{{{labels}}} 400.002"),
            format!("{name}_count{{{labels}}} 2"),
        ] {
            assert!(text.lines().any(|is| is == line), "{line}\n{text}");
        }
    }
}
