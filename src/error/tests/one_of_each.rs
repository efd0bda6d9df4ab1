//! An error for every situation, with what it has to be to a script.

use std::path::PathBuf;
use std::time::Duration;

use certstow_core::backup::Emptied;
use certstow_core::error::{Error as LibraryError, IssuedLast, Near, Nearly, NotInstallable};
use certstow_core::escrow::Trouble;
use certstow_core::time::UnixTime;
use certstow_formats::certificate::EntryId;
use certstow_platform::error::StoreError;
use certstow_platform::scheduler::{ProgramError, Scheduler, Speech};
use certstow_platform::store::NotExportable;
use certstow_platform::vault::{Name, VaultError};

use super::denied;
use crate::error::{Error, WrongOption};
use crate::exit::Exit;
use crate::schedule::SchedulerError;

fn to_install(what: NotInstallable) -> Error {
    let files = vec!["a.cer".into()];
    Error::Library(LibraryError::NothingToInstall { files, what })
}

/// What a program said that is not started here.
fn program() -> ProgramError {
    let mut schedulers = [Scheduler::TaskScheduler, Scheduler::Launchd].into_iter();
    let elsewhere = schedulers.find(|one| Some(*one) != Scheduler::of_this_system());
    elsewhere.unwrap().run(&[], Speech::Kept).unwrap_err()
}

/// One of each, with the exit code and the JSON word it has to give. The text in them
/// carries an escape sequence and a direction override.
pub(super) fn one_of_each() -> Vec<(Error, u8, &'static str)> {
    let text = || "a\x1b[2J\u{202e}b".to_owned();
    let file = || PathBuf::from(text());
    let store = |error| Error::Library(LibraryError::Store(error));
    let vault = |error| Error::Library(LibraryError::Vault(error));
    let name = || "backup".parse::<Name>().unwrap();
    let escrow = |trouble| {
        Error::Library(LibraryError::Escrow {
            file: file(),
            trouble,
        })
    };
    let copy = |error: LibraryError| Error::Library(error.of_a_copy_in(&file()));
    let library = Error::Library;
    vec![
        (library(LibraryError::Contradiction(text())), 2, "usage"),
        (
            Error::TimedOut {
                waiting_for: Some(text()),
                after: Duration::from_secs(600),
            },
            13,
            "timed-out",
        ),
        (
            Error::Log {
                place: text(),
                source: denied(),
            },
            16,
            "log",
        ),
        (
            library(LibraryError::Emptied(Box::new(Emptied {
                folder: file(),
                is_there: true,
                when: Some(UnixTime::new(0)),
                identities: 2,
                volumes: Some((text(), text())),
            }))),
            16,
            "target-emptied",
        ),
        (
            library(LibraryError::NotFound {
                selector: text(),
                searched: vec![text()],
                note: Some(text()),
                near: None,
            }),
            10,
            "not-found",
        ),
        (
            library(LibraryError::NotFound {
                selector: text(),
                searched: vec![text()],
                note: Some(text()),
                near: Some(Box::new(Near {
                    why: Nearly::LeftOut { filters: text() },
                    count: 1,
                    candidates: Vec::new(),
                })),
            }),
            10,
            "not-found",
        ),
        (
            Error::BesideLocked {
                error: LibraryError::NotFound {
                    selector: text(),
                    searched: vec![text()],
                    note: Some(text()),
                    near: None,
                },
                locked: 1,
            },
            10,
            "not-found",
        ),
        (
            Error::BesideLocked {
                error: StoreError::KeyMissing { place: text() }.into(),
                locked: 2,
            },
            12,
            "key-missing",
        ),
        (Error::Usage(text()), 2, "usage"),
        (
            Error::WrongCommand {
                message: text(),
                hint: text(),
            },
            2,
            "usage",
        ),
        (Error::NoFile { file: file() }, 18, "no-file"),
        (Error::NotNoted { file: file() }, 10, "not-noted"),
        (Error::NoStore, 18, "no-store"),
        (library(LibraryError::Cancelled), 130, "cancelled"),
        (Error::Scheduler(SchedulerError::None), 1, "no-scheduler"),
        (
            Error::Scheduler(SchedulerError::NoManager { source: program() }),
            1,
            "no-service-manager",
        ),
        (
            Error::Scheduler(SchedulerError::Refused {
                what: "to register the task",
                scheduler: Scheduler::Systemd,
                source: program(),
            }),
            1,
            "scheduler-refused",
        ),
        (
            Error::Scheduler(SchedulerError::NotScheduled {
                name: text(),
                source: Some(program()),
            }),
            10,
            "not-scheduled",
        ),
        (
            Error::Scheduler(SchedulerError::Exists { name: text() }),
            16,
            "task-exists",
        ),
        (
            Error::Scheduler(SchedulerError::WouldFail {
                found: text(),
                exit: Exit::Password,
                advice: Some(text()),
            }),
            17,
            "would-fail",
        ),
        (
            Error::Scheduler(SchedulerError::Foreign { what: text() }),
            16,
            "task-not-ours",
        ),
        (
            Error::Scheduler(SchedulerError::File {
                file: file(),
                source: denied(),
            }),
            16,
            "scheduler-file",
        ),
        (
            library(LibraryError::NotInBackup {
                selector: text(),
                folder: file(),
                unnamed: 1,
                near: None,
            }),
            10,
            "not-found",
        ),
        (
            library(LibraryError::BackupFile {
                file: file(),
                reason: text(),
            }),
            14,
            "backup-file",
        ),
        (
            library(LibraryError::Ambiguous {
                selector: text(),
                candidates: Vec::new(),
                issued_last: IssuedLast::One,
            }),
            11,
            "ambiguous",
        ),
        (
            store(StoreError::Unavailable {
                store: text(),
                reason: text(),
                source: Some(Box::new(denied())),
            }),
            18,
            "store-unavailable",
        ),
        (
            store(StoreError::AccessDenied {
                place: text(),
                source: Some(Box::new(denied())),
            }),
            18,
            "access-denied",
        ),
        (
            store(StoreError::AlreadyThere { place: text() }),
            16,
            "already-there",
        ),
        (
            store(StoreError::NotImported {
                place: text(),
                reason: text(),
                source: Some(Box::new(denied())),
            }),
            16,
            "not-imported",
        ),
        (
            store(StoreError::NotRemoved {
                place: text(),
                reason: text(),
                source: Some(Box::new(denied())),
            }),
            16,
            "not-removed",
        ),
        (
            store(StoreError::InOtherText { place: text() }),
            12,
            "in-other-text",
        ),
        (
            store(StoreError::HalfDone {
                place: text(),
                reason: text(),
                source: Some(Box::new(denied())),
            }),
            14,
            "half-done",
        ),
        (
            store(StoreError::KeyAccessDenied {
                place: text(),
                source: None,
            }),
            18,
            "access-denied",
        ),
        (
            store(StoreError::NotFound {
                store: text(),
                id: EntryId::of(b""),
            }),
            10,
            "not-found",
        ),
        (
            store(StoreError::KeyMissing { place: text() }),
            12,
            "key-missing",
        ),
        (
            store(StoreError::KeyContainerMissing {
                place: text(),
                container: text(),
                source: None,
            }),
            12,
            "key-container-missing",
        ),
        (
            store(StoreError::KeyProviderMissing {
                place: text(),
                container: text(),
                source: None,
            }),
            12,
            "key-provider-missing",
        ),
        (
            store(StoreError::KeyMismatch { place: text() }),
            12,
            "key-mismatch",
        ),
        (
            store(StoreError::KeyRefused {
                place: text(),
                source: None,
            }),
            12,
            "key-refused",
        ),
        (
            store(StoreError::KeyUnreadableHere {
                place: text(),
                source: None,
            }),
            18,
            "key-unreadable-here",
        ),
        (
            store(StoreError::KeychainInteractionRequired {
                place: text(),
                source: None,
            }),
            13,
            "interaction-required",
        ),
        (
            store(StoreError::ConfirmationRequired {
                place: text(),
                source: None,
            }),
            13,
            "interaction-required",
        ),
        (
            store(StoreError::KeyNotExportable {
                place: text(),
                reason: NotExportable::Policy,
                source: None,
            }),
            12,
            "key-not-exportable",
        ),
        (
            store(StoreError::InteractionRequired { place: text() }),
            13,
            "interaction-required",
        ),
        (
            store(StoreError::WrongPassword { place: text() }),
            17,
            "wrong-password",
        ),
        (
            store(StoreError::KeyPassword { place: text() }),
            17,
            "key-password",
        ),
        (
            store(StoreError::LoginRefused {
                place: text(),
                reason: text(),
                source: None,
            }),
            18,
            "login-refused",
        ),
        (
            store(StoreError::SeveralTokens {
                store: text(),
                tokens: vec![text(), text()],
            }),
            2,
            "several-tokens",
        ),
        (store(StoreError::Cancelled), 130, "cancelled"),
        (
            store(StoreError::Damaged {
                place: text(),
                reason: text(),
                source: None,
            }),
            12,
            "damaged",
        ),
        (
            library(LibraryError::InteractionRequired { what: text() }),
            13,
            "interaction-required",
        ),
        (library(LibraryError::Password(text())), 17, "password"),
        (
            library(LibraryError::WrongPassword { place: text() }),
            17,
            "password",
        ),
        (
            library(LibraryError::PasswordUnreadable {
                place: text(),
                source: denied(),
            }),
            17,
            "password",
        ),
        (
            library(LibraryError::TargetExists { file: file() }),
            16,
            "target-exists",
        ),
        (
            library(LibraryError::Target {
                file: file(),
                what: "it is a folder",
                source: denied(),
            }),
            16,
            "target",
        ),
        (
            library(LibraryError::TargetLocked { folder: file() }),
            16,
            "target-locked",
        ),
        (
            Error::Config {
                file: file(),
                line: Some(3),
                message: text(),
                advice: WrongOption::OfBackup,
            },
            2,
            "config",
        ),
        (
            library(LibraryError::NotPrivate { file: file() }),
            16,
            "target-not-private",
        ),
        (
            library(LibraryError::Verification {
                file: file(),
                reason: text(),
            }),
            15,
            "verification-failed",
        ),
        (
            library(LibraryError::Changed { file: file() }),
            15,
            "changed",
        ),
        (
            copy(LibraryError::TargetExists { file: file() }),
            16,
            "target-exists",
        ),
        (
            copy(LibraryError::NotPrivate { file: file() }),
            16,
            "target-not-private",
        ),
        (copy(LibraryError::Changed { file: file() }), 15, "changed"),
        (
            library(LibraryError::Device { file: file() }),
            16,
            "target-device",
        ),
        (
            library(LibraryError::NotSynced {
                file: file(),
                saved: true,
                reason: text(),
            }),
            14,
            "not-synced",
        ),
        (
            library(LibraryError::NotSynced {
                file: file(),
                saved: false,
                reason: text(),
            }),
            14,
            "not-synced",
        ),
        (
            Error::NobodyToShow {
                reason: "standard error is no terminal",
            },
            13,
            "interaction-required",
        ),
        (
            Error::NothingToImport {
                searched: vec![text()],
                without_key: 2,
            },
            10,
            "nothing-to-import",
        ),
        (
            library(LibraryError::NotRequested { reason: text() }),
            12,
            "not-requested",
        ),
        (
            library(LibraryError::NotReadBack {
                store: text(),
                reason: text(),
            }),
            15,
            "not-read-back",
        ),
        (
            library(LibraryError::NoKeyHere {
                subject: text(),
                searched: vec![text()],
            }),
            10,
            "no-key-here",
        ),
        (
            library(LibraryError::SeveralStores {
                subject: text(),
                stores: vec![text()],
            }),
            11,
            "several-stores",
        ),
        (
            to_install(NotInstallable::NoCertificate),
            10,
            "nothing-to-install",
        ),
        (to_install(NotInstallable::Empty), 10, "nothing-to-install"),
        (
            to_install(NotInstallable::WebPage),
            10,
            "nothing-to-install",
        ),
        (to_install(NotInstallable::Pdf), 10, "nothing-to-install"),
        (to_install(NotInstallable::Zip), 10, "nothing-to-install"),
        (
            to_install(NotInstallable::Request),
            10,
            "nothing-to-install",
        ),
        (
            to_install(NotInstallable::Issuers),
            10,
            "nothing-to-install",
        ),
        (
            to_install(NotInstallable::Identity),
            10,
            "identity-to-import",
        ),
        (to_install(NotInstallable::Locked), 17, "identity-to-import"),
        (
            library(LibraryError::KeyNotDeleted {
                file: file(),
                store: text(),
                reason: text(),
                source: Some(Box::new(StoreError::AccessDenied {
                    place: text(),
                    source: Some(denied().into()),
                })),
            }),
            14,
            "key-not-deleted",
        ),
        (
            Error::PersonRequired { what: text() },
            13,
            "interaction-required",
        ),
        (
            Error::Unanswered {
                what: text(),
                option: "--force",
            },
            13,
            "interaction-required",
        ),
        (
            library(LibraryError::KeyMismatch { place: text() }),
            12,
            "key-mismatch",
        ),
        (
            escrow(Trouble::Certificate(text())),
            2,
            "escrow-certificate",
        ),
        (escrow(Trouble::Key(text())), 2, "escrow-key"),
        (
            escrow(Trouble::WrongKey(vec![text()])),
            17,
            "wrong-escrow-key",
        ),
        (escrow(Trouble::Unreadable(text())), 15, "escrow-unreadable"),
        (
            library(LibraryError::PasswordExists { name: name() }),
            16,
            "password-exists",
        ),
        (
            vault(VaultError::NoVault {
                reason: text(),
                source: Some(Box::new(denied())),
            }),
            18,
            "no-vault",
        ),
        (
            vault(VaultError::NotFound {
                name: name(),
                place: text(),
            }),
            17,
            "password-not-kept",
        ),
        (
            vault(VaultError::Locked {
                place: text(),
                source: Some(Box::new(denied())),
            }),
            18,
            "vault-locked",
        ),
        (
            vault(VaultError::Denied {
                place: text(),
                source: Some(Box::new(denied())),
            }),
            18,
            "vault-access-denied",
        ),
        (
            vault(VaultError::Unfit {
                place: text(),
                reason: text(),
            }),
            17,
            "password",
        ),
        (
            vault(VaultError::NotKept { place: text() }),
            15,
            "verification-failed",
        ),
        (
            vault(VaultError::Failed {
                place: text(),
                source: Box::new(denied()),
            }),
            18,
            "vault",
        ),
        (
            library(LibraryError::Io {
                place: text(),
                source: denied(),
            }),
            1,
            "io",
        ),
        (Error::Cancelled, 130, "cancelled"),
    ]
}
