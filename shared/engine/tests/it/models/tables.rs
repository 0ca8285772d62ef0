//! Tables hold the whole model and are refused unless they are whole.

use engine::model::{Forest, ModelError, TABLE_VERSION, Trees};

use super::{MODEL, NAMES, forest, read};

#[track_caller]
fn check(table: &[u8], expected: &ModelError) {
    assert_eq!(&Trees::from_table(table).unwrap_err(), expected);
}

#[test]
fn a_table_that_is_not_whole_of_this_kind_and_format_is_refused() {
    let table = read(MODEL).to_table();
    for length in 2..table.len() {
        check(&table[..length], &ModelError::DamagedTable("it ends early"));
    }
    check(&[&table, &[0][..]].concat(), &ModelError::DamagedTable("bytes after the end"));
    check(
        &[b"T", &[TABLE_VERSION + 1][..], &table[2..]].concat(),
        &ModelError::NewerTable { found: TABLE_VERSION + 1 },
    );
    check(&[b"T", &[0][..], &table[2..]].concat(), &ModelError::DamagedTable("format 0"));
    let forest = forest::golden().to_table();
    check(&forest, &ModelError::OtherTable { found: b'F', expected: b'T', kind: "boosted trees" });
    let forest_of_trees = Forest::from_table(&table).unwrap_err().to_string();
    assert_eq!(forest_of_trees, "the model table begins with 0x54, expected 0x46, a table of an isolation forest");
}

#[test]
fn a_table_holds_what_the_model_says_of_itself() {
    let trees = Trees::from_table(&read(golden!("logitraw.json")).to_table()).unwrap();
    assert!(trees.feature_names().eq(NAMES));
    assert_eq!(trees.objective().name(), "binary:logitraw");
    assert_eq!(trees.tree_count(), 2);
    assert!(trees.expect_features(&NAMES).is_ok());
    assert!(trees.expect_features(&NAMES[1..]).is_err());
}
