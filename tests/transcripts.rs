//! What certstow prints and exits with, one transcript for each error and each help page, in
//! `tests/cmd`, with paths and permissions as Unix has them. `TRYCMD=overwrite cargo test --test transcripts` writes them anew.

#![cfg(unix)]

use trycmd::TestCases;

#[test]
fn certstow_says_what_the_transcripts_show() {
    let nowhere = tempfile::tempdir().expect("a temporary folder");
    TestCases::new()
        .env("XDG_DATA_HOME", nowhere.path().to_string_lossy())
        .env("HOME", nowhere.path().to_string_lossy())
        .env("NO_COLOR", "1")
        .env("COLUMNS", "120")
        .env("TZ", "UTC")
        .env("SECRET", "correct horse battery staple")
        .env("NO_SECRET", "")
        .case("tests/cmd/*.trycmd");
}
