//! Certificates as they are shown, found by what they are called, and exported.

#![cfg(unix)]

#[path = "support/program.rs"]
#[allow(dead_code, reason = "other tests use more of it")]
mod program;

use std::fs;
use std::path::Path;
use std::process::Command;

use certstow_formats::testing::issued::Issued;
use program::{in_folder, run};

/// Runs the host's OpenSSL.
fn openssl(folder: &Path, arguments: &[&str]) {
    let mut openssl = Command::new("openssl");
    in_folder(openssl.args(arguments), folder);
    let output = openssl.output().expect("openssl starts");
    assert!(output.status.success(), "{output:?}");
}

/// A new certificate and its key in the folder, with these options of `openssl req`.
fn issue(folder: &Path, name: &str, options: &[&str]) {
    let make = "req -x509 -nodes -newkey ec -pkeyopt ec_paramgen_curve:P-256 -days 36500 -utf8";
    let make: Vec<_> = make.split(' ').chain(options.iter().copied()).collect();
    let [key, certificate] = ["key", "crt"].map(|end| format!("{name}.{end}"));
    openssl(
        folder,
        &[&make[..], &["-keyout", &key, "-out", &certificate]].concat(),
    );
}

#[test]
#[ignore = "needs OpenSSL"]
fn show_finds_alternative_names() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let folder = folder.path();
    let config = "[req]\ndistinguished_name=dn\n[dn]\n[san]\nsubjectAltName=@names\n[names]\n\
        otherName.1=1.3.6.1.4.1.311.20.2.3;UTF8:ada@corp.example\n\
        otherName.2=1.3.6.1.5.5.7.8.9;FORMAT:UTF8,UTF8:zoë@büro.example\n\
        dirName.1=nif\n[nif]\nCN=Ada Registered\n0.1.3.6.1.4.1.5734.1.4=99999999R\n";
    fs::write(folder.join("san.cnf"), config).expect("a file");
    let ada = [
        "-subj",
        "/CN=Ada",
        "-config",
        "san.cnf",
        "-extensions",
        "san",
    ];
    issue(folder, "ada", &ada);
    issue(folder, "bob", &["-subj", "/CN=Bob"]);

    for found_by in [
        "ada@corp.example",
        "zoë@büro",
        "ada registered",
        "99999999r",
    ] {
        for form in [&[][..], &["--technical"]] {
            let show = ["show", found_by, "--store", "."];
            let (code, text) = run(folder, &[&show, form].concat());
            assert_eq!(code, Some(0), "{found_by}: {text}");
            for name in [
                "ada@corp.example",
                "zoë@büro.example",
                "1.3.6.1.4.1.5734.1.4=99999999R,CN=Ada Registered",
            ] {
                assert!(text.contains(name), "{name} in {text}");
            }
        }
    }
    // Composed, and decomposed.
    for typed in ["zoë@", "zoe\u{308}@"] {
        let (code, text) = run(folder, &["show", typed, "--store", "."]);
        assert_eq!(code, Some(0), "{typed}: {text}");
    }
    for address in ["corp.example", "büro.example"] {
        let list = ["list", "--store", ".", "--email", address, "--json"];
        let (code, text) = run(folder, &list);
        assert_eq!(code, Some(0), "{text}");
        for field in [
            r#""label": "Ada""#,
            r#""zo\u00eb@b\u00fcro.example""#,
            r#""user_principal_names": ["#,
            r#""directory_names": ["#,
        ] {
            assert!(text.contains(field), "{field} in {text}");
        }
        assert!(!text.contains("Bob"), "{text}");
    }
}

/// Signs a request by `root.key` as a CA that is valid in 2020 alone, into a file.
fn sign_in_the_past(folder: &Path, request: &str, certificate: &str, issuer: &[&str]) {
    let config = "[ca]\ndefault_ca=d\n[d]\ndatabase=index.txt\nnew_certs_dir=.\nrand_serial=yes\n\
        default_md=sha256\npolicy=p\nx509_extensions=v3\n[p]\ncommonName=supplied\n\
        [v3]\nbasicConstraints=critical,CA:TRUE\n";
    fs::write(folder.join("ca.cnf"), config).expect("a file");
    fs::write(folder.join("index.txt"), "").expect("a file");
    let sign =
        "ca -batch -notext -config ca.cnf -startdate 20200101000000Z -enddate 20201231120000Z";
    let sign: Vec<_> = sign.split(' ').collect();
    let files = ["-keyfile", "root.key", "-in", request, "-out", certificate];
    openssl(folder, &[&sign[..], &files, issuer].concat());
}

#[test]
#[ignore = "needs OpenSSL"]
fn expired_issuer_on_path_is_told() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let folder = folder.path();
    let request = [
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
    ];
    let root = [
        "-subj",
        "/CN=Old Root",
        "-keyout",
        "root.key",
        "-out",
        "root.csr",
    ];
    openssl(folder, &[&["req"], &request[..], &root].concat());
    sign_in_the_past(folder, "root.csr", "root.crt", &["-selfsign"]);
    let ada = ["-subj", "/CN=Ada", "-keyout", "ada.key", "-out", "ada.csr"];
    openssl(folder, &[&["req"], &request[..], &ada].concat());
    let sign = "x509 -req -in ada.csr -CA root.crt -CAkey root.key -days 36500 -out ada.crt";
    let sign: Vec<_> = sign.split(' ').collect();
    openssl(folder, &sign);

    let said = |text: &str| {
        text.contains("the issuer Old Root (")
            && text.contains(") on the path expired on 2020-12-31")
    };
    for form in [&[][..], &["--json"]] {
        let show = ["show", "Ada", "--store", "."];
        let (code, text) = run(folder, &[&show, form].concat());
        assert!(code == Some(0) && said(&text), "{text}");
        let few = ["--iterations", "2000", "--password-env", "SECRET"];
        let export = ["export", "Ada", "--store", ".", "-o", "ada.p12", "--force"];
        let (code, text) = run(folder, &[&export, &few[..], form].concat());
        assert!(code == Some(0) && said(&text), "{text}");
    }
    let (code, text) = run(folder, &["show", "Old Root", "--store", ".", "--json"]);
    assert!(
        code == Some(0) && text.contains(r#""warnings": []"#),
        "{text}"
    );
}

#[test]
#[ignore = "needs OpenSSL"]
fn long_name_pads_no_table() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let folder = folder.path();
    fs::create_dir(folder.join("store")).expect("a folder");
    issue(folder, "ada", &["-subj", "/CN=Ada"]);
    issue(folder, "store/bob", &["-subj", "/CN=Bob"]);
    let name = "Ada ".repeat(2_500);
    let pack =
        "pkcs12 -export -in ada.crt -inkey ada.key -out store/ada.p12 -passout env:SECRET -name";
    let pack: Vec<_> = pack.split(' ').chain([&*name]).collect();
    openssl(folder, &pack);

    let store = ["--store", "store", "--unlock-password-env", "SECRET"];
    let backup = "backup --to copies --password-env SECRET --iterations 2000";
    for command in ["list", "list --tree", backup] {
        let command: Vec<_> = command.split(' ').chain(store).collect();
        let (code, text) = run(folder, &command);
        assert_eq!(code, Some(0), "{text}");
        let widest = text.lines().map(|line| line.chars().count()).max();
        assert!(widest < Some(300) && text.contains("Ada …"), "{text}");
    }
    let list: Vec<_> = ["list", "--json"].into_iter().chain(store).collect();
    let (_, text) = run(folder, &list);
    assert!(text.contains(&name), "{text}");
}

#[test]
#[ignore = "needs OpenSSL"]
fn list_names_every_kind_of_key() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let folder = folder.path();
    let of_curve = |curve: &str| {
        ["ec", "-pkeyopt", &format!("ec_paramgen_curve:{curve}")]
            .map(str::to_owned)
            .to_vec()
    };
    let curves = [
        "SM2",
        "brainpoolP256r1",
        "brainpoolP320t1",
        "sect571k1",
        "sect113r1",
        "secp112r1",
        "secp224k1",
    ];
    let kinds = curves
        .map(|curve| (of_curve(curve), curve))
        .into_iter()
        .chain([
            (of_curve("prime192v1"), "P-192"),
            (of_curve("secp224r1"), "P-224"),
            (vec!["ed448".to_owned()], "Ed448"),
        ]);
    let mut names = Vec::new();
    for (number, (algorithm, name)) in kinds.enumerate() {
        let certificate = format!("{number}.crt");
        // An issuer's certificate is listed with its key alone.
        let request =
            "req -x509 -days 36500 -nodes -addext basicConstraints=CA:FALSE -keyout x.key";
        let request: Vec<_> = request.split(' ').collect();
        let subject = format!("/CN=Key {number}");
        let algorithm: Vec<_> = algorithm.iter().map(String::as_str).collect();
        let files = ["-subj", &subject, "-out", &certificate, "-newkey"];
        openssl(folder, &[&request[..], &files, &algorithm].concat());
        names.push((subject[4..].to_owned(), name));
    }
    fs::remove_file(folder.join("x.key")).expect("the last key");
    for (subject, name) in names {
        let (_, text) = run(folder, &["show", &subject, "--store", ".", "--json"]);
        let found = text.lines().find(|line| line.contains("\"algorithm\""));
        let found = found.unwrap_or_else(|| panic!("{subject}: {text}"));
        assert!(found.contains(name), "{name}: {found}");
    }
}

#[test]
fn show_technical_reads_impossible_dates() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut der = Issued::default().certificate().der().to_vec();
    let (written, impossible) = (b"20240101000000Z", b"20240230000060Z");
    let mut places = der.windows(written.len());
    let at = places.position(|place| place == written).expect("its date");
    der[at..at + written.len()].copy_from_slice(impossible);
    fs::write(folder.path().join("ada.der"), der).expect("a certificate");
    let show = ["show", "Ada Example", "--technical", "--store", "."];
    let (code, text) = run(folder.path(), &show);
    assert_eq!(code, Some(0), "{text}");
    for words in [
        "2024-02-29",
        "written as 20240230000060Z until 2025",
        "Signed with",
        "Extensions",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
}
