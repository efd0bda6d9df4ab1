//! `certstow man`: the manual, one page for certstow and one for each command.

use std::fs;
use std::io;
use std::path::Path;

use certstow::error::Error;
use certstow::exit::Exit;
use clap_mangen::Man;

use super::args;
use super::screen::Screen;

pub(super) fn run(folder: &Path, screen: &Screen) -> Result<Exit, Error> {
    let failed = |file: &Path| {
        let place = file.display().to_string();
        move |source| Error::Io { place, source }
    };
    fs::create_dir_all(folder).map_err(failed(folder))?;
    let mut command = args::command();
    command.build();
    for page in pages(&command) {
        let name = page.get_display_name().unwrap_or_else(|| page.get_name());
        let file = folder.join(format!("{name}.1"));
        let text = render(page.clone()).map_err(failed(&file))?;
        fs::write(&file, text).map_err(failed(&file))?;
        screen.note(&format!("wrote {}", file.display()));
    }
    Ok(Exit::Done)
}

/// A command and those below it, without `help`.
fn pages(command: &clap::Command) -> Vec<&clap::Command> {
    let below = command
        .get_subcommands()
        .filter(|page| page.get_name() != "help");
    std::iter::once(command)
        .chain(below.flat_map(pages))
        .collect()
}

fn render(page: clap::Command) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    // The help's list of exit codes becomes a section of its own.
    let man = Man::new(page.after_long_help(None::<&str>));
    man.render(&mut text)?;
    let mut codes = String::from(".SH \"EXIT CODES\"\n");
    for exit in Exit::ALL {
        codes.push_str(&format!(
            ".TP\n\\fB{}\\fR\n{}\n",
            exit.code(),
            exit.meaning()
        ));
    }
    text.extend_from_slice(codes.as_bytes());
    Ok(text)
}
