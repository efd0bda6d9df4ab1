use super::*;

#[test]
fn spec_parses_bare_path_as_folder() {
    assert_eq!("certs".parse(), Ok(StoreSpec::File("certs".into())));
    assert_eq!(r"C:\certs".parse(), Ok(StoreSpec::File(r"C:\certs".into())));
}

#[test]
fn spec_distinguishes_schemes_from_paths() {
    assert_eq!("file:a:b".parse(), Ok(StoreSpec::File("a:b".into())));
    assert_eq!("dotnet:My".parse(), Ok(StoreSpec::Dotnet("My".into())));
    for wrong in ["", "file:", "dotnet:", "dotnet:../x"] {
        assert!(wrong.parse::<StoreSpec>().is_err(), "{wrong}");
    }
}

#[test]
fn spec_parses_windows_store_locations() {
    let store = |location, name: &str| {
        let name = name.to_owned();
        Ok(StoreSpec::Windows(SystemStore { location, name }))
    };
    let [user, machine] = SystemStoreLocation::ALL;
    assert_eq!(r"windows:CurrentUser\My".parse(), store(user, "My"));
    assert_eq!(r"windows:localmachine\ca".parse(), store(machine, "ca"));
    assert_eq!("windows:CurrentUser/My".parse(), store(user, "My"));
    for wrong in [
        "",
        "My",
        r"CurrentUser\",
        r"\My",
        r"Nobody\My",
        r"LocalMachine\SERVER\My",
        "CurrentUserMy",
    ] {
        let error = format!("windows:{wrong}").parse::<StoreSpec>().unwrap_err();
        assert!(error.to_string().contains(r"CurrentUser\My"), "{error}");
    }
}

#[test]
fn is_of_the_directory_knows_user_ds() {
    let store = |name: &str| SystemStore {
        location: SystemStoreLocation::CurrentUser,
        name: name.to_owned(),
    };
    for (name, expected) in [
        ("UserDS", true),
        ("userds", true),
        ("My", false),
        ("ADDRESSBOOK", false),
        ("SmartCardRoot", false),
    ] {
        assert_eq!(store(name).is_of_the_directory(), expected, "{name}");
    }
}

#[test]
fn may_show_the_same_tells_personal_stores_apart() {
    use SystemStoreLocation::{CurrentUser, LocalMachine};

    let store = |location, name: &str| SystemStore {
        location,
        name: name.to_owned(),
    };
    for (one, other, expected) in [
        (store(CurrentUser, "My"), store(CurrentUser, "MY"), true),
        (store(CurrentUser, "My"), store(LocalMachine, "My"), false),
        (store(CurrentUser, "Web"), store(LocalMachine, "web"), true),
        (store(CurrentUser, "Web"), store(CurrentUser, "My"), false),
    ] {
        assert_eq!(one.may_show_the_same(&other), expected, "{one} {other}");
        assert_eq!(other.may_show_the_same(&one), expected, "{other} {one}");
    }
}

#[test]
fn spec_parses_keychain_names_and_paths() {
    let keychain = |keychain| Ok(StoreSpec::Keychain(keychain));
    assert_eq!("keychain:".parse(), keychain(Keychain::SearchList));
    assert_eq!("keychain:login".parse(), keychain(Keychain::Login));
    assert_eq!("keychain:system".parse(), keychain(Keychain::System));
    let file = Keychain::File("build.keychain-db".into());
    assert_eq!("keychain:build.keychain-db".parse(), keychain(file));
}

#[test]
fn has_scheme_knows_every_kind_of_store() {
    for text in ["file:a", "nss:", r"windows:CurrentUser\My=a"] {
        assert!(StoreSpec::has_scheme(text), "{text}");
    }
    for text in ["a", "jks:mine", r"C:\a", "", ":nss"] {
        assert!(!StoreSpec::has_scheme(text), "{text}");
    }
}

#[test]
fn spec_with_unknown_scheme_is_path() {
    let file = StoreSpec::File("jks:mine".into());
    assert_eq!("jks:mine".parse(), Ok(file.clone()));
    assert_eq!("file:jks:mine".parse(), Ok(file));
}

#[test]
fn spec_parses_nss_folders() {
    let folder = |folder: &str| Ok(StoreSpec::Nss(NssDatabase::Folder(folder.into())));
    assert_eq!("nss:".parse(), Ok(StoreSpec::Nss(NssDatabase::Found)));
    assert_eq!("nss:profile".parse(), folder("profile"));
    assert_eq!("nss:sql:profile".parse(), folder("profile"));
    assert_eq!(r"nss:C:\profile".parse(), folder(r"C:\profile"));
    for (wrong, expected) in [("nss:dbm:profile", "cert8.db"), ("nss:sql:", "folder")] {
        let error = wrong.parse::<StoreSpec>().unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn covers_takes_nss_for_every_database() {
    let spec = |text: &str| text.parse::<StoreSpec>().unwrap();
    assert!(spec("nss:").covers(&spec("nss:profile")));
    assert!(spec("nss:profile").covers(&spec("nss:profile")));
    for (one, other) in [
        ("nss:profile", "nss:other"),
        ("nss:profile", "nss:"),
        ("nss:", "file:profile"),
        ("file:profile", "nss:profile"),
    ] {
        assert!(!spec(one).covers(&spec(other)), "{one} {other}");
    }
}

#[test]
fn covers_takes_ways_to_one_place_for_the_same() {
    let here = std::env::current_dir().unwrap();
    let temporary = tempfile::tempdir().unwrap();
    let [below, above] = ["below", "below/.."].map(|name| temporary.path().join(name));
    std::fs::create_dir(&below).unwrap();
    for kind in ["nss", "file"] {
        let spec =
            |path: &Path| -> StoreSpec { format!("{kind}:{}", path.display()).parse().unwrap() };
        assert!(spec(Path::new("profile")).covers(&spec(&here.join("profile"))));
        assert!(spec(temporary.path()).covers(&spec(&above)));
        assert!(!spec(temporary.path()).covers(&spec(&below)));
    }
}

#[test]
fn resolved_changes_only_relative_paths() {
    let folder = std::env::temp_dir();
    let inside = |name: &str| folder.join(name).display().to_string();
    let (certs, keychain) = (inside("certs"), inside("a.keychain-db"));
    for (text, expected) in [
        ("certs", format!("file:{certs}")),
        ("./certs", format!("file:{certs}")),
        (&certs, format!("file:{certs}")),
        ("keychain:a.keychain-db", format!("keychain:{keychain}")),
        ("keychain:", "keychain:".to_owned()),
        ("keychain:login", "keychain:login".to_owned()),
        ("dotnet:My", "dotnet:My".to_owned()),
        ("nss:", "nss:".to_owned()),
        ("nss:certs", format!("nss:{certs}")),
        (
            "pkcs11:./a.so?token=a%20b",
            format!("pkcs11:{}?token=a%20b", inside("a.so")),
        ),
        ("pkcs11:a.so", "pkcs11:a.so".to_owned()),
        (
            "pkcs11:token=a?module-path=/a.so",
            "pkcs11:token=a?module-path=/a.so".to_owned(),
        ),
        (
            r"windows:CurrentUser\My",
            r"windows:CurrentUser\My".to_owned(),
        ),
    ] {
        let spec: StoreSpec = text.parse().unwrap();
        let resolved = spec.resolved(|path| std::path::absolute(folder.join(path)));
        assert_eq!(resolved.unwrap(), *expected, "{text}");
    }
}

#[test]
fn spec_display_round_trips() {
    for text in [
        "file:/a/b",
        "dotnet:My",
        r"windows:LocalMachine\Remote Desktop",
        "keychain:",
        "keychain:login",
        "keychain:System",
        "keychain:/a/b.keychain-db",
        "nss:",
        "nss:/a/b",
    ] {
        assert_eq!(text.parse::<StoreSpec>().unwrap().to_string(), text);
    }
}
