//! A credential of a remote: where its token comes from, and how it lies in a vault.

use std::path::PathBuf;
use std::sync::Arc;

use actors::Expiry;
use model::{Millis, TenantName, limit};
use storage::disk::OsDisk;
use storage::vault::{Secret, SecretKind, Vault};
use zeroize::Zeroizing;

use crate::exit::Error;
use crate::master_key::{KeyRing, told};

/// Milliseconds of a day.
pub(crate) const DAY_MS: i64 = 86_400_000;
/// Days before its end from which on an expiry is warned of.
const WARNED_DAYS: i64 = limit::EXPIRY_TOLD_MS / DAY_MS;

/// A credential as it is sealed: the name of the account is personal data, so it is sealed with the token.
pub struct Sealed {
    /// The account's name; empty for Azure DevOps.
    pub user: String,
    /// The token.
    pub token: Zeroizing<String>,
}

impl Sealed {
    /// The bytes that are sealed: the user's name and the token, with a zero byte between, which neither can hold.
    #[must_use]
    pub fn encode(&self) -> Secret {
        let mut bytes = Vec::with_capacity(self.user.len() + 1 + self.token.len());
        bytes.extend_from_slice(self.user.as_bytes());
        bytes.push(0);
        bytes.extend_from_slice(self.token.as_bytes());
        Secret::new(bytes)
    }

    /// Reads them back.
    #[must_use]
    pub fn decode(secret: &Secret) -> Option<Sealed> {
        let bytes = secret.expose();
        let split = bytes.iter().position(|byte| *byte == 0)?;
        let text = |bytes: &[u8]| std::str::from_utf8(bytes).ok().map(str::to_owned);
        Some(Sealed {
            user: text(bytes.get(..split)?)?,
            token: Zeroizing::new(text(bytes.get(split + 1..)?)?),
        })
    }
}

/// A credential in a tenant's vault. It is opened each time that a token is wanted, so that a token that was set anew is
/// taken up without a restart.
#[derive(Clone)]
pub struct Kept {
    /// The tenant's directory.
    pub directory: PathBuf,
    /// The tenant.
    pub tenant: TenantName,
    /// The credential's name.
    pub name: String,
    /// What opens the vault.
    pub ring: Arc<KeyRing>,
}

impl Kept {
    /// The credential as it is now.
    ///
    /// # Errors
    /// When the vault does not open or the credential is not in it any more.
    pub fn read(&self) -> Result<Sealed, Error> {
        let tenant = self.tenant.as_str();
        let vault = self.ring.open(&self.directory, tenant)?;
        let found = vault.map(|vault| vault.get(SecretKind::Credential, &self.name));
        let secret = found.transpose().map_err(told)?.flatten();
        secret.as_ref().and_then(Sealed::decode).ok_or_else(|| {
            Error::Usage(format!(
                "tenant {tenant} has no secret {:?} any more; set it by `counterpart secret set {} --tenant {tenant}`",
                self.name, self.name
            ))
        })
    }
}

impl Kept {
    /// When it ends, as it was said when it was set. No key is needed for that.
    #[must_use]
    pub fn expiry(&self) -> Expiry {
        let listed = Vault::peek(&OsDisk, &self.directory, self.tenant.as_str());
        let Ok(listed) = listed else {
            return Expiry::Unknown;
        };
        let mut listed = listed.unwrap_or_default().into_iter();
        let found =
            listed.find(|each| each.kind == SecretKind::Credential && each.name == self.name);
        match found.and_then(|found| found.expires) {
            Some(at) => Expiry::At(self.name.clone(), at),
            None => Expiry::Never,
        }
    }
}

/// Whether an expiry is near enough to warn of it, or past.
#[must_use]
pub fn is_near(expires: Option<Millis>, now: Millis) -> bool {
    expires.is_some_and(|at| at.since(now) < limit::EXPIRY_TOLD_MS)
}

/// What is told of an expiry: nothing while it is far.
#[must_use]
pub fn until_expiry(expires: Option<Millis>, now: Millis) -> String {
    let Some(at) = expires else {
        return String::new();
    };
    let left = at.since(now);
    if left <= 0 {
        return ", EXPIRED: make a new token at the remote and set it".to_owned();
    }
    let days = left / DAY_MS;
    match days {
        0..WARNED_DAYS => format!(", expires within {} days: make a new token soon", days + 1),
        _ => format!(", expires in {days} days"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_credential_survives_its_sealed_form() {
        for (user, token) in [("", "t"), ("sync@acme.example", "ATATT3x:y=z"), ("ü", "ß")] {
            let sealed = Sealed {
                user: user.to_owned(),
                token: Zeroizing::new(token.to_owned()),
            };
            let back = Sealed::decode(&sealed.encode()).unwrap();
            assert_eq!((back.user.as_str(), back.token.as_str()), (user, token));
        }
        assert!(Sealed::decode(&Secret::new(b"no separator".to_vec())).is_none());
        assert!(Sealed::decode(&Secret::new(vec![0xff, 0, b't'])).is_none());
    }

    #[test]
    fn an_expiry_is_told_by_its_distance() {
        let told = |days: i64| until_expiry(Some(Millis(days * DAY_MS)), Millis(0));
        assert_eq!(until_expiry(None, Millis(0)), "");
        assert!(told(-1).contains("EXPIRED") && told(0).contains("EXPIRED"));
        assert!(told(3).contains("within 4 days"));
        assert_eq!(told(60), ", expires in 60 days");
    }
}
