//! The signatures of local tokens: HMAC-SHA256 of ring, which is in the tree for TLS, for `jsonwebtoken`, which brings none of its own.

use jsonwebtoken::crypto::{CryptoProvider, JwtSigner, JwtVerifier, KeyUtils};
use jsonwebtoken::errors::{Error, ErrorKind};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey};
use ring::hmac::{HMAC_SHA256, Key, sign, verify};
use signature::{Signer, Verifier};

struct Hmac(Key);

impl Signer<Vec<u8>> for Hmac {
    fn try_sign(&self, message: &[u8]) -> Result<Vec<u8>, signature::Error> {
        Ok(sign(&self.0, message).as_ref().to_vec())
    }
}

impl JwtSigner for Hmac {
    fn algorithm(&self) -> Algorithm {
        Algorithm::HS256
    }
}

impl Verifier<Vec<u8>> for Hmac {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> Result<(), signature::Error> {
        verify(&self.0, message, signature).map_err(|_| signature::Error::new())
    }
}

impl JwtVerifier for Hmac {
    fn algorithm(&self) -> Algorithm {
        Algorithm::HS256
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the type of `CryptoProvider::signer_factory`")]
fn signer(algorithm: &Algorithm, key: &EncodingKey) -> Result<Box<dyn JwtSigner>, Error> {
    only_hs256(*algorithm)?;
    Ok(Box::new(Hmac(Key::new(HMAC_SHA256, key.as_bytes()))))
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the type of `CryptoProvider::verifier_factory`")]
fn verifier(algorithm: &Algorithm, key: &DecodingKey) -> Result<Box<dyn JwtVerifier>, Error> {
    only_hs256(*algorithm)?;
    Ok(Box::new(Hmac(Key::new(HMAC_SHA256, key.try_get_as_bytes()?))))
}

fn only_hs256(algorithm: Algorithm) -> Result<(), Error> {
    if algorithm == Algorithm::HS256 { Ok(()) } else { Err(ErrorKind::InvalidAlgorithm.into()) }
}

static PROVIDER: CryptoProvider =
    CryptoProvider { signer_factory: signer, verifier_factory: verifier, key_utils: KeyUtils::new_unimplemented() };

/// Makes `jsonwebtoken` sign and verify like this, in the whole process.
pub(super) fn install() {
    // An error means that it does already.
    let _ = PROVIDER.install_default();
}
