//! Texts to convert: the same sections in each format, as people and editors write it.

use std::fmt::Write as _;

use richtext::Format;
use serde_json::{Value, json};

/// What sections are made of. Signs within and beside words are as common as in what people write.
const WORDS: [&str; 48] = [
    "the",
    "service",
    "answers",
    "with",
    "an",
    "error",
    "when",
    "two",
    "users",
    "save",
    "at",
    "once;",
    "please",
    "check",
    "(see",
    "above)",
    "whether",
    "that",
    "is",
    "still",
    "so.",
    "It",
    "doesn't",
    "happen",
    "on",
    "Monday,",
    "10:30",
    "was",
    "fine",
    "though",
    "well-known",
    "limits",
    "of",
    "5%",
    "are",
    "not",
    "reached:",
    "Grüße",
    "from",
    "a",
    "customer's",
    "log",
    "file",
    "shows",
    "nothing",
    "new",
    "yet",
    "anyway.",
];

/// Words in an order that only depends on the number of the section.
struct Words(u64);

impl Words {
    fn take(&mut self, count: usize) -> String {
        let mut out = String::new();
        for index in 0..count {
            // Knuth's multiplier for 64 bits; the upper bits choose.
            self.0 = self
                .0
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let chosen = usize::try_from(self.0 >> 40).unwrap_or_default() % WORDS.len();
            if index > 0 {
                out.push(' ');
            }
            out.push_str(WORDS.get(chosen).copied().unwrap_or_default());
        }
        out
    }
}

/// What a section says, in no format.
struct Section {
    title: String,
    /// Plain, bold, plain, italic, plain, linked, plain, code, plain.
    line: [String; 9],
    url: String,
    bullets: [String; 3],
    /// Below the second bullet.
    nested: [String; 2],
    numbers: [String; 3],
    header: [String; 3],
    rows: [[String; 3]; 3],
    code: [String; 3],
    quote: String,
    plain: String,
}

impl Section {
    fn new(number: u64) -> Self {
        let mut words = Words(number);
        let counts = [9, 2, 6, 2, 4, 2, 7, 1, 5];
        Self {
            title: words.take(4),
            line: counts.map(|count| words.take(count)),
            url: format!("https://example.com/browse/WEB-{number}?focus={number}"),
            bullets: [(); 3].map(|()| words.take(7)),
            nested: [(); 2].map(|()| words.take(5)),
            numbers: [(); 3].map(|()| words.take(6)),
            header: [(); 3].map(|()| words.take(1)),
            rows: [(); 3].map(|()| [(); 3].map(|()| words.take(2))),
            code: [(); 3].map(|()| words.take(4)),
            quote: words.take(14),
            plain: words.take(40),
        }
    }

    fn markdown(&self) -> String {
        let Self {
            title,
            line: [a, b, c, d, e, f, g, h, i],
            url,
            bullets,
            nested,
            numbers,
            header,
            rows,
            code,
            quote,
            plain,
        } = self;
        let mut out =
            format!("## {title}\n\n{a} **{b}** {c} *{d}* {e} [{f}]({url}) {g} `{h}` {i}\n\n");
        for (index, item) in bullets.iter().enumerate() {
            let _ = writeln!(out, "- {item}");
            if index == 1 {
                nested
                    .iter()
                    .for_each(|item| out.push_str(&format!("  - {item}\n")));
            }
        }
        out.push('\n');
        for (index, item) in numbers.iter().enumerate() {
            let _ = writeln!(out, "{}. {item}", index + 1);
        }
        let _ = write!(out, "\n| {} |\n|---|---|---|\n", header.join(" | "));
        rows.iter()
            .for_each(|row| out.push_str(&format!("| {} |\n", row.join(" | "))));
        let _ = write!(
            out,
            "\n```rust\n{}\n```\n\n> {quote}\n\n{plain}\n\n",
            code.join("\n")
        );
        out
    }

    fn wiki(&self) -> String {
        let Self {
            title,
            line: [a, b, c, d, e, f, g, h, i],
            url,
            bullets,
            nested,
            numbers,
            header,
            rows,
            code,
            quote,
            plain,
        } = self;
        let mut out =
            format!("h2. {title}\n\n{a} *{b}* {c} _{d}_ {e} [{f}|{url}] {g} {{{{{h}}}}} {i}\n\n");
        for (index, item) in bullets.iter().enumerate() {
            let _ = writeln!(out, "* {item}");
            if index == 1 {
                nested
                    .iter()
                    .for_each(|item| out.push_str(&format!("** {item}\n")));
            }
        }
        out.push('\n');
        numbers
            .iter()
            .for_each(|item| out.push_str(&format!("# {item}\n")));
        let _ = write!(out, "\n||{}||\n", header.join("||"));
        rows.iter()
            .for_each(|row| out.push_str(&format!("|{}|\n", row.join("|"))));
        let _ = write!(
            out,
            "\n{{code:rust}}\n{}\n{{code}}\n\n{{quote}}\n{quote}\n{{quote}}\n\n{plain}\n\n",
            code.join("\n")
        );
        out
    }

    fn html(&self) -> String {
        let Self {
            title,
            line: [a, b, c, d, e, f, g, h, i],
            url,
            bullets,
            nested,
            numbers,
            header,
            rows,
            code,
            quote,
            plain,
        } = self;
        let mut out = format!(
            "<h2>{title}</h2><div>{a} <b>{b}</b> {c} <i>{d}</i> {e} <a href=\"{url}\">{f}</a> {g} <code>{h}</code> {i}</div>\n<ul>"
        );
        for (index, item) in bullets.iter().enumerate() {
            let _ = write!(out, "<li>{item}");
            if index == 1 {
                let items = nested.iter().map(|item| format!("<li>{item}</li>"));
                let _ = write!(out, "<ul>{}</ul>", items.collect::<String>());
            }
            out.push_str("</li>");
        }
        let items = numbers.iter().map(|item| format!("<li>{item}</li>"));
        let _ = write!(
            out,
            "</ul>\n<ol>{}</ol>\n<table><tbody><tr>",
            items.collect::<String>()
        );
        header
            .iter()
            .for_each(|cell| out.push_str(&format!("<th>{cell}</th>")));
        for row in rows {
            out.push_str("</tr>\n<tr>");
            row.iter()
                .for_each(|cell| out.push_str(&format!("<td>{cell}</td>")));
        }
        let _ = write!(
            out,
            "</tr></tbody></table>\n<pre><code>{}</code></pre>\n<blockquote><p>{quote}</p></blockquote>\n<p>{plain}</p>\n",
            code.join("\n")
        );
        out
    }

    fn adf(&self) -> Vec<Value> {
        let [a, b, c, d, e, f, g, h, i] = &self.line;
        let text = |text: &str| json!({"type": "text", "text": text});
        let marked =
            |text: &str, mark: Value| json!({"type": "text", "text": text, "marks": [mark]});
        let paragraph = |content: &str| json!({"type": "paragraph", "content": [text(content)]});
        let item = |content: &String| json!({"type": "listItem", "content": [paragraph(content)]});
        let cell =
            |kind: &str, content: &String| json!({"type": kind, "content": [paragraph(content)]});
        let spaced = |words: &str| text(&format!(" {words} "));
        let mut bullets: Vec<Value> = self.bullets.iter().map(item).collect();
        if let Some(content) = bullets
            .get_mut(1)
            .and_then(|item| item["content"].as_array_mut())
        {
            content.push(json!({"type": "bulletList", "content": self.nested.iter().map(item).collect::<Vec<_>>()}));
        }
        let header: Vec<Value> = self
            .header
            .iter()
            .map(|content| cell("tableHeader", content))
            .collect();
        let mut rows = vec![json!({"type": "tableRow", "content": header})];
        for row in &self.rows {
            let cells: Vec<Value> = row
                .iter()
                .map(|content| cell("tableCell", content))
                .collect();
            rows.push(json!({"type": "tableRow", "content": cells}));
        }
        vec![
            json!({"type": "heading", "attrs": {"level": 2}, "content": [text(&self.title)]}),
            json!({"type": "paragraph", "content": [
                text(&format!("{a} ")), marked(b, json!({"type": "strong"})), spaced(c), marked(d, json!({"type": "em"})), spaced(e),
                marked(f, json!({"type": "link", "attrs": {"href": self.url}})), spaced(g), marked(h, json!({"type": "code"})),
                text(&format!(" {i}")),
            ]}),
            json!({"type": "bulletList", "content": bullets}),
            json!({"type": "orderedList", "content": self.numbers.iter().map(item).collect::<Vec<_>>()}),
            json!({"type": "table", "content": rows}),
            json!({"type": "codeBlock", "attrs": {"language": "rust"}, "content": [text(&self.code.join("\n"))]}),
            json!({"type": "blockquote", "content": [paragraph(&self.quote)]}),
            paragraph(&self.plain),
        ]
    }

    fn text(&self, format: Format) -> String {
        match format {
            Format::Adf => self.adf().iter().map(|node| format!("{node},")).collect(),
            Format::Wiki => self.wiki(),
            Format::Html => self.html(),
            Format::Markdown => self.markdown(),
        }
    }
}

/// A text of as many whole sections as fit into so many bytes, of one at least.
pub(crate) fn text(format: Format, bytes: usize) -> String {
    let mut sections = String::with_capacity(bytes);
    for number in 1.. {
        let next = Section::new(number).text(format);
        if !sections.is_empty() && sections.len() + next.len() > bytes {
            break;
        }
        sections.push_str(&next);
    }
    whole(format, sections)
}

/// Many small texts, of one section each.
pub(crate) fn small(format: Format, count: u64) -> Vec<String> {
    let one = |number| whole(format, Section::new(number).text(format));
    (1..=count).map(one).collect()
}

fn whole(format: Format, sections: String) -> String {
    if format == Format::Adf {
        let content = sections.trim_end_matches(',');
        return format!("{{\"type\":\"doc\",\"version\":1,\"content\":[{content}]}}");
    }
    sections
}
