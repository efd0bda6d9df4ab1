//! `--config`.

use std::fs;

use crate::{ADA, MANIFEST, World, complete, ends, files, said};

#[test]
fn a_file_says_what_the_options_would() {
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

#[test]
fn a_mistake_is_told_with_its_line_and_nothing_is_done() {
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
