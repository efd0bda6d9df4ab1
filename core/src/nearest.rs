//! What somebody may have meant who typed something else: the fewest characters to add, leave out,
//! change or swap with their neighbour (optimal string alignment). Few enough for the length, or it
//! is another word and no slip.

use crate::letters::comparable;

/// How many slips there are between what was typed and what may be meant, in either letter case;
/// `None` if there are too many.
pub(crate) fn slips(typed: &str, meant: &str) -> Option<usize> {
    let (typed, meant) = (comparable(typed), comparable(meant));
    let (a, b) = (typed.chars().count(), meant.chars().count());
    let allowed = allowed(a.min(b));
    if a.abs_diff(b) > allowed || allowed == 0 {
        return (typed == meant).then_some(0);
    }
    Some(strsim::osa_distance(&typed, &meant)).filter(|slips| *slips <= allowed)
}

/// The nearest of several, if one is near.
pub fn nearest<T>(
    typed: &str,
    several: impl IntoIterator<Item = T>,
    name: impl Fn(&T) -> &str,
) -> Option<T> {
    let near = several
        .into_iter()
        .filter_map(|one| Some((slips(typed, name(&one))?, one)));
    near.min_by_key(|(slips, _)| *slips).map(|(_, one)| one)
}

/// The fewest slips between what was typed and a name, or as many words of it; `None` if
/// there are too many.
pub fn slips_in_words(typed: &str, name: &str) -> Option<usize> {
    let count = typed.split_whitespace().count().max(1);
    let words: Vec<&str> = name.split_whitespace().collect();
    let parts = words.windows(count).map(|words| words.join(" "));
    let parts = parts.filter_map(|part| slips(typed, &part));
    parts.chain(slips(typed, name)).min()
}

/// Of three letters each one counts; of more, about every fourth may be wrong.
fn allowed(length: usize) -> usize {
    match length {
        0..=3 => 0,
        4..=7 => 1,
        8..=11 => 2,
        _ => 3,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_counts_typos_and_rejects_other_words() {
        for (typed, meant, expected) in [
            ("Ada Exampel", "Ada Example", 1),
            ("ADA EXAMPLE", "Ada Example", 0),
            ("windwos2016", "windows2016", 1),
            ("keychian", "keychain", 1),
            ("Zoe Lukasz", "Zoë Łukasz", 2),
            ("My", "my", 0),
        ] {
            assert_eq!(slips(typed, meant), Some(expected), "{typed} {meant}");
        }
        for (typed, meant) in [
            ("Pat", "Pet"),
            ("Nobody", "Norman"),
            ("java", "nss"),
            ("grace", "Edith"),
            ("", "My"),
            ("windows", "windows2016"),
            ("commodore64", "macos14"),
        ] {
            assert_eq!(slips(typed, meant), None, "{typed} {meant}");
        }
    }

    #[test]
    fn nearest_returns_the_closest_name() {
        let near = |typed| nearest(typed, ["windows2012", "windows2016"], |name| name);
        assert_eq!(near("windwos2016"), Some("windows2016"));
        assert_eq!(near("openssl"), None);
    }
}
