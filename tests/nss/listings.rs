//! What is shown of the databases: by the name of the profile wherever a person reads it, since its folder
//! is called by chance.

use std::fs;

use crate::world::World;

#[test]
#[ignore = "needs NSS and OpenSSL"]
fn stores_name_profiles_and_what_locks_them() {
    let world = World::new();
    let said = world.said(&["stores"], 0);
    for (folder, line) in [
        (
            world.unlocked(),
            "Firefox profile default-release: available; it has no primary password",
        ),
        (
            world.locked(),
            "Firefox profile work: available; a primary password locks its private keys",
        ),
        (
            world.of_chrome(),
            "Chrome and others: available; it has no primary password",
        ),
    ] {
        let lines = format!("nss:{}\n  {line}\n", folder.display());
        assert!(said.contains(&lines), "{said}");
    }
    assert!(!said.contains("p3q8wz1c.default"), "{said}");

    let json = world.json(&["stores"], 0);
    let stores = json["stores"].as_array().expect("stores");
    let of_nss = stores.iter().filter(|store| {
        let name = store["store"].as_str().expect("a name");
        name.starts_with("nss:")
    });
    let told: Vec<_> = of_nss
        .map(|store| {
            let words = ["application", "profile"].map(|field| store[field].as_str());
            (words[0], words[1], store["encrypted"].as_bool())
        })
        .collect();
    assert_eq!(
        told,
        [
            (Some("Firefox"), Some("default-release"), Some(false)),
            (Some("Firefox"), Some("work"), Some(true)),
            (Some("Chrome"), None, Some(false)),
        ]
    );
    let personal = &stores[0];
    assert!(personal["application"].is_null() && personal["encrypted"].is_null());
}

/// A profile of an old Firefox is there, and cannot be read.
#[test]
fn stores_say_why_an_old_profile_cannot_be_read() {
    let world = World::empty();
    let folder = world.home().join(".mozilla/firefox/old.profile");
    fs::create_dir_all(&folder).expect("a profile");
    fs::write(folder.join("cert8.db"), [0, 6, 0x15, 0x61]).expect("a database");
    let said = world.said(&["stores"], 0);
    assert!(said.contains("Firefox profile old.profile: "), "{said}");
    assert!(said.contains("Firefox 57 and older"), "{said}");
    let json = world.json(&["stores"], 0);
    let stores = json["stores"].as_array().expect("stores").iter();
    let mut old = stores.filter(|store| store["application"] == "Firefox");
    let old = old.next().expect("the profile");
    assert_eq!(old["available"], false);
    assert!(old["encrypted"].is_null(), "{old}");
}

#[test]
#[ignore = "needs NSS and OpenSSL"]
fn list_and_show_name_profiles() {
    let world = World::new();
    let said = world.said(&["list"], 0);
    let line = |who: &str| {
        let mut lines = said.lines().filter(|line| line.starts_with(who));
        lines.next().unwrap_or_else(|| panic!("{said}"))
    };
    assert!(
        line("Ada").ends_with("Firefox profile default-release (+1)"),
        "{said}"
    );
    assert!(line("Bert").contains(", locked"), "{said}");
    assert!(line("Bert").ends_with("Firefox profile work"), "{said}");
    assert!(line("Carl").ends_with("Chrome and others"), "{said}");
    let tree = world.said(&["list", "--tree"], 0);
    assert!(tree.contains("Firefox profile work"), "{tree}");

    let json = world.json(&["list"], 0);
    let entries = json["entries"].as_array().expect("entries");
    let bert = entries
        .iter()
        .find(|entry| entry["label"] == "Bert Example");
    let bert = bert.expect("Bert");
    assert_eq!(bert["application"], "Firefox");
    assert_eq!(bert["profile"], "work");
    assert_eq!(
        bert["key"]["reason"],
        "the primary password of Firefox profile work"
    );
    let store = format!("nss:{}", world.locked().display());
    assert_eq!(bert["store"], store.as_str());

    let shown = world.said(&["show", "Bert"], 0);
    assert!(
        shown.contains(&format!("{store} (Firefox profile work)")),
        "{shown}"
    );
    assert!(
        shown.contains("yes, with the password that unlocks its private key"),
        "{shown}"
    );
}

/// In the order of what stands in the column.
#[test]
#[ignore = "needs NSS and OpenSSL"]
fn list_sorts_stores_as_it_names_them() {
    let world = World::new();
    let said = world.said(&["list", "--sort", "store"], 0);
    let names: Vec<_> = said
        .lines()
        .skip(1)
        .filter_map(|line| line.split(' ').next())
        .collect();
    assert_eq!(names, ["Carl", "Ada", "Bert"], "{said}");
}

#[test]
#[ignore = "needs NSS and OpenSSL"]
fn report_names_profiles() {
    let world = World::new();
    world.said(&["report", "-o", "page.html"], 0);
    let page = fs::read_to_string(world.path("page.html")).expect("the page");
    for part in ["(Firefox profile work)", "(Chrome and others)"] {
        assert!(page.contains(part), "{part}");
    }
}

/// A folder of certificate files that is a profile: its store is named.
#[test]
#[ignore = "needs NSS and OpenSSL"]
fn folder_that_is_a_profile_is_named_as_a_store() {
    let world = World::new();
    let folder = world.locked().display().to_string();
    let said = world.said(&["list", "--store", &folder], 0);
    let command = format!("certstow list --store nss:{folder}");
    assert!(said.contains(&format!("what helps: {command}\n")), "{said}");
    let words: Vec<_> = command.split(' ').skip(1).collect();
    assert!(world.said(&words, 0).contains("Bert Example"));
}

#[test]
#[ignore = "needs NSS and OpenSSL"]
fn doctor_tries_keys_with_the_primary_password() {
    let world = World::new();
    let said = world.said(&["doctor"], 14);
    for part in [
        "Firefox profile default-release; identities: 1; private keys: 1 exportable",
        "the key of Ada Example came out, and signs",
        "Firefox profile work; identities: 2; private keys: 2 locked",
        "nothing gives the password of 2 locked keys",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let said = world.said(&["doctor", "--unlock-password-file", "primary"], 0);
    assert!(
        said.contains("Firefox profile work; identities: 2; private keys: 2 exportable"),
        "{said}"
    );
}
