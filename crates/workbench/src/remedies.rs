//! One of every remedy, so that a front end's tests can show what it says to each.

use predilect_analysis::limits::TooMany;
use predilect_data::{Advice, Setting};
use predilect_llm::CallRemedy;
use predilect_results::asked::Parse;
use strum::IntoEnumIterator;

use crate::Remedy;

/// One of every kind, and of every kind within it.
pub fn every_remedy() -> Vec<Remedy> {
    let text = str::to_owned;
    let mut all = vec![
        Remedy::Words(text("words for everybody")),
        Remedy::ChooseAmong(text("one, two")),
        Remedy::JudgeAmong(text("person, machine")),
        Remedy::JudgeOrPool(text("person, machine")),
        Remedy::JudgeOfFiles(text("person, machine")),
        Remedy::ReferenceAmong(text("person, machine")),
        Remedy::RateByModel(text("it can be rated")),
        Remedy::Filter(text("what a filter may ask for")),
        Remedy::GroupsAre(text("code, math")),
        Remedy::GroupsAre(String::new()),
        Remedy::AnchorPoints(text("gpt-4")),
        Remedy::FewerVerdicts(16),
        Remedy::WithoutDifficulty(5),
        Remedy::FewerRows(12),
    ];
    all.extend(PLAIN);
    let many = [
        TooMany::Judges,
        TooMany::Groups,
        TooMany::Compared(600),
        TooMany::Models(6_000),
        TooMany::Features(2_001),
    ];
    all.extend(many.map(Remedy::Fewer));
    all.extend(Parse::ALL.into_iter().filter(|parse| !parse.is_read()).map(Remedy::Unread));
    all.extend(Setting::ALL.map(|setting| Remedy::Advice(Advice::of(&format!("what helps is {setting}")))));
    all.extend(CallRemedy::iter().map(|remedy| match remedy {
        CallRemedy::Words(_) => Remedy::Call(CallRemedy::Words(text("words for everybody"))),
        other => Remedy::Call(other),
    }));
    all
}

/// Those that need no more words.
const PLAIN: [Remedy; 50] = [
    Remedy::DissectFirst,
    Remedy::TemporaryFolder,
    Remedy::NameAnnotators,
    Remedy::FewerUnits,
    Remedy::OtherUnits,
    Remedy::OtherBaseline,
    Remedy::NameBaseline,
    Remedy::KnownFormats,
    Remedy::RankWithoutTexts,
    Remedy::OtherPlace,
    Remedy::OtherPlaceOrReplace,
    Remedy::NamePlace,
    Remedy::NameModel,
    Remedy::NoPublished,
    Remedy::NameSlice,
    Remedy::NoReasoning,
    Remedy::GivePrices,
    Remedy::WritePrices,
    Remedy::WrittenAnswers,
    Remedy::NoBatches,
    Remedy::AskApart,
    Remedy::KeepBoth,
    Remedy::KeepBothOrRateAll,
    Remedy::GiveReference,
    Remedy::StartServer,
    Remedy::RateByText,
    Remedy::NameFolder,
    Remedy::NameProperty,
    Remedy::WritePairs,
    Remedy::NameAModel,
    Remedy::OtherPair,
    Remedy::CollectVerdicts,
    Remedy::PublishedBeside,
    Remedy::DissectSaysMore,
    Remedy::RankApart,
    Remedy::KeepFinite,
    Remedy::KeepFiniteWithTies,
    Remedy::TiesAsHalf,
    Remedy::CheckVerdicts,
    Remedy::NoAnchor,
    Remedy::AnyJudge,
    Remedy::NameModels,
    Remedy::ChooseJudge,
    Remedy::OtherVariant,
    Remedy::PlainRates,
    Remedy::WithoutTerms,
    Remedy::FreeLog,
    Remedy::DamagedLog,
    Remedy::LaterVersion,
    Remedy::RateOn,
];

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::mem::discriminant;

    use strum::EnumCount;

    use super::*;

    #[test]
    fn every_remedy_is_listed() {
        let kinds: HashSet<_> = every_remedy().iter().map(discriminant).collect();
        assert_eq!(kinds.len(), Remedy::COUNT, "a remedy is not in `every_remedy`");
    }
}
