//! Getting a private key out of a token that lets it: from its attributes, if it is not sensitive, else
//! wrapped (`C_WrapKey`) under an AES key of this session that is made here (`C_CreateObject`), or read
//! from the token that made it (`C_GenerateKey`), and unwrapped here. Tokens differ in what they can wrap
//! by and in what they mean by it, so several mechanisms are tried. Source: PKCS #11 Current Mechanisms
//! 3.0, 2.10 and 2.14, and what SoftHSM and NSS do.

use certstow_formats::key::{forms, octet_string, wrapped};
use certstow_formats::secret::{PrivateKey, wipe_stack};
use cryptoki::error::RvError;
use cryptoki::mechanism::{Mechanism, MechanismType};
use cryptoki::object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle};
use cryptoki::session::Session;
use cryptoki::types::Ulong;
use zeroize::Zeroizing;

use super::error::ModuleError;
use super::objects::{PrivateKeyObject, attributes};
use super::token::Token;

/// Why a key cannot be exported.
pub(super) enum Kept {
    /// The token was told to keep it.
    Policy(Option<ModuleError>),
    /// The token has no way to wrap it that certstow knows.
    NoMechanism(Option<ModuleError>),
    /// The module fails.
    Module(ModuleError),
    /// No random numbers are to be had here.
    Random(getrandom::Error),
}

/// The octets of the wrapping key.
const AES_256: usize = 32;

/// What a key is wrapped by, the most certain first.
const MECHANISMS: [MechanismType; 3] = [
    MechanismType::AES_CBC_PAD,
    MechanismType::AES_KEY_WRAP_PAD,
    MechanismType::AES_KEY_WRAP,
];

/// Whether there is any way to wrap keys on this token.
pub(super) fn is_possible(token: &Token) -> bool {
    MECHANISMS
        .iter()
        .any(|&mechanism| token.wraps_by(mechanism))
}

/// The private key as PKCS#8. Whose it is has to be seen by the caller.
pub(super) fn take_out(session: &Session, key: &PrivateKeyObject) -> Result<PrivateKey, Kept> {
    if !key.is_extractable {
        return Err(Kept::Policy(None));
    }
    if !key.is_sensitive {
        let read = from_attributes(session, key).map_err(Kept::Module)?;
        if let Some(read) = read {
            return Ok(read);
        }
    }
    let wrapping = WrappingKey::new(session)?;
    let unwrapped = wrapping.unwrap(key.handle);
    wipe_stack();
    unwrapped
}

/// An AES key in the session, and here.
struct WrappingKey<'s> {
    session: &'s Session,
    handle: ObjectHandle,
    octets: Zeroizing<[u8; AES_256]>,
}

impl Drop for WrappingKey<'_> {
    fn drop(&mut self) {
        // It goes with the session at the latest.
        let _ = self.session.destroy_object(self.handle);
    }
}

impl<'s> WrappingKey<'s> {
    fn new(session: &'s Session) -> Result<Self, Kept> {
        let mut octets = Zeroizing::new([0; AES_256]);
        getrandom::fill(octets.as_mut_slice()).map_err(Kept::Random)?;
        let value = Attribute::Value(octets.to_vec());
        let made = session.create_object(&Self::template([value, Attribute::Sensitive(false)]));
        if let Ok(handle) = made {
            return Ok(Self {
                session,
                handle,
                octets,
            });
        }
        // Some tokens take no key in the clear and show the one that they make.
        let length = Attribute::ValueLen(Ulong::new(32));
        let template = Self::template([length, Attribute::Sensitive(false)]);
        let handle = session.generate_key(&Mechanism::AesKeyGen, &template);
        let handle = handle.map_err(|error| Kept::NoMechanism(Some(error.into())))?;
        let mut key = Self {
            session,
            handle,
            octets,
        };
        let shown = attributes(session, handle, &[AttributeType::Value]).map_err(Kept::Module)?;
        for attribute in shown {
            if let Attribute::Value(value) = attribute {
                let value = Zeroizing::new(value);
                if value.len() == AES_256 {
                    key.octets.copy_from_slice(&value);
                    return Ok(key);
                }
            }
        }
        Err(Kept::NoMechanism(None))
    }

    fn template(two: [Attribute; 2]) -> Vec<Attribute> {
        let mut template = vec![
            Attribute::Class(ObjectClass::SECRET_KEY),
            Attribute::KeyType(KeyType::AES),
            Attribute::Token(false),
            Attribute::Extractable(true),
            Attribute::Encrypt(true),
            Attribute::Wrap(true),
        ];
        template.extend(two);
        template
    }

    /// The key, wrapped by the first mechanism that gives something that can be unwrapped.
    fn unwrap(&self, key: ObjectHandle) -> Result<PrivateKey, Kept> {
        let mut iv = [0; 16];
        getrandom::fill(&mut iv).map_err(Kept::Random)?;
        let mut last = None;
        for mechanism in MECHANISMS {
            let by = match mechanism {
                MechanismType::AES_CBC_PAD => Mechanism::AesCbcPad(iv),
                MechanismType::AES_KEY_WRAP_PAD => Mechanism::AesKeyWrapPad,
                _ => Mechanism::AesKeyWrap,
            };
            let wrapped = match self.session.wrap_key(&by, self.handle, key) {
                Ok(wrapped) => wrapped,
                Err(error) => {
                    let error = ModuleError::from(error);
                    match error.code() {
                        Some(RvError::KeyUnextractable) => {
                            return Err(Kept::Policy(Some(error)));
                        }
                        _ if error.is_of_old_session() => return Err(Kept::Module(error)),
                        // It asks for the PIN at each use.
                        Some(RvError::UserNotLoggedIn) => return Err(Kept::Module(error)),
                        _ => last = Some(error),
                    }
                    continue;
                }
            };
            let key = match mechanism {
                MechanismType::AES_CBC_PAD => wrapped::from_cbc_padded(&self.octets, &iv, &wrapped),
                _ => wrapped::from_key_wrap(&self.octets, &wrapped),
            };
            if let Some(key) = key {
                return Ok(key);
            }
        }
        Err(Kept::NoMechanism(last))
    }
}

/// The key from what its attributes say, if they say all of it.
fn from_attributes(
    session: &Session,
    key: &PrivateKeyObject,
) -> Result<Option<PrivateKey>, ModuleError> {
    use AttributeType::{
        Coefficient, EcParams, Exponent1, Exponent2, Modulus, Prime1, Prime2, PrivateExponent,
        PublicExponent, Value,
    };
    if key.kind == Some(KeyType::RSA) {
        let wanted = [
            Modulus,
            PublicExponent,
            PrivateExponent,
            Prime1,
            Prime2,
            Exponent1,
            Exponent2,
            Coefficient,
        ];
        let values = secrets(session, key.handle, &wanted)?;
        let values: Option<Vec<&[u8]>> = values
            .iter()
            .map(|value| value.as_ref().map(|value| value.as_slice()))
            .collect();
        let numbers = values.and_then(|values| <[&[u8]; 8]>::try_from(values).ok());
        return Ok(numbers.map(|numbers| forms::from_rsa_numbers(numbers, None)));
    }
    let values = secrets(session, key.handle, &[EcParams, Value])?;
    let [curve, Some(value)] = values.as_slice() else {
        return Ok(None);
    };
    match (key.kind, curve) {
        (Some(KeyType::EC), Some(curve)) => Ok(forms::from_scalar(curve, value, None).ok()),
        (Some(KeyType::EC_EDWARDS), _) => {
            let seed = octet_string(value).unwrap_or(value);
            Ok(seed.try_into().ok().map(forms::from_ed25519_seed))
        }
        _ => Ok(None),
    }
}

/// The values of these attributes, each if it is there and not empty.
fn secrets(
    session: &Session,
    object: ObjectHandle,
    wanted: &[AttributeType],
) -> Result<Vec<Option<Zeroizing<Vec<u8>>>>, ModuleError> {
    let mut values = Vec::with_capacity(wanted.len());
    for attribute in wanted {
        let read = attributes(session, object, &[*attribute])?;
        let value = read.into_iter().find_map(|attribute| match attribute {
            Attribute::Modulus(value)
            | Attribute::PublicExponent(value)
            | Attribute::PrivateExponent(value)
            | Attribute::Prime1(value)
            | Attribute::Prime2(value)
            | Attribute::Exponent1(value)
            | Attribute::Exponent2(value)
            | Attribute::Coefficient(value)
            | Attribute::EcParams(value)
            | Attribute::Value(value) => Some(Zeroizing::new(value)),
            _ => None,
        });
        values.push(value.filter(|value| !value.is_empty()));
    }
    Ok(values)
}
