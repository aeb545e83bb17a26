//! `counterpart tenant add`: what a tenant needs before it can work, made where it is missing.
//!
//! The profile that it writes is a draft with another ending than profiles have, so that no node meets a profile that nobody
//! has completed yet.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde_json::json;
use storage::audit::Action;
use storage::disk::OsDisk;
use storage::erase;
use storage::vault::Vault;

use super::named;
use crate::auditor::Auditor;
use crate::cli;
use crate::command::Out;
use crate::command::access::{has_tenant_store, ours};
use crate::config::Config;
use crate::exit::{Ending, Error};
use crate::master_key::{MasterSource, told};

/// The draft of a profile: everything that it needs, with what only the administrator knows left open.
pub(super) const DRAFT: &str = include_str!("draft.toml");
/// The draft's file in a tenant's folder.
const DRAFT_NAME: &str = "profile.toml.draft";

/// What was made, and what there is.
#[derive(Default)]
struct Made {
    paths: Vec<PathBuf>,
    draft: Option<PathBuf>,
    store: bool,
}

/// Runs the command.
pub(super) async fn run(arguments: &cli::TenantAdd, out: &Out) -> Result<Ending, Error> {
    let name = named(&arguments.name)?;
    let path = &arguments.config.config;
    let profiles = path.parent().unwrap_or(Path::new("")).join("profiles");
    let mut made = Made::default();
    // Without the folder of all tenants the configuration cannot be read. It is made beside one that is there only.
    if path.is_file() {
        made.folder(&profiles)?;
    }
    let config = Config::load_any(path)?;
    let directory = config.data.join(name.as_str());
    if erase::is_begun(&OsDisk, &directory).unwrap_or(false) {
        return Err(Error::Usage(format!(
            "the erasing of tenant {name} was begun and has not ended; run `counterpart tenant erase {name}` again first"
        )));
    }
    let folder = profiles.join(name.as_str());
    made.store = has_tenant_store(&directory)?;
    let auditor = Auditor::of(&config);
    let act = auditor.act(Action::TenantAdded).for_tenant(&name);
    let work = async {
        made.folder(&folder)?;
        made.draft(&folder)?;
        made.vault(&config, name.as_str(), &directory)
    };
    auditor.told(act, work).await?;
    let shown = |path: &PathBuf| path.display().to_string();
    let document = json!({
        "tenant": name.as_str(),
        "made": made.paths.iter().map(shown).collect::<Vec<_>>(),
        "draft": made.draft.as_ref().map(shown),
        "vault": config.master.is_some(),
        "store": made.store,
    });
    out.print(&document, || {
        let mut lines: Vec<String> = made
            .paths
            .iter()
            .map(|path| format!("made {}", path.display()))
            .collect();
        if made.paths.is_empty() {
            lines.push(format!("tenant {name} is there already; nothing was made"));
        }
        if made.store {
            lines.push(format!(
                "{} holds a store of this name from before, which the tenant goes on with; `counterpart tenant erase {name}` \
                 destroys it",
                directory.display()
            ));
        }
        lines.extend(next(&name, made.draft.as_deref(), config.master.is_some()));
        lines
    });
    Ok(Ending::Done)
}

/// What is left for the administrator.
fn next(name: &model::TenantName, draft: Option<&Path>, has_master: bool) -> Vec<String> {
    let Some(draft) = draft else {
        return Vec::new();
    };
    let credential = match has_master {
        true => format!(
            "set its credentials by `counterpart secret set jira-sync --tenant {name} --user ADDRESS < token` and `counterpart \
             secret set azure-sync --tenant {name} < token`"
        ),
        false => format!(
            "add its credentials: a [[credential]] each with tenant = \"{name}\", or a [master_key] and `counterpart secret set`"
        ),
    };
    vec![
        credential,
        format!(
            "complete {0}; `counterpart profile check {0}` says what is open, and with --online what does not fit the remotes",
            draft.display()
        ),
        format!(
            "then rename it to {}, and restart the node",
            draft.with_file_name("profile.toml").display()
        ),
    ]
}

fn failed(path: &Path) -> impl FnOnce(std::io::Error) -> Error {
    let path = path.display().to_string();
    move |error| Error::Unreachable(format!("{path}: {error}"))
}

impl Made {
    fn folder(&mut self, path: &Path) -> Result<(), Error> {
        if !path.is_dir() {
            fs::create_dir(path).map_err(failed(path))?;
            self.paths.push(path.into());
        }
        Ok(())
    }

    /// Writes the draft, unless the tenant has a profile or a draft already.
    fn draft(&mut self, folder: &Path) -> Result<(), Error> {
        let path = folder.join(DRAFT_NAME);
        if path.exists() {
            self.draft = Some(path);
            return Ok(());
        }
        let entries = fs::read_dir(folder).map_err(failed(folder))?;
        let is_profile = |path: PathBuf| path.extension().is_some_and(|ending| ending == "toml");
        if entries.flatten().any(|entry| is_profile(entry.path())) {
            return Ok(());
        }
        let mut options = fs::OpenOptions::new();
        let file = options.write(true).create_new(true).open(&path);
        let mut file = file.map_err(failed(&path))?;
        file.write_all(DRAFT.as_bytes()).map_err(failed(&path))?;
        self.paths.push(path.clone());
        self.draft = Some(path);
        Ok(())
    }

    /// Makes the data directory with the vault and its data key where there is a master key. Without one there is nothing to
    /// put there, and the first start makes it.
    fn vault(&mut self, config: &Config, tenant: &str, directory: &Path) -> Result<(), Error> {
        let Some(keys) = &config.master else {
            return Ok(());
        };
        // One that is there was made under the master key of its time; whether it opens is for whoever needs it.
        let there = Vault::peek(&OsDisk, directory, tenant).map_err(told)?;
        if there.is_some() {
            return Ok(());
        }
        let above = directory.ancestors().find(|folder| folder.exists());
        above.map_or(Ok(()), ours)?;
        let master = keys.current.read()?;
        let next = keys.next.as_ref().map(MasterSource::read).transpose()?;
        let mut vault = Vault::change(&OsDisk, directory, tenant, &master).map_err(told)?;
        vault.keep().map_err(told)?;
        if let Some(next) = &next {
            vault.admit(next).map_err(told)?;
        }
        self.paths.push(storage::vault::path(directory));
        Ok(())
    }
}
