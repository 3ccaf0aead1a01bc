//! A circular as DOCX in the layout of GB/T 9704-2012: A4, top 37 mm, binding side 28 mm, text 156 × 225 mm, 22 lines of 28
//! characters, 3号仿宋, red head, title in 2号小标宋. Fonts are named with fallbacks, not embedded. The same circular gives the
//! same bytes.

use std::fmt::Write as _;
use std::io::{Cursor, Write};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::circular::{Annex, Block, Circular};

const FANGSONG: &str = "仿宋_GB2312";
const BIAOSONG: &str = "方正小标宋简体";
const HEITI: &str = "黑体";
/// Half-points: 2号, 3号, 小四.
const TITLE: u32 = 44;
const BODY: u32 = 32;
const CELL: u32 = 24;

const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";
const MAIN: &str = "http://schemas.openxmlformats.org/wordprocessingml/2006/main";
const RELATIONS: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";

const TYPES: &str = r#"<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/><Override PartName="/word/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.styles+xml"/><Override PartName="/word/fontTable.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.fontTable+xml"/><Override PartName="/word/footer1.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.footer+xml"/></Types>"#;
const ROOT: &str = r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>"#;
const OF_DOCUMENT: &str = r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" Target="styles.xml"/><Relationship Id="rId2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/fontTable" Target="fontTable.xml"/><Relationship Id="rId3" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/footer" Target="footer1.xml"/></Relationships>"#;

/// Why a document was not written.
#[derive(Debug, thiserror::Error)]
pub enum DocxError {
    /// The packing.
    #[error("无法写出文档：{0}")]
    Pack(#[from] zip::result::ZipError),
    /// The writing.
    #[error("无法写出文档：{0}")]
    Write(#[from] std::io::Error),
}

/// The document of a circular.
///
/// # Errors
/// [`DocxError`].
pub fn docx(circular: &Circular) -> Result<Vec<u8>, DocxError> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated).last_modified_time(zip::DateTime::default());
    let parts = [
        ("[Content_Types].xml", TYPES.to_owned()),
        ("_rels/.rels", ROOT.to_owned()),
        ("word/_rels/document.xml.rels", OF_DOCUMENT.to_owned()),
        ("word/document.xml", document(circular)),
        ("word/styles.xml", styles()),
        ("word/fontTable.xml", fonts()),
        ("word/footer1.xml", footer()),
    ];
    for (name, content) in parts {
        archive.start_file(name, options)?;
        archive.write_all(HEAD.as_bytes())?;
        archive.write_all(content.as_bytes())?;
    }
    Ok(archive.finish()?.into_inner())
}

/// Text as XML takes it.
fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\u{fffe}' | '\u{ffff}' => {}
            c if c.is_control() => {}
            c => safe.push(c),
        }
    }
    safe
}

/// How a paragraph looks.
#[derive(Clone, Copy)]
struct Look {
    font: &'static str,
    size: u32,
    align: &'static str,
    indent: bool,
    red: bool,
    properties: &'static str,
}

const TEXT: Look = Look { font: FANGSONG, size: BODY, align: "both", indent: true, red: false, properties: "" };

fn paragraph(text: &str, look: Look) -> String {
    let indent = if look.indent { "<w:ind w:firstLineChars=\"200\" w:firstLine=\"632\"/>" } else { "" };
    let colour = if look.red { "<w:color w:val=\"FF0000\"/>" } else { "" };
    let Look { font, size, align, properties, .. } = look;
    format!(
        "<w:p><w:pPr>{properties}{indent}<w:jc w:val=\"{align}\"/></w:pPr><w:r><w:rPr><w:rFonts w:ascii=\"{font}\" w:hAnsi=\"{font}\" w:eastAsia=\"{font}\"/>{colour}<w:sz w:val=\"{size}\"/><w:szCs w:val=\"{size}\"/></w:rPr><w:t xml:space=\"preserve\">{}</w:t></w:r></w:p>",
        escape(text)
    )
}

fn document(circular: &Circular) -> String {
    let centred = |font, size, red| Look { font, size, align: "center", indent: false, red, properties: "" };
    let left = Look { indent: false, ..TEXT };
    let mut body = String::new();
    body.push_str(&paragraph(&format!("{}文件", circular.organ), centred(BIAOSONG, 62, true)));
    let line = "<w:pBdr><w:bottom w:val=\"single\" w:sz=\"18\" w:space=\"8\" w:color=\"FF0000\"/></w:pBdr>";
    body.push_str(&paragraph(&circular.number, Look { properties: line, ..centred(FANGSONG, BODY, false) }));
    body.push_str(&paragraph("", left));
    body.push_str(&paragraph(&circular.title, centred(BIAOSONG, TITLE, false)));
    body.push_str(&paragraph("", left));
    body.push_str(&paragraph(&circular.to, left));
    for block in &circular.blocks {
        body.push_str(&match block {
            Block::Heading(text) => paragraph(text, Look { font: HEITI, ..TEXT }),
            Block::Text(text) => paragraph(text, TEXT),
        });
    }
    for (index, annex) in circular.annexes.iter().enumerate() {
        let lead = if index == 0 { "附件：" } else { "　　　" };
        body.push_str(&paragraph(&format!("{lead}{}. {}", index + 1, annex.title), TEXT));
    }
    body.push_str(&paragraph("", left));
    // 成文日期右空四字。
    let signed = "<w:ind w:rightChars=\"400\" w:right=\"1264\"/>";
    body.push_str(&paragraph(&circular.organ, Look { align: "right", properties: signed, ..left }));
    body.push_str(&paragraph(&circular.date, Look { align: "right", properties: signed, ..left }));
    for (index, annex) in circular.annexes.iter().enumerate() {
        body.push_str(&paragraph(&format!("附件{}", index + 1), Look { font: HEITI, properties: "<w:pageBreakBefore/>", ..left }));
        body.push_str(&paragraph(&annex.title, centred(BIAOSONG, TITLE, false)));
        body.push_str(&table(annex));
        body.push_str(&paragraph("", left));
    }
    body.push_str(&paragraph(&circular.trace, Look { size: 18, ..left }));
    // 37 mm, 28 mm binding, 156 × 225 mm of text; 22 lines of 28 characters.
    body.push_str(
        "<w:sectPr><w:footerReference w:type=\"default\" r:id=\"rId3\"/><w:pgSz w:w=\"11906\" w:h=\"16838\"/><w:pgMar w:top=\"2098\" w:right=\"1474\" w:bottom=\"1985\" w:left=\"1588\" w:header=\"851\" w:footer=\"1588\" w:gutter=\"0\"/><w:docGrid w:type=\"linesAndChars\" w:linePitch=\"579\" w:charSpace=\"-847\"/></w:sectPr>",
    );
    format!("<w:document xmlns:w=\"{MAIN}\" xmlns:r=\"{RELATIONS}\"><w:body>{body}</w:body></w:document>")
}

fn table(annex: &Annex) -> String {
    let count = annex.columns.len().max(1);
    // 156 mm are 8844 twips; the first column holds names.
    let narrow = 5844 / count.saturating_sub(1).max(1);
    let width = |column: usize| if column == 0 { 3000 } else { narrow };
    let borders: String = ["top", "left", "bottom", "right", "insideH", "insideV"]
        .iter()
        .map(|side| format!("<w:{side} w:val=\"single\" w:sz=\"4\" w:space=\"0\" w:color=\"000000\"/>"))
        .collect();
    let mut text = format!(
        "<w:tbl><w:tblPr><w:tblW w:w=\"8844\" w:type=\"dxa\"/><w:tblBorders>{borders}</w:tblBorders><w:tblLayout w:type=\"fixed\"/></w:tblPr><w:tblGrid>"
    );
    for column in 0..count {
        let _ = write!(text, "<w:gridCol w:w=\"{}\"/>", width(column));
    }
    text.push_str("</w:tblGrid>");
    let row = |cells: &[String], font, header: bool| {
        let mut row = String::from(if header {
            "<w:tr><w:trPr><w:cantSplit/><w:tblHeader/></w:trPr>"
        } else {
            "<w:tr><w:trPr><w:cantSplit/></w:trPr>"
        });
        for (column, cell) in cells.iter().enumerate() {
            let align = if column == 0 && !header { "left" } else { "center" };
            let look = Look { font, size: CELL, align, indent: false, red: false, properties: "<w:snapToGrid w:val=\"0\"/>" };
            let _ = write!(row, "<w:tc><w:tcPr><w:tcW w:w=\"{}\" w:type=\"dxa\"/></w:tcPr>{}</w:tc>", width(column), paragraph(cell, look));
        }
        row.push_str("</w:tr>");
        row
    };
    text.push_str(&row(&annex.columns, HEITI, true));
    for cells in &annex.rows {
        text.push_str(&row(cells, FANGSONG, false));
    }
    text.push_str("</w:tbl>");
    text
}

fn styles() -> String {
    format!(
        "<w:styles xmlns:w=\"{MAIN}\"><w:docDefaults><w:rPrDefault><w:rPr><w:rFonts w:ascii=\"{FANGSONG}\" w:hAnsi=\"{FANGSONG}\" w:eastAsia=\"{FANGSONG}\" w:cs=\"{FANGSONG}\"/><w:sz w:val=\"{BODY}\"/><w:szCs w:val=\"{BODY}\"/><w:lang w:val=\"zh-CN\" w:eastAsia=\"zh-CN\"/></w:rPr></w:rPrDefault><w:pPrDefault><w:pPr><w:spacing w:before=\"0\" w:after=\"0\"/></w:pPr></w:pPrDefault></w:docDefaults><w:style w:type=\"paragraph\" w:default=\"1\" w:styleId=\"a\"><w:name w:val=\"Normal\"/></w:style></w:styles>"
    )
}

fn fonts() -> String {
    let font = |name: &str, others: &str| {
        format!(
            "<w:font w:name=\"{name}\"><w:altName w:val=\"{others}\"/><w:charset w:val=\"86\"/><w:family w:val=\"auto\"/><w:pitch w:val=\"variable\"/></w:font>"
        )
    };
    let all = [
        font(FANGSONG, "仿宋,FangSong,STFangsong,Noto Serif CJK SC"),
        font(BIAOSONG, "FZXiaoBiaoSong-B05S,宋体,SimSun,Noto Serif CJK SC"),
        font(HEITI, "SimHei,STHeiti,Noto Sans CJK SC"),
    ];
    format!("<w:fonts xmlns:w=\"{MAIN}\">{}</w:fonts>", all.concat())
}

/// 页码: 4号半角宋体, a dash on both sides.
fn footer() -> String {
    let run = |content: &str| {
        format!("<w:r><w:rPr><w:rFonts w:ascii=\"宋体\" w:hAnsi=\"宋体\" w:eastAsia=\"宋体\"/><w:sz w:val=\"28\"/></w:rPr>{content}</w:r>")
    };
    format!(
        "<w:ftr xmlns:w=\"{MAIN}\"><w:p><w:pPr><w:jc w:val=\"center\"/></w:pPr>{}{}{}{}{}</w:p></w:ftr>",
        run("<w:t xml:space=\"preserve\">— </w:t>"),
        run("<w:fldChar w:fldCharType=\"begin\"/>"),
        run("<w:instrText xml:space=\"preserve\"> PAGE </w:instrText>"),
        run("<w:fldChar w:fldCharType=\"end\"/>"),
        run("<w:t xml:space=\"preserve\"> —</w:t>"),
    )
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    fn circular() -> Circular {
        Circular {
            organ: "清源市效能办".to_owned(),
            number: "清效办〔2027〕3号".to_owned(),
            title: "关于 <2026> 年度 & 考评的通报".to_owned(),
            to: "各单位：".to_owned(),
            blocks: vec![Block::Heading("一、情况".to_owned()), Block::Text("坏字\u{8}符\u{ffff}“引号\"”".to_owned())],
            date: "2027年1月20日".to_owned(),
            annexes: vec![Annex {
                title: "得分".to_owned(),
                columns: vec!["单位".to_owned(), "总分".to_owned()],
                rows: vec![vec!["市城市管理局".to_owned(), "92.35".to_owned()]],
            }],
            trace: "日志第 1 条".to_owned(),
        }
    }

    fn part(bytes: &[u8], name: &str) -> String {
        let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
        let mut text = String::new();
        archive.by_name(name).unwrap().read_to_string(&mut text).unwrap();
        text
    }

    #[test]
    fn the_same_circular_gives_the_same_bytes() {
        assert_eq!(docx(&circular()).unwrap(), docx(&circular()).unwrap());
    }

    #[test]
    fn what_people_typed_is_escaped_and_control_characters_go() {
        let document = part(&docx(&circular()).unwrap(), "word/document.xml");
        assert!(document.contains("关于 &lt;2026&gt; 年度 &amp; 考评的通报") && document.contains("坏字符“引号&quot;”"));
        assert!(!document.chars().any(|c| c.is_control() && c != '\n'));
    }

    #[test]
    fn the_page_has_the_measures_of_the_standard() {
        let document = part(&docx(&circular()).unwrap(), "word/document.xml");
        let twips = |millimetres: f64| (millimetres / 25.4 * 1440.0).round() as i64;
        let of = |name: &str| -> i64 {
            let at = document.find(&format!("w:{name}=\"")).unwrap() + name.len() + 4;
            document[at..].split('"').next().unwrap().parse().unwrap()
        };
        assert_eq!((of("top"), of("left")), (twips(37.0), twips(28.0) + 1));
        assert!((16838 - of("top") - of("bottom") - twips(225.0)).abs() <= 2 && (11906 - of("left") - 1474 - twips(156.0)).abs() <= 2);
        assert_eq!(of("linePitch"), twips(225.0) / 22);
    }
}
