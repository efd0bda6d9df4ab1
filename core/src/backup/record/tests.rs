use std::fs;

use certstow_formats::names;

use super::super::manifest::Thumbprint;
use super::*;

fn saved(number: u64, size: u64) -> Saved {
    let sha256 = format!("{number:064x}");
    Saved {
        file: format!("someone--{number:016x}.p12"),
        sha256: names::hex(&[7; 32]),
        size,
        thumbprint: Thumbprint {
            sha1: String::new(),
            sha256,
        },
        label: "A label as many have it".to_owned(),
        ..Saved::default()
    }
}

fn record(folder: &Path) -> Record {
    Record::of(folder, Privacy::Wanted).unwrap()
}

fn sizes(folder: &Path) -> (u64, u64) {
    let size = |name| folder.join(name).metadata().map_or(0, |found| found.len());
    (size(NAME), size(CHANGES))
}

/// A folder with a manifest of many entries.
fn with_many(count: u64) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let mut record = record(folder.path());
    (0..count).for_each(|number| drop(record.set(saved(number, 0))));
    record.save().unwrap();
    assert!(sizes(folder.path()).0 > SMALL && sizes(folder.path()).1 == 0);
    folder
}

/// What everybody reads is what the run has in mind.
fn agrees(folder: &Path, record: &Record) {
    let Ok(Some(mut read)) = of_folder(folder) else {
        panic!("no manifest");
    };
    let mut expected = record.entries().to_vec();
    expected.sort_by(|a, b| a.file.cmp(&b.file));
    read.sort();
    assert_eq!(read.entries, expected);
}

#[test]
fn record_save_writes_small_manifest_whole() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    for number in 0..20 {
        let mut record = record(folder);
        record.set(saved(number, 0));
        record.save_changes().unwrap();
        assert!(sizes(folder).1 > 0);
        agrees(folder, &record);
        record.save().unwrap();
        assert_eq!(sizes(folder).1, 0);
        agrees(folder, &record);
    }
}

#[test]
fn record_save_rewrites_manifest_after_many_changes() {
    let folder = with_many(400);
    let folder = folder.path();
    let (first, _) = sizes(folder);
    let mut whole = 0;
    let mut changes = 0;
    for first in (400..1300).step_by(30) {
        let mut record = record(folder);
        for number in first..first + 30 {
            record.set(saved(number, 0));
            record.set(saved(number % 7, number));
        }
        record.remove(&saved(first - 200, 0).thumbprint.sha256);
        record.save().unwrap();
        agrees(folder, &record);
        let now = sizes(folder).1;
        assert!(now <= sizes(folder).0 + 20_000);
        whole += usize::from(now < changes);
        changes = now;
    }
    assert!((1..5).contains(&whole), "{whole} times");
    assert!(sizes(folder).0 > first);
}

#[test]
fn record_save_shrinks_after_most_removals() {
    let folder = with_many(400);
    let folder = folder.path();
    let mut record = record(folder);
    (3..400).for_each(|number| record.remove(&saved(number, 0).thumbprint.sha256));
    record.save().unwrap();
    assert!(sizes(folder).0 < 2000 && sizes(folder).1 == 0);
    agrees(folder, &record);
}

#[test]
fn record_save_rewrites_manifest_without_changes_file() {
    let folder = with_many(400);
    let folder = folder.path();
    let mut record = record(folder);
    record.set(saved(400, 0));
    record.save().unwrap();
    assert!(sizes(folder).1 > 0);
    record.set(saved(401, 0));
    fs::remove_file(folder.join(CHANGES)).unwrap();
    record.save().unwrap();
    assert_eq!(sizes(folder).1, 0);
    agrees(folder, &record);
}

#[test]
fn record_save_removes_changes_of_older_manifest() {
    let folder = with_many(400);
    let folder = folder.path();
    let older = changes::header(&Manifest::empty())
        + &changes::line_of(vec![Change::Saved(Box::new(saved(400, 0)))]);
    fs::write(folder.join(CHANGES), older).unwrap();
    let Ok(Some(manifest)) = of_folder(folder) else {
        panic!("no manifest");
    };
    assert_eq!(manifest.entries.len(), 400);
    record(folder).save().unwrap();
    assert_eq!(sizes(folder).1, 0);
}

/// A disk writes its blocks in any order: where power fails, one that came later may be there, and one
/// before it not.
#[test]
fn of_folder_ignores_changes_with_missing_block() {
    let folder = with_many(400);
    let folder = folder.path();
    let mut record = record(folder);
    record.set(saved(400, 0));
    record.save().unwrap();
    let before = sizes(folder).1 as usize;
    (401..440).for_each(|number| drop(record.set(saved(number, 0))));
    record.save().unwrap();
    let whole = fs::read(folder.join(CHANGES)).unwrap();
    assert!(whole.len() > before + 3 * 4096);
    for block in (before..whole.len()).step_by(4096) {
        let mut bytes = whole.clone();
        let end = whole.len().min(block + 4096);
        bytes[block..end].fill(0);
        fs::write(folder.join(CHANGES), bytes).unwrap();
        let Ok(Some(manifest)) = of_folder(folder) else {
            panic!("damaged");
        };
        assert_eq!(manifest.entries.len(), 401);
    }
}

#[test]
fn record_keeps_changes_until_manifest_is_synced() {
    let folder = with_many(400);
    let folder = folder.path();
    let mut record = record(folder);
    record.set(saved(0, 1));
    record.save().unwrap();
    let unconfirmed = Written {
        file: folder.join(NAME),
        sha256: [0; 32],
        warnings: Vec::new(),
        unsynced: Some("Input/output error".to_owned()),
    };
    let error = record.is_written_whole(70_000, unconfirmed).unwrap_err();
    assert!(matches!(error, Error::NotSynced { .. }));
    // As after files were removed, of which there were none.
    record.save().unwrap();
    assert!(sizes(folder).1 > 0);
}

/// As after a kill, or where a file cannot be removed because somebody reads it.
#[test]
fn record_ignores_stale_changes_within_one_second() {
    let folder = with_many(400);
    let folder = folder.path();
    for size in 1..5 {
        let mut record = record(folder);
        record.set(saved(0, size));
        record.save().unwrap();
        let changes = fs::read(folder.join(CHANGES)).unwrap();
        record.set(saved(0, size + 100));
        record.write_manifest().unwrap();
        fs::write(folder.join(CHANGES), changes).unwrap();
        agrees(folder, &record);
    }
}

#[test]
fn changes_match_entries_with_uppercase_thumbprints() {
    let folder = with_many(400);
    let folder = folder.path();
    let mut record = record(folder);
    record.set(saved(0xab, 5));
    record.remove(&saved(0xcd, 0).thumbprint.sha256);
    record.save().unwrap();
    assert!(sizes(folder).1 > 0);
    let text = fs::read_to_string(folder.join(NAME)).unwrap();
    let digits = |number| saved(number, 0).thumbprint.sha256;
    let text = [0xab, 0xcd].into_iter().fold(text, |text, number| {
        text.replace(&digits(number), &digits(number).to_uppercase())
    });
    fs::write(folder.join(NAME), text).unwrap();
    agrees(folder, &record);
}

/// A share whose server is gone tells nothing of its files.
#[test]
fn of_folder_reports_unreadable_not_damaged() {
    let nowhere = of_folder(Path::new("no\0where"));
    assert!(
        matches!(nowhere, Err(Unusable::Unreadable(_))),
        "{nowhere:?}"
    );
}

#[test]
fn catch_up_keeps_changes_of_other_runs() {
    let folder = with_many(400);
    let folder = folder.path();
    let [mut one, mut other, mut third] = [(); 3].map(|()| record(folder));
    one.set(saved(400, 0));
    one.remove(&saved(3, 0).thumbprint.sha256);
    one.save().unwrap();
    other.set(saved(401, 0));
    other.remove(&saved(4, 0).thumbprint.sha256);
    other.catch_up();
    other.save().unwrap();
    third.set(saved(402, 0));
    third.catch_up();
    third.write_manifest().unwrap();
    agrees(folder, &third);
    assert_eq!(third.entries().len(), 401);
    let mut last = record(folder);
    fs::remove_file(folder.join(NAME)).unwrap();
    last.catch_up();
    assert_eq!(last.entries().len(), 401);
    for (number, is_there) in [
        (3, false),
        (4, false),
        (400, true),
        (401, true),
        (402, true),
    ] {
        let found = third.saved(&saved(number, 0).thumbprint.sha256);
        assert_eq!(found.is_some(), is_there, "{number}");
    }
}

#[test]
fn room_for_refuses_more_than_readable_size() {
    assert!(fits(MOST_BYTES, 0) && fits(0, MOST_BYTES));
    assert!(!fits(MOST_BYTES, 1) && !fits(1, u64::MAX));
    let folder = tempfile::tempdir().unwrap();
    let record = record(folder.path());
    assert_eq!(record.room_for(2).unwrap(), 2 * ROOM_FOR_ENTRY);
    let most = (MOST_BYTES / ROOM_FOR_ENTRY) as usize;
    assert!(record.room_for(most).is_ok() && record.room_for(most + 1).is_err());
}

fn checked(folder: &Path) -> String {
    let Ok(Some(manifest)) = of_folder(folder) else {
        panic!("no manifest");
    };
    manifest.checked
}

#[test]
fn set_checked_is_saved_in_small_and_large_manifest() {
    let small = tempfile::tempdir().unwrap();
    let mut first = record(small.path());
    first.set(saved(1, 0));
    first.save().unwrap();
    assert_eq!(checked(small.path()), "");
    for folder in [small, with_many(400)] {
        let folder = folder.path();
        let (manifest, _) = sizes(folder);
        for (seconds, expected) in [(0, "1970-01-01T00:00:00Z"), (60, "1970-01-01T00:01:00Z")] {
            let mut record = record(folder);
            record.set_checked(UnixTime::new(seconds));
            record.save().unwrap();
            assert_eq!(checked(folder), expected);
            agrees(folder, &record);
        }
        // A large one is not written again for that.
        let (now, changes) = sizes(folder);
        assert!(
            manifest < SMALL || now == manifest && changes < 500,
            "{changes}"
        );
        // What is saved later keeps it.
        let mut later = record(folder);
        later.set(saved(7, 7));
        later.save().unwrap();
        assert_eq!(checked(folder), "1970-01-01T00:01:00Z");
    }
}

#[test]
fn set_checked_writes_nothing_without_entries() {
    let folder = tempfile::tempdir().unwrap();
    let mut record = record(folder.path());
    record.set_checked(UnixTime::new(0));
    record.save().unwrap();
    assert_eq!(sizes(folder.path()), (0, 0));
}

#[test]
fn catch_up_keeps_checked_time() {
    let folder = with_many(2000);
    let mut ours = record(folder.path());
    ours.set_checked(UnixTime::new(60));
    let mut other = record(folder.path());
    other.set(saved(5000, 0));
    other.save().unwrap();
    ours.catch_up();
    ours.save().unwrap();
    assert_eq!(checked(folder.path()), "1970-01-01T00:01:00Z");
    agrees(folder.path(), &ours);
    assert!(ours.saved(&saved(5000, 0).thumbprint.sha256).is_some());
}
