//! Ids made from what they name, so that the same organisation has the same ids in every run.

/// An id in the form of a UUID: always the same for the same parts.
pub(crate) fn of(parts: &[&str]) -> String {
    let text = parts.join("/");
    let digest = hex::encode(ring::digest::digest(&ring::digest::SHA256, text.as_bytes()));
    let part = |from: usize, to: usize| digest.get(from..to).unwrap_or("").to_owned();
    format!(
        "{}-{}-4{}-8{}-{}",
        part(0, 8),
        part(8, 12),
        part(12, 15),
        part(15, 18),
        part(18, 30)
    )
}

/// Whether a text has the form of an id: 8-4-4-4-12 hexadecimal digits.
pub(crate) fn is(text: &str) -> bool {
    let lengths: Vec<usize> = text.split('-').map(str::len).collect();
    lengths == [8, 4, 4, 4, 12] && text.chars().all(|c| c == '-' || c.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_parts_give_the_same_id() {
        let id = of(&["query", "7"]);
        assert!(is(&id), "{id}");
        assert_eq!(id, of(&["query", "7"]));
        assert!(!is("Shared Queries") && !is(""));
    }
}
