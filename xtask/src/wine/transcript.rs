//! What the manual shows of a run under Windows, held against a run: its `console` blocks are typed
//! in, line by line, and what comes out has to be what stands there. Hashes and spans of years
//! differ with the run and are not compared; `[..]` stands for anything else that does.

use super::process::Ended;
use crate::command::{ensure, root};
use crate::files;

/// What stands before a command in a block.
const PROMPT: &str = "> ";

/// What stands for what differs with the run.
const ANYTHING: &str = "[..]";

/// Has the commands of a file of the manual run, each with what stands after it, and compares what
/// comes of them, unless nothing is given back.
pub(super) fn type_in(
    manual: &str,
    run: impl Fn(&str, &str) -> Result<Option<Ended>, String>,
) -> Result<(), String> {
    let text = files::read_text(root().join(manual))?;
    let commands = commands(&text);
    ensure(!commands.is_empty(), || format!("{manual} shows no run"))?;
    for (command, expected) in commands {
        let Some(ended) = run(&command, &expected)? else {
            continue;
        };
        if !shows(&expected, &ended.stdout, &ended.stderr) {
            let what = format!("{manual} shows something else:\n{expected}");
            return Err(ended.complain(&what));
        }
    }
    Ok(())
}

/// The commands of the `console` blocks, each with what is shown after it. Blocks with another prompt
/// are another system's.
fn commands(text: &str) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    let (mut inside, mut typed) = (false, false);
    for line in text.lines() {
        match line.strip_prefix(PROMPT) {
            _ if line.starts_with("```") => (inside, typed) = (line == "```console", false),
            Some(command) if inside => {
                found.push((command.to_owned(), String::new()));
                typed = true;
            }
            None if typed => {
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

/// Whether this is what came out, whichever of the two outputs was first.
fn shows(expected: &str, stdout: &str, stderr: &str) -> bool {
    let [expected, stdout, stderr] = [expected, stdout, stderr].map(normalized);
    let mut outputs = [stdout.lines().peekable(), stderr.lines().peekable()];
    let all = expected.lines().all(|line| {
        let mut outputs = outputs.iter_mut();
        outputs.any(|output| output.next_if(|shown| is_like(shown, line)).is_some())
    });
    all && outputs.iter_mut().all(|output| output.peek().is_none())
}

/// Whether a line is the expected one, in which `[..]` stands for anything.
fn is_like(shown: &str, expected: &str) -> bool {
    let Some((begin, expected)) = expected.split_once(ANYTHING) else {
        return shown == expected;
    };
    let Some(mut rest) = shown.strip_prefix(begin) else {
        return false;
    };
    let (between, end) = expected.rsplit_once(ANYTHING).unwrap_or(("", expected));
    for part in between.split(ANYTHING) {
        let Some((_, after)) = rest.split_once(part) else {
            return false;
        };
        rest = after;
    }
    rest.ends_with(end)
}

/// The words of a command line; quotation marks keep blanks together.
pub(super) fn words(command: &str) -> Vec<&str> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_accepts_both_outputs_in_any_order() {
        let (stdout, stderr) = ("one\nthree 3 of 5\n", "two\n");
        for (expected, shown) in [
            ("one\ntwo\nthree [..] of 5\n\n", true),
            ("two\none\nthree 3 [..]", true),
            ("one\ntwo\n[..]ee [..] of [..]", true),
            ("three [..]\none\ntwo", false),
            ("one\nthree [..] of 5", false),
            ("one\ntwo\nthree [..] of", false),
            ("one\ntwo\nthree [..] of 5\nfour", false),
        ] {
            assert_eq!(shows(expected, stdout, stderr), shown, "{expected}");
        }
    }
}
