//! The scenarios. To add one: a function that says how it goes, and its name in the list of
//! [`tests!`](super).

use std::fs;
use std::process::Command;

use super::Fault;
use super::scene::Scene;

/// What is run in which world, and what is there when it is done. The world has a copy of the
/// sample store, `store`, and the variables `OLD` and `NEW` hold passwords.
pub(super) struct Scenario {
    /// Makes what else is there before. All of it is made private then.
    pub(super) prepare: fn(&Scene),
    /// The command, without the program.
    pub(super) words: &'static str,
    /// What a person types; `None` where there is nobody.
    pub(super) answers: Option<&'static str>,
    /// Whether the process may have more threads than one.
    pub(super) threads: bool,
    /// Once it is done, the files that hold the private key of an identity, and are not under the
    /// old password; or how their names begin.
    pub(super) done: &'static [(&'static str, &'static str)],
    /// Once it is done, the folders in which no file holds the private key of an identity.
    pub(super) gone: &'static [(&'static str, &'static str)],
    /// Files from before that may be removed, or lose their private key; those whose names begin
    /// with these.
    pub(super) may_go: &'static [&'static str],
    /// Identities of which no file need be left.
    pub(super) may_be_lost: &'static [&'static str],
    /// The folder of which "imported" and "restored" speak.
    pub(super) into: &'static str,
    /// Commands that have to succeed once it is done.
    pub(super) proofs: &'static [&'static str],
    /// The exit code of the same command where nothing is left to do.
    pub(super) when_done: i32,
    /// What something once went wrong at: the call, the file or folder that it is about, or a part
    /// of its name, and the fault.
    pub(super) once_wrong: &'static [(&'static str, &'static str, Fault)],
}

/// One that nothing is said of.
const USUAL: Scenario = Scenario {
    prepare: |_| {},
    words: "",
    answers: None,
    threads: false,
    done: &[],
    gone: &[],
    may_go: &[],
    may_be_lost: &[],
    into: "",
    proofs: &[],
    when_done: 0,
    once_wrong: &[],
};

const VERIFY: &str = "backup verify --password-env NEW a";

const IN_A: [(&str, &str); 3] = [
    ("a/ada-example--4602bb4c42b4c13c.p12", "Ada"),
    ("a/edith-example--7bc56a2d74bd0595.p12", "Edith"),
    ("a/grace-example--8653f160bb1bc818.p12", "Grace"),
];

pub(super) fn export_replaces_file() -> Scenario {
    Scenario {
        prepare: |scene| {
            scene.does("export Ada --store store --iterations 1 --password-env OLD -o ada.p12");
        },
        words: "export Ada --store store --iterations 1 --password-env NEW -o ada.p12 --force",
        done: &[("ada.p12", "Ada")],
        ..USUAL
    }
}

pub(super) fn export_with_copy() -> Scenario {
    Scenario {
        prepare: |scene| {
            fs::create_dir(scene.path("stick")).expect("a folder");
            scene.does(
                "export Ada --store store --iterations 1 --password-env OLD -o ada.p12 --copy-to stick",
            );
        },
        words: "export Ada --store store --iterations 1 --password-env NEW -o ada.p12 --copy-to stick \
                --force --log log",
        done: &[("ada.p12", "Ada"), ("stick/ada.p12", "Ada")],
        ..USUAL
    }
}

/// The private key goes from a file of its own, from one that it shares with its certificate, and
/// from a PKCS#12 file.
pub(super) fn export_deletes_key() -> Scenario {
    Scenario {
        prepare: |scene| {
            let parts = ["store/ada-example.pem", "store/ada-example.key.pem"];
            let parts = parts.map(|part| fs::read(scene.path(part)).expect("a sample"));
            fs::write(scene.path("store/both.pem"), parts.concat()).expect("written");
            scene.does(
                "export Ada --store store --iterations 1 --password-env OLD -o store/other.p12",
            );
        },
        words: "export Ada --store store --unlock-password-env OLD --iterations 1 --password-env NEW \
                -o ada.p12 --force --delete-key-after-verify",
        answers: Some("y\ryes\r"),
        // The thread that draws how the work gets on touches no file.
        threads: true,
        done: &[("ada.p12", "Ada")],
        gone: &[("store", "Ada")],
        may_go: &[
            "store/ada-example.key.pem",
            "store/both.pem",
            "store/other.p12",
        ],
        when_done: 12,
        once_wrong: &[("unlink", "store/other.p12", Fault::Killed)],
        ..USUAL
    }
}

pub(super) fn backup_first_run() -> Scenario {
    Scenario {
        words: "backup --store store --iterations 1 --password-env NEW --to a",
        done: &IN_A,
        proofs: &[VERIFY],
        ..USUAL
    }
}

/// The manifest stays as it is, and its change is recorded beside it.
pub(super) fn backup_adds_identity() -> Scenario {
    Scenario {
        prepare: |scene| {
            fs::rename(scene.path("store/grace-example.pem"), scene.path("aside"))
                .expect("renamed");
            scene.does("backup --store store --iterations 1 --password-env NEW --to a");
            fs::rename(scene.path("aside"), scene.path("store/grace-example.pem"))
                .expect("renamed");
            // As long as one of a hundred identities.
            let manifest = scene.path("a/certstow-manifest.json");
            let mut bytes = fs::read(&manifest).expect("a manifest");
            bytes.resize(bytes.len() + 70_000, b'\n');
            fs::write(manifest, bytes).expect("written");
        },
        words: "backup --store store --iterations 1 --password-env NEW --to a",
        done: &IN_A,
        proofs: &[VERIFY],
        once_wrong: &[("openat", "certstow-manifest.changes", Fault::Broken)],
        ..USUAL
    }
}

/// One file is missing and one damaged.
pub(super) fn backup_repairs_files() -> Scenario {
    Scenario {
        prepare: |scene| {
            scene.does("backup --store store --iterations 1 --password-env NEW --to a");
            fs::remove_file(scene.path(IN_A[0].0)).expect("removed");
            let damaged = scene.path(IN_A[2].0);
            let bytes = fs::read(&damaged).expect("a file");
            fs::write(&damaged, &bytes[..bytes.len() / 2]).expect("written");
        },
        words: "backup --store store --iterations 1 --password-env NEW --to a",
        done: &IN_A,
        proofs: &[VERIFY],
        once_wrong: &[("openat", "certstow-manifest.json", Fault::Broken)],
        ..USUAL
    }
}

pub(super) fn backup_rewrites_two_folders() -> Scenario {
    Scenario {
        prepare: |scene| {
            scene.does("backup --store store --iterations 1 --password-env OLD --to a --to b");
        },
        words: "backup --store store --iterations 1 --password-env NEW --to a --to b --rewrite",
        done: &[
            IN_A[0],
            IN_A[1],
            IN_A[2],
            ("b/ada-example--4602bb4c42b4c13c.p12", "Ada"),
            ("b/edith-example--7bc56a2d74bd0595.p12", "Edith"),
            ("b/grace-example--8653f160bb1bc818.p12", "Grace"),
        ],
        proofs: &["backup verify --password-env NEW a b"],
        ..USUAL
    }
}

/// The same as it usually runs. A fault comes to each thread at the n-th call that it makes.
pub(super) fn backup_with_threads() -> Scenario {
    Scenario {
        threads: true,
        ..backup_rewrites_two_folders()
    }
}

pub(super) fn backup_with_escrow() -> Scenario {
    Scenario {
        prepare: |scene| {
            let made = Command::new("openssl")
                .args("req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes".split(' '))
                .args("-keyout escrow.key -out escrow.pem -subj /CN=escrow -days 36500".split(' '))
                .current_dir(scene.world())
                .output();
            assert!(made.expect("openssl starts").status.success());
            scene.does("backup --store store --iterations 1 --escrow escrow.pem --to a");
        },
        words: "backup --store store --iterations 1 --escrow escrow.pem --to a --rewrite",
        done: &IN_A,
        proofs: &["backup verify --escrow-key escrow.key a"],
        ..USUAL
    }
}

/// Edith's certificate expired, and no store has her key any more.
pub(super) fn backup_with_retention() -> Scenario {
    Scenario {
        prepare: |scene| {
            scene.does("backup --store store --iterations 1 --password-env NEW --to a");
            fs::remove_file(scene.path("store/edith-example-2020.pem")).expect("removed");
        },
        words: "backup --store store --iterations 1 --password-env NEW --to a --prune-expired 90d",
        done: &[IN_A[0], IN_A[2]],
        gone: &[("a", "Edith")],
        may_go: &["a/edith-example"],
        may_be_lost: &["Edith"],
        proofs: &[VERIFY],
        once_wrong: &[
            ("unlink", "a/edith", Fault::Broken),
            ("openat", "certstow-manifest.json", Fault::Broken),
        ],
        ..USUAL
    }
}

pub(super) fn restore_into_new_store() -> Scenario {
    Scenario {
        prepare: |scene| {
            scene.does("backup --store store --iterations 1 --password-env NEW --to a");
        },
        words: "backup restore a --into new --password-env NEW",
        done: &[
            ("new/ada-example--4602bb4c42b4c13c.pem", "Ada"),
            ("new/edith-example--7bc56a2d74bd0595.pem", "Edith"),
            ("new/grace-example--8653f160bb1bc818.pem", "Grace"),
        ],
        into: "new",
        ..USUAL
    }
}

pub(super) fn import_into_new_store() -> Scenario {
    Scenario {
        prepare: |scene| {
            scene.does("export Ada --store store --iterations 1 --password-env NEW -o ada.p12");
        },
        words: "import ada.p12 --store above/new --password-env NEW",
        done: &[("above/new/ada-example--4602bb4c42b4c13c.pem", "Ada")],
        into: "above/new",
        // It is refused.
        when_done: 16,
        ..USUAL
    }
}

/// What is replaced lies in several files, one of which has the name of the new one. Where the
/// issuers in the store cannot be read, those in that file stay, and the new one has another name.
pub(super) fn import_replaces_identity() -> Scenario {
    Scenario {
        prepare: |scene| {
            scene.does("export Ada --store store --iterations 1 --password-env NEW -o ada.p12");
            scene.does("import ada.p12 --store other --password-env NEW");
            let name = "ada-example--4602bb4c42b4c13c.pem";
            let bytes = fs::read(scene.path("other").join(name)).expect("a file");
            // Told by that from the one that replaces it.
            let bytes = [b"from before\n", bytes.as_slice()].concat();
            fs::write(scene.path("store").join(name), bytes).expect("written");
            fs::remove_dir_all(scene.path("other")).expect("removed");
        },
        words: "import ada.p12 --store store --password-env NEW --force",
        done: &[("store/ada-example--4602bb4c42b4c13c", "Ada")],
        may_go: &[
            "store/ada-example.key.pem",
            "store/ada-example--4602bb4c42b4c13c",
        ],
        into: "store",
        ..USUAL
    }
}

/// The answer to a request for the key that Ada has; the request goes.
pub(super) fn install_joins_key() -> Scenario {
    Scenario {
        prepare: |scene| {
            scene.does("renew Ada --store store --same-key -o request.csr");
            for words in [
                "req -x509 -newkey rsa:2048 -noenc -subj /CN=CA -keyout ca.key -out ca.pem -days 30",
                "x509 -req -in request.csr -CA ca.pem -CAkey ca.key -days 30 -out answer.pem",
            ] {
                let mut openssl = Command::new("openssl");
                openssl.args(words.split(' ')).current_dir(scene.world());
                assert!(openssl.output().expect("openssl starts").status.success());
            }
            for file in ["ca.key", "ca.pem"] {
                fs::remove_file(scene.path(file)).expect("removed");
            }
        },
        words: "install answer.pem --store store",
        done: &[("store/ada-example.key.pem", "Ada")],
        // The request, which a later run lets be: it could be one for a renewal with the same key.
        may_go: &["store/ada-example.crt"],
        proofs: &["request list --store store"],
        ..USUAL
    }
}
