//! Java keystores (JKS) that `keytool` makes: certstow reads the same aliases, keys and paths out of
//! them as `keytool` turns into PKCS#12 and OpenSSL reads there.

use std::process::Command;

use certstow_formats::jks::{self, Contents, JksError, KeyEntry, Limits};
use certstow_formats::secret::Password;

use crate::material::{openssl, output, pkcs8};
use crate::peers::{attempt, certificates};

const STORE: &str = "correct horse";

fn password(text: &str) -> Password {
    Password::new(text.to_owned())
}

/// `keytool`, with arguments in UTF-8 whatever the locale.
fn keytool(options: &[&str]) -> Vec<u8> {
    let mut command = Command::new("keytool");
    command.env("LC_ALL", "C.UTF-8").args(options);
    attempt(&mut command).unwrap_or_else(|reason| panic!("{options:?}: {reason}"))
}

/// A keystore that is being made.
struct Keystore {
    folder: tempfile::TempDir,
    password: &'static str,
}

impl Keystore {
    fn new(password: &'static str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        Self { folder, password }
    }

    fn path(&self, name: &str) -> String {
        let path = self.folder.path().join(name);
        path.to_str().expect("UTF-8").to_owned()
    }

    fn keytool(&self, options: &[&str]) -> Vec<u8> {
        let file = self.path("store.jks");
        let store = ["-keystore", &file, "-storepass", self.password];
        keytool(&[options, &store].concat())
    }

    /// A key with a certificate of its own, and its password.
    fn generate(&self, alias: &str, kind: &[&str], key_password: &str) {
        let options = [
            "-genkeypair",
            "-storetype",
            "JKS",
            "-dname",
            "CN=Test",
            "-alias",
            alias,
            "-keypass",
            key_password,
        ];
        self.keytool(&[&options, kind].concat());
    }

    fn bytes(&self) -> Vec<u8> {
        std::fs::read(self.path("store.jks")).expect("the keystore")
    }

    /// The key and the path that `keytool` and OpenSSL make of an entry.
    fn by_others(&self, alias: &str, key_password: &str) -> (Vec<u8>, Vec<Vec<u8>>) {
        let p12 = self.path("one.p12");
        let _ = std::fs::remove_file(&p12);
        let source = self.path("store.jks");
        keytool(&[
            "-importkeystore",
            "-noprompt",
            "-srckeystore",
            &source,
            "-srcstorepass",
            self.password,
            "-srcalias",
            alias,
            "-srckeypass",
            key_password,
            "-destkeystore",
            &p12,
            "-deststoretype",
            "PKCS12",
            "-deststorepass",
            "interop",
        ]);
        let shown = |what: &str| {
            let mut command = openssl(&["pkcs12", "-passin", "pass:interop", "-in", &p12, what]);
            output(command.arg("-nodes")).stdout
        };
        let key = pkcs8(&shown("-nocerts")).expect("OpenSSL reads its own key");
        // OpenSSL shows an alias in Latin-1.
        let path = shown("-nokeys");
        let path = String::from_utf8_lossy(&path);
        (key, certificates(&path).expect("certificates"))
    }

    fn is_read_alike(&self, entry: &KeyEntry<'_>, alias: &str, key_password: &str) {
        let opened = entry.protected.open(&password(key_password));
        let opened = opened.unwrap_or_else(|error| panic!("{alias}: {error}"));
        let (key, path) = self.by_others(alias, key_password);
        assert!(pkcs8(opened.expose()).as_ref() == Ok(&key), "{alias}");
        assert_eq!(entry.chain, path, "{alias}");
    }
}

fn open<'a>(bytes: &'a [u8], text: &str) -> Result<Contents<'a>, JksError> {
    jks::decode(bytes, &password(text), &Limits::default())
}

const RSA: &[&str] = &["-keyalg", "RSA", "-keysize", "2048"];
const EC: &[&str] = &["-keyalg", "EC", "-groupname", "secp384r1"];
const DSA: &[&str] = &["-keyalg", "DSA", "-keysize", "2048"];

#[test]
#[ignore = "needs Java and OpenSSL"]
fn jks_of_several_entries_is_read() {
    let store = Keystore::new(STORE);
    let entries = [
        ("rsa", RSA, STORE),
        ("ec", EC, STORE),
        ("dsa", DSA, STORE),
        ("own", EC, "its own password"),
    ];
    for (alias, kind, key_password) in entries {
        store.generate(alias, kind, key_password);
    }
    let certificate = store.keytool(&["-exportcert", "-alias", "ec"]);
    let file = store.path("trusted.der");
    std::fs::write(&file, &certificate).expect("the certificate");
    for alias in ["trusted", "again"] {
        store.keytool(&["-importcert", "-noprompt", "-alias", alias, "-file", &file]);
    }

    let bytes = store.bytes();
    let contents = open(&bytes, STORE).expect("it opens");
    assert_eq!((contents.keys.len(), contents.trusted.len()), (4, 2));
    for (alias, _, key_password) in entries {
        let entry = contents.keys.iter().find(|entry| entry.alias == alias);
        let entry = entry.unwrap_or_else(|| panic!("{alias} is missing"));
        let error = entry.key.as_ref().err();
        let expected = (key_password != STORE).then_some(&JksError::KeyPassword);
        assert_eq!(error, expected, "{alias}");
        store.is_read_alike(entry, alias, key_password);
    }
    assert!(
        contents
            .trusted
            .iter()
            .all(|entry| entry.der == certificate)
    );
    assert_eq!(open(&bytes, "wrong").unwrap_err(), JksError::WrongPassword);
    assert_eq!(
        open(&bytes, "its own password").unwrap_err(),
        JksError::CheckMismatch
    );
}

#[test]
#[ignore = "needs Java and OpenSSL"]
fn jks_with_a_path_is_read() {
    let store = Keystore::new(STORE);
    store.generate("ca", &[EC, &["-ext", "bc:c=ca:true"]].concat(), STORE);
    store.generate("leaf", RSA, STORE);
    let [request, certificate, issuer] =
        ["leaf.csr", "leaf.pem", "ca.pem"].map(|name| store.path(name));
    store.keytool(&["-certreq", "-alias", "leaf", "-file", &request]);
    store.keytool(&[
        "-gencert",
        "-alias",
        "ca",
        "-rfc",
        "-infile",
        &request,
        "-outfile",
        &certificate,
    ]);
    store.keytool(&["-exportcert", "-rfc", "-alias", "ca", "-file", &issuer]);
    let both = [&certificate, &issuer].map(|file| std::fs::read(file).expect("PEM"));
    std::fs::write(&certificate, both.concat()).expect("the path");
    store.keytool(&[
        "-importcert",
        "-noprompt",
        "-alias",
        "leaf",
        "-file",
        &certificate,
    ]);

    let bytes = store.bytes();
    let contents = open(&bytes, STORE).expect("it opens");
    let leaf = contents.keys.iter().find(|entry| entry.alias == "leaf");
    let leaf = leaf.expect("the key");
    assert_eq!(leaf.chain.len(), 2);
    store.is_read_alike(leaf, "leaf", STORE);
}

#[test]
#[ignore = "needs Java and OpenSSL"]
fn jks_under_unusual_names_is_read() {
    let alias = "m\u{fc}ller \u{682a} \u{1f511}";
    let secret = "p\u{e4}ss \u{20ac} \u{1f511}";
    let store = Keystore::new(secret);
    store.generate(alias, EC, secret);
    let bytes = store.bytes();
    let contents = open(&bytes, secret).expect("it opens");
    let [entry] = contents.keys.as_slice() else {
        panic!("{contents:?}");
    };
    assert_eq!(entry.alias, alias);
    assert!(entry.key.is_ok());
    store.is_read_alike(entry, alias, secret);
}

#[test]
#[ignore = "needs Java"]
fn jks_without_entries_is_read() {
    let store = Keystore::new(STORE);
    store.generate("gone", EC, STORE);
    store.keytool(&["-delete", "-alias", "gone"]);
    let bytes = store.bytes();
    let contents = open(&bytes, STORE).expect("it opens");
    assert!(contents.keys.is_empty() && contents.trusted.is_empty());
    assert_eq!(open(&bytes, "wrong").unwrap_err(), JksError::WrongPassword);
}

/// What certstow passes over, and what it refuses, Java does, too.
#[test]
#[ignore = "needs Java"]
fn jks_that_was_changed_is_judged_alike() {
    let store = Keystore::new(STORE);
    store.generate("one", EC, STORE);
    let file = store.path("store.jks");
    let good = store.bytes();
    let java_lists = |bytes: &[u8]| {
        std::fs::write(&file, bytes).expect("the keystore");
        let list = ["-list", "-keystore", &file, "-storepass", STORE];
        attempt(Command::new("keytool").args(list)).is_ok()
    };
    let changed = |at: usize| {
        let mut bytes = good.clone();
        bytes[at] ^= 1;
        bytes
    };
    let kept = good.len();
    let cases = [
        (good.clone(), true),
        ([&good[..], b"more"].concat(), true),
        (good[..kept - 1].to_vec(), false),
        (good[..kept - 21].to_vec(), false),
        (changed(0), false),
        (changed(7), false),
        (changed(11), false),
        (changed(15), false),
        (changed(kept / 2), false),
        (changed(kept - 1), false),
    ];
    for (number, (bytes, is_read)) in cases.iter().enumerate() {
        assert_eq!(java_lists(bytes), *is_read, "{number}");
        assert_eq!(open(bytes, STORE).is_ok(), *is_read, "{number}");
    }
}
