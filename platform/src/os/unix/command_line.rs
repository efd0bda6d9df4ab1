//! The words of a command as a POSIX shell takes them, without its expansions (Shell Command Language,
//! 2.2 and 2.3), and ending what a command started by its process group (setpgid(2)).

use std::fs::File;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command};

use rustix::process::{Pid, Signal, kill_process_group};

pub(in crate::os) fn words(line: &str) -> Option<Vec<String>> {
    shlex::split(line)
}

/// Gives the command a process group of its own, by which all that it starts can be ended; false where
/// it stays in the group of this process. That it does at a terminal, which lets no other group read:
/// the program may have something to ask there.
pub(in crate::os) fn set_apart(command: &mut Command) -> bool {
    let apart = File::open("/dev/tty").is_err();
    if apart {
        command.process_group(0);
    }
    apart
}

/// Kills it, with all of its group if it has one of its own.
pub(in crate::os) fn kill(child: &mut Child, apart: bool) {
    if apart {
        let _ = kill_process_group(Pid::from_child(child), Signal::KILL);
    }
    let _ = child.kill();
}
