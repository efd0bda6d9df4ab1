mod one_of_each;

use std::collections::HashSet;
use std::error::Error as _;
use std::io;

use certstow_core::escrow::Trouble;
use certstow_platform::error::StoreError;
use certstow_platform::vault::VaultError;

use super::*;
use one_of_each::one_of_each;

fn denied() -> io::Error {
    io::Error::from(io::ErrorKind::PermissionDenied)
}

#[test]
fn error_has_exit_code_and_word() {
    for (error, exit, code) in one_of_each() {
        assert_eq!(error.exit().code(), exit, "{error:?}");
        assert_eq!(error.code(), code, "{error:?}");
    }
}

/// The names of all variants of an error, and a function that gives that of one; a new variant does
/// not compile until it is named here, and then [`table_has_every_variant`] fails without it.
macro_rules! variants {
    ($all:ident, $of:ident, $error:ident, $($variant:ident)+) => {
        const $all: &[&str] = &[$(stringify!($variant)),+];

        fn $of(error: &$error) -> &'static str {
            match error {
                $($error::$variant { .. } => stringify!($variant)),+
            }
        }
    };
}

variants!(
    PROGRAM, of_program, Error,
    Library BesideLocked Usage WrongCommand NoFile NotNoted Config NoStore NothingToImport PersonRequired Unanswered NobodyToShow TimedOut Log
    Scheduler Cancelled
);
variants!(
    LIBRARY, of_library, LibraryError,
    Contradiction NotFound NotInBackup BackupFile Ambiguous Store InteractionRequired Password
    WrongPassword PasswordUnreadable TargetExists Target Device NotSynced NotCopied Emptied
    TargetLocked NotPrivate Verification Changed NotRequested NotReadBack KeyNotDeleted KeyMismatch Vault
    PasswordExists Escrow Io Cancelled NothingToInstall NoKeyHere SeveralStores
);
variants!(
    STORE, of_store, StoreError,
    Unavailable AccessDenied KeyAccessDenied NotFound KeyMissing KeyContainerMissing
    KeyProviderMissing KeyMismatch KeyNotExportable KeyRefused KeyUnreadableHere
    InteractionRequired KeychainInteractionRequired ConfirmationRequired WrongPassword KeyPassword
    LoginRefused SeveralTokens AlreadyThere NotImported NotRemoved InOtherText HalfDone Cancelled Damaged
);
variants!(
    VAULT, of_vault, VaultError,
    NoVault NotFound Locked Denied Unfit NotKept Failed
);
variants!(
    ESCROW, of_escrow, Trouble,
    Certificate Key WrongKey Unreadable
);
variants!(
    SCHEDULER, of_scheduler, SchedulerError,
    None NotScheduled Exists WouldFail Foreign NoManager Refused File
);

#[test]
fn table_has_every_variant() {
    let each: Vec<Error> = one_of_each().into_iter().map(|(error, ..)| error).collect();
    let found = |name: &dyn Fn(&Error) -> Option<&'static str>| {
        each.iter().filter_map(name).collect::<HashSet<_>>()
    };
    let all = |names: &[&'static str]| names.iter().copied().collect::<HashSet<_>>();
    let library = |error: &Error| match error {
        Error::Library(error) => Some(of_library(error)),
        _ => None,
    };
    let store = |error: &Error| match error {
        Error::Library(LibraryError::Store(error)) => Some(of_store(error)),
        _ => None,
    };
    let vault = |error: &Error| match error {
        Error::Library(LibraryError::Vault(error)) => Some(of_vault(error)),
        _ => None,
    };
    let escrow = |error: &Error| match error {
        Error::Library(LibraryError::Escrow { trouble, .. }) => Some(of_escrow(trouble)),
        _ => None,
    };
    let scheduler = |error: &Error| match error {
        Error::Scheduler(error) => Some(of_scheduler(error)),
        _ => None,
    };
    assert_eq!(found(&|error| Some(of_program(error))), all(PROGRAM));
    assert_eq!(found(&library), all(LIBRARY));
    assert_eq!(found(&store), all(STORE));
    assert_eq!(found(&vault), all(VAULT));
    assert_eq!(found(&escrow), all(ESCROW));
    assert_eq!(found(&scheduler), all(SCHEDULER));
}

#[test]
fn wizard_words_name_no_option() {
    for (error, ..) in one_of_each() {
        let words = [Some(error.to_string()), error.hint_for(Wording::Wizard)];
        for words in words.into_iter().flatten() {
            let option = |word: &str| word.trim_start_matches(['(', '\'']).starts_with('-');
            assert!(!words.split_whitespace().any(option), "{error:?}: {words}");
        }
    }
}

#[test]
fn wizard_hint_exists_for_correctable_answers() {
    for (error, ..) in one_of_each() {
        let answer = error.facts().answer;
        // It imports into no store, and changes none.
        let no_export = ["already-there", "not-imported", "half-done"].contains(&error.code());
        let hint = error.hint_for(Wording::Wizard);
        assert!(answer.is_none() || hint.is_some() || no_export, "{error:?}");
    }
}

#[test]
fn error_display_has_no_control_characters() {
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
fn error_has_hint_unless_cancelled() {
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
fn destination_hints_name_option_to() {
    let denied = LibraryError::Target {
        file: "a/b.p12".into(),
        what: "no file can be created in its folder",
        source: denied(),
    };
    let open = LibraryError::NotPrivate {
        file: "a/b.p12".into(),
    };
    for error in [denied, open] {
        let hint = OfDestination(&error).hint().unwrap();
        assert!(hint.contains("--to") && !hint.contains("-o"), "{hint}");
    }
}

#[test]
fn error_keeps_operating_system_error_as_source() {
    let error = Error::from(StoreError::AccessDenied {
        place: "f".into(),
        source: Some(Box::new(denied())),
    });
    assert_eq!(error.source().unwrap().to_string(), denied().to_string());
}

#[test]
fn denied_hint_tells_way_on_windows_only() {
    let io = |kind: io::ErrorKind| LibraryError::Io {
        place: "e:/backup".into(),
        source: kind.into(),
    };
    let store = |source: Box<dyn std::error::Error + Send + Sync>| {
        LibraryError::Store(StoreError::AccessDenied {
            place: "e:/backup".into(),
            source: Some(source),
        })
    };
    for (error, is_denied_file) in [
        (io(io::ErrorKind::PermissionDenied), true),
        (io(io::ErrorKind::NotFound), false),
        (store(denied().into()), true),
        (store("of a system store".into()), false),
    ] {
        let hint = error.hint().unwrap();
        let told = hint.contains("takeown") && hint.contains("icacls");
        assert_eq!(told, cfg!(windows) && is_denied_file, "{hint}");
    }
}

#[test]
fn error_from_store_cancelled_is_cancelled() {
    assert!(matches!(
        Error::from(StoreError::Cancelled),
        Error::Cancelled
    ));
}

fn not_written(source: io::Error) -> LibraryError {
    LibraryError::Target {
        file: "a/b.p12".into(),
        what: "it cannot be created",
        source,
    }
}

#[test]
fn target_error_hint_names_open_file_on_windows() {
    // ERROR_SHARING_VIOLATION; elsewhere EPIPE.
    let hint = not_written(io::Error::from_raw_os_error(32))
        .hint()
        .unwrap();
    assert_eq!(hint.contains("close the program"), cfg!(windows), "{hint}");
}

#[test]
fn target_error_hint_depends_on_io_kind() {
    for (kind, advice) in [
        (io::ErrorKind::NotFound, "make its folder"),
        (io::ErrorKind::PermissionDenied, "let this account write"),
        (io::ErrorKind::StorageFull, "make room"),
        (io::ErrorKind::IsADirectory, "choose another place"),
    ] {
        let error = not_written(kind.into());
        let hint = error.hint().unwrap();
        assert!(hint.starts_with(advice) && hint.contains("-o"), "{hint}");
        let hint = OfDestination(&error).hint().unwrap();
        assert!(hint.contains("--to") && !hint.contains("-o"), "{hint}");
    }
}
