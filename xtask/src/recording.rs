//! README's picture of a terminal, and the text below it: an export is typed step by step into the
//! real program, and what the screen shows in the end is drawn as docs/images/export.svg and written
//! into README. `--check` types it again and compares what is shown with README.

use std::fmt::Write as _;
use std::path::Path;

use anstyle::{Ansi256Color, AnsiColor, Effects, Style};
use anstyle_svg::Term;
use vt100::{Cell, Color, Parser, Screen};

use crate::command::{ensure, root};
use crate::samples::PASSWORD;
use crate::terminal::Terminal;
use crate::{executables, files};

const PICTURE: &str = "docs/images/export.svg";
const README: &str = "README.md";

/// Around the text in README.
const BEGIN: &str = "in words</summary>\n\n```text\n";
const END: &str = "\n```\n\n</details>\n";

const COMMAND: &str = "certstow export --store examples/personal";
const ROWS: u16 = 30;
const COLUMNS: u16 = 92;

/// What is waited for, and what is typed then before Enter.
const TYPED: [(&str, &str); 11] = [
    ("Esc goes back", "gra"),
    ("Which part of the path goes in?", ""),
    ("Which of the store's properties?", ""),
    ("Friendly name:", ""),
    ("Which program will open the file?", ""),
    ("Who makes up the password?", ""),
    ("Password for the file:", PASSWORD),
    ("The same password again:", PASSWORD),
    ("Folder and name:", ""),
    ("Is that right?", ""),
    ("Where to put a second copy?", DOWN),
];

/// What the arrow key sends.
const DOWN: &str = "\u{1b}[B";

/// What is shown instead of the folder that certstow runs in, whose path has to be as long: lines
/// break by it.
const HOME: &str = "/home/ada";

/// Makes the picture anew, and the text below it.
pub(crate) fn run() -> Result<(), String> {
    let screen = record()?;
    let readme = read(README)?;
    let (before, _, after) = parts(&readme)?;
    write(
        README,
        &[before, BEGIN, &text(&screen), END, after].concat(),
    )?;
    write(PICTURE, &Term::new().render_svg(&styled(&screen)))
}

/// Whether README says what certstow shows.
pub(crate) fn check() -> Result<(), String> {
    let shown = text(&record()?);
    let readme = read(README)?;
    let (_, told, _) = parts(&readme)?;
    ensure(without_hashes(told) == without_hashes(&shown), || {
        format!(
            "{README} is not what certstow shows: run cargo xtask recording, and look at it\n\
             -- {README}:\n{told}\n-- certstow:\n{shown}"
        )
    })
}

/// The last screen of an export that is typed into the real program.
fn record() -> Result<Screen, String> {
    let certstow = executables::certstow(&[])?;
    let programs = certstow.parent().unwrap_or(&certstow);
    // An empty folder whose path is as long as HOME.
    let folder = tempfile::Builder::new()
        .prefix("")
        .rand_bytes(4)
        .tempdir_in("/tmp");
    let folder = folder.map_err(|error| format!("/tmp: {error}"))?;
    let store = Path::new("examples/personal");
    files::copy(root().join(store), folder.path().join(store))?;
    let shown = typed(programs, folder.path())?;
    let shown = shown.replace(&folder.path().display().to_string(), HOME);
    let mut parser = Parser::new(ROWS, COLUMNS, 0);
    parser.process(shown.as_bytes());
    Ok(parser.screen().clone())
}

/// All that is shown while the export is typed.
fn typed(programs: &Path, folder: &Path) -> Result<String, String> {
    let path = std::env::var("PATH").unwrap_or_default();
    let line = format!("stty rows {ROWS} cols {COLUMNS}; echo '$ {COMMAND}'; exec {COMMAND}");
    let mut terminal = Terminal::around(&line);
    terminal
        .current_dir(folder)
        .env_clear()
        .env("PATH", format!("{}:{path}", programs.display()))
        .env("SHELL", "/bin/sh")
        .env("TERM", "xterm-256color")
        .env("HOME", folder)
        .env("TZ", "UTC")
        .env("LC_ALL", "C.UTF-8");
    let mut terminal = Terminal::start(terminal)?;
    for (question, keys) in TYPED {
        terminal.answer(question, &format!("{keys}\r"))?;
    }
    let status = terminal.wait_for_end()?;
    match status.success() {
        true => Ok(terminal.shown()),
        false => Err(terminal.complain(&status.to_string())),
    }
}

fn read(name: &str) -> Result<String, String> {
    files::read_text(root().join(name))
}

fn write(name: &str, text: &str) -> Result<(), String> {
    files::write(root().join(name), text)?;
    println!("    wrote {name}");
    Ok(())
}

/// The text of the picture in README, and what stands before and after it.
fn parts(readme: &str) -> Result<(&str, &str, &str), String> {
    let parts = readme.split_once(BEGIN).and_then(|(before, rest)| {
        let (text, after) = rest.split_once(END)?;
        Some((before, text, after))
    });
    parts.ok_or(format!("{README} has no text of the picture"))
}

fn text(screen: &Screen) -> String {
    let text = screen.contents();
    let lines: Vec<_> = text.lines().map(str::trim_end).collect();
    lines.join("\n").trim_matches('\n').to_owned()
}

/// The words of a text, without SHA-256s: they are of a file that is never the same twice.
fn without_hashes(text: &str) -> Vec<&str> {
    let is_hash =
        |word: &str| word.len() == 64 && word.bytes().all(|digit| digit.is_ascii_hexdigit());
    let words = text.split_whitespace();
    words.filter(|word| !is_hash(word)).collect()
}

/// The screen as lines, with codes for styles alone.
fn styled(screen: &Screen) -> String {
    let mut text = String::new();
    for row in 0..ROWS {
        let mut last = Style::new();
        for cell in (0..COLUMNS).filter_map(|column| screen.cell(row, column)) {
            let style = style(cell);
            if style != last {
                let _ = write!(text, "{last:#}{style}");
                last = style;
            }
            text.push_str(if cell.has_contents() {
                cell.contents()
            } else {
                " "
            });
        }
        text.truncate(text.trim_end().len());
        let _ = writeln!(text, "{last:#}");
    }
    text.trim_matches('\n').to_owned()
}

fn style(cell: &Cell) -> Style {
    let color = match cell.fgcolor() {
        Color::Idx(number) => Ansi256Color(number).into_ansi(),
        _ => None,
    };
    let effects = [
        (cell.bold(), Effects::BOLD),
        (cell.dim(), Effects::DIMMED),
        (cell.underline(), Effects::UNDERLINE),
        (cell.inverse(), Effects::INVERT),
    ];
    let set = effects.into_iter().filter(|(is_set, _)| *is_set);
    Style::new()
        .fg_color(color.map(AnsiColor::into))
        .effects(set.fold(Effects::new(), |all, (_, one)| all | one))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_hashes_leaves_everything_else() {
        let hash = "a".repeat(64);
        assert_eq!(without_hashes(&format!("SHA-256 {hash}")), ["SHA-256"]);
        assert_eq!(without_hashes("SHA-1  abc"), ["SHA-1", "abc"]);
    }

    #[test]
    fn picture_matches_readme_recording() {
        let picture = read(PICTURE).unwrap();
        let (_, drawn) = picture.split_once("class=\"container fg\">").unwrap();
        let drawn: String = drawn
            .split('>')
            .filter_map(|part| part.split('<').next())
            .collect();
        let drawn = drawn
            .replace("&lt;", "<")
            .replace("&gt;", ">")
            .replace("&#x27;", "'");
        let readme = read(README).unwrap();
        let (_, told, _) = parts(&readme).unwrap();
        assert_eq!(
            drawn.replace([' ', '\n'], ""),
            told.replace([' ', '\n'], "")
        );
    }
}
