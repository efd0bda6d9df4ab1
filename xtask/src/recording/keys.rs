//! The keys of a recording, as a text of one step to a line. The file itself says which there are.

/// A terminal's size, and what is typed at it.
#[derive(Debug)]
pub(crate) struct Script {
    pub(crate) columns: u16,
    pub(crate) rows: u16,
    pub(crate) title: String,
    pub(crate) steps: Vec<Step>,
}

/// One of the steps.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Step {
    Type(String),
    Hidden(String),
    /// The bytes that a key sends.
    Key(&'static str),
    Wait(String),
    Prompt,
    /// In seconds.
    Pause(f64),
    Shot,
}

/// What keys send, to a terminal of the kind `xterm`.
const KEYS: [(&str, &str); 10] = [
    ("enter", "\r"),
    ("tab", "\t"),
    ("esc", "\u{1b}"),
    ("space", " "),
    ("backspace", "\u{7f}"),
    ("up", "\u{1b}[A"),
    ("down", "\u{1b}[B"),
    ("right", "\u{1b}[C"),
    ("left", "\u{1b}[D"),
    ("ctrl-c", "\u{3}"),
];

pub(crate) fn parse(text: &str) -> Result<Script, String> {
    let mut script = Script {
        columns: 0,
        rows: 0,
        title: String::new(),
        steps: Vec::new(),
    };
    for (number, line) in text.lines().enumerate() {
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        read(word, rest, &mut script)
            .ok_or_else(|| format!("line {}: {line:?} is no step", number + 1))?;
    }
    if script.columns == 0 || script.title.is_empty() {
        return Err("a size and a title are needed".to_owned());
    }
    Ok(script)
}

fn read(word: &str, rest: &str, script: &mut Script) -> Option<()> {
    let step = match (word, rest) {
        ("size", size) => {
            let (columns, rows) = size.split_once(' ')?;
            script.columns = columns.parse().ok()?;
            script.rows = rows.parse().ok()?;
            return Some(());
        }
        ("title", title) => {
            script.title = title.to_owned();
            return Some(());
        }
        ("prompt", "") => Step::Prompt,
        ("shot", "") => Step::Shot,
        (_, "") => return None,
        ("type", text) => Step::Type(text.to_owned()),
        ("hidden", text) => Step::Hidden(text.to_owned()),
        ("wait", text) => Step::Wait(text.to_owned()),
        ("pause", seconds) => Step::Pause(seconds.parse().ok()?),
        ("key", name) => Step::Key(KEYS.iter().find(|(known, _)| *known == name)?.1),
        _ => return None,
    };
    script.steps.push(step);
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_is_a_step() {
        let script = parse("# c\nsize 80 24\ntitle a b\ntype x  y\nkey down\npause 1.5\nshot\n");
        let script = script.expect("it is understood");
        assert_eq!((script.columns, script.rows), (80, 24));
        assert_eq!(
            script.steps,
            [
                Step::Type("x  y".to_owned()),
                Step::Key("\u{1b}[B"),
                Step::Pause(1.5),
                Step::Shot
            ]
        );
    }

    #[test]
    fn what_is_no_step_is_named_with_its_line() {
        for text in ["size 80 24\ntitle a\nkey f13", "size 80 24\ntitle a\ntype"] {
            let complaint = parse(text).expect_err("it is refused");
            assert!(complaint.starts_with("line 3:"), "{complaint}");
        }
        assert!(parse("shot").is_err());
    }
}
