//! `infra/costs.md` says what is counted, and adds up what it says.

use std::collections::BTreeMap;

use local::costs::{Cost, Figures, ProfileAge};

/// What the page says that something costs, by its name.
type Said = BTreeMap<String, Cost>;

/// What a million purchases consist of, as the page lists them.
const OF_A_PURCHASE: [&str; 4] = [
    "scoring, merchant and policies looked at within the minute",
    "learning the attempt, old customer",
    "outcome, old customer",
    "learning the purchase, old customer",
];

fn page() -> String {
    std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../costs.md")).unwrap()
}

/// The rows of all tables that have three numbers after their name. A million is written as `M`.
fn rows(page: &str) -> Said {
    let row = |line: &str| {
        let cells: Vec<&str> = line.strip_prefix('|')?.strip_suffix('|')?.split('|').map(str::trim).collect();
        let [name, requests, read, write] = cells[..] else { return None };
        let number = |cell: &str| cell.trim_end_matches(" M").parse().ok();
        let requests = requests.trim_end_matches(" M").parse().ok()?;
        Some((name.to_owned(), Cost { requests, read_units: number(read)?, write_units: number(write)? }))
    };
    page.lines().filter_map(row).collect()
}

/// Compares the page with what was counted with a few entries in the table.
pub(crate) fn check(figures: &Figures, ages: &[ProfileAge]) {
    let (page, counted) = (page(), &figures.rows);
    let said = rows(&page);
    for row in counted {
        if let Some(said) = said.get(&row.name) {
            assert_eq!(*said, row.cost, "{}", row.name);
        }
    }
    let is_counted = |name: &&String| counted.iter().any(|row| row.name == **name);
    let sums: Vec<&String> = said.keys().filter(|name| !is_counted(name)).collect();
    assert_eq!(sums, ["a million purchases"], "what the page says is counted, or one of its sums");
    let of_a_purchase =
        OF_A_PURCHASE.map(|name| *said.get(name).unwrap_or_else(|| panic!("{name} is not on the page")));
    let sum = of_a_purchase.into_iter().fold(Cost::default(), |sum, row| sum + row);
    assert_eq!(said["a million purchases"], sum);

    // Sizes differ by a few digits of the times that a machine took.
    let near = |what: &str, bytes: usize| {
        let text = page.split_once(what).unwrap_or_else(|| panic!("{what} is not on the page")).1;
        let said: String = text.chars().take_while(|letter| letter.is_ascii_digit() || *letter == ',').collect();
        let said: f64 = said.replace(',', "").parse().unwrap();
        assert!((said / bytes as f64 - 1.0).abs() < 0.02, "{what}{said}, and it is {bytes}");
    };
    near("A scored entry has about ", figures.sizes.entry_bytes);
    near("a profile about ", ages.iter().find(|age| age.days == 365).unwrap().profile_bytes);
}

#[test]
fn only_rows_with_three_numbers_are_read() {
    let page = "| a | b | c | d |\n|---|---|---|---|\n| one, two | 4 | 0.5 | 13 |\n| many | 9 M | 4 M | 13 M |\n| x | 1 | 2 |\n";
    let cost = |requests, read_units, write_units| Cost { requests, read_units, write_units };
    let expected = [("one, two".to_owned(), cost(4, 0.5, 13.0)), ("many".to_owned(), cost(9, 4.0, 13.0))];
    assert_eq!(rows(page), expected.into());
}
