//! Words of the service's enums. Clients write them in any case, or as the numbers that their own
//! enums have.

use serde_json::Value as Json;

use super::error::Refusal;

/// Which of the words a parameter says, by its name or by its place; the first when it is absent.
///
/// # Errors
/// [`Refusal::Invalid`] for a word that the service does not know.
pub(crate) fn of(name: &str, text: &str, words: &[&'static str]) -> Result<&'static str, Refusal> {
    let number = text.parse::<usize>().ok();
    let by_number = number.and_then(|n| words.get(n));
    let found = by_number.or_else(|| words.iter().find(|word| word.eq_ignore_ascii_case(text)));
    match found.copied() {
        Some(word) => Ok(word),
        None if text.is_empty() => Ok(words.first().copied().unwrap_or("")),
        None => Err(Refusal::Invalid(format!("{name} does not know '{text}'."))),
    }
}

/// A word in a body, as text even where it is a number; empty when it is absent.
pub(crate) fn in_body(body: &Json, name: &str) -> String {
    match body.get(name) {
        Some(Json::String(text)) => text.clone(),
        Some(Json::Number(number)) => number.to_string(),
        _ => String::new(),
    }
}

/// Whether an `errorPolicy` omits what cannot be read; `fail` and `omit` are 1 and 2 in the clients'
/// enum.
///
/// # Errors
/// [`Refusal::Invalid`] for a word that the service does not know.
pub(crate) fn omits(policy: &str) -> Result<bool, Refusal> {
    // Nothing has the number 0.
    of("errorPolicy", policy, &["", "fail", "omit"]).map(|word| word == "omit")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_known_by_name_and_by_number() {
        let words = ["none", "wiql", "clauses"];
        let check = |text: &str, expected: Option<&str>| {
            assert_eq!(of("$expand", text, &words).ok(), expected, "{text}");
        };
        check("", Some("none"));
        check("Wiql", Some("wiql"));
        check("2", Some("clauses"));
        check("3", None);
        check("everything", None);
        assert!(omits("2").is_ok_and(|omits| omits));
        assert!(omits("perhaps").is_err());
    }
}
