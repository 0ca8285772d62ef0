//! A profile as an item: the engine's bytes under a version that every write must know, or the trace of an erasure.

use aws_sdk_dynamodb::types::AttributeValue;
use engine::profile::{CodecError, Profile};
use engine::time::Instant;

use crate::StoreError;
use crate::image::{Image, Item};

pub(crate) const BLOB: &str = "profile";
pub(crate) const VERSION: &str = "version";
pub(crate) const ERASED_AT: &str = "erased_at_ms";

/// A profile with what its next write must know.
#[derive(Debug, Clone, Default)]
pub struct VersionedProfile {
    /// What was learned; empty for a newcomer and after an erasure.
    pub profile: Profile,
    /// How often the item was written; 0 if there is none.
    pub version: u64,
    /// When the customer was erased, if that was within a week before the last change that was learned: the stream may
    /// still tell of entries that are gone, and nothing may be learned of those.
    pub erased_at: Option<Instant>,
}

/// The profile in an item; `None` if there is none in it.
pub(crate) fn decode(item: &Item) -> Option<Result<Profile, CodecError>> {
    let damaged = |_| CodecError::Damaged("it is not bytes");
    item.get(BLOB).map(|value| value.as_b().map_err(damaged).and_then(|blob| Profile::decode(blob.as_ref())))
}

/// How often the item was written. There is always a next version.
pub(crate) fn version(image: &Image<'_>) -> Result<u64, StoreError> {
    let version = image.number(VERSION)?;
    if version < u64::MAX { Ok(version) } else { Err(image.damaged(format!("`{VERSION}` has no next one"))) }
}

pub(crate) fn from_item(item: &Item) -> Result<VersionedProfile, StoreError> {
    let image = Image(item);
    let erased_at = image.optional_number(ERASED_AT)?.map(Instant::from_epoch_ms).transpose();
    Ok(VersionedProfile {
        profile: decode(item).transpose()?.unwrap_or_default(),
        version: version(&image)?,
        erased_at: erased_at.map_err(|error| image.damaged(format!("`{ERASED_AT}`: {error}")))?,
    })
}

pub(crate) fn blob(profile: &Profile) -> AttributeValue {
    AttributeValue::B(aws_sdk_dynamodb::primitives::Blob::new(profile.encode()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::{number, text};

    #[track_caller]
    fn check(name: &str, value: AttributeValue, expect: &str) {
        let mut item = Item::from([(BLOB.to_owned(), blob(&Profile::default())), (VERSION.to_owned(), number(3))]);
        assert_eq!(from_item(&item).unwrap().version, 3);
        item.insert(name.to_owned(), value);
        let error = from_item(&item).unwrap_err().to_string();
        assert!(error.contains(expect), "{error}");
    }

    #[test]
    fn a_damaged_profile_is_named_and_never_taken_for_an_empty_one() {
        check(BLOB, text("bytes"), "it is not bytes");
        check(BLOB, AttributeValue::B(aws_sdk_dynamodb::primitives::Blob::new([])), "it ends early");
        check(VERSION, number(-1), "`version` is not a number in range");
        check(VERSION, number(u64::MAX), "`version` has no next one");
        check(ERASED_AT, number(-1), "`erased_at_ms`: an instant lies between");
    }
}
