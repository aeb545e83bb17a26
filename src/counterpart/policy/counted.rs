//! What is counted.

use model::metric::{Class, Label, Measured, Metric, Values};

use super::Table;
use crate::statistics::FEATURES;

/// The table of metrics, from their declarations.
pub(super) fn metrics() -> Table {
    let row = |metric: Metric| {
        let row = metric.row();
        let labels: Vec<String> = row.labels.iter().map(label).collect();
        let measured = match row.measured {
            Measured::AsItHappens => "counted since the node was started",
            Measured::WhenAsked => "looked up when asked",
        };
        vec![
            format!("`{}`", metric.full_name()),
            row.kind.as_str().to_owned(),
            row.unit.as_str().to_owned(),
            labels.join(", "),
            row.class.as_str().to_owned(),
            row.purpose.to_owned(),
            measured.to_owned(),
        ]
    };
    Table {
        key: "metrics",
        title: "Metrics: in memory, told to whoever asks `/metrics` with the token",
        head: &[
            "name", "kind", "unit", "labels", "class", "purpose", "measured",
        ],
        rows: Metric::ALL.into_iter().map(row).collect(),
    }
}

/// The table of the daily statistics.
pub(super) fn statistics() -> Table {
    let daily = Metric::ALL.into_iter().filter(|metric| metric.row().daily);
    let operational = daily.map(|metric| {
        let row = metric.row();
        let labels: Vec<&str> = row.labels.iter().map(|label| label.name).collect();
        let labels = labels.get(row.place()..).unwrap_or_default().join(", ");
        let class = "operational, by tenant";
        [row.name, labels.as_str(), class, row.purpose]
            .map(str::to_owned)
            .to_vec()
    });
    let pairs = [
        "pairs",
        "",
        "operational, by tenant",
        "Pairs at the end of the day.",
    ];
    let business = FEATURES.iter().map(|feature| {
        let says = format!("How many {}.", feature.says);
        [feature.name, "", Class::Business.as_str(), says.as_str()]
            .map(str::to_owned)
            .to_vec()
    });
    let operational = operational.chain([pairs.map(str::to_owned).to_vec()]);
    Table {
        key: "statistics",
        title: "Statistics: of each day and tenant, kept below `[node] data`, sent nowhere",
        head: &["name", "by", "class", "purpose"],
        rows: operational.chain(business).collect(),
    }
}

/// A label with the words that it may say, unless these are many.
fn label(label: &Label) -> String {
    match label.values {
        Values::Named => label.name.to_owned(),
        Values::Words(words) if words.len() <= 6 => {
            format!("{} ({})", label.name, words.join(", "))
        }
        Values::Words(words) => format!("{} (one of {} words)", label.name, words.len()),
    }
}
