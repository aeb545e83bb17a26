//! What stands within a line: links, mentions, images, tick boxes.

use crate::html::style::{self, Style};
use crate::html::tree::Id;
use crate::inline::{Image, ImageRef, ImageSource, Inline, MediaKind, Mention};
use crate::loss::{Instead, LossKind};
use crate::mark::{Link, Mark};
use crate::{normal, reference};

use super::line::Flow;
use super::{Context, Origin, Reader, mention_id, replace};

impl Reader<'_> {
    pub(super) fn link(&mut self, id: Id, context: &mut Context) {
        let href = self.tree.attr(id, "href").unwrap_or_default();
        if href.trim().is_empty() {
            return;
        }
        match reference::harmless(href) {
            Some(href) => {
                let title = self.tree.attr(id, "title").map(normal::clean);
                let title = title.filter(|title| !title.trim().is_empty());
                replace(&mut context.marks, Mark::Link(Link { href, title }));
            }
            None => self.losses.add(LossKind::UnsafeUrl, Instead::Text),
        }
    }

    /// Whether a link mentions a person. One with a version alone mentions a work item: it is the link that it looks like.
    pub(super) fn is_mention(&self, id: Id) -> bool {
        let Some(value) = self.tree.attr(id, "data-vss-mention") else {
            return false;
        };
        let leads = self
            .tree
            .attr(id, "href")
            .is_some_and(|href| !matches!(href.trim(), "" | "#"));
        !leads || !identity(value).is_empty()
    }

    pub(super) fn mention(&mut self, id: Id, context: &Context, flow: &mut Flow) {
        let value = self.tree.attr(id, "data-vss-mention").unwrap_or_default();
        let guid = identity(value);
        let text = self.text(id);
        if guid.is_empty() {
            self.losses.add(LossKind::Malformed, Instead::Text);
            return flow.line.text(&text, context);
        }
        if !context.marks.is_empty() {
            self.losses.add(LossKind::Mark, Instead::Plain);
        }
        flow.line.push(Inline::Mention(Box::new(Mention {
            id: guid,
            name: normal::name(&text),
            ..Mention::default()
        })));
    }

    pub(super) fn image(&mut self, id: Id, own: &Style, context: &Context, flow: &mut Flow) {
        let attr = |name| self.tree.attr(id, name);
        let alt = attr("alt").map(normal::clean).filter(|alt| !alt.is_empty());
        let url = attr("src").and_then(reference::harmless_image);
        let size = |name| attr(name).and_then(style::length);
        let image = ImageRef {
            source: ImageSource::Url(url.clone().unwrap_or_default()),
            kind: MediaKind::File,
            alt,
            width: own.width.or(size("width")),
            height: own.height.or(size("height")),
        };
        if url.is_none() {
            self.losses.add(LossKind::Image, Instead::Placeholder);
            return flow.line.text(&image.placeholder(), context);
        }
        flow.line.push(Inline::Image(Image {
            reference: Box::new(image),
            link: context.marks.iter().find_map(|mark| match mark {
                Mark::Link(link) => Some(link.href.clone()),
                _ => None,
            }),
            border: None,
        }));
    }

    /// A tick box shows as one, unless it is that of a task; other controls are not content.
    pub(super) fn input(&mut self, id: Id, context: &Context, flow: &mut Flow) {
        if self.boxes.contains(&id) {
            return;
        }
        let kind = self.tree.attr(id, "type").unwrap_or_default();
        if !kind.eq_ignore_ascii_case("checkbox") {
            return self.losses.add(LossKind::Unsupported, Instead::Nothing);
        }
        let ticked = self.tree.attr(id, "checked").is_some();
        if self.origin == Origin::Markdown {
            let state = if ticked { "x" } else { " " };
            return flow.line.push(Inline::Placeholder(state.to_owned()));
        }
        self.losses.add(LossKind::Task, Instead::Text);
        flow.line.text(if ticked { "☑ " } else { "☐ " }, context);
    }
}

/// The identity that a mention's attribute names: what follows its version, or all of it where it has none.
fn identity(value: &str) -> String {
    let named = match value.split_once(',') {
        Some((_, identity)) => identity,
        None if value.trim_start().starts_with("version:") => "",
        None => value,
    };
    mention_id(named)
}
