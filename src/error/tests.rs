mod one_of_each;

use std::error::Error as _;
use std::io;

use certstow_platform::error::StoreError;

use super::*;
use one_of_each::one_of_each;

fn denied() -> io::Error {
    io::Error::from(io::ErrorKind::PermissionDenied)
}

#[test]
fn every_error_has_its_exit_code_and_word() {
    for (error, exit, code) in one_of_each() {
        assert_eq!(error.exit().code(), exit, "{error:?}");
        assert_eq!(error.code(), code, "{error:?}");
    }
}

/// A number for each variant, which a new one has to be given, too.
fn number(error: &Error) -> usize {
    match error {
        Error::Usage(_) => 0,
        Error::NotFound { .. } => 1,
        Error::NotInBackup { .. } => 2,
        Error::Ambiguous { .. } => 3,
        Error::Store(_) => 4,
        Error::InteractionRequired { .. } => 5,
        Error::Password(_) => 6,
        Error::WrongPassword { .. } => 7,
        Error::PasswordUnreadable { .. } => 8,
        Error::TargetExists { .. } => 9,
        Error::Target { .. } => 10,
        Error::Folder(_) => 11,
        Error::TargetLocked { .. } => 12,
        Error::Config { .. } => 13,
        Error::NotPrivate { .. } => 14,
        Error::Verification { .. } => 15,
        Error::NothingToImport { .. } => 16,
        Error::NotReadBack { .. } => 17,
        Error::KeyNotDeleted { .. } => 18,
        Error::PersonRequired { .. } => 19,
        Error::KeyMismatch { .. } => 20,
        Error::Scheduler(_) => 21,
        Error::Vault(_) => 22,
        Error::PasswordExists { .. } => 23,
        Error::Escrow { .. } => 24,
        Error::Io { .. } => 25,
        Error::TimedOut { .. } => 26,
        Error::Log { .. } => 27,
        Error::Cancelled => 28,
        Error::Changed { .. } => 29,
        Error::NotCopied { .. } => 30,
        Error::NobodyToShow { .. } => 31,
        Error::BackupFile { .. } => 32,
        Error::Emptied(_) => 33,
        Error::Device { .. } => 34,
        Error::NotSynced { .. } => 35,
    }
}

#[test]
fn no_variant_is_left_out() {
    let mut numbers: Vec<usize> = one_of_each().iter().map(|(one, ..)| number(one)).collect();
    numbers.sort_unstable();
    numbers.dedup();
    assert_eq!(numbers, (0..36).collect::<Vec<_>>());
}

#[test]
fn no_error_carries_foreign_control_characters_to_the_terminal() {
    for (error, ..) in one_of_each() {
        let shown = error.to_string();
        assert!(!shown.is_empty());
        assert!(
            !shown.chars().any(certstow_formats::sanitize::is_unsafe),
            "{shown:?}"
        );
    }
}

#[test]
fn every_error_but_giving_up_says_what_to_do_next() {
    for (error, exit, _) in one_of_each() {
        assert_eq!(error.hint().is_none(), exit == 130, "{error:?}");
        let hint = error.hint().unwrap_or_default();
        assert!(
            !hint.chars().any(certstow_formats::sanitize::is_unsafe),
            "{hint:?}"
        );
    }
}

#[test]
fn of_a_folder_of_many_files_no_hint_speaks_of_the_option_for_one() {
    let denied = Error::Target {
        file: "a/b.p12".into(),
        what: "no file can be created in its folder",
        source: denied(),
    };
    let open = Error::NotPrivate {
        file: "a/b.p12".into(),
    };
    for error in [denied, open] {
        let shown = error.to_string();
        let error = error.of_a_folder_to_save_to();
        assert_eq!(error.to_string(), shown);
        let hint = error.hint().unwrap();
        assert!(hint.contains("--to") && !hint.contains("-o"), "{hint}");
    }
}

#[test]
fn the_operating_systems_word_is_kept_as_the_source() {
    let error = Error::Store(StoreError::AccessDenied {
        place: "f".into(),
        source: Some(Box::new(denied())),
    });
    assert_eq!(error.source().unwrap().to_string(), denied().to_string());
}

#[test]
fn cancelling_in_a_store_is_cancelling() {
    assert!(matches!(
        Error::from(StoreError::Cancelled),
        Error::Cancelled
    ));
}

#[test]
fn what_cannot_be_written_says_what_to_do_about_its_reason() {
    for (kind, advice) in [
        (io::ErrorKind::NotFound, "make its folder"),
        (io::ErrorKind::PermissionDenied, "let this account write"),
        (io::ErrorKind::StorageFull, "make room"),
        (io::ErrorKind::IsADirectory, "choose another place"),
    ] {
        let error = || Error::Target {
            file: "a/b.p12".into(),
            what: "it cannot be created",
            source: kind.into(),
        };
        let hint = error().hint().unwrap();
        assert!(hint.starts_with(advice) && hint.contains("-o"), "{hint}");
        let hint = error().of_a_folder_to_save_to().hint().unwrap();
        assert!(hint.contains("--to") && !hint.contains("-o"), "{hint}");
    }
}
