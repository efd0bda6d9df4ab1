//! Folders that somebody without the password tampered with: what `verify` and `restore` say of
//! each, and that nothing comes into the store but what was saved.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Output;

use certstow_formats::pkcs12::kdf::PasswordForm;
use certstow_formats::secret::Password;
use certstow_formats::testing::writer as pkcs12;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::{ADA, GRACE, MANIFEST, PASSWORD, World, ends, json, only, said};

/// What protects the files of a backup.
#[derive(Clone, Copy, Debug)]
enum Sealing {
    Password,
    Escrow,
}

impl Sealing {
    fn save(self) -> &'static str {
        match self {
            Self::Password => "--password-env SECRET",
            Self::Escrow => "--escrow store/ada-example.pem",
        }
    }

    fn open(self) -> &'static str {
        match self {
            Self::Password => "--password-env SECRET",
            Self::Escrow => "--escrow-key store/ada-example.key.pem",
        }
    }
}

/// A way to tamper with the folder, and what has to come of it.
struct Case {
    name: &'static str,
    tamper: fn(&World),
    /// The exit code of `verify` without anything that opens a file, and with it.
    verify: (i32, i32),
    /// The exit code of `restore`.
    restore: i32,
    /// What `restore` says.
    says: &'static [&'static str],
    /// Who is in the store afterwards.
    restored: &'static [&'static str],
}

const EVERYBODY: &[&str] = &["ada", "edith", "grace"];
const BUT_ADA: &[&str] = &["edith", "grace"];
const ADA_IS_NOT: &str = "Ada Example (694258fc134145ba) is not restored: ";

const CASES: &[Case] = &[
    Case {
        name: "nothing",
        tamper: |_| {},
        verify: (0, 0),
        restore: 0,
        says: &["3 identities were restored"],
        restored: EVERYBODY,
    },
    Case {
        name: "a link to a file",
        tamper: |world| symlink(world.foreign(), world.path("a/zz.p12")).unwrap(),
        verify: (15, 15),
        restore: 14,
        says: &["zz.p12 is not restored: ", "is a link"],
        restored: EVERYBODY,
    },
    Case {
        name: "a link to a folder",
        tamper: |world| symlink(world.keys_in_clear(), world.path("a/zz.p12")).unwrap(),
        verify: (15, 15),
        restore: 14,
        says: &["zz.p12 is not restored: ", "is a link"],
        restored: EVERYBODY,
    },
    Case {
        name: "a link to the whole system",
        tamper: |world| symlink("/usr", world.path("a/zz.p12")).unwrap(),
        verify: (15, 15),
        restore: 14,
        says: &["zz.p12 is not restored: ", "is a link"],
        restored: EVERYBODY,
    },
    Case {
        name: "a folder",
        tamper: |world| fs::rename(world.keys_in_clear(), world.path("a/zz.p12")).unwrap(),
        verify: (15, 15),
        restore: 14,
        says: &["zz.p12 is not restored: ", "is a folder"],
        restored: EVERYBODY,
    },
    Case {
        name: "a FIFO",
        tamper: |world| world.make_fifo("a/zz.p12"),
        verify: (15, 15),
        restore: 14,
        says: &["zz.p12 is not restored: ", "is no regular file"],
        restored: EVERYBODY,
    },
    Case {
        name: "a FIFO in the place of the lock",
        tamper: |world| {
            fs::remove_file(world.path("a/.certstow-lock")).unwrap();
            world.make_fifo("a/.certstow-lock");
        },
        verify: (0, 0),
        restore: 0,
        says: &[],
        restored: EVERYBODY,
    },
    Case {
        name: "a PEM file by the name of a PKCS#12 file",
        tamper: |world| world.copy(world.key_in_clear(), "zz.p12"),
        verify: (15, 15),
        restore: 0,
        says: &["the manifest does not name zz.p12", "--unnamed"],
        restored: EVERYBODY,
    },
    Case {
        name: "a link in the place of a file",
        tamper: |world| {
            fs::rename(world.ada(), world.path("ada.p12")).unwrap();
            symlink(world.path("ada.p12"), world.ada()).unwrap();
        },
        verify: (15, 15),
        restore: 14,
        says: &[ADA_IS_NOT, "is a link", "2 identities were restored"],
        restored: BUT_ADA,
    },
    Case {
        name: "a link to keys in clear in the place of a file",
        tamper: |world| {
            fs::remove_file(world.ada()).unwrap();
            symlink(world.keys_in_clear(), world.ada()).unwrap();
        },
        verify: (15, 15),
        restore: 14,
        says: &[ADA_IS_NOT, "is a link"],
        restored: BUT_ADA,
    },
    Case {
        name: "a folder in the place of a file",
        tamper: |world| {
            fs::remove_file(world.ada()).unwrap();
            fs::rename(world.keys_in_clear(), world.ada()).unwrap();
        },
        verify: (15, 15),
        restore: 14,
        says: &[ADA_IS_NOT, "is a folder"],
        restored: BUT_ADA,
    },
    Case {
        name: "a FIFO in the place of a file",
        tamper: |world| {
            fs::remove_file(world.ada()).unwrap();
            world.make_fifo(&format!("a/{ADA}"));
        },
        verify: (15, 15),
        restore: 14,
        says: &[ADA_IS_NOT, "is no regular file"],
        restored: BUT_ADA,
    },
    Case {
        name: "a PEM file in the place of a file",
        tamper: |world| world.copy(world.key_in_clear(), ADA),
        verify: (15, 15),
        restore: 14,
        says: &[ADA_IS_NOT, "is not a PKCS#12 file"],
        restored: BUT_ADA,
    },
    Case {
        name: "a file that is gone",
        tamper: |world| fs::remove_file(world.ada()).unwrap(),
        verify: (15, 15),
        restore: 14,
        says: &[ADA_IS_NOT, "is missing"],
        restored: BUT_ADA,
    },
    Case {
        name: "another's file copied over one",
        tamper: |world| world.copy_grace_over_ada(),
        verify: (15, 15),
        restore: 14,
        says: &[
            ADA_IS_NOT,
            "holds another identity, Grace Example (776c7167ca23d47f)",
        ],
        restored: BUT_ADA,
    },
    Case {
        name: "another's file copied over one, and the manifest after it",
        tamper: |world| {
            world.copy_grace_over_ada();
            world.write_into_manifest(ADA);
        },
        verify: (0, 15),
        restore: 14,
        says: &[
            ADA_IS_NOT,
            "holds another identity, Grace Example (776c7167ca23d47f)",
        ],
        restored: BUT_ADA,
    },
    Case {
        name: "a file with the certificate and no key",
        tamper: |world| fs::write(world.ada(), certificate_alone()).unwrap(),
        verify: (15, 15),
        restore: 14,
        // In escrow, its password is that of the file before.
        says: &[ADA_IS_NOT],
        restored: BUT_ADA,
    },
    Case {
        name: "a file that opens with any password, and the manifest after it",
        tamper: |world| {
            fs::write(world.ada(), unprotected()).unwrap();
            world.write_into_manifest(ADA);
            world.change_manifest(ADA, |entry| {
                let bert = fs::read(transcripts("broken/bert.pem")).unwrap();
                let (_, der) = pem_rfc7468::decode_vec(&only(&bert, "CERTIFICATE")).unwrap();
                entry["thumbprint"]["sha256"] = hash(&der).into();
            });
        },
        verify: (0, 15),
        restore: 14,
        says: &[ADA_IS_NOT, "has no MAC"],
        restored: BUT_ADA,
    },
    Case {
        name: "a file cut short",
        tamper: |world| {
            let bytes = fs::read(world.ada()).unwrap();
            fs::write(world.ada(), &bytes[..bytes.len() / 2]).unwrap();
        },
        verify: (15, 15),
        restore: 14,
        says: &[ADA_IS_NOT, "it is damaged"],
        restored: BUT_ADA,
    },
    Case {
        name: "a file that is empty",
        tamper: |world| fs::write(world.ada(), "").unwrap(),
        verify: (15, 15),
        restore: 14,
        says: &[ADA_IS_NOT, "is not a PKCS#12 file"],
        restored: BUT_ADA,
    },
    Case {
        name: "a file by a name that is no text",
        tamper: |world| {
            let name = OsStr::from_bytes(b"a/\xff.p12");
            fs::copy(world.ada(), world.folder.path().join(name)).unwrap();
        },
        verify: (15, 15),
        restore: 0,
        says: &["the manifest does not name", "--unnamed"],
        restored: EVERYBODY,
    },
    Case {
        name: "digits in capitals",
        tamper: |world| {
            world.change_manifest(ADA, |entry| {
                for digits in ["/sha256", "/thumbprint/sha1", "/thumbprint/sha256"] {
                    let digits = entry.pointer_mut(digits).unwrap();
                    *digits = digits.as_str().unwrap().to_uppercase().into();
                }
            });
        },
        verify: (0, 0),
        restore: 0,
        says: &["Restored Ada Example (694258fc134145ba)"],
        restored: EVERYBODY,
    },
    Case {
        name: "two files exchanged, and the manifest after them",
        tamper: |world| {
            world.exchange_ada_and_grace();
            world.write_into_manifest(ADA);
            world.write_into_manifest(GRACE);
        },
        verify: (0, 15),
        restore: 14,
        says: &[
            ADA_IS_NOT,
            "holds another identity, Grace Example (776c7167ca23d47f)",
            "Grace Example (776c7167ca23d47f) is not restored: ",
            "holds another identity, Ada Example (694258fc134145ba)",
            "1 identity was restored",
        ],
        restored: &["edith"],
    },
];

/// Ada's certificate in a PKCS#12 file of its own.
fn certificate_alone() -> Vec<u8> {
    let pem = fs::read(transcripts("store/ada-example.pem")).unwrap();
    let (_, der) = pem_rfc7468::decode_vec(&pem).unwrap();
    let password = Password::new(PASSWORD.to_owned());
    let password = PasswordForm::Text(&password);
    let bags = [pkcs12::certificate(&der, &[])];
    let parts = [pkcs12::encrypted(&pkcs12::pbes2(10), password, &bags)];
    pkcs12::file(&parts, Some((&pkcs12::mac(10), password)))
}

/// A PKCS#12 file of somebody else's identity, with nothing in it under a password.
fn unprotected() -> Vec<u8> {
    let pem = fs::read(transcripts("broken/bert.pem")).unwrap();
    let der = |label| pem_rfc7468::decode_vec(&only(&pem, label)).unwrap().1;
    let bags = [
        pkcs12::certificate(&der("CERTIFICATE"), &[]),
        pkcs12::key(&der("PRIVATE KEY"), &[]),
    ];
    pkcs12::file(&[pkcs12::plain(&bags)], None)
}

fn hash(bytes: &[u8]) -> String {
    let digits = Sha256::digest(bytes);
    digits.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl World {
    fn copy(&self, from: PathBuf, name: &str) {
        fs::copy(from, self.path("a").join(name)).unwrap();
    }

    fn ada(&self) -> PathBuf {
        self.path("a").join(ADA)
    }

    /// An identity that is in no backup, in clear.
    fn key_in_clear(&self) -> PathBuf {
        transcripts("broken/bert.pem")
    }

    /// A folder that holds it.
    fn keys_in_clear(&self) -> PathBuf {
        let folder = self.path("clear");
        fs::create_dir(&folder).unwrap();
        fs::copy(self.key_in_clear(), folder.join("bert.pem")).unwrap();
        folder
    }

    /// Its file, under the password of the backup.
    fn foreign(&self) -> PathBuf {
        self.keys_in_clear();
        let output =
            self.run("export Bert --store clear -o bert.p12 --iterations 1 --password-env SECRET");
        ends(&output, 0);
        self.path("bert.p12")
    }

    fn copy_grace_over_ada(&self) {
        for ending in ["", ".cms"] {
            let grace = self.path("a").join(format!("{GRACE}{ending}"));
            if grace.exists() {
                fs::copy(grace, self.path("a").join(format!("{ADA}{ending}"))).unwrap();
            }
        }
    }

    fn exchange_ada_and_grace(&self) {
        for ending in ["", ".cms"] {
            let [ada, grace] =
                [ADA, GRACE].map(|name| self.path("a").join(format!("{name}{ending}")));
            if grace.exists() {
                fs::rename(&ada, self.path("between")).unwrap();
                fs::rename(&grace, &ada).unwrap();
                fs::rename(self.path("between"), &grace).unwrap();
            }
        }
    }

    /// Has the manifest say of a file what the file is now.
    fn write_into_manifest(&self, file: &str) {
        let bytes = fs::read(self.path("a").join(file)).unwrap();
        let sealed = fs::read(self.path("a").join(format!("{file}.cms")));
        self.change_manifest(file, |entry| {
            entry["sha256"] = hash(&bytes).into();
            entry["size"] = bytes.len().into();
            if let Ok(sealed) = sealed {
                entry["escrow"]["sha256"] = hash(&sealed).into();
            }
        });
    }

    fn saved_with(sealing: Sealing) -> Self {
        let world = Self::new();
        let words = format!(
            "backup --store store --to a --iterations 1 {}",
            sealing.save()
        );
        ends(&world.run(&words), 0);
        world
    }

    fn open(&self, command: &str, sealing: Sealing) -> Output {
        self.run(&format!(
            "backup {command} --timeout 20s {}",
            sealing.open()
        ))
    }

    /// Who is in the store that was restored to, by the first word of the name.
    fn restored(&self) -> Vec<String> {
        let Ok(files) = fs::read_dir(self.path("new")) else {
            return Vec::new();
        };
        let names = files.map(|file| file.unwrap().file_name());
        let mut names: Vec<String> = names
            .map(|name| name.to_string_lossy().split('-').next().unwrap().to_owned())
            .collect();
        names.sort();
        names
    }
}

fn transcripts(file: &str) -> PathBuf {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cmd/backup.in");
    Path::new(folder).join(file)
}

#[test]
fn restore_and_verify_detect_tampering_with_password() {
    drill(Sealing::Password);
}

#[test]
fn restore_and_verify_detect_tampering_with_escrow() {
    drill(Sealing::Escrow);
}

fn drill(sealing: Sealing) {
    let mut wrong = Vec::new();
    for case in CASES {
        let world = World::saved_with(sealing);
        (case.tamper)(&world);
        let mut check = |what: &str, output: &Output, code: i32, says: &[&str]| {
            let shown = said(output);
            let silent = says.iter().any(|words| !shown.contains(words));
            if output.status.code() != Some(code) || silent {
                wrong.push(format!("{} ({sealing:?}), {what}: {shown}", case.name));
            }
        };
        let (without, with) = case.verify;
        let output = world.run("backup verify a --timeout 20s");
        check("verify", &output, without, &[]);
        check("verify opened", &world.open("verify a", sealing), with, &[]);
        // It opens nothing, and tells of what the manifest names alone.
        let tells = without == 15 && case.says.contains(&ADA_IS_NOT);
        let (code, says): (i32, &[&str]) = match tells {
            true => (14, &["no whole copy of Ada Example"]),
            false => (0, &[]),
        };
        check(
            "report",
            &world.run("report --store store --backup a"),
            code,
            says,
        );
        let output = world.open("restore a --into new", sealing);
        check("restore", &output, case.restore, case.says);
        let restored = world.restored();
        if restored != case.restored {
            wrong.push(format!("{} ({sealing:?}) restored {restored:?}", case.name));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

/// What somebody can make who has the escrow certificate and no key of it: a key of his own, named
/// like another's.
fn forge(world: &World, words: &str) {
    let clear = fs::read_to_string(transcripts("broken/bert.pem")).unwrap();
    let named = |text: &str| format!("Bag Attributes\n    friendlyName: Ada Example\n{text}");
    fs::create_dir(world.path("evil-store")).unwrap();
    fs::write(world.path("evil-store/ada.pem"), named(&clear)).unwrap();
    let output = world.run(&format!(
        "backup --store evil-store --to evil --iterations 1 {words}"
    ));
    ends(&output, 0);
    let entry = &world.manifest("evil")["entries"][0];
    assert_eq!(entry["label"], "Ada Example");
    let forged = entry["file"].as_str().unwrap();
    world.copy(world.path("evil").join(forged), ADA);
    let sealed = format!("{forged}.cms");
    world.copy(world.path("evil").join(sealed), &format!("{ADA}.cms"));
    world.write_into_manifest(ADA);
}

#[test]
fn verify_with_stores_finds_a_forged_identity() {
    let world = World::saved_with(Sealing::Escrow);
    let stores = |opener: &str| world.run(&format!("backup verify a --store store {opener}"));
    let open = Sealing::Escrow.open();
    ends(&stores(""), 0);
    ends(&stores(open), 0);
    forge(&world, Sealing::Escrow.save());
    // The manifest names Ada still.
    let output = world.open("verify a", Sealing::Escrow);
    ends(&output, 15);
    let shown = said(&output);
    assert!(shown.contains("it holds another identity, "), "{shown}");
    let output = world.open("restore a --into new", Sealing::Escrow);
    ends(&output, 14);
    assert!(said(&output).contains(ADA_IS_NOT), "{}", said(&output));
    assert_eq!(world.restored(), BUT_ADA);

    // It names what is there, which nothing in the folder contradicts.
    let forged = world.manifest("evil")["entries"][0].clone();
    world.change_manifest(ADA, |entry| {
        entry["thumbprint"] = forged["thumbprint"].clone();
    });
    ends(&world.open("verify a", Sealing::Escrow), 0);
    for opener in ["", open] {
        let output = stores(opener);
        ends(&output, 15);
        let shown = said(&output);
        for words in [
            "Ada Example (694258fc134145ba) of file:",
            "is not in this backup",
            "which is in none of the stores",
            "has the same name, and another certificate",
        ] {
            assert!(shown.contains(words), "{words}: {shown}");
        }
        assert_eq!(
            shown.contains("no file opened"),
            opener.is_empty(),
            "{shown}"
        );
    }
    let output = stores("--json");
    let compared = &json(&output)["folders"][0]["stores"];
    assert_eq!(compared["present"], 2);
    assert_eq!(compared["absent"][0]["label"], "Ada Example");
    assert_eq!(compared["foreign"][0]["namesake"]["label"], "Ada Example");

    // The next run saves Ada beside it, and leaves what the manifest names where it is.
    let before = fs::read(world.path("a").join(ADA)).unwrap();
    let output = world.run(&format!(
        "backup --store store --to a --iterations 1 {}",
        Sealing::Escrow.save()
    ));
    ends(&output, 0);
    assert_eq!(fs::read(world.path("a").join(ADA)).unwrap(), before);
    assert!(world.path("a").join(format!("2-{ADA}")).is_file());
    let output = stores(open);
    ends(&output, 0);
    assert!(said(&output).contains("which is in none of the stores"));
}

#[test]
fn verify_with_stores_accepts_identities_since_removed() {
    let world = World::saved_with(Sealing::Password);
    fs::remove_file(world.path("store/grace-example.pem")).unwrap();
    let output = world.run("backup verify a --store store");
    ends(&output, 0);
    let shown = said(&output);
    assert!(
        shown.contains("Grace Example (776c7167ca23d47f), which is in none of"),
        "{shown}"
    );
    assert!(shown.contains("2 of 2 identities of the stores"), "{shown}");
    fs::copy(transcripts("broken/bert.pem"), world.path("store/bert.pem")).unwrap();
    let output = world.run("backup verify a --store store --quiet");
    ends(&output, 15);
    let shown = said(&output);
    assert!(
        shown.contains("Bert Bystander (565b1f85bdd30d26) of file:"),
        "{shown}"
    );
    // What cannot be read cannot be compared.
    fs::remove_file(world.path("store/bert.pem")).unwrap();
    fs::copy(transcripts("broken/half.pem"), world.path("store/half.pem")).unwrap();
    ends(&world.run("backup verify a --store store"), 14);
}

#[test]
fn restore_needs_unnamed_option_for_unlisted_files() {
    let world = World::saved_with(Sealing::Password);
    world.exchange_ada_and_grace();
    world.copy(world.foreign(), "bert.p12");
    world.copy(world.key_in_clear(), "clear.p12");
    let restore =
        |words: &str| world.open(&format!("restore a --into new {words}"), Sealing::Password);
    let output = restore("");
    ends(&output, 14);
    assert_eq!(world.restored(), ["edith"]);
    // It may be in one of the files that did not give what they should.
    let output = restore("Bert");
    ends(&output, 14);
    assert!(said(&output).contains("--unnamed"), "{}", said(&output));

    let output = restore("--unnamed");
    let shown = said(&output);
    // Of what was asked for, a file that is no PKCS#12 file is still missing.
    ends(&output, 14);
    assert!(shown.contains("clear.p12 is not restored: "), "{shown}");
    assert!(!shown.contains(ADA_IS_NOT), "{shown}");
    for words in [
        "the manifest does not name bert.p12",
        "holds Grace Example (776c7167ca23d47f), which the manifest does not name for it",
        "holds Ada Example (694258fc134145ba), which the manifest does not name for it",
    ] {
        assert!(shown.contains(words), "{words}: {shown}");
    }
    assert_eq!(world.restored(), ["ada", "bert", "edith", "grace"]);
}

#[test]
fn restore_matches_lost_files_by_manifest() {
    let world = World::saved_with(Sealing::Password);
    fs::remove_file(world.ada()).unwrap();
    for (words, code) in [
        ("--label Ada", 14),
        ("ada", 14),
        ("4602bb4c", 14),
        ("ada@example.org", 14),
        ("--email ada", 14),
        ("--label Grace", 0),
        ("Grace", 0),
        ("776c7167", 0),
        ("--expired", 0),
    ] {
        let output = world.open(
            &format!("restore a --into new --force {words}"),
            Sealing::Password,
        );
        ends(&output, code);
        assert_eq!(said(&output).contains(ADA_IS_NOT), code == 14, "{words}");
    }
}

#[test]
fn restore_without_manifest_takes_non_utf8_names() {
    let world = World::saved_with(Sealing::Password);
    let name = world.folder.path().join(OsStr::from_bytes(b"a/\xff.p12"));
    fs::rename(world.ada(), &name).unwrap();
    fs::remove_file(world.path("a").join(MANIFEST)).unwrap();
    ends(&world.open("restore a --into new", Sealing::Password), 0);
    assert_eq!(world.restored(), EVERYBODY);
}

#[test]
fn backup_replaces_links_instead_of_following() {
    let outside = |world: &World| world.path("outside");
    let link = |world: &World, name: &str| {
        let file = world.path("a").join(name);
        fs::rename(&file, outside(world)).unwrap();
        symlink(outside(world), &file).unwrap();
    };
    for sealing in [Sealing::Password, Sealing::Escrow] {
        for name in [ADA, MANIFEST, &format!("{ADA}.cms")] {
            let world = World::saved_with(sealing);
            if !world.path("a").join(name).exists() {
                continue;
            }
            link(&world, name);
            let before = fs::read(outside(&world)).unwrap();
            let words = format!(
                "backup --store store --to a --iterations 1 {}",
                sealing.save()
            );
            let output = world.run(&words);
            ends(&output, 0);
            assert!(
                said(&output).contains(" mended"),
                "{name}: {}",
                said(&output)
            );
            assert!(
                world
                    .path("a")
                    .join(name)
                    .symlink_metadata()
                    .unwrap()
                    .is_file(),
                "{name}"
            );
            assert_eq!(fs::read(outside(&world)).unwrap(), before, "{name}");
            ends(&world.open("verify a", sealing), 0);
        }
    }
    let world = World::saved_with(Sealing::Password);
    fs::remove_file(world.ada()).unwrap();
    world.make_fifo(&format!("a/{ADA}"));
    ends(&world.backup("--to a --timeout 20s"), 0);
    world.verifies("a");
}

#[test]
fn backup_keeps_every_damaged_manifest() {
    let world = World::saved_with(Sealing::Password);
    for damage in ["{first", "{second", "{third"] {
        fs::write(world.path("a").join(MANIFEST), damage).unwrap();
        ends(&world.backup("--to a"), 0);
    }
    for (ending, damage) in [("", "{first"), (".2", "{second"), (".3", "{third")] {
        let kept = world.path("a").join(format!("{MANIFEST}.damaged{ending}"));
        assert_eq!(fs::read_to_string(kept).unwrap(), damage);
    }
}

#[test]
fn lock_rejects_links_and_pipes() {
    let world = World::saved_with(Sealing::Password);
    let lock = world.path("a/.certstow-lock");
    fs::write(world.path("victim"), "precious").unwrap();
    for (target, what) in [
        ("victim", "it is a link"),
        ("nologin", "it is a link"),
        ("", "it is no regular file"),
    ] {
        fs::remove_file(&lock).unwrap();
        match target {
            "" => world.make_fifo("a/.certstow-lock"),
            target => symlink(world.path(target), &lock).unwrap(),
        }
        let output = world.backup("--to a --timeout 20s");
        ends(&output, 16);
        let shown = said(&output);
        assert!(shown.contains(".certstow-lock in it is not"), "{shown}");
        assert!(shown.contains(what), "{shown}");
    }
    assert!(!world.path("nologin").exists());
    fs::remove_file(&lock).unwrap();
    fs::create_dir(&lock).unwrap();
    let output = world.backup("--to a --timeout 20s");
    ends(&output, 16);
    assert!(
        said(&output).contains("it is a folder"),
        "{}",
        said(&output)
    );
}

#[test]
fn turn_file_ignores_links_and_pipes() {
    let world = World::saved_with(Sealing::Password);
    let turn = world.path("a/.certstow-turn");
    let lock = fs::File::open(world.path("a/.certstow-lock")).unwrap();
    for target in ["nologin", ""] {
        match target {
            "" => world.make_fifo("a/.certstow-turn"),
            target => symlink(world.path(target), &turn).unwrap(),
        }
        lock.lock().unwrap();
        for words in ["backup --store store --to a", "backup verify a"] {
            ends(&world.run(&format!("{words} --timeout 1s")), 16);
        }
        lock.unlock().unwrap();
        ends(&world.run("backup verify a --timeout 20s"), 0);
        ends(&world.backup("--to a --timeout 20s"), 0);
        fs::remove_file(&turn).unwrap();
    }
    assert!(!world.path("nologin").exists());
}

#[test]
fn changes_link_or_pipe_counts_as_damaged() {
    let world = World::saved_with(Sealing::Password);
    let changes = world.path("a/certstow-manifest.changes");
    fs::write(world.path("victim"), "precious").unwrap();
    for (target, what) in [("victim", "it is a link"), ("", "it is no regular file")] {
        match target {
            "" => world.make_fifo("a/certstow-manifest.changes"),
            target => symlink(world.path(target), &changes).unwrap(),
        }
        let verdict = world.run("backup verify a --timeout 20s");
        ends(&verdict, 15);
        let shown = said(&verdict);
        assert!(
            shown.contains(&format!("certstow-manifest.changes: {what}")),
            "{shown}"
        );
        ends(&world.backup("--to a --timeout 20s"), 0);
        ends(&world.run("backup verify a"), 0);
        assert_eq!(fs::read(world.path("victim")).unwrap(), b"precious");
    }
}

#[test]
fn verify_with_stores_counts_actual_file_contents() {
    let world = World::saved_with(Sealing::Password);
    let verify = |opener: &str| world.run(&format!("backup verify a --store store {opener}"));
    let open = Sealing::Password.open();
    let lacks_ada = |opener: &str| {
        let output = verify(opener);
        ends(&output, 15);
        let shown = said(&output);
        let is_told = shown.contains("Ada Example (694258fc134145ba) of file:")
            && shown.contains("is not in this backup")
            && shown.contains("2 of 3 identities of the stores");
        assert!(is_told, "{shown}");
    };
    // By the manifest it is there; the file is another's.
    world.copy_grace_over_ada();
    world.write_into_manifest(ADA);
    ends(&verify(""), 0);
    lacks_ada(open);
    fs::remove_file(world.ada()).unwrap();
    lacks_ada("");
    lacks_ada(open);
    // Of a password that is wrong nothing follows.
    let output = world.run("backup verify a --store store --password-env USER");
    assert!(!said(&output).contains("Grace Example (776c7167ca23d47f) of"));
}

#[test]
fn manifest_listing_identity_twice_is_damaged() {
    let world = World::saved_with(Sealing::Password);
    let mut manifest = world.manifest("a");
    let entries = manifest["entries"].as_array_mut().unwrap();
    let mut second = entries[0].clone();
    second["file"] = "zz.p12".into();
    entries.push(second);
    fs::write(world.path("a").join(MANIFEST), manifest.to_string()).unwrap();
    world.copy(world.key_in_clear(), "zz.p12");
    // Else a run would look after one of them, and say that all is saved.
    let output = world.backup("--to a");
    ends(&output, 0);
    let shown = said(&output);
    assert!(
        shown.contains("'zz.p12' is its second file for one identity"),
        "{shown}"
    );
    assert!(world.path("a").join(format!("{MANIFEST}.damaged")).exists());
    assert_eq!(world.manifest("a")["entries"].as_array().unwrap().len(), 3);
}

#[test]
fn verify_reports_missing_sealed_password_once() {
    let world = World::saved_with(Sealing::Escrow);
    fs::remove_file(world.path("a").join(format!("{ADA}.cms"))).unwrap();
    let output = world.open("verify a", Sealing::Escrow);
    ends(&output, 15);
    let shown = said(&output);
    assert_eq!(shown.matches("is missing").count(), 1, "{shown}");
}

#[test]
fn verify_fails_for_empty_manifest() {
    let world = World::saved_with(Sealing::Password);
    let mut manifest = world.manifest("a");
    manifest["entries"] = Value::Array(Vec::new());
    for name in crate::ALL {
        fs::remove_file(world.path("a").join(name)).unwrap();
    }
    fs::write(world.path("a").join(MANIFEST), manifest.to_string()).unwrap();
    let output = world.run("backup verify a");
    ends(&output, 15);
    let shown = said(&output);
    assert!(
        shown.contains("certstow-manifest.json names no identity"),
        "{shown}"
    );
}

#[test]
fn restore_counts_only_matching_lost_files() {
    let world = World::saved_with(Sealing::Password);
    for name in [ADA, GRACE] {
        fs::remove_file(world.path("a").join(name)).unwrap();
    }
    let output = world.open("restore a ada --into new", Sealing::Password);
    ends(&output, 14);
    let shown = said(&output);
    assert!(shown.contains(ADA_IS_NOT), "{shown}");
    assert!(
        shown.contains("whether Grace Example is meant cannot be told"),
        "{shown}"
    );
    assert!(shown.contains("; 1 failed."), "{shown}");
    // Nothing else may be it.
    let output = world.open("restore a nobody --into new", Sealing::Password);
    ends(&output, 14);
    assert!(said(&output).contains("; 2 failed."), "{}", said(&output));
}
