//! `AlgorithmIdentifier` (RFC 5280, 4.1.1.2) as CMS uses it.

use const_oid::ObjectIdentifier;

use crate::ber::Value;
use crate::der::{OBJECT_IDENTIFIER, SEQUENCE};

/// An algorithm and its parameters.
#[derive(Clone, Copy)]
pub(super) struct Algorithm<'a> {
    pub(super) oid: ObjectIdentifier,
    pub(super) parameters: Option<Value<'a>>,
}

impl<'a> Algorithm<'a> {
    /// Reads an `AlgorithmIdentifier`; `None` if the value is none.
    pub(super) fn read(value: Value<'a>) -> Option<Self> {
        let mut fields = value.tagged(SEQUENCE)?.inside();
        let oid = fields.accept(OBJECT_IDENTIFIER)?.oid().known()?;
        let parameters = fields.next();
        fields.end().ok()?;
        Some(Self { oid, parameters })
    }
}
