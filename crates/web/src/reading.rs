//! How an uploaded file is to be read, as written in an address: the same claims that `--map` and its like take.

use predilect_workbench::{Format, Judges, Mapping, OnBadRow, ReadOptions};

use crate::problem::Problem;
use crate::query::quoted;

/// Roles that a form offers, with their names on it.
pub(crate) const ROLES: [(&str, &str); 13] = [
    ("prompt", "The prompt"),
    ("response_a", "Response A"),
    ("response_b", "Response B"),
    ("winner", "The verdict"),
    ("chosen", "The preferred response, where one column contains it"),
    ("rejected", "The other one"),
    ("judge", "The judge"),
    ("annotator", "Who gave the verdict"),
    ("model_a", "The model of A"),
    ("model_b", "The model of B"),
    ("scenario", "The scenario"),
    ("criterion", "What was judged"),
    ("id", "The id of the pair"),
];

/// What a value of the verdict's column can mean, with its name on a form.
pub(crate) const MEANINGS: [(&str, &str); 5] =
    [("A", "A"), ("B", "B"), ("tie", "tie"), ("both_bad", "both bad"), ("none", "no verdict")];

/// The names that an address of an uploaded file takes.
const NAMES: [&str; 8] =
    ["map", "means", "means_of", "format", "judge_name", "judges", "on_bad_row", "verdicts"];

/// How a file is to be read. Prints as it is read, in a fixed order and without defaults.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Reading {
    /// What is claimed of columns: `prompt=question`.
    pub(crate) claims: Vec<String>,
    pub(crate) format: Option<Format>,
    /// The judge's name, whatever the file says.
    pub(crate) judge: Option<String>,
    pub(crate) people: Judges,
    /// Whether records that cannot be used are left out; else an import stops at the first.
    pub(crate) skip: bool,
    /// Whether pairs are wanted although nobody has judged them.
    pub(crate) unjudged: bool,
    pub(crate) mapping: Mapping,
}

impl Reading {
    /// Reads the part of an address after the question mark.
    pub(crate) fn read(text: &str) -> Result<Self, Problem> {
        let mut reading = Self::default();
        let (mut means, mut means_of): (Vec<String>, String) = Default::default();
        for (name, value) in form_urlencoded::parse(text.as_bytes()) {
            let value = value.trim();
            if value.is_empty() {
                continue;
            }
            let bad = |takes: &str| Err(Problem::bad_value(&name, value, takes));
            match &*name {
                "map" => {
                    // The last claim of a role counts: a form has both the old one and the new one.
                    let role = role(value);
                    reading.claims.retain(|own| self::role(own) != role || role == "responses");
                    reading.claims.push(value.to_owned());
                }
                "means" => means.push(value.to_owned()),
                "means_of" => value.clone_into(&mut means_of),
                "format" => match value.parse() {
                    Ok(format) => reading.format = Some(format),
                    Err(_) => return bad("the name of a format, as `predilect formats` lists them"),
                },
                "judge_name" => reading.judge = Some(value.to_owned()),
                "judges" => match value {
                    "auto" => reading.people = Judges::Auto,
                    "pooled" => reading.people = Judges::Pooled,
                    "each" => reading.people = Judges::Each,
                    _ => return bad("auto, pooled or each"),
                },
                "on_bad_row" => match value {
                    "stop" => reading.skip = false,
                    "skip" => reading.skip = true,
                    _ => return bad("stop or skip"),
                },
                "verdicts" => match value {
                    "needed" => reading.unjudged = false,
                    "none" => reading.unjudged = true,
                    _ => return bad("needed or none"),
                },
                // The name of the file, where it is sent, and with which others.
                "name" | "with" => {}
                _ => {
                    return Err(Problem::unknown_name(&name, &NAMES));
                }
            }
        }
        reading.means(&means_of, &means);
        for claim in &reading.claims {
            match claim.parse::<Mapping>() {
                Ok(mapping) => reading.mapping.extend(mapping),
                Err(error) => {
                    return Err(
                        Problem::bad_value("map", claim, "ROLE=COLUMN").with_detail(error.to_string())
                    );
                }
            }
        }
        Ok(reading)
    }

    /// Puts what values mean (`0=A`) behind the column of the verdict, unless a form asked of another column.
    fn means(&mut self, of: &str, means: &[String]) {
        let own = format!("winner={of}");
        if let Some(claim) = self.claims.iter_mut().find(|claim| **claim == own && !means.is_empty()) {
            *claim = format!("{claim}:{}", means.join(","));
        }
    }

    /// The part of an address after the question mark, the question mark included; empty where all is usual.
    pub(crate) fn to_address(&self) -> String {
        let mut out = form_urlencoded::Serializer::new(String::new());
        for claim in &self.claims {
            out.append_pair("map", claim);
        }
        if let Some(format) = self.format {
            out.append_pair("format", format.as_str());
        }
        if let Some(judge) = &self.judge {
            out.append_pair("judge_name", judge);
        }
        if self.people != Judges::Auto {
            out.append_pair("judges", people(self.people));
        }
        if self.skip {
            out.append_pair("on_bad_row", "skip");
        }
        if self.unjudged {
            out.append_pair("verdicts", "none");
        }
        let text = out.finish();
        if text.is_empty() { text } else { format!("?{text}") }
    }

    /// The same with these claims replacing those on the same roles, for an address or a form.
    pub(crate) fn with(&self, claims: &[String]) -> Self {
        let mut own = self.clone();
        own.claims.retain(|old| claims.iter().all(|claim| role(claim) != role(old)));
        own.claims.extend(claims.iter().cloned());
        own
    }

    /// What is claimed of a role, if anything is.
    pub(crate) fn of(&self, wanted: &str) -> Option<&str> {
        self.claims
            .iter()
            .find(|claim| role(claim) == wanted)
            .and_then(|claim| claim.split_once('='))
            .map(|(_, says)| says)
    }

    /// How the file is read; `name` is what it is called in messages.
    pub(crate) fn options(&self, name: &str, most: u64) -> ReadOptions {
        let usual = ReadOptions::default();
        ReadOptions {
            format: self.format,
            mapping: self.mapping.clone(),
            judge: self.judge.clone(),
            judges: self.people,
            on_bad_row: if self.skip { OnBadRow::Skip } else { OnBadRow::Stop },
            without_verdicts: self.unjudged,
            shown: Some(name.to_owned()),
            max_record_bytes: usual.max_record_bytes.min(usize::try_from(most).unwrap_or(usize::MAX)),
            ..usual
        }
    }

    /// The same in words of the command line.
    pub(crate) fn words(&self) -> Vec<String> {
        let mut words = Vec::new();
        let mut flag = |name: &str, value: &str| {
            // A value that begins with a hyphen would be taken for another option.
            if value.starts_with('-') {
                words.push(format!("{name}={value}"));
            } else {
                words.extend([name.to_owned(), value.to_owned()]);
            }
        };
        if let Some(format) = self.format {
            flag("--format", format.as_str());
        }
        for claim in &self.claims {
            flag("--map", claim);
        }
        if let Some(judge) = &self.judge {
            flag("--judge-name", judge);
        }
        if self.people != Judges::Auto {
            flag("--judges", people(self.people));
        }
        if self.skip {
            flag("--on-bad-row", "skip");
        }
        words
    }

    /// The command line that imports the files in that way.
    pub(crate) fn command(&self, names: &[String]) -> String {
        let start = ["predilect".to_owned(), "import".to_owned()];
        let words = [&start, names, self.words().as_slice()].concat();
        let end = if self.unjudged { " --without-verdicts -o STUDY" } else { " -o STUDY" };
        words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ") + end
    }
}

/// The role that a claim is about, with its criterion.
pub(crate) fn role(claim: &str) -> &str {
    claim.split('=').next().unwrap_or_default().trim()
}

fn people(judges: Judges) -> &'static str {
    match judges {
        Judges::Auto => "auto",
        Judges::Pooled => "pooled",
        Judges::Each => "each",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reading_reads_back_and_is_a_command() {
        let text = "?map=prompt%3Dthe+question&map=winner%3Dlabel%3A0%3DA%2C1%3DB&judge_name=Ann+%26+Bo&judges=each&on_bad_row=skip";
        let reading = Reading::read(text.trim_start_matches('?')).expect("a reading");
        assert_eq!(reading.to_address(), text);
        assert_eq!(
            reading.command(&["my file.csv".to_owned()]),
            "predilect import 'my file.csv' --map 'prompt=the question' --map winner=label:0=A,1=B --judge-name 'Ann & Bo' --judges each --on-bad-row skip -o STUDY"
        );
        assert!(!reading.options("f", 1 << 40).mapping.is_empty());
    }

    #[test]
    fn pairs_that_nobody_has_judged_are_taken_on_purpose() {
        let reading = Reading::read("verdicts=none").expect("a reading");
        assert!(
            reading.options("f", 1).without_verdicts && !Reading::default().options("f", 1).without_verdicts
        );
        assert_eq!(reading.to_address(), "?verdicts=none");
        assert_eq!(
            reading.command(&["pairs.csv".to_owned()]),
            "predilect import pairs.csv --without-verdicts -o STUDY"
        );
    }

    #[test]
    fn a_form_says_what_values_mean() {
        let reading = Reading::read(
            "map=&map=winner%3Dlabel&means_of=label&means=0%3DA&means=1%3DB&means=&judges=auto",
        )
        .expect("a reading");
        assert_eq!(reading.claims, ["winner=label:0=A,1=B"]);
        let moved = Reading::read("map=winner%3Dother&means_of=label&means=0%3DA").expect("a reading");
        assert_eq!(moved.claims, ["winner=other"], "what another column's values mean");
        let other = reading.with(&["winner=other".to_owned(), "prompt=q".to_owned()]);
        assert_eq!(other.claims, ["winner=other", "prompt=q"]);
        assert_eq!(other.of("prompt"), Some("q"));
        // The later one of a role counts.
        assert_eq!(Reading::read("map=prompt%3Da&map=prompt%3Db").expect("a reading").claims, ["prompt=b"]);
    }

    #[test]
    fn what_means_nothing_is_refused() {
        for bad in
            ["map=nonsense", "map=winer%3Dx", "judges=some", "format=nothing", "on_bad_row=1", "where=x"]
        {
            assert!(Reading::read(bad).is_err(), "{bad}");
        }
    }
}
