//! The numbers of a node as Prometheus text: counts only, each declared in one table.

use std::fmt::Write as _;

use serde_json::Value;

/// The content type of the text format.
pub(crate) const KIND: &str = "text/plain; version=0.0.4; charset=utf-8";

/// How a number behaves.
#[derive(Clone, Copy)]
enum Kind {
    /// It only rises while the process lives.
    Counter,
    /// It rises and falls; a truth is 0 or 1.
    Gauge,
}

/// One number per profile: its key in the status, its name, its kind, its meaning. All are counts of things or truths
/// about a profile; none is about a person or an item.
const PROFILE: [(&str, &str, Kind, &str); 13] = [
    (
        "connected",
        "connected",
        Kind::Gauge,
        "Whether both remotes were met.",
    ),
    (
        "open",
        "creates_allowed",
        Kind::Gauge,
        "Whether creates are allowed.",
    ),
    (
        "idle",
        "idle",
        Kind::Gauge,
        "Whether nothing is left to do.",
    ),
    (
        "trouble",
        "trouble",
        Kind::Gauge,
        "Problems of the connections.",
    ),
    (
        "pending",
        "pairs_pending",
        Kind::Gauge,
        "Pairs that wait for their turn.",
    ),
    ("active", "pairs_active", Kind::Gauge, "Pairs at work."),
    (
        "waiting",
        "pairs_waiting",
        Kind::Gauge,
        "Pairs that wait for a time.",
    ),
    (
        "parked",
        "pairs_parked",
        Kind::Gauge,
        "Pairs that wait for a person.",
    ),
    (
        "effects",
        "effects_total",
        Kind::Counter,
        "Writes that remotes applied.",
    ),
    (
        "conflicts",
        "conflicts_total",
        Kind::Counter,
        "Conflicts that were met.",
    ),
    ("steps", "steps_total", Kind::Counter, "Steps of the core."),
    (
        "commits",
        "commits_total",
        Kind::Counter,
        "Durable commits.",
    ),
    (
        "losses",
        "losses_total",
        Kind::Counter,
        "What conversions could not carry.",
    ),
];

/// What is told of a tenant's backups: the key in the status, the name, the meaning.
const BACKUP: [(&str, &str, &str); 3] = [
    (
        "age_seconds",
        "backup_age_seconds",
        "Age of the last good backup.",
    ),
    (
        "failed",
        "backup_failed",
        "Whether the last backup, or its copy to the bucket, failed.",
    ),
    (
        "drill_failed",
        "backup_drill_failed",
        "Whether the last drill failed.",
    ),
];

/// The text for a status.
pub(crate) fn text(status: &Value) -> String {
    let tenants = list(status, "tenants");
    let mut out = String::new();
    head(&mut out, "tenants", Kind::Gauge, "Tenants of the node.");
    line(&mut out, "tenants", "", tenants.len() as u64);
    tenant_numbers(&mut out, tenants);
    for (key, name, kind, help) in PROFILE {
        head(&mut out, name, kind, help);
        for (labels, profile) in profiles(tenants) {
            if let Some(number) = profile.get(key).and_then(number) {
                line(&mut out, name, &labels, number);
            }
        }
    }
    requests(&mut out, tenants);
    out
}

fn tenant_numbers(out: &mut String, tenants: &[Value]) {
    let help = "Whether the tenant does not run.";
    head(out, "tenant_failed", Kind::Gauge, help);
    for tenant in tenants {
        let is_failed = tenant.get("failure").is_some_and(|why| !why.is_null());
        line(
            out,
            "tenant_failed",
            &label(tenant, "tenant"),
            u64::from(is_failed),
        );
    }
    for (key, name, help) in BACKUP {
        head(out, name, Kind::Gauge, help);
        for tenant in tenants {
            let value = tenant.get("backup").and_then(|backup| backup.get(key));
            if let Some(value) = value.and_then(number) {
                line(out, name, &label(tenant, "tenant"), value);
            }
        }
    }
    let help = "Profiles that failed too often and were stopped.";
    head(out, "profiles_stopped", Kind::Gauge, help);
    for tenant in tenants {
        let count = list(tenant, "stopped").len() as u64;
        line(out, "profiles_stopped", &label(tenant, "tenant"), count);
    }
}

fn requests(out: &mut String, tenants: &[Value]) {
    head(
        out,
        "requests_total",
        Kind::Counter,
        "Requests sent to a remote.",
    );
    for (labels, profile) in profiles(tenants) {
        for side in model::Side::BOTH {
            let count = profile
                .get("requests")
                .and_then(|both| both.get(side.as_str()));
            if let Some(count) = count.and_then(number) {
                line(
                    out,
                    "requests_total",
                    &format!("{labels},side=\"{side}\""),
                    count,
                );
            }
        }
    }
}

/// Every profile with its labels.
fn profiles(tenants: &[Value]) -> impl Iterator<Item = (String, &Value)> {
    tenants.iter().flat_map(|tenant| {
        let tenant_label = label(tenant, "tenant");
        list(tenant, "profiles").iter().map(move |profile| {
            let labels = format!("{tenant_label},{}", label(profile, "profile"));
            (labels, profile)
        })
    })
}

fn head(out: &mut String, name: &str, kind: Kind, help: &str) {
    let kind = match kind {
        Kind::Counter => "counter",
        Kind::Gauge => "gauge",
    };
    // Writing to a string cannot fail.
    let _written = write!(
        out,
        "# HELP counterpart_{name} {help}\n# TYPE counterpart_{name} {kind}\n"
    );
}

fn line(out: &mut String, name: &str, labels: &str, number: u64) {
    let _written = if labels.is_empty() {
        writeln!(out, "counterpart_{name} {number}")
    } else {
        writeln!(out, "counterpart_{name}{{{labels}}} {number}")
    };
}

/// A count, a truth as 0 or 1, or the length of a list.
fn number(value: &Value) -> Option<u64> {
    match value {
        Value::Bool(truth) => Some(u64::from(*truth)),
        Value::Number(number) => number.as_u64(),
        Value::Array(list) => Some(list.len() as u64),
        Value::Null | Value::String(_) | Value::Object(_) => None,
    }
}

fn label(thing: &Value, label: &str) -> String {
    let name = thing
        .get("name")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let name = name
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n");
    format!("{label}=\"{name}\"")
}

fn list<'a>(thing: &'a Value, key: &str) -> &'a [Value] {
    thing
        .get(key)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}
