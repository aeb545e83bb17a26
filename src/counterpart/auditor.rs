//! Who tells the audit log what is done, and waits until it is written there.
//!
//! Architecture invariant: what changes configuration, keys or pairs is told before it is done, and is not done when it cannot
//! be told. A crash between leaves the word that it has begun.

use std::ops::ControlFlow;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use actors::Clock as _;
use mapping::Profile;
use model::log::{Name, Told};
use model::{ProfileName, TenantName};
use storage::audit::{Act, Action, Audit, AuditError, AuditKey, Entry};
use storage::disk::OsDisk;

use crate::clock::SystemClock;
use crate::command::access::ours;
use crate::config::{Config, Tenant};
use crate::exit::Error;
use crate::master_key::KeyRing;

/// The most bytes of the machine's list of accounts that are read.
const ACCOUNTS_BYTES: u64 = 1 << 20;
/// What the system says of a process that belongs to no login.
const NO_LOGIN: u32 = u32::MAX;

/// The audit log of a configuration, in somebody's name.
#[derive(Clone)]
pub struct Auditor {
    audit: Audit,
    data: PathBuf,
    ring: Arc<KeyRing>,
    who: Told,
}

impl Auditor {
    /// In the name of the account that this process runs as.
    #[must_use]
    pub fn of(config: &Config) -> Auditor {
        Auditor {
            audit: audit(config),
            data: config.data.clone(),
            ring: Arc::clone(&config.ring),
            who: account(),
        }
    }

    /// The same in the name of whoever has the token of the administration endpoint.
    #[must_use]
    pub fn at_endpoint(&self) -> Auditor {
        Auditor {
            who: model::told!("the holder of the endpoint's token"),
            ..self.clone()
        }
    }

    /// Something that is done, to be told.
    #[must_use]
    pub fn act(&self, what: Action) -> Act {
        Act::new(self.who.clone(), what)
    }

    /// Tells it, and gives the entry's number.
    ///
    /// # Errors
    /// When it cannot be told.
    pub fn tell(&self, act: &Act) -> Result<u64, Error> {
        // What another user leaves there, the node could not go on with.
        if self.data.exists() {
            ours(&self.data)?;
        }
        let number = self.append(act).map_err(Error::unreachable)?;
        model::log!(
            info,
            "an entry of the audit log",
            entry = number,
            what = act.what.as_str(),
            stage = act.stage.as_str()
        );
        Ok(number)
    }

    fn append(&self, act: &Act) -> Result<u64, AuditError> {
        let now = SystemClock.now();
        let held = self.ring.audit_key();
        let told = match &held {
            Some(key) => self.audit.append_under(act, now, key),
            None => self.audit.append(act, now, None),
        };
        match told {
            // The master key was changed by another process, or this is the first entry under a new one.
            Err(AuditError::OtherKey) => {
                let present = self.ring.present_audit_key();
                self.audit.append(act, now, present.as_ref())
            }
            told => told,
        }
    }

    /// Tells it where nothing can wait for it: that it was not told is an error in the log.
    pub fn try_tell(&self, act: &Act) {
        if let Err(error) = self.tell(act) {
            model::log!(
                error,
                "the audit log was not told",
                what = act.what.as_str(),
                code = error.code()
            );
        }
    }

    /// Tells that it begins, does it, and tells how it ended.
    ///
    /// # Errors
    /// When it cannot be told, which comes before anything is done, or as the work says.
    pub async fn told<T>(
        &self,
        act: Act,
        work: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        let begun = act.begun();
        let number = self.tell(&begun)?;
        let ended = work.await;
        self.try_tell(&begun.ended(number, ended.is_ok()));
        ended
    }

    /// Tells of each profile that is not what it was when it was last told of.
    pub fn tell_profiles(&self, config: &Config) {
        let mut profiles: Vec<Fingerprint<'_>> = config
            .tenants
            .iter()
            .flat_map(|tenant| {
                tenant
                    .profiles
                    .iter()
                    .map(|each| Fingerprint::of(tenant, each))
            })
            .collect();
        let mut left = profiles.len();
        let looked = self.audit.look_back(Some(Action::ProfileChanged), |entry| {
            let unseen = profiles
                .iter_mut()
                .filter(|profile| profile.is_same.is_none());
            for profile in unseen.filter(|profile| profile.is_it(&entry)).take(1) {
                profile.is_same = Some(entry.subject.as_deref() == Some(profile.told.as_str()));
                left -= 1;
            }
            match left {
                0 => ControlFlow::Break(()),
                _ => ControlFlow::Continue(()),
            }
        });
        if let Err(error) = looked {
            // Those that were not found are told again, which harms nothing.
            model::log!(
                warn,
                "the audit log cannot be looked through",
                error = error
            );
        }
        for profile in profiles
            .iter()
            .filter(|profile| profile.is_same != Some(true))
        {
            let act = self.act(Action::ProfileChanged).for_tenant(profile.tenant);
            self.try_tell(&act.about(profile.told.clone()));
        }
    }
}

/// A profile with what is told of it now.
struct Fingerprint<'a> {
    tenant: &'a TenantName,
    profile: &'a ProfileName,
    told: Told,
    /// Whether that was told of it last; nothing while nobody knows.
    is_same: Option<bool>,
}

impl Fingerprint<'_> {
    fn of<'a>(tenant: &'a Tenant, profile: &'a Profile) -> Fingerprint<'a> {
        let digits: String = profile.fingerprint().chars().take(16).collect();
        Fingerprint {
            tenant: &tenant.name,
            profile: &profile.name,
            told: model::told!("{} {}", profile.name, Name(&digits)),
            is_same: None,
        }
    }

    /// Whether an entry is of this profile.
    fn is_it(&self, entry: &Entry) -> bool {
        let subject = entry.subject.as_deref().unwrap_or_default();
        let name = subject.split_once(' ').map(|(name, _)| name);
        entry.what == Action::ProfileChanged.as_str()
            && entry.tenant.as_deref() == Some(self.tenant.as_str())
            && name == Some(self.profile.as_str())
    }
}

/// The audit log of that configuration's data directory.
#[must_use]
pub fn audit(config: &Config) -> Audit {
    Audit::at(Arc::new(OsDisk), &config.data)
}

/// The keys of a configuration that may have sealed entries, and why one of them is not to be had.
#[must_use]
pub fn keys(config: &Config) -> (Vec<AuditKey>, Option<String>) {
    let Some(master) = &config.master else {
        return (Vec::new(), None);
    };
    let (mut keys, mut unread) = (Vec::new(), None);
    for source in [Some(&master.current), master.next.as_ref()]
        .into_iter()
        .flatten()
    {
        match source.read() {
            Ok(key) => keys.push(AuditKey::of(&key)),
            Err(error) => unread = Some(error.to_string()),
        }
    }
    (keys, unread)
}

/// The account of this process, and that of the login which it comes from, where the system knows it: so somebody who
/// becomes another user for a command is still told of.
fn account() -> Told {
    let uid = std::fs::metadata("/proc/self").map_or(NO_LOGIN, |meta| meta.uid());
    let login = std::fs::read_to_string("/proc/self/loginuid");
    let login = login.ok().and_then(|text| text.trim().parse::<u32>().ok());
    let accounts = accounts(Path::new("/etc/passwd"));
    let here = named(uid, &accounts);
    match login {
        Some(login) if login != NO_LOGIN && login != uid => {
            model::told!("{}, logged in as {}", here, named(login, &accounts))
        }
        Some(_) | None => here,
    }
}

fn named(uid: u32, accounts: &str) -> Told {
    match name_of(uid, accounts) {
        Some(name) => model::told!("uid {} {}", uid, Name(name)),
        None => model::told!("uid {}", uid),
    }
}

fn accounts(path: &Path) -> String {
    use std::io::Read as _;
    let mut text = String::new();
    let read = std::fs::File::open(path)
        .and_then(|file| file.take(ACCOUNTS_BYTES).read_to_string(&mut text));
    read.map(|_| text).unwrap_or_default()
}

fn name_of(uid: u32, accounts: &str) -> Option<&str> {
    let uid = uid.to_string();
    accounts.lines().find_map(|line| {
        let mut parts = line.split(':');
        let name = parts.next()?;
        (parts.nth(1)? == uid).then_some(name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_told_by_number_and_name() {
        let accounts = "root:x:0:0:root:/root:/bin/sh\nalice:x:1000:1000:Alice A.:/home/alice:/bin/sh\nbroken\n";
        assert_eq!(named(1000, accounts).as_str(), "uid 1000 alice");
        assert_eq!(named(0, accounts).as_str(), "uid 0 root");
        // The person's name beside the account is not taken, and neither is what is not there.
        assert_eq!(named(7, accounts).as_str(), "uid 7");
        assert!(account().as_str().starts_with("uid "));
    }
}
