//! What `check` says of each program, held against the programs themselves: they restore whatever is
//! said to open, and what is said not to and opens nevertheless stands in a list here with the reason.

mod files;
mod recipe;

use std::fs;
use std::path::Path;
use std::thread;

use certstow_core::time;
use certstow_formats::pkcs12::grade::{Report, grade};
use certstow_formats::secret::Password;

use crate::material::Material;
use crate::peers::{Restored, Sealed, dotnet, gnutls, java, nss, openssl, python};
use crate::writing::say;
use files::Trial;

/// A program that takes all files.
struct Program {
    /// As in `--for`.
    name: &'static str,
    restored: fn(&[Sealed]) -> Vec<Restored>,
}

const PROGRAMS: [Program; 6] = [
    Program {
        name: "openssl",
        restored: openssl::restored_of,
    },
    Program {
        name: "nss",
        restored: nss::restored_of,
    },
    Program {
        name: "gnutls",
        restored: gnutls::restored_of,
    },
    Program {
        name: "java17",
        restored: java::restored_of,
    },
    Program {
        name: "python",
        restored: python::restored_of,
    },
    Program {
        name: "dotnet",
        restored: dotnet::restored_of,
    },
];

/// Files that a program restores and `check` says it does not open.
struct TooCareful {
    /// The programs.
    programs: &'static [&'static str],
    /// What the names of the files begin with.
    files: &'static str,
    reason: &'static str,
}

const TOO_CAREFUL: [TooCareful; 7] = [
    TooCareful {
        programs: &["openssl", "nss", "gnutls", "python"],
        files: "PBMAC1",
        reason: "it is said for which versions, and the one here may be among them",
    },
    TooCareful {
        programs: &["dotnet"],
        files: "RC2-",
        reason: "it is said to depend on the operating system, and the one here has RC2",
    },
    TooCareful {
        programs: &["dotnet"],
        files: "300001 iterations of the MAC",
        reason: "the limit came with .NET 9, and .NET 8 is here",
    },
    TooCareful {
        programs: &["dotnet"],
        files: "key of 33 octets, EC",
        reason: "without its public half .NET takes the key; with it, as GnuTLS writes it, not",
    },
    TooCareful {
        programs: &["java17"],
        files: "KeysFirst without attributes",
        reason: "Java gives a key without attributes the certificate that begins the next part, which no \
                 known program writes",
    },
    TooCareful {
        programs: &["gnutls", "java17", "dotnet"],
        files: "attributes: friendlyName of odd length",
        reason: "check calls the file damaged, as OpenSSL does",
    },
    TooCareful {
        programs: &["gnutls", "java17", "dotnet"],
        files: "attributes of the leaf: friendlyName of odd length",
        reason: "check calls the file damaged, as OpenSSL does",
    },
];

/// What `check` and a program say of a file.
struct Verdict<'a> {
    program: &'static str,
    trial: &'a Trial,
    report: &'a Result<Report, String>,
    restored: Restored,
}

impl Verdict<'_> {
    fn is_said_to_open(&self) -> bool {
        self.report
            .as_ref()
            .is_ok_and(|report| opens(report, self.program))
    }

    fn opens(&self) -> bool {
        let due = self.trial.identities;
        due > 0 && self.restored.as_ref().is_ok_and(|number| *number >= due)
    }

    fn reason(&self) -> Option<&'static str> {
        let mut list = TOO_CAREFUL.iter();
        let found = list.find(|entry| {
            entry.programs.contains(&self.program) && self.trial.name.starts_with(entry.files)
        });
        found.map(|entry| entry.reason)
    }

    fn describe(&self) -> String {
        let said = match self.report {
            Ok(report) => format!(
                "restores {:?}, {:?}",
                report.restores,
                report.readers.get(self.program)
            ),
            Err(error) => error.clone(),
        };
        format!(
            "{}, '{}': check: {said}; the program: {:?}",
            self.program, self.trial.name, self.restored
        )
    }
}

fn opens(report: &Report, program: &str) -> bool {
    let reader = report.readers.get(program);
    reader.is_some_and(|reader| reader.opens)
}

fn report(trial: &Trial, password: Option<&Password>) -> Result<Report, String> {
    grade(&trial.bytes, None, password, &time::clock()).map_err(|error| error.to_string())
}

/// The files, written into a folder.
fn written(trials: &[Trial], folder: &Path) -> Vec<Sealed> {
    let sealed = trials.iter().enumerate().map(|(number, trial)| {
        let file = folder.join(format!("{number}.p12"));
        fs::write(&file, &trial.bytes).expect("the file is written");
        let sealed = Sealed {
            file,
            password: trial.password.clone(),
        };
        sealed.password_file();
        sealed
    });
    sealed.collect()
}

/// What each program makes of all files; they run beside each other.
fn restored(sealed: &[Sealed]) -> Vec<Vec<Restored>> {
    thread::scope(|scope| {
        let start = |program: &'static Program| scope.spawn(|| (program.restored)(sealed));
        let started: Vec<_> = PROGRAMS.iter().map(start).collect();
        let ended = started.into_iter().map(|program| program.join());
        ended
            .map(|ended| ended.expect("the program ends"))
            .collect()
    })
}

#[test]
#[ignore = "needs OpenSSL, NSS, GnuTLS, Java, Python cryptography and .NET"]
fn check_agrees_with_programs_on_what_opens() {
    let material = Material::new();
    let trials = files::all(&material);
    assert!(trials.len() >= 200, "{} files", trials.len());
    let with_password = |trial: &Trial| report(trial, Some(&Password::new(trial.password.clone())));
    let reports: Vec<_> = trials.iter().map(with_password).collect();
    for (trial, report) in trials.iter().zip(&reports) {
        seen_without_password(trial, report);
    }

    let folder = tempfile::tempdir().expect("a temporary folder");
    let restored = restored(&written(&trials, folder.path()));
    let mut wrong = Vec::new();
    let mut needed = Vec::new();
    for (program, restored) in PROGRAMS.iter().zip(restored) {
        let mut agreed = [0, 0];
        for ((trial, report), restored) in trials.iter().zip(&reports).zip(restored) {
            let verdict = Verdict {
                program: program.name,
                trial,
                report,
                restored,
            };
            match (verdict.is_said_to_open(), verdict.opens()) {
                (said, opens) if said == opens => agreed[usize::from(opens)] += 1,
                (false, true) if verdict.reason().is_some() => needed.extend(verdict.reason()),
                _ => wrong.push(verdict.describe()),
            }
        }
        let [no, yes] = agreed;
        say(&format!(
            "{}: opens {yes}, does not open {no}",
            program.name
        ));
        assert!(yes >= 200, "{} opens {yes} files", program.name);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    for entry in TOO_CAREFUL.iter().filter(|entry| entry.files != "PBMAC1") {
        assert!(
            needed.contains(&entry.reason),
            "never needed: {}",
            entry.files
        );
    }
}

/// Without the password nothing is said that the password refutes, and of a file that restores nothing
/// nothing is said of programs.
fn seen_without_password(trial: &Trial, with_password: &Result<Report, String>) {
    let (Ok(with), Ok(without)) = (with_password, report(trial, None)) else {
        return;
    };
    for program in with.readers.keys().filter(|program| opens(with, program)) {
        assert!(opens(&without, program), "{program}, '{}'", trial.name);
    }
    if trial.identities == 0 {
        assert!(with.readers.is_empty(), "'{}'", trial.name);
    }
}
