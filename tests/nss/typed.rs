//! At a terminal: the primary password is asked for once, by the name of the profile.

use crate::terminal::Terminal;
use crate::world::{PASSWORD, PRIMARY, World};

const ENTER: &str = "\r";
const ESC: &str = "\u{1b}";
const QUESTION: &str = "Primary password of Firefox profile work: ";

fn answer(terminal: &mut Terminal, question: &str, keys: &str) {
    terminal.wait_for(question);
    if !question.contains("assword") || question.ends_with('?') {
        terminal.wait_for("Esc goes back");
    }
    terminal.press(keys);
}

/// certstow alone, and a certificate out of a profile under a primary password.
#[test]
#[ignore = "needs NSS and OpenSSL"]
fn wizard_saves_from_locked_profile() {
    let world = World::new();
    let mut terminal = world.at_terminal(160, &[]);
    terminal.wait_for("Which certificate to save?");
    terminal.wait_for("Esc goes back");
    let screen = terminal.screen();
    assert!(screen.contains("Bert Example"), "{screen}");
    assert!(!screen.contains("could not be read"), "{screen}");
    terminal.press("Bert");
    terminal.press(ENTER);
    terminal.wait_for("Its private key is locked (the primary password of Firefox profile work).");
    for question in [
        "Which part of the path goes in?",
        "Which of the store's properties?",
        "Friendly name:",
        "Which program will open the file?",
        "Who makes up the password?",
    ] {
        answer(&mut terminal, question, ENTER);
    }
    for question in ["Password for the file:", "The same password again:"] {
        answer(&mut terminal, question, &format!("{PASSWORD}\r"));
    }
    answer(&mut terminal, "Folder and name:", ENTER);
    terminal.wait_for("are saved from Firefox profile work to ");
    answer(&mut terminal, "Is that right?", ENTER);
    terminal.wait_for(QUESTION);
    terminal.press("not this one\r");
    terminal.wait_for("Wrong. ");
    terminal.wait_for(QUESTION);
    terminal.press(&format!("{PRIMARY}\r"));
    terminal.wait_for("It was read back");
    // Without a copy.
    answer(&mut terminal, "Where to put a second copy?", ESC);
    assert_eq!(terminal.wait(), Some(0));
    let shown = terminal.all();
    assert_eq!(shown.matches(QUESTION).count(), 2, "{shown}");
    for secret in [PRIMARY, PASSWORD, "not this one"] {
        assert!(!shown.contains(secret), "{secret} was shown");
    }
    world.opened(&world.path("Bert Example.p12"), PASSWORD);
}

/// One question for all that one profile holds.
#[test]
#[ignore = "needs NSS and OpenSSL"]
fn backup_asks_once_for_a_profile() {
    let world = World::new();
    let store = format!("nss:{}", world.locked().display());
    let words = [
        "backup",
        "--to",
        "saved",
        "--store",
        &store,
        "--iterations",
        "2000",
    ];
    let mut terminal = world.at_terminal(160, &words);
    terminal.wait_for(QUESTION);
    terminal.press(&format!("{PRIMARY}\r"));
    for question in [
        "Password for the files of this backup: ",
        "The same password again: ",
    ] {
        terminal.wait_for(question);
        terminal.press(&format!("{PASSWORD}\r"));
    }
    assert_eq!(terminal.wait(), Some(0));
    let shown = terminal.all();
    assert_eq!(shown.matches(QUESTION).count(), 1, "{shown}");
    assert!(shown.contains("All 2 identities are saved."), "{shown}");
}

/// The names of profiles have room where the paths of their folders had none.
#[test]
#[ignore = "needs NSS and OpenSSL"]
fn list_shows_profiles_at_a_narrow_terminal() {
    let world = World::new();
    let mut terminal = world.at_terminal(100, &["list"]);
    assert_eq!(terminal.wait(), Some(0));
    let screen = terminal.screen();
    assert!(screen.contains("Firefox profile work"), "{screen}");
    assert!(screen.contains("Chrome and others"), "{screen}");
}
