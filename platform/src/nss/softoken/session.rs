//! One session with one database: softoken is given the folder as it is initialized, so that a process
//! has one database at a time, and a lock here keeps the others waiting. Whatever happens, the session is
//! closed and softoken finalized.

use std::ffi::{CString, OsStr};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use certstow_formats::secret::Password;
use cryptoki::context::Pkcs11;
use cryptoki::error::{Error, Result as Answer, RvError};
use cryptoki::mechanism::Mechanism;
use cryptoki::object::{Attribute, AttributeType, ObjectHandle};
use cryptoki::session::UserType;
use cryptoki::types::AuthPin;
use zeroize::Zeroizing;

use super::super::ffi::Initialized;
use super::library::Library;
use super::refusal::{Failure, Refusal};

/// Held while softoken is initialized.
static INITIALIZED: Mutex<()> = Mutex::new(());

/// What a session with a database cannot begin with.
const NOT_OPENED: &str = "NSS does not open it";

/// Objects of a database that may be changed.
pub(super) struct Session(cryptoki::session::Session);

/// Runs this in a session with the database in a folder.
///
/// # Errors
/// What it gives, and besides:
/// - [`Failure::WriteProtected`], [`Failure::NeverInitialised`], [`Failure::PasswordNeeded`],
///   [`Failure::WrongPassword`]: as they say.
/// - [`Failure::Refused`]: softoken does not open the database.
pub(super) fn with<T>(
    library: &Library,
    folder: &Path,
    password: Option<&Password>,
    run: impl FnOnce(&Session) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let _alone = INITIALIZED.lock().unwrap_or_else(PoisonError::into_inner);
    let parameters = parameters(folder);
    let initialized = Initialized::new(library.module(), parameters)
        .map_err(Refusal::from)
        .map_err(Failure::refused(NOT_OPENED))?;
    let session = open(initialized.module(), password)?;
    run(&session)
}

fn open(module: &Pkcs11, password: Option<&Password>) -> Result<Session, Failure> {
    let not_opened = |error| Failure::refused(NOT_OPENED)(Refusal::from(error));
    let slots = module.get_slots_with_token().map_err(not_opened)?;
    // The first has no objects but computes; the other is the database.
    let Some(&slot) = slots.iter().max_by_key(|slot| slot.id()) else {
        return Err(Failure::NotPossible("NSS shows no database".to_owned()));
    };
    let token = module.get_token_info(slot).map_err(not_opened)?;
    if token.write_protected() {
        return Err(Failure::WriteProtected);
    }
    if !token.user_pin_initialized() {
        return Err(Failure::NeverInitialised);
    }
    let session = module.open_rw_session(slot).map_err(not_opened)?;
    if token.login_required() {
        let password = password.ok_or(Failure::PasswordNeeded)?;
        let pin = AuthPin::from(password.expose().to_owned());
        let login = session.login(UserType::User, Some(&pin));
        login.map_err(|error| match Refusal::from(error) {
            refusal if refusal.is_wrong_password() => Failure::WrongPassword,
            refusal => Failure::refused(NOT_OPENED)(refusal),
        })?;
    }
    Ok(Session(session))
}

/// The parameters of a database that may be changed (`sftkpars.c`).
fn parameters(folder: &Path) -> CString {
    let mut text = b"configdir='sql:".to_vec();
    for &byte in OsStr::as_encoded_bytes(folder.as_os_str()) {
        if matches!(byte, b'\'' | b'\\') {
            text.push(b'\\');
        }
        text.push(byte);
    }
    text.extend_from_slice(
        b"' certPrefix='' keyPrefix='' secmod='secmod.db' flags= updatedir='' updateCertPrefix='' \
          updateKeyPrefix='' updateid='' updateTokenDescription=''",
    );
    // No path that leads to a file has a NUL in it.
    CString::new(text).unwrap_or_default()
}

impl Session {
    /// The objects of the database that have all of these attributes.
    pub(super) fn find(&self, template: &[Attribute]) -> Result<Vec<ObjectHandle>, Refusal> {
        let of_database = [Attribute::Token(true)];
        let template = [&of_database, template].concat();
        answer(self.0.find_objects(&template))
    }

    /// The value of an attribute; `None` if the object has none.
    pub(super) fn value(
        &self,
        object: ObjectHandle,
        of: AttributeType,
    ) -> Result<Option<Attribute>, Refusal> {
        let found = answer(self.0.get_attributes(object, &[of]))?;
        Ok(found.into_iter().next())
    }

    /// Adds an object.
    pub(super) fn create(&self, template: &[Attribute]) -> Result<ObjectHandle, Refusal> {
        answer(self.0.create_object(template))
    }

    /// Gives attributes of an object other values.
    pub(super) fn update(
        &self,
        object: ObjectHandle,
        template: &[Attribute],
    ) -> Result<(), Refusal> {
        answer(self.0.update_attributes(object, template))
    }

    /// Removes an object of the database, and the signatures over it.
    pub(super) fn destroy(&self, object: ObjectHandle) -> Result<(), Refusal> {
        answer(self.0.destroy_object(object))?;
        // Its answer says nothing of the database.
        match self.is_there(object)? {
            true => Err(Refusal::NotDestroyed),
            false => Ok(()),
        }
    }

    fn is_there(&self, object: ObjectHandle) -> Result<bool, Refusal> {
        match self.0.get_attributes(object, &[AttributeType::Class]) {
            Ok(class) => Ok(!class.is_empty()),
            // A class that is NSS's own.
            Err(Error::NotSupported) => Ok(true),
            Err(Error::Pkcs11(RvError::ObjectHandleInvalid, _)) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Forgets an object of the session.
    pub(super) fn forget(&self, object: ObjectHandle) -> Result<(), Refusal> {
        answer(self.0.destroy_object(object))
    }

    /// A key for this session alone.
    pub(super) fn generate(
        &self,
        mechanism: &Mechanism<'_>,
        template: &[Attribute],
    ) -> Result<ObjectHandle, Refusal> {
        answer(self.0.generate_key(mechanism, template))
    }

    /// Encrypts.
    pub(super) fn encrypt(
        &self,
        mechanism: &Mechanism<'_>,
        key: ObjectHandle,
        data: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, Refusal> {
        answer(self.0.encrypt(mechanism, key, data)).map(Zeroizing::new)
    }

    /// Adds the key that is encrypted in `wrapped`. One of the same type with the same `CKA_ID` is
    /// overwritten.
    pub(super) fn unwrap(
        &self,
        mechanism: &Mechanism<'_>,
        key: ObjectHandle,
        wrapped: &[u8],
        template: &[Attribute],
    ) -> Result<ObjectHandle, Refusal> {
        answer(self.0.unwrap_key(mechanism, key, wrapped, template))
    }
}

fn answer<T>(answer: Answer<T>) -> Result<T, Refusal> {
    answer.map_err(Refusal::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_quote_the_folder() {
        let told = |folder| parameters(Path::new(folder)).into_string().unwrap();
        assert!(told("it's").starts_with(r"configdir='sql:it\'s' certPrefix=''"));
        assert!(told(r"C:\Ada Example").starts_with(r"configdir='sql:C:\\Ada Example' "));
    }
}
