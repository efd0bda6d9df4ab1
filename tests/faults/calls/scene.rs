//! The world of a scenario: a folder, made once and copied for each run, always to the same place,
//! and certstow run in it, as strace(1) has it go.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::held::{Held, Openings};
use super::scenarios::Scenario;
use super::trace::{self, CALLS, Call};
use super::{Injection, claims, rules};
use crate::program::in_folder;
use crate::terminal::Terminal;

/// The passwords of files: those from before the run, and those that it makes.
pub(super) const OLD: &str = "an old password";
pub(super) const NEW: &str = crate::program::PASSWORD;

/// What a shell does for every run: nothing is private but what certstow makes private; what waits
/// for ever is ended; and a run that was killed is told by the shell's exit code for it.
const SHELL: &str = r#"umask 0; timeout --foreground 60 "$@"; exit $?"#;

/// That exit code.
pub(super) const KILLED: i32 = 128 + 9;

pub(super) struct Scene<'s> {
    pub(super) scenario: &'s Scenario,
    core: usize,
    folder: tempfile::TempDir,
    pub(super) openings: Openings,
    /// What is there before a run.
    pub(super) before: State,
    /// The names of all files after one without a fault.
    pub(super) names: Vec<String>,
}

/// What is there at one time.
#[derive(Debug, Default)]
pub(super) struct State {
    /// Every file by its path in the world.
    pub(super) files: BTreeMap<String, File>,
    /// The mode of every folder in it.
    pub(super) folders: BTreeMap<String, u32>,
    /// What the files with private keys hold.
    pub(super) keys: BTreeMap<String, Held>,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct File {
    pub(super) mode: u32,
    pub(super) bytes: Vec<u8>,
}

/// What came of a run.
pub(super) struct Run {
    pub(super) code: Option<i32>,
    /// On standard output and standard error.
    pub(super) said: String,
    trace: String,
}

impl Run {
    /// Whether the call that was to fail did.
    pub(super) fn was_injected(&self) -> bool {
        self.code == Some(KILLED) || self.trace.contains("(INJECTED)")
    }
}

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "it ended with {:?} and said:\n{}", self.code, self.said)
    }
}

impl<'s> Scene<'s> {
    pub(super) fn new(scenario: &'s Scenario, core: usize) -> Self {
        let mut scene = Self {
            scenario,
            core,
            folder: tempfile::tempdir().expect("a temporary folder"),
            openings: Openings::default(),
            before: State::default(),
            names: Vec::new(),
        };
        fs::create_dir(scene.world()).expect("a folder");
        copy(
            &Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/personal"),
            &scene.path("store"),
        );
        (scenario.prepare)(&scene);
        make_private(&scene.world());
        fs::rename(scene.world(), scene.folder.path().join("before")).expect("renamed");
        scene.make_anew();
        scene.before = scene.state();
        scene
    }

    pub(super) fn world(&self) -> PathBuf {
        self.folder.path().join("world")
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.world().join(name)
    }

    /// Puts everything back to how it was before.
    pub(super) fn make_anew(&self) {
        if self.world().exists() {
            fs::remove_dir_all(self.world()).expect("removed");
        }
        copy(&self.folder.path().join("before"), &self.world());
    }

    /// The calls of a run without a fault. It has to do what the scenario says that it does, in an
    /// order that a power cut does no harm to.
    pub(super) fn calls(&mut self) -> Vec<Call> {
        let run = self.run(None);
        let now = self.state();
        assert_eq!(run.code, Some(0), "without a fault, {run}");
        let missing = rules::missing(self, &now);
        assert!(missing.is_empty(), "{missing:?}\n{run}");
        assert!(claims::says_something(self, &now, &run), "{run}");
        self.names = now.files.into_keys().collect();
        let not_on_disk = trace::not_on_disk(&run.trace, &self.world());
        assert!(not_on_disk.is_empty(), "{not_on_disk:?}\n{}", run.trace);
        let calls = trace::calls(&run.trace, &self.world());
        assert!(!calls.is_empty(), "{}", run.trace);
        calls
    }

    /// Runs the scenario's command, with a fault if there is one.
    pub(super) fn run(&self, injection: Option<&Injection>) -> Run {
        let trace = self.folder.path().join("trace");
        let core = self.core.to_string();
        let calls = format!("trace={CALLS},clone,clone3");
        let mut words: Vec<String> = ["taskset", "--cpu-list", &core, "strace", "-f", "-y", "-qq"]
            .map(str::to_owned)
            .into();
        // What is written is not shown, names are.
        words.extend(["-s", "0", "-e", &calls, "-o"].map(str::to_owned));
        words.push(trace.to_string_lossy().into_owned());
        if !self.scenario.threads {
            // strace counts each thread's calls by themselves. Where there is no other thread, the
            // n-th call is the n-th of the process.
            words.extend(["-e", "inject=clone,clone3:error=EAGAIN"].map(str::to_owned));
        }
        if let Some(Injection { call, fault }) = injection {
            words.extend([
                "-e".to_owned(),
                format!("inject={}:{}", call.name, fault.at(call.nth)),
            ]);
        }
        words.push(env!("CARGO_BIN_EXE_certstow").to_owned());
        words.extend(self.scenario.words.split_whitespace().map(str::to_owned));
        let (code, said) = self.shell(&words, self.scenario.answers);
        let trace = fs::read_to_string(trace).expect("the trace");
        Run { code, said, trace }
    }

    /// Runs the scenario's command once more, as anybody would.
    pub(super) fn run_again(&self) -> Run {
        self.certstow(self.scenario.words, self.scenario.answers)
    }

    /// Runs certstow with these words.
    pub(super) fn certstow(&self, words: &str, answers: Option<&str>) -> Run {
        let program = [env!("CARGO_BIN_EXE_certstow")].into_iter();
        let words: Vec<_> = program
            .chain(words.split_whitespace())
            .map(str::to_owned)
            .collect();
        let (code, said) = self.shell(&words, answers);
        Run {
            code,
            said,
            trace: String::new(),
        }
    }

    /// The same, which has to succeed.
    pub(super) fn does(&self, words: &str) {
        let run = self.certstow(words, None);
        assert_eq!(run.code, Some(0), "{words}: {run}");
    }

    /// Runs a program in the world; at a terminal, if there is something to type.
    fn shell(&self, words: &[String], answers: Option<&str>) -> (Option<i32>, String) {
        let shell = ["sh", "-c", SHELL, "sh"].into_iter();
        let words: Vec<&str> = shell.chain(words.iter().map(String::as_str)).collect();
        if let Some(answers) = answers {
            let variables = [("OLD", OLD), ("NEW", NEW), ("NO_COLOR", "1")];
            let mut terminal = Terminal::run(&self.world(), 200, &variables, words);
            // Typed ahead: a run that ends early asks nothing.
            terminal.press(answers);
            return terminal.end();
        }
        let mut command = Command::new(words[0]);
        command.args(&words[1..]).env("OLD", OLD).env("NEW", NEW);
        in_folder(&mut command, &self.world());
        let output = command.stdin(Stdio::null()).output().expect("sh starts");
        let said =
            [output.stdout, output.stderr].map(|said| String::from_utf8_lossy(&said).into_owned());
        (output.status.code(), said.concat())
    }

    /// What is there now.
    pub(super) fn state(&self) -> State {
        let mut state = State::default();
        let world = self.world();
        let mut folders = vec![world.clone()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).expect("a folder") {
                let entry = entry.expect("an entry");
                let metadata = entry.metadata().expect("its metadata");
                let mode = metadata.permissions().mode() & 0o777;
                let path = entry.path();
                let name = path.strip_prefix(&world).expect("it is in the world");
                let name = name.to_string_lossy().into_owned();
                if metadata.is_dir() {
                    state.folders.insert(name, mode);
                    folders.push(path);
                } else {
                    let bytes = fs::read(path).expect("a file");
                    state.files.insert(name, File { mode, bytes });
                }
            }
        }
        state.keys = self.openings.of(&world, &state.files);
        state
    }
}

/// Copies a folder and all that is in it.
fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        match from.is_dir() {
            true => copy(&from, &to),
            false => drop(fs::copy(&from, &to).expect("a copy")),
        }
    }
    let permissions = fs::metadata(from).expect("its metadata").permissions();
    fs::set_permissions(to, permissions).expect("its mode");
}

/// Has nobody else read anything in a folder.
fn make_private(folder: &Path) {
    fs::set_permissions(folder, Permissions::from_mode(0o700)).expect("its mode");
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        match path.is_dir() {
            true => make_private(&path),
            false => fs::set_permissions(&path, Permissions::from_mode(0o600)).expect("its mode"),
        }
    }
}
