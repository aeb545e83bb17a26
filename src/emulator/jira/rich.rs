//! A document as the store keeps it.
//!
//! A tree of JSON values is many times as large as its text, and most documents of a large site are
//! never read. So a written document is kept as its text, and one of the sample data as what
//! it is told from.

use std::sync::Arc;

use serde_json::Value;

use crate::jira::sample;
use crate::sample::Story;

/// A rich text.
#[derive(Debug, Clone)]
pub(crate) enum Rich {
    /// Somebody wrote it: its JSON text.
    Written(Arc<str>),
    /// It belongs to the sample data.
    Told(Arc<Story>),
}

impl Rich {
    /// Keeps a document.
    pub(crate) fn new(document: &Value) -> Self {
        Self::Written(Arc::from(document.to_string()))
    }

    /// The document.
    pub(crate) fn document(&self) -> Value {
        match self {
            Self::Written(text) => serde_json::from_str(text).unwrap_or_default(),
            Self::Told(story) => sample::document(&story.blocks()),
        }
    }
}

/// Documents are the same when they say the same, however they are kept.
impl PartialEq for Rich {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Written(one), Self::Written(other)) if one == other => true,
            (Self::Told(one), Self::Told(other)) if one == other => true,
            (Self::Written(_) | Self::Told(_), Self::Written(_) | Self::Told(_)) => {
                self.document() == other.document()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_document_written_again_is_the_same() {
        for item in crate::sample::items(50, 3) {
            let told = Rich::Told(Arc::new(item.story));
            let written = Rich::new(&told.document());
            assert_eq!(told, written);
            assert_eq!(written.document(), told.document());
        }
    }
}
