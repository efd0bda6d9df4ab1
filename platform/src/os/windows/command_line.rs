//! The words of a command as Windows programs take theirs, and ending a process. What that started goes
//! on: to end it, too, the process would have to be in a job object.

use std::process::{Child, Command};

pub(in crate::os) use crate::os::windows_command_line::words;

pub(in crate::os) fn set_apart(_command: &mut Command) -> bool {
    false
}

pub(in crate::os) fn kill(child: &mut Child, _apart: bool) {
    let _ = child.kill();
}
