//! The same of a token of SoftHSM: its PIN, which is the canary, and the private keys that come out of it
//! wrapped.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::canary::PASSWORDS;
use crate::image::{RENAME, hold, hold_nothing_at_exit};
use crate::keep_in_every_way;
use crate::nss::run;
use crate::table::Case;
use crate::world::{Source, World, samples};

/// As in the table. `softhsm.so` is the module; the token has Ada's key and Grace's.
const CASES: [Case; 5] = [
    Case::new("list --store pkcs11:./softhsm.so?token=Canary").unlock().image(),
    Case::new("export Ada --store pkcs11:./softhsm.so?token=Canary --iterations 2000 --force -o new.p12")
        .password()
        .also_unlock()
        .prompts(3)
        .image(),
    Case::new(
        "export Grace --store pkcs11:./softhsm.so?token=Canary --iterations 2000 --force --format pem \
         -o new.pem",
    )
    .password()
    .also_unlock()
    .prompts(3)
    .image(),
    Case::new("backup --to of-token --store pkcs11:./softhsm.so?token=Canary --iterations 2000 --rewrite")
        .password()
        .also_unlock()
        .prompts(3)
        .image(),
    Case::new("import ada.p12 --store pkcs11:./softhsm.so?token=Canary --force")
        .password()
        .also_unlock()
        .prompts(2)
        .image(),
];

/// A world with the token. SoftHSM finds its configuration in the home folder.
fn world(pin: &'static str) -> World {
    let world = World::new(pin);
    let folder = world.folder();
    let modules = [
        "/usr/lib/softhsm/libsofthsm2.so",
        "/usr/lib64/pkcs11/libsofthsm2.so",
    ];
    let module = modules.into_iter().find(|file| Path::new(file).is_file());
    let module = module.expect("SoftHSM is installed");
    std::os::unix::fs::symlink(module, folder.join("softhsm.so")).expect("a link");
    let tokens = folder.join("tokens");
    let configuration = folder.join("home/.config/softhsm2");
    for folder in [&tokens, &configuration] {
        fs::create_dir_all(folder).expect("a folder");
    }
    let text = format!(
        "directories.tokendir = {}\nlog.level = ERROR\n",
        tokens.display()
    );
    fs::write(configuration.join("softhsm2.conf"), text).expect("the configuration");
    let program = |name: &str| {
        let mut command = Command::new(name);
        command.env("HOME", folder.join("home")).current_dir(folder);
        command
    };
    let mut create = program("softhsm2-util");
    create.args([
        "--init-token",
        "--free",
        "--label",
        "Canary",
        "--so-pin",
        "officer",
    ]);
    run(create.args(["--pin", pin]));
    for (id, key, certificate) in [
        ("01", "ada-example.key.pem", "ada-example.pem"),
        ("02", "grace-example.pem", "grace-example.pem"),
    ] {
        let sample = |name| format!("{}/{name}", samples());
        let outside = tempfile::tempdir().expect("a temporary folder");
        let [of_key, of_certificate] = ["key", "crt"].map(|name| outside.path().join(name));
        let mut openssl = program("openssl");
        openssl.args(["pkey", "-outform", "DER", "-in", &sample(key), "-out"]);
        run(openssl.arg(&of_key));
        let mut openssl = program("openssl");
        openssl.args([
            "x509",
            "-outform",
            "DER",
            "-in",
            &sample(certificate),
            "-out",
        ]);
        run(openssl.arg(&of_certificate));
        for (kind, file) in [("privkey", &of_key), ("cert", &of_certificate)] {
            let mut write = program("pkcs11-tool");
            write.args([
                "--module",
                module,
                "--token-label",
                "Canary",
                "--login",
                "--pin",
                pin,
            ]);
            write
                .args(["--id", id, "--type", kind, "--write-object"])
                .arg(file);
            if kind == "privkey" {
                write.arg("--extractable");
            }
            run(&mut write);
        }
    }
    world
}

#[test]
#[ignore = "needs SoftHSM, OpenSC and OpenSSL"]
fn commands_keep_secrets_of_a_token() {
    for pin in PASSWORDS {
        keep_in_every_way(&world(pin), &CASES);
    }
}

#[test]
#[ignore = "needs SoftHSM, OpenSC, OpenSSL, strace, and root"]
fn memory_at_exit_holds_no_secret_of_a_token() {
    let world = world(PASSWORDS[1]);
    hold_nothing_at_exit(&world, &CASES, world.canaries());
}

/// While the file is written, the key that came out of the token is there.
#[test]
#[ignore = "needs SoftHSM, OpenSC, OpenSSL, strace, and root"]
fn memory_search_finds_secrets_of_a_token_during_work() {
    let world = world(PASSWORDS[1]);
    let mut case = CASES[1];
    case.words =
        "export Ada --store pkcs11:./softhsm.so?token=Canary --iterations 2000 -o at-work.p12";
    let held = hold(&world, &case, Source::File, RENAME);
    let found = held.found(world.canaries(), false);
    for what in ["the password in UTF-8", "RSA's d, big-endian"] {
        let mut found = found.iter();
        assert!(found.any(|found| found.starts_with(what)), "{found:#?}");
    }
}
