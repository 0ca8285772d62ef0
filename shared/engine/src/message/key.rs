//! The templates that code asks for, by their names in the .ftl files.

macro_rules! keys {
    ($($key:ident = $name:literal,)*) => {
        /// A template.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Key {
            $(#[doc = concat!("`", $name, "`")] $key,)*
        }

        impl Key {
            /// Every template.
            pub(super) const ALL: &'static [Self] = &[$(Self::$key,)*];

            /// The name in the .ftl files.
            pub(super) fn name(self) -> &'static str {
                match self {
                    $(Self::$key => $name,)*
                }
            }
        }
    };
}

keys! {
    // names.ftl
    Money = "money",

    // reasons.ftl
    AmountMultiple = "amount-multiple",
    AmountWithin = "amount-within",
    CategoryShare = "category-share",
    PaymentShare = "payment-share",
    TimingUnusual = "timing-unusual",
    TimingUsual = "timing-usual",
    VelocityUsual = "velocity-usual",
    VelocityAttempts = "velocity-attempts",
    VelocityMany = "velocity-many",
    VelocitySpending = "velocity-spending",
    MerchantRisky = "merchant-risky",
    MerchantUnnamed = "merchant-unnamed",
    MerchantNew = "merchant-new",
    MerchantKnown = "merchant-known",
    HistoryShort = "history-short",
    HistoryLong = "history-long",
    Novel = "novel",
    QuietOptedOut = "quiet-opted-out",
    QuietSnoozed = "quiet-snoozed",
    QuietHours = "quiet-hours",
    QuietTrivial = "quiet-trivial",
    QuietLate = "quiet-late",
    QuietWeek = "quiet-week",
    QuietGap = "quiet-gap",
    StopsCapped = "stops-capped",
    HeldOut = "held-out",
    LimitCategory = "limit-category",
    LimitAll = "limit-all",
    Blocked = "blocked",
    BlockedNote = "blocked-note",
    Rule = "rule",

    // messages.ftl
    Several = "several",
    TitlePlainInformation = "title-plain-information",
    TitleReflection = "title-reflection",
    TitleSalientCost = "title-salient-cost",
    TitleGoalReminder = "title-goal-reminder",
    TitleDelay = "title-delay",
    TitleAlternatives = "title-alternatives",
    TitleProtection = "title-protection",
    TitleSafety = "title-safety",
    ReflectionAmount = "reflection-amount",
    ReflectionCategory = "reflection-category",
    ReflectionTiming = "reflection-timing",
    ReflectionPayment = "reflection-payment",
    ReflectionVelocity = "reflection-velocity",
    ReflectionMerchant = "reflection-merchant",
    ReflectionOther = "reflection-other",
    ReflectionSafety = "reflection-safety",
    ReflectionNote = "reflection-note",
    SafetyAdvice = "safety-advice",
    CostHours = "cost-hours",
    CostMinutes = "cost-minutes",
    CostMonthWithin = "cost-month-within",
    CostMonthOver = "cost-month-over",
    GoalStarted = "goal-started",
    GoalSet = "goal-set",
    GoalShare = "goal-share",
    GoalWhole = "goal-whole",
    DelayDay = "delay-day",
    DelayUntil = "delay-until",
    DelaySafety = "delay-safety",
    Alternatives = "alternatives",
    AlternativesCompare = "alternatives-compare",
    AlternativesOffer = "alternatives-offer",
    Protection = "protection",
}
