//! Whether a person can be asked. Not wherever standard input looks like a terminal: mintty, the window
//! of Git Bash and MSYS2, is a pipe to a program for Windows (one whose name says so: to Rust's standard
//! library a terminal, as to others), and the console beside it is one that nobody sees. So is that of
//! PowerShell ISE, which shows pipes. What is asked there waits for ever. (Git for Windows, "Known
//! Issues": `winpty` gives such a program a console.)

use std::io::{self, IsTerminal as _};

use super::system;

/// Whether somebody can be asked, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Asking {
    /// There is a terminal that shows the questions and takes the answers.
    AtTerminal,
    /// It seems so, but questions would be shown where nobody sees them. On Windows alone.
    OutOfSight,
    /// There is no terminal.
    #[default]
    Nowhere,
}

/// Whether somebody can be asked.
pub fn asking() -> Asking {
    let stdin = io::stdin();
    rule(
        stdin.is_terminal(),
        system::can_be_asked_at(&stdin),
        system::shows_questions(),
    )
}

/// By whether standard input seems to be a terminal, whether it is one, and whether what is asked there
/// is seen.
fn rule(seems_a_terminal: bool, is_a_terminal: bool, is_seen: bool) -> Asking {
    match (seems_a_terminal || is_a_terminal, is_a_terminal && is_seen) {
        (_, true) => Asking::AtTerminal,
        (true, false) => Asking::OutOfSight,
        (false, false) => Asking::Nowhere,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rule_tells_consoles_from_what_seems_one() {
        for (seems, is, seen, expected) in [
            (true, true, true, Asking::AtTerminal),
            // PowerShell ISE, and a console with both outputs redirected.
            (true, true, false, Asking::OutOfSight),
            // mintty.
            (true, false, false, Asking::OutOfSight),
            (false, false, false, Asking::Nowhere),
            // Input comes from a file, and the output is seen.
            (false, false, true, Asking::Nowhere),
        ] {
            assert_eq!(rule(seems, is, seen), expected);
        }
    }
}
