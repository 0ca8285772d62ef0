//! A customer's settings as an item.

use aws_sdk_dynamodb::types::AttributeValue;
use engine::id::CustomerId;
use engine::settings::{QuietHours, Sensitivity, Settings};
use engine::time::Instant;

use crate::StoreError;
use crate::image::{Image, Item, number, text};
use crate::keys;

/// The format this code writes, and the newest it reads.
const FORMAT: u32 = 1;

pub(crate) fn to_item(customer: &CustomerId, settings: &Settings) -> Item {
    let mut item = Item::from([
        (keys::PARTITION.to_owned(), text(keys::customer(customer))),
        (keys::SORT.to_owned(), text(keys::SETTINGS)),
        ("format".to_owned(), number(FORMAT)),
        ("sensitivity".to_owned(), text(settings.sensitivity.name())),
        ("opted_out".to_owned(), AttributeValue::Bool(settings.opted_out)),
    ]);
    if let Some(hours) = settings.quiet_hours {
        item.insert("quiet_from_minute".to_owned(), number(hours.from_minute()));
        item.insert("quiet_until_minute".to_owned(), number(hours.until_minute()));
    }
    if let Some(until) = settings.snooze_until {
        item.insert("snooze_until_ms".to_owned(), number(until.epoch_ms()));
    }
    item
}

pub(crate) fn from_item(item: &Item) -> Result<Settings, StoreError> {
    let image = Image(item);
    image.check_format(FORMAT)?;
    let sensitivity = Sensitivity::from_name(image.text("sensitivity")?);
    let opted_out = item.get("opted_out").and_then(|value| value.as_bool().ok()).copied();
    let quiet_hours = match (image.optional_number("quiet_from_minute")?, image.optional_number("quiet_until_minute")?)
    {
        (Some(from), Some(until)) => {
            Some(QuietHours::new(from, until).ok_or_else(|| image.damaged("the quiet hours are no span of a day"))?)
        }
        _ => None,
    };
    let snooze_until = image.optional_number("snooze_until_ms")?.map(Instant::from_epoch_ms).transpose();
    Ok(Settings {
        sensitivity: sensitivity.ok_or_else(|| image.damaged("`sensitivity` is unknown"))?,
        quiet_hours,
        snooze_until: snooze_until.map_err(|error| image.damaged(format!("`snooze_until_ms`: {error}")))?,
        opted_out: opted_out.ok_or_else(|| image.damaged("`opted_out` is missing"))?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_come_back_as_they_were() {
        let customer = CustomerId::parse("ada").unwrap();
        let full = Settings {
            sensitivity: Sensitivity::High,
            quiet_hours: QuietHours::new(1320, 420),
            snooze_until: Instant::from_epoch_ms(1_800_000_000_000).ok(),
            opted_out: true,
        };
        for settings in [Settings::default(), full] {
            assert_eq!(from_item(&to_item(&customer, &settings)).unwrap(), settings);
        }
    }
}
