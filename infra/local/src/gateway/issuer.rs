//! Who issues tokens on this machine, in the place of the identity provider that an operator has.
//!
//! Its key lies in `.local`, readable by its owner alone, so that a token that was pasted holds for as long as it says, whatever is
//! started again. The signature is an HMAC: here the gateway and the issuer are one. In AWS they are not, and the provider signs with
//! RSA; what the functions see of a token is the same.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use edge::access::Scope;
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use ring::rand::{SecureRandom as _, SystemRandom};
use serde_json::{Map, Value, json};

use crate::gateway::ring_hmac;

/// The claim `iss` of its tokens.
pub const ISSUER: &str = "https://issuer.local";

/// The claim `aud` of tokens for the API.
pub const AUDIENCE: &str = "guardian";

/// The key's file in the folder of what is hidden.
const FILE_NAME: &str = "issuer.key";

/// The key's length in bytes: as long as the hash.
const KEY_BYTES: usize = 32;

/// The issuer.
#[derive(Clone)]
pub struct Issuer {
    key: Vec<u8>,
}

/// What a token says.
#[derive(Debug, Clone)]
pub struct Token<'a> {
    /// Whom it is about.
    pub subject: &'a str,
    /// What it is for.
    pub scopes: &'a [Scope],
    /// For which API.
    pub audience: &'a str,
    /// By whom.
    pub issuer: &'a str,
    /// Until when.
    pub expires_at: SystemTime,
}

/// Why there is no issuer.
#[derive(Debug, thiserror::Error)]
pub enum IssuerError {
    /// The key can be neither read nor made.
    #[error("the local issuer's key {path}: {source}")]
    Key {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A token could not be written.
    #[error("a token cannot be written: {0}")]
    Token(#[from] jsonwebtoken::errors::Error),
}

impl<'a> Token<'a> {
    /// A token of this issuer for the API.
    pub fn new(subject: &'a str, scopes: &'a [Scope], lifetime: Duration) -> Self {
        Self { subject, scopes, audience: AUDIENCE, issuer: ISSUER, expires_at: SystemTime::now() + lifetime }
    }
}

impl Issuer {
    /// The issuer whose key lies in this folder; it is made if there is none.
    ///
    /// # Errors
    /// [`IssuerError::Key`].
    pub fn of_folder(folder: &Path) -> Result<Self, IssuerError> {
        let path = folder.join(FILE_NAME);
        let key = match fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => make_key(folder, &path),
            read => read,
        };
        key.map(Self::with_key).map_err(|source| IssuerError::Key { path, source })
    }

    /// The issuer with this key.
    pub fn with_key(key: Vec<u8>) -> Self {
        ring_hmac::install();
        Self { key }
    }

    /// Issues a token.
    ///
    /// # Errors
    /// [`IssuerError::Token`].
    pub fn issue(&self, token: &Token<'_>) -> Result<String, IssuerError> {
        let seconds = |at: SystemTime| at.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let scopes: Vec<&str> = token.scopes.iter().map(|scope| scope.name()).collect();
        let claims = json!({
            "iss": token.issuer,
            "aud": token.audience,
            "sub": token.subject,
            "scope": scopes.join(" "),
            "exp": seconds(token.expires_at),
        });
        let key = EncodingKey::from_secret(&self.key);
        Ok(encode(&Header::new(Algorithm::HS256), &claims, &key)?)
    }

    /// The claims of a token that holds: signed by this issuer, for the API, and not expired; or else what is wrong with it.
    pub(crate) fn claims(&self, token: &str) -> Result<Map<String, Value>, String> {
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_required_spec_claims(&["exp", "iss", "aud"]);
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[AUDIENCE]);
        validation.leeway = 0;
        let decoded = decode::<Map<String, Value>>(token, &DecodingKey::from_secret(&self.key), &validation);
        decoded.map(|token| token.claims).map_err(|error| match error.kind() {
            ErrorKind::ExpiredSignature => "the token has expired".to_owned(),
            ErrorKind::InvalidAudience => "invalid audience".to_owned(),
            ErrorKind::InvalidIssuer => "invalid issuer".to_owned(),
            ErrorKind::InvalidSignature => "invalid signature".to_owned(),
            ErrorKind::MissingRequiredClaim(claim) => format!("the claim {claim} is missing"),
            _ => "no token that can be read".to_owned(),
        })
    }
}

/// Makes a key, unless another process has just done so, and reads what then lies there.
fn make_key(folder: &Path, path: &Path) -> io::Result<Vec<u8>> {
    let mut key = [0; KEY_BYTES];
    SystemRandom::new().fill(&mut key).map_err(|_| io::Error::other("the system has no randomness"))?;
    fs::create_dir_all(folder)?;
    let own = path.with_extension(std::process::id().to_string());
    OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&own)?.write_all(&key)?;
    // A link is there whole or not at all, and is not put in the place of another.
    let linked = fs::hard_link(&own, path);
    fs::remove_file(&own)?;
    match linked {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => fs::read(path),
    }
}
