//! Resolver: what a reference becomes on the other side.

use crate::inline::{ImageRef, Mention};

/// Decides what a reference becomes on the side that is written. The caller owns the knowledge: who is who, which
/// attachment is which, which link leads to an item that has a twin.
pub trait Resolver {
    /// The same person on the target side. `None` writes plain text with the name and records a loss.
    fn mention(&self, mention: &Mention) -> Option<Mention>;

    /// The same image on the target side. `None` writes a visible placeholder and records a loss.
    fn image(&self, image: &ImageRef) -> Option<ImageRef>;

    /// The URL to write instead. `None` keeps the URL.
    fn link(&self, url: &str) -> Option<String>;
}

/// Keeps every reference as it is.
#[derive(Clone, Copy, Debug, Default)]
pub struct Verbatim;

impl Resolver for Verbatim {
    fn mention(&self, mention: &Mention) -> Option<Mention> {
        Some(mention.clone())
    }

    fn image(&self, image: &ImageRef) -> Option<ImageRef> {
        Some(image.clone())
    }

    fn link(&self, _url: &str) -> Option<String> {
        None
    }
}
