//! The lunar festivals and 清明, 2000–2100, for years without a notice (J10).
//!
//! Derived by astronomical computation for the meridian of GB/T 33661 (+08:00): new moons and the sun's longitude
//! give the months and the leap month; compared with an independent encoded lunar table: no difference 2000–2099.
//! Computed instants nearer than five minutes to midnight (清明 2071, 中秋 2089) may turn out a day off; every use of
//! this table is provisional anyway.

/// Month and day of the four movable festivals of a year.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Festivals {
    /// 正月初一.
    pub spring: (u32, u32),
    /// 清明, always in April.
    pub qingming: (u32, u32),
    /// 五月初五.
    pub dragon_boat: (u32, u32),
    /// 八月十五.
    pub mid_autumn: (u32, u32),
}

/// The festivals of a year; `None` outside 2000–2100.
pub(super) fn festivals(year: i32) -> Option<Festivals> {
    let [spring, qingming, dragon_boat, mid_autumn] = *TABLE.get(usize::try_from(year - 2000).ok()?)?;
    let day = |code: u16| (u32::from(code / 100), u32::from(code % 100));
    Some(Festivals { spring: day(spring), qingming: (4, u32::from(qingming)), dragon_boat: day(dragon_boat), mid_autumn: day(mid_autumn) })
}

/// Per year from 2000: 正月初一, 清明 (day of April), 端午, 中秋 as month·100 + day.
#[rustfmt::skip]
const TABLE: [[u16; 4]; 101] = [
    [205, 4, 606, 912], [124, 5, 625, 1001], [212, 5, 615, 921], [201, 5, 604, 911], [122, 4, 622, 928],
    [209, 5, 611, 918], [129, 5, 531, 1006], [218, 5, 619, 925], [207, 4, 608, 914], [126, 4, 528, 1003],
    [214, 5, 616, 922], [203, 5, 606, 912], [123, 4, 623, 930], [210, 4, 612, 919], [131, 5, 602, 908],
    [219, 5, 620, 927], [208, 4, 609, 915], [128, 4, 530, 1004], [216, 5, 618, 924], [205, 5, 607, 913],
    [125, 4, 625, 1001], [212, 4, 614, 921], [201, 5, 603, 910], [122, 5, 622, 929], [210, 4, 610, 917],
    [129, 4, 531, 1006], [217, 5, 619, 925], [206, 5, 609, 915], [126, 4, 528, 1003], [213, 4, 616, 922],
    [203, 5, 605, 912], [123, 5, 624, 1001], [211, 4, 612, 919], [131, 4, 601, 908], [219, 5, 620, 927],
    [208, 5, 610, 916], [128, 4, 530, 1004], [215, 4, 618, 924], [204, 5, 607, 913], [124, 5, 527, 1002],
    [212, 4, 614, 920], [201, 4, 603, 910], [122, 4, 622, 928], [210, 5, 611, 917], [130, 4, 531, 1005],
    [217, 4, 619, 925], [206, 4, 608, 915], [126, 5, 529, 1004], [214, 4, 615, 922], [202, 4, 604, 911],
    [123, 4, 623, 930], [211, 5, 613, 919], [201, 4, 601, 907], [219, 4, 620, 926], [208, 4, 610, 916],
    [128, 5, 530, 1005], [215, 4, 617, 924], [204, 4, 606, 913], [124, 4, 625, 1002], [212, 5, 614, 921],
    [202, 4, 603, 909], [121, 4, 622, 928], [209, 4, 611, 917], [129, 5, 601, 1006], [217, 4, 619, 925],
    [205, 4, 608, 915], [126, 4, 528, 1003], [214, 5, 616, 923], [203, 4, 604, 911], [123, 4, 623, 929],
    [211, 4, 613, 919], [131, 5, 602, 908], [219, 4, 620, 926], [207, 4, 610, 916], [127, 4, 530, 1005],
    [215, 4, 617, 924], [205, 4, 606, 912], [124, 4, 624, 1001], [212, 4, 614, 920], [202, 4, 604, 910],
    [122, 4, 622, 928], [209, 4, 611, 917], [129, 4, 601, 1006], [217, 4, 619, 926], [206, 4, 607, 914],
    [126, 4, 527, 1003], [214, 4, 615, 922], [203, 4, 605, 911], [124, 4, 623, 929], [210, 4, 613, 918],
    [130, 4, 602, 908], [218, 4, 621, 927], [207, 4, 609, 916], [127, 4, 529, 1005], [215, 4, 617, 924],
    [205, 4, 606, 913], [125, 4, 624, 930], [212, 4, 614, 920], [201, 4, 604, 909], [121, 4, 623, 929],
    [209, 5, 612, 918],
];

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;

    use super::*;

    #[test]
    fn the_festivals_of_known_years_are_right() {
        let f = festivals(2026).unwrap();
        assert_eq!((f.spring, f.qingming, f.dragon_boat, f.mid_autumn), ((2, 17), (4, 5), (6, 19), (9, 25)));
        assert_eq!(festivals(2027).unwrap().spring, (2, 6));
        assert_eq!(festivals(2024).unwrap().qingming, (4, 4));
        assert_eq!(festivals(1999), None);
        assert_eq!(festivals(2101), None);
    }

    #[test]
    fn festivals_are_whole_lunar_months_apart() {
        for year in 2000..=2100 {
            let f = festivals(year).unwrap();
            let day = |(m, d)| NaiveDate::from_ymd_opt(year, m, d).unwrap();
            // 正月初一 → 五月初五: four months (five with a leap month) and four days; 五月初五 → 八月十五: three (four) months and ten days.
            let months = |days: i64| (days as f64 / 29.530_588, days);
            let (a, _) = months((day(f.dragon_boat) - day(f.spring)).num_days() - 4);
            let (b, _) = months((day(f.mid_autumn) - day(f.dragon_boat)).num_days() - 10);
            for (months, least) in [(a, 4.0), (b, 3.0)] {
                assert!((months - months.round()).abs() < 0.06, "{year}: {months}");
                assert!(months.round() == least || months.round() == least + 1.0, "{year}: {months}");
            }
            assert!((day(f.spring)).format("%m%d").to_string().as_str() >= "0120", "{year}");
            assert!((day(f.spring)).format("%m%d").to_string().as_str() <= "0221", "{year}");
        }
    }
}
