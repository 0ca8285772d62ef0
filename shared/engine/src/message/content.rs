//! What a strategy has to say.

use super::alternatives::has_alternatives;
use super::cost::Cost;
use super::goal::Goal;
use super::quoted::quoted;
use super::theme::Theme;
use super::{About, Key, Wording};
use crate::decision::{Message, Strategy};
use crate::time::LocalInstant;

/// The longest body of a message. What is said first matters most: a sentence that would make it longer is left out.
pub(super) const BODY_CHARS_MAX: usize = 320;

/// What a message says after its headline: only what is true, and sensible to say about what is unusual.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Content {
    Information(Theme),
    Question { theme: Theme, note: Option<String> },
    Cost(Cost),
    Goal(Goal),
    Delay { theme: Theme, until: Option<LocalInstant> },
    Alternatives(Theme),
    Protection,
}

impl Content {
    /// `None` where the strategy has nothing to say.
    pub(super) fn of(strategy: Strategy, about: &About<'_>) -> Option<Self> {
        let theme = Theme::from(about.top_reason);
        // Where it may be fraud, the customer's spending is not the matter.
        let is_about_spending = theme != Theme::Safety;
        match strategy {
            Strategy::PlainInformation => Some(Self::plain(about)),
            Strategy::Reflection => {
                let note = about.note_to_self.filter(|_| is_about_spending).and_then(quoted);
                Some(Self::Question { theme, note })
            }
            Strategy::SalientCost if is_about_spending => Cost::of(about).map(Self::Cost),
            Strategy::GoalReminder if is_about_spending => Goal::of(about).map(Self::Goal),
            Strategy::Delay => {
                let now = about.attempt.occurred_at.instant();
                Some(Self::Delay { theme, until: about.wait_until.filter(|until| until.instant() > now) })
            }
            Strategy::Alternatives if is_about_spending && has_alternatives(&about.attempt.category) => {
                Some(Self::Alternatives(theme))
            }
            Strategy::SalientCost | Strategy::GoalReminder | Strategy::Alternatives => None,
            Strategy::Protection => Some(Self::Protection),
        }
    }

    /// What is unusual, and no more.
    pub(super) fn plain(about: &About<'_>) -> Self {
        Self::Information(Theme::from(about.top_reason))
    }

    /// The title, and the headline with all that follows.
    pub(super) fn message(&self, wording: Wording<'_>, about: &About<'_>) -> Message {
        let mut body = about.headline.map_or_else(|| wording.text(Key::Several), str::to_owned);
        for sentence in self.sentences(wording, about) {
            if body.chars().count() + 1 + sentence.chars().count() <= BODY_CHARS_MAX {
                body = body + " " + &sentence;
            }
        }
        Message { title: wording.text(self.title()), body }
    }

    fn title(&self) -> Key {
        match self {
            Self::Information(Theme::Safety)
            | Self::Question { theme: Theme::Safety, .. }
            | Self::Delay { theme: Theme::Safety, .. } => Key::TitleSafety,
            Self::Information(_) => Key::TitlePlainInformation,
            Self::Question { .. } => Key::TitleReflection,
            Self::Cost(_) => Key::TitleSalientCost,
            Self::Goal(_) => Key::TitleGoalReminder,
            Self::Delay { .. } => Key::TitleDelay,
            Self::Alternatives(_) => Key::TitleAlternatives,
            Self::Protection => Key::TitleProtection,
        }
    }

    /// At most two, so that with the headline there are three.
    fn sentences(&self, wording: Wording<'_>, about: &About<'_>) -> Vec<String> {
        match self {
            Self::Information(Theme::Safety) => vec![wording.text(Key::SafetyAdvice)],
            Self::Information(_) => Vec::new(),
            Self::Question { theme, note } => {
                let question = wording.text(question(*theme));
                let note = note.as_ref().map(|note| wording.sentence(Key::ReflectionNote).quote("note", note).text());
                [question].into_iter().chain(note).collect()
            }
            Self::Cost(cost) => cost.sentences(wording, about),
            Self::Goal(goal) => goal.sentences(wording),
            Self::Delay { theme: Theme::Safety, until } => {
                let advice = wording.text(Key::SafetyAdvice);
                let later = until.map(|until| wording.sentence(Key::DelaySafety).at(until).text());
                [advice].into_iter().chain(later).collect()
            }
            Self::Delay { until: Some(until), .. } => vec![wording.sentence(Key::DelayUntil).at(*until).text()],
            Self::Delay { until: None, .. } => vec![wording.text(Key::DelayDay)],
            Self::Alternatives(theme) => {
                let first_step = match theme {
                    Theme::Amount => Key::AlternativesOffer,
                    _ => Key::AlternativesCompare,
                };
                let other_way = wording.sentence(Key::Alternatives).category(&about.attempt.category).text();
                vec![other_way, wording.text(first_step)]
            }
            Self::Protection => vec![wording.text(Key::Protection)],
        }
    }
}

/// The question to ask about what is unusual.
fn question(theme: Theme) -> Key {
    match theme {
        Theme::Amount => Key::ReflectionAmount,
        Theme::Category => Key::ReflectionCategory,
        Theme::Timing => Key::ReflectionTiming,
        Theme::Payment => Key::ReflectionPayment,
        Theme::Velocity => Key::ReflectionVelocity,
        Theme::Merchant => Key::ReflectionMerchant,
        Theme::Safety => Key::ReflectionSafety,
        Theme::Other => Key::ReflectionOther,
    }
}
