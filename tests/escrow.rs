//! Sealed passwords and OpenSSL: what certstow seals, `openssl cms -decrypt` opens, and what
//! `openssl cms -encrypt` seals, certstow opens.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use certstow::escrow::{EscrowKey, Recipient};
use certstow::platform::OpenOptions;
use certstow::platform::secret::Password;
use certstow::platform::store::NonInteractive;

const PASSWORD: &str = "k3w9p-grüße";

fn openssl(arguments: &[&str]) -> Vec<u8> {
    let output = Command::new("openssl")
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .expect("openssl runs");
    assert!(
        output.status.success(),
        "openssl {arguments:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    output.stdout
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a name in UTF-8")
}

/// An escrow certificate and its private key.
struct Escrow {
    folder: tempfile::TempDir,
}

impl Escrow {
    fn new(kind: &[&str]) -> Self {
        let escrow = Self {
            folder: tempfile::tempdir().expect("a temporary folder"),
        };
        let (key, certificate) = (escrow.file("key.pem"), escrow.file("escrow.pem"));
        let make = [
            "req",
            "-x509",
            "-nodes",
            "-days",
            "3650",
            "-subj",
            "/CN=Escrow/O=Example",
        ];
        let out = ["-keyout", text(&key), "-out", text(&certificate)];
        openssl(&[&make, kind, &out].concat());
        escrow
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn recipient(&self) -> Recipient {
        Recipient::read(&self.file("escrow.pem")).expect("a recipient")
    }

    fn key(&self, name: &str, password: Option<&str>) -> EscrowKey {
        let options = OpenOptions {
            unlock: password.map(|text| Arc::new(Password::new(text.to_owned()))),
        };
        EscrowKey::read(&self.file(name), &options, &mut NonInteractive).expect("the key")
    }

    fn sealed_by_openssl(&self, cipher: &str, options: &[&str]) -> Vec<u8> {
        let plain = self.file("plain");
        fs::write(&plain, PASSWORD).expect("the password's file");
        let encrypt = [
            "cms", "-encrypt", "-binary", "-outform", "DER", cipher, "-in",
        ];
        let certificate = self.file("escrow.pem");
        let recipient = [text(&plain), "-recip", text(&certificate)];
        openssl(&[&encrypt, &recipient[..], options].concat())
    }
}

fn kinds() -> Vec<(&'static str, Vec<&'static str>)> {
    let rsa = |bits| vec!["-newkey", bits];
    let ec = |curve| vec!["-newkey", "ec", "-pkeyopt", curve];
    vec![
        ("RSA 2048", rsa("rsa:2048")),
        ("RSA 3072", rsa("rsa:3072")),
        ("RSA 4096", rsa("rsa:4096")),
        ("P-256", ec("ec_paramgen_curve:P-256")),
        ("P-384", ec("ec_paramgen_curve:P-384")),
        ("P-521", ec("ec_paramgen_curve:P-521")),
    ]
}

#[test]
#[ignore = "needs openssl"]
fn openssl_opens_what_certstow_seals() {
    for (name, kind) in kinds() {
        let escrow = Escrow::new(&kind);
        let sealed = escrow.recipient().seal(&Password::new(PASSWORD.to_owned()));
        let file = escrow.file("sealed");
        fs::write(&file, sealed.expect("sealed")).expect("the sealed password's file");
        let decrypt = ["cms", "-decrypt", "-inform", "DER", "-in", text(&file)];
        let (key, certificate) = (escrow.file("key.pem"), escrow.file("escrow.pem"));
        let with = ["-inkey", text(&key), "-recip", text(&certificate)];
        let opened = openssl(&[&decrypt[..], &with].concat());
        assert_eq!(opened, PASSWORD.as_bytes(), "{name}");
        let key_alone = openssl(&[&decrypt[..], &["-inkey", text(&key)]].concat());
        assert_eq!(
            key_alone,
            PASSWORD.as_bytes(),
            "{name}, without the certificate"
        );
        let opened = escrow.key("key.pem", None);
        let opened = opened.open(&fs::read(&file).expect("the file"), &file);
        assert_eq!(opened.expect("opened").expose(), PASSWORD, "{name}");
    }
}

#[test]
#[ignore = "needs openssl"]
fn certstow_opens_what_openssl_seals() {
    let other = Escrow::new(&["-newkey", "rsa:2048"]).key("key.pem", None);
    for (name, kind) in kinds() {
        let escrow = Escrow::new(&kind);
        let key = escrow.key("key.pem", None);
        let oaep = ["-keyopt", "rsa_padding_mode:oaep"];
        let oaep_sha256 = [&oaep[..], &["-keyopt", "rsa_oaep_md:sha256"]].concat();
        let kdf_sha256 = ["-keyopt", "ecdh_kdf_md:sha256"];
        let ways: [&[&str]; 3] = if name.starts_with("RSA") {
            [&[], &oaep, &oaep_sha256]
        } else {
            [&[], &kdf_sha256, &["-keyid"]]
        };
        for way in ways {
            for cipher in ["-aes256", "-aes128"] {
                let sealed = escrow.sealed_by_openssl(cipher, way);
                let opened = key.open(&sealed, Path::new("sealed"));
                let opened = opened.unwrap_or_else(|error| panic!("{name} {way:?}: {error}"));
                assert_eq!(opened.expose(), PASSWORD, "{name} {way:?}");
                assert!(
                    other.open(&sealed, Path::new("sealed")).is_err(),
                    "{name} {way:?}"
                );
            }
        }
    }
}

#[test]
#[ignore = "needs openssl"]
fn the_key_may_be_in_any_form_of_file() {
    let escrow = Escrow::new(&["-newkey", "rsa:2048"]);
    let sealed = escrow.recipient().seal(&Password::new(PASSWORD.to_owned()));
    let sealed = sealed.expect("sealed");
    let (plain, certificate) = (escrow.file("key.pem"), escrow.file("escrow.pem"));
    let files = ["pkcs1.pem", "pkcs8.der", "locked.pem", "key.p12"].map(|name| escrow.file(name));
    let [pkcs1, pkcs8, locked, p12] = files.each_ref().map(|file| text(file));
    let topk8 = ["pkcs8", "-topk8", "-in", text(&plain), "-out"];
    openssl(&["rsa", "-traditional", "-in", text(&plain), "-out", pkcs1]);
    openssl(&[&topk8[..], &[pkcs8, "-nocrypt", "-outform", "DER"]].concat());
    openssl(&[&topk8[..], &[locked, "-passout", "pass:unlock"]].concat());
    let export = [
        "pkcs12",
        "-export",
        "-inkey",
        text(&plain),
        "-in",
        text(&certificate),
    ];
    openssl(&[&export[..], &["-out", p12, "-passout", "pass:unlock"]].concat());
    for (file, password) in files
        .iter()
        .zip([None, None, Some("unlock"), Some("unlock")])
    {
        let name = file
            .file_name()
            .and_then(|name| name.to_str())
            .expect("a name");
        let opened = escrow.key(name, password).open(&sealed, file);
        assert_eq!(opened.expect("opened").expose(), PASSWORD, "{name}");
    }
}

/// The block of shell commands in the page on passwords that begins so.
fn documented(beginning: &str) -> &'static str {
    let page = include_str!("../docs/passwords.md");
    let blocks = page.split("```sh\n").skip(1);
    blocks
        .filter_map(|block| block.split("\n```").next())
        .find(|block| block.starts_with(beginning))
        .expect("the commands in the page")
}

#[test]
#[ignore = "needs openssl"]
fn the_commands_in_the_documentation_work() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let run = |commands: &str| {
        let done = Command::new("sh")
            .args(["-ec", commands])
            .current_dir(folder.path())
            .env("UNLOCK", "password of the key")
            .stdin(Stdio::null())
            .output()
            .expect("sh runs");
        let stderr = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "{commands}: {stderr}");
        done.stdout
    };
    let make = documented("openssl req");
    run(&format!("{make} -passout env:UNLOCK"));

    let recipient = Recipient::read(&folder.path().join("escrow.pem")).expect("a recipient");
    assert_eq!(recipient.warnings(certstow::time::now()), [""; 0]);
    let password = certstow::escrow::random_password().expect("a password");
    let sealed = recipient.seal(&password).expect("sealed");
    fs::write(folder.path().join("FILE.p12.cms"), sealed).expect("the sealed password's file");
    let open = documented("openssl cms");
    let opened = run(&format!("{open} -passin env:UNLOCK"));
    assert_eq!(opened, password.expose().as_bytes());
}
