//! `counterpart secret`: what signs in to the remotes, sealed in each tenant's vault.

use std::io::{IsTerminal as _, Read as _};

use model::Millis;
use serde_json::{Value, json};
use storage::disk::OsDisk;
use storage::vault::{Changing, Listed, MasterKey, MasterKeyId, SecretKind, Vault, VaultError};
use zeroize::Zeroizing;

use super::Out;
use crate::cli;
use crate::config::{Config, Tenant};
use crate::credential::{Sealed, until_expiry};
use crate::exit::{Ending, Error};
use crate::master_key::MasterKeys;

/// Runs the command.
pub(super) fn run(arguments: cli::Secret, out: &Out) -> Result<Ending, Error> {
    match arguments {
        cli::Secret::Generate => generate(out),
        cli::Secret::Set(arguments) => set(&arguments, out),
        cli::Secret::List(arguments) => list(&arguments, out),
        cli::Secret::Remove(arguments) => remove(&arguments, out),
        cli::Secret::Rotate(arguments) => rotate(&arguments, out),
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

fn set(arguments: &cli::SecretSet, out: &Out) -> Result<Ending, Error> {
    let config = Config::load_any(&arguments.place.config.config)?;
    let tenant = tenant(&config, arguments.place.tenant.as_deref())?;
    let master = keys(&config)?.current.read()?;
    let expires = arguments.expires.as_deref().map(day).transpose()?;
    let sealed = Sealed {
        user: arguments.user.clone().unwrap_or_default(),
        token: value()?,
    };
    let now = now();
    let mut vault = take(tenant, &master)?;
    let name = &arguments.name;
    let kind = SecretKind::Credential;
    let replaced = vault.vault().list().any(|listed| listed.name == *name);
    vault
        .set(kind, name, &sealed.encode(), now, expires)
        .map_err(told)?;
    let document = json!({ "tenant": tenant.name.as_str(), "name": name, "replaced": replaced });
    out.print(&document, || {
        let done = if replaced { "replaced" } else { "set" };
        vec![format!("{}: {name} is {done}", tenant.name)]
    });
    Ok(Ending::Done)
}

/// The value on standard input, without the line end behind it.
fn value() -> Result<Zeroizing<String>, Error> {
    let input = std::io::stdin();
    if input.is_terminal() {
        return Err(Error::Usage(
            "the value comes on standard input, so that no other program sees it: pipe it in, such as \
             `counterpart secret set jira-sync < token`"
                .to_owned(),
        ));
    }
    let most = storage::limit::SECRET_BYTES as u64;
    let mut bytes = Zeroizing::new(Vec::new());
    let read = input.lock().take(most + 1).read_to_end(&mut bytes);
    read.map_err(|error| Error::Usage(format!("standard input cannot be read: {error}")))?;
    if bytes.len() as u64 > most {
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

fn list(arguments: &cli::SecretPlace, out: &Out) -> Result<Ending, Error> {
    let config = Config::load_any(&arguments.config.config)?;
    let master = keys(&config)?.current.read()?;
    let now = now();
    let mut rows = Vec::new();
    for tenant in chosen(&config, arguments.tenant.as_deref())? {
        let vault = Vault::open(&OsDisk, &tenant.directory, tenant.name.as_str(), &master);
        let Some(vault) = vault.map_err(told)? else {
            continue;
        };
        rows.extend(vault.list().map(|listed| (tenant, listed)));
    }
    let document: Vec<Value> = rows.iter().map(|row| describe(row, now)).collect();
    out.print(&json!({ "secrets": document }), || lines(&rows, now));
    let expired = |(_, listed): &(&Tenant, Listed)| listed.expires.is_some_and(|at| at <= now);
    Ok(if rows.iter().any(expired) {
        Ending::Amiss
    } else {
        Ending::Done
    })
}

fn describe((tenant, listed): &(&Tenant, Listed), now: Millis) -> Value {
    let kind = match listed.kind {
        SecretKind::Credential => "credential",
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
        format!("{} {} set {set}{expiry}", tenant.name, listed.name)
    };
    rows.iter().map(line).collect()
}

fn remove(arguments: &cli::SecretOne, out: &Out) -> Result<Ending, Error> {
    let config = Config::load_any(&arguments.place.config.config)?;
    let tenant = tenant(&config, arguments.place.tenant.as_deref())?;
    let master = keys(&config)?.current.read()?;
    let name = &arguments.name;
    let removed = take(tenant, &master)?.remove(SecretKind::Credential, name);
    if !removed.map_err(told)? {
        return Err(Error::Usage(format!(
            "tenant {} has no secret named {name:?}; `counterpart secret list` shows what there is",
            tenant.name
        )));
    }
    out.print(
        &json!({ "tenant": tenant.name.as_str(), "name": name }),
        || vec![format!("{}: {name} is removed", tenant.name)],
    );
    Ok(Ending::Done)
}

/// What a rotation does to one tenant's vault. Each is whole when it returns, and doing it again does nothing more, so after a
/// crash or a failure the same command goes on with those that are left.
fn rotate(arguments: &cli::SecretRotate, out: &Out) -> Result<Ending, Error> {
    let config = Config::load_any(&arguments.place.config.config)?;
    let keys = keys(&config)?;
    let master = keys.current.read()?;
    let next = match (&keys.next, arguments.master && !arguments.finish) {
        (Some(next), true) => Some(next.read()?),
        (None, true) => {
            return Err(Error::usage(
                "[master_key.next] is not there; name by it where the new master key comes from",
            ));
        }
        (_, false) => None,
    };
    let mut rows = Vec::new();
    for tenant in chosen(&config, arguments.place.tenant.as_deref())? {
        let there = Vault::open(&OsDisk, &tenant.directory, tenant.name.as_str(), &master);
        if there.map_err(told)?.is_none() {
            continue;
        }
        let mut vault = take(tenant, &master)?;
        let changed = match &next {
            Some(next) => vault.admit(next),
            None if arguments.finish => vault.dismiss_others(),
            None => vault.rotate().map(|()| true),
        };
        let changed = changed.map_err(told)?;
        let masters: Vec<String> = vault.vault().masters().map(shown).collect();
        rows.push((tenant.name.to_string(), changed, masters));
    }
    let document: Vec<Value> = rows
        .iter()
        .map(|(tenant, changed, masters)| json!({ "tenant": tenant, "changed": changed, "master_keys": masters }))
        .collect();
    out.print(&json!({ "tenants": document }), || {
        rows.iter().map(|row| rotated(row, arguments)).collect()
    });
    Ok(Ending::Done)
}

fn rotated(
    (tenant, changed, masters): &(String, bool, Vec<String>),
    arguments: &cli::SecretRotate,
) -> String {
    let keys = masters.join(" or ");
    match (arguments.master, arguments.finish, changed) {
        (false, false, _) => format!("{tenant}: every secret is sealed anew"),
        (_, _, false) => format!("{tenant}: nothing to do; the master key is {keys}"),
        (_, false, true) => format!(
            "{tenant}: opens by either master key ({keys}); now put the next one in the place of [master_key], restart, and \
             run `counterpart secret rotate --master --finish`"
        ),
        (_, true, true) => format!("{tenant}: opens by the master key {keys} alone"),
    }
}

fn shown(id: MasterKeyId) -> String {
    id.to_string()
}

fn take<'a>(tenant: &Tenant, master: &'a MasterKey) -> Result<Changing<'a>, Error> {
    Vault::change(&OsDisk, &tenant.directory, tenant.name.as_str(), master).map_err(told)
}

fn told(error: VaultError) -> Error {
    match error {
        VaultError::Io { .. } | VaultError::Busy(_) | VaultError::Random | VaultError::Cipher => {
            Error::unreachable(error)
        }
        VaultError::Damaged(_)
        | VaultError::Newer { .. }
        | VaultError::Foreign { .. }
        | VaultError::WrongKey { .. }
        | VaultError::TwoMasters(_)
        | VaultError::Name
        | VaultError::TooLong
        | VaultError::Full => Error::usage(error),
    }
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
