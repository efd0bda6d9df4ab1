//! Lists of many, on terminals of few rows and columns and on such as change their size; and what is
//! searched for and not there.

use certstow_formats::testing::issued::Issued;

use super::*;

/// The store of an office: clients with a private key each, Bernd, a long name, one in Chinese characters,
/// and Norbert, whose key is missing.
fn office(clients: usize) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let names = (1..=clients).map(|number| format!("Client {number:03}"));
    let others = [
        "Bernd Groß",
        "Anna Müller-Lüdenscheid von und zu Hohenstein",
        "田中 太郎",
    ];
    let names = names.chain(others.map(str::to_owned));
    let write = |number: usize, one: &Issued<'_>, text: &str| {
        let file = folder.path().join(format!("{number:03}.pem"));
        fs::write(file, text).unwrap_or_else(|error| panic!("{}: {error}", one.subject));
    };
    for (number, name) in names.enumerate() {
        let emails = match name.starts_with('田') {
            true => &["tanaka@jp.example"][..],
            false => &[],
        };
        let one = Issued {
            subject: &name,
            key: u8::try_from(number % 250).expect("few") + 2,
            emails,
            from: 19_723,
            until: 60_000,
            ..Issued::default()
        };
        write(number, &one, &one.pem());
    }
    let norbert = Issued {
        subject: "Norbert Nokey",
        key: 1,
        until: 60_000,
        ..Issued::default()
    };
    let pem = norbert.pem();
    let end = "-----END CERTIFICATE-----\n";
    let start = pem
        .find("-----BEGIN CERTIFICATE-----")
        .expect("a certificate");
    let (certificate, _) = pem[start..].split_once(end).expect("its end");
    write(999, &norbert, &format!("{certificate}{end}"));
    folder
}

fn start(world: &World, store: &tempfile::TempDir, size: (u16, u16)) -> Terminal {
    let store = store.path().to_str().expect("text");
    world.run_sized(size, &[], &["export", "--store", store])
}

/// The rows from the question on.
fn list(screen: &str) -> Vec<String> {
    let from = screen.find("? Which").map(|at| &screen[at..]);
    let rows = from.unwrap_or_default().lines();
    rows.map(|row| row.trim_end().to_owned()).collect()
}

fn end(mut terminal: Terminal) {
    terminal.press(CTRL_C);
    assert_eq!(terminal.wait(), Some(130), "{}", terminal.screen());
}

#[test]
fn search_counts_and_says_why_nothing_is_there() {
    let (world, store) = (World::new(), office(297));
    let mut terminal = start(&world, &store, (120, 40));
    asked(&mut terminal, WHICH);
    terminal.wait_for_screen(|screen| screen.contains("[300 of 300;"));
    for (typed, count, shown) in [
        (
            "norb",
            0,
            "  nothing matches 'norb'; 1 certificate without its private key does: Norbert Nokey",
        ),
        (
            "Bermd",
            0,
            "  nothing matches 'Bermd'; did you mean Bernd Groß?",
        ),
        ("qqqqqq", 0, "  nothing matches 'qqqqqq'"),
        (
            "muller",
            1,
            "> Anna Müller-Lüdenscheid von und zu Hohenstein, ",
        ),
        (
            "mueller",
            1,
            "> Anna Müller-Lüdenscheid von und zu Hohenstein, ",
        ),
        ("gross", 1, "> Bernd Groß, "),
        ("tanaka@jp", 1, "> 田中 太郎, "),
        ("太郎", 1, "> 田中 太郎, "),
        ("client 29", 11, "> Client 029, "),
    ] {
        terminal.press(&format!("\u{15}{typed}"));
        let count = format!("[{count} of 300;");
        terminal.wait_for_screen(|screen| {
            let rows = list(screen);
            let found = rows.get(1).is_some_and(|row| row.starts_with(shown));
            found && rows[0] == format!("? {WHICH} {typed}") && screen.contains(&count)
        });
        if count == "[0 of 300;" {
            // There is nothing to take, and that is seen.
            terminal.press(ENTER);
        }
    }
    // By the first digits of a thumbprint, too.
    let listed = world.certstow(&[
        "list",
        "--json",
        "--store",
        store.path().to_str().expect("text"),
    ]);
    let listed: serde_json::Value = serde_json::from_slice(&listed.stdout).expect("JSON");
    let entries = listed["entries"].as_array().expect("entries");
    let bernd = entries.iter().find(|entry| entry["label"] == "Bernd Groß");
    let thumbprint = bernd.expect("Bernd")["thumbprint"]["sha1"]
        .as_str()
        .expect("digits");
    terminal.press(&format!("\u{15}{}", &thumbprint[..8]));
    terminal.wait_for_screen(|screen| {
        list(screen)
            .get(1)
            .is_some_and(|row| row.starts_with("> Bernd"))
    });
    end(terminal);
}

#[test]
fn list_fits_ten_rows() {
    let (world, store) = (World::new(), office(20));
    let mut terminal = start(&world, &store, (80, 10));
    asked(&mut terminal, WHICH);
    let mut seen = Vec::new();
    for _ in 0..23 {
        let screen = terminal.wait_for_screen(|screen| {
            let rows = list(screen);
            let chosen = rows.iter().find(|row| row.starts_with("> "));
            rows.len() == 10 && chosen.is_some_and(|chosen| !seen.contains(chosen))
        });
        let rows = list(&screen);
        assert!(rows[9].starts_with("[23 of 23;"), "{screen}");
        seen.extend(rows.into_iter().find(|row| row.starts_with("> ")));
        terminal.press(DOWN);
    }
    // Around to the first again.
    terminal.wait_for_screen(|screen| list(screen).get(1) == Some(&seen[0]));
    end(terminal);
}

#[test]
fn list_is_drawn_anew_at_every_size() {
    let (world, store) = (World::new(), office(20));
    let mut terminal = start(&world, &store, (100, 30));
    asked(&mut terminal, WHICH);
    terminal.wait_for_output(|terminal| terminal.all().ends_with('G'));
    for (width, height) in [(60, 30), (40, 30), (40, 12), (80, 9), (100, 30), (45, 24)] {
        // What is drawn ends with the cursor put into its column.
        let frames = |all: &str| (all.matches("type to filter").count(), all.ends_with('G'));
        let (before, _) = frames(&terminal.all());
        terminal.resize(width, height);
        terminal.wait_for_output(|terminal| {
            let (drawn, is_whole) = frames(&terminal.all());
            drawn > before && is_whole
        });
        let rows = usize::from(height).min(12) - usize::from(width < 50 && height < 13);
        let screen = terminal.wait_for_screen(|screen| {
            let list = list(screen);
            let help = list.iter().position(|row| row.starts_with("[23 of 23;"));
            let wide = list.iter().map(|row| row.chars().count()).max();
            help.is_some_and(|help| help + 2 >= rows.min(11))
                && wide < Some(width.into())
                && screen.trim_end().ends_with("Esc goes back]")
        });
        // Nothing of an earlier size is left, above or below.
        assert_eq!(screen.matches("Which certificate").count(), 1, "{screen}");
        assert_eq!(screen.matches("type to filter").count(), 1, "{screen}");
        assert_eq!(screen.matches("> ").count(), 1, "{screen}");
    }
    end(terminal);
}

#[test]
fn line_is_drawn_anew_at_another_width() {
    let world = World::new();
    let mut terminal = world.start_at(100, &[], &[]);
    accept(&mut terminal, &[WHICH, PATH, PROPERTIES]);
    asked(&mut terminal, NAME);
    terminal.press(" of a long name");
    terminal.wait_for_screen(|screen| screen.contains("of a long name\n"));
    terminal.resize(30, 40);
    terminal.press("!");
    let screen = terminal.wait_for_screen(|screen| screen.contains("name!"));
    assert_eq!(screen.matches("Friendly name:").count(), 1, "{screen}");
    assert_eq!(screen.matches("Esc goes back]").count(), 1, "{screen}");
    end(terminal);
}
