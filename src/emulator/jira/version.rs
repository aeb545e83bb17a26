//! The versions of the API that a path may name.

/// Version 2 or version 3. Both share all logic; they differ in long texts. Version 3 reads and
/// writes documents. Version 2 of this emulator is plain text only: it writes a string as one
/// paragraph for each line, and gives a document's text without any wiki markup.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Version {
    /// `/rest/api/2`
    Two,
    /// `/rest/api/3` and `/rest/api/latest`
    Three,
}

impl Version {
    pub(crate) fn parse(segment: &str) -> Option<Self> {
        match segment {
            "2" => Some(Self::Two),
            "3" | "latest" => Some(Self::Three),
            _ => None,
        }
    }

    /// The digit in the path.
    pub(crate) fn digit(self) -> u8 {
        match self {
            Self::Two => 2,
            Self::Three => 3,
        }
    }
}
