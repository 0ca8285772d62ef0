//! Every number the simulation is made of. **Assumed** unless a source is named: they are chosen so that the result is
//! plausible in order of magnitude and has what the product must cope with, not fitted to anybody's data.

/// A bump of the day: its centre and its standard deviation in hours, and its share.
pub(super) type Bump = (f64, f64, f64);

/// Late morning and after work, as opening hours and work allow.
const SHOP_HOURS: &[Bump] = &[(11.0, 1.8, 0.4), (17.5, 2.0, 0.6)];
/// Lunch and dinner.
const MEAL_HOURS: &[Bump] = &[(12.7, 0.8, 0.45), (19.8, 1.2, 0.55)];
/// On the way to work, and a break in the afternoon.
const COFFEE_HOURS: &[Bump] = &[(8.2, 1.0, 0.6), (14.0, 2.5, 0.4)];
/// To work and back.
const COMMUTE_HOURS: &[Bump] = &[(8.0, 0.9, 0.5), (17.7, 1.3, 0.5)];
/// Any time of the day.
const DAY_HOURS: &[Bump] = &[(14.0, 3.2, 1.0)];
/// After dinner, when people shop from the sofa or go out.
const EVENING_HOURS: &[Bump] = &[(20.2, 1.9, 0.8), (13.0, 2.0, 0.2)];
/// Early morning, when banks book standing orders.
const BOOKING_HOURS: &[Bump] = &[(6.0, 1.2, 1.0)];
/// Late in the evening and past midnight, when self-control is at its lowest.
pub(super) const LATE_HOURS: &[Bump] = &[(22.8, 1.6, 1.0)];

/// What people buy, and how.
pub(super) struct Category {
    pub(super) name: &'static str,
    /// Share of everyday purchases, relative to the others; 0 for what is only billed.
    pub(super) everyday: f64,
    /// Median of one purchase for somebody of average income, in major units.
    pub(super) median: f64,
    /// Standard deviation of the logarithm of the amount.
    pub(super) sigma: f64,
    /// How many merchants there are in each region, or online.
    pub(super) merchants: u16,
    /// Bought from afar: the same merchants everywhere.
    pub(super) online: bool,
    /// When.
    pub(super) hours: &'static [Bump],
    /// How much more often on a weekend than on a working day, in December, in summer, on a trip.
    pub(super) weekend: f64,
    pub(super) december: f64,
    pub(super) summer: f64,
    pub(super) trip: f64,
    /// Share of impulsive purchases, of large planned ones, of a thief's, relative to the others.
    pub(super) impulse: f64,
    pub(super) planned: f64,
    pub(super) stolen: f64,
    /// How many bills of this kind a customer has, on average.
    pub(super) bills: f64,
    /// By how much one such bill differs from month to month, as a standard deviation of its logarithm: what is metered
    /// does, a subscription costs the same every month.
    pub(super) bill_sigma: f64,
}

/// What the table leaves out of a row is as in this one.
const PLAIN: Category = Category {
    name: "",
    everyday: 0.0,
    median: 1.0,
    sigma: 0.7,
    merchants: 40,
    online: false,
    hours: SHOP_HOURS,
    weekend: 1.0,
    december: 1.0,
    summer: 1.0,
    trip: 1.0,
    impulse: 0.0,
    planned: 0.0,
    stolen: 0.0,
    bills: 0.0,
    bill_sigma: 0.0,
};

/// How many categories there are.
pub(super) const CATEGORY_COUNT: usize = 16;

/// The most merchants of one category in one region.
pub(super) const MERCHANTS_MAX: usize = 120;

/// The categories. Everyday shares and medians follow the order of everyday life (many small purchases of food, few
/// large ones of things); each sigma is between a coffee's (prices hardly differ) and electronics' (a cable, a computer).
#[rustfmt::skip]
pub(super) static CATEGORIES: [Category; CATEGORY_COUNT] = [
    Category { name: "groceries", everyday: 28.0, median: 24.0, weekend: 1.3, december: 1.15, trip: 0.6, ..PLAIN },
    Category { name: "restaurants", everyday: 14.0, median: 19.0, merchants: 80, hours: MEAL_HOURS, weekend: 1.5, summer: 1.15, trip: 3.0, ..PLAIN },
    Category { name: "coffee", everyday: 13.0, median: 4.2, sigma: 0.4, merchants: 60, hours: COFFEE_HOURS, weekend: 0.7, trip: 1.5, ..PLAIN },
    Category { name: "transport", everyday: 11.0, median: 6.5, sigma: 0.8, merchants: 20, hours: COMMUTE_HOURS, weekend: 0.6, trip: 2.0, stolen: 0.3, ..PLAIN },
    Category { name: "fuel", everyday: 4.0, median: 52.0, sigma: 0.35, merchants: 15, hours: COMMUTE_HOURS, summer: 1.2, stolen: 0.4, ..PLAIN },
    Category { name: "health", everyday: 4.0, median: 18.0, sigma: 0.8, merchants: 25, hours: DAY_HOURS, weekend: 0.4, trip: 0.7, stolen: 0.1, ..PLAIN },
    Category { name: "home", everyday: 3.0, median: 48.0, sigma: 1.0, merchants: 25, weekend: 1.6, trip: 0.0, impulse: 1.0, planned: 3.0, stolen: 0.3, ..PLAIN },
    Category { name: "fashion", everyday: 4.0, median: 45.0, sigma: 0.8, merchants: 120, weekend: 1.4, december: 1.4, impulse: 3.0, stolen: 1.5, ..PLAIN },
    Category { name: "entertainment", everyday: 5.0, median: 17.0, hours: EVENING_HOURS, weekend: 1.8, summer: 1.2, trip: 1.8, impulse: 1.0, stolen: 0.3, ..PLAIN },
    Category { name: "gifts", everyday: 2.0, median: 32.0, merchants: 50, december: 3.0, trip: 1.5, impulse: 0.7, stolen: 2.0, ..PLAIN },
    Category { name: "electronics", everyday: 2.0, median: 90.0, sigma: 1.1, merchants: 60, online: true, hours: EVENING_HOURS, december: 1.6, trip: 0.2, impulse: 2.5, planned: 2.0, stolen: 3.0, ..PLAIN },
    Category { name: "gaming", everyday: 3.0, median: 20.0, merchants: 20, online: true, hours: EVENING_HOURS, weekend: 1.3, december: 1.3, trip: 0.4, impulse: 2.5, stolen: 1.0, ..PLAIN },
    Category { name: "marketplace", everyday: 6.0, median: 28.0, sigma: 0.9, merchants: 30, online: true, hours: EVENING_HOURS, december: 1.5, trip: 0.3, impulse: 2.5, stolen: 2.0, ..PLAIN },
    Category { name: "travel", everyday: 1.0, median: 140.0, sigma: 0.9, merchants: 50, online: true, hours: EVENING_HOURS, december: 0.8, summer: 1.6, trip: 2.0, impulse: 0.5, planned: 2.0, stolen: 1.5, ..PLAIN },
    Category { name: "utilities", median: 65.0, sigma: 0.5, merchants: 12, online: true, hours: BOOKING_HOURS, bills: 2.0, bill_sigma: 0.06, ..PLAIN },
    Category { name: "subscriptions", median: 12.0, sigma: 0.45, merchants: 25, online: true, hours: BOOKING_HOURS, bills: 3.0, ..PLAIN },
];

/// A part of the world with merchants and a clock of its own.
pub(super) struct Region {
    pub(super) name: &'static str,
    /// How far its clocks are ahead of UTC, in minutes, without summer time.
    pub(super) offset_minutes: i16,
    /// Whether its clocks follow European summer time.
    pub(super) summer_time: bool,
}

/// The region of merchants that are bought from afar.
pub(super) const ONLINE: usize = 0;
/// Regions where customers live.
pub(super) const HOME_REGIONS: std::ops::Range<usize> = 1..7;
/// Regions where customers travel, and where thieves buy.
pub(super) const FAR_REGIONS: std::ops::Range<usize> = 7..13;
/// How many regions there are.
pub(super) const REGION_COUNT: usize = 13;

/// The regions. Offsets are those of real places; the far ones keep theirs all year, which a trip is too short to show.
#[rustfmt::skip]
pub(super) static REGIONS: [Region; REGION_COUNT] = [
    Region { name: "online", offset_minutes: 60, summer_time: true },
    Region { name: "island", offset_minutes: 0, summer_time: true },
    Region { name: "north", offset_minutes: 60, summer_time: true },
    Region { name: "west", offset_minutes: 60, summer_time: true },
    Region { name: "south", offset_minutes: 60, summer_time: true },
    Region { name: "centre", offset_minutes: 60, summer_time: true },
    Region { name: "east", offset_minutes: 120, summer_time: true },
    Region { name: "far_pacific", offset_minutes: -480, summer_time: false },
    Region { name: "far_atlantic", offset_minutes: -300, summer_time: false },
    Region { name: "far_south", offset_minutes: 120, summer_time: false },
    Region { name: "far_gulf", offset_minutes: 240, summer_time: false },
    Region { name: "far_india", offset_minutes: 330, summer_time: false },
    Region { name: "far_asia", offset_minutes: 540, summer_time: false },
];

/// A way of paying.
pub(super) struct PaymentMethod {
    pub(super) name: &'static str,
    /// How much more often than usual it pays online, on impulse, and a thief's purchase.
    pub(super) online: f64,
    pub(super) impulse: f64,
    pub(super) stolen: f64,
    /// How much more often than usual it pays a bill.
    pub(super) bill: f64,
    /// The smallest amount it is offered for, in major units.
    pub(super) amount_min: f64,
}

/// How many payment methods there are.
pub(super) const PAYMENT_METHOD_COUNT: usize = 5;

/// The payment methods. Only cards are stolen here. BNPL is offered from about 30 euros, as its providers do, and is
/// drawn four times as often on impulse, because not paying now is what tempts.
#[rustfmt::skip]
pub(super) static PAYMENT_METHODS: [PaymentMethod; PAYMENT_METHOD_COUNT] = [
    PaymentMethod { name: "debit_card", online: 0.4, impulse: 0.6, stolen: 1.0, bill: 0.2, amount_min: 0.0 },
    PaymentMethod { name: "credit_card", online: 1.3, impulse: 1.5, stolen: 2.0, bill: 1.0, amount_min: 0.0 },
    PaymentMethod { name: "wallet", online: 1.4, impulse: 1.3, stolen: 0.0, bill: 0.3, amount_min: 0.0 },
    PaymentMethod { name: "bank_transfer", online: 1.5, impulse: 0.0, stolen: 0.0, bill: 20.0, amount_min: 5.0 },
    PaymentMethod { name: "bnpl", online: 2.5, impulse: 4.0, stolen: 0.0, bill: 0.0, amount_min: 30.0 },
];

/// A kind of customer.
pub(super) struct Segment {
    /// Share of all customers, relative to the others.
    pub(super) share: f64,
    /// Median income relative to the average one.
    pub(super) income: f64,
    /// Everyday purchases on an ordinary day.
    pub(super) purchases_a_day: f64,
    /// By how many hours their day is later than others'.
    pub(super) hours_later: f64,
    /// Trips a year.
    pub(super) trips_a_year: f64,
    /// Impulsive purchases relative to others.
    pub(super) impulsiveness: f64,
    /// How often each of [`PAYMENT_METHODS`] is used in a shop.
    pub(super) payments: [f64; PAYMENT_METHOD_COUNT],
    /// What they buy more or less often than others.
    pub(super) leanings: &'static [(&'static str, f64)],
}

/// The segments: students, employees, families, professionals, retired people.
#[rustfmt::skip]
pub(super) static SEGMENTS: [Segment; 5] = [
    Segment { share: 15.0, income: 0.55, purchases_a_day: 1.5, hours_later: 1.5, trips_a_year: 2.0, impulsiveness: 1.5,
        payments: [0.45, 0.08, 0.40, 0.010, 0.030], leanings: &[("gaming", 2.0), ("coffee", 1.4), ("home", 0.3), ("fuel", 0.3)] },
    Segment { share: 35.0, income: 1.0, purchases_a_day: 1.7, hours_later: 0.0, trips_a_year: 1.5, impulsiveness: 1.0,
        payments: [0.50, 0.20, 0.26, 0.010, 0.015], leanings: &[] },
    Segment { share: 25.0, income: 1.15, purchases_a_day: 2.1, hours_later: -0.3, trips_a_year: 1.3, impulsiveness: 0.9,
        payments: [0.52, 0.28, 0.16, 0.015, 0.020], leanings: &[("groceries", 1.4), ("home", 1.6), ("gaming", 0.7)] },
    Segment { share: 13.0, income: 1.8, purchases_a_day: 2.2, hours_later: 0.5, trips_a_year: 3.5, impulsiveness: 1.0,
        payments: [0.25, 0.50, 0.24, 0.010, 0.005], leanings: &[("restaurants", 1.5), ("travel", 2.0), ("transport", 1.3)] },
    Segment { share: 12.0, income: 0.8, purchases_a_day: 1.2, hours_later: -1.5, trips_a_year: 1.2, impulsiveness: 0.4,
        payments: [0.70, 0.20, 0.03, 0.040, 0.003], leanings: &[("health", 2.0), ("transport", 0.6), ("gaming", 0.1), ("coffee", 0.7)] },
];

/// How much people of one segment differ: the standard deviation of the logarithm of income, of the liking of each
/// category, of its amounts, of each payment method and weekday, and of impulsiveness.
pub(super) const INCOME_SIGMA: f64 = 0.35;
pub(super) const LIKING_SIGMA: f64 = 0.5;
pub(super) const PERSONAL_AMOUNT_SIGMA: f64 = 0.3;
pub(super) const PAYMENT_SIGMA: f64 = 0.8;
pub(super) const WEEKDAY_SIGMA: f64 = 0.2;
pub(super) const IMPULSIVENESS_SIGMA: f64 = 0.7;
/// The standard deviation of personal hours, in hours.
pub(super) const HOURS_LATER_SIGMA: f64 = 1.0;
/// By which power of income amounts grow: richer people pay more for the same, though not in proportion.
pub(super) const INCOME_ELASTICITY: f64 = 0.5;

/// Favourite merchants a customer has in each category.
pub(super) const FAVOURITES: usize = 3;
/// How likely a purchase at home is at a favourite rather than anywhere; which of them, relative to the others.
pub(super) const FAVOURITE_CHANCE: f64 = 0.75;
pub(super) const FAVOURITE_SHARES: [f64; FAVOURITES] = [6.0, 3.0, 1.0];
/// How strongly customers crowd at a few merchants: a uniform draw to this power is the merchant's place in the order
/// of popularity, so that the first of 40 merchants gets a sixth of all, and the tail is long.
pub(super) const CROWDING: f64 = 2.0;

/// Days of the month on which salaries arrive.
pub(super) const PAY_DAYS: [u8; 5] = [1, 15, 25, 27, 28];
/// How much more is bought in the days after pay-day, how many those are; and in the last days before it.
pub(super) const AFTER_PAY_DAY: f64 = 1.3;
pub(super) const AFTER_PAY_DAYS: u8 = 3;
pub(super) const BEFORE_PAY_DAY: f64 = 0.85;
pub(super) const BEFORE_PAY_DAYS: u8 = 4;

/// How much more is bought in December, and in January after it.
pub(super) const DECEMBER: f64 = 1.15;
pub(super) const JANUARY: f64 = 0.92;

/// How chances that are known by the year are spread over its days.
pub(super) const DAYS_A_YEAR: f64 = 365.0;

/// Large purchases that were thought over: how many a year, and how many times the usual amount.
pub(super) const PLANNED_A_YEAR: f64 = 2.5;
pub(super) const PLANNED_AMOUNT: f64 = 6.0;

/// Trips: their length in days; how much more is bought, and for how much more, than at home; how much more often people
/// leave in summer.
pub(super) const TRIP_DAYS: (f64, f64) = (2.0, 14.0);
pub(super) const TRIP_PURCHASES: f64 = 1.6;
pub(super) const TRIP_AMOUNT: f64 = 1.25;
pub(super) const TRIP_SUMMER: f64 = 2.0;

/// Lives change: how often a year (a move, a child and a new job together), and for how many days it shows.
pub(super) const LIFE_CHANGES_A_YEAR: f64 = 0.25;
pub(super) const NEW_HABIT_DAYS: i32 = 30;

/// Impulsive purchases of an average customer on an ordinary day: some 4 % of all. Only those are meant that a person
/// would notice as unlike themselves, not every sweet at the till.
pub(super) const IMPULSES_A_DAY: f64 = 0.087;
/// How much likelier they are after pay-day, on a weekend, in December.
pub(super) const IMPULSE_AFTER_PAY_DAY: f64 = 1.5;
pub(super) const IMPULSE_WEEKEND: f64 = 1.2;
pub(super) const IMPULSE_DECEMBER: f64 = 1.4;
/// How many times the usual amount.
pub(super) const IMPULSE_AMOUNT: f64 = 1.9;
/// How likely they are late in the evening rather than at the category's own hours, and at a merchant that is no favourite.
pub(super) const IMPULSE_LATE: f64 = 0.65;
pub(super) const IMPULSE_ELSEWHERE: f64 = 0.8;
/// Regret, 1 to 10: of an average impulse; more when late; more per unit of log amount above the usual; and its spread.
/// About six in ten impulses end at or above the engine's threshold of regret.
pub(super) const REGRET_MEAN: f64 = 6.0;
pub(super) const REGRET_LATE: f64 = 0.8;
pub(super) const REGRET_AMOUNT: f64 = 0.7;
pub(super) const REGRET_DEVIATION: f64 = 1.8;

/// Merchants that leak cards: how likely one is compromised on a day, for how many days it stays so (28, as in the Fraud
/// Detection Handbook's scenario 2), and how likely a purchase there leaks the card.
pub(super) const MERCHANT_COMPROMISED_A_DAY: f64 = 1.0 / 2_500.0;
pub(super) const MERCHANT_COMPROMISED_DAYS: i32 = 28;
pub(super) const LEAK_CHANCE: f64 = 0.05;
/// Days between the leak and the first use of the card.
pub(super) const LEAK_DELAY_DAYS: (f64, f64) = (2.0, 15.0);
/// Cards lost in other ways, a year and customer. Together with leaks, fraud is about 0.7 % of attempts, near the
/// handbook's 0.84 %, so that a small run has some to show. Real card fraud is some twenty times rarer: 0.036 % of the
/// value paid in 2019 (ECB, *Seventh report on card fraud*, 2021).
pub(super) const THEFTS_A_YEAR: f64 = 0.6;
/// A theft: for how many days the card works, how many purchases a day, how many times the usual amount.
pub(super) const THEFT_DAYS: (f64, f64) = (1.0, 5.0);
pub(super) const THEFT_PURCHASES_A_DAY: f64 = 2.5;
pub(super) const THEFT_AMOUNT: f64 = 2.2;
pub(super) const THEFT_SIGMA: f64 = 0.8;
/// How likely a thief buys in a far region rather than near or online, and first tries the card with a small amount.
pub(super) const THEFT_FAR: f64 = 0.6;
pub(super) const THEFT_TRIAL: f64 = 0.3;
pub(super) const THEFT_TRIAL_AMOUNT: (f64, f64) = (1.0, 3.0);

/// The largest amount of one purchase, in major units: tails are cut here.
pub(super) const AMOUNT_MAX: f64 = 15_000.0;

/// The category at a position; the first one beyond the last.
pub(super) fn category(position: usize) -> &'static Category {
    CATEGORIES.get(position).unwrap_or(&CATEGORIES[0])
}

/// The region at a position; online beyond the last.
pub(super) fn region(position: usize) -> &'static Region {
    REGIONS.get(position).unwrap_or(&REGIONS[ONLINE])
}

/// The payment method at a position; the first one beyond the last.
pub(super) fn payment_method(position: usize) -> &'static PaymentMethod {
    PAYMENT_METHODS.get(position).unwrap_or(&PAYMENT_METHODS[0])
}

/// The segment at a position; the first one beyond the last.
pub(super) fn segment(position: usize) -> &'static Segment {
    SEGMENTS.get(position).unwrap_or(&SEGMENTS[0])
}

#[cfg(test)]
mod tests {
    use engine::id::MerchantId;

    use super::*;

    #[test]
    fn names_are_ids_and_leanings_name_categories() {
        for category in &CATEGORIES {
            assert!(MerchantId::parse(&format!("{}-far_atlantic-000", category.name)).is_ok());
            assert!((1..=MERCHANTS_MAX).contains(&usize::from(category.merchants)), "{}", category.name);
        }
        for (name, _) in SEGMENTS.iter().flat_map(|segment| segment.leanings) {
            assert!(CATEGORIES.iter().any(|category| category.name == *name), "{name}");
        }
        assert_eq!((HOME_REGIONS.start, FAR_REGIONS.start, FAR_REGIONS.end), (1, HOME_REGIONS.end, REGION_COUNT));
    }
}
