//! What the manual shows of a run under Windows, held against a run: its `console` blocks are typed
//! in, line by line, and what comes out has to be what stands there. Hashes and spans of years
//! differ with the run and are not compared.

use std::fs;
use std::process::Command;

use super::process::Ended;
use super::runner::{PASSWORD, Runner, VARIABLE};
use crate::command::{program, root};

/// What stands before a command in a block.
const PROMPT: &str = "> ";

/// Runs the blocks of a file of the manual, one after the other.
pub(super) fn check(runner: &Runner, manual: &str) -> Result<(), String> {
    let text =
        fs::read_to_string(root().join(manual)).map_err(|error| format!("{manual}: {error}"))?;
    let commands = commands(&text);
    if commands.is_empty() {
        return Err(format!("{manual} shows no run"));
    }
    for (command, expected) in commands {
        let ended = run(runner, &command)?;
        let shown = format!("{}{}", ended.stdout, ended.stderr);
        if normalized(&shown) != normalized(&expected) {
            let what = format!("{manual} shows something else:\n{expected}");
            return Err(ended.complain(&what));
        }
    }
    Ok(())
}

/// The commands of the `console` blocks, each with what is shown after it.
fn commands(text: &str) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    let mut inside = false;
    for line in text.lines() {
        match line.strip_prefix(PROMPT) {
            _ if line.starts_with("```") => inside = line == "```console",
            Some(command) if inside => found.push((command.to_owned(), String::new())),
            None if inside => {
                if let Some((_, shown)) = found.last_mut() {
                    shown.push_str(line);
                    shown.push('\n');
                }
            }
            _ => {}
        }
    }
    found
}

fn run(runner: &Runner, command: &str) -> Result<Ended, String> {
    let words = words(command);
    match words.split_first() {
        Some((&"certstow", arguments)) => runner.certstow(0, arguments),
        // What stands for a Windows program there is the host's here.
        Some((&"openssl", arguments)) => {
            let mut openssl: Command = program("openssl");
            openssl
                .args(arguments)
                .current_dir(runner.work())
                .env(VARIABLE, PASSWORD);
            runner.run(&mut openssl)?.expect(0)
        }
        _ => Err(format!("'{command}' cannot be run here")),
    }
}

/// The words of a command line; quotation marks keep blanks together.
fn words(command: &str) -> Vec<&str> {
    let quoted = command.split('"').enumerate();
    quoted
        .flat_map(|(number, part)| match number % 2 {
            0 => part.split(' ').filter(|word| !word.is_empty()).collect(),
            _ => vec![part],
        })
        .collect()
}

/// The text without what differs with the run: long hexadecimal numbers, spans of years, blanks at
/// the ends of lines.
fn normalized(text: &str) -> String {
    let lines = text.lines().map(|line| {
        let words = line.split(' ').map(|word| {
            let hash = word.len() >= 64 && word.chars().all(|c| c.is_ascii_hexdigit());
            if hash { "HASH" } else { word }
        });
        let words: Vec<_> = words.collect();
        let mut line = words.join(" ");
        for (start, end) in [("(", " years ago)"), ("in ", " years")] {
            line = without_number(&line, start, end);
        }
        line.trim_end().to_owned()
    });
    lines.collect::<Vec<_>>().join("\n").trim_end().to_owned()
}

/// The line without the number between two texts, if there is one.
fn without_number(line: &str, start: &str, end: &str) -> String {
    let Some((before, after)) = line.split_once(end) else {
        return line.to_owned();
    };
    let kept = before.trim_end_matches(|c: char| c.is_ascii_digit());
    match kept.ends_with(start) && kept.len() < before.len() {
        true => format!("{kept}N{end}{after}"),
        false => line.to_owned(),
    }
}
