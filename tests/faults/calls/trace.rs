//! The calls of a run that change files and folders, as strace(1) writes them down.

use std::collections::HashSet;
use std::fmt;
use std::path::Path;

/// The calls that are looked at, in strace's words. With `openat`, those that only read are there,
/// too: a disk can fail at any of them.
pub(super) const CALLS: &str = "write,pwrite64,writev,pwritev,ftruncate,fallocate,copy_file_range,\
    sendfile,fsync,fdatasync,openat,rmdir,/^rename,/^link,/^symlink,/^unlink,/^mkdir,/chmod,/chown";

/// One that is looked at: the n-th of its name that a thread makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Call {
    pub(super) name: String,
    pub(super) nth: usize,
    /// The file or folder that it is about, with `*` for what differs with each run.
    pub(super) about: String,
    /// Whether it changes something.
    pub(super) changes: bool,
}

impl Call {
    /// What calls that do the same have in common: their name, and the kind of file that they are
    /// about; folders are one kind.
    pub(super) fn class(&self) -> (&str, &str) {
        let file = self.about.rsplit('/').next().unwrap_or_default();
        let kind = file.rsplit_once('.').map_or("", |(_, kind)| kind);
        (&self.name, kind)
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} ({})", self.name, self.nth, self.about)
    }
}

/// The calls in a trace of a run in the folder `world`. Of threads that made one for the n-th time
/// each, the first counts. `openat` counts for the first thread alone: what others open first, it
/// opens while the program is loaded.
pub(super) fn calls(trace: &str, world: &Path) -> Vec<Call> {
    let mut made: HashSet<(&str, &str, usize)> = HashSet::new();
    let mut seen = HashSet::new();
    let mut calls = Vec::new();
    let first = trace.split_whitespace().next();
    for line in trace.lines() {
        let Some((thread, line)) = line.split_once(' ') else {
            continue;
        };
        // The rest of one that was interrupted by another thread's begins with `<`.
        let Some((name, arguments)) = line.trim_start().split_once('(') else {
            continue;
        };
        if !name
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
        {
            continue;
        }
        let nth = (1..).find(|&nth| made.insert((thread, name, nth)));
        let nth = nth.expect("there is always a next number");
        let Some(about) = about(arguments, world) else {
            continue;
        };
        let call = Call {
            changes: name != "openat" || arguments.contains("O_CREAT"),
            name: name.to_owned(),
            nth,
            about,
        };
        let counts = name != "openat" || Some(thread) == first;
        if counts && !name.starts_with("clone") && seen.insert((name, nth)) {
            calls.push(call);
        }
    }
    calls
}

/// What the call is about; `None` for what lies outside of the world, which is the system's.
fn about(arguments: &str, world: &Path) -> Option<String> {
    // Of two names the new one, which comes last. What was written is not shown.
    let quoted = arguments.split('"').skip(1).step_by(2);
    let path = quoted.filter(|name| !name.is_empty()).last();
    let open = || Some(arguments.split_once('<')?.1.split_once('>')?.0);
    let path = path.or_else(open)?;
    if path.starts_with("pipe:") || path.starts_with("/dev/pts/") {
        return Some("what is said".to_owned());
    }
    let inside = match Path::new(path).strip_prefix(world) {
        Ok(inside) => inside.to_string_lossy().into_owned(),
        Err(_) if path.starts_with('/') => return None,
        Err(_) => path.to_owned(),
    };
    let inside = inside.replace("/./", "/");
    Some(match inside.split_once(".certstow-") {
        Some((folder, name)) if name.ends_with(".tmp") => format!("{folder}.certstow-*.tmp"),
        _ if inside.is_empty() => ".".to_owned(),
        _ => inside,
    })
}

#[test]
fn calls_are_counted_by_thread_and_name() {
    let trace = r#"
10 openat(AT_FDCWD</w>, "/lib/libc.so.6", O_RDONLY|O_CLOEXEC) = 3</lib/libc.so.6>
10 openat(AT_FDCWD</w>, "/w/a/.certstow-Xy12ab.tmp", O_RDWR|O_CREAT|O_EXCL, 0600) = 3</w/a/.certstow-Xy12ab.tmp>
10 write(3</w/a/.certstow-Xy12ab.tmp>, ""..., 20 <unfinished ...>
11 write(4</w/b/.certstow-000000.tmp>, ""..., 20) = 20
11 openat(AT_FDCWD</w>, "b", O_RDONLY) = 3</w/b>
10 <... write resumed>)                = 20
10 renameat(AT_FDCWD</w>, "/w/a/.certstow-Xy12ab.tmp", AT_FDCWD</w>, "a/ada.p12") = 0
10 openat(AT_FDCWD</w>, "a", O_RDONLY) = 3</w/a>
11 write(1<pipe:[77]>, ""..., 5) = 5
10 --- SIGCHLD {si_signo=SIGCHLD} ---
"#;
    let calls = calls(trace, Path::new("/w"));
    let shown: Vec<_> = calls.iter().map(ToString::to_string).collect();
    assert_eq!(
        shown,
        [
            "openat 2 (a/.certstow-*.tmp)",
            "write 1 (a/.certstow-*.tmp)",
            "renameat 1 (a/ada.p12)",
            "openat 3 (a)",
            "write 2 (what is said)",
        ]
    );
    let classes = [calls[0].class(), calls[2].class(), calls[3].class()];
    assert_eq!(
        classes,
        [("openat", "tmp"), ("renameat", "p12"), ("openat", "")]
    );
    let changing: Vec<_> = calls.iter().map(|call| call.changes).collect();
    assert_eq!(changing, [true, true, true, false, true]);
}
