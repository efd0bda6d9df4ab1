//! The pages that `certstow man` writes: complete, and without a word that the programs that show
//! them stumble over.

#[path = "support/program.rs"]
#[allow(dead_code, reason = "other tests run it with a password")]
mod program;

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use tempfile::TempDir;

use program::certstow;

/// The pages, in a folder.
fn pages() -> (TempDir, Vec<PathBuf>) {
    let folder = tempfile::tempdir().expect("a folder");
    let written = certstow(folder.path())
        .args(["man", "manual"])
        .output()
        .expect("certstow starts");
    assert!(written.status.success(), "{written:?}");
    let files = fs::read_dir(folder.path().join("manual")).expect("a folder");
    let mut files: Vec<_> = files.map(|file| file.expect("a file").path()).collect();
    files.sort();
    (folder, files)
}

#[test]
fn man_pages_have_every_section() {
    let (_folder, pages) = pages();
    assert!(pages.len() > 20, "{pages:?}");
    for page in pages {
        let text = fs::read_to_string(&page).expect("it can be read");
        let sections: Vec<_> = text
            .lines()
            .filter_map(|line| line.strip_prefix(".SH "))
            .collect();
        for section in [
            "NAME",
            "SYNOPSIS",
            "DESCRIPTION",
            "OPTIONS",
            "EXAMPLES",
            "\"EXIT CODES\"",
            "ENVIRONMENT",
            "\"SEE ALSO\"",
        ] {
            assert!(sections.contains(&section), "{}: {section}", page.display());
        }
    }
}

/// Every page that another names is there.
#[test]
fn man_pages_reference_only_existing_pages() {
    let (_folder, pages) = pages();
    let names: Vec<_> = pages
        .iter()
        .filter_map(|page| page.file_stem()?.to_str())
        .collect();
    for page in &pages {
        let text = fs::read_to_string(page).expect("it can be read");
        let (_, also) = text.split_once(".SH \"SEE ALSO\"").expect("there is one");
        let mut named = 0;
        for line in also.lines().filter(|line| line.starts_with("\\fB")) {
            let name = line.trim_start_matches("\\fB").split("\\fR").next();
            let name = name.unwrap_or_default().replace("\\-", "-");
            assert!(names.contains(&name.as_str()), "{}: {name}", page.display());
            named += 1;
        }
        assert!(named > 0, "{}", page.display());
    }
}

#[test]
#[ignore = "needs mandoc"]
fn man_pages_pass_mandoc_lint() {
    let (_folder, pages) = pages();
    let checked = Command::new("mandoc")
        .args(["-T", "lint", "-W", "warning"])
        .args(&pages)
        .output()
        .expect("mandoc starts");
    let said = String::from_utf8_lossy(&checked.stdout).into_owned();
    assert!(checked.status.success() && said.is_empty(), "{said}");
}

#[test]
#[ignore = "needs groff"]
fn man_pages_render_in_groff_without_warnings() {
    let (_folder, pages) = pages();
    for page in pages {
        let checked = Command::new("groff")
            .args(["-man", "-Kutf8", "-Tutf8", "-ww", "-z"])
            .arg(&page)
            .output()
            .expect("groff starts");
        let said = String::from_utf8_lossy(&checked.stderr).into_owned();
        assert!(
            checked.status.success() && said.is_empty(),
            "{}: {said}",
            page.display()
        );
    }
}
