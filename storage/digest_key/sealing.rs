//! What the opener of a store knows that the store does not: the tenant's name, and the master keys.

use std::fmt;
use std::sync::Arc;

use model::{Millis, TenantName};

use crate::vault::{MasterKey, MasterKeyId};

/// Why a master key is not to be had, in words for people. They never hold what was read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NoMasterKey(pub String);

/// Who knows the master keys. They may come from a key management service, so nobody is asked without need.
pub trait Masters: Send + Sync + fmt::Debug {
    /// One of these, which open a vault that is there.
    ///
    /// # Errors
    /// When none of them is to be had.
    fn one_of(&self, wanted: &[MasterKeyId]) -> Result<MasterKey, NoMasterKey>;

    /// Those under which a new vault is sealed: the present one, and the next while the master key is being changed. None
    /// where no master key is configured.
    ///
    /// # Errors
    /// When one is configured that is not to be had.
    fn present(&self) -> Result<Vec<MasterKey>, NoMasterKey>;
}

/// Whose vault a digest key is sealed in, and what is needed for that.
#[derive(Clone, Debug)]
pub struct Sealing {
    /// The tenant, to whom the vault is bound.
    pub tenant: TenantName,
    /// Who knows the master keys.
    pub masters: Arc<dyn Masters>,
    /// When the store is opened: the vault tells when each secret was set.
    pub now: Millis,
}
