//! The one trait every certificate store implements, and the types it speaks in.
//!
//! A store lists entries (a certificate, and what is known of its private key) without opening
//! any key, hands over one private key as PKCS#8 when asked, and takes an identity in. It knows
//! nothing of PKCS#12 profiles, prompts, tables or exit codes. `testing::check_store_contract` holds every store
//! to what these docs say.

use std::path::PathBuf;

use certstow_formats::certificate::{Certificate, EntryId, Property};
use certstow_formats::secret::{Password, PrivateKey};
use certstow_formats::time::UnixTime;

pub use crate::ask::{
    Ask, AskedFor, Interaction, NonInteractive, OpenOptions, TriesLeft, Unlock, UnlockRequest,
    Unlocks,
};
use crate::error::StoreError;
pub use crate::key_state::{KeyState, NotExportable};
pub use crate::lone_key::{LoneKey, PublicHalf};
use crate::spec::StoreSpec;

/// A place that keeps certificates and private keys. It may be opened on one thread and used on
/// another.
pub trait Store: Send {
    /// What this store is. Cannot fail, cannot prompt.
    fn info(&self) -> StoreInfo;

    /// Every certificate of the store that is not known to be only an issuer, each once, in a
    /// stable order.
    ///
    /// Opens no key, shows no window, uses no network, changes nothing. An empty store gives an
    /// empty listing. A certificate or file that cannot be read becomes a [`Problem`] and the
    /// rest is listed.
    ///
    /// # Errors
    /// - [`StoreError::Unavailable`]: the store is not there, or cannot be reached.
    /// - [`StoreError::AccessDenied`]: the operating system refuses to open the store as a whole.
    fn list(&self) -> Result<Listing, StoreError>;

    /// CA certificates this store can offer for a certification path, in no particular order,
    /// trusted or not.
    ///
    /// # Errors
    /// As [`Store::list`].
    fn issuers(&self) -> Result<Vec<Certificate>, StoreError>;

    /// The private key of an entry, as unencrypted PKCS#8. Changes nothing in the store.
    ///
    /// The key's public half equals the certificate's whenever the store can tell; it is never
    /// somebody else's key and never empty.
    ///
    /// # Errors
    /// - [`StoreError::NotFound`]: no entry has this id (any more).
    /// - [`StoreError::KeyMissing`]: the entry has no private key.
    /// - [`StoreError::KeyContainerMissing`], [`StoreError::KeyProviderMissing`]: the entry has
    ///   one, and it is gone, or the software that keeps it.
    /// - [`StoreError::KeyMismatch`]: what is stored as its key is another's.
    /// - [`StoreError::KeyNotExportable`]: there is one, and it is not exportable; with the reason.
    /// - [`StoreError::KeyAccessDenied`]: the operating system refuses this account the key.
    /// - [`StoreError::KeyRefused`]: the operating system gives another reason.
    /// - [`StoreError::KeyUnreadableHere`]: it is exportable in another kind of logon session.
    /// - [`StoreError::InteractionRequired`]: a password would be needed and `ask` allows none.
    /// - [`StoreError::KeychainInteractionRequired`]: a keychain is locked, or asks for permission.
    /// - [`StoreError::ConfirmationRequired`]: the operating system would open a window and `ask`
    ///   allows none.
    /// - [`StoreError::WrongPassword`]: the password given does not open the key.
    /// - [`StoreError::KeyPassword`]: it opens the file, and the key in it is under another one.
    /// - [`StoreError::LoginRefused`]: a token takes no PIN, or is not to be given one.
    /// - [`StoreError::Cancelled`]: the person asked gave up.
    /// - [`StoreError::Damaged`]: what is stored as the key cannot be read.
    /// - [`StoreError::AccessDenied`], [`StoreError::Unavailable`]: as [`Store::list`].
    fn private_key(&self, id: &EntryId, ask: &mut dyn Ask) -> Result<PrivateKey, StoreError>;

    /// Says that many private keys are to be taken or put in, and in the end, that no more are. In
    /// between, a store may keep open what holds several keys, so that it is opened once and its
    /// password asked for once. Without it, nothing is kept from one private key to the next.
    fn keep_open(&self, _many: bool) {}

    /// This store, if it gives private keys to several threads at once. Each waits only for what it
    /// needs itself.
    fn shared(&self) -> Option<&(dyn Store + Sync)> {
        None
    }

    /// Puts an identity into the store: its certificate, its private key, and its issuers where
    /// this kind of store keeps issuers. Whatever the store held before stays, above all every
    /// private key: a new key gets a place of its own.
    ///
    /// The caller has made sure that the key is the certificate's. A certificate that is there
    /// without a private key gets its key. A store that takes nothing in refuses, as here.
    ///
    /// # Errors
    /// - [`StoreError::AlreadyThere`]: the store has the certificate with a private key, and
    ///   [`ImportOptions::existing`] says to refuse.
    /// - [`StoreError::NotImported`]: the store takes no identities, or not this one, or cannot do
    ///   what the options ask; or the operating system refused. Nothing was left behind.
    /// - [`StoreError::NotRemoved`]: what it is to replace lies where it cannot be taken out.
    ///   Nothing was left behind.
    /// - [`StoreError::HalfDone`]: it is in the store, and so is what it was to replace; or it was put in only
    ///   in part.
    /// - [`StoreError::InteractionRequired`], [`StoreError::KeychainInteractionRequired`],
    ///   [`StoreError::WrongPassword`], [`StoreError::LoginRefused`], [`StoreError::Cancelled`]: as
    ///   [`Store::private_key`].
    /// - [`StoreError::AccessDenied`], [`StoreError::Unavailable`]: as [`Store::list`].
    fn import(
        &mut self,
        _identity: &NewIdentity<'_>,
        _options: &ImportOptions<'_>,
        _ask: &mut dyn Ask,
    ) -> Result<EntryId, StoreError> {
        let reason = "certstow puts nothing into stores of this kind";
        let place = self.info().spec.to_string();
        Err(StoreError::not_imported(place, reason, None))
    }

    /// Puts several identities into the store, as [`Store::import`] does each; one result for each,
    /// in their order. One that fails stops none of the others, but for an error that concerns the
    /// whole store, and [`StoreError::Cancelled`]: with that, the results end early. `progress` is
    /// told whenever something was done.
    ///
    /// A folder makes their files on every core.
    fn import_several(
        &mut self,
        identities: &[NewIdentity<'_>],
        options: &ImportOptions<'_>,
        ask: &mut dyn Ask,
        progress: &mut dyn FnMut(),
    ) -> Vec<Result<EntryId, StoreError>> {
        let mut results = Vec::with_capacity(identities.len());
        for identity in identities {
            let result = self.import(identity, options, ask);
            let gave_up = matches!(result, Err(StoreError::Cancelled));
            results.push(result);
            progress();
            if gave_up {
                break;
            }
        }
        results
    }

    /// The private keys that belong to no certificate of the store, each once, in a stable order. Opens
    /// none of them, and changes nothing, as [`Store::list`].
    ///
    /// # Errors
    /// As [`Store::list`].
    fn keys(&self) -> Result<Vec<LoneKey>, StoreError> {
        Ok(Vec::new())
    }

    /// Puts a certificate beside the private key that the store has for it already, as one of
    /// [`Store::keys`] or as that of another certificate. The key stays where it is and as it is, also
    /// where it is not exportable, and so does every other certificate of it. Its public half has been
    /// compared with the certificate's before anything changes.
    ///
    /// The store's own issuers gain those of the certificate, as by [`Store::import`].
    ///
    /// # Errors
    /// - [`StoreError::AlreadyThere`]: the store has the certificate with its private key.
    /// - [`StoreError::KeyMissing`]: no private key of the store is the certificate's.
    /// - [`StoreError::NotImported`]: the store joins nothing, or not this; or the operating system
    ///   refused. Nothing was left behind.
    /// - [`StoreError::HalfDone`]: some of it is in the store, and then the operating system refused.
    /// - [`StoreError::InteractionRequired`], [`StoreError::KeychainInteractionRequired`],
    ///   [`StoreError::WrongPassword`], [`StoreError::LoginRefused`], [`StoreError::Cancelled`]: as
    ///   [`Store::private_key`].
    /// - [`StoreError::AccessDenied`], [`StoreError::Unavailable`]: as [`Store::list`].
    fn attach(
        &mut self,
        _certificate: &NewCertificate<'_>,
        _ask: &mut dyn Ask,
    ) -> Result<EntryId, StoreError> {
        let reason = "certstow joins no certificates with keys in stores of this kind";
        let place = self.info().spec.to_string();
        Err(StoreError::not_imported(place, reason, None))
    }

    /// Takes an entry's private key, or the entry as a whole, out of the store for good. Other
    /// entries keep theirs, also where they share the key. A store out of which nothing is taken
    /// refuses, as here. What comes back are warnings, in sentences: where the key still is, such as
    /// under a further name of its file.
    ///
    /// # Errors
    /// - [`StoreError::NotFound`]: no entry has this id (any more).
    /// - [`StoreError::KeyMissing`]: [`Removal::Key`] of an entry without a private key.
    /// - [`StoreError::NotRemoved`]: it lies where nothing can be taken out without harm to
    ///   something else, or the operating system refused. Nothing was taken out.
    /// - [`StoreError::HalfDone`]: some of it was taken out, and then the operating system refused.
    /// - [`StoreError::InteractionRequired`], [`StoreError::KeychainInteractionRequired`],
    ///   [`StoreError::WrongPassword`], [`StoreError::LoginRefused`], [`StoreError::Cancelled`]: as
    ///   [`Store::private_key`].
    /// - [`StoreError::AccessDenied`], [`StoreError::Unavailable`]: as [`Store::list`].
    fn remove(
        &mut self,
        _id: &EntryId,
        _what: Removal,
        _ask: &mut dyn Ask,
    ) -> Result<Vec<String>, StoreError> {
        let reason = "certstow takes nothing out of stores of this kind";
        let place = self.info().spec.to_string();
        Err(StoreError::not_removed(place, reason, None))
    }

    /// Records that the entry was saved at `when` and the copy verified, where stores
    /// of this kind have a place for that; elsewhere does nothing. [`Entry::backed_up`] tells it.
    ///
    /// # Errors
    /// - [`StoreError::NotFound`]: no entry has this id (any more).
    /// - [`StoreError::AccessDenied`], [`StoreError::Unavailable`]: as [`Store::list`].
    fn mark_backed_up(&mut self, _id: &EntryId, _when: UnixTime) -> Result<(), StoreError> {
        Ok(())
    }

    /// Records that another certificate of the store is in the entry's place, where stores of this kind have
    /// a place for that (`CERT_RENEWAL_PROP_ID`); elsewhere does nothing.
    ///
    /// # Errors
    /// As [`Store::mark_backed_up`].
    fn mark_renewed(&mut self, _id: &EntryId, _by: &Certificate) -> Result<(), StoreError> {
        Ok(())
    }
}

/// An identity on its way into a store.
pub struct NewIdentity<'a> {
    /// The certificate.
    pub certificate: &'a Certificate,
    /// Its private key.
    pub key: &'a PrivateKey,
    /// The certificates of its path above it, in order, the root too if it is known.
    pub issuers: &'a [Certificate],
    /// The friendly name.
    pub label: Option<&'a str>,
    /// The name of the CSP or KSP that held the private key on Windows.
    pub provider: Option<&'a str>,
    /// Certificate properties to be kept beside the certificate, where a store keeps such.
    pub properties: &'a [Property],
}

impl<'a> NewIdentity<'a> {
    /// A certificate and its private key, with nothing beside them.
    pub fn new(certificate: &'a Certificate, key: &'a PrivateKey) -> Self {
        Self {
            certificate,
            key,
            issuers: &[],
            label: None,
            provider: None,
            properties: &[],
        }
    }
}

/// A certificate on its way to a private key that a store has already.
#[derive(Debug, Clone, Copy)]
pub struct NewCertificate<'a> {
    /// The certificate.
    pub certificate: &'a Certificate,
    /// The certificates of its path above it, in order, the root too if it is known.
    pub issuers: &'a [Certificate],
    /// The friendly name.
    pub label: Option<&'a str>,
}

/// How a store takes an identity in.
#[derive(Debug, Clone, Copy)]
pub struct ImportOptions<'a> {
    /// Whether the store may give the private key out again.
    pub exportable: bool,
    /// What to do when the store has the certificate with a private key already.
    pub existing: ExistingEntry,
    /// What the private key is encrypted with where it is kept as a file. Stores that protect keys
    /// by themselves do not use it.
    pub password: Option<&'a Password>,
}

impl Default for ImportOptions<'_> {
    /// Exportable, never in the place of what is there, and without a password.
    fn default() -> Self {
        Self {
            exportable: true,
            existing: ExistingEntry::default(),
            password: None,
        }
    }
}

/// What to do when an identity is in the store already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ExistingEntry {
    /// Refuse.
    #[default]
    Keep,
    /// Put the new one in its place. The old key goes only after the new one is there.
    Replace,
}

/// What is taken out of a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Removal {
    /// The private key; the certificate stays.
    Key,
    /// The certificate and its private key, if it has one. Issuers stay.
    Entry,
}

/// What a store is and can do, whether or not it can be opened on this machine. Code that has to
/// know asks here, and never by the kind of [`StoreSpec`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreInfo {
    /// The name that opens this store again.
    pub spec: StoreSpec,
    /// What it is, in a few words, for a person.
    pub description: String,
    /// The folder or file that is the store, if it is one that may hold other files, too.
    pub path: Option<PathBuf>,
    /// What protects its private keys.
    pub key_protection: KeyProtection,
    /// Whether [`Store::mark_backed_up`] is recorded and shown by [`Entry::backed_up`].
    pub records_copies: bool,
    /// Whether it is the place for requests alone, and issued certificates go into another store: `REQUEST` of
    /// Windows, beside `My`.
    pub is_for_requests: bool,
    /// The program whose store it is, where that is known.
    pub application: Option<Application>,
}

/// The program whose store it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Application {
    /// Its name: "Firefox".
    pub name: String,
    /// The name of its profile, where it has several.
    pub profile: Option<String>,
}

impl StoreInfo {
    /// What a person calls it: whose it is ("Firefox profile work") where that is known, since the names
    /// of such folders say nothing, or else the store's name.
    pub fn called(&self) -> String {
        match &self.application {
            Some(_) => self.description.clone(),
            None => self.spec.to_string(),
        }
    }

    /// The store's name, and after it whose it is, where that is known.
    pub fn name_and_owner(&self) -> String {
        match &self.application {
            Some(_) => format!("{} ({})", self.spec, self.description),
            None => self.spec.to_string(),
        }
    }

    /// Whether what [`Store::issuers`] gives lies in the store itself, and in no other.
    pub fn has_own_issuers(&self) -> bool {
        self.path.is_some() || matches!(self.spec, StoreSpec::Nss(_))
    }

    /// What every store of this name is and can do.
    pub fn new(spec: StoreSpec) -> Self {
        let (description, path, key_protection, records_copies) = match &spec {
            StoreSpec::File(path) => (
                "folder of certificate files",
                Some(path.clone()),
                KeyProtection::Password,
                false,
            ),
            StoreSpec::Windows(store) => (store.description(), None, KeyProtection::System, true),
            StoreSpec::Keychain(keychain) => {
                (keychain.description(), None, KeyProtection::System, false)
            }
            StoreSpec::Dotnet(_) => (".NET user store", None, KeyProtection::NullPassword, false),
            StoreSpec::Nss(database) => (
                database.description(),
                None,
                KeyProtection::PrimaryPassword,
                false,
            ),
            StoreSpec::Pkcs11(_) => ("PKCS#11 token", None, KeyProtection::Token, false),
        };
        Self {
            description: description.to_owned(),
            path,
            key_protection,
            records_copies,
            is_for_requests: matches!(&spec, StoreSpec::Windows(store) if store.is_for_requests()),
            application: None,
            spec,
        }
    }
}

/// What protects the private keys of a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyProtection {
    /// The operating system, which can also be told never to export a key.
    System,
    /// A password ([`ImportOptions::password`]); without one, only the permissions of the files.
    Password,
    /// The null password of .NET: only the permissions of the files.
    NullPassword,
    /// The primary password of an NSS database, which gives every key out again.
    PrimaryPassword,
    /// The PIN of a token, which can also be told never to export a key.
    Token,
}

impl KeyProtection {
    /// Whether a key can be imported so that it cannot be exported again.
    pub fn can_forbid_export(self) -> bool {
        match self {
            Self::System | Self::Token => true,
            Self::Password | Self::NullPassword | Self::PrimaryPassword => false,
        }
    }

    /// Whether a password opens what is in the store.
    pub fn is_opened_by_password(self) -> bool {
        match self {
            Self::Password | Self::PrimaryPassword | Self::Token => true,
            Self::System | Self::NullPassword => false,
        }
    }

    /// Whether a password protects keys that are imported.
    pub fn takes_password(self) -> bool {
        match self {
            Self::Password => true,
            Self::System | Self::NullPassword | Self::PrimaryPassword | Self::Token => false,
        }
    }
}

/// What a store holds, as far as it could be read.
#[derive(Debug, Clone, Default)]
pub struct Listing {
    /// The entries, each certificate once.
    pub entries: Vec<Entry>,
    /// What could not be read.
    pub problems: Vec<Problem>,
    /// What holds private keys that nobody misses in a list of certificates, yet should know of: keys
    /// that belong to no certificate here, and files of other programs that certstow does not open.
    pub notices: Vec<Problem>,
}

/// A certificate in a store, and what is known about its private key.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The SHA-256 of the certificate's DER.
    pub id: EntryId,
    /// The certificate.
    pub certificate: Certificate,
    /// The friendly name kept in the store, if there is one.
    pub label: Option<String>,
    /// Whether the private key is there and exportable.
    pub key: KeyState,
    /// The name of the CSP or KSP that holds the private key, as Windows names it; `None`
    /// elsewhere. A PKCS#12 file may remember it. (What else holds keys is told by the places.)
    pub provider: Option<String>,
    /// The name of the key container in which that provider keeps the private key.
    pub container: Option<String>,
    /// Whether the store keeps the certificate for the sake of old documents only
    /// (`CERT_ARCHIVED_PROP_ID`), so that it is not offered for new ones.
    pub archived: bool,
    /// Whether it only stands beside a private key until a CA answers a request
    /// ([`Certificate::is_pending`], or the store is Windows' `REQUEST`).
    pub pending: bool,
    /// When the store was last told that a copy was saved and verified: by certstow
    /// or another program, on this machine (`CERT_BACKED_UP_PROP_ID`).
    pub backed_up: Option<UnixTime>,
    /// Where in the store the certificate lies: file paths, `Cert:` paths. The first is the one
    /// used; the others hold the same certificate again.
    pub places: Vec<String>,
    /// Certificate properties kept beside the certificate, by Windows' property number
    /// (`CERT_*_PROP_ID` of wincrypt.h), in ascending order; not the friendly name.
    pub properties: Vec<Property>,
}

impl Entry {
    /// What a person calls it: its friendly name, else what [`ParsedCertificate::label`] takes from
    /// the certificate.
    ///
    /// [`ParsedCertificate::label`]: certstow_formats::certificate::ParsedCertificate::label
    pub fn display_label(&self) -> String {
        let own = self.label.clone();
        own.filter(|text| !text.trim().is_empty())
            .unwrap_or_else(|| self.certificate.parse().label())
    }

    /// Where it lies, for a person: its first place, or its label where the store has none.
    pub fn place(&self) -> String {
        match self.places.first() {
            Some(place) => place.clone(),
            None => self.display_label(),
        }
    }
}

/// Something in a store that cannot be used as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Of which kind.
    pub kind: ProblemKind,
    /// The file, object or certificate it is about.
    pub place: String,
    /// What is wrong with it, and what to do where that is known.
    pub message: String,
}

/// What kind of [`Problem`] it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProblemKind {
    /// It cannot be read, is damaged, or has a form that is not read.
    Unreadable,
    /// A password shows what it holds, and none was given.
    Locked,
    /// It is behind a password that none of the given ones is.
    WrongPassword,
    /// It is open, and a private key in it is under another password.
    KeyPassword,
    /// It takes more work than a listing affords to see whether a password opens it.
    Untried,
    /// A private key of no certificate here.
    KeyAlone,
    /// An encrypted private key that goes to no certificate here as long as it is not opened.
    LockedKeyAlone,
    /// Private keys in a form that certstow does not open.
    Foreign,
    /// An empty file where a certificate or key is promised.
    Empty,
}
