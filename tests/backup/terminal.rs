//! At a terminal: a bar while it goes on, a table that fits, and a password that is asked for.

use std::path::Path;

use crate::support::Terminal;
use crate::{ADA, GRACE, World, complete, files};

const BACKUP: &str = "backup --store store --to a --iterations 2000";

/// Starts certstow at a terminal of some width.
pub(crate) fn start(folder: &Path, width: u16, words: &str) -> Terminal {
    let program = [env!("CARGO_BIN_EXE_certstow")].into_iter();
    let words = program.chain(words.split_whitespace());
    let variables = [("SECRET", crate::PASSWORD), ("NO_COLOR", "1")];
    Terminal::run(folder, width, &variables, words)
}

/// Runs a backup at such a terminal; everything that it drew, and what was left on the screen.
fn backup_at(world: &World, width: u16) -> (String, String) {
    let words = format!("{BACKUP} --password-env SECRET");
    let (code, shown) = start(world.folder.path(), width, &words).end();
    assert_eq!(code, Some(0), "{shown}");
    // A line that is wiped and drawn anew; nothing is drawn over two of them.
    let (drawn, left) = shown
        .rsplit_once("\r\u{1b}[2K")
        .expect("something is wiped");
    let (drawn, left) = (drawn.replace("\r\u{1b}[2K", "\n"), left.to_owned());
    for text in [&drawn, &left] {
        assert!(!text.contains('\u{1b}'), "{width}: {text:?}");
        for line in text.lines() {
            let columns = line.trim_end().chars().count();
            assert!(columns <= width.into(), "{width}: {line}");
        }
    }
    (drawn, left)
}

#[test]
fn backup_clears_progress_and_fits_table() {
    for width in [40, 120] {
        let world = World::new();
        let (drawn, left) = backup_at(&world, width);
        assert_eq!(files(&world.path("a")), complete());
        for part in ["Checking [", "Saving   [", "/3"] {
            assert!(drawn.contains(part), "{width}: no {part} in {drawn}");
        }
        let left: Vec<&str> = left.lines().map(str::trim_end).collect();
        let expected = [
            "a: the folder was made",
            "a: 3 written",
            "NAME           THUMBPRINT        RESULT",
            "Ada Example    694258fc134145ba  new",
            "Edith Example  9d199600f3ae2179  new",
            "Grace Example  776c7167ca23d47f  new",
            "All 3 identities are saved.",
        ];
        assert_eq!(left, expected, "{width}");
    }
}

#[test]
fn backup_table_wraps_reasons_not_thumbprints() {
    let world = World::new();
    backup_at(&world, 120);
    for width in [40, 120] {
        world.damage(&format!("a/{ADA}"));
        std::fs::remove_file(world.path("a").join(GRACE)).unwrap();
        let (_, left) = backup_at(&world, width);
        assert!(left.contains("a: 2 mended, 1 unchanged"), "{left}");
        assert!(left.contains("694258fc134145ba"), "{left}");
        let words: Vec<&str> = left.split_whitespace().collect();
        let reason = match width {
            40 => left.lines().count() > 8,
            _ => left.contains("rewritten: the file was damaged: its bytes are not those"),
        };
        assert!(reason && words.contains(&"damaged:"), "{left}");
    }
}

#[test]
fn backup_prompts_for_password_only_when_writing() {
    let world = World::new();
    let mut terminal = start(world.folder.path(), 100, BACKUP);
    for prompt in [
        "Password for the files of this backup: ",
        "The same password again: ",
    ] {
        terminal.wait_for(prompt);
        terminal.press(&format!("{}\r", crate::PASSWORD));
    }
    let (code, shown) = terminal.end();
    assert_eq!(code, Some(0), "{shown}");
    assert!(!shown.contains(crate::PASSWORD), "the password was shown");
    world.verifies("a");
    let (code, shown) = start(world.folder.path(), 100, BACKUP).end();
    assert_eq!(code, Some(0), "{shown}");
    assert!(!shown.contains("Password"), "{shown}");

    let mut terminal = start(world.folder.path(), 100, &format!("{BACKUP} --rewrite"));
    terminal.wait_for("Password for the files of this backup: ");
    terminal.press("\u{3}");
    let (code, shown) = terminal.end();
    assert_eq!(code, Some(130), "{shown}");
    world.verifies("a");
}
