//! Imports from end to end, as a script runs them: files that other programs wrote go into a store,
//! come out of it again, and OpenSSL finds the same key in them.

#[path = "support/program.rs"]
mod program;

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use program::{certstow, in_folder, samples};

/// What opens the files, and protects the keys in a store.
const PASSWORDS: [&str; 4] = [
    "--password-env",
    "SECRET",
    "--unlock-password-env",
    "SECRET",
];

fn ends_with(code: i32, command: &mut Command) -> Output {
    let output = command.output().expect("it starts");
    assert_eq!(output.status.code(), Some(code), "{command:?}: {output:?}");
    output
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("the folder is there");
    let names = entries.map(|entry| entry.expect("an entry").file_name());
    let mut names: Vec<_> = names
        .map(|name| name.into_string().expect("a name in UTF-8"))
        .collect();
    names.sort();
    names
}

/// Where there is no other store of a person's own: on macOS this is the login keychain.
#[cfg(target_os = "linux")]
#[test]
fn import_defaults_to_personal_folder() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let ada = samples();
    let import = ["import", &ada, "--unlock-password-env", "SECRET"];
    ends_with(0, certstow(folder.path()).args(import));
    let personal = folder.path().join("data/certstow/personal");
    assert_eq!(names(&personal).len(), 3, "{:?}", names(&personal));
    let listed = ends_with(0, certstow(folder.path()).args(["list"]));
    let listed = String::from_utf8_lossy(&listed.stdout);
    for name in ["Ada Example", "Grace Example", "Edith Example"] {
        assert!(listed.contains(name), "{listed}");
    }
}

#[test]
fn import_restores_missing_key_of_certificate() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    fs::create_dir(folder.path().join("store")).expect("a folder");
    fs::copy(
        Path::new(&samples()).join("ada-example.pem"),
        folder.path().join("store/ada.pem"),
    )
    .expect("a certificate without its key");
    let ada = samples();
    ends_with(
        0,
        certstow(folder.path()).args(["import", &ada, "--store", "store"]),
    );
    let export = ["export", "Ada", "--store", "store", "-o", "ada.p12"];
    let few = ["--iterations", "2000", "--password-env", "SECRET"];
    ends_with(
        0,
        certstow(folder.path()).args([&export[..], &few].concat()),
    );
}

/// The file of a store that has Ada in it, after an import over it was given no room, or was killed
/// at its first write.
#[cfg(unix)]
#[test]
fn import_keeps_old_key_when_write_fails() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let ada = samples();
    let import = ["import", &ada, "--store", "store"];
    ends_with(0, certstow(folder.path()).args(import));
    let store = folder.path().join("store");
    let content = |store: &Path| -> Vec<_> {
        let names = names(store).into_iter();
        names
            .map(|name| fs::read(store.join(name)).expect("a file"))
            .collect()
    };
    let before = content(&store);
    let mut shell = Command::new("sh");
    shell
        .args(["-c", "ulimit -f 0; exec \"$0\" \"$@\""])
        .arg(env!("CARGO_BIN_EXE_certstow"))
        .args(import)
        .args(["--force", "--quiet"]);
    in_folder(&mut shell, folder.path());
    ends_with(16, &mut shell);
    assert_eq!(content(&store), before);
}

/// Runs the host's OpenSSL.
fn openssl(folder: &Path, arguments: &[&str]) -> Vec<u8> {
    let mut command = Command::new("openssl");
    command.args(arguments);
    in_folder(&mut command, folder);
    ends_with(0, &mut command).stdout
}

/// A new key and its certificate: `NAME.key` and `NAME.crt` in the folder.
fn issue(folder: &Path, name: &str, algorithm: &[&str]) {
    let [key, certificate] = ["key", "crt"].map(|end| format!("{name}.{end}"));
    let make = ["req", "-x509", "-nodes", "-days", "36500", "-newkey"];
    let subject = format!("/CN={name}");
    let files = ["-subj", &subject, "-keyout", &key, "-out", &certificate];
    openssl(folder, &[&make[..], algorithm, &files].concat());
}

/// The key that comes out of a store for a name, in the one form that OpenSSL prints keys in.
fn key_from(folder: &Path, store: &str, name: &str) -> Vec<u8> {
    let export = ["export", name, "--store", store, "-o", "out.p12", "--force"];
    let few = ["--iterations", "2000"];
    ends_with(
        0,
        certstow(folder).args([&export[..], &PASSWORDS, &few].concat()),
    );
    let read = ["pkcs12", "-in", "out.p12", "-nocerts", "-noenc"];
    let pem = openssl(folder, &[&read[..], &["-passin", "env:SECRET"]].concat());
    fs::write(folder.join("out.pem"), pem).expect("a file");
    openssl(folder, &["pkey", "-in", "out.pem"])
}

/// What each program wrote goes in and comes out as the same key.
fn goes_in_and_out(folder: &Path, file: &str, names: &[&str]) {
    let store = format!("store-of-{}", file.replace(['.', '/'], "-"));
    let import = ["import", file, "--store", &store];
    ends_with(0, certstow(folder).args([&import[..], &PASSWORDS].concat()));
    for name in names {
        let expected = openssl(folder, &["pkey", "-in", &format!("{name}.key")]);
        assert_eq!(key_from(folder, &store, name), expected, "{file}: {name}");
    }
    let there = self::names(&folder.join(&store));
    assert_eq!(there.len(), names.len(), "{there:?}");
    for file in there {
        let text = fs::read_to_string(folder.join(&store).join(file)).expect("a PEM file");
        assert!(text.contains("-----BEGIN ENCRYPTED PRIVATE KEY-----"));
        assert!(!text.contains("-----BEGIN PRIVATE KEY-----"));
    }
}

#[test]
#[ignore = "needs OpenSSL"]
fn import_round_trips_openssl_files() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let folder = folder.path();
    issue(folder, "anna", &["rsa:2048"]);
    issue(
        folder,
        "bernd",
        &["ec", "-pkeyopt", "ec_paramgen_curve:P-384"],
    );
    issue(folder, "clara", &["ed25519"]);

    let read = |name: &str| fs::read_to_string(folder.join(name)).expect("a PEM file");
    openssl(
        folder,
        &[
            "pkcs8",
            "-topk8",
            "-in",
            "bernd.key",
            "-passout",
            "env:SECRET",
            "-out",
            "sealed.key",
        ],
    );
    fs::write(
        folder.join("sealed.pem"),
        read("sealed.key") + &read("bernd.crt"),
    )
    .expect("a file");
    goes_in_and_out(folder, "sealed.pem", &["bernd"]);

    let whole = ["anna", "bernd", "clara"].map(|name| read(&format!("{name}.key")));
    let certificates = ["clara", "anna", "bernd"].map(|name| read(&format!("{name}.crt")));
    fs::write(
        folder.join("several.pem"),
        certificates.concat() + &whole.concat(),
    )
    .expect("a file");
    goes_in_and_out(folder, "several.pem", &["anna", "bernd", "clara"]);

    for (file, options) in [
        ("usual.p12", &[][..]),
        ("old.p12", &["-legacy"][..]),
        ("no-mac.p12", &["-nomac"][..]),
    ] {
        let pack = ["pkcs12", "-export", "-inkey", "anna.key", "-in", "anna.crt"];
        let to = ["-passout", "env:SECRET", "-name", "anna", "-out", file];
        openssl(folder, &[&pack[..], &to, options].concat());
        goes_in_and_out(folder, file, &["anna"]);
    }
}

/// OpenSSL writes the localKeyID of its PKCS#12 files into PEM, and so ties the key to its certificate.
#[test]
#[ignore = "needs OpenSSL"]
fn import_replaces_openssl_pem_by_local_key_id() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let folder = folder.path();
    issue(folder, "anna", &["ed25519"]);
    issue(folder, "root", &["ed25519"]);
    fs::create_dir(folder.join("store")).expect("a folder");
    let run = |command: &str| openssl(folder, &command.split_whitespace().collect::<Vec<_>>());
    let secrets = "-passin env:SECRET -passout env:SECRET";
    run(&format!(
        "pkcs12 -export -inkey anna.key -in anna.crt -certfile root.crt {secrets} -out anna.p12"
    ));
    let import = ["import", "anna.p12", "--password-env", "SECRET"];
    let replace = |code| {
        let into = ["--store", "store", "--force", "--quiet"];
        ends_with(code, certstow(folder).args([import, into].concat()))
    };
    run(&format!("pkcs12 -in anna.p12 {secrets} -out store/old.pem"));
    replace(0);
    let [name] = <[String; 1]>::try_from(names(&folder.join("store"))).expect("one file");
    assert_ne!(name, "old.pem");

    // The key of the issuer, which nothing ties to the certificate.
    fs::remove_file(folder.join("store").join(name)).expect("it is there");
    let key = run(&format!("pkcs8 -topk8 -in root.key {secrets}"));
    let read = |name: &str| fs::read(folder.join(name)).expect("a PEM file");
    let chain = [read("anna.crt"), read("root.crt"), key].concat();
    fs::write(folder.join("store/old.pem"), &chain).expect("a file");
    let said = replace(13).stderr;
    let said = String::from_utf8_lossy(&said);
    assert!(said.contains("--unlock-password-file"), "{said}");
    assert_eq!(read("store/old.pem"), chain);
    assert_eq!(names(&folder.join("store")), ["old.pem"]);
}

/// The text before the blocks hinders nobody.
#[test]
#[ignore = "needs GnuTLS and OpenSSL"]
fn import_writes_pem_that_openssl_and_gnutls_read() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let folder = folder.path();
    issue(folder, "anna", &["rsa:2048"]);
    let import = ["import", "anna.key", "anna.crt", "--store", "store"];
    ends_with(0, certstow(folder).args([&import[..], &PASSWORDS].concat()));
    let [name] = <[String; 1]>::try_from(names(&folder.join("store"))).expect("one file");
    let file = format!("store/{name}");
    let key = openssl(folder, &["pkey", "-in", &file, "-passin", "env:SECRET"]);
    assert_eq!(key, openssl(folder, &["pkey", "-in", "anna.key"]));
    let certificate = openssl(folder, &["x509", "-in", &file]);
    assert_eq!(certificate, openssl(folder, &["x509", "-in", "anna.crt"]));

    let certtool = |options: &[&str]| {
        let mut command = Command::new("certtool");
        command.args(options).arg("--infile").arg(&file);
        in_folder(&mut command, folder);
        ends_with(0, &mut command).stdout
    };
    let key = certtool(&["--key-info", "--outder", "--password", program::PASSWORD]);
    fs::write(folder.join("of-gnutls.der"), key).expect("a file");
    let key = ["pkey", "-inform", "DER", "-in", "of-gnutls.der"];
    assert_eq!(
        openssl(folder, &key),
        openssl(folder, &["pkey", "-in", "anna.key"])
    );
    let fingerprint = certtool(&["--fingerprint", "--hash", "sha1"]);
    let fingerprint = String::from_utf8(fingerprint).expect("text");
    let text = fs::read_to_string(folder.join(&file)).expect("a PEM file");
    let ids = text
        .lines()
        .filter_map(|line| line.strip_prefix("    localKeyID: "));
    let ids: Vec<_> = ids.map(|id| id.replace(' ', "").to_lowercase()).collect();
    assert_eq!(ids, [fingerprint.trim(), fingerprint.trim()]);
}

#[test]
#[ignore = "needs OpenSSL"]
fn import_takes_key_beside_unreadable_certificate() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let folder = folder.path();
    issue(folder, "anna", &["rsa:2048"]);
    issue(folder, "bernd", &["rsa:2048"]);
    let export = "pkcs12 -export -in anna.crt -inkey anna.key -certfile bernd.crt -certpbe NONE \
                  -nomac -passout env:SECRET -out odd.p12";
    openssl(folder, &export.split_whitespace().collect::<Vec<_>>());
    let odd = openssl(folder, &["x509", "-in", "bernd.crt", "-outform", "DER"]);
    let mut bytes = fs::read(folder.join("odd.p12")).expect("the file");
    let at = bytes.windows(odd.len()).position(|window| window == odd);
    // What follows the first header, a SEQUENCE, becomes a SET.
    bytes[at.expect("the certificate in clear") + 4] = 0x31;
    fs::write(folder.join("odd.p12"), bytes).expect("the file");

    let import = ["import", "odd.p12", "--store", "store"];
    let output = ends_with(
        14,
        certstow(folder).args([&import[..], &PASSWORDS].concat()),
    );
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("odd.p12: "), "{said}");
    let expected = openssl(folder, &["pkey", "-in", "anna.key"]);
    assert_eq!(key_from(folder, "store", "anna"), expected);
}

#[test]
#[ignore = "needs OpenSSL"]
fn import_round_trips_exported_name_and_path() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let folder = folder.path();
    let store = samples();
    let export = |store: &str, file: &str, more: &[&str]| {
        let export = ["export", "Ada", "--store", store, "-o", file];
        let few = ["--iterations", "2000", "--password-env", "SECRET"];
        ends_with(0, certstow(folder).args([&export[..], &few, more].concat()));
        let read = ["pkcs12", "-in", file, "-noenc", "-passin", "env:SECRET"];
        let text = openssl(folder, &read);
        String::from_utf8(text).expect("text")
    };
    let name = ["--name", "Ada's mail key", "--properties", "all"];
    let first = export(&store, "first.p12", &name);
    let import = ["import", "first.p12", "--store", "store"];
    ends_with(0, certstow(folder).args([&import[..], &PASSWORDS].concat()));
    let second = export(
        "store",
        "second.p12",
        &["--properties", "all", "--unlock-password-env", "SECRET"],
    );
    // The localKeyID alone is another export's.
    let told = |text: &str| -> Vec<_> {
        let lines = text.lines().map(str::trim);
        lines
            .filter(|line| !line.starts_with("localKeyID"))
            .map(str::to_owned)
            .collect()
    };
    assert_eq!(told(&first), told(&second));
    assert!(second.contains("friendlyName: Ada's mail key"), "{second}");
    assert_eq!(second.matches("BEGIN CERTIFICATE").count(), 3, "{second}");
}

#[test]
fn import_run_concurrently_creates_one_identity() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let ada = Path::new(&samples()).join("ada-example.pem");
    let key = Path::new(&samples()).join("ada-example.key.pem");
    let start = |_| {
        let mut import = certstow(folder.path());
        import.arg("import").arg(&ada).arg(&key);
        import.args(["--store", "new", "--unlock-password-env", "SECRET"]);
        import.stdout(Stdio::null()).stderr(Stdio::piped());
        import.spawn().expect("it starts")
    };
    let started: Vec<_> = (0..10).map(start).collect();
    let ended = started
        .into_iter()
        .map(|import| import.wait_with_output().expect("it ends"));
    let (done, others): (Vec<_>, Vec<_>) = ended.partition(|output| output.status.success());
    assert_eq!(done.len(), 1, "{others:?}");
    for output in others {
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(16), "{said}");
        assert!(said.contains(".pem holds this identity already"), "{said}");
    }
    assert_eq!(names(&folder.path().join("new")).len(), 1);
    let export = ["export", "Ada", "--store", "new", "-o", "ada.p12"];
    ends_with(0, certstow(folder.path()).args(export).args(PASSWORDS));
}

/// Files as OpenSSL, Mexico's tax office, mkcert and a renewal leave them: the names of certificate and
/// key differ, and the key is encrypted. Import, export and backup each save and prove all of them.
#[test]
#[ignore = "needs OpenSSL"]
fn import_pairs_encrypted_keys_under_any_name() {
    const NEW: &str = "req -x509 -newkey rsa:2048 -passout env:SECRET -days 2 -subj /CN=Ada";
    const RENEW: &str = "req -x509 -key me.key -passin env:SECRET -days 3 -subj /CN=Ada";
    let cases: [(&str, &[&str], usize); 5] = [
        ("openssl", &["-keyout privkey.pem -out cacert.pem"], 1),
        (
            "sat",
            &[
                "-keyout key.pem -out 0001.pem",
                "x509 -in 0001.pem -outform DER -out 0001.cer",
                "pkcs8 -topk8 -in key.pem -passin env:SECRET -passout env:SECRET \
                 -outform DER -out Claveprivada_FIEL.key",
            ],
            1,
        ),
        (
            "mkcert",
            &["-keyout localhost+2-key.pem -out localhost+2.pem"],
            1,
        ),
        (
            "renewed",
            &["-keyout me.key -out me.crt", "-out me-2026.crt"],
            2,
        ),
        (
            "crossed",
            &["-keyout b.key -out a.crt", "-keyout a.key -out b.crt"],
            2,
        ),
    ];
    for (name, lines, identities) in cases {
        let world = tempfile::tempdir().expect("a temporary folder");
        let made = world.path().join("made");
        fs::create_dir(&made).expect("a folder");
        for line in lines {
            let line = match line.split_once(' ') {
                Some(("x509" | "pkcs8", _)) => (*line).to_owned(),
                Some(("-out", _)) => format!("{RENEW} {line}"),
                _ => format!("{NEW} {line}"),
            };
            openssl(&made, &line.split_whitespace().collect::<Vec<_>>());
        }
        for left in ["key.pem", "0001.pem"] {
            let _ = fs::remove_file(made.join(left));
        }
        let files = names(&made);
        let files: Vec<_> = files.iter().map(|file| format!("made/{file}")).collect();
        let files: Vec<&str> = files.iter().map(String::as_str).collect();
        let import = [&["import", "--store", "into"], &files[..], &PASSWORDS].concat();
        ends_with(0, certstow(world.path()).args(import));

        let backup = ["backup", "--to", "saved", "--json", "--iterations", "2000"];
        let from = [&["--store", "made"][..], &PASSWORDS].concat();
        let saved = ends_with(0, certstow(world.path()).args(backup).args(&from));
        let saved: serde_json::Value = serde_json::from_slice(&saved.stdout).expect("JSON");
        let results = saved["entries"].as_array().expect("entries");
        assert_eq!(results.len(), identities, "{name}: {saved}");
        let thumbprints = results.iter().map(|one| {
            let thumbprint = one["thumbprint"].as_str();
            thumbprint.expect("a thumbprint").to_owned()
        });
        for thumbprint in thumbprints.collect::<Vec<_>>() {
            let export = ["export", &thumbprint, "-o", "one.p12", "--force"];
            let few = ["--iterations", "2000"];
            let command = [&export[..], &few, &from].concat();
            ends_with(0, certstow(world.path()).args(command));
            let read = [
                "pkcs12",
                "-in",
                "one.p12",
                "-passin",
                "env:SECRET",
                "-nodes",
            ];
            openssl(world.path(), &read);
        }
    }
}

#[test]
fn import_refuses_several_passwords_to_protect_with() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let import = ["import", &samples(), "--store", "into"];
    let two = [
        "--unlock-password-env",
        "SECRET",
        "--unlock-password-env",
        "HOME",
    ];
    let refused = ends_with(2, certstow(folder.path()).args(import).args(two));
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(said.contains("one password is that of the store"), "{said}");
}

/// What an import would replace stays where more than the identity lies in the file.
#[test]
fn import_force_refuses_identity_inside_json() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let folder = folder.path();
    let [certificate, key] = ["pem", "key.pem"].map(|ending| samples() + "/ada-example." + ending);
    let read = |file: &str| fs::read_to_string(file).expect("the sample");
    let text = read(&certificate) + &read(&key);
    let text = format!(r#"{{"port": 443, "pem": "{}"}}"#, text.replace('\n', "\\n"));
    fs::create_dir(folder.join("store")).expect("a folder");
    fs::write(folder.join("store/server.json"), &text).expect("a file");
    let into = [
        "--store",
        "store",
        "--force",
        "--unlock-password-env",
        "SECRET",
    ];
    let import = ["import", &certificate, &key];
    let said = ends_with(12, certstow(folder).args([&import[..], &into].concat())).stderr;
    let said = String::from_utf8_lossy(&said);
    assert!(said.contains("stands inside a text"), "{said}");
    assert!(said.contains("hint: nothing was taken out"), "{said}");
    let kept = fs::read_to_string(folder.join("store/server.json"));
    assert_eq!(kept.expect("it is there"), text);
}
