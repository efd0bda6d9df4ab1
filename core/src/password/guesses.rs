//! How many guesses find a password, as zxcvbn estimates it (Wheeler, "zxcvbn: Low-Budget Password
//! Strength Estimation", USENIX Security 2016): each part of the password gets the number of guesses
//! of the cheapest pattern it follows, and the password is cut into parts so that the product is
//! least. What follows no pattern costs ten guesses a character, which is little on purpose.
//!
//! Known are common words, passwords and names, also capitalized, reversed or with digits for
//! letters; sequences; rows of the keyboard; repetitions; years and dates. Unknown are the rarer words
//! of English, nearly all words of other languages, and paths over the keyboard that turn.

use std::collections::HashMap;

use zeroize::Zeroizing;

/// Common passwords, English words and names, the most frequent first: of each of the lists of
/// zxcvbn 3.1.1, the first 5,000, and of the others those of ten letters and more, which would count
/// as fair otherwise. `words.LICENSE` is theirs.
const WORDS: &str = include_str!("words.txt");

/// Of how many lists the words are. Who knows which list a word is from has that many times fewer to
/// try.
const LISTS: f64 = 6.0;

/// Rows of keys: English, what is German and French beside, and the English digits with shift.
const ROWS: [&str; 8] = [
    "1234567890",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "qwertzuiop\u{fc}",
    "yxcvbnm",
    "azertyuiop",
    "!@#$%^&*()",
];

/// As many keys a row of them may begin at.
const KEYS: f64 = 47.0;

/// What a character costs that follows no pattern.
const ANY_CHARACTER: f64 = 10.0;

/// What each further part costs at least, since it is not known where the parts end.
const FURTHER_PART: f64 = 10_000.0;

/// The decimal logarithm of the guesses that find the password, where the words of `context` are
/// guessed first. Takes time with the cube of the length.
pub(super) fn log10(password: &str, context: &[&str]) -> f64 {
    let mut parts = Parts::new(password);
    parts.words(context);
    parts.sequences();
    parts.rows();
    parts.dates();
    parts.repetitions();
    parts.fewest(0, parts.length())
}

/// The guesses for each part of a password, as decimal logarithms.
struct Parts {
    characters: Zeroizing<Vec<char>>,
    /// By the first character and the one after the last.
    guesses: Vec<Vec<f64>>,
}

impl Parts {
    fn new(password: &str) -> Self {
        let mut characters = Zeroizing::new(Vec::with_capacity(password.len()));
        characters.extend(password.chars());
        let length = characters.len();
        let of_any = |from: usize| {
            let of_length = |to: usize| to.saturating_sub(from) as f64 * ANY_CHARACTER.log10();
            (0..=length).map(of_length).collect()
        };
        let guesses = (0..length).map(of_any).collect();
        Self {
            characters,
            guesses,
        }
    }

    fn length(&self) -> usize {
        self.characters.len()
    }

    /// Every part of at least this length: its first character, and the one after its last.
    fn ranges(&self, shortest: usize) -> impl Iterator<Item = (usize, usize)> + use<> {
        let length = self.length();
        (0..length).flat_map(move |from| (from + shortest..=length).map(move |to| (from, to)))
    }

    /// A part that follows a pattern of so many guesses. One of many parts is not found in fewer
    /// guesses than a few dozen.
    fn found(&mut self, (from, to): (usize, usize), guesses: f64) {
        let floor: f64 = match to - from {
            whole if whole == self.length() => 1.0,
            1 => 10.0,
            _ => 50.0,
        };
        let known = &mut self.guesses[from][to];
        *known = known.min(guesses.max(floor.log10()));
    }

    /// Words of the list and of the context, as they are, with signs for letters, and reversed.
    fn words(&mut self, context: &[&str]) {
        let context: Vec<String> = context.iter().map(|word| lower(word.chars())).collect();
        let words = (1_u32..).zip(WORDS.lines());
        let known = (1_u32..).zip(context.iter().map(String::as_str));
        let ranks: HashMap<&str, u32> = words
            .chain(known)
            .map(|(rank, word)| (word, rank))
            .collect();
        for stand_in in [None, Some('i'), Some('l')] {
            for reversed in [false, true] {
                self.words_as(&ranks, stand_in, reversed);
            }
        }
    }

    /// `one` is what the digit 1 stands for, if digits and signs do stand for letters.
    fn words_as(&mut self, ranks: &HashMap<&str, u32>, one: Option<char>, reversed: bool) {
        let letter = |&sign: &char| one.and_then(|one| letter(sign, one)).unwrap_or(sign);
        let text = Zeroizing::new(match reversed {
            false => lower(self.characters.iter().map(letter)),
            true => lower(self.characters.iter().rev().map(letter)),
        });
        let starts = text.char_indices().map(|(start, _)| start);
        let starts: Vec<usize> = starts.chain([text.len()]).collect();
        for (from, to) in self.ranges(2) {
            let Some(&rank) = ranks.get(&text[starts[from]..starts[to]]) else {
                continue;
            };
            let (from, to) = match reversed {
                false => (from, to),
                true => (self.length() - to, self.length() - from),
            };
            let part = &self.characters[from..to];
            let signs = part.iter().filter(|sign| letter(sign) != **sign).count();
            let doubled = signs + usize::from(reversed);
            let base = (f64::from(rank) / LISTS).max(1.0);
            let guesses = base * capitals(part) * 2_f64.powi(doubled as i32);
            self.found((from, to), guesses.log10());
        }
    }

    /// Characters that follow each other, such as "abcd" and "4321".
    fn sequences(&mut self) {
        for (from, to) in self.ranges(3) {
            let part = &self.characters[from..to];
            let step = i64::from(u32::from(part[1])) - i64::from(u32::from(part[0]));
            let follows = |pair: &[char]| {
                i64::from(u32::from(pair[1])) - i64::from(u32::from(pair[0])) == step
            };
            if step.abs() == 1 && part.windows(2).all(follows) {
                let starts = match part[0] {
                    'a' | 'A' | 'z' | 'Z' | '0' | '1' | '9' => 4.0,
                    '0'..='9' => 10.0,
                    _ => 26.0,
                };
                let ways = if step == 1 { 1.0 } else { 2.0 };
                self.found((from, to), (starts * ways * (to - from) as f64).log10());
            }
        }
    }

    /// Keys beside each other, in either direction.
    fn rows(&mut self) {
        for (from, to) in self.ranges(3) {
            let part = &self.characters[from..to];
            let forward = Zeroizing::new(lower(part.iter().copied()));
            let backward = Zeroizing::new(lower(part.iter().rev().copied()));
            if ROWS
                .iter()
                .any(|row| row.contains(&**forward) || row.contains(&**backward))
            {
                let guesses = KEYS * 2.0 * (to - from) as f64 * capitals(part);
                self.found((from, to), guesses.log10());
            }
        }
    }

    /// Years from 1900 to 2059, and dates with such a year, in full or by its last two digits.
    fn dates(&mut self) {
        for (from, to) in self.ranges(4).filter(|(from, to)| to - from <= 10) {
            let part = &self.characters[from..to];
            if to - from == 4 && number(part).is_some_and(is_year) {
                self.found((from, to), 100_f64.log10());
            } else if is_date(part) {
                let separated = part.iter().any(|sign| !sign.is_ascii_digit());
                let guesses = 365.0 * 100.0 * if separated { 4.0 } else { 1.0 };
                self.found((from, to), f64::log10(guesses));
            }
        }
    }

    /// The same part again and again. Shorter ones come first: a repetition may be repeated.
    fn repetitions(&mut self) {
        for length in 2..=self.length() {
            for from in 0..=self.length() - length {
                let to = from + length;
                let part = &self.characters[from..to];
                let repeats = |unit: &usize| {
                    length % unit == 0 && part.chunks(*unit).all(|one| *one == part[..*unit])
                };
                if let Some(unit) = (1..=length / 2).find(repeats) {
                    let times = (length / unit) as f64;
                    self.found((from, to), self.fewest(from, from + unit) + times.log10());
                }
            }
        }
    }

    /// The least guesses for what is between, cut into parts: their product, for every order they
    /// may come in, and [`FURTHER_PART`] for each but one.
    fn fewest(&self, from: usize, to: usize) -> f64 {
        let length = to - from;
        let mut fewest = f64::INFINITY;
        // Of the parts so far, by where they end.
        let mut products = vec![f64::INFINITY; length + 1];
        products[0] = 0.0;
        let mut orders = 0.0;
        for parts in 1..=length {
            products = (0..=length)
                .map(|end| {
                    let one_more =
                        |start: usize| products[start] + self.guesses[from + start][from + end];
                    (0..end).map(one_more).fold(f64::INFINITY, f64::min)
                })
                .collect();
            orders += (parts as f64).log10();
            let in_order = 10_f64.powf(products[length] + orders);
            let cuts = FURTHER_PART.powi(parts as i32 - 1);
            fewest = fewest.min((in_order + cuts).log10());
        }
        // Nothing is guessed at once.
        if length == 0 { 0.0 } else { fewest }
    }
}

/// In small letters, character by character.
fn lower(text: impl Iterator<Item = char>) -> String {
    // No buffer that is too small is left behind, since the text may be secret.
    let most = text.size_hint().1.unwrap_or_default();
    let mut lower = String::with_capacity(4 * most);
    lower.extend(text.map(|letter| letter.to_lowercase().next().unwrap_or(letter)));
    lower
}

/// The letter that a digit or a sign stands for.
fn letter(sign: char, one: char) -> Option<char> {
    Some(match sign {
        '4' | '@' => 'a',
        '8' => 'b',
        '(' | '<' | '[' | '{' => 'c',
        '3' => 'e',
        '6' | '9' => 'g',
        '1' | '!' | '|' => one,
        '0' => 'o',
        '5' | '$' => 's',
        '7' | '+' => 't',
        '2' => 'z',
        _ => return None,
    })
}

/// In how many ways so many letters of a word are capital ones: two for the usual ways.
fn capitals(word: &[char]) -> f64 {
    let count = |is: fn(char) -> bool| word.iter().filter(|&&letter| is(letter)).count();
    let (upper, small) = (count(char::is_uppercase), count(char::is_lowercase));
    let at_an_end = [word.first(), word.last()]
        .into_iter()
        .flatten()
        .any(|letter| letter.is_uppercase());
    match upper {
        0 => 1.0,
        1 if at_an_end => 2.0,
        _ if small == 0 => 2.0,
        _ => {
            // The sum of the binomial coefficients.
            let mut ways = 1.0;
            let of_so_many = (1..=upper.min(small)).map(|chosen| {
                ways *= (upper + small + 1 - chosen) as f64 / chosen as f64;
                ways
            });
            of_so_many.sum()
        }
    }
}

fn number(digits: &[char]) -> Option<u32> {
    digits
        .iter()
        .try_fold(0, |number, digit| Some(number * 10 + digit.to_digit(10)?))
}

fn is_year(number: u32) -> bool {
    (1900..2060).contains(&number)
}

/// Whether it is a day, a month and a year in one of the usual orders, with the same separator
/// between them or with none.
fn is_date(part: &[char]) -> bool {
    let separator = part.iter().find(|sign| !sign.is_ascii_digit());
    match (separator, part.len()) {
        (Some(sign), _) if "-./_ ".contains(*sign) => {
            let fields: Vec<_> = part.split(|other| other == sign).collect();
            fields.as_slice().try_into().is_ok_and(is_date_of)
        }
        (None, 6) => is_date_of([&part[..2], &part[2..4], &part[4..]]),
        (None, 8) => {
            is_date_of([&part[..2], &part[2..4], &part[4..]])
                || is_date_of([&part[..4], &part[4..6], &part[6..]])
        }
        _ => false,
    }
}

fn is_date_of(fields: [&[char]; 3]) -> bool {
    let year = |at: usize| match fields[at].len() {
        2 => number(fields[at]).is_some(),
        4 => number(fields[at]).is_some_and(is_year),
        _ => false,
    };
    let up_to = |at: usize, most: u32| {
        let digits = fields[at];
        digits.len() <= 2 && number(digits).is_some_and(|number| (1..=most).contains(&number))
    };
    let orders = [(0, 1, 2), (1, 0, 2), (2, 1, 0)];
    let is = |&(day, month, of)| up_to(day, 31) && up_to(month, 12) && year(of);
    orders.iter().any(is)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn log10_counts_ten_for_unknown_characters() {
        assert_eq!(log10("", &[]), 0.0);
        for unknown in ["x7#Kp9!qLm2", "Ж\u{1f600}ßК"] {
            let found = log10(unknown, &[]);
            let expected = unknown.chars().count() as f64;
            assert!((found - expected).abs() < 0.01, "{unknown}: {found}");
        }
    }

    #[test]
    fn log10_knows_each_pattern() {
        // A character that does not belong there costs more.
        for (password, broken, most) in [
            ("computer", "cqmputer", 2.5),
            ("COMPUTER", "CQMPUTER", 3.0),
            ("c0mpu7er", "c=mpu7er", 3.5),
            ("retupmoc", "retupmqc", 3.0),
            ("hijklmnop", "hijkxmnop", 3.0),
            ("ponmlkjih", "ponmxkjih", 3.0),
            ("asdfghjkl", "asdfxhjkl", 3.1),
            ("poiuztrew", "poiuxtrew", 3.1),
            ("x7#Kx7#K", "x7#Kx7#L", 4.5),
            ("12.03.1985", "13.13.1985", 5.3),
            ("19850312", "19851312", 4.6),
            ("03121985", "13141985", 4.6),
        ] {
            let [found, dearer] = [password, broken].map(|text| log10(text, &[]));
            assert!(found <= most, "{password}: {found}");
            assert!(dearer > found + 0.3, "{broken}: {dearer}");
        }
    }

    #[test]
    fn log10_takes_words_of_the_context_first() {
        let context = ["Zaunk\u{d6}nig"];
        assert!(log10("zaunk\u{f6}nig", &context) < 0.5);
        assert!(log10("Zaunk\u{f6}nig!", &context) < 5.0);
        assert!(log10("zaunk\u{f6}nig", &[]) > 7.0);
    }

    #[test]
    fn capitals_counts_spellings_of_a_word() {
        for (word, ways) in [
            ("word", 1.0),
            ("Word", 2.0),
            ("worD", 2.0),
            ("WORD", 2.0),
            ("wOrd", 4.0),
            ("WOrd", 10.0),
        ] {
            let word: Vec<char> = word.chars().collect();
            assert_eq!(capitals(&word), ways, "{word:?}");
        }
    }
}
