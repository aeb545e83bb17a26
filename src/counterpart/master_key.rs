//! Where the master key comes from: a file, the environment, or a command that prints it.

use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use serde::Deserialize;
use storage::vault::MasterKey;
use zeroize::Zeroizing;

use crate::exit::Error;

/// The longest text that a source may give; a key has 64 characters.
const TEXT_BYTES: u64 = 1 << 10;
/// How long a command may take. A key management service answers within seconds, a person with a passphrase within a minute.
const PATIENCE: Duration = Duration::from_secs(60);

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
        let next = next.map(|next| next.source(path, folder, "[master_key.next]"));
        if self.next.as_ref().is_some_and(|next| next.next.is_some()) {
            return Err(Error::Usage(format!(
                "{}: [master_key.next.next]: one master key takes the place of another at a time",
                path.display()
            )));
        }
        Ok(MasterKeys {
            current,
            next: next.transpose()?,
        })
    }

    fn source(&self, path: &Path, folder: &Path, table: &str) -> Result<MasterSource, Error> {
        match (&self.file, &self.env, &self.command) {
            (Some(file), None, None) => Ok(MasterSource::File(folder.join(file))),
            (None, Some(name), None) => Ok(MasterSource::Env(name.clone())),
            (None, None, Some(words)) if !words.is_empty() => {
                Ok(MasterSource::Command(words.clone()))
            }
            _ => Err(Error::Usage(format!(
                "{}: {table} needs one of `file` (a path), `env` (a variable's name) or `command` (a list of words)",
                path.display()
            ))),
        }
    }
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

fn from_file(path: &Path) -> Result<Zeroizing<String>, Error> {
    let failed = |error: std::io::Error| {
        Error::Usage(format!(
            "{}: cannot read the master key: {error}; make one by `counterpart secret generate` and keep a copy of it in a \
             safe place",
            path.display()
        ))
    };
    let file = std::fs::File::open(path).map_err(failed)?;
    let mode = file.metadata().map_err(failed)?.permissions().mode();
    if mode & 0o077 != 0 {
        return Err(Error::Usage(format!(
            "{}: others than its owner may read the master key (mode {:04o}); run chmod 600 on it",
            path.display(),
            mode & 0o7777
        )));
    }
    bounded(file).map_err(failed)
}

fn bounded(source: impl std::io::Read) -> Result<Zeroizing<String>, std::io::Error> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(usize::try_from(TEXT_BYTES).unwrap_or(0)));
    source.take(TEXT_BYTES).read_to_end(&mut bytes)?;
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
        Error::Usage(format!(
            "the command {program:?} of [master_key] {what}; run it by hand and see what it says"
        ))
    };
    let mut child = Command::new(program)
        .args(words.get(1..).unwrap_or_default())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| failed(format!("cannot be started: {error}")))?;
    let Some(output) = child.stdout.take() else {
        return Err(failed("has no output".to_owned()));
    };
    let (sender, receiver) = mpsc::channel();
    // It ends when the output does, at the latest when the command is killed below.
    std::thread::spawn(move || sender.send(bounded(output)).ok());
    let Ok(text) = receiver.recv_timeout(PATIENCE) else {
        child.kill().ok();
        child.wait().ok();
        return Err(failed(format!(
            "did not end within {} s",
            PATIENCE.as_secs()
        )));
    };
    let status = child
        .wait()
        .map_err(|error| failed(format!("cannot be waited for: {error}")))?;
    if !status.success() {
        return Err(failed(format!("failed ({status})")));
    }
    text.map_err(|error| failed(format!("gave no key: {error}")))
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
        assert!(!told(command("echo canary-word")).contains("canary"));
        assert!(told(command("head -c 100000 /dev/zero | tr '\\0' a")).contains("64 hexadecimal"));
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
