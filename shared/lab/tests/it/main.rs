//! The library on whole files, and the program as people run it.

#[cfg(test)]
mod backtests;
#[cfg(test)]
mod cli;
#[cfg(test)]
mod evaluations;
#[cfg(test)]
mod guards;
#[cfg(test)]
mod histories;
#[cfg(test)]
mod imports;
#[cfg(test)]
mod interventions;
#[cfg(test)]
mod own_models;
#[cfg(test)]
mod policies;
#[cfg(test)]
mod report;
