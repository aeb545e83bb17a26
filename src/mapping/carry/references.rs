//! What the references of a text become on the other side: mentions, images and links.

use std::cell::{OnceCell, RefCell};
use std::collections::BTreeMap;

use model::{Side, Value, limit};
use richtext::{ImageRef, ImageSource, Mention, Resolver, Verbatim};

use crate::lead::{Lead, Leads};
use crate::table::UserRow;

/// What a profile and its pairs know of references: a person whose identities on both sides the profile names is mentioned,
/// which notifies the person, anybody else is named in plain text; an image that anybody may load stays, one behind a login
/// becomes a link to where it is, and on its way back the image again; a link to an item that has a twin leads to the twin.
pub(super) struct References<'a> {
    users: &'a [UserRow],
    from: Side,
    leads: &'a dyn Leads,
    /// What the side that the text goes to holds so far.
    held: &'a Value,
    /// The images in it that the other side has not, once they were asked for.
    pictures: OnceCell<Vec<ImageRef>>,
    /// What was asked already, by URL. Two links with one target are one question, and the bound counts questions.
    asked: RefCell<BTreeMap<String, Lead>>,
}

impl<'a> References<'a> {
    /// Those of a text of that side. `held` is what the other side holds in its place.
    pub(super) fn new(
        users: &'a [UserRow],
        from: Side,
        leads: &'a dyn Leads,
        held: &'a Value,
    ) -> References<'a> {
        References {
            users,
            from,
            leads,
            held,
            pictures: OnceCell::new(),
            asked: RefCell::default(),
        }
    }

    /// Where a link leads, when that is an item of the side that the text is from. Links beyond the bound stay as they are.
    fn lead(&self, url: &str) -> Option<Lead> {
        let mut asked = self.asked.borrow_mut();
        if let Some(lead) = asked.get(url) {
            return Some(lead.clone());
        }
        if asked.len() >= limit::LINKS_PER_TEXT {
            return None;
        }
        let lead = self.leads.lead(self.from, url)?;
        asked.insert(url.to_owned(), lead.clone());
        Some(lead)
    }
}

impl Resolver for References<'_> {
    fn mention(&self, mention: &Mention) -> Option<Mention> {
        let id = self.users.iter().find_map(|row| {
            let identity = row.identity.as_deref()?;
            let jira = &row.ids.jira;
            match self.from {
                Side::Azure => identity
                    .eq_ignore_ascii_case(&mention.id)
                    .then(|| jira.clone()),
                Side::Jira => (*jira == mention.id).then(|| identity.to_owned()),
            }
        })?;
        Some(Mention {
            id,
            name: mention.name.clone(),
            ..Mention::default()
        })
    }

    fn image(&self, image: &ImageRef) -> Option<ImageRef> {
        is_public(image).then(|| image.clone())
    }

    fn original(&self, image: &ImageRef) -> Option<String> {
        place_of(image, self.from, self.leads)
    }

    /// What leads nowhere from the other side's pages is at least made an address that can be opened.
    fn link(&self, url: &str) -> Option<String> {
        let Lead { item, twin } = self.lead(url)?;
        match twin {
            Some(twin) => Some(twin.url),
            None => (!is_absolute(url)).then_some(item.url),
        }
    }

    fn shown(&self, url: &str, text: &str) -> Option<String> {
        let Lead { item, twin } = self.lead(url)?;
        let twin = twin?;
        if text == item.label {
            Some(twin.label)
        } else {
            (text == url || text == item.url).then_some(twin.url)
        }
    }

    /// Only an image that is there already comes back: nobody gets another one to be shown by writing a link.
    fn picture(&self, url: &str, text: &str) -> Option<ImageRef> {
        if !text.starts_with(STAND_IN) {
            return None;
        }
        let pictures = self.pictures.get_or_init(|| pictures_in(self.held));
        let to = self.from.other();
        let is_it = |image: &&ImageRef| {
            image.placeholder() == text && place_of(image, to, self.leads).as_deref() == Some(url)
        };
        pictures.iter().find(is_it).cloned()
    }
}

/// What every text that stands in for an image begins with.
const STAND_IN: &str = "[image";

/// Whether anybody may load an image.
fn is_public(image: &ImageRef) -> bool {
    match &image.source {
        ImageSource::Url(url) => !needs_login(url),
        ImageSource::File { .. } | ImageSource::Attachment(_) => false,
    }
}

/// Where whoever may see it finds an image in a text of that side: one without an address of its own at its item.
fn place_of(image: &ImageRef, side: Side, leads: &dyn Leads) -> Option<String> {
    match &image.source {
        ImageSource::Url(url) if is_absolute(url) => Some(url.clone()),
        ImageSource::Url(_) | ImageSource::File { .. } | ImageSource::Attachment(_) => {
            leads.home(side)
        }
    }
}

/// The images of a text that not everybody may load.
fn pictures_in(text: &Value) -> Vec<ImageRef> {
    let (document, _) = super::rich::read(text);
    let found = Gathering::default();
    // What is written is of no use: the writer is the one that goes through every image.
    let _ = richtext::html::write(&document, &found);
    found.0.into_inner()
}

/// Gathers the images that not everybody may load.
#[derive(Default)]
struct Gathering(RefCell<Vec<ImageRef>>);

impl Resolver for Gathering {
    fn mention(&self, mention: &Mention) -> Option<Mention> {
        Verbatim.mention(mention)
    }

    fn image(&self, image: &ImageRef) -> Option<ImageRef> {
        if !is_public(image) {
            self.0.borrow_mut().push(image.clone());
        }
        None
    }

    fn link(&self, _url: &str) -> Option<String> {
        None
    }
}

/// The same references with one and the same target for every link to an item of either side. Two texts that differ only in
/// which items their links lead to read the same.
pub(super) struct Blank<'a> {
    references: References<'a>,
    /// Whether the text is written for its own side.
    own: bool,
}

impl<'a> Blank<'a> {
    /// Those of a text that crosses with these references, or stays.
    pub(super) fn new(references: References<'a>, own: bool) -> Blank<'a> {
        Blank { references, own }
    }

    fn is_item(&self, url: &str) -> bool {
        let leads = self.references.leads;
        let mut sides = Side::BOTH.into_iter();
        sides.any(|side| leads.lead(side, url).is_some())
    }
}

/// Where every link to an item leads.
const ANY_ITEM: &str = "https://item.invalid/";

impl Resolver for Blank<'_> {
    fn mention(&self, mention: &Mention) -> Option<Mention> {
        match self.own {
            true => Verbatim.mention(mention),
            false => self.references.mention(mention),
        }
    }

    fn image(&self, image: &ImageRef) -> Option<ImageRef> {
        match self.own {
            true => Verbatim.image(image),
            false => self.references.image(image),
        }
    }

    fn original(&self, image: &ImageRef) -> Option<String> {
        let original = self.references.original(image)?;
        Some(self.link(&original).unwrap_or(original))
    }

    fn link(&self, url: &str) -> Option<String> {
        self.is_item(url).then(|| ANY_ITEM.to_owned())
    }

    /// A text that is only the name or the address of an item says no more than the link does.
    fn shown(&self, _url: &str, text: &str) -> Option<String> {
        let name = text.strip_prefix('#').unwrap_or(text);
        let named = model::ItemKey::new(name).is_some_and(|key| {
            key.project().is_some() || key.as_str().bytes().all(|byte| byte.is_ascii_digit())
        });
        (named || self.is_item(text)).then(|| ANY_ITEM.to_owned())
    }
}

fn is_absolute(url: &str) -> bool {
    let url = url.get(..8).unwrap_or(url).to_ascii_lowercase();
    url.starts_with("https://") || url.starts_with("http://")
}

/// Attachments of either remote open for signed-in people only (jira.md 13.3, azure.md 9).
fn needs_login(url: &str) -> bool {
    let url = url.to_lowercase();
    [
        "/_apis/wit/attachments/",
        "/workitemtracking/",
        "/attachment/content/",
        "/secure/attachment/",
    ]
    .iter()
    .any(|part| url.contains(part))
}
