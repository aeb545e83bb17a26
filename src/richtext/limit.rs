//! Every bound of this crate. Input beyond a bound is flattened or cut, and a loss says so.

/// How deep containers (lists, items, quotes, panels, cells) may nest in a document. Deeper content is kept as text.
/// People nest a handful of levels; 64 leaves room for what editors paste and keeps every recursion small.
pub const MAX_DEPTH: usize = 64;

/// How many blocks and inlines a reader creates for one document: one for every five bytes of ten megabytes. What follows is cut.
pub const MAX_NODES: usize = 2_000_000;

/// How many bytes of text are converted at once where somebody hands in a whole file.
pub const MAX_TEXT_BYTES: usize = 16 * 1024 * 1024;

/// How many bytes of HTML are parsed. Azure DevOps stores at most 1,048,576 characters in a field (azure.md 9).
pub const MAX_HTML_BYTES: usize = 16 * 1024 * 1024;

/// How many bytes of HTML are parsed where we made it of Markdown: tags are longer than the signs that they stand for.
pub const MAX_RENDERED_BYTES: usize = 64 * 1024 * 1024;

/// How many bytes of text and attributes are taken from one ADF document. Jira stores at most 32,767 characters in a
/// description. What a node says is counted with the names of it, so this is more than of other formats.
pub const MAX_ADF_BYTES: usize = 32 * 1024 * 1024;

/// How many marks of one ADF node are looked at; each is compared with those before it. The schema has a score of them.
pub const MAX_MARKS: usize = 64;

/// How many bytes of Markdown are parsed. Azure DevOps stores at most 1,048,576 characters in a field (azure.md 9).
pub const MAX_MARKDOWN_BYTES: usize = 16 * 1024 * 1024;

/// How many columns a table may have to be written in the form that Markdown has for tables.
pub const MAX_MARKDOWN_COLUMNS: usize = 1_000;

/// The largest number that begins a list in Markdown: nine digits.
pub const MAX_LIST_START: u32 = 999_999_999;

/// The largest width and height of an image in pixels that is read and written.
pub const MAX_PIXELS: u32 = 100_000;

/// How deep HTML elements may nest before further start tags are ignored (their text stays).
pub const MAX_ELEMENT_DEPTH: usize = 256;

/// How many nodes the HTML parser may create, however long the text is. Beyond this further start tags are ignored.
pub const MAX_ELEMENTS: usize = 4_000_000;

/// How many nodes the HTML parser may create beyond one for each byte. Formatting elements that are reopened in every paragraph
/// multiply; beyond this further start tags are ignored.
pub const MAX_REOPENED: usize = 100_000;

/// How many start tags of formatting elements (`b`, `font` and the like) the HTML parser gets between two counts of what it has in
/// hand, and half of how many elements it may then have in hand, open ones included, to get more. It opens again what was not
/// closed, and more than elements may nest is never shown as meant.
pub const MAX_FORMATTING: usize = MAX_ELEMENT_DEPTH;

/// How many attributes of one HTML tag are looked at; the parser compares each with all before it.
pub const MAX_ATTRIBUTES: usize = 256;

/// How many losses one conversion reports; the last one then says that there were more.
pub const MAX_LOSSES: usize = 1_000;

/// How long a URL may be, in bytes. Longer ones are treated as unsafe.
pub const MAX_URL_BYTES: usize = 8 * 1024;

/// How many characters the name of an unknown node may show in its placeholder.
pub const MAX_NAME_CHARS: usize = 40;

/// The largest column span, as in the HTML standard.
pub const MAX_COLSPAN: u32 = 1_000;

/// The largest row span, as in the HTML standard.
pub const MAX_ROWSPAN: u32 = 65_534;

/// How many bytes of wiki markup are parsed. Jira stores 32,767 characters in a field unless an administrator allows more.
pub const MAX_WIKI_BYTES: usize = 16 * 1024 * 1024;

/// How deep lists nest in wiki markup, as in Jira's own renderer (jira.md 13.5).
pub const MAX_LIST_LEVELS: usize = 20;

/// How many empty cells one table may get in the place of spans that wiki markup has not.
pub const MAX_PADDING_CELLS: usize = 1_000;
