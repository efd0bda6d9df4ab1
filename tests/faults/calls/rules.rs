//! What must hold after every run, whatever the fault.

use std::collections::BTreeSet;

use certstow::exit::Exit;

use super::held::{OpenedBy, tells_of_a_key};
use super::scene::{KILLED, Run, Scene, State};
use super::{Fault, Injection, claims};

/// What does not hold after a run with a fault, and after the next one, which has none.
pub(super) fn after(scene: &Scene<'_>, injection: &Injection, run: &Run) -> Vec<String> {
    let now = scene.state();
    let mut broken = Vec::new();
    if !run.was_injected() {
        broken.push("the fault never came".to_owned());
    }
    broken.extend(ended_as_documented(injection, run));
    broken.extend(nothing_is_lost(scene, &now));
    broken.extend(nothing_is_open(&now));
    broken.extend(claims::untrue(scene, &now, run));
    if injection.fault != Fault::Killed && !injection.call.name.starts_with("unlink") {
        broken.extend(temporary(&now));
    }
    let missing_now = missing(scene, &now);
    let when_done = missing_now.is_empty().then_some(scene.scenario.when_done);
    if run.code == Some(0) {
        let missing_now = missing_now.into_iter();
        broken.extend(missing_now.map(|missing| format!("exit code 0, and {missing}")));
    }

    let next = scene.run_again();
    let then = scene.state();
    if next.code != Some(0) && next.code != when_done {
        broken.push(format!("the next run failed: {next}"));
    }
    let then_broken = [
        nothing_is_lost(scene, &then),
        missing(scene, &then),
        nothing_is_open(&then),
        claims::untrue(scene, &then, &next),
        nothing_is_left_over(scene, &then, &next),
    ];
    let then_broken = then_broken.into_iter().flatten();
    broken.extend(then_broken.map(|reason| format!("after the next run, {reason}")));
    broken
}

/// What is not as it is to be once the scenario is done.
pub(super) fn missing(scene: &Scene<'_>, now: &State) -> Vec<String> {
    let mut missing = not_saved(scene, now);
    missing.extend(not_gone(scene, now));
    if missing.is_empty() {
        let proofs = scene.scenario.proofs.iter();
        let proofs = proofs.map(|words| (words, scene.certstow(words, None)));
        let failed = proofs.filter(|(_, run)| run.code != Some(0));
        missing.extend(failed.map(|(words, run)| format!("{words} failed: {run}")));
    }
    missing
}

pub(super) fn not_saved(scene: &Scene<'_>, now: &State) -> Vec<String> {
    let done = scene.scenario.done.iter();
    let missing = done.filter(|(file, identity)| !is_saved(now, file, identity));
    missing
        .map(|(file, identity)| format!("{file} does not hold {identity}: {:?}", now.keys))
        .collect()
}

fn is_saved(now: &State, file: &str, identity: &str) -> bool {
    let mut files = now.keys.iter().filter(|(name, _)| name.starts_with(file));
    files.any(|(_, held)| held.identity == identity && held.opened_by != OpenedBy::OldPassword)
}

/// How many identities are saved wherever the scenario saves them.
pub(super) fn saved_everywhere(scene: &Scene<'_>, now: &State) -> usize {
    let done = scene.scenario.done;
    let identities: BTreeSet<_> = done.iter().map(|(_, identity)| identity).collect();
    let is_everywhere = |identity: &&&str| {
        let mut files = done.iter().filter(|(_, other)| other == *identity);
        files.all(|(file, identity)| is_saved(now, file, identity))
    };
    identities.into_iter().filter(is_everywhere).count()
}

pub(super) fn not_gone(scene: &Scene<'_>, now: &State) -> Vec<String> {
    let mut left = Vec::new();
    for (folder, identity) in scene.scenario.gone {
        let start = format!("{folder}/");
        let mut keys = now.keys.iter();
        let held = keys.find(|(file, held)| file.starts_with(&start) && held.identity == *identity);
        left.extend(held.map(|(file, _)| format!("{file} still holds {identity}")));
    }
    left
}

/// A fault may be met with any code that is documented. A write, sync or open that is interrupted by a
/// signal is no failure: it is made again.
fn ended_as_documented(injection: &Injection, run: &Run) -> Option<String> {
    let documented = |code| Exit::ALL.iter().any(|exit| i32::from(exit.code()) == code);
    let is_made_again = ["write", "fsync", "openat"].contains(&injection.call.name.as_str());
    let right = match injection.fault {
        Fault::Killed => run.code == Some(KILLED),
        Fault::Interrupted if is_made_again => run.code == Some(0),
        _ => run.code.is_some_and(documented),
    };
    (!right).then(|| format!("it ended with {:?}", run.code))
}

/// Every file that was there and had a key has it, and opens with the old or the new password;
/// each that got its name is whole; and every key is in a whole file.
fn nothing_is_lost(scene: &Scene<'_>, now: &State) -> Vec<String> {
    let scenario = scene.scenario;
    let mut lost = Vec::new();
    for (file, before) in &scene.before.keys {
        let may_go = scenario.may_go.iter().any(|start| file.starts_with(start));
        match now.keys.get(file) {
            Some(held) if held.identity == before.identity => {}
            _ if may_go => {}
            other => lost.push(format!("{file} held {before:?}, and holds {other:?}")),
        }
        let mut somewhere = now.keys.values();
        if !somewhere.any(|held| held.identity == before.identity)
            && !scenario.may_be_lost.contains(&before.identity)
        {
            lost.push(format!("no file holds {}", before.identity));
        }
    }
    for (name, file) in &now.files {
        let is_as_before = scene.before.files.get(name) == Some(file);
        if tells_of_a_key(name, file) && !is_as_before && !now.keys.contains_key(name) {
            lost.push(format!("{name} is not whole"));
        }
    }
    lost
}

/// Nobody else can read or change anything. Of the file that locks a folder nothing is read.
fn nothing_is_open(now: &State) -> Vec<String> {
    let files = now
        .files
        .iter()
        .filter(|(name, file)| is_temporary(name) || !file.bytes.is_empty());
    let files = files.map(|(name, file)| (name, file.mode));
    let folders = now.folders.iter().map(|(name, mode)| (name, *mode));
    let open = files.chain(folders).filter(|(_, mode)| mode & 0o077 != 0);
    open.map(|(name, mode)| format!("{name} is open to others: {mode:o}"))
        .collect()
}

fn temporary(now: &State) -> Vec<String> {
    let left = now.files.keys().filter(|name| is_temporary(name));
    left.map(|name| format!("{name} was left behind")).collect()
}

/// What is there is what there would be without a fault. A run that has nothing to write does not
/// look for temporary files.
fn nothing_is_left_over(scene: &Scene<'_>, now: &State, run: &Run) -> Vec<String> {
    let files = now.files.keys();
    let may_be_named_otherwise = |name: &&String| {
        let mut may_go = scene.scenario.may_go.iter();
        may_go.any(|start| name.starts_with(start))
    };
    let files = files.filter(|name| !scene.names.contains(*name) && !may_be_named_otherwise(name));
    let files = files.filter(|name| run.code == Some(0) || !is_temporary(name));
    files.map(|name| format!("{name} is left over")).collect()
}

fn is_temporary(name: &str) -> bool {
    name.contains(".certstow-") && name.ends_with(".tmp")
}
