//! The list of differences: which snippets are read otherwise by whom, and why.

use std::collections::BTreeMap;

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
}

/// The snippets that a section lists, with the name of the reason; what is wrong with the list is among the findings.
pub(crate) struct Listed {
    /// The name of the reason of each snippet.
    pub(crate) reasons: BTreeMap<String, String>,
    /// Reasons that explain nothing, snippets listed twice, lines of no known form.
    pub(crate) findings: Vec<String>,
}

impl Listed {
    /// The list without the snippets that are there for this reason.
    pub(crate) fn without(mut self, reason: &str) -> Self {
        self.reasons.retain(|_, why| why != reason);
        self
    }
}

/// Reads the section of a comparison: `reason: explanation`, and below it the snippets, indented.
pub(crate) fn listed(comparison: Comparison) -> Listed {
    let file = include_str!("differences.txt");
    let head = format!("## {}:", comparison.name());
    let mut listed = Listed {
        reasons: BTreeMap::new(),
        findings: Vec::new(),
    };
    let mut reason = String::new();
    let lines = file.lines().skip_while(|line| !line.starts_with(&head));
    let lines = lines.skip(1).take_while(|line| !line.starts_with("## "));
    for line in lines.filter(|line| !line.is_empty()) {
        if let Some(name) = line.strip_prefix("    ") {
            let before = listed.reasons.insert(name.to_owned(), reason.clone());
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
