//! Certificates whose names OpenSSL wrote, shown by what they are called, and found by it.

#![cfg(unix)]

#[path = "support/program.rs"]
#[allow(dead_code, reason = "other tests use more of it")]
mod program;

use std::fs;
use std::path::Path;
use std::process::Command;

use program::{certstow, in_folder};

/// A new certificate and its key in the folder, with these options of `openssl req`.
fn issue(folder: &Path, name: &str, options: &[&str]) {
    let make = "req -x509 -nodes -newkey ec -pkeyopt ec_paramgen_curve:P-256 -days 36500 -utf8";
    let mut openssl = Command::new("openssl");
    openssl.args(make.split(' ')).args(options);
    for (option, end) in [("-keyout", "key"), ("-out", "crt")] {
        openssl.args([option, &format!("{name}.{end}")]);
    }
    in_folder(&mut openssl, folder);
    let output = openssl.output().expect("openssl starts");
    assert!(output.status.success(), "{output:?}");
}

/// The exit code of certstow, and what it writes to standard output and standard error.
fn run(folder: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let mut certstow = certstow(folder);
    let output = certstow.args(arguments).output().expect("it starts");
    let text = [output.stdout, output.stderr].concat();
    (
        output.status.code(),
        String::from_utf8_lossy(&text).into_owned(),
    )
}

#[test]
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
            r#""zoë@büro.example""#,
            r#""user_principal_names": ["#,
            r#""directory_names": ["#,
        ] {
            assert!(text.contains(field), "{field} in {text}");
        }
        assert!(!text.contains("Bob"), "{text}");
    }
}
