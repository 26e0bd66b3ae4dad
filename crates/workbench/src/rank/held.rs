//! Which properties does a leaderboard hold equal, and as what?

use predilect_analysis::Encoding;

/// What a leaderboard holds equal unless others are named.
pub const HELD: [&str; 2] = ["length", "well_formatted"];

/// How what is held equal becomes a feature unless another way is named, in every leaderboard.
pub const HELD_AS: Encoding = Encoding::Relative;

/// What arenas call style: length and marks of formatting.
pub const STYLE: [&str; 4] = ["length", "headings", "lists", "bold"];

/// The properties that these names mean, each once: `style` means several.
pub fn held_by(names: &[String]) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for name in names {
        let ids = if name == "style" { STYLE.map(str::to_owned).to_vec() } else { vec![name.clone()] };
        for id in ids {
            if !all.contains(&id) {
                all.push(id);
            }
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn style_means_length_and_formatting_once() {
        let names = ["length", "style", "grammatical"].map(str::to_owned);
        assert_eq!(held_by(&names), ["length", "headings", "lists", "bold", "grammatical"]);
    }
}
