//! Resolver: what a reference becomes on the other side.

use crate::inline::{ImageRef, Mention};

/// Decides what a reference becomes on the side that is written. The caller owns the knowledge: who is who, which
/// attachment is which, which link leads to an item that has a twin.
pub trait Resolver {
    /// The same person on the target side. `None` writes plain text with the name and records a loss.
    fn mention(&self, mention: &Mention) -> Option<Mention>;

    /// The same image on the target side. `None` writes a visible placeholder and records a loss.
    fn image(&self, image: &ImageRef) -> Option<ImageRef>;

    /// Where whoever may see it finds an image that the target side has not. `None` leaves the placeholder without a link.
    fn original(&self, image: &ImageRef) -> Option<String> {
        let _ = image;
        None
    }

    /// The URL to write instead. `None` keeps the URL.
    fn link(&self, url: &str) -> Option<String>;

    /// The text to show for a link of that text to that URL, which may name its target. `None` keeps the text. Asked only
    /// where the URL is another one on the target side.
    fn shown(&self, url: &str, text: &str) -> Option<String> {
        let _ = (url, text);
        None
    }

    /// The image of the target side that a link of that text to that URL stands in for. `None` keeps the link.
    fn picture(&self, url: &str, text: &str) -> Option<ImageRef> {
        let _ = (url, text);
        None
    }
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
