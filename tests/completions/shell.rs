//! A shell at a terminal, with the scripts that certstow prints.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::program::{certstow, samples};
use crate::terminal::{PATIENCE, Terminal};

const ROWS: u16 = 40;
const COLUMNS: u16 = 110;

/// What the shells of these tests ask for input with.
pub(crate) const PROMPT: &str = "ready> ";

/// What is typed, and the line that every shell makes of it.
pub(crate) const COMPLETED: [(&str, &str); 6] = [
    ("certstow exp\t", "certstow export"),
    (
        "certstow export --unencr\t",
        "certstow export --unencrypted-key",
    ),
    (
        "certstow list --store file:sto\t",
        "certstow list --store file:store/",
    ),
    (
        "certstow export --profile comp\t",
        "certstow export --profile compatible",
    ),
    (
        "certstow backup --to my\t",
        "certstow backup --to my\\ folder/",
    ),
    (
        "certstow backup --to ~/my\t",
        "certstow backup --to ~/my\\ folder/",
    ),
];

pub(crate) struct Shell {
    terminal: Terminal,
    screen: vt100::Parser,
    folder: TempDir,
}

/// A folder with the sample store in it, as `store`, and certstow on the way to be found.
pub(crate) fn place() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    std::os::unix::fs::symlink(samples(), folder.path().join("store")).expect("a link");
    folder
}

/// The script that certstow prints for a shell, as a file.
pub(crate) fn script(folder: &Path, shell: &str, name: &str) -> PathBuf {
    let printed = certstow(folder)
        .args(["completions", shell])
        .output()
        .expect("certstow starts");
    assert!(printed.status.success(), "{printed:?}");
    let file = folder.join(name);
    fs::create_dir_all(file.parent().expect("a folder")).expect("it is made");
    fs::write(&file, printed.stdout).expect("it is written");
    file
}

impl Shell {
    /// Starts a shell in `folder`, and waits until it is ready.
    pub(crate) fn start(folder: TempDir, words: &[&str]) -> Self {
        let program = Path::new(env!("CARGO_BIN_EXE_certstow"));
        let programs = program.parent().expect("a folder").display();
        let path = format!("{programs}:{}", std::env::var("PATH").unwrap_or_default());
        let home = folder.path().display().to_string();
        let variables = [
            ("PATH", path.as_str()),
            ("HOME", &home),
            ("XDG_CONFIG_HOME", &home),
            ("PS1", PROMPT),
            ("LC_ALL", "C.UTF-8"),
            ("INPUTRC", "/dev/null"),
        ];
        let terminal = Terminal::run(folder.path(), COLUMNS, &variables, words.iter().copied());
        let mut shell = Self {
            terminal,
            screen: vt100::Parser::new(ROWS, COLUMNS, 0),
            folder,
        };
        shell.wait_for(PROMPT.trim_end());
        shell
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn press(&mut self, keys: &str) {
        self.terminal.press(keys);
    }

    /// What the screen shows, each row without blanks at its end.
    pub(crate) fn screen(&self) -> String {
        let rows = self.screen.screen().rows(0, COLUMNS);
        let rows: Vec<_> = rows.map(|row| row.trim_end().to_owned()).collect();
        rows.join("\n").trim_end().to_owned()
    }

    pub(crate) fn wait_for(&mut self, text: &str) {
        self.wait_until(text, |screen| screen.contains(text));
    }

    /// Waits until a row of the screen is this.
    pub(crate) fn wait_for_row(&mut self, row: &str) {
        self.wait_until(row, |screen| screen.lines().any(|shown| shown == row));
    }

    /// Waits until nothing more is shown for a moment, when nothing is expected.
    pub(crate) fn settle(&mut self) {
        while let Some(bytes) = self.terminal.shows(Duration::from_millis(700)) {
            self.screen.process(&bytes);
        }
    }

    fn wait_until(&mut self, wanted: &str, holds: impl Fn(&str) -> bool) {
        let until = Instant::now() + PATIENCE;
        while !holds(&self.screen()) {
            let left = until.saturating_duration_since(Instant::now());
            match self.terminal.shows(left) {
                Some(bytes) => self.screen.process(&bytes),
                None => panic!("never showed {wanted:?}, but\n{}", self.screen()),
            }
        }
    }

    /// Types each, and waits for the line that is to come of it.
    pub(crate) fn completes(&mut self, cases: &[(&str, &str)]) {
        for (typed, completed) in cases {
            self.press(typed);
            self.wait_for_row(&format!("{PROMPT}{completed}"));
            self.begin_anew();
        }
    }

    /// Clears the line that is being typed and the screen.
    pub(crate) fn begin_anew(&mut self) {
        self.press("\u{15}\u{c}");
        self.wait_until("an empty screen", |screen| screen == PROMPT.trim_end());
    }

    /// Whether a name in a certificate got something done.
    pub(crate) fn was_misled(&self) -> bool {
        self.folder().join("pwned").exists()
    }
}
