//! Uploaded files (azure.md 8.1): kept in memory, within bounds, apart from the items that are linked to them. A file is
//! whole when it is uploaded at once, or when the last of its chunks has come.

use std::collections::BTreeMap;

use bytes::{Bytes, BytesMut};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC};
use serde_json::{Value as Json, json};

use super::error::Refusal;
use super::limit;

/// What is percent-encoded in a file's name.
pub(crate) const IN_A_NAME: &AsciiSet = &NON_ALPHANUMERIC.remove(b'.').remove(b'-').remove(b'_');

/// What there is of a file's content.
#[derive(Debug)]
enum Content {
    /// All of it.
    Whole(Bytes),
    /// The beginning of it; the whole size is known since the first chunk.
    Partial {
        /// What has come.
        had: BytesMut,
        /// The whole size in bytes, once a chunk has told it.
        total: Option<usize>,
    },
}

/// One uploaded file.
#[derive(Debug)]
pub(crate) struct File {
    /// The name that the upload gave it; empty when it gave none.
    pub(crate) name: String,
    /// When it was uploaded, in milliseconds since 1970.
    pub(crate) created_ms: i64,
    uploader: usize,
    /// Whether others than the uploader may read it: it was uploaded for an area, or was linked to an item once.
    open: bool,
    content: Content,
}

impl File {
    /// The content, when all of it is there.
    pub(crate) fn whole(&self) -> Option<&Bytes> {
        match &self.content {
            Content::Whole(bytes) => Some(bytes),
            Content::Partial { .. } => None,
        }
    }

    /// Whether the caller may read the file.
    pub(crate) fn is_readable(&self, caller: usize) -> bool {
        self.open || self.uploader == caller
    }
}

/// A part of a file: `Content-Range: bytes first-last/total`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Range {
    first: usize,
    last: usize,
    total: usize,
}

impl Range {
    /// Reads the header's value.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (unit, rest) = text.trim().split_once(' ')?;
        let (span, total) = rest.split_once('/')?;
        let (first, last) = span.split_once('-')?;
        let number = |text: &str| text.trim().parse::<usize>().ok();
        let range = Self {
            first: number(first)?,
            last: number(last)?,
            total: number(total)?,
        };
        let ordered = range.first <= range.last && range.last < range.total;
        (unit.eq_ignore_ascii_case("bytes") && ordered).then_some(range)
    }
}

/// All uploaded files.
#[derive(Debug, Default)]
pub(crate) struct Files {
    all: BTreeMap<String, File>,
    /// Bytes of all contents together.
    bytes: usize,
    made: u64,
}

/// An upload that begins.
#[derive(Debug)]
pub(crate) struct Upload<'a> {
    pub(crate) name: &'a str,
    pub(crate) uploader: usize,
    /// Whether the upload names an area, whose readers may then read the file.
    pub(crate) open: bool,
    pub(crate) now: i64,
}

impl Files {
    /// Stores a file that came in one request, and gives its id.
    ///
    /// # Errors
    /// A file that is too big, or no room for more.
    pub(crate) fn put(&mut self, upload: &Upload<'_>, content: &Bytes) -> Result<String, Refusal> {
        if content.len() > limit::FILE_BYTES {
            return Err(Refusal::FileTooBig);
        }
        self.check_room(content.len())?;
        self.bytes += content.len();
        self.add(upload, Content::Whole(content.clone()))
    }

    /// Begins a file that comes in chunks, and gives its id.
    ///
    /// # Errors
    /// No room for more.
    pub(crate) fn begin(&mut self, upload: &Upload<'_>) -> Result<String, Refusal> {
        let content = Content::Partial {
            had: BytesMut::new(),
            total: None,
        };
        self.add(upload, content)
    }

    fn add(&mut self, upload: &Upload<'_>, content: Content) -> Result<String, Refusal> {
        if self.all.len() >= limit::FILES_ALL {
            return Err(Refusal::Full);
        }
        self.made += 1;
        let id = super::guid::of(&["file", &self.made.to_string()]);
        let file = File {
            name: upload.name.to_owned(),
            created_ms: upload.now,
            uploader: upload.uploader,
            open: upload.open,
            content,
        };
        self.all.insert(id.clone(), file);
        Ok(id)
    }

    fn check_room(&self, more: usize) -> Result<(), Refusal> {
        let fits = self.bytes.saturating_add(more) <= limit::FILES_BYTES;
        fits.then_some(()).ok_or(Refusal::Full)
    }

    /// Adds the next chunk of a file. Chunks come in order and without gaps, from the one who began the upload.
    ///
    /// # Errors
    /// Unknown or finished uploads, chunks that do not follow, files that are too big.
    pub(crate) fn chunk(
        &mut self,
        id: &str,
        caller: usize,
        range: Range,
        part: &[u8],
    ) -> Result<(), Refusal> {
        if range.total > limit::FILE_BYTES {
            return Err(Refusal::FileTooBig);
        }
        self.check_room(part.len())?;
        let missing = || Refusal::FileMissing(id.to_owned());
        let file = self.all.get_mut(id).filter(|f| f.uploader == caller);
        let file = file.ok_or_else(missing)?;
        let Content::Partial { had, total } = &mut file.content else {
            return Err(Refusal::Invalid(format!(
                "attachment '{id}' is uploaded already."
            )));
        };
        let follows = range.first == had.len()
            && range.last - range.first + 1 == part.len()
            && total.is_none_or(|known| known == range.total);
        if !follows {
            return Err(Refusal::Invalid(format!(
                "the chunk does not follow: {} bytes of attachment '{id}' have come.",
                had.len()
            )));
        }
        had.extend_from_slice(part);
        *total = Some(range.total);
        self.bytes += part.len();
        if had.len() == range.total {
            file.content = Content::Whole(std::mem::take(had).freeze());
        }
        Ok(())
    }

    /// A file by its id, whatever its case.
    pub(crate) fn get(&self, id: &str) -> Option<&File> {
        self.all.get(&id.to_lowercase())
    }

    /// A whole file that the caller may read.
    ///
    /// # Errors
    /// [`Refusal::FileMissing`], [`Refusal::FileUnreadable`].
    pub(crate) fn readable(&self, id: &str, caller: usize) -> Result<(&File, &Bytes), Refusal> {
        let file = self.get(id);
        let file = file.ok_or_else(|| Refusal::FileMissing(id.to_owned()))?;
        let whole = file.whole();
        let whole = whole.ok_or_else(|| Refusal::FileMissing(id.to_owned()))?;
        if !file.is_readable(caller) {
            return Err(Refusal::FileUnreadable);
        }
        Ok((file, whole))
    }

    /// Lets everybody read a file who may read the item that is now linked to it.
    pub(crate) fn open(&mut self, id: &str) {
        if let Some(file) = self.all.get_mut(&id.to_lowercase()) {
            file.open = true;
        }
    }

    /// Takes a file away for ever.
    ///
    /// # Errors
    /// [`Refusal::FileMissing`].
    pub(crate) fn destroy(&mut self, id: &str) -> Result<(), Refusal> {
        let gone = self.all.remove(&id.to_lowercase());
        let gone = gone.ok_or_else(|| Refusal::FileMissing(id.to_owned()))?;
        self.bytes -= match &gone.content {
            Content::Whole(bytes) => bytes.len(),
            Content::Partial { had, .. } => had.len(),
        };
        Ok(())
    }
}

/// The id in an attachment's address: what follows `/_apis/wit/attachments/`.
pub(crate) fn id_of(url: &str) -> Option<&str> {
    let path = url.split(['?', '#']).next()?;
    let (place, id) = path.rsplit_once('/')?;
    let ours = place.to_lowercase().ends_with("/_apis/wit/attachments");
    (ours && id.len() == 36).then_some(id)
}

/// `{id, url}` of an uploaded file.
pub(crate) fn reference(id: &str, name: &str, base: &str) -> Json {
    let mut url = format!("{base}/_apis/wit/attachments/{id}");
    if !name.is_empty() {
        let name = percent_encoding::utf8_percent_encode(name, IN_A_NAME);
        url = format!("{url}?fileName={name}");
    }
    json!({"id": id, "url": url})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_read_or_refused() {
        for (text, expected) in [
            ("bytes 0-9/20", Some((0, 9, 20))),
            ("BYTES 10-19/20", Some((10, 19, 20))),
            ("bytes 5-4/20", None),
            ("bytes 0-20/20", None),
            ("bytes */20", None),
            ("0-9/20", None),
        ] {
            let found = Range::parse(text).map(|r| (r.first, r.last, r.total));
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn only_an_attachments_address_has_an_id() {
        let id = crate::azure::guid::of(&["x"]);
        let ours = format!("http://h/acme/P/_apis/wit/Attachments/{id}?fileName=a.png");
        assert_eq!(id_of(&ours), Some(id.as_str()));
        assert_eq!(id_of("http://h/acme/_apis/wit/attachments/7"), None);
        assert_eq!(id_of(&format!("http://h/{id}")), None);
    }
}
