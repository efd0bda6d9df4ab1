//! What must not get out by the side door: canaries, a password and private keys, are given to every
//! command from every source, and searched for in all that it says, logs and leaves behind, and in
//! its memory when it ends. While one is in memory, nobody else can look.
//!
//! `table.rs` has the commands, and says how to add one.

mod canary;
#[cfg(target_os = "linux")]
mod image;
#[cfg(target_os = "linux")]
mod memory;
#[cfg(target_os = "linux")]
mod nss;
mod sealed;
#[cfg_attr(
    not(target_os = "linux"),
    allow(dead_code, reason = "terminals and memory are Linux's here")
)]
mod table;
#[cfg(target_os = "linux")]
#[path = "../support/terminal.rs"]
#[allow(dead_code, reason = "other tests at a terminal do other things")]
mod terminal;
#[cfg(target_os = "linux")]
mod token;
#[cfg(target_os = "linux")]
mod wizard;
#[cfg_attr(
    not(target_os = "linux"),
    allow(dead_code, reason = "terminals and memory are Linux's here")
)]
mod world;

use std::collections::BTreeSet;
use std::process::{Command, Stdio};

use canary::PASSWORDS;
use table::{CASES, Case};
use world::{Source, World};

/// How every command is run: with all that it can explain, and logged.
const MODES: [&[&str]; 2] = [
    &["-v", "--log", "log"],
    &["-v", "--json", "--log", "json.log"],
];

/// What prints files for another machine, where the log may be the task's alone.
const PRINTS: &str = "schedule install";

#[test]
fn commands_print_log_and_leave_no_secret() {
    std::thread::scope(|scope| {
        for password in PASSWORDS {
            scope.spawn(|| every_case_keeps(password));
        }
    });
}

fn every_case_keeps(password: &'static str) {
    let world = World::new(password);
    let mut runs = 0;
    // Wine's scheduler says of any task that it is there.
    let knows_tasks = |case: &&Case| !(under_wine() && case.words.contains("-never-installed"));
    for case in CASES.iter().filter(knows_tasks) {
        let sources = Source::of(case);
        for (at, source) in sources.iter().enumerate() {
            // One mode for each source, and every mode for every case.
            let turn = |mode: &usize| sources.len() == 1 || at % MODES.len() == *mode;
            for mode in (0..MODES.len()).filter(turn) {
                keeps(&world, case, *source, MODES[mode]);
                runs += usize::from(!is_of(case.words, PRINTS));
            }
        }
    }
    let log = ["log", "json.log"].map(|log| {
        let log = world.folder().join(log);
        std::fs::read_to_string(log).expect("the log")
    });
    let ends = log.iter().flat_map(|log| log.lines());
    let ends = ends.filter(|line| line.contains("\"event\":\"end\""));
    let ends = ends.filter(|line| !line.contains(&format!("\"{PRINTS}\"")));
    assert_eq!(ends.count(), runs, "not every run is logged");
}

/// Runs a case, and looks for the canaries in what it says and leaves.
fn keeps(world: &World, case: &Case, source: Source, mode: &[&str]) {
    let mut command = world.command(&[], case, source, mode);
    let output = command.output().expect("certstow starts");
    let what = format!("{:?} {source:?} {mode:?}", case.words);
    let code = output.status.code();
    assert_eq!(code, Some(case.code_of(mode)), "{what}: {output:?}");
    let silent = output.stdout.is_empty() && output.stderr.is_empty();
    assert!(!silent, "{what} says nothing");
    world.keeps_secrets(&output, case, &what);
}

fn under_wine() -> bool {
    cfg!(windows) && std::env::var_os("WINEPREFIX").is_some()
}

/// What is said at a terminal goes to a person, and nothing typed there does.
#[cfg(target_os = "linux")]
#[test]
fn commands_show_and_leave_no_typed_password() {
    for password in PASSWORDS {
        let world = World::new(password);
        for case in CASES.iter().filter(|case| case.prompts > 0) {
            keeps_typed(&world, case);
        }
    }
}

/// Runs a case at a terminal, and looks for the canaries in what it shows and leaves.
#[cfg(target_os = "linux")]
fn keeps_typed(world: &World, case: &Case) {
    let (code, shown) = at_terminal(world, case, &[]).end();
    let expected = Some(case.code_at_terminal());
    assert_eq!(code, expected, "{:?}: {shown}", case.words);
    let deleted = shown.contains("Deleted the private key");
    assert_eq!(deleted, case.agreed, "{:?}: {shown}", case.words);
    let output = std::process::Output {
        status: std::process::ExitStatus::default(),
        stdout: shown.into_bytes(),
        stderr: Vec::new(),
    };
    world.keeps_secrets(&output, case, case.words);
}

/// Runs cases with their passwords from every source, and typed.
#[cfg(target_os = "linux")]
fn keep_in_every_way(world: &World, cases: &[Case]) {
    for case in cases {
        for (at, source) in Source::of(case).iter().enumerate() {
            keeps(world, case, *source, MODES[at % MODES.len()]);
        }
        if case.prompts > 0 {
            keeps_typed(world, case);
        }
    }
}

/// Starts a case at a terminal, and answers each of its prompts: with the canary, and with yes.
#[cfg(target_os = "linux")]
fn at_terminal(world: &World, case: &Case, launcher: &[&str]) -> terminal::Terminal {
    let mut words: Vec<String> = launcher.iter().map(|word| (*word).to_owned()).collect();
    words.push(env!("CARGO_BIN_EXE_certstow").to_owned());
    words.extend(world.arguments(case));
    words.extend(case.at_terminal.map(str::to_owned));
    words.extend(MODES[0].iter().map(|word| (*word).to_owned()));
    let variables = world.variables();
    let variables: Vec<(&str, &str)> = variables
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    let words = words.iter().map(String::as_str);
    let mut terminal = terminal::Terminal::run(world.folder(), 120, &variables, words);
    let agree = |terminal: &mut terminal::Terminal| {
        if case.agreed {
            terminal.wait_for("[y/N] ");
            terminal.press("y\r");
        }
    };
    agree(&mut terminal);
    for _ in 0..case.prompts {
        terminal.wait_for_one_of(&["assword", "PIN of"]);
        terminal.wait_for(": ");
        terminal.press(&format!("{}\r", world.password()));
    }
    agree(&mut terminal);
    terminal
}

/// Starts an export whose password is made for it; gives the password, too.
#[cfg(target_os = "linux")]
fn with_new_password(world: &World, launcher: &[&str]) -> (terminal::Terminal, String) {
    let store = world::samples();
    let export = [
        "export", "Ada", "--store", &store, "--force", "-o", "new.p12",
    ];
    let more = ["--generate-password", "--copy-to", "tmp"];
    let program = [env!("CARGO_BIN_EXE_certstow")];
    let words = [launcher, &program, &export, &more, MODES[0]].concat();
    let variables = world.variables();
    let variables: Vec<(&str, &str)> = variables
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    let mut terminal = terminal::Terminal::run(world.folder(), 120, &variables, words);
    terminal.wait_for("The password for the file of Ada Example:");
    terminal.next_line();
    assert_eq!(terminal.next_line(), "");
    let password = terminal.next_line().trim().to_owned();
    assert_eq!(password.len(), 29, "{password}");
    (terminal, password)
}

/// A password that is made is shown to a person, once, and is nowhere else.
#[cfg(target_os = "linux")]
#[test]
fn generated_password_is_shown_only_once() {
    let world = World::new(PASSWORDS[0]);
    let (terminal, password) = with_new_password(&world, &[]);
    let (code, shown) = terminal.end();
    assert_eq!(code, Some(0), "{shown}");
    world.keeps_password(&password, &shown);
}

/// A search that finds nothing must be one that could: here the secrets do get out, as asked.
#[test]
fn canary_search_finds_leaked_secrets() {
    let world = World::new(PASSWORDS[1]);
    let output = certstow(&[
        "list",
        "--subject",
        world.password(),
        "--store",
        &world::samples(),
    ]);
    let text = [output.stdout, output.stderr].concat();
    assert!(!world.canaries().find_in_text(&text).is_empty());
    let samples = world::samples();
    let in_clear = ["--format", "pem", "--unencrypted-key", "-o", "-"];
    for who in ["Ada", "Grace"] {
        let export = ["export", who, "--store", &samples];
        let output = certstow(&[&export[..], &in_clear].concat());
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        assert!(!world.canaries().find_in_text(&output.stdout).is_empty());
    }
}

#[test]
fn cases_cover_every_command() {
    let listed: BTreeSet<String> = commands(&[]).into_iter().collect();
    let tried: BTreeSet<String> = CASES
        .iter()
        .flat_map(|case| {
            listed
                .iter()
                .filter(|name| is_of(case.words, name))
                .cloned()
        })
        .collect();
    assert!(listed.contains("export"), "{listed:?}");
    assert_eq!(tried, listed);
}

fn is_of(words: &str, name: &str) -> bool {
    words == name || words.starts_with(&format!("{name} "))
}

/// The names of all commands that have no commands of their own, as help lists them.
fn commands(above: &[&str]) -> Vec<String> {
    let output = certstow(&[above, &["--help"]].concat());
    let help = String::from_utf8(output.stdout).expect("help is text");
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let names: Vec<&str> = listed
        .take_while(|line| line.starts_with("  "))
        // What a name means may go on in further lines, which are indented more.
        .filter(|line| !line.starts_with("    "))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help")
        .collect();
    if names.is_empty() {
        return vec![above.join(" ")];
    }
    let below = |name| commands(&[above, &[name]].concat());
    names.into_iter().flat_map(below).collect()
}

fn certstow(arguments: &[&str]) -> std::process::Output {
    Command::new(env!("CARGO_BIN_EXE_certstow"))
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .expect("certstow starts")
}
