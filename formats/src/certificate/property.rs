//! Certificate properties, which Windows keeps beside a certificate and writes into PKCS#12
//! (`CERT_*_PROP_ID` of wincrypt.h).

/// A certificate property of the Windows kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Property {
    /// `CERT_*_PROP_ID`.
    pub id: u32,
    /// The value as the store keeps it.
    pub value: Vec<u8>,
}

impl Property {
    /// Whether a property means something on the machine it comes from only: key handles, contexts
    /// and container names (`CERT_KEY_PROV_HANDLE_PROP_ID`, `..KEY_PROV_INFO..`,
    /// `..KEY_CONTEXT..`, `..KEY_SPEC..`, `..NCRYPT_KEY_HANDLE..`,
    /// `..HCRYPTPROV_OR_NCRYPT_KEY_HANDLE..`, `..NCRYPT_KEY_HANDLE_TRANSFER..`,
    /// `..HCRYPTPROV_TRANSFER..`, `..SERIALIZABLE_KEY_CONTEXT..`), the order to delete the key with
    /// the certificate (`..CLR_DELETE_KEY..`), and when it was backed up from here
    /// (`..BACKED_UP..`), which is of this machine, too.
    pub fn is_of_this_machine(id: u32) -> bool {
        matches!(id, 1 | 2 | 5 | 6 | 69 | 78 | 79 | 99 | 100 | 117 | 125)
    }
}
