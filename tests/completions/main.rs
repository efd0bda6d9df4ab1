//! Completions, by the shells themselves: each runs at a terminal, somebody presses Tab, and the
//! screen is read.

#![cfg(target_os = "linux")]

#[path = "../support/program.rs"]
#[allow(dead_code, reason = "other tests run it with a password")]
mod program;
#[path = "../support/terminal.rs"]
#[allow(dead_code, reason = "other tests at a terminal do other things")]
mod terminal;

mod bash;
mod fish;
mod protocol;
mod shell;
mod zsh;

/// The sample identities.
const ADA: &str = "694258fc134145baf46e277b2e68bcd0576d0623";
const EDITH: &str = "9d199600f3ae2179fcfac072aa601c7f70c1f688";
const GRACE: &str = "776c7167ca23d47fa0c8e2ab6c78ee6e01bc0e85";

/// Makes a store in `folder` with one identity of this name.
fn make_store(folder: &std::path::Path, name: &str) {
    std::fs::create_dir_all(folder).expect("a folder");
    let done = std::process::Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
        ])
        .args(["-noenc", "-days", "400", "-utf8", "-subj"])
        .arg(format!("/CN={}", name.replace('/', "\\/")))
        .args(["-keyout", "key.pem", "-out", "certificate.pem"])
        .current_dir(folder)
        .output()
        .expect("openssl starts");
    assert!(done.status.success(), "{done:?}");
}

/// A name that does something wherever it is taken for more than text.
const HOSTILE: &str = "Eve $(touch pwned) `touch pwned` '\"; touch pwned; \u{1b}[31m\u{202e}:%s";

/// A store with [`HOSTILE`] in `folder`, and nothing else there.
fn hostile_store(folder: &std::path::Path) -> String {
    make_store(&folder.join("hostile"), HOSTILE);
    "hostile".to_owned()
}
