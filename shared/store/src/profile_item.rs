//! A profile as an item: the engine's bytes under a version that every write must know, or the trace of an erasure.

use aws_sdk_dynamodb::types::AttributeValue;
use engine::profile::{CodecError, Profile};
use engine::time::{DAY_MS, Instant};

use crate::StoreError;
use crate::image::{Image, Item};

pub(crate) const BLOB: &str = "profile";
pub(crate) const VERSION: &str = "version";
pub(crate) const ERASED_AT: &str = "erased_at_ms";

/// How long a profile is kept after the customer's last change.
pub(crate) const PROFILE_RETENTION_MS: i64 = 400 * DAY_MS;

/// How long an erasure is remembered: longer than the stream can still tell of what was erased.
pub(crate) const ERASURE_REMEMBERED_MS: i64 = 7 * DAY_MS;

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
    item.get(BLOB).and_then(|value| value.as_b().ok()).map(|blob| Profile::decode(blob.as_ref()))
}

pub(crate) fn from_item(item: &Item) -> Result<VersionedProfile, StoreError> {
    let image = Image(item);
    let erased_at = image.optional_number(ERASED_AT)?.map(Instant::from_epoch_ms).transpose();
    Ok(VersionedProfile {
        profile: decode(item).transpose()?.unwrap_or_default(),
        version: image.number(VERSION)?,
        erased_at: erased_at.map_err(|error| image.damaged(format!("`{ERASED_AT}`: {error}")))?,
    })
}

pub(crate) fn blob(profile: &Profile) -> AttributeValue {
    AttributeValue::B(aws_sdk_dynamodb::primitives::Blob::new(profile.encode()))
}
