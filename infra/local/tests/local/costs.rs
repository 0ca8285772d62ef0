//! What everything costs at the table: the same in a full one as in an empty one, and as AWS's rules have it.

use std::path::Path;

use local::costs::{Cost, Figures, Row, growth, measure, profile_ages};

use crate::costs_page;
use crate::dynamodb::{elsewhere, name_of_its_own};

async fn figures(entries: u64) -> Figures {
    measure(entries, None, &workspace(), |_| ()).await.unwrap()
}

fn workspace() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

#[track_caller]
fn cost(figures: &Figures, name: &str) -> Cost {
    figures.rows.iter().find(|row| row.name == name).unwrap_or_else(|| panic!("{name} in {:#?}", figures.rows)).cost
}

/// Write units of an item (Amazon DynamoDB Developer Guide, "Read and write operations": "up to 1 KB", rounded up).
fn write_units(bytes: usize) -> f64 {
    bytes.div_ceil(1024) as f64
}

#[tokio::test]
async fn nothing_hot_costs_more_in_a_table_a_hundred_times_as_full() {
    let (few, many) = (figures(100).await, figures(10_000).await);
    println!("{}{}", few.in_words(), many.in_words());
    assert_eq!(growth(&[few.clone(), many.clone()]), [""; 0]);

    costs_page::check(&few, &profile_ages().await.unwrap());

    // The arithmetic is AWS's.
    let scoring = cost(&few, "scoring, old customer");
    assert_eq!((scoring.requests, scoring.write_units), (4, write_units(few.sizes.entry_bytes)));
    let units = |requests, read_units, write_units| Cost { requests, read_units, write_units };
    // Nothing is found of the customer; up to 4 KB of the merchant and of the policies, eventually consistent. A process that scored
    // within the last minute knows the policies, and merchants it saw.
    assert_eq!(cost(&few, "scoring, new customer"), units(4, 1.0 + 0.5 + 0.5, 2.0));
    // One read and one transaction for each customer: two writes of their profile and two of the day's roll-up.
    let batch = cost(&few, "learning 100 purchases of 10 customers in one batch");
    assert_eq!(batch, units(2 * 10, 10.0, 10.0 * 2.0 * (1.0 + 1.0)));
    let report = cost(&few, "report, 90 days");
    // Eight shards, and the policies that experiments are judged by.
    assert_eq!((report.requests, report.write_units), (8 + 1, 0.0));
    let report_of_many = cost(&many, "report, 90 days");
    assert_eq!(report_of_many.requests, 8 + 1);
    let (few_units, many_units) = (report.read_units, report_of_many.read_units);
    assert!(many_units <= 1.1 * few_units, "a hundred times as many are a digit more in some numbers");
    // A batch with a decision in it names it in the feed: one item of up to 1 KB beside what a batch without one costs.
    let with_decision = cost(&few, "learning the attempt, new customer");
    let without = cost(&few, "learning the purchase, new customer");
    assert_eq!(with_decision.requests, without.requests + 1);
    // The roll-ups, the feed's slots, the entries that they name; a customer's page is one look at them.
    for figures in [&few, &many] {
        assert_eq!(cost(figures, "dashboard, 1 days").requests, 8 + 1 + 1 + 1);
        assert_eq!(cost(figures, "dashboard, one customer").requests, 1);
    }
}

#[tokio::test]
async fn a_profile_is_one_write_unit_after_five_years() {
    let ages = profile_ages().await.unwrap();
    assert_eq!(ages.last().unwrap().days, 1_825);
    for age in ages {
        assert!(write_units(age.profile_bytes) <= 1.0, "{age}");
    }
}

#[tokio::test]
#[ignore = "needs Amazon's DynamoDB Local: cargo local dynamodb-local -- cargo test -p local --test local -- --ignored costs"]
async fn amazons_emulator_charges_the_same() {
    let address = elsewhere().expect("run it with `cargo local dynamodb-local`");
    let amazons = measure(100, Some((address, &name_of_its_own())), &workspace(), |_| ()).await.unwrap();
    let embedded = figures(100).await;
    // An entry tells how long the one before it took, in as many digits as that has.
    let sizes =
        |Figures { sizes, .. }: &Figures| (write_units(sizes.entry_bytes), sizes.profile_bytes, sizes.exported_entries);
    assert_eq!(sizes(&embedded), sizes(&amazons));
    assert_eq!(embedded.rows.len(), amazons.rows.len());
    let difference = |(embedded, amazons): (&Row, &Row)| {
        let more = (
            embedded.cost.requests as f64 - amazons.cost.requests as f64,
            embedded.cost.read_units - amazons.cost.read_units,
            embedded.cost.write_units - amazons.cost.write_units,
        );
        (embedded.name.clone(), more)
    };
    let pairs = || embedded.rows.iter().zip(&amazons.rows);
    let differences = pairs().filter(|(row, _)| row.hot).map(difference);
    let differences: Vec<_> = differences.filter(|(_, more)| *more != (0.0, 0.0, 0.0)).collect();
    let known = [
        // "If you perform a read operation on an item that does not exist, DynamoDB still consumes read throughput." That is one
        // unit for a customer of whom nothing is known, and half a one for policies where there are none.
        ("scoring, new customer", (0.0, 1.5, 0.0)),
        ("= decision and purchase, new customer", (0.0, 1.5, 0.0)),
        // An update of 3 to 4 KB in a transaction is two writes of 4 units each; Amazon's emulator counts four.
        ("learning a label at a busy merchant, new customer", (0.0, 0.0, -8.0)),
        ("scoring, old customer", (0.0, 0.5, 0.0)),
        ("= decision and purchase, old customer", (0.0, 0.5, 0.0)),
        ("learning a label at a busy merchant, old customer", (0.0, 0.0, -8.0)),
        ("scoring, 100 attempts in the last hour", (0.0, 0.5, 0.0)),
        ("scoring, merchant and policies looked at within the minute", (0.0, 1.0, 0.0)),
    ];
    // Pages of many items are rounded at another place, each by half a unit.
    let far = |(one, other): &(&Row, &Row)| {
        (one.cost.read_units - other.cost.read_units).abs() > (0.01 * other.cost.read_units).max(1.0)
    };
    assert_eq!(pairs().filter(|(row, _)| !row.hot).find(far), None);
    assert_eq!(differences, known.map(|(name, more)| (name.to_owned(), more)));
}
