//! What is seen of markdown and of marks: counts, and the names of what is counted.

/// Markdown elements, counted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Structure {
    /// Headings of any level.
    pub(crate) headings: usize,
    /// Items of bulleted and numbered lists, nested ones included.
    pub(crate) items: usize,
    /// Items of numbered lists.
    pub(crate) ordered_items: usize,
    /// Spans set in bold.
    pub(crate) bold: usize,
    /// Tables.
    pub(crate) tables: usize,
    /// Fenced and indented code blocks.
    pub(crate) code_blocks: usize,
    /// Markdown links and bare addresses.
    pub(crate) links: usize,
    /// Images.
    pub(crate) images: usize,
    /// Block quotes; one inside another counts once.
    pub(crate) quotes: usize,
    /// References to footnotes.
    pub(crate) footnotes: usize,
    /// Paragraphs, headings, items and cells that contain words.
    pub(crate) blocks: usize,
    /// Words of the longest paragraph or item.
    pub(crate) longest: usize,
}

/// Marks seen between and around words, counted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Surface {
    /// Emoji.
    pub(crate) emoji: usize,
    /// Emoticons of punctuation, such as `:)`.
    pub(crate) emoticons: usize,
    /// Numbers that read as figures: two digits or more, a decimal, a percent or currency sign.
    pub(crate) figures: usize,
    /// Passages of four words or more between double quotation marks.
    pub(crate) quotations: usize,
    /// Numbered citations such as `[3]`.
    pub(crate) citations: usize,
}

/// A field of [`Structure`] whose elements have a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Element {
    Heading,
    Item,
    OrderedItem,
    Bold,
    Table,
    Code,
    Link,
    Image,
    Quote,
    Footnote,
}

/// A field of [`Surface`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mark {
    Emoji,
    Emoticon,
    Figure,
    Quotation,
    Citation,
}

impl Element {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Heading => "heading",
            Self::Item => "list item",
            Self::OrderedItem => "numbered item",
            Self::Bold => "bold",
            Self::Table => "table",
            Self::Code => "code block",
            Self::Link => "link",
            Self::Image => "image",
            Self::Quote => "block quote",
            Self::Footnote => "footnote",
        }
    }

    /// How often each was seen, but for links, which are also found between words.
    pub(crate) fn counts(seen: &Structure) -> [(Self, usize); 9] {
        [
            (Self::Heading, seen.headings),
            (Self::Item, seen.items),
            (Self::OrderedItem, seen.ordered_items),
            (Self::Bold, seen.bold),
            (Self::Table, seen.tables),
            (Self::Code, seen.code_blocks),
            (Self::Image, seen.images),
            (Self::Quote, seen.quotes),
            (Self::Footnote, seen.footnotes),
        ]
    }
}

impl Mark {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Emoji => "emoji",
            Self::Emoticon => "emoticon",
            Self::Figure => "figure",
            Self::Quotation => "quotation",
            Self::Citation => "citation",
        }
    }

    pub(crate) fn counts(seen: &Surface) -> [(Self, usize); 5] {
        [
            (Self::Emoji, seen.emoji),
            (Self::Emoticon, seen.emoticons),
            (Self::Figure, seen.figures),
            (Self::Quotation, seen.quotations),
            (Self::Citation, seen.citations),
        ]
    }
}
