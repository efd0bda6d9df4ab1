//! The characters that bars and trees are drawn with. A terminal that is told to be in another
//! encoding than UTF-8 gets ASCII; the others are of code page 437, which every console's font has.
//! What is no terminal gets the same everywhere, so that scripts read the same everywhere.

use std::env;

/// One set of characters.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Drawing {
    /// A part of a bar that is there, and one that is gone.
    pub(crate) full: char,
    pub(crate) empty: char,
    /// Before a name that hangs below another, with more of them to come, and before the last one.
    pub(crate) branch: &'static str,
    pub(crate) last: &'static str,
    /// The continuation of a branch, and of nothing.
    pub(crate) pass: &'static str,
    pub(crate) blank: &'static str,
    /// Where text was cut.
    pub(crate) cut: &'static str,
}

pub(crate) const UNICODE: Drawing = Drawing {
    full: '█',
    empty: '░',
    branch: "├─ ",
    last: "└─ ",
    pass: "│  ",
    blank: "   ",
    cut: "…",
};

pub(crate) const ASCII: Drawing = Drawing {
    full: '#',
    empty: '-',
    branch: "|- ",
    last: "`- ",
    pass: "|  ",
    blank: "   ",
    cut: "~",
};

impl Drawing {
    /// For a terminal in this locale.
    pub(crate) fn of_the_terminal() -> &'static Self {
        let variable = |name: &str| env::var(name).unwrap_or_default();
        match is_utf8(["LC_ALL", "LC_CTYPE", "LANG"].map(variable)) {
            true => &UNICODE,
            false => &ASCII,
        }
    }

    /// `full` of `parts` parts of a bar.
    pub(crate) fn bar(&self, full: u16, parts: u16) -> String {
        let part = |at| if at < full { self.full } else { self.empty };
        (0..parts).map(part).collect()
    }
}

/// Whether the first of these that is set names UTF-8 (POSIX 8.2). Where none is, as on Windows,
/// nobody has said otherwise.
fn is_utf8(locales: [String; 3]) -> bool {
    let decisive = locales.into_iter().find(|locale| !locale.is_empty());
    decisive.is_none_or(|locale| {
        let locale = locale.to_ascii_lowercase();
        locale.contains("utf-8") || locale.contains("utf8")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_utf8_uses_first_locale_set() {
        let utf8 =
            |all: &str, ctype: &str, lang: &str| is_utf8([all, ctype, lang].map(str::to_owned));
        assert!(utf8("", "", ""));
        assert!(utf8("", "", "de_DE.UTF-8"));
        assert!(utf8("C.utf8", "", "POSIX"));
        assert!(!utf8("", "", "de_DE.ISO-8859-1"));
        assert!(!utf8("C", "", "de_DE.UTF-8"));
        assert!(!utf8("", "POSIX", "de_DE.UTF-8"));
    }

    #[test]
    fn bar_draws_given_fraction() {
        assert_eq!(UNICODE.bar(2, 5), "██░░░");
        assert_eq!(ASCII.bar(0, 3), "---");
        assert_eq!(ASCII.bar(3, 3), "###");
    }
}
