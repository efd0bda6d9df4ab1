//! Writes one identity as a PKCS#12 file (RFC 7292, section 4): a `PFX` whose
//! `AuthenticatedSafe` is two `ContentInfo`s, the encrypted certificates, leaf first, and the
//! private key in one shrouded key bag. It is the shape every reader expects, and the bytes are
//! DER throughout, which Go's readers insist on.

use const_oid::ObjectIdentifier;
use zeroize::Zeroizing;

use super::attributes::Attributes;
use super::profile::{Iterations, Profile, Protection};
use crate::certificate::Certificate;
use crate::der::{self, EXPLICIT_0, IMPLICIT_0, OCTET_STRING, SET};
use crate::pkcs12::encrypted_key::encrypted_private_key;
use crate::pkcs12::kdf::PasswordForm;
use crate::pkcs12::oid;
use crate::pkcs12::pbe::Scheme;
use crate::secret::{Password, PrivateKey};
use crate::threads;

/// `INTEGER` 0 and 3: the versions of `EncryptedData` (RFC 5652, 8) and `PFX`.
const VERSION_0: [u8; 3] = [2, 1, 0];
const VERSION_3: [u8; 3] = [2, 1, 3];

/// Ties the key to the leaf. Any value does, as there is one key; this is the one Windows writes.
pub(super) const LOCAL_KEY_ID_VALUE: [u8; 4] = [1, 0, 0, 0];

/// What goes into a file.
#[derive(Debug, Clone, Copy)]
pub struct Content<'a> {
    /// The private key.
    pub key: &'a PrivateKey,
    /// The certificate the key belongs to.
    pub leaf: &'a Certificate,
    /// The rest of the path, from the leaf's issuer upwards.
    pub issuers: &'a [Certificate],
    /// What key bag and leaf bag carry beside the local key ID.
    pub attributes: &'a Attributes,
}

/// The DER of a PKCS#12 file. Takes as long as its slowest key derivation, where there are cores
/// enough for all three.
///
/// # Errors
/// The operating system's, when it has no random bytes for salts to give.
pub fn encode(
    content: &Content<'_>,
    profile: Profile,
    iterations: Iterations,
    password: &Password,
) -> Result<Vec<u8>, getrandom::Error> {
    let protection = profile.protection(iterations)?;
    let password = PasswordForm::Text(password);
    Ok(protect(content, &protection, password))
}

/// The file with this protection.
fn protect(content: &Content<'_>, protection: &Protection, password: PasswordForm<'_>) -> Vec<u8> {
    let Protection {
        key: scheme, mac, ..
    } = protection;
    let certificates = Zeroizing::new(certificate_safe(content));
    let certificates = || encrypted_data(&protection.certificates, password, &certificates);
    let key = || scheme.encrypt(password, content.key.expose());
    let mac_key = || mac.derive_key(password);
    let (certificates, key, mac_key) = threads::three(&certificates, &key, mac_key);
    let key = encrypted_private_key(scheme, &key);
    let key_bag = safe_bag(
        &oid::SHROUDED_KEY_BAG,
        &key,
        key_attributes(content.attributes),
    );
    let authenticated_safe = der::sequence(&[
        &content_info(&oid::ENCRYPTED_DATA, &certificates),
        &data(&der::sequence(&[&key_bag])),
    ]);
    let value = mac.compute(&mac_key, &authenticated_safe);
    der::sequence(&[
        &VERSION_3,
        &data(&authenticated_safe),
        &mac.to_mac_data(&value),
    ])
}

/// The `SafeContents` with the certificates, in clear.
fn certificate_safe(content: &Content<'_>) -> Vec<u8> {
    let leaf = certificate_bag(content.leaf, leaf_attributes(content.attributes));
    let issuers = content
        .issuers
        .iter()
        .map(|issuer| certificate_bag(issuer, Vec::new()));
    let bags: Vec<Vec<u8>> = std::iter::once(leaf).chain(issuers).collect();
    let bags: Vec<&[u8]> = bags.iter().map(Vec::as_slice).collect();
    der::sequence(&bags)
}

fn certificate_bag(certificate: &Certificate, attributes: Vec<Vec<u8>>) -> Vec<u8> {
    let bag = der::sequence(&[
        &der::oid(&oid::X509_CERTIFICATE),
        &der::value(
            EXPLICIT_0,
            &[&der::value(OCTET_STRING, &[certificate.der()])],
        ),
    ]);
    safe_bag(&oid::CERTIFICATE_BAG, &bag, attributes)
}

/// `EncryptedData` (RFC 5652, section 8).
fn encrypted_data(scheme: &Scheme, password: PasswordForm<'_>, plaintext: &[u8]) -> Vec<u8> {
    let encrypted = scheme.encrypt(password, plaintext);
    let info = der::sequence(&[
        &der::oid(&oid::DATA),
        &scheme.to_der(),
        &der::value(IMPLICIT_0, &[&encrypted]),
    ]);
    der::sequence(&[&VERSION_0, &info])
}

/// A `ContentInfo` of type data.
fn data(content: &[u8]) -> Vec<u8> {
    content_info(&oid::DATA, &der::value(OCTET_STRING, &[content]))
}

fn content_info(content_type: &ObjectIdentifier, content: &[u8]) -> Vec<u8> {
    der::sequence(&[&der::oid(content_type), &der::value(EXPLICIT_0, &[content])])
}

fn safe_bag(bag_type: &ObjectIdentifier, bag: &[u8], attributes: Vec<Vec<u8>>) -> Vec<u8> {
    let bag_type = der::oid(bag_type);
    let bag = der::value(EXPLICIT_0, &[bag]);
    if attributes.is_empty() {
        der::sequence(&[&bag_type, &bag])
    } else {
        der::sequence(&[&bag_type, &bag, &der::set_of(attributes)])
    }
}

fn key_attributes(attributes: &Attributes) -> Vec<Vec<u8>> {
    let provider = attributes.provider_name.iter();
    let mut written = shared_attributes(attributes);
    written.extend(
        provider.map(|name| attribute(&der::oid(&oid::PROVIDER_NAME), &der::bmp_string(name))),
    );
    written
}

fn leaf_attributes(attributes: &Attributes) -> Vec<Vec<u8>> {
    let mut written = shared_attributes(attributes);
    written.extend(attributes.properties.iter().map(|property| {
        attribute(
            &der::oid_below(&oid::PROPERTY, property.id),
            &der::value(OCTET_STRING, &[&property.value]),
        )
    }));
    written
}

/// What key and leaf both carry. The friendly name is on both because Windows, NSS and GnuTLS
/// show the certificate's, and Java the key's.
fn shared_attributes(attributes: &Attributes) -> Vec<Vec<u8>> {
    let name = attributes.friendly_name.iter();
    let mut written = vec![attribute(
        &der::oid(&oid::LOCAL_KEY_ID),
        &der::value(OCTET_STRING, &[&LOCAL_KEY_ID_VALUE]),
    )];
    written
        .extend(name.map(|name| attribute(&der::oid(&oid::FRIENDLY_NAME), &der::bmp_string(name))));
    written
}

/// `PKCS12Attribute`, with one value.
fn attribute(name: &[u8], value: &[u8]) -> Vec<u8> {
    der::sequence(&[name, &der::value(SET, &[value])])
}

#[cfg(test)]
mod tests;
