//! Makes `fuzz/seeds`: for each target files of every kind that it reads, small ones, by certstow
//! itself, OpenSSL, Java, NSS and SQLite. What is encrypted has the password of the tests' data, and as few
//! iterations as its writer lets one ask for.

use std::path::Path;

use const_oid::db::rfc5911::ID_DATA;
use der::Decode as _;
use der::asn1::OctetString;
use pkcs12::AuthenticatedSafe;
use pkcs12::pfx::Pfx;

use super::targets::{files_in, folder, targets};
use crate::command::{capture, command, root};
use crate::{executables, files};

const PASSWORD: &str = "fixture";

/// Text that means something to whatever it could get into.
const TEXTS: [&str; 16] = [
    "Ada Example",
    "it's \"quoted\" `id` $(id) $HOME ~ = * ?",
    "Zo\u{eb} \u{1f511} \u{682a}\u{5f0f}\u{4f1a}\u{793e} \u{645}\u{62b}\u{627}\u{644}",
    "</script><script>alert(1)</script><!-- ]]> &lt; &#60;",
    "a\u{202e}b\u{200b}c\u{2028}d\u{feff}\u{fffd}\u{fdd0}",
    "\u{2018}a\u{2019} \u{201c}b\u{201d} \u{201e}c",
    "%h %% %TEMP% $(Arg0) !x! ^",
    "line\nline\r\n\ttab\u{1b}[2J\u{7}",
    "C:\\Users\\Ada Example\\",
    "\\\\server\\share\\\"",
    "--option=value",
    "backup\0--to\0/srv/certificates\0--password-file\0/etc/certstow/a b",
    "Ada\nCN=Ada\nissuer\nada@example.org\n01:02\nclientAuth\nlabel",
    "0123456789abcdef",
    "windows:CurrentUser\\My",
    "",
];

/// Distinguished and alternative names.
const NAMES: [&str; 8] = [
    "CN=J\u{fc}rgen Gro\u{df},OU=K\u{e4}se,O=M\u{fc}ller\\, S\u{f6}hne & Co,C=DE",
    "CN=\"Ada, Countess\" + UID=a1;O=\\20x\\ ,1.2.3.4=#0c026869",
    "E=ada@example.org, S=Bayern, G=Ada, SN=Example, DC=corp, DC=example",
    "ada@example.org",
    "*.example.org",
    "2001:db8::1",
    "https://example.org/a?b=%C3%BC",
    "ada@corp.example",
];

/// Makes them anew.
pub(crate) fn run() -> Result<(), String> {
    let scratch = files::scratch()?;
    let seeds = folder().join("seeds");
    files::remove(&seeds)?;
    let data = root().join("formats/tests/data");
    for kind in ["files", "keys", "certificates"] {
        copy_all(&data.join(kind), "contents")?;
    }
    text_seeds()?;
    copy_all(&root().join("tests/schedule/golden"), "schedule")?;
    copy(&root().join("docs/backup.example.toml"), "config")?;
    for file in files_in(&root().join("tests/cmd/backup.in"))? {
        if file.extension().is_some_and(|ending| ending == "toml") {
            copy(&file, "config")?;
        }
    }
    by_certstow(scratch.path())?;
    pkcs12_by_others(scratch.path(), &data)?;
    chains()?;
    signed_data(scratch.path(), &data)?;
    sealed(scratch.path())?;
    java_keystores(scratch.path(), &data)?;
    foreign(scratch.path(), &data)?;
    requests(scratch.path())?;
    embedded(&data)?;
    nss(scratch.path(), &data)?;
    for target in targets()? {
        let count = files_in(&seeds.join(&target))?.len();
        println!("{target}: {count} seeds");
    }
    Ok(())
}

fn text_seeds() -> Result<(), String> {
    for (number, text) in TEXTS.iter().enumerate() {
        for target in ["html", "request", "shell", "schedule", "selector"] {
            write(target, &format!("text-{number}"), text.as_bytes())?;
        }
        // Two octets that choose, and four lines.
        let choice = [(number % 4) as u8, 13];
        let lines = format!("{text}\nMicrosoft Software Key Storage Provider\n{text}\nvalue");
        write(
            "encode",
            &format!("text-{number}"),
            &[&choice, lines.as_bytes()].concat(),
        )?;
    }
    Ok(())
}

/// Its four profiles, a backup's manifest and passwords sealed to both kinds of key.
fn by_certstow(scratch: &Path) -> Result<(), String> {
    let certstow = executables::certstow(&["--quiet"])?;
    let password = scratch.join("password");
    files::write(&password, PASSWORD)?;
    let store = root().join("examples/personal");
    for profile in ["modern", "compatible", "legacy", "pbmac1"] {
        let file = scratch.join(format!("certstow-{profile}.p12"));
        capture(&mut command!(
            "{certstow} export 'Grace Example' --store {store} --iterations 1 --profile {profile}
             --password-file {password} -o {file}"
        ))?;
        pkcs12(&file)?;
    }
    for kind in ["rsa", "P-256"] {
        let backup = scratch.join(format!("backup-{kind}"));
        let certificate = root().join(format!("formats/tests/data/certificates/{kind}.pem"));
        let run = || {
            command!(
                "{certstow} backup --store {store} --iterations 1 --to {backup} --escrow {certificate}"
            )
        };
        capture(&mut run())?;
        for file in files_in(&backup)? {
            let name = files::name(&file);
            let target = match name.as_str() {
                manifest if manifest.ends_with(".json") => "manifest",
                sealed if sealed.ends_with(".cms") && sealed.starts_with("grace") => "cms",
                _ => continue,
            };
            write(target, &format!("certstow-{kind}"), &files::read(&file)?)?;
        }
        let manifest = backup.join("certstow-manifest.json");
        let whole = files::read(&manifest)?;
        // As long as one of a hundred identities: what is written from now on goes beside it.
        let long = [whole.clone(), vec![b'\n'; 70_000]].concat();
        files::write(&manifest, long)?;
        capture(run().arg("--rewrite"))?;
        let changes = files::read(backup.join("certstow-manifest.changes"))?;
        let name = format!("certstow-{kind}");
        write("changes", &name, &[whole, vec![0], changes].concat())?;
    }
    Ok(())
}

/// What OpenSSL and Java write, and what lies open in it.
fn pkcs12_by_others(scratch: &Path, data: &Path) -> Result<(), String> {
    for name in [
        "clear.p12",
        "clear-certificates.p12",
        "macos.p12",
        "empty-password.pfx",
    ] {
        pkcs12(&data.join("files").join(name))?;
    }
    let key = data.join("keys/P-256.pem");
    let [certificate, issuer] = ["P-256", "ca"].map(|name| {
        let certificates = data.join("certificates");
        certificates.join(name).with_extension("pem")
    });
    for (name, options) in [
        ("default", ""),
        ("sha512", "-macalg sha512 -keypbe AES-128-CBC"),
        ("3des", "-keypbe PBE-SHA1-3DES -certpbe PBE-SHA1-3DES"),
        ("rc2", "-legacy -certpbe PBE-SHA1-RC2-128 -macalg sha1"),
        ("clear-certificates", "-certpbe NONE -nomac"),
        ("clear", "-certpbe NONE -nomac -keypbe NONE"),
    ] {
        let file = scratch.join(format!("openssl-{name}.p12"));
        let options = options.split_whitespace();
        capture(&mut command!(
            "openssl pkcs12 -export -iter 1 -name Ada -passout pass:{PASSWORD} {options...}
             -inkey {key} -in {certificate} -certfile {issuer} -out {file}"
        ))?;
        pkcs12(&file)?;
        let open = open_bags(&files::read(&file)?).map_err(|error| format!("{name}: {error}"))?;
        for (number, bags) in open.iter().enumerate() {
            write("bags", &format!("openssl-{name}-{number}"), bags.as_bytes())?;
        }
    }
    let file = scratch.join("java.p12");
    let other = scratch.join("openssl-3des.p12");
    let counts =
        ["mac", "certPbe", "keyPbe"].map(|of| format!("-J-Dkeystore.pkcs12.{of}IterationCount=1"));
    capture(&mut command!(
        "keytool -importkeystore -noprompt -deststoretype PKCS12 -srckeystore {other}
         -srcstorepass {PASSWORD} -deststorepass {PASSWORD} {counts...} -destkeystore {file}"
    ))?;
    pkcs12(&file)
}

/// A seed of both targets that read PKCS#12.
fn pkcs12(file: &Path) -> Result<(), String> {
    copy(file, "pkcs12")?;
    copy(file, "grade")
}

/// The `SafeContents` that lie open in a file.
fn open_bags(file: &[u8]) -> der::Result<Vec<OctetString>> {
    let pfx = Pfx::from_der(file)?;
    let safe = pfx.auth_safe.content.decode_as::<OctetString>()?;
    let parts = AuthenticatedSafe::from_der(safe.as_bytes())?;
    let open = parts.iter().filter(|part| part.content_type == ID_DATA);
    open.map(|part| part.content.decode_as()).collect()
}

/// Certificates that are, or are not, each other's issuers.
fn chains() -> Result<(), String> {
    let data = root().join("formats/tests/data/chain");
    for (name, files) in [
        (
            "whole",
            &["leaf", "intermediate", "p256-sha256", "other-root"][..],
        ),
        ("cross", &["leaf", "cross", "intermediate", "other-root"]),
        ("loop", &["loop-leaf", "loop-a", "loop-b"]),
        (
            "namesakes",
            &["leaf", "namesake", "namesake-no-id", "intermediate"],
        ),
        ("self-signed", &["ed25519-root"]),
        ("unknown", &["ed448-root"]),
        ("pss", &["pss-sha256", "pss-key", "other-root"]),
        ("curves", &["p384-sha384", "p521-sha512", "p256-sha1"]),
    ] {
        let mut der = Vec::new();
        for file in files {
            der.extend(certificate(&data.join(format!("{file}.pem")))?);
        }
        write("chain", name, &der)?;
    }
    Ok(())
}

fn certificate(file: &Path) -> Result<Vec<u8>, String> {
    capture(&mut command!("openssl x509 -outform DER -in {file}"))
}

fn signed_data(scratch: &Path, data: &Path) -> Result<(), String> {
    copy(&data.join("files/chain.p7b"), "pkcs7")?;
    let (file, certificate) = (scratch.join("one.p7b"), data.join("certificates/P-256.pem"));
    capture(&mut command!(
        "openssl crl2pkcs7 -nocrl -outform DER -certfile {certificate} -out {file}"
    ))?;
    copy(&file, "pkcs7")
}

/// Passwords that OpenSSL seals.
fn sealed(scratch: &Path) -> Result<(), String> {
    let plain = scratch.join("plain");
    files::write(&plain, "correct horse")?;
    let [rsa, curve] =
        ["rsa", "P-256"].map(|kind| format!("-recip formats/tests/data/certificates/{kind}.pem"));
    for (name, options) in [
        ("rsa", rsa.clone()),
        ("curve", curve.clone()),
        ("oaep", format!("{rsa} -keyopt rsa_padding_mode:oaep")),
        ("key-id", format!("{rsa} -keyid")),
        ("both", format!("{curve} {rsa}")),
        ("password", format!("{rsa} -pwri_password {PASSWORD}")),
    ] {
        let file = scratch.join(format!("openssl-{name}.cms"));
        let options = options.split(' ');
        capture(&mut command!(
            "openssl cms -encrypt -binary -aes256 -outform DER -in {plain} -out {file} {options...}"
        ))?;
        copy(&file, "cms")?;
    }
    Ok(())
}

/// Files of kinds that are only named.
fn foreign(scratch: &Path, data: &Path) -> Result<(), String> {
    for kind in ["jceks", "bks"] {
        copy(
            &data.join("keystores/fixture").with_extension(kind),
            "foreign",
        )?;
    }
    let key = scratch.join("openssh");
    capture(&mut command!(
        "ssh-keygen -q -t ed25519 -N {PASSWORD} -f {key}"
    ))?;
    copy(&key, "foreign")?;
    let (archive, file) = (scratch.join("archive.zip"), data.join("keys/ed25519.pem"));
    capture(&mut command!("zip -jq {archive} {file}"))?;
    copy(&archive, "foreign")
}

/// A request by OpenSSL, one by certstow with the certificate that carries it, and names.
fn requests(scratch: &Path) -> Result<(), String> {
    let (key, request) = (scratch.join("request.key"), scratch.join("openssl.csr"));
    capture(&mut command!(
        "openssl req -new -newkey ed25519 -noenc -subj /C=DE/CN=Ada -outform DER
         -addext subjectAltName=email:ada@example.org,IP:192.0.2.1 -addext extendedKeyUsage=clientAuth
         -keyout {key} -out {request}"
    ))?;
    copy(&request, "request")?;
    let certstow = executables::certstow(&["--quiet"])?;
    let (store, request) = (scratch.join("requests"), scratch.join("certstow.csr"));
    capture(&mut command!(
        "{certstow} request Ada --upn ada@corp.example --uri urn:x:1 --key ed25519 --store {store}
         --format der -o {request}"
    ))?;
    copy(&request, "request")?;
    let pending = scratch.join("pending.der");
    for file in files_in(&store)? {
        capture(&mut command!(
            "openssl x509 -in {file} -outform DER -out {pending}"
        ))?;
    }
    copy(&pending, "request")?;
    for (number, name) in NAMES.iter().enumerate() {
        write("request", &format!("name-{number}"), name.as_bytes())?;
    }
    Ok(())
}

/// Text with PEM and base64 in it.
fn embedded(data: &Path) -> Result<(), String> {
    let files = ["certificates/P-256.pem", "keys/ed25519.pem"].map(|file| data.join(file));
    let pfx = data.join("files/empty-password.pfx");
    let base64 = |file: &Path, options: &str| {
        let options = options.split_whitespace();
        capture(&mut command!("openssl base64 -in {file} {options...}"))
    };
    let as_text = |bytes: Vec<u8>| String::from_utf8(bytes).map_err(|error| error.to_string());
    let [certificate, key] = files.each_ref().map(|file| as_text(files::read(file)?));
    let (certificate, key) = (certificate?, key?);
    let [encoded, encoded_key] = files.each_ref().map(|file| as_text(base64(file, "-A")?));
    let (encoded, encoded_key) = (encoded?, encoded_key?);
    let lines = as_text(base64(&pfx, "")?)?;
    let escaped = |text: &str| text.replace('\n', "\\n");
    for (name, text) in [
        (
            "cfssl.json",
            format!(
                "{{\"cert\": \"{}\", \"key\": \"{}\"}}\n",
                escaped(&certificate),
                escaped(&key)
            ),
        ),
        (
            "secret.yaml",
            format!("kind: Secret\ndata:\n  tls.crt: {encoded}\n  tls.key: {encoded_key}\n"),
        ),
        (
            "prod.env",
            format!(
                "KEY=\"{}\"\nCERT={}\n",
                key.trim_end().replace('\n', " "),
                escaped(&certificate)
            ),
        ),
        (
            "client.ovpn",
            format!("client\n<pkcs12>\n{lines}</pkcs12>\n<key>\n{key}</key>\n"),
        ),
    ] {
        write("embedded", name, text.as_bytes())?;
    }
    Ok(())
}

/// A keystore of every kind of entry, one with a single key, and one with nothing in it.
fn java_keystores(scratch: &Path, data: &Path) -> Result<(), String> {
    copy(&data.join("keystores/fixture.jks"), "jks")?;
    let file = scratch.join("one.jks");
    let store = format!("-storetype JKS -storepass {PASSWORD} -alias one -keystore");
    let options = store.split(' ');
    capture(&mut command!(
        "keytool -genkeypair -keyalg EC -dname CN=Test -keypass {PASSWORD} {options...} {file}"
    ))?;
    copy(&file, "jks")?;
    let options = store.split(' ');
    capture(&mut command!("keytool -delete {options...} {file}"))?;
    write("jks", "empty.jks", &files::read(&file)?)
}

/// Small databases of SQLite: rows on many pages and across several, a column that came later, and what a
/// writer left that was killed.
const SQLITE: &str = "
import os, sqlite3, sys

def connect(name):
    database = sqlite3.connect(os.path.join(sys.argv[1], name), isolation_level=None)
    database.execute('pragma page_size = 512')
    database.execute('pragma cache_size = 2')
    return database

def fill(database, rows, size):
    database.execute('create table sample (id primary key, a0, \"a 1\" text)')
    for number in range(rows):
        values = (number, bytes([number % 251]) * (number * size), str(number))
        database.execute('insert into sample values (?, ?, ?)', values)

fill(connect('many'), 200, 0)
database = connect('long')
fill(database, 8, 400)
database.execute('alter table sample add column a634')
database.execute('insert into sample values (-1.5, null, 8, 1 << 40)')
fill(connect('killed'), 12, 60)
if os.fork() == 0:
    database = connect('killed')
    database.execute('begin')
    database.execute('delete from sample where id > 3')
    database.execute('create table another (id)')
    for number in range(40):
        database.execute('insert into another values (zeroblob(300))')
    os._exit(0)
os.wait()
";

/// Makes the pages of a database as small as they can be.
const SHRINK: &str = "
import sqlite3, sys
database = sqlite3.connect(sys.argv[1], isolation_level=None)
database.execute('pragma page_size = 512')
database.execute('vacuum')
";

/// The databases of NSS, and SQLite's own.
fn nss(scratch: &Path, data: &Path) -> Result<(), String> {
    let folder = scratch.join("sqlite");
    files::create_folder(&folder)?;
    capture(&mut command!("python3 -c {SQLITE} {folder}"))?;
    for name in ["many", "long"] {
        copy(&folder.join(name), "sqlite")?;
    }
    let read = |name: &str| files::read(folder.join(name));
    write(
        "journal",
        "killed",
        &pair(&read("killed")?, &read("killed-journal")?),
    )?;
    for (name, key, form) in [
        ("rsa", "rsa", None),
        ("pss", "rsa-pss", None),
        ("curve", "P-256", None),
        // Of its derivations each takes one iteration, whatever the password.
        ("old", "P-384", Some("old")),
    ] {
        let folder = scratch.join(format!("nss-{name}"));
        files::create_folder(&folder)?;
        let database = format!("sql:{}", folder.display());
        let password = folder.join("password");
        files::write(&password, if form.is_some() { PASSWORD } else { "" })?;
        match form {
            None => capture(&mut command!("certutil -N -d {database} --empty-password"))?,
            Some(_) => capture(&mut command!("certutil -N -d {database} -f {password}"))?,
        };
        let [private, public] =
            ["keys", "certificates"].map(|kind| data.join(kind).join(key).with_extension("pem"));
        let (file, issuer) = (folder.join("in.p12"), data.join("certificates/ca.pem"));
        capture(&mut command!(
            "openssl pkcs12 -export -inkey {private} -in {public} -certfile {issuer} -name Ada
             -passout pass:{PASSWORD} -out {file}"
        ))?;
        capture(&mut command!(
            "pk12util -d {database} -i {file} -W {PASSWORD} -k {password}"
        ))?;
        let [cert9, key4] = ["cert9.db", "key4.db"].map(|file| folder.join(file));
        if let Some(form) = form {
            let script = root().join("formats/tests/nss/rewrite.py");
            capture(&mut command!("python3 {script} {key4} {PASSWORD} {form}"))?;
        }
        for file in [&cert9, &key4] {
            capture(&mut command!("python3 -c {SHRINK} {file}"))?;
        }
        write(
            "nss",
            name,
            &pair(&files::read(&cert9)?, &files::read(&key4)?),
        )?;
        if name == "rsa" {
            copy(&cert9, "sqlite")?;
            copy(&key4, "sqlite")?;
        }
    }
    Ok(())
}

/// Two files, the length of the first before them.
fn pair(first: &[u8], second: &[u8]) -> Vec<u8> {
    let length = (first.len() as u32).to_be_bytes();
    [&length, first, second].concat()
}

fn copy_all(from: &Path, target: &str) -> Result<(), String> {
    files_in(from)?
        .iter()
        .try_for_each(|file| copy(file, target))
}

fn copy(file: &Path, target: &str) -> Result<(), String> {
    write(target, &files::name(file), &files::read(file)?)
}

fn write(target: &str, name: &str, bytes: &[u8]) -> Result<(), String> {
    files::write(folder().join("seeds").join(target).join(name), bytes)
}
