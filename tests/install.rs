//! What a CA returns is joined with a private key that waits in a store: in every form in which it comes,
//! and what is said of what cannot be joined.

#[path = "support/program.rs"]
mod program;

use std::fs;
use std::path::Path;
use std::process::Command;

use program::{certstow, samples};
use serde_json::Value;
use tempfile::TempDir;

/// A folder in which Ada's key waits in the store `waiting`, and her certificate has come as `answer.cer`.
struct World(TempDir);

impl World {
    fn new() -> Self {
        let world = Self(tempfile::tempdir().expect("a temporary folder"));
        fs::create_dir(world.path("waiting")).expect("a folder");
        world.put("ada-example.key.pem", "waiting/request.key");
        world.put("ada-example.pem", "answer.cer");
        world
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.0.path().join(name)
    }

    /// A sample under another name.
    fn put(&self, sample: &str, name: &str) {
        fs::copy(Path::new(&samples()).join(sample), self.path(name)).expect("a copy");
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::write(self.path(name), content).expect("a file");
    }

    fn run(&self, words: &str) -> (Option<i32>, String) {
        let words: Vec<&str> = words.split_whitespace().collect();
        let mut certstow = certstow(self.0.path());
        certstow.env("SOFTHSM2_CONF", self.path("softhsm.conf"));
        let output = certstow.args(words).output().expect("it starts");
        let shown = [output.stdout, output.stderr].concat();
        (
            output.status.code(),
            String::from_utf8_lossy(&shown).into_owned(),
        )
    }

    fn runs(&self, code: i32, words: &str) -> String {
        let (ended, shown) = self.run(words);
        assert_eq!(ended, Some(code), "{words}: {shown}");
        shown
    }

    fn json(&self, words: &str) -> Value {
        let mut certstow = certstow(self.0.path());
        let output = certstow
            .args(words.split_whitespace())
            .arg("--json")
            .output();
        let output = output.expect("it starts");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {output:?}"))
    }

    /// Runs another program in the folder; what it prints.
    fn tool(&self, words: &str) -> String {
        let mut words = words.split_ascii_whitespace();
        let mut tool = Command::new(words.next().expect("a program"));
        program::in_folder(&mut tool, self.0.path());
        tool.env("SOFTHSM2_CONF", self.path("softhsm.conf"));
        let output = tool.args(words).output().expect("the program starts");
        assert!(output.status.success(), "{tool:?}: {output:?}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Has a CA answer the request `NAME.csr` with `NAME.pem`.
    #[cfg(target_os = "linux")]
    fn sign(&self, name: &str, form: &str) {
        self.tool(
            "openssl req -x509 -newkey rsa:2048 -noenc -subj /CN=CA -keyout ca.key -out ca.pem",
        );
        let ca = "-CA ca.pem -CAkey ca.key -days 30";
        self.tool(&format!(
            "openssl req -in {name}.csr -inform {form} -out {name}.req"
        ));
        self.tool(&format!(
            "openssl x509 -req -in {name}.req {ca} -out {name}.pem"
        ));
    }

    /// Everything in a folder.
    fn content(&self, folder: &str) -> Vec<(std::ffi::OsString, Vec<u8>)> {
        let files = fs::read_dir(self.path(folder)).expect("the folder");
        let files = files.map(|file| file.expect("a file"));
        let mut all: Vec<_> = files
            .map(|file| {
                (
                    file.file_name(),
                    fs::read(file.path()).expect("its content"),
                )
            })
            .collect();
        all.sort();
        all
    }

    /// That the store lists Ada with a key that comes out and is hers.
    fn has_ada(&self, options: &str) {
        let export = format!(
            "export Ada {options} --password-env SECRET --iterations 2000 --force -o ada.p12"
        );
        let shown = self.runs(0, &export);
        assert!(shown.contains("signature"), "{shown}");
    }
}

#[test]
fn a_returned_certificate_joins_the_key_that_waits() {
    let world = World::new();
    let before = world.content("waiting");
    let shown = world.runs(0, "install answer.cer --store waiting");
    assert!(shown.contains("Ada Example"), "{shown}");
    let after = world.content("waiting");
    assert_eq!(after.len(), before.len() + 1, "{after:?}");
    assert!(after.contains(&before[0]), "the key is not as it was");
    world.has_ada("--store waiting");

    let again = world.runs(0, "install answer.cer --store waiting");
    assert!(again.contains("There already"), "{again}");
    assert_eq!(world.content("waiting"), after);
}

#[test]
fn a_certificate_of_the_store_finds_its_key_again() {
    let world = World::new();
    world.put("ada-example.pem", "waiting/ada.pem");
    fs::create_dir(world.path("lost")).expect("a folder");
    world.put("ada-example.pem", "lost/ada.pem");
    // Beside it, it is there already.
    let shown = world.runs(0, "install lost/ada.pem --store waiting");
    assert!(shown.contains("There already"), "{shown}");
    let shown = world.runs(10, "install lost/ada.pem --store lost");
    assert!(shown.contains("no private key here belongs to"), "{shown}");
}

#[test]
fn a_locked_key_is_opened_to_see_whose_it_is() {
    let world = World::new();
    let export = "export Ada --format pem --chain none -o all.pem --password-env SECRET --store";
    world.runs(0, &format!("{export} {} --iterations 2000", samples()));
    let all = fs::read_to_string(world.path("all.pem")).expect("the file");
    let begin = all.find("-----BEGIN ENCRYPTED PRIVATE KEY").expect("a key");
    let end = all.find("-----END ENCRYPTED PRIVATE KEY").expect("a key");
    fs::create_dir(world.path("locked")).expect("a folder");
    let key = format!("{}-----END ENCRYPTED PRIVATE KEY-----\n", &all[begin..end]);
    world.write("locked/request.key", key);
    // Another one that is locked, so that only its name tells which it is.
    let export =
        "export Grace --format pem --chain none -o other.pem --password-env SECRET --store";
    world.runs(0, &format!("{export} {} --iterations 2000", samples()));
    let all = fs::read_to_string(world.path("other.pem")).expect("the file");
    let (key, _) = all
        .split_once("-----BEGIN CERTIFICATE")
        .expect("a key first");
    world.write("locked/other.key", key);

    let before = world.content("locked");
    world.runs(13, "install answer.cer --store locked");
    assert_eq!(world.content("locked"), before);
    world.write("wrong", "another");
    world.runs(
        17,
        "install answer.cer --store locked --unlock-password-file wrong",
    );
    assert_eq!(world.content("locked"), before);
    world.runs(13, "install answer.cer --store locked --dry-run");
    let edith = format!("{}/edith-example-2020.pem", samples());
    world.write(
        "edith.cer",
        certificate_of(&fs::read_to_string(edith).expect("a sample")),
    );
    world.runs(
        10,
        "install edith.cer --store locked --unlock-password-env SECRET",
    );
    assert_eq!(world.content("locked"), before);

    world.runs(
        0,
        "install answer.cer --store locked --unlock-password-env SECRET",
    );
    world.has_ada("--store locked --unlock-password-env SECRET");
    // Without its password, too, it is shown whose it is.
    let listed = world.json("list --store locked");
    assert_eq!(listed["entries"][0]["key"]["state"], "locked", "{listed}");
}

/// The first certificate in a PEM file.
fn certificate_of(text: &str) -> String {
    let begin = text.find("-----BEGIN CERTIFICATE").expect("a certificate");
    let end = text[begin..]
        .find("-----END CERTIFICATE-----")
        .expect("its end");
    format!("{}-----END CERTIFICATE-----\n", &text[begin..begin + end])
}

#[test]
fn a_path_that_came_along_is_kept() {
    let world = World::new();
    world.runs(
        0,
        &format!(
            "export Ada --store {} --format p7b -o answer.p7b",
            samples()
        ),
    );
    let said = world.json("install answer.p7b --store waiting");
    let installed = &said["installed"][0];
    assert_eq!(
        installed["chain"].as_array().map(Vec::len),
        Some(2),
        "{said}"
    );
    assert_eq!(installed["gap"], Value::Null, "{said}");
    let exported = world.runs(
        0,
        "export Ada --store waiting --password-env SECRET -o ada.p12",
    );
    assert!(exported.contains("Sample Root"), "{exported}");
}

#[test]
fn issuers_may_lie_in_files_of_their_own() {
    let world = World::new();
    let said = world.json("install answer.cer --store waiting --dry-run");
    let gap = said["installed"][0]["gap"].as_str().unwrap_or_default();
    assert!(gap.contains("Certstow Sample Issuing CA"), "{said}");
    let chain = format!("--chain {}/issuers", samples());
    let said = world.json(&format!("install answer.cer --store waiting {chain}"));
    assert_eq!(said["installed"][0]["gap"], Value::Null, "{said}");
    let exported = world.runs(
        0,
        "export Ada --store waiting --password-env SECRET -o ada.p12",
    );
    assert!(exported.contains("Sample Root"), "{exported}");
}

#[test]
fn a_dry_run_changes_nothing() {
    let world = World::new();
    let before = world.content("waiting");
    let shown = world.runs(0, "install answer.cer --store waiting --dry-run");
    assert!(shown.contains("request.key"), "{shown}");
    assert_eq!(world.content("waiting"), before);
}

#[test]
fn one_of_several_stores_has_to_be_named() {
    let world = World::new();
    fs::create_dir(world.path("second")).expect("a folder");
    world.put("ada-example.key.pem", "second/request.key");
    let both = "install answer.cer --store waiting --store second";
    let shown = world.runs(11, both);
    for part in ["waiting", "second", "--store"] {
        assert!(shown.contains(part), "{shown}");
    }
    world.runs(0, "install answer.cer --store second");
    // From then on it is there.
    world.runs(0, both);
    assert_eq!(world.content("waiting").len(), 1);
}

#[test]
fn each_certificate_that_came_has_its_own_result() {
    let world = World::new();
    let answer = fs::read_to_string(world.path("answer.cer")).expect("a sample");
    let grace = fs::read_to_string(format!("{}/grace-example.pem", samples())).expect("a sample");
    world.write("both.pem", answer + &certificate_of(&grace));
    let shown = world.runs(14, "install both.pem --store waiting");
    assert!(shown.contains("Grace Example"), "{shown}");
    assert!(shown.contains("was not installed"), "{shown}");
    let said = world.json("install both.pem --store waiting");
    assert_eq!(said["schema"], "certstow.install/1");
    assert_eq!(said["installed"][0]["was_there"], true, "{said}");
    assert_eq!(said["failed"][0]["error"]["code"], "no-key-here", "{said}");
    world.has_ada("--store waiting");
}

#[test]
fn what_is_no_answer_of_a_ca_is_named_as_what_it_is() {
    let world = World::new();
    world.write("empty.cer", "");
    world.write(
        "login.html",
        "\u{feff}\n<!DOCTYPE html><html><title>Sign in</title></html>",
    );
    world.write("answer.pdf", "%PDF-1.7\n");
    world.write("answer.zip", b"PK\x03\x04\x14\0\0\0");
    world.write("letter.txt", "Dear Ada, your certificate is ready.");
    let export = "export Ada -o ada.p12 --password-env SECRET --iterations 2000 --store";
    world.runs(0, &format!("{export} {}", samples()));
    let issuers = format!("{}/issuers", samples());
    let grace = format!("{}/grace-example.pem", samples());
    for (files, code, part) in [
        ("empty.cer", 10, "is empty"),
        ("login.html", 10, "is a web page"),
        ("answer.pdf", 10, "is a PDF"),
        ("answer.zip", 10, "is a ZIP archive"),
        ("letter.txt", 10, "holds no certificate"),
        ("ada.p12", 17, "certstow import"),
        (&grace, 10, "certstow import"),
        (&issuers, 10, "certificates of CAs only"),
        ("nowhere.cer", 18, "is not there"),
        ("answer.cer --chain nowhere.cer", 18, "is not there"),
    ] {
        let shown = world.runs(code, &format!("install {files} --store waiting"));
        assert!(shown.contains(part), "{files}: {shown}");
    }
    assert_eq!(world.content("waiting").len(), 1);
}

/// Some CAs make the key themselves.
#[test]
fn a_key_that_came_along_is_known_to_its_sender() {
    let world = World::new();
    let both = ["answer.cer", "waiting/request.key"]
        .map(|name| fs::read_to_string(world.path(name)).expect("a sample"));
    world.write("both.pem", both.concat());
    let shown = world.runs(0, "install both.pem --store waiting");
    assert!(shown.contains("who sent it has the key"), "{shown}");
    world.has_ada("--store waiting");
}

/// What CAs, mail programs and Windows make of a certificate.
#[test]
#[ignore = "needs OpenSSL"]
fn every_form_of_an_answer_is_read() {
    let world = World::new();
    let openssl = |words: &str| world.tool(&format!("openssl {words}"));
    openssl("x509 -in answer.cer -outform DER -out answer.der");
    let issuer = format!("{}/issuers/sample-issuing.pem", samples());
    openssl(&format!(
        "crl2pkcs7 -nocrl -certfile answer.cer -certfile {issuer} -out answer.p7b"
    ));
    openssl("pkcs7 -in answer.p7b -outform DER -out answer.p7c");
    let signed =
        "cms -sign -nodetach -in answer.cer -outform DER -out signed.p7c -signer answer.cer";
    openssl(&format!("{signed} -inkey waiting/request.key"));
    openssl("base64 -in answer.p7c -out lines.txt");
    let pem = fs::read_to_string(world.path("answer.cer")).expect("a sample");
    let p7b = fs::read_to_string(world.path("answer.p7b")).expect("a PKCS#7");
    let lines = pem.lines().filter(|line| !line.starts_with('-'));
    let bare: String = lines.map(|line| format!("{line}\n")).collect();
    let each = |text: &str, before: &str, after: &str| -> String {
        text.lines()
            .map(|line| format!("{before}{line}{after}\n"))
            .collect()
    };
    let utf16 = |text: &str, mark: &[u8], unit: fn(u16) -> [u8; 2]| {
        [mark.to_vec(), text.encode_utf16().flat_map(unit).collect()].concat()
    };
    for (name, content) in [
        ("bare.txt", bare.clone().into_bytes()),
        ("one-line.txt", bare.replace('\n', "").into_bytes()),
        ("trailing.txt", each(&bare, "", "  ").into_bytes()),
        ("crlf.pem", each(&pem, "", "\r").into_bytes()),
        (
            "label.pem",
            p7b.replace("PKCS7", "CERTIFICATE").into_bytes(),
        ),
        ("quoted.txt", each(&pem, "> ", "").into_bytes()),
        ("quoted-twice.txt", each(&pem, "> > ", "").into_bytes()),
        (
            "mail.txt",
            format!("Dear Ada,\n\n{}Regards\n", each(&pem, "> ", "")).into_bytes(),
        ),
        (
            "page.html",
            format!("<html><pre>{pem}</pre></html>").into_bytes(),
        ),
        ("utf16.cer", utf16(&pem, &[0xff, 0xfe], u16::to_le_bytes)),
        (
            "utf16-big.cer",
            utf16(&pem, &[0xfe, 0xff], u16::to_be_bytes),
        ),
        (
            "utf16-bare.txt",
            utf16(&bare, &[0xff, 0xfe], u16::to_le_bytes),
        ),
    ] {
        world.write(name, content);
    }
    let files = fs::read_dir(world.0.path()).expect("the folder");
    let files = files.map(|file| file.expect("a file"));
    let files: Vec<_> = files.filter(|file| file.path().is_file()).collect();
    assert_eq!(files.len(), 18);
    for file in files {
        let name = file.file_name().into_string().expect("text");
        let said = world.json(&format!("install {name} --store waiting --dry-run"));
        let place = said["installed"][0]["place"].as_str().unwrap_or_default();
        assert!(place.ends_with("request.key"), "{name}: {said}");
    }
}

/// A request is no answer; and what is weak about a certificate, or where its issuer can be had, is said.
#[test]
#[ignore = "needs OpenSSL"]
fn requests_and_weak_certificates_are_named() {
    let world = World::new();
    let openssl = |words: &str| world.tool(&format!("openssl {words}"));
    let new = "-newkey rsa:1024 -noenc -subj /CN=Old";
    openssl(&format!(
        "req -new {new} -keyout waiting/old.key -out old.csr"
    ));
    openssl("req -in old.csr -outform DER -out old.der");
    for request in ["old.csr", "old.der"] {
        let shown = world.runs(10, &format!("install {request} --store waiting"));
        assert!(shown.contains("is the request"), "{shown}");
    }
    openssl("req -x509 -newkey rsa:2048 -noenc -subj /CN=CA -keyout ca.key -out ca.pem");
    world.write(
        "aia.cnf",
        "authorityInfoAccess=caIssuers;URI:http://ca.example/ca.cer\n",
    );
    openssl(
        "x509 -req -in old.csr -CA ca.pem -CAkey ca.key -sha1 -days 30 -extfile aia.cnf -out old.pem",
    );
    let said = world.json("install old.pem --store waiting");
    let installed = &said["installed"][0];
    let warnings = installed["warnings"].to_string();
    for part in ["1024 bits", "SHA-1"] {
        assert!(warnings.contains(part), "{said}");
    }
    let gap = installed["gap"].as_str().unwrap_or_default();
    assert!(gap.ends_with("at http://ca.example/ca.cer"), "{gap}");
}

#[test]
fn a_store_that_takes_nothing_in_says_so() {
    let world = World::new();
    let key = world.path("waiting/request.key").display().to_string();
    let shown = world.runs(16, &format!("install answer.cer --store {key}"));
    assert!(shown.contains("single file"), "{shown}");
}

/// A key and a request that NSS's own tool made, as those of Firefox were.
#[cfg(target_os = "linux")]
#[test]
#[ignore = "needs NSS and OpenSSL"]
fn a_key_of_nss_is_joined_with_what_the_ca_returned() {
    let world = World::new();
    world.write("noise", "four words are enough noise");
    fs::create_dir(world.path("profile")).expect("a folder");
    world.tool("certutil -N -d sql:profile --empty-password");
    world.tool("certutil -R -d sql:profile -s CN=Ida -g 2048 -z noise -o ida.csr");
    assert!(
        world
            .tool("certutil -K -d sql:profile")
            .contains("(orphan)")
    );
    world.sign("ida", "DER");
    let shown = world.runs(0, "install ida.pem --store nss:profile --label Ida");
    assert!(shown.contains("cert9.db"), "{shown}");
    assert!(
        !world
            .tool("certutil -K -d sql:profile")
            .contains("(orphan)")
    );
    let listed = world.tool("certutil -L -d sql:profile");
    let ida = listed.lines().find(|line| line.starts_with("Ida "));
    assert!(ida.is_some_and(|line| line.ends_with("u,u,u")), "{listed}");
    world.tool("pk12util -o ida.p12 -n Ida -d sql:profile -W password");
    let keys = world.tool("openssl pkcs12 -in ida.p12 -passin pass:password -nocerts -nodes");
    assert!(keys.contains("BEGIN PRIVATE KEY"), "{keys}");

    let again = world.runs(0, "install ida.pem --store nss:profile");
    assert!(again.contains("There already"), "{again}");
    let shown = world.runs(10, "install answer.cer --store nss:profile");
    assert!(shown.contains("no private key here belongs to"), "{shown}");
}

/// A key that was made on a token never leaves it, and its request was made by GnuTLS.
#[cfg(target_os = "linux")]
#[test]
#[ignore = "needs SoftHSM, OpenSC, GnuTLS and OpenSSL"]
fn a_key_of_a_token_is_joined_and_stays_there() {
    let world = World::new();
    let modules = [
        "/usr/lib/softhsm/libsofthsm2.so",
        "/usr/lib64/pkcs11/libsofthsm2.so",
    ];
    let mut modules = modules.into_iter();
    let module = modules.find(|file| Path::new(file).is_file());
    let module = module.expect("SoftHSM is installed");
    fs::create_dir(world.path("tokens")).expect("a folder");
    let tokens = world.path("tokens").display().to_string();
    world.write("softhsm.conf", format!("directories.tokendir = {tokens}\n"));
    world.write("pin", "1234");
    world.write("wrong", "4321");
    world.write("request.cfg", "cn = Ida\n");
    world.tool("softhsm2-util --init-token --free --label Ida --pin 1234 --so-pin officer");
    let tool = format!("pkcs11-tool --module {module} --token-label Ida --login --pin 1234");
    for (id, kind) in [("07", "rsa:2048"), ("08", "EC:prime256v1")] {
        world.tool(&format!(
            "{tool} --keypairgen --key-type {kind} --id {id} --label made{id}"
        ));
        let key = format!("pkcs11:token=Ida;object=made{id};pin-value=1234");
        world.tool(&format!(
            "certtool --provider {module} --generate-request --template request.cfg \
             --load-privkey {key};type=private --load-pubkey {key};type=public \
             --outfile made{id}.csr"
        ));
        world.sign(&format!("made{id}"), "PEM");
        let store = format!("--store pkcs11:{module}?token=Ida");
        let install = format!("install made{id}.pem {store}");
        world.runs(13, &install);
        let shown = world.runs(0, &format!("{install} --unlock-password-file pin"));
        assert!(shown.contains("does not leave the store"), "{shown}");
        let objects = world.tool(&format!("{tool} -O --type cert"));
        assert!(objects.contains(&format!("ID:         {id}")), "{objects}");
        let listed = world.runs(0, &format!("list {store} --unlock-password-file pin"));
        assert!(listed.contains("not exportable"), "{listed}");
    }
    let store = format!("--store pkcs11:{module}?token=Ida");
    world.runs(
        10,
        &format!("install answer.cer {store} --unlock-password-file pin"),
    );
}
