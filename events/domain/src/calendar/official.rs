//! The arrangements of rest days by the State Council's General Office (国务院办公厅), 2004–2026.
//!
//! One row per notice. Days are written month·100 + day; a negative day lies in December of the year *before* the
//! notice's title year (J5: the notices for 2007, 2008, 2012, 2019 and 2023 did so). A notice that was changed
//! within its year (2015, 2019, 2020) stands in its final form. The dates are facts of the notices named; they were
//! checked day by day against holiday-cn (2007–2026) and chinesecalendar 1.11.0 (2004–2026), both MIT.

use chrono::NaiveDate;

use super::notice::{OffDays, WorkDay, YearNotice};

type Holiday = (&'static str, &'static [(i16, i16)], &'static [i16]);

struct Row {
    year: i32,
    source: &'static str,
    holidays: &'static [Holiday],
}

/// The embedded notices, one per year.
pub(super) fn notices() -> Vec<YearNotice> {
    ROWS.iter().map(notice).collect()
}

fn notice(row: &Row) -> YearNotice {
    let mut notice = YearNotice { year: row.year, source: row.source.to_owned(), amends: false, off: Vec::new(), work: Vec::new() };
    for (name, off, work) in row.holidays {
        notice.off.extend(off.iter().filter_map(|(from, to)| {
            Some(OffDays { name: (*name).to_owned(), from: date(row.year, *from)?, to: Some(date(row.year, *to)?) })
        }));
        notice.work.extend(work.iter().filter_map(|day| Some(WorkDay { name: (*name).to_owned(), date: date(row.year, *day)? })));
    }
    notice.off.sort_by_key(|off| off.from);
    notice.work.sort_by_key(|work| work.date);
    notice
}

fn date(year: i32, day: i16) -> Option<NaiveDate> {
    let year = if day < 0 { year - 1 } else { year };
    let day = u32::from(day.unsigned_abs());
    NaiveDate::from_ymd_opt(year, day / 100, day % 100)
}

#[rustfmt::skip]
const ROWS: &[Row] = &[
    Row { year: 2004, source: "国务院办公厅关于2004年部分节假日安排的通知", holidays: &[
        ("元旦", &[(101, 101)], &[]),
        ("春节", &[(122, 128)], &[117, 118]),
        ("劳动节", &[(501, 507)], &[508, 509]),
        ("国庆节", &[(1001, 1007)], &[1009, 1010]),
    ] },
    Row { year: 2005, source: "国务院办公厅关于2005年部分节假日安排的通知", holidays: &[
        ("元旦", &[(101, 103)], &[]),
        ("春节", &[(209, 215)], &[205, 206]),
        ("劳动节", &[(501, 507)], &[430, 508]),
        ("国庆节", &[(1001, 1007)], &[1008, 1009]),
    ] },
    Row { year: 2006, source: "国务院办公厅关于2006年部分节假日安排的通知", holidays: &[
        ("元旦", &[(101, 103)], &[]),
        ("春节", &[(129, 204)], &[128, 205]),
        ("劳动节", &[(501, 507)], &[429, 430]),
        ("国庆节", &[(1001, 1007)], &[930, 1008]),
    ] },
    Row { year: 2007, source: "www.gov.cn/zhengce/zhengceku/2008-03/28/content_1761.htm", holidays: &[
        ("元旦", &[(101, 103)], &[-1230, -1231]),
        ("春节", &[(218, 224)], &[217, 225]),
        ("劳动节", &[(501, 507)], &[428, 429]),
        ("国庆节", &[(1001, 1007)], &[929, 930]),
    ] },
    Row { year: 2008, source: "www.gov.cn/zhengce/zhengceku/2008-03/28/content_1645.htm", holidays: &[
        ("元旦", &[(-1230, 101)], &[-1229]),
        ("春节", &[(206, 212)], &[202, 203]),
        ("清明节", &[(404, 406)], &[]),
        ("劳动节", &[(501, 503)], &[504]),
        ("端午节", &[(607, 609)], &[]),
        ("中秋节", &[(913, 915)], &[]),
        ("国庆节", &[(929, 1005)], &[927, 928]),
    ] },
    Row { year: 2009, source: "www.gov.cn/zhengce/zhengceku/2008-12/10/content_1572.htm", holidays: &[
        ("元旦", &[(101, 103)], &[104]),
        ("春节", &[(125, 131)], &[124, 201]),
        ("清明节", &[(404, 406)], &[]),
        ("劳动节", &[(501, 503)], &[]),
        ("端午节", &[(528, 530)], &[531]),
        ("国庆节、中秋节", &[(1001, 1008)], &[927, 1010]),
    ] },
    Row { year: 2010, source: "www.gov.cn/zhengce/zhengceku/2009-12/08/content_1476.htm", holidays: &[
        ("元旦", &[(101, 103)], &[]),
        ("春节", &[(213, 219)], &[220, 221]),
        ("清明节", &[(403, 405)], &[]),
        ("劳动节", &[(501, 503)], &[]),
        ("端午节", &[(614, 616)], &[612, 613]),
        ("中秋节", &[(922, 924)], &[919, 925]),
        ("国庆节", &[(1001, 1007)], &[926, 1009]),
    ] },
    Row { year: 2011, source: "www.gov.cn/zhengce/zhengceku/2010-12/10/content_1423.htm", holidays: &[
        ("元旦", &[(101, 103)], &[]),
        ("春节", &[(202, 208)], &[130, 212]),
        ("清明节", &[(403, 405)], &[402]),
        ("劳动节", &[(430, 502)], &[]),
        ("端午节", &[(604, 606)], &[]),
        ("中秋节", &[(910, 912)], &[]),
        ("国庆节", &[(1001, 1007)], &[1008, 1009]),
    ] },
    Row { year: 2012, source: "www.gov.cn/zhengce/zhengceku/2011-12/06/content_1411.htm", holidays: &[
        ("元旦", &[(101, 103)], &[-1231]),
        ("春节", &[(122, 128)], &[121, 129]),
        ("清明节", &[(402, 404)], &[331, 401]),
        ("劳动节", &[(429, 501)], &[428]),
        ("端午节", &[(622, 624)], &[]),
        ("中秋节、国庆节", &[(930, 1007)], &[929]),
    ] },
    Row { year: 2013, source: "www.gov.cn/zhengce/zhengceku/2012-12/10/content_1353.htm", holidays: &[
        ("元旦", &[(101, 103)], &[105, 106]),
        ("春节", &[(209, 215)], &[216, 217]),
        ("清明节", &[(404, 406)], &[407]),
        ("劳动节", &[(429, 501)], &[427, 428]),
        ("端午节", &[(610, 612)], &[608, 609]),
        ("中秋节", &[(919, 921)], &[922]),
        ("国庆节", &[(1001, 1007)], &[929, 1012]),
    ] },
    Row { year: 2014, source: "www.gov.cn/zhengce/zhengceku/2014-01/02/content_1194.htm", holidays: &[
        ("元旦", &[(101, 101)], &[]),
        ("春节", &[(131, 206)], &[126, 208]),
        ("清明节", &[(405, 407)], &[]),
        ("劳动节", &[(501, 503)], &[504]),
        ("端午节", &[(602, 602)], &[]),
        ("中秋节", &[(908, 908)], &[]),
        ("国庆节", &[(1001, 1007)], &[928, 1011]),
    ] },
    Row { year: 2015, source: "www.gov.cn/zhengce/zhengceku/2014-12/16/content_9302.htm；www.gov.cn/zhengce/zhengceku/2015-05/13/content_9742.htm", holidays: &[
        ("元旦", &[(101, 103)], &[104]),
        ("春节", &[(218, 224)], &[215, 228]),
        ("清明节", &[(405, 406)], &[]),
        ("劳动节", &[(501, 501)], &[]),
        ("端午节", &[(620, 620), (622, 622)], &[]),
        ("抗战胜利70周年纪念日", &[(903, 905)], &[906]),
        ("中秋节", &[(927, 927)], &[]),
        ("国庆节", &[(1001, 1007)], &[1010]),
    ] },
    Row { year: 2016, source: "www.gov.cn/zhengce/zhengceku/2015-12/10/content_10394.htm", holidays: &[
        ("元旦", &[(101, 101)], &[]),
        ("春节", &[(207, 213)], &[206, 214]),
        ("清明节", &[(404, 404)], &[]),
        ("劳动节", &[(501, 502)], &[]),
        ("端午节", &[(609, 611)], &[612]),
        ("中秋节", &[(915, 917)], &[918]),
        ("国庆节", &[(1001, 1007)], &[1008, 1009]),
    ] },
    Row { year: 2017, source: "www.gov.cn/zhengce/zhengceku/2016-12/01/content_5141603.htm", holidays: &[
        ("元旦", &[(101, 102)], &[]),
        ("春节", &[(127, 202)], &[122, 204]),
        ("清明节", &[(402, 404)], &[401]),
        ("劳动节", &[(501, 501)], &[]),
        ("端午节", &[(528, 530)], &[527]),
        ("中秋节、国庆节", &[(1001, 1008)], &[930]),
    ] },
    Row { year: 2018, source: "www.gov.cn/zhengce/zhengceku/2017-11/30/content_5243579.htm", holidays: &[
        ("元旦", &[(101, 101)], &[]),
        ("春节", &[(215, 221)], &[211, 224]),
        ("清明节", &[(405, 407)], &[408]),
        ("劳动节", &[(429, 501)], &[428]),
        ("端午节", &[(618, 618)], &[]),
        ("中秋节", &[(924, 924)], &[]),
        ("国庆节", &[(1001, 1007)], &[929, 930]),
    ] },
    Row { year: 2019, source: "www.gov.cn/zhengce/zhengceku/2018-12/06/content_5346276.htm；www.gov.cn/zhengce/zhengceku/2019-03/22/content_5375877.htm", holidays: &[
        ("元旦", &[(-1230, 101)], &[-1229]),
        ("春节", &[(204, 210)], &[202, 203]),
        ("清明节", &[(405, 407)], &[]),
        ("劳动节", &[(501, 504)], &[428, 505]),
        ("端午节", &[(607, 609)], &[]),
        ("中秋节", &[(913, 915)], &[]),
        ("国庆节", &[(1001, 1007)], &[929, 1012]),
    ] },
    Row { year: 2020, source: "www.gov.cn/zhengce/zhengceku/2019-11/21/content_5454164.htm；www.gov.cn/zhengce/zhengceku/2020-01/27/content_5472352.htm", holidays: &[
        ("元旦", &[(101, 101)], &[]),
        ("春节", &[(124, 202)], &[119, 203]),
        ("清明节", &[(404, 406)], &[]),
        ("劳动节", &[(501, 505)], &[426, 509]),
        ("端午节", &[(625, 627)], &[628]),
        ("国庆节、中秋节", &[(1001, 1008)], &[927, 1010]),
    ] },
    Row { year: 2021, source: "www.gov.cn/zhengce/zhengceku/2020-11/25/content_5564127.htm", holidays: &[
        ("元旦", &[(101, 103)], &[]),
        ("春节", &[(211, 217)], &[207, 220]),
        ("清明节", &[(403, 405)], &[]),
        ("劳动节", &[(501, 505)], &[425, 508]),
        ("端午节", &[(612, 614)], &[]),
        ("中秋节", &[(919, 921)], &[918]),
        ("国庆节", &[(1001, 1007)], &[926, 1009]),
    ] },
    Row { year: 2022, source: "www.gov.cn/zhengce/zhengceku/2021-10/25/content_5644835.htm", holidays: &[
        ("元旦", &[(101, 103)], &[]),
        ("春节", &[(131, 206)], &[129, 130]),
        ("清明节", &[(403, 405)], &[402]),
        ("劳动节", &[(430, 504)], &[424, 507]),
        ("端午节", &[(603, 605)], &[]),
        ("中秋节", &[(910, 912)], &[]),
        ("国庆节", &[(1001, 1007)], &[1008, 1009]),
    ] },
    Row { year: 2023, source: "www.gov.cn/zhengce/zhengceku/2022-12/08/content_5730844.htm", holidays: &[
        ("元旦", &[(-1231, 102)], &[]),
        ("春节", &[(121, 127)], &[128, 129]),
        ("清明节", &[(405, 405)], &[]),
        ("劳动节", &[(429, 503)], &[423, 506]),
        ("端午节", &[(622, 624)], &[625]),
        ("中秋节、国庆节", &[(929, 1006)], &[1007, 1008]),
    ] },
    Row { year: 2024, source: "www.gov.cn/zhengce/zhengceku/202310/content_6911528.htm", holidays: &[
        ("元旦", &[(101, 101)], &[]),
        ("春节", &[(210, 217)], &[204, 218]),
        ("清明节", &[(404, 406)], &[407]),
        ("劳动节", &[(501, 505)], &[428, 511]),
        ("端午节", &[(610, 610)], &[]),
        ("中秋节", &[(915, 917)], &[914]),
        ("国庆节", &[(1001, 1007)], &[929, 1012]),
    ] },
    Row { year: 2025, source: "www.gov.cn/zhengce/zhengceku/202411/content_6986383.htm", holidays: &[
        ("元旦", &[(101, 101)], &[]),
        ("春节", &[(128, 204)], &[126, 208]),
        ("清明节", &[(404, 406)], &[]),
        ("劳动节", &[(501, 505)], &[427]),
        ("端午节", &[(531, 602)], &[]),
        ("国庆节、中秋节", &[(1001, 1008)], &[928, 1011]),
    ] },
    Row { year: 2026, source: "www.gov.cn/zhengce/zhengceku/202511/content_7047091.htm", holidays: &[
        ("元旦", &[(101, 103)], &[104]),
        ("春节", &[(215, 223)], &[214, 228]),
        ("清明节", &[(404, 406)], &[]),
        ("劳动节", &[(501, 505)], &[509]),
        ("端午节", &[(619, 621)], &[]),
        ("中秋节", &[(925, 927)], &[]),
        ("国庆节", &[(1001, 1007)], &[920, 1010]),
    ] },
];

#[cfg(test)]
mod tests {
    use chrono::Datelike;

    use super::*;

    #[test]
    fn every_day_of_the_table_exists_and_every_notice_is_sound() {
        for (row, notice) in ROWS.iter().zip(notices()) {
            let off: usize = row.holidays.iter().map(|(_, off, _)| off.len()).sum();
            let work: usize = row.holidays.iter().map(|(_, _, work)| work.len()).sum();
            assert_eq!((notice.off.len(), notice.work.len()), (off, work), "{}", row.year);
            assert_eq!(notice.check(), Ok(()), "{}", row.year);
            assert!(!row.source.is_empty());
        }
        assert!(ROWS.iter().map(|row| row.year).eq(2004..=2026));
    }

    #[test]
    fn make_up_workdays_are_saturdays_and_sundays_but_for_the_monday_that_ended_the_prolonged_break_of_2020() {
        let weekdays: Vec<String> = notices()
            .into_iter()
            .flat_map(|notice| notice.work)
            .filter(|work| work.date.weekday().num_days_from_monday() < 5)
            .map(|work| work.date.to_string())
            .collect();
        assert_eq!(weekdays, ["2020-02-03"]);
    }
}
