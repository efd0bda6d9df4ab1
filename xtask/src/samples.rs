//! Makes the sample store in `examples/personal` and the fixtures of the transcripts in
//! `tests/cmd`, with `openssl` and `certtool`. Every key is new each time, and so is every
//! thumbprint: run `TRYCMD=overwrite cargo test --test transcripts` afterwards and read the
//! difference.

use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::command::{capture, command, root};
use crate::files;

/// What the certificates of the samples are valid for: from here to the year 2124.
const FROM: &str = "20240101000000Z";
const TO: &str = "21240101000000Z";

/// The password of every file among the fixtures that has one.
pub(crate) const PASSWORD: &str = "correct horse battery staple";

pub(crate) fn run() -> Result<(), String> {
    let scratch = Scratch::new()?;
    personal(&scratch, &root().join("examples/personal"))?;
    let fixtures = root().join("tests/cmd/errors.in");
    identities(&scratch, &fixtures)?;
    files(&scratch, &fixtures)?;
    let unproven = root().join("tests/cmd/proof.in");
    keys_that_do_not_sign(&scratch, &unproven)?;
    println!(
        "made {}, {} and {}",
        root().join("examples/personal").display(),
        fixtures.display(),
        unproven.display()
    );
    Ok(())
}

/// A person's store: two identities in force, one expired, and the authorities that issued them.
fn personal(scratch: &Scratch, folder: &Path) -> Result<(), String> {
    let sample_root = scratch.authority("Certstow Sample Root", Key::Rsa, None)?;
    let issuing = scratch.authority("Certstow Sample Issuing CA", Key::Rsa, Some(&sample_root))?;
    files::write(folder.join("issuers/sample-root.pem"), &sample_root.pem)?;
    files::write(folder.join("issuers/sample-issuing.pem"), &issuing.pem)?;

    let ada = scratch.person("Ada Example", Key::Rsa, Some(&issuing), (FROM, TO))?;
    files::write(folder.join("ada-example.pem"), &ada.pem)?;
    files::write(folder.join("ada-example.key.pem"), &ada.key_pem()?)?;

    let grace = scratch.person("Grace Example", Key::P256, Some(&issuing), (FROM, TO))?;
    files::write(folder.join("grace-example.pem"), &grace.with_key()?)?;

    let past = ("20200101000000Z", "20240101000000Z");
    let edith = scratch.person("Edith Example", Key::P384, Some(&issuing), past)?;
    files::write(folder.join("edith-example-2020.pem"), &edith.with_key()?)
}

/// One folder for each thing that can be wrong with a store.
fn identities(scratch: &Scratch, folder: &Path) -> Result<(), String> {
    let always = (FROM, TO);
    for (file, from) in [("pat-2024.pem", FROM), ("pat-2025.pem", "20250101000000Z")] {
        let pat = scratch.person("Pat Example", Key::P256, None, (from, TO))?;
        files::write(folder.join("twins").join(file), &pat.with_key()?)?;
    }

    let norman = scratch.person("Norman Nokey", Key::P256, None, always)?;
    files::write(folder.join("no-key/norman.pem"), &norman.pem)?;

    let lotte = scratch.person("Lotte Locked", Key::P256, None, always)?;
    files::write(folder.join("locked/lotte.pem"), &lotte.pem)?;
    files::write(folder.join("locked/lotte.key"), &lotte.locked_key_pem()?)?;

    // A screen cleared, a window title set, and a name that reads backwards.
    let name = "Mallory\u{1b}[2J\u{1b}]0;owned\u{7} \u{202e}elpmaxE";
    let mallory = scratch.person(name, Key::P256, None, always)?;
    files::write(folder.join("hostile/mallory.pem"), &mallory.with_key()?)?;

    let bert = scratch.person("Bert Bystander", Key::P256, None, always)?;
    let bert = bert.with_key()?;
    files::write(folder.join("broken/bert.pem"), &bert)?;
    files::write(folder.join("broken/half.pem"), &bert[..bert.len() / 4])
}

/// Keys that certstow does not sign with: one has its public half beside it, one has nothing.
fn keys_that_do_not_sign(scratch: &Scratch, folder: &Path) -> Result<(), String> {
    let issuer = scratch.authority("Certstow Sample Proof CA", Key::P256, None)?;
    for (file, name, key) in [
        ("petra.pem", "Petra Point", Key::P224),
        ("eddie.pem", "Eddie Edwards", Key::Ed448),
    ] {
        let issued = scratch.person(name, key, Some(&issuer), (FROM, TO))?;
        files::write(folder.join(file), &issued.with_key()?)?;
    }
    Ok(())
}

/// PKCS#12 files for `check`, and password files.
fn files(scratch: &Scratch, folder: &Path) -> Result<(), String> {
    files::write(folder.join("password.txt"), format!("{PASSWORD}\n"))?;
    files::write(folder.join("wrong-password.txt"), "incorrect horse\n")?;
    files::write(folder.join("empty-password.txt"), "\n")?;

    let pat = folder.join("twins/pat-2024.pem");
    let good = folder.join("files/pat.p12");
    files::create_folder(folder.join("files"))?;
    capture(&mut command!(
        "openssl pkcs12 -export -name 'Pat Example' -passout pass:{PASSWORD} -in {pat} -out {good}"
    ))?;
    let bytes = files::read(&good)?;
    files::write(
        folder.join("files/cut-short.p12"),
        &bytes[..bytes.len() / 2],
    )?;
    files::write(
        folder.join("files/note.p12"),
        "This is not a PKCS#12 file.\n",
    )?;

    files::create_folder(folder.join("text"))?;
    let text = folder.join("text/pat.txt");
    capture(&mut command!("openssl base64 -in {good} -out {text}"))?;

    // The key in it is under a password of its own.
    let made = root().join("formats/tests/data/files/key-password.p12");
    files::create_folder(folder.join("key-password"))?;
    files::write(folder.join("key-password/own.p12"), files::read(made)?)?;
    files::write(folder.join("file-password.txt"), "fixture\n")?;

    foreign_key(scratch, folder)
}

/// A file whose one key is not that of its one certificate: certtool writes it and says nothing.
fn foreign_key(scratch: &Scratch, folder: &Path) -> Result<(), String> {
    // Of a file with a certificate beside, certtool takes the key twice.
    let bare = scratch.path().join("pat-2025.key");
    let (leaf, key) = ("twins/pat-2024.pem", "twins/pat-2025.pem");
    let (leaf, key) = (folder.join(leaf), folder.join(key));
    let packed = folder.join("files/foreign-key.p12");
    capture(&mut command!("openssl pkey -in {key} -out {bare}"))?;
    capture(&mut command!(
        "certtool --to-p12 --outder --p12-name 'Pat Example' --password={PASSWORD}
         --load-privkey {bare} --load-certificate {leaf} --outfile {packed}"
    ))
    .map(drop)
}

/// The kinds of key the samples have.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Key {
    Rsa,
    P256,
    P384,
    P224,
    Ed448,
}

impl Key {
    fn options(self) -> &'static [&'static str] {
        match self {
            Key::Rsa => &["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
            Key::P256 => &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
            Key::P384 => &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"],
            Key::P224 => &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-224"],
            Key::Ed448 => &["-algorithm", "ED448"],
        }
    }
}

/// A certificate and the file that holds its key until the scratch folder goes.
pub(crate) struct Issued {
    pub(crate) pem: String,
    key: PathBuf,
    certificate: PathBuf,
}

impl Issued {
    fn key_pem(&self) -> Result<String, String> {
        files::read_text(&self.key)
    }

    pub(crate) fn with_key(&self) -> Result<String, String> {
        Ok(self.pem.clone() + &self.key_pem()?)
    }

    pub(crate) fn locked_key_pem(&self) -> Result<String, String> {
        let key = &self.key;
        let pem = capture(&mut command!(
            "openssl pkcs8 -topk8 -passout pass:{PASSWORD} -in {key}"
        ))?;
        String::from_utf8(pem).map_err(|error| error.to_string())
    }
}

/// A folder for keys and requests that is gone afterwards.
pub(crate) struct Scratch {
    folder: TempDir,
    issued: std::cell::Cell<u32>,
}

impl Scratch {
    pub(crate) fn new() -> Result<Self, String> {
        Ok(Self {
            folder: files::scratch()?,
            issued: 0.into(),
        })
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn authority(
        &self,
        name: &str,
        key: Key,
        issuer: Option<&Issued>,
    ) -> Result<Issued, String> {
        let extensions = "basicConstraints = critical, CA:true\n\
            keyUsage = critical, keyCertSign, cRLSign\n\
            subjectKeyIdentifier = hash\n\
            authorityKeyIdentifier = keyid\n";
        self.issue(name, key, issuer, (FROM, TO), extensions)
    }

    pub(crate) fn person(
        &self,
        name: &str,
        key: Key,
        issuer: Option<&Issued>,
        validity: (&str, &str),
    ) -> Result<Issued, String> {
        let first = name.split_whitespace().next().unwrap_or_default();
        let mailbox: String = first.chars().filter(char::is_ascii_alphabetic).collect();
        let extensions = format!(
            "basicConstraints = critical, CA:false\n\
            keyUsage = critical, digitalSignature, nonRepudiation\n\
            extendedKeyUsage = clientAuth, emailProtection\n\
            subjectAltName = email:{}@example.org\n\
            subjectKeyIdentifier = hash\n",
            mailbox.to_lowercase()
        );
        self.issue(name, key, issuer, validity, &extensions)
    }

    /// `openssl ca`, because it alone takes both dates of the validity.
    fn issue(
        &self,
        name: &str,
        kind: Key,
        issuer: Option<&Issued>,
        (from, to): (&str, &str),
        extensions: &str,
    ) -> Result<Issued, String> {
        let number = self.issued.get() + 1;
        self.issued.set(number);
        let file = |ending: &str| self.path().join(format!("{number}.{ending}"));
        let (key, request, certificate) = (file("key"), file("csr"), file("pem"));

        let options = kind.options();
        let subject = format!("/O=Certstow Samples/CN={name}");
        capture(&mut command!("openssl genpkey {options...} -out {key}"))?;
        capture(&mut command!(
            "openssl req -new -utf8 -subj {subject} -key {key} -out {request}"
        ))?;
        let config = file("cnf");
        files::write(file("index"), "")?;
        files::write(&config, self.configuration(number, extensions))?;
        let mut sign = command!(
            "openssl ca -batch -notext -utf8 -config {config} -startdate {from} -enddate {to}"
        );
        match issuer {
            Some(issuer) => sign
                .arg("-cert")
                .arg(&issuer.certificate)
                .arg("-keyfile")
                .arg(&issuer.key),
            None => sign.arg("-selfsign").arg("-keyfile").arg(&key),
        };
        capture(sign.arg("-in").arg(&request).arg("-out").arg(&certificate))?;
        Ok(Issued {
            pem: files::read_text(&certificate)?,
            key,
            certificate,
        })
    }

    fn configuration(&self, number: u32, extensions: &str) -> String {
        let folder = self.path().display();
        format!(
            "[ca]\ndefault_ca = sample\n\
            [sample]\ndatabase = {folder}/{number}.index\nnew_certs_dir = {folder}\n\
            rand_serial = yes\ndefault_md = sha256\npolicy = any\nx509_extensions = extensions\n\
            string_mask = utf8only\n\
            [any]\norganizationName = supplied\ncommonName = supplied\n\
            [extensions]\n{extensions}"
        )
    }
}
