//! `certstow export --delete-key-after-verify` at a terminal, on folders: what is asked, what goes
//! and what stays.

#![cfg(target_os = "linux")]

#[path = "support/loop_disk.rs"]
mod loop_disk;
#[path = "support/terminal.rs"]
#[allow(dead_code, reason = "other tests at a terminal do other things")]
mod support;

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use loop_disk::LoopDisk;
use support::Terminal;

const PASSWORD: &str = "correct horse battery staple";

const FIRST: &str = "is saved and proven? [y/N] ";
const SECOND: &str = "The file is saved and proven. Delete the private key of ";

/// A folder with a store: files of the repository, copied.
struct Scene(tempfile::TempDir);

impl Scene {
    fn new(files: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let store = folder.path().join("store");
        fs::create_dir(&store).expect("the store");
        for file in files {
            let from = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
            let name = from.file_name().expect("a name").to_owned();
            fs::copy(&from, store.join(name)).expect("a copy");
        }
        Self(folder)
    }

    fn of_ada() -> Self {
        Self::new(&[
            "examples/personal/ada-example.pem",
            "examples/personal/ada-example.key.pem",
            "examples/personal/grace-example.pem",
        ])
    }

    fn folder(&self) -> &Path {
        self.0.path()
    }

    fn store(&self, file: &str) -> std::path::PathBuf {
        self.folder().join("store").join(file)
    }

    /// Starts to export somebody.
    fn export(&self, name: &str, more: &[&str]) -> Terminal {
        self.export_by(&[], name, "out.p12", more)
    }

    /// The same to another file, by another program that starts certstow.
    fn export_by(&self, launcher: &[&str], name: &str, file: &str, more: &[&str]) -> Terminal {
        let words = [env!("CARGO_BIN_EXE_certstow"), "export", name];
        let to = ["--store", "store", "-o", file, "--iterations", "2000"];
        let words = launcher
            .iter()
            .chain(&words)
            .chain(&to)
            .chain(more)
            .copied();
        let words = words.chain(["--password-env", "SECRET", "--delete-key-after-verify"]);
        let variables = [("SECRET", PASSWORD), ("NO_COLOR", "1")];
        Terminal::run(self.folder(), 200, &variables, words)
    }

    /// Runs certstow where nobody is asked.
    fn certstow(&self, code: i32, arguments: &[&str]) -> Output {
        let output = Command::new(env!("CARGO_BIN_EXE_certstow"))
            .args(arguments)
            .current_dir(self.folder())
            .env("SECRET", PASSWORD)
            .env("XDG_DATA_HOME", self.folder().join("data"))
            .stdin(Stdio::null())
            .output()
            .expect("certstow starts");
        assert_eq!(
            output.status.code(),
            Some(code),
            "{arguments:?}: {output:?}"
        );
        output
    }

    /// Whether somebody's key still comes out of the store.
    fn has_key(&self, name: &str) -> bool {
        let more = ["--unlock-password-env", "SECRET"];
        let export = ["export", name, "--store", "store", "-o", "again.p12"];
        let password = [
            "--password-env",
            "SECRET",
            "--iterations",
            "2000",
            "--force",
        ];
        let output = Command::new(env!("CARGO_BIN_EXE_certstow"))
            .args(export)
            .args(password)
            .args(more)
            .current_dir(self.folder())
            .env("SECRET", PASSWORD)
            .env("XDG_DATA_HOME", self.folder().join("data"))
            .stdin(Stdio::null())
            .output()
            .expect("certstow starts");
        match output.status.code() {
            Some(0) => true,
            Some(12) => false,
            _ => panic!("{output:?}"),
        }
    }

    fn restores(&self) {
        let check = ["check", "out.p12", "--password-env", "SECRET"];
        self.certstow(0, &check);
    }
}

fn type_in(terminal: &mut Terminal, question: &str, answer: &str) {
    terminal.wait_for(question);
    terminal.press(&format!("{answer}\r"));
}

fn ends(terminal: Terminal, code: i32) -> String {
    let (ended, shown) = terminal.end();
    assert_eq!(ended, Some(code), "{shown}");
    shown
}

#[test]
fn delete_key_removes_key_after_two_confirmations() {
    let scene = Scene::of_ada();
    let mut terminal = scene.export("Ada", &[]);
    terminal.wait_for("Delete the private key of Ada Example (694258fc134145baf46e277b2e68bcd0576d0623) from file:");
    type_in(&mut terminal, FIRST, "y");
    terminal.wait_for("Saved out.p12");
    type_in(&mut terminal, SECOND, "yes");
    let shown = ends(terminal, 0);
    assert!(
        shown.contains("Deleted the private key of Ada Example from file:"),
        "{shown}"
    );
    scene.restores();
    assert!(!scene.store("ada-example.key.pem").exists());
    assert!(scene.store("ada-example.pem").exists());
    assert!(!scene.has_key("Ada"));
    assert!(scene.has_key("Grace"));

    let import = [
        "import",
        "out.p12",
        "--store",
        "store",
        "--password-env",
        "SECRET",
    ];
    scene.certstow(0, &import);
    assert!(scene.has_key("Ada"));
}

#[test]
fn delete_key_without_first_answer_exports_nothing() {
    let scene = Scene::of_ada();
    for keys in ["\r", "n\r", "\u{3}", "\u{4}"] {
        let mut terminal = scene.export("Ada", &[]);
        terminal.wait_for(FIRST);
        terminal.press(keys);
        ends(terminal, 130);
        assert!(!scene.folder().join("out.p12").exists());
        assert!(scene.store("ada-example.key.pem").exists());
    }
}

#[test]
fn delete_key_without_second_answer_keeps_both() {
    let scene = Scene::of_ada();
    for (keys, code) in [("\r", 0), ("no\r", 0), ("\u{3}", 130), ("\u{4}", 130)] {
        let mut terminal = scene.export("Ada", &["--force"]);
        type_in(&mut terminal, FIRST, "y");
        terminal.wait_for(SECOND);
        terminal.press(keys);
        let shown = ends(terminal, code);
        let told = shown.contains("the private key of Ada Example stays in file:");
        assert_eq!(told, code == 0, "{shown}");
        scene.restores();
        assert!(scene.has_key("Ada"));
    }
}

#[test]
fn delete_key_result_is_in_json() {
    let scene = Scene::of_ada();
    for (answer, code, field) in [
        ("n", 0, "\"key_deleted\": false"),
        ("\u{4}", 130, "\"key_deleted\": false"),
        ("y", 0, "\"key_deleted\": true"),
    ] {
        let mut terminal = scene.export("Ada", &["--json", "--force"]);
        type_in(&mut terminal, FIRST, "y");
        type_in(&mut terminal, SECOND, answer);
        let shown = ends(terminal, code);
        assert!(shown.contains(field), "{shown}");
    }
    assert!(!scene.has_key("Ada"));
}

#[test]
fn delete_key_keeps_rest_of_shared_file() {
    let scene = Scene::new(&[]);
    let personal = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/personal");
    let read = |file: &str| fs::read_to_string(personal.join(file)).expect("a sample");
    let [certificate, key] = ["ada-example.pem", "ada-example.key.pem"].map(read);
    let grace = read("grace-example.pem");
    fs::write(
        scene.store("all.pem"),
        [&*grace, &certificate, &key].concat(),
    )
    .expect("a bundle");
    let mut terminal = scene.export("Ada", &[]);
    type_in(&mut terminal, FIRST, "y");
    type_in(&mut terminal, SECOND, "y");
    ends(terminal, 0);
    let left = fs::read_to_string(scene.store("all.pem")).expect("the bundle");
    assert_eq!(left, grace + &certificate);
    scene.restores();
}

/// As root in the folder of a service, say.
#[test]
#[ignore = "needs root, to give files away"]
fn delete_key_keeps_owner_of_shared_file() {
    const NOBODY: u32 = 65534;
    let scene = Scene::new(&[]);
    let bundle = scene.store("all.pem");
    let personal = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/personal");
    let read = |file: &str| fs::read_to_string(personal.join(file)).expect("a sample");
    let both = ["ada-example.pem", "ada-example.key.pem"].map(read);
    fs::write(&bundle, both.concat()).expect("a bundle");
    chown(&bundle, Some(NOBODY), Some(NOBODY)).expect("root gives it away");
    fs::set_permissions(&bundle, Permissions::from_mode(0o640)).expect("root may");
    let mut terminal = scene.export("Ada", &[]);
    type_in(&mut terminal, FIRST, "y");
    type_in(&mut terminal, SECOND, "y");
    ends(terminal, 0);
    assert_eq!(fs::read_to_string(&bundle).expect("the bundle"), both[0]);
    let found = bundle.metadata().expect("the bundle");
    let is = (found.uid(), found.gid(), found.mode() & 0o7777);
    assert_eq!(is, (NOBODY, NOBODY, 0o640));
}

#[test]
fn delete_key_removes_locked_key() {
    let locked = "tests/cmd/errors.in/locked";
    let files = ["lotte.pem", "lotte.key"].map(|file| format!("{locked}/{file}"));
    let scene = Scene::new(&[&files[0], &files[1]]);
    let mut terminal = scene.export("Lotte", &["--unlock-password-env", "SECRET"]);
    type_in(&mut terminal, FIRST, "y");
    type_in(&mut terminal, SECOND, "y");
    ends(terminal, 0);
    assert!(!scene.store("lotte.key").exists());
    assert!(scene.store("lotte.pem").exists());
    scene.restores();
}

#[test]
fn delete_key_reports_key_it_cannot_remove() {
    // Nothing is taken out of a PKCS#12 file that is the whole store.
    let scene = Scene::new(&["tests/cmd/errors.in/files/pat.p12"]);
    let file = [
        "--store",
        "store/pat.p12",
        "--unlock-password-env",
        "SECRET",
    ];
    let words = [
        env!("CARGO_BIN_EXE_certstow"),
        "export",
        "Pat",
        "-o",
        "out.p12",
    ];
    let password = ["--password-env", "SECRET", "--delete-key-after-verify"];
    let words = words.iter().chain(&file).chain(&password).copied();
    let mut terminal = Terminal::run(scene.folder(), 200, &[("SECRET", PASSWORD)], words);
    type_in(&mut terminal, FIRST, "y");
    type_in(&mut terminal, SECOND, "y");
    let shown = ends(terminal, 14);
    assert!(
        shown.contains("out.p12 was saved, and its private key was not deleted"),
        "{shown}"
    );
    assert!(shown.contains("nothing would remain"), "{shown}");
    scene.restores();
    assert!(scene.store("pat.p12").exists());
}

#[test]
fn delete_key_refuses_target_inside_store() {
    let scene = Scene::of_ada();
    let words = [
        env!("CARGO_BIN_EXE_certstow"),
        "export",
        "Ada",
        "--store",
        "store",
    ];
    let to = [
        "-o",
        "store/ada.p12",
        "--password-env",
        "SECRET",
        "--delete-key-after-verify",
    ];
    let words = words.iter().chain(&to).copied();
    let terminal = Terminal::run(scene.folder(), 200, &[("SECRET", PASSWORD)], words);
    let shown = ends(terminal, 2);
    assert!(shown.contains("the file would lie in it"), "{shown}");
    assert!(!scene.store("ada.p12").exists());
}

#[test]
fn delete_key_keeps_key_when_copy_fails() {
    let scene = Scene::of_ada();
    for folder in ["stick", "share"] {
        fs::create_dir(scene.folder().join(folder)).expect("a folder");
    }
    let copies = ["--copy-to", "stick", "--copy-to", "share"];
    let mut terminal = scene.export("Ada", &copies);
    terminal.wait_for(FIRST);
    // After certstow has looked at all folders.
    fs::write(scene.folder().join("stick/out.p12"), b"another").expect("a file in the way");
    terminal.press("y\r");
    let shown = ends(terminal, 14);
    assert!(shown.contains("Saved out.p12"), "{shown}");
    assert!(!shown.contains(SECOND), "{shown}");
    assert!(
        shown.contains("no copy in stick: stick/out.p12 exists already"),
        "{shown}"
    );
    let stays = "the private key of Ada Example stays in file:";
    assert!(shown.contains(stays), "{shown}");
    scene.restores();
    assert!(scene.has_key("Ada"));

    let mut terminal = scene.export("Ada", &[&copies[..], &["--json", "--force"]].concat());
    terminal.wait_for(FIRST);
    fs::remove_file(scene.folder().join("stick/out.p12")).expect("the other file");
    fs::remove_dir(scene.folder().join("stick")).expect("the folder");
    terminal.press("y\r");
    let shown = ends(terminal, 14);
    assert!(shown.contains("\"key_deleted\": false"), "{shown}");
    let warning = format!("    \"{stays}");
    assert!(shown.contains(&warning), "{shown}");
    assert!(scene.has_key("Ada"));

    fs::create_dir(scene.folder().join("stick")).expect("the folder");
    let mut terminal = scene.export("Ada", &[&copies[..], &["--force"]].concat());
    type_in(&mut terminal, FIRST, "y");
    type_in(&mut terminal, SECOND, "y");
    ends(terminal, 0);
    assert!(!scene.has_key("Ada"));
    let read = |file: &str| fs::read(scene.folder().join(file)).expect("the file");
    assert_eq!(read("stick/out.p12"), read("out.p12"));
}

#[test]
fn delete_key_refuses_copy_inside_store() {
    let scene = Scene::of_ada();
    let terminal = scene.export("Ada", &["--copy-to", "store"]);
    let shown = ends(terminal, 2);
    assert!(shown.contains("no copy in store: "), "{shown}");
    assert!(shown.contains("the file would lie in it"), "{shown}");
    assert!(!scene.store("out.p12").exists());
    assert!(!scene.folder().join("out.p12").exists());
}

#[test]
fn delete_key_refuses_target_in_memory() {
    let scene = Scene::of_ada();
    let memory = tempfile::tempdir_in("/dev/shm").expect("a folder in memory");
    let file = memory.path().join("ada.p12");
    let terminal = scene.export_by(&[], "Ada", &file.to_string_lossy(), &[]);
    let shown = ends(terminal, 16);
    assert!(shown.contains("on no disk, but in memory"), "{shown}");
    assert!(
        shown.contains("only where its copy outlasts a restart"),
        "{shown}"
    );
    assert!(!file.exists());
    assert!(scene.has_key("Ada"));
}

#[test]
#[ignore = "needs strace"]
fn delete_key_keeps_key_when_sync_fails() {
    let scene = Scene::of_ada();
    let folder = scene.folder().to_string_lossy().into_owned();
    let strace = [
        "strace",
        "-f",
        "-o",
        "/dev/null",
        "-P",
        &folder,
        "-e",
        "trace=fsync",
        "-e",
        "inject=fsync:error=EIO",
    ];
    let mut terminal = scene.export_by(&strace, "Ada", "out.p12", &[]);
    type_in(&mut terminal, FIRST, "y");
    let shown = ends(terminal, 14);
    assert!(shown.contains("its disk did not confirm it"), "{shown}");
    assert!(!shown.contains(SECOND), "{shown}");
    let stays = "the private key of Ada Example stays in file:";
    assert!(shown.contains(stays), "{shown}");
    scene.restores();
    assert!(scene.has_key("Ada"));
}

#[test]
#[ignore = "needs root to mount a disk"]
fn delete_key_keeps_key_when_file_corrupted() {
    let scene = Scene::of_ada();
    let disk = LoopDisk::new();
    let file = disk.path().join("ada.p12");
    let mut terminal = scene.export_by(&[], "Ada", &file.to_string_lossy(), &[]);
    type_in(&mut terminal, FIRST, "y");
    terminal.wait_for(SECOND);
    let bytes = fs::read(&file).expect("the file");
    disk.spoil(&bytes[bytes.len() / 2..][..64]);
    terminal.press("y\r");
    let shown = ends(terminal, 14);
    assert!(
        shown.contains("the file is not what was saved any more"),
        "{shown}"
    );
    assert!(scene.has_key("Ada"));
}

#[test]
fn delete_key_reports_hard_links() {
    let scene = Scene::of_ada();
    let key = scene.store("ada-example.key.pem");
    fs::hard_link(&key, scene.folder().join("other.pem")).expect("a further name");
    let mut terminal = scene.export("Ada", &[]);
    type_in(&mut terminal, FIRST, "y");
    type_in(&mut terminal, SECOND, "y");
    let shown = ends(terminal, 0);
    assert!(
        shown.contains("ada-example.key.pem has a further name on its disk"),
        "{shown}"
    );
    assert!(!key.exists());
    assert!(scene.folder().join("other.pem").exists());
}
