//! `counterpart fsck`: every invariant of every tenant's store, its digest key, and every seal of its vault.

use actors::rows::Rows;
use serde_json::{Value, json};
use storage::audit::AuditReport;
use storage::disk::OsDisk;
use storage::vault::{Vault, VaultError};
use storage::{Finding, Report};

use super::access::{has_store, has_tenant_store};
use super::{Out, complain, look};
use crate::auditor::{audit, keys};
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

/// What was found out about the audit log.
struct Audited {
    /// What the check says; nothing when there is no audit log.
    report: Result<Option<AuditReport>, String>,
    /// Why a key for the seals is not to be had.
    unread: Option<String>,
}

impl Audited {
    fn of(config: &Config) -> Audited {
        let (keys, unread) = keys(config);
        let report = audit(config).check(&keys);
        Audited {
            report: report.map_err(|error| error.to_string()),
            unread,
        }
    }

    fn is_sound(&self) -> bool {
        let is_ok = |report: &Option<AuditReport>| report.as_ref().is_none_or(AuditReport::ok);
        self.report.as_ref().is_ok_and(is_ok)
    }

    fn is_absent(&self) -> bool {
        matches!(self.report, Ok(None))
    }

    fn is_unchecked(&self) -> bool {
        self.report.is_err()
    }

    fn document(&self) -> Value {
        match &self.report {
            Ok(None) => Value::Null,
            Ok(Some(report)) => json!({
                "ok": report.ok(),
                "entries": report.entries,
                "sealed": report.sealed,
                "unproven": report.unproven,
                "unsealed": report.unsealed,
                "findings": report.findings.iter().map(finding).collect::<Vec<_>>(),
                "key": self.unread,
            }),
            Err(error) => json!({ "ok": false, "error": error }),
        }
    }

    fn lines(&self) -> Vec<String> {
        let report = match &self.report {
            Ok(None) => return vec!["audit log: none yet".to_owned()],
            Ok(Some(report)) => report,
            Err(error) => return vec![format!("audit log: not checked: {error}")],
        };
        let line = |finding: &Finding| {
            format!(
                "audit log: {}: {}; {}",
                finding.where_, finding.what, finding.cure
            )
        };
        let mut lines: Vec<String> = report.findings.iter().map(line).collect();
        let unread = self.unread.iter();
        lines.extend(unread.map(|why| format!("audit log: seals not checked: {why}")));
        let sound = if report.ok() { "sound" } else { "not sound" };
        lines.push(format!(
            "audit log: {} entries, {} of them sealed under this master key, {} under others, {} without a seal, {sound}",
            report.entries, report.sealed, report.unproven, report.unsealed
        ));
        lines
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
    let audited = Audited::of(&config);
    let checked = check(&config);
    let has_stores = checked
        .iter()
        .any(|row| !matches!(row.store, Checked::Absent));
    if !has_stores {
        let told = format!(
            "{}: no tenant of the configuration has a store there; start the node first, or see whether [node] data names \
             the right place and its volume is mounted",
            config.data.display()
        );
        if audited.is_absent() {
            return Err(Error::Unreachable(told));
        }
        // The audit log outlives the stores, so what became of it is told although there is none.
        complain(&told);
    }
    let sound = checked.iter().all(Row::is_sound) && audited.is_sound();
    let tenants: Vec<Value> = checked.iter().map(document).collect();
    let document = json!({ "ok": sound, "tenants": tenants, "audit": audited.document() });
    out.print(&document, || {
        let tenants = checked.iter().flat_map(lines);
        tenants.chain(audited.lines()).collect()
    });
    let unchecked = |row: &Row<'_>| {
        matches!(row.store, Checked::Unchecked(_)) || matches!(row.vault, Seals::Unopened(_))
    };
    Ok(match sound {
        true if has_stores => Ending::Done,
        true => Ending::OutOfReach,
        false if checked.iter().any(unchecked) || audited.is_unchecked() => Ending::OutOfReach,
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
