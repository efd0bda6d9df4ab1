//! Databases that cannot be changed as they are, and identities that NSS does not keep.

use std::fs;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use certstow_formats::secret::Password;

use super::super::Database;
use super::super::library::{Candidate, Library};
use super::super::refusal::Missing;
use super::material::{EXPORTABLE, Identity, LOCKED, Profile, STORE, error_chain, python, run};
use crate::error::StoreError;
use crate::store::Removal;

#[test]
#[ignore = "needs NSS, OpenSSL and Python"]
fn wrong_password_changes_nothing() {
    let profile = Profile::new("right");
    profile.imported("P-256", "Ada");
    let before = profile.rows();
    let there = Identity::fixture("P-256");
    let new = Identity::fixture("rsa");
    let mut wrong = ["", "wrong", "Right", "right "].map(str::to_owned).to_vec();
    wrong.extend([500, 501, 5_000].map(|length| "x".repeat(length)));
    for wrong in wrong {
        let wrong = Password::new(wrong);
        let database = Database {
            password: Some(&wrong),
            ..profile.database()
        };
        let imported = database.import(Library::find(false), &new.coming(), &EXPORTABLE);
        let removed = database.remove(Library::find(false), &there.certificate, Removal::Entry);
        for error in [imported.unwrap_err(), removed.unwrap_err()] {
            let StoreError::WrongPassword { place } = &error else {
                panic!("{error:?}");
            };
            assert_eq!(place, LOCKED);
        }
        assert!(profile.rows() == before);
    }
    let database = Database {
        password: None,
        ..profile.database()
    };
    let error = database.import(Library::find(false), &new.coming(), &EXPORTABLE);
    assert!(
        matches!(error, Err(StoreError::InteractionRequired { .. })),
        "{error:?}"
    );
    assert!(profile.rows() == before);
    profile.gives_key_of(&there);
}

#[test]
#[ignore = "needs NSS, OpenSSL and Python"]
fn password_that_is_not_needed_does_no_harm() {
    let profile = Profile::new("");
    let unneeded = Password::new("unneeded".to_owned());
    let database = Database {
        password: Some(&unneeded),
        ..profile.database()
    };
    let identity = Identity::fixture("rsa");
    database
        .import(Library::find(false), &identity.coming(), &EXPORTABLE)
        .unwrap();
    profile.gives_key_of(&identity);
}

#[test]
#[ignore = "needs NSS, OpenSSL and Python"]
fn database_that_was_never_given_a_password_takes_nothing() {
    let profile = Profile::new("");
    profile.sql("key4.db", "delete from metaData");
    let before = profile.rows();
    let identity = Identity::fixture("rsa");
    let error = profile.import(&identity.coming(), &EXPORTABLE).unwrap_err();
    assert!(matches!(error, StoreError::NotImported { .. }), "{error:?}");
    let told = error_chain(&error);
    assert!(
        told.contains("has no password yet, not even the empty one"),
        "{told}"
    );
    assert!(profile.rows() == before);
}

#[test]
#[ignore = "needs NSS, OpenSSL and Python"]
fn no_database_is_made() {
    for missing in ["cert9.db", "key4.db"] {
        let profile = Profile::new("");
        fs::remove_file(profile.path(missing)).unwrap();
        let identity = Identity::fixture("rsa");
        let error = profile.import(&identity.coming(), &EXPORTABLE).unwrap_err();
        assert!(matches!(error, StoreError::Unavailable { .. }), "{error:?}");
        let told = error_chain(&error);
        assert!(told.contains(missing) && told.contains(STORE), "{told}");
        assert!(!profile.path(missing).exists());
    }
}

#[test]
#[ignore = "needs NSS, OpenSSL and Python"]
fn keys_that_nss_does_not_keep_are_refused() {
    let profile = Profile::new("");
    let before = profile.rows();
    let brainpool = [
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:brainpoolP256r1",
    ];
    let identities = [
        Identity::fixture("ed25519"),
        Identity::fixture("ed448"),
        Identity::made(&brainpool, "/CN=Brainpool"),
    ];
    for identity in identities {
        let error = profile.import(&identity.coming(), &EXPORTABLE).unwrap_err();
        assert!(matches!(error, StoreError::NotImported { .. }), "{error:?}");
        assert!(error_chain(&error).contains("NSS keeps no keys of this kind"));
        assert!(profile.rows() == before);
    }
}

#[test]
#[ignore = "needs NSS, OpenSSL and Python"]
fn database_that_another_program_writes_to_is_in_use() {
    let there = Identity::fixture("rsa");
    let new = Identity::fixture("P-256");
    for (file, begin) in [
        ("key4.db", "begin exclusive"),
        ("cert9.db", "begin exclusive"),
        ("key4.db", "begin immediate"),
        // Here the private key goes in, and is taken out again.
        ("cert9.db", "begin immediate"),
    ] {
        let profile = Profile::new("");
        profile.imported("rsa", "Ada");
        let before = profile.rows();
        let holder = profile.held(file, begin);
        let error = profile.import(&new.coming(), &EXPORTABLE).unwrap_err();
        assert!(matches!(error, StoreError::NotImported { .. }), "{error:?}");
        let told = error_chain(&error);
        assert!(
            told.contains("it is in use") && told.contains(" of NSS: CKR_"),
            "{told}"
        );
        // A private key goes before the public one that lies in the other file.
        if begin == "begin exclusive" || file == "cert9.db" {
            let error = profile.remove(&there.certificate, Removal::Entry);
            let error = error.unwrap_err();
            assert!(matches!(error, StoreError::NotRemoved { .. }), "{error:?}");
            assert!(error_chain(&error).contains("it is in use"));
        }
        drop(holder);
        assert!(profile.rows() == before, "{file} {begin}");
        profile.gives_key_of(&there);
        // Nothing of it stays in this process.
        profile.import(&new.coming(), &EXPORTABLE).unwrap();
        profile.gives_key_of(&new);
    }
}

#[test]
#[ignore = "needs NSS, OpenSSL and Python"]
fn import_waits_for_a_short_transaction() {
    for begin in ["begin exclusive", "begin immediate"] {
        let profile = Profile::new("secret");
        let holder = profile.held("cert9.db", begin);
        let identity = Identity::fixture("P-256");
        let started = Instant::now();
        thread::scope(|scope| {
            scope.spawn(|| {
                thread::sleep(Duration::from_millis(1_300));
                drop(holder);
            });
            profile.import(&identity.coming(), &EXPORTABLE).unwrap();
        });
        assert!(started.elapsed() > Duration::from_millis(1_000));
        profile.gives_key_of(&identity);
    }
}

#[test]
#[ignore = "needs NSS, OpenSSL and Python"]
fn transaction_of_a_killed_writer_is_undone() {
    let profile = Profile::new("");
    profile.imported("rsa", "Ada");
    let before = profile.rows();
    let script = "import os, sqlite3, sys\n\
        database = sqlite3.connect(sys.argv[1], isolation_level=None)\n\
        database.execute('pragma cache_size = 2')\n\
        database.execute('begin')\n\
        for number in range(200):\n \
            database.execute('insert into nssPublic (id, a3) values (?, ?)', (number, b'x' * 3000))\n\
        os._exit(0)";
    let mut killed = python();
    run(killed.args(["-c", script]).arg(profile.path("cert9.db")));
    assert!(profile.path("cert9.db-journal").exists());
    let identity = Identity::fixture("P-256");
    profile.import(&identity.coming(), &EXPORTABLE).unwrap();
    for name in ["rsa", "P-256"] {
        profile.gives_key_of(&Identity::fixture(name));
    }
    profile
        .remove(&identity.certificate, Removal::Entry)
        .unwrap();
    assert!(profile.rows() == before);
}

#[test]
#[ignore = "needs NSS, OpenSSL and Python"]
fn folder_that_cannot_be_written_is_told() {
    use std::os::unix::fs::PermissionsExt as _;

    let profile = Profile::new("");
    profile.imported("rsa", "Ada");
    let before = profile.rows();
    let modes = |folder: u32, files: u32| {
        for (path, mode) in [
            (profile.path("cert9.db"), files),
            (profile.path("key4.db"), files),
            (profile.folder().to_owned(), folder),
        ] {
            fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        }
    };
    for (folder, files) in [(0o555, 0o444), (0o555, 0o644), (0o755, 0o444)] {
        modes(folder, files);
        let there = Identity::fixture("rsa");
        let new = Identity::fixture("P-256");
        let (imported, removed) = as_anybody(|| {
            (
                profile.import(&new.coming(), &EXPORTABLE),
                profile.remove(&there.certificate, Removal::Entry),
            )
        });
        modes(0o755, 0o644);
        for error in [imported.unwrap_err(), removed.unwrap_err()] {
            let told = error_chain(&error);
            assert!(
                matches!(error, StoreError::AccessDenied { .. }),
                "{folder:o} {files:o}: {told}"
            );
        }
        assert!(profile.rows() == before);
    }
}

/// Runs this as if root were nobody in particular: without the capabilities to pass by modes,
/// which belong to the thread. access(2) goes by the permitted ones.
fn as_anybody<T: Send>(run: impl FnOnce() -> T + Send) -> T {
    use rustix::thread::{CapabilitySet, capabilities, set_capabilities};

    let thread = || {
        let mut sets = capabilities(None).unwrap();
        let passing = CapabilitySet::DAC_OVERRIDE | CapabilitySet::DAC_READ_SEARCH;
        sets.effective.remove(passing);
        sets.permitted.remove(passing);
        set_capabilities(None, sets).unwrap();
        run()
    };
    thread::scope(|scope| scope.spawn(thread).join().unwrap())
}

#[test]
#[ignore = "needs NSS, OpenSSL and Python"]
fn damaged_file_is_told_and_left() {
    let profile = Profile::new("");
    fs::write(profile.path("key4.db"), b"no database").unwrap();
    let identity = Identity::fixture("rsa");
    let error = profile.import(&identity.coming(), &EXPORTABLE).unwrap_err();
    assert!(matches!(error, StoreError::NotImported { .. }), "{error:?}");
    let told = error_chain(&error);
    assert!(told.contains("C_Initialize of NSS: CKR_"), "{told}");
    assert_eq!(fs::read(profile.path("key4.db")).unwrap(), b"no database");
}

#[test]
#[ignore = "needs NSS, OpenSSL and Python"]
fn database_in_fips_mode_is_changed_like_any_other() {
    let profile = Profile::new("F1ps-Passw0rd!");
    profile.imported("rsa", "Ada");
    let mut fips = Command::new("modutil");
    fips.args(["-fips", "true", "-force", "-dbdir"])
        .arg(format!("sql:{}", profile.folder().display()));
    run(&mut fips);
    let identity = Identity::fixture("P-256");
    profile.import(&identity.coming(), &EXPORTABLE).unwrap();
    profile.gives_key_of(&identity);
    profile
        .remove(&identity.certificate, Removal::Entry)
        .unwrap();
    profile.gives_key_of(&Identity::fixture("rsa"));
}

#[test]
#[ignore = "needs NSS, OpenSSL and Python"]
fn without_softoken_nothing_is_changed() {
    let profile = Profile::new("");
    profile.imported("rsa", "Ada");
    let before = profile.rows();
    let no_library = profile.path("../libsoftokn3.so");
    fs::write(&no_library, "no library").unwrap();
    let beside = no_library.parent().unwrap().to_owned();
    let nowhere = profile.path("nowhere");
    for (candidates, words) in [
        (vec![], "is not installed"),
        (vec![Candidate::Program(nowhere)], "is not installed"),
        (vec![Candidate::Program(beside)], "libsoftokn3.so"),
    ] {
        let missing = || -> Missing { Library::load_first(&candidates).unwrap_err() };
        let new = Identity::fixture("P-256");
        let imported = profile
            .database()
            .import(Err(missing()), &new.coming(), &EXPORTABLE);
        let error = imported.unwrap_err();
        assert!(matches!(error, StoreError::NotImported { .. }), "{error:?}");
        let told = error_chain(&error);
        assert!(
            told.contains("needs the NSS libraries (Debian: libnss3)"),
            "{told}"
        );
        assert!(told.contains("Settings > Certificates"), "{told}");
        assert!(told.contains(words), "{told}");
        let there = Identity::fixture("rsa");
        let removed = profile
            .database()
            .remove(Err(missing()), &there.certificate, Removal::Entry);
        let error = removed.unwrap_err();
        assert!(matches!(error, StoreError::NotRemoved { .. }), "{error:?}");
        assert!(profile.rows() == before);
    }
}
