//! Files that certstow only names, made by the programs they come from: each is recognized whatever it
//! is called, and the command that certstow names makes of it what holds a private key.

use std::path::Path;
use std::process::Command;

use certstow_formats::foreign::Foreign;
use certstow_formats::pkcs12::decode::{Limits, decode};
use certstow_formats::pkcs12::kdf::PasswordForm;
use certstow_formats::secret::Password;

use crate::material::{Key, Material, pkcs8};
use crate::peers::attempt;

/// The file or folder that a command makes.
const PEM: &str = "NEW.pem";
const P12: &str = "NEW.p12";

/// A line of shell in the folder, without a terminal, so that what would be asked there is read from
/// the empty line of its input.
fn shell(folder: &Path, line: &str) {
    let line = format!(
        "printf '\\n' | setsid --wait sh -euc '{}'",
        line.replace('\'', "'\\''")
    );
    let mut command = Command::new("sh");
    command.arg("-euc").arg(&line).current_dir(folder);
    let certstow = Path::new(env!("CARGO_BIN_EXE_certstow"));
    let own = certstow.parent().map(Path::to_owned);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::join_paths(own.into_iter().chain(std::env::split_paths(&path)));
    command.env("PATH", path.expect("folders without a colon"));
    attempt(&mut command).unwrap_or_else(|reason| panic!("{line}: {reason}"));
}

/// Has programs make the file `x`, and then the command, with answers as more arguments, do its work.
fn helped(folder: &Path, making: &str, kind: Foreign, answers: &str) {
    shell(folder, making);
    let bytes = std::fs::read(folder.join("x")).expect("the file was made");
    let beside = folder.join("key4.db").exists();
    assert_eq!(Foreign::of(&bytes, beside), Some(kind), "{making}");
    let command = kind.command().replace("FILE", "x").replace("FOLDER", ".");
    let (program, rest) = match command.split_once(" > ") {
        Some((program, target)) => (program, format!(" > {target}")),
        None => (command.as_str(), String::new()),
    };
    shell(folder, &format!("{program} {answers}{rest}"));
}

fn holds_key(file: &Path) {
    let bytes = std::fs::read(file).expect("the command made it");
    let read = pkcs8(&bytes);
    assert!(read.is_ok_and(|key| !key.is_empty()), "{}", file.display());
    let text = String::from_utf8_lossy(&bytes);
    let ours = ["BEGIN PRIVATE", "BEGIN RSA PRIVATE", "BEGIN EC PRIVATE"];
    assert!(ours.iter().any(|label| text.contains(label)), "{text}");
}

fn holds_identity(file: &Path, password: &str) {
    let bytes = std::fs::read(file).expect("the command made it");
    let password = Password::new(password.to_owned());
    let opened = decode(&bytes, PasswordForm::Text(&password), &Limits::default());
    let opened = opened.unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    assert_eq!(
        (opened.keys.len(), opened.certificates.is_empty()),
        (1, false)
    );
}

fn scratch() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

#[test]
#[ignore = "needs OpenSSH and OpenSSL"]
fn openssh_keys_are_converted_as_told() {
    for kind in ["rsa", "ecdsa"] {
        let folder = scratch();
        let making = format!("ssh-keygen -q -t {kind} -N '' -f x");
        helped(folder.path(), &making, Foreign::OpenSsh, "-P '' -N ''");
        holds_key(&folder.path().join("x"));
        let encrypted = format!("rm x; ssh-keygen -q -t {kind} -N 'its own' -f x");
        let answers = "-P 'its own' -N ''";
        helped(folder.path(), &encrypted, Foreign::OpenSsh, answers);
        holds_key(&folder.path().join("x"));
    }
}

#[test]
#[ignore = "needs OpenSSH, Python cryptography and OpenSSL"]
fn ed25519_key_of_openssh_is_converted_as_told() {
    let folder = scratch();
    let making = "ssh-keygen -q -t ed25519 -N '' -f x";
    helped(folder.path(), making, Foreign::OpenSshAlone, "");
    holds_key(&folder.path().join(PEM));
    // Why it has a command of its own.
    shell(folder.path(), "ssh-keygen -q -p -m PKCS8 -P '' -N '' -f x");
    let bytes = std::fs::read(folder.path().join("x")).expect("the key");
    let kind = Foreign::of(&bytes, false);
    assert_eq!(kind, Some(Foreign::OpenSshAlone), "it converts now");
}

#[test]
#[ignore = "needs PuTTY and OpenSSL"]
fn putty_keys_are_converted_as_told() {
    for kind in ["rsa", "ecdsa"] {
        let folder = scratch();
        let making = format!("puttygen -q -t {kind} --new-passphrase /dev/null -o x");
        helped(folder.path(), &making, Foreign::Putty, "");
        holds_key(&folder.path().join(PEM));
    }
    // What comes of this one has a command of its own.
    let folder = scratch();
    let making = "puttygen -q -t ed25519 --new-passphrase /dev/null -o x";
    helped(folder.path(), making, Foreign::Putty, "");
    let bytes = std::fs::read(folder.path().join(PEM)).expect("the key");
    assert_eq!(Foreign::of(&bytes, false), Some(Foreign::OpenSshAlone));
}

#[test]
#[ignore = "needs Java and Bouncy Castle"]
fn keystores_are_converted_as_told() {
    let bouncy_castle = "-providerclass org.bouncycastle.jce.provider.BouncyCastleProvider \
                         -providerpath /usr/share/java/bcprov.jar";
    for (kind, name, provider) in [
        (Foreign::Jceks, "JCEKS", ""),
        (Foreign::Bks, "BKS", bouncy_castle),
    ] {
        let folder = scratch();
        let making = format!(
            "ln -s /usr/share/java/bcprov.jar BCPROV.jar; keytool -genkeypair -keyalg EC -dname \
             CN=Test -alias a -storetype {name} -storepass fixture -keypass fixture -keystore x \
             {provider}"
        );
        let answers = "-noprompt -srcstorepass fixture -deststorepass fixture";
        helped(folder.path(), &making, kind, answers);
        holds_identity(&folder.path().join(P12), "fixture");
    }
}

/// An identity in the folder, as `key.pem` and `certificate.pem`.
fn identity(folder: &Path) {
    let material = Material::new();
    let identity = material.identity("Foreign", Key::P256);
    for (from, to) in [
        (&identity.key_file, "key.pem"),
        (&identity.certificate_file, "certificate.pem"),
    ] {
        std::fs::copy(from, folder.join(to)).expect("a copy");
    }
}

/// A PKCS#12 file of it, `in.p12`.
const IN_P12: &str = "openssl pkcs12 -export -inkey key.pem -in certificate.pem -name NAME \
                      -passout pass:fixture -out in.p12";

#[test]
#[ignore = "needs NSS and OpenSSL"]
fn nss_database_is_listed_as_told() {
    let folder = scratch();
    identity(folder.path());
    let making = format!(
        "{IN_P12}; certutil -N -d sql:. --empty-password; \
         pk12util -i in.p12 -d sql:. -W fixture; cp cert9.db x"
    );
    helped(folder.path(), &making, Foreign::Nss, "--json > listed");
    let listed = std::fs::read(folder.path().join("listed")).expect("certstow listed it");
    let listed: serde_json::Value = serde_json::from_slice(&listed).expect("JSON");
    assert_eq!(
        listed["entries"][0]["key"]["state"], "exportable",
        "{listed}"
    );
}

#[test]
#[ignore = "needs zip and OpenSSL"]
fn archive_is_unpacked_as_told() {
    let folder = scratch();
    identity(folder.path());
    let making = "mkdir a; mv key.pem a/my.key; zip -qr x.zip a; mv x.zip x";
    helped(folder.path(), making, Foreign::Zip, "");
    holds_key(&folder.path().join("NEW/a/my.key"));
}
