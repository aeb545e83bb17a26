//! The name that was probably meant.

/// Longer names are not compared: the work grows with the square of their length.
const CHARS_MAX: usize = 64;
/// Only so many candidates are compared, so that a file full of slips is still told quickly.
const CANDIDATES_MAX: usize = 100;

/// The candidate nearest to a word, when one is near enough to have been meant: a third of the letters may differ. Case
/// counts for nothing. Of equally near ones the first wins.
pub(crate) fn nearest<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let word = folded(word)?;
    let allowed = (word.len() / 3).max(1);
    candidates
        .into_iter()
        .take(CANDIDATES_MAX)
        .filter_map(|candidate| Some((folded(candidate)?, candidate)))
        .filter(|(letters, _)| letters.len().abs_diff(word.len()) <= allowed)
        .map(|(letters, candidate)| (distance(&word, &letters), candidate))
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// `did you mean "x"?` when something is near, else the given advice.
pub(crate) fn advice<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
    otherwise: impl FnOnce() -> String,
) -> String {
    nearest(word, candidates).map_or_else(otherwise, |name| format!("did you mean \"{name}\"?"))
}

/// The names in quotes, separated by commas; long lists are cut.
pub(crate) fn listed<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    const SHOWN: usize = 12;
    let mut names = names.into_iter().map(|name| format!("\"{name}\""));
    let shown: Vec<String> = names.by_ref().take(SHOWN).collect();
    match names.count() {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

fn folded(word: &str) -> Option<Vec<char>> {
    let folded: Vec<char> = word
        .trim()
        .chars()
        .flat_map(char::to_lowercase)
        .take(CHARS_MAX + 1)
        .collect();
    (folded.len() <= CHARS_MAX).then_some(folded)
}

/// Letters to insert, remove or replace to get from one word to the other; two neighbours in the wrong order count once.
fn distance(one: &[char], other: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=other.len()).collect();
    let mut previous = None;
    for (row, &letter) in one.iter().enumerate() {
        let mut current = Vec::with_capacity(other.len() + 1);
        let mut left = row + 1;
        current.push(left);
        for (column, &wanted) in other.iter().enumerate() {
            let at =
                |line: &[usize], index: usize| line.get(index).copied().unwrap_or(usize::MAX / 2);
            let mut best = (left + 1)
                .min(at(&above, column + 1) + 1)
                .min(at(&above, column) + usize::from(letter != wanted));
            let last = column
                .checked_sub(1)
                .and_then(|index| other.get(index).copied());
            if last == Some(letter) && previous == Some(wanted) {
                best = best.min(at(&before, column.saturating_sub(1)) + 1);
            }
            current.push(best);
            left = best;
        }
        previous = Some(letter);
        before = std::mem::replace(&mut above, current);
    }
    above.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_keyboard_is_understood() {
        let known = ["direction", "conflict", "jira", "azure", "In Progress"];
        for (word, expected) in [
            ("dirction", Some("direction")),
            ("Conflcit", Some("conflict")),
            ("arijj", None),
            ("jria", Some("jira")),
            ("In Progres", Some("In Progress")),
            ("in progress", Some("In Progress")),
            ("", None),
            ("something else", None),
        ] {
            assert_eq!(nearest(word, known), expected, "{word}");
        }
    }

    #[test]
    fn two_neighbours_in_the_wrong_order_count_once() {
        let chars = |text: &str| text.chars().collect::<Vec<char>>();
        for (one, other, expected) in [
            ("", "", 0),
            ("abc", "", 3),
            ("", "abc", 3),
            ("abc", "acb", 1),
            ("kitten", "sitting", 3),
            ("abcd", "badc", 2),
        ] {
            assert_eq!(
                distance(&chars(one), &chars(other)),
                expected,
                "{one} {other}"
            );
        }
    }

    #[test]
    fn a_monstrous_name_is_not_compared() {
        let long = "x".repeat(1_000_000);
        assert_eq!(nearest(&long, ["x"]), None);
    }
}
