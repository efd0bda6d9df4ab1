use certstow_core::error::Error as LibraryError;
use certstow_platform::event_log::NUMBERS;

use super::*;

#[test]
fn entry_line_is_single_line_json() {
    let entry = Entry::saved("Ada\n\u{202e}")
        .with_file(Path::new("a.p12"))
        .with_sha256(&[0xab; 32])
        .with_some("store", None::<String>);
    let line = entry.line("backup verify").unwrap();
    assert!(!line.contains(['\n', '\u{202e}']), "{line:?}");
    let json: Value = serde_json::from_str(&line).unwrap();
    assert_eq!(json["level"], "info");
    assert_eq!(json["command"], "backup verify");
    assert_eq!(json["event"], "saved");
    assert_eq!(json["message"], "saved Ada\n\u{202e}");
    assert_eq!(json["file"], "a.p12");
    assert_eq!(json["sha256"], "ab".repeat(32));
    assert_eq!(json["pid"], std::process::id());
    assert_eq!(json.get("store"), None);
    // The order that a person reads in.
    assert!(line.starts_with("{\"time\":\""), "{line}");
}

#[test]
fn entry_numbers_are_known_to_viewer() {
    let ends = Exit::ALL.map(|exit| Entry::end(exit, Instant::now()));
    let others = [
        Entry::start(Map::new()),
        Entry::warning(""),
        Entry::error(&Error::Cancelled),
        Entry::saved(""),
        Entry::checked(Level::Error, String::new()),
        Entry::imported(""),
        Entry::removed(""),
        Entry::kept(""),
        Entry::scheduled(""),
    ];
    for entry in ends.iter().chain(&others) {
        let number = entry.number.unwrap();
        assert!(NUMBERS.contains(&number), "{entry:?}");
    }
}

#[test]
fn entry_text_includes_fields() {
    let error = LibraryError::Password("it is empty".to_owned());
    let text = Entry::error(&error).text("export");
    assert!(text.starts_with("certstow export: it is empty\n"), "{text}");
    assert!(
        text.contains("\nexit: 17") && text.contains("\nhint: "),
        "{text}"
    );
}
