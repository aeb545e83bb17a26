//! The words of Counterpart.
//!
//! Every other crate speaks of items, sides, revisions, values, markers and digests; this one says what those words mean
//! and nothing more. It holds plain data: what a remote showed us ([`Item`], [`Value`], [`Comment`]), how we name things
//! ([`ItemId`], [`ItemKey`], [`PairId`], [`ProfileName`]), what may be kept of content ([`Digest`]), how we find our own
//! creations again ([`Marker`]), what can be wrong from a customer's view ([`problem`]), and every bound of the product
//! ([`limit`]).
//!
//! Content ([`Value`], [`Item`], [`Comment`], [`User`]) passes through the program and is never kept. Those types have no
//! `Serialize`, so they cannot reach the store by accident, and their `Debug` prints kinds and sizes only, so they cannot
//! reach a log by accident either; what may be logged is a trait that they do not have ([`log`](mod@log)).
//!
//! Architecture invariant: this crate does no input or output, reads no clock, draws no random number, and depends on no
//! other crate of the project.
//!
//! Architecture invariant: identities, revisions, digests, markers and problems are the only types here that can be
//! serialised, because they are the only things the product keeps.
//!
//! Start reading at [`side`], then [`item`], then [`marker`].

pub mod comment;
pub mod digest;
pub mod http;
pub mod item;
pub mod key;
pub mod limit;
pub mod log;
pub mod marker;
pub mod metric;
pub mod name;
pub mod number;
pub mod pair_id;
pub mod problem;
pub mod revision;
pub mod side;
pub mod time;
pub mod value;

pub use comment::{Comment, CommentId, CommentMarker};
pub use digest::{Digest, DigestKey};
pub use item::{Item, ItemId};
pub use key::ItemKey;
pub use marker::{Installation, Marker};
pub use name::{NameError, ProfileName, RuleName, TenantName};
pub use number::Number;
pub use pair_id::PairId;
pub use problem::Problem;
pub use revision::Revision;
pub use side::{Both, Side};
pub use time::Millis;
pub use value::{User, Value};
