//! SoftHSM's tokens, made and filled by the module itself in this process.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use certstow_formats::certificate::{Certificate, EntryId};
use certstow_formats::key::{self, forms};
use certstow_formats::secret::{Password, PrivateKey};
use certstow_platform::error::StoreError;
use certstow_platform::spec::{Module, Pkcs11Uri, StoreSpec};
use certstow_platform::store::{Entry, Store, Unlock};
use certstow_platform::testing::Sample;
use certstow_platform::{OpenOptions, open};
use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::object::{Attribute, AttributeType, CertificateType, KeyType, ObjectClass};
use cryptoki::session::{Session, UserType};
use cryptoki::slot::Slot;
use cryptoki::types::AuthPin;

/// The PIN of the tokens.
pub(crate) const PIN: &str = certstow_formats::testing::PASSWORD;

/// The PIN of their officer.
const OFFICER: &str = "officer";

/// The file of a module, where Debian or Fedora have it.
pub(crate) fn module(names: &[&str]) -> PathBuf {
    let found = names.iter().map(Path::new).find(|path| path.is_file());
    found
        .unwrap_or_else(|| panic!("none of {names:?} is there"))
        .to_owned()
}

pub(crate) fn softhsm() -> PathBuf {
    module(&[
        "/usr/lib/softhsm/libsofthsm2.so",
        "/usr/lib64/pkcs11/libsofthsm2.so",
        "/usr/lib64/softhsm/libsofthsm2.so",
    ])
}

/// The module, as tests use it beside certstow.
pub(crate) struct SoftHsm {
    functions: Pkcs11,
}

/// A token.
pub(crate) struct Token<'m> {
    hsm: &'m SoftHsm,
    slot: Slot,
    pub(crate) label: String,
    pub(crate) serial: String,
    pub(crate) pin: &'static str,
}

/// How a private key lies on a token.
#[derive(Clone, Copy)]
pub(crate) struct Kept {
    pub(crate) extractable: bool,
    pub(crate) sensitive: bool,
    /// Whether its public key is there, too.
    pub(crate) public: bool,
}

impl Kept {
    pub(crate) const USUAL: Self = Self {
        extractable: true,
        sensitive: true,
        public: true,
    };
}

impl SoftHsm {
    pub(crate) fn new() -> Self {
        Self::of(&softhsm())
    }

    /// Another module with SoftHSM behind it.
    pub(crate) fn of(module: &Path) -> Self {
        let functions = Pkcs11::new(module).unwrap();
        let flags = CInitializeFlags::OS_LOCKING_OK;
        functions.initialize(CInitializeArgs::new(flags)).unwrap();
        Self { functions }
    }

    /// A new token of this label.
    pub(crate) fn token(&self, label: &str) -> Token<'_> {
        self.token_with_pin(label, PIN)
    }

    pub(crate) fn token_with_pin(&self, label: &str, pin: &'static str) -> Token<'_> {
        let slots = self.functions.get_all_slots().unwrap();
        let mut slots = slots.into_iter();
        let free = |slot: &Slot| {
            let info = self.functions.get_token_info(*slot);
            info.is_ok_and(|info| !info.token_initialized())
        };
        let slot = slots.find(free).expect("a free slot");
        let officer = AuthPin::from(OFFICER.to_owned());
        self.functions.init_token(slot, &officer, label).unwrap();
        let session = self.functions.open_rw_session(slot).unwrap();
        session.login(UserType::So, Some(&officer)).unwrap();
        session.init_pin(&AuthPin::from(pin.to_owned())).unwrap();
        drop(session);
        let info = self.functions.get_token_info(slot).unwrap();
        Token {
            hsm: self,
            slot,
            label: label.to_owned(),
            serial: info.serial_number().trim().to_owned(),
            pin,
        }
    }
}

impl Token<'_> {
    /// A session, logged in by whoever was first.
    pub(crate) fn session(&self) -> Session {
        let session = self.hsm.functions.open_rw_session(self.slot).unwrap();
        let pin = AuthPin::from(self.pin.to_owned());
        let _ = session.login(UserType::User, Some(&pin));
        session
    }

    /// What is done in a session of its own, after which nobody is logged in.
    pub(crate) fn filled<T>(&self, fill: impl FnOnce(&Session) -> T) -> T {
        let session = self.session();
        let filled = fill(&session);
        session.logout().unwrap();
        filled
    }

    /// What the token's officer does, who alone may say what is trusted.
    pub(crate) fn as_officer(&self, fill: impl FnOnce(&Session)) {
        let session = self.hsm.functions.open_rw_session(self.slot).unwrap();
        let officer = AuthPin::from(OFFICER.to_owned());
        session.login(UserType::So, Some(&officer)).unwrap();
        fill(&session);
    }

    /// Gives the right PIN and leaves again, so that the token forgets wrong ones.
    pub(crate) fn log_in_and_out(&self) {
        self.filled(|_| ());
    }

    /// Gives a wrong PIN.
    pub(crate) fn mistype(&self) {
        let session = self.hsm.functions.open_rw_session(self.slot).unwrap();
        let wrong = AuthPin::from("mistaken".to_owned());
        session.login(UserType::User, Some(&wrong)).unwrap_err();
    }

    /// Puts samples in, each with its number as id.
    pub(crate) fn hold(&self, samples: &[Sample], kept: Kept) {
        self.filled(|session| {
            for &sample in samples {
                let id = [sample as u8 + 1];
                put_certificate(session, sample, &id);
                if let Some(private) = sample.key() {
                    let extractable = kept.extractable && sample != Sample::NotExportable;
                    let kept = Kept {
                        extractable,
                        ..kept
                    };
                    put_key(session, &private, &id, kept);
                }
            }
        });
    }

    /// Takes a sample's certificate out.
    pub(crate) fn withdraw(&self, sample: Sample) {
        let session = self.session();
        let value = Attribute::Value(sample.certificate().unwrap().der().to_vec());
        for object in session.find_objects(&[value]).unwrap() {
            session.destroy_object(object).unwrap();
        }
    }

    /// Every object, in a form that shows every change.
    pub(crate) fn objects(&self) -> String {
        let session = self.session();
        let wanted = [
            AttributeType::Class,
            AttributeType::Label,
            AttributeType::Id,
            AttributeType::Value,
            AttributeType::Modulus,
            AttributeType::EcPoint,
            AttributeType::Extractable,
        ];
        let objects = session.find_objects(&[Attribute::Token(true)]).unwrap();
        let objects = objects.into_iter().map(|object| {
            let attributes = session.get_attributes(object, &wanted).unwrap();
            // The handle is another after every logout.
            let digest = EntryId::of(format!("{attributes:?}").as_bytes());
            let short = attributes.iter().filter(|attribute| {
                use Attribute::{Class, Extractable, Id, Label};
                matches!(attribute, Class(_) | Label(_) | Id(_) | Extractable(_))
            });
            format!("{:?} {digest}", short.collect::<Vec<_>>())
        });
        let mut objects: Vec<String> = objects.collect();
        objects.sort();
        objects.join("\n")
    }

    pub(crate) fn has_low_count(&self) -> bool {
        let info = self.hsm.functions.get_token_info(self.slot).unwrap();
        info.user_pin_count_low()
    }

    /// The name of this one token.
    pub(crate) fn spec(&self) -> StoreSpec {
        self.spec_in(&softhsm())
    }

    pub(crate) fn spec_in(&self, module: &Path) -> StoreSpec {
        let module = Module::Path(module.to_owned());
        StoreSpec::Pkcs11(Pkcs11Uri {
            token: Some(self.label.clone()),
            serial: Some(self.serial.clone()),
            ..Pkcs11Uri::of_module(module)
        })
    }

    /// The store without a PIN.
    pub(crate) fn locked(&self) -> Box<dyn Store> {
        open(&self.spec(), &OpenOptions::default()).unwrap()
    }

    /// The store with its PIN.
    pub(crate) fn open(&self) -> Box<dyn Store> {
        open(&self.spec(), &with_pin(&self.spec(), self.pin)).unwrap()
    }
}

/// A PIN for one store.
pub(crate) fn with_pin(spec: &StoreSpec, pin: &str) -> OpenOptions {
    with_pin_from(spec, pin, "a file")
}

pub(crate) fn with_pin_from(spec: &StoreSpec, pin: &str, source: &str) -> OpenOptions {
    OpenOptions {
        unlock: vec![Unlock {
            password: Arc::new(Password::new(pin.to_owned())),
            store: Some(spec.clone()),
            source: Some(source.to_owned()),
        }],
    }
}

pub(crate) fn put_certificate(session: &Session, sample: Sample, id: &[u8]) {
    let label = format!("{sample:?}");
    match sample.certificate() {
        Some(certificate) => put_certificate_as(session, &certificate, &label, id, &[]),
        None => put_value(session, &[0x30, 3, 2, 1, 5], &label, id, &[]),
    }
}

pub(crate) fn put_certificate_as(
    session: &Session,
    certificate: &Certificate,
    label: &str,
    id: &[u8],
    more: &[Attribute],
) {
    put_value(session, certificate.der(), label, id, more);
}

pub(crate) fn put_value(
    session: &Session,
    value: &[u8],
    label: &str,
    id: &[u8],
    more: &[Attribute],
) {
    let mut template = vec![
        Attribute::Class(ObjectClass::CERTIFICATE),
        Attribute::CertificateType(CertificateType::X_509),
        Attribute::Token(true),
        Attribute::Private(false),
        Attribute::Label(label.as_bytes().to_vec()),
        Attribute::Id(id.to_vec()),
        Attribute::Subject(vec![0x30, 0]),
        Attribute::Value(value.to_vec()),
    ];
    template.retain(|old| {
        let same = |new: &Attribute| new.attribute_type() == old.attribute_type();
        !more.iter().any(same)
    });
    template.extend_from_slice(more);
    session.create_object(&template).unwrap();
}

pub(crate) fn put_key(session: &Session, private: &PrivateKey, id: &[u8], kept: Kept) {
    let (kind, private_part, public_part) = parts(private);
    let template = |class, more: &[Attribute], own: &[Attribute]| {
        let mut template = vec![
            Attribute::Class(class),
            Attribute::KeyType(kind),
            Attribute::Token(true),
            Attribute::Id(id.to_vec()),
        ];
        template.extend_from_slice(more);
        template.extend_from_slice(own);
        template
    };
    let secret = [
        Attribute::Private(true),
        Attribute::Sensitive(kept.sensitive),
        Attribute::Extractable(kept.extractable),
        Attribute::Sign(true),
    ];
    let secret = template(ObjectClass::PRIVATE_KEY, &secret, &private_part);
    session.create_object(&secret).unwrap();
    if kept.public {
        let shown = [Attribute::Private(false), Attribute::Verify(true)];
        let shown = template(ObjectClass::PUBLIC_KEY, &shown, &public_part);
        session.create_object(&shown).unwrap();
    }
}

/// A key as a token wants it.
fn parts(private: &PrivateKey) -> (KeyType, Vec<Attribute>, Vec<Attribute>) {
    let spki = key::public_key_of(private).unwrap();
    let point = || {
        let point = key::public_value(&spki).unwrap();
        Attribute::EcPoint(certstow_formats::der::value(4, &[&point]))
    };
    if let Some(seed) = forms::ed25519_seed(private) {
        let curve = Attribute::EcParams(vec![6, 3, 0x2b, 0x65, 0x70]);
        let secret = vec![curve.clone(), Attribute::Value(seed.to_vec())];
        return (KeyType::EC_EDWARDS, secret, vec![curve, point()]);
    }
    if let Some(scalar) = key::ec_scalar(private).unwrap() {
        let curve = Attribute::EcParams(key::curve_parameters(&spki).unwrap().to_vec());
        let secret = vec![curve.clone(), Attribute::Value(scalar.octets.to_vec())];
        return (KeyType::EC, secret, vec![curve, point()]);
    }
    let numbers = forms::rsa_numbers(private).unwrap().map(<[u8]>::to_vec);
    let [modulus, exponent, d, p, q, dp, dq, inverse] = numbers;
    let public = vec![
        Attribute::Modulus(modulus),
        Attribute::PublicExponent(exponent),
    ];
    let mut secret = public.clone();
    secret.extend([
        Attribute::PrivateExponent(d),
        Attribute::Prime1(p),
        Attribute::Prime2(q),
        Attribute::Exponent1(dp),
        Attribute::Exponent2(dq),
        Attribute::Coefficient(inverse),
    ]);
    (KeyType::RSA, secret, public)
}

/// A label that no other token of this process has.
pub(crate) fn fresh_label() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    format!("token {}", COUNT.fetch_add(1, Ordering::Relaxed))
}

/// The only entry of a store.
pub(crate) fn only(store: &dyn Store) -> Entry {
    let listing = store.list().unwrap();
    assert_eq!(listing.problems, []);
    let [entry] = <[Entry; 1]>::try_from(listing.entries).unwrap();
    entry
}

/// The entry of a sample.
pub(crate) fn entry_of(store: &dyn Store, sample: Sample) -> Entry {
    let id = sample.certificate().unwrap().id();
    let mut entries = store.list().unwrap().entries.into_iter();
    entries.find(|entry| entry.id == id).unwrap()
}

/// The error of opening a store.
pub(crate) fn refusal(spec: &StoreSpec) -> StoreError {
    match open(spec, &OpenOptions::default()) {
        Ok(_) => panic!("{spec} opens"),
        Err(error) => error,
    }
}
