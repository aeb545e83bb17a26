//! `counterpart fsck`: every invariant of every tenant's store.

use serde_json::{Value, json};

use super::Out;
use crate::cli;
use crate::config::Config;
use crate::exit::{Ending, Error};

/// Runs the command.
pub(super) fn run(arguments: &cli::Config, out: &Out) -> Result<Ending, Error> {
    let config = Config::load(&arguments.config)?;
    let mut tenants = Vec::new();
    let mut lines = Vec::new();
    let mut sound = true;
    for tenant in &config.tenants {
        if !tenant.directory.exists() {
            lines.push(format!("{}: no store yet", tenant.name));
            continue;
        }
        let report = storage::fsck_with(&tenant.directory, &mut actors::rows::Rows::default())
            .map_err(|error| Error::Unreachable(format!("{}: {error}", tenant.name)))?;
        sound &= report.ok();
        let findings: Vec<Value> = report
            .findings
            .iter()
            .map(|finding| {
                json!({
                    "severity": format!("{:?}", finding.severity).to_lowercase(),
                    "what": finding.what,
                    "where": finding.where_,
                    "cure": finding.cure,
                })
            })
            .collect();
        lines.extend(report.findings.iter().map(|finding| {
            format!(
                "{}: {}: {}; {}",
                tenant.name, finding.where_, finding.what, finding.cure
            )
        }));
        lines.push(format!(
            "{}: {} segments, {} records, {}",
            tenant.name,
            report.segments,
            report.records,
            if report.ok() { "sound" } else { "not sound" }
        ));
        tenants.push(json!({
            "tenant": tenant.name.as_str(),
            "ok": report.ok(),
            "segments": report.segments,
            "records": report.records,
            "findings": findings,
        }));
    }
    out.print(&json!({ "ok": sound, "tenants": tenants }), || lines);
    Ok(if sound { Ending::Done } else { Ending::Amiss })
}
