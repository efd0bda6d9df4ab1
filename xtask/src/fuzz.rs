//! `cargo xtask fuzz`: libFuzzer on the targets in `fuzz/`, by cargo-fuzz, one after the other. What
//! fails is kept, minimised, in `fuzz/found`, which the tests replay from then on. What `check` calls
//! restoring among the files that were made on the way is held against OpenSSL.

mod seeds;
mod targets;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use sha2::{Digest as _, Sha256};

use crate::command::{
    cargo, command, ensure, executable, logged, printed, root, run as run_command, succeeds,
    target_folder,
};
use crate::files;
pub(crate) use seeds::run as seeds;
use targets::{files_in, folder, targets};

/// The version of cargo-fuzz that is installed where another, or none, is.
const CARGO_FUZZ: &str = "0.13.2";

/// An input that takes longer, in seconds, or more memory, in MiB, is a finding.
const LONGEST: u32 = 10;
const MOST_MEMORY: u32 = 2048;

/// No input that is made is longer.
const MAX_BYTES: u32 = 64 * 1024;

/// `--seconds N [TARGET...]`: each target that is named, or all, for so long.
pub(crate) fn run(words: &[&str]) -> Result<(), String> {
    let all = targets()?;
    let usage = || {
        format!(
            "usage: cargo xtask fuzz --seconds N [TARGET...], of {}",
            all.join(", ")
        )
    };
    let ["--seconds", seconds, named @ ..] = words else {
        return Err(usage());
    };
    let seconds: u32 = seconds.parse().map_err(|_| usage())?;
    let known = |name: &&str| all.iter().any(|target| target == name);
    ensure(named.iter().all(known), usage)?;
    let chosen: Vec<&str> = match named {
        [] => all.iter().map(String::as_str).collect(),
        named => named.to_vec(),
    };
    let programs = build(&chosen)?;
    let mut findings = Vec::new();
    for (target, program) in chosen.iter().zip(&programs) {
        let outcome = fuzz(target, program, seconds)?;
        println!(
            "{target}: {} executions, {} edges",
            outcome.executions, outcome.edges
        );
        findings.extend(outcome.found);
    }
    if chosen.contains(&"grade") {
        hold_against_openssl()?;
    }
    ensure(findings.is_empty(), || {
        format!(
            "found, and kept for the tests to replay:\n{}",
            findings.join("\n")
        )
    })
}

/// Builds the targets and says where each is. cargo-fuzz has the compiler add what libFuzzer counts
/// edges by, which stable Rust has no option for.
fn build(targets: &[&str]) -> Result<Vec<PathBuf>, String> {
    let cargo_fuzz = cargo_fuzz()?;
    let (host, fuzz) = (host()?, folder());
    let into = target_folder()?.join("fuzz");
    for target in targets {
        // Nothing of what is fuzzed is `unsafe`: without a sanitizer there is more of it.
        let mut build = command!(
            "{cargo_fuzz} build --sanitizer none --target {host} --fuzz-dir {fuzz} --target-dir {into}"
        );
        build
            .env("RUSTC_BOOTSTRAP", "1")
            .env_remove("CARGO_TARGET_DIR");
        run_command(build.arg(target))?;
    }
    let programs = into.join(host).join("release");
    Ok(targets
        .iter()
        .map(|target| programs.join(executable(target)))
        .collect())
}

/// cargo-fuzz of the version above, installed if need be.
fn cargo_fuzz() -> Result<PathBuf, String> {
    let into = target_folder()?.join("cargo-fuzz");
    let file = into.join("bin").join(executable("cargo-fuzz"));
    let version = printed(&mut command!("{file} --version"));
    if version.is_ok_and(|version| version.contains(CARGO_FUZZ)) {
        return Ok(file);
    }
    let mut install = cargo();
    install
        .args(["install", "--locked", "cargo-fuzz", "--version", CARGO_FUZZ])
        .arg("--root")
        .arg(into);
    match run_command(&mut install) {
        Ok(()) => Ok(file),
        Err(reason) => Err(format!(
            "cargo-fuzz {CARGO_FUZZ} cannot be had here: {reason}"
        )),
    }
}

/// What rustc builds for when it is told nothing.
fn host() -> Result<String, String> {
    let said = printed(&mut command!("rustc -vV"))?;
    let host = said.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.ok_or("rustc -vV names no host")?.to_owned())
}

/// What came of a target's run.
struct Outcome {
    executions: u64,
    edges: u64,
    /// The files that are kept.
    found: Vec<String>,
}

fn fuzz(target: &str, program: &Path, seconds: u32) -> Result<Outcome, String> {
    let log = target_folder()?.join("fuzz").join(format!("{target}.log"));
    let corpus = folder().join("corpus").join(target);
    let artifacts = folder().join("artifacts").join(target);
    let found = folder().join("found").join(target);
    for folder in [&corpus, &artifacts] {
        files::create_folder(folder)?;
    }
    let mut command = Command::new(program);
    command
        .arg(&corpus)
        .arg(folder().join("seeds").join(target));
    if found.exists() {
        command.arg(&found);
    }
    let before = files_in(&artifacts)?;
    command
        .args(limits())
        .arg(format!("-max_len={MAX_BYTES}"))
        .arg(format!("-max_total_time={seconds}"))
        .arg("-print_final_stats=1")
        .arg(prefix("artifact_prefix", &artifacts))
        .current_dir(root());
    let (status, said) = logged(&mut command, &log)?;
    let mut outcome = read(&said);
    let artifacts = files_in(&artifacts)?;
    let new = artifacts.iter().filter(|file| !before.contains(file));
    // What is merely slow for libFuzzer's taste is no failure.
    for artifact in new.filter(|file| !files::name(file).starts_with("slow-unit")) {
        outcome.found.push(keep(program, artifact, &found)?);
    }
    match status.success() || !outcome.found.is_empty() {
        true => Ok(outcome),
        false => Err(format!(
            "{target} ended with {status}: see {}",
            log.display()
        )),
    }
}

fn limits() -> [String; 2] {
    [
        format!("-timeout={LONGEST}"),
        format!("-rss_limit_mb={MOST_MEMORY}"),
    ]
}

/// libFuzzer puts a file's name right behind it.
fn prefix(option: &str, folder: &Path) -> String {
    format!("-{option}={}/", folder.display())
}

/// The numbers in what libFuzzer says.
fn read(said: &str) -> Outcome {
    let number = |text: &str| text.split_whitespace().next()?.parse().ok();
    let last = |mark: &str| {
        let mut found = said.rmatch_indices(mark);
        found
            .find_map(|(at, _)| number(&said[at + mark.len()..]))
            .unwrap_or(0)
    };
    Outcome {
        executions: last("stat::number_of_executed_units:"),
        edges: last(" cov: "),
        found: Vec::new(),
    }
}

/// Puts an input that failed, as small as it gets in half a minute, into the folder of those that are
/// replayed.
fn keep(program: &Path, artifact: &Path, folder: &Path) -> Result<String, String> {
    files::create_folder(folder)?;
    let mut kept = artifact.to_owned();
    if files::name(artifact).starts_with("crash") {
        let smaller = artifact.with_extension("smaller");
        files::create_folder(&smaller)?;
        let options = ["-minimize_crash=1", "-max_total_time=30"];
        let prefix = prefix("artifact_prefix", &smaller);
        // It ends with a failure in any case; what it leaves is tried here.
        fails(program, artifact, &[&options[..], &[&prefix]].concat());
        let length = |file: &PathBuf| fs::metadata(file).map_or(u64::MAX, |file| file.len());
        let smallest = files_in(&smaller)?.into_iter().min_by_key(length);
        kept = smallest
            .filter(|file| fails(program, file, &[]))
            .unwrap_or(kept);
    }
    let bytes = files::read(&kept)?;
    let hash = Sha256::digest(&bytes);
    let file = folder.join(hexadecimal(&hash[..8]));
    files::write(&file, &bytes)?;
    // Where the folder is gone with the machine, what was printed is left.
    Ok(format!("{}: {}", file.display(), hexadecimal(&bytes)))
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Whether a target fails on a file.
fn fails(program: &Path, file: &Path, options: &[&str]) -> bool {
    let mut command = Command::new(program);
    command.args(limits()).args(options).arg(file);
    !succeeds(command.current_dir(root()))
}

/// The test that compares, over the files that `grade` made; it takes `openssl`.
fn hold_against_openssl() -> Result<(), String> {
    run_command(
        cargo()
            .env("CERTSTOW_FUZZED", folder().join("corpus/grade"))
            .args(["test", "--locked", "--test", "interop", "--"])
            .args(["--include-ignored", "differential::fuzzed"]),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn read_finds_libfuzzer_statistics() {
        let said = "#2\tINITED cov: 7 ft: 8 corp: 1/1b\n#512\tpulse  cov: 3761 ft: 9920\n\
                    stat::number_of_executed_units: 4615\nstat::average_exec_per_sec:     1\n";
        let outcome = read(said);
        assert_eq!((outcome.executions, outcome.edges), (4615, 3761));
    }

    #[test]
    fn targets_have_seeds_and_manifest_entry() {
        let manifest = fs::read_to_string(folder().join("Cargo.toml")).unwrap();
        for target in targets().unwrap() {
            assert!(
                manifest.contains(&format!("name = \"{target}\"")),
                "{target}"
            );
            assert!(
                !files_in(&folder().join("seeds").join(&target))
                    .unwrap()
                    .is_empty()
            );
        }
    }
}
