//! From nothing to a certificate: `request` makes a key and what a CA is sent, `install` joins the answer,
//! `renew` begins anew; OpenSSL is the CA.

#![cfg(unix)]

#[path = "support/program.rs"]
mod program;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use program::{certstow, samples};
use serde_json::Value;
use tempfile::TempDir;

/// A folder with a CA, `ca.pem` and `ca.key`.
struct World(TempDir);

impl World {
    fn new() -> Self {
        let world = Self(tempfile::tempdir().expect("a temporary folder"));
        fs::write(world.path("pw"), "four words are enough").expect("a file");
        world
    }

    fn with_ca() -> Self {
        let world = Self::new();
        world.tool("openssl req -x509 -newkey rsa:2048 -noenc -subj /CN=CA -keyout ca.key -out ca.pem -days 30");
        world
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn run(&self, words: &[&str]) -> (Option<i32>, String) {
        let mut certstow = certstow(self.0.path());
        certstow.env("SOFTHSM2_CONF", self.path("softhsm.conf"));
        let output = certstow.args(words).output().expect("it starts");
        let shown = [output.stdout, output.stderr].concat();
        let shown = String::from_utf8_lossy(&shown).into_owned();
        (output.status.code(), shown)
    }

    fn runs(&self, code: i32, words: &str) -> String {
        let words: Vec<&str> = words.split_whitespace().collect();
        let (ended, shown) = self.run(&words);
        assert_eq!(ended, Some(code), "{words:?}: {shown}");
        shown
    }

    fn json(&self, words: &str) -> Value {
        let mut certstow = certstow(self.0.path());
        let words = words.split_whitespace();
        let output = certstow
            .args(words)
            .arg("--json")
            .output()
            .expect("it starts");
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
        let all = [output.stdout, output.stderr].concat();
        String::from_utf8_lossy(&all).into_owned()
    }

    /// Has the CA answer `NAME.csr` with `NAME.pem`.
    fn sign(&self, name: &str) {
        self.tool(&format!(
            "openssl x509 -req -in {name}.csr -copy_extensions copy -CA ca.pem -CAkey ca.key -days 30 -out {name}.pem"
        ));
    }

    /// The thumbprints of what waits in a store.
    fn waiting(&self, store: &str) -> Vec<String> {
        let listed = self.json(&format!("request list --store {store}"));
        let requests = listed["requests"].as_array().expect("a list").iter();
        let sha1 = |one: &Value| {
            one["thumbprint"]["sha1"]
                .as_str()
                .expect("a text")
                .to_owned()
        };
        requests.map(sha1).collect()
    }
}

fn words_of(text: &str) -> Vec<&str> {
    text.split_whitespace().collect()
}

#[test]
fn a_request_becomes_an_identity() {
    let world = World::with_ca();
    for kind in ["rsa2048", "p256", "p384", "p521", "ed25519"] {
        let store = format!("store-{kind}");
        let shown = world.runs(
            0,
            &format!("request Ada --email ada@example.org --country DE --key {kind} --store {store} -o {kind}.csr"),
        );
        assert!(shown.contains("Send the request to your CA"), "{shown}");
        let read = world.tool(&format!("openssl req -verify -noout -text -in {kind}.csr"));
        for part in [
            "verify OK",
            "C = DE, CN = Ada",
            "email:ada@example.org",
            "E-mail Protection",
        ] {
            assert!(read.contains(part), "{part}: {read}");
        }
        world.tool(&format!("certtool --crq-info --infile {kind}.csr"));
        world.tool(&format!("keytool -printcertreq -file {kind}.csr"));
        assert_eq!(world.waiting(&store).len(), 1);
        // What waits is no identity yet.
        let listed = world.json(&format!("list --store {store}"));
        assert_eq!(listed["entries"], Value::Array(Vec::new()));
        let all = world.json(&format!("list --all --store {store}"));
        assert_eq!(all["entries"][0]["pending"], true, "{all}");

        world.sign(kind);
        let installed = world.json(&format!(
            "install {kind}.pem --chain ca.pem --store {store}"
        ));
        let installed = &installed["installed"][0];
        assert_eq!(installed["request_removed"], true, "{installed}");
        assert_eq!(installed["proof"], "signature", "{installed}");
        assert_eq!(installed["differences"], Value::Array(Vec::new()));
        assert!(world.waiting(&store).is_empty());
        let again = world.runs(0, &format!("install {kind}.pem --store {store}"));
        assert!(again.contains("There already"), "{again}");
        world.runs(
            0,
            &format!(
                "export Ada --store {store} -o {kind}.p12 --password-file pw --iterations 2000"
            ),
        );
        world.tool(&format!(
            "openssl pkcs12 -in {kind}.p12 -passin file:pw -noenc"
        ));
        world.tool(&format!(
            "keytool -list -keystore {kind}.p12 -storepass:file pw -storetype PKCS12"
        ));
    }
}

/// The request is in the pending certificate, wherever that is.
#[test]
fn a_request_can_be_had_again_from_its_store_and_its_backup() {
    let world = World::with_ca();
    let made = world.json(
        "request Ada --dns www.example.org --key p256 --store st -o ada.csr --backup-to saved --password-file pw",
    );
    assert_eq!(made["schema"], "certstow.request/1");
    assert_eq!(made["eku"][0], "serverAuth");
    assert_eq!(made["backup"][0]["verified"], true, "{made}");
    let key = world.tool("openssl req -in ada.csr -noout -pubkey");
    fs::write(world.path("public.pem"), key).expect("a file");
    world.tool("openssl pkey -pubin -in public.pem -outform DER -out public.der");
    let digest = world.tool("openssl dgst -sha256 -r public.der");
    assert!(digest.starts_with(made["public_key_sha256"].as_str().expect("a text")));

    let request = fs::read(world.path("ada.csr")).expect("the request");
    world.runs(0, "request show Ada --store st -o again.csr");
    assert_eq!(
        fs::read(world.path("again.csr")).expect("the request"),
        request
    );
    world.runs(0, "request show Ada --store st --format der -o again.der");
    world.tool("openssl req -verify -noout -inform DER -in again.der");
    let manifest = fs::read_to_string(world.path("saved/certstow-manifest.json")).expect("it");
    assert!(manifest.contains("\"pending\": true") || manifest.contains("\"pending\":true"));
    world.runs(0, "backup verify saved --password-file pw");

    // Another machine.
    fs::remove_dir_all(world.path("st")).expect("it is gone");
    world.runs(
        0,
        "backup restore saved --into elsewhere --password-file pw",
    );
    world.runs(0, "request show Ada --store elsewhere -o restored.csr");
    assert_eq!(fs::read(world.path("restored.csr")).expect("it"), request);
    world.sign("ada");
    let mut certstow = certstow(world.0.path());
    certstow.args(words_of(
        "install ada.pem --store elsewhere --unlock-password-file pw",
    ));
    let output = certstow.output().expect("it starts");
    assert!(output.status.success(), "{output:?}");
    let waiting = world.runs(
        0,
        "request list --store elsewhere --unlock-password-file pw",
    );
    assert!(waiting.contains("No request waits"), "{waiting}");
}

#[test]
fn what_waits_is_quiet_and_safe() {
    let world = World::with_ca();
    world.runs(
        0,
        "request --subject CN=Ada,O=Example --key p256 --store st -o ada.csr",
    );
    let [waiting] = world.waiting("st").try_into().expect("one");
    // Not by text, and by its thumbprint.
    let refused = world.runs(10, "export Ada --store st -o ada.p12 --password-file pw");
    assert!(refused.contains("request list"), "{refused}");
    world.runs(
        0,
        &format!("export {waiting} --store st -o ada.p12 --password-file pw --iterations 2000"),
    );
    let shown = world.runs(0, &format!("show {waiting} --store st"));
    assert!(shown.contains("waits for the answer of a CA"), "{shown}");
    assert!(
        world
            .runs(0, "list --all --store st")
            .contains("requested 20")
    );
    assert!(
        world
            .runs(0, "doctor --store st")
            .contains("waits for a CA since")
    );
    world.runs(0, "report --store st -o report.html");
    let page = fs::read_to_string(world.path("report.html")).expect("a page");
    assert!(page.contains("Waiting for a CA"));
    let within = world.json("list --store st --expires-within 3650d");
    assert_eq!(within["entries"], Value::Array(Vec::new()));
    // Saved whatever the filters say, and never pruned.
    let backup =
        "backup --to saved --store st --password-file pw --iterations 2000 --subject Nobody";
    world.runs(0, backup);
    let kept = fs::read_dir(world.path("saved")).expect("a folder").count();
    fs::remove_dir_all(world.path("st")).expect("it is gone");
    fs::create_dir(world.path("st")).expect("a folder");
    fs::copy(
        Path::new(&samples()).join("ada-example.pem"),
        world.path("st/a.pem"),
    )
    .expect("a copy");
    fs::copy(
        Path::new(&samples()).join("ada-example.key.pem"),
        world.path("st/a.key"),
    )
    .expect("a copy");
    world.runs(
        0,
        "backup --to saved --store st --password-file pw --iterations 2000 --prune-expired 1d",
    );
    assert_eq!(
        fs::read_dir(world.path("saved")).expect("a folder").count(),
        kept + 1
    );
}

#[test]
fn forget_deletes_the_key_only_when_told_to() {
    let world = World::new();
    world.runs(0, "request Ada --key p256 --store st -o ada.csr");
    world.runs(13, "request forget Ada --store st");
    assert_eq!(world.waiting("st").len(), 1);
    world.runs(10, "request forget Bob --store st --force");
    world.runs(0, "request forget Ada --store st --force");
    assert_eq!(fs::read_dir(world.path("st")).expect("a folder").count(), 0);
    world.runs(10, "request show Ada --store st");
}

#[test]
fn names_are_refused_before_a_key_is_made() {
    let world = World::new();
    for (words, part) in [
        ("request --subject CN=Ada,C=Germany", "two letters"),
        ("request --subject /C=DE/CN=Ada", "commas"),
        ("request --subject CN=", "empty"),
        ("request Ada --country Germany", "two letters"),
        ("request Ada --email ada", "no @"),
        ("request Ada --dns a..b", "empty"),
        ("request Ada --eku mail", "emailProtection"),
        ("request Ada --key rsa1024", "rsa2048"),
        ("request Ada --subject CN=Ada", "cannot be used with"),
    ] {
        let shown = world.runs(2, &format!("{words} --store st"));
        assert!(shown.contains(part), "{words}: {shown}");
    }
    let long = "x".repeat(65);
    let shown = world.runs(2, &format!("request {long} --store st"));
    assert!(
        shown.contains("CN (common name) has 65 characters, and may have 64"),
        "{shown}"
    );
    let shown = world.runs(13, "request --store st");
    assert!(shown.contains("--subject"), "{shown}");
    world.runs(13, "request Ada --store st --backup-to saved");
    world.runs(2, "request Ada --store st --password-file pw");
    world.runs(2, "request Ada --store st --not-exportable");
    fs::write(world.path("there.csr"), "x").expect("a file");
    world.runs(16, "request Ada --store st -o there.csr");
    world.runs(16, "request Ada --store st -o no/folder/a.csr");
    assert!(!world.path("st").exists());
}

/// It is in what goes to the CA, and nowhere else.
#[test]
fn a_challenge_password_goes_to_the_ca_alone() {
    let world = World::new();
    for secret in ["challenge me", "Zo\u{eb}'s secret"] {
        fs::write(world.path("challenge"), secret).expect("a file");
        let words = "request Ada --email a@b --key p256 --store st -o ada.csr --challenge-file challenge --force";
        let shown = world.runs(0, &format!("{words} --log log"));
        let read = world.tool("openssl req -verify -noout -text -in ada.csr -nameopt utf8");
        assert!(
            read.contains("challengePassword") && read.contains("verify OK"),
            "{read}"
        );
        let [waiting] = world.waiting("st").try_into().expect("one");
        world.runs(
            0,
            &format!("request show {waiting} --store st -o again.csr --force"),
        );
        let again = world.tool("openssl req -verify -noout -text -in again.csr");
        assert!(!again.contains("challengePassword"), "{again}");
        let log = fs::read_to_string(world.path("log")).expect("a log");
        assert!(
            !shown.contains(secret) && !log.contains(secret),
            "{shown}{log}"
        );
        world.runs(0, &format!("request forget {waiting} --store st --force"));
    }
    world.runs(
        17,
        "request Ada --store st -o x.csr --challenge-file nothing",
    );
}

/// The key waits before the request is written.
#[test]
fn a_request_that_cannot_be_written_loses_no_key() {
    let world = World::new();
    let words = "request Ada --store st -o /dev/full --key p256";
    world.runs(16, words);
    assert!(!world.path("st").exists());
    let shown = world.runs(0, "request Ada --store st -o - --key p256");
    assert!(shown.contains("BEGIN CERTIFICATE REQUEST"), "{shown}");
    assert_eq!(world.waiting("st").len(), 1);
    let shown = world.runs(0, "request Ada --store st -o - --key p256");
    assert!(shown.contains("waits since"), "{shown}");
    world.runs(2, "request Ada --store st -o - --key p256 --json");
}

#[test]
fn folders_that_cannot_be_saved_to_are_refused_before_a_key_is_made() {
    let world = World::new();
    fs::write(world.path("file"), "x").expect("a file");
    for (code, folders) in [
        (16, "--backup-to file"),
        (16, "--backup-to file/below"),
        (2, "--backup-to twice --backup-to twice"),
    ] {
        let words =
            format!("request Ada --key p256 --store st -o a.csr {folders} --password-file pw");
        world.runs(code, &words);
        assert!(
            !world.path("st").exists() && !world.path("a.csr").exists(),
            "{folders}"
        );
    }
}

/// As a disk that is not mounted.
#[test]
fn a_copy_that_fails_is_told_and_loses_no_key() {
    let world = World::new();
    let words = "request Ada --key p256 --store st -o ada.csr --backup-to saved --password-file pw";
    world.runs(0, words);
    fs::remove_dir_all(world.path("saved")).expect("removed");
    fs::create_dir(world.path("saved")).expect("a folder");
    let mut certstow = certstow(world.0.path());
    let words = words.replace("Ada", "Bob") + " --force --json";
    let output = certstow.args(words_of(&words)).output().expect("it starts");
    assert_eq!(output.status.code(), Some(14), "{output:?}");
    let told: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let copy = &told["backup"][0];
    assert_eq!(
        (&copy["verified"], &copy["file"]),
        (&Value::Bool(false), &Value::Null)
    );
    assert!(copy["error"]["message"].is_string(), "{told}");
    assert_eq!(world.waiting("st").len(), 2);
}

/// A request for the key of a certificate that is there is not answered by that certificate.
#[test]
fn an_old_certificate_answers_no_later_request_for_its_key() {
    let world = World::with_ca();
    world.runs(0, "request Kim --key p256 --store st -o kim.csr");
    world.sign("kim");
    world.runs(0, "install kim.pem --store st");
    world.runs(0, "renew Kim --same-key --store st -o again.csr");
    let waiting = world.waiting("st");
    for answer in ["kim.pem", "Kim"] {
        let shown = world.runs(0, &format!("install {answer} --store st"));
        assert!(shown.contains("There already"), "{shown}");
        assert_eq!(world.waiting("st"), waiting, "{answer}");
    }
}

/// A password that can be read only once is read once.
#[test]
fn renew_protects_the_new_key_with_what_opened_the_old_one() {
    let world = World::with_ca();
    for (number, options) in ["--key p256", "--same-key"].into_iter().enumerate() {
        let store = format!("st{number}");
        world.runs(
            0,
            &format!("request Carl --key p256 --store {store} -o carl.csr --force --unlock-password-file pw"),
        );
        world.sign("carl");
        world.runs(
            0,
            &format!("install carl.pem --store {store} --unlock-password-file pw"),
        );
        let mut certstow = certstow(world.0.path());
        let words = format!(
            "renew Carl {options} --store {store} -o x.csr --force --unlock-password-file -"
        );
        certstow.args(words_of(&words));
        certstow.stdin(fs::File::open(world.path("pw")).expect("the password"));
        let output = certstow.output().expect("it starts");
        assert!(output.status.success(), "{options}: {output:?}");
        for file in fs::read_dir(world.path(&store)).expect("a folder") {
            let text = fs::read_to_string(file.expect("a file").path()).expect("text");
            assert!(!text.contains("BEGIN PRIVATE KEY"), "{options}");
        }
    }
}

/// Whose key an encrypted one is shows once it is open.
#[test]
fn forget_needs_the_password_of_a_locked_key() {
    let world = World::new();
    world.runs(
        0,
        "request Ada --key p256 --store st -o ada.csr --unlock-password-file pw",
    );
    let shown = world.runs(13, "request forget Ada --store st --force");
    assert!(shown.contains("locked"), "{shown}");
    assert_eq!(world.waiting("st").len(), 1);
    world.runs(
        0,
        "request forget Ada --store st --force --unlock-password-file pw",
    );
    assert_eq!(fs::read_dir(world.path("st")).expect("a folder").count(), 0);
}

/// clap takes what follows an option for a name.
#[test]
fn an_action_after_an_option_makes_no_key() {
    let world = World::new();
    for words in [
        "request --json list",
        "request --store st list",
        "request -q show",
    ] {
        let shown = world.runs(2, words);
        assert!(shown.contains("options stand after"), "{words}: {shown}");
    }
    assert!(!world.path("st").exists());
}

#[test]
fn what_nobody_may_be_asked_says_which_option_answers() {
    let world = World::new();
    world.runs(0, "request Ada --key p256 --store st -o ada.csr");
    let shown = world.runs(13, "request forget Ada --store st");
    assert!(
        shown.contains("--force") && !shown.contains("--password"),
        "{shown}"
    );
    let shown = world.runs(13, "request");
    assert!(
        shown.contains("--subject") && !shown.contains("--password"),
        "{shown}"
    );
}

/// The answer of a mail, by a pipe.
#[test]
fn install_reads_standard_input() {
    let world = World::with_ca();
    world.runs(
        0,
        "request Ada --key p256 --store st -o ada.csr --label Office",
    );
    let listed = world.json("request list --store st");
    assert_eq!(listed["requests"][0]["label"], "Office", "{listed}");
    world.sign("ada");
    let mut certstow = certstow(world.0.path());
    certstow.args(words_of("install - --store st"));
    certstow.stdin(fs::File::open(world.path("ada.pem")).expect("the answer"));
    let output = certstow.output().expect("it starts");
    assert!(output.status.success(), "{output:?}");
    // It is called as its request was.
    let shown = world.runs(0, "show Office --store st");
    assert!(shown.contains("Ada"), "{shown}");
    let refused = world.runs(10, "install - --store st");
    assert!(refused.contains("standard input is empty"), "{refused}");
}

/// CAs change names by rule.
#[test]
fn differences_to_the_request_are_told() {
    let world = World::with_ca();
    world.runs(
        0,
        "request Ada --email ada@example.org --key p256 --store st -o ada.csr",
    );
    world.tool("openssl x509 -req -in ada.csr -CA ca.pem -CAkey ca.key -days 30 -out ada.pem -subj /CN=Lovelace");
    let shown = world.runs(0, "install ada.pem --store st");
    for part in [
        "its subject is CN=Lovelace, and CN=Ada was asked for",
        "without the e-mail address ada@example.org",
        "without the purpose emailProtection",
        "answered",
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
}

#[test]
fn keep_request_leaves_it_and_backup_to_saves_what_was_installed() {
    let world = World::with_ca();
    world.runs(0, "request Ada --key p256 --store st -o ada.csr");
    world.sign("ada");
    let installed = world
        .json("install ada.pem --store st --keep-request --backup-to saved --password-file pw");
    let installed = &installed["installed"][0];
    assert_eq!(installed["request_removed"], false);
    let file = installed["backup"][0]["file"].as_str().expect("a file");
    world.tool(&format!("openssl pkcs12 -in {file} -passin file:pw -noenc"));
    let [waiting] = world.waiting("st").try_into().expect("one");
    // The same file once more changes nothing, and says that it waits.
    let again = world.runs(0, "install ada.pem --store st");
    assert!(again.contains("still waits"), "{again}");
    assert_eq!(world.waiting("st"), std::slice::from_ref(&waiting));
    world.runs(0, &format!("request forget {waiting} --store st --force"));
    let shown = world.runs(0, "export Ada --store st -o ada.p12 --password-file pw");
    assert!(shown.contains("signature"), "{shown}");
}

#[test]
fn renew_asks_for_the_same_names_and_touches_nothing() {
    let world = World::with_ca();
    world.runs(
        0,
        "request Ada --email ada@example.org --organization Example --key p256 --store st -o first.csr",
    );
    world.sign("first");
    world.runs(0, "install first.pem --store st");
    let before = world.json("list --store st");

    let renewed = world.json("renew Ada --store st --key p256 -o second.csr");
    for (name, value) in [("subject", "CN=Ada,O=Example"), ("file", "second.csr")] {
        assert_eq!(renewed[name], value, "{renewed}");
    }
    assert_eq!(renewed["emails"][0], "ada@example.org");
    assert_eq!(renewed["eku"].as_array().expect("a list").len(), 2);
    assert_eq!(world.json("list --store st"), before);
    let old_key = world.tool("openssl req -in first.csr -noout -pubkey");
    assert_ne!(
        world.tool("openssl req -in second.csr -noout -pubkey"),
        old_key
    );

    let shown = world.runs(
        0,
        "renew Ada --store st --same-key -o same.csr --new-subject CN=Countess",
    );
    assert!(shown.contains("the same private key"), "{shown}");
    assert_eq!(
        world.tool("openssl req -in same.csr -noout -pubkey"),
        old_key
    );
    assert_eq!(world.waiting("st").len(), 2);
    // What was asked for the same key can be forgotten without it.
    world.runs(0, "request forget Countess --store st --force");
    world.runs(
        0,
        "export Ada --store st -o ada.p12 --password-file pw --iterations 2000",
    );

    world.tool("openssl x509 -req -in second.csr -copy_extensions copy -CA ca.pem -CAkey ca.key -days 300 -out second.pem");
    std::thread::sleep(std::time::Duration::from_millis(1100));
    world.runs(0, "install second.pem --store st");
    assert!(world.waiting("st").is_empty());
    let entries = world.json("list --store st")["entries"]
        .as_array()
        .expect("a list")
        .len();
    assert_eq!(entries, 2, "the old one stays");
}

#[test]
fn renew_with_the_same_key_needs_the_key() {
    let world = World::new();
    fs::create_dir(world.path("st")).expect("a folder");
    fs::copy(
        Path::new(&samples()).join("ada-example.pem"),
        world.path("st/a.pem"),
    )
    .expect("a copy");
    let shown = world.runs(12, "renew Ada --store st --same-key -o a.csr");
    assert!(shown.contains("private key"), "{shown}");
    assert!(!world.path("a.csr").exists());
}

/// A certificate that lost its key finds it by its name in the store, too.
#[test]
fn install_takes_a_certificate_of_a_store_by_its_name() {
    let world = World::new();
    fs::create_dir(world.path("st")).expect("a folder");
    fs::create_dir(world.path("keys")).expect("a folder");
    let put = |sample: &str, name: &str| {
        fs::copy(Path::new(&samples()).join(sample), world.path(name)).expect("a copy");
    };
    put("ada-example.pem", "st/a.pem");
    put("ada-example.key.pem", "keys/a.key");
    let shown = world.runs(10, "install Ada --store st");
    assert!(shown.contains("no private key here belongs to"), "{shown}");
    let shown = world.runs(0, "install Ada --store st --store keys");
    assert!(shown.contains("Installed"), "{shown}");
    world.runs(18, "install Nobody --store st");
}

/// The certificate that only stands beside the key is no answer: what it stands for would go with it.
#[test]
fn install_takes_no_pending_certificate_for_an_answer() {
    let world = World::new();
    world.runs(0, "request Ada --key p256 --store st -o ada.csr");
    let [waiting] = world.waiting("st").try_into().expect("one");
    let files = fs::read_dir(world.path("st")).expect("a folder");
    let file = files
        .map(|file| file.expect("a file").path())
        .next()
        .expect("a file");
    fs::copy(&file, world.path("copy.pem")).expect("a copy");
    world.runs(
        0,
        &format!("export {waiting} --store st --format der -o ada.cer"),
    );
    for answer in ["copy.pem", "ada.cer", &waiting] {
        let shown = world.runs(10, &format!("install {answer} --store st"));
        assert!(shown.contains("is the request"), "{answer}: {shown}");
        assert_eq!(
            world.waiting("st"),
            std::slice::from_ref(&waiting),
            "{answer}"
        );
        assert!(file.exists());
    }
}

/// Of several stores that have the key, the one where it was requested gets the certificate.
#[test]
fn install_prefers_the_store_of_the_request() {
    let world = World::with_ca();
    world.runs(0, "request Ada --key p256 --store st -o ada.csr");
    world.sign("ada");
    fs::create_dir(world.path("other")).expect("a folder");
    let files = fs::read_dir(world.path("st")).expect("a folder");
    let file = files
        .map(|file| file.expect("a file").path())
        .next()
        .expect("a file");
    let text = fs::read_to_string(file).expect("text");
    let key = text.find("-----BEGIN PRIVATE").expect("a key");
    let end = text.find("-----END PRIVATE KEY-----").expect("its end") + 26;
    fs::write(world.path("other/a.key"), &text[key..end]).expect("written");
    let installed = world.json("install ada.pem --store other --store st");
    let store = installed["installed"][0]["store"]
        .as_str()
        .expect("a store");
    assert!(store.ends_with("st"), "{installed}");
    assert!(world.waiting("st").is_empty());
    world.runs(
        0,
        "export Ada --store st -o ada.p12 --password-file pw --iterations 2000",
    );
}

/// A key behind a password, which a task gives.
#[test]
fn a_folder_keeps_the_key_under_its_password() {
    let world = World::with_ca();
    let words = "request Ada --key p256 --store st -o ada.csr --unlock-password-file pw";
    let shown = world.runs(0, words);
    assert!(!shown.contains("not encrypted"), "{shown}");
    let files = fs::read_dir(world.path("st")).expect("a folder");
    for file in files {
        let text = fs::read_to_string(file.expect("a file").path()).expect("text");
        assert!(!text.contains("BEGIN PRIVATE KEY"), "{text}");
    }
    world.sign("ada");
    world.runs(13, "install ada.pem --store st");
    let shown = world.runs(0, "install ada.pem --store st --unlock-password-file pw");
    assert!(shown.contains("answered"), "{shown}");
    world.runs(
        0,
        "export Ada --store st -o ada.p12 --password-file pw --iterations 2000 --unlock-password-file pw",
    );
}

/// NSS keeps what waits, and has the pair afterwards.
#[cfg(target_os = "linux")]
#[test]
#[ignore = "needs NSS and OpenSSL"]
fn a_database_of_nss_keeps_a_request() {
    let world = World::with_ca();
    fs::create_dir(world.path("nss")).expect("a folder");
    world.tool("certutil -N -d sql:nss --empty-password");
    let refused = world.runs(16, "request Ada --key ed25519 --store nss:nss -o ada.csr");
    assert!(refused.contains("keys of this kind"), "{refused}");
    world.runs(
        0,
        "request Ada --email ada@example.org --key p256 --store nss:nss -o ada.csr",
    );
    assert_eq!(world.waiting("nss:nss").len(), 1);
    world.sign("ada");
    let shown = world.runs(0, "install ada.pem --chain ca.pem --store nss:nss");
    assert!(
        shown.contains("answered") && !shown.contains("warning"),
        "{shown}"
    );
    assert!(world.waiting("nss:nss").is_empty());
    let keys = world.tool("certutil -K -d sql:nss");
    assert_eq!(keys.matches("< ").count(), 1, "{keys}");
    assert!(!keys.contains("orphan"), "{keys}");
    let listed = world.tool("certutil -L -d sql:nss");
    assert!(listed.contains("u,u,u"), "{listed}");
}

/// Wherever it is killed: there is no key, or one that is listed; and no request whose key is nowhere.
#[cfg(target_os = "linux")]
#[test]
#[ignore = "needs strace"]
fn a_request_that_is_killed_leaves_no_request_without_its_key() {
    const CALLS: [&str; 8] = [
        "rename",
        "renameat2",
        "linkat",
        "link",
        "unlink",
        "mkdir",
        "fsync",
        "fdatasync",
    ];
    let kills = CALLS.map(|call| (1..).take_while(|nth| is_killed_at(call, *nth)).count());
    assert!(kills.iter().sum::<usize>() > 12, "{kills:?}");
}

/// Whether a request is killed at the n-th of these calls.
#[cfg(target_os = "linux")]
fn is_killed_at(call: &str, nth: usize) -> bool {
    let world = World::new();
    let certstow = certstow(world.0.path());
    let mut strace = Command::new("strace");
    strace.args(["-f", "-qq", "-o", "trace", "-e"]);
    strace.arg(format!("inject={call}:signal=KILL:when={nth}"));
    strace.arg(certstow.get_program()).args(words_of(
        "request Ada --key p256 --store st -o ada.csr --backup-to saved --password-file pw",
    ));
    program::in_folder(&mut strace, world.0.path());
    let output = strace.output().expect("strace starts");
    let listed = match world.path("st").exists() {
        true => world.waiting("st"),
        false => Vec::new(),
    };
    assert!(listed.len() <= 1, "{call} {nth}: {listed:?}");
    if world.path("ada.csr").exists() {
        let [waiting] = listed.try_into().expect("its key waits");
        world.runs(
            0,
            &format!("request show {waiting} --store st -o again.csr"),
        );
        let [first, again] = ["ada.csr", "again.csr"].map(|name| fs::read(world.path(name)));
        assert_eq!(first.expect("it"), again.expect("it"), "{call} {nth}");
    }
    // The next one ends well beside whatever was left.
    world.runs(0, "request Ada --key p256 --store st -o ada.csr --force");
    !output.status.success()
}

/// A key and a request of Java's own tool, in its keystore; what the CA returned goes beside it.
#[cfg(target_os = "linux")]
#[test]
#[ignore = "needs Java and OpenSSL"]
fn a_keystore_of_java_gets_what_the_ca_returned() {
    let world = World::with_ca();
    fs::create_dir(world.path("st")).expect("a folder");
    fs::write(world.path("changeit"), "changeit").expect("a file");
    let keystore = "-alias ada -keystore st/ada.p12 -storetype PKCS12 -storepass:file changeit";
    world.tool(&format!(
        "keytool -genkeypair -keyalg RSA -keysize 2048 -dname CN=Ada {keystore}"
    ));
    world.tool(&format!("keytool -certreq -file ada.csr {keystore}"));
    world.sign("ada");
    let before = fs::read(world.path("st/ada.p12")).expect("the keystore");
    let unlock = "--store st --unlock-password-file changeit";
    let installed = world.json(&format!("install ada.pem --chain ca.pem {unlock}"));
    assert_eq!(
        installed["installed"][0]["proof"], "signature",
        "{installed}"
    );
    assert_eq!(
        fs::read(world.path("st/ada.p12")).expect("the keystore"),
        before
    );
    let entries = world.json(&format!("list {unlock}"))["entries"].clone();
    let issued = entries
        .as_array()
        .expect("a list")
        .iter()
        .find(|one| one["issuer"] == "CN=CA");
    assert_eq!(
        issued.expect("the issued one")["key"]["state"],
        "exportable",
        "{entries}"
    );
}
