use certstow_core::password::Source;
use certstow_formats::pkcs12::profile::Iterations;
use certstow_formats::pkcs12::target;
use clap::FromArgMatches as _;
use std::time::Duration;

use super::*;
use crate::args::StoreArgs;
use crate::error::Explain as _;
use crate::exit::Exit;

/// Reads this as the file `HERE/backup.toml`.
fn read_text(text: &str) -> Result<BackupArgs, Error> {
    Ok(parse(text, Path::new("HERE/backup.toml"), &[])?.args)
}

/// Where passwords of locked keys come from.
fn sources(args: &StoreArgs) -> Vec<Source> {
    let unlock = args.unlock().unwrap().into_iter();
    unlock.map(|unlock| unlock.source).collect()
}

/// The same, with the stores that they are for.
fn for_stores(args: &StoreArgs) -> Vec<(Option<String>, Source)> {
    let unlock = args.unlock().unwrap().into_iter();
    let named = unlock.map(|unlock| (unlock.store.map(|store| store.to_string()), unlock.source));
    named.collect()
}

/// The line and what is wrong there.
fn refused(text: &str) -> (Option<usize>, String) {
    match read_text(text) {
        Err(Error::Config { line, message, .. }) => (line, message),
        other => panic!("{text}: {other:?}"),
    }
}

#[test]
fn option_file_example_covers_every_key() {
    let text = include_str!("../../docs/backup.example.toml");
    let args = read_text(text).unwrap();
    assert_eq!(args.to.len(), 2);
    assert_eq!(
        args.prune_expired,
        Some(Duration::from_secs(2 * 365 * 24 * 3600))
    );
    // Each key on its own, those behind a # too.
    let keys: Vec<&str> = text
        .lines()
        .map(|line| line.trim_start_matches("# "))
        .filter(|line| {
            line.split_once(" = ")
                .is_some_and(|(key, _)| !key.contains(' '))
        })
        .collect();
    for line in &keys {
        read_text(line).unwrap_or_else(|error| panic!("{line}: {error}"));
    }
    let (_, message) = refused("nothing = 1");
    let known = message.split('`').skip(1).step_by(2).skip(1);
    for key in known {
        assert!(
            keys.iter()
                .any(|line| line.starts_with(&format!("{key} = "))),
            "{key} is not in the example"
        );
    }
}

#[test]
fn read_resolves_paths_against_file_folder() {
    let args = read_text(
        "to = 'a'\nstore = ['file:b', 'c', 'dotnet:My']\npassword-file = 'e'\n\
         unlock-password-file = '-'",
    )
    .unwrap();
    let here = Path::new("HERE");
    assert_eq!(args.to, [here.join("a")]);
    let file = |path: &Path| format!("file:{}", path.display());
    let stores: Vec<String> = args.stores.stores.iter().map(ToString::to_string).collect();
    let expected = [
        file(&here.join("b")),
        file(&here.join("c")),
        "dotnet:My".to_owned(),
    ];
    assert_eq!(stores, expected);
    assert_eq!(args.password.source(), Some(Source::File(here.join("e"))));
    assert_eq!(sources(&args.stores), [Source::Stdin]);
}

#[test]
fn read_keeps_absolute_paths() {
    let root = std::env::temp_dir();
    let args = read_text(&format!("store = ['{}']", root.display())).unwrap();
    let stores: Vec<String> = args.stores.stores.iter().map(ToString::to_string).collect();
    assert_eq!(stores, [format!("file:{}", root.display())]);
}

#[test]
fn read_accepts_vault_and_descriptor_passwords() {
    let vault = |name: &str| name.parse().ok().map(Source::Vault);
    let args = read_text("password-vault = 'backup'\nunlock-password-vault = 'keys'").unwrap();
    assert_eq!(args.password.source(), vault("backup"));
    assert_eq!(sources(&args.stores), Vec::from_iter(vault("keys")));
    let args = read_text("password-fd = 3\nunlock-password-fd = 0").unwrap();
    assert_eq!(args.password.source(), Some(Source::Fd(3)));
    assert_eq!(sources(&args.stores), [Source::Stdin]);
}

/// The path of the store and that of the file both start at the folder of the option file.
#[test]
fn read_divides_store_from_password() {
    let args = read_text(
        "store = ['nss:a', 'b']\nunlock-password-file = ['nss:a=c', 'b=-', 'b/c=d']\n\
         unlock-password-env = ['nss:a=A', 'B=C']\nunlock-password-fd = ['b=3', 4]\n\
         unlock-password-vault = 'b=keys'\nunlock-password-command = 'nss:a=pass show a=b'",
    );
    let args = args.unwrap();
    let here = |name: &str| Path::new("HERE").join(name);
    let nss = || Some(format!("nss:{}", here("a").display()));
    let file = || Some(format!("file:{}", here("b").display()));
    let expected = [
        (nss(), Source::File(here("c"))),
        (file(), Source::Stdin),
        (None, Source::File(here("b/c=d"))),
        (nss(), Source::Env("A".to_owned())),
        (None, Source::Env("B=C".to_owned())),
        (file(), Source::Fd(3)),
        (None, Source::Fd(4)),
        (file(), Source::Vault("keys".parse().unwrap())),
        (nss(), Source::Command("pass show a=b".parse().unwrap())),
    ];
    assert_eq!(for_stores(&args.stores), expected);
}

#[test]
fn read_refuses_store_before_what_is_no_value() {
    for (text, line) in [
        ("store = 'b'\nunlock-password-fd = 'b=x'", 2),
        ("unlock-password-fd = ['3']", 1),
        ("unlock-password-vault = 'b=a b'", 1),
    ] {
        assert_eq!(refused(text).0, Some(line), "{text}");
    }
}

#[test]
fn read_error_names_line_and_key() {
    for (text, line, words) in [
        ("to = 'a'\n\nto-day = 'b'\n", 3, "unknown field `to-day`"),
        ("to = 'a'\niterations = 0\n", 2, "iterations: 0 iterations"),
        ("iterations = 600001", 1, "600000"),
        ("iterations = -1", 1, "iterations"),
        (
            "# c\nprofile = 'best'",
            2,
            "profile: 'best' is none of modern",
        ),
        ("prune-expired = '90'", 1, "prune-expired"),
        ("prune-expired = 90", 1, "prune-expired"),
        ("chain = 'half'", 1, "chain"),
        ("for = 'amiga'", 1, "for: known are windows7"),
        ("label = 5", 1, "label: a text is needed"),
        ("to = ['a', 5]", 1, "to: a text, or a list"),
        ("iterations = '5000'", 1, "iterations: a number is needed"),
        ("password-fd = 99999999999", 1, "password-fd: "),
        ("config = 'other.toml'", 1, "unknown field `config`"),
        ("json = true", 1, "unknown field `json`"),
        (
            "store = ['a', 'pkcs12:b:']\nto = 3",
            2,
            "to: a text, or a list",
        ),
        ("rewrite = 'yes'", 1, "rewrite"),
        ("password = 'secret'", 1, "unknown field `password`"),
        ("to = 'a'\nto = 'b'", 2, "duplicate"),
        (
            "\npassword-vault = 'a b'",
            2,
            "password-vault: a name is 1 to 64",
        ),
        ("unlock-password-vault = ''", 1, "a name is 1 to 64"),
        ("to = [", 1, ""),
    ] {
        let (found, message) = refused(text);
        assert_eq!(found, Some(line), "{text}: {message}");
        assert!(message.contains(words), "{text}: {message}");
    }
}

#[test]
fn read_refuses_mutually_exclusive_keys() {
    for (text, one) in [
        ("profile = 'modern'\nfor = 'java8'", "for"),
        ("password-file = 'a'\npassword-env = 'B'", "password-env"),
        ("password-env = 'B'\nescrow = 'c'", "escrow"),
        ("password-fd = 3\npassword-vault = 'b'", "password-vault"),
        ("password-vault = 'b'\nescrow = 'c'", "escrow"),
        ("allow-empty-password = true\nescrow = 'c'", "escrow"),
        ("expired = true\nvalid = true", "valid"),
    ] {
        let (_, message) = refused(text);
        assert!(message.contains(&format!("'{one}'")), "{text}: {message}");
    }
}

/// The options of a command line over those of a file.
fn over_text(words: &str, text: &str) -> BackupArgs {
    let matches = COMMAND.clone().get_matches_from(words.split(' '));
    let typed = Typed::<BackupArgs>::from_arg_matches(&matches).unwrap();
    let file = parse(text, Path::new("backup.toml"), &stores_of(&typed.given)).unwrap();
    over(&typed.given, &file.given).unwrap()
}

#[test]
fn over_prefers_command_line_to_file() {
    let both = over_text(
        "--to b --for java8 --password-file - --valid",
        "to = ['a', 'c']\nprofile = 'legacy'\nescrow = 'c'\niterations = 5000\nexpired = true\n\
         label = 'Ada'\nrewrite = true",
    );
    assert_eq!(both.to, [Path::new("b")]);
    assert_eq!(both.algorithms.profile, None);
    assert_eq!(both.algorithms.target, target::find("java8"));
    assert_eq!(both.escrow, None);
    assert_eq!(both.password.source(), Some(Source::Stdin));
    assert_eq!(both.algorithms.iterations, Iterations::new(5000).ok());
    let filters = both.filters.filters();
    assert!(both.rewrite && filters.valid && !filters.expired);
    assert_eq!(filters.label.as_deref(), Some("Ada"));
}

/// Where the command line names other stores, nobody is to be asked for the password of that one.
#[test]
fn over_drops_passwords_of_replaced_stores() {
    let text =
        "store = ['nss:/a', '/b']\nunlock-password-env = ['nss:/a=A', '/b=B', 'nss:=N', 'C']";
    let names = |words: &str| {
        let sources = sources(&over_text(words, text).stores).into_iter();
        let names = sources.map(|source| match source {
            Source::Env(name) => name,
            other => panic!("{other:?}"),
        });
        names.collect::<Vec<_>>().join(" ")
    };
    assert_eq!(names("--to x"), "A B N C");
    assert_eq!(names("--to x --store /b"), "B C");
    assert_eq!(names("--to x --store nss:/a"), "A N C");
    assert_eq!(names("--to x --store nss:/c --store /d"), "N C");
    assert_eq!(names("--to x --unlock-password-env D"), "D");
}

/// The command line may name the store of the file once more.
#[test]
fn over_keeps_pin_of_a_token_that_both_name() {
    let text = "store = 'pkcs11:token=Ada'\nunlock-password-env = 'PIN'";
    let of = |token: &str| {
        let words = format!("--to x --store pkcs11:token={token}");
        sources(&over_text(&words, text).stores)
    };
    assert_eq!(of("Ada"), [Source::Env("PIN".to_owned())]);
    assert_eq!(of("Eve"), []);
}

#[test]
fn over_knows_stores_of_command_line() {
    let here = std::env::current_dir().unwrap();
    let text = format!(
        "unlock-password-env = 'file:{}=A'",
        here.join("keys").display()
    );
    let of_keys = over_text("--to x --store keys", &text).stores;
    assert_eq!(sources(&of_keys), [Source::Env("A".to_owned())]);
    let of_others = over_text("--to x --store others", &text).stores;
    assert_ne!(sources(&of_others), [Source::Env("A".to_owned())]);
}

#[test]
fn over_drops_file_keys_excluded_by_option() {
    let both = over_text(
        "--escrow a --unlock-password-env B",
        "password-file = 'c'\nunlock-password-fd = 3",
    );
    assert_eq!(
        (both.password.source(), both.escrow),
        (None, Some("a".into()))
    );
    assert_eq!(sources(&both.stores), [Source::Env("B".to_owned())]);
    let tried = "unlock-password-file = ['/a', '/b']\nunlock-password-env = 'C'\n\
                 unlock-password-fd = [3, 4]";
    assert_eq!(sources(&over_text("--to x", tried).stores).len(), 5);
    // What is valid need not expire soon, whatever the file says.
    let both = over_text("--valid", "expires-within = '30d'")
        .filters
        .filters();
    assert!(both.valid && both.expires_within.is_none());
    let both = over_text("--expires-within 8w", "valid = true")
        .filters
        .filters();
    assert!(both.valid && both.expires_within.is_some());
}

#[test]
fn read_accepts_values_beginning_with_hyphen() {
    let args = read_text("subject = '-x'\npassword-env = '--rewrite'").unwrap();
    assert_eq!(args.filters.filters().subject.as_deref(), Some("-x"));
    assert_eq!(
        args.password.source(),
        Some(Source::Env("--rewrite".to_owned()))
    );
    assert!(!args.rewrite);
}

#[test]
fn read_names_missing_file() {
    let error = read(Path::new("nowhere/backup.toml"), &[]).unwrap_err();
    let unread = matches!(
        error,
        Error::Library(certstow_core::error::Error::Io { .. })
    );
    assert!(unread, "{error:?}");
    assert!(error.to_string().contains("nowhere/backup.toml"));
}

#[test]
fn read_suggests_correct_key_or_program() {
    let (line, message) = refused("to = 'a'\niteratoins = 5\n");
    assert_eq!(line, Some(2));
    assert!(message.ends_with("did you mean `iterations`?"), "{message}");
    let (_, message) = refused("to = 'a'\nfor = 'windwos2016'\n");
    assert!(message.contains("did you mean windows2016?"), "{message}");
    let (_, message) = refused("to = 'a'\ninterval = 5\n");
    assert!(message.contains("expected one of"), "{message}");
}

#[test]
fn read_explains_escapes_in_windows_paths() {
    for (text, line, words) in [
        ("to = [\"C:\\Users\\x\"]", 1, "unicode"),
        ("to = [\n  'a',\n  \"C:\\Program Files\",\n]", 3, "escape"),
        (
            "rewrite = true\nto = \"C:\\temp\\backup\"",
            2,
            "to: a control character",
        ),
        (
            "store = [\"file:C:\\new\"]",
            1,
            "store: a control character",
        ),
        (
            "password-file = \"C:\\bar\"",
            1,
            "password-file: a control character",
        ),
    ] {
        let error = read_text(text).unwrap_err();
        let hint = error.hint().unwrap();
        assert!(hint.contains("'single quotes'"), "{text}: {hint}");
        assert_eq!(error.exit(), Exit::Usage);
        let (found, message) = refused(text);
        assert_eq!(found, Some(line), "{text}: {message}");
        assert!(message.contains(words), "{text}: {message}");
    }
    for text in ["to = 'a", "to = \"a", "label = \"a\\tb\"\nnothing = 1"] {
        let hint = read_text(text).unwrap_err().hint().unwrap();
        assert!(!hint.contains("quotes"), "{text}: {hint}");
    }
    // Text is no path.
    read_text("label = \"a\\tb\"").unwrap();
    read_text("to = \"C:\\\\temp\"").unwrap();
}

#[test]
fn read_accepts_utf16_by_its_mark() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("backup.toml");
    let units = |unit: fn(u16) -> [u8; 2]| -> Vec<u8> {
        let text = "\u{feff}label = 'Jürgen'\r\n".encode_utf16();
        text.flat_map(unit).collect()
    };
    let utf8 = "\u{feff}label = 'Jürgen'\n".as_bytes().to_vec();
    for bytes in [units(u16::to_le_bytes), units(u16::to_be_bytes), utf8] {
        std::fs::write(&file, bytes).unwrap();
        let args = read(&file, &[]).unwrap().args;
        assert_eq!(args.filters.filters().label.as_deref(), Some("Jürgen"));
    }
    std::fs::write(&file, b"label = 'J\xfcrgen'").unwrap();
    let error = read(&file, &[]).unwrap_err();
    assert_eq!(error.exit(), Exit::Usage);
    assert!(error.to_string().contains("neither UTF-8"), "{error}");
}

#[test]
fn monitor_options_name_password_variables() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("options.toml");
    let text = "on-failure = \"x\"\nno-such-key = 1\npassword-env = \"A\"\n\
                unlock-password-env = [\"B\", \"C\"]\n";
    std::fs::write(&file, text).unwrap();
    let found = monitor_options(&file);
    assert!(found.on_failure.is_some());
    assert_eq!(found.password_variables, ["A", "B", "C"]);
}
