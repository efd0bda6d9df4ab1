use std::fs::File;

use certstow_platform::os;

use super::*;

fn failed(exit: Exit) -> Check {
    Check {
        status: Status::Failed,
        exit,
        ..Check::ok("target", "", "x")
    }
}

#[test]
fn outcome_prefers_first_failure_over_partial() {
    let good = Check::ok("store", "", "x");
    let warning = Check::ok("store", "", "x").warn("y");
    assert_eq!(outcome(&[good.clone(), warning.clone()]), Exit::Done);
    let partly = failed(Exit::Partial);
    assert_eq!(outcome(&[good.clone(), partly.clone()]), Exit::Partial);
    let failures = [failed(Exit::Password), failed(Exit::Target)];
    let checks = [&[good, warning, partly][..], &failures].concat();
    assert_eq!(outcome(&checks), Exit::Password);
}

#[test]
fn password_check_hides_password() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("password");
    let mut private = os::create_private(&file).unwrap();
    std::io::Write::write_all(&mut private, b"correct horse\n").unwrap();
    drop(private);
    let check = password(&Source::File(file), false);
    assert_eq!(check.status, Status::Ok, "{check:?}");
    assert!(!format!("{check:?}").contains("horse"));
}

#[test]
fn password_check_warns_about_readable_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("password");
    std::fs::write(&file, "correct horse").unwrap();
    let opened = File::open(&file).unwrap();
    let open = os::others_have_access(&opened).unwrap();
    let check = password(&Source::File(file), false);
    // The umask decides; as does Windows.
    let expected = if open { Status::Warning } else { Status::Ok };
    assert_eq!(check.status, expected);

    let file = folder.path().join("private");
    let mut private = os::create_private(&file).unwrap();
    std::io::Write::write_all(&mut private, b"correct horse").unwrap();
    drop(private);
    let check = password(&Source::File(file), false);
    assert_eq!(check.status, Status::Ok, "{check:?}");
}

#[test]
fn password_check_fails_when_missing_or_empty() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("password");
    let check = password(&Source::File(file.clone()), false);
    assert_eq!((check.status, check.exit), (Status::Failed, Exit::Password));
    std::fs::write(&file, "\n").unwrap();
    let check = password(&Source::File(file), false);
    assert!(check.found.contains("empty"), "{check:?}");
    let check = password(&Source::Env("CERTSTOW_NO_SUCH".to_owned()), false);
    assert_eq!(check.about, "environment variable CERTSTOW_NO_SUCH");
    assert_eq!(check.status, Status::Failed);
}

/// Which may be the task's alone.
#[test]
fn names_no_file_is_of_files_alone() {
    let gone = Source::File("/no/where".into());
    assert!(password(&gone, false).names_no_file());
    let command = Source::Command("certstow-no-such".parse().unwrap());
    for check in [password(&command, false), unlock(&command, None).1] {
        assert_eq!(check.status, Status::Failed);
        assert!(!check.names_no_file(), "{check:?}");
    }
    let (_, check) = unlock(&gone, None);
    assert!(check.names_no_file() && !check.is_of_vault());
}
