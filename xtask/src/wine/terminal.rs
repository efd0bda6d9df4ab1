//! A terminal with a person's typing and the screen read back: util-linux's `script` makes it, and
//! Wine's console draws on it. Nothing is typed before the screen asks for it, and no wait is
//! without its limit.

use std::ffi::OsStr;
use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use super::exit_code::{self, ExitCode};
use crate::command::{program, show};

/// Longer than any answer takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// A command that runs at a terminal.
pub(super) struct Terminal {
    command: String,
    child: Child,
    code: ExitCode,
    keyboard: ChildStdin,
    screen: Receiver<Vec<u8>>,
    /// All that was shown, and how much of it was waited for.
    shown: Vec<u8>,
    seen: usize,
}

impl Terminal {
    /// The command that gives a terminal to another one, in its folder and with its variables.
    pub(super) fn around(command: &Command) -> Command {
        let words: Vec<_> = std::iter::once(command.get_program())
            .chain(command.get_args())
            .map(|word| quoted(&word.to_string_lossy()))
            .collect();
        // Wine's console handles the keys and shows what is typed, or does not, once it is read
        // from for the first time; until then the terminal would. Enter is a carriage return to it.
        let quiet = "stty -echo -icanon -isig -icrnl rows 40 cols 120";
        let script = format!("{quiet} && exec {}", words.join(" "));
        let mut terminal = program("script");
        terminal
            .args(["--quiet", "--return", "--command", &script, "/dev/null"])
            .env("SHELL", "/bin/sh")
            .env("TERM", "xterm")
            .env_remove("NO_COLOR")
            .envs(variables(command));
        if let Some(folder) = command.get_current_dir() {
            terminal.current_dir(folder);
        }
        terminal
    }

    /// Starts a command from [`Self::around`], one for Windows.
    pub(super) fn start(mut command: Command, scratch: &Path) -> Result<Self, String> {
        let code = ExitCode::of_windows(&mut command, scratch);
        let name = show(&command);
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .map_err(|error| format!("{name} could not be started: {error}"))?;
        let (Some(keyboard), Some(mut output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(format!("{name} has no pipes"));
        };
        let (send, screen) = channel();
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(length @ 1..) = output.read(&mut buffer) {
                if send.send(buffer[..length].to_vec()).is_err() {
                    break;
                }
            }
        });
        Ok(Self {
            command: name,
            child,
            code,
            keyboard,
            screen,
            shown: Vec::new(),
            seen: 0,
        })
    }

    /// Waits until the screen shows `text`, after what was waited for before.
    pub(super) fn wait_for(&mut self, text: &str) -> Result<(), String> {
        loop {
            let new = &self.shown[self.seen..];
            let mut places = new.windows(text.len());
            if let Some(place) = places.position(|place| place == text.as_bytes()) {
                self.seen += place + text.len();
                return Ok(());
            }
            match self.screen.recv_timeout(PATIENCE) {
                Ok(bytes) => self.shown.extend(bytes),
                Err(_) => return Err(self.complain(&format!("never showed {text:?}"))),
            }
        }
    }

    pub(super) fn press(&mut self, keys: &str) -> Result<(), String> {
        let pressed = self.keyboard.write_all(keys.as_bytes());
        pressed.map_err(|error| self.complain(&error.to_string()))
    }

    /// Waits for the end, and gives everything that was shown; an error if the command ends with
    /// another code.
    pub(super) fn end(mut self, code: i32) -> Result<String, String> {
        loop {
            match self.screen.recv_timeout(PATIENCE) {
                Ok(bytes) => self.shown.extend(bytes),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => return Err(self.complain("did not end")),
            }
        }
        let status = self.child.wait().map_err(|error| error.to_string())?;
        exit_code::compare(&self.code.read(status), code)
            .map(|()| self.shown())
            .map_err(|difference| self.complain(&difference))
    }

    fn shown(&self) -> String {
        String::from_utf8_lossy(&self.shown).into_owned()
    }

    fn complain(&self, what: &str) -> String {
        format!("{}: {what}\n-- shown: {:?}", self.command, self.shown())
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // It ended already, unless something went wrong.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a command was given of variables.
fn variables(command: &Command) -> impl Iterator<Item = (&OsStr, &OsStr)> {
    command
        .get_envs()
        .filter_map(|(name, value)| Some((name, value?)))
}

/// A word for the shell.
fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}
