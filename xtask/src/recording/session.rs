//! A shell at a terminal, which util-linux's `script` makes, and somebody typing. Nothing is typed
//! before the screen shows that it is waited for, so each run gives the same frames.

use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use super::frame::Frame;
use super::keys::{Script, Step};
use crate::command::program;

/// Longer than any answer takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);
/// Nothing more is coming when nothing came for this long.
const QUIET: Duration = Duration::from_millis(300);

/// What the shell asks for input with.
const PROMPT: &str = "$ ";

/// What the picture calls the folder that the shell is in, wherever that is.
pub(super) const HOME: &str = "/home/ada";

/// How long things take in the picture, in seconds.
const LETTER: f64 = 0.045;
const HIDDEN: f64 = 1.2;
const STEP: f64 = 0.5;

pub(crate) struct Recording {
    pub(crate) frames: Vec<Frame>,
    /// The screen as text, at each shot.
    pub(crate) shots: Vec<String>,
}

/// Types what the script says into a shell in `folder` that finds certstow among `programs`.
pub(crate) fn record(script: &Script, programs: &Path, folder: &Path) -> Result<Recording, String> {
    let mut session = Session::start(script, programs, folder)?;
    for step in &script.steps {
        session.step(step).map_err(|reason| {
            let screen = session.parser.screen().contents();
            format!("{step:?}: {reason}\n-- the screen:\n{screen}")
        })?;
    }
    Ok(session.recording())
}

struct Session {
    shell: Child,
    keyboard: ChildStdin,
    output: Receiver<Vec<u8>>,
    parser: vt100::Parser,
    folder: Folder,
    /// Whether anything was shown since the last key.
    answered: bool,
    frames: Vec<Frame>,
    shots: Vec<String>,
}

impl Drop for Session {
    fn drop(&mut self) {
        // It ends with its terminal; this is for when something went wrong.
        let _ = self.shell.kill();
        let _ = self.shell.wait();
    }
}

impl Session {
    fn start(script: &Script, programs: &Path, folder: &Path) -> Result<Self, String> {
        let (rows, columns) = (script.rows, script.columns);
        let shell = format!("stty rows {rows} cols {columns}; exec bash --noprofile --norc -i");
        let path = std::env::var("PATH").unwrap_or_default();
        let mut command = program("script");
        command
            .args(["--quiet", "--command", &shell, "/dev/null"])
            .current_dir(folder)
            .env_clear()
            .env("PATH", format!("{}:{path}", programs.display()))
            .env("SHELL", "/bin/sh")
            .env("TERM", "xterm-256color")
            .env("PS1", PROMPT)
            .env("HOME", folder)
            .env("TZ", "UTC")
            .env("LC_ALL", "C.UTF-8")
            // No history, and nothing said about it.
            .env("HISTFILE", "/dev/null")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        let mut shell = command
            .spawn()
            .map_err(|error| format!("script could not be started: {error}"))?;
        let (Some(keyboard), Some(mut shown)) = (shell.stdin.take(), shell.stdout.take()) else {
            return Err("script has no pipes".to_owned());
        };
        let (send, output) = channel();
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(length @ 1..) = shown.read(&mut buffer) {
                if send.send(buffer[..length].to_vec()).is_err() {
                    break;
                }
            }
        });
        Ok(Self {
            shell,
            keyboard,
            output,
            parser: vt100::Parser::new(rows, columns, 0),
            folder: Folder::new(folder),
            answered: false,
            frames: Vec::new(),
            shots: Vec::new(),
        })
    }

    fn step(&mut self, step: &Step) -> Result<(), String> {
        match step {
            Step::Type(text) => {
                for letter in text.chars() {
                    self.press(&letter.to_string())?;
                    self.wait(|_| true)?;
                    self.take(LETTER);
                }
                Ok(())
            }
            Step::Hidden(text) => {
                self.press(text)?;
                self.take(HIDDEN);
                Ok(())
            }
            Step::Key(key) => self.press(key),
            Step::Wait(text) => {
                self.wait(|screen| screen.contents().contains(text.as_str()))?;
                self.settle();
                self.take(STEP);
                Ok(())
            }
            Step::Prompt => {
                self.wait(|screen| {
                    let (row, column) = screen.cursor_position();
                    let text = screen.contents_between(row, 0, row, column);
                    text == PROMPT
                })?;
                self.settle();
                self.take(STEP);
                Ok(())
            }
            Step::Pause(seconds) => {
                self.settle();
                let now = Frame::of(self.parser.screen(), *seconds);
                match self.frames.last_mut() {
                    Some(last) if last.rows == now.rows && last.cursor == now.cursor => {
                        last.seconds += seconds;
                    }
                    _ => self.frames.push(now),
                }
                Ok(())
            }
            Step::Shot => {
                let screen = self.parser.screen().contents();
                let rows: Vec<_> = screen.lines().map(str::trim_end).collect();
                let mut text = rows.join("\n");
                text.truncate(text.trim_end_matches(['$', '\n', ' ']).len());
                self.shots.push(text);
                Ok(())
            }
        }
    }

    fn press(&mut self, keys: &str) -> Result<(), String> {
        self.answered = false;
        let typed = self.keyboard.write_all(keys.as_bytes());
        typed
            .and_then(|()| self.keyboard.flush())
            .map_err(|error| error.to_string())
    }

    fn wait(&mut self, holds: impl Fn(&vt100::Screen) -> bool) -> Result<(), String> {
        let until = Instant::now() + PATIENCE;
        while !(self.answered && holds(self.parser.screen())) {
            let left = until.saturating_duration_since(Instant::now());
            let bytes = self.output.recv_timeout(left).map_err(|_| "never shown")?;
            self.show(&bytes);
        }
        Ok(())
    }

    fn settle(&mut self) {
        while let Ok(bytes) = self.output.recv_timeout(QUIET) {
            self.show(&bytes);
        }
    }

    fn show(&mut self, bytes: &[u8]) {
        self.answered = true;
        self.parser.process(&self.folder.renamed(bytes));
    }

    fn take(&mut self, seconds: f64) {
        self.frames.push(Frame::of(self.parser.screen(), seconds));
    }

    fn recording(mut self) -> Recording {
        Recording {
            frames: std::mem::take(&mut self.frames),
            shots: std::mem::take(&mut self.shots),
        }
    }
}

/// The path of the folder, which is put to [`HOME`] where it is shown.
struct Folder {
    path: Vec<u8>,
    /// What came last and may be the beginning of the path.
    held: Vec<u8>,
}

impl Folder {
    fn new(folder: &Path) -> Self {
        Self {
            path: folder.display().to_string().into_bytes(),
            held: Vec::new(),
        }
    }

    /// What is to be shown for these bytes.
    fn renamed(&mut self, bytes: &[u8]) -> Vec<u8> {
        self.held.extend_from_slice(bytes);
        let mut shown = Vec::with_capacity(self.held.len());
        let mut rest = self.held.as_slice();
        while let Some((first, others)) = rest.split_first() {
            if let Some(after) = rest.strip_prefix(self.path.as_slice()) {
                shown.extend_from_slice(HOME.as_bytes());
                rest = after;
            } else if self.path.starts_with(rest) {
                break;
            } else {
                shown.push(*first);
                rest = others;
            }
        }
        self.held = rest.to_vec();
        shown
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folder_is_renamed_wherever_it_is_cut() {
        let whole = b"in /a/long/path/x or /a/short\r\n";
        for cut in 0..whole.len() {
            let mut folder = Folder::new(Path::new("/a/long/path"));
            let mut shown = folder.renamed(&whole[..cut]);
            shown.extend(folder.renamed(&whole[cut..]));
            assert_eq!(shown, b"in /home/ada/x or /a/short\r\n", "{cut}");
        }
    }
}
