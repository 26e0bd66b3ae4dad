//! What is a demand that a program can check?

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    /// A sequence without white space that contains a letter or digit.
    Word,
    /// Sentences with a word.
    Sentence,
    /// Blocks with a blank line between them.
    Paragraph,
    /// Lines that are not blank.
    Line,
    /// Characters, without white space at the ends.
    Character,
    /// Items of a list, or else lines.
    Item,
}

/// How many there may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Range {
    /// At least.
    pub(crate) least: usize,
    /// At most.
    pub(crate) most: usize,
}

/// Where something has to be so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    /// In the response as a whole.
    Whole,
    /// In each of these.
    Each(Unit),
}

/// A shape of the whole response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// One JSON document, or one in a code block.
    Json,
    /// A JSON array.
    JsonArray,
    /// Lines with as many commas each.
    Csv,
    /// A Markdown table.
    Table,
    /// A list with bullets.
    Bullets,
    /// A numbered list.
    Numbers,
    /// One code block only.
    OnlyCode,
    /// Yes or no only.
    YesOrNo,
    /// A number only.
    OnlyNumber,
    /// One line.
    OneLine,
    /// Between quotation marks.
    Quoted,
    /// Items in alphabetical order.
    Alphabetical,
    /// Separated by commas.
    Commas,
    /// All letters in lower case.
    Lower,
    /// All letters in upper case.
    Upper,
}

/// Something that must not occur.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Banned {
    /// Any of these characters.
    Characters(Vec<char>),
    /// This letter.
    Letter(char),
    /// This word or phrase.
    Phrase(String),
    /// Digits.
    Digits,
    /// Items of lists.
    Lists,
    /// Code blocks.
    Code,
    /// Emoji.
    Emoji,
    /// Headings.
    Headings,
    /// Spans set in bold.
    Bold,
}

/// One demand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Constraint {
    /// A count of something.
    Count {
        /// Of what.
        unit: Unit,
        /// How many.
        range: Range,
        /// Where.
        scope: Scope,
    },
    /// A shape.
    Shape(Shape),
    /// Something that must not occur.
    Without(Banned),
    /// A word or phrase that must occur.
    With(String),
    /// How it begins.
    Starts(String, Scope),
    /// How it ends.
    Ends(String, Scope),
    /// In which language it is, as an ISO 639-1 code.
    Language(&'static str),
}
