//! `[jira]` and `[azure]`: where the remotes are.

use std::net::{Ipv4Addr, Ipv6Addr};

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
    if url.starts_with("http://") && !is_loopback(host) {
        return Some(
            "the address is plain HTTP, over which the token could be read on the way; only a loopback address may be"
                .to_owned(),
        );
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

/// Whether requests to that host, with or without a port, stay on this machine.
fn is_loopback(host: &str) -> bool {
    let is_port = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit());
    if let Some(rest) = host.strip_prefix('[') {
        let Some((address, port)) = rest.split_once(']') else {
            return false;
        };
        let port = port.is_empty() || port.strip_prefix(':').is_some_and(is_port);
        return port && address.parse() == Ok(Ipv6Addr::LOCALHOST);
    }
    let (name, port) = host.split_once(':').unwrap_or((host, ""));
    let address: Result<Ipv4Addr, _> = name.parse();
    let is_near = address.map_or(name.eq_ignore_ascii_case("localhost"), |address| {
        address.is_loopback()
    });
    is_near && is_port(port)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_crosses_no_network_in_the_clear() {
        let check = |url: &str, is_taken: bool| {
            let fault = url_fault(Side::Jira, url);
            assert_eq!(fault.is_none(), is_taken, "{url}: {fault:?}");
        };
        for near in [
            "https://jira.acme.example",
            "http://localhost",
            "http://LOCALHOST:8080/jira",
            "http://127.0.0.1:8080",
            "http://127.9.9.9",
            "http://[::1]",
            "http://[::1]:8080/jira",
        ] {
            check(near, true);
        }
        for far in [
            "http://jira.acme.example",
            "http://acme.atlassian.net",
            "http://localhost.acme.example",
            "http://127.0.0.1.acme.example",
            "http://127.0.0.1:80:81",
            "http://127.0.0.1:80.acme.example",
            "http://128.0.0.1",
            "http://0.0.0.0",
            "http://[::1",
            "http://[::1].acme.example",
            "http://[::2]:80",
            "http://[::ffff:10.0.0.1]",
            "http://localhost\t.acme.example",
        ] {
            check(far, false);
        }
    }
}
