//! Whether a request was meant for this machine by whoever sent it.
//!
//! A page of a stranger can let a browser on this machine send requests here. Two headers, which the page cannot forge,
//! give it away: `Host` holds the stranger's name when his name was made to resolve to us, and `Origin` holds his address
//! otherwise.

use std::net::IpAddr;

use http::HeaderMap;
use http::header::{HOST, ORIGIN};

/// What is wrong with where a request says it goes to or comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Strange {
    /// `Host` is missing, there twice, or no loopback name.
    Host,
    /// `Origin` is another site.
    Origin,
}

/// Checks both headers.
pub(crate) fn check(headers: &HeaderMap) -> Result<(), Strange> {
    let mut hosts = headers.get_all(HOST).iter();
    let (Some(host), None) = (hosts.next(), hosts.next()) else {
        return Err(Strange::Host);
    };
    let host = host.to_str().map_err(|_not_ascii| Strange::Host)?;
    if !is_loopback(host) {
        return Err(Strange::Host);
    }
    let ours = format!("http://{host}");
    let is_ours = |origin: &http::HeaderValue| origin.as_bytes() == ours.as_bytes();
    if headers.get_all(ORIGIN).iter().all(is_ours) {
        Ok(())
    } else {
        Err(Strange::Origin)
    }
}

/// Whether this is `localhost` or a loopback address, with or without a port.
fn is_loopback(host: &str) -> bool {
    let Ok(authority) = host.parse::<http::uri::Authority>() else {
        return false;
    };
    if host.contains('@') {
        return false;
    }
    let name = authority.host();
    let address = name.trim_start_matches('[').trim_end_matches(']');
    name.eq_ignore_ascii_case("localhost")
        || address
            .parse::<IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_names_are_hosts() {
        for (host, expected) in [
            ("127.0.0.1", true),
            ("127.0.0.1:8080", true),
            ("127.8.9.1:80", true),
            ("localhost:1", true),
            ("LocalHost", true),
            ("[::1]:8080", true),
            ("[::1]", true),
            ("evil.example", false),
            ("evil.example:8080", false),
            ("127.0.0.1.evil.example", false),
            ("localhost.evil.example", false),
            ("10.0.0.1", false),
            ("0.0.0.0:8080", false),
            ("user@127.0.0.1", false),
            ("", false),
        ] {
            assert_eq!(is_loopback(host), expected, "{host:?}");
        }
    }

    #[test]
    fn a_foreign_origin_is_strange() {
        let check = |origin: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(HOST, "127.0.0.1:8080".parse().expect("a host"));
            headers.insert(ORIGIN, origin.parse().expect("an origin"));
            check(&headers)
        };
        assert_eq!(check("http://127.0.0.1:8080"), Ok(()));
        assert_eq!(check("http://127.0.0.1:9"), Err(Strange::Origin));
        assert_eq!(check("https://evil.example"), Err(Strange::Origin));
        assert_eq!(check("null"), Err(Strange::Origin));
    }
}
