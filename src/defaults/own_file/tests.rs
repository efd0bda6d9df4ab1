use super::*;
use crate::args;

/// What a file, in the folder `HERE`, gives a command.
fn given(text: &str, name: &str) -> Result<Vec<String>, Error> {
    let mut certstow = args::command();
    certstow.build();
    let below = name
        .split(' ')
        .try_fold(&certstow, |command, name| command.find_subcommand(name));
    let command = below.expect("a command").clone().no_binary_name(true);
    let given = parse(
        text,
        Path::new("HERE/config.toml"),
        &certstow,
        name,
        &command,
        &[],
    )?;
    let words = given
        .iter()
        .map(|given| given.word().to_string_lossy().into_owned());
    Ok(words.collect())
}

/// The line and what is wrong there.
fn refused(text: &str) -> (Option<usize>, String) {
    match given(text, "list") {
        Err(Error::Config { line, message, .. }) => (line, message),
        other => panic!("{text}: {other:?}"),
    }
}

const FILE: &str = "
valid = true
allow-unproven = true
timeout = '5s'
store = 'dotnet:My'
unlock-password-env = 'A'
escrow = '/e'
[list]
tree = true
expired = true
[backup]
password-env = 'B'
store = ['dotnet:Root', 'dotnet:CA']
[backup.verify]
store = 'dotnet:My'
[import]
unlock-password-env = 'C'
[schedule.install]
daily = '8:05'
";

#[test]
fn parse_gives_each_command_its_options() {
    for (name, expected) in [
        ("stores", "--timeout=5s"),
        (
            "show",
            "--valid --timeout=5s --store=dotnet:My --unlock-password-env=A",
        ),
        // Those of its table take the place of others, and of what they exclude.
        (
            "list",
            "--timeout=5s --store=dotnet:My --unlock-password-env=A --tree --expired",
        ),
        (
            "backup",
            "--valid --allow-unproven --timeout=5s --unlock-password-env=A --password-env=B \
             --store=dotnet:Root --store=dotnet:CA",
        ),
        // Of all commands' it takes none that would have it compare.
        (
            "backup verify",
            "--allow-unproven --timeout=5s --store=dotnet:My",
        ),
        // Nor does it write into the store that others look in, or protect keys as those are opened.
        ("import", "--timeout=5s --unlock-password-env=C"),
        (
            "schedule install",
            "--valid --allow-unproven --timeout=5s --unlock-password-env=A --password-env=B \
             --store=dotnet:Root --store=dotnet:CA --daily=8:05",
        ),
        (
            "doctor",
            "--timeout=5s --unlock-password-env=A --password-env=B --store=dotnet:Root \
             --store=dotnet:CA",
        ),
    ] {
        assert_eq!(given(FILE, name).unwrap().join(" "), expected, "{name}");
    }
}

#[test]
fn parse_takes_paths_below_home_or_file() {
    let home = std::env::home_dir().unwrap();
    let words = given("to = ['~/a', 'b']\nstore = 'file:~/c'", "backup").unwrap();
    let expected = [
        format!("--to={}", home.join("a").display()),
        format!("--to={}", Path::new("HERE").join("b").display()),
        format!("--store=file:{}", home.join("c").display()),
    ];
    assert_eq!(words, expected);
}

#[test]
fn parse_error_names_line_and_key() {
    for (text, line, words) in [
        (
            "\nstoer = 'x'",
            2,
            "'stoer' is no option of certstow: did you mean 'store'?",
        ),
        (
            "nosuchthing = 1",
            1,
            "'nosuchthing' is no option of certstow",
        ),
        ("[lsit]", 1, "[lsit] is no command: did you mean [list]?"),
        (
            "[backup.verfy]",
            1,
            "[backup.verfy] is no command: did you mean [backup.verify]?",
        ),
        ("[help]", 1, "[help] is no command"),
        ("[list]\nto = 'x'", 2, "'to' is no option of certstow list"),
        (
            "[show]\ntechnicl = true",
            2,
            "'technicl' is no option of certstow show: did you mean 'technical'?",
        ),
        (
            "[schedule]\nto = 'x'",
            2,
            "'schedule' alone does nothing: its tables are [schedule.install], [schedule.",
        ),
        ("timeout = 5", 1, "timeout: a text is needed"),
        ("[check]\ntimeout = '5'", 2, "timeout: "),
        ("[backup]\nescrow = 5", 2, "escrow: a text is needed"),
        ("iterations = 0", 1, "iterations: 0 iterations"),
        (
            "help = true",
            1,
            "'help' is given on the command line each time",
        ),
        ("a = ", 1, "a: "),
        ("store = 'a'\nstore = 'b'", 2, "duplicate"),
    ] {
        let (found, message) = refused(text);
        assert_eq!(found, Some(line), "{text}: {message}");
        assert!(
            message.starts_with(words) || words == "duplicate" && message.contains(words),
            "{text}: {message}"
        );
    }
    let (line, message) = refused("[backup]\npassword-file = 'a'\nescrow = 'b'");
    assert_eq!(
        (line, message.as_str()),
        (None, "'password-file' and 'escrow' exclude each other")
    );
}

#[test]
fn no_keys_are_options_and_refused() {
    let mut certstow = args::command();
    certstow.build();
    let mut commands = BTreeMap::new();
    runnable(&certstow, "", &mut commands);
    for key in NO_KEYS {
        let has = |command: &&Command| key_of(command, key).is_some();
        assert!(commands.values().any(|command| has(&command)), "{key}");
        let (_, message) = refused(&format!("{key} = true"));
        assert_eq!(
            message,
            format!("'{key}' is given on the command line each time, and is no key")
        );
    }
}

/// What the manual shows is read as it says.
#[test]
fn parse_takes_example_of_manual() {
    let page = include_str!("../../../docs/options.md");
    let (_, rest) = page.split_once("```toml\n").unwrap();
    let (text, _) = rest.split_once("```").unwrap();
    let listed = given(text, "list").unwrap();
    assert!(
        listed.contains(&"--expires-within=90d".to_owned()),
        "{listed:?}"
    );
    let backup = given(text, "backup").unwrap();
    assert_eq!(
        backup
            .iter()
            .filter(|word| word.starts_with("--to="))
            .count(),
        2
    );
    for key in NO_KEYS {
        assert!(page.contains(&format!("`{key}`")), "{key}");
    }
}
