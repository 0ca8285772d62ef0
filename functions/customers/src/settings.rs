//! `PUT …/settings`: what the customer decides about being interrupted.

use edge::json::Object;
use edge::{Answer, Call, Problem};
use engine::id::CustomerId;
use engine::settings::{QuietHours, Sensitivity, Settings};
use engine::time::LocalInstant;
use serde::Serialize;

use crate::{Customers, Ports};

const ROUTE: &str = "PUT /v1/customers/{customer_id}/settings";
const EXPECTED_TIME: &str = "a local time of day such as 22:00";

/// Settings as they are answered.
#[derive(Serialize)]
pub(crate) struct SettingsBody {
    sensitivity: &'static str,
    quiet_hours: Option<QuietHoursBody>,
    snooze_until: Option<String>,
    opted_out: bool,
}

#[derive(Serialize)]
struct QuietHoursBody {
    from: String,
    until: String,
}

impl From<Settings> for SettingsBody {
    fn from(settings: Settings) -> Self {
        let time = |minute: u16| format!("{:02}:{:02}", minute / 60, minute % 60);
        let quiet_hours = settings
            .quiet_hours
            .map(|hours| QuietHoursBody { from: time(hours.from_minute()), until: time(hours.until_minute()) });
        Self {
            sensitivity: settings.sensitivity.name(),
            quiet_hours,
            snooze_until: settings.snooze_until.map(|until| until.to_string()),
            opted_out: settings.opted_out,
        }
    }
}

impl<P: Ports> Customers<P> {
    /// Replaces all settings; what the body leaves out returns to its default.
    pub(crate) async fn put_settings(&self, customer: CustomerId, call: &Call<'_>) -> Result<Answer, Problem> {
        let settings = read(Object::parse(call.body)?)?;
        self.ports.put_settings(&customer, &settings).await?;
        Answer::json(ROUTE, &SettingsBody::from(settings))
    }
}

fn read(mut body: Object<'_>) -> Result<Settings, Problem> {
    let sensitivity = body
        .optional("sensitivity", |name| Sensitivity::from_name(name).ok_or("expected is one of low, normal, high"))?;
    let quiet_hours = body.optional_object("quiet_hours")?.map(read_quiet_hours).transpose()?;
    let snooze_until = body.optional("snooze_until", LocalInstant::parse)?.map(LocalInstant::instant);
    let opted_out = body.optional_bool("opted_out")?.unwrap_or_default();
    body.finish("sensitivity, quiet_hours, snooze_until, opted_out")?;
    Ok(Settings { sensitivity: sensitivity.unwrap_or_default(), quiet_hours, snooze_until, opted_out })
}

fn read_quiet_hours(mut body: Object<'_>) -> Result<QuietHours, Problem> {
    let from = body.required("from", EXPECTED_TIME, minute_of_day)?;
    let until = body.required("until", EXPECTED_TIME, minute_of_day)?;
    let hours = QuietHours::new(from, until).ok_or_else(|| {
        body.invalid("until", "the same as `from`", "quiet hours end at another time than they begin")
    })?;
    body.finish("from, until")?;
    Ok(hours)
}

/// The minute of the day of `HH:MM`.
fn minute_of_day(text: &str) -> Result<u16, String> {
    let part = |text: &str, max: u16| -> Option<u16> {
        let number = (text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok());
        number.flatten().filter(|number| *number <= max)
    };
    let (hour, minute) = text.split_once(':').ok_or(format!("expected is {EXPECTED_TIME}"))?;
    let minute = part(hour, 23).zip(part(minute, 59)).map(|(hour, minute)| hour * 60 + minute);
    minute.ok_or(format!("expected is {EXPECTED_TIME}"))
}
