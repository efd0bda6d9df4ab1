//! Folders that somebody without the password tampered with: what `verify` and `restore` say of
//! each, and that nothing comes into the store but what was saved.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Output;

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::{ADA, GRACE, MANIFEST, World, ends, said};

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
        name: "a PEM file by the name of a PKCS#12 file",
        tamper: |world| drop(fs::copy(world.key_in_clear(), world.path("a/zz.p12")).unwrap()),
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
        tamper: |world| drop(fs::copy(world.key_in_clear(), world.ada()).unwrap()),
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

impl World {
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

    fn change_manifest(&self, file: &str, change: impl FnOnce(&mut Value)) {
        let path = self.path("a").join(MANIFEST);
        let mut manifest: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        let entries = manifest["entries"].as_array_mut().unwrap();
        let entry = entries.iter_mut().find(|entry| entry["file"] == file);
        change(entry.expect("the file is named"));
        fs::write(&path, serde_json::to_vec(&manifest).unwrap()).unwrap();
    }

    /// Has the manifest say of a file what the file is now.
    fn write_into_manifest(&self, file: &str) {
        let hash = |bytes: &[u8]| {
            let digits = Sha256::digest(bytes);
            digits
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect::<String>()
        };
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
fn restore_and_verify_account_for_every_identity() {
    let mut wrong = Vec::new();
    for sealing in [Sealing::Password, Sealing::Escrow] {
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
            check("verify", &world.run("backup verify a"), without, &[]);
            check("verify opened", &world.open("verify a", sealing), with, &[]);
            let output = world.open("restore a --into new", sealing);
            check("restore", &output, case.restore, case.says);
            let restored = world.restored();
            if restored != case.restored {
                wrong.push(format!("{} ({sealing:?}) restored {restored:?}", case.name));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}
