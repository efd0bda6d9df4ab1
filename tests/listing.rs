//! What `certstow list` draws: bars and trees at terminals of any width, colour and encoding, and
//! trees of certificates whose issuers are missing, were signed twice, or go round in a circle.

#![cfg(target_os = "linux")]

#[path = "support/terminal.rs"]
#[allow(dead_code, reason = "other tests at a terminal do other things")]
mod support;

use std::fs;
use std::path::Path;
use std::process::Command;

use support::Terminal;

const PLAIN: (&str, &str) = ("NO_COLOR", "1");
const UTF8: (&str, &str) = ("LC_ALL", "C.UTF-8");

/// What a terminal shows of certstow with the sample store.
fn shown(width: u16, variables: &[(&str, &str)], arguments: &[&str]) -> String {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let store = format!("{}/examples/personal", env!("CARGO_MANIFEST_DIR"));
    let words = [env!("CARGO_BIN_EXE_certstow")].into_iter();
    let words = words.chain(arguments.iter().copied());
    let words = words.chain(["--store", &store]);
    let (code, shown) = Terminal::run(folder.path(), width, variables, words).end();
    assert_eq!(code, Some(0), "{shown}");
    shown
}

fn widest(text: &str) -> usize {
    let lines = text.lines().map(|line| line.trim_end().chars().count());
    lines.max().unwrap_or_default()
}

#[test]
fn list_shows_validity_bars_at_every_width() {
    for width in [200, 120, 100, 80, 60, 40] {
        for tree in [false, true] {
            let tree = if tree { "--tree" } else { "--all" };
            let text = shown(width, &[PLAIN, UTF8], &["list", tree]);
            assert!(widest(&text) <= width.into(), "{width}\n{text}");
            let line = |name: &str| {
                let line = text.lines().find(|line| line.contains(name));
                line.unwrap_or_else(|| panic!("{width}: no {name} in\n{text}"))
            };
            assert!(line("Ada").contains("██"), "{width}\n{text}");
            assert!(line("Edit").contains("░░░░░"), "{width}\n{text}");
            // Never the bar alone, nor its colour.
            assert!(text.contains("expired "), "{width}\n{text}");
        }
    }
}

#[test]
fn list_tree_keeps_branches_at_every_width() {
    for width in [200, 80, 60, 40] {
        let text = shown(width, &[PLAIN, UTF8], &["list", "--tree"]);
        let branches = ["Certst", "└─ Cert", "   ├─ Ada", "   ├─ Edi", "   └─ Gra"];
        for (line, branch) in text.lines().skip(1).zip(branches) {
            assert!(line.starts_with(branch), "{width}: {branch}\n{text}");
        }
    }
}

#[test]
fn list_uses_ascii_without_utf8() {
    for arguments in [
        ["list", "--all"].as_slice(),
        &["list", "--tree"],
        &["show", "Ada"],
    ] {
        for width in [120, 40] {
            let text = shown(width, &[PLAIN, ("LC_ALL", "C")], arguments);
            assert!(text.is_ascii(), "{text}");
        }
    }
    assert!(shown(120, &[PLAIN, ("LC_ALL", "C")], &["list"]).contains("-----"));
}

#[test]
fn list_marks_expired_with_colour_and_word() {
    let text = shown(120, &[UTF8], &["list", "--expired"]);
    let colored = text.lines().find(|line| line.contains("expired"));
    assert!(
        colored.is_some_and(|line| line.contains("\u{1b}[")),
        "{text}"
    );
    assert!(!shown(120, &[PLAIN, UTF8], &["list"]).contains('\u{1b}'));
}

#[test]
fn list_when_piped_is_plain_and_complete() {
    let store = format!("{}/examples/personal", env!("CARGO_MANIFEST_DIR"));
    for arguments in [["list", "--all"].as_slice(), &["list", "--tree"]] {
        let output = Command::new(env!("CARGO_BIN_EXE_certstow"))
            .args(arguments)
            .args(["--store", &store])
            .env("LC_ALL", "C")
            .output()
            .expect("certstow starts");
        let text = String::from_utf8(output.stdout).expect("text");
        assert!(!text.contains(['█', '░', '#', '…', '\u{1b}']), "{text}");
        for part in [
            "694258fc134145baf46e277b2e68bcd0576d0623",
            "2124-01-01",
            "Certstow Sample Issuing CA",
        ] {
            assert!(text.contains(part), "{text}");
        }
    }
}

/// Certificates that OpenSSL makes in a folder.
struct Maker<'a>(&'a Path);

impl Maker<'_> {
    /// A certificate of this subject in `NAME.pem`, signed by that in `issuer`, or by itself; the
    /// key is in `key`, and made if it is not there.
    fn make(&self, name: &str, subject: &str, key: &str, issuer: Option<(&str, &str)>, ca: bool) {
        let mut command = Command::new("openssl");
        command.args(["req", "-x509", "-days", "3000", "-sha256"]);
        command.args(["-utf8", "-subj", &format!("/CN={subject}")]);
        command.args(["-out", &format!("{name}.pem")]);
        if !self.0.join(key).exists() {
            self.run(Command::new("openssl").args([
                "genpkey",
                "-algorithm",
                "EC",
                "-pkeyopt",
                "ec_paramgen_curve:P-256",
                "-out",
                key,
            ]));
        }
        command.args(["-key", key]);
        if let Some((certificate, key)) = issuer {
            command.args(["-CA", certificate, "-CAkey", key]);
        }
        let constraints = if ca { "CA:true" } else { "CA:false" };
        command.args([
            "-addext",
            &format!("basicConstraints=critical,{constraints}"),
        ]);
        self.run(&mut command);
    }

    fn run(&self, command: &mut Command) {
        let output = command
            .current_dir(self.0)
            .output()
            .expect("OpenSSL starts");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{command:?}: {said}");
    }
}

/// The tree of a folder, without what stands right of the names.
fn tree(folder: &Path) -> Vec<String> {
    let output = Command::new(env!("CARGO_BIN_EXE_certstow"))
        .args(["list", "--tree", "--timeout", "60s", "--store"])
        .arg(folder)
        .output()
        .expect("certstow starts");
    let text = String::from_utf8(output.stdout).expect("text");
    assert_eq!(output.status.code(), Some(0), "{text}");
    let names = text.lines().skip(1).map(|line| {
        let line = line.trim_end();
        let name = line.split("  20").next().unwrap_or(line);
        name.trim_end().to_owned()
    });
    names.collect()
}

#[test]
#[ignore = "needs OpenSSL"]
fn list_tree_ends_at_issuer_loop() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let maker = Maker(folder.path());
    maker.make("seed", "Loop A", "a.key", None, true);
    maker.make("b", "Loop B", "b.key", Some(("seed.pem", "a.key")), true);
    maker.make("a", "Loop A", "a.key", Some(("b.pem", "b.key")), true);
    maker.make(
        "leaf",
        "Leaf of a loop",
        "leaf.key",
        Some(("a.pem", "a.key")),
        false,
    );
    fs::remove_file(folder.path().join("seed.pem")).expect("the seed goes");
    let shown = tree(folder.path());
    // A and B have keys here, and so are identities, too.
    let leaf = shown.iter().filter(|line| line.contains("Leaf of a loop"));
    assert_eq!(leaf.count(), 1, "{shown:#?}");
    assert!(shown[0].ends_with("(not found)"), "{shown:#?}");
    assert!(shown.len() < 12, "{shown:#?}");
}

#[test]
#[ignore = "needs OpenSSL"]
fn list_tree_handles_cross_signed_certificates() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let maker = Maker(folder.path());
    maker.make("one", "Root One", "one.key", None, true);
    maker.make("two", "Root Two", "two.key", None, true);
    maker.make(
        "cross-one",
        "Cross CA",
        "cross.key",
        Some(("one.pem", "one.key")),
        true,
    );
    maker.make(
        "cross-two",
        "Cross CA",
        "cross.key",
        Some(("two.pem", "two.key")),
        true,
    );
    maker.make(
        "leaf",
        "Leaf",
        "leaf.key",
        Some(("cross-one.pem", "cross.key")),
        false,
    );
    maker.make("gone", "Gone CA", "gone.key", None, true);
    maker.make(
        "orphan",
        "Orphan",
        "orphan.key",
        Some(("gone.pem", "gone.key")),
        false,
    );
    maker.make("alone", "Alone", "alone.key", None, false);
    let hostile = "Evil\u{1b}[2J\u{202e}\u{7}CA";
    maker.make("evil", hostile, "evil.key", None, true);
    maker.make(
        "prey",
        "Prey",
        "prey.key",
        Some(("evil.pem", "evil.key")),
        false,
    );
    for name in ["one", "two", "cross", "gone", "evil"] {
        fs::remove_file(folder.path().join(format!("{name}.key"))).expect("a key goes");
    }
    fs::remove_file(folder.path().join("gone.pem")).expect("the issuer goes");
    let shown = tree(folder.path());
    let expected = [
        "Alone",
        "Evil\\u{1b}[2J\\u{202e}\\u{7}CA",
        "└─ Prey",
        "Gone CA (not found)",
        "└─ Orphan",
    ];
    assert_eq!(shown[..5], expected, "{shown:#?}");
    // Both ways are as good; one of them is taken.
    assert!(shown[5].starts_with("Root "), "{shown:#?}");
    assert_eq!(shown[6..], ["└─ Cross CA", "   └─ Leaf"], "{shown:#?}");
}
