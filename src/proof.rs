//! Proof that a private key works for a certificate: public half equal, and it signs a random challenge the certificate's key verifies.
use certstow_platform::{certificate::Certificate, secret::PrivateKey};
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proof { /// public half equal and challenge verified
    Signed, /// algorithm unknown to certstow: not provable
    NotProvable(String) }
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProofError { /// public halves differ
    Mismatch, /// signature does not verify, or key unusable
    Useless(String) }
pub fn prove(key: &PrivateKey, certificate: &Certificate) -> Result<Proof, ProofError> { todo!() }
