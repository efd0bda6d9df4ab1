//! Passwords of locked keys that belong to one store: `--unlock-password-file SPEC=FILE` and its kind, with
//! real NSS databases. A terminal: `terminal.rs`.

#![cfg(target_os = "linux")]

#[path = "../support/program.rs"]
#[allow(dead_code, reason = "other tests run it in other ways")]
mod program;
#[path = "../support/terminal.rs"]
#[allow(dead_code, reason = "other tests at a terminal do other things")]
mod support;
mod terminal;
mod world;

use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStringExt as _;

use world::{ONE, TWO, World, told};

const STORES: &str = "--store nss:one --store nss:two --store pem";
const EACH: &str = "--unlock-password-file nss:one=one.pw --unlock-password-file nss:two=two.pw \
                    --unlock-password-file pem=pem.pw";

#[test]
#[ignore = "needs NSS and OpenSSL"]
fn each_store_is_opened_by_its_own_password() {
    let world = World::new();
    let (code, shown) = world.run(&format!("list {STORES} {EACH}"));
    assert_eq!(code, Some(0), "{shown}");
    assert!(!shown.contains("locked"), "{shown}");
    for name in ["One Example", "Two Example", "Pem Example"] {
        assert!(shown.contains(name), "{shown}");
    }
    let backup = format!("backup --to saved --password-file backup.pw {STORES} {EACH}");
    let (code, shown) = world.run(&backup);
    assert_eq!(code, Some(0), "{shown}");
    assert!(shown.contains("saved: 3 written"), "{shown}");
}

/// A wrong one is the problem of its database, and the others are opened all the same.
#[test]
#[ignore = "needs NSS and OpenSSL"]
fn wrong_password_of_one_store_leaves_the_others_open() {
    let world = World::new();
    let wrong = EACH.replace("nss:two=two.pw", "nss:two=one.pw");
    let (code, shown) = world.run(&format!("list {STORES} {wrong}"));
    assert_eq!(code, Some(14), "{shown}");
    let two = world.path("two");
    let expected = format!(
        "its private keys stay locked: what was given is not the primary password of the NSS \
         database in {}",
        two.display()
    );
    assert!(shown.contains(&expected), "{shown}");
    assert_eq!(shown.matches("stay locked").count(), 1, "{shown}");

    let saved = "--to saved --password-file backup.pw";
    let (code, shown) = world.run(&format!("backup {saved} {STORES} {wrong}"));
    assert_eq!(code, Some(14), "{shown}");
    let refused = format!(
        "the password does not open the NSS database in {}",
        two.display()
    );
    assert!(
        shown.contains("saved: 2 written, 1 failed") && shown.contains(&refused),
        "{shown}"
    );

    let export = "-o two --password-file backup.pw --non-interactive";
    let (code, shown) = world.run(&format!("export Two {export} {STORES} {wrong}"));
    assert_eq!(code, Some(17), "{shown}");
    assert!(shown.contains(&refused), "{shown}");
    assert!(!world.path("two.p12").exists());
}

/// What is for one store is tried on no other, and what is for none on all.
#[test]
#[ignore = "needs NSS and OpenSSL"]
fn password_of_one_store_is_not_tried_on_others() {
    let world = World::new();
    let only = "--unlock-password-file nss:one=two.pw";
    let (code, shown) = world.run(&format!("list --store nss:two {only}"));
    // No `--store`, so that all of it is the name of a file.
    assert_eq!(code, Some(17), "{shown}");
    assert!(shown.contains("nss:one=two.pw"), "{shown}");
    assert!(
        shown.contains("SPEC is a store only where it is written as in a --store"),
        "{shown}"
    );

    let export = "export Two -o two --password-file backup.pw --non-interactive";
    let (code, shown) = world.run(&format!("{export} --store nss:one --store nss:two {only}"));
    assert_eq!(code, Some(13), "{shown}");
    let (code, shown) = world.run(&format!(
        "{export} --store nss:one --store nss:two --unlock-password-file two.pw"
    ));
    assert_eq!(code, Some(0), "{shown}");
    // And of all databases.
    let (code, shown) = world.run(&format!(
        "{export} --force --store nss:two --unlock-password-file nss:=two.pw"
    ));
    assert_eq!(code, Some(0), "{shown}");
    let (code, shown) = world.run(&format!("list {STORES} --unlock-password-file nss:=pem.pw"));
    assert_eq!(shown.matches("stay locked").count(), 2, "{shown}");
    assert_eq!(code, Some(14), "{shown}");
}

#[test]
#[ignore = "needs NSS and OpenSSL"]
fn every_kind_of_source_can_be_for_one_store() {
    let world = World::new();
    let from_file = |option: &str| {
        format!(
            "list {STORES} {option} --unlock-password-file nss:two=two.pw \
                 --unlock-password-file pem=pem.pw"
        )
    };
    let certstow = |option: &str, words: &[&str]| {
        let line = from_file("");
        let line = line.split(' ').filter(|word| !word.is_empty());
        let words: Vec<&str> = line.chain([option]).chain(words.iter().copied()).collect();
        let mut certstow = world.certstow(&words);
        told(&certstow.env("FIRST", ONE.1).output().expect("it starts"))
    };
    for (option, words) in [
        ("--unlock-password-env", &["nss:one=FIRST"][..]),
        ("--unlock-password-command", &["nss:one=cat one.pw"]),
    ] {
        let (code, shown) = certstow(option, words);
        assert_eq!(code, Some(0), "{option}: {shown}");
    }
    let (code, shown) = world.run_with_input(&from_file("--unlock-password-file nss:one=-"), ONE.1);
    assert_eq!(code, Some(0), "{shown}");
    let (code, shown) = world.run_with_input(&from_file("--unlock-password-fd nss:one=0"), ONE.1);
    assert_eq!(code, Some(0), "{shown}");

    let twice = "--unlock-password-file nss:one=- --unlock-password-fd nss:two=0";
    let (code, shown) = world.run_with_input(&format!("list {STORES} {twice}"), ONE.1);
    assert_eq!(code, Some(2), "{shown}");
    assert!(
        shown.contains("only one password can come from standard input"),
        "{shown}"
    );
}

/// A file may be called as a store and a file are written together.
#[test]
#[ignore = "needs NSS and OpenSSL"]
fn file_with_equals_sign_is_a_file() {
    let world = World::new();
    fs::copy(world.path("one.pw"), world.path("nss:two=one.pw")).expect("a file");
    fs::remove_file(world.path("two.pw")).expect("it goes");
    let list = "list --store nss:one --unlock-password-file";
    let (code, shown) = world.run(&format!("{list} nss:two=one.pw"));
    assert_eq!(code, Some(0), "{shown}");
    // With that store, it is none.
    let (code, shown) = world.run(&format!("{list} ./nss:two=one.pw --store nss:two"));
    assert_eq!(code, Some(14), "{shown}");
    let (code, shown) = world.run(&format!("{list} nss:two=none.pw --store nss:two"));
    assert_eq!(code, Some(17), "{shown}");
    assert!(
        shown.contains("none.pw") && !shown.contains("nss:two=none.pw"),
        "{shown}"
    );

    // The bytes of its name need be no text.
    let name = OsString::from_vec(b"w\xffrd=".to_vec());
    fs::rename(world.path("one.pw"), world.folder().join(&name)).expect("it is renamed");
    let mut value = OsString::from("nss:one=");
    value.push(&name);
    let words = ["list", "--store", "nss:one", "--unlock-password-file"].map(OsString::from);
    let words: Vec<_> = words.into_iter().chain([value]).collect();
    let (code, shown) = told(&world.certstow(&words).output().expect("it starts"));
    assert_eq!(code, Some(0), "{shown}");
}

/// A store that is written in another way is the same place.
#[test]
#[ignore = "needs NSS and OpenSSL"]
fn known_profile_is_opened_by_its_name() {
    let world = World::new();
    let profiles = world.path("home/.mozilla/firefox");
    fs::create_dir_all(&profiles).expect("a folder");
    fs::rename(world.path("two"), profiles.join("two")).expect("it moves");
    let ini = "[Profile0]\nName=work\nIsRelative=1\nPath=two\n";
    fs::write(profiles.join("profiles.ini"), ini).expect("a file");
    let name = format!(
        "nss:{}",
        profiles.join("two").canonicalize().unwrap().display()
    );
    let (_, stores) = world.run("stores");
    assert!(stores.contains(&name), "{stores}");
    let unlock = format!("--unlock-password-file {name}=two.pw");
    for stores in [
        "",
        "--store nss: ",
        "--store nss:home/.mozilla/firefox/two ",
    ] {
        let (code, shown) = world.run(&format!("list {stores}{unlock}"));
        assert_eq!(code, Some(0), "{stores}: {shown}");
        assert!(
            shown.contains("Two Example") && !shown.contains("locked"),
            "{shown}"
        );
    }
    // Of the person who reads it, it is a profile of Firefox.
    let export = "export Two -o two --password-file backup.pw --non-interactive";
    let (code, shown) = world.run(export);
    assert_eq!(code, Some(13), "{shown}");
    let locked = "Firefox profile work is locked, and nobody may be asked for its password";
    assert!(
        shown.contains(locked) && shown.contains("SPEC=FILE"),
        "{shown}"
    );
    let (code, shown) = world.run(&format!("{export} --unlock-password-file one.pw"));
    assert_eq!(code, Some(17), "{shown}");
    assert!(
        shown.contains("the password does not open Firefox profile work"),
        "{shown}"
    );
}

#[test]
#[ignore = "needs NSS and OpenSSL"]
fn doctor_says_which_source_is_for_which_store() {
    let world = World::new();
    let (code, shown) = world.run(&format!("doctor {STORES} {EACH}"));
    assert_eq!(code, Some(0), "{shown}");
    for (source, store) in [
        ("one.pw", "nss:one"),
        ("two.pw", "nss:two"),
        ("pem.pw", "file:pem"),
    ] {
        let expected = format!("{source}, for {store}: there is one");
        assert!(shown.contains(&expected), "{shown}");
    }
    assert_eq!(shown.matches("came out, and signs").count(), 3, "{shown}");

    let only = "--unlock-password-file nss:one=one.pw";
    let (code, shown) = world.run(&format!("doctor --store nss:one --store nss:two {only}"));
    assert_eq!(code, Some(14), "{shown}");
    let locked = "nss:two: nothing gives the password of 1 locked key, of Two Example";
    assert!(shown.contains(locked), "{shown}");
    let (code, shown) = world.run("doctor --store nss:two --unlock-password-file nss:two=one.pw");
    assert_eq!(code, Some(14), "{shown}");
    assert!(
        shown.contains("1 locked key did not come out, of Two Example"),
        "{shown}"
    );
}

/// The person's own file and that of `--config`, with paths from their own folders.
#[test]
#[ignore = "needs NSS and OpenSSL"]
fn option_files_name_the_stores_of_passwords() {
    let world = World::new();
    fs::create_dir(world.path("etc")).expect("a folder");
    let text = "store = ['nss:../one', 'nss:../two']\n\
                unlock-password-file = ['nss:../one=../one.pw', 'nss:../two=../two.pw']\n";
    let own = world.path("etc/config.toml");
    fs::write(&own, text).expect("a file");
    let list = |words: &[&str]| {
        let words: Vec<&str> = ["list"].iter().chain(words).copied().collect();
        told(
            &world
                .certstow(&words)
                .env("CERTSTOW_CONFIG", &own)
                .output()
                .expect("it starts"),
        )
    };
    let (code, shown) = list(&[]);
    assert_eq!(code, Some(0), "{shown}");
    assert!(
        shown.contains("One Example") && shown.contains("Two Example"),
        "{shown}"
    );
    // The password of a store that is not looked into is not even read.
    fs::remove_file(world.path("one.pw")).expect("it goes");
    let (code, shown) = list(&["--store", "nss:two"]);
    assert_eq!(code, Some(0), "{shown}");
    assert!(!shown.contains("locked"), "{shown}");
    let (code, shown) = list(&["--store", "pem", "--unlock-password-file", "pem.pw"]);
    assert_eq!(code, Some(0), "{shown}");

    fs::write(world.path("one.pw"), ONE.1).expect("a file");
    let config = format!("{text}to = '../saved'\npassword-file = '../backup.pw'\n");
    fs::write(world.path("etc/backup.toml"), config).expect("a file");
    let (code, shown) = world.run("backup --config etc/backup.toml");
    assert_eq!(code, Some(0), "{shown}");
    assert!(shown.contains("saved: 2 written"), "{shown}");
    let (code, shown) = world.run("doctor --config etc/backup.toml");
    assert_eq!(code, Some(0), "{shown}");
    assert_eq!(shown.matches(".pw, for nss:").count(), 2, "{shown}");
}

/// What is imported goes into one store, and the password is that one's.
#[test]
#[ignore = "needs NSS and OpenSSL"]
fn import_refuses_password_of_another_store() {
    let world = World::new();
    let import = "import in.p12 --store nss:one --unlock-password-file";
    let (code, shown) = world.run(&format!(
        "{import} nss:=one.pw --unlock-password-file two.pw"
    ));
    assert_eq!(code, Some(2), "{shown}");
    assert!(
        shown.contains("name one --unlock-password option"),
        "{shown}"
    );
    let profiles = world.path("home/.mozilla/firefox");
    fs::create_dir_all(&profiles).expect("a folder");
    fs::rename(world.path(TWO.0), profiles.join("two")).expect("it moves");
    let two = profiles.join("two").canonicalize().unwrap();
    let (code, shown) = world.run(&format!("{import} nss:{}=two.pw", two.display()));
    assert_eq!(code, Some(2), "{shown}");
    assert!(
        shown.contains("and identities are imported into nss:one"),
        "{shown}"
    );
}

/// Two passwords for one store: each opens what it opens.
#[test]
#[ignore = "needs NSS and OpenSSL"]
fn several_passwords_of_one_store_are_tried() {
    let world = World::new();
    let (code, shown) = world.run(
        "list --store nss:two --unlock-password-file nss:two=one.pw --unlock-password-file \
         nss:two=two.pw",
    );
    assert_eq!(code, Some(0), "{shown}");
    assert!(!shown.contains("locked"), "{shown}");
}
