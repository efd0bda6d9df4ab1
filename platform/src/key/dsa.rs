//! DSA keys (FIPS 186-4): the public half, y = g^x mod p, of a `PrivateKeyInfo` with `Dss-Parms`
//! (RFC 3279, 2.3.2) and the private number x.

use crypto_bigint::modular::{BoxedMontyForm, BoxedMontyParams};
use crypto_bigint::{BoxedUint, Odd};
use zeroize::Zeroizing;

use super::KeyError;
use crate::pkcs12::der::{self, INTEGER, SEQUENCE};
use crate::tlv::{self, Element};

/// Moduli that are worked with, in octets; OpenSSL's limit is 10,000 bits.
const MAX_MODULUS: usize = 1250;

/// The DER of `DSAPublicKey`, which is y.
pub(super) fn public_key(parameters: Option<Element<'_>>, key: &[u8]) -> Result<Vec<u8>, KeyError> {
    let malformed = |what| KeyError::Malformed(what);
    let numbers = parameters.and_then(|parameters| {
        let mut fields = parameters.tagged(SEQUENCE)?.inner();
        let mut number = || unsigned(fields.accept(INTEGER)?);
        Some((number()?, number()?, number()?))
    });
    let (p, q, g) = numbers.ok_or_else(|| malformed("its DSA parameters do not read"))?;
    let x = tlv::only(key, INTEGER).and_then(unsigned);
    let x = x.ok_or_else(|| malformed("it is not a DSA private key"))?;
    let below = |number: &[u8], limit: &[u8]| (number.len(), number) < (limit.len(), limit);
    if x.is_empty() || !below(x, q) || !below(q, p) || !below(g, p) || p.len() > MAX_MODULUS {
        return Err(malformed("its DSA numbers do not belong together"));
    }
    let p = BoxedUint::from_be_slice_vartime(p);
    let precision = p.bits_precision();
    let p = Option::<Odd<BoxedUint>>::from(Odd::new(p))
        .ok_or_else(|| malformed("its DSA modulus is no prime number"))?;
    let number = |digits: &[u8]| {
        BoxedUint::from_be_slice(digits, precision).map_err(|_| malformed("a number is too long"))
    };
    let params = BoxedMontyParams::new_vartime(p);
    let x = Zeroizing::new(number(x)?);
    let y = BoxedMontyForm::new(number(g)?, &params).pow(&x).retrieve();
    Ok(integer(&y.to_be_bytes()))
}

/// The digits of a number that is not negative, without zeros in front.
fn unsigned(integer: Element<'_>) -> Option<&[u8]> {
    let digits = integer.content;
    let zeros = digits.iter().take_while(|&&digit| digit == 0).count();
    let negative = digits.first()? & 0x80 != 0;
    (!negative).then_some(&digits[zeros..])
}

fn integer(digits: &[u8]) -> Vec<u8> {
    let zeros = digits.iter().take_while(|&&digit| digit == 0).count();
    let digits = &digits[zeros..];
    let sign = if digits.first().is_none_or(|digit| digit & 0x80 != 0) {
        &[0][..]
    } else {
        &[]
    };
    der::value(INTEGER, &[sign, digits])
}
