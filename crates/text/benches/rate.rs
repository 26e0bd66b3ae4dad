//! How many responses a second does one core rate?
//!
//! `cargo bench -p predilect-text`; throughput is in responses of about 1,500 characters. The texts are generated from sentence frames and
//! word lists, so that hardly a clause occurs twice and no cache inside the grammar checker helps.
//!
//! Two runs on one of two cores of a busy x86-64 virtual machine: 24,400 and 23,300 responses a second without grammar,
//! 588 and 496 with it.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use predilect_text::{Annotator, TextOptions};

const NOUNS: &[&str] = &[
    "garden",
    "budget",
    "engine",
    "library",
    "recipe",
    "contract",
    "river",
    "teacher",
    "database",
    "muscle",
    "orchestra",
    "festival",
    "planet",
    "mortgage",
    "bicycle",
    "algorithm",
    "sandwich",
    "museum",
    "keyboard",
    "harvest",
    "lantern",
    "committee",
    "vaccine",
    "bridge",
    "novel",
    "battery",
    "carpet",
    "forest",
    "invoice",
    "telescope",
    "kitchen",
    "magnet",
];
const ADJECTIVES: &[&str] = &[
    "careful",
    "modern",
    "quiet",
    "expensive",
    "reliable",
    "ancient",
    "simple",
    "remarkable",
    "narrow",
    "gentle",
    "practical",
    "unusual",
    "bright",
    "seasonal",
    "temporary",
    "elegant",
    "heavy",
    "local",
    "precise",
    "generous",
];
const VERBS: &[&str] = &[
    "improves",
    "replaces",
    "supports",
    "follows",
    "measures",
    "protects",
    "explains",
    "changes",
    "surrounds",
    "delays",
    "simplifies",
    "requires",
    "balances",
    "describes",
    "attracts",
    "limits",
];
const FRAMES: &[&str] = &[
    "The {a} {n} {v} the {n}, although a {a} {n} would be cheaper.",
    "In {y}, a {a} {n} {v} about {d} percent of every {n}.",
    "You don't need a {n} if your {n} {v} the {a} {n} near the {n}.",
    "For example, the {n} of a {a} {n} {v} its {n} without a {n}.",
    "When the {n} {v} a {n}, the {a} {n} can wait, and the {n} {v} nothing.",
    "Perhaps the {a} {n} {v} one {n} more than the other {n}.",
    "According to the {n}, a {a} and {a} {n} always {v} the {n} of the {n}.",
    "Have you seen how the {a} {n} {v} each {n} behind the {n}?",
];

/// A small generator of pseudo-random numbers (xorshift): the texts are the same in every run.
struct Dice(u64);

impl Dice {
    fn pick<'t>(&mut self, of: &[&'t str]) -> &'t str {
        of[self.roll(of.len())]
    }

    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % sides
    }

    fn sentence(&mut self) -> String {
        let mut out = String::new();
        let mut rest = self.pick(FRAMES);
        while let Some((before, after)) = rest.split_once('{') {
            out.push_str(before);
            match &after[..1] {
                "a" => out.push_str(self.pick(ADJECTIVES)),
                "n" => out.push_str(self.pick(NOUNS)),
                "v" => out.push_str(self.pick(VERBS)),
                "y" => out.push_str(&(1900 + self.roll(120)).to_string()),
                _ => out.push_str(&(1 + self.roll(99)).to_string()),
            }
            rest = &after[2..];
        }
        out + rest
    }

    fn paragraph(&mut self, sentences: usize) -> String {
        (0..sentences).map(|_| self.sentence()).collect::<Vec<_>>().join(" ")
    }

    fn response(&mut self) -> String {
        let [opening, middle, close] = [3, 4, 2].map(|n| self.paragraph(n));
        let items: Vec<String> =
            (1..=4).map(|n| format!("{n}. **{}**: {}", self.pick(NOUNS), self.sentence())).collect();
        let [name, value] = [self.pick(NOUNS), self.pick(NOUNS)];
        format!(
            "Great question! {opening}\n\n## The {} {}\n\n{middle}\n\n{}\n\n```python\n{name} = \"{value}\"\nfor i in \
             range({}):\n    print({name}, i)\n```\n\n{close} See [the {name}](https://{value}.example/{name}) for more. \
             Let me know if you have any questions!",
            self.pick(ADJECTIVES),
            self.pick(NOUNS),
            items.join("\n"),
            self.roll(90),
        )
    }
}

fn rate(c: &mut Criterion) {
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let texts: Vec<String> = (0..512).map(|_| dice.response()).collect();
    let characters: usize = texts.iter().map(|text| text.chars().count()).sum();
    eprintln!("{} texts of {} characters on average", texts.len(), characters / texts.len());
    let mut group = c.benchmark_group("rate");
    group.throughput(Throughput::Elements(1));
    for grammar in [false, true] {
        let annotator = Annotator::new(&TextOptions { grammar });
        let mut texts = texts.iter().cycle();
        group.bench_function(if grammar { "with grammar" } else { "without grammar" }, |b| {
            b.iter(|| annotator.rate(black_box(texts.next().map_or("", String::as_str))));
        });
    }
    group.finish();
}

criterion_group!(benches, rate);
criterion_main!(benches);
