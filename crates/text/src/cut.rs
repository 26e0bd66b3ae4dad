//! How much of a text is read, and how is it cut without cutting a character?

/// Bytes of a response that are read; the rest counts for length only.
pub(crate) const CAP: usize = 1 << 18;

/// The first `cap` bytes, to a character's boundary.
pub(crate) fn cut(text: &str, cap: usize) -> &str {
    &text[..text.floor_char_boundary(cap)]
}
