//! What helps, in the words of the command line: the flag to give, the command to run.

use predilect_analysis::limits::TooMany;
use predilect_workbench::Remedy;

/// A remedy as the terminal says it.
pub(crate) fn words(remedy: &Remedy) -> String {
    let fixed = match remedy {
        Remedy::Words(words) | Remedy::Filter(words) => return words.clone(),
        Remedy::ChooseAmong(names) => return format!("choose among: {names}"),
        Remedy::JudgeAmong(names) => return format!("give --judge with one of {names}"),
        Remedy::ReferenceAmong(names) => return format!("--reference takes one of {names}"),
        Remedy::RateByModel(why) => return format!("{why} with `predilect annotate`"),
        Remedy::Fewer(what) => fewer(*what),
        Remedy::TemporaryFolder => "set TMPDIR, or give -o",
        Remedy::NameAnnotators => "name their column when importing: --map annotator=COLUMN",
        Remedy::FewerUnits => {
            "name those within which verdicts depend on each other most, e.g. --cluster prompt,annotator"
        }
        Remedy::OtherUnits => "name a field with several values, or leave --cluster out",
        Remedy::OtherBaseline => "--baseline names a model of the files",
        Remedy::NameBaseline => "name the one to compare with: --baseline MODEL",
        Remedy::KnownFormats => "`predilect formats` lists what is read",
        Remedy::RankWithoutTexts => {
            "lc reads the texts of both outputs; --method win-rate shows the rates as they are"
        }
        Remedy::OtherPlace => "give another folder, or name that study as the input",
        Remedy::OtherPlaceOrReplace => {
            "give another folder, or replace the study first: predilect import FILE -o STUDY --replace"
        }
        Remedy::NamePlace => "give one with -o STUDY",
        Remedy::DissectFirst => "dissect it first: predilect dissect STUDY -o STUDY",
        Remedy::NameModel => "give the model another name with --name",
        Remedy::NameSlice => "say which: --where 'scenario = code' --versus rest",
        Remedy::NoPublished => "rate the study with `predilect annotate`, or leave --published out",
    };
    fixed.to_owned()
}

fn fewer(what: TooMany) -> &'static str {
    match what {
        TooMany::Judges => {
            "are they people? --judges pooled counts them as one judge; --judge NAME takes some of them"
        }
        TooMany::Groups => "group by a field with fewer values",
        TooMany::Compared(_) => "choose with --judge NAME, or count people as one judge: --judges pooled",
        TooMany::Models(_) => {
            "leave out models with few verdicts: --min-verdicts N; or --method win-rate or elo, which take any number"
        }
        TooMany::Features(_) => "leave out columns that say little, or the same as others",
    }
}
