//! What the user should know and is no error, as a value: a code for programs, and a text for people.

use std::fmt;

use certstow_formats::proof::{Level, Proof};
use serde::{Serialize, Serializer};

/// A warning. As JSON it is its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// What it is about.
    pub code: Code,
    /// The same as a sentence that names files and stores; not made safe for a terminal.
    pub text: String,
}

/// What a [`Warning`] is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Code {
    /// The profile of a PKCS#12 file is weak, or few programs read it.
    Profile,
    /// The iterations of key derivation are very few, or more than some programs accept.
    Iterations,
    /// The program that is to open the file is not known to.
    Target,
    /// The password is empty, or has characters that some programs cannot take.
    Password,
    /// How far the private key was proven, where no signature proves it.
    Proof(Level),
    /// Not everything in a file of a backup can be proven.
    NotAllProven,
    /// A store has the private key, and it was not used, since it does not come out or does not work.
    KeyNotUsed,
    /// The certificate, or an issuer on its path, is not valid yet, or has expired.
    OutsideValidity,
    /// The key or the signature of the certificate is too weak for today.
    Weak,
    /// Something in a certificate is not asked for again.
    NotAskedFor,
    /// A request that was answered is still in its store.
    RequestStays,
    /// Who sent a certificate sent its private key, too.
    KeyKnown,
    /// The certification path has no root.
    PathIncomplete,
    /// Issuers of a store, or the roots of the system, could not be read.
    IssuersUnreadable,
    /// Other accounts can read the file.
    NotPrivate,
    /// The file lies in memory and is gone after a restart.
    InMemory,
    /// It is not known whether the disk has the file.
    SyncUnknown,
    /// The disk did not confirm the name of the file.
    NotSynced,
    /// A store did not record that a copy was saved.
    NotMarked,
    /// That a copy was saved is not remembered, or what was remembered is damaged.
    NotNoted,
    /// The private key that was to be deleted is still there, or was deleted and is also elsewhere.
    KeyStays,
    /// Private keys in a folder are not encrypted.
    KeysInClear,
    /// The key usage of an escrow certificate does not allow that something is sealed to it.
    EscrowKeyUsage,
    /// The folder of a backup was made.
    FolderMade,
    /// The folder held a backup before, and one is begun there anew.
    BegunAnew,
    /// The file system cannot lock out other runs.
    NoLock,
    /// Which folders hold a backup cannot be remembered, or read.
    NotRemembered,
    /// The manifest is missing or damaged, and what is done without it.
    Manifest,
    /// Files of a backup are made otherwise than is asked for now, and stay so without
    /// [`Request::rewrite`](crate::backup::Request::rewrite).
    MadeOtherwise,
    /// A file of a backup cannot be removed.
    NotRemoved,
    /// A file of a backup is not as it was written.
    Damaged,
    /// Something in a backup is not in its manifest, and was taken, or cannot be read.
    Unnamed,
    /// Something in a backup is not in its manifest, and is left out for that, without
    /// [`Wanted::unnamed`](crate::backup::Wanted::unnamed).
    LeftOut,
    /// It cannot be told whether an identity of a backup is wanted.
    Undecided,
    /// Something in a file or store cannot be read.
    Unreadable,
}

impl Warning {
    /// A warning with this text.
    pub fn new(code: Code, text: impl Into<String>) -> Self {
        let text = text.into();
        Self { code, text }
    }

    /// The same, said of a file, folder or store.
    pub fn about(&self, place: impl fmt::Display) -> Self {
        Self::new(self.code, format!("{place}: {}", self.text))
    }

    /// What is to be known of how far a private key was proven, if there is anything.
    pub(crate) fn of_proof(proof: &Proof) -> Option<Self> {
        let text = proof.warning()?;
        Some(Self::new(Code::Proof(proof.level()), text))
    }

    /// The same, where only the level is known.
    pub(crate) fn of_level(level: Level) -> Option<Self> {
        let text = level.warning()?;
        Some(Self::new(Code::Proof(level), text))
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Serialize for Warning {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}
