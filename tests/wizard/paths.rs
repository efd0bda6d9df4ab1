//! Paths as people type, paste and drag them: suggestions that give way, quotes, `~`, and folders that Tab
//! completes.

use super::*;

const CTRL_U: &str = "\u{15}";
const PASTE: [&str; 2] = ["\u{1b}[200~", "\u{1b}[201~"];

/// The wizard at its question for the file, with the folder as the person's own.
fn at_file(world: &World) -> Terminal {
    let home = world.path();
    let home = home.to_str().expect("text");
    let mut terminal = world.start_at(120, &[("HOME", home)], &[]);
    accept(
        &mut terminal,
        &[WHICH, PATH, PROPERTIES, NAME, READER, PASSWORD_FROM],
    );
    type_password(&mut terminal, PASSWORD);
    asked(&mut terminal, FILE);
    terminal
}

/// Waits until the line of a question is this.
fn shows(terminal: &mut Terminal, line: &str) {
    let line = format!("? {FILE} {line}");
    terminal.wait_for_screen(|screen| screen.lines().any(|shown| shown.trim_end() == line));
}

#[test]
fn suggestion_gives_way_to_a_path() {
    let world = World::new();
    fs::create_dir(world.file("My Files")).expect("a folder");
    let mut terminal = at_file(&world);
    let folder = world.path();
    let folder = folder.display();
    for (keys, shown) in [
        ("~".to_owned(), "~".to_owned()),
        ("/".to_owned(), "/".to_owned()),
        ("'".to_owned(), "'".to_owned()),
        ("C:".to_owned(), "Ada Example.p12C:".to_owned()),
        ("x".to_owned(), "Ada Example.p12x".to_owned()),
        ("\u{17}".to_owned(), "Ada".to_owned()),
        (
            "\u{1b}[D\u{1b}[D~".to_owned(),
            "Ada Example.p~12".to_owned(),
        ),
        ("\u{7f}~".to_owned(), "Ada Example.p1~".to_owned()),
        (
            format!("{}{folder}/a b{}", PASTE[0], PASTE[1]),
            format!("{folder}/a b"),
        ),
        // What is copied with its line end does not answer yet, and a Tab in it completes nothing.
        (
            format!("{}{folder}/a\tb\r\n{}", PASTE[0], PASTE[1]),
            format!("{folder}/a b"),
        ),
    ] {
        shows(&mut terminal, "Ada Example.p12");
        terminal.press(&keys);
        shows(&mut terminal, &shown);
        answer(&mut terminal, "", ESC);
        accept(&mut terminal, &[PASSWORD_FROM]);
        type_password(&mut terminal, PASSWORD);
        asked(&mut terminal, FILE);
    }
    terminal.press(ENTER);
    accept(&mut terminal, &[RIGHT]);
    answer(&mut terminal, COPY, ESC);
    assert_eq!(terminal.wait(), Some(0), "{}", terminal.screen());
    world.holds(&["Ada Example.p12", "My Files"]);
}

#[test]
fn path_is_taken_without_its_quotes() {
    let world = World::new();
    fs::create_dir(world.file("My Files")).expect("a folder");
    let folder = world.path();
    let folder = folder.display();
    let mut terminal = at_file(&world);
    for (typed, name) in [
        ("'~/My Files/a.p12'".to_owned(), "a.p12"),
        ("\"~/My Files/b.p12\"".to_owned(), "b.p12"),
        ("& '~/My Files/c.p12'".to_owned(), "c.p12"),
        (r"~/My\ Files/d.p12".to_owned(), "d.p12"),
        (format!("'{folder}/My Files/e.p12' "), "e.p12"),
        (format!("{CTRL_U}file://{folder}/My%20Files/f.p12"), "f.p12"),
        (r"'~/My Files/it'\''s.p12'".to_owned(), "it's.p12"),
    ] {
        terminal.press(&format!("{typed}{ENTER}"));
        asked(&mut terminal, RIGHT);
        let command = command_shown(&terminal.all());
        let expected = format!("{folder}/My Files/{}", name.replace('\'', r"'\''"));
        assert!(command.contains(&expected), "{typed}: {command}");
        terminal.press(ESC);
        asked(&mut terminal, FILE);
        // What was typed is there to go on from, and no longer path.
        shows(&mut terminal, typed.trim_start_matches(CTRL_U).trim_end());
        terminal.press(CTRL_U);
    }
    terminal.press(&format!("'~/My Files'{ENTER}"));
    accept(&mut terminal, &[RIGHT]);
    // The same for the copy.
    answer(&mut terminal, COPY, &format!("\u{1b}[A\u{1b}[A{ENTER}"));
    fs::create_dir(world.file("It's a copy")).expect("a folder");
    answer(
        &mut terminal,
        "Folder for the copy:",
        &format!("\"~/It's a copy\"{ENTER}"),
    );
    assert_eq!(terminal.wait(), Some(0), "{}", terminal.screen());
    for folder in ["My Files", "It's a copy"] {
        world.restores(&world.file(folder).join("Ada Example.p12"), PASSWORD);
    }
}

#[test]
fn tab_completes_folders() {
    let world = World::new();
    for folder in ["My Files/deep", "My Finances", "other"] {
        fs::create_dir_all(world.file(folder)).expect("a folder");
    }
    let mut terminal = at_file(&world);
    for (keys, shown) in [
        ("~\t", "~/"),
        ("my\t", "~/My Fi"),
        ("l\t", "~/My Files/"),
        ("\t", "~/My Files/deep/"),
    ] {
        terminal.press(keys);
        shows(&mut terminal, shown);
    }
    terminal.press(&format!("{CTRL_U}'~/my f\t"));
    shows(&mut terminal, "'~/My Fi");
    // A second Tab shows what there is.
    terminal.press("\t\t");
    terminal.wait_for("My Finances");
    terminal.press(&format!("n\ta.p12'{ENTER}"));
    accept(&mut terminal, &[RIGHT]);
    answer(&mut terminal, COPY, ESC);
    assert_eq!(terminal.wait(), Some(0), "{}", terminal.screen());
    world.restores(&world.file("My Finances/a.p12"), PASSWORD);
}

#[test]
fn keys_in_the_list_of_tab_answer_nothing() {
    let world = World::new();
    for number in 0..150 {
        let name = format!("many/a folder with a name that takes half of the width, {number}");
        fs::create_dir_all(world.file(&name)).expect("a folder");
    }
    let mut terminal = at_file(&world);
    terminal.press("~");
    for key in [CTRL_C, "\u{7}"] {
        terminal.press(&format!("{CTRL_U}~/many/\t\t"));
        terminal.wait_for("--More--");
        terminal.press(&format!("{key}q"));
    }
    terminal.press(&format!("{CTRL_U}~/a.p12{ENTER}"));
    accept(&mut terminal, &[RIGHT]);
    answer(&mut terminal, COPY, ESC);
    assert_eq!(terminal.wait(), Some(0), "{}", terminal.screen());
    world.holds(&["a.p12", "many"]);
}

#[test]
fn plain_paths_are_taken_without_quotes() {
    let world = World::new();
    fs::create_dir(world.file("My Files")).expect("a folder");
    let home = world.path();
    let home = home.to_str().expect("text");
    let store = samples();
    let mut terminal = world.run_at(
        120,
        &[("HOME", home)],
        &[
            "export",
            "--plain",
            "--store",
            &store,
            "--iterations",
            "2000",
        ],
    );
    for question in [
        WHICH,
        PATH,
        PROPERTIES,
        "Friendly name",
        READER,
        PASSWORD_FROM,
    ] {
        terminal.wait_for(question);
        terminal.wait_for("]: ");
        terminal.press(ENTER);
    }
    type_password(&mut terminal, PASSWORD);
    terminal.wait_for("Folder and name");
    terminal.wait_for("]: ");
    // A key that moves about elsewhere is no part of a name.
    terminal.press(&format!("a\u{1b}[D{ENTER}"));
    terminal.wait_for("types no character");
    terminal.wait_for("]: ");
    terminal.press(&format!("'~/My Files/a'{ENTER}"));
    terminal.wait_for("]: ");
    terminal.press(ENTER);
    terminal.wait_for(COPY);
    terminal.wait_for("]: ");
    terminal.press(&format!("back{ENTER}"));
    assert_eq!(terminal.wait(), Some(0), "{}", terminal.screen());
    world.restores(&world.file("My Files/a.p12"), PASSWORD);
}
