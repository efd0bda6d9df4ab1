//! Tokens of SoftHSM in the program: what is exported by a PIN, what is not, and when no PIN is given.

#![cfg(target_os = "linux")]

#[path = "support/program.rs"]
#[allow(dead_code, reason = "other tests run it in other ways")]
mod program;

use std::fs;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

const PIN: &str = "123456";

/// A folder with a configuration of SoftHSM, and keys to put into tokens.
struct World {
    folder: TempDir,
    module: &'static str,
}

impl World {
    fn new() -> Self {
        let modules = [
            "/usr/lib/softhsm/libsofthsm2.so",
            "/usr/lib64/pkcs11/libsofthsm2.so",
        ];
        let mut modules = modules.into_iter();
        let module = modules.find(|file| Path::new(file).is_file());
        let world = Self {
            folder: tempfile::tempdir().expect("a temporary folder"),
            module: module.expect("SoftHSM is installed"),
        };
        let tokens = world.folder.path().join("tokens");
        fs::create_dir(&tokens).expect("a folder for tokens");
        let config = format!(
            "directories.tokendir = {}\nlog.level = ERROR\n",
            tokens.display()
        );
        world.write("softhsm.conf", &config);
        world.write("right.pin", PIN);
        world.write("wrong.pin", "654321");
        world
    }

    fn write(&self, name: &str, text: &str) {
        let file = self.folder.path().join(name);
        fs::write(&file, text).expect("a file");
        let private = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        fs::set_permissions(&file, private).expect("its mode");
    }

    fn command(&self, mut command: Command) -> Command {
        program::in_folder(&mut command, self.folder.path());
        command.env("SOFTHSM2_CONF", self.folder.path().join("softhsm.conf"));
        command
    }

    fn tool(&self, words: &str) {
        let mut words = words.split_whitespace();
        let program = Command::new(words.next().expect("a program"));
        let output = self.command(program).args(words).output();
        let output = output.expect("the program starts");
        assert!(output.status.success(), "{output:?}");
    }

    fn token(&self, label: &str) {
        self.tool(&format!(
            "softhsm2-util --init-token --free --label {label} --pin {PIN} --so-pin officer"
        ));
    }

    /// A key in a token, and its certificate.
    fn add(&self, token: &str, name: &str, options: &str) {
        let make =
            "openssl req -x509 -newkey rsa:2048 -noenc -days 30 -keyout key.pem -outform DER -out";
        self.tool(&format!(
            "{make} {name}.crt -subj /CN={name} -addext basicConstraints=CA:FALSE"
        ));
        self.tool(&format!(
            "openssl pkey -in key.pem -outform DER -out {name}.key"
        ));
        let tool = format!(
            "pkcs11-tool --module {} --token-label {token} --login --pin {PIN} --label {name} --id {}",
            self.module,
            name.len()
        );
        self.tool(&format!(
            "{tool} --write-object {name}.key --type privkey {options}"
        ));
        self.tool(&format!("{tool} --write-object {name}.crt --type cert"));
    }

    /// The exit code and all that is shown.
    fn certstow(&self, words: &str) -> (Option<i32>, String) {
        let words = words.replace("TOKEN", &format!("pkcs11:{}?token=Ada", self.module));
        let words = words.replace("MODULE", &format!("pkcs11:{}", self.module));
        let mut certstow = self.command(Command::new(env!("CARGO_BIN_EXE_certstow")));
        let output = certstow.args(words.split_whitespace()).output();
        let output = output.expect("certstow starts");
        let shown = [output.stdout, output.stderr].concat();
        (
            output.status.code(),
            String::from_utf8_lossy(&shown).into_owned(),
        )
    }
}

#[test]
#[ignore = "needs SoftHSM, OpenSC and OpenSSL"]
fn extractable_key_is_exported_and_the_other_named_as_staying() {
    let world = World::new();
    world.token("Ada");
    world.add("Ada", "leaves", "--extractable");
    world.add("Ada", "remains", "");
    let (code, shown) = world.certstow("list --store TOKEN");
    assert_eq!(code, Some(0), "{shown}");
    assert_eq!(shown.matches("RSA 2048, locked").count(), 2, "{shown}");
    let unlock = "--store TOKEN --unlock-password-file right.pin";
    let (code, shown) = world.certstow(&format!("list {unlock}"));
    assert_eq!(code, Some(0), "{shown}");
    assert_eq!(shown.matches("not exportable").count(), 1, "{shown}");

    let export = format!("{unlock} --password-env SECRET -o");
    let (code, shown) = world.certstow(&format!("export leaves {export} leaves.p12"));
    assert_eq!(code, Some(0), "{shown}");
    world.tool("openssl pkcs12 -in leaves.p12 -passin env:SECRET -nodes -nocerts -out out.pem");
    world.tool("openssl pkey -in out.pem -outform DER -out out.key");
    let read = |name| fs::read(world.folder.path().join(name)).expect("a key");
    assert_eq!(read("out.key"), read("leaves.key"));

    let (code, shown) = world.certstow(&format!("export remains {export} remains.p12"));
    assert_eq!(code, Some(12), "{shown}");
    assert!(shown.contains("it is marked as not exportable"), "{shown}");
    assert!(!world.folder.path().join("remains.p12").exists());
}

/// A task would otherwise lock a card within three nights.
#[test]
#[ignore = "needs SoftHSM, OpenSC and OpenSSL"]
fn refused_pin_is_given_by_no_further_run() {
    let world = World::new();
    world.token("Ada");
    world.add("Ada", "leaves", "--extractable");
    let export = "export leaves --store TOKEN --password-env SECRET -o x.p12 --force";
    let wrong = format!("{export} --unlock-password-file wrong.pin");
    let (code, shown) = world.certstow(&wrong);
    assert_eq!(code, Some(17), "{shown}");
    let (code, shown) = world.certstow(&wrong);
    assert_eq!(code, Some(18), "{shown}");
    // SoftHSM says by a flag that a wrong one was given; of a token that does not, the note tells.
    let expected = "a wrong PIN was given since the last right one";
    assert!(shown.contains(expected), "{shown}");
    assert!(shown.contains("how many tries are left"), "{shown}");
    let notes = world.folder.path().join("data/certstow/pkcs11");
    assert_eq!(fs::read_dir(notes).expect("notes").count(), 1);
    // Nobody is at hand to say that this one is right.
    let right = format!("{export} --unlock-password-file right.pin");
    let (code, shown) = world.certstow(&right);
    assert_eq!(code, Some(18), "{shown}");
}

#[test]
#[ignore = "needs SoftHSM, OpenSC and OpenSSL"]
fn one_pin_is_given_to_no_two_tokens() {
    let world = World::new();
    for token in ["Ada", "Bob"] {
        world.token(token);
        world.add(token, "leaves", "--extractable");
    }
    let (code, shown) = world.certstow("list --store MODULE");
    assert_eq!(code, Some(0), "{shown}");
    assert_eq!(shown.matches("RSA 2048, locked").count(), 2, "{shown}");
    let (code, shown) = world.certstow("list --store MODULE --unlock-password-file right.pin");
    assert_eq!(code, Some(2), "{shown}");
    for part in ["stands for several tokens: ", "token Ada", "token Bob"] {
        assert!(shown.contains(part), "{shown}");
    }
    assert!(shown.contains("name one of them"), "{shown}");
}

/// A password for files, and one that another store is named for, is no PIN.
#[test]
#[ignore = "needs SoftHSM, OpenSC and OpenSSL"]
fn password_is_no_pin_of_a_token_beside_other_stores() {
    let world = World::new();
    world.token("Ada");
    world.add("Ada", "leaves", "--extractable");
    fs::create_dir(world.folder.path().join("folder")).expect("a folder");
    for unlock in ["wrong.pin", "folder=wrong.pin"] {
        let (code, shown) = world.certstow(&format!(
            "list --store TOKEN --store folder --unlock-password-file {unlock}"
        ));
        assert_eq!(code, Some(0), "{shown}");
        assert!(shown.contains("RSA 2048, locked"), "{shown}");
    }
    let module = world.module;
    let (code, shown) = world.certstow(&format!(
        "list --store TOKEN --store folder --unlock-password-file pkcs11:{module}?token=Ada=right.pin"
    ));
    assert_eq!(code, Some(0), "{shown}");
    assert!(!shown.contains("locked"), "{shown}");
}

#[test]
#[ignore = "needs SoftHSM, OpenSC and OpenSSL"]
fn token_that_shows_nothing_before_its_pin_is_not_said_to_be_empty() {
    let world = World::new();
    world.token("Ada");
    let (code, shown) = world.certstow("list --store TOKEN");
    assert_eq!(code, Some(14), "{shown}");
    let expected = "the token shows nothing without its PIN";
    assert!(shown.contains(expected), "{shown}");
    let export = "export any --store TOKEN --password-env SECRET -o x.p12";
    let (code, shown) = world.certstow(export);
    assert_eq!(code, Some(13), "{shown}");
    let unlock = "--unlock-password-file right.pin";
    let (code, shown) = world.certstow(&format!(
        "export any --store TOKEN {unlock} -o x.p12 --password-env SECRET"
    ));
    assert_eq!(code, Some(10), "{shown}");
    let (code, shown) = world.certstow(&format!("list --store TOKEN {unlock}"));
    assert_eq!(code, Some(0), "{shown}");
}
