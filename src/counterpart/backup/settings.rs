//! `[backup]` of the configuration.
//!
//! ```toml
//! [backup]                       # with it a node makes backups by itself
//! directory = "backups"          # below it, one directory per tenant
//! at = "03:00"                   # UTC
//! jitter_minutes = 30
//! keep_days = 30
//! drill_days = 7
//!
//! [backup.bucket]                # copies to an S3-compatible store
//! endpoint = "https://s3.acme.example"
//! bucket = "counterpart"
//! prefix = "node-1"              # empty by default
//! region = "us-east-1"
//! credential = "backup-bucket"   # of each tenant: the user is the access key's id, the token its secret
//! ```

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::schedule::Schedule;
use crate::exit::Error;

/// `[backup]`, as written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct BackupTable {
    directory: Option<PathBuf>,
    at: Option<String>,
    jitter_minutes: Option<u32>,
    keep_days: Option<u32>,
    drill_days: Option<u32>,
    bucket: Option<BucketTable>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct BucketTable {
    endpoint: String,
    bucket: String,
    #[serde(default)]
    prefix: String,
    region: Option<String>,
    credential: String,
}

/// Where backups go, when, and for how long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Below it, one directory per tenant.
    pub directory: PathBuf,
    /// When a node makes them by itself; nothing for never.
    pub schedule: Option<Schedule>,
    /// Days for which they are kept.
    pub keep_days: u32,
    /// Where copies go.
    pub bucket: Option<BucketSettings>,
}

/// A bucket of an S3-compatible store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BucketSettings {
    /// The store's address.
    pub endpoint: String,
    /// The bucket.
    pub bucket: String,
    /// What all names begin with, without a slash at its end; may be empty.
    pub prefix: String,
    /// The region that requests are signed for.
    pub region: String,
    /// The credential's name, the same for each tenant.
    pub credential: String,
}

impl Settings {
    /// No backups by schedule and no bucket; ordered ones go into a folder of that one.
    #[must_use]
    pub fn none(folder: &Path) -> Settings {
        Settings {
            directory: folder.join("backups"),
            schedule: None,
            keep_days: 30,
            bucket: None,
        }
    }
}

impl BackupTable {
    /// What was written, checked, with paths meant from the configuration's folder.
    pub(crate) fn settings(
        table: Option<&BackupTable>,
        path: &Path,
        folder: &Path,
    ) -> Result<Settings, Error> {
        let none = BackupTable::default();
        let given = table.unwrap_or(&none);
        let wrong = |what: String| Error::Usage(format!("{}: [backup] {what}", path.display()));
        let within = |name: &str, value: Option<u32>, usual: u32, least: u32, most: u32| {
            let value = value.unwrap_or(usual);
            let fits = (least..=most).contains(&value);
            let told = || {
                wrong(format!(
                    "{name} = {value} is out of range; it takes {least} to {most}"
                ))
            };
            fits.then_some(value).ok_or_else(told)
        };
        let at = given.at.as_deref().unwrap_or("03:00");
        let at_minute = minute(at).ok_or_else(|| {
            wrong(format!(
                "at = {at:?} is no time of day; write it such as \"03:00\", in UTC"
            ))
        })?;
        let schedule = Schedule {
            at_minute,
            jitter_minutes: within("jitter_minutes", given.jitter_minutes, 30, 0, 720)?,
            drill_days: within("drill_days", given.drill_days, 7, 1, 90)?,
        };
        let directory = given.directory.as_deref();
        let bucket = given.bucket.as_ref();
        Ok(Settings {
            directory: folder.join(directory.unwrap_or(Path::new("backups"))),
            schedule: table.map(|_| schedule),
            keep_days: within("keep_days", given.keep_days, 30, 1, 3_650)?,
            bucket: bucket.map(|bucket| bucket.settings(path)).transpose()?,
        })
    }
}

/// The minute of a time of day.
fn minute(text: &str) -> Option<u32> {
    let (hour, minute) = text.split_once(':')?;
    let number = |text: &str, most: u32| {
        let two_digits = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
        let number: u32 = text.parse().ok()?;
        (two_digits && number <= most).then_some(number)
    };
    Some(number(hour, 23)? * 60 + number(minute, 59)?)
}

impl BucketTable {
    fn settings(&self, path: &Path) -> Result<BucketSettings, Error> {
        let wrong =
            |what: &str| Error::Usage(format!("{}: [backup.bucket] {what}", path.display()));
        if !is_safe(&self.endpoint) {
            return Err(wrong(
                "endpoint: write https:// and the store's address, without a path and without a user; plain http is taken for \
                 loopback addresses only",
            ));
        }
        let plain = |text: &str, more: &str| {
            text.chars()
                .all(|c| c.is_ascii_alphanumeric() || more.contains(c))
        };
        if !(3..=63).contains(&self.bucket.len()) || !plain(&self.bucket, "-.") {
            return Err(wrong(
                "bucket: a bucket's name has 3 to 63 letters, digits, '-' and '.'",
            ));
        }
        let prefix = self.prefix.trim_matches('/');
        if prefix.len() > 200
            || !plain(prefix, "-_./")
            || prefix.contains("//")
            || prefix.contains("..")
        {
            return Err(wrong(
                "prefix: it has at most 200 letters, digits, '-', '_', '.' and '/'",
            ));
        }
        let region = self.region.as_deref().unwrap_or("us-east-1");
        if region.is_empty() || region.len() > 64 || !plain(region, "-_.") {
            return Err(wrong("region: it has letters, digits, '-', '_' and '.'"));
        }
        Ok(BucketSettings {
            endpoint: self.endpoint.trim_end_matches('/').to_owned(),
            bucket: self.bucket.clone(),
            prefix: prefix.to_owned(),
            region: region.to_owned(),
            credential: self.credential.clone(),
        })
    }
}

/// Whether what goes to an address is safe on its way: with TLS, or within this machine.
fn is_safe(endpoint: &str) -> bool {
    let Ok(uri) = endpoint.parse::<reqwest::Url>() else {
        return false;
    };
    let bare = uri.path() == "/"
        && uri.query().is_none()
        && uri.username().is_empty()
        && uri.password().is_none();
    let host = uri.host_str().unwrap_or_default().trim_matches(['[', ']']);
    let loopback = host
        .parse()
        .is_ok_and(|ip: std::net::IpAddr| ip.is_loopback())
        || host == "localhost";
    bare && !host.is_empty() && (uri.scheme() == "https" || uri.scheme() == "http" && loopback)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(text: &str) -> Result<Settings, Error> {
        let table: BackupTable = toml::from_str(text).unwrap();
        BackupTable::settings(
            Some(&table),
            Path::new("counterpart.toml"),
            Path::new("/etc/counterpart"),
        )
    }

    fn refused(text: &str) -> String {
        settings(text)
            .err()
            .map_or_else(String::new, |error| error.to_string())
    }

    const BUCKET: &str =
        "[bucket]\nendpoint = 'https://s3.acme.example'\nbucket = 'acme'\ncredential = 'c'\n";

    #[test]
    fn what_is_not_said_is_as_usual() {
        let usual = settings("").unwrap();
        assert_eq!(usual.directory, Path::new("/etc/counterpart/backups"));
        let schedule = Schedule {
            at_minute: 180,
            jitter_minutes: 30,
            drill_days: 7,
        };
        assert_eq!(usual.schedule, Some(schedule));
        assert_eq!(usual.keep_days, 30);
        let none = BackupTable::settings(None, Path::new("c"), Path::new("/etc")).unwrap();
        assert_eq!(none.schedule, None);
    }

    #[test]
    fn a_setting_out_of_range_is_refused_with_its_range() {
        for (text, told) in [
            ("at = '24:00'", "time of day"),
            ("at = '3:00'", "time of day"),
            ("keep_days = 0", "1 to 3650"),
            ("drill_days = 91", "1 to 90"),
            ("jitter_minutes = 721", "0 to 720"),
        ] {
            assert!(refused(text).contains(told), "{text}: {}", refused(text));
        }
    }

    #[test]
    fn a_bucket_is_reached_with_tls_or_on_this_machine() {
        assert!(settings(BUCKET).unwrap().bucket.is_some());
        let with = |endpoint: &str| BUCKET.replace("https://s3.acme.example", endpoint);
        for good in [
            "http://127.0.0.1:9000",
            "http://[::1]:9000",
            "http://localhost:9000/",
        ] {
            assert_eq!(refused(&with(good)), "", "{good}");
        }
        for bad in [
            "http://s3.acme.example",
            "http://127.0.0.1.acme.example",
            "ftp://127.0.0.1",
            "s3.acme.example",
            "https://user:word@s3.acme.example",
            "https://s3.acme.example/path",
        ] {
            assert!(refused(&with(bad)).contains("loopback"), "{bad}");
            assert!(!refused(&with(bad)).contains("word"), "{bad}");
        }
        assert!(refused(&BUCKET.replace("'acme'", "'a'")).contains("3 to 63"));
    }
}
