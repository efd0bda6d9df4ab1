use super::*;
use certstow_formats::pkcs12::target;

/// Reads this as the file `backup.toml`.
fn read(text: &str) -> Result<Settings, Refused> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("backup.toml");
    std::fs::write(&file, text).unwrap();
    let settings = Settings::read(&file);
    let below = |path: &mut PathBuf| {
        if let Ok(rest) = path.strip_prefix(folder.path()) {
            *path = Path::new("HERE").join(rest);
        }
    };
    settings.map(|mut settings| {
        settings.to.iter_mut().for_each(below);
        settings.escrow.iter_mut().for_each(below);
        for store in &mut settings.stores {
            if let StoreSpec::File(path) = store {
                below(path);
            }
        }
        for source in [&mut settings.password, &mut settings.unlock] {
            if let Some(Source::File(path)) = source {
                below(path);
            }
        }
        settings
    })
}

/// The line and what is wrong there.
fn refused(text: &str) -> (Option<usize>, String) {
    match read(text) {
        Err(Refused::Wrong { line, message, .. }) => (line, message),
        other => panic!("{text}: {other:?}"),
    }
}

#[test]
fn the_example_is_read_and_names_every_key() {
    let text = include_str!("../../../../docs/backup.example.toml");
    let settings = read(text).unwrap();
    assert_eq!(settings.to.len(), 2);
    assert_eq!(settings.prune_expired, Some(2 * 365 * 24 * 3600));
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
        read(line).unwrap_or_else(|error| panic!("{line}: {error:?}"));
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
fn paths_start_at_the_folder_of_the_file() {
    let settings = read(
        "to = 'a'\nstore = ['file:b', 'c', 'dotnet:My']\npassword-file = 'e'\n\
         unlock-password-file = '-'",
    )
    .unwrap();
    let here = Path::new("HERE");
    assert_eq!(settings.to, [here.join("a")]);
    let file = |path: &Path| format!("file:{}", path.display());
    let stores: Vec<String> = settings.stores.iter().map(ToString::to_string).collect();
    let expected = [
        file(&here.join("b")),
        file(&here.join("c")),
        "dotnet:My".to_owned(),
    ];
    assert_eq!(stores, expected);
    assert_eq!(settings.password, Some(Source::File(here.join("e"))));
    assert_eq!(settings.unlock, Some(Source::Stdin));
}

#[test]
fn a_path_from_the_root_stays_as_it_is() {
    let root = std::env::temp_dir();
    let settings = read(&format!("store = ['{}']", root.display())).unwrap();
    let stores: Vec<String> = settings.stores.iter().map(ToString::to_string).collect();
    assert_eq!(stores, [format!("file:{}", root.display())]);
}

#[test]
fn a_password_is_named_in_the_vault_or_by_descriptor() {
    let vault = |name: &str| name.parse().ok().map(Source::Vault);
    let settings = read("password-vault = 'backup'\nunlock-password-vault = 'keys'").unwrap();
    assert_eq!(settings.password, vault("backup"));
    assert_eq!(settings.unlock, vault("keys"));
    let settings = read("password-fd = 3\nunlock-password-fd = 0").unwrap();
    assert_eq!(settings.password, Some(Source::Fd(3)));
    assert_eq!(settings.unlock, Some(Source::Stdin));
}

#[test]
fn an_error_names_the_line_and_the_key() {
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
        ("for = 'amiga'", 1, "for: no program"),
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
fn keys_that_exclude_each_other_are_refused() {
    for (text, one) in [
        ("profile = 'modern'\nfor = 'java8'", "for"),
        ("password-file = 'a'\npassword-env = 'B'", "password-env"),
        ("password-env = 'B'\nescrow = 'c'", "escrow"),
        ("password-fd = 3\npassword-vault = 'b'", "password-vault"),
        ("password-vault = 'b'\nescrow = 'c'", "escrow"),
        (
            "unlock-password-vault = 'b'\nunlock-password-env = 'C'",
            "unlock-password-vault",
        ),
        ("allow-empty-password = true\nescrow = 'c'", "escrow"),
        ("expired = true\nvalid = true", "valid"),
    ] {
        let (_, message) = refused(text);
        assert!(message.contains(&format!("'{one}'")), "{text}: {message}");
    }
}

#[test]
fn the_command_line_comes_first() {
    let file = read(
        "to = 'a'\nprofile = 'legacy'\nescrow = 'c'\niterations = 5000\nexpired = true\n\
         label = 'Ada'\nrewrite = true",
    )
    .unwrap();
    let own = Settings {
        to: vec!["b".into()],
        target: target::find("java8"),
        password: Some(Source::Stdin),
        filters: Filters {
            valid: true,
            ..Filters::default()
        },
        ..Settings::default()
    };
    let both = own.over(file);
    assert_eq!(both.to, [Path::new("b")]);
    assert_eq!(both.profile, None);
    assert_eq!(both.escrow, None);
    assert_eq!(both.password, Some(Source::Stdin));
    assert_eq!(both.iterations, Iterations::new(5000).ok());
    assert!(both.rewrite && both.filters.valid && !both.filters.expired);
    assert_eq!(both.filters.label.as_deref(), Some("Ada"));
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let error = Settings::read(Path::new("nowhere/backup.toml")).unwrap_err();
    assert!(
        matches!(error, Refused::Unreadable(Error::Io { .. })),
        "{error:?}"
    );
}

#[test]
fn a_slip_in_a_key_or_program_is_recognized() {
    let (line, message) = refused("to = 'a'\niteratoins = 5\n");
    assert_eq!(line, Some(2));
    assert!(message.ends_with("did you mean `iterations`?"), "{message}");
    let (_, message) = refused("to = 'a'\nfor = 'windwos2016'\n");
    assert!(message.ends_with("did you mean windows2016?"), "{message}");
    let (_, message) = refused("to = 'a'\ninterval = 5\n");
    assert!(message.contains("expected one of"), "{message}");
}
