//! Icons of one stroke, drawn in the page so that nothing has to be fetched. They never stand alone: words follow.

macro_rules! stroke {
    ($path:literal) => {
        concat!("<svg class=\"icon\" viewBox=\"0 0 24 24\" aria-hidden=\"true\" focusable=\"false\">", $path, "</svg>")
    };
}

/// The drawing called `name`; an unknown name gives a small circle.
#[must_use]
pub fn icon(name: &str) -> &'static str {
    match name {
        "mark" => {
            "<svg class=\"icon mark\" viewBox=\"0 0 32 32\" aria-hidden=\"true\" focusable=\"false\">\
             <rect class=\"mark-ground\" width=\"32\" height=\"32\" rx=\"9\"/>\
             <path class=\"mark-ring\" d=\"M25 16a9 9 0 1 1-4-7.5\"/><path class=\"mark-tick\" d=\"m11.5 15.5 4 4 9-10.500\"/></svg>"
        }
        "good" | "tick" => stroke!("<path d=\"m5 12.500 4.500 4.500L19 7.500\"/>"),
        "warn" => stroke!("<path d=\"M12 4 2.800 20h18.400L12 4z\"/><path d=\"M12 10v4.500m0 2.700v.1\"/>"),
        "bad" => stroke!("<circle cx=\"12\" cy=\"12\" r=\"9\"/><path d=\"M12 7v6m0 3.300v.1\"/>"),
        "info" => stroke!("<circle cx=\"12\" cy=\"12\" r=\"9\"/><path d=\"M12 11v6m0-9.600v.1\"/>"),
        "clock" => stroke!("<circle cx=\"12\" cy=\"12\" r=\"9\"/><path d=\"M12 7v5l3.500 2\"/>"),
        "back" => stroke!("<path d=\"M19 12H5m6-6-6 6 6 6\"/>"),
        "next" => stroke!("<path d=\"M5 12h14m-6-6 6 6-6 6\"/>"),
        "phone" => stroke!(
            "<path d=\"M6 3.500h3l1.500 4.500-2 1.500a12 12 0 0 0 6 6l1.500-2 4.500 1.500v3a2 2 0 0 1-2.200 2A17 17 0 0 1 4 5.700a2 2 0 0 1 2-2.200z\"/>"
        ),
        "type" => stroke!("<path d=\"M3 19 8.500 5 14 19M5 14.500h7M15.500 19l3-8 3 8m-5-2.500h4\"/>"),
        "person" => stroke!("<circle cx=\"12\" cy=\"8\" r=\"4\"/><path d=\"M4 20.500c1-4.500 4-6 8-6s7 1.500 8 6\"/>"),
        "write" => stroke!("<path d=\"M4 20h4L20 8l-4-4L4 16v4zM13.500 6.500l4 4\"/>"),
        "search" => stroke!("<circle cx=\"10.500\" cy=\"10.500\" r=\"6.500\"/><path d=\"m15.500 15.500 5 5\"/>"),
        "chart" => stroke!("<path d=\"M4 20V4m0 16h16M8.500 16v-5m4 5V7m4 9v-7\"/>"),
        "empty" => stroke!("<path d=\"M4 13 7 5h10l3 8v6H4v-6zm0 0h5l1 2.500h4l1-2.500h5\"/>"),
        "lock" => stroke!("<rect x=\"5\" y=\"11\" width=\"14\" height=\"9\" rx=\"2\"/><path d=\"M8 11V8a4 4 0 0 1 8 0v3\"/>"),
        "print" => stroke!("<path d=\"M7 9V4h10v5M7 17H4V9h16v8h-3M7 14h10v6H7z\"/>"),
        _ => stroke!("<circle cx=\"12\" cy=\"12\" r=\"4\"/>"),
    }
}
