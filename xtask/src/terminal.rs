//! A program at a terminal, somebody typing, and all that is shown: util-linux's `script` makes the
//! terminal. Nothing is typed before the screen asks for it, and no wait is without its limit.

use std::io::{Read as _, Write as _};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use crate::command::{program, show};

/// Longer than any answer takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// A command that runs at a terminal.
pub(crate) struct Terminal {
    command: String,
    child: Child,
    keyboard: ChildStdin,
    screen: Receiver<Vec<u8>>,
    /// All that was shown, and how much of it was waited for.
    shown: Vec<u8>,
    seen: usize,
}

impl Terminal {
    /// The command that runs a line of shell at a terminal, and ends as that does.
    pub(crate) fn around(line: &str) -> Command {
        let mut terminal = program("script");
        terminal
            .args(["--quiet", "--return", "--command", line, "/dev/null"])
            .env("SHELL", "/bin/sh")
            .env("TERM", "xterm")
            .env_remove("NO_COLOR");
        terminal
    }

    /// Starts a command from [`Self::around`].
    pub(crate) fn start(mut command: Command) -> Result<Self, String> {
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
            keyboard,
            screen,
            shown: Vec::new(),
            seen: 0,
        })
    }

    /// Waits until the screen shows `text`, after what was waited for before.
    pub(crate) fn wait_for(&mut self, text: &str) -> Result<(), String> {
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

    /// Waits for a question, and types an answer.
    pub(crate) fn answer(&mut self, question: &str, keys: &str) -> Result<(), String> {
        self.wait_for(question)?;
        let pressed = self.keyboard.write_all(keys.as_bytes());
        pressed.map_err(|error| self.complain(&error.to_string()))
    }

    /// Waits for the end: how the command ended on this system.
    pub(crate) fn wait_for_end(&mut self) -> Result<ExitStatus, String> {
        loop {
            match self.screen.recv_timeout(PATIENCE) {
                Ok(bytes) => self.shown.extend(bytes),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => return Err(self.complain("did not end")),
            }
        }
        self.child.wait().map_err(|error| error.to_string())
    }

    /// Everything that was shown.
    pub(crate) fn shown(&self) -> String {
        String::from_utf8_lossy(&self.shown).into_owned()
    }

    /// An error about this command, with everything it showed.
    pub(crate) fn complain(&self, what: &str) -> String {
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
