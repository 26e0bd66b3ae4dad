//! What helps, in the words of the command line: the flag to give, the command to run.

use predilect_results::asked::Parse;
use predilect_workbench::{CallRemedy, Remedy, Setting, TooMany};

/// A remedy as the terminal says it.
#[expect(clippy::too_many_lines, reason = "one match, an arm for each remedy")]
pub(crate) fn words(remedy: &Remedy) -> String {
    let fixed = match remedy {
        Remedy::Words(words) | Remedy::Filter(words) => return words.clone(),
        Remedy::ChooseAmong(names) => return format!("choose among: {names}"),
        Remedy::JudgeAmong(names) => return format!("give --judge with one of {names}"),
        Remedy::JudgeOrPool(names) => {
            return format!(
                "--judges pooled counts these people as one judge, and their shares as soft verdicts; --judge takes one of {names}"
            );
        }
        Remedy::JudgeOfFiles(names) => {
            return format!(
                "if all files are of one judge, name it with --judge-name NAME; --judge takes one of {names}"
            );
        }
        Remedy::ReferenceAmong(names) => return format!("--reference takes one of {names}"),
        Remedy::WithoutDifficulty(models) => {
            return format!(
                "--difficulty needs {models} models or more: leave it out for the minimal form, or give the results of further models"
            );
        }
        Remedy::FewerVerdicts(largest) => {
            return format!(
                "take a smaller --min-verdicts: {largest} is the largest that leaves two models or more"
            );
        }
        Remedy::AnchorPoints(name) => return format!("write --anchor {name}=1000, or --anchor {name}"),
        Remedy::GroupsAre(names) if names.is_empty() => "--group-by FIELD makes groups",
        Remedy::GroupsAre(names) => {
            return format!("groups are {names}; --group-by takes them from another field");
        }
        Remedy::FewerRows(verdicts) => return format!("--min-rows {verdicts} accepts that few verdicts"),
        Remedy::RateByModel(why) => return format!("{why} with `predilect annotate`"),
        Remedy::Fewer(what) => fewer(*what),
        Remedy::Advice(advice) => return advice.said(setting),
        Remedy::Call(remedy) => return call(remedy).to_owned(),
        Remedy::TemporaryFolder => "set TMPDIR, or give -o",
        Remedy::NameAnnotators => "name their column when importing: --map annotator=COLUMN",
        Remedy::FewerUnits => {
            "name the ones within which verdicts depend on each other most, e.g. --cluster prompt,annotator"
        }
        Remedy::OtherUnits => "name a field with several values, or leave --cluster out",
        Remedy::OtherBaseline => "--baseline takes the name of a model in the files",
        Remedy::NameBaseline => "name the one to compare with: --baseline MODEL",
        Remedy::KnownFormats => "`predilect formats` lists what is read",
        Remedy::RankWithoutTexts => {
            "lc needs the texts of both outputs; --method win-rate shows the rates as they are"
        }
        Remedy::OtherPlace => "give another folder, or name that study as the input",
        Remedy::OtherPlaceOrReplace => {
            "give another folder, or replace the study first: predilect import FILE -o STUDY --replace"
        }
        Remedy::NamePlace => "give one with -o STUDY",
        Remedy::DissectFirst => "dissect it first: predilect dissect STUDY -o STUDY",
        Remedy::NameModel => "give the model another name with --name",
        Remedy::NameSlice => "say which: --where 'scenario = code' --versus rest",
        Remedy::OtherPair => "take another pair, or leave --where out",
        Remedy::CollectVerdicts => "`predilect judge` collects those of a language model",
        Remedy::PublishedBeside => "--published adds the 33 published judges",
        Remedy::DissectSaysMore => "`predilect dissect` says more; `predilect judge` collects verdicts",
        Remedy::RankApart => {
            "rank each group separately, or add verdicts between them; --prior 0.1 puts all of them around the same mean, \
             --method win-rate shows shares of wins within each"
        }
        Remedy::KeepFinite => "--prior 0.1 keeps scores finite; --method win-rate needs no prior",
        Remedy::KeepFiniteWithTies => {
            "--prior 0.1 keeps scores finite; --method bradley-terry counts a tie as half a win"
        }
        Remedy::TiesAsHalf => "--method bradley-terry counts a tie as half a win",
        Remedy::CheckVerdicts => "check the verdicts with `predilect import --json`",
        Remedy::NoAnchor => "leave --anchor out",
        Remedy::AnyJudge => "leave --judge out to see which judges have verdicts",
        Remedy::NameModels => {
            "models come from fields such as model_a and model_b; `predilect formats` lists what is read"
        }
        Remedy::ChooseJudge => "choose one with --judge, or name several to take their mean",
        Remedy::OtherVariant => "--variant takes the name of a model in the files",
        Remedy::WithoutTerms => "if the sides carry no meaning, give --terms none",
        Remedy::PlainRates => "--method win-rate shows the rates as they are",
        Remedy::NoReasoning => "leave --reasoning and --reasoning-tokens out",
        Remedy::GivePrices => {
            "give one with --prices FILE: date = \"...\", [[price]] model, input, output (USD per million tokens)"
        }
        Remedy::WritePrices => {
            "write date = \"YYYY-MM-DD\", then one table [[price]] for each model with model (as in --model), input and output, \
             and, where they differ, cached and stored: US dollars per million tokens, 0 or more"
        }
        Remedy::WrittenAnswers => "leave --method out, or give --method generated",
        Remedy::NoBatches => "leave --batch out",
        Remedy::AskApart => "ask one of them in a separate command, with --name",
        Remedy::KeepBoth => "keep both with --name, or leave --where out",
        Remedy::KeepBothOrRateAll => "keep both with --name, or rate those again as well with --properties",
        Remedy::GiveReference => {
            "give --reference-model MODEL to have one written, or --reference-field FIELD where the data contain one"
        }
        Remedy::StartServer => "is a server running at that address, and is its port right?",
        Remedy::Unread(reason) => unread(*reason),
        Remedy::RateByText => "length and parts of properties are rated from text: --annotator text",
        Remedy::NameFolder => "give another folder with -o",
        Remedy::NameProperty => "name the property of all pairs with --property",
        Remedy::WritePairs => {
            "give a file of JSON lines, each an object with `higher`, `lower` and `property` (or give --property)"
        }
        Remedy::NameAModel => "name one with --annotator MODEL; ratings from text cost nothing",
        Remedy::FreeLog => "is another program using the study, or the disk full?",
        Remedy::DamagedLog => {
            "move the file away or bring back a copy of it: without it, what it answered is asked for again"
        }
        Remedy::RateOn => "the ratings made so far are kept: run it again with the study as input to go on",
        Remedy::LaterVersion => "use the version of Predilect that wrote it, or a later one",
        Remedy::NoPublished => "rate the study with `predilect annotate`, or leave --published out",
    };
    fixed.to_owned()
}

/// What helps where answers could not be read for that reason.
pub(crate) fn unread(reason: Parse) -> &'static str {
    match reason {
        Parse::Reasoning | Parse::Truncated => {
            "give it more tokens with --reasoning-tokens, or stop its reasoning with --reasoning none, and ask again with --retry-failed"
        }
        Parse::Echo => {
            "is it a base model, or a server without the model's chat template? Another model or server is needed"
        }
        Parse::Empty => {
            "does it answer within its reasoning (stop that with --reasoning none), or reason until no tokens are left (give more with --reasoning-tokens)? --retry-failed asks again"
        }
        Parse::Refused => "the model will not answer this; another model is needed",
        _ => "ask in another way (--method, --enforce), or ask again with --retry-failed",
    }
}

fn fewer(what: TooMany) -> &'static str {
    match what {
        TooMany::Judges => {
            "are they people? --judges pooled counts them as one judge; --judge NAME selects some of them"
        }
        TooMany::Groups => "group by a field with fewer values",
        TooMany::Compared(_) => "choose with --judge NAME, or count people as one judge: --judges pooled",
        TooMany::Models(_) => {
            "leave out models with few verdicts (--min-verdicts N), or use --method win-rate or elo, which take any number"
        }
        TooMany::Features(_) => "leave out columns that say little, or the same as others",
    }
}

/// What helps where a call failed.
fn call(remedy: &CallRemedy) -> &str {
    match remedy {
        CallRemedy::Words(words) => words,
        CallRemedy::LocalBuild => "build it with them: cargo build --release --features local",
        CallRemedy::RunAgainThen => "run the command again then: it resumes where it was",
        CallRemedy::CancelBatches => {
            "cancel all but one of them in the provider's console, then run the command again"
        }
        CallRemedy::NoBatches => "leave --batch out: its calls are made one by one",
        CallRemedy::FetchBatches => "fetch them first: run the command with --batch until none is waiting",
        CallRemedy::SmallerBatches => {
            "if a batch is larger than the account may have in progress, submit less at once: --batch-size"
        }
        CallRemedy::HandOverAgain => {
            "try again later and check the key; if the batch is gone for good, --retry-failed submits its questions again"
        }
        CallRemedy::OtherEffort => "give another one, or leave --reasoning out",
        CallRemedy::OtherReasoning => "give another --reasoning, or leave it out",
        CallRemedy::MoreRoom => {
            "give it more with --reasoning-tokens, or lower its effort with --reasoning low, and ask again with --retry-failed"
        }
        CallRemedy::LooserForm => "ask in another way: --enforce object, or --enforce nothing",
        CallRemedy::NotTold => "this server or model does not return them: --method generated",
        CallRemedy::WriteInstead => "ask in another way: --method generated",
        CallRemedy::WrittenVerdicts => "ask for written verdicts: --method generated",
        CallRemedy::Written => "--method generated",
        CallRemedy::RewardServer => {
            "--method reward needs the address of a server with a reward model: http://HOST:PORT/v1#MODEL"
        }
        CallRemedy::SmallerContext => "a smaller --context needs less memory",
        CallRemedy::LargerContext => {
            "a larger --context leaves room for longer questions, but needs more memory"
        }
    }
}

/// A setting of the reading as the terminal takes it.
pub(crate) fn setting(setting: Setting) -> &'static str {
    match setting {
        Setting::Map => "--map",
        Setting::SkipBadRows => "--on-bad-row skip",
        Setting::Neighbours => "--neighbours",
        Setting::Preview => "`--preview`",
        Setting::Formats => "`predilect formats`",
        Setting::ARecipe => "`predilect formats NAME --toml`",
        Setting::WithoutVerdicts => "predilect import FILE -o STUDY --without-verdicts",
        Setting::Import => "predilect import",
        Setting::ImportInto => "predilect import FILE -o",
        Setting::Dissect => "`predilect dissect`",
        Setting::Properties => "`predilect annotate --help`",
        Setting::Format => "--format",
        Setting::Texts => "--texts",
        Setting::On => "--on",
        Setting::Add => "--add",
        Setting::Replace => "--replace",
        _ => setting.name(),
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use predilect_workbench::every_remedy;

    use super::*;

    /// What the terminal says to every remedy, below its name: one that is new changes this snapshot.
    #[test]
    fn every_remedy_has_words() {
        let mut all = String::new();
        for remedy in every_remedy() {
            let said = words(&remedy);
            assert!(said.len() > 8 && !said.contains("  "), "{remedy:?}: {said:?}");
            writeln!(all, "{remedy:?}\n    {said}").expect("a string grows");
        }
        insta::assert_snapshot!(all);
    }
}
