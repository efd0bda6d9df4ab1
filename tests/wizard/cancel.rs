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
fn ctrl_c_at_every_question_leaves_nothing_behind() {
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
fn ctrl_c_while_a_made_password_is_shown_takes_it_off_the_screen() {
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
fn esc_at_the_first_question_is_giving_up() {
    let world = World::new();
    let mut terminal = world.start(&[]);
    answer(&mut terminal, WHICH, ESC);
    is_as_it_was(&world, terminal, WHICH);
}

#[test]
fn to_stop_is_an_answer_to_the_summary() {
    let world = World::new();
    let mut terminal = world.start(&[]);
    up_to_the_summary(&mut terminal);
    answer(&mut terminal, RIGHT, &format!("{DOWN}{DOWN}{ENTER}"));
    is_as_it_was(&world, terminal, RIGHT);
}

#[test]
fn an_end_from_outside_puts_the_terminal_back() {
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
fn a_wait_that_is_over_puts_the_terminal_back() {
    let world = World::new();
    let mut terminal = world.start(&["--timeout", "1s"]);
    asked(&mut terminal, WHICH);
    terminal.wait_for("waiting for an answer at the terminal");
    assert_eq!(terminal.wait(), Some(13), "{}", terminal.screen());
    assert!(terminal.modes().contains(usual()), "{:?}", terminal.modes());
    world.holds(&[]);
}

#[test]
fn giving_up_the_copy_keeps_the_file() {
    let world = World::new();
    let mut terminal = world.start(&[]);
    up_to_the_summary(&mut terminal);
    accept(&mut terminal, &[RIGHT]);
    answer(&mut terminal, COPY, CTRL_C);
    assert_eq!(terminal.wait(), Some(130));
    world.holds(&["Ada Example.p12"]);
    world.restores(&world.file("Ada Example.p12"), PASSWORD);
}
