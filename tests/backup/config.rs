//! `--config`.

use std::fs;

use crate::{ADA, MANIFEST, World, complete, ends, files, said};

#[test]
fn config_file_sets_the_same_options() {
    let world = World::new();
    fs::create_dir(world.path("etc")).unwrap();
    fs::write(world.path("etc/password"), crate::PASSWORD).unwrap();
    fs::write(
        world.path("etc/backup.toml"),
        "to = ['../a', '../b']\nstore = '../store'\npassword-file = 'password'\niterations = 1\n",
    )
    .unwrap();
    ends(&world.run("backup --config etc/backup.toml"), 0);
    for folder in ["a", "b"] {
        assert_eq!(files(&world.path(folder)), complete());
        world.verifies(folder);
    }
    ends(
        &world.run("backup --config etc/backup.toml --to c --label ada"),
        0,
    );
    assert_eq!(files(&world.path("c")), [ADA, MANIFEST]);
}

#[cfg(target_os = "linux")]
#[test]
fn config_password_vault_provides_passwords() {
    let world = World::new();
    // What systemd hands to a service.
    fs::create_dir(world.path("credentials")).unwrap();
    fs::write(world.path("credentials/backup"), crate::PASSWORD).unwrap();
    let run = |words: &str| {
        let mut command = world.command(words);
        let command = command.env("CREDENTIALS_DIRECTORY", world.path("credentials"));
        command.output().expect("certstow starts")
    };
    fs::write(
        world.path("backup.toml"),
        "to = 'a'\nstore = 'store'\npassword-vault = 'backup'\niterations = 1\n",
    )
    .unwrap();
    ends(&run("backup --config backup.toml"), 0);
    world.verifies("a");

    // The keys of this store are behind the same password.
    ends(
        &run("backup restore a --into locked --password-vault backup"),
        0,
    );
    fs::write(
        world.path("again.toml"),
        "to = 'b'\nstore = 'locked'\npassword-vault = 'backup'\n\
         unlock-password-vault = 'backup'\niterations = 1\n",
    )
    .unwrap();
    ends(&run("backup --config again.toml"), 0);
    world.verifies("b");

    // The command line comes first.
    let output = run("backup --config backup.toml --to c --password-vault other");
    ends(&output, 17);
    assert!(said(&output).contains("other"), "{}", said(&output));
}

#[test]
fn config_error_names_line_and_stops_run() {
    let world = World::new();
    fs::write(
        world.path("backup.toml"),
        "to = 'a'\n# three\ninterval = 'daily'\n",
    )
    .unwrap();
    let output = world.run("backup --config backup.toml");
    ends(&output, 2);
    let shown = said(&output);
    assert!(
        shown.contains("backup.toml, line 3: unknown field `interval`"),
        "{shown}"
    );
    assert!(!world.path("a").exists());
    ends(&world.run("backup --config nowhere.toml"), 1);
    ends(&world.run("backup --store store --password-env SECRET"), 2);
}
