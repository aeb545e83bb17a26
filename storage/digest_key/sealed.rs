//! The key in the tenant's vault.

use std::path::Path;

use zeroize::Zeroizing;

use super::{DigestKey, KEY, KeyError, Sealing};
use crate::disk::Disk;
use crate::vault::{self, Secret, SecretKind, Vault};

/// What the vault calls it.
pub const NAME: &str = "digest-key";

/// The vault's key, or `None` when there is no vault or none in it. Without a master key it is an error, not `None`.
pub(super) fn load(
    disk: &dyn Disk,
    dir: &Path,
    sealing: Option<&Sealing>,
) -> Result<Option<DigestKey>, KeyError> {
    let Some(outline) = vault::outline(disk, dir)?.filter(|outline| outline.holds_digest_key)
    else {
        return Ok(None);
    };
    let path = vault::path(dir);
    let shut = |why: String| KeyError::Sealed {
        path: path.clone(),
        why,
    };
    let sealing = sealing.ok_or_else(|| shut("no master key was given".to_owned()))?;
    let master = sealing.masters.one_of(&outline.masters);
    let master = master.map_err(|error| shut(error.0))?;
    let vault = Vault::open(disk, dir, sealing.tenant.as_str(), &master)?;
    let secret = match vault {
        Some(vault) => vault.get(SecretKind::Digest, NAME)?,
        None => None,
    };
    // It was there a moment ago, and nobody takes it out.
    let key = secret.as_ref().and_then(parse);
    key.map(Some)
        .ok_or_else(|| vault::VaultError::Damaged(path).into())
}

fn parse(secret: &Secret) -> Option<DigestKey> {
    let mut bytes = Zeroizing::new([0; KEY]);
    if secret.expose().len() != KEY {
        return None;
    }
    bytes.copy_from_slice(secret.expose());
    Some(DigestKey::new(bytes))
}

/// Seals a key, durably. Says whether it is sealed then: it is not where no master key is configured.
pub(super) fn put(
    disk: &dyn Disk,
    dir: &Path,
    sealing: &Sealing,
    key: &DigestKey,
) -> Result<bool, KeyError> {
    let path = vault::path(dir);
    let failed = |why: super::NoMasterKey| KeyError::Unsealed { path, why: why.0 };
    let outline = vault::outline(disk, dir)?;
    if outline
        .as_ref()
        .is_some_and(|outline| outline.holds_digest_key)
    {
        return Ok(true);
    }
    let present = match sealing.masters.present() {
        Ok(present) => present,
        Err(error) => return Err(failed(error)),
    };
    let Some((first, others)) = present.split_first() else {
        return Ok(false);
    };
    let known;
    // A vault that is there may be sealed under the next master key alone; a new one takes part in the change of it.
    let (master, others) = match outline {
        Some(outline) => {
            known = sealing.masters.one_of(&outline.masters).map_err(failed)?;
            (&known, [].as_slice())
        }
        None => (first, others),
    };
    let secret = Secret::new(key.expose().to_vec());
    let mut changing = Vault::change(disk, dir, sealing.tenant.as_str(), master)?;
    changing.set(SecretKind::Digest, NAME, &secret, sealing.now, None)?;
    for other in others {
        changing.admit(other)?;
    }
    Ok(true)
}
