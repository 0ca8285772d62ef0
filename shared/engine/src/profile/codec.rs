//! A profile as bytes: a version, then the fields in a fixed order. Counts and times are variable-length integers, decayed
//! sums are 32-bit floats, so that two years of daily purchases stay under a kilobyte.

use super::merchants::{HASH_BYTES, shortened};
use super::month::{ByCategory, CURRENCIES_MAX};
use super::{
    AlarmCounts, Applied, FeedbackCounts, INTERRUPTIONS_MAX, Interruptions, LogAmounts, Merchants, MonthSpending,
    Profile, StrategyCounts, Tally,
};
use crate::currency::Currency;
use crate::decision::Strategy;
use crate::entry::EventId;
use crate::id::ID_LENGTH_MAX;
use crate::time::{Day, Instant, Month};

/// The version this code writes, and the newest it reads.
pub const CODEC_VERSION: u8 = 3;

/// How many event ids a blob may hold: far more than fit a day, far less than could exhaust memory.
const EVENTS_MAX: u64 = 100_000;

/// Why bytes are not a profile.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CodecError {
    /// Written by a newer version of Guardian.
    #[error("the profile is of format {found}; this version reads up to {CODEC_VERSION}")]
    Newer {
        /// The format found.
        found: u8,
    },
    /// Not a profile at all, or damaged.
    #[error("the profile is damaged: {0}")]
    Damaged(&'static str),
}

impl Profile {
    /// The profile as bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Writer(Vec::with_capacity(1024));
        out.0.push(CODEC_VERSION);
        out.number(u64::from(self.purchases));
        for count in [self.feedback.regretted, self.feedback.normal_for_me, self.feedback.not_me] {
            out.number(u64::from(count));
        }
        for count in [self.alarms.unneeded, self.alarms.right, self.alarms.missed, self.alarms.overridden] {
            out.number(u64::from(count));
        }
        out.strategies(&self.strategies);
        out.optional_instant(self.first_at);
        out.optional_instant(self.reference);
        for peak in [self.peak, self.recent_peak] {
            out.peak(peak);
        }
        for sum in [self.attempts_daily, self.attempts_weekly, self.spent_daily, self.spent_monthly] {
            out.sum(sum);
        }
        out.sum(self.disowned);
        out.log_amounts(self.amounts);
        self.hours.iter().for_each(|bin| out.sum(*bin));
        out.number(self.categories.iter().len() as u64);
        for (name, sums) in self.categories.iter() {
            out.text(name);
            out.log_amounts(sums);
        }
        out.log_amounts(self.categories.others());
        out.month(&self.month, &self.categories);
        out.number(self.payment_methods.iter().len() as u64);
        for (name, weight) in self.payment_methods.iter() {
            out.text(name);
            out.sum(weight);
        }
        out.sum(self.payment_methods.others());
        out.number(self.merchants.len() as u64);
        let latest = latest_day(self.reference);
        for (hash, day) in self.merchants.as_slice() {
            out.0.extend(hash.to_le_bytes().into_iter().take(HASH_BYTES));
            out.number(latest.since_days(*day).max(0) as u64);
        }
        out.interruptions(self.interruptions.as_slice(), self.reference);
        let (newer_since, newer, older) = self.applied.parts();
        out.number(newer_since.epoch_ms());
        for generation in [newer, older] {
            out.number(generation.len() as u64);
            generation.iter().for_each(|event| out.0.extend(event.0.to_le_bytes()));
        }
        out.0
    }

    /// Reads what [`Profile::encode`] wrote, in this or an older version.
    ///
    /// # Errors
    /// [`CodecError::Newer`] if a newer version wrote it, [`CodecError::Damaged`] if it is not whole.
    pub fn decode(bytes: &[u8]) -> Result<Self, CodecError> {
        let mut input = Reader(bytes);
        let version = match input.byte()? {
            0 => return Err(CodecError::Damaged("format 0")),
            version @ 1..=CODEC_VERSION => version,
            found => return Err(CodecError::Newer { found }),
        };
        let purchases = input.count()?;
        let feedback =
            FeedbackCounts { regretted: input.count()?, normal_for_me: input.count()?, not_me: input.count()? };
        // The first format did not know what became of decisions, and neither the largest amount nor what was disowned of late.
        // The second did not know overrides, strategies, months and interruptions.
        let mut alarms = AlarmCounts::default();
        if version >= 2 {
            (alarms.unneeded, alarms.right, alarms.missed) = (input.count()?, input.count()?, input.count()?);
        }
        let mut strategies = Default::default();
        if version >= 3 {
            alarms.overridden = input.count()?;
            strategies = input.strategies()?;
        }
        let first_at = input.optional_instant()?;
        let reference = input.optional_instant()?;
        let peak = input.peak()?;
        let recent_peak = if version == 1 { None } else { input.peak()? };
        let [attempts_daily, attempts_weekly, spent_daily, spent_monthly] = input.sums()?;
        let disowned = if version == 1 { 0.0 } else { input.sum()? };
        let amounts = input.log_amounts()?;
        let hours = input.sums()?;
        let categories = input.tally(Reader::log_amounts)?;
        let month = if version < 3 { MonthSpending::default() } else { input.month(&categories)? };
        let payment_methods = input.tally(Reader::sum)?;
        let merchants = input.merchants(latest_day(reference), version)?;
        let interruptions = if version < 3 { Interruptions::default() } else { input.interruptions(reference)? };
        let applied = Applied::from_parts(input.instant()?, input.events()?, input.events()?);
        if !input.0.is_empty() {
            return Err(CodecError::Damaged("bytes after the end"));
        }
        Ok(Self {
            purchases,
            feedback,
            alarms,
            strategies,
            first_at,
            reference,
            peak,
            recent_peak,
            amounts,
            categories,
            payment_methods,
            hours,
            attempts_daily,
            attempts_weekly,
            disowned,
            spent_daily,
            spent_monthly,
            month,
            interruptions,
            merchants,
            applied,
        })
    }
}

/// The day from which merchants' days are counted back: no purchase is later than the reference.
fn latest_day(reference: Option<Instant>) -> Day {
    reference.map_or(Day::default(), Instant::day)
}

/// The second from which interruptions are counted back: none is later than the reference.
fn latest_second(reference: Option<Instant>) -> u64 {
    reference.map_or(0, |reference| reference.epoch_ms() / 1000)
}

struct Writer(Vec<u8>);

impl Writer {
    /// A number in LEB128: seven bits a byte, least first.
    fn number(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.0.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.0.push(number as u8);
    }

    /// A peak holds an epoch time in its integer part and so keeps all its bits; negative infinity is "none yet".
    fn peak(&mut self, peak: Option<f64>) {
        self.0.extend(peak.unwrap_or(f64::NEG_INFINITY).to_le_bytes());
    }

    fn sum(&mut self, sum: f64) {
        self.0.extend((sum as f32).to_le_bytes());
    }

    fn log_amounts(&mut self, sums: LogAmounts) {
        [sums.weight, sums.sum, sums.sum_squares].into_iter().for_each(|sum| self.sum(sum));
    }

    /// 0 for none, else the epoch milliseconds plus one.
    fn optional_instant(&mut self, instant: Option<Instant>) {
        self.number(instant.map_or(0, |instant| instant.epoch_ms() + 1));
    }

    fn text(&mut self, text: &str) {
        self.number(text.len() as u64);
        self.0.extend(text.as_bytes());
    }

    /// Those that were ever tried, each after its place in [`Strategy::ALL`].
    fn strategies(&mut self, strategies: &[StrategyCounts]) {
        let tried = || strategies.iter().zip(0_u64..).filter(|(counts, _)| **counts != StrategyCounts::default());
        self.number(tried().count() as u64);
        for (counts, place) in tried() {
            [place, counts.helped.into(), counts.not_helped.into()].into_iter().for_each(|number| self.number(number));
        }
    }

    /// Each currency with its sums in the order of the categories, whose names are written already.
    fn month(&mut self, month: &MonthSpending, categories: &Tally<LogAmounts>) {
        self.signed(month.month().index().into());
        let by_currency = month.in_order_of(categories);
        self.number(by_currency.len() as u64);
        for (currency, sums) in by_currency {
            self.0.extend(currency.code().as_bytes());
            sums.into_iter().for_each(|sum| self.signed(sum));
        }
    }

    /// Seconds back from the reference.
    fn interruptions(&mut self, seconds: &[u64], reference: Option<Instant>) {
        self.number(seconds.len() as u64);
        let latest = latest_second(reference);
        seconds.iter().for_each(|second| self.number(latest.saturating_sub(*second)));
    }

    /// A number that may be below 0: the sign in the lowest bit ("zigzag").
    fn signed(&mut self, number: i64) {
        self.number(((number << 1) ^ (number >> 63)) as u64);
    }
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8], CodecError> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or(CodecError::Damaged("it ends early"))?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], CodecError> {
        self.take(N)?.try_into().map_err(|_| CodecError::Damaged("it ends early"))
    }

    fn byte(&mut self) -> Result<u8, CodecError> {
        self.array().map(|[byte]| byte)
    }

    fn number(&mut self) -> Result<u64, CodecError> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(number);
            }
        }
        Err(CodecError::Damaged("a number without end"))
    }

    fn count(&mut self) -> Result<u32, CodecError> {
        u32::try_from(self.number()?).map_err(|_| CodecError::Damaged("a count out of range"))
    }

    /// The length of a list; `max` keeps damaged bytes from asking for memory.
    fn length(&mut self, max: u64) -> Result<usize, CodecError> {
        let length = self.number()?;
        if length <= max { Ok(length as usize) } else { Err(CodecError::Damaged("a list out of range")) }
    }

    fn peak(&mut self) -> Result<Option<f64>, CodecError> {
        let peak = f64::from_le_bytes(self.array()?);
        match peak {
            f64::NEG_INFINITY => Ok(None),
            _ if peak.is_finite() => Ok(Some(peak)),
            _ => Err(CodecError::Damaged("the largest amount is not a number")),
        }
    }

    fn sum(&mut self) -> Result<f64, CodecError> {
        let sum = f32::from_le_bytes(self.array()?);
        if sum.is_finite() { Ok(f64::from(sum)) } else { Err(CodecError::Damaged("a sum that is not a number")) }
    }

    fn sums<const N: usize>(&mut self) -> Result<[f64; N], CodecError> {
        let mut sums = [0.0; N];
        for sum in &mut sums {
            *sum = self.sum()?;
        }
        Ok(sums)
    }

    fn log_amounts(&mut self) -> Result<LogAmounts, CodecError> {
        Ok(LogAmounts { weight: self.sum()?, sum: self.sum()?, sum_squares: self.sum()? })
    }

    fn instant(&mut self) -> Result<Instant, CodecError> {
        let epoch_ms = i64::try_from(self.number()?).map_err(|_| CodecError::Damaged("a time out of range"))?;
        Instant::from_epoch_ms(epoch_ms).map_err(|_| CodecError::Damaged("a time out of range"))
    }

    fn optional_instant(&mut self) -> Result<Option<Instant>, CodecError> {
        match self.number()? {
            0 => Ok(None),
            later => i64::try_from(later - 1)
                .ok()
                .and_then(|epoch_ms| Instant::from_epoch_ms(epoch_ms).ok())
                .map(Some)
                .ok_or(CodecError::Damaged("a time out of range")),
        }
    }

    fn text(&mut self) -> Result<Box<str>, CodecError> {
        let length = self.length(ID_LENGTH_MAX as u64)?;
        let text =
            std::str::from_utf8(self.take(length)?).map_err(|_| CodecError::Damaged("a name that is no text"))?;
        Ok(text.into())
    }

    fn tally<S: super::Sums>(
        &mut self,
        read: impl Fn(&mut Self) -> Result<S, CodecError>,
    ) -> Result<Tally<S>, CodecError> {
        let length = self.length(Tally::<S>::NAMES_MAX as u64)?;
        let mut named = Vec::with_capacity(length);
        for _ in 0..length {
            named.push((self.text()?, read(self)?));
        }
        Tally::from_parts(named, read(self)?).ok_or(CodecError::Damaged("too many names"))
    }

    fn merchants(&mut self, latest: Day, version: u8) -> Result<Merchants, CodecError> {
        let length = self.length(super::MERCHANTS_MAX as u64)?;
        let mut merchants = Vec::with_capacity(length);
        for _ in 0..length {
            let mut hash = [0; 4];
            let stored = self.take(if version < 3 { hash.len() } else { HASH_BYTES })?;
            hash.iter_mut().zip(stored).for_each(|(byte, stored)| *byte = *stored);
            let days = i32::try_from(self.number()?).map_err(|_| CodecError::Damaged("a day out of range"))?;
            merchants.push((shortened(u32::from_le_bytes(hash)), latest.plus_days(-days)));
        }
        if version < 3 {
            // In the order of the bits that are left; of two that are alike now the later day counts.
            merchants.sort_unstable_by_key(|(hash, day)| (*hash, std::cmp::Reverse(*day)));
            merchants.dedup_by_key(|(hash, _)| *hash);
        }
        Merchants::from_parts(merchants).ok_or(CodecError::Damaged("merchants out of order"))
    }

    fn strategies(&mut self) -> Result<[StrategyCounts; Strategy::ALL.len()], CodecError> {
        let mut strategies = [StrategyCounts::default(); Strategy::ALL.len()];
        for _ in 0..self.length(strategies.len() as u64)? {
            let place = self.number()? as usize;
            let counts = StrategyCounts { helped: self.count()?, not_helped: self.count()? };
            *strategies.get_mut(place).ok_or(CodecError::Damaged("a strategy out of range"))? = counts;
        }
        Ok(strategies)
    }

    fn month(&mut self, categories: &Tally<LogAmounts>) -> Result<MonthSpending, CodecError> {
        const OUT_OF_ORDER: CodecError = CodecError::Damaged("a month out of order");
        let month = i32::try_from(self.signed()?).map_err(|_| OUT_OF_ORDER)?;
        let mut by_currency = Vec::new();
        for _ in 0..self.length(CURRENCIES_MAX as u64)? {
            let code = std::str::from_utf8(self.take(3)?).ok().and_then(|code| Currency::parse(code).ok());
            let mut named = Vec::with_capacity(categories.iter().len());
            for (name, _) in categories.iter() {
                named.push((name.into(), self.signed()?));
            }
            named.retain(|(_, sum)| *sum != 0);
            let sums = ByCategory::from_parts(named, self.signed()?).ok_or(OUT_OF_ORDER)?;
            by_currency.push((code.ok_or(CodecError::Damaged("a currency that is none"))?, sums));
        }
        MonthSpending::from_parts(Month::from_index(month), by_currency).ok_or(OUT_OF_ORDER)
    }

    fn interruptions(&mut self, reference: Option<Instant>) -> Result<Interruptions, CodecError> {
        let latest = latest_second(reference);
        let mut seconds = Vec::with_capacity(INTERRUPTIONS_MAX);
        for _ in 0..self.length(INTERRUPTIONS_MAX as u64)? {
            let back = self.number()?;
            seconds.push(latest.checked_sub(back).ok_or(CodecError::Damaged("an interruption before all time"))?);
        }
        Interruptions::from_parts(seconds).ok_or(CodecError::Damaged("interruptions out of order"))
    }

    fn signed(&mut self) -> Result<i64, CodecError> {
        self.number().map(|number| (number >> 1) as i64 ^ -((number & 1) as i64))
    }

    fn events(&mut self) -> Result<Vec<EventId>, CodecError> {
        let length = self.length(EVENTS_MAX)?;
        let bytes = self.take(length * 8)?;
        Ok(bytes
            .chunks_exact(8)
            .filter_map(|bytes| bytes.try_into().ok())
            .map(u64::from_le_bytes)
            .map(EventId)
            .collect())
    }
}
