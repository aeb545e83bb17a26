//! Who may ask.
//!
//! Secrets are kept and compared as HMACs under a key of this run, by ring's constant-time verification, so neither the
//! time of a comparison nor a dump of this structure helps anybody to guess one.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use http::HeaderMap;
use http::header::{AUTHORIZATION, COOKIE};
use ring::hmac;
use ring::rand::SystemRandom;
use zeroize::Zeroizing;

use crate::limit;
use crate::token::{self, Token, TokenError};

/// The doorkeeper of one endpoint.
pub(crate) struct Access {
    key: hmac::Key,
    bearer: hmac::Tag,
    cookie: String,
    tickets: Mutex<Passes>,
    sessions: Mutex<Passes>,
}

/// Secrets that were given out, each with its end.
struct Passes {
    most: usize,
    life: Duration,
    given: Vec<(hmac::Tag, Instant)>,
}

impl Passes {
    fn new(most: usize, life_ms: u64) -> Passes {
        Passes {
            most,
            life: Duration::from_millis(life_ms),
            given: Vec::new(),
        }
    }

    fn give(&mut self, tag: hmac::Tag, now: Instant) {
        if self.given.len() >= self.most {
            self.given.remove(0);
        }
        self.given.push((tag, now + self.life));
    }

    /// Where the pass is that this secret opens. What is over goes first.
    fn find(&mut self, key: &hmac::Key, secret: &str, now: Instant) -> Option<usize> {
        self.given.retain(|(_, end)| *end > now);
        self.given
            .iter()
            .position(|(tag, _)| hmac::verify(key, secret.as_bytes(), tag.as_ref()).is_ok())
    }
}

impl Access {
    /// A doorkeeper that lets in who shows this token, and once who shows its ticket. `port` keeps the cookies of two
    /// nodes on one machine apart, since cookies know no ports.
    pub(crate) fn new(token: &Token, port: u16, now: Instant) -> Result<Access, TokenError> {
        let key = hmac::Key::generate(hmac::HMAC_SHA256, &SystemRandom::new())
            .map_err(|_unspecified| TokenError::Random)?;
        let mut tickets = Passes::new(limit::TICKETS, limit::TICKET_MS);
        tickets.give(hmac::sign(&key, token.ticket().as_bytes()), now);
        Ok(Access {
            bearer: hmac::sign(&key, token.expose().as_bytes()),
            cookie: format!("counterpart_{port}"),
            tickets: Mutex::new(tickets),
            sessions: Mutex::new(Passes::new(limit::SESSIONS, limit::SESSION_MS)),
            key,
        })
    }

    /// Whether the request carries the bearer token.
    pub(crate) fn has_token(&self, headers: &HeaderMap) -> bool {
        let shown = headers
            .get(AUTHORIZATION)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
            .map(|(_, secret)| secret.trim());
        shown.is_some_and(|secret| {
            hmac::verify(&self.key, secret.as_bytes(), self.bearer.as_ref()).is_ok()
        })
    }

    /// Whether the request carries the cookie of a session that is not over.
    pub(crate) fn has_session(&self, headers: &HeaderMap, now: Instant) -> bool {
        let mut sessions = lock(&self.sessions);
        headers
            .get_all(COOKIE)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(';'))
            .filter_map(|cookie| cookie.trim().split_once('='))
            .filter(|(name, _)| *name == self.cookie)
            .any(|(_, secret)| sessions.find(&self.key, secret, now).is_some())
    }

    /// Takes a ticket, which is then used up, and gives the `Set-Cookie` of a new session for it.
    pub(crate) fn exchange(&self, ticket: &str, now: Instant) -> Option<String> {
        let mut tickets = lock(&self.tickets);
        let place = tickets.find(&self.key, ticket, now)?;
        let session = token::random().ok()?;
        tickets.given.remove(place);
        let tag = hmac::sign(&self.key, session.as_bytes());
        lock(&self.sessions).give(tag, now);
        let seconds = limit::SESSION_MS / 1_000;
        let (name, value) = (&self.cookie, session.as_str());
        Some(format!(
            "{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict"
        ))
    }

    /// A new ticket to the console.
    pub(crate) fn ticket(&self, now: Instant) -> Result<Zeroizing<String>, TokenError> {
        let ticket = token::random()?;
        let tag = hmac::sign(&self.key, ticket.as_bytes());
        lock(&self.tickets).give(tag, now);
        Ok(ticket)
    }
}

/// The lists stay whole whatever happened to who held the lock: each change is one push or one removal.
fn lock(passes: &Mutex<Passes>) -> std::sync::MutexGuard<'_, Passes> {
    passes.lock().unwrap_or_else(PoisonError::into_inner)
}
