//! The memory of the process after it has finished with its secrets. `strace` holds it in the very
//! call that ends it, and root reads all of it through `/proc/PID/mem`. The release program needs no
//! help for that.
//!
//! One place is left out, and only for a password from the environment: the environment itself,
//! which the system put into the process and shows to whoever may see its `/proc/PID/environ`.

use std::fs::{self, File};
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::ops::Range;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use crate::canary::{Canaries, PASSWORDS};
use crate::table::{CASES, Case, Family};
use crate::world::{Source, World};

/// Longer than anything here takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A system call by its name and its number on this machine.
pub(crate) type Call = (&'static str, u32);

#[cfg(target_arch = "x86_64")]
pub(crate) const EXIT: Call = ("exit_group", 231);
#[cfg(target_arch = "x86_64")]
pub(crate) const RENAME: Call = ("renameat2", 316);
#[cfg(target_arch = "x86_64")]
const REPLACE: Call = ("renameat", 264);
#[cfg(target_arch = "aarch64")]
pub(crate) const EXIT: Call = ("exit_group", 94);
#[cfg(target_arch = "aarch64")]
pub(crate) const RENAME: Call = ("renameat2", 276);
#[cfg(target_arch = "aarch64")]
const REPLACE: Call = ("renameat", 38);

/// What holds a program, and none that it starts, in a call for as long as the patience.
fn launcher(call: Call) -> [String; 9] {
    let delay = PATIENCE.as_micros();
    let inject = format!("inject={}:delay_enter={delay}", call.0);
    let trace = format!("trace={}", call.0);
    [
        "strace",
        "-f",
        "-qq",
        "-bexecve",
        "-o/dev/null",
        "-e",
        &trace,
        "-e",
        &inject,
    ]
    .map(str::to_owned)
}

/// Runs cases until they end, and looks for the canaries in their memory then.
pub(crate) fn hold_nothing_at_exit(world: &World, cases: &[Case], canaries: &Canaries) {
    for case in cases {
        let keeps = |held: &Held, how: &str| {
            assert_eq!(held.code(), Some(case.code), "{:?} {how}", case.words);
            let found = held.found(canaries, false);
            assert!(found.is_empty(), "{:?} {how}: {found:#?}", case.words);
        };
        for source in [Source::File, Source::Stdin] {
            keeps(&hold(world, case, source, EXIT), &format!("{source:?}"));
        }
        if case.prompts > 0 {
            keeps(&hold_typed(world, case), "typed");
        }
    }
}

/// A program that stands still, and what started it; both are ended when this is dropped.
pub(crate) struct Held {
    started: Started,
    pid: u32,
}

/// What was started: the tracer, or a terminal around it.
enum Started {
    Child(Child),
    Terminal {
        /// Who has it open keeps it there.
        _terminal: crate::terminal::Terminal,
    },
}

impl Held {
    fn at(call: Call, started: Started, root: u32) -> Self {
        let began = Instant::now();
        loop {
            assert!(began.elapsed() < PATIENCE, "it did not come to {}", call.0);
            if let Some(pid) = descendants(root).into_iter().find(|pid| is_in(*pid, call)) {
                return Self { started, pid };
            }
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// The exit code it is about to end with, the first argument of that call.
    pub(crate) fn code(&self) -> Option<i32> {
        let call = calls(self.pid).find(|call| is_call(call, EXIT))?;
        let code = call.split_whitespace().nth(1)?.strip_prefix("0x")?;
        i32::from_str_radix(code, 16).ok()
    }

    /// What of the canaries is in its memory, and where.
    pub(crate) fn found(&self, canaries: &Canaries, left_out: bool) -> Vec<String> {
        let began = Instant::now();
        loop {
            match self.search(canaries, left_out) {
                Ok(found) => return found,
                // A thread that has come to its end takes its stack with it meanwhile.
                Err(error) => assert!(began.elapsed() < PATIENCE, "{error}"),
            }
        }
    }

    fn search(&self, canaries: &Canaries, left_out: bool) -> io::Result<Vec<String>> {
        let proc = format!("/proc/{}", self.pid);
        let maps = fs::read_to_string(format!("{proc}/maps"))?;
        let mut memory = File::open(format!("{proc}/mem"))?;
        let environment = match left_out {
            true => environment(&proc),
            false => 0..0,
        };
        let mut found = Vec::new();
        let mut read = 0;
        for line in maps.lines() {
            let Some(range) = writable(line) else {
                continue;
            };
            let mut bytes = vec![0; usize::try_from(range.end - range.start).expect("a size")];
            memory.seek(SeekFrom::Start(range.start)).expect("a place");
            memory.read_exact(&mut bytes)?;
            read += bytes.len();
            for (at, what) in canaries.find(&bytes) {
                let place = range.start + at as u64;
                if !environment.contains(&place) {
                    found.push(format!("{what} at {place:#x} in {line}"));
                }
            }
        }
        assert!(read > 1 << 20, "only {read} bytes of memory");
        Ok(found)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        // The program first: without its tracer it would go on.
        let _ = rustix::process::Pid::from_raw(self.pid.try_into().expect("a process"))
            .map(|pid| rustix::process::kill_process(pid, rustix::process::Signal::KILL));
        if let Started::Child(child) = &mut self.started {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// The range of a line of `/proc/PID/maps`, if the program can have written to it.
fn writable(line: &str) -> Option<Range<u64>> {
    let mut words = line.split_whitespace();
    let (start, end) = words.next()?.split_once('-')?;
    let writable = words.next()?.starts_with("rw");
    let number = |text| u64::from_str_radix(text, 16).ok();
    writable.then_some(number(start)?..number(end)?)
}

/// Where the environment lies: the 50th and 51st field of `/proc/PID/stat` (proc(5)).
fn environment(proc: &str) -> Range<u64> {
    let stat = fs::read_to_string(format!("{proc}/stat")).expect("its state");
    let (_, after_name) = stat.rsplit_once(')').expect("the name in parentheses");
    let fields: Vec<&str> = after_name.split_whitespace().collect();
    let field = |number: usize| fields[number - 3].parse::<u64>().expect("a number");
    let range = field(50)..field(51);
    assert!(!range.is_empty(), "root may see where the environment is");
    range
}

/// A process and all that it started.
fn descendants(pid: u32) -> Vec<u32> {
    let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"));
    let children: Vec<u32> = children
        .unwrap_or_default()
        .split_whitespace()
        .filter_map(|pid| pid.parse().ok())
        .collect();
    let below = children.iter().flat_map(|child| descendants(*child));
    std::iter::once(pid).chain(below).collect()
}

/// Whether a thread of certstow's is in a call.
fn is_in(pid: u32, call: Call) -> bool {
    let name = fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
    name.trim_end() == "certstow" && calls(pid).any(|found| is_call(&found, call))
}

/// The calls that the threads of a process are in: number and arguments.
fn calls(pid: u32) -> impl Iterator<Item = String> {
    let threads = fs::read_dir(format!("/proc/{pid}/task"));
    let threads = threads.into_iter().flatten().flatten();
    threads.filter_map(|thread| fs::read_to_string(thread.path().join("syscall")).ok())
}

fn is_call(found: &str, (_, number): Call) -> bool {
    found.starts_with(&format!("{number} "))
}

pub(crate) fn hold(world: &World, case: &Case, source: Source, call: Call) -> Held {
    let launcher = launcher(call);
    let launcher: Vec<&str> = launcher.iter().map(String::as_str).collect();
    let child = world
        .command(&launcher, case, source, &["--log", "log"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("strace starts");
    let pid = child.id();
    Held::at(call, Started::Child(child), pid)
}

/// At its end, a case whose passwords are typed.
pub(crate) fn hold_typed(world: &World, case: &Case) -> Held {
    let launcher = launcher(EXIT);
    let launcher: Vec<&str> = launcher.iter().map(String::as_str).collect();
    let terminal = crate::at_terminal(world, case, &launcher);
    let pid = terminal.id();
    let terminal = Started::Terminal {
        _terminal: terminal,
    };
    Held::at(EXIT, terminal, pid)
}

#[test]
#[ignore = "needs strace, and root"]
fn memory_at_exit_holds_no_secret() {
    for password in PASSWORDS {
        let world = World::new(password);
        for case in CASES.iter().filter(|case| case.image && !case.agreed) {
            for source in Source::of(case) {
                let held = hold(&world, case, *source, EXIT);
                // What did not do its work has no secret to leave.
                assert_eq!(held.code(), Some(case.code), "{:?} {source:?}", case.words);
                let found = held.found(&world.canaries_of(case), *source == Source::Environment);
                assert!(found.is_empty(), "{:?} {source:?}: {found:#?}", case.words);
            }
        }
    }
}

#[test]
#[ignore = "needs strace, and root"]
fn memory_at_exit_holds_no_typed_password() {
    for password in PASSWORDS {
        let world = World::new(password);
        for case in CASES.iter().filter(|case| case.image && case.prompts > 0) {
            let held = hold_typed(&world, case);
            assert_eq!(
                held.code(),
                Some(case.code_at_terminal()),
                "{:?}",
                case.words
            );
            let found = held.found(&world.canaries_of(case), false);
            assert!(found.is_empty(), "{:?}: {found:#?}", case.words);
        }
    }
}

#[test]
#[ignore = "needs strace, and root"]
fn memory_at_exit_holds_no_generated_password() {
    let world = World::new(PASSWORDS[0]);
    let launcher = launcher(EXIT);
    let launcher: Vec<&str> = launcher.iter().map(String::as_str).collect();
    let (terminal, password) = crate::with_new_password(&world, &launcher);
    let mut canaries = world.canaries().clone();
    canaries.add_password(&password);
    let pid = terminal.id();
    let terminal = Started::Terminal {
        _terminal: terminal,
    };
    let held = Held::at(EXIT, terminal, pid);
    assert_eq!(held.code(), Some(0));
    let found = held.found(&canaries, false);
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
#[ignore = "needs strace, and root"]
fn memory_at_exit_holds_no_wizard_answer() {
    for password in PASSWORDS {
        for plain in [false, true] {
            let world = World::new(password);
            let launcher = launcher(EXIT);
            let launcher: Vec<&str> = launcher.iter().map(String::as_str).collect();
            let terminal = crate::wizard::answered(&world, &launcher, plain);
            let pid = terminal.id();
            let held = Held::at(
                EXIT,
                Started::Terminal {
                    _terminal: terminal,
                },
                pid,
            );
            assert_eq!(held.code(), Some(0), "plain: {plain}");
            let found = held.found(world.canaries(), false);
            assert!(found.is_empty(), "plain: {plain}: {found:#?}");
        }
    }
}

/// A search that finds nothing must be one that could: while the file is written, both are there.
#[test]
#[ignore = "needs strace, and root"]
fn memory_search_finds_secrets_during_work() {
    let world = World::new(PASSWORDS[1]);
    let words = "export Ada --store {store} --iterations 2000 -o at-work.p12";
    let case = CASES
        .iter()
        .find(|case| case.words.starts_with("export Ada"));
    let case = Case {
        words,
        ..*case.expect("an export")
    };
    let held = hold(&world, &case, Source::File, RENAME);
    let found = held.found(world.canaries(), false);
    for what in ["the password in UTF-8", "RSA's d, big-endian"] {
        assert!(
            found.iter().any(|found| found.starts_with(what)),
            "{found:#?}"
        );
    }
    drop(held);

    let mut case = case;
    case.words =
        "backup --to at-work --store {store} --iterations 2000 --escrow {store}/ada-example.pem";
    case.family = None;
    let mut sealed = Canaries::none();
    let held = hold(&world, &case, Source::None, REPLACE);
    crate::sealed::add(&world.folder().join("at-work"), &mut sealed);
    assert!(
        !held.found(&sealed, false).is_empty(),
        "the password that is being sealed is not found"
    );
    drop(held);

    case.family = Some(Family::Password);
    case.words = "check ada.p12";
    let held = hold(&world, &case, Source::Environment, EXIT);
    assert!(held.found(world.canaries(), true).is_empty());
    assert!(
        !held.found(world.canaries(), false).is_empty(),
        "the environment is left out for nothing"
    );
}
