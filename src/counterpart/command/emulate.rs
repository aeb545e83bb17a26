//! `counterpart emulate`: both remotes, until stopped.

use std::net::{SocketAddr, ToSocketAddrs as _};

use emulator::{Faults, Options, Running, Server, Site};
use model::Both;
use serde_json::json;

use super::{say, stop_signal};
use crate::cli::{AzureFlavor, Emulate, JiraFlavor};
use crate::demo::remote::Address;
use crate::exit::{Ending, Error};

/// Both emulators at work.
pub struct Emulators {
    /// The emulated Jira.
    pub jira: Emulated,
    /// The emulated Azure DevOps.
    pub azure: Emulated,
}

/// One emulator at work.
pub struct Emulated {
    /// The server.
    pub running: Running,
    /// The account for a synchroniser.
    pub user: String,
    /// Its token.
    pub token: String,
    /// The project with the sample items.
    pub project: String,
    /// The address to configure.
    pub url: String,
}

impl Emulators {
    /// Where both are met.
    #[must_use]
    pub fn addresses(&self) -> Both<Address> {
        let address = |emulated: &Emulated| Address {
            url: emulated.url.clone(),
            root: emulated.running.url().to_owned(),
            project: emulated.project.clone(),
        };
        Both {
            jira: address(&self.jira),
            azure: address(&self.azure),
        }
    }
}

/// Runs the command.
pub async fn run(arguments: Emulate) -> Result<Ending, Error> {
    if arguments.jira_flavor == JiraFlavor::Datacenter {
        return Err(Error::usage(
            "--jira-flavor datacenter: this emulator is Jira Cloud only so far; use cloud",
        ));
    }
    if arguments.azure_flavor == AzureFlavor::Server {
        return Err(Error::usage(
            "--azure-flavor server: this emulator is Azure DevOps Services only so far; use services",
        ));
    }
    let faults = faults(arguments.faults.as_deref())?;
    let emulators = start(
        address("--jira", &arguments.jira)?,
        address("--azure", &arguments.azure)?,
        arguments.items,
        arguments.items,
        arguments.seed,
        &faults,
    )
    .await?;
    let (jira, azure) = (&emulators.jira, &emulators.azure);
    let line = json!({
        "jira": { "url": jira.url, "user": jira.user, "token": jira.token, "project": jira.project },
        "azure": { "url": azure.url, "token": azure.token, "project": azure.project },
    });
    say(&line.to_string());
    stop_signal().await;
    emulators.jira.running.stop().await;
    emulators.azure.running.stop().await;
    Ok(Ending::Done)
}

/// Reads the fault rules of that name or file.
pub fn faults(name: Option<&str>) -> Result<Faults, Error> {
    match name {
        None => Ok(Faults::default()),
        Some(name) => {
            Faults::load(name).map_err(|error| Error::Usage(format!("--faults {name}: {error}")))
        }
    }
}

/// Starts both emulators.
pub async fn start(
    jira: SocketAddr,
    azure: SocketAddr,
    jira_items: u32,
    azure_items: u32,
    seed: u64,
    faults: &Faults,
) -> Result<Emulators, Error> {
    let options = |items| {
        let mut options = Options::live(items, seed);
        options.faults = faults.clone();
        options
    };
    // The sample data of a large site takes seconds to make: both are made at once.
    let of_jira = options(jira_items);
    let of_azure = options(azure_items);
    let cloud = {
        let options = of_jira.clone();
        tokio::task::spawn_blocking(move || emulator::jira::Cloud::new(options))
    };
    let services = {
        let options = of_azure.clone();
        tokio::task::spawn_blocking(move || emulator::azure::Services::new(options))
    };
    let failed = |error| Error::Usage(format!("an emulator could not be started: {error}"));
    let (cloud, services) = (
        cloud.await.map_err(failed)?,
        services.await.map_err(failed)?,
    );
    Ok(Emulators {
        jira: serve(jira, Box::new(cloud), of_jira).await?,
        azure: serve(azure, Box::new(services), of_azure).await?,
    })
}

async fn serve(at: SocketAddr, site: Box<dyn Site>, options: Options) -> Result<Emulated, Error> {
    let credentials = site.sync_credentials();
    let running = Server::bind(at, site, options).await.map_err(|error| {
        Error::Usage(format!(
            "cannot listen on {at}: {error}; choose another address"
        ))
    })?;
    let url = format!("{}{}", running.url(), credentials.base_path);
    Ok(Emulated {
        running,
        user: credentials.user,
        token: credentials.token,
        project: credentials.project,
        url,
    })
}

fn address(flag: &str, text: &str) -> Result<SocketAddr, Error> {
    let wrong = |why: &str| {
        Error::Usage(format!(
            "{flag} {text}: {why}; write it like 127.0.0.1:8081"
        ))
    };
    let mut found = text
        .to_socket_addrs()
        .map_err(|error| wrong(&error.to_string()))?;
    found.next().ok_or_else(|| wrong("no address of that name"))
}
