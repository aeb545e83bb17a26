//! Where the master key comes from: a file, the environment, or a command that prints it; and the ring of those that a
//! process knows.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError, mpsc};
use std::time::{Duration, Instant};

use serde::Deserialize;
use storage::audit::AuditKey;
use storage::disk::OsDisk;
use storage::vault::{self, MasterKey, MasterKeyId, Vault, VaultError};
use storage::{Masters, NoMasterKey};
use zeroize::Zeroizing;

use crate::exit::Error;

/// The longest text that a source may give; a key has 64 characters.
const TEXT_BYTES: u64 = 1 << 10;
/// How long a command may take. A key management service answers within seconds, a person with a passphrase within a minute.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long a command is left alone between two looks at whether it has ended.
const LOOK: Duration = Duration::from_millis(20);
/// How long sources are left alone after they gave no key that opens a vault.
const ASK_AGAIN: Duration = Duration::from_secs(10);

/// `[master_key]`, as written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MasterKeyTable {
    file: Option<PathBuf>,
    env: Option<String>,
    command: Option<Vec<String>>,
    next: Option<Box<MasterKeyTable>>,
}

/// Where a master key comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MasterSource {
    /// A file that holds nothing else and that nobody but its owner may read.
    File(PathBuf),
    /// An environment variable.
    Env(String),
    /// What a command prints: for a key management service or a password store.
    Command(Vec<String>),
}

/// The master key that seals the vaults, and the one that is to take its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MasterKeys {
    /// The present one.
    pub current: MasterSource,
    /// The next one, while the master key is being changed.
    pub next: Option<MasterSource>,
}

impl MasterKeyTable {
    /// What was written, with paths meant from the configuration's folder.
    pub(crate) fn sources(&self, path: &Path, folder: &Path) -> Result<MasterKeys, Error> {
        let current = self.source(path, folder, "[master_key]")?;
        let next = self.next.as_ref();
        if next.is_some_and(|next| next.next.is_some()) {
            return Err(Error::Usage(format!(
                "{}: [master_key.next.next]: one master key takes the place of another at a time",
                path.display()
            )));
        }
        let next = next.map(|next| next.source(path, folder, "[master_key.next]"));
        Ok(MasterKeys {
            current,
            next: next.transpose()?,
        })
    }

    fn source(&self, path: &Path, folder: &Path, table: &str) -> Result<MasterSource, Error> {
        let wrong = |what: &str| Error::Usage(format!("{}: {table} {what}", path.display()));
        let texts = [
            self.file.as_ref().and_then(|file| file.to_str()),
            self.env.as_deref(),
        ];
        if texts
            .into_iter()
            .flatten()
            .any(|text| MasterKey::parse(text).is_ok())
        {
            return Err(wrong(
                "holds a key itself; put the key into a file and name the file",
            ));
        }
        match (&self.file, &self.env, &self.command) {
            (Some(file), None, None) => Ok(MasterSource::File(folder.join(file))),
            (None, Some(name), None) if is_variable(name) => Ok(MasterSource::Env(name.clone())),
            (None, Some(_), None) => Err(wrong("`env` is the name of a variable")),
            (None, None, Some(words)) if !words.is_empty() => {
                Ok(MasterSource::Command(words.clone()))
            }
            _ => Err(wrong(
                "needs one of `file` (a path), `env` (a variable's name) or `command` (a list of words)",
            )),
        }
    }
}

/// Whether a text can be the name of an environment variable. A secret that was put in the place of its name often cannot,
/// and is not to be shown.
#[must_use]
pub(crate) fn is_variable(text: &str) -> bool {
    let begins = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    let goes_on = text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    begins && goes_on && text.len() <= 48
}

impl MasterSource {
    /// The key as it is now.
    ///
    /// # Errors
    /// When it is not to be had, or is no key. The message never holds what was read.
    pub fn read(&self) -> Result<MasterKey, Error> {
        let text = match self {
            MasterSource::File(path) => from_file(path)?,
            MasterSource::Env(name) => from_env(name)?,
            MasterSource::Command(words) => from_command(words)?,
        };
        MasterKey::parse(&text).map_err(|error| Error::Usage(format!("{}: {error}", self.shown())))
    }

    fn shown(&self) -> String {
        match self {
            MasterSource::File(path) => path.display().to_string(),
            MasterSource::Env(name) => format!("the environment variable {name}"),
            MasterSource::Command(words) => {
                let program = words.first().map_or("", String::as_str);
                format!("the command {program:?} of [master_key]")
            }
        }
    }
}

/// The master keys that a process knows. It asks for one when a vault needs it, and asks anew, reading the configuration again,
/// when a vault opens by none that it knows: so the master key changes while a node runs.
pub struct KeyRing {
    sources: Box<dyn Fn() -> Result<Option<MasterKeys>, Error> + Send + Sync>,
    known: Mutex<Known>,
    /// The key that the audit log is sealed under, and when it was asked for.
    audit: Mutex<HeldAuditKey>,
}

/// When the audit log's key was asked for, and what was given.
type HeldAuditKey = Option<(Instant, Option<AuditKey>)>;

#[derive(Default)]
struct Known {
    keys: BTreeMap<MasterKeyId, MasterKey>,
    asked: Option<Instant>,
    /// What came of asking, for those who come before it is asked again.
    told: Option<String>,
    /// Why a source gave no key when it was last asked.
    unread: Option<String>,
    /// Those under which a new vault is sealed, and when they were asked for.
    present: Option<(Instant, Result<Vec<MasterKey>, NoMasterKey>)>,
}

impl std::fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeyRing").finish_non_exhaustive()
    }
}

impl KeyRing {
    /// A ring of the keys that these sources give; they are looked up whenever a key is missing.
    pub fn of(
        sources: impl Fn() -> Result<Option<MasterKeys>, Error> + Send + Sync + 'static,
    ) -> KeyRing {
        KeyRing {
            sources: Box::new(sources),
            known: Mutex::default(),
            audit: Mutex::default(),
        }
    }

    /// The key that the audit log is sealed under: of the master key that the configuration names at this moment. Nothing
    /// where there is none or it is not to be had; the entry then carries no seal, which `fsck` tells.
    #[must_use]
    pub fn audit_key(&self) -> Option<AuditKey> {
        let held = self.audit.lock().unwrap_or_else(PoisonError::into_inner);
        match &*held {
            Some((asked, key)) if asked.elapsed() < ASK_AGAIN => key.clone(),
            _ => self.ask_for_audit_key(held),
        }
    }

    /// The same, asked for at this moment: the one that was held is not the one that others seal under.
    #[must_use]
    pub fn present_audit_key(&self) -> Option<AuditKey> {
        self.ask_for_audit_key(self.audit.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn ask_for_audit_key(&self, mut held: MutexGuard<'_, HeldAuditKey>) -> Option<AuditKey> {
        let key = match (self.sources)() {
            Ok(Some(keys)) => keys.current.read().map(|key| Some(AuditKey::of(&key))),
            Ok(None) => Ok(None),
            Err(error) => Err(error),
        };
        let key = key.unwrap_or_else(|error| {
            model::log!(
                warn,
                "the master key is not to be had; the audit log goes on without a seal",
                code = error.code()
            );
            None
        });
        *held = Some((Instant::now(), key.clone()));
        key
    }

    /// Opens the vault in a tenant's directory; nothing when there is none.
    ///
    /// # Errors
    /// When no key is to be had that opens it, or it is damaged or cannot be read.
    pub fn open(&self, dir: &Path, tenant: &str) -> Result<Option<Vault>, Error> {
        self.open_at(&vault::path(dir), tenant)
    }

    /// The present master key and the one that is to take its place, as the sources give them now.
    ///
    /// # Errors
    /// When there is no master key, or it is not to be had.
    pub fn present(&self) -> Result<(MasterKey, Option<MasterKey>), Error> {
        let keys = (self.sources)()?.ok_or_else(|| {
            Error::usage(
                "backups are sealed under a master key, and the configuration has no [master_key]; make one by `counterpart \
                 secret generate > master.key`, chmod 600 it, and name it by file = \"master.key\"",
            )
        })?;
        let next = keys.next.as_ref().map(MasterSource::read).transpose()?;
        Ok((keys.current.read()?, next))
    }

    /// Opens a file of a vault's kind; nothing when there is none.
    ///
    /// # Errors
    /// As [`KeyRing::open`].
    pub fn open_at(&self, path: &Path, tenant: &str) -> Result<Option<Vault>, Error> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(opened) = known.open(path, tenant)? {
            return Ok(opened);
        }
        // No vault, no question for a key.
        if Vault::peek_at(&OsDisk, path, tenant)
            .map_err(told)?
            .is_none()
        {
            return Ok(None);
        }
        known.ask(&self.sources);
        if let Some(opened) = known.open(path, tenant)? {
            (known.asked, known.told) = (None, None);
            return Ok(opened);
        }
        let told = known.told.clone();
        Err(Error::Usage(told.unwrap_or_else(|| {
            "no master key is known that opens the vault".to_owned()
        })))
    }
}

impl Masters for KeyRing {
    fn one_of(&self, wanted: &[MasterKeyId]) -> Result<MasterKey, NoMasterKey> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(key) = known.one_of(wanted) {
            return Ok(key);
        }
        known.ask(&self.sources);
        if let Some(key) = known.one_of(wanted) {
            (known.asked, known.told) = (None, None);
            return Ok(key);
        }
        let wanted: Vec<String> = wanted.iter().map(ToString::to_string).collect();
        let other = || {
            format!(
                "it is sealed under another master key ({}) than [master_key] gives; put the right one there",
                wanted.join(" or ")
            )
        };
        Err(NoMasterKey(known.unread.clone().unwrap_or_else(other)))
    }

    fn present(&self) -> Result<Vec<MasterKey>, NoMasterKey> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((asked, present)) = &known.present
            && asked.elapsed() < ASK_AGAIN
        {
            return present.clone();
        }
        let read = (self.sources)().and_then(|keys| {
            let sources = keys.map(|keys| [Some(keys.current), keys.next]);
            let sources = sources.into_iter().flatten().flatten();
            sources.map(|source| source.read()).collect()
        });
        let present: Result<Vec<MasterKey>, NoMasterKey> =
            read.map_err(|error| NoMasterKey(error.to_string()));
        for key in present.iter().flatten() {
            known.keys.insert(key.id(), key.clone());
        }
        known.present = Some((Instant::now(), present.clone()));
        present
    }
}

impl Known {
    fn one_of(&self, wanted: &[MasterKeyId]) -> Option<MasterKey> {
        let mut found = wanted.iter().filter_map(|id| self.keys.get(id));
        found.next().cloned()
    }

    /// The vault, if one of the keys opens it; nothing when none does.
    fn open(&mut self, path: &Path, tenant: &str) -> Result<Option<Option<Vault>>, Error> {
        for key in self.keys.values() {
            match Vault::open_at(&OsDisk, path, tenant, key) {
                Ok(opened) => return Ok(Some(opened)),
                Err(error @ VaultError::WrongKey { .. }) => self.told = Some(error.to_string()),
                Err(error) => return Err(told(error)),
            }
        }
        Ok(None)
    }

    fn ask(&mut self, sources: &dyn Fn() -> Result<Option<MasterKeys>, Error>) {
        if self.asked.is_some_and(|asked| asked.elapsed() < ASK_AGAIN) {
            return;
        }
        self.asked = Some(Instant::now());
        self.unread = None;
        let keys = match sources() {
            Ok(Some(keys)) => keys,
            Ok(None) => {
                let none = "there is a vault or a key file of backups, but no [master_key] that opens it; put it back";
                return self.miss(none.to_owned());
            }
            Err(error) => return self.miss(error.to_string()),
        };
        for source in [Some(keys.current), keys.next].into_iter().flatten() {
            match source.read() {
                Ok(key) => drop(self.keys.insert(key.id(), key)),
                Err(error) => self.miss(error.to_string()),
            }
        }
    }

    fn miss(&mut self, why: String) {
        self.told = Some(why.clone());
        self.unread = Some(why);
    }
}

/// How a vault's error ends a command.
pub(crate) fn told(error: VaultError) -> Error {
    match error {
        VaultError::Io { .. } | VaultError::Busy(_) | VaultError::Random | VaultError::Cipher => {
            Error::unreachable(error)
        }
        VaultError::Damaged(_)
        | VaultError::Newer { .. }
        | VaultError::Erasing(_)
        | VaultError::Foreign { .. }
        | VaultError::WrongKey { .. }
        | VaultError::TwoMasters(_)
        | VaultError::Name
        | VaultError::TooLong
        | VaultError::Full => Error::usage(error),
    }
}

fn from_file(path: &Path) -> Result<Zeroizing<String>, Error> {
    let failed = |error: std::io::Error| {
        Error::Usage(format!(
            "{}: cannot read the master key: {error}; make one by `counterpart secret generate` and keep a copy of it in a \
             safe place",
            path.display()
        ))
    };
    let found = std::fs::metadata(path).map_err(failed)?;
    if !found.is_file() {
        return Err(failed(std::io::Error::other("it is no file")));
    }
    let file = std::fs::File::open(path).map_err(failed)?;
    let (mode, owner) = (found.permissions().mode(), found.uid());
    if mode & 0o077 != 0 && !is_handed_over(path, mode, owner) {
        return Err(Error::Usage(format!(
            "{}: others than its owner may read the master key (mode {:04o}); run chmod 600 on it",
            path.display(),
            mode & 0o7777
        )));
    }
    let we = std::fs::metadata("/proc/self").map(|meta| meta.uid());
    if owner != 0 && we.is_ok_and(|we| we != owner) {
        return Err(Error::Usage(format!(
            "{}: the master key belongs to the user of number {owner}, who could change it; make it this user's or root's own",
            path.display()
        )));
    }
    line(file).map_err(failed)
}

/// Whether systemd put the file where it is for this service alone; it then shows a group's right that only stands for an
/// access list (systemd.exec, LoadCredential).
fn is_handed_over(path: &Path, mode: u32, owner: u32) -> bool {
    let folder = std::env::var_os("CREDENTIALS_DIRECTORY");
    let there = folder.is_some_and(|folder| path.starts_with(folder));
    there && owner == 0 && mode & 0o037 == 0
}

/// The first line of a source, or what there is of it.
fn line(source: impl std::io::Read) -> Result<Zeroizing<String>, std::io::Error> {
    let most = usize::try_from(TEXT_BYTES).unwrap_or(0);
    let mut bytes = Zeroizing::new(Vec::with_capacity(most));
    #[expect(
        clippy::unbuffered_bytes,
        reason = "a buffer in between would keep a key that nobody wipes"
    )]
    for byte in source.take(TEXT_BYTES).bytes() {
        match byte? {
            b'\n' if !bytes.is_empty() => break,
            byte => bytes.push(byte),
        }
    }
    let text = std::str::from_utf8(&bytes).map_err(|_| std::io::Error::other("it is not text"))?;
    Ok(Zeroizing::new(text.to_owned()))
}

fn from_env(name: &str) -> Result<Zeroizing<String>, Error> {
    std::env::var(name).map(Zeroizing::new).map_err(|_| {
        Error::Usage(format!(
            "the environment variable {name} is not set or not text; it should hold the master key that [master_key] names \
             by `env`"
        ))
    })
}

fn from_command(words: &[String]) -> Result<Zeroizing<String>, Error> {
    let program = words.first().map_or("", String::as_str);
    let failed = |what: String| {
        Error::Unreachable(format!(
            "the command {program:?} of [master_key] {what}; run it by hand and see what it says"
        ))
    };
    let mut child = Command::new(program)
        .args(words.get(1..).unwrap_or_default())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| failed(format!("cannot be started: {error}")))?;
    let deadline = Instant::now() + PATIENCE;
    let text = first_line(&mut child, deadline);
    let status = ended(&mut child, deadline);
    let late = || failed(format!("did not end within {} s", PATIENCE.as_secs()));
    let (Some(text), Some(status)) = (text, status) else {
        child.kill().ok();
        child.wait().ok();
        return Err(late());
    };
    if !status.success() {
        return Err(failed(format!("failed ({status})")));
    }
    text.map_err(|error| failed(format!("gave no key: {error}")))
}

type Line = Result<Zeroizing<String>, std::io::Error>;

/// The first line that a child prints. It is not read to its end: a helper that it leaves behind may hold the pipe open.
fn first_line(child: &mut Child, deadline: Instant) -> Option<Line> {
    let output = child.stdout.take()?;
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || sender.send(line(output)).ok());
    let left = deadline.saturating_duration_since(Instant::now());
    receiver.recv_timeout(left).ok()
}

fn ended(child: &mut Child, deadline: Instant) -> Option<std::process::ExitStatus> {
    while Instant::now() < deadline {
        if let Some(status) = child.try_wait().ok()? {
            return Some(status);
        }
        std::thread::sleep(LOOK);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

    fn command(script: &str) -> Result<MasterKey, Error> {
        MasterSource::Command(["sh", "-c", script].map(str::to_owned).into()).read()
    }

    fn told(outcome: Result<MasterKey, Error>) -> String {
        outcome
            .err()
            .map_or_else(String::new, |error| error.to_string())
    }

    #[test]
    fn a_file_that_others_may_read_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("master.key");
        std::fs::write(&path, KEY).unwrap();
        let source = MasterSource::File(path.clone());
        for mode in [0o644, 0o640, 0o604] {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            assert!(told(source.read()).contains("chmod 600"));
        }
        for mode in [0o600, 0o400] {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            assert_eq!(told(source.read()), "");
        }
    }

    #[test]
    fn what_a_command_prints_is_the_key() {
        assert_eq!(told(command(&format!("echo {KEY}"))), "");
        assert!(told(command("exit 3")).contains("failed"));
        assert!(told(command("echo canary-word")).contains("64 hexadecimal digits"));
        assert_eq!(
            told(command(&format!(
                "echo {KEY}; sleep 3 > /dev/null & exit 0"
            ))),
            ""
        );
        assert_eq!(told(command(&format!("echo {KEY}; sleep 2 & exit 0"))), "");
        assert!(!told(command("echo canary-word")).contains("canary"));
        assert!(!told(command("head -c 100000 /dev/zero | tr '\\0' a")).is_empty());
        let missing = MasterSource::Command(vec!["/nowhere/at/all".to_owned()]);
        assert!(told(missing.read()).contains("cannot be started"));
    }

    #[test]
    fn one_source_is_named_and_no_more() {
        let sources = |text: &str| {
            let table: MasterKeyTable = toml::from_str(text).unwrap();
            table.sources(Path::new("counterpart.toml"), Path::new("/etc/counterpart"))
        };
        let file = sources("file = 'key'").unwrap();
        assert_eq!(
            file.current,
            MasterSource::File("/etc/counterpart/key".into())
        );
        assert_eq!(file.next, None);
        let both = sources("env = 'A'\nnext = { command = ['pass', 'show'] }").unwrap();
        assert!(matches!(both.next, Some(MasterSource::Command(_))));
        for wrong in [
            "",
            "file = 'a'\nenv = 'B'",
            "command = []",
            "env = 'A'\nnext = {}",
        ] {
            assert!(sources(wrong).is_err(), "{wrong}");
        }
        let thrice = "env = 'A'\nnext = { env = 'B', next = { env = 'C' } }";
        assert!(sources(thrice).is_err());
    }
}
