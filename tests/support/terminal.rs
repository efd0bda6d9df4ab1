//! A real pseudo-terminal that `setsid` makes the controlling one of a program: what is typed goes
//! in, what is shown comes out.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, Winsize, tcgetattr, tcsetwinsize};

/// Longer than any prompt takes on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// The lines of a terminal that is as high as most.
const HEIGHT: u16 = 40;

/// A program running at a terminal.
pub(crate) struct Terminal {
    child: Child,
    keyboard: File,
    screen: Receiver<Vec<u8>>,
    shown: String,
    /// All that came out.
    all: Vec<u8>,
    /// What the terminal makes of it.
    emulator: Box<vt100::Parser>,
}

fn size_of(width: u16, height: u16) -> Winsize {
    Winsize {
        ws_row: height,
        ws_col: width,
        ws_xpixel: 0,
        ws_ypixel: 0,
    }
}

impl Terminal {
    /// Starts a program in `folder`, at a terminal this wide, with these variables set.
    pub(crate) fn run<'a>(
        folder: &Path,
        width: u16,
        variables: &[(&str, &str)],
        words: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        Self::run_at(folder, (width, HEIGHT), variables, words)
    }

    /// The same at a terminal of this width and height.
    pub(crate) fn run_at<'a>(
        folder: &Path,
        (width, height): (u16, u16),
        variables: &[(&str, &str)],
        words: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        // The program is not to have it too: the terminal would never hang up.
        let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
        let controller = openpt(flags).expect("a terminal");
        grantpt(&controller).expect("the terminal is ours");
        unlockpt(&controller).expect("the terminal unlocks");
        tcsetwinsize(&controller, size_of(width, height)).expect("the terminal has a size");
        let name = ptsname(&controller, Vec::new()).expect("the terminal has a name");
        let name = name.into_string().expect("the terminal's name is text");
        let end = || {
            let file = File::options().read(true).write(true).open(&name);
            Stdio::from(file.expect("the other end opens"))
        };
        // A shell that runs the tests in the background has Ctrl-C ignored, and what it starts
        // inherits that.
        let child = Command::new("env")
            .args(["--default-signal", "setsid", "--ctty", "--wait"])
            .args(words)
            .current_dir(folder)
            .env("TERM", "xterm")
            .env("HOME", folder.join("home"))
            .env("XDG_CONFIG_HOME", folder.join("config"))
            .env("XDG_DATA_HOME", folder.join("data"))
            .env_remove("NO_COLOR")
            .envs(variables.iter().copied())
            .stdin(end())
            .stdout(end())
            .stderr(end())
            .spawn()
            .expect("env starts");

        let keyboard = File::from(controller);
        let mut output = keyboard.try_clone().expect("a second handle");
        let (send, screen) = channel();
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            // Reading fails once nobody has the other end open any more.
            while let Ok(length @ 1..) = output.read(&mut buffer) {
                if send.send(buffer[..length].to_vec()).is_err() {
                    break;
                }
            }
        });
        Self {
            child,
            keyboard,
            screen,
            shown: String::new(),
            all: Vec::new(),
            emulator: Box::new(vt100::Parser::new(height, width.max(1), 0)),
        }
    }

    /// Waits until the screen shows `text`, and forgets what it showed up to there.
    pub(crate) fn wait_for(&mut self, text: &str) {
        self.wait_for_one_of(&[text]);
    }

    /// The same of whichever of several texts comes first.
    pub(crate) fn wait_for_one_of(&mut self, texts: &[&str]) {
        loop {
            let found = texts
                .iter()
                .filter_map(|text| Some((self.shown.find(text)?, *text)));
            if let Some((place, text)) = found.min() {
                self.shown.drain(..place + text.len());
                return;
            }
            match self.screen.recv_timeout(PATIENCE) {
                Ok(bytes) => self.take(&bytes),
                Err(_) => panic!("never showed any of {texts:?}, but {:?}", self.shown),
            }
        }
    }

    /// Waits for the end of the line that comes next; gives what is on it.
    pub(crate) fn next_line(&mut self) -> String {
        loop {
            if let Some(end) = self.shown.find('\n') {
                let line: String = self.shown.drain(..=end).collect();
                return line.trim_end().to_owned();
            }
            match self.screen.recv_timeout(PATIENCE) {
                Ok(bytes) => self.shown.push_str(&String::from_utf8_lossy(&bytes)),
                Err(_) => panic!("the line has no end: {:?}", self.shown),
            }
        }
    }

    fn take(&mut self, bytes: &[u8]) {
        self.shown.push_str(&String::from_utf8_lossy(bytes));
        self.all.extend(bytes);
        self.emulator.process(bytes);
    }

    /// What the screen shows now, line by line.
    pub(crate) fn screen(&self) -> String {
        self.emulator.screen().contents()
    }

    /// Waits until what the screen shows is as it should be; gives it.
    pub(crate) fn wait_for_screen(&mut self, is_right: impl Fn(&str) -> bool) -> String {
        self.wait_for_output(|terminal| is_right(&terminal.screen()));
        self.screen()
    }

    /// Waits until what was shown up to now is as it should be.
    pub(crate) fn wait_for_output(&mut self, is_right: impl Fn(&Self) -> bool) {
        while !is_right(self) {
            match self.screen.recv_timeout(PATIENCE) {
                Ok(bytes) => self.take(&bytes),
                Err(_) => panic!("never showed what it should, but\n{}", self.screen()),
            }
        }
    }

    /// Makes the terminal wider or narrower, of which the program hears by SIGWINCH.
    pub(crate) fn resize(&mut self, width: u16, height: u16) {
        self.emulator.screen_mut().set_size(height, width);
        tcsetwinsize(&self.keyboard, size_of(width, height)).expect("the terminal has a size");
    }

    /// Everything that was shown, with every sequence in it.
    pub(crate) fn all(&self) -> String {
        String::from_utf8_lossy(&self.all).into_owned()
    }

    /// How the terminal treats what is typed.
    pub(crate) fn modes(&self) -> LocalModes {
        tcgetattr(&self.keyboard).expect("its modes").local_modes
    }

    /// The next bytes that the program shows, none if it shows nothing for so long. [`Terminal::wait_for`]
    /// does not see them any more.
    pub(crate) fn shows(&mut self, within: Duration) -> Option<Vec<u8>> {
        match std::mem::take(&mut self.shown) {
            shown if !shown.is_empty() => Some(shown.into_bytes()),
            _ => self.screen.recv_timeout(within).ok(),
        }
    }

    /// The process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// The names of the program's threads.
    pub(crate) fn threads(&self) -> Vec<String> {
        let folder = format!("/proc/{}/task", self.child.id());
        let threads = fs::read_dir(folder).expect("the program runs");
        let names = threads
            .flatten()
            .map(|thread| fs::read_to_string(thread.path().join("comm")));
        names
            .flatten()
            .map(|name| name.trim_end().to_owned())
            .collect()
    }

    pub(crate) fn wait_until(&self, holds: impl Fn(&Self) -> bool) {
        let began = Instant::now();
        while !holds(self) {
            assert!(began.elapsed() < PATIENCE, "it did not come to that");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    pub(crate) fn press(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).expect("typing");
    }

    /// Waits for the end; gives the exit code and what was shown since the last wait.
    pub(crate) fn end(mut self) -> (Option<i32>, String) {
        let code = self.wait();
        (code, self.shown)
    }

    /// Waits for the end; gives the exit code.
    pub(crate) fn wait(&mut self) -> Option<i32> {
        loop {
            match self.screen.recv_timeout(PATIENCE) {
                Ok(bytes) => self.take(&bytes),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {
                    let _ = self.child.kill();
                    panic!("did not end; showed {:?}", self.shown);
                }
            }
        }
        self.child.wait().expect("it ended").code()
    }
}
