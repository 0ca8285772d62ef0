//! `PUT …/settings`: what the customer decides: when to be left alone, what to spend at most, what to save for, what to be kept
//! from.

use edge::access::Scope;
use edge::json::Object;
use edge::wire::{AmountBody, read_amount};
use edge::{Answer, Call, Problem, Route};
use engine::id::{Category, CustomerId};
use engine::message::{Language, Tone, Voice};
use engine::money::{Amount, decimal};
use engine::settings::{
    BLOCKED_CATEGORIES_MAX, CategoryBlock, GOALS_MAX, Goal, LIMITS_MAX, Limit, QuietHours, Sensitivity, Settings,
};
use engine::text::Note;
use engine::time::LocalInstant;
use serde::Serialize;

use crate::{Customers, Ports, UPDATE_ATTEMPTS_MAX};

pub(crate) const ROUTE: Route = Route::oneself_or(Scope::Customers, "PUT /v1/customers/{customer_id}/settings");
const KNOWN: &str = "sensitivity, quiet_hours, snooze_until, opted_out, language, tone, hourly_income, limits, goals, blocked_categories";
const EXPECTED_TIME: &str = "a local time of day such as 22:00";
const EXPECTED_CATEGORY: &str = "a category of 1 to 64 of the characters A-Z a-z 0-9 _ -";
const EXPECTED_NOTE: &str = "a text of 1 to 280 characters on one line";

/// Settings as they are answered.
#[derive(Serialize)]
pub(crate) struct SettingsBody {
    sensitivity: &'static str,
    quiet_hours: Option<QuietHoursBody>,
    snooze_until: Option<String>,
    opted_out: bool,
    language: &'static str,
    tone: &'static str,
    hourly_income: Option<AmountBody>,
    limits: Vec<LimitBody>,
    goals: Vec<GoalBody>,
    blocked_categories: Vec<BlockBody>,
}

#[derive(Serialize)]
struct QuietHoursBody {
    from: String,
    until: String,
}

#[derive(Serialize)]
struct LimitBody {
    category: Option<String>,
    monthly: AmountBody,
}

#[derive(Serialize)]
struct GoalBody {
    name: String,
    target: AmountBody,
    /// In the target's currency.
    saved: String,
}

#[derive(Serialize)]
struct BlockBody {
    category: String,
    note: Option<String>,
    /// When it ends, once the customer took it back.
    released_at: Option<String>,
}

impl SettingsBody {
    /// Settings as they are answered.
    pub(crate) fn of(settings: &Settings) -> Self {
        let time = |minute: u16| format!("{:02}:{:02}", minute / 60, minute % 60);
        let limit = |limit: &Limit| LimitBody {
            category: limit.category.as_ref().map(ToString::to_string),
            monthly: limit.monthly.into(),
        };
        let goal = |goal: &Goal| GoalBody {
            name: goal.name.to_string(),
            target: goal.target.into(),
            saved: decimal(goal.saved_minor, goal.target.currency()),
        };
        let block = |block: &CategoryBlock| BlockBody {
            category: block.category.to_string(),
            note: block.note.as_ref().map(ToString::to_string),
            released_at: block.released_at.map(|at| at.to_string()),
        };
        Self {
            sensitivity: settings.sensitivity.name(),
            quiet_hours: settings
                .quiet_hours
                .map(|hours| QuietHoursBody { from: time(hours.from_minute()), until: time(hours.until_minute()) }),
            snooze_until: settings.snooze_until.map(|until| until.to_string()),
            opted_out: settings.opted_out,
            language: settings.voice.language.tag(),
            tone: settings.voice.tone.name(),
            hourly_income: settings.hourly_income.map(Into::into),
            limits: settings.limits.iter().map(limit).collect(),
            goals: settings.goals.iter().map(goal).collect(),
            blocked_categories: settings.blocked_categories.iter().map(block).collect(),
        }
    }
}

impl<P: Ports> Customers<P> {
    /// Replaces all settings; what the body leaves out returns to its default, but a blocked category stays blocked for a while.
    pub(crate) async fn put_settings(&self, customer: CustomerId, call: &Call<'_>) -> Result<Answer, Problem> {
        let wanted = read(Object::parse(call.body)?)?;
        for _ in 0..UPDATE_ATTEMPTS_MAX {
            let now = (self.clock)();
            let earlier = self.ports.read_customer(&customer, now).await?.settings;
            let settings = wanted.clone().following(&earlier, now);
            if self.ports.put_settings(&customer, &settings).await? {
                return Answer::json(&SettingsBody::of(&settings));
            }
        }
        Err(Problem::conflict(
            "CHANGED_MEANWHILE",
            "The settings kept changing while these were recorded; please try again.",
        ))
    }
}

fn read(mut body: Object<'_>) -> Result<Settings, Problem> {
    let sensitivity = body
        .optional("sensitivity", |name| Sensitivity::from_name(name).ok_or("expected is one of low, normal, high"))?;
    let quiet_hours = body.optional_object("quiet_hours")?.map(read_quiet_hours).transpose()?;
    let snooze_until = body.optional("snooze_until", LocalInstant::parse)?.map(LocalInstant::instant);
    let opted_out = body.optional_bool("opted_out")?.unwrap_or_default();
    let language = body.optional("language", |tag| Language::from_tag(tag).ok_or("expected is one of en, de"))?;
    let tone = body.optional("tone", |name| Tone::from_name(name).ok_or("expected is one of plain, warm"))?;
    let hourly_income = body.optional_object("hourly_income")?.map(read_amount).transpose()?;
    let limits = read_each(&mut body, "limits", LIMITS_MAX, read_limit, |limit: &Limit| {
        (limit.category.clone(), limit.monthly.currency())
    })?;
    let goals = read_each(&mut body, "goals", GOALS_MAX, read_goal, |goal: &Goal| goal.name.to_string())?;
    let blocked_categories =
        read_each(&mut body, "blocked_categories", BLOCKED_CATEGORIES_MAX, read_block, |block: &CategoryBlock| {
            block.category.clone()
        })?;
    body.finish(KNOWN)?;
    let sensitivity = sensitivity.unwrap_or_default();
    let voice = Voice { language: language.unwrap_or_default(), tone: tone.unwrap_or_default() };
    Ok(Settings {
        revision: 0,
        sensitivity,
        quiet_hours,
        snooze_until,
        opted_out,
        voice,
        hourly_income,
        limits,
        goals,
        blocked_categories,
    })
}

/// Reads a list of which no two elements may be about the same.
fn read_each<T, K: PartialEq>(
    body: &mut Object<'_>,
    name: &str,
    max: usize,
    read: impl Fn(Object<'_>) -> Result<T, Problem>,
    about: impl Fn(&T) -> K,
) -> Result<Vec<T>, Problem> {
    let mut elements: Vec<T> = Vec::new();
    for (place, element) in body.optional_objects(name, max)?.into_iter().enumerate() {
        let element = read(element)?;
        if elements.iter().any(|known| about(known) == about(&element)) {
            let field = format!("{name}[{place}]");
            let detail = format!("`{field}` is about the same as an element before it.");
            return Err(Problem::field("INVALID_VALUE", field, detail, "each thing at most once"));
        }
        elements.push(element);
    }
    Ok(elements)
}

fn read_limit(mut body: Object<'_>) -> Result<Limit, Problem> {
    let category = body.optional("category", Category::parse)?;
    let monthly = read_amount(body.object("monthly")?)?;
    body.finish("category, monthly")?;
    Ok(Limit { category, monthly })
}

fn read_goal(mut body: Object<'_>) -> Result<Goal, Problem> {
    let name = body.required("name", EXPECTED_NOTE, Note::parse)?;
    let target = read_amount(body.object("target")?)?;
    let saved = body.decimal("saved")?;
    // Nothing saved yet is no amount, but is a truth about savings.
    let is_nothing = !saved.is_empty() && saved.chars().all(|digit| digit == '0' || digit == '.');
    let saved_minor = if is_nothing {
        0
    } else {
        Amount::parse(&saved, target.currency()).map_err(|error| body.invalid("saved", &saved, error))?.minor()
    };
    body.finish("name, target, saved")?;
    Ok(Goal { name, target, saved_minor })
}

fn read_block(mut body: Object<'_>) -> Result<CategoryBlock, Problem> {
    let category = body.required("category", EXPECTED_CATEGORY, Category::parse)?;
    let note = body.optional("note", Note::parse)?;
    // What was answered may be sent back: when a block ends is not the caller's to say.
    body.optional("released_at", LocalInstant::parse)?;
    body.finish("category, note")?;
    Ok(CategoryBlock { category, note, released_at: None })
}

fn read_quiet_hours(mut body: Object<'_>) -> Result<QuietHours, Problem> {
    let minute = |text: &str| QuietHours::minute_of_day(text).ok_or(format!("expected is {EXPECTED_TIME}"));
    let from = body.required("from", EXPECTED_TIME, minute)?;
    let until = body.required("until", EXPECTED_TIME, minute)?;
    let hours = QuietHours::new(from, until).ok_or_else(|| {
        body.invalid("until", "the same as `from`", "quiet hours end at another time than they begin")
    })?;
    body.finish("from, until")?;
    Ok(hours)
}
