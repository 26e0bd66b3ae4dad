//! The parts of the data: the files that pairs were read from, by the part of the path that distinguishes them.

use predilect_types::Interner;

/// The files of pairs.
#[derive(Default)]
pub(super) struct Subsets {
    files: Interner,
    of_pair: Vec<u32>,
}

impl Subsets {
    /// Takes the next pair.
    pub(super) fn pair(&mut self, source: &str) {
        self.of_pair.push(self.files.get(source));
    }

    /// The names of the files, each as short as it can be, and which of them every pair is from; both empty where all are from one.
    pub(super) fn finish(self) -> (Vec<String>, Vec<u32>) {
        if self.files.list().len() < 2 {
            return (Vec::new(), Vec::new());
        }
        (told_apart(self.files.list()), self.of_pair)
    }
}

/// Paths without the folders that all begin with and without the names that all end with: `sets/natural/data.json` and `sets/odd/data.json`
/// are `natural` and `odd`. They stay different.
pub(crate) fn told_apart(paths: &[String]) -> Vec<String> {
    let parts: Vec<Vec<&str>> =
        paths.iter().map(|path| path.split(['/', '\\']).filter(|part| !part.is_empty()).collect()).collect();
    let shortest = parts.iter().map(Vec::len).min().unwrap_or(0);
    let Some(first) = parts.first() else { return Vec::new() };
    let before = (0..shortest).take_while(|&at| parts.iter().all(|own| own[at] == first[at])).count();
    let from_end = |own: &[&str], at: usize| -> String { own[own.len() - 1 - at].to_owned() };
    let after = (0..shortest - before)
        .take_while(|&at| parts.iter().all(|own| from_end(own, at) == from_end(first, at)))
        .count();
    let short: Vec<String> = parts.iter().map(|own| own[before..own.len() - after].join("/")).collect();
    // Paths that differ in doubled separators only would become one.
    let different: std::collections::HashSet<&String> = short.iter().collect();
    if short.iter().any(String::is_empty) || different.len() < paths.len() { paths.to_vec() } else { short }
}

#[cfg(test)]
mod tests {
    use super::told_apart;

    #[test]
    fn only_what_differs_is_kept() {
        let of = |paths: &[&str]| told_apart(&paths.iter().map(|p| (*p).to_owned()).collect::<Vec<_>>());
        assert_eq!(of(&["a/natural/data.json", "a/odd/data.json"]), ["natural", "odd"]);
        assert_eq!(of(&["x/one.json", "x/two.json"]), ["one.json", "two.json"]);
        assert_eq!(of(&["data.json", "odd/data.json"]), ["data.json", "odd/data.json"]);
        assert_eq!(of(&["/a/b/c.json", "/a/d/e/c.json"]), ["b", "d/e"]);
        assert_eq!(of(&["-", "a/b.json"]), ["-", "a/b.json"]);
        assert_eq!(of(&["a/b", "/a/b", "c"]), ["a/b", "/a/b", "c"]);
        assert_eq!(of(&[]), Vec::<String>::new());
    }
}
