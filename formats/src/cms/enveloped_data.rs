//! The structure of an `EnvelopedData` (RFC 5652, section 6): written with one recipient, and read
//! with any number of them.

use const_oid::ObjectIdentifier;

use super::algorithm::Algorithm;
use super::recipient_info::RecipientInfo;
use crate::ber;
use crate::der::{
    self, EXPLICIT_0, EXPLICIT_1, IMPLICIT_0, INTEGER, OBJECT_IDENTIFIER, OCTET_STRING, SEQUENCE,
    SET,
};
use crate::pkcs12::oid;
use crate::pkcs12::pbe::Cipher;

/// Larger messages hold more than a password for a few recipients.
pub(super) const MAX_BYTES: usize = 64 * 1024;

/// The ciphers of the content that are read; the first one is written.
const CIPHERS: [(ObjectIdentifier, Cipher); 3] = [
    (oid::AES256_CBC, Cipher::Aes256),
    (oid::AES192_CBC, Cipher::Aes192),
    (oid::AES128_CBC, Cipher::Aes128),
];

/// A message for the recipients in `infos`, each a `RecipientInfo`. `version` is that of
/// `EnvelopedData`, which depends on the recipients' kinds; `iv` and `content` are AES-256-CBC's.
pub(super) fn write(version: u8, infos: &[u8], iv: &[u8; 16], content: &[u8]) -> Vec<u8> {
    let encrypted = der::sequence(&[
        &der::oid(&oid::DATA),
        &der::sequence(&[
            &der::oid(&oid::AES256_CBC),
            &der::value(OCTET_STRING, &[iv]),
        ]),
        &der::value(IMPLICIT_0, &[content]),
    ]);
    let enveloped = der::sequence(&[
        &der::value(INTEGER, &[&[version]]),
        &der::value(SET, &[infos]),
        &encrypted,
    ]);
    der::sequence(&[
        &der::oid(&oid::ENVELOPED_DATA),
        &der::value(EXPLICIT_0, &[&enveloped]),
    ])
}

/// A message as read.
pub(super) struct EnvelopedData<'a> {
    pub(super) recipients: Vec<RecipientInfo<'a>>,
    /// How the content is encrypted.
    pub(super) cipher: Cipher,
    pub(super) iv: &'a [u8],
    /// The content, encrypted.
    pub(super) content: &'a [u8],
}

impl<'a> EnvelopedData<'a> {
    /// Reads a message, which must be DER with nothing behind it.
    ///
    /// # Errors
    /// Why it cannot be read, in words that follow "it cannot be opened: ".
    pub(super) fn read(bytes: &'a [u8]) -> Result<Self, String> {
        if bytes.len() > MAX_BYTES {
            return Err("it is too large for a sealed password".to_owned());
        }
        let (recipients, cipher, content) =
            fields(bytes).ok_or("it is no CMS EnvelopedData in DER")?;
        let known = CIPHERS.iter().find(|(oid, _)| *oid == cipher.oid);
        let Some(&(_, known)) = known else {
            return Err(format!("its content is encrypted with {}", cipher.oid));
        };
        let iv = cipher.parameters.and_then(|iv| iv.tagged(OCTET_STRING));
        let iv = iv.ok_or("its cipher has no initialization vector")?;
        Ok(Self {
            recipients,
            cipher: known,
            iv: iv.content,
            content,
        })
    }
}

/// The recipients of a message, how its content is encrypted, and the content.
fn fields(bytes: &[u8]) -> Option<(Vec<RecipientInfo<'_>>, Algorithm<'_>, &[u8])> {
    let info = ber::only(bytes, SEQUENCE).filter(|info| info.is_der_throughout())?;
    let mut info = info.inside();
    if info.accept(OBJECT_IDENTIFIER)?.content != oid::ENVELOPED_DATA.as_bytes() {
        return None;
    }
    let enveloped = info.accept(EXPLICIT_0)?.only()?.tagged(SEQUENCE)?;
    info.end().ok()?;

    let mut fields = enveloped.inside();
    fields.accept(INTEGER)?;
    // Neither the originator's certificates nor attributes are needed to open it.
    fields.accept(EXPLICIT_0);
    let infos = fields.accept(SET)?.inside();
    let mut encrypted = fields.accept(SEQUENCE)?.inside();
    fields.accept(EXPLICIT_1);
    fields.end().ok()?;

    let recipients: Vec<_> = infos.map(RecipientInfo::read).collect::<Option<_>>()?;
    let _content_type = encrypted.next()?;
    let cipher = Algorithm::read(encrypted.next()?)?;
    let content = encrypted.accept(IMPLICIT_0)?.content;
    encrypted.end().ok()?;
    Some((recipients.into_iter().flatten().collect(), cipher, content))
}
