//! A test in a process of its own, with folders of its own for tokens and for what certstow remembers.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fs};

use tempfile::TempDir;

/// Says in such a process which folder it has.
const FOLDER: &str = "CERTSTOW_TEST_TOKENS";

/// Runs `body` in a process of its own, as which this test is run again. `test` is its name.
pub(crate) fn run(test: &str, body: impl FnOnce(&Path)) {
    run_with(test, &[], body);
}

/// The same with more variables.
pub(crate) fn run_with(test: &str, variables: &[(&str, OsString)], body: impl FnOnce(&Path)) {
    if let Some(folder) = env::var_os(FOLDER) {
        body(Path::new(&folder));
        return;
    }
    let folder = Folder::new();
    let mut again = Command::new(env::current_exe().unwrap());
    again
        .args(["--exact", test, "--include-ignored", "--nocapture"])
        .env(FOLDER, folder.path())
        .env("SOFTHSM2_CONF", folder.path().join("softhsm2.conf"))
        .env("XDG_DATA_HOME", folder.data())
        .env_remove("STATE_DIRECTORY")
        .envs(variables.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::null());
    let output = again.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let failed = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{test}: {said}{failed}");
    assert!(said.contains("1 passed"), "{test} was not run: {said}");
}

struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        // SoftHSM writes each object many times over, for which a disk needs a minute.
        let memory = tempfile::tempdir_in("/dev/shm");
        let folder = Self(memory.or_else(|_| tempfile::tempdir()).unwrap());
        fs::create_dir(folder.path().join("tokens")).unwrap();
        fs::create_dir(folder.data()).unwrap();
        let configuration = format!(
            "directories.tokendir = {}\nobjectstore.backend = file\nlog.level = ERROR\n",
            folder.path().join("tokens").display()
        );
        fs::write(folder.path().join("softhsm2.conf"), configuration).unwrap();
        folder
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn data(&self) -> PathBuf {
        self.path().join("data")
    }
}
