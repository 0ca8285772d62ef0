//! Who is killed.

use crate::simulation::dice::Dice;
use crate::stack::{EMULATOR, SCORER, UPDATER};

/// A process, or all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Victim {
    /// The function that scores.
    Score,
    /// The function that takes outcomes, feedback and imports.
    Customers,
    /// The function that learns.
    Updater,
    /// The table's process, with its database on disk.
    Emulator,
    /// `cargo local` itself, and with it everything: the trigger is a part of it.
    Stack,
}

/// What a victim is to the stack.
pub(super) enum Target {
    /// A service of this name, which the supervisor starts again.
    Service(&'static str),
    /// All of it: started again by who killed it.
    Stack,
}

impl Victim {
    const ALL: [Self; 5] = [Self::Score, Self::Customers, Self::Updater, Self::Emulator, Self::Stack];

    /// Each of them so often, in an order of the dice.
    pub(super) fn each(times: usize, dice: &mut Dice) -> Vec<Self> {
        let mut victims = Self::ALL.repeat(times);
        for last in (1..victims.len()).rev() {
            victims.swap(last, dice.number(0..last as u64 + 1) as usize);
        }
        victims
    }

    pub(super) fn name(self) -> &'static str {
        match self.target() {
            Target::Service(name) => name,
            Target::Stack => "the whole stack",
        }
    }

    pub(super) fn target(self) -> Target {
        match self {
            Self::Score => Target::Service(SCORER),
            Self::Customers => Target::Service("customers"),
            Self::Updater => Target::Service(UPDATER),
            Self::Emulator => Target::Service(EMULATOR),
            Self::Stack => Target::Stack,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_is_killed_so_often_and_the_seed_decides_the_order() {
        let of = |seed| Victim::each(2, &mut Dice::of(seed, "kills", 0));
        for seed in 0..20 {
            let mut victims = of(seed);
            assert_eq!(victims, of(seed));
            victims.sort_unstable();
            assert_eq!(victims, Victim::ALL.iter().flat_map(|victim| [*victim; 2]).collect::<Vec<_>>());
        }
        assert!((1..20).any(|seed| of(seed) != of(0)));
    }
}
