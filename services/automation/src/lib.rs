//! What happens without anybody clicking: notices go out, limits run down, warnings come once.

pub mod delivery;
