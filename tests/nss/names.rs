//! What is said to somebody who does not know how a database is named, and what Tab makes of it.

use std::fs;

use crate::world::World;

/// What is said of a store that is not there.
fn said_of(world: &World, store: &str) -> String {
    world.said(&["list", "--store", store], 18)
}

#[test]
fn name_of_a_browser_leads_to_its_databases() {
    let world = World::empty();
    for name in [
        "firefox",
        "Thunderbird",
        "chrome",
        "nss",
        "firefox:work",
        "nss:firefox",
    ] {
        let said = said_of(&world, name);
        let hint = "hint: did you mean nss:, the databases of Firefox and other programs here?";
        assert!(said.contains(hint), "{name}: {said}");
    }
    let said = said_of(&world, "sql:profile");
    assert!(said.contains("hint: did you mean nss:profile?"), "{said}");
}

#[test]
fn folder_without_database_says_where_profiles_are() {
    let world = World::empty();
    fs::create_dir(world.path("profile")).expect("a folder");
    let said = said_of(&world, "nss:profile");
    assert!(
        said.contains("there is no NSS database (cert9.db) in "),
        "{said}"
    );
    assert!(said.contains("about:profiles"), "{said}");
    let said = said_of(&world, "nss:");
    assert!(
        said.contains("no program of this account has an NSS database"),
        "{said}"
    );
    let said = world.said(&["list", "--store", "nss:dbm:profile"], 2);
    assert!(said.contains("--upgrade-merge"), "{said}");
}

/// Folders alone may follow; beside them, the databases that are found.
#[test]
fn completion_offers_databases_and_folders() {
    let world = World::empty();
    let profile = world.home().join(".thunderbird/m4x.default");
    fs::create_dir_all(&profile).expect("a profile");
    fs::write(profile.join("cert9.db"), "").expect("a database");
    fs::create_dir(world.path("proper")).expect("a folder");
    fs::write(world.path("prose"), "").expect("a file");
    for command in ["list", "export", "backup"] {
        let offered = world.completions(&["certstow", command, "--store", "nss:pro"]);
        assert_eq!(offered, "nss:proper/\n");
        let offered = world.completions(&["certstow", command, "--store", "nss:"]);
        let found = format!(
            "nss:{}\tThunderbird profile m4x.default\n",
            profile.display()
        );
        assert!(offered.starts_with(&found), "{offered}");
        assert!(offered.contains("nss:proper/\n"), "{offered}");
        assert!(!offered.contains("prose"), "{offered}");
    }
}
