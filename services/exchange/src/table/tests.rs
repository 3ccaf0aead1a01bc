use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;
use rust_xlsxwriter::{ExcelDateTime, Format as CellFormat, Workbook};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::*;

fn limits() -> Limits {
    Limits { file_bytes: 32 << 20, text_bytes: 32 << 20, book_bytes: 16 << 20, ..Limits::default() }
}

fn open(bytes: impl Into<Vec<u8>>) -> Result<Table, TableError> {
    Table::open(bytes.into(), &limits())
}

fn rows(table: &mut Table) -> Result<Vec<Row>, TableError> {
    table.rows()?.collect()
}

fn all(bytes: impl Into<Vec<u8>>) -> Result<Vec<Vec<String>>, TableError> {
    let mut table = open(bytes)?;
    Ok(rows(&mut table)?.into_iter().map(|row| row.cells).collect())
}

fn fault(bytes: impl Into<Vec<u8>>) -> TableError {
    all(bytes).unwrap_err()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A workbook with this sheet, the parts written by hand.
fn book_of(sheet: &str) -> Vec<u8> {
    let parts = [
        ("[Content_Types].xml", r#"<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>"#),
        (
            "_rels/.rels",
            r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#,
        ),
        (
            "xl/_rels/workbook.xml.rels",
            r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>"#,
        ),
        (
            "xl/workbook.xml",
            r#"<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="S" sheetId="1" r:id="rId1"/></sheets></workbook>"#,
        ),
        ("xl/worksheets/sheet1.xml", sheet),
    ];
    zip_of(&parts.map(|(name, text)| (name.to_owned(), text.as_bytes().to_vec())))
}

fn zip_of(parts: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in parts {
        writer.start_file(name.as_str(), SimpleFileOptions::default()).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn sheet(rows: &str) -> String {
    format!(r#"<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{rows}</sheetData></worksheet>"#)
}

fn good_book() -> Vec<u8> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    for row in 0..40u32 {
        sheet.write_string(row, 0, format!("编号{row}")).unwrap();
        sheet.write_string(row, 1, format!("内容{row}")).unwrap();
    }
    book.save_to_buffer().unwrap()
}

#[test]
fn a_line_end_inside_of_quotes_belongs_to_the_cell() {
    let mut table = open("编号,内容\r\n1,\"第一行\n第二行，\"\"引号\"\"\"\r\n\r\n2,好\n").unwrap();
    assert_eq!(table.header(), &Header { line: 1, names: vec!["编号".into(), "内容".into()] });
    let rows = rows(&mut table).unwrap();
    assert_eq!(rows.first().unwrap().cells, ["1", "第一行\n第二行，\"引号\""]);
    assert_eq!(rows.iter().map(|row| row.line).collect::<Vec<_>>(), [2, 4], "a blank row counts, a line inside of quotes does not");
}

#[test]
fn the_same_table_in_two_encodings_reads_the_same() {
    let text = "编号,内容\n1,龙田街道——第①项\n2,㐀𠀀生僻字\n";
    let (gb, _, replaced) = encoding_rs::GB18030.encode(text);
    assert!(!replaced);
    let utf8 = all(text).unwrap();
    assert_eq!(all(gb.to_vec()).unwrap(), utf8);
    assert_eq!(all(format!("\u{feff}{text}")).unwrap(), utf8);
    assert_eq!(all(gzip(&gb)).unwrap(), utf8);
    assert_eq!(open(gb.to_vec()).unwrap().format(), Format::Csv { encoding: Encoding::Gb18030, delimiter: ',' });
}

#[test]
fn a_long_gb18030_text_keeps_its_characters_across_the_buffers() {
    let mut text = String::from("编号,内容\n");
    for row in 0..20_000 {
        text.push_str(&format!("{row},街道办事处第{row}号\n"));
    }
    let (gb, _, _) = encoding_rs::GB18030.encode(&text);
    assert_eq!(all(gb.to_vec()).unwrap(), all(text).unwrap());
}

#[test]
fn tabs_and_semicolons_are_found_as_delimiters() {
    assert_eq!(all("编号\t内容\n1\t甲,乙\n").unwrap(), [["1", "甲,乙"]]);
    assert_eq!(all("编号;内容\n1;甲\n").unwrap(), [["1", "甲"]]);
    assert_eq!(all("编号\n1\n").unwrap(), [["1"]]);
}

#[test]
fn titles_and_blank_rows_above_the_header_are_passed_over() {
    let mut table = open("本市热线工单,,\n,,\n编号,内容,时间\n1,甲,乙\n").unwrap();
    assert_eq!(table.header().line, 3);
    assert_eq!(rows(&mut table).unwrap().first().unwrap().line, 4);
    let layout = Layout { header_row: Some(2), ..Layout::default() };
    let table = Table::open_as("说明,其二\n编号,内容\n1,甲\n".as_bytes(), &layout, &limits()).unwrap();
    assert_eq!(table.header().names, ["编号", "内容"]);
}

#[test]
fn a_table_can_be_read_again() {
    let mut table = open("编号,内容\n1,甲\n").unwrap();
    assert_eq!(rows(&mut table).unwrap(), rows(&mut table).unwrap());
    let mut table = open(good_book()).unwrap();
    assert_eq!(rows(&mut table).unwrap().len(), 39);
    assert_eq!(rows(&mut table).unwrap().len(), 39);
}

#[test]
fn a_workbook_gives_ids_dates_and_merged_headers_as_people_see_them() {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    let date = CellFormat::new().set_num_format("yyyy/m/d h:mm");
    sheet.merge_range(0, 0, 0, 4, "本市热线工单明细表", &CellFormat::new()).unwrap();
    sheet.merge_range(2, 0, 3, 0, "编号", &CellFormat::new()).unwrap();
    sheet.merge_range(2, 1, 2, 2, "地点", &CellFormat::new()).unwrap();
    sheet.write_string(3, 1, "区").unwrap().write_string(3, 2, "街道").unwrap();
    sheet.merge_range(2, 3, 3, 3, "时间", &CellFormat::new()).unwrap();
    sheet.merge_range(2, 4, 3, 4, "大编号", &CellFormat::new()).unwrap();
    sheet.write_number(4, 0, 72_687).unwrap();
    sheet.write_string(4, 1, "坪山区").unwrap();
    sheet.write_datetime_with_format(4, 3, ExcelDateTime::parse_from_str("2019-04-25 09:32:09").unwrap(), &date).unwrap();
    sheet.write_number(4, 4, 440_310_201_807_041_724.0).unwrap();
    sheet.write_number(6, 0, 5.5).unwrap();
    sheet.write_datetime_with_format(6, 3, ExcelDateTime::parse_from_str("2019-09-12").unwrap(), &date).unwrap();
    sheet.write_formula(6, 4, rust_xlsxwriter::Formula::new("=1+1").set_result("2")).unwrap();
    let mut table = open(book.save_to_buffer().unwrap()).unwrap();
    assert_eq!(table.header(), &Header { line: 4, names: ["编号", "地点/区", "地点/街道", "时间", "大编号"].map(str::to_owned).to_vec() });
    let rows = rows(&mut table).unwrap();
    let [first, second] = rows.as_slice() else { panic!("two rows, not {rows:?}") };
    assert_eq!(first.cells, ["72687", "坪山区", "", "2019-04-25 09:32:09", "440310201807041700"]);
    assert_eq!((first.line, first.inexact.as_slice()), (5, [4].as_slice()), "an id of 18 digits has lost its last ones");
    assert_eq!(second.cells, ["5.5", "", "", "2019-09-12", "2"]);
    assert_eq!(second.line, 7);
}

#[test]
fn cells_merged_over_rows_are_refused_because_their_rows_are_not_told() {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    sheet.write_string(0, 0, "编号").unwrap().write_string(0, 1, "单位").unwrap();
    sheet.merge_range(2, 1, 4, 1, "某局", &CellFormat::new()).unwrap();
    assert_eq!(fault(book.save_to_buffer().unwrap()), TableError::MergedRows { line: 3 });
}

#[test]
fn a_sheet_is_found_by_name_or_by_content() {
    let mut book = Workbook::new();
    book.add_worksheet().set_name("空表").unwrap();
    book.add_worksheet().set_name("工单").unwrap().write_string(0, 0, "编号").unwrap();
    let bytes = book.save_to_buffer().unwrap();
    assert_eq!(open(bytes.clone()).unwrap().format(), Format::Xlsx { sheet: "工单".into() });
    let layout = Layout { sheet: Some("明细".into()), ..Layout::default() };
    let fault = Table::open_as(bytes, &layout, &limits()).unwrap_err();
    assert_eq!(fault, TableError::NoSheet { wanted: "明细".into(), there: vec!["空表".into(), "工单".into()] });
}

#[test]
fn what_is_no_table_is_told_from_what_is_broken() {
    assert_eq!(fault(""), TableError::Empty);
    assert_eq!(fault("\n ,\n\n"), TableError::Empty);
    assert_eq!(fault(b"\xff\xfe7\0\n\0".to_vec()), TableError::Utf16);
    assert_eq!(fault(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".to_vec()), TableError::OldOrLocked);
    assert_eq!(fault("\n<html><table><tr><td>1</td></tr></table></html>"), TableError::Html);
    assert_eq!(fault("编号,内容\n1,a\0b\n"), TableError::NotText { line: 2 });
    assert_eq!(fault(zip_of(&[("工单.csv".into(), b"1".to_vec())])), TableError::NotAWorkbook);
    assert_eq!(Table::open(std::env::temp_dir(), &limits()).unwrap_err(), TableError::Directory);
    assert!(matches!(Table::open(PathBuf::from("/no/such/file"), &limits()), Err(TableError::Io(_))));
    let packed = gzip("编号,内容\n1,甲\n".repeat(200).as_bytes());
    assert_eq!(fault(packed.get(..packed.len() / 2).unwrap()), TableError::Gzip);
}

#[test]
fn a_wrong_encoding_is_named_with_its_line() {
    assert_eq!(fault(b"a,b\n1,\xff\xff\xff\n".to_vec()), TableError::UnknownEncoding { line: 2 });
    // One broken character in a UTF-8 text must not turn all of it into GB18030 rubbish.
    let mut text = "编号,内容\n1,街道办事处的答复意见\n2,城市管理局\n".as_bytes().to_vec();
    let at = text.len() - 4;
    text.remove(at);
    assert_eq!(fault(text), TableError::DamagedText { line: 3 });
}

#[test]
fn a_quote_that_nothing_closes_is_found_where_it_stands() {
    assert_eq!(fault("编号,内容\n1,甲\n2,\"乙\n3,丙\n"), TableError::OpenQuote { line: 3, column: 2 });
}

#[test]
fn a_million_columns_cost_nothing() {
    let limit = limits().columns;
    let csv = format!("{}\n", vec!["列"; 1_000_000].join(","));
    assert_eq!(fault(csv), TableError::TooManyColumns { line: 1, limit });
    let claims =
        sheet(r#"<row r="1"><c r="A1"><v>1</v></c><c r="B1"><v>2</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>"#)
            .replace("<sheetData>", r#"<dimension ref="A1:XFD1048576"/><sheetData>"#);
    assert_eq!(fault(book_of(&claims)), TableError::TooManyColumns { line: 1_048_576, limit });
    let formatted = claims.replace("<c r=\"XFD1048576\"><v>1</v></c>", "<c r=\"XFD1048576\" s=\"1\"/>");
    assert_eq!(all(book_of(&formatted)).unwrap(), Vec::<Vec<String>>::new(), "formatting alone is no content");
}

#[test]
fn a_cell_of_ten_megabytes_is_refused_while_it_grows() {
    let limit = limits().cell_bytes;
    let long = "长".repeat(10 << 18);
    assert_eq!(fault(format!("编号,内容\n1,{long}\n")), TableError::CellTooLong { line: 2, column: 2, limit });
    let book = book_of(&sheet(&format!(
        r#"<row r="1"><c r="A1"><v>1</v></c><c r="B1"><v>2</v></c></row><row r="2"><c r="A2" t="inlineStr"><is><t>{long}</t></is></c></row>"#
    )));
    assert_eq!(fault(book), TableError::CellTooLong { line: 2, column: 1, limit });
}

#[test]
fn rows_cells_and_bytes_are_bounded() {
    let small = Limits { rows: 3, cells: 7, file_bytes: 64, ..limits() };
    let read = |text: &str| Table::open(text.as_bytes(), &small).and_then(|mut table| rows(&mut table));
    assert_eq!(read("a\n1\n1\n1\n"), Err(TableError::TooManyRows { limit: 3 }));
    assert_eq!(read("a,b,c\n1,2,3\n1,2,3\n"), Err(TableError::TooManyCells { limit: 7 }));
    assert_eq!(read(&"x".repeat(65)), Err(TableError::TooBig { limit: 64 }));
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.csv");
    std::fs::write(&path, "x".repeat(65)).unwrap();
    assert_eq!(Table::open(path, &small).unwrap_err(), TableError::TooBig { limit: 64 });
}

#[test]
fn a_bomb_is_refused_by_what_it_claims_and_by_what_it_gives() {
    let limit = limits().book_bytes;
    let mut parts = vec![("[Content_Types].xml".to_owned(), Vec::new())];
    parts.push(("xl/sharedStrings.xml".to_owned(), vec![b' '; 17 << 20]));
    let bomb = zip_of(&parts);
    assert!(bomb.len() < 100_000);
    assert_eq!(fault(bomb.clone()), TableError::Inflates { limit });
    // The same file claiming 16 bytes, in the local header and in the directory.
    let claim = (17u32 << 20).to_le_bytes();
    let mut liar = bomb;
    let mut lies = 0;
    for at in 0..liar.len() - 4 {
        if liar[at..at + 4] == claim {
            liar[at..at + 4].copy_from_slice(&16u32.to_le_bytes());
            lies += 1;
        }
    }
    assert!(lies >= 1);
    assert!(matches!(fault(liar), TableError::Inflates { .. } | TableError::Broken(_)));
    assert_eq!(fault(gzip(&vec![b'a'; 33 << 20])), TableError::Inflates { limit: limits().text_bytes });
    let many: Vec<_> = (0..1_001).map(|n| (format!("../../{n}"), Vec::new())).collect();
    assert_eq!(fault(zip_of(&many)), TableError::TooManyEntries { entries: 1_001, limit: 1_000 });
}

#[test]
fn a_workbook_cut_anywhere_is_broken_and_never_half_read() {
    let whole = good_book();
    for cut in (4..whole.len()).step_by(97) {
        assert!(all(whole.get(..cut).unwrap()).is_err(), "cut at {cut}");
    }
}

#[test]
fn a_workbook_damaged_anywhere_gives_an_error_or_its_rows_and_never_a_panic() {
    let whole = good_book();
    let mut refused = 0;
    for at in (0..whole.len()).step_by(7) {
        let mut damaged = whole.clone();
        damaged[at] ^= 0x55;
        refused += usize::from(all(damaged).is_err());
    }
    assert!(refused > 0);
}

#[test]
fn a_sheet_with_strange_xml_is_an_error_and_never_a_panic() {
    for rows in [
        "<row r=\"1\"><c r=\"A1\" t=\"s\"><v>99</v></c></row>",
        "<row r=\"1\"><c r=\"1A\"><v>1</v></c></row>",
        "<row r=\"0\"><c r=\"A0\"><v>1</v></c></row>",
        "<row r=\"x\"><c><v>1</v></c></row>",
        "<row r=\"2\"><c r=\"A2\"><v>1</v></c></row><row r=\"1\"><c r=\"A1\"><v>1</v></c></row>",
        "<row r=\"99999999999\"><c r=\"A99999999999\"><v>1</v></c></row>",
        "<row r=\"1\"><c r=\"A1\"><v>1e999</v></c><c r=\"B1\"><v>abc</v></c></row>",
        "<row r=\"1\"><c r=\"A1\" t=\"q\"><v>1</v></c></row>",
        "<row r=\"1\"><c r=\"A1\"><v>1</v>",
    ] {
        // Either is right; what matters is that each comes back.
        drop(all(book_of(&sheet(rows))));
    }
    assert_eq!(
        fault(book_of(&sheet("<row r=\"2\"><c r=\"A2\"><v>1</v></c></row><row r=\"1\"><c r=\"A1\"><v>1</v></c></row>"))),
        TableError::Broken("行的顺序错乱".into())
    );
    assert!(all(book_of(&sheet("<row r=\"1\"><c r=\"A1\"><v>1</v>"))).is_err());
}

#[test]
fn every_message_says_what_to_do() {
    for error in [
        TableError::Empty,
        TableError::Gzip,
        TableError::Utf16,
        TableError::Html,
        TableError::OldOrLocked,
        TableError::NotAWorkbook,
        TableError::Broken("内容不完整".into()),
        TableError::UnknownEncoding { line: 3 },
        TableError::DamagedText { line: 3 },
        TableError::TooBig { limit: 20 << 20 },
        TableError::CellTooLong { line: 2, column: 1, limit: 256 << 10 },
    ] {
        assert!(error.to_string().contains('请'), "{error}");
    }
    assert!(TableError::TooBig { limit: 20 << 20 }.to_string().contains("20 MB"));
}

proptest! {
    #[test]
    fn reads_what_the_csv_crate_writes(table in prop::collection::vec(prop::collection::vec("[a-z,\"\r\n 中]{0,6}", 3), 1..12)) {
        let mut writer = ::csv::Writer::from_writer(Vec::new());
        writer.write_record(["甲", "乙", "丙"]).unwrap();
        for row in &table {
            writer.write_record(row).unwrap();
        }
        let expected: Vec<Vec<String>> = table.into_iter().filter(|row| row.iter().any(|cell| !cell.trim().is_empty())).collect();
        prop_assert_eq!(all(writer.into_inner().unwrap()).unwrap(), expected);
    }

    #[test]
    fn any_bytes_give_rows_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        drop(all(bytes));
    }
}
