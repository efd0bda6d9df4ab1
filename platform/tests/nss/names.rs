//! How a database is named, and what names are in it.

use std::fs;

use certstow_formats::sanitize::safe;
use certstow_platform::spec::StoreSpec;
use certstow_platform::store::KeyState;
use certstow_platform::{OpenOptions, each_of, open};

use super::database::Profile;
use super::{assert_exports, entry, list, spec, with};

#[test]
#[ignore = "needs NSS and OpenSSL"]
fn open_takes_every_name_of_a_database() {
    let profile = with("P-256");
    let folder = profile.folder().display();
    for name in [
        format!("nss:{folder}"),
        format!("nss:sql:{folder}"),
        format!("nss:{folder}/"),
        format!("nss:{folder}/cert9.db"),
        format!("nss:sql:{folder}/key4.db"),
    ] {
        let named: StoreSpec = name.parse().unwrap();
        assert_eq!(each_of(&named).unwrap(), std::slice::from_ref(&named));
        let store = open(&named, &OpenOptions::default()).unwrap();
        assert_eq!(store.info().spec, spec(profile.folder()), "{name}");
        let listing = store.list().unwrap();
        assert_eq!(entry(&listing, "P-256").key, KeyState::Exportable, "{name}");
    }
    let old = format!("nss:dbm:{folder}").parse::<StoreSpec>();
    assert!(old.unwrap_err().to_string().contains("dbm"));
}

/// A folder may have the name of a file of a database.
#[test]
#[ignore = "needs NSS and OpenSSL"]
fn open_takes_folder_called_cert9() {
    let made = with("P-256");
    let parent = Profile::never_initialised();
    let folder = parent.path("cert9.db");
    fs::create_dir(&folder).unwrap();
    for name in ["cert9.db", "key4.db"] {
        fs::copy(made.path(name), folder.join(name)).unwrap();
    }
    let store = super::open_in(&folder).unwrap();
    assert_eq!(store.info().spec, spec(&folder));
    assert_eq!(store.list().unwrap().entries.len(), 1);
}

#[test]
#[ignore = "needs NSS, OpenSSL and Python"]
fn list_has_nicknames_of_any_octets() {
    let profile = with("P-256");
    for (value, expected) in [
        ("x'1b5b324a41'", Some("\u{1b}[2JA")),
        ("x'e280ae414243'", Some("\u{202e}ABC")),
        ("x'41ff42'", Some("A\u{fffd}B")),
        ("x'4100420a43'", Some("A\0B\nC")),
        ("cast('NSS Certificate DB:Ada' as blob)", Some("Ada")),
        ("x'a5005a'", None),
        ("null", None),
    ] {
        let change = format!("update nssPublic set a3 = {value} where a0 = x'00000001'");
        profile.sql("cert9.db", &change);
        let listing = list(&profile);
        let entry = entry(&listing, "P-256");
        assert_eq!(entry.label.as_deref(), expected, "{value}");
        let shown = safe(&entry.display_label()).to_string();
        assert!(
            !shown.contains(['\u{1b}', '\u{202e}', '\0', '\n']),
            "{shown:?}"
        );
        assert_exports(&profile, "P-256");
    }
}
