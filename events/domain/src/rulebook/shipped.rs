//! The rulebooks that come with the program: a city copies one and changes it.

/// Name and text of each shipped rulebook.
pub const SHIPPED: &[(&str, &str)] = &[
    ("generic", include_str!("../../../../ops/rulebooks/generic.toml")),
    ("jinan-example", include_str!("../../../../ops/rulebooks/jinan-example.toml")),
    ("fujian-example", include_str!("../../../../ops/rulebooks/fujian-example.toml")),
    ("historic", include_str!("../../../../ops/rulebooks/historic.toml")),
];
