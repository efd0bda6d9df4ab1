//! Keys of every kind that OpenSSL makes: how far certstow proves each, that another key is refused
//! wherever the public half can be had, and that the scalars of GnuTLS's elliptic-curve keys come
//! out in the length that every program reads.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use certstow_formats::key;
use certstow_formats::key::ml_dsa::ParameterSet;
use certstow_formats::pkcs12::decode::{Limits, decode};
use certstow_formats::pkcs12::kdf::PasswordForm;
use certstow_formats::secret::{Password, PrivateKey};

use crate::material::{Material, openssl, output, pkcs8};
use crate::peers::python::python;
use crate::peers::{Expected, NAME, Sealed, attempt};
use crate::program;
use crate::writing::PEERS;

const PASSWORD: &str = "correct horse battery staple";

/// A kind of key, as options of `openssl genpkey`, and how far it is proven.
struct Kind {
    name: &'static str,
    options: &'static [&'static str],
    proof: &'static str,
}

macro_rules! curve {
    ($name:literal, $proof:literal) => {
        Kind {
            name: $name,
            options: &[
                "-algorithm",
                "EC",
                "-pkeyopt",
                concat!("ec_paramgen_curve:", $name),
            ],
            proof: $proof,
        }
    };
}

const KINDS: [Kind; 11] = [
    curve!("P-256", "signature"),
    curve!("P-521", "signature"),
    curve!("brainpoolP256r1", "signature"),
    curve!("brainpoolP384r1", "signature"),
    curve!("secp256k1", "signature"),
    curve!("secp224r1", "public-key"),
    curve!("brainpoolP512r1", "public-key"),
    Kind {
        name: "X25519",
        options: &["-algorithm", "X25519"],
        proof: "public-key",
    },
    Kind {
        name: "three primes",
        options: &[
            "-algorithm",
            "RSA",
            "-pkeyopt",
            "rsa_keygen_primes:3",
            "-pkeyopt",
            "rsa_keygen_bits:2048",
        ],
        proof: "public-key",
    },
    Kind {
        name: "RSASSA-PSS",
        options: &["-algorithm", "RSA-PSS"],
        proof: "signature",
    },
    Kind {
        name: "Ed448",
        options: &["-algorithm", "ED448"],
        proof: "none",
    },
];

/// A certificate for a key of any kind, and the key, in a folder of their own.
struct Pair {
    folder: tempfile::TempDir,
    name: String,
}

impl Pair {
    fn new(material: &Material, name: &str, key: &Path) -> Self {
        let folder = tempfile::tempdir_in(material.folder()).expect("a temporary folder");
        let pair = Self {
            folder,
            name: name.to_owned(),
        };
        let (public, request) = (pair.file("public"), pair.file("csr"));
        output(
            openssl(&["pkey", "-pubout", "-in"])
                .arg(key)
                .arg("-out")
                .arg(&public),
        );
        // A key that does not sign makes no request: the CA's does, for another subject.
        output(
            openssl(&["req", "-new", "-subj"])
                .arg(format!("/CN={name}"))
                .arg("-key")
                .arg(&material.intermediate.key_file)
                .arg("-out")
                .arg(&request),
        );
        output(
            openssl(&["x509", "-req", "-days", "36500", "-in"])
                .arg(&request)
                .arg("-force_pubkey")
                .arg(&public)
                .arg("-CA")
                .arg(&material.intermediate.certificate_file)
                .arg("-CAkey")
                .arg(&material.intermediate.key_file)
                .arg("-out")
                .arg(pair.certificate()),
        );
        fs::remove_file(public).expect("the public key goes");
        fs::remove_file(request).expect("the request goes");
        pair.put_key(key);
        pair
    }

    fn file(&self, ending: &str) -> PathBuf {
        self.folder.path().join(format!("me.{ending}"))
    }

    fn certificate(&self) -> PathBuf {
        self.file("crt")
    }

    fn put_key(&self, key: &Path) {
        fs::copy(key, self.file("key")).expect("the key is copied");
    }

    /// Runs certstow with the password, and gives what it says as JSON.
    fn certstow(&self, arguments: &[&str], file: &Path) -> (i32, serde_json::Value) {
        let done = self.run(arguments, file);
        let said = serde_json::from_slice(&done.stdout).unwrap_or_default();
        (done.status.code().expect("an exit code"), said)
    }

    fn run(&self, arguments: &[&str], file: &Path) -> Output {
        let (command, arguments) = arguments.split_first().expect("a command");
        program::certstow(self.folder.path())
            .args([*command, "--json", "--password-env", "SECRET"])
            .args(arguments)
            .arg(file)
            .env("SECRET", PASSWORD)
            .output()
            .expect("certstow starts")
    }

    /// The exit code and the report of exporting it to `file`.
    fn export(&self, file: &Path) -> (i32, serde_json::Value) {
        let arguments = [
            "export",
            &self.name,
            "--name",
            NAME,
            "--iterations",
            "1000",
            "--store",
        ];
        let arguments = [&arguments[..], &[".", "-o"]].concat();
        self.certstow(&arguments, file)
    }
}

fn generate(material: &Material, kind: &Kind, file: &str) -> PathBuf {
    let file = material.folder().join(file);
    output(openssl(&["genpkey", "-out"]).arg(&file).args(kind.options));
    file
}

#[test]
#[ignore = "needs OpenSSL"]
fn proof_level_is_consistent_for_key_kinds() {
    let material = Material::new();
    for kind in &KINDS {
        let name = kind.name;
        let key = generate(&material, kind, "right.pem");
        let pair = Pair::new(&material, name, &key);
        has_level(&pair, kind.proof);
        let wrong = generate(&material, kind, "wrong.pem");
        pair.put_key(&wrong);
        let (exit, _) = pair.export(&material.folder().join("wrong.p12"));
        // Nothing can be told of Ed448; anything else is another certificate's key.
        assert_eq!(exit, if kind.proof == "none" { 0 } else { 12 }, "{name}");
    }
}

#[test]
#[ignore = "needs OpenSSL"]
fn dsa_keys_prove_by_signature() {
    let material = Material::new();
    let parameters = material.folder().join("dsa.parameters");
    output(
        openssl(&["genpkey", "-genparam", "-algorithm", "DSA"])
            .args([
                "-pkeyopt",
                "dsa_paramgen_bits:1024",
                "-pkeyopt",
                "dsa_paramgen_q_bits:160",
            ])
            .arg("-out")
            .arg(&parameters),
    );
    let generate = |file: &str| {
        let file = material.folder().join(file);
        let mut command = openssl(&["genpkey", "-paramfile"]);
        output(command.arg(&parameters).arg("-out").arg(&file));
        file
    };
    let pair = Pair::new(&material, "DSA", &generate("right.pem"));
    has_level(&pair, "signature");
    pair.put_key(&generate("wrong.pem"));
    assert_eq!(pair.export(&material.folder().join("wrong.p12")).0, 12);
}

/// Exports, checks and imports, and looks at what each says of the proof.
fn has_level(pair: &Pair, proof: &str) {
    let name = &pair.name;
    let target = tempfile::tempdir().expect("a temporary folder");
    let file = target.path().join("me.p12");
    let (exit, said) = pair.export(&file);
    assert_eq!((exit, &said["proof"]), (0, &proof.into()), "{name}: {said}");
    let warnings = said["warnings"].to_string();
    assert_eq!(
        warnings.contains("does not sign"),
        proof != "signature",
        "{name}: {said}"
    );

    let (exit, said) = pair.certstow(&["check"], &file);
    let checked = &said["files"][0];
    assert_eq!(checked["proof"], proof, "{name}: {said}");
    let (restores, code) = match proof {
        "none" => (serde_json::Value::Null, 15),
        _ => (true.into(), 0),
    };
    assert_eq!(
        (exit, &checked["restores"]),
        (code, &restores),
        "{name}: {said}"
    );

    let into = target.path().join("store");
    fs::create_dir(&into).expect("a folder");
    let into = into.display().to_string();
    let (exit, said) = pair.certstow(&["import", "--store", &into], &file);
    let imported = &said["imported"][0];
    assert_eq!(
        (exit, &imported["proof"]),
        (0, &proof.into()),
        "{name}: {said}"
    );
    let warnings = imported["warnings"].to_string();
    assert_eq!(
        warnings.contains("does not sign"),
        proof != "signature",
        "{name}: {said}"
    );
}

/// The octets of the scalar in the first `ECPrivateKey` of a PEM file of GnuTLS's.
fn scalar_octets(key: &Path) -> usize {
    let text = fs::read_to_string(key).expect("the key");
    let pem = text.find("-----BEGIN EC PRIVATE KEY").map(|at| &text[at..]);
    let (_, der) = pem_rfc7468::decode_vec(pem.expect("a key").trim_end().as_bytes())
        .expect("GnuTLS writes PEM");
    let at = der
        .windows(3)
        .position(|head| head == [2, 1, 1])
        .expect("its version")
        + 3;
    assert_eq!(der[at], 4, "an octet string");
    usize::from(der[at + 1])
}

#[test]
#[ignore = "needs all peers"]
fn gnutls_keys_are_normalized_to_curve_length() {
    let material = Material::new();
    for (curve, octets) in [("secp256r1", 33), ("secp384r1", 49), ("secp521r1", 65)] {
        let key = gnutls_key(&material, curve, octets);
        let pair = Pair::new(&material, curve, &key);
        let der =
            |file: &Path| output(openssl(&["x509", "-outform", "DER", "-in"]).arg(file)).stdout;
        let expected = Expected {
            key: pkcs8(&fs::read(&key).expect("the key")).expect("OpenSSL reads it"),
            leaf: der(&pair.certificate()),
            issuers: Vec::new(),
        };
        let target = tempfile::tempdir().expect("a temporary folder");
        let sealed = Sealed {
            file: target.path().join("exported.p12"),
            password: PASSWORD.to_owned(),
        };
        let (exit, said) = pair.export(&sealed.file);
        assert_eq!(
            (exit, &said["proof"]),
            (0, &"signature".into()),
            "{curve}: {said}"
        );
        for peer in PEERS {
            let opened = peer.open(std::slice::from_ref(&sealed)).remove(0);
            let opened = opened.unwrap_or_else(|said| panic!("{} {curve}: {said}", peer.name()));
            assert!(opened.has_key_of(&expected), "{} {curve}", peer.name());
        }
        let bytes = fs::read(&sealed.file).expect("the file");
        let password = Password::new(PASSWORD.to_owned());
        let contents = decode(&bytes, PasswordForm::Text(&password), &Limits::default());
        let written = &contents.expect("it opens").keys[0].key;
        assert_eq!(key::odd_scalar_length(written), None, "{curve}");
        // As GnuTLS itself seals it, the scalar keeps its length; certstow reads it and says so.
        let foreign = target.path().join("gnutls.p12");
        output(
            Command::new("certtool")
                .args(["--to-p12", "--outder", "--p12-name", NAME])
                .arg(format!("--password={PASSWORD}"))
                .arg("--load-privkey")
                .arg(&key)
                .arg("--load-certificate")
                .arg(pair.certificate())
                .arg("--outfile")
                .arg(&foreign),
        );
        let (exit, said) = pair.certstow(&["check"], &foreign);
        assert_eq!(
            (exit, &said["files"][0]["proof"]),
            (0, &"signature".into()),
            "{said}"
        );
        assert!(
            said.to_string().contains(&format!("{octets} octets")),
            "{said}"
        );
        has_level(&pair, "signature");
    }
}

/// A key of certtool's whose scalar has this many octets: half of them do.
fn gnutls_key(material: &Material, curve: &str, octets: usize) -> PathBuf {
    let file = material.folder().join(format!("{curve}.pem"));
    for _ in 0..64 {
        output(
            Command::new("certtool")
                .args(["--generate-privkey", "--key-type=ecdsa", "--no-text"])
                .arg(format!("--curve={curve}"))
                .arg("--outfile")
                .arg(&file),
        );
        if scalar_octets(&file) == octets {
            return file;
        }
    }
    panic!("no key of {octets} octets among 64 on {curve}")
}

/// Prints a new ML-DSA key, its public half, and whether a signature verifies.
const ML_DSA: &str = "
import sys, base64
from cryptography.hazmat.primitives import serialization as s
from cryptography.hazmat.primitives.asymmetric import mldsa
key, public, signature = sys.argv[2:]
if key == '-':
    new = getattr(mldsa, sys.argv[1] + 'PrivateKey').generate()
    open(public, 'wb').write(new.public_key().public_bytes(
        s.Encoding.DER, s.PublicFormat.SubjectPublicKeyInfo))
    sys.stdout.buffer.write(new.private_bytes(
        s.Encoding.DER, s.PrivateFormat.PKCS8, s.NoEncryption()))
else:
    with open(signature, 'rb') as signature, open(public, 'rb') as public:
        s.load_der_public_key(public.read()).verify(signature.read(), key.encode())
";

#[test]
#[ignore = "needs Python cryptography with ML-DSA"]
fn ml_dsa_signatures_verify_in_python() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (public, signature) = (
        folder.path().join("public"),
        folder.path().join("signature"),
    );
    for (class, oid) in [("MLDSA44", 17), ("MLDSA65", 18), ("MLDSA87", 19)] {
        let run = |message: &str| {
            let mut command = python();
            command
                .args(["-c", ML_DSA, class, message])
                .arg(&public)
                .arg(&signature);
            attempt(&mut command)
        };
        let der = run("-").expect("Python makes a key");
        let key = PrivateKey::from_pkcs8_der(der.into());
        let computed = key::public_key_of(&key).expect("its public half");
        assert_eq!(
            computed,
            fs::read(&public).expect("its public half"),
            "{class}"
        );
        let oid = format!("2.16.840.1.101.3.4.3.{oid}")
            .parse()
            .expect("an OID");
        let set = ParameterSet::by_oid(oid).expect("the parameter set");
        let signed = set.sign(&key, b"message").expect("a key").expect("a seed");
        fs::write(&signature, signed).expect("the signature's file");
        run("message").unwrap_or_else(|said| panic!("{class}: {said}"));
        assert!(run("another message").is_err(), "{class}");
    }
}
