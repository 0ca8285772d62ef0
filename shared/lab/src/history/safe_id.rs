//! Identifiers of other people's data, made to fit ours.

use engine::id::ID_LENGTH_MAX;
use sha2::{Digest, Sha256};

/// Hexadecimal digits of the hash that tells changed identifiers apart: two that read the same after the change also
/// share these 32 bits with a chance of 1 in 4 billion.
const HASH_DIGITS: usize = 8;

/// A text as an identifier, `[A-Za-z0-9_-]{1,64}`, the same for the same text always.
///
/// One that is an identifier already stays as it is. Otherwise runs of other characters become `_`, it is cut to fit,
/// and a hash of the whole text follows: `food & dining` → `food_dining-6a88065a`.
pub fn safe_id(text: &[u8]) -> String {
    let kept = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_' || *byte == b'-';
    let mut changed = false;
    let mut safe = String::with_capacity(ID_LENGTH_MAX);
    for byte in text {
        if kept(byte) {
            safe.push(char::from(*byte));
        } else if !changed || !safe.ends_with('_') {
            safe.push('_');
        }
        changed |= !kept(byte);
    }
    if !changed && (1..=ID_LENGTH_MAX).contains(&safe.len()) {
        return safe;
    }
    let [a, b, c, d, ..] = Sha256::digest(text).0;
    let hash = u32::from_be_bytes([a, b, c, d]);
    safe.truncate(ID_LENGTH_MAX - HASH_DIGITS - 1);
    format!("{safe}-{hash:0HASH_DIGITS$x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &[u8], expect_before_hash: &str) {
        let safe = safe_id(text);
        let (before, hash) = safe.split_at(safe.len() - HASH_DIGITS);
        assert_eq!(before.strip_suffix('-'), Some(expect_before_hash));
        assert!(hash.bytes().all(|byte| byte.is_ascii_hexdigit()), "{safe}");
        assert!(safe.len() <= ID_LENGTH_MAX, "{safe}");
        assert_eq!(safe_id(safe.as_bytes()), safe);
    }

    #[test]
    fn what_is_safe_stays() {
        for text in ["596", "mcc_5411", "A-b", &"x".repeat(64)] {
            assert_eq!(safe_id(text.as_bytes()), text);
        }
    }

    #[test]
    fn what_is_not_safe_is_replaced_cut_and_hashed() {
        check(b"food & dining", "food_dining");
        check(b"fraud_Kilback LLC", "fraud_Kilback_LLC");
        check(b"a/b", "a_b");
        check("Käse".as_bytes(), "K_se");
        check(b"", "");
        check(b"***", "_");
        check("x".repeat(65).as_bytes(), &"x".repeat(55));
    }

    #[test]
    fn different_texts_stay_different() {
        let texts: [&[u8]; 8] = [b"a b", b"a  b", b"a&b", b"a_b", b"Caf\xe9", b"Caf\xe8", b"", b" "];
        let safe: std::collections::BTreeSet<String> = texts.into_iter().map(safe_id).collect();
        assert_eq!(safe.len(), texts.len());
    }
}
