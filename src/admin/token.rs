//! The bearer token of the API, and the first console link.

use ring::rand::{SecureRandom, SystemRandom};
use zeroize::Zeroizing;

use crate::limit;

/// The secret that a program shows to use the API.
///
/// It comes with a ticket: the secret of a link to the console that works once, so that the link printed at the start
/// and kept by terminals and browsers' histories is worth nothing afterwards. Neither can be printed by accident.
#[derive(Clone)]
pub struct Token {
    secret: Zeroizing<String>,
    ticket: Zeroizing<String>,
}

/// Why a token was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// It is too short or too long.
    #[error(
        "the admin token has {0} characters; it needs {least} to {most}: make one with `openssl rand -hex 32`",
        least = limit::TOKEN_CHARS_MIN,
        most = limit::TOKEN_CHARS_MAX
    )]
    Length(usize),
    /// It holds something else than visible ASCII, which a header cannot carry.
    #[error(
        "the admin token may hold only visible ASCII characters and no spaces; see whether a line break got into it"
    )]
    Character,
    /// The system gives no random bytes.
    #[error(
        "the system gives no random bytes for the admin token; see whether /dev/urandom is readable"
    )]
    Random,
}

impl Token {
    /// Takes a token that an administrator chose.
    ///
    /// # Errors
    /// When it is too short to be a secret, or cannot stand in a header.
    pub fn new(text: &str) -> Result<Token, TokenError> {
        let count = text.chars().count();
        if !(limit::TOKEN_CHARS_MIN..=limit::TOKEN_CHARS_MAX).contains(&count) {
            return Err(TokenError::Length(count));
        }
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(TokenError::Character);
        }
        Ok(Token {
            secret: Zeroizing::new(text.to_owned()),
            ticket: random()?,
        })
    }

    /// Makes a token of 256 random bits.
    ///
    /// # Errors
    /// When the system gives no random bytes.
    pub fn random() -> Result<Token, TokenError> {
        Ok(Token {
            secret: random()?,
            ticket: random()?,
        })
    }

    /// The token itself, to give it to those who may use it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.secret
    }

    /// What opens the console once, as `/?token=...`, within [`limit::TICKET_MS`] of the start.
    #[must_use]
    pub fn ticket(&self) -> &str {
        &self.ticket
    }
}

/// 256 random bits in hex.
pub(crate) fn random() -> Result<Zeroizing<String>, TokenError> {
    let mut bytes = Zeroizing::new([0_u8; 32]);
    SystemRandom::new()
        .fill(bytes.as_mut())
        .map_err(|_unspecified| TokenError::Random)?;
    Ok(Zeroizing::new(hex::encode(bytes.as_ref())))
}
