//! `[telemetry]`: what is counted, and whether a collector is told.

use std::path::Path;
use std::time::Duration;

use reqwest::header::HeaderName;
use serde::Deserialize;

use super::{Credential, Tenant};
use crate::exit::Error;

/// The pause between two requests to the collector unless the configuration says otherwise, in seconds.
const PAUSE: f64 = 30.0;
/// The longest such pause.
const PAUSE_MOST: f64 = 3_600.0;

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TelemetryTable {
    statistics: Option<bool>,
    otlp: Option<String>,
    otlp_credential: Option<String>,
    otlp_header: Option<String>,
    otlp_seconds: Option<f64>,
}

/// What is counted and told.
#[derive(Clone)]
pub struct Telemetry {
    /// Whether daily statistics are kept.
    pub statistics: bool,
    /// Who is told, if anybody is.
    pub collector: Option<Collector>,
}

/// A collector of metrics and traces.
#[derive(Clone)]
pub struct Collector {
    /// Its address, without a slash at the end.
    pub endpoint: String,
    /// What signs us in there.
    pub credential: Option<Credential>,
    /// The header that says so.
    pub header: String,
    /// The pause between two requests.
    pub pause: Duration,
}

impl Default for Telemetry {
    fn default() -> Telemetry {
        Telemetry {
            statistics: true,
            collector: None,
        }
    }
}

/// Checks the table.
pub(super) fn telemetry(
    path: &Path,
    table: TelemetryTable,
    tenants: &[Tenant],
) -> Result<Telemetry, Error> {
    let wrong = |what: &str| Error::Usage(format!("{}: [telemetry] {what}", path.display()));
    let statistics = table.statistics.unwrap_or(true);
    let Some(endpoint) = table.otlp else {
        let lonely = table.otlp_credential.is_some() || table.otlp_header.is_some();
        if lonely || table.otlp_seconds.is_some() {
            return Err(wrong(
                "has no `otlp`, the address of the collector that the rest is for",
            ));
        }
        return Ok(Telemetry {
            statistics,
            collector: None,
        });
    };
    if let Some(fault) = fault_of(&endpoint) {
        return Err(wrong(&format!("otlp: {fault}")));
    }
    let header = table
        .otlp_header
        .unwrap_or_else(|| "authorization".to_owned());
    if HeaderName::from_bytes(header.as_bytes()).is_err() {
        return Err(wrong("otlp_header is not the name of a header"));
    }
    let pause = table.otlp_seconds.unwrap_or(PAUSE);
    if !(1.0..=PAUSE_MOST).contains(&pause) {
        return Err(wrong("otlp_seconds takes 1 to 3600"));
    }
    let named = table.otlp_credential.as_deref();
    let credential = named.map(|name| {
        found(name, tenants).ok_or_else(|| {
            wrong(&format!(
                "otlp_credential = {name:?} is not configured; name one as tenant/credential, and set it by `counterpart secret \
                 set`"
            ))
        })
    });
    let collector = Collector {
        endpoint: endpoint.trim_end_matches('/').to_owned(),
        credential: credential.transpose()?,
        header,
        pause: Duration::from_secs_f64(pause),
    };
    Ok(Telemetry {
        statistics,
        collector: Some(collector),
    })
}

fn found(name: &str, tenants: &[Tenant]) -> Option<Credential> {
    let (tenant, name) = name.split_once('/')?;
    let tenant = tenants.iter().find(|each| each.name.as_str() == tenant)?;
    tenant.credentials.get(name).cloned()
}

/// What is wrong with an address. It is not repeated: it may hold a secret in a wrong place.
fn fault_of(endpoint: &str) -> Option<&'static str> {
    let Ok(url) = reqwest::Url::parse(endpoint) else {
        return Some("it is no address; write one such as https://collector.example:4318");
    };
    if !url.username().is_empty() || url.password().is_some() {
        return Some("the address holds a user or a password; use otlp_credential");
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Some(
            "the address holds a query; write the root, such as https://collector.example:4318",
        );
    }
    let host = url.host_str().unwrap_or_default();
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let address: Result<std::net::IpAddr, _> = bare.parse();
    let is_near = address.map_or(host == "localhost", |address| address.is_loopback());
    match url.scheme() {
        "https" => None,
        "http" if is_near => None,
        "http" => Some("the address is plain HTTP; only a loopback address may be: use https"),
        _ => Some("the address does not begin with https:// or http://"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Telemetry, String> {
        let table: TelemetryTable = toml::from_str(text).map_err(|error| error.to_string())?;
        let checked = telemetry(Path::new("c.toml"), table, &[]);
        checked.map_err(|error| error.to_string())
    }

    #[test]
    fn nothing_is_told_to_anybody_by_default() {
        let telemetry = read("").expect("it is sound");
        assert!(telemetry.statistics && telemetry.collector.is_none());
    }

    #[test]
    fn an_address_is_https_or_near() {
        let check = |address: &str, is_sound: bool| {
            let read = read(&format!("otlp = {address:?}"));
            assert_eq!(read.is_ok(), is_sound, "{address}");
            if let Err(error) = read {
                assert!(!error.contains("secret"), "{error}");
            }
        };
        for sound in [
            "https://c.example:4318",
            "http://127.0.0.1:4318/",
            "http://localhost:4318",
            "http://[::1]:1",
        ] {
            check(sound, true);
        }
        for broken in [
            "http://c.example:4318",
            "ftp://127.0.0.1",
            "c.example",
            "https://me:secret@c.example",
            "https://c.example/?key=secret",
            "http://127.0.0.1.example",
        ] {
            check(broken, false);
        }
    }

    #[test]
    fn what_is_for_a_collector_needs_one_and_is_checked() {
        for broken in [
            "otlp_seconds = 5",
            "otlp = 'https://c'\notlp_seconds = 0.5",
            "otlp = 'https://c'\notlp_header = 'a b'",
            "otlp = 'https://c'\notlp_credential = 'acme/none'",
            "otlp = 'https://c'\nother = 1",
        ] {
            assert!(read(broken).is_err(), "{broken}");
        }
    }
}
