//! Do the ratings of eight short texts stay as they were?
//!
//! The texts are ours; a changed snapshot is a changed definition: say so in the definition, then accept it.

use std::fmt::Write;

use predilect_text::Annotator;

const TEXTS: &[(&str, &str)] = &[
    ("empty", ""),
    ("plain", "The tide comes in twice a day. The moon pulls the water, and the earth turns below it."),
    (
        "markdown",
        "# Bread\n\n**You need:**\n\n- 500 g of flour\n- 10 g of salt\n- water\n\n## Steps\n\n1. First, mix everything.\n2. \
         Then wait an hour.\n3. Finally, bake it.\n\n| Oven | Time |\n|------|------|\n| hot | 40 min |\n\n\
         See [the guide](https://bread.example/guide).",
    ),
    (
        "chatty",
        "Hey there! That's a great question \u{1F60A} I'm gonna keep it short: yeah, it's totally fine to swim after \
         lunch. Don't worry, and have fun! Would you like me to find a beach for you?",
    ),
    (
        "humble",
        "I'm sorry, but as an AI I do not have access to your calendar, and I'm not sure when the meeting starts. \
         Perhaps the invitation says more; I could be wrong.",
    ),
    (
        "scholarly",
        "According to a report published in 1998, interdisciplinary collaboration necessitates institutional commitment \
         [1]. It is clear that organizational structures must accommodate heterogeneous methodologies, and 45% of the \
         participating universities consequently established independent administrative departments [2].",
    ),
    (
        "careless",
        "i think teh dog should of stayed home. he was to tired, and and it was raining. the owner said its a pity, \
         becuase a umbrella was not their.",
    ),
    (
        "german",
        "Der Zug nach Hamburg f\u{e4}hrt heute nicht, weil ein Baum auf den Schienen liegt. Bitte warten Sie.",
    ),
];

#[test]
fn ratings_stay_as_they_were() {
    let annotator = Annotator::default();
    let mut table = String::new();
    for (name, text) in TEXTS {
        let ratings = annotator.rate(text);
        writeln!(table, "{name} ({})", ratings.language.unwrap_or("?")).expect("a string takes all");
        for (property, value) in annotator.properties().iter().zip(&ratings.values) {
            let value = value.map_or_else(|| "-".to_owned(), |v| v.to_string());
            writeln!(table, "  {property} {value}").expect("a string takes all");
        }
    }
    insta::assert_snapshot!(table);
    // Ratings that studies keep are those of a version: other ratings need another one.
    let digest = predilect_types::hash::fixed(&table);
    assert_eq!(
        (predilect_text::VERSION, digest),
        (1, 8660102156141271378),
        "ratings have changed: raise predilect_text::VERSION and write the new digest here"
    );
}
