//! The calls of a run that change files and folders, as strace(1) writes them down.

use std::collections::HashSet;
use std::fmt;
use std::path::{Component, Path, PathBuf};

use super::held;

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
    let first = trace.split_whitespace().next();
    let mut made: HashSet<(&str, &str, usize)> = HashSet::new();
    let mut seen = HashSet::new();
    let mut calls = Vec::new();
    for (thread, name, arguments) in lines(trace) {
        let nth = (1..).find(|&nth| made.insert((thread, name, nth)));
        let nth = nth.expect("there is always a next number");
        let Some(about) = about(arguments, world) else {
            continue;
        };
        let counts = name != "openat" || Some(thread) == first;
        if counts && !name.starts_with("clone") && seen.insert((name, nth)) {
            calls.push(Call {
                changes: name != "openat" || arguments.contains("O_CREAT"),
                name: name.to_owned(),
                nth,
                about: masked(&about),
            });
        }
    }
    calls
}

/// What a power cut could take: files that were written in place, or got their name before their
/// disk had all of them; folders whose disk was not told of a new name; and files with private keys
/// that went before that.
pub(super) fn not_on_disk(trace: &str, world: &Path) -> Vec<String> {
    let (mut files, mut folders) = (HashSet::new(), HashSet::new());
    let mut found = Vec::new();
    for (_, name, arguments) in lines(trace) {
        let Some(about) = about(arguments, world) else {
            continue;
        };
        match name {
            "write" if held::may_hold_a_key(&about) => {
                found.push(format!("{about} was written under its own name"));
            }
            "write" => drop(files.insert(about)),
            "fsync" => {
                files.remove(&about);
                folders.remove(&about);
            }
            "rename" | "renameat" | "renameat2" => {
                let from = quoted(arguments)
                    .next()
                    .and_then(|from| inside(from, world));
                if from.is_some_and(|from| files.contains(&from)) {
                    found.push(format!("{about} got its name before it was synced"));
                }
                folders.insert(folder(&about));
            }
            "unlink" | "unlinkat" if held::may_hold_a_key(&about) && !folders.is_empty() => {
                found.push(format!("{about} went before {folders:?} was synced"));
            }
            _ => {}
        }
    }
    found.extend(
        folders
            .iter()
            .map(|folder| format!("{folder} has a new name and was not synced")),
    );
    found
}

/// The calls of a trace: thread, name, arguments and result.
fn lines(trace: &str) -> impl Iterator<Item = (&str, &str, &str)> {
    trace.lines().filter_map(|line| {
        let (thread, line) = line.split_once(' ')?;
        // The rest of one that was interrupted by another thread's begins with `<`.
        let (name, arguments) = line.trim_start().split_once('(')?;
        let mut bytes = name.bytes();
        let is_name = bytes.all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_'));
        is_name.then_some((thread, name, arguments))
    })
}

/// The names in the arguments. What was written is not shown.
fn quoted(arguments: &str) -> impl Iterator<Item = &str> {
    let quoted = arguments.split('"').skip(1).step_by(2);
    quoted.filter(|name| !name.is_empty())
}

/// What the call is about; `None` for what lies outside of the world, which is the system's.
fn about(arguments: &str, world: &Path) -> Option<String> {
    // Of two names the new one, which comes last.
    let path = quoted(arguments).last();
    let open = || Some(arguments.split_once('<')?.1.split_once('>')?.0);
    let path = path.or_else(open)?;
    if path.starts_with("pipe:") || path.starts_with("/dev/pts/") {
        return Some("what is said".to_owned());
    }
    inside(path, world)
}

/// A path by its name in the world.
fn inside(path: &str, world: &Path) -> Option<String> {
    let path = match Path::new(path).strip_prefix(world) {
        Ok(inside) => inside,
        Err(_) if path.starts_with('/') => return None,
        Err(_) => Path::new(path),
    };
    // Without any `.`.
    let path: PathBuf = path
        .components()
        .filter(|part| *part != Component::CurDir)
        .collect();
    Some(path.to_string_lossy().into_owned())
}

fn folder(path: &str) -> String {
    path.rsplit_once('/')
        .map_or("", |(folder, _)| folder)
        .to_owned()
}

/// With `*` for what differs with each run.
fn masked(path: &str) -> String {
    match path.split_once(".certstow-") {
        Some((folder, name)) if name.ends_with(".tmp") => format!("{folder}.certstow-*.tmp"),
        _ if path.is_empty() => ".".to_owned(),
        _ => path.to_owned(),
    }
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

#[test]
fn not_on_disk_reports_renames_before_sync() {
    let unsynced = r#"
10 write(3</w/a/.certstow-Xy12ab.tmp>, ""..., 20) = 20
10 renameat(AT_FDCWD</w>, "/w/a/.certstow-Xy12ab.tmp", AT_FDCWD</w>, "a/ada.p12") = 0
10 unlink("/w/store/ada.key.pem") = 0
10 write(3</w/grace.p12>, ""..., 20) = 20
"#;
    let found = [
        "a/ada.p12 got its name before it was synced",
        r#"store/ada.key.pem went before {"a"} was synced"#,
        "grace.p12 was written under its own name",
        "a has a new name and was not synced",
    ];
    assert_eq!(not_on_disk(unsynced, Path::new("/w")), found);
    let synced = r#"
10 write(3</w/./.certstow-Xy12ab.tmp>, ""..., 20) = 20
10 fsync(3</w/.certstow-Xy12ab.tmp>) = 0
10 renameat(AT_FDCWD</w>, "/w/./.certstow-Xy12ab.tmp", AT_FDCWD</w>, "ada.p12") = 0
10 fsync(3</w>) = 0
10 unlink("/w/store/ada.key.pem") = 0
"#;
    assert_eq!(
        not_on_disk(synced, Path::new("/w")),
        <[String; 0]>::default()
    );
}
