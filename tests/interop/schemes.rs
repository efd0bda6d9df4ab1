//! Every way in which OpenSSL, Java and GnuTLS encrypt a private key under a password and certstow reads
//! it: in PKCS#8, in PEM's own encryption, and in PKCS#12 with every MAC.

use std::fs;
use std::path::Path;
use std::process::Command;

use certstow_formats::pkcs12::error::DecodeError;
use certstow_formats::pkcs12::kdf::PasswordForm;
use certstow_formats::pkcs12::pbe::decrypt_private_key;
use certstow_formats::secret::Password;
use certstow_platform::error::StoreError;
use certstow_platform::store::NonInteractive;
use certstow_platform::{OpenOptions, private_keys_in};

use crate::material::{Key, Material, openssl, output, pkcs8};
use crate::peers::{Sealed, java, openssl as peer};
use crate::reading::{Order, certstow_opens_it};

const PASSWORD: &str = "correct horse battery staple";

/// The schemes of `openssl pkcs8 -v1` and `openssl pkcs12 -keypbe`.
const SCHEMES: [&str; 10] = [
    "PBE-MD5-DES",
    "PBE-MD5-RC2-64",
    "PBE-SHA1-DES",
    "PBE-SHA1-RC2-64",
    "PBE-SHA1-RC4-128",
    "PBE-SHA1-RC4-40",
    "PBE-SHA1-RC2-128",
    "PBE-SHA1-RC2-40",
    "PBE-SHA1-3DES",
    "PBE-SHA1-2DES",
];

/// Those of PBES2, as options of `openssl pkcs8`.
const PBES2: [&[&str]; 16] = [
    &["-scrypt"],
    &["-v2", "aes128", "-scrypt"],
    &[
        "-v2",
        "aes192",
        "-scrypt_N",
        "4096",
        "-scrypt_r",
        "4",
        "-scrypt_p",
        "3",
    ],
    &["-v2", "des-cbc"],
    &["-v2", "rc2-cbc"],
    &["-v2", "rc2-64-cbc"],
    &["-v2", "rc2-40-cbc"],
    &["-v2", "des3"],
    &["-v2", "aes256", "-v2prf", "hmacWithMD5"],
    &["-v2", "aes256", "-v2prf", "hmacWithSHA1"],
    &["-v2", "aes256", "-v2prf", "hmacWithSHA224"],
    &["-v2", "aes256", "-v2prf", "hmacWithSHA384"],
    &["-v2", "aes256", "-v2prf", "hmacWithSHA512"],
    &["-v2", "aes256", "-v2prf", "hmacWithSHA512-224"],
    &["-v2", "aes256", "-v2prf", "hmacWithSHA512-256"],
    &["-v2", "rc2-cbc", "-v2prf", "hmacWithSHA512-256"],
];

/// Those that are not read, and what they are called.
const UNREAD: [(&[&str], &str); 6] = [
    (&["-v2", "camellia-256-cbc"], "the cipher Camellia-256-CBC"),
    (&["-v2", "aria-128-cbc"], "the cipher ARIA-128-CBC"),
    (&["-v2", "seed-cbc"], "the cipher SEED-CBC"),
    (&["-v2", "sm4-cbc"], "the cipher SM4-CBC"),
    (&["-v2", "cast5-cbc"], "the cipher CAST5-CBC"),
    (&["-v2", "bf-cbc"], "the cipher Blowfish-CBC"),
];

/// The DER of a key, encrypted by OpenSSL.
fn encrypted(key: &Path, options: &[&str]) -> Vec<u8> {
    let providers = [
        "pkcs8",
        "-topk8",
        "-provider",
        "legacy",
        "-provider",
        "default",
    ];
    let password = format!("pass:{PASSWORD}");
    let made = openssl(&providers)
        .args(options)
        .args(["-outform", "DER", "-passout", &password, "-in"])
        .arg(key)
        .output()
        .expect("openssl starts");
    assert!(made.status.success(), "{options:?}: {made:?}");
    made.stdout
}

#[test]
#[ignore = "needs OpenSSL"]
fn encrypted_pkcs8_of_openssl_opens() {
    let material = Material::new();
    let identity = material.identity("Schemes", Key::P256);
    let own = SCHEMES.map(|name| ["-v1", name]);
    let options = own.iter().map(|options| &options[..]).chain(PBES2);
    for options in options {
        let der = encrypted(&identity.key_file, options);
        let open = |text: &str| {
            let password = Password::new(text.to_owned());
            decrypt_private_key(&der, PasswordForm::Text(&password), 10_000_000)
        };
        let key = open(PASSWORD).unwrap_or_else(|error| panic!("{options:?}: {error}"));
        assert_eq!(
            pkcs8(key.expose()).as_ref(),
            Ok(&identity.key),
            "{options:?}"
        );
        let wrong = open("wrong").err();
        assert_eq!(wrong, Some(DecodeError::WrongPassword), "{options:?}");
    }
}

#[test]
#[ignore = "needs GnuTLS and OpenSSL"]
fn encrypted_pkcs8_of_gnutls_opens() {
    let material = Material::new();
    let identity = material.identity("Schemes", Key::P256);
    let folder = tempfile::tempdir_in(material.folder()).expect("a temporary folder");
    let file = folder.path().join("locked.der");
    let password = Password::new(PASSWORD.to_owned());
    let open = |cipher: &str| {
        let mut command = Command::new("certtool");
        command
            .args(["--to-p8", "--outder"])
            .arg(format!("--pkcs-cipher={cipher}"));
        command
            .arg(format!("--password={PASSWORD}"))
            .arg("--outfile")
            .arg(&file);
        output(command.arg("--load-privkey").arg(&identity.key_file));
        let der = fs::read(&file).expect("the key is there");
        decrypt_private_key(&der, PasswordForm::Text(&password), 10_000_000)
    };
    for cipher in [
        "3des",
        "3des-pkcs12",
        "aes-128",
        "aes-192",
        "aes-256",
        "rc2-40",
        "arcfour",
    ] {
        let key = open(cipher).unwrap_or_else(|error| panic!("{cipher}: {error}"));
        assert_eq!(pkcs8(key.expose()).as_ref(), Ok(&identity.key), "{cipher}");
    }
    let unread = DecodeError::Unsupported("the cipher GOST 28147-89".to_owned());
    assert_eq!(open("gost28147-tc26z").err(), Some(unread));
}

#[test]
#[ignore = "needs OpenSSL"]
fn encrypted_pkcs8_not_read_is_named() {
    let material = Material::new();
    let identity = material.identity("Schemes", Key::P256);
    for (options, name) in UNREAD {
        let der = encrypted(&identity.key_file, options);
        let error = decrypt_private_key(&der, PasswordForm::Null, 10_000_000).err();
        let expected = DecodeError::Unsupported(name.to_owned());
        assert_eq!(error, Some(expected), "{options:?}");
    }
}

#[test]
#[ignore = "needs OpenSSL"]
fn encrypted_pem_of_openssl_opens() {
    let material = Material::new();
    let folder = tempfile::tempdir_in(material.folder()).expect("a temporary folder");
    let parameters = folder.path().join("dsa.parameters");
    output(
        openssl(&["genpkey", "-genparam", "-algorithm", "DSA", "-out"])
            .arg(&parameters)
            .args(["-pkeyopt", "dsa_paramgen_bits:1024"]),
    );
    let dsa = folder.path().join("dsa.key");
    output(
        openssl(&["genpkey", "-paramfile"])
            .arg(&parameters)
            .arg("-out")
            .arg(&dsa),
    );
    let [rsa, p256] = [Key::Rsa2048, Key::P256].map(|key| material.identity("PEM", key).key_file);
    let password = format!("pass:{PASSWORD}");
    for key in [&rsa, &p256, &dsa] {
        let plain = output(openssl(&["pkey", "-outform", "DER", "-in"]).arg(key)).stdout;
        for cipher in ["-des", "-des3", "-aes128", "-aes192", "-aes256"] {
            let providers = [
                "pkey",
                "-traditional",
                "-provider",
                "legacy",
                "-provider",
                "default",
            ];
            let mut command = openssl(&providers);
            command
                .args([cipher, "-passout", &password, "-in"])
                .arg(key);
            let file = folder.path().join("old.key");
            output(command.arg("-out").arg(&file));
            let text = fs::read_to_string(&file).expect("the key is there");
            assert!(text.contains("Proc-Type: 4,ENCRYPTED"), "{text}");
            let open = |text: &str| {
                let options = OpenOptions::with_password(Password::new(text.to_owned()));
                private_keys_in(&file, &options, &mut NonInteractive)
            };
            let keys = open(PASSWORD).unwrap_or_else(|error| panic!("{key:?} {cipher}: {error}"));
            let [opened] = keys.as_slice() else {
                panic!("{key:?} {cipher}: {} keys", keys.len());
            };
            assert_eq!(pkcs8(opened.expose()), pkcs8(&plain), "{key:?} {cipher}");
            let wrong = open("wrong").expect_err("a wrong password");
            assert!(matches!(wrong, StoreError::WrongPassword { .. }), "{wrong}");
        }
    }
}

/// LibreSSL and OpenSSL up to 1.0 take each octet of the UTF-8 for a character. Typed as those characters,
/// the password has OpenSSL 3 do the same.
#[test]
#[ignore = "needs OpenSSL"]
fn password_as_old_openssl_widens_it_opens() {
    let material = Material::new();
    let identity = material.identity("Widened", Key::P256);
    let folder = tempfile::tempdir_in(material.folder()).expect("a temporary folder");
    let text = "Pässwört Łódź 😀";
    let widened: String = text.bytes().map(char::from).collect();
    let sealed = Sealed {
        file: folder.path().join("foreign.p12"),
        password: widened.clone(),
    };
    let order = Order {
        identity: &identity,
        path: &material.path_file(),
        sealed: &sealed,
    };
    let options = [
        "-legacy",
        "-keypbe",
        "PBE-SHA1-3DES",
        "-certpbe",
        "PBE-SHA1-RC2-40",
    ];
    peer::write(&order, &options).expect("OpenSSL writes it");
    let sealed = Sealed {
        password: text.to_owned(),
        file: sealed.file.clone(),
    };
    let order = Order {
        sealed: &sealed,
        ..order
    };
    certstow_opens_it(&order, "widened");

    let password = format!("pass:{widened}");
    let mut command = openssl(&["pkcs8", "-topk8", "-v1", "PBE-SHA1-3DES", "-outform", "DER"]);
    command
        .args(["-passout", &password, "-in"])
        .arg(&identity.key_file);
    let der = output(&mut command).stdout;
    let password = Password::new(text.to_owned());
    let key = decrypt_private_key(&der, PasswordForm::Text(&password), 10_000_000);
    assert_eq!(
        pkcs8(key.expect("it opens").expose()).as_ref(),
        Ok(&identity.key)
    );
}

#[test]
#[ignore = "needs OpenSSL and Java"]
fn pkcs12_of_every_scheme_opens() {
    let material = Material::new();
    let path = material.path_file();
    let identity = material.identity("Schemes", Key::Rsa2048);
    let order = |folder: &tempfile::TempDir,
                 write: &dyn Fn(&Order<'_>) -> Result<(), String>,
                 place: &str| {
        let sealed = Sealed {
            file: folder.path().join("foreign.p12"),
            password: PASSWORD.to_owned(),
        };
        let order = Order {
            identity: &identity,
            path: &path,
            sealed: &sealed,
        };
        write(&order).unwrap_or_else(|reason| panic!("{place}: {reason}"));
        certstow_opens_it(&order, place);
    };
    let folder = || tempfile::tempdir_in(material.folder()).expect("a temporary folder");
    for scheme in SCHEMES {
        let options = ["-legacy", "-keypbe", scheme, "-certpbe", scheme];
        order(&folder(), &|order| peer::write(order, &options), scheme);
    }
    for digest in ["md5", "sha224", "sha384", "sha512-224", "sha512-256"] {
        order(
            &folder(),
            &|order| peer::write(order, &["-macalg", digest]),
            digest,
        );
    }
    for (key, certificates) in [
        ("PBEWithSHA1AndRC4_128", "PBEWithSHA1AndRC4_40"),
        ("PBEWithSHA1AndRC2_128", "PBEWithSHA1AndRC2_40"),
        ("PBEWithMD5AndDES", "PBEWithMD5AndDES"),
        ("PBEWithHmacSHA512AndAES_128", "PBEWithHmacSHA384AndAES_256"),
    ] {
        let key_option = format!("-J-Dkeystore.pkcs12.keyProtectionAlgorithm={key}");
        let certificate_option =
            format!("-J-Dkeystore.pkcs12.certProtectionAlgorithm={certificates}");
        let options = [&key_option[..], &certificate_option];
        order(&folder(), &|order| java::write(order, &options), key);
    }
}
