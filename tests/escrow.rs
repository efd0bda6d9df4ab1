//! Sealed passwords and OpenSSL: what certstow seals, `openssl cms -decrypt` opens, and what
//! `openssl cms -encrypt` seals, certstow opens.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use certstow_core::escrow::{EscrowKey, Recipient};
use certstow_formats::secret::Password;
use certstow_platform::OpenOptions;
use certstow_platform::store::NonInteractive;

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
        let password = password.map(|text| Arc::new(Password::new(text.to_owned())));
        let options = OpenOptions::with_passwords(password);
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
fn seal_result_opens_in_openssl() {
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
fn open_reads_passwords_sealed_by_openssl() {
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

/// Made with `openssl cms -encrypt` for two RSA certificates, over and over again, until what the second
/// key makes of the first part had the length of an AES-256 key.
#[test]
fn open_skips_parts_for_other_recipients() {
    let file = |name: &str| {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/escrow");
        folder.join(name)
    };
    let (sealed, key) = (
        file("two-recipients-not-opened.cms"),
        file("two-recipients.key"),
    );
    let key = EscrowKey::read(&key, &OpenOptions::default(), &mut NonInteractive);
    let opened = key
        .expect("the key")
        .open(&fs::read(&sealed).expect("the file"), &sealed);
    assert_eq!(opened.expect("opened").expose(), "k3v9p-xxxxx");
}

#[test]
#[ignore = "needs openssl"]
fn open_works_for_each_of_several_recipients() {
    let [rsa, ec] = [&["-newkey", "rsa:2048"][..], &kinds()[3].1];
    let own = [rsa, rsa, ec, ec].map(Escrow::new);
    let stranger = [rsa, ec].map(|kind| Escrow::new(kind).key("key.pem", None));
    let certificates = own.each_ref().map(|escrow| escrow.file("escrow.pem"));
    let password = ["-pwri_password", "a password beside"];
    for (who, more) in [
        (&[0, 1][..], &[][..]),
        (&[2, 3], &[]),
        (&[0, 2], &[]),
        (&[3, 1], &[]),
        (&[0, 1, 2, 3], &["-keyid"]),
        (&[1, 2], &password),
    ] {
        // The first is among the options of every file.
        let others = who[1..]
            .iter()
            .flat_map(|one| ["-recip", text(&certificates[*one])]);
        let options: Vec<_> = more.iter().copied().chain(others).collect();
        let sealed = own[who[0]].sealed_by_openssl("-aes256", &options);
        let place = Path::new("sealed");
        for (number, escrow) in own.iter().enumerate() {
            let opened = escrow.key("key.pem", None).open(&sealed, place);
            match who.contains(&number) {
                true => assert_eq!(
                    opened.expect("opened").expose(),
                    PASSWORD,
                    "{who:?} {more:?}"
                ),
                false => assert!(opened.is_err(), "{who:?} {more:?}"),
            }
        }
        for key in &stranger {
            assert!(key.open(&sealed, place).is_err(), "{who:?} {more:?}");
        }
    }
}

/// Where the file of the key has its certificate, the part for that one comes first.
#[test]
#[ignore = "needs openssl"]
fn open_uses_certificate_to_find_its_part() {
    let [first, second] = [(); 2].map(|()| Escrow::new(&["-newkey", "rsa:2048"]));
    let both = [second.file("key.pem"), second.file("escrow.pem")];
    let both = both.map(|file| fs::read(file).expect("a file"));
    fs::write(second.file("both.pem"), both.concat()).expect("a file");
    let key = second.key("both.pem", None);
    for more in [&[][..], &["-keyid"]] {
        let certificate = second.file("escrow.pem");
        let options = [more, &["-recip", text(&certificate)]].concat();
        let sealed = first.sealed_by_openssl("-aes256", &options);
        let opened = key.open(&sealed, Path::new("sealed")).expect("opened");
        assert_eq!(opened.expose(), PASSWORD, "{more:?}");
        // The end of the initialization vector, before the one block of content: its padding.
        let mut damaged = sealed.clone();
        damaged[sealed.len() - 19] ^= 0x40;
        let damaged = key
            .open(&damaged, Path::new("sealed"))
            .expect_err("damaged");
        let damaged = damaged.in_full();
        assert!(
            damaged.ends_with("its content does not decrypt"),
            "{damaged}"
        );
    }
}

#[test]
#[ignore = "needs openssl"]
fn escrow_key_reads_every_key_format() {
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
