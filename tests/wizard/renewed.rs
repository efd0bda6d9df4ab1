//! Several certificates of one person: which is the current one, and that the file of one is not taken
//! for that of another.

use std::time::SystemTime;

use certstow_formats::testing::issued::Issued;
use certstow_formats::time::UnixTime;

use super::*;

const RENATE: &str = "Renate Renewed";

fn today() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let days = since.expect("after 1970").as_secs() / 24 / 3600;
    i64::try_from(days).expect("days")
}

/// Of Renate, the first of them ending last.
fn of_renate() -> [Issued<'static>; 2] {
    let new = Issued {
        subject: RENATE,
        key: 2,
        from: today() - 2,
        until: today() + 700,
        ..Issued::default()
    };
    let old = Issued {
        key: 3,
        from: today() - 340,
        until: today() + 19,
        ..new
    };
    [new, old]
}

/// The date on which it ends.
fn end(one: &Issued<'_>) -> String {
    let end = UnixTime::new(one.until * 24 * 3600);
    certstow_core::time::local_date(end)
}

/// A store of Anna's certificate and then Renate's, the old one first.
fn store() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let [new, old] = of_renate();
    let anna = Issued {
        subject: "Anna Müller",
        key: 1,
        ..new
    };
    for (number, one) in [anna, old, new].iter().enumerate() {
        let file = folder.path().join(format!("{number}.pem"));
        fs::write(file, one.pem()).expect("a file");
    }
    folder
}

fn start(world: &World, store: &tempfile::TempDir, more: &[&str]) -> Terminal {
    let store = store.path().to_str().expect("text");
    let given = ["export", "--store", store, "--iterations", "2000"];
    world.run_at(120, &[], &[&given[..], more].concat())
}

#[test]
fn identities_put_current_certificate_first() {
    let (world, store) = (World::new(), store());
    let mut terminal = start(&world, &store, &[]);
    asked(&mut terminal, WHICH);
    let [new, old] = of_renate().map(|one| format!("until {}", end(&one)));
    let screen = terminal.screen();
    let place = |text: &str| {
        screen
            .find(text)
            .unwrap_or_else(|| panic!("{text}: {screen}"))
    };
    let renewed = format!("{old}; renewed: newer one {new}");
    assert!(place(&format!("{RENATE}, by Issuing CA, {new}")) < place(&renewed));
    terminal.press(CTRL_C);
    assert_eq!(terminal.wait(), Some(130));
}

#[test]
fn plain_enter_takes_first_match_and_says_so() {
    let (world, store) = (World::new(), store());
    let [new, _] = of_renate();
    let mut terminal = start(&world, &store, &["--plain"]);
    let press = |terminal: &mut Terminal, number: &str, keys: &str| {
        terminal.wait_for(&format!("Number, or back [{number}]: "));
        terminal.press(keys);
    };
    terminal.wait_for(WHICH);
    press(&mut terminal, "1", "renate\r");
    press(&mut terminal, "2", ENTER);
    let taken = format!("Taken: {RENATE}, by Issuing CA, until {}", end(&new));
    terminal.wait_for(&taken);
    terminal.wait_for(PATH);
    press(&mut terminal, "1", "back\r");
    // What was found before stays, where nothing is found then.
    terminal.wait_for(WHICH);
    press(&mut terminal, "2", "anna\r");
    press(&mut terminal, "1", "nobody\r");
    terminal.wait_for("Nothing matches 'nobody'.");
    press(&mut terminal, "1", &format!("{}\r", &end(&new)[..4]));
    terminal.wait_for(&format!("until {}", end(&new)));
    press(&mut terminal, "1", "renate 2\r");
    press(&mut terminal, "2", "3\r");
    terminal.wait_for("Taken: Renate Renewed");
    terminal.wait_for("renewed: newer one");
    terminal.wait_for(PATH);
    terminal.press(CTRL_C);
    terminal.wait();
    world.holds(&[]);
}

/// What the wizard says of a file that is there, when Renate's current certificate is to go into it.
fn told_of(world: &World, file: &str, words: &str) {
    let store = store();
    let mut terminal = start(world, &store, &["--plain"]);
    let line = |terminal: &mut Terminal, question: &str, keys: &str| {
        terminal.wait_for(question);
        terminal.wait_for("]: ");
        terminal.press(keys);
    };
    line(&mut terminal, WHICH, "2\r");
    for question in [PATH, PROPERTIES, "Friendly name", READER, PASSWORD_FROM] {
        line(&mut terminal, question, ENTER);
    }
    for question in [TYPED, AGAIN] {
        terminal.wait_for(question);
        terminal.press(&format!("{PASSWORD}\r"));
    }
    line(&mut terminal, "Folder and name", &format!("{file}\r"));
    terminal.wait_for(&format!("{file} is there already. "));
    terminal.wait_for(words);
    terminal.press(CTRL_C);
    terminal.wait();
}

#[test]
fn existing_file_says_whose_it_is() {
    let world = World::new();
    let [new, old] = of_renate();
    fs::write(world.file("old.p12"), old.pem()).expect("a file");
    fs::write(world.file("new.p12"), new.pem()).expect("a file");
    fs::write(world.file("note.p12"), "something").expect("a file");
    let another = format!(
        "It holds another certificate: {RENATE}, until {}.",
        end(&old)
    );
    told_of(&world, "old.p12", &another);
    told_of(&world, "new.p12", "It holds the same certificate");
    told_of(&world, "note.p12", "No certificate shows in it.");
    fs::write(world.file("both.p12"), new.pem() + &old.pem()).expect("a file");
    let both =
        format!("the same certificate as the one to be saved, and 1 other private key: {RENATE}");
    told_of(&world, "both.p12", &both);
    let from = world.file("old.p12");
    for (name, password, words) in [
        ("same.p12", PASSWORD, another.as_str()),
        ("other.p12", "another one", "shows only with its password"),
    ] {
        let secret = tempfile::NamedTempFile::new().expect("a file");
        fs::write(secret.path(), password).expect("the password's file");
        let [from, secret] = [&from, secret.path()].map(|path| path.to_str().expect("text"));
        let words_of = [
            "export",
            "--store",
            from,
            "-o",
            name,
            "--iterations",
            "2000",
        ];
        let output =
            world.certstow(&[&words_of[..], &[RENATE, "--password-file", secret]].concat());
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        told_of(&world, name, words);
    }
}

#[test]
fn suggested_file_is_free() {
    let (world, store) = (World::new(), store());
    let [new, _] = of_renate();
    let thumbprint = certstow_formats::names::thumbprint(&new.certificate());
    let secret = world.secret();
    let password = secret.path().to_str().expect("text");
    let mut saved = Vec::new();
    // First the old one, in whose place none of the others is to come.
    for (number, more) in [
        ("3", ""),
        ("2", &format!(" {}", &end(&new)[..4])),
        ("2", &format!(" {}", end(&new))),
        ("2", &format!(" {thumbprint}")),
    ] {
        let mut terminal = start(&world, &store, &["--plain", "--password-file", password]);
        let mut line = |question: &str, keys: &str| {
            terminal.wait_for(question);
            terminal.wait_for("]: ");
            terminal.press(keys);
        };
        line(WHICH, &format!("{number}\r"));
        for question in [PATH, PROPERTIES, "Friendly name", READER] {
            line(question, ENTER);
        }
        let name = format!("{RENATE}{more}.p12");
        line(&format!("Folder and name [{name}"), ENTER);
        line(RIGHT, ENTER);
        line(COPY, "back\r");
        assert_eq!(terminal.wait(), Some(0), "{}", terminal.all());
        world.restores(&world.file(&name), PASSWORD);
        saved.push(name);
    }
    saved.sort();
    world.holds(&saved.iter().map(String::as_str).collect::<Vec<_>>());
}
