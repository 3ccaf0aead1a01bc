use super::*;

const SMALL: &str =
    "source = \"city\"\ntitle = \"本市\"\nrulebook = \"generic\"\n\n[columns]\nexternal_id = \"编号\"\nfiled_at = \"受理时间\"\n";

const HISTORIC: &str = include_str!("../../../../ops/rulebooks/historic.toml");

fn with(more: &str) -> Result<Mapping, MappingError> {
    Mapping::parse(&format!("{SMALL}{more}"))
}

fn header(names: &[&str]) -> Header {
    Header { line: 1, names: names.iter().map(|name| (*name).to_owned()).collect() }
}

#[test]
fn every_mapping_that_is_shipped_is_good() {
    for name in Mapping::names() {
        assert_eq!(Mapping::built_in(name).unwrap().unwrap().source, name);
    }
    assert!(Mapping::built_in("nowhere").is_none());
    let generic = Mapping::parse(include_str!("../../../../ops/mappings/generic.toml")).unwrap();
    assert!(generic.class.is_some() && generic.unit.is_some() && !generic.asserted.is_empty());
}

#[test]
fn every_mapping_that_is_shipped_speaks_the_words_of_its_rulebook() {
    let generic = include_str!("../../../../ops/mappings/generic.toml");
    for text in BUILT_IN.iter().map(|(_, text)| *text).chain([generic]) {
        let mapping = Mapping::parse(text).unwrap();
        let rules = Rulebook::parse(HISTORIC).unwrap();
        assert_eq!(mapping.rulebook, rules.id);
        assert_eq!(mapping.check_codes(&rules), Ok(()), "{}", mapping.source);
    }
}

#[test]
fn a_code_that_the_rulebook_lacks_is_named() {
    let mapping = with("\n[channel]\nconstant = \"carrier_pigeon\"\n").unwrap();
    let error = mapping.check_codes(&Rulebook::parse(HISTORIC).unwrap()).unwrap_err();
    assert_eq!((error.key, error.code.as_str()), ("channel", "carrier_pigeon"));
    assert!(error.to_string().contains("phone"));
}

#[test]
fn an_unknown_key_is_named_with_its_line() {
    let error = with("tilte = \"标题\"\n").unwrap_err();
    assert_eq!(error.line, 8);
    assert!(error.reason.starts_with("没有“tilte”这一项，可用的有："), "{error}");
    assert!(error.reason.contains("title"));
}

#[test]
fn a_missing_key_and_a_broken_text_are_told_in_words() {
    let error = Mapping::parse("source = \"a\"\ntitle = \"甲\"\nrulebook = \"generic\"\n[columns]\nfiled_at = \"时间\"\n").unwrap_err();
    assert!(error.reason.contains("缺少“external_id”"), "{error}");
    assert_eq!(error.line, 4);
    let error = Mapping::parse("source = \"a\"\ntitle = 甲\n").unwrap_err();
    assert_eq!(error.line, 2);
    assert!(error.to_string().starts_with("映射文件第2行：不符合TOML写法"), "{error}");
}

#[test]
fn what_cannot_be_meant_is_refused_with_its_line() {
    let line = |more: &str| with(more).unwrap_err().line;
    assert_eq!(Mapping::parse(&SMALL.replace("\"city\"", "\"我市\"")).unwrap_err().line, 1);
    assert_eq!(line("answer = \"答复\"\n"), 8);
    assert_eq!(line("\n[class]\ncolumn = \"类型\"\n"), 9);
    assert_eq!(line("\n[channel]\nconstant = \"phone\"\ncolumn = \"渠道\"\n"), 9);
    assert_eq!(line("\n[unit]\nname = \"单位\"\nkey = \"id\"\nlevel = \"city\"\n"), 9);
    assert_eq!(line("\n[unit]\nname = \"单位\"\nkey = \"name\"\nlevel = \"city\"\n[unit.codes]\n\"甲局\" = \"甲 局\"\n"), 14);
    assert_eq!(line("\n[[asserted]]\nmeasure = \"answered\"\ncolumn = \"按时\"\nyes = [\"1\"]\nno = [\"1\"]\n"), 11);
    assert!(with("\n[unit]\nname = \"单位\"\nkey = \"code\"\n").unwrap_err().reason.contains("可用的有：name、id"));
}

#[test]
fn a_missing_column_is_named_with_its_nearest() {
    let mapping = with("words = \"诉求内容\"\n").unwrap();
    let error = mapping.check_header(&header(&["工单编号", "受理日期", "备注", "诉求内容", "诉求 内容"])).unwrap_err();
    assert_eq!(
        error.faults,
        [
            HeaderFault::Missing { wanted: "编号".into(), nearest: Some("工单编号".into()) },
            HeaderFault::Missing { wanted: "受理时间".into(), nearest: Some("受理日期".into()) },
            HeaderFault::Repeated { wanted: "诉求内容".into(), times: 2 },
        ]
    );
    let text = error.to_string();
    assert!(text.contains("缺少“受理时间”列（最接近的是“受理日期”）") && text.contains("请核对"), "{text}");
    let error = mapping.check_header(&header(&["甲", "乙"])).unwrap_err();
    assert!(matches!(error.faults.first(), Some(HeaderFault::Missing { nearest: None, .. })));
}

#[test]
fn column_names_match_without_blanks_case_and_full_width_forms() {
    let mapping = Mapping::parse(&SMALL.replace("\"编号\"", "\"REC_ID\"")).unwrap();
    let binding = mapping.check_header(&header(&["", " 受理 时间\u{a0}", "ｒｅｃ＿ｉｄ"])).unwrap();
    assert_eq!((binding.index("REC_ID"), binding.index("受理时间"), binding.index("别的")), (Some(2), Some(1), None));
}
