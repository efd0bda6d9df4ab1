//! DSA keys (FIPS 186-4): the public half, y = g^x mod p, of a `PrivateKeyInfo` with `Dss-Parms`
//! (RFC 3279, 2.3.2) and the private number x.

use crypto_bigint::modular::{BoxedMontyForm, BoxedMontyParams};
use crypto_bigint::{BoxedUint, Odd};
use zeroize::Zeroizing;

use super::error::KeyError;
use super::oid::DSA;
use super::structure::pkcs8;
use crate::ber::{self, Value};
use crate::der::{self, INTEGER, SEQUENCE};
use crate::secret::PrivateKey;

/// The largest modulus p, in octets; OpenSSL's limit is 10,000 bits.
const MAX_MODULUS: usize = 1250;

/// The largest order q, in octets: FIPS 186-4 ends at 256 bits. The work grows with its length times
/// the square of the modulus's.
const MAX_ORDER: usize = 32;

/// The DER of `DSAPublicKey`, which is y; `None` for numbers too large to compute with.
pub(super) fn public_key(
    parameters: Option<Value<'_>>,
    key: &[u8],
) -> Result<Option<Vec<u8>>, KeyError> {
    let malformed = |what| KeyError::Malformed(what);
    let numbers = parameters.and_then(|parameters| {
        let mut fields = parameters.tagged(SEQUENCE)?.inside();
        let mut number = || unsigned(fields.accept(INTEGER)?);
        Some((number()?, number()?, number()?))
    });
    let (p, q, g) = numbers.ok_or_else(|| malformed("it has no readable DSA parameters"))?;
    let x = ber::only(key, INTEGER).and_then(unsigned);
    let x = x.ok_or_else(|| malformed("it is not a DSA private key"))?;
    let below = |number: &[u8], limit: &[u8]| (number.len(), number) < (limit.len(), limit);
    if x.is_empty() || !below(x, q) || !below(q, p) || !below(g, p) {
        return Err(malformed("its DSA numbers do not belong together"));
    }
    if p.len() > MAX_MODULUS || q.len() > MAX_ORDER {
        return Ok(None);
    }
    let exponent_bits = q.len() as u32 * 8;
    let p = BoxedUint::from_be_slice_vartime(p);
    let precision = p.bits_precision();
    let p = Option::<Odd<BoxedUint>>::from(Odd::new(p))
        .ok_or_else(|| malformed("its DSA modulus is not a prime number"))?;
    let number = |digits: &[u8]| {
        BoxedUint::from_be_slice(digits, precision).map_err(|_| malformed("a number is too long"))
    };
    let params = BoxedMontyParams::new_vartime(p);
    let x = Zeroizing::new(number(x)?);
    let g = BoxedMontyForm::new(number(g)?, &params);
    let y = g.pow_bounded_exp(&x, exponent_bits).retrieve();
    Ok(Some(der::integer(&y.to_be_bytes())))
}

/// OpenSSL's `DSAPrivateKey` as PKCS#8.
pub(super) fn from_openssl(key: &[u8]) -> Result<PrivateKey, KeyError> {
    let read = || {
        let mut fields = ber::only(key, SEQUENCE)?.inside();
        let mut number = || Some(fields.accept(INTEGER)?.raw);
        let [_, p, q, g, _, x] = [(); 6].map(|()| number());
        Some((p?, q?, g?, x?))
    };
    let (p, q, g, x) = read().ok_or(KeyError::Malformed("it is not a DSAPrivateKey"))?;
    let parameters = der::sequence(&[p, q, g]);
    Ok(pkcs8(&der::sequence(&[&der::oid(&DSA), &parameters]), x))
}

/// The octets of a number that is not negative, without leading zeros.
fn unsigned(integer: Value<'_>) -> Option<&[u8]> {
    let negative = integer.content.first()? & 0x80 != 0;
    (!negative).then(|| der::without_leading_zeros(integer.content))
}

#[cfg(test)]
mod tests {
    use super::super::{KeyError, oid, public_key_of, structure};
    use super::*;

    #[test]
    fn public_key_of_refuses_oversized_dsa_numbers() {
        for (modulus, order, is_computed) in [(256, 32, true), (256, 33, false), (1251, 32, false)]
        {
            let number = |first, octets| {
                let mut number = vec![first; octets];
                number[octets - 1] = 1;
                der::value(INTEGER, &[&number])
            };
            let parameters = [
                number(0x7f, modulus),
                number(0x7e, order),
                number(0x7d, order),
            ];
            let parameters = der::sequence(&parameters.each_ref().map(Vec::as_slice));
            let algorithm = der::sequence(&[&der::oid(&oid::DSA), &parameters]);
            let key = structure::pkcs8(&algorithm, &number(0x55, order));
            match public_key_of(&key) {
                Ok(_) => assert!(is_computed, "{modulus} {order}"),
                Err(KeyError::UnknownAlgorithm(unknown)) => {
                    assert_eq!(unknown.name, "DSA");
                    assert!(!is_computed, "{modulus} {order}");
                }
                Err(error) => panic!("{error}"),
            }
        }
    }
}
