//! Too little of something: no threads, few open files, small files. Every command does its work with
//! what there is, or says what it lacks, with a documented exit code; nothing half-done stays behind,
//! and nothing is called saved that is not.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use certstow::exit::Exit;

use crate::{certstow, in_folder, names, said, samples};

/// The system gives no further thread, nor a process.
const NO_THREADS: &[&str] = &[
    "strace",
    "-f",
    "-qq",
    "-o",
    "/dev/null",
    "--seccomp-bpf",
    "-e",
    "trace=clone,clone3",
    "-e",
    "inject=clone,clone3:error=EAGAIN",
];

/// What a run is given: a store, a file and a backup of what is in it.
struct World(tempfile::TempDir);

impl World {
    fn new() -> Self {
        let world = Self(tempfile::tempdir().expect("a temporary folder"));
        for words in [
            "export Ada --iterations 2000 -o ada.p12",
            "backup --iterations 1 --to kept",
        ] {
            let output = world.run(&[], &format!("{words} {}", from_samples()));
            assert_eq!(output.status.code(), Some(0), "{}", said(&output));
        }
        world
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Runs certstow with these words by a program that sets it a limit.
    fn run(&self, limit: &[&str], words: &str) -> Output {
        let words = words.split_whitespace();
        let mut command = match limit {
            [] => certstow(self.0.path()),
            [program, options @ ..] => {
                let mut command = Command::new(program);
                command.args(options).arg(env!("CARGO_BIN_EXE_certstow"));
                in_folder(&mut command, self.0.path());
                command
            }
        };
        let output = command.args(words).output();
        output.unwrap_or_else(|error| panic!("{limit:?}: {error}"))
    }

    /// Where a command may write.
    fn folders(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.0.path()).expect("the folder");
        let folders = entries.map(|entry| entry.expect("an entry").path());
        let mut folders: Vec<_> = folders.filter(|path| path.is_dir()).collect();
        folders.push(self.0.path().to_owned());
        folders
    }

    /// Every key file under its final name restores.
    fn restores(&self, place: &str) {
        let files = self.folders().into_iter().flat_map(|folder| {
            let names = names(&folder).into_iter();
            names.map(move |name| folder.join(name))
        });
        for file in files.filter(|file| file.extension().is_some_and(|ending| ending == "p12")) {
            let words = format!("check --password-env SECRET {}", file.display());
            let output = self.run(&[], &words);
            assert_eq!(output.status.code(), Some(0), "{place}: {}", said(&output));
        }
    }

    fn has_nothing_half_done(&self, place: &str) {
        for folder in self.folders() {
            for name in names(&folder) {
                assert!(!name.ends_with(".tmp"), "{place}: {name} is left behind");
            }
        }
    }
}

fn from_samples() -> String {
    format!("--store {} --password-env SECRET", samples())
}

/// Each command, in an order in which none is in the way of the next.
fn commands() -> Vec<String> {
    let (store, from) = (format!("--store {}", samples()), from_samples());
    vec![
        format!("list {store}"),
        format!("show Ada {store}"),
        "check --password-env SECRET ada.p12".to_owned(),
        format!("export Ada {from} --iterations 2000 -o one.p12"),
        format!("export Ada {from} --iterations 2000 -o two.p12 --copy-to copies"),
        format!("export Ada {from} --iterations 2000 -o ada.p12 --force"),
        "import ada.p12 --store file:into --password-env SECRET".to_owned(),
        format!("backup {from} --iterations 1 --to new"),
        format!("backup {from} --iterations 1 --to kept --rewrite"),
        "backup verify kept --password-env SECRET".to_owned(),
        "backup restore kept --into file:back --password-env SECRET".to_owned(),
        format!("report {store} -o page.html"),
        format!("doctor {store} --to kept"),
        "stores".to_owned(),
        "schedule show".to_owned(),
        "schedule install --to /srv/kept --print=units --system linux --program /usr/bin/certstow"
            .to_owned(),
        "completions zsh".to_owned(),
        "man manual".to_owned(),
        "password list".to_owned(),
    ]
}

/// Runs every command under a limit. `judge` compares with what a run without it said.
fn each(limit: &[&str], judge: impl Fn(&Output, &Output, &str)) {
    let (free, limited) = (World::new(), World::new());
    for folder in [&free, &limited] {
        fs::create_dir(folder.path("copies")).expect("a folder");
    }
    for words in commands() {
        let expected = free.run(&[], &words);
        let output = limited.run(limit, &words);
        let place = format!("{limit:?} {words}: {}", said(&output));
        let documented = |exit: &Exit| output.status.code() == Some(exit.code().into());
        assert!(Exit::ALL.iter().any(documented), "{place}");
        assert!(!said(&output).contains("panicked"), "{place}");
        limited.has_nothing_half_done(&place);
        judge(&output, &expected, &place);
    }
    limited.restores(&format!("{limit:?}"));
}

/// No success that differs from the one without a limit.
fn no_false_success(output: &Output, expected: &Output, place: &str) {
    if output.status.success() {
        assert!(expected.status.success(), "{place}");
        let lines = |output: &Output| output.stdout.split(|byte| *byte == b'\n').count();
        assert_eq!(lines(output), lines(expected), "{place}");
    }
}

#[test]
#[ignore = "needs strace"]
fn commands_work_without_threads() {
    each(NO_THREADS, |output, expected, place| {
        assert_eq!(output.status.code(), expected.status.code(), "{place}");
        no_false_success(output, expected, place);
    });
}

#[test]
#[ignore = "needs strace"]
fn completion_without_threads_is_empty() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut command = Command::new(NO_THREADS[0]);
    command
        .args(&NO_THREADS[1..])
        .args([env!("CARGO_BIN_EXE_certstow"), "--", "certstow", "expor"])
        .env("CERTSTOW_COMPLETE", "zsh");
    in_folder(&mut command, folder.path());
    let output = command.output().expect("strace starts");
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert!(
        output.stdout.is_empty() && output.stderr.is_empty(),
        "{}",
        said(&output)
    );
}

#[test]
fn commands_with_few_descriptors_fail_cleanly() {
    // The dynamic linker needs the first.
    for descriptors in 4..=8 {
        let limit = format!("--nofile={descriptors}");
        each(&["prlimit", &limit], no_false_success);
    }
}

#[test]
fn commands_with_file_size_limit_fail_cleanly() {
    for bytes in [0, 600, 2048, 4096] {
        let limit = format!("--fsize={bytes}");
        each(&["prlimit", &limit], no_false_success);
    }
    let world = World::new();
    fs::create_dir(world.path("copies")).expect("a folder");
    let export = format!("export Ada {} --iterations 2000", from_samples());
    let whole = fs::metadata(world.path("ada.p12")).expect("the file").len();
    let before = fs::read(world.path("ada.p12")).expect("the file");
    let limit = format!("--fsize={}", whole / 2);
    for (words, code) in [
        (format!("{export} -o new.p12"), 16),
        (format!("{export} -o ada.p12 --force"), 16),
        (format!("report --store {} -o page.html", samples()), 16),
        (
            "import ada.p12 --store file:into --password-env SECRET".to_owned(),
            16,
        ),
    ] {
        let output = world.run(&["prlimit", &limit], &words);
        let shown = said(&output);
        assert_eq!(output.status.code(), Some(code), "{words}: {shown}");
        assert!(shown.contains("File too large (os error 27)"), "{shown}");
    }
    assert_eq!(fs::read(world.path("ada.p12")).expect("the file"), before);
    assert!(!world.path("new.p12").exists() && !world.path("page.html").exists());
    assert!(!world.path("into").exists());
}

#[test]
fn log_over_size_limit_warns_once() {
    let world = World::new();
    let words = format!("list --store {} --log log -v", samples());
    let output = world.run(&["prlimit", "--fsize=400"], &words);
    let shown = said(&output);
    assert_eq!(output.status.code(), Some(0), "{shown}");
    let told = shown.matches("File too large").count();
    assert_eq!(told, 1, "{shown}");
    let log = fs::read_to_string(world.path("log")).expect("the log");
    assert!(log.ends_with("}\n") && log.len() <= 400, "{log}");
}
