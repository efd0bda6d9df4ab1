//! Another program opens what was saved.

use std::process::Command;

use crate::{ALL, World, ends, said};

#[test]
#[ignore = "needs openssl"]
fn backup_files_open_in_openssl() {
    let world = World::new();
    ends(
        &world.run("backup --store store --password-env SECRET --to a"),
        0,
    );
    for name in ALL {
        let mut openssl = Command::new("openssl");
        openssl.args(["pkcs12", "-noenc", "-passin", "env:SECRET", "-in"]);
        openssl.arg(world.path("a").join(name));
        world.dress(&mut openssl);
        let output = openssl.output().expect("openssl starts");
        ends(&output, 0);
        let shown = said(&output);
        assert!(shown.contains("PRIVATE KEY"), "{shown}");
        assert_eq!(shown.matches("BEGIN CERTIFICATE").count(), 3, "{shown}");
    }
}
