//! Errors of reading.
/// Why a PKCS#12 file (or an encrypted PKCS#8 key) cannot be opened.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum DecodeError {
    /// It does not begin like a PKCS#12 file at all.
    NotPkcs12,
    /// It begins like one and breaks off or contradicts itself; the text says where.
    Damaged(String),
    /// The password is wrong (the MAC, or without one the padding, says so).
    WrongPassword,
    /// An algorithm certstow does not read; the text names it.
    Unsupported(String),
    /// It asks for more derivation work than the limits allow; nothing was derived.
    TooMuchWork { /// what the file asks for
        iterations: u64, /// what is allowed
        limit: u64 },
}
