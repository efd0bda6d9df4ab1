//! Tokens of PKCS#11 modules as stores: SoftHSM, smart cards by OpenSC, whatever p11-kit knows. A module is
//! loaded when a store names it and never otherwise. Certificates are listed without a login; a key comes
//! out after one (`C_Login`), if it is in software and its token may give it (`C_WrapKey`). A key in
//! hardware never does, which is said at once, before any PIN. Source: PKCS #11 Base Specification 3.0.

mod access;
mod attach;
mod change;
mod configured;
mod contents;
mod error;
mod import;
mod login;
mod module;
mod new_key;
mod notes;
mod objects;
mod place;
mod remove;
mod token;
mod wrap;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use certstow_formats::certificate::{Certificate, EntryId};
use certstow_formats::key::{self, KeyError, forms};
use certstow_formats::secret::PrivateKey;
use cryptoki::session::Session;

use self::access::Access;
pub(crate) use self::configured::modules;
use self::contents::Contents;
use self::objects::{CertificateObject, Keys, PrivateKeyObject};
use self::token::{State, Token};
use self::wrap::Kept;
use crate::error::StoreError;
use crate::spec::{Pkcs11Uri, StoreSpec};
use crate::store::{
    Ask, Entry, ImportOptions, KeyState, Listing, LoneKey, NewCertificate, NewIdentity,
    NotExportable, OpenOptions, Problem, ProblemKind, Removal, Store, StoreInfo,
};

/// A token.
pub(crate) struct Pkcs11Store {
    uri: Pkcs11Uri,
    access: Access,
    cache: Mutex<Cache>,
}

/// What is kept of a token while many private keys are taken out of it: to read all of its objects for
/// each would take longer the more there are.
enum Cache {
    /// One key at a time is taken.
    Off,
    /// What is read next is kept.
    Empty,
    Filled(Arc<Contents>),
}

/// The names of the tokens that a name fits: itself if it is one, else one name for each.
///
/// # Errors
/// [`StoreError::Unavailable`]: there is none, or the module cannot be used.
pub(crate) fn each_of(uri: &Pkcs11Uri) -> Result<Vec<StoreSpec>, StoreError> {
    let tokens = tokens(uri)?;
    if tokens.len() == 1 {
        return Ok(vec![StoreSpec::Pkcs11(uri.clone())]);
    }
    let one = |token: Arc<Token>| {
        StoreSpec::Pkcs11(Pkcs11Uri {
            token: Some(token.name.label.clone()),
            serial: Some(token.name.serial.clone()),
            ..uri.clone()
        })
    };
    Ok(tokens.into_iter().map(one).collect())
}

/// The tokens that a name fits, at least one.
fn tokens(uri: &Pkcs11Uri) -> Result<Vec<Arc<Token>>, StoreError> {
    let spec = StoreSpec::Pkcs11(uri.clone());
    let module = module::load(&spec, &uri.module)?;
    let seen = Token::all(&module.functions).map_err(|error| {
        let reason = format!("its module does not tell its tokens: {error}");
        StoreError::unavailable(&spec, reason, Some(error.into()))
    })?;
    let any = !seen.is_empty();
    let mut known = module.tokens.lock().unwrap_or_else(PoisonError::into_inner);
    let mut fitting = Vec::new();
    for token in seen {
        if !token.fits(uri) {
            continue;
        }
        // One that was seen before has its session, and what came of its PIN.
        let token = match known.iter().find(|known| known.is_same(&token)) {
            Some(known) => Arc::clone(known),
            None => {
                let token = Arc::new(token);
                known.push(Arc::clone(&token));
                token
            }
        };
        fitting.push(token);
    }
    if fitting.iter().any(|token| !token.is_of_trust()) {
        fitting.retain(|token| !token.is_of_trust());
    }
    match (fitting.is_empty(), any) {
        (false, _) => Ok(fitting),
        (true, true) => {
            let reason = "none of the tokens that are there is the one that is named";
            Err(StoreError::unavailable(&spec, reason, None))
        }
        (true, false) => Err(StoreError::unavailable(&spec, "no token is there", None)),
    }
}

/// The one token that a name fits.
fn the_only_one(uri: &Pkcs11Uri) -> Result<Arc<Token>, StoreError> {
    let mut tokens = tokens(uri)?;
    match (tokens.pop(), tokens.is_empty()) {
        (Some(token), true) => Ok(token),
        (last, _) => {
            let all = tokens.iter().chain(&last);
            Err(StoreError::SeveralTokens {
                store: StoreSpec::Pkcs11(uri.clone()).to_string(),
                tokens: all.map(|token| token.name.to_string()).collect(),
            })
        }
    }
}

impl Pkcs11Store {
    /// Opens the one token that a name fits.
    ///
    /// # Errors
    /// [`StoreError::SeveralTokens`] also if a PIN was given for a name that fits several tokens, so that
    /// it would be given to each.
    pub(crate) fn open(uri: &Pkcs11Uri, options: &OpenOptions) -> Result<Self, StoreError> {
        let spec = StoreSpec::Pkcs11(uri.clone());
        let token = the_only_one(uri)?;
        for unlock in options.for_store(&spec) {
            if let Some(StoreSpec::Pkcs11(named)) = &unlock.store
                && named != uri
            {
                the_only_one(named)?;
            }
        }
        Ok(Self {
            uri: uri.clone(),
            access: Access::new(spec, token, options),
            cache: Mutex::new(Cache::Off),
        })
    }

    fn cache(&self) -> MutexGuard<'_, Cache> {
        // It is replaced as a whole.
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has the token read again, since it may have changed.
    fn forget(&self) {
        let mut cache = self.cache();
        if let Cache::Filled(_) = *cache {
            *cache = Cache::Empty;
        }
    }

    fn token(&self) -> &Token {
        &self.access.token
    }

    fn place(&self, object: &CertificateObject) -> String {
        place::of(&self.uri, self.token(), object)
    }

    /// Whether the name of the store means this certificate.
    fn is_meant(&self, object: &CertificateObject) -> bool {
        let object_fits = self
            .uri
            .object
            .as_ref()
            .is_none_or(|wanted| object.label.as_ref() == Some(wanted));
        object_fits
            && self
                .uri
                .id
                .as_ref()
                .is_none_or(|wanted| object.id == *wanted)
    }

    /// The certificate, or why it is none.
    fn read(&self, object: &CertificateObject) -> Result<Certificate, Problem> {
        let unreadable = |message: String| Problem {
            kind: ProblemKind::Unreadable,
            place: self.place(object),
            message,
        };
        if object.value.is_empty() {
            let message = "the token has no more of this certificate than where it can be had";
            return Err(unreadable(message.to_owned()));
        }
        Certificate::from_der(object.der()).map_err(|error| unreadable(error.to_string()))
    }

    /// What is known of a certificate's key; `keys` if the token shows them.
    fn key_state(
        &self,
        certificate: &Certificate,
        object: &CertificateObject,
        keys: Option<&Keys>,
    ) -> KeyState {
        let token = self.token();
        if token.is_hardware {
            return KeyState::NotExportable(NotExportable::Hardware(token.name.in_full()));
        }
        let Some(keys) = keys else {
            return KeyState::Locked(format!("the PIN of {}", token.name));
        };
        match keys.of(certificate.spki_der(), &object.id).first() {
            None => KeyState::Missing,
            Some(key) if !key.is_extractable => KeyState::NotExportable(NotExportable::Policy),
            Some(key) if key.is_sensitive && !wrap::is_possible(token) => {
                KeyState::NotExportable(no_mechanism())
            }
            // SoftHSM wraps no other kinds, and has no flag that says so.
            Some(key) if key.is_sensitive && !key.is_usual_kind() => KeyState::Unknown,
            Some(_) => KeyState::Exportable,
        }
    }

    /// The certificate of an entry, and its object.
    fn find<'o>(
        &self,
        objects: &'o [CertificateObject],
        id: &EntryId,
    ) -> Result<(Certificate, &'o CertificateObject), StoreError> {
        let mut meant = objects.iter().filter(|object| self.is_meant(object));
        let found = meant.find(|object| EntryId::of(object.der()) == *id);
        let read = found.and_then(|object| Some((self.read(object).ok()?, object)));
        read.ok_or_else(|| StoreError::not_found(&self.access.spec, id))
    }

    /// The private key of an entry of a token that is logged in, and holds this.
    fn key_from(
        &self,
        contents: &Contents,
        state: &mut State,
        id: &EntryId,
    ) -> Result<PrivateKey, StoreError> {
        let (certificate, object) = self.find(&contents.certificates, id)?;
        let own = contents.keys.of(certificate.spki_der(), &object.id);
        let session = self.access.session(state)?;
        self.own_key(session, &certificate, &self.place(object), &own)
    }

    /// A key of a certificate, proven to be its own.
    fn own_key(
        &self,
        session: &Session,
        certificate: &Certificate,
        place: &str,
        keys: &[&PrivateKeyObject],
    ) -> Result<PrivateKey, StoreError> {
        let spki = certificate.spki_der();
        let mut last = StoreError::key_missing(place);
        for key in keys {
            let taken = wrap::take_out(session, key);
            let private = match taken.map_err(|kept| self.kept(place, kept)) {
                Ok(private) => forms::with_rsa_algorithm_of(private, spki),
                Err(error) => {
                    last = error;
                    continue;
                }
            };
            match key::public_key_of(&private) {
                Ok(public) if key::same_public_key(&public, spki) => return Ok(private),
                Ok(_) => {
                    last = StoreError::KeyMismatch {
                        place: place.to_owned(),
                    };
                }
                // It may be a good key, of a kind whose public half is not computed here.
                Err(KeyError::UnknownAlgorithm(_)) => return Ok(private),
                Err(error) => {
                    last = StoreError::damaged(place, error.to_string(), Some(error.into()));
                }
            }
        }
        Err(last)
    }

    fn kept(&self, place: &str, kept: Kept) -> StoreError {
        let not_exportable =
            |reason, source: Option<error::ModuleError>| StoreError::KeyNotExportable {
                place: place.to_owned(),
                reason,
                source: source.map(Into::into),
            };
        match kept {
            Kept::Policy(source) => not_exportable(NotExportable::Policy, source),
            Kept::NoMechanism(source) => not_exportable(no_mechanism(), source),
            Kept::Module(error) => self.access.failed(error),
            Kept::Random(error) => {
                let reason = "the system gives no random numbers";
                StoreError::unavailable(&self.access.spec, reason, Some(error.into()))
            }
        }
    }
}

fn no_mechanism() -> NotExportable {
    let form = "a token that does not wrap this key in a way known here";
    NotExportable::UnsupportedForm(form.to_owned())
}

impl Store for Pkcs11Store {
    fn info(&self) -> StoreInfo {
        StoreInfo::new(self.access.spec.clone())
    }

    fn list(&self) -> Result<Listing, StoreError> {
        let mut state = self.access.token.lock();
        let (objects, problem) = self.access.for_listing(&mut state)?;
        let mut listing = Listing {
            problems: problem.into_iter().collect(),
            ..Listing::default()
        };
        let found = self.access.with(&mut state, objects::keys)?;
        // What shows before a login are public keys alone.
        let keys = Some(&found).filter(|_| self.access.shows_keys(&state));
        let mut listed: HashMap<EntryId, usize> = HashMap::new();
        for object in objects.iter().filter(|object| self.is_meant(object)) {
            let certificate = match self.read(object) {
                Ok(certificate) => certificate,
                Err(problem) => {
                    listing.problems.push(problem);
                    continue;
                }
            };
            if let Some(&at) = listed.get(&certificate.id()) {
                listing.entries[at].places.push(self.place(object));
                continue;
            }
            let key = self.key_state(&certificate, object, keys);
            let has_key = match keys {
                Some(_) => key != KeyState::Missing,
                None => found.public_of(certificate.spki_der()).next().is_some(),
            };
            if object.is_trusted || self.token().is_of_trust() || certificate.is_ca() && !has_key {
                continue;
            }
            listed.insert(certificate.id(), listing.entries.len());
            listing.entries.push(Entry {
                pending: certificate.is_pending(),
                id: certificate.id(),
                certificate,
                label: object.label.clone(),
                key,
                provider: None,
                container: None,
                archived: false,
                backed_up: None,
                places: vec![self.place(object)],
                properties: Vec::new(),
            });
        }
        Ok(listing)
    }

    fn issuers(&self) -> Result<Vec<Certificate>, StoreError> {
        let mut state = self.access.token.lock();
        let objects = self.access.with(&mut state, objects::certificates)?;
        let read = objects.iter().filter_map(|object| self.read(object).ok());
        Ok(read.filter(Certificate::is_ca).collect())
    }

    fn keep_open(&self, many: bool) {
        *self.cache() = match many {
            true => Cache::Empty,
            false => Cache::Off,
        };
    }

    fn private_key(&self, id: &EntryId, ask: &mut dyn Ask) -> Result<PrivateKey, StoreError> {
        let mut state = self.access.token.lock();
        let cached = match &*self.cache() {
            Cache::Filled(contents) => Some(Arc::clone(contents)),
            Cache::Empty | Cache::Off => None,
        };
        if let Some(contents) = cached
            && self.access.shows_keys(&state)
        {
            match self.key_from(&contents, &mut state, id) {
                // Its session may have ended meanwhile.
                Err(StoreError::Unavailable { .. } | StoreError::NotFound { .. }) => self.forget(),
                taken => return taken,
            }
        }
        let mut objects = self.access.with(&mut state, objects::certificates)?;
        // A token may show its certificates only after the login.
        let hides_them = objects.is_empty() && !self.access.shows_keys(&state);
        if hides_them && !self.token().is_hardware {
            self.access.login(&mut state, ask)?;
            objects = self.access.with(&mut state, objects::certificates)?;
        }
        let (_, object) = self.find(&objects, id)?;
        if self.token().is_hardware {
            return Err(StoreError::KeyNotExportable {
                place: self.place(object),
                reason: NotExportable::Hardware(self.token().name.in_full()),
                source: None,
            });
        }
        self.access.login(&mut state, ask)?;
        let contents = Arc::new(Contents {
            certificates: objects,
            keys: self.access.all_keys(&mut state)?,
        });
        let mut cache = self.cache();
        if let Cache::Empty = *cache {
            *cache = Cache::Filled(Arc::clone(&contents));
        }
        drop(cache);
        self.key_from(&contents, &mut state, id)
    }

    fn import(
        &mut self,
        identity: &NewIdentity<'_>,
        options: &ImportOptions<'_>,
        ask: &mut dyn Ask,
    ) -> Result<EntryId, StoreError> {
        self.forget();
        let token = Arc::clone(&self.access.token);
        let mut state = token.lock();
        import::import(&self.access, &mut state, identity, options, ask)
    }

    fn keys(&self) -> Result<Vec<LoneKey>, StoreError> {
        let mut state = self.access.token.lock();
        let certificates = self.access.with(&mut state, objects::certificates)?;
        let keys = self.access.with(&mut state, objects::keys)?;
        let token = self.token().name.to_string();
        Ok(attach::lone_keys(&certificates, &keys, &token))
    }

    fn attach(
        &mut self,
        certificate: &NewCertificate<'_>,
        ask: &mut dyn Ask,
    ) -> Result<EntryId, StoreError> {
        self.forget();
        let token = Arc::clone(&self.access.token);
        let mut state = token.lock();
        attach::attach(&self.access, &mut state, certificate, ask)
    }

    fn remove(
        &mut self,
        id: &EntryId,
        what: Removal,
        ask: &mut dyn Ask,
    ) -> Result<Vec<String>, StoreError> {
        self.forget();
        let token = Arc::clone(&self.access.token);
        let mut state = token.lock();
        remove::remove(&self.access, &mut state, id, what, ask)?;
        Ok(Vec::new())
    }
}
