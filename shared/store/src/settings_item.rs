//! A customer's settings as an item.

use aws_sdk_dynamodb::types::AttributeValue;
use engine::currency::Currency;
use engine::id::{Category, CustomerId};
use engine::message::{Language, Tone, Voice};
use engine::money::Amount;
use engine::settings::{CategoryBlock, Goal, Limit, QuietHours, Sensitivity, Settings};
use engine::text::Note;
use engine::time::Instant;
use serde::{Deserialize, Serialize};

use crate::StoreError;
use crate::image::{Image, Item, json_fault, number, text};
use crate::keys;

/// The format this code writes, and the newest it reads. The first knew neither revisions nor voices nor wishes.
const FORMAT: u32 = 2;

/// The attribute of the settings' revision.
pub(crate) const REVISION: &str = "revision";

pub(crate) fn to_item(customer: &CustomerId, settings: &Settings) -> Result<Item, StoreError> {
    let wishes = serde_json::to_string(&StoredWishes::from(settings));
    let sort_key = keys::SETTINGS.to_owned();
    let wishes = wishes.map_err(|error| StoreError::Damaged { sort_key, what: json_fault(&error) })?;
    let mut item = Item::from([
        (keys::PARTITION.to_owned(), text(keys::customer(customer))),
        (keys::SORT.to_owned(), text(keys::SETTINGS)),
        ("format".to_owned(), number(FORMAT)),
        (REVISION.to_owned(), number(settings.revision)),
        ("sensitivity".to_owned(), text(settings.sensitivity.name())),
        ("opted_out".to_owned(), AttributeValue::Bool(settings.opted_out)),
        ("language".to_owned(), text(settings.voice.language.tag())),
        ("tone".to_owned(), text(settings.voice.tone.name())),
        ("wishes".to_owned(), text(wishes)),
    ]);
    if let Some(hours) = settings.quiet_hours {
        item.insert("quiet_from_minute".to_owned(), number(hours.from_minute()));
        item.insert("quiet_until_minute".to_owned(), number(hours.until_minute()));
    }
    if let Some(until) = settings.snooze_until {
        item.insert("snooze_until_ms".to_owned(), number(until.epoch_ms()));
    }
    Ok(item)
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
    let language = image.optional_text("language")?.map(|tag| Language::from_tag(tag).ok_or("unknown")).transpose();
    let tone = image.optional_text("tone")?.map(|name| Tone::from_name(name).ok_or("unknown")).transpose();
    let voice = Voice {
        language: language.map_err(|what| image.damaged(format!("`language` is {what}")))?.unwrap_or_default(),
        tone: tone.map_err(|what| image.damaged(format!("`tone` is {what}")))?.unwrap_or_default(),
    };
    let mut settings = Settings {
        revision: image.optional_number(REVISION)?.unwrap_or_default(),
        sensitivity: sensitivity.ok_or_else(|| image.damaged("`sensitivity` is unknown"))?,
        quiet_hours,
        snooze_until: snooze_until.map_err(|error| image.damaged(format!("`snooze_until_ms`: {error}")))?,
        opted_out: opted_out.ok_or_else(|| image.damaged("`opted_out` is missing"))?,
        voice,
        ..Settings::default()
    };
    if let Some(wishes) = image.optional_text("wishes")? {
        let stored: StoredWishes =
            serde_json::from_str(wishes).map_err(|error| image.damaged(format!("`wishes`: {}", json_fault(&error))))?;
        stored.read_into(&mut settings).map_err(|what| image.damaged(format!("`wishes`: {what}")))?;
    }
    Ok(settings)
}

/// What the customer wishes for, as one JSON attribute.
#[derive(Serialize, Deserialize)]
struct StoredWishes {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    hourly_income: Option<StoredAmount>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    limits: Vec<StoredLimit>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    goals: Vec<StoredGoal>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    blocked_categories: Vec<StoredBlock>,
}

#[derive(Serialize, Deserialize)]
struct StoredAmount {
    minor: i64,
    currency: String,
}

#[derive(Serialize, Deserialize)]
struct StoredLimit {
    category: Option<String>,
    monthly: StoredAmount,
}

#[derive(Serialize, Deserialize)]
struct StoredGoal {
    name: String,
    target: StoredAmount,
    saved_minor: i64,
}

#[derive(Serialize, Deserialize)]
struct StoredBlock {
    category: String,
    note: Option<String>,
    released_at_ms: Option<i64>,
}

impl From<Amount> for StoredAmount {
    fn from(amount: Amount) -> Self {
        Self { minor: amount.minor(), currency: amount.currency().code().to_owned() }
    }
}

impl StoredAmount {
    fn read(self) -> Result<Amount, String> {
        let currency = Currency::parse(&self.currency).map_err(|error| error.to_string())?;
        Amount::from_minor(self.minor, currency).map_err(|error| error.to_string())
    }
}

impl From<&Settings> for StoredWishes {
    fn from(settings: &Settings) -> Self {
        let limit = |limit: &Limit| StoredLimit {
            category: limit.category.as_ref().map(|category| category.as_str().to_owned()),
            monthly: limit.monthly.into(),
        };
        let goal = |goal: &Goal| StoredGoal {
            name: goal.name.as_str().to_owned(),
            target: goal.target.into(),
            saved_minor: goal.saved_minor,
        };
        let block = |block: &CategoryBlock| StoredBlock {
            category: block.category.as_str().to_owned(),
            note: block.note.as_ref().map(|note| note.as_str().to_owned()),
            released_at_ms: block.released_at.map(|at| at.epoch_ms() as i64),
        };
        Self {
            hourly_income: settings.hourly_income.map(Into::into),
            limits: settings.limits.iter().map(limit).collect(),
            goals: settings.goals.iter().map(goal).collect(),
            blocked_categories: settings.blocked_categories.iter().map(block).collect(),
        }
    }
}

impl StoredWishes {
    fn read_into(self, settings: &mut Settings) -> Result<(), String> {
        let category = |name: String| Category::parse(&name).map_err(|error| error.to_string());
        let note = |text: String| Note::parse(&text).map_err(|error| error.to_string());
        settings.hourly_income = self.hourly_income.map(StoredAmount::read).transpose()?;
        for limit in self.limits {
            let category = limit.category.map(category).transpose()?;
            settings.limits.push(Limit { category, monthly: limit.monthly.read()? });
        }
        for goal in self.goals {
            let target = goal.target.read()?;
            settings.goals.push(Goal { name: note(goal.name)?, target, saved_minor: goal.saved_minor });
        }
        for block in self.blocked_categories {
            let released_at = block.released_at_ms.map(Instant::from_epoch_ms).transpose();
            settings.blocked_categories.push(CategoryBlock {
                category: category(block.category)?,
                note: block.note.map(note).transpose()?,
                released_at: released_at.map_err(|error| error.to_string())?,
            });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_come_back_as_they_were() {
        let customer = CustomerId::parse("ada").unwrap();
        let euros = |text| Amount::parse(text, Currency::EUR).unwrap();
        let category = |name| Category::parse(name).unwrap();
        let full = Settings {
            revision: 7,
            sensitivity: Sensitivity::High,
            quiet_hours: QuietHours::new(1320, 420),
            snooze_until: Instant::from_epoch_ms(1_800_000_000_000).ok(),
            opted_out: true,
            voice: Voice { language: Language::German, tone: Tone::Warm },
            hourly_income: Some(euros("21.50")),
            limits: vec![
                Limit { category: None, monthly: euros("1500") },
                Limit { category: Some(category("games")), monthly: euros("30") },
            ],
            goals: vec![Goal {
                name: Note::parse("Lisbon \u{2708}").unwrap(),
                target: euros("900"),
                saved_minor: 12_345,
            }],
            blocked_categories: vec![
                CategoryBlock {
                    category: category("gambling"),
                    note: Note::parse("Never again.").ok(),
                    released_at: None,
                },
                CategoryBlock { category: category("games"), note: None, released_at: Instant::from_epoch_ms(5).ok() },
            ],
        };
        for settings in [Settings::default(), full] {
            assert_eq!(from_item(&to_item(&customer, &settings).unwrap()).unwrap(), settings);
        }
    }

    #[test]
    fn settings_of_the_first_format_are_still_read() {
        let mut item = to_item(&CustomerId::parse("ada").unwrap(), &Settings::default()).unwrap();
        item.insert("format".to_owned(), number(1));
        item.remove(REVISION);
        for name in ["wishes", "language", "tone"] {
            item.remove(name);
        }
        assert_eq!(from_item(&item).unwrap(), Settings::default());
    }
}
