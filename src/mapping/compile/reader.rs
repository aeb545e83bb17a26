//! Reading tables of a TOML document so that every fault has a line.

use std::cell::RefCell;
use std::ops::Range;

use model::Number;
use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

use crate::fault::Fault;
use crate::near;
use crate::table::Cell;

/// Faults that are told of one file; who mends these sees the others next.
const FAULTS_MAX: usize = 1_000;
/// Faults up to which the name that was probably meant is looked for: comparing names is the costly part.
const GUESSES_MAX: usize = 100;

/// A text and the line it stands on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Word {
    pub(crate) text: String,
    pub(crate) line: usize,
}

/// The file that is read, and what was found wrong with it so far.
pub(crate) struct Source<'a> {
    file: &'a str,
    /// The offset at which each line begins.
    starts: Vec<usize>,
    faults: RefCell<Vec<Fault>>,
}

impl<'a> Source<'a> {
    pub(crate) fn new(text: &str, file: &'a str) -> Source<'a> {
        let behind_breaks = text.match_indices('\n').map(|(at, _)| at + 1);
        Source {
            file,
            starts: std::iter::once(0).chain(behind_breaks).collect(),
            faults: RefCell::new(Vec::new()),
        }
    }

    /// The line of an offset, counted from 1.
    pub(crate) fn line(&self, offset: usize) -> usize {
        self.starts.partition_point(|start| *start <= offset).max(1)
    }

    pub(crate) fn line_of(&self, span: &Range<usize>) -> usize {
        self.line(span.start)
    }

    pub(crate) fn fault(&self, line: usize, what: impl Into<String>, cure: impl Into<String>) {
        let mut faults = self.faults.borrow_mut();
        if faults.len() < FAULTS_MAX {
            faults.push(Fault {
                file: self.file.to_owned(),
                line,
                what: what.into(),
                cure: cure.into(),
            });
        }
    }

    /// The name that was probably meant, else the given advice.
    pub(crate) fn advice<'w>(
        &self,
        word: &str,
        candidates: impl IntoIterator<Item = &'w str>,
        otherwise: impl FnOnce() -> String,
    ) -> String {
        if self.faults.borrow().len() < GUESSES_MAX {
            near::advice(word, candidates, otherwise)
        } else {
            otherwise()
        }
    }

    pub(crate) fn is_sound(&self) -> bool {
        self.faults.borrow().is_empty()
    }

    /// Everything found wrong, in the order of the lines.
    pub(crate) fn into_faults(self) -> Vec<Fault> {
        let mut faults = self.faults.into_inner();
        faults.sort_by_key(|fault| fault.line);
        faults.dedup();
        faults
    }
}

/// One table of the document with the keys it may hold.
#[derive(Clone, Copy)]
pub(crate) struct Section<'a> {
    pub(crate) source: &'a Source<'a>,
    table: &'a DeTable<'a>,
    /// Where it begins.
    pub(crate) line: usize,
    /// Its name in messages: `[[field]]`.
    name: &'a str,
}

impl<'a> Section<'a> {
    /// Takes a table; keys that it may not hold are faults.
    pub(crate) fn new(
        source: &'a Source<'a>,
        table: &'a Spanned<DeTable<'a>>,
        name: &'a str,
        known: &[&str],
    ) -> Section<'a> {
        let line = source.line_of(&table.span());
        Section::over(source, table.get_ref(), line, name, known)
    }

    fn over(
        source: &'a Source<'a>,
        table: &'a DeTable<'a>,
        line: usize,
        name: &'a str,
        known: &[&str],
    ) -> Section<'a> {
        for key in table.keys() {
            let word: &str = key.get_ref();
            if known.contains(&word) {
                continue;
            }
            let cure = source.advice(word, known.iter().copied(), || {
                format!(
                    "remove it; known keys are {}",
                    near::listed(known.iter().copied())
                )
            });
            let what = format!("{name} has no key \"{word}\"");
            source.fault(source.line_of(&key.span()), what, cure);
        }
        Section {
            source,
            table,
            line,
            name,
        }
    }

    fn get(&self, key: &str) -> Option<&'a Spanned<DeValue<'a>>> {
        self.table.get(key)
    }

    pub(crate) fn has(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    /// The line of a key's value, or of the table when it has none.
    pub(crate) fn line_at(&self, key: &str) -> usize {
        self.get(key)
            .map_or(self.line, |value| self.source.line_of(&value.span()))
    }

    /// The table's keys with their lines.
    pub(crate) fn keys(&self) -> impl Iterator<Item = Word> {
        self.table.keys().map(|key| Word {
            text: key.get_ref().to_string(),
            line: self.source.line_of(&key.span()),
        })
    }

    fn wrong_type(&self, key: &str, value: &Spanned<DeValue<'_>>, wanted: &str, example: &str) {
        let found = value.get_ref().type_str();
        self.source.fault(
            self.source.line_of(&value.span()),
            format!("`{key}` of {} is of type {found}", self.name),
            format!("write {wanted}, such as {example}"),
        );
    }

    /// A text that is not blank.
    pub(crate) fn text(&self, key: &str) -> Option<Word> {
        let value = self.get(key)?;
        let line = self.source.line_of(&value.span());
        let DeValue::String(text) = value.get_ref() else {
            self.wrong_type(key, value, "a text in quotes", &format!("{key} = \"...\""));
            return None;
        };
        self.sound_text(key, text, line)
    }

    fn sound_text(&self, key: &str, text: &str, line: usize) -> Option<Word> {
        let text = text.trim();
        let name = self.name;
        if text.is_empty() {
            let what = format!("`{key}` of {name} is empty");
            self.source
                .fault(line, what, "write a value or remove the key");
            return None;
        }
        if text.chars().any(char::is_control) {
            let what = format!("`{key}` of {name} holds a control character");
            self.source
                .fault(line, what, "write it on one line without tabs");
            return None;
        }
        Some(Word {
            text: text.to_owned(),
            line,
        })
    }

    /// A text that must be there.
    pub(crate) fn required(&self, key: &str, example: &str) -> Option<Word> {
        if !self.has(key) {
            self.missing(key, &format!("{key} = \"{example}\""));
        }
        self.text(key)
    }

    pub(crate) fn missing(&self, key: &str, example: &str) {
        let what = format!("{} has no `{key}`", self.name);
        self.source.fault(self.line, what, format!("add {example}"));
    }

    /// One of a list of words.
    pub(crate) fn word<T: Copy>(&self, key: &str, words: &[(&str, T)]) -> Option<T> {
        let found = self.text(key)?;
        let known = words.iter().find(|(word, _)| *word == found.text);
        if known.is_none() {
            let names = || words.iter().map(|(word, _)| *word);
            let cure = self.source.advice(&found.text, names(), || {
                format!("write one of {}", near::listed(names()))
            });
            let what = format!("`{key}` of {} cannot be \"{}\"", self.name, found.text);
            self.source.fault(found.line, what, cure);
        }
        known.map(|(_, meaning)| *meaning)
    }

    /// Yes or no.
    pub(crate) fn flag(&self, key: &str) -> Option<bool> {
        let value = self.get(key)?;
        let flag = value.get_ref().as_bool();
        if flag.is_none() {
            self.wrong_type(key, value, "true or false", &format!("{key} = true"));
        }
        flag
    }

    /// A whole number of at least one.
    pub(crate) fn count(&self, key: &str) -> Option<u64> {
        let value = self.get(key)?;
        let number = match value.get_ref() {
            DeValue::Integer(digits) => u64::from_str_radix(digits.as_str(), digits.radix()).ok(),
            _ => None,
        };
        let count = number.filter(|count| *count > 0);
        if count.is_none() {
            let what = format!("`{key}` of {} is no whole number above zero", self.name);
            let cure = format!("write one, such as {key} = 1000000");
            self.source.fault(self.line_at(key), what, cure);
        }
        count
    }

    fn array(&self, key: &str, wanted: &str, example: &str) -> Option<&'a DeArray<'a>> {
        let value = self.get(key)?;
        let array = value.get_ref().as_array();
        if array.is_none() {
            self.wrong_type(key, value, wanted, example);
        }
        array
    }

    /// A list of texts.
    pub(crate) fn texts(&self, key: &str) -> Option<Vec<Word>> {
        let example = format!("{key} = [\"...\"]");
        let array = self.array(key, "a list of texts", &example)?;
        let mut words = Vec::with_capacity(array.len());
        for element in array {
            let line = self.source.line_of(&element.span());
            match element.get_ref() {
                DeValue::String(text) => words.extend(self.sound_text(key, text, line)),
                _ => self.wrong_type(key, element, "a list of texts", &example),
            }
        }
        Some(words)
    }

    /// A list of pairs of values.
    pub(crate) fn pairs(&self, key: &str, example: &str) -> Option<Vec<(Cell, Cell, usize)>> {
        let example = format!("{key} = [{example}]");
        let array = self.array(key, "a list of pairs", &example)?;
        let mut pairs = Vec::with_capacity(array.len());
        for element in array {
            let line = self.source.line_of(&element.span());
            let Some(row) = element.get_ref().as_array() else {
                self.wrong_type(key, element, "pairs", &example);
                continue;
            };
            let cells: Vec<&Spanned<DeValue<'_>>> = row.iter().collect();
            let [jira, azure] = cells.as_slice() else {
                let what = format!("a row of `{key}` has {} values", cells.len());
                self.source
                    .fault(line, what, "write two: Jira's, then Azure DevOps'");
                continue;
            };
            if let (Some(jira), Some(azure)) = (self.cell(key, jira), self.cell(key, azure)) {
                pairs.push((jira, azure, line));
            }
        }
        Some(pairs)
    }

    /// A text, number or flag.
    fn cell(&self, key: &str, value: &Spanned<DeValue<'_>>) -> Option<Cell> {
        let line = self.source.line_of(&value.span());
        let cell = match value.get_ref() {
            DeValue::String(text) => {
                return self
                    .sound_text(key, text, line)
                    .map(|word| Cell::Text(word.text));
            }
            DeValue::Integer(digits) => i64::from_str_radix(digits.as_str(), digits.radix())
                .ok()
                .and_then(|whole| Number::parse(&whole.to_string()))
                .map(Cell::Number),
            DeValue::Float(digits) => Number::parse(digits.as_str()).map(Cell::Number),
            DeValue::Boolean(flag) => Some(Cell::Flag(*flag)),
            _ => None,
        };
        if cell.is_none() {
            self.wrong_type(key, value, "a text or a number", "\"High\" or 2");
        }
        cell
    }

    /// One value, when the key is there.
    pub(crate) fn value(&self, key: &str) -> Option<Cell> {
        self.get(key).and_then(|value| self.cell(key, value))
    }

    /// One value, or a list of values.
    pub(crate) fn values(&self, key: &str) -> Vec<Cell> {
        match self.get(key) {
            None => Vec::new(),
            Some(value) => match value.get_ref().as_array() {
                Some(list) => list.iter().filter_map(|one| self.cell(key, one)).collect(),
                None => self.cell(key, value).into_iter().collect(),
            },
        }
    }

    /// Whether a key holds a table.
    pub(crate) fn is_table(&self, key: &str) -> bool {
        self.get(key)
            .is_some_and(|value| value.get_ref().is_table())
    }

    /// A table within this one. `None` in `known` takes any key.
    pub(crate) fn table(
        &self,
        key: &str,
        name: &'a str,
        known: Option<&[&str]>,
    ) -> Option<Section<'a>> {
        let value = self.get(key)?;
        let line = self.source.line_of(&value.span());
        let Some(table) = value.get_ref().as_table() else {
            self.wrong_type(key, value, "a table", &format!("{key} = {{ ... }}"));
            return None;
        };
        Some(match known {
            Some(known) => Section::over(self.source, table, line, name, known),
            None => Section {
                source: self.source,
                table,
                line,
                name,
            },
        })
    }

    /// The tables of an array of tables, bounded.
    pub(crate) fn tables(
        &self,
        key: &str,
        name: &'a str,
        known: &[&str],
        max: usize,
    ) -> Vec<Section<'a>> {
        let Some(array) = self.array(key, "it with double brackets", name) else {
            return Vec::new();
        };
        if array.len() > max {
            let what = format!(
                "there are {} {name} tables; at most {max} are read",
                array.len()
            );
            self.source
                .fault(self.line_at(key), what, "split the profile");
        }
        let mut sections = Vec::with_capacity(array.len().min(max));
        for element in array.iter().take(max) {
            let line = self.source.line_of(&element.span());
            match element.get_ref().as_table() {
                Some(table) => sections.push(Section::over(self.source, table, line, name, known)),
                None => self.wrong_type(key, element, "tables", name),
            }
        }
        sections
    }
}
