//! The keys of readline, wherever a line is typed, and those that do nothing.

use super::*;

const CTRL_A: &str = "\u{1}";
const CTRL_E: &str = "\u{5}";
const CTRL_U: &str = "\u{15}";
const LEFT: &str = "\u{1b}[D";
const RIGHT_ARROW: &str = "\u{1b}[C";
const HOME: &str = "\u{1b}[H";
const END: &str = "\u{1b}[F";

/// Keys after "one two-three" was typed, and what is there then; an "X" shows where the cursor is.
const EDITS: [(&str, &str); 17] = [
    ("\u{15}X", "X"),
    ("\u{17}X", "one X"),
    ("\u{1}X", "Xone two-three"),
    ("\u{1}\u{5}X", "one two-threeX"),
    ("\u{1}\u{b}X", "X"),
    ("\u{2}X", "one two-threXe"),
    ("\u{1}\u{6}X", "oXne two-three"),
    ("\u{1b}[D\u{1b}[D\u{1b}[CX", "one two-threXe"),
    ("\u{1b}[HX", "Xone two-three"),
    ("\u{1b}[H\u{1b}[FX", "one two-threeX"),
    ("\u{1b}bX", "one two-Xthree"),
    ("\u{1}\u{1b}fX", "oneX two-three"),
    ("\u{1}\u{1b}dX", "X two-three"),
    ("\u{1b}\u{7f}X", "one two-X"),
    ("\u{8}\u{7f}X", "one two-thrX"),
    ("\u{1}\u{4}X", "Xne two-three"),
    ("\u{1}\u{1b}[3~X", "Xne two-three"),
];

/// Keys that no line has a use for: Ctrl-L, O, Q, R, S, V, X, Y, Z, \, _ and ].
const IDLE: [&str; 12] = [
    "\u{c}", "\u{f}", "\u{11}", "\u{12}", "\u{13}", "\u{16}", "\u{18}", "\u{19}", "\u{1a}",
    "\u{1c}", "\u{1f}", "\u{1d}",
];

/// Types all that in a line that begins like this on the screen.
fn edit(terminal: &mut Terminal, line: &str) {
    let shows = |terminal: &mut Terminal, text: &str| {
        let expected = format!("{line} {text}");
        terminal.wait_for_screen(|screen| {
            let mut lines = screen.lines();
            lines.any(|line| line.trim_start_matches("? ").trim_end() == expected)
        });
    };
    for (keys, left) in EDITS {
        terminal.press(&format!("{CTRL_E}{CTRL_U}one two-three"));
        shows(terminal, "one two-three");
        terminal.press(keys);
        shows(terminal, left);
    }
    terminal.press(&format!("{CTRL_E}{CTRL_U}one"));
    for key in IDLE {
        terminal.press(key);
    }
    terminal.press(" two");
    shows(terminal, "one two");
    terminal.press(&format!(
        "{CTRL_A}{RIGHT_ARROW}{LEFT}{END}{HOME}{END}{CTRL_U}"
    ));
}

#[test]
fn line_has_the_keys_of_readline() {
    let world = World::new();
    let mut terminal = world.start(&[]);
    accept(&mut terminal, &[WHICH, PATH, PROPERTIES]);
    asked(&mut terminal, NAME);
    edit(&mut terminal, NAME);
    // Alt-9 would have the next key nine times.
    terminal.press("\u{1b}9yAnything at all");
    terminal.press(ENTER);
    accept(&mut terminal, &[READER, PASSWORD_FROM]);
    type_password(&mut terminal, PASSWORD);
    asked(&mut terminal, FILE);
    edit(&mut terminal, FILE);
    terminal.press(&format!("a{ENTER}"));
    accept(&mut terminal, &[RIGHT]);
    answer(&mut terminal, COPY, ESC);
    assert_eq!(terminal.wait(), Some(0), "{}", terminal.screen());
    let line = command_shown(&terminal.all());
    assert!(line.contains("--name 'Anything at all'"), "{line}");
    world.holds(&["a.p12"]);
}

#[test]
fn search_has_the_keys_of_readline() {
    let world = World::new();
    let mut terminal = world.start(&[]);
    asked(&mut terminal, WHICH);
    edit(&mut terminal, WHICH);
    // Nothing of it is left that would be searched for.
    terminal.press(&format!("grace{ENTER}"));
    terminal.wait_for("> Which certificate to save? Grace Example");
    terminal.press(CTRL_C);
    assert_eq!(terminal.wait(), Some(130), "{}", terminal.screen());
}

#[test]
fn list_keys_move_and_wrap() {
    let world = World::new();
    let mut terminal = world.start(&[]);
    asked(&mut terminal, WHICH);
    let chosen = |terminal: &mut Terminal, keys: &str, name: &str| {
        terminal.press(keys);
        terminal.wait_for_screen(|screen| screen.contains(&format!("\n> {name}")));
    };
    chosen(&mut terminal, "\u{e}", "Grace Example");
    chosen(&mut terminal, "\u{10}", "Ada Example");
    chosen(&mut terminal, "\u{1b}[A", "Edith Example");
    chosen(&mut terminal, "\u{1b}[B", "Ada Example");
    chosen(&mut terminal, "\u{1b}[6~", "Edith Example");
    chosen(&mut terminal, "\u{1b}[5~", "Ada Example");
    chosen(&mut terminal, END, "Edith Example");
    chosen(&mut terminal, HOME, "Ada Example");
    // In text, both are keys of the line.
    chosen(&mut terminal, &format!("ith{HOME}ed{END}"), "Edith Example");
    terminal.wait_for_screen(|screen| screen.contains("[1 of 3;"));
    terminal.press(CTRL_C);
    assert_eq!(terminal.wait(), Some(130));
}

#[test]
fn password_line_clears_and_ignores_control_keys() {
    let world = World::new();
    let mut terminal = world.start(&[]);
    accept(
        &mut terminal,
        &[WHICH, PATH, PROPERTIES, NAME, READER, PASSWORD_FROM],
    );
    answer(
        &mut terminal,
        TYPED,
        &format!("nonsense\u{16}{CTRL_U}{CTRL_A}\u{13}{PASSWORD}\u{17}{CTRL_E}\u{b}\r"),
    );
    answer(&mut terminal, AGAIN, &format!("{PASSWORD}\r"));
    accept(&mut terminal, &[FILE, RIGHT]);
    answer(&mut terminal, COPY, ESC);
    assert_eq!(terminal.wait(), Some(0), "{}", terminal.screen());
    world.restores(&world.file("Ada Example.p12"), PASSWORD);
}

#[test]
fn keys_before_a_password_answer_nothing_later() {
    let world = World::new();
    let mut terminal = world.start(&[]);
    accept(&mut terminal, &[WHICH, PATH, PROPERTIES, NAME, READER]);
    answer(
        &mut terminal,
        PASSWORD_FROM,
        &format!("{ENTER}{DOWN}{ENTER}"),
    );
    type_password(&mut terminal, "abc");
    // The second choice would keep it.
    answer(&mut terminal, "What do you want to do?", ENTER);
    answer(&mut terminal, TYPED, CTRL_C);
    assert_eq!(terminal.wait(), Some(130), "{}", terminal.screen());
}

#[test]
fn empty_password_says_who_makes_one() {
    let world = World::new();
    let mut terminal = world.start(&[]);
    accept(
        &mut terminal,
        &[WHICH, PATH, PROPERTIES, NAME, READER, PASSWORD_FROM],
    );
    answer(&mut terminal, TYPED, ENTER);
    terminal.wait_for("Esc goes back, where certstow makes one");
    terminal.wait_for(TYPED);
    terminal.press(ESC);
    asked(&mut terminal, PASSWORD_FROM);
    terminal.press(CTRL_C);
    assert_eq!(terminal.wait(), Some(130));

    let store = samples();
    let words = ["export", "Ada Example", "--store", &store, "-o", "a.p12"];
    let mut terminal = world.run_at(120, &[], &words);
    terminal.wait_for("Password for the file of Ada Example: ");
    terminal.press(ENTER);
    terminal.wait_for("the password is empty (--generate-password makes one); try again");
    terminal.press(CTRL_C);
    assert_eq!(terminal.wait(), Some(130));
    world.holds(&[]);
}

#[test]
fn ctrl_g_goes_back_and_ctrl_d_gives_up() {
    let world = World::new();
    let mut terminal = world.start(&[]);
    accept(&mut terminal, &[WHICH, PATH, PROPERTIES]);
    answer(&mut terminal, NAME, "\u{7}");
    answer(&mut terminal, PROPERTIES, "\u{7}");
    answer(&mut terminal, PATH, ENTER);
    accept(&mut terminal, &[PROPERTIES]);
    answer(&mut terminal, NAME, &format!("{CTRL_U}\u{4}"));
    terminal.wait_for("Nothing was saved.");
    assert_eq!(terminal.wait(), Some(130));
    world.holds(&[]);
}
