//! `counterpart fsck`: every invariant of every tenant's store, its digest key, and every seal of its vault.

use actors::rows::Rows;
use serde_json::{Value, json};
use storage::disk::OsDisk;
use storage::vault::{Vault, VaultError};
use storage::{Finding, Report};

use super::access::{has_store, has_tenant_store};
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

/// What was found out about one tenant's vault.
enum Seals {
    /// There is none.
    Absent,
    /// Each of so many secrets opens.
    Sound(usize),
    /// It, or a secret in it, is damaged, and how.
    Broken(String),
    /// Its bytes are whole, but it does not open, so its seals were not checked, and why.
    Unopened(String),
}

/// One tenant, and what was found out.
struct Row<'a> {
    tenant: &'a Tenant,
    store: Checked,
    vault: Seals,
}

impl Row<'_> {
    fn is_sound(&self) -> bool {
        let store = match &self.store {
            Checked::Store(report) => report.ok() && !report.unseen && !report.unopened,
            Checked::Absent => true,
            Checked::Unchecked(_) => false,
        };
        store && matches!(self.vault, Seals::Absent | Seals::Sound(_))
    }
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
    let none = |row: &Row<'_>| matches!(row.store, Checked::Absent);
    if checked.iter().all(none) {
        return Err(Error::Unreachable(format!(
            "{}: no tenant of the configuration has a store there; start the node first, or see whether [node] data names \
             the right place and its volume is mounted",
            config.data.display()
        )));
    }
    let sound = checked.iter().all(Row::is_sound);
    let tenants: Vec<Value> = checked.iter().map(document).collect();
    out.print(&json!({ "ok": sound, "tenants": tenants }), || {
        checked.iter().flat_map(lines).collect()
    });
    let unchecked = |row: &Row<'_>| {
        matches!(row.store, Checked::Unchecked(_)) || matches!(row.vault, Seals::Unopened(_))
    };
    Ok(match sound {
        true => Ending::Done,
        false if checked.iter().any(unchecked) => Ending::OutOfReach,
        false => Ending::Amiss,
    })
}

fn check(config: &Config) -> Vec<Row<'_>> {
    let mut progress = Progress::bar("tenants checked", config.tenants.len() as u64);
    let mut checked = Vec::new();
    for tenant in &config.tenants {
        checked.push(Row {
            tenant,
            store: check_one(config, tenant),
            vault: check_vault(config, tenant),
        });
        progress.reach(checked.len() as u64);
    }
    checked
}

fn check_one(config: &Config, tenant: &Tenant) -> Checked {
    match has_tenant_store(&tenant.directory) {
        Ok(true) => {}
        Ok(false) => return Checked::Absent,
        Err(error) => return Checked::Unchecked(error.to_string()),
    }
    let sealing = config.options(&tenant.name).sealing;
    match storage::fsck_with(&tenant.directory, sealing.as_ref(), &mut Rows::default()) {
        Ok(report) => Checked::Store(report),
        Err(error) => Checked::Unchecked(error.to_string()),
    }
}

fn check_vault(config: &Config, tenant: &Tenant) -> Seals {
    let name = tenant.name.as_str();
    match Vault::peek(&OsDisk, &tenant.directory, name) {
        Ok(Some(_)) => {}
        Ok(None) => return Seals::Absent,
        Err(error) => return Seals::Broken(error.to_string()),
    }
    let opened = match config.ring.open(&tenant.directory, name) {
        Ok(opened) => opened,
        Err(error) => return Seals::Unopened(error.to_string()),
    };
    let checked = opened.map_or(Ok(0), |vault| every_seal(&vault));
    checked.map_or_else(|error| Seals::Broken(error.to_string()), Seals::Sound)
}

/// Opens every secret, and forgets it at once.
fn every_seal(vault: &Vault) -> Result<usize, VaultError> {
    let mut count = 0;
    for listed in vault.list() {
        vault.get(listed.kind, &listed.name)?;
        count += 1;
    }
    Ok(count)
}

fn document(row: &Row<'_>) -> Value {
    let mut document = store_document(row);
    document["ok"] = row.is_sound().into();
    match &row.vault {
        Seals::Absent => {}
        Seals::Sound(secrets) => document["vault"] = json!({ "ok": true, "secrets": secrets }),
        Seals::Broken(error) | Seals::Unopened(error) => {
            document["vault"] = json!({ "ok": false, "error": error });
        }
    }
    document
}

fn store_document(row: &Row<'_>) -> Value {
    let name = row.tenant.name.as_str();
    match &row.store {
        Checked::Store(report) => json!({
            "tenant": name,
            "segments": report.segments,
            "records": report.records,
            "state_checked": !report.unseen,
            "digest_key_checked": !report.unopened,
            "findings": report.findings.iter().map(finding).collect::<Vec<_>>(),
        }),
        Checked::Absent => json!({ "tenant": name, "store": false }),
        Checked::Unchecked(error) => json!({ "tenant": name, "error": error }),
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

fn lines(row: &Row<'_>) -> Vec<String> {
    let mut lines = store_lines(row);
    let name = &row.tenant.name;
    match &row.vault {
        Seals::Absent => {}
        Seals::Sound(secrets) => lines.push(format!("{name}: vault with {secrets} secrets, sound")),
        Seals::Broken(error) => lines.push(format!("{name}: vault: {error}")),
        Seals::Unopened(error) => lines.push(format!("{name}: vault not checked: {error}")),
    }
    lines
}

fn store_lines(row: &Row<'_>) -> Vec<String> {
    let name = &row.tenant.name;
    let report = match &row.store {
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
