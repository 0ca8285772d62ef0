//! Which column of a file means what: the mapping that a caller gives, and its columns found in a header.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use csv::ByteRecord;

use super::error::HistoryError;

/// What a column can mean. The first three are needed, the others may be missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[expect(
    missing_docs,
    reason = "each but the last is the field of Transaction with the same name, where it is described"
)]
pub enum Role {
    OccurredAt,
    CustomerId,
    Amount,
    Id,
    MerchantId,
    Category,
    PaymentMethod,
    Currency,
    Label,
    /// What kind of case a row is, in the history's own words; read by [`super::History::scenario`].
    Scenario,
}

impl Role {
    const ALL: [Self; 10] = [
        Self::OccurredAt,
        Self::CustomerId,
        Self::Amount,
        Self::Id,
        Self::MerchantId,
        Self::Category,
        Self::PaymentMethod,
        Self::Currency,
        Self::Label,
        Self::Scenario,
    ];

    const NEEDED: [Self; 3] = [Self::OccurredAt, Self::CustomerId, Self::Amount];

    fn name(self) -> &'static str {
        match self {
            Self::OccurredAt => "occurred_at",
            Self::CustomerId => "customer_id",
            Self::Amount => "amount",
            Self::Id => "id",
            Self::MerchantId => "merchant_id",
            Self::Category => "category",
            Self::PaymentMethod => "payment_method",
            Self::Currency => "currency",
            Self::Label => "label",
            Self::Scenario => "scenario",
        }
    }

    /// The names of all roles, as a sentence lists them.
    pub(super) fn names() -> String {
        Self::ALL.map(Self::name).join(", ")
    }
}

impl fmt::Display for Role {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

/// The name of the column for each role. Read from `role=COLUMN,role=COLUMN,…`; the default expects columns that are
/// called like the roles, as the simulator writes them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ColumnMap {
    /// Empty for the default.
    names: BTreeMap<Role, String>,
}

impl FromStr for ColumnMap {
    type Err = HistoryError;

    fn from_str(text: &str) -> Result<Self, HistoryError> {
        let mut names = BTreeMap::new();
        for mapping in text.split(',') {
            let (role, column) = match mapping.split_once('=') {
                Some((role, column)) if !column.trim().is_empty() => (role.trim(), column.trim()),
                _ => return Err(HistoryError::MappingSyntax(mapping.to_owned())),
            };
            let known = Role::ALL.into_iter().find(|known| known.name() == role);
            let role = known.ok_or_else(|| HistoryError::UnknownRole(role.to_owned()))?;
            if names.insert(role, column.to_owned()).is_some() {
                return Err(HistoryError::RoleMappedTwice(role));
            }
        }
        match Role::NEEDED.into_iter().find(|role| !names.contains_key(role)) {
            Some(role) => Err(HistoryError::RoleNotMapped(role)),
            None => Ok(Self { names }),
        }
    }
}

impl fmt::Display for ColumnMap {
    /// The mapping as it is read, its roles in their own order; nothing for the default.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, (role, column)) in self.names.iter().enumerate() {
            let comma = if position > 0 { "," } else { "" };
            write!(out, "{comma}{role}={column}")?;
        }
        Ok(())
    }
}

impl ColumnMap {
    /// Looks every mapped column up in a file's header.
    pub(super) fn find_in(&self, header: &ByteRecord, file: &str) -> Result<Columns, HistoryError> {
        let header: Vec<String> =
            header.iter().map(|name| String::from_utf8_lossy(name.trim_ascii()).into_owned()).collect();
        let mut columns = Columns::default();
        for role in Role::ALL {
            let (name, needed) = match self.names.get(&role) {
                Some(name) => (name.as_str(), true),
                None if self.names.is_empty() => (role.name(), Role::NEEDED.contains(&role)),
                None => continue,
            };
            match header.iter().position(|column| column == name) {
                Some(position) => columns.set(role, position, name),
                None if needed => {
                    return Err(HistoryError::UnknownColumn {
                        file: file.to_owned(),
                        role,
                        column: name.to_owned(),
                        available: header.join(", "),
                    });
                }
                None => {}
            }
        }
        Ok(columns)
    }
}

/// Where in a record the columns of the roles are.
#[derive(Debug, Default)]
pub(super) struct Columns([Option<(usize, String)>; Role::ALL.len()]);

impl Columns {
    fn set(&mut self, role: Role, position: usize, name: &str) {
        if let Some(place) = self.0.get_mut(role as usize) {
            *place = Some((position, name.to_owned()));
        }
    }

    fn column(&self, role: Role) -> Option<&(usize, String)> {
        self.0.get(role as usize)?.as_ref()
    }

    /// The position of the role's field in a record, if there is such a column.
    pub(super) fn position(&self, role: Role) -> Option<usize> {
        self.column(role).map(|(position, _)| *position)
    }

    /// The name of the role's column, or of the role if there is no such column.
    pub(super) fn name(&self, role: Role) -> &str {
        self.column(role).map_or(role.name(), |(_, name)| name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(mapping: &str, header: &[&str], expect: Result<&[(Role, usize)], &str>) {
        let header = ByteRecord::from(header);
        let found = mapping.parse().and_then(|map: ColumnMap| map.find_in(&header, "h.csv"));
        match (found, expect) {
            (Ok(columns), Ok(expected)) => {
                let found = Role::ALL.into_iter().filter_map(|role| Some((role, columns.position(role)?)));
                assert_eq!(found.collect::<Vec<_>>(), expected);
            }
            (Err(error), Err(expected)) => assert_eq!(error.to_string(), expected),
            (found, expect) => panic!("{mapping}: found {found:?}, expected {expect:?}"),
        }
    }

    #[test]
    fn columns_are_found_by_name() {
        use Role::{Amount, CustomerId, Label, OccurredAt};
        let header = ["n", "WHEN", " WHO ", "SUM", "BAD"];
        let three: &[_] = &[(OccurredAt, 1), (CustomerId, 2), (Amount, 3)];
        check("occurred_at=WHEN,customer_id=WHO,amount=SUM", &header, Ok(three));
        check(" amount = SUM ,customer_id=WHO, occurred_at=WHEN", &header, Ok(three));
        let four: &[_] = &[(OccurredAt, 1), (CustomerId, 2), (Amount, 3), (Label, 4)];
        check("occurred_at=WHEN,customer_id=WHO,amount=SUM,label=BAD", &header, Ok(four));
        check(
            "occurred_at=WHEN,customer_id=WHO,amount=SUM,label=FRAUD",
            &header,
            Err("h.csv has no column `FRAUD` for label; its columns are n, WHEN, WHO, SUM, BAD"),
        );
    }

    #[test]
    fn a_mapping_that_cannot_be_meant_is_refused() {
        let needed = "every history needs occurred_at, customer_id and amount";
        check("", &[], Err("`` is not role=COLUMN, such as amount=TX_AMOUNT"));
        check("amount", &[], Err("`amount` is not role=COLUMN, such as amount=TX_AMOUNT"));
        check("amount=", &[], Err("`amount=` is not role=COLUMN, such as amount=TX_AMOUNT"));
        check("amount=A,amount=B", &[], Err("`amount` is mapped twice"));
        check("amount=A,customer_id=C", &[], Err(&format!("`occurred_at` is not mapped; {needed}")));
        check("sum=A", &[], Err(&format!("`sum` is no role; the roles are {}", Role::names())));
    }

    #[test]
    fn a_mapping_is_written_as_it_is_read() {
        let map: ColumnMap = " amount = SUM ,customer_id=WHO,occurred_at=WHEN".parse().unwrap();
        assert_eq!(map.to_string(), "occurred_at=WHEN,customer_id=WHO,amount=SUM");
        assert_eq!(map.to_string().parse::<ColumnMap>().unwrap(), map);
        assert_eq!(ColumnMap::default().to_string(), "");
    }

    #[test]
    fn without_a_mapping_the_roles_are_the_names() {
        let header = ByteRecord::from(vec!["amount", "x", "occurred_at", "customer_id", "label"]);
        let columns = ColumnMap::default().find_in(&header, "h.csv").unwrap();
        assert_eq!(columns.position(Role::Label), Some(4));
        assert_eq!(columns.position(Role::Category), None);
        let header = ByteRecord::from(vec!["amount"]);
        assert!(ColumnMap::default().find_in(&header, "h.csv").is_err());
    }
}
