use super::*;

fn deleted(path: PathBuf) -> Change {
    Change {
        was: read(&path).unwrap(),
        path,
        becomes: Becomes::Deleted,
    }
}

fn files(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> = names
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn reason(error: StoreError) -> String {
    match error {
        StoreError::NotRemoved { reason, .. } => reason,
        other => panic!("{other:?}"),
    }
}

#[test]
fn make_refuses_to_change_file_modified_meanwhile() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.pem");
    for becomes in [
        Becomes::Rewritten(Zeroizing::new(b"rest".to_vec())),
        Becomes::Converted {
            label: "Ada".to_owned(),
            id: EntryId::of(b""),
            bytes: Zeroizing::new(b"certificates".to_vec()),
        },
        Becomes::Deleted,
    ] {
        fs::write(&path, "one key").unwrap();
        let change = Change {
            becomes,
            ..deleted(path.clone())
        };
        fs::write(&path, "one key, and another").unwrap();
        let refused = reason(make(&[change]).unwrap_err());
        assert!(refused.contains("changed meanwhile"), "{refused}");
        assert_eq!(fs::read(&path).unwrap(), b"one key, and another");
        // Nor is anything new left there.
        assert_eq!(files(folder.path()), ["a.pem"]);
    }
}

#[test]
fn make_is_idempotent_when_change_already_made() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.pem");
    fs::write(&path, "a key, and the rest").unwrap();
    let change = || Change {
        was: Zeroizing::new(b"a key, and the rest".to_vec()),
        path: path.clone(),
        becomes: Becomes::Rewritten(Zeroizing::new(b"the rest".to_vec())),
    };
    for _ in 0..2 {
        make(&[change()]).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"the rest");
    }
    fs::remove_file(&path).unwrap();
    make(&[change()]).unwrap();
    assert!(files(folder.path()).is_empty());
}

#[test]
fn make_accepts_file_already_deleted() {
    let folder = tempfile::tempdir().unwrap();
    let changes = ["a.key", "b.key"].map(|name| {
        let path = folder.path().join(name);
        fs::write(&path, "a key").unwrap();
        deleted(path)
    });
    fs::remove_file(&changes[0].path).unwrap();
    make(&changes).unwrap();
    assert!(files(folder.path()).is_empty());
}

#[test]
fn make_keeps_identical_converted_certificates_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.p12");
    let (label, id) = ("Ada", EntryId::of(b""));
    let beside = free_name(folder.path(), label, &id);
    let convert = |bytes: &[u8]| {
        fs::write(&path, "a key").unwrap();
        let becomes = Becomes::Converted {
            label: label.to_owned(),
            id,
            bytes: Zeroizing::new(bytes.to_vec()),
        };
        let change = Change {
            becomes,
            ..deleted(path.clone())
        };
        make(&[change]).unwrap();
    };
    convert(b"certificates");
    convert(b"certificates");
    let name = beside.file_name().unwrap().to_str().unwrap().to_owned();
    assert_eq!(files(folder.path()), [name]);
    assert_eq!(fs::read(&beside).unwrap(), b"certificates");
    convert(b"others");
    assert_eq!(files(folder.path()).len(), 2);
    assert_eq!(fs::read(&beside).unwrap(), b"certificates");
}

#[test]
fn make_reports_half_done_on_later_failure() {
    let folder = tempfile::tempdir().unwrap();
    let changes = ["a.key", "b.key"].map(|name| {
        let path = folder.path().join(name);
        fs::write(&path, "a key").unwrap();
        deleted(path)
    });
    fs::write(&changes[1].path, "another key").unwrap();
    let error = make(&changes).unwrap_err();
    let StoreError::HalfDone { place, source, .. } = error else {
        panic!("{error:?}");
    };
    assert!(place.ends_with("b.key"), "{place}");
    let source = source.unwrap().to_string();
    assert!(source.contains("changed meanwhile"), "{source}");
    assert_eq!(files(folder.path()), ["b.key"]);
}
