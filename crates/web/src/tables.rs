//! Which tables can be taken along, by what is asked for them?

/// The tables that there are, by what is asked for them.
pub(crate) const TABLES: [(&str, &[&str]); 10] = [
    ("dissect", &["posteriors", "fits"]),
    ("versus", &["versus"]),
    ("histogram", &["histogram"]),
    ("lengths", &["lengths"]),
    ("pairs", &["pairs"]),
    ("pair", &["explanation"]),
    (
        "judges",
        &[
            "similarity",
            "clusters",
            "agreement",
            "contrasts",
            "habits",
            "strengths",
            "biases",
            "stand_ins",
            "judges",
            "corrected_rates",
        ],
    ),
    ("models", &["leaderboard", "controls"]),
    ("data", &["counts", "sources"]),
    ("published", &["rewards"]),
];
