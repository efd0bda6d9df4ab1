//! How long a password would stand up to somebody who has the file. What the number of guesses
//! means is decided here, because a file can be attacked at leisure: at 200,000 iterations of
//! SHA-256 one graphics card tries some 100,000 passwords a second.

use certstow_formats::secret::{Password, wipe_stack};

use super::guesses;

/// No more characters than this are looked at, since the time taken grows with their cube. A longer
/// password is at least as strong as its beginning.
const LONGEST: usize = 64;

/// No more words of the context than this, and none that are longer: they come from certificates.
const MOST_WORDS: usize = 64;

/// A word as short as this is in any password by chance.
const SHORTEST_WORD: usize = 3;

/// How well a password stands up to guessing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Strength {
    /// Guessed within seconds: less than 10^6 guesses.
    VeryWeak,
    /// Guessed within a day or so by one machine: less than 10^10.
    Weak,
    /// Takes one machine days to years, and many machines less: below 10^13.
    Fair,
    /// Takes one machine years and more, and at the upper end a thousand of them centuries: below
    /// 10^18.
    Strong,
    /// Not to be guessed.
    VeryStrong,
}

impl Strength {
    /// For a person: "very weak", "weak", "fair", "strong", "very strong".
    pub fn words(self) -> &'static str {
        match self {
            Self::VeryWeak => "very weak",
            Self::Weak => "weak",
            Self::Fair => "fair",
            Self::Strong => "strong",
            Self::VeryStrong => "very strong",
        }
    }

    /// Whether somebody who has the file would have its content within days.
    pub fn is_weak(self) -> bool {
        self <= Self::Weak
    }

    fn of(guesses_log10: f64) -> Self {
        match guesses_log10 {
            guesses if guesses < 6.0 => Self::VeryWeak,
            guesses if guesses < 10.0 => Self::Weak,
            guesses if guesses < 13.0 => Self::Fair,
            guesses if guesses < 18.0 => Self::Strong,
            _ => Self::VeryStrong,
        }
    }
}

/// Estimates how strong a password is. `context` is what somebody who has the file knows of its
/// owner, such as the label and the e-mail address of the certificate: whole, and word by word, it
/// makes a password no stronger.
pub fn strength(password: &Password, context: &[&str]) -> Strength {
    let password = password.expose();
    let end = password.char_indices().nth(LONGEST).map(|(end, _)| end);
    let known = &password[..end.unwrap_or(password.len())];
    let strength = Strength::of(guesses::log10(known, &words(context)));
    wipe_stack();
    strength
}

/// What is in the context, as a whole and in words.
fn words<'a>(context: &[&'a str]) -> Vec<&'a str> {
    let whole = context.iter().copied();
    let in_words = context
        .iter()
        .flat_map(|text| text.split(|c: char| !c.is_alphanumeric()));
    whole
        .chain(in_words)
        .filter(|word| word.len() <= LONGEST)
        .filter(|word| word.chars().count() >= SHORTEST_WORD)
        .take(MOST_WORDS)
        .collect()
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;
    use crate::password::generate;

    fn of(password: &str, context: &[&str]) -> Strength {
        strength(&Password::new(password.to_owned()), context)
    }

    #[test]
    fn strength_grades_sample_passwords() {
        for (password, expected) in [
            ("", Strength::VeryWeak),
            ("password", Strength::VeryWeak),
            ("Passw0rd!", Strength::VeryWeak),
            ("qwertz123", Strength::VeryWeak),
            ("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", Strength::VeryWeak),
            ("Sommer2024!", Strength::Weak),
            ("Frosch und Kröte", Strength::Strong),
            ("Wrong pony, battery clip", Strength::VeryStrong),
            ("correct horse battery staple", Strength::VeryStrong),
        ] {
            let found = of(password, &[]);
            assert_eq!(found, expected, "{password:?}");
            assert_eq!(found.is_weak(), expected <= Strength::Weak);
        }
    }

    #[test]
    fn strength_of_generated_password_is_very_strong() {
        for _ in 0..10 {
            let found = strength(&generate().unwrap(), &["Ada Example"]);
            assert_eq!(found, Strength::VeryStrong);
        }
    }

    #[test]
    fn strength_drops_for_words_of_the_owner() {
        let context = ["Wilhelmine Zaunkoenig", "wz.vogelhaus@example.org"];
        for password in [
            "Wilhelmine Zaunkoenig",
            "zaunkoenig1",
            "vogelhaus",
            "wz.vogelhaus@example.org",
        ] {
            assert!(of(password, &[]) > of(password, &context), "{password}");
            assert!(of(password, &context).is_weak(), "{password}");
        }
    }

    #[test]
    fn strength_words_follow_the_guess_bounds() {
        let expected = [
            (5.9, "very weak"),
            (6.0, "weak"),
            (9.9, "weak"),
            (10.0, "fair"),
            (13.0, "strong"),
            (18.0, "very strong"),
        ];
        for (guesses, words) in expected {
            assert_eq!(Strength::of(guesses).words(), words);
        }
        assert_eq!(Strength::of(f64::NEG_INFINITY), Strength::VeryWeak);
    }

    #[test]
    fn strength_stays_fast_for_long_input() {
        let began = Instant::now();
        let long = "ä1".repeat(20_000);
        let text = "name ".repeat(20_000);
        assert!(of(&long, &[&text, &long]) < Strength::VeryStrong);
        assert!(began.elapsed() < Duration::from_secs(10));
    }
}
