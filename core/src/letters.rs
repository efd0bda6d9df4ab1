//! Letters as they are compared: one letter is the same composed and decomposed (Unicode Standard Annex
//! #15), in either case; and as somebody types them whose keyboard has none with marks.

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// Letters that no mark makes of another, by what stands for them.
const WITHOUT_DECOMPOSITION: [(char, &str); 8] = [
    ('ß', "ss"),
    ('æ', "ae"),
    ('œ', "oe"),
    ('ø', "o"),
    ('ł', "l"),
    ('đ', "d"),
    ('þ', "th"),
    ('ı', "i"),
];

/// Letters that are written as two where there are none with marks.
const UMLAUTS: [(char, &str); 6] = [
    ('ä', "ae"),
    ('ö', "oe"),
    ('ü', "ue"),
    ('å', "aa"),
    ('ø', "oe"),
    ('æ', "ae"),
];

/// A text in composed letters and lower case.
pub(crate) fn comparable(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let lower = text.nfc().collect::<String>().to_lowercase();
    lower.nfc().collect()
}

/// The same text in letters without marks: "müller" as "muller" and as "mueller".
pub fn without_marks(text: &str) -> [String; 2] {
    let text = comparable(text);
    let doubled = replaced(&text, &UMLAUTS);
    [text, doubled].map(|text| {
        let letters = replaced(&text, &WITHOUT_DECOMPOSITION);
        letters
            .nfd()
            .filter(|one| !is_combining_mark(*one))
            .collect()
    })
}

fn replaced(text: &str, table: &[(char, &str)]) -> String {
    let mut replaced = String::with_capacity(text.len());
    for letter in text.chars() {
        match table.iter().find(|(from, _)| *from == letter) {
            Some((_, to)) => replaced.push_str(to),
            None => replaced.push(letter),
        }
    }
    replaced
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comparable_composes_and_lowers() {
        for (one, other) in [
            ("PE\u{303}NA", "p\u{1ebd}na"),
            ("Mu\u{308}ller", "MÜLLER"),
            ("\u{1112}\u{1161}\u{11ab}", "한"),
            ("\u{212b}ngström", "ångström"),
        ] {
            assert_eq!(comparable(one), comparable(other));
        }
        assert_ne!(comparable("Muller"), comparable("Müller"));
    }

    #[test]
    fn without_marks_spells_both_ways() {
        assert_eq!(without_marks("Mu\u{308}ller"), ["muller", "mueller"]);
        assert_eq!(without_marks("GROẞ"), ["gross", "gross"]);
        assert_eq!(
            without_marks("Łukasz Sørensen"),
            ["lukasz sorensen", "lukasz soerensen"]
        );
    }
}
