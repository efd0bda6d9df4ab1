//! Folders of every name, one database after the other, and softoken beside a program.

use std::path::Path;
use std::process::Command;
use std::thread;

use super::super::library::{Candidate, Library};
use super::material::{EXPORTABLE, Identity, Profile, run};
use crate::store::Removal;

#[test]
#[ignore = "needs NSS, OpenSSL and Python"]
fn folder_may_have_any_name() {
    for name in [
        "it's Ada's",
        r"back\slash\",
        "Zo\u{eb} \u{1f511}",
        "a=b, \"c\" 'd' configdir='x'",
        "sql:x",
        " blanks ",
        "new\nline",
    ] {
        let profile = Profile::new("secret");
        let named = profile.renamed(name);
        named.imported("P-256", "Ada");
        named.gives_key_of(&Identity::fixture("P-256"));
        let mut names: Vec<_> = std::fs::read_dir(named.folder())
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        names.sort();
        assert_eq!(names, ["cert9.db", "key4.db", "pkcs11.txt"], "{name}");
    }
}

#[test]
#[ignore = "needs NSS, OpenSSL and Python"]
fn threads_take_turns() {
    let profiles: Vec<_> = ["", "one", "two", "three"].map(Profile::new).into();
    thread::scope(|scope| {
        for profile in &profiles {
            scope.spawn(|| {
                for name in ["P-256", "rsa"] {
                    profile.imported(name, name);
                }
                let gone = Identity::fixture("P-256").certificate;
                profile.remove(&gone, Removal::Entry).unwrap();
            });
        }
    });
    for profile in &profiles {
        profile.gives_key_of(&Identity::fixture("rsa"));
        assert_eq!(profile.keys_of_nss(), 1);
    }
}

/// In a process of its own, since one has only one softoken.
#[test]
#[ignore = "needs Firefox, NSS, OpenSSL and Python"]
fn softoken_of_firefox_serves_as_well() {
    const CHILD: &str = "CERTSTOW_TEST_SOFTOKEN_OF_FIREFOX";
    const THIS: &str = "nss::softoken::tests::places::softoken_of_firefox_serves_as_well";
    if std::env::var_os(CHILD).is_none() {
        let mut child = Command::new(std::env::current_exe().unwrap());
        run(child
            .args(["--exact", THIS, "--include-ignored"])
            .env(CHILD, "1"));
        return;
    }
    let folders = ["/usr/lib/firefox-esr", "/usr/lib/firefox"];
    let mut folders = folders.into_iter().map(Path::new);
    let folder = folders
        .find(|folder| folder.join("libsoftokn3.so").exists())
        .expect("a Firefox");
    let candidate = Candidate::Program(folder.to_owned());
    let library = Library::load_first(&[candidate]).unwrap();
    let loaded = std::fs::read_to_string("/proc/self/maps").unwrap();
    let its_own = folder.join("libmozsqlite3.so");
    assert!(loaded.contains(its_own.to_str().unwrap()));
    for password in ["", "secret"] {
        let profile = Profile::new(password);
        profile.imported_by_nss("rsa", "before");
        for name in ["P-256", "rsa-pss"] {
            let identity = Identity::fixture(name);
            profile
                .database()
                .import(Ok(library.clone()), &identity.coming(), &EXPORTABLE)
                .unwrap();
            profile.gives_key_of(&identity);
        }
        let gone = Identity::fixture("rsa-pss").certificate;
        profile
            .database()
            .remove(Ok(library.clone()), &gone, Removal::Entry)
            .unwrap();
        assert_eq!(profile.keys_of_nss(), 2);
        profile.gives_key_of(&Identity::fixture("rsa"));
    }
}
