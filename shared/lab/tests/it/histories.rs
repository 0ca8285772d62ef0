//! Histories from whole files: what is read, what is skipped, and what errors say.

use std::io::{Cursor, Write};
use std::path::Path;

use engine::currency::Currency;
use engine::id::MerchantId;
use lab::history::{ColumnMap, Compression, History, HistoryError};
use lab::transaction::Transaction;
use proptest::prelude::*;

/// The same three rows in each format; the compressed ones in two parts (members, streams, frames), as appending to a
/// file gives, and the .zst one with skippable frames before each.
const FORMATS: [(Compression, &[u8]); 4] = [
    (Compression::Plain, include_bytes!("data/history.csv")),
    (Compression::Gzip, include_bytes!("data/history.csv.gz")),
    (Compression::Xz, include_bytes!("data/history.csv.xz")),
    (Compression::Zstd, include_bytes!("data/history.csv.zst")),
];

fn history(bytes: &[u8], columns: &ColumnMap) -> Result<History, HistoryError> {
    History::from_reader("h.csv", Cursor::new(bytes.to_vec()), columns, Currency::parse("EUR").unwrap())
}

/// A transaction on one line.
fn line(transaction: &Transaction) -> String {
    let Transaction { id, customer_id, merchant_id, category, payment_method, amount, occurred_at, label } =
        transaction;
    let merchant = merchant_id.as_ref().map_or("-", MerchantId::as_str);
    let (id, customer) = (id.as_str(), customer_id.as_str());
    let (category, payment_method) = (category.as_str(), payment_method.as_str());
    let (amount, currency) = (amount.to_decimal(), amount.currency());
    format!("{id} {occurred_at} {customer} {merchant} {category} {payment_method} {amount} {currency} {label:?}")
}

/// Each row of a text as one line, errors as they are printed; also what is wrong with the text as a whole.
fn rows(bytes: &[u8], columns: &ColumnMap) -> Vec<String> {
    match history(bytes, columns) {
        Ok(history) => history.map(|row| row.map_or_else(|error| error.to_string(), |row| line(&row))).collect(),
        Err(error) => vec![error.to_string()],
    }
}

#[track_caller]
fn check(text: &str, columns: &str, expect: &[&str]) {
    assert_eq!(rows(text.as_bytes(), &columns.parse().unwrap()), expect);
}

const THREE: &str = "occurred_at=t,customer_id=c,amount=a";

#[test]
fn every_format_is_read_whole() {
    for (compression, bytes) in FORMATS {
        assert_eq!(history(bytes, &ColumnMap::default()).unwrap().compression(), compression);
        assert_eq!(
            rows(bytes, &ColumnMap::default()),
            [
                "row-1 2018-04-01T00:00:31Z 596 3156 unknown unknown 57.16 EUR Some(false)",
                "row-2 2018-04-01T00:02:10Z 4961 3412 unknown unknown 81.51 EUR Some(true)",
                "row-3 2018-04-01T00:07:56Z 2 1365 unknown unknown 146.00 EUR None",
            ]
        );
    }
}

#[test]
fn a_damaged_file_gives_an_error_and_then_ends() {
    for (compression, bytes) in &FORMATS[1..] {
        let rows = rows(&bytes[..bytes.len() - 9], &ColumnMap::default());
        let (last, before) = rows.split_last().unwrap();
        assert!(last.starts_with("h.csv, line ") && last.contains(": cannot read on: "), "{compression}: {last}");
        assert!(before.iter().all(|row| row.starts_with("row-")), "{compression}: {before:?}");
    }
}

#[test]
fn all_columns_are_read() {
    check(
        "n,t,c,m,k,p,a,u,l\n\
         a/1,1522540831,Jane Doe,fraud_Kilback LLC,food & dining,card,500,JPY,true\n",
        "id=n,occurred_at=t,customer_id=c,merchant_id=m,category=k,payment_method=p,amount=a,currency=u,label=l",
        &["a_1-773232ab 2018-04-01T00:00:31Z Jane_Doe-01332c87 fraud_Kilback_LLC-454a7b71 food_dining-6a88065a card \
           500 JPY Some(true)"],
    );
}

#[test]
fn what_is_empty_is_unknown() {
    check(
        "t,c,a,m,k,p,u,l,n\n1522540831,x,1,,,,,,\n",
        "occurred_at=t,customer_id=c,amount=a,merchant_id=m,category=k,payment_method=p,currency=u,label=l,id=n",
        &["row-1 2018-04-01T00:00:31Z x - unknown unknown 1.00 EUR None"],
    );
}

#[test]
fn what_is_no_purchase_is_skipped_and_counted() {
    let text = b"t,c,a\n0,x,0.00\n1,x,5\n2,x,-3.10\n";
    let mut history = history(text, &THREE.parse().unwrap()).unwrap();
    let ids: Vec<_> = history.by_ref().map(|row| row.unwrap().id.as_str().to_owned()).collect();
    assert_eq!(ids, ["row-2"]);
    assert_eq!((history.rows(), history.skipped()), (3, 2));
}

#[test]
fn errors_say_where_and_what_was_expected_and_the_next_row_is_read() {
    check(
        "t,c,a\n\
         soon,x,5\n\
         0,,5\n\
         0,\"a\nb\",5 EUR\n\
         0,x\n\
         0,x,5\n",
        THREE,
        &[
            "h.csv, line 2, column t: found `soon`, expected a time between 1970 and 2100: RFC 3339, \
             2018-04-01 00:00:31, epoch seconds or epoch milliseconds",
            "h.csv, line 3, column c: found ``, expected an id, not nothing",
            "h.csv, line 4, column a: found `5 EUR`, expected a plain decimal number such as 57.16, at most ten billion",
            "h.csv, line 6: found 2 fields, expected 3 as in the header",
            "row-5 1970-01-01T00:00:00Z x - unknown unknown 5.00 EUR None",
        ],
    );
}

#[test]
fn a_file_that_is_no_history_says_so() {
    let not_csv = "h.csv is not CSV text with a header line (.gz, .xz and .zst are unpacked, archives are not)";
    check("", THREE, &[not_csv]);
    check("PK\u{3}\u{4}\0\0\n", THREE, &[not_csv]);
    check("t;c;a\n", THREE, &["h.csv has no column `t` for occurred_at; its columns are t;c;a"]);
    check("t,c,a\n", THREE, &[]);
    let columns = ColumnMap::default();
    let open = |path| History::open(Path::new(path), &columns, Currency::parse("EUR").unwrap());
    assert!(matches!(open("/no/such/file.csv"), Err(HistoryError::Open { .. })));
    assert!(matches!(open("/"), Err(HistoryError::Open { .. })));
}

#[test]
fn a_byte_order_mark_and_foreign_line_ends_do_not_matter() {
    let row = "row-1 1970-01-01T00:00:00Z x - unknown unknown 5.00 EUR None";
    check("\u{feff}t,c,a\r\n0, x ,5\r\n", THREE, &[row]);
    check("t,c,a\n0,x,5", THREE, &[row]);
}

#[test]
fn all_rows_are_sorted_by_time_and_equal_times_keep_their_order() {
    let text = b"t,c,a\n9,x,1\n5,y,1\n9,z,1\n5,x,1\n";
    let all = history(text, &THREE.parse().unwrap()).unwrap().read_all().unwrap();
    let ids: Vec<_> = all.iter().map(|transaction| transaction.id.as_str()).collect();
    assert_eq!(ids, ["row-2", "row-4", "row-1", "row-3"]);
    assert!(history(b"t,c,a\n9,x,1\n5,y,one\n", &THREE.parse().unwrap()).unwrap().read_all().is_err());
}

proptest! {
    /// Whatever a file holds, it is read to its end, with errors and never with a panic.
    #[test]
    fn any_bytes_are_read(
        (format, place, wrong) in (0..FORMATS.len(), any::<prop::sample::Index>(), any::<u8>()),
        garbage in prop::collection::vec(any::<u8>(), 0..64),
    ) {
        let mut bytes = FORMATS[format].1.to_vec();
        let place = place.index(bytes.len());
        bytes[place] = wrong;
        rows(&bytes, &ColumnMap::default());
        bytes.truncate(place);
        bytes.write_all(&garbage).unwrap();
        rows(&bytes, &ColumnMap::default());
    }

    /// Fields that are nearly right are read or refused, and the reader goes on to the next row.
    #[test]
    fn any_fields_are_read(time in "[-0-9TZ:. +]{0,30}", customer in "\\PC{0,80}", amount in "-?[0-9.]{0,25}") {
        let customer = customer.replace('"', "\"\"");
        let text = format!("t,c,a\n{time},\"{customer}\",{amount}\n0,x,5\n");
        let rows = rows(text.as_bytes(), &THREE.parse().unwrap());
        prop_assert!(rows.last().unwrap().starts_with("row-2 1970-01-01T00:00:00Z x "), "{:?}", rows);
    }
}

#[test]
fn the_scenario_is_that_of_the_row_last_read() {
    let columns = "occurred_at=t,customer_id=c,amount=a,scenario=s".parse().unwrap();
    let mut history = history(b"t,c,a,s\n1,x,5,2\n2,x,0,1\n3,x,5, stolen card \n4,x,5,\n", &columns).unwrap();
    let mut scenarios = Vec::new();
    while history.next().is_some() {
        scenarios.push(String::from_utf8(history.scenario().to_vec()).unwrap());
    }
    assert_eq!(scenarios, ["2", "stolen card", ""]);
    assert_eq!(rows(b"t,c,a\n", &columns), ["h.csv has no column `s` for scenario; its columns are t, c, a"]);
}
