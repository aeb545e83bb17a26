//! Requests that a site wants to send: webhooks of Jira, service hooks of Azure DevOps.
//!
//! A site has no sockets, so it only says what is to be sent and when, and hears how it went. Which event reaches which
//! subscriber, how a body is signed, and what follows a failure (another attempt, probation, nothing) is the product's
//! own business; who carries the requests only sends them, and lets the webhook faults lose, double or reorder them.
//! They are carried to loopback addresses only: an emulator never reaches out of its machine.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use bytes::Bytes;
use url::Host;

/// One POST that is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Post {
    /// What the site calls this attempt; [`crate::Site::posted`] names it again.
    pub id: u64,
    /// Where it goes: `http://127.0.0.1:PORT/...` in every sensible test.
    pub url: String,
    /// Its headers, the content type among them.
    pub headers: Vec<(String, String)>,
    /// Its body.
    pub body: Bytes,
}

/// How a post went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Posted {
    /// An answer came, with this status.
    Answered(u16),
    /// No answer came: nobody listens, the connection broke, or it took too long.
    Unanswered,
}

/// Where a post goes, once it is known to stay on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The addresses to try, in order.
    pub addresses: Vec<SocketAddr>,
    /// The value of the `Host` header.
    pub authority: String,
    /// The path with its query.
    pub path: String,
}

/// Why a post is not carried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotCarried {
    /// Not an address at all.
    #[error("it does not go to a URL")]
    NoUrl,
    /// Another scheme.
    #[error("only http:// is carried")]
    Scheme,
    /// Another machine.
    #[error("only loopback addresses are reached: 127.0.0.0/8, ::1, localhost")]
    Elsewhere,
}

impl Target {
    /// Where a URL leads.
    ///
    /// # Errors
    /// When that is not HTTP on a loopback address. A name is never looked up: `localhost` and the
    /// names below it are loopback by definition (RFC 6761), and every other name is elsewhere.
    pub fn of(url: &str) -> Result<Self, NotCarried> {
        let url = url::Url::parse(url).map_err(|_| NotCarried::NoUrl)?;
        if url.scheme() != "http" {
            return Err(NotCarried::Scheme);
        }
        let host = url.host().ok_or(NotCarried::NoUrl)?;
        let port = url.port_or_known_default().unwrap_or(80);
        let addresses = loopback(&host).ok_or(NotCarried::Elsewhere)?;
        let path = match url.query() {
            Some(query) => format!("{}?{query}", url.path()),
            None => url.path().to_owned(),
        };
        Ok(Self {
            addresses: addresses
                .into_iter()
                .map(|address| SocketAddr::new(address, port))
                .collect(),
            authority: format!("{host}:{port}"),
            path,
        })
    }
}

fn loopback(host: &Host<&str>) -> Option<Vec<IpAddr>> {
    match host {
        Host::Domain(name) => {
            let name = name.trim_end_matches('.').to_ascii_lowercase();
            let local = name == "localhost" || name.ends_with(".localhost");
            local.then(|| vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()])
        }
        Host::Ipv4(address) => address.is_loopback().then(|| vec![(*address).into()]),
        Host::Ipv6(address) => match address.to_ipv4_mapped() {
            Some(mapped) => mapped.is_loopback().then(|| vec![mapped.into()]),
            None => address.is_loopback().then(|| vec![(*address).into()]),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn posts_stay_on_the_machine() {
        let check = |url: &str, expected: Result<&str, NotCarried>| {
            let first = Target::of(url).map(|it| it.addresses[0].to_string());
            assert_eq!(first.as_deref(), expected.as_deref(), "{url}");
        };
        check("http://127.0.0.1:81/hook", Ok("127.0.0.1:81"));
        check("http://127.9.9.9/hook", Ok("127.9.9.9:80"));
        check("http://[::1]:81/hook", Ok("[::1]:81"));
        check("http://[::ffff:127.0.0.1]:81/", Ok("127.0.0.1:81"));
        check("http://localhost:81/", Ok("127.0.0.1:81"));
        check("http://hooks.LOCALHOST.:81/", Ok("127.0.0.1:81"));
        check("http://0x7f.1:81/", Ok("127.0.0.1:81"));
        check("https://localhost/", Err(NotCarried::Scheme));
        check("http://10.0.0.1/", Err(NotCarried::Elsewhere));
        check("http://0.0.0.0/", Err(NotCarried::Elsewhere));
        check("http://[::ffff:10.0.0.1]/", Err(NotCarried::Elsewhere));
        check("http://localhost.example/", Err(NotCarried::Elsewhere));
        check("http://127.0.0.1.nip.io/", Err(NotCarried::Elsewhere));
        check("localhost:81", Err(NotCarried::Scheme));
        check("/hook", Err(NotCarried::NoUrl));
    }

    #[test]
    fn the_path_keeps_its_query() {
        let target = Target::of("http://localhost:8080/a%20b?x=1&y=2#z").expect("loopback");
        assert_eq!(
            (target.authority.as_str(), target.path.as_str()),
            ("localhost:8080", "/a%20b?x=1&y=2")
        );
    }
}
