//! Where the descriptions are known to be wrong, with what says so. An exception that nothing needs fails a test: it is
//! either mended upstream or was never true.

/// One finding that is the description's fault.
#[derive(Clone, Copy, Debug)]
pub struct Exception {
    /// The operation; `*` stands for anything.
    pub operation: &'static str,
    /// What is found; `*` stands for anything.
    pub what: &'static str,
    /// Why it is right all the same.
    pub why: &'static str,
}

impl Exception {
    /// Whether this exception speaks of the finding.
    #[must_use]
    pub fn covers(&self, operation: &str, what: &str) -> bool {
        fits(self.operation, operation) && fits(self.what, what)
    }
}

/// Whether a text fits a pattern in which `*` stands for any text.
fn fits(pattern: &str, text: &str) -> bool {
    let Some((before, after)) = pattern.split_once('*') else {
        return pattern == text;
    };
    let Some(rest) = text.strip_prefix(before) else {
        return false;
    };
    (0..=rest.len())
        .filter(|at| rest.is_char_boundary(*at))
        .any(|at| fits(after, &rest[at..]))
}

/// All exceptions.
pub const EXCEPTIONS: &[Exception] = &[Exception {
    operation: "OPTIONS *",
    what: "no operation",
    why: "the location service is in no description; every public client asks it (azure.md 1)",
}];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_text() {
        let check =
            |pattern, text, expected| assert_eq!(fits(pattern, text), expected, "{pattern} {text}");
        check("GET /a", "GET /a", true);
        check("GET /a", "GET /a/b", false);
        check("GET *", "GET /a/b", true);
        check("* /a/{id}", "GET /a/{id}", true);
        check("GET /*/b", "GET /a/b", true);
        check("GET /*/b", "GET /a/c", false);
        check("*", "", true);
    }
}
