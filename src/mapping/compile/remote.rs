//! `[jira]` and `[azure]`: where the remotes are.

use model::{RuleName, Side};

use super::reader::{Section, Word};
use super::words;
use crate::profile::Remote;

/// Reads `[jira]`.
pub(super) fn jira(root: &Section<'_>) -> Option<Remote> {
    remote(root, Side::Jira, "[jira]", "https://acme.atlassian.net")
}

/// Reads `[azure]`.
pub(super) fn azure(root: &Section<'_>) -> Option<Remote> {
    remote(root, Side::Azure, "[azure]", "https://dev.azure.com/acme")
}

fn remote<'a>(root: &Section<'a>, side: Side, name: &'a str, example: &str) -> Option<Remote> {
    let key = side.as_str();
    if !root.has(key) {
        root.missing(key, &format!("{name} with `url` and `credential`"));
    }
    let section = root.table(key, name, Some(&words::REMOTE))?;
    let url = section.required("url", example);
    let credential = section.required("credential", &format!("{key}-sync"));
    let url = url.and_then(|word| checked_url(&section, side, &word, example));
    let credential = credential.and_then(|word| checked_credential(&section, &word));
    Some(Remote {
        url: url?,
        credential: credential?,
        line: section.line,
    })
}

fn checked_url(section: &Section<'_>, side: Side, word: &Word, example: &str) -> Option<String> {
    let url = word.text.trim_end_matches('/');
    let fault = url_fault(side, url);
    if let Some(what) = fault {
        let cure = format!("write the root address, such as {example}");
        section.source.fault(word.line, what, cure);
        return None;
    }
    Some(url.to_owned())
}

/// What is wrong with an address. The address itself is not repeated where it may hold a password.
fn url_fault(side: Side, url: &str) -> Option<String> {
    let rest = url
        .strip_prefix("https://")
        .or_else(|| url.strip_prefix("http://"));
    let Some(rest) = rest else {
        return Some("the address does not begin with https:// or http://".to_owned());
    };
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    if host.contains('@') {
        return Some("the address holds a user or a password".to_owned());
    }
    if host.is_empty() || url.contains([' ', '?', '#', '\\', '"', '<', '>']) {
        return Some(format!("\"{url}\" is no root address"));
    }
    let segments = path
        .split('/')
        .filter(|segment| !segment.is_empty())
        .count();
    match side {
        Side::Jira if host.ends_with(".atlassian.net") && segments > 0 => {
            Some(format!("\"{url}\" leads below the root of the Jira site"))
        }
        Side::Azure if host == "dev.azure.com" && segments == 0 => {
            Some(format!("\"{url}\" does not name the organisation"))
        }
        Side::Azure if host == "dev.azure.com" && segments > 1 => {
            Some(format!("\"{url}\" leads below the organisation"))
        }
        Side::Jira | Side::Azure => None,
    }
}

/// A credential is named, never written. A text that cannot be a name is not repeated in the message: it may be the secret.
fn checked_credential(section: &Section<'_>, word: &Word) -> Option<String> {
    match RuleName::new(&word.text) {
        Ok(name) => Some(name.as_str().to_owned()),
        Err(error) => {
            section.source.fault(
                word.line,
                "`credential` is no name of a credential",
                format!("write its name, never the secret itself: {error}"),
            );
            None
        }
    }
}
