//! How well do ratings find an order that is known? What a page about that shows.

/// One annotator.
#[derive(Debug, Clone, PartialEq)]
pub struct Rater {
    /// Its name.
    pub name: String,
    /// How it was asked.
    pub how: String,
    /// What was found of each property, in the order in which they are shown.
    pub rows: Vec<Row>,
    /// Pairs that it rated the wrong way round.
    pub reversed: Vec<Reversed>,
    /// What it took, in words; `None` for text.
    pub cost: Option<String>,
}

/// How often pairs of one property, set and kind are rated in their order.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// The property's id.
    pub property: String,
    /// The set of pairs.
    pub set: String,
    /// The kind of pairs; `None` for all of the set.
    pub kind: Option<String>,
    /// Pairs, those in the right order, reversed, equal, not rated.
    pub counts: [u64; 5],
    /// The share in the right order, equal and unrated ones half, with its 95 % interval.
    pub auc: [f64; 3],
    /// The same share on pairs that were held back.
    pub held_back: Option<f64>,
    /// How much more often the order is found where the response with more is shown first.
    pub order_effect: Option<f64>,
    /// Whether the rating hardly measures its property.
    pub weak: bool,
}

/// A pair that was rated the wrong way round.
#[derive(Debug, Clone, PartialEq)]
pub struct Reversed {
    /// The property's id.
    pub property: String,
    /// What kind of pair it is.
    pub kind: String,
    /// What both answer.
    pub request: String,
    /// The response with more.
    pub higher: String,
    /// The response with less, which was rated higher.
    pub lower: String,
    /// Why that is so.
    pub reason: String,
}
