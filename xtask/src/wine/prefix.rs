//! A Windows of its own for one run: a fresh Wine prefix in a temporary folder, without a display
//! and apart from the developer's home. At its end nothing runs and nothing is left of it.

use std::cell::RefCell;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::process::{self, Ended, WINE};
use crate::command::{command, program, run, show};
use crate::files;

/// What a command may take. Each takes a fraction of it, but on a machine that a dozen others keep
/// busy that is a dozen times as long.
const LIMIT: Duration = Duration::from_secs(240);

/// Where Wine takes a library from: its own, or the program's.
pub(super) const OVERRIDES: &str = "WINEDLLOVERRIDES";

/// No offer to download .NET and a browser, no entries in the desktop's menus.
const NO_DESKTOP: &str = "mscoree,mshtml,winemenubuilder.exe=";

pub(super) struct Prefix {
    folder: PathBuf,
    /// A command line that waits for input and gets none. While it does, Wine's server stays: by
    /// itself that ends a few seconds after the last program, and a program that starts at that
    /// moment loses its connection.
    waiting: RefCell<Option<Child>>,
}

impl Prefix {
    /// Sets up a prefix in a folder of `target`, by a name that no other of this run has.
    pub(super) fn new(target: &Path, name: &str) -> Result<Self, String> {
        let prefix = Self {
            folder: target.join(format!("xtask-wine-{}-{name}", std::process::id())),
            waiting: RefCell::new(None),
        };
        for folder in [prefix.home(), prefix.scratch(), prefix.work()] {
            files::create_folder(&folder)?;
        }
        let writer = prefix.exit_code_writer();
        compile("tests/wine/exit-code.c", &["-municode"], &writer, &[])?;
        let mut set_up = prefix.wine(Path::new("wineboot.exe"));
        prefix.run(set_up.arg("-i"))?.expect(0)?;
        prefix.supply_random_numbers()?;
        prefix.insert_drives()?;
        prefix.wait_inside()?;
        Ok(prefix)
    }

    fn wait_inside(&self) -> Result<(), String> {
        let mut command = program(WINE);
        self.lead_here(&mut command);
        let waiting = command
            .arg("cmd")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| format!("{} could not be started: {error}", show(&command)))?;
        *self.waiting.borrow_mut() = Some(waiting);
        Ok(())
    }

    /// Where the program under test works, empty at first.
    pub(super) fn work(&self) -> PathBuf {
        self.folder.join("work")
    }

    /// For output, and for what only the host handles.
    pub(super) fn scratch(&self) -> PathBuf {
        self.folder.join("scratch")
    }

    fn home(&self) -> PathBuf {
        self.folder.join("home")
    }

    /// Where Wine keeps this Windows.
    pub(super) fn windows(&self) -> PathBuf {
        self.folder.join("prefix")
    }

    /// What runs each program for Windows, and writes its exit code.
    fn exit_code_writer(&self) -> PathBuf {
        self.folder.join("exit-code.exe")
    }

    /// A program for Windows, to be run in the working folder: a file of the host, or one that Windows
    /// finds by its name.
    pub(super) fn wine(&self, executable: &Path) -> Command {
        let mut command = program(WINE);
        command
            .current_dir(self.work())
            .arg(self.exit_code_writer());
        match executable.is_absolute() {
            true => command.arg(self.windows_name(executable)),
            false => command.arg(executable),
        };
        command
    }

    /// What Windows calls a file of the host: by its drive `C:`, or by that of the host's root.
    pub(super) fn windows_name(&self, file: &Path) -> String {
        let name = match file.strip_prefix(self.windows().join("drive_c")) {
            Ok(on_c) => format!("C:/{}", on_c.display()),
            Err(_) => format!("Z:{}", file.display()),
        };
        name.replace('/', "\\")
    }

    /// Runs a command of the host in this prefix. It keeps the variables that it was given; to
    /// [`OVERRIDES`], those of the prefix are added.
    pub(super) fn run(&self, command: &mut Command) -> Result<Ended, String> {
        self.run_within(LIMIT, command)
    }

    /// The same, with another limit of time.
    pub(super) fn run_within(
        &self,
        limit: Duration,
        command: &mut Command,
    ) -> Result<Ended, String> {
        self.lead_here(command);
        process::run(command, limit, &self.scratch())
    }

    /// Has a command find this prefix, and nothing else of the developer's.
    pub(super) fn lead_here(&self, command: &mut Command) {
        let overrides = overrides(command);
        command
            .env("WINEPREFIX", self.windows())
            .env("WINEARCH", "win64")
            .env("WINEDEBUG", "-all")
            .env(OVERRIDES, overrides)
            .env("HOME", self.home())
            // Names outside ASCII pass between the host and Windows in the host's encoding.
            .env("LC_ALL", "C.UTF-8")
            .env_remove("DISPLAY")
            .env_remove("WAYLAND_DISPLAY");
    }

    /// Rust's standard library takes its random numbers from a library that older Wines lack.
    fn supply_random_numbers(&self) -> Result<(), String> {
        let library = "drive_c/windows/system32/bcryptprimitives.dll";
        let library = self.windows().join(library);
        if library.exists() {
            return Ok(());
        }
        compile(
            "tests/wine/bcryptprimitives.c",
            &["-shared"],
            &library,
            &["-ladvapi32"],
        )
    }

    /// Two empty drives: a removable one, `E:`, and one of the network, `N:`, whose share nobody knows. Wine
    /// looks up what kind a drive is when it starts.
    fn insert_drives(&self) -> Result<(), String> {
        for (letter, kind) in [("e:", "floppy"), ("n:", "network")] {
            let drive = self.folder.join(kind);
            files::create_folder(&drive)?;
            let link = self.windows().join("dosdevices").join(letter);
            run(&mut command!("ln -s {drive} {link}"))?;
            let mut register = self.wine(Path::new("reg"));
            register.args(["add", r"HKLM\Software\Wine\Drives", "/v", letter]);
            self.run(register.args(["/d", kind, "/f"]))?.expect(0)?;
        }
        self.end()
    }

    /// Shuts this Windows down and starts it again.
    pub(super) fn restart(&self) -> Result<(), String> {
        self.end()?;
        self.wait_inside()
    }

    /// Ends whatever still runs in the prefix, and waits until it has.
    pub(super) fn end(&self) -> Result<(), String> {
        let waiting = self.waiting.take();
        // It fails where no server is running: what matters is that none is afterwards.
        self.run(program("wineserver").arg("-k"))?;
        self.run(program("wineserver").arg("-w"))?.expect(0)?;
        if let Some(mut waiting) = waiting {
            // It has ended with the server, unless it was only just starting.
            let _ = waiting.kill();
            waiting.wait().map_err(|error| error.to_string())?;
        }
        Ok(())
    }
}

impl Drop for Prefix {
    fn drop(&mut self) {
        if self.waiting.borrow().is_some() {
            let _ = self.end();
        }
        // Nothing hangs on it: all in it is made anew.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// The overrides of every command, and those of this one.
fn overrides(command: &Command) -> OsString {
    let mut overrides = OsString::from(NO_DESKTOP);
    let own = command.get_envs().find(|(name, _)| *name == OVERRIDES);
    if let Some((_, Some(own))) = own {
        overrides.push(";");
        overrides.push(own);
    }
    overrides
}

/// Compiles one C file of the tests for Windows.
pub(super) fn compile(
    source: &str,
    options: &[&str],
    output: &Path,
    libraries: &[&str],
) -> Result<(), String> {
    run(&mut command!(
        "x86_64-w64-mingw32-gcc -Wall -Wextra -Werror -O2 {options...} -o {output} {source}
         {libraries...}"
    ))
}
