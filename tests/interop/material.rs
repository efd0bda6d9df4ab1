//! Identities made by `openssl` at test time: every kind of key, under a root and an
//! intermediate. Nothing of them expires within a lifetime, and nothing is kept.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// Kinds of key. Those of [`Key::ALL`] certstow promises to save.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Key {
    Rsa2048,
    Rsa4096,
    P256,
    P384,
    Ed25519,
    Rsa1024,
    RsaOfThreePrimes,
    Pss,
    P224,
    P521,
    Secp256k1,
    BrainpoolP256,
    Ed448,
}

impl Key {
    pub(crate) const ALL: [Key; 5] = [
        Key::Rsa2048,
        Key::Rsa4096,
        Key::P256,
        Key::P384,
        Key::Ed25519,
    ];

    fn options(self) -> &'static [&'static str] {
        match self {
            Key::Rsa2048 => &["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
            Key::Rsa4096 => &["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:4096"],
            Key::P256 => &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
            Key::P384 => &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"],
            Key::Ed25519 => &["-algorithm", "Ed25519"],
            Key::Rsa1024 => &["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024"],
            Key::RsaOfThreePrimes => &[
                "-algorithm",
                "RSA",
                "-pkeyopt",
                "rsa_keygen_bits:2048",
                "-pkeyopt",
                "rsa_keygen_primes:3",
            ],
            Key::Pss => &["-algorithm", "RSA-PSS", "-pkeyopt", "rsa_keygen_bits:2048"],
            Key::P224 => &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-224"],
            Key::P521 => &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-521"],
            Key::Secp256k1 => &[
                "-algorithm",
                "EC",
                "-pkeyopt",
                "ec_paramgen_curve:secp256k1",
            ],
            Key::BrainpoolP256 => &[
                "-algorithm",
                "EC",
                "-pkeyopt",
                "ec_paramgen_curve:brainpoolP256r1",
            ],
            Key::Ed448 => &["-algorithm", "Ed448"],
        }
    }
}

/// A private key and its certificate, as DER and as the PEM files they come from.
pub(crate) struct Identity {
    pub key: Vec<u8>,
    pub certificate: Vec<u8>,
    pub key_file: PathBuf,
    pub certificate_file: PathBuf,
}

/// A root, an intermediate under it, and identities to come under that.
pub(crate) struct Material {
    folder: tempfile::TempDir,
    pub root: Identity,
    pub intermediate: Identity,
}

impl Material {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let authority = "basicConstraints=critical,CA:true\nkeyUsage=critical,keyCertSign\n";
        let root = issue(folder.path(), "Test Root", Key::P256, None, authority);
        let intermediate = issue(
            folder.path(),
            "Test Intermediate",
            Key::P256,
            Some(&root),
            authority,
        );
        Self {
            folder,
            root,
            intermediate,
        }
    }

    /// An identity for signing mail, under the intermediate.
    pub(crate) fn identity(&self, name: &str, key: Key) -> Identity {
        let extensions = "basicConstraints=critical,CA:false\n\
            keyUsage=critical,digitalSignature\nextendedKeyUsage=emailProtection\n";
        issue(
            self.folder.path(),
            name,
            key,
            Some(&self.intermediate),
            extensions,
        )
    }

    /// Another certificate for the same request as an identity's.
    pub(crate) fn renewed(&self, identity: &Identity) -> Vec<u8> {
        let request = identity.certificate_file.with_extension("csr");
        let issuer = &self.intermediate;
        output(
            openssl(&[
                "x509", "-req", "-days", "36500", "-sha256", "-outform", "DER",
            ])
            .arg("-in")
            .arg(request)
            .arg("-CA")
            .arg(&issuer.certificate_file)
            .arg("-CAkey")
            .arg(&issuer.key_file),
        )
        .stdout
    }

    /// Intermediate and root, in one PEM file.
    pub(crate) fn path_file(&self) -> PathBuf {
        let file = self.folder.path().join("path.pem");
        let pem = [&self.intermediate, &self.root].map(|issuer| {
            fs::read_to_string(&issuer.certificate_file).expect("the issuer's certificate")
        });
        fs::write(&file, pem.concat()).expect("the path's file");
        file
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }
}

fn issue(
    folder: &Path,
    name: &str,
    kind: Key,
    issuer: Option<&Identity>,
    extensions: &str,
) -> Identity {
    let file = |ending: &str| folder.join(format!("{}.{ending}", name.replace(' ', "-")));
    let (key, certificate) = (file("key.pem"), file("pem"));
    let (request, extension_file) = (file("csr"), file("ext"));
    fs::write(&extension_file, extensions).expect("the extensions' file");
    output(openssl(&["genpkey", "-out"]).arg(&key).args(kind.options()));
    output(
        openssl(&["req", "-new", "-utf8", "-subj"])
            .arg(format!("/CN={name}"))
            .arg("-key")
            .arg(&key)
            .arg("-out")
            .arg(&request),
    );
    let mut sign = openssl(&["x509", "-req", "-days", "36500", "-sha256", "-in"]);
    sign.arg(&request).arg("-extfile").arg(&extension_file);
    match issuer {
        Some(issuer) => sign
            .arg("-CA")
            .arg(&issuer.certificate_file)
            .arg("-CAkey")
            .arg(&issuer.key_file),
        None => sign.arg("-signkey").arg(&key),
    };
    output(sign.arg("-out").arg(&certificate));
    Identity {
        key: pkcs8(&fs::read(&key).expect("the key")).expect("openssl reads its own key"),
        certificate: output(openssl(&["x509", "-outform", "DER", "-in"]).arg(&certificate)).stdout,
        key_file: key,
        certificate_file: certificate,
    }
}

/// A private key in any form that OpenSSL reads, as it writes PKCS#8 itself.
pub(crate) fn pkcs8(key: &[u8]) -> Result<Vec<u8>, String> {
    normalise(key, &[])
}

/// The same of an encrypted key, with its password in a file.
pub(crate) fn pkcs8_of_locked(key: &[u8], password: &Path) -> Result<Vec<u8>, String> {
    let passin = format!("file:{}", password.display());
    normalise(key, &["-passin", &passin])
}

fn normalise(key: &[u8], options: &[&str]) -> Result<Vec<u8>, String> {
    let file = tempfile::NamedTempFile::new().map_err(|error| error.to_string())?;
    fs::write(file.path(), key).map_err(|error| error.to_string())?;
    let done = openssl(&["pkcs8", "-topk8", "-nocrypt", "-outform", "DER"])
        .args(options)
        .arg("-in")
        .arg(file.path())
        .output()
        .map_err(|error| error.to_string())?;
    if done.status.success() {
        Ok(done.stdout)
    } else {
        Err(String::from_utf8_lossy(&done.stderr).into_owned())
    }
}

pub(crate) fn openssl(arguments: &[&str]) -> Command {
    let mut command = Command::new("openssl");
    command.args(arguments).stdin(Stdio::null());
    command
}

/// Runs a command that must succeed.
pub(crate) fn output(command: &mut Command) -> Output {
    let output = command
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(
        output.status.success(),
        "{command:?}: {}\n{}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    output
}
