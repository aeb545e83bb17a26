//! `counterpart backup`: one sealed file for each tenant, made, listed, checked, tried out and restored.

use std::time::Duration;

use admin::Query;
use model::{Millis, TenantName};
use serde_json::{Value, json};
use storage::Store;
use storage::audit::Action;
use storage::backup::{BackupId, Entry, State};

use super::access::{self, has_tenant_store, ours};
use super::lock::Lock;
use super::{Out, pair};
use crate::auditor::Auditor;
use crate::backup::bucket::Copied;
use crate::backup::place::{Place, wrong};
use crate::backup::{copies, hex, made_row, manifest_row};
use crate::cli;
use crate::config::Config;
use crate::exit::{Ending, Error};

/// How long a node is left alone between two questions whether it has done what was ordered.
const ASK_AGAIN: Duration = Duration::from_millis(300);
/// Questions before nobody waits for a node any more: some two hours.
const QUESTIONS: u32 = 24_000;

/// What became of each tenant.
type Rows = Vec<(TenantName, Result<Done, Error>)>;

/// What was done for one tenant, and how it is told.
struct Done {
    document: Value,
    lines: Vec<String>,
    amiss: bool,
}

/// Runs the command.
pub(super) async fn run(arguments: cli::Backup, out: &Out) -> Result<Ending, Error> {
    match arguments {
        cli::Backup::Create(arguments) => create(&arguments, out).await,
        cli::Backup::List(arguments) => list_all(&arguments, out).await,
        cli::Backup::Verify(arguments) => {
            let config = super::look(&arguments.place.config.config)?;
            each(&config, &arguments.place, out, |place| {
                some(place, &arguments.id, |id| verify(place, id))
            })
        }
        cli::Backup::Drill(arguments) => {
            let config = super::look(&arguments.place.config.config)?;
            each(&config, &arguments.place, out, |place| {
                some(place, &arguments.id, |id| drill(place, id))
            })
        }
        cli::Backup::Restore(arguments) => restore(&arguments, out).await,
    }
}

fn now() -> Millis {
    actors::Clock::now(&crate::clock::SystemClock)
}

/// The tenants that are meant: that one, or all of the configuration and all that have backups.
fn chosen(config: &Config, only: Option<&str>) -> Result<Vec<TenantName>, Error> {
    if let Some(name) = super::name(only, "--tenant", TenantName::new)? {
        return Ok(vec![name]);
    }
    let mut names: Vec<TenantName> = config
        .tenants
        .iter()
        .map(|each| each.name.clone())
        .collect();
    let folders = std::fs::read_dir(&config.backup.directory)
        .into_iter()
        .flatten()
        .flatten();
    for folder in folders.filter(|folder| folder.path().is_dir()) {
        let name = folder.file_name().to_str().map(TenantName::new);
        names.extend(name.and_then(Result::ok));
    }
    names.sort();
    names.dedup();
    if names.is_empty() {
        return Err(Error::usage(
            "the configuration has no tenant, and there are no backups; a tenant is a folder below profiles/",
        ));
    }
    Ok(names)
}

/// Does something for each tenant that is meant. One that fails does not hold up the others.
fn each(
    config: &Config,
    which: &cli::BackupPlace,
    out: &Out,
    work: impl Fn(&Place) -> Result<Done, Error>,
) -> Result<Ending, Error> {
    let mut rows = Rows::new();
    for name in chosen(config, which.tenant.as_deref())? {
        let done = work(&Place::of(config, &name));
        rows.push((name, done));
    }
    tell(rows, out)
}

/// Prints what became of all. When nothing could be done for any tenant, the first one's reason ends the command.
fn tell(rows: Rows, out: &Out) -> Result<Ending, Error> {
    if rows.iter().all(|(_, done)| done.is_err()) {
        let first = rows.into_iter().find_map(|(_, done)| done.err());
        return Err(first.unwrap_or_else(|| Error::usage("there is no tenant")));
    }
    let document = |(name, done): &(TenantName, Result<Done, Error>)| {
        let mut document = match done {
            Ok(done) => done.document.clone(),
            Err(error) => json!({ "error": error.to_string() }),
        };
        document["tenant"] = name.as_str().into();
        document
    };
    let tenants: Vec<Value> = rows.iter().map(document).collect();
    out.print(&json!({ "tenants": tenants }), || {
        let lines = |(name, done): &(TenantName, Result<Done, Error>)| match done {
            Ok(done) => done
                .lines
                .iter()
                .map(|line| format!("{name}: {line}"))
                .collect(),
            Err(error) => vec![format!("{name}: {error}")],
        };
        rows.iter().flat_map(lines).collect()
    });
    let amiss = |(_, done): &(TenantName, Result<Done, Error>)| {
        done.as_ref().map_or(true, |done| done.amiss)
    };
    Ok(if rows.iter().any(amiss) {
        Ending::Amiss
    } else {
        Ending::Done
    })
}

async fn create(arguments: &cli::BackupPlace, out: &Out) -> Result<Ending, Error> {
    let config = super::look(&arguments.config.config)?;
    let only = super::name(arguments.tenant.as_deref(), "--tenant", TenantName::new)?;
    if let Some(only) = &only {
        config.tenant(only)?;
    }
    // Without a master key there are no backups, and better said before a node is asked.
    config.ring.present()?;
    let Some(_lock) = Lock::take_if_free(&config.data)? else {
        return by_node(&config, arguments.tenant.clone(), out).await;
    };
    let auditor = Auditor::of(&config);
    let mut rows = Rows::new();
    for tenant in &config.tenants {
        let asked = only.as_ref() == Some(&tenant.name);
        let meant = only.is_none() || asked;
        if !meant || !(has_tenant_store(&tenant.directory)? || asked) {
            continue;
        }
        let place = Place::of(&config, &tenant.name);
        let done = match copies::keys_first(&place).await {
            Ok(()) => {
                let act = auditor.act(Action::BackupOrdered).for_tenant(&tenant.name);
                auditor
                    .told(act, async { create_one(&config, &place) })
                    .await
            }
            Err(error) => Err(error),
        };
        rows.push((tenant.name.clone(), done));
    }
    if rows.is_empty() {
        return Err(Error::Unreachable(format!(
            "{}: no tenant of the configuration has a store there yet; start the node first",
            config.data.display()
        )));
    }
    tell(rows, out)
}

fn create_one(config: &Config, place: &Place) -> Result<Done, Error> {
    if !has_tenant_store(&place.store)? {
        return Err(Error::Unreachable(format!(
            "{}: the tenant has no store yet; start the node first",
            place.store.display()
        )));
    }
    ours(&place.store)?;
    let opened = Store::open(&place.store, config.options(&place.tenant));
    let store = opened.map_err(|error| Error::Unreachable(format!("{}: {error}", place.tenant)))?;
    let made = place.create(&store, now());
    let closed = store.close().map_err(Error::unreachable);
    let written = made?;
    closed?;
    Ok(made_done(&made_row(&written)))
}

fn made_done(row: &Value) -> Done {
    let text = |key: &str| row[key].as_str().unwrap_or_default().to_owned();
    let line = format!(
        "{} is made: {} rows, {} bytes in {}",
        text("id"),
        row["rows"],
        row["bytes"],
        text("file")
    );
    Done {
        document: json!({ "backup": row }),
        lines: vec![line],
        amiss: false,
    }
}

/// Orders the backup from the node that runs, and waits until it has made it.
async fn by_node(config: &Config, tenant: Option<String>, out: &Out) -> Result<Ending, Error> {
    let taken = access::through_node(config, &Query::BackUp { tenant }).await?;
    let orders = taken["tenants"].as_array().cloned().unwrap_or_default();
    let name = |row: &Value| row["tenant"].as_str().unwrap_or_default().to_owned();
    for _ in 0..QUESTIONS {
        tokio::time::sleep(ASK_AGAIN).await;
        let report = access::through_node(config, &Query::Backups).await?;
        let known = report["tenants"].as_array().cloned().unwrap_or_default();
        let of = |order: &Value| known.iter().find(|row| name(row) == name(order));
        let is_done = |order: &Value| {
            of(order).is_some_and(|row| row["done"].as_u64() >= order["order"].as_u64())
        };
        if !orders.iter().all(is_done) {
            continue;
        }
        let mut rows = Rows::new();
        for order in &orders {
            let last = of(order).map_or(Value::Null, |row| row["last"].clone());
            let done = match last["error"].as_str() {
                Some(why) => Err(Error::Unreachable(why.to_owned())),
                None => Ok(made_done(&last)),
            };
            rows.push((TenantName::new(&name(order)).map_err(Error::usage)?, done));
        }
        return tell(rows, out);
    }
    Err(Error::unreachable(
        "the node has taken the order and has not made the backup yet; see its log and `counterpart backup list`",
    ))
}

async fn list_all(arguments: &cli::BackupPlace, out: &Out) -> Result<Ending, Error> {
    let config = super::look(&arguments.config.config)?;
    let mut rows = Rows::new();
    for name in chosen(&config, arguments.tenant.as_deref())? {
        let place = Place::of(&config, &name);
        let mut done = list(&place);
        if let Ok(done) = &mut done {
            add_copies(&place, done).await;
        }
        rows.push((name, done));
    }
    tell(rows, out)
}

/// What is in the bucket, beside what lies here.
async fn add_copies(place: &Place, done: &mut Done) {
    match copies_of(place).await {
        Ok(None) => {}
        Ok(Some(copies)) => {
            let row = |copy: &copies::Copy| {
                let Copied { id, bytes } = copy.copied;
                let mut row = json!({ "id": id.to_string(), "created": id.at().0, "bytes": bytes, "good": copy.good });
                if let Some(error) = &copy.unread {
                    row["error"] = error.to_string().into();
                }
                row
            };
            let line = |copy: &copies::Copy| {
                let Copied { id, bytes } = copy.copied;
                let state = match (copy.good, &copy.unread) {
                    (true, _) => "whole".to_owned(),
                    (false, None) => "DAMAGED".to_owned(),
                    (false, Some(error)) => format!("not looked at: {error}"),
                };
                format!("{id} {bytes} bytes in the bucket, {state}")
            };
            done.document["bucket"] = copies.iter().map(row).collect();
            done.lines.extend(copies.iter().map(line));
            done.amiss |= copies.iter().any(|copy| !copy.good);
        }
        Err(error) => {
            done.document["bucket_error"] = error.to_string().into();
            done.lines.push(error.to_string());
            done.amiss = true;
        }
    }
}

async fn copies_of(place: &Place) -> Result<Option<Vec<copies::Copy>>, Error> {
    match place.bucket()? {
        None => Ok(None),
        Some(bucket) => copies::list(&bucket, &place.list()?).await.map(Some),
    }
}

fn list(place: &Place) -> Result<Done, Error> {
    let entries = place.list()?;
    let record = place.record();
    let good = entries.iter().any(Entry::is_good);
    let bad = entries.iter().any(|entry| !entry.is_good());
    let failure = [&record.failure, &record.copy_failure];
    let drill_failed = record
        .drill
        .as_ref()
        .is_some_and(|drill| drill.why.is_some());
    let mut lines: Vec<String> = entries.iter().map(entry_line).collect();
    if !good {
        lines.push(format!(
            "no good backup in {}; make one by `counterpart backup create`",
            place.backups.display()
        ));
    }
    for failed in failure.into_iter().flatten() {
        lines.push(format!(
            "failed {}: {}",
            pair::stamp(&json!(failed.at.0)),
            failed.why
        ));
    }
    if let Some(drill) = &record.drill {
        let outcome = drill.why.as_deref().unwrap_or("sound");
        lines.push(format!(
            "tried out {} of {}: {outcome}",
            pair::stamp(&json!(drill.at.0)),
            drill.backup
        ));
    }
    Ok(Done {
        document: json!({
            "directory": place.backups.display().to_string(),
            "backups": entries.iter().map(entry_row).collect::<Vec<_>>(),
            "failure": record.failure,
            "copy_failure": record.copy_failure,
            "drill": record.drill,
        }),
        lines,
        amiss: !good || bad || drill_failed || failure.iter().any(|failed| failed.is_some()),
    })
}

fn entry_row(entry: &Entry) -> Value {
    let mut row = json!({
        "id": entry.id.to_string(),
        "created": entry.id.at().0,
        "bytes": entry.bytes,
        "good": entry.is_good(),
    });
    match &entry.state {
        State::Whole { header, digest } => {
            row["key"] = header.key.to_string().into();
            row["sha256"] = hex(digest).into();
        }
        State::Damaged(why) => row["damage"] = why.as_str().into(),
    }
    row
}

fn entry_line(entry: &Entry) -> String {
    let state = match &entry.state {
        State::Whole { .. } => "whole".to_owned(),
        State::Damaged(why) => format!("DAMAGED: {why}"),
    };
    format!("{} {} bytes, {state}", entry.id, entry.bytes)
}

/// Does something with the backups that a name means.
fn some(
    place: &Place,
    name: &str,
    work: impl Fn(BackupId) -> Result<Done, Error>,
) -> Result<Done, Error> {
    let ids = match name {
        "all" => place.list()?.iter().map(|entry| entry.id).collect(),
        name => vec![place.choose(name)?],
    };
    let mut all = Done {
        document: Value::Null,
        lines: Vec::new(),
        amiss: false,
    };
    let mut documents = Vec::new();
    for id in ids {
        let done = work(id)?;
        documents.push(done.document);
        all.lines.extend(done.lines);
        all.amiss |= done.amiss;
    }
    all.document = json!({ "backups": documents });
    Ok(all)
}

fn verify(place: &Place, id: BackupId) -> Result<Done, Error> {
    Ok(match place.verify(id)? {
        Ok(manifest) => {
            let mut document = manifest_row(&manifest);
            document["ok"] = true.into();
            Done {
                document,
                lines: vec![format!("{id} is sound: {} rows", manifest.rows())],
                amiss: false,
            }
        }
        Err(damage) => failed(id, &damage),
    })
}

fn failed(id: BackupId, why: &str) -> Done {
    Done {
        document: json!({ "id": id.to_string(), "ok": false, "error": why }),
        lines: vec![format!("{id} is NOT sound: {why}")],
        amiss: true,
    }
}

fn drill(place: &Place, id: BackupId) -> Result<Done, Error> {
    let drilled = match place.drill(id, now())? {
        Ok(drilled) => drilled,
        Err(why) => return Ok(failed(id, &why)),
    };
    if let Some(why) = wrong(&drilled) {
        return Ok(failed(id, &why));
    }
    let mut document = manifest_row(&drilled.manifest);
    document["ok"] = true.into();
    let rows = drilled.manifest.rows();
    Ok(Done {
        document,
        lines: vec![format!(
            "{id} was restored for a trial and is sound: {rows} rows"
        )],
        amiss: false,
    })
}

async fn restore(arguments: &cli::BackupRestore, out: &Out) -> Result<Ending, Error> {
    let config = Config::load_bare(&arguments.place.config.config)?;
    let _lock = Lock::take(&config.data)?;
    let auditor = Auditor::of(&config);
    let mut rows = Rows::new();
    for name in chosen(&config, arguments.place.tenant.as_deref())? {
        let place = Place::of(&config, &name);
        let nothing = !place.backups.is_dir() && config.backup.bucket.is_none();
        if nothing && arguments.place.tenant.is_none() {
            continue;
        }
        let found = match fetched(&place, arguments).await {
            Ok(id) => {
                let act = auditor.act(Action::BackupRestored).for_tenant(&name);
                let act = act.about(model::told!("{}", id));
                auditor.told(act, async { restore_one(&place, id) }).await
            }
            Err(error) => Err(error),
        };
        rows.push((name, found));
    }
    tell(rows, out)
}

/// The backup that is meant, here: what does not lie here is fetched from the bucket.
async fn fetched(place: &Place, arguments: &cli::BackupRestore) -> Result<BackupId, Error> {
    let here = place.choose(&arguments.from);
    if here.is_ok() && !arguments.bucket {
        return here;
    }
    match (place.bucket()?, arguments.bucket) {
        (Some(bucket), _) => copies::fetch(place, &bucket, &arguments.from).await,
        (None, true) => Err(Error::usage(
            "--bucket: the configuration names no bucket; name it by [backup.bucket]",
        )),
        (None, false) => here,
    }
}

fn restore_one(place: &Place, id: BackupId) -> Result<Done, Error> {
    let restored = place.restore(id, now())?;
    let shown = |paths: &[std::path::PathBuf]| -> Vec<String> {
        paths
            .iter()
            .map(|path| path.display().to_string())
            .collect()
    };
    let (put_back, left) = (shown(&restored.profiles), shown(&restored.left));
    let mut lines = vec![format!(
        "{id} is restored into {}: {} rows",
        place.store.display(),
        restored.manifest.rows()
    )];
    lines.extend(put_back.iter().map(|path| format!("{path} is put back")));
    lines
        .extend(left.iter().map(|path| {
            format!("{path} is another one than in the backup, and was left as it is")
        }));
    lines.extend(restored.vault_aside.iter().map(|path| {
        format!(
            "no present master key opens the backup's vault, which is set aside as {}; set the tenant's credentials again",
            path.display()
        )
    }));
    let mut document = manifest_row(&restored.manifest);
    document["vault_aside"] = json!(
        restored
            .vault_aside
            .as_ref()
            .map(|path| path.display().to_string())
    );
    document["directory"] = place.store.display().to_string().into();
    document["profiles"] = json!({ "put_back": put_back, "left": left });
    Ok(Done {
        document: json!({ "restored": document }),
        lines,
        amiss: false,
    })
}
