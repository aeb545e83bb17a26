//! `counterpart fsck`: every invariant of every tenant's store.

use actors::rows::Rows;
use serde_json::{Value, json};
use storage::{Finding, Report};

use super::access::has_store;
use super::{Out, look};
use crate::cli;
use crate::config::{Config, Tenant};
use crate::exit::{Ending, Error};
use crate::progress::Progress;

/// What was found out about one tenant's store.
enum Checked {
    /// It was checked.
    Store(Report),
    /// There is none, since the tenant never ran.
    Absent,
    /// It could not be checked, and why.
    Unchecked(String),
}

/// Runs the command.
pub(super) fn run(arguments: &cli::Config, out: &Out) -> Result<Ending, Error> {
    let config = look(&arguments.config)?;
    if !has_store(&config.data)? {
        return Err(Error::Unreachable(format!(
            "{}: there is no data directory; see whether [node] data names the right place and its volume is mounted",
            config.data.display()
        )));
    }
    let checked = check(&config);
    let none = |(_, checked): &(&Tenant, Checked)| matches!(checked, Checked::Absent);
    if checked.iter().all(none) {
        return Err(Error::Unreachable(format!(
            "{}: no tenant of the configuration has a store there; start the node first, or see whether [node] data names \
             the right place and its volume is mounted",
            config.data.display()
        )));
    }
    let ok = |(_, checked): &(&Tenant, Checked)| match checked {
        Checked::Store(report) => report.ok() && !report.unseen,
        Checked::Absent => true,
        Checked::Unchecked(_) => false,
    };
    let sound = checked.iter().all(ok);
    let tenants: Vec<Value> = checked.iter().map(document).collect();
    out.print(&json!({ "ok": sound, "tenants": tenants }), || {
        checked.iter().flat_map(lines).collect()
    });
    let unchecked = |(_, checked): &(&Tenant, Checked)| matches!(checked, Checked::Unchecked(_));
    Ok(match sound {
        true => Ending::Done,
        false if checked.iter().any(unchecked) => Ending::OutOfReach,
        false => Ending::Amiss,
    })
}

fn check(config: &Config) -> Vec<(&Tenant, Checked)> {
    let mut progress = Progress::bar("tenants checked", config.tenants.len() as u64);
    let mut checked = Vec::new();
    for tenant in &config.tenants {
        checked.push((tenant, check_one(tenant)));
        progress.reach(checked.len() as u64);
    }
    checked
}

fn check_one(tenant: &Tenant) -> Checked {
    match has_store(&tenant.directory) {
        Ok(true) => {}
        Ok(false) => return Checked::Absent,
        Err(error) => return Checked::Unchecked(error.to_string()),
    }
    match storage::fsck_with(&tenant.directory, &mut Rows::default()) {
        Ok(report) => Checked::Store(report),
        Err(error) => Checked::Unchecked(error.to_string()),
    }
}

fn document((tenant, checked): &(&Tenant, Checked)) -> Value {
    let name = tenant.name.as_str();
    match checked {
        Checked::Store(report) => json!({
            "tenant": name,
            "ok": report.ok(),
            "segments": report.segments,
            "records": report.records,
            "state_checked": !report.unseen,
            "findings": report.findings.iter().map(finding).collect::<Vec<_>>(),
        }),
        Checked::Absent => json!({ "tenant": name, "ok": true, "store": false }),
        Checked::Unchecked(error) => json!({ "tenant": name, "ok": false, "error": error }),
    }
}

fn finding(finding: &Finding) -> Value {
    json!({
        "severity": format!("{:?}", finding.severity).to_lowercase(),
        "what": finding.what,
        "where": finding.where_,
        "cure": finding.cure,
    })
}

fn lines((tenant, checked): &(&Tenant, Checked)) -> Vec<String> {
    let name = &tenant.name;
    let report = match checked {
        Checked::Store(report) => report,
        Checked::Absent => return vec![format!("{name}: no store yet")],
        Checked::Unchecked(error) => return vec![format!("{name}: not checked: {error}")],
    };
    let line = |finding: &Finding| {
        format!(
            "{name}: {}: {}; {}",
            finding.where_, finding.what, finding.cure
        )
    };
    let mut lines: Vec<String> = report.findings.iter().map(line).collect();
    let sound = if report.ok() { "sound" } else { "not sound" };
    lines.push(format!(
        "{name}: {} segments, {} records, {sound}",
        report.segments, report.records
    ));
    lines
}
