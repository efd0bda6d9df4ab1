use super::*;

/// Puts a file there in place of a copy that somebody changes meanwhile.
fn fill(path: &Path, old: &Path) -> Result<Named, StoreError> {
    fs::write(old, "a key").unwrap();
    let change = Change {
        was: change::read(old).unwrap(),
        path: old.to_owned(),
        becomes: Becomes::Deleted,
    };
    fs::write(old, "a key, and another").unwrap();
    let place = Place {
        path: path.to_owned(),
        taken: Vec::new(),
        replaced: None,
        changes: vec![change],
    };
    place.fill(change::write(path, b"the same key").unwrap())
}

#[test]
fn fill_rollback_removes_only_own_file() {
    let folder = tempfile::tempdir().unwrap();
    let (path, old) = (folder.path().join("a.pem"), folder.path().join("old.pem"));
    let refused = fill(&path, &old).err().unwrap();
    assert!(matches!(refused, StoreError::NotRemoved { .. }));
    assert!(!path.exists());
    assert_eq!(fs::read(&old).unwrap(), b"a key, and another");

    let mine = change::write(&path, b"mine").unwrap();
    let own = disk::inode_of(mine.as_file()).unwrap();
    mine.rename(&path).unwrap();
    let others = change::write(&path, b"another program's").unwrap();
    others.replace(&path).unwrap();
    let half = taken_back(&path, own, change::changed_meanwhile(&old));
    assert!(matches!(half, StoreError::HalfDone { .. }));
    assert_eq!(fs::read(&path).unwrap(), b"another program's");
}
