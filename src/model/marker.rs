//! How we find again what we created.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{ItemId, PairId, ProfileName, Side};

/// A data directory's identity, drawn once when it is first opened.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Installation(pub [u8; 16]);

impl fmt::Display for Installation {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for Installation {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

/// What a create carries so that it can be found again. It is derived from the source item only, never from a position
/// in a journal, so the same source gives the same marker after a crash, a restore or a new installation (durability.md
/// 3.2, rule 6).
///
/// Two markers mean the same pair when profile and source agree; the installation tells who made it, and is not compared.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Marker {
    /// The installation that made the create.
    pub installation: Installation,
    /// The profile under which it was made.
    pub profile: ProfileName,
    /// The item it is the counterpart of.
    pub source: PairId,
}

const PREFIX: &str = "counterpart:1";

impl Marker {
    /// Whether the marker names that pair of that profile.
    #[must_use]
    pub fn names(&self, profile: &ProfileName, pair: PairId) -> bool {
        self.profile == *profile && self.source == pair
    }

    /// Reads the text form.
    #[must_use]
    pub fn parse(text: &str) -> Option<Marker> {
        let mut parts = text.strip_prefix(PREFIX)?.strip_prefix(':')?.split(':');
        let installation = hex::decode(parts.next()?).ok()?.try_into().ok()?;
        let profile = ProfileName::new(parts.next()?).ok()?;
        let origin = Side::parse(parts.next()?)?;
        let item = ItemId(parts.next()?.parse().ok()?);
        let source = PairId { origin, item };
        parts.next().is_none().then_some(Marker {
            installation: Installation(installation),
            profile,
            source,
        })
    }
}

/// The text form: `counterpart:1:<installation>:<profile>:<side>:<id>`.
impl fmt::Display for Marker {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let PairId { origin, item } = self.source;
        write!(
            out,
            "{PREFIX}:{}:{}:{origin}:{item}",
            self.installation, self.profile
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_form_reads_back() -> Result<(), crate::NameError> {
        let marker = Marker {
            installation: Installation([7; 16]),
            profile: ProfileName::new("web-to-platform")?,
            source: PairId {
                origin: Side::Azure,
                item: ItemId(4711),
            },
        };
        let text = marker.to_string();
        assert_eq!(
            text,
            "counterpart:1:07070707070707070707070707070707:web-to-platform:azure:4711"
        );
        assert_eq!(Marker::parse(&text), Some(marker));
        Ok(())
    }

    #[test]
    fn anything_else_is_no_marker() {
        for text in [
            "",
            "counterpart:1",
            "counterpart:2:07070707070707070707070707070707:p:azure:1",
            "counterpart:1:0707:p:azure:1",
            "counterpart:1:07070707070707070707070707070707:p:github:1",
            "counterpart:1:07070707070707070707070707070707:p:azure:one",
            "counterpart:1:07070707070707070707070707070707:p:azure:1:x",
        ] {
            assert_eq!(Marker::parse(text), None, "{text}");
        }
    }
}
