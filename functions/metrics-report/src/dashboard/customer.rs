//! `GET /dashboard/customers/{customer_id}`: one customer's profile drawn, and each recent decision with its reasons.

use std::collections::BTreeMap;

use edge::access::Scope;
use edge::{Answer, Call, Problem, Route};
use engine::alarm_rate::AlarmRate;
use engine::currency::Currency;
use engine::decision::Decision;
use engine::entry::Entry;
use engine::habits::{Habits, UsualAmount};
use engine::id::CustomerId;
use engine::money::Amount;
use engine::profile::Profile;
use engine::time::Instant;
use maud::{Markup, html};
use store::ports::Customer;

use super::feed::{aftermath, badge};
use super::page::{self, Page, ago, part, section};
use crate::charts::{
    Chart, Contribution, ForestPlot, ForestRow, HoursChart, RangeRow, Ranges, Table, contribution_bars,
};
use crate::{MetricsReport, Ports, words};

pub(crate) const ROUTE: Route = Route::only(Scope::Operator, "GET /dashboard/customers/{customer_id}");

/// How many of the latest decisions are told in full.
const DECISIONS_TOLD: usize = 25;

/// How many of the most surprising decisions are named.
const SURPRISES_TOLD: usize = 5;

/// How many rows a chart has at most.
const ROWS_MAX: usize = 12;

impl<P: Ports> MetricsReport<P> {
    /// The page of a customer, or the page that says why there is none.
    pub(crate) async fn customer_page(&self, call: &Call<'_>) -> Answer {
        let now = (self.clock)();
        let look = async {
            let customer = call.customer()?;
            // From the beginning on: what comes is the latest all the same, and no more than a decision reads at most.
            let known = self.ports.read_customer(&customer, Instant::EPOCH).await?;
            let profile = known.profile.as_ref().map_or_else(|_| Profile::default(), Profile::clone);
            Ok::<_, Problem>(Look { customer, known, profile, now })
        };
        match look.await {
            Ok(look) => look.page().answer(),
            Err(problem) => page::failure(&problem, now),
        }
    }
}

/// Everything that the page shows.
struct Look {
    customer: CustomerId,
    known: Customer,
    /// The profile; an empty one where it cannot be read, which is then said.
    profile: Profile,
    now: Instant,
}

impl Look {
    fn page(&self) -> Page<'static> {
        let is_unknown = self.profile.last_at().is_none() && self.known.recent.is_empty();
        let main = html! {
            @if let Err(error) = &self.known.profile {
                div data-part="damaged" { p.note.bad { "The profile cannot be read: " (error.to_string()) ". Attempts are scored from the population." } }
            }
            @if is_unknown {
                div.panel.empty data-part="empty" {
                    h2 { "Nothing is held of this customer" }
                    p { "They have not tried to buy anything yet, or were erased." }
                }
            } @else {
                (self.facts())
                (section("habits", "What is usual", &self.habits()))
                (section("decisions", "Decisions", &self.decisions()))
            }
        };
        Page {
            title: "A customer · Financial Guardian",
            heading: html! {
                h1 { a href="/dashboard" { "Financial Guardian" } span.hidden { ", " } " " span.where { "› " (self.customer.as_str()) } }
            },
            controls: html! {},
            main,
            now: self.now,
        }
    }

    fn facts(&self) -> Markup {
        let Self { profile, now, .. } = self;
        let rate = AlarmRate::of(0.0, profile.alarms(), self.known.settings.sensitivity);
        let (day, week) = profile.recent_attempts(*now);
        let alarms = profile.alarms();
        let feedback = profile.feedback();
        let facts: [(&str, Markup, String); 6] = [
            (
                "Purchases known",
                html! { (words::count(i64::from(profile.purchases()))) },
                if profile.is_learning() { "too few to rely on: still learning".to_owned() } else { String::new() },
            ),
            (
                "Last active",
                profile.last_at().map_or_else(|| html! { (words::UNKNOWN) }, ago),
                profile.first_at().map(|at| format!("since {}", words::day_and_year(at.day()))).unwrap_or_default(),
            ),
            (
                "Attempts lately",
                html! { "about " (format!("{day:.1}")) " a day" },
                format!("about {week:.0} in the last week"),
            ),
            (
                "Share of alarms",
                html! { "× " (format!("{:.2}", rate.multiple)) },
                format!("of everybody's; sensitivity {}", rate.sensitivity.name()),
            ),
            (
                "Alarms",
                html! { (words::counted(i64::from(alarms.right), "was right", "were right")) },
                format!("{} unneeded, {} missed, {} overridden", alarms.unneeded, alarms.missed, alarms.overridden),
            ),
            (
                "Said of purchases",
                html! { (words::count(i64::from(feedback.not_me))) " “not me”" },
                format!("{} “normal for me”, {} regretted", feedback.normal_for_me, feedback.regretted),
            ),
        ];
        let content = html! {
            h2.hidden id="facts-title" { "In short" }
            div.panel { dl.facts { @for (name, value, remark) in &facts {
                div { dt { (name) } dd { (value) @if !remark.is_empty() { small { (remark) } } } }
            } } }
        };
        part("facts", &content)
    }

    fn habits(&self) -> Markup {
        let habits = Habits::of(&self.profile, self.now);
        html! {
            div.grid {
                div.panel { (amounts(&habits)) }
                div.panel { (self.merchants()) }
                div.panel { (hours(&habits)) }
                div.panel { (payment_methods(&habits)) }
            }
        }
    }

    /// The profile keeps only hashes of merchants; names are those of the latest entries.
    fn merchants(&self) -> Markup {
        let mut counts: BTreeMap<&str, (i64, i64)> = BTreeMap::new();
        for entry in &self.known.recent {
            if let Some(merchant) = &entry.attempt.merchant {
                let (attempts, purchases) = counts.entry(merchant.as_str()).or_default();
                *attempts += 1;
                *purchases += i64::from(entry.is_purchase());
            }
        }
        let mut counts: Vec<_> = counts.into_iter().collect();
        counts.sort_by_key(|(name, (attempts, _))| (-attempts, *name));
        let all: i64 = counts.iter().map(|(_, (attempts, _))| attempts).sum();
        let remembered = self.profile.merchants().len();
        let mut table = Table::new(&["Merchant", "Attempts", "Purchases"]);
        table.rows = counts
            .iter()
            .map(|(name, (attempts, purchases))| {
                vec![(*name).to_owned(), words::count(*attempts), words::count(*purchases)]
            })
            .collect();
        let row = |(name, (attempts, _)): &(&str, (i64, i64))| {
            (
                ((*name).to_owned()),
                *attempts as f64 / all.max(1) as f64,
                words::counted(*attempts, "attempt", "attempts"),
            )
        };
        let top = counts.first().map_or(String::new(), |(name, (attempts, _))| {
            format!(", most of them ({}) at {name}", words::count(*attempts))
        });
        Chart {
            id: "merchants",
            title: "Merchants",
            caption: format!(
                "{} of the latest entries name {}{top}. The profile remembers {} of all time.",
                words::count(all),
                words::counted(counts.len() as i64, "merchant", "merchants"),
                words::counted(remembered as i64, "merchant", "merchants"),
            ),
            legend: Vec::new(),
            drawing: shares(counts.iter().take(ROWS_MAX).map(row).collect()),
            table,
        }
        .render()
    }

    fn decisions(&self) -> Markup {
        let decided: Vec<(&Entry, &Decision)> =
            self.known.recent.iter().filter_map(|entry| Some((entry, entry.decision()?))).collect();
        if decided.is_empty() {
            return html! { div.panel.empty { p { "None of the latest entries was scored: they were imported." } } };
        }
        let mut surprising = decided.clone();
        surprising.sort_by(|(_, one), (_, other)| one.p_value.total_cmp(&other.p_value));
        let told = decided.iter().take(DECISIONS_TOLD);
        let longest = |(_, decision): &(&Entry, &Decision)| {
            decision.reasons.iter().map(|reason| reason.contribution.abs()).fold(0.0, f64::max)
        };
        let most = told.clone().map(longest).fold(0.0, f64::max);
        html! {
            p {
                "The latest " (words::count(told.len() as i64)) " of "
                (words::counted(decided.len() as i64, "decision", "decisions")) " read here. "
                "A bar to the right raised the score, one to the left lowered it, in log-odds; all on one scale."
            }
            div.panel {
                h3 { "Most surprising of them" }
                ul.legend {
                    @for (entry, decision) in surprising.iter().take(SURPRISES_TOLD) {
                        li { a href={ "#d-" (entry.id) } { (words::money(entry.attempt.amount)) ", " (words::name(entry.attempt.category.as_str())) } " 1 in " (one_in(decision.p_value)) }
                    }
                }
            }
            div.panel { ul.feed.columns { @for (entry, decision) in told { (item(entry, decision, most)) } } }
        }
    }
}

/// One over a p-value, as people say it.
fn one_in(p_value: f64) -> String {
    words::count((1.0 / p_value.max(1e-9)).round() as i64)
}

fn item(entry: &Entry, decision: &Decision, most: f64) -> Markup {
    let contributions: Vec<Contribution<'_>> = decision
        .reasons
        .iter()
        .map(|reason| Contribution { text: &reason.text, code: reason.code.name(), log_odds: reason.contribution })
        .collect();
    let attempt = &entry.attempt;
    html! {
        li id={ "d-" (entry.id) } data-decision {
            div.what {
                (badge(decision.action))
                b { (words::money(attempt.amount)) }
                span { (words::name(attempt.category.as_str())) ", " (words::name(attempt.payment_method.as_str())) }
                @if let Some(merchant) = &attempt.merchant { span.where { "at " (merchant.as_str()) } }
                span.where { "risk " (words::percent(decision.risk_score)) ", 1 in " (one_in(decision.p_value)) }
                (aftermath(entry))
                (ago(attempt.occurred_at.instant()))
            }
            @if let Some(intervention) = &decision.intervention {
                p.message.(decision.action.name()) {
                    b { (intervention.message.title) } " " (intervention.message.body)
                    " (" (words::name(intervention.strategy.name())) ")"
                }
            }
            (contribution_bars(&contributions, most))
        }
    }
}

fn about_euros(size: f64) -> String {
    words::money(Amount::of_size(size, Currency::EUR))
}

fn amounts(habits: &Habits) -> Markup {
    let range = |UsualAmount { typical, low, high }: UsualAmount| {
        (format!("{} to {}", about_euros(low), about_euros(high)), typical, [low, high])
    };
    let mut rows = Vec::new();
    let mut table = Table::new(&["Category", "Share", "Typical", "Four of five lie between"]);
    let all = habits.amount.iter().map(|amount| ("everything".to_owned(), 1.0, *amount, true));
    let categories = habits
        .categories
        .iter()
        .take(ROWS_MAX)
        .map(|habit| (words::name(&habit.name), habit.share, habit.amount, false));
    for (name, share, amount, strong) in all.chain(categories) {
        let (between, typical, range) = range(amount);
        table.rows.push(vec![name.clone(), words::percent(share), about_euros(typical), between]);
        rows.push(RangeRow { name, range, typical, words: about_euros(typical), strong });
    }
    let caption = habits.amount.map_or_else(
        || "No purchase is known yet.".to_owned(),
        |amount| {
            format!(
                "Typically {}; four of five between {} and {}. Currencies are made comparable by rough fixed rates.",
                about_euros(amount.typical),
                about_euros(amount.low),
                about_euros(amount.high)
            )
        },
    );
    let drawing = Ranges { rows, in_words: words::compact }.render();
    Chart { id: "amounts", title: "Usual amounts by category", caption, legend: Vec::new(), drawing, table }.render()
}

fn hours(habits: &Habits) -> Markup {
    let (most, share) = habits
        .hours
        .iter()
        .copied()
        .enumerate()
        .fold((0, 0.0), |best, (hour, share)| if share > best.1 { (hour, share) } else { best });
    let night: f64 = habits.hours.iter().take(6).sum();
    let mut table = Table::new(&["Hour", "Share"]);
    table.rows =
        (0..24).zip(habits.hours).map(|(hour, share)| vec![format!("{hour}:00"), words::percent(share)]).collect();
    Chart {
        id: "hours",
        title: "Hours of the day",
        caption: format!(
            "Most often between {most}:00 and {most}:59 ({} of purchases); {} between midnight and six. Local time.",
            words::percent(share),
            words::percent(night)
        ),
        legend: Vec::new(),
        drawing: HoursChart { shares: habits.hours }.render(),
        table,
    }
    .render()
}

fn payment_methods(habits: &Habits) -> Markup {
    let mut table = Table::new(&["Payment method", "Share"]);
    let rows = habits.payment_methods.iter().take(ROWS_MAX);
    table.rows = rows.clone().map(|(name, share)| vec![words::name(name), words::percent(*share)]).collect();
    let caption = habits.payment_methods.first().map_or_else(
        || "No purchase is known yet.".to_owned(),
        |(name, share)| format!("{} of purchases by {}.", words::percent(*share), words::name(name)),
    );
    let drawing = shares(rows.map(|(name, share)| (words::name(name), *share, words::percent(*share))).collect());
    Chart { id: "payment-methods", title: "Payment methods", caption, legend: Vec::new(), drawing, table }.render()
}

/// Shares one below the other: names, shares, words.
fn shares(rows: Vec<(String, f64, String)>) -> Markup {
    let rows = rows.into_iter().map(|(name, share, words)| ForestRow {
        name,
        value: Some(share),
        interval: Some([0.0, share]),
        words,
    });
    ForestPlot { rows: rows.collect(), in_words: words::percent, lowest: Some(0.0), highest: Some(1.0), marks: &[] }
        .render()
}
