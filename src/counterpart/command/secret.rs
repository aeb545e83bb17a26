//! `counterpart secret`: what signs in to the remotes, sealed in each tenant's vault.

use std::fs::File;
use std::io::{IsTerminal as _, Read as _};
use std::os::fd::AsFd as _;

use model::Millis;
use model::log::{Name, Told};
use serde_json::{Value, json};
use storage::audit::Action;
use storage::backup::{self, KeyFile};
use storage::disk::OsDisk;
use storage::vault::{
    self, Changing, Listed, MasterKey, MasterKeyId, SecretKind, Vault, VaultError,
};
use zeroize::Zeroizing;

use super::Out;
use super::access::ours;
use crate::auditor::Auditor;
use crate::backup::copies;
use crate::backup::place::Place;
use crate::cli;
use crate::config::{Config, Source, Tenant};
use crate::credential::{Sealed, until_expiry};
use crate::exit::{Ending, Error};
use crate::master_key::{MasterKeys, MasterSource, told};

/// Runs the command.
pub(super) async fn run(arguments: cli::Secret, out: &Out) -> Result<Ending, Error> {
    match arguments {
        cli::Secret::Generate => generate(out),
        cli::Secret::Set(arguments) => set(&arguments, out).await,
        cli::Secret::List(arguments) => list(&arguments, out),
        cli::Secret::Remove(arguments) => remove(&arguments, out).await,
        cli::Secret::Rotate(arguments) => rotate(&arguments, out).await,
    }
}

fn generate(out: &Out) -> Result<Ending, Error> {
    let key = MasterKey::generate(&OsDisk).map_err(Error::unreachable)?;
    if out.json {
        out.print(&json!({ "master_key": key.as_str() }), Vec::new);
    } else {
        out.line(&key);
    }
    Ok(Ending::Done)
}

async fn set(arguments: &cli::SecretSet, out: &Out) -> Result<Ending, Error> {
    let name = shaped(&arguments.name)?;
    let config = Config::load_any(&arguments.place.config.config)?;
    let tenant = tenant(&config, arguments.place.tenant.as_deref())?;
    let elsewhere = tenant.credentials.get(name);
    if elsewhere.is_some_and(|found| !matches!(found.source, Source::Vault(_))) {
        return Err(Error::Usage(format!(
            "tenant {} has a [[credential]] named {name:?}, which is used in place of the vault's; take it out first",
            tenant.name
        )));
    }
    let keys = keys(&config)?;
    let master = keys.current.read()?;
    let next = keys.next.as_ref().map(MasterSource::read).transpose()?;
    let expires = arguments.expires.as_deref().map(day).transpose()?;
    let token = value()?;
    let auditor = Auditor::of(&config);
    let act = auditor.act(Action::SecretSet).for_tenant(&tenant.name);
    let put = Put {
        tenant,
        name,
        user: arguments.user.as_deref(),
        token,
        expires,
        next: next.as_ref(),
    };
    let act = act.about(subject(&config, tenant, name));
    let (replaced, has_user) = auditor.told(act, async { put.into_vault(&master) }).await?;
    let document = json!({
        "tenant": tenant.name.as_str(),
        "name": name,
        "replaced": replaced,
        "user": has_user,
        "expires": expires.map(|at| at.0),
    });
    out.print(&document, || {
        let done = if replaced { "replaced" } else { "set" };
        let expiry = match expires {
            Some(_) => until_expiry(expires, now()),
            None => "; say by --expires when it ends to be warned".to_owned(),
        };
        vec![format!("{}: {name} is {done}{expiry}", tenant.name)]
    });
    Ok(Ending::Done)
}

/// A name that a secret may have. It is not quoted: it may be the secret itself, typed in its name's place.
fn shaped(name: &str) -> Result<&str, Error> {
    match vault::is_name(name) {
        true => Ok(name),
        false => Err(told(VaultError::Name)),
    }
}

/// What the audit log is told of a secret's name. One that nothing knows may be the secret itself, which would stay there for ever.
fn subject(config: &Config, tenant: &Tenant, name: &str) -> Told {
    let bucket = config.backup.bucket.as_ref();
    let of_bucket = bucket.is_some_and(|bucket| bucket.credential == name);
    match of_bucket || tenant.knows_credential(name) {
        true => model::told!("{}", Name(name)),
        false => model::told!("a name that nothing uses"),
    }
}

/// A secret on its way into a vault.
struct Put<'a> {
    tenant: &'a Tenant,
    name: &'a str,
    user: Option<&'a str>,
    token: Zeroizing<String>,
    expires: Option<Millis>,
    next: Option<&'a MasterKey>,
}

impl Put<'_> {
    /// Seals it. Says whether it took the place of another, and whether it has an account's name.
    fn into_vault(self, master: &MasterKey) -> Result<(bool, bool), Error> {
        let mut vault = take(self.tenant, master)?;
        let kind = SecretKind::Credential;
        let former = vault.vault().get(kind, self.name).map_err(told)?;
        let replaced = former.is_some();
        let user = match (self.user, former) {
            (Some(user), _) => user.to_owned(),
            // A token is renewed far more often than the account is changed.
            (None, Some(former)) => Sealed::decode(&former)
                .map(|sealed| sealed.user)
                .unwrap_or_default(),
            (None, None) => String::new(),
        };
        if user.contains(|c: char| c == ':' || c.is_control()) {
            return Err(Error::usage(
                "--user: the name of an account has no ':' and no control character in it",
            ));
        }
        let has_user = !user.is_empty();
        let token = self.token;
        let sealed = Sealed { user, token }.encode();
        vault
            .set(kind, self.name, &sealed, now(), self.expires)
            .map_err(told)?;
        if let Some(next) = self.next {
            // A vault that begins while the master key is being changed takes part in it.
            vault.admit(next).map_err(told)?;
        }
        Ok((replaced, has_user))
    }
}

/// The value on standard input, without the line end behind it.
fn value() -> Result<Zeroizing<String>, Error> {
    if std::io::stdin().is_terminal() {
        return Err(Error::Usage(
            "the value comes on standard input, so that no other program sees it: pipe it in, such as \
             `counterpart secret set jira-sync < token`"
                .to_owned(),
        ));
    }
    let most = storage::limit::SECRET_BYTES;
    // Past the standard library's own buffer, which nobody wipes, and with room for all of it, since growing leaves copies.
    let input = std::io::stdin()
        .as_fd()
        .try_clone_to_owned()
        .map(File::from);
    let mut bytes = Zeroizing::new(Vec::with_capacity(most + 64));
    input
        .and_then(|input| input.take(most as u64 + 1).read_to_end(&mut bytes))
        .map_err(|error| Error::Usage(format!("standard input cannot be read: {error}")))?;
    if bytes.len() > most {
        return Err(Error::Usage(format!(
            "standard input: a secret has at most {most} bytes"
        )));
    }
    let text = std::str::from_utf8(&bytes)
        .map_err(|_| Error::usage("standard input: the value is not UTF-8 text"))?;
    let text = text.trim_end_matches(['\n', '\r']);
    if text.is_empty() {
        return Err(Error::usage("standard input is empty; pipe the value in"));
    }
    if text.chars().any(char::is_control) {
        return Err(Error::usage(
            "standard input: the value has a control character in it, such as a second line; give the value alone",
        ));
    }
    Ok(Zeroizing::new(text.to_owned()))
}

/// Names are told without the master key; that every seal holds is for `fsck`.
fn list(arguments: &cli::SecretPlace, out: &Out) -> Result<Ending, Error> {
    let config = Config::load_any(&arguments.config.config)?;
    let now = now();
    let mut rows = Vec::new();
    let mut broken = Vec::new();
    for tenant in chosen(&config, arguments.tenant.as_deref())? {
        match Vault::peek(&OsDisk, &tenant.directory, tenant.name.as_str()) {
            Ok(listed) => rows.extend(
                listed
                    .unwrap_or_default()
                    .into_iter()
                    .map(|listed| (tenant, listed)),
            ),
            Err(error) => broken.push((tenant.name.to_string(), error.to_string())),
        }
    }
    let mut document: Vec<Value> = rows.iter().map(|row| describe(row, now)).collect();
    document.extend(
        broken
            .iter()
            .map(|(tenant, error)| json!({ "tenant": tenant, "error": error })),
    );
    out.print(&json!({ "secrets": document }), || {
        let told = broken
            .iter()
            .map(|(tenant, error)| format!("{tenant}: {error}"));
        lines(&rows, now).into_iter().chain(told).collect()
    });
    let expired = |(_, listed): &(&Tenant, Listed)| listed.expires.is_some_and(|at| at <= now);
    let amiss = !broken.is_empty() || rows.iter().any(expired);
    Ok(if amiss { Ending::Amiss } else { Ending::Done })
}

fn describe((tenant, listed): &(&Tenant, Listed), now: Millis) -> Value {
    let kind = match listed.kind {
        SecretKind::Credential => "credential",
        SecretKind::Digest => "digest",
        SecretKind::Backup => "backup",
    };
    json!({
        "tenant": tenant.name.as_str(),
        "kind": kind,
        "name": listed.name,
        "version": listed.version,
        "set": listed.set.0,
        "expires": listed.expires.map(|at| at.0),
        "expired": listed.expires.map(|at| at <= now),
    })
}

fn lines(rows: &[(&Tenant, Listed)], now: Millis) -> Vec<String> {
    if rows.is_empty() {
        return vec!["no secrets; set one by `counterpart secret set NAME < token`".to_owned()];
    }
    let line = |(tenant, listed): &(&Tenant, Listed)| {
        let expiry = until_expiry(listed.expires, now);
        let set = super::pair::stamp(&json!(listed.set.0));
        let what = match listed.kind {
            SecretKind::Credential => "",
            SecretKind::Backup => ", a key of backups,",
            SecretKind::Digest => ", the key of the digests, which the node keeps itself,",
        };
        format!("{} {}{what} set {set}{expiry}", tenant.name, listed.name)
    };
    rows.iter().map(line).collect()
}

async fn remove(arguments: &cli::SecretOne, out: &Out) -> Result<Ending, Error> {
    let name = shaped(&arguments.name)?;
    let config = Config::load_any(&arguments.place.config.config)?;
    let tenant = tenant(&config, arguments.place.tenant.as_deref())?;
    let master = keys(&config)?.current.read()?;
    let missing = || {
        if name == storage::SEALED_NAME {
            return Error::Usage(format!(
                "{name} of tenant {} is the key of its digests, which stays as long as its store: without it no base digest is \
                 worth anything",
                tenant.name
            ));
        }
        Error::Usage(format!(
            "tenant {} has no secret named {name:?}; `counterpart secret list` shows what there is",
            tenant.name
        ))
    };
    // What is refused for its name is not told: somebody may have typed anything.
    if !is_sealed(tenant, name)? {
        return Err(missing());
    }
    let auditor = Auditor::of(&config);
    let act = auditor
        .act(Action::SecretRemoved)
        .for_tenant(&tenant.name)
        .about(model::told!("{}", Name(name)));
    let work = async {
        let removed = take(tenant, &master)?.remove(SecretKind::Credential, name);
        removed.map_err(told)?.then_some(()).ok_or_else(missing)
    };
    auditor.told(act, work).await?;
    out.print(
        &json!({ "tenant": tenant.name.as_str(), "name": name }),
        || vec![format!("{}: {name} is removed", tenant.name)],
    );
    Ok(Ending::Done)
}

/// What a rotation does to each vault.
enum Turn {
    /// Every secret is sealed under a new data key.
    Data,
    /// The data key is sealed under the next master key as well.
    Admit(MasterKey),
    /// Only the present master key opens it from then on.
    Finish,
}

impl Turn {
    fn action(&self) -> Action {
        match self {
            Turn::Data => Action::DataKeyRotated,
            Turn::Admit(_) => Action::MasterKeyAdmitted,
            Turn::Finish => Action::MasterKeyFinished,
        }
    }
}
/// What became of one tenant's vault, or of the key file of its backups.
struct Turned {
    tenant: String,
    /// Whether it is the key file.
    backups: bool,
    turned: Result<(bool, Vec<String>), String>,
}

/// Each vault is whole at every moment, and what was done to it is not done again; so after a crash or a failure the same
/// command goes on with those that are left. One that fails does not hold up the others.
async fn rotate(arguments: &cli::SecretRotate, out: &Out) -> Result<Ending, Error> {
    let config = Config::load_any(&arguments.place.config.config)?;
    let keys = keys(&config)?;
    let master = keys.current.read()?;
    let turn = turn(arguments, keys, &master)?;
    let auditor = Auditor::of(&config);
    let mut rows: Vec<Turned> = Vec::new();
    for tenant in chosen(&config, arguments.place.tenant.as_deref())? {
        let vault = match is_there(tenant) {
            Ok(false) => None,
            Ok(true) => {
                let act = auditor.act(turn.action()).for_tenant(&tenant.name);
                let work = async { take(tenant, &master).and_then(|vault| apply(vault, &turn)) };
                Some(auditor.told(act, work).await)
            }
            Err(error) => Some(Err(error)),
        };
        let place = Place::of(&config, &tenant.name);
        // A key file that lies in the bucket alone would be left behind under the former master key.
        let fetched = copies::keys_first(&place).await;
        let there = backup::key_path(&place.backups).try_exists();
        let keys = match (fetched, there) {
            (Err(error), _) => Some(Err(error)),
            (Ok(()), Ok(false)) => None,
            (Ok(()), Ok(true) | Err(_)) => {
                let act = auditor.act(turn.action()).for_tenant(&tenant.name);
                let act = act.about(model::told!("the keys of backups"));
                let work = turn_keys(&place, &master, &turn);
                Some(auditor.told(act, work).await)
            }
        };
        for (backups, turned) in [(false, vault), (true, keys)] {
            let Some(turned) = turned else { continue };
            rows.push(Turned {
                tenant: tenant.name.to_string(),
                backups,
                turned: turned.map_err(|error| error.to_string()),
            });
        }
    }
    if arguments.master && arguments.place.tenant.is_none() {
        rows.extend(strangers(&config));
    }
    let document: Vec<Value> = rows.iter().map(turned_document).collect();
    out.print(&json!({ "tenants": document }), || {
        rows.iter().map(|row| rotated(row, &turn)).collect()
    });
    let failed = rows.iter().any(|row| row.turned.is_err());
    Ok(if failed { Ending::Amiss } else { Ending::Done })
}

fn turn(
    arguments: &cli::SecretRotate,
    keys: &MasterKeys,
    master: &MasterKey,
) -> Result<Turn, Error> {
    match (arguments.master, arguments.finish, &keys.next) {
        (false, _, _) => Ok(Turn::Data),
        (true, true, None) => Ok(Turn::Finish),
        (true, true, Some(_)) => Err(Error::usage(
            "[master_key.next] is still there, so it is not clear which key is to stay: put the next key in the place of \
             [master_key] and take [master_key.next] out; to give the change up, only take it out",
        )),
        (true, false, None) => Err(Error::usage(
            "[master_key.next] is not there; name by it where the new master key comes from",
        )),
        (true, false, Some(next)) => {
            let next = next.read()?;
            if next.id() == master.id() {
                return Err(Error::usage(
                    "[master_key.next] gives the same key as [master_key]; make a new one by `counterpart secret generate`",
                ));
            }
            Ok(Turn::Admit(next))
        }
    }
}

fn apply(mut vault: Changing<'_>, turn: &Turn) -> Result<(bool, Vec<String>), Error> {
    let changed = match turn {
        Turn::Data => vault.rotate().map(|()| true),
        Turn::Admit(next) => vault.admit(next),
        Turn::Finish => vault.dismiss_others(),
    };
    let changed = changed.map_err(told)?;
    Ok((changed, vault.vault().masters().map(shown).collect()))
}

/// The key file here, and its copy in the bucket. The former master key may be destroyed when all was told, so the copy must open
/// by the next one before the file here opens by that one alone.
async fn turn_keys(
    place: &Place,
    master: &MasterKey,
    turn: &Turn,
) -> Result<(bool, Vec<String>), Error> {
    let bucket = place.bucket()?;
    if let (Some(bucket), Turn::Finish) = (&bucket, turn) {
        copies::send_key(place, bucket).await?;
    }
    let turned = apply_to_keys(place, master, turn)?;
    if let Some(bucket) = &bucket {
        copies::send_key(place, bucket).await?;
    }
    Ok(turned)
}

/// The key file turns as the vault does; with another key of its own, new backups get another key too.
fn apply_to_keys(
    place: &Place,
    master: &MasterKey,
    turn: &Turn,
) -> Result<(bool, Vec<String>), Error> {
    ours(&place.backups)?;
    let tenant = place.tenant.as_str();
    let told = crate::backup::place::told;
    let keys = KeyFile::change(&OsDisk, &place.backups, tenant, master, now());
    let mut keys = keys.map_err(told)?;
    let changed = match turn {
        Turn::Data => keys.rotate(now()).map(|()| true),
        Turn::Admit(next) => keys.admit(next),
        Turn::Finish => keys.dismiss_others(now()),
    };
    let changed = changed.map_err(told)?;
    Ok((changed, keys.masters().map(shown).collect()))
}

/// Vaults below the data directory that belong to no tenant of the configuration: the master key does not change for them.
fn strangers(config: &Config) -> Vec<Turned> {
    let folders = std::fs::read_dir(&config.data)
        .into_iter()
        .flatten()
        .flatten();
    let names = folders.map(|folder| folder.file_name().to_string_lossy().into_owned());
    let known = |name: &String| {
        config
            .tenants
            .iter()
            .any(|tenant| tenant.name.as_str() == name)
    };
    let mut strangers: Vec<(String, bool)> = names
        .filter(|name| !known(name) && vault::path(&config.data.join(name)).exists())
        .map(|name| (name, false))
        .collect();
    let backups = &config.backup.directory;
    let folders = std::fs::read_dir(backups).into_iter().flatten().flatten();
    let names = folders.map(|folder| folder.file_name().to_string_lossy().into_owned());
    let with_keys =
        names.filter(|name| !known(name) && backup::key_path(&backups.join(name)).exists());
    strangers.extend(with_keys.map(|name| (name, true)));
    strangers.sort();
    let told = "has a vault or backups but no folder below profiles/, so its master key is as before; put the folder back and run \
                this again";
    let stranger = |(tenant, backups)| Turned {
        tenant,
        backups,
        turned: Err(told.to_owned()),
    };
    strangers.into_iter().map(stranger).collect()
}

fn turned_document(row: &Turned) -> Value {
    let mut document = match &row.turned {
        Ok((changed, masters)) => json!({ "changed": changed, "master_keys": masters }),
        Err(error) => json!({ "error": error }),
    };
    document["tenant"] = row.tenant.as_str().into();
    document["of"] = if row.backups { "backups" } else { "vault" }.into();
    document
}

fn rotated(row: &Turned, turn: &Turn) -> String {
    let tenant = match row.backups {
        true => format!("{}, keys of the backups", row.tenant),
        false => row.tenant.clone(),
    };
    let (changed, masters) = match &row.turned {
        Ok(turned) => turned,
        Err(error) => return format!("{tenant}: {error}"),
    };
    let keys = masters.join(" or ");
    match (turn, changed) {
        (Turn::Data, _) => format!("{tenant}: every secret is sealed anew"),
        (_, false) => format!("{tenant}: nothing to do; the master key is {keys}"),
        (Turn::Admit(_), true) => format!(
            "{tenant}: opens by either master key ({keys}); now put the next one in the place of [master_key], and run \
             `counterpart secret rotate --master --finish`"
        ),
        (Turn::Finish, true) => {
            format!(
                "{tenant}: opens by the master key {keys} alone, and is sealed anew under a new data key"
            )
        }
    }
}

fn shown(id: MasterKeyId) -> String {
    id.to_string()
}

fn is_sealed(tenant: &Tenant, name: &str) -> Result<bool, Error> {
    let listed = Vault::peek(&OsDisk, &tenant.directory, tenant.name.as_str());
    let is_it = |listed: &Listed| listed.kind == SecretKind::Credential && listed.name == name;
    Ok(listed
        .map_err(told)?
        .is_some_and(|all| all.iter().any(is_it)))
}

fn is_there(tenant: &Tenant) -> Result<bool, Error> {
    let listed = Vault::peek(&OsDisk, &tenant.directory, tenant.name.as_str());
    Ok(listed.map_err(told)?.is_some())
}

/// Takes a vault to change it, as the user whose it is: what another user writes the node could not read.
fn take<'a>(tenant: &Tenant, master: &'a MasterKey) -> Result<Changing<'a>, Error> {
    let there = tenant.directory.ancestors().find(|folder| folder.exists());
    there.map_or(Ok(()), ours)?;
    Vault::change(&OsDisk, &tenant.directory, tenant.name.as_str(), master).map_err(told)
}

fn keys(config: &Config) -> Result<&MasterKeys, Error> {
    config.master.as_ref().ok_or_else(|| {
        Error::usage(
            "the configuration has no [master_key]; make one by `counterpart secret generate > master.key`, chmod 600 it, \
             and name it by file = \"master.key\"",
        )
    })
}

/// The tenant of that name, or the only one.
fn tenant<'a>(config: &'a Config, name: Option<&str>) -> Result<&'a Tenant, Error> {
    match (chosen(config, name)?.as_slice(), name) {
        ([tenant], _) => Ok(tenant),
        ([], _) => Err(Error::usage(
            "the configuration has no tenant; a tenant is a folder below profiles/",
        )),
        (_, _) => Err(Error::usage(
            "there are several tenants; say by --tenant whose secret it is",
        )),
    }
}

fn chosen<'a>(config: &'a Config, name: Option<&str>) -> Result<Vec<&'a Tenant>, Error> {
    match super::name(name, "--tenant", model::TenantName::new)? {
        Some(name) => Ok(vec![config.tenant(&name)?]),
        None => Ok(config.tenants.iter().collect()),
    }
}

/// The end of a day, in UTC.
fn day(text: &str) -> Result<Millis, Error> {
    let day: jiff::civil::Date = text.parse().map_err(|_| {
        Error::Usage(format!(
            "--expires {text:?} is no day; write it such as 2027-03-31"
        ))
    })?;
    let next = day.tomorrow().unwrap_or(day).at(0, 0, 0, 0);
    let end = jiff::tz::Offset::UTC
        .to_timestamp(next)
        .map_err(|_| Error::Usage(format!("--expires {text:?} is too far away")))?;
    Ok(Millis(end.as_millisecond() - 1))
}

fn now() -> Millis {
    actors::Clock::now(&crate::clock::SystemClock)
}
