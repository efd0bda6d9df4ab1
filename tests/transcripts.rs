//! What certstow prints and exits with, one transcript for each error and each help page, in
//! `tests/cmd`. Help is the same everywhere but on Windows, which has an event log; the others show the
//! stores, paths and permissions of Linux. `TRYCMD=overwrite cargo test --test transcripts` writes them anew.

use std::path::Path;

use sha2::{Digest as _, Sha256};
use trycmd::TestCases;

#[test]
fn output_matches_transcripts() {
    #[cfg(unix)]
    set_modes();
    // There is an option more in the helps of Windows.
    let mut names = if cfg!(windows) { vec![] } else { vec!["help"] };
    if cfg!(target_os = "linux") {
        names.extend([
            "backup", "commands", "copies", "doctor", "errors", "import", "list", "log", "proof",
            "report", "schedule",
        ]);
    }
    if cfg!(all(target_os = "linux", not(feature = "secret-service"))) {
        names.push("password");
    }
    std::thread::scope(|scope| {
        for name in names {
            scope.spawn(move || matches(name));
        }
    });
}

/// Runs one of them, as an account of its own, which remembers what it saved.
fn matches(name: &str) {
    let nowhere = tempfile::tempdir().expect("a temporary folder");
    let home = nowhere.path().to_string_lossy().into_owned();
    remember_a_disk(nowhere.path());
    let cases = TestCases::new();
    cases
        .insert_var("[HOME]", home.clone())
        .expect("a name for the folder");
    cases
        .env("XDG_DATA_HOME", &home)
        .env("XDG_CONFIG_HOME", &home)
        .env("HOME", &home)
        .env("NO_COLOR", "1")
        .env("COLUMNS", "120")
        .env("TZ", "UTC")
        .env("SECRET", "correct horse battery staple")
        .env("NO_SECRET", "")
        .case(format!("tests/cmd/{name}.trycmd"));
}

/// Has the account know of a backup of three identities in a folder that is not there now.
fn remember_a_disk(data: &Path) {
    let folder = data.join("certstow/destinations");
    std::fs::create_dir_all(&folder).expect("a folder");
    // The file is called by the beginning of the SHA-256 of the folder's path.
    let hash = Sha256::digest("/not-mounted");
    let name: String = hash[..16]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let known = r#"{"schema":"certstow.destinations/1","destination":"/not-mounted","volume":null,
        "last_run":"2026-01-02T03:04:05Z","identities":3}"#;
    std::fs::write(folder.join(name + ".json"), known).expect("written");
}

/// `check` and `doctor` tell who may read a file, as all do of one with a password, and a checkout has
/// what the umask left.
#[cfg(unix)]
fn set_modes() {
    use std::os::unix::fs::PermissionsExt as _;

    let folders = [
        "tests/cmd/backup.in",
        "tests/cmd/errors.in",
        "tests/cmd/errors.in/files",
        "tests/cmd/password.in/files",
    ];
    for file in folders
        .map(|folder| std::fs::read_dir(folder).expect("the files"))
        .into_iter()
        .flatten()
    {
        let path = file.expect("a file").path();
        if path.is_file() {
            let is_password = path.to_string_lossy().ends_with("password.txt");
            let stays_open = path.ends_with("errors.in/wrong-password.txt");
            let mode = if is_password && !stays_open {
                0o600
            } else {
                0o644
            };
            let mode = std::fs::Permissions::from_mode(mode);
            std::fs::set_permissions(&path, mode).expect("the mode is set");
        }
    }
}
