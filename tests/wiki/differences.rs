//! The list of differences: which snippets are read otherwise by whom, and why.

use std::collections::BTreeMap;

/// What the hash of Fowler, Noll and Vo begins with. Nobody forges a digest here.
const FNV_BASIS: u32 = 0x811c_9dc5;

/// What it multiplies by.
const FNV_PRIME: u32 = 0x0100_0193;

/// What is compared; a section of the list each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Comparison {
    /// Our reading with Atlassian's.
    Atlassian,
    /// Our reading with Atlassian's reading of what our writer makes of it.
    Written,
    /// Our reading with pandoc's.
    Pandoc,
}

impl Comparison {
    /// All of them.
    pub(crate) const ALL: [Comparison; 3] = [
        Comparison::Atlassian,
        Comparison::Written,
        Comparison::Pandoc,
    ];

    /// The name of its section.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Comparison::Atlassian => "atlassian",
            Comparison::Written => "written",
            Comparison::Pandoc => "pandoc",
        }
    }

    /// A short digest of two outlines that differ. Of pandoc there are many versions in use, so of that only ours counts.
    pub(crate) fn digest(self, ours: &str, theirs: &str) -> String {
        let theirs = match self {
            Comparison::Atlassian | Comparison::Written => theirs,
            Comparison::Pandoc => "",
        };
        let bytes = ours.bytes().chain([0]).chain(theirs.bytes());
        let digest = bytes.fold(FNV_BASIS, |digest, byte| {
            (digest ^ u32::from(byte)).wrapping_mul(FNV_PRIME)
        });
        format!("{digest:08x}")
    }
}

/// A difference that is known.
pub(crate) struct Known {
    /// The name of the reason.
    pub(crate) reason: String,
    /// The digest of what differs.
    pub(crate) digest: String,
}

/// The snippets that a section lists; what is wrong with the list is among the findings.
pub(crate) struct Listed {
    /// What is compared.
    pub(crate) comparison: Comparison,
    /// What is known of each snippet.
    pub(crate) known: BTreeMap<String, Known>,
    /// Reasons that explain nothing, snippets listed twice, lines of no known form.
    pub(crate) findings: Vec<String>,
}

impl Listed {
    /// The list without the snippets that are there for this reason.
    pub(crate) fn without(mut self, reason: &str) -> Self {
        self.known.retain(|_, known| known.reason != reason);
        self
    }
}

/// Reads the section of a comparison: `reason: explanation`, and below it the snippets with their digests, indented.
pub(crate) fn listed(comparison: Comparison) -> Listed {
    let file = include_str!("differences.txt");
    let head = format!("## {}:", comparison.name());
    let mut listed = Listed {
        comparison,
        known: BTreeMap::new(),
        findings: Vec::new(),
    };
    let mut reason = String::new();
    let lines = file.lines().skip_while(|line| !line.starts_with(&head));
    let lines = lines.skip(1).take_while(|line| !line.starts_with("## "));
    for line in lines.filter(|line| !line.is_empty()) {
        if let Some(line) = line.strip_prefix("    ") {
            let (name, digest) = line.split_once(' ').unwrap_or((line, ""));
            let known = Known {
                reason: reason.clone(),
                digest: digest.to_owned(),
            };
            let before = listed.known.insert(name.to_owned(), known);
            if before.is_some() || reason.is_empty() {
                listed
                    .findings
                    .push(format!("{name} is listed twice or without a reason"));
            }
            continue;
        }
        match line.split_once(": ") {
            Some((name, text)) if text.ends_with('.') => name.clone_into(&mut reason),
            _ => listed.findings.push(format!("no reason: {line}")),
        }
    }
    listed
}
