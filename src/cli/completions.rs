//! `certstow completions`: the completion script of a shell.

use certstow::error::Error;
use certstow::exit::Exit;
use clap_complete::Shell;

use super::args;
use super::screen::Screen;

pub(super) fn run(shell: Shell, screen: &Screen) -> Result<Exit, Error> {
    // Made in memory first, since the generator panics when it cannot write.
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut args::command(), "certstow", &mut script);
    screen.print(|out| out.write_all(&script))?;
    Ok(Exit::Done)
}
