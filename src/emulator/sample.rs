//! Sample items, told without regard to a product: what a small web shop's team has on its boards.
//!
//! A site asks for items by number and seed and writes them in its own formats. The same seed
//! always tells the same.

use rand::rngs::SmallRng;
use rand::{Rng as _, SeedableRng as _};

use crate::people::handles;

/// What kind of work an item is; each product has its own name for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// A big piece of work.
    Epic,
    /// What a user wants.
    Story,
    /// A piece of work.
    Task,
    /// Something broken.
    Bug,
}

/// One item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// What kind of work.
    pub work: Work,
    /// The title.
    pub title: String,
    /// The description.
    pub story: Story,
    /// From 0, the highest, to 4, the lowest.
    pub priority: usize,
    /// Labels or tags, without spaces.
    pub tags: Vec<&'static str>,
    /// The handle of the person who works on it.
    pub assignee: Option<&'static str>,
    /// The handle of the person who made it.
    pub creator: &'static str,
    /// How many steps along the workflow it has gone, from 0 to 3.
    pub steps: usize,
    /// Handles of authors, with what they said.
    pub comments: Vec<(&'static str, &'static str)>,
    /// How long ago it was made, in minutes; always more than a day.
    pub age_min: u32,
}

/// A description that is told anew whenever it is read: a site with many items keeps only what
/// the telling begins with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Story {
    area: &'static str,
    phrase: &'static str,
    random: SmallRng,
}

impl Story {
    /// The description, block by block.
    pub fn blocks(&self) -> Vec<Block> {
        blocks(self.area, self.phrase, &mut self.random.clone())
    }
}

/// A block of a description.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Block {
    /// A heading of the third level.
    Heading(String),
    /// A paragraph.
    Paragraph(Vec<Span>),
    /// A list with bullets.
    Bullets(Vec<String>),
    /// A numbered list.
    Numbers(Vec<String>),
    /// Code with its language.
    Code(&'static str, String),
    /// A table; the first row is its head.
    Table(Vec<Vec<String>>),
    /// A quotation.
    Quote(String),
    /// A line across.
    Rule,
}

/// A piece of a paragraph.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Span {
    /// Plain text.
    Text(String),
    /// Bold text.
    Strong(String),
    /// Slanted text.
    Emphasis(String),
    /// Code within a line.
    Mono(String),
    /// A link: text and address.
    Link(String, String),
    /// A person by handle.
    Mention(&'static str),
}

const AREAS: [&str; 12] = [
    "Checkout",
    "Search",
    "Basket",
    "Login",
    "Invoices",
    "Product page",
    "Newsletter",
    "Returns",
    "Gift cards",
    "Stock feed",
    "Order history",
    "Address book",
];

const STORIES: [&str; 8] = [
    "shows delivery dates before payment",
    "remembers the last used address",
    "offers a summary that can be printed",
    "works with a screen reader",
    "suggests what others bought",
    "lets guests come back later",
    "accepts company purchase orders",
    "explains why an article is sold out",
];

const BUGS: [&str; 8] = [
    "loses the quantity after going back",
    "shows prices without tax to companies",
    "hangs when the postcode has a space",
    "sends the same e-mail twice",
    "breaks on names with umlauts like \"Jürgen Größe\"",
    "times out with more than 50 positions",
    "ignores the < and > filters & sorts wrongly",
    "shows yesterday's stock after midnight",
];

const TASKS: [&str; 8] = [
    "move to the new payment library",
    "write the runbook",
    "measure page weight on slow networks",
    "delete the old feature switch",
    "renew certificates on staging",
    "clean up test accounts",
    "review logs for personal data",
    "document the import format",
];

const EPICS: [&str; 4] = [
    "relaunch",
    "international shipping",
    "accessibility",
    "self-service for companies",
];

const TAGS: [&str; 10] = [
    "shared",
    "frontend",
    "backend",
    "customer",
    "quick-win",
    "q3",
    "ux",
    "security",
    "performance",
    "tech-debt",
];

const REMARKS: [&str; 8] = [
    "Reproduced on staging with the latest build.",
    "Could we split this? The second half needs the new stock feed first.",
    "Done on my branch, review is open.",
    "The customer called again about this one.",
    "I measured it: 340 ms before, 120 ms after.",
    "Blocked until the certificates are renewed.",
    "Looks good to me, thanks!",
    "Please mind the case of an empty basket.",
];

/// The items of a site, by seed.
pub fn items(count: u32, seed: u64) -> impl Iterator<Item = Item> {
    let mut random = SmallRng::seed_from_u64(seed);
    (1..=count).map(move |number| item(number, &mut random))
}

fn pick<T: Clone>(random: &mut SmallRng, list: &[T], otherwise: T) -> T {
    let at = random.random_range(0..list.len().max(1));
    list.get(at).cloned().unwrap_or(otherwise)
}

fn handle(random: &mut SmallRng) -> &'static str {
    pick(random, &handles(), "alice")
}

fn item(number: u32, random: &mut SmallRng) -> Item {
    let work = match random.random_range(0..20) {
        0 => Work::Epic,
        1..=8 => Work::Story,
        9..=14 => Work::Task,
        _ => Work::Bug,
    };
    let area = pick(random, &AREAS, "Checkout");
    let phrase = match work {
        Work::Epic => pick(random, &EPICS, ""),
        Work::Story => pick(random, &STORIES, ""),
        Work::Task => pick(random, &TASKS, ""),
        Work::Bug => pick(random, &BUGS, ""),
    };
    let mut tags: Vec<&'static str> = TAGS
        .iter()
        .copied()
        .filter(|_| random.random_bool(0.2))
        .collect();
    tags.sort_unstable();
    let comments = (0..random.random_range(0..4))
        .map(|_| remark(random))
        .collect();
    let story = Story {
        area,
        phrase,
        random: random.clone(),
    };
    // The choices behind the description are passed over, so that what follows does not depend on
    // whether somebody reads it.
    blocks(area, phrase, random);
    Item {
        work,
        title: format!("{area} {phrase} ({number})"),
        story,
        priority: random.random_range(0..5),
        tags,
        assignee: random.random_bool(0.7).then(|| handle(random)),
        creator: handle(random),
        steps: random.random_range(0..4),
        comments,
        age_min: random.random_range(2 * 24 * 60..120 * 24 * 60),
    }
}

fn remark(random: &mut SmallRng) -> (&'static str, &'static str) {
    (handle(random), pick(random, &REMARKS, ""))
}

fn blocks(area: &str, phrase: &str, random: &mut SmallRng) -> Vec<Block> {
    let text = |it: &str| Span::Text(it.to_owned());
    let mut blocks = vec![Block::Paragraph(vec![
        text("In the area "),
        Span::Strong(area.to_owned()),
        text(&format!(" the shop {phrase}. Asked for by ")),
        Span::Mention(handle(random)),
        text(", see "),
        Span::Link(
            "the notes".to_owned(),
            "https://wiki.acme.example/notes?page=7&view=all".to_owned(),
        ),
        text("."),
    ])];
    for _ in 0..random.random_range(0..4) {
        blocks.extend(section(random));
    }
    blocks
}

fn section(random: &mut SmallRng) -> Vec<Block> {
    let lines = |lines: &[&str]| {
        lines
            .iter()
            .map(|&line| line.to_owned())
            .collect::<Vec<_>>()
    };
    let row = |cells: [&str; 3]| lines(&cells);
    match random.random_range(0..6) {
        0 => vec![
            Block::Heading("What to do".to_owned()),
            Block::Numbers(lines(&[
                "Open the page as a guest",
                "Add two articles",
                "Go back once",
            ])),
        ],
        1 => vec![
            Block::Heading("Acceptance".to_owned()),
            Block::Bullets(lines(&[
                "Works without JavaScript",
                "Less than 200 ms",
                "Logged as \"ok\"",
            ])),
        ],
        2 => vec![Block::Code(
            "python",
            "def total(basket):\n    return sum(p.price * p.count for p in basket if p.count > 0)"
                .to_owned(),
        )],
        3 => vec![Block::Table(vec![
            row(["Browser", "Before", "After"]),
            row(["Firefox", "340 ms", "120 ms"]),
            row(["Chromium", "310 ms", "115 ms"]),
        ])],
        4 => vec![
            Block::Rule,
            Block::Quote("It used to work last spring.".to_owned()),
        ],
        _ => vec![Block::Paragraph(vec![
            Span::Text("Mind ".to_owned()),
            Span::Emphasis("every".to_owned()),
            Span::Text(" caller of ".to_owned()),
            Span::Mono("Basket::total()".to_owned()),
            Span::Text(", also the import.".to_owned()),
        ])],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_tells_the_same() {
        let told = |seed| items(40, seed).collect::<Vec<_>>();
        assert_eq!(told(7), told(7));
        assert_ne!(told(7), told(8));
    }

    #[test]
    fn titles_are_all_different() {
        let titles: std::collections::BTreeSet<String> = items(300, 1).map(|it| it.title).collect();
        assert_eq!(titles.len(), 300);
    }
}
