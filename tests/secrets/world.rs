//! Running the table's commands: a folder that is searched as a whole afterwards, the canary
//! password from every source, and everything that was said.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use crate::canary::Canaries;
use crate::sealed;
use crate::table::{Case, Family};

/// The file with the canary password, which is a credential by this name, too.
const PASSWORD: &str = "password";

/// The variable with the folder that systemd puts credentials into.
const CREDENTIALS: &str = "CREDENTIALS_DIRECTORY";

/// The variable that holds a password.
const VARIABLE: &str = "SECRET";

/// Where a command has the password from, terminals apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    /// A case that takes none.
    None,
    File,
    Environment,
    Stdin,
    /// Where systemd gives a service credentials.
    Credential,
    /// Where a shell opens descriptors.
    Descriptor,
    /// Where a command prints it.
    Command,
}

impl Source {
    /// Those of a case on this system.
    pub(crate) fn of(case: &Case) -> &'static [Self] {
        match case.family {
            None => &[Self::None],
            Some(_) if cfg!(target_os = "linux") => &[
                Self::File,
                Self::Environment,
                Self::Stdin,
                Self::Descriptor,
                Self::Credential,
                Self::Command,
            ],
            Some(_) if cfg!(unix) => &[
                Self::File,
                Self::Environment,
                Self::Stdin,
                Self::Descriptor,
                Self::Command,
            ],
            Some(_) => &[Self::File, Self::Environment, Self::Stdin, Self::Command],
        }
    }
}

/// A folder to work in, and what must not get into it.
pub(crate) struct World {
    /// Outside of what is searched: the password's file, and what is asked for in clear.
    inputs: tempfile::TempDir,
    folder: tempfile::TempDir,
    password: &'static str,
    canaries: Canaries,
}

impl World {
    pub(crate) fn new(password: &'static str) -> Self {
        let key = |name| fs::read_to_string(format!("{}/{name}", samples())).expect("a sample");
        let keys = [
            "ada-example.key.pem",
            "grace-example.pem",
            "edith-example-2020.pem",
        ];
        let keys = keys.map(key);
        let world = Self {
            inputs: tempfile::tempdir().expect("a temporary folder"),
            folder: tempfile::tempdir().expect("a temporary folder"),
            password,
            canaries: Canaries::new(password, &keys),
        };
        world.fill();
        world
    }

    /// Makes the files that the table names.
    fn fill(&self) {
        fs::write(self.password_file(), self.password).expect("the password's file");
        fs::write(self.inputs.path().join("other"), "another").expect("another password");
        for folder in ["locked", "many", "tmp", "waiting", "other-waiting"] {
            fs::create_dir(self.folder().join(folder)).expect("a folder");
        }
        let samples = samples();
        fs::create_dir(self.doomed()).expect("a folder");
        for file in ["ada-example.pem", "ada-example.key.pem"] {
            fs::copy(format!("{samples}/{file}"), self.doomed().join(file)).expect("a copy");
        }
        let other = self.inputs.path().join("other");
        let other = other.to_string_lossy();
        let password = self.password_file();
        let password = &*password.to_string_lossy();
        for (who, file, password) in [
            ("Ada", "ada.p12", password),
            ("Grace", "grace.p12", password),
            ("Ada", "locked/ada.pem", password),
            ("Grace", "locked/grace.pem", password),
            ("Ada", "other.p12", &other),
        ] {
            let export = ["export", who, "--store", &samples, "--iterations", "2000"];
            let format = if file.ends_with("pem") { "pem" } else { "p12" };
            let into = ["--format", format, "-o", file, "--password-file", password];
            self.run(&export, &into);
        }
        for (identity, alone) in [
            ("locked/ada.pem", "waiting/ada.key"),
            ("locked/grace.pem", "other-waiting/grace.key"),
        ] {
            let read = fs::read_to_string(self.folder().join(identity)).expect("the file");
            let (_, from_key) = read.split_once("-----BEGIN ENCRYPTED").expect("a key");
            let (key, _) = from_key.split_once("-----END ENCRYPTED").expect("its end");
            let label = "ENCRYPTED PRIVATE KEY-----\n";
            let key = key.strip_prefix(" PRIVATE KEY-----\n").expect("its label");
            let key = format!("-----BEGIN {label}{key}-----END {label}");
            fs::write(self.folder().join(alone), key).expect("the key");
        }
        let from = ["--store", &samples, "--iterations", "2000"];
        let escrow = format!("{samples}/ada-example.pem");
        self.run(
            &["backup", "--to", "kept", "--password-file", password],
            &from,
        );
        self.run(&["backup", "--to", "sealed", "--escrow", &escrow], &from);
        // TOML takes text in single quotes as it is.
        let options = format!(
            "to = ['configured']\nstore = ['{samples}']\npassword-file = '{password}'\n\
             iterations = 2000\nrewrite = true\n"
        );
        fs::write(self.folder().join("backup.toml"), options).expect("the options");
        let whole = fs::read(self.folder().join("ada.p12")).expect("the file");
        fs::write(self.folder().join("half.p12"), &whole[..whole.len() / 2]).expect("half of it");
        let many = self.folder().join("many");
        for number in 0..40 {
            let certificate = format!("{samples}/ada-example.pem");
            fs::copy(certificate, many.join(format!("{number:02}.pem"))).expect("a copy");
            fs::copy(self.folder().join("locked/ada.pem"), many.join("99.pem")).expect("a copy");
        }
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A store whose key one case deletes.
    fn doomed(&self) -> PathBuf {
        self.inputs.path().join("doomed")
    }

    pub(crate) fn password_file(&self) -> PathBuf {
        self.inputs.path().join(PASSWORD)
    }

    /// Runs certstow in the folder, with everything it may leave behind in there.
    fn run(&self, words: &[&str], more: &[&str]) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_certstow"));
        self.place(&mut command);
        let output = command.args(words).args(more).output();
        let output = output.expect("certstow starts");
        assert_eq!(output.status.code(), Some(0), "{words:?}: {output:?}");
    }

    /// The name of this world's password in the vault of the account: Windows and macOS have no other.
    fn in_vault(&self) -> String {
        let own = self.inputs.path().file_name().unwrap_or_default();
        let own = own.to_string_lossy();
        format!("certstow-canary-{}", own.trim_start_matches('.'))
    }

    fn place(&self, command: &mut Command) {
        command.current_dir(self.folder()).stdin(Stdio::null());
        for (name, value) in self.variables() {
            command.env(name, value);
        }
    }

    /// Nothing of the account's own is found or touched: no folder, no credential, and, where a vault
    /// can be elsewhere than the account's, no vault.
    pub(crate) fn variables(&self) -> [(&'static str, String); 9] {
        let folder = |name| self.folder().join(name).to_string_lossy().into_owned();
        let tmp = || folder("tmp");
        [
            ("HOME", folder("home")),
            ("XDG_CONFIG_HOME", folder("config")),
            ("XDG_DATA_HOME", folder("data")),
            ("APPDATA", folder("data")),
            (
                "DBUS_SESSION_BUS_ADDRESS",
                "unix:path=/nonexistent".to_owned(),
            ),
            (CREDENTIALS, String::new()),
            ("TMPDIR", tmp()),
            ("TMP", tmp()),
            ("TEMP", tmp()),
        ]
    }

    /// The words of a case, as arguments.
    pub(crate) fn arguments(&self, case: &Case) -> Vec<String> {
        let place = |path: PathBuf| path.to_string_lossy().into_owned();
        let places = [
            ("{store}", samples()),
            ("{clear}", place(self.inputs.path().join("clear"))),
            ("{doomed}", place(self.doomed())),
            ("{secret}", place(self.password_file())),
            ("{vault}", self.in_vault()),
        ];
        let words = case.words.split(' ');
        words
            .map(|word| {
                let replaced =
                    |word: String, (name, place): &(&str, String)| word.replace(name, place);
                places.iter().fold(word.to_owned(), replaced)
            })
            .collect()
    }

    /// A case with the password from a source, and with more arguments. `launcher` starts it.
    pub(crate) fn command(
        &self,
        launcher: &[&str],
        case: &Case,
        source: Source,
        more: &[&str],
    ) -> Command {
        let mut words: Vec<String> = launcher.iter().map(|word| (*word).to_owned()).collect();
        words.push(env!("CARGO_BIN_EXE_certstow").to_owned());
        words.extend(self.arguments(case));
        let password = self.password_file();
        let password = password.to_string_lossy();
        let prints = match cfg!(windows) {
            true => format!("cmd /c type \"{password}\""),
            false => format!("cat '{password}'"),
        };
        if let Some(family) = case.family {
            let (name, value) = match source {
                Source::Command => ("command", &*prints),
                Source::File => ("file", &*password),
                Source::Environment => ("env", VARIABLE),
                Source::Stdin => ("file", "-"),
                Source::Descriptor => ("fd", "3"),
                Source::Credential => ("vault", PASSWORD),
                Source::None => unreachable!("the case takes a password"),
            };
            words.extend([family.option(name), value.to_owned()]);
        }
        if case.also_unlock {
            words.extend([Family::Unlock.option("file"), password.to_string()]);
        }
        words.extend(more.iter().map(|word| (*word).to_owned()));
        if source == Source::Descriptor {
            let script = format!("exec \"$@\" 3< '{password}'");
            words = ["sh", "-c", &script, "sh"]
                .into_iter()
                .map(str::to_owned)
                .chain(words)
                .collect();
        }
        let mut command = Command::new(&words[0]);
        command.args(&words[1..]);
        self.place(&mut command);
        match source {
            Source::Environment => {
                command.env(VARIABLE, self.password);
            }
            Source::Credential => {
                command.env(CREDENTIALS, self.inputs.path());
            }
            Source::Stdin => {
                let file = fs::File::open(self.password_file());
                command.stdin(file.expect("the password's file"));
            }
            _ => {}
        }
        command
    }

    pub(crate) fn password(&self) -> &'static str {
        self.password
    }

    /// What is a secret whatever runs.
    pub(crate) fn canaries(&self) -> &Canaries {
        &self.canaries
    }

    /// With what a case made, or could open, of sealed backups.
    pub(crate) fn canaries_of(&self, case: &Case) -> Canaries {
        let mut canaries = self.canaries.clone();
        if case.words.contains("--escrow") {
            sealed::add(self.folder(), &mut canaries);
        }
        canaries
    }

    /// Nothing of the canaries is in what was said, nor in any file or name in the folder.
    pub(crate) fn keeps_secrets(&self, output: &Output, case: &Case, what: &str) {
        let canaries = self.canaries_of(case);
        let said = [&output.stdout[..], b"\n", &output.stderr[..]].concat();
        let found = canaries.find_in_text(&said);
        let text = String::from_utf8_lossy(&said);
        assert!(found.is_empty(), "{what} says {found:?}: {text}");
        folder_keeps(self.folder(), &canaries, what);
    }

    /// Nor is another password.
    #[cfg(target_os = "linux")]
    pub(crate) fn keeps_password(&self, password: &str, said: &str) {
        let mut canaries = self.canaries.clone();
        canaries.add_password(password);
        let found = canaries.find_in_text(said.as_bytes());
        assert!(found.is_empty(), "{found:?} is in {said}");
        folder_keeps(self.folder(), &canaries, "a new password");
    }
}

impl Drop for World {
    /// Forgets what a case may have kept.
    fn drop(&mut self) {
        let mut forget = Command::new(env!("CARGO_BIN_EXE_certstow"));
        self.place(&mut forget);
        let _ = forget
            .args(["password", "forget", &self.in_vault(), "--quiet"])
            .output();
    }
}

fn folder_keeps(folder: &Path, canaries: &Canaries, what: &str) {
    for entry in fs::read_dir(folder).expect("the folder is there") {
        let path = entry.expect("an entry").path();
        let name = path.to_string_lossy();
        assert!(
            canaries.find_in_text(name.as_bytes()).is_empty(),
            "{what} made {name}"
        );
        if path.is_dir() {
            folder_keeps(&path, canaries, what);
            continue;
        }
        let content = fs::read(&path).expect("the file can be read");
        let found = canaries.find_in_text(&content);
        assert!(found.is_empty(), "{what}: in {name} is {found:?}");
    }
}

pub(crate) fn samples() -> String {
    format!("{}/examples/personal", env!("CARGO_MANIFEST_DIR"))
}
