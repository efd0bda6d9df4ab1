//! The primary password of an NSS database, asked for at a terminal.

use crate::support::Terminal;
use crate::world::{TWO, World};

fn start(world: &World, words: &str) -> Terminal {
    let home = world.path("home").display().to_string();
    let words = [env!("CARGO_BIN_EXE_certstow")]
        .into_iter()
        .chain(words.split(' '));
    Terminal::run(world.folder(), 200, &[("HOME", &home)], words)
}

const EXPORT: &str = "export Two -o out --store nss:two --password-file backup.pw";

fn question(world: &World) -> String {
    format!(
        "Primary password of the NSS database in {}: ",
        world.path("two").display()
    )
}

fn answer(terminal: &mut Terminal, question: &str, answer: &str) {
    terminal.wait_for(question);
    terminal.press(&format!("{answer}\r"));
}

#[test]
#[ignore = "needs NSS and OpenSSL"]
fn export_asks_for_the_primary_password() {
    let world = World::new();
    let mut terminal = start(&world, EXPORT);
    // An empty one is wrong as any other is.
    answer(&mut terminal, &question(&world), "");
    answer(
        &mut terminal,
        &format!("Wrong. {}", question(&world)),
        "third ",
    );
    let blank = format!(
        "Wrong; what was typed ends with a blank. {}",
        question(&world)
    );
    answer(&mut terminal, &blank, TWO.1);
    let (code, shown) = terminal.end();
    assert_eq!(code, Some(0), "{shown}");
    assert!(shown.contains("Saved") && !shown.contains(TWO.1), "{shown}");
}

#[test]
#[ignore = "needs NSS and OpenSSL"]
fn export_gives_up_after_three_wrong_ones() {
    let world = World::new();
    let mut terminal = start(&world, EXPORT);
    for wrong in ["one", "two", "three"] {
        answer(&mut terminal, &question(&world), wrong);
    }
    let (code, shown) = terminal.end();
    assert_eq!(code, Some(17), "{shown}");
    let refused = format!(
        "the password does not open the NSS database in {}",
        world.path("two").display()
    );
    assert!(shown.contains(&refused), "{shown}");

    let mut terminal = start(&world, EXPORT);
    terminal.wait_for(&question(&world));
    terminal.press("\u{3}");
    assert_eq!(terminal.wait(), Some(130));
}

/// Where one was given that opens another database, nothing was wrong with this one yet.
#[test]
#[ignore = "needs NSS and OpenSSL"]
fn export_says_whether_one_was_wrong_already() {
    let world = World::new();
    for (unlock, before) in [("nss:one=one.pw", ""), ("nss:two=one.pw", "Wrong. ")] {
        let line = format!("{EXPORT} --force --store nss:one --unlock-password-file {unlock}");
        let mut terminal = start(&world, &line);
        terminal.wait_for(&question(&world));
        let asked = terminal.all();
        let is_said = asked.contains(&format!("Wrong. {}", question(&world)));
        assert_eq!(is_said, !before.is_empty(), "{unlock}: {asked}");
        terminal.press(&format!("{}\r", TWO.1));
        let (code, shown) = terminal.end();
        assert_eq!(code, Some(0), "{shown}");
    }
}
