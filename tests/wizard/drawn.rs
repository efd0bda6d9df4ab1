//! Drawn questions: the whole way, going back, and the terminals it is drawn on.

use super::*;

#[test]
fn wizard_saves_a_file_that_restores() {
    let world = World::new();
    let mut terminal = world.start(&["--log", "log"]);
    up_to_the_summary(&mut terminal);
    asked(&mut terminal, RIGHT);
    let summary = terminal.screen();
    for sentence in [
        "The certificate of Ada Example and its private key are saved from",
        "With it goes its path: Certstow Sample Issuing CA, Certstow Sample Root.",
        "Its friendly name is Ada Example.",
        "It is protected by the password that you typed.",
        "The key stays in its store, too.",
        "This password is very strong.",
    ] {
        assert!(summary.contains(sentence), "{sentence}: {summary}");
    }
    terminal.press(ENTER);
    asked(&mut terminal, COPY);
    terminal.press(ESC);
    let code = terminal.wait();
    let screen = terminal.screen();
    assert_eq!(code, Some(0), "{screen}");
    assert!(
        screen.contains("the key signs, and the certificate confirms it"),
        "{screen}"
    );
    assert!(screen.contains("Done. Keep the password apart"), "{screen}");
    assert!(!terminal.all().contains(PASSWORD), "the password was shown");
    world.holds(&["Ada Example.p12", "log"]);
    let told = world.restores(&world.file("Ada Example.p12"), PASSWORD);
    assert!(told.contains("1 private key, 3 certificates"), "{told}");
    let log = fs::read_to_string(world.file("log")).expect("the log");
    assert!(log.contains("\"event\":\"saved\""), "{log}");
    assert!(log.contains("\"command\":\"export\""), "{log}");

    let line = command_shown(&terminal.all());
    assert!(
        line.starts_with(&format!("certstow export {ADA} ")),
        "{line}"
    );
    let secret = world.secret();
    let more = format!("--force --password-file {}", secret.path().display());
    let before = fs::read(world.file("Ada Example.p12")).expect("the file");
    let output = world.run_command(&line, &more);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    assert_ne!(
        fs::read(world.file("Ada Example.p12")).expect("the file"),
        before
    );
    let again = world.restores(&world.file("Ada Example.p12"), PASSWORD);
    assert_eq!(again, told);
}

#[test]
fn certstow_without_arguments_offers_personal_folder() {
    let world = World::new();
    let personal = world.file("data/certstow/personal");
    fs::create_dir_all(&personal).expect("a folder");
    for file in ["grace-example.pem", "ada-example.pem"] {
        fs::copy(format!("{}/{file}", samples()), personal.join(file)).expect("a copy");
    }
    let mut terminal = world.run_at(120, &[], &[]);
    answer(&mut terminal, WHICH, ENTER);
    accept(
        &mut terminal,
        &[PATH, PROPERTIES, NAME, READER, PASSWORD_FROM],
    );
    type_password(&mut terminal, PASSWORD);
    accept(&mut terminal, &[FILE, RIGHT]);
    answer(&mut terminal, COPY, ESC);
    assert_eq!(terminal.wait(), Some(0), "{}", terminal.screen());
    world.restores(&world.file("Grace Example.p12"), PASSWORD);
}

#[test]
fn typing_filters_the_list() {
    let world = World::new();
    let mut terminal = world.start(&[]);
    asked(&mut terminal, WHICH);
    assert!(
        terminal
            .screen()
            .contains("Ada Example, by Certstow Sample Issuing CA")
    );
    assert!(
        terminal.screen().contains("expired 2024-01-01"),
        "{}",
        terminal.screen()
    );
    terminal.press("grace");
    // It is drawn anew with one choice.
    terminal.wait_for("grace");
    terminal.press(ENTER);
    accept(&mut terminal, &[PATH, PROPERTIES]);
    asked(&mut terminal, NAME);
    assert!(
        terminal.screen().contains("Friendly name: Grace Example"),
        "{}",
        terminal.screen()
    );
    terminal.press(CTRL_C);
    assert_eq!(terminal.wait(), Some(130));
    world.holds(&[]);
}

/// Back through every question to the first, and another answer to each on the way forward.
#[test]
fn esc_goes_back_through_every_question() {
    let world = World::new();
    let mut terminal = world.start(&[]);
    up_to_the_summary(&mut terminal);
    for question in [RIGHT, FILE, PASSWORD_FROM, READER, NAME, PROPERTIES, PATH] {
        answer(&mut terminal, question, ESC);
    }
    answer(&mut terminal, WHICH, &format!("{DOWN}{ENTER}"));
    answer(&mut terminal, PATH, &format!("{DOWN}{ENTER}"));
    answer(&mut terminal, PROPERTIES, &format!("{DOWN}{ENTER}"));
    answer(
        &mut terminal,
        NAME,
        &format!("\u{15}{}Grace's{ENTER}", "\u{7f}".repeat(20)),
    );
    answer(&mut terminal, READER, "Server 2016");
    terminal.wait_for("Windows Server 2016");
    terminal.press(ENTER);
    terminal.wait_for("the older encryption");
    answer(&mut terminal, PASSWORD_FROM, ENTER);
    // Back from either hidden line, too.
    answer(&mut terminal, TYPED, ESC);
    answer(&mut terminal, PASSWORD_FROM, ENTER);
    answer(&mut terminal, TYPED, &format!("another password{ENTER}"));
    answer(&mut terminal, AGAIN, ESC);
    type_password(&mut terminal, "some other unusual words");
    asked(&mut terminal, FILE);
    assert!(
        terminal
            .screen()
            .contains("Folder and name: Grace Example.p12"),
        "{}",
        terminal.screen()
    );
    terminal.press(ENTER);
    asked(&mut terminal, RIGHT);
    let summary = terminal.screen();
    for sentence in [
        "The certificate of Grace Example and its private key",
        "With it goes its path: Certstow Sample Issuing CA.",
        "Its friendly name is Grace's, and all properties of the store go in.",
        "It is for Windows Server 2016 (profile compatible).",
    ] {
        assert!(summary.contains(sentence), "{sentence}: {summary}");
    }
    terminal.press(ENTER);
    answer(&mut terminal, COPY, ESC);
    assert_eq!(terminal.wait(), Some(0), "{}", terminal.screen());
    world.holds(&["Grace Example.p12"]);
    world.restores(&world.file("Grace Example.p12"), "some other unusual words");
    let line = command_shown(&terminal.all());
    for option in [
        "--chain no-root",
        "--properties all",
        "--for windows2016",
        r"--name 'Grace'\''s'",
    ] {
        assert!(line.contains(option), "{option}: {line}");
    }
}

#[test]
fn arrow_key_in_password_is_rejected() {
    let world = World::new();
    let mut terminal = world.start(&[]);
    accept(
        &mut terminal,
        &[WHICH, PATH, PROPERTIES, NAME, READER, PASSWORD_FROM],
    );
    answer(&mut terminal, TYPED, "left\u{1b}[Darrow\r");
    terminal.wait_for("a key was pressed that types no character");
    type_password(&mut terminal, "with\ttab and some words");
    accept(&mut terminal, &[FILE, RIGHT]);
    answer(&mut terminal, COPY, ESC);
    assert_eq!(terminal.wait(), Some(0), "{}", terminal.screen());
    world.restores(&world.file("Ada Example.p12"), "with\ttab and some words");
}

#[test]
fn wizard_fits_forty_columns() {
    let world = World::new();
    let mut terminal = world.start_at(40, &[], &[]);
    let mut screens = Vec::new();
    for question in [WHICH, PATH, PROPERTIES, NAME, READER, PASSWORD_FROM] {
        asked(&mut terminal, question);
        screens.push(terminal.screen());
        terminal.press(ENTER);
    }
    type_password(&mut terminal, PASSWORD);
    accept(&mut terminal, &[FILE]);
    asked(&mut terminal, RIGHT);
    screens.push(terminal.screen());
    terminal.press(ENTER);
    answer(&mut terminal, COPY, ESC);
    assert_eq!(terminal.wait(), Some(0), "{}", terminal.screen());
    assert!(
        screens[0].contains("> Ada Example, until 2124-01-01\n"),
        "{}",
        screens[0]
    );
    assert!(
        screens[0].contains("Edith Example, expired 2024-01-01\n"),
        "{}",
        screens[0]
    );
    let all = terminal.all();
    let command = command_shown(&all);
    // Nothing but the command line, which is pasted as a whole, is left to the terminal to break.
    for line in without_sequences(&all).split(['\n', '\r']) {
        let pasted = line.trim() == command;
        assert!(line.chars().count() <= 40 || pasted, "{line:?}");
    }
    world.restores(&world.file("Ada Example.p12"), PASSWORD);
}

#[test]
fn no_color_disables_colours() {
    let colours = |variables: &[(&str, &str)]| {
        let world = World::new();
        let mut terminal = world.start_at(120, variables, &[]);
        answer(&mut terminal, WHICH, ENTER);
        answer(&mut terminal, PATH, CTRL_C);
        assert_eq!(terminal.wait(), Some(130));
        sequences(&terminal.all())
            .into_iter()
            .any(|sequence| sequence.ends_with('m') && sequence != "[0m")
    };
    assert!(colours(&[]));
    assert!(!colours(&[("NO_COLOR", "1")]));
}

/// The escape sequences of a text, each without its Esc.
fn sequences(text: &str) -> Vec<String> {
    let after = text.split('\u{1b}').skip(1);
    after
        .filter_map(|text| {
            let end = text.find(|c: char| c.is_ascii_alphabetic())?;
            Some(text[..=end].to_owned())
        })
        .collect()
}

fn without_sequences(text: &str) -> String {
    let mut parts = text.split('\u{1b}');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part
            .find(|c: char| c.is_ascii_alphabetic())
            .map_or(0, |end| end + 1);
        out.push_str(&part[end..]);
    }
    out
}

#[test]
fn password_typed_early_is_hidden() {
    let world = World::new();
    let mut terminal = world.start(&[]);
    accept(&mut terminal, &[WHICH, PATH, PROPERTIES, NAME, READER]);
    answer(&mut terminal, PASSWORD_FROM, "hunter2");
    terminal.press(ENTER);
    terminal.wait_for(TYPED);
    terminal.press(CTRL_C);
    let all = terminal.all();
    assert_eq!(terminal.end().0, Some(130));
    assert!(!all.contains("hunter2"), "{all}");
}
