//! Certificates that were renewed: nothing warns of their end, and it is said what is in their place.

#![cfg(unix)]

#[path = "support/program.rs"]
mod program;
#[cfg(target_os = "linux")]
#[path = "support/terminal.rs"]
#[allow(dead_code, reason = "other tests at a terminal do other things")]
mod terminal;

use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

use certstow_core::time::local_date;
use certstow_formats::testing::issued::{Issued, KEY_ENCIPHERMENT};
use certstow_formats::time::UnixTime;
use program::{certstow, run};
use serde_json::Value;
#[cfg(target_os = "linux")]
use terminal::Terminal;

fn today() -> i64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let days = since.expect("after 1970") / 24 / 3600;
    i64::try_from(days.as_secs()).expect("days")
}

/// Ends in 19 days.
fn old() -> Issued<'static> {
    Issued {
        from: today() - 300,
        until: today() + 19,
        ..Issued::default()
    }
}

/// Its renewal, with a key of its own.
fn new() -> Issued<'static> {
    Issued {
        key: 2,
        from: today() - 5,
        until: today() + 700,
        ..old()
    }
}

/// The one of Bob Example, which nobody renewed.
fn other() -> Issued<'static> {
    Issued {
        subject: "Bob Example",
        key: 3,
        ..old()
    }
}

/// A folder with a store of these, in this order.
fn store(all: &[Issued<'_>]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let store = folder.path().join("store");
    fs::create_dir(&store).expect("a folder");
    for (number, one) in all.iter().enumerate() {
        fs::write(store.join(format!("{number}.pem")), one.pem()).expect("a file");
    }
    folder
}

fn listed(folder: &Path, words: &str) -> (Option<i32>, String) {
    let words = format!("{words} --store store");
    run(folder, &words.split(' ').collect::<Vec<_>>())
}

fn json(folder: &Path, words: &str) -> Value {
    let (_, text) = listed(folder, &format!("{words} --json"));
    serde_json::from_str(&text).expect("JSON")
}

fn thumbprint(one: Issued<'_>) -> String {
    certstow_formats::names::thumbprint(&one.certificate())
}

fn newer_one() -> String {
    let end = UnixTime::new(0) + Duration::from_secs((new().until * 24 * 3600).unsigned_abs());
    format!("renewed: newer one until {}", local_date(end))
}

#[test]
fn list_puts_current_certificate_first() {
    let folder = store(&[old(), other(), new()]);
    let (code, text) = listed(folder.path(), "list");
    assert_eq!(code, Some(0), "{text}");
    let rows: Vec<_> = text.lines().skip(1).collect();
    let in_row = |row: usize, words: &str| rows[row].contains(words);
    assert!(in_row(0, &thumbprint(new())), "{text}");
    assert!(in_row(1, &thumbprint(other())), "{text}");
    assert!(in_row(2, &thumbprint(old())), "{text}");
    assert!(in_row(2, &newer_one()), "{text}");
    assert_eq!(text.matches("renewed").count(), 1, "{text}");
}

#[test]
#[cfg(target_os = "linux")]
fn list_shows_renewal_at_every_width() {
    let folder = store(&[old(), other(), new()]);
    for width in [200, 120, 100, 80, 60, 40] {
        for tree in [&[][..], &["--tree"]] {
            let words = [env!("CARGO_BIN_EXE_certstow"), "list", "--store", "store"];
            let words = words.iter().chain(tree).copied();
            let variables = [("NO_COLOR", "1"), ("LC_ALL", "C.UTF-8")];
            let (code, text) = Terminal::run(folder.path(), width, &variables, words).end();
            assert_eq!(code, Some(0), "{text}");
            assert!(text.contains("renewed"), "{width}\n{text}");
            let widest = text.lines().map(|line| line.trim_end().chars().count());
            assert!(widest.max() <= Some(width.into()), "{width}\n{text}");
        }
    }
}

#[test]
fn list_expires_within_leaves_out_renewed() {
    let folder = store(&[old(), other(), new()]);
    let folder = folder.path();
    let (code, text) = listed(folder, "list --expires-within 30d");
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("Bob") && !text.contains("Ada"), "{text}");
    let (_, text) = listed(folder, "list --expires-within 30d --all");
    assert!(
        text.contains("Bob") && text.contains(&newer_one()),
        "{text}"
    );
    // Without that filter nothing is left out.
    let (_, text) = listed(folder, "list --valid");
    assert_eq!(text.matches("Ada Example").count(), 2, "{text}");
    let (code, text) = listed(folder, "list --expires-within 30d --subject ada");
    assert_eq!(code, Some(0), "{text}");
    assert!(
        text.contains("one that is renewed already matches"),
        "{text}"
    );
    assert!(text.contains("--all"), "{text}");
    let pem = Issued { key: 4, ..old() }.pem();
    let (certificate, _) = pem.split_once("-----BEGIN PRIVATE").expect("a key");
    fs::write(folder.join("store/keyless.pem"), certificate).expect("a file");
    let (code, text) = listed(folder, "list --expires-within 30d --subject ada");
    assert_eq!(code, Some(0), "{text}");
    let kinds = "2 match: 1 renewed already, 1 without a private key";
    assert!(text.contains(kinds), "{text}");
}

/// The names that are listed, in their order.
fn names(text: &str) -> Vec<&str> {
    let lines = text.lines().skip(1);
    lines.filter_map(|line| line.split("  ").next()).collect()
}

#[test]
fn list_sorts_by_end_and_name() {
    let folder = store(&[other(), new(), old()]);
    let folder = folder.path();
    let sorted = |by: &str| listed(folder, &format!("list --sort {by}")).1;
    assert_eq!(
        names(&sorted("end")),
        ["Bob Example", "Ada Example", "Ada Example"]
    );
    let by_name = sorted("name");
    assert_eq!(
        names(&by_name),
        ["Ada Example", "Ada Example", "Bob Example"]
    );
    // The current one stays before what it renewed.
    let renewed = by_name
        .lines()
        .position(|line| line.contains("newer one until"));
    assert_eq!(renewed, Some(2), "{by_name}");
}

#[test]
fn report_without_match_writes_page() {
    let folder = store(&[new()]);
    let folder = folder.path();
    let (code, text) = listed(folder, "report --expires-within 60d -o page.html");
    assert_eq!(code, Some(0), "{text}");
    let page = fs::read_to_string(folder.join("page.html")).expect("the page");
    let nothing = "No identity ends within 60 days in file:";
    assert!(page.contains(nothing) && text.contains(nothing), "{text}");
    let (_, told) = listed(folder, "report --expired -o page.html --force --json");
    let told: Value = serde_json::from_str(&told).expect("JSON alone");
    assert_eq!(told["identities"], 0);
}

#[test]
fn list_keeps_warning_where_usages_differ() {
    let encryption = Issued {
        key_usage: KEY_ENCIPHERMENT,
        ..new()
    };
    let folder = store(&[old(), encryption]);
    let (code, text) = listed(folder.path(), "list --expires-within 30d");
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("Ada") && !text.contains("renewed"), "{text}");
}

#[test]
fn list_json_names_what_renewed() {
    let folder = store(&[old(), other(), new()]);
    let list = json(folder.path(), "list");
    let entries = list["entries"].as_array().expect("entries");
    let renewed: Vec<_> = entries.iter().map(|entry| &entry["renewed_by"]).collect();
    assert_eq!(renewed[..2], [&Value::Null, &Value::Null]);
    assert_eq!(*renewed[2], thumbprint(new()));
    let show = json(folder.path(), &format!("show {}", thumbprint(old())));
    assert_eq!(show["renewed_by"], thumbprint(new()));
}

#[test]
fn show_names_what_renewed() {
    let folder = store(&[old(), new()]);
    let (code, text) = listed(folder.path(), &format!("show {}", thumbprint(old())));
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains(&newer_one()), "{text}");
    assert!(text.contains(&thumbprint(new())), "{text}");
    assert!(!text.contains("renew now"), "{text}");
}

#[test]
fn report_counts_renewed_by_themselves() {
    let folder = store(&[old(), other(), new()]);
    let folder = folder.path();
    let report = json(folder, "report -o page.html");
    assert_eq!(report["identities"], 3);
    assert_eq!(report["within_30_days"], 1);
    assert_eq!(report["renewed"], 1);
    let page = fs::read_to_string(folder.join("page.html")).expect("the page");
    assert_eq!(page.matches(r#"data-urgency="renewed""#).count(), 1);
    assert!(page.contains("<b>1</b> end within 30 days"));
    // Whatever is renewed stands below.
    let at = |words: &str| page.find(words).expect("it is there");
    let begin = |one: Issued<'_>| format!(r#"data-begin="{}""#, one.from * 24 * 3600);
    assert!(at(r#"data-urgency="renewed""#) > at(&begin(new())));
    // As with `list`.
    let report = json(folder, "report -o page.html --force --expires-within 30d");
    assert_eq!(report["identities"], 1);
    let all = json(
        folder,
        "report -o page.html --force --expires-within 30d --all",
    );
    assert_eq!(all["identities"], 2);
}

#[test]
fn newest_takes_last_of_one_subject() {
    let folder = store(&[new(), old(), other()]);
    let folder = folder.path();
    let show = json(folder, "show Ada --newest");
    assert_eq!(show["thumbprint"]["sha1"], thumbprint(new()));
    let output = certstow(folder)
        .args(["show", "Example", "--newest", "--store", "store"])
        .output()
        .expect("it starts");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(11), "{said}");
    assert!(said.contains("of different subjects"), "{said}");
    assert!(!said.contains("--newest"), "{said}");
    let at_once = Issued { key: 4, ..new() };
    fs::write(folder.join("store/3.pem"), at_once.pem()).expect("a file");
    let (code, text) = listed(folder, "show Ada --newest");
    assert_eq!(code, Some(11), "{text}");
    assert!(
        text.contains("3 identities match 'Ada', the newest of which were issued at the same time"),
        "{text}"
    );
}
