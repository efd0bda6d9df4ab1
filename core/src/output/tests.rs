use super::*;

fn preflight(file: &Path, existing: Existing) -> Result<(), Error> {
    super::preflight(file, existing, Privacy::Required)
}

fn write(
    file: &Path,
    existing: Existing,
    bytes: &[u8],
    verify: impl FnOnce(&[u8]) -> Result<(), String>,
) -> Result<Written, Error> {
    super::write(file, existing, Privacy::Required, bytes, verify)
}

fn accept(_: &[u8]) -> Result<(), String> {
    Ok(())
}

/// The names in a folder, to show that nothing else was left in it.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn write_returns_hash_and_leaves_only_target() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.p12");
    preflight(&file, Existing::Refuse).unwrap();
    let written = write(&file, Existing::Refuse, b"content", |read| {
        assert_eq!(read, b"content");
        Ok(())
    })
    .unwrap();
    assert_eq!(fs::read(&file).unwrap(), b"content");
    assert_eq!(written.sha256, <[u8; 32]>::from(Sha256::digest(b"content")));
    assert_eq!(written.file, file);
    assert_eq!(names(folder.path()), ["a.p12"]);
}

#[test]
fn write_refuses_an_existing_target() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.p12");
    fs::write(&file, b"old").unwrap();
    let refused = preflight(&file, Existing::Refuse);
    assert!(matches!(refused, Err(Error::TargetExists { file: named }) if named == file));
    let refused = write(&file, Existing::Refuse, b"new", accept);
    assert!(matches!(refused, Err(Error::TargetExists { .. })));
    assert_eq!(fs::read(&file).unwrap(), b"old");
    assert_eq!(names(folder.path()), ["a.p12"]);
}

#[test]
fn write_refuses_target_created_during_verification() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.p12");
    let refused = write(&file, Existing::Refuse, b"new", |_| {
        fs::write(&file, b"somebody else's").unwrap();
        Ok(())
    });
    assert!(
        matches!(refused, Err(Error::TargetExists { .. })),
        "{refused:?}"
    );
    assert_eq!(fs::read(&file).unwrap(), b"somebody else's");
    assert_eq!(names(folder.path()), ["a.p12"]);
}

#[test]
fn write_keeps_old_target_after_failed_verification() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.p12");
    fs::write(&file, b"old").unwrap();
    let failed = write(&file, Existing::Replace, b"new", |_| {
        Err("the MAC differs".to_owned())
    });
    assert!(
        matches!(failed, Err(Error::Verification { reason, .. }) if reason == "the MAC differs")
    );
    assert_eq!(fs::read(&file).unwrap(), b"old");
    assert_eq!(names(folder.path()), ["a.p12"]);
}

#[test]
fn write_creates_nothing_after_failed_verification() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.p12");
    write(&file, Existing::Refuse, b"new", |_| Err(String::new())).unwrap_err();
    assert!(names(folder.path()).is_empty());
}

#[test]
fn read_back_detects_changed_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.p12");
    let (temporary, _) = create_beside(&file, Privacy::Required).unwrap();
    fs::write(temporary.path(), b"longer than expected").unwrap();
    let read = temporary.read_back(6).unwrap();
    assert_eq!(
        &read[..],
        b"longer ",
        "one byte more than expected is enough to tell"
    );
    assert!(same(&read, b"longer").is_err());
    assert!(same(b"longer", b"longer").is_ok());
}

#[test]
fn preflight_refuses_a_folder_as_target() {
    let folder = tempfile::tempdir().unwrap();
    let not_there = folder.path().join("not-there/");
    let is_one = ErrorKind::IsADirectory;
    for (target, kind) in [
        (folder.path(), is_one),
        (&not_there, ErrorKind::NotFound),
        (Path::new(".."), is_one),
        (Path::new(""), is_one),
    ] {
        for existing in [Existing::Refuse, Existing::Replace] {
            let refused = preflight(target, existing);
            assert!(
                matches!(&refused, Err(Error::Target { source, .. })
                    if source.kind() == kind),
                "{}: {refused:?}",
                target.display()
            );
        }
    }
    assert!(names(folder.path()).is_empty());
}

#[test]
fn write_reports_a_missing_folder() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("no/such/a.p12");
    for refused in [
        preflight(&file, Existing::Refuse).unwrap_err(),
        write(&file, Existing::Refuse, b"", accept).unwrap_err(),
    ] {
        assert!(
            matches!(&refused, Error::Target { source, .. } if source.kind() == ErrorKind::NotFound),
            "{refused:?}"
        );
    }
}

#[test]
fn write_accepts_long_unicode_paths() {
    let folder = tempfile::tempdir().unwrap();
    let mut file = folder.path().to_path_buf();
    for _ in 0..4 {
        file.push("Müller Łukasiewicz ".repeat(5).trim_end());
    }
    fs::create_dir_all(&file).unwrap();
    file.push("a.p12");
    assert!(file.as_os_str().len() > 300);
    preflight(&file, Existing::Refuse).unwrap();
    let written = write(&file, Existing::Refuse, b"old", accept).unwrap();
    assert_eq!(written.file, file, "as it was named");
    write(&file, Existing::Replace, b"new", accept).unwrap();
    let refused = write(&file, Existing::Refuse, b"newer", accept);
    assert!(matches!(refused, Err(Error::TargetExists { file: named }) if named == file));
    assert_eq!(fs::read(&file).unwrap(), b"new");
    assert_eq!(names(file.parent().unwrap()), ["a.p12"]);
}

/// An exposed temporary file, as FAT has it.
#[cfg(unix)]
#[test]
fn exposed_reports_or_refuses_readable_files() {
    use std::os::unix::fs::PermissionsExt as _;

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.p12");
    let (temporary, others) = create_beside(&file, Privacy::Required).unwrap();
    assert!(!others);
    for privacy in [Privacy::Wanted, Privacy::Required] {
        assert!(!exposed(temporary.as_file(), &file, privacy).unwrap());
    }
    let everybody = fs::Permissions::from_mode(0o755);
    fs::set_permissions(temporary.path(), everybody).unwrap();
    assert!(exposed(temporary.as_file(), &file, Privacy::Wanted).unwrap());
    let refused = exposed(temporary.as_file(), &file, Privacy::Required).unwrap_err();
    assert!(matches!(refused, Error::NotPrivate { .. }));
}

/// Another program has the target open, and does not share its removal.
#[cfg(windows)]
#[test]
fn write_refuses_a_target_in_use() {
    use std::os::windows::fs::OpenOptionsExt as _;

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.p12");
    fs::write(&file, b"old").unwrap();
    let open = fs::File::options().read(true).share_mode(1).open(&file);
    for refused in [
        preflight(&file, Existing::Replace).unwrap_err(),
        write(&file, Existing::Replace, b"new", accept).unwrap_err(),
    ] {
        assert!(
            matches!(
                refused,
                Error::Target {
                    what: NOT_REPLACED,
                    ..
                }
            ),
            "{refused:?}"
        );
    }
    drop(open);
    assert_eq!(fs::read(&file).unwrap(), b"old");
    assert_eq!(names(folder.path()), ["a.p12"]);
}

#[cfg(unix)]
mod unix {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    use std::process::Command;

    use super::*;

    fn mode(file: &Path) -> u32 {
        fs::metadata(file).unwrap().permissions().mode() & 0o7777
    }

    #[test]
    fn write_keeps_file_private_throughout() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.p12");
        let written = write(&file, Existing::Refuse, b"secret", |_| {
            let temporary = names(folder.path()).pop().unwrap();
            assert!(temporary.starts_with(".certstow-"), "{temporary}");
            assert_eq!(mode(&folder.path().join(temporary)), 0o600);
            Ok(())
        })
        .unwrap();
        assert_eq!(mode(&file), 0o600);
        assert!(written.warnings.is_empty(), "{:?}", written.warnings);
    }

    #[test]
    fn write_makes_replaced_file_private() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.p12");
        fs::write(&file, b"old").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
        preflight(&file, Existing::Replace).unwrap();
        write(&file, Existing::Replace, b"new", accept).unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"new");
        assert_eq!(mode(&file), 0o600);
    }

    #[test]
    fn write_neither_follows_nor_replaces_symlinks() {
        let folder = tempfile::tempdir().unwrap();
        let (link, pointed_at) = (folder.path().join("link"), folder.path().join("pointed-at"));
        for dangling in [true, false] {
            if !dangling {
                fs::write(&pointed_at, b"old").unwrap();
            }
            let _ = fs::remove_file(&link);
            symlink(&pointed_at, &link).unwrap();
            let refused = write(&link, Existing::Refuse, b"new", accept);
            assert!(
                matches!(refused, Err(Error::TargetExists { .. })),
                "{refused:?}"
            );
            let refused = write(&link, Existing::Replace, b"new", accept);
            assert!(
                matches!(&refused, Err(Error::Target { source, .. })
                    if source.to_string().contains("symbolic link")),
                "{refused:?}"
            );
            assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        }
        assert_eq!(fs::read(&pointed_at).unwrap(), b"old");
    }

    #[test]
    fn replace_any_replaces_links_but_not_folders() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        for target in ["pointed-at", "nowhere", "."] {
            let pointed_at = folder.path().join("pointed-at");
            fs::write(&pointed_at, b"old").unwrap();
            let _ = fs::remove_file(&file);
            symlink(target, &file).unwrap();
            preflight(&file, Existing::ReplaceAny).unwrap();
            write(&file, Existing::ReplaceAny, b"new", accept).unwrap();
            assert!(fs::symlink_metadata(&file).unwrap().is_file());
            assert_eq!(fs::read(&file).unwrap(), b"new");
            assert_eq!(fs::read(&pointed_at).unwrap(), b"old");
        }
        fs::remove_file(&file).unwrap();
        fs::create_dir(&file).unwrap();
        let refused = write(&file, Existing::ReplaceAny, b"new", accept);
        assert!(matches!(refused, Err(Error::Target { .. })), "{refused:?}");
    }

    #[test]
    fn write_refuses_a_pipe() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        assert!(
            Command::new("mkfifo")
                .arg(&pipe)
                .status()
                .unwrap()
                .success()
        );
        for existing in [Existing::Refuse, Existing::Replace] {
            let refused = write(&pipe, existing, b"new", accept).unwrap_err();
            assert!(matches!(&refused, Error::Device { .. }), "{refused:?}");
            let foreseen = preflight(&pipe, existing).unwrap_err();
            assert!(matches!(foreseen, Error::Device { .. }), "{foreseen:?}");
        }
        assert_eq!(names(folder.path()), ["pipe"]);
    }

    /// A descriptor may lead to a file, which is nobody's to replace either.
    #[test]
    fn preflight_refuses_descriptor_paths() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let number = std::os::fd::AsRawFd::as_raw_fd(file.as_file());
        for name in [
            format!("/dev/fd/{number}"),
            format!("/proc/self/fd/{number}"),
        ] {
            let refused = preflight(Path::new(&name), Existing::Replace).unwrap_err();
            assert!(matches!(refused, Error::Device { .. }), "{refused:?}");
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn write_warns_and_refuse_memory_rejects_tmpfs() {
        let folder = tempfile::tempdir_in("/dev/shm").unwrap();
        let file = folder.path().join("a.p12");
        let written = write(&file, Existing::Refuse, b"x", accept).unwrap();
        assert_eq!(written.unsynced, None);
        let codes: Vec<Code> = written.warnings.iter().map(|one| one.code).collect();
        assert!(codes.contains(&Code::InMemory), "{codes:?}");
        let refused = refuse_memory(&file).unwrap_err();
        assert!(matches!(refused, Error::Target { .. }), "{refused:?}");
        refuse_memory(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap();
    }

    #[test]
    fn preflight_agrees_with_folder_permissions() {
        let folder = tempfile::tempdir().unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o500)).unwrap();
        // Root may write here all the same.
        let error = fs::File::create(folder.path().join("try")).err();
        match (
            preflight(&folder.path().join("a.p12"), Existing::Refuse),
            error,
        ) {
            (Ok(()), None) => {}
            (Err(Error::Target { source, .. }), Some(error)) => {
                assert_eq!(source.kind(), error.kind());
            }
            (preflight, error) => panic!("{preflight:?}, but {error:?}"),
        }
    }
}
