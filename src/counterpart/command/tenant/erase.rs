//! `counterpart tenant erase`: the keys, then everything that they opened.
//!
//! What lies in the bucket goes first, while there still is the credential that signs in there; a node that begins after a kill
//! would copy it anew. Then the order is what makes a kill at any moment harmless: the mark, the keys, the store, the backups' key, the backups, the
//! profiles, and the mark last ([`storage::erase`]). No node works on the data directory meanwhile: one reads its profiles
//! only when it starts, so that it would have to be started again in any case, and would make a new store for a tenant that it
//! still believes in.

use std::fs;
use std::io::{BufRead as _, IsTerminal as _, Write as _};
use std::path::Path;

use model::TenantName;
use serde_json::json;
use storage::EngineKind;
use storage::audit::Action;
use storage::disk::{Disk as _, OsDisk};
use storage::erase::{self, EraseError, Erasing};

use super::named;
use crate::auditor::Auditor;
use crate::backup::place::Place;
use crate::cli;
use crate::command::Out;
use crate::command::access::ours;
use crate::command::lock::Lock;
use crate::config::Config;
use crate::exit::{Ending, Error};
use crate::log;

/// Where a tenant's things lie.
fn directories(place: &Place) -> [&Path; 3] {
    [&place.store, &place.backups, &place.profiles]
}

/// Runs the command.
pub(super) async fn run(arguments: &cli::TenantErase, out: &Out) -> Result<Ending, Error> {
    let name = named(&arguments.name)?;
    let config = Config::load_any(&arguments.config.config)?;
    let _log = log::begin(&config.log)?;
    let place = Place::of(&config, &name);
    let there: Vec<&Path> = directories(&place)
        .into_iter()
        .filter(|at| at.exists())
        .collect();
    if there.is_empty() {
        let looked = directories(&place)
            .map(|at| at.display().to_string())
            .join(", ");
        return Err(Error::Usage(format!(
            "there is nothing of a tenant {name}: looked for {looked}"
        )));
    }
    for at in &there {
        ours(at)?;
    }
    confirm(&name, arguments, &there)?;
    let _lock = Lock::take(&config.data)?;
    model::log!(warn, "a tenant is being erased", tenant = name);
    let auditor = Auditor::of(&config);
    let act = auditor.act(Action::TenantErased).for_tenant(&name);
    let work = async {
        let copies = copies(&config, &place, arguments.leave_bucket).await?;
        let resumed = erase(&place, arguments.keep_profiles).map_err(told)?;
        Ok((copies, resumed))
    };
    let (copies, resumed) = auditor.told(act, work).await?;
    model::log!(
        warn,
        "a tenant was erased: its keys were destroyed, then its files and its backups",
        tenant = name,
        resumed = resumed
    );
    let named = config.names_credentials_of(&name);
    let document = json!({
        "tenant": name.as_str(),
        "erased": true,
        "resumed": resumed,
        "profiles_kept": arguments.keep_profiles,
        "credentials_left": named,
        "bucket": copies.as_str(),
    });
    out.print(&document, || {
        let mut lines = lines(&name, arguments.keep_profiles, named);
        lines.extend(copies.line());
        lines
    });
    Ok(Ending::Done)
}

/// What became of the copies in the bucket.
#[derive(Clone, Copy)]
enum Copies {
    /// The configuration names no bucket.
    None,
    /// They were removed, their key first.
    Erased,
    /// They are still there, as was asked for.
    Left,
    /// An earlier run removed or left them before it destroyed the credential that signs in there.
    Before,
}

impl Copies {
    fn as_str(self) -> &'static str {
        match self {
            Copies::None => "none",
            Copies::Erased => "erased",
            Copies::Left => "left",
            Copies::Before => "before",
        }
    }

    fn line(self) -> Option<String> {
        let told = match self {
            Copies::None => return None,
            Copies::Erased => {
                "the copies in the bucket were removed, their key first; a bucket that keeps former versions still has them: remove those too"
            }
            Copies::Left => {
                "the copies in the bucket are left, and can be read with the master key; remove them and the object `key` there"
            }
            Copies::Before => "an earlier run that was cut short saw to the copies in the bucket",
        };
        Some(told.to_owned())
    }
}

/// Removes what lies in the bucket.
async fn copies(config: &Config, place: &Place, leave: bool) -> Result<Copies, Error> {
    if config.backup.bucket.is_none() {
        return Ok(Copies::None);
    }
    let begun = erase::is_begun(&OsDisk, &place.store);
    if begun.map_err(|error| Error::unreachable(format!("{}: {error}", place.store.display())))? {
        return Ok(Copies::Before);
    }
    if leave {
        return Ok(Copies::Left);
    }
    let cure = |error: &Error| {
        format!(
            "{error}; nothing of tenant {} was erased here: mend that and run it again, or say --leave-bucket to leave the \
             copies, which the master key still opens",
            place.tenant
        )
    };
    let bucket = match place.bucket() {
        Ok(Some(bucket)) => bucket,
        Ok(None) => return Ok(Copies::None),
        Err(error) => return Err(Error::Usage(cure(&error))),
    };
    let erased = bucket.erase(&place.backups).await;
    erased.map_err(|error| Error::Unreachable(cure(&error)))?;
    Ok(Copies::Erased)
}

/// Erases in the order that counts; says whether it had been begun before.
fn erase(place: &Place, keep_profiles: bool) -> Result<bool, EraseError> {
    let erasing = Erasing::begin(&OsDisk, &place.store)?;
    let resumed = erasing.resumed();
    erasing.keys()?;
    erasing.rows(EngineKind::Sled)?;
    backups(&place.backups)?;
    if !keep_profiles {
        remove(&place.profiles)?;
    }
    erasing.end()?;
    Ok(resumed)
}

/// Makes the backups unreadable, then removes them. Their key lies beside them as `key`, sealed under the master key, which
/// opens nothing once this file is gone. A drill that was killed leaves keys.
fn backups(folder: &Path) -> Result<(), EraseError> {
    erase::shred(&OsDisk, &storage::backup::key_path(folder))?;
    erase::keys(&OsDisk, &folder.join("drill"))?;
    remove(folder)
}

fn remove(folder: &Path) -> Result<(), EraseError> {
    match fs::remove_dir_all(folder) {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => Err(EraseError::Io {
            path: folder.into(),
            source,
        }),
        // Before the mark goes, for good: else a power cut could bring back what was erased, and nothing would tell.
        Ok(()) | Err(_) => settled(folder),
    }
}

fn settled(folder: &Path) -> Result<(), EraseError> {
    let above = folder.parent().filter(|above| above.is_dir());
    let synced = above.map_or(Ok(()), |above| OsDisk.sync_dir(above));
    synced.map_err(|source| EraseError::Io {
        path: folder.into(),
        source,
    })
}

fn told(error: EraseError) -> Error {
    Error::unreachable(error)
}

/// Asks for the tenant's name, on a terminal or by `--yes`.
fn confirm(name: &TenantName, arguments: &cli::TenantErase, there: &[&Path]) -> Result<(), Error> {
    let given = match &arguments.yes {
        Some(given) => given.clone(),
        None if std::io::stdin().is_terminal() => ask(name, arguments.keep_profiles, there)?,
        None => {
            return Err(Error::Usage(format!(
                "erasing tenant {name} cannot be undone; say --yes {name} to mean it"
            )));
        }
    };
    if given.trim() == name.as_str() {
        return Ok(());
    }
    Err(Error::Usage(format!(
        "{:?} is not {name}; nothing was erased",
        given.trim()
    )))
}

fn ask(name: &TenantName, keep_profiles: bool, there: &[&Path]) -> Result<String, Error> {
    let mut out = std::io::stderr().lock();
    let _ = writeln!(
        out,
        "This destroys the keys of tenant {name}, its credentials, its store and its backups{}. It cannot be undone.",
        if keep_profiles {
            ""
        } else {
            ", and removes its profiles"
        }
    );
    for path in there {
        let _ = writeln!(out, "  {}", path.display());
    }
    let _ = write!(out, "Type the tenant's name to go on: ");
    let _ = out.flush();
    let mut line = String::new();
    let read = std::io::stdin().lock().read_line(&mut line);
    read.map_err(|error| Error::Usage(format!("standard input cannot be read: {error}")))?;
    Ok(line)
}

fn lines(name: &TenantName, keep_profiles: bool, named: bool) -> Vec<String> {
    let mut lines = vec![
        format!(
            "tenant {name} is erased, which cannot be undone: its keys were destroyed, then its store and its backups"
        ),
        "what the remotes hold stays: the items that were created there, their links, and our markers on them".to_owned(),
        "copies that others made of the data directory hold what they held; revoke the tokens at the remotes".to_owned(),
    ];
    if keep_profiles {
        lines.push(format!(
            "its profiles stay, so the next start of the node begins tenant {name} anew"
        ));
    }
    if named {
        lines.push(format!(
            "the configuration still has a [[credential]] of tenant {name}; take it out, and its token's file away"
        ));
    }
    lines
}
