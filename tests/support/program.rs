//! certstow in a folder of its own, as a script runs it: nobody is asked, and nothing of the
//! account's own is found.

use std::path::Path;
use std::process::{Command, Stdio};

/// What the variable `SECRET` holds.
pub(crate) const PASSWORD: &str = "correct horse battery staple";

/// The variables by which certstow finds what an account has, its browsers' profiles among it, each with a
/// folder.
const PLACES: &[(&str, &str)] = if cfg!(windows) {
    &[("APPDATA", "data")]
} else if cfg!(target_os = "macos") {
    &[("HOME", "data")]
} else {
    &[
        ("HOME", "home"),
        ("XDG_CONFIG_HOME", "config"),
        ("XDG_DATA_HOME", "data"),
    ]
};

/// certstow, to be given its arguments.
pub(crate) fn certstow(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_certstow"));
    in_folder(&mut command, folder);
    command
}

/// Has a program that starts certstow run as [`certstow`] does.
pub(crate) fn in_folder(command: &mut Command, folder: &Path) {
    let places = PLACES.iter();
    command
        .envs(places.map(|(name, place)| (name, folder.join(place))))
        .current_dir(folder)
        .env("SECRET", PASSWORD)
        .env("CERTSTOW_CONFIG", "")
        .env_remove("CERTSTOW_STORE")
        .env_remove("JOURNAL_STREAM")
        .stdin(Stdio::null());
}

/// The exit code of certstow, and what it writes to standard output and standard error.
#[allow(dead_code, reason = "not every test needs both outputs at once")]
pub(crate) fn run(folder: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let mut certstow = certstow(folder);
    let output = certstow.args(arguments).output().expect("it starts");
    let text = [output.stdout, output.stderr].concat();
    (
        output.status.code(),
        String::from_utf8_lossy(&text).into_owned(),
    )
}

/// The sample store.
#[allow(dead_code, reason = "not every test reads it")]
pub(crate) fn samples() -> String {
    format!("{}/examples/personal", env!("CARGO_MANIFEST_DIR"))
}
