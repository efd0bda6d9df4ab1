//! The home folder of somebody with two profiles of Firefox, one of them under a primary password, and
//! the database of Chrome.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

use crate::terminal::Terminal;

/// The primary password of the profile `work`.
pub(crate) const PRIMARY: &str = "fifteen grey herons";

/// What the files that are saved are protected with, in the variable `SECRET`.
pub(crate) const PASSWORD: &str = "correct horse battery staple";

/// The folder of the profiles, below the home folder.
const FIREFOX: &str = ".mozilla/firefox";

/// As Firefox writes it at its first start: it never used the profile that it calls the default one.
const PROFILES_INI: &str = "\
[Install4F96D1932A9F858E]
Default=x7k2m9qa.default-release
Locked=1

[Profile1]
Name=default
IsRelative=1
Path=p3q8wz1c.default
Default=1

[Profile0]
Name=default-release
IsRelative=1
Path=x7k2m9qa.default-release

[Profile2]
Name=work
IsRelative=1
Path=l2v5t0rd.work
";

/// The folder that everything happens in.
pub(crate) struct World(tempfile::TempDir);

impl World {
    /// Nothing is in it.
    pub(crate) fn empty() -> Self {
        let world = Self(tempfile::tempdir().expect("a folder"));
        fs::create_dir(world.home()).expect("the home folder");
        fs::create_dir(world.path("made")).expect("a folder for what is imported");
        fs::write(world.path("primary"), PRIMARY).expect("the primary password's file");
        fs::write(world.path("none"), "").expect("the empty password's file");
        world
    }

    /// Ada is in `default-release`, which has no primary password, and in `work`, which has one; Bert in
    /// `work` alone, and Carl in Chrome's database.
    pub(crate) fn new() -> Self {
        let world = Self::empty();
        let firefox = world.home().join(FIREFOX);
        fs::create_dir_all(firefox.join("p3q8wz1c.default")).expect("an unused profile");
        fs::write(firefox.join("profiles.ini"), PROFILES_INI).expect("profiles.ini");
        let names = ["Ada Example", "Bert Example", "Carl Example"];
        let [ada, bert, carl] = names.map(|name| world.identity(name));
        world.database(&world.unlocked(), "none", &[&ada]);
        world.database(&world.locked(), "primary", &[&bert, &ada]);
        world.database(&world.of_chrome(), "none", &[&carl]);
        world
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn home(&self) -> PathBuf {
        self.path("home")
    }

    /// The folder of the profile `default-release`.
    pub(crate) fn unlocked(&self) -> PathBuf {
        self.home().join(FIREFOX).join("x7k2m9qa.default-release")
    }

    /// The folder of the profile `work`.
    pub(crate) fn locked(&self) -> PathBuf {
        self.home().join(FIREFOX).join("l2v5t0rd.work")
    }

    /// The folder of Chrome's database.
    pub(crate) fn of_chrome(&self) -> PathBuf {
        self.home().join(".pki/nssdb")
    }

    /// A new key with a certificate, as a PKCS#12 file.
    fn identity(&self, name: &str) -> PathBuf {
        let [key, certificate, file] =
            ["key", "pem", "p12"].map(|end| self.path("made").join(name).with_extension(end));
        let mut request = Command::new("openssl");
        request.args(["req", "-x509", "-newkey", "ec", "-pkeyopt"]);
        request.args(["ec_paramgen_curve:P-256", "-noenc", "-days", "3650"]);
        request
            .args(["-subj", &format!("/CN={name}"), "-keyout"])
            .arg(&key);
        run(request.arg("-out").arg(&certificate));
        let mut export = Command::new("openssl");
        export.args(["pkcs12", "-export", "-passout", "pass:in", "-name", name]);
        export.arg("-inkey").arg(key).arg("-in").arg(certificate);
        run(export.arg("-out").arg(&file));
        file
    }

    /// A database in this folder, under the password in this file, with what these files hold.
    fn database(&self, folder: &Path, password: &str, files: &[&Path]) {
        fs::create_dir_all(folder).expect("a folder");
        let database = format!("sql:{}", folder.display());
        let password = self.path(password);
        let mut create = Command::new("certutil");
        create.args(["-N", "-d", &database]);
        run(match fs::metadata(&password).expect("the file").len() {
            0 => create.arg("--empty-password"),
            _ => create.arg("-f").arg(&password),
        });
        for file in files {
            let mut import = Command::new("pk12util");
            import.args(["-d", &database, "-W", "in", "-i"]).arg(file);
            run(import.arg("-k").arg(&password));
        }
    }

    /// Has certstow find nothing but what is in the home folder.
    fn place(&self, command: &mut Command) {
        command
            .current_dir(self.0.path())
            .env("HOME", self.home())
            .env("SECRET", PASSWORD)
            .env("CERTSTOW_CONFIG", "")
            .env_remove("CERTSTOW_STORE")
            .env_remove("XDG_CONFIG_HOME")
            .env_remove("XDG_DATA_HOME")
            .env_remove("JOURNAL_STREAM")
            .stdin(Stdio::null());
    }

    /// Runs certstow with nobody there.
    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_certstow"));
        self.place(&mut command);
        command.args(arguments).output().expect("certstow starts")
    }

    /// The same; gives all that it says, after a look at its exit code.
    pub(crate) fn said(&self, arguments: &[&str], code: i32) -> String {
        let output = self.run(arguments);
        let text = [&output.stdout[..], &output.stderr].concat();
        let text = String::from_utf8_lossy(&text).into_owned();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {text}");
        text
    }

    /// The same with `--json`; gives what it prints.
    pub(crate) fn json(&self, arguments: &[&str], code: i32) -> Value {
        let output = self.run(&[arguments, &["--json"]].concat());
        assert_eq!(
            output.status.code(),
            Some(code),
            "{arguments:?}: {output:?}"
        );
        serde_json::from_slice(&output.stdout).expect("JSON")
    }

    /// What a shell is told that may stand where the last of these words is typed.
    pub(crate) fn completions(&self, words: &[&str]) -> String {
        let mut command = Command::new(env!("CARGO_BIN_EXE_certstow"));
        self.place(&mut command);
        command
            .arg("--")
            .env("CERTSTOW_COMPLETE", "powershell")
            .env("CERTSTOW_COMPLETE_WORDS", words.join("\n"));
        let output = command.output().expect("certstow starts");
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).expect("text")
    }

    /// Starts certstow at a terminal.
    pub(crate) fn at_terminal(&self, width: u16, arguments: &[&str]) -> Terminal {
        let home = self.home().display().to_string();
        let words = ["env", "-u", "XDG_DATA_HOME", "-u", "XDG_CONFIG_HOME"].into_iter();
        let words = words.chain([env!("CARGO_BIN_EXE_certstow")]);
        let words = words.chain(arguments.iter().copied());
        let variables = [("HOME", home.as_str()), ("CERTSTOW_CONFIG", "")];
        Terminal::run(self.0.path(), width, &variables, words)
    }

    /// OpenSSL opens the file with this password; the certificate and the key in it, in PEM.
    pub(crate) fn opened(&self, file: &Path, password: &str) -> String {
        let password = format!("pass:{password}");
        let mut open = Command::new("openssl");
        open.args(["pkcs12", "-noenc", "-passin", &password, "-in"]);
        let text = run(open.arg(file));
        assert!(text.contains("BEGIN PRIVATE KEY"), "{text}");
        text
    }
}

/// Runs a program that must succeed; gives what it prints.
fn run(command: &mut Command) -> String {
    let output = command.stdin(Stdio::null()).output();
    let output = output.unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}: {output:?}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}
