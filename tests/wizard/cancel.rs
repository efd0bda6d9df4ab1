//! Giving up: at every question, and from outside. Nothing half-done stays, the exit code says so,
//! and the terminal is as it was.

use rustix::process::{Pid, Signal, kill_process};
use rustix::termios::LocalModes;

use super::*;

/// What a terminal in its usual modes does with keys.
fn usual() -> LocalModes {
    LocalModes::ICANON | LocalModes::ECHO | LocalModes::ISIG
}

fn is_as_it_was(world: &World, mut terminal: Terminal, question: &str) {
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
        is_as_it_was(&world, terminal, question);
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
        is_as_it_was(&world, terminal, "Ready?");
    }
}

#[test]
fn esc_at_first_question_cancels() {
    let world = World::new();
    let mut terminal = world.start(&[]);
    answer(&mut terminal, WHICH, ESC);
    is_as_it_was(&world, terminal, WHICH);
}

#[test]
fn stop_answer_at_summary_cancels() {
    let world = World::new();
    let mut terminal = world.start(&[]);
    up_to_the_summary(&mut terminal);
    answer(&mut terminal, RIGHT, &format!("{DOWN}{DOWN}{ENTER}"));
    is_as_it_was(&world, terminal, RIGHT);
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
        is_as_it_was(&world, terminal, question);
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
fn ctrl_c_at_copy_keeps_file() {
    let world = World::new();
    let mut terminal = world.start(&[]);
    up_to_the_summary(&mut terminal);
    accept(&mut terminal, &[RIGHT]);
    answer(&mut terminal, COPY, CTRL_C);
    assert_eq!(terminal.wait(), Some(130));
    world.holds(&["Ada Example.p12"]);
    world.restores(&world.file("Ada Example.p12"), PASSWORD);
}
