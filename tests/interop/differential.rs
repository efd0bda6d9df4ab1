//! `check` and the real OpenSSL on the same changed files. Where one says that a file restores and
//! the other does not, a reason is in the list here, or it is a mistake of one of them.

use std::fs;
use std::path::{Path, PathBuf};

use certstow_core::time;
use certstow_formats::pkcs12::decode::decode;
use certstow_formats::pkcs12::grade::{Report, grade};
use certstow_formats::pkcs12::kdf::PasswordForm;
use certstow_formats::secret::Password;
use certstow_formats::testing::fuzzing::LIMITS;
use certstow_formats::testing::{Mutations, PASSWORD};

use crate::peers::Sealed;
use crate::peers::openssl::print;

/// How many changed files are compared.
const COPIES: usize = 500;

/// What both said of a file.
struct Case {
    bytes: Vec<u8>,
    /// What `check` says; an error if it is no PKCS#12 to it.
    report: Result<Report, String>,
    /// What OpenSSL printed; an error if it refuses the file.
    openssl: Result<String, String>,
}

impl Case {
    fn of(bytes: Vec<u8>, folder: &Path, number: usize) -> Self {
        let file = folder.join(format!("{number}.p12"));
        fs::write(&file, &bytes).expect("the file is written");
        let sealed = Sealed {
            file,
            password: PASSWORD.to_owned(),
        };
        let password = Password::new(PASSWORD.to_owned());
        let report =
            grade(&bytes, None, Some(&password), &time::clock()).map_err(|error| error.to_string());
        Self {
            report,
            openssl: print(&sealed, &["-legacy", "-nodes"]),
            bytes,
        }
    }

    fn restores(&self) -> bool {
        matches!(&self.report, Ok(report) if report.restores == Some(true))
    }

    /// Whether a key and a certificate come out of OpenSSL.
    fn opens(&self) -> bool {
        let whole = |text: &String| {
            text.contains("PRIVATE KEY-----") && text.contains("-----BEGIN CERTIFICATE-----")
        };
        self.openssl.as_ref().is_ok_and(whole)
    }

    fn has_no_mac(&self) -> bool {
        matches!(&self.report, Ok(report) if report.mac.algorithm.is_none())
    }

    fn has_mac_of(&self, algorithm: &str) -> bool {
        let name = self
            .report
            .as_ref()
            .ok()
            .and_then(|report| report.mac.algorithm.as_ref());
        name.is_some_and(|name| name.starts_with(algorithm))
    }

    /// Whether a finding of `check` has this in it.
    fn found(&self, text: &str) -> bool {
        let report = self.report.as_ref();
        report.is_ok_and(|report| report.findings.iter().any(|one| one.message.contains(text)))
    }

    /// Whether `check` takes it for no PKCS#12, for this reason.
    fn failed_for(&self, text: &str) -> bool {
        self.report
            .as_ref()
            .is_err_and(|error| error.contains(text))
    }

    fn describe(&self) -> String {
        let said = match &self.report {
            Ok(report) => format!("{:?} {:?}", report.restores, report.findings),
            Err(error) => error.clone(),
        };
        let openssl = match &self.openssl {
            Ok(_) => "opens it".to_owned(),
            Err(error) => error.lines().last().unwrap_or_default().to_owned(),
        };
        let hex: String = self
            .bytes
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        format!("certstow: {said}\nOpenSSL: {openssl}\n{hex}\n")
    }
}

fn cases(files: impl Iterator<Item = Vec<u8>>) -> Vec<Case> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let files: Vec<_> = files.enumerate().collect();
    let (first, second) = files.split_at(files.len() / 2);
    let half = |files: &[(usize, Vec<u8>)]| -> Vec<Case> {
        let of =
            |(number, bytes): &(usize, Vec<u8>)| Case::of(bytes.clone(), folder.path(), *number);
        files.iter().map(of).collect()
    };
    std::thread::scope(|scope| {
        let second = scope.spawn(|| half(second));
        let mut cases = half(first);
        cases.extend(second.join().expect("the thread compares its half"));
        cases
    })
}

fn files_in(folder: &Path) -> Vec<Vec<u8>> {
    let entries = fs::read_dir(folder).expect("the folder is there");
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.expect("an entry").path())
        .collect();
    files.sort();
    files
        .iter()
        .map(|file| fs::read(file).expect("the file"))
        .collect()
}

fn fuzz() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz")
}

/// Why certstow and OpenSSL may differ.
struct Reason {
    /// In a sentence.
    why: &'static str,
    /// Which of them says that the file is good.
    yes: Side,
    applies: fn(&Case) -> bool,
    /// Whether some of the changed files differ for this reason, whichever OpenSSL is here.
    always: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Certstow,
    OpenSsl,
}

/// OpenSSL takes keys and certificates out of a file; whether they belong together, and to whom else,
/// it does not ask.
const REASONS: [Reason; 10] = [
    Reason {
        why: "OpenSSL before 3.4 does not know PBMAC1",
        yes: Side::Certstow,
        applies: |case| case.has_mac_of("PBMAC1"),
        always: false,
    },
    Reason {
        why: "the key is that of no certificate in the file",
        yes: Side::OpenSsl,
        applies: |case| case.found("belongs to another certificate"),
        always: true,
    },
    Reason {
        why: "the key has numbers that do not fit each other",
        yes: Side::OpenSsl,
        applies: |case| case.found("the private key is damaged"),
        always: true,
    },
    Reason {
        why: "a certificate is not what its issuer signed",
        yes: Side::OpenSsl,
        applies: |case| case.found("the path in the file does not link"),
        always: true,
    },
    Reason {
        why: "there is no certificate for one of the keys",
        yes: Side::OpenSsl,
        applies: |case| case.found("a private key without its certificate"),
        always: false,
    },
    Reason {
        why: "the key is of a kind that certstow can prove nothing of",
        yes: Side::OpenSsl,
        applies: |case| matches!(&case.report, Ok(report) if report.restores.is_none()),
        always: false,
    },
    Reason {
        why: "a certificate is malformed where OpenSSL does not look before it is used, as in its times",
        yes: Side::OpenSsl,
        applies: |case| {
            case.found("of the certificates in the file cannot be read")
                || case.found("a certificate in the file is damaged")
        },
        always: true,
    },
    Reason {
        why: "the version is not 3 (RFC 7292, 4), at which OpenSSL does not look",
        yes: Side::OpenSsl,
        applies: |case| case.failed_for("it is not a PKCS#12 file"),
        always: false,
    },
    Reason {
        why: "an attribute has a value that is not of its type, or no ASN.1: OpenSSL does not look",
        yes: Side::OpenSsl,
        applies: |case| {
            case.failed_for("the contents of a part: a value inside it cannot be read")
                || case.failed_for("the contents of a part: it holds something else than it should")
        },
        always: false,
    },
    Reason {
        why: "the hash of the MAC has parameters, where OpenSSL looks at its name alone",
        yes: Side::OpenSsl,
        applies: |case| case.failed_for("the MAC's description"),
        always: false,
    },
];

/// Has every difference explained; gives back the reasons that were needed.
fn explained(cases: &[Case]) -> Vec<&'static str> {
    let mut needed = Vec::new();
    let mut unexplained = Vec::new();
    for case in cases {
        let yes = match (case.restores(), case.opens()) {
            (true, false) => Side::Certstow,
            (false, true) => Side::OpenSsl,
            _ => continue,
        };
        let mut reasons = REASONS.iter();
        match reasons.find(|reason| reason.yes == yes && (reason.applies)(case)) {
            Some(reason) => needed.push(reason.why),
            None => unexplained.push(case.describe()),
        }
    }
    assert!(unexplained.is_empty(), "{}", unexplained.join("\n"));
    needed
}

/// Whether both say yes, or both no.
fn agreed(cases: &[Case], yes: bool) -> usize {
    let both = |case: &&Case| case.restores() == yes && case.opens() == yes;
    cases.iter().filter(both).count()
}

#[test]
#[ignore = "needs OpenSSL"]
fn check_agrees_with_openssl_on_changed_files() {
    let seeds = files_in(&fuzz().join("seeds/grade"));
    // A MAC hides what else a reader makes of a change.
    let without_mac: Vec<_> = cases(seeds.iter().cloned())
        .into_iter()
        .filter(|case| case.has_no_mac() && case.opens())
        .map(|case| case.bytes)
        .collect();
    let copies = Mutations::of(&seeds, 14).take(COPIES / 2);
    let of_those = Mutations::of(&without_mac, 14).take(COPIES / 2);
    let cases = cases(seeds.iter().cloned().chain(copies).chain(of_those));
    let (yes, no) = (agreed(&cases, true), agreed(&cases, false));
    assert!(
        yes >= 10 && no >= 300,
        "both say yes {yes} times, no {no} times"
    );
    let needed = explained(&cases);
    for reason in REASONS.iter().filter(|reason| reason.always) {
        assert!(needed.contains(&reason.why), "never needed: {}", reason.why);
    }
}

/// What failed before, or what `cargo xtask fuzz` has just made.
#[test]
#[ignore = "needs OpenSSL"]
fn check_agrees_with_openssl_on_fuzzed_files() {
    let folder = std::env::var_os("CERTSTOW_FUZZED").map(PathBuf::from);
    let files = files_in(&folder.unwrap_or_else(|| fuzz().join("found/grade")));
    // What asks for more key derivation than the seeds is no file that was made there.
    let password = Password::new(PASSWORD.to_owned());
    let opens = |bytes: &Vec<u8>| decode(bytes, PasswordForm::Text(&password), &LIMITS).is_ok();
    let mut cases = cases(files.into_iter().filter(opens));
    cases.retain(Case::restores);
    explained(&cases);
}
