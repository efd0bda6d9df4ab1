//! Giving up: at every question, and from outside. Nothing half-done stays, the exit code says so,
//! and the terminal is as it was.

use rustix::process::{Pid, Signal, kill_process};
use rustix::termios::LocalModes;

use super::*;

/// What a terminal in its usual modes does with keys.
fn usual() -> LocalModes {
    LocalModes::ICANON | LocalModes::ECHO | LocalModes::ISIG
}

fn is_as_it_was(world: &World, mut terminal: Terminal, question: &str, by_key: bool) {
    assert_eq!(
        terminal.wait(),
        Some(130),
        "{question}: {}",
        terminal.screen()
    );
    assert!(
        terminal.modes().contains(usual()),
        "{question}: {:?}",
        terminal.modes()
    );
    let all = terminal.all();
    for (on, off) in [
        ("[?2004h", "[?2004l"),
        ("[?25l", "[?25h"),
        ("[?1049h", "[?1049l"),
    ] {
        assert!(all.rfind(on) <= all.rfind(off), "{question}: {on} stays");
    }
    world.holds(&[]);
    // Whoever leaves is told what became of it, on a line of its own, and of no error.
    let told = terminal.screen();
    assert!(!told.contains("error"), "{question}: {told}");
    let last = told.trim_end().lines().last().unwrap_or_default();
    if by_key {
        assert_eq!(last, "Nothing was saved.", "{question}: {told}");
    }
    let rest = told.lines().filter(|line| line.contains("goes back]"));
    assert_eq!(rest.count(), 0, "{question}: {told}");
}

#[test]
fn ctrl_c_at_any_question_leaves_nothing() {
    let questions = [
        WHICH,
        PATH,
        PROPERTIES,
        NAME,
        READER,
        PASSWORD_FROM,
        TYPED,
        AGAIN,
        FILE,
        RIGHT,
    ];
    for (at, question) in questions.iter().enumerate() {
        let world = World::new();
        let mut terminal = world.start(&[]);
        for before in &questions[..at] {
            let keys = match *before {
                TYPED | AGAIN => format!("{PASSWORD}\r"),
                _ => ENTER.to_owned(),
            };
            answer(&mut terminal, before, &keys);
        }
        answer(&mut terminal, question, CTRL_C);
        is_as_it_was(&world, terminal, question, true);
    }
}

#[test]
fn ctrl_c_clears_the_shown_password() {
    for key in [CTRL_C, "\r\u{3}"] {
        let world = World::new();
        let mut terminal = world.start(&[]);
        accept(&mut terminal, &[WHICH, PATH, PROPERTIES, NAME, READER]);
        answer(&mut terminal, PASSWORD_FROM, &format!("{DOWN}{ENTER}"));
        asked(&mut terminal, "Ready?");
        let (first, rest) = key.split_at(1);
        terminal.press(first);
        if !rest.is_empty() {
            terminal.wait_for("Type it from your note:");
            terminal.press(rest);
        }
        is_as_it_was(&world, terminal, "Ready?", true);
    }
}

#[test]
fn esc_at_first_question_cancels() {
    let world = World::new();
    let mut terminal = world.start(&[]);
    answer(&mut terminal, WHICH, ESC);
    is_as_it_was(&world, terminal, WHICH, true);
}

#[test]
fn stop_answer_at_summary_cancels() {
    let world = World::new();
    let mut terminal = world.start(&[]);
    up_to_the_summary(&mut terminal);
    answer(&mut terminal, RIGHT, &format!("{DOWN}{DOWN}{ENTER}"));
    is_as_it_was(&world, terminal, RIGHT, true);
}

#[test]
fn signals_restore_the_terminal() {
    let ends = [Signal::TERM, Signal::HUP];
    let ends = ends
        .into_iter()
        .flat_map(|signal| [(signal, WHICH), (signal, TYPED)]);
    for (signal, question) in ends {
        let world = World::new();
        let mut terminal = world.start(&[]);
        if question == TYPED {
            accept(
                &mut terminal,
                &[WHICH, PATH, PROPERTIES, NAME, READER, PASSWORD_FROM],
            );
        }
        asked(&mut terminal, question);
        let id = i32::try_from(terminal.id()).expect("a process");
        kill_process(Pid::from_raw(id).expect("a process"), signal).expect("it is told");
        is_as_it_was(&world, terminal, question, false);
    }
}

#[test]
fn timeout_restores_the_terminal() {
    let world = World::new();
    let mut terminal = world.start(&["--timeout", "1s"]);
    asked(&mut terminal, WHICH);
    terminal.wait_for("waiting for an answer at the terminal");
    assert_eq!(terminal.wait(), Some(13), "{}", terminal.screen());
    assert!(terminal.modes().contains(usual()), "{:?}", terminal.modes());
    world.holds(&[]);
}

#[test]
fn leaving_at_copy_keeps_file_and_says_so() {
    for (key, code) in [(CTRL_C, 130), (ESC, 0)] {
        let world = World::new();
        let mut terminal = world.start(&[]);
        up_to_the_summary(&mut terminal);
        accept(&mut terminal, &[RIGHT]);
        answer(&mut terminal, COPY, key);
        assert_eq!(terminal.wait(), Some(code));
        let told = terminal.screen();
        let file = world.file("Ada Example.p12");
        let stays = format!(
            "No second copy was made. The saved file stays: {}",
            file.display()
        );
        assert!(told.contains(&stays), "{told}");
        assert!(!told.contains("error"), "{told}");
        assert_eq!(told.contains("Done."), code == 0, "{told}");
        world.holds(&["Ada Example.p12"]);
        world.restores(&file, PASSWORD);
    }
}

#[test]
fn ctrl_c_while_typing_a_folder_keeps_file() {
    let world = World::new();
    let mut terminal = world.start(&[]);
    up_to_the_summary(&mut terminal);
    accept(&mut terminal, &[RIGHT]);
    answer(&mut terminal, COPY, &format!("\u{1b}[A\u{1b}[A{ENTER}"));
    answer(
        &mut terminal,
        "Folder for the copy:",
        &format!("/half{CTRL_C}"),
    );
    terminal.wait_for("The saved file stays: ");
    assert_eq!(terminal.wait(), Some(130));
    world.holds(&["Ada Example.p12"]);
}

#[test]
fn ctrl_c_in_plain_lines_ends_the_line() {
    let world = World::new();
    let mut terminal = world.start(&["--plain"]);
    terminal.wait_for("]: ");
    terminal.press(CTRL_C);
    assert_eq!(terminal.wait(), Some(130));
    // What the shell shows next begins a line.
    let all = terminal.all();
    assert!(all.ends_with("\nNothing was saved.\r\n"), "{all:?}");
    assert!(!all.contains('\u{1b}'), "{all:?}");
}
