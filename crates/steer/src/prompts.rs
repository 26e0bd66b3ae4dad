//! Which prompts a model is asked: the files of AlpacaEval and MT-Bench, JSON or JSON Lines or a table with prompts, plain text with one on each line, or
//! any preference file.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::Path;

use predilect_results::steering::PromptCount;
use predilect_types::{Message, Role, content_id, parsed, shown};
use predilect_workbench::laboratory::pairs_of;
use predilect_workbench::{Error, Onto, ReadOptions, Result, Study, Watch, import, rows_of};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// How responses are scored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Protocol {
    /// Each response against the plain one of the same prompt: win rates.
    Pairwise,
    /// Each response against a baseline's: win rates, raw and at equal length.
    AlpacaEval,
    /// Each response alone: grades from 1 to 10, with reference answers where there are any.
    MtBench,
}

impl Protocol {
    /// Every protocol with its name.
    pub const ALL: [(Self, &'static str); 3] =
        [(Self::Pairwise, "pairwise"), (Self::AlpacaEval, "alpaca_eval"), (Self::MtBench, "mt_bench")];

    /// Its name.
    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(protocol, _)| *protocol == self).map_or("", |(_, name)| name)
    }
}

/// One prompt.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Prompt {
    /// Its name in the study.
    pub(crate) id: String,
    /// The conversation up to the first answer.
    pub(crate) messages: Vec<Message>,
    /// What the person says after the first answer, where the prompt has a second turn.
    pub(crate) second: Option<String>,
    /// Its group, as the file names it.
    pub(crate) group: Option<String>,
    /// Reference answers, turn by turn.
    pub(crate) reference: Vec<String>,
    /// The baseline's response in the same file.
    pub(crate) output: Option<String>,
}

impl Prompt {
    /// The text of its last turn.
    pub(crate) fn text(&self) -> &str {
        self.messages.last().map_or("", |turn| turn.content.as_str())
    }
}

/// All prompts of a file.
#[derive(Debug, Clone)]
pub(crate) struct Prompts {
    /// The prompts, in their order.
    pub(crate) all: Vec<Prompt>,
    /// What the file looks like.
    pub(crate) protocol: Protocol,
    /// Who wrote the outputs in the same file, where it says so.
    pub(crate) generator: Option<String>,
    /// What became of the records.
    pub(crate) count: PromptCount,
}

/// Fields that may contain the prompt.
/// Records in which a prompt is looked for: what lacks one is counted, not taken for another kind of file.
const FIRST: usize = 20;
/// The prompt as AlpacaEval calls it; what it works on may be in `input`.
const INSTRUCTION: &str = "instruction";
const PROMPT_FIELDS: [&str; 6] = ["prompt", INSTRUCTION, "question", "text", "messages", "turns"];
const ID_FIELDS: [&str; 4] = ["id", "question_id", "prompt_id", "instruction_id"];
const GROUP_FIELDS: [&str; 4] = ["scenario", "group", "category", "dataset"];

/// Reads a file of prompts; `field` names the field with the prompt if several are possible.
///
/// # Errors
///
/// When the file cannot be read or contains no prompt, and when two fields could be the prompt.
pub(crate) fn read(path: &Path, field: Option<&str>, scratch: &Path, watch: &dyn Watch) -> Result<Prompts> {
    let shown_path = path.display().to_string();
    let name = path.to_string_lossy();
    if (name == "alpaca_eval" || name == "mt_bench") && !path.exists() {
        let file = if name == "alpaca_eval" { "alpaca_eval.json" } else { "question.jsonl" };
        return Err(Error::new(format!("the prompts of {name} do not come with Predilect"))
            .words(format!("give the file of its public repository: {file}")));
    }
    if path.is_dir() {
        return of_preferences(path, scratch, watch);
    }
    let text = fs::read_to_string(path)
        .map_err(|e| Error::new(format!("cannot read {shown_path}: {e}")).words(
            "prompts are JSON Lines with `id` and `prompt`, a file of AlpacaEval or MT-Bench, a table with a column `prompt`, plain text with one on each line, or any preference file",
        ));
    let text = text.ok().map(|text| text.trim_start_matches('\u{feff}').to_owned());
    if let Some(error) = text.as_deref().and_then(|text| broken_line(text, &shown_path)) {
        return Err(error);
    }
    if let Some(all) = text.as_deref().and_then(|text| serde_json::from_str::<Vec<String>>(text).ok()) {
        return of_texts(&all, &shown_path);
    }
    let records = text.and_then(|text| records(&text));
    let has_prompt = |record: &Map<String, Value>| {
        field.is_some_and(|field| record.contains_key(field))
            || PROMPT_FIELDS.iter().any(|name| record.contains_key(*name))
    };
    match records {
        Some(records) if records.iter().take(FIRST).any(has_prompt) => {
            of_records(&records, field, &shown_path)
        }
        _ if path.extension().is_some_and(|kind| kind.eq_ignore_ascii_case("txt")) => of_lines(path, &shown_path),
        _ if !path.exists() => Err(Error::new(format!("there is no file {shown_path}")).words(
            "prompts are JSON Lines with `id` and `prompt`, a file of AlpacaEval or MT-Bench, a table with a column `prompt`, plain text with one on each line, or any preference file",
        )),
        // Preference files know best what their prompts are; of other tables a column is the prompt.
        _ => of_preferences(path, scratch, watch).or_else(|error| match rows_of(path, &ReadOptions::default()) {
            Ok(Some(rows)) if rows.first().is_some_and(has_prompt) => of_records(&rows, field, &shown_path),
            _ => Err(error),
        }),
    }
}

/// Plain text: a prompt on each line.
fn of_lines(path: &Path, shown_path: &str) -> Result<Prompts> {
    let text = fs::read_to_string(path).map_err(|e| Error::new(format!("cannot read {shown_path}: {e}")))?;
    let lines = text.trim_start_matches('\u{feff}').lines();
    of_texts(
        &lines.map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect::<Vec<_>>(),
        shown_path,
    )
}

/// Prompts that are nothing but texts.
fn of_texts(texts: &[String], shown_path: &str) -> Result<Prompts> {
    let mut taking = Taking::default();
    for text in texts {
        taking.count.read += 1;
        taking.take(Prompt {
            id: String::new(),
            messages: vec![Message::user(text.clone())],
            second: None,
            group: None,
            reference: Vec::new(),
            output: None,
        });
    }
    taking.finish(Protocol::Pairwise, None, shown_path)
}

/// The line of JSON Lines that cannot be read, where the first can and is a prompt.
fn broken_line(text: &str, path: &str) -> Option<Error> {
    let mut lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let first: Map<String, Value> = serde_json::from_str(lines.next()?.1).ok()?;
    PROMPT_FIELDS.iter().find(|name| first.contains_key(**name))?;
    lines.find_map(|(at, line)| {
        let error = serde_json::from_str::<Map<String, Value>>(line).err()?;
        let said = Error::new(format!("{path}, line {}: {}", at + 1, parsed::json(&error)));
        Some(said.words("correct or remove that line: each is a JSON object with `prompt`"))
    })
}

/// The objects of a JSON list or of JSON Lines; `None` for anything else.
fn records(text: &str) -> Option<Vec<Map<String, Value>>> {
    if let Ok(all) = serde_json::from_str::<Vec<Map<String, Value>>>(text) {
        return Some(all);
    }
    text.lines().filter(|line| !line.trim().is_empty()).map(|line| serde_json::from_str(line).ok()).collect()
}

fn of_records(records: &[Map<String, Value>], field: Option<&str>, path: &str) -> Result<Prompts> {
    let named = |record: &&Map<String, Value>| match field {
        Some(field) => record.contains_key(field),
        None => PROMPT_FIELDS.iter().any(|name| record.contains_key(*name)),
    };
    let first = records.iter().find(named).unwrap_or(&records[0]);
    let field = match field {
        Some(field) => field.to_owned(),
        None => the_field(first, path)?,
    };
    let protocol = if first.contains_key("turns") && first.contains_key("question_id") {
        Protocol::MtBench
    } else if first.contains_key("output") && first.contains_key("instruction") {
        Protocol::AlpacaEval
    } else {
        Protocol::Pairwise
    };
    let mut taking = Taking::default();
    for record in records {
        taking.count.read += 1;
        let Some((mut messages, second)) = record.get(&field).and_then(conversation) else {
            taking.leave_out("without a prompt");
            continue;
        };
        if field == INSTRUCTION
            && let [only] = messages.as_mut_slice()
        {
            only.content = with_input(&only.content, record);
        }
        let text_of = |names: &[&str]| names.iter().find_map(|name| record.get(*name).and_then(scalar));
        taking.take(Prompt {
            id: text_of(&ID_FIELDS).unwrap_or_default(),
            messages,
            second,
            group: text_of(&GROUP_FIELDS),
            reference: record.get("reference").map(texts).unwrap_or_default(),
            output: record.get("output").and_then(Value::as_str).map(str::to_owned),
        });
    }
    let generator = records.iter().find_map(|record| record.get("generator").and_then(scalar));
    taking.finish(protocol, generator, path)
}

/// An instruction with what it works on, where the record has that in a field of its own.
fn with_input(instruction: &str, record: &Map<String, Value>) -> String {
    match record.get("input").and_then(Value::as_str).map(str::trim) {
        Some(input) if !input.is_empty() => format!("{instruction}\n\n{input}"),
        _ => instruction.to_owned(),
    }
}

/// The field that contains the prompt.
fn the_field(record: &Map<String, Value>, path: &str) -> Result<String> {
    let found: Vec<&str> = PROMPT_FIELDS.into_iter().filter(|name| record.contains_key(*name)).collect();
    match found.as_slice() {
        [only] => Ok((*only).to_owned()),
        several => Err(Error::new(format!("{path}: {} could each be the prompt", shown::list(several)))
            .words("say which one it is")),
    }
}

/// A preference file or study: its prompts, each once.
fn of_preferences(path: &Path, scratch: &Path, watch: &dyn Watch) -> Result<Prompts> {
    let study = if path.join("study.toml").is_file() {
        Study::open(path)?
    } else {
        let options = ReadOptions { without_verdicts: true, ..ReadOptions::default() };
        let read = import(&[path.to_owned()], &options, &scratch.join("prompts"), Onto::Replace, watch);
        read.map_err(|error| without_prompts(error, path))?.0
    };
    let mut taking = Taking::default();
    for pair in pairs_of(&study)? {
        taking.count.read += 1;
        if pair.prompt.is_empty() {
            taking.leave_out("without a prompt");
            continue;
        }
        taking.take(Prompt {
            id: String::new(),
            messages: pair.prompt,
            second: None,
            group: pair.scenario,
            reference: Vec::new(),
            output: None,
        });
    }
    taking.finish(Protocol::Pairwise, None, &path.display().to_string())
}

/// The error for a file without prompts: how to read it as preferences does not help there.
fn without_prompts(error: Error, path: &Path) -> Error {
    if error.details().is_empty() {
        return error;
    }
    Error::new(format!("{}: there are no prompts in it", path.display())).words(
        "prompts are JSON Lines with `id` and `prompt`, a file of AlpacaEval or MT-Bench, a table with a column `prompt`, plain text with one on each line, or any preference file; \
         where a field of another name contains the prompt, name that field",
    )
}

/// Prompts being collected: each once, each with a unique name.
#[derive(Default)]
struct Taking {
    prompts: Vec<Prompt>,
    /// Names, with the number of the prompt that has each.
    names: HashMap<String, usize>,
    contents: HashMap<String, usize>,
    count: PromptCount,
}

impl Taking {
    fn leave_out(&mut self, reason: &str) {
        *self.count.left_out.entry(reason.to_owned()).or_default() += 1;
    }

    fn take(&mut self, mut prompt: Prompt) {
        let mut whole = prompt.messages.clone();
        whole.extend(prompt.second.clone().map(Message::user));
        let nothing = predilect_types::Response::default();
        let content = content_id(&whole, &nothing, &nothing);
        if prompt.messages.iter().all(|turn| turn.content.trim().is_empty()) {
            return self.leave_out("with an empty prompt");
        }
        if self.contents.contains_key(&content) {
            self.count.repeated += 1;
            return;
        }
        self.contents.insert(content.clone(), self.prompts.len());
        if prompt.id.is_empty() {
            prompt.id = content;
        }
        // Two prompts with one name get a number.
        let mut name = prompt.id.clone();
        let mut number = 1;
        while self.names.contains_key(&name) {
            number += 1;
            name = format!("{}#{number}", prompt.id);
        }
        prompt.id.clone_from(&name);
        self.names.insert(name, self.prompts.len());
        self.prompts.push(prompt);
    }

    fn finish(self, protocol: Protocol, generator: Option<String>, path: &str) -> Result<Prompts> {
        if self.prompts.is_empty() {
            return Err(Error::new(format!("{path} contains no prompts")));
        }
        Ok(Prompts { all: self.prompts, protocol, generator, count: self.count })
    }
}

/// A text, a list of turns as MT-Bench has them, or a conversation; the user's turn after the first answer is separate.
fn conversation(value: &Value) -> Option<(Vec<Message>, Option<String>)> {
    match value {
        Value::String(text) => Some((vec![Message::user(text.clone())], None)),
        Value::Array(turns) if turns.iter().all(Value::is_string) && !turns.is_empty() => {
            let mut turns = turns.iter().filter_map(Value::as_str);
            Some((vec![Message::user(turns.next()?)], turns.next().map(str::to_owned)))
        }
        Value::Array(turns) => {
            let messages: Option<Vec<Message>> = turns
                .iter()
                .map(|turn| {
                    let role = turn.get("role").or_else(|| turn.get("from"))?.as_str()?;
                    let content = turn.get("content").or_else(|| turn.get("value"))?.as_str()?;
                    Some(Message { role: Role::parse(role), content: content.to_owned() })
                })
                .collect();
            // What is asked last must be the person's.
            messages.filter(|m| m.last().is_some_and(|turn| turn.role == Role::User)).map(|m| (m, None))
        }
        _ => None,
    }
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.trim().is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Array(all) => all.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

/// Reference answers in the form of MT-Bench's repository: by question, turn by turn.
///
/// # Errors
///
/// When the file cannot be read or is not of that form.
pub(crate) fn references(path: &Path) -> Result<BTreeMap<String, Vec<String>>> {
    let shown_path = path.display();
    let text = fs::read_to_string(path).map_err(|e| Error::new(format!("cannot read {shown_path}: {e}")))?;
    let found: BTreeMap<String, Vec<String>> = records(&text)
        .unwrap_or_default()
        .iter()
        .filter_map(|record| {
            let id = ID_FIELDS.iter().find_map(|name| record.get(*name).and_then(scalar))?;
            let turns = record.get("choices")?.get(0)?.get("turns")?;
            Some((id, texts(turns)))
        })
        .collect();
    if found.is_empty() {
        return Err(Error::new(format!("{shown_path} contains no reference answers"))
            .words("MT-Bench keeps them as JSON Lines of `question_id` and `choices[0].turns`"));
    }
    Ok(found)
}

/// A baseline's outputs by the text of the prompt, and its name: JSON or JSON Lines of `instruction` (or `prompt`) and `output`.
///
/// # Errors
///
/// When the file cannot be read or is not of that form.
pub(crate) fn outputs(path: &Path) -> Result<(HashMap<String, String>, Option<String>)> {
    let shown_path = path.display();
    let text = fs::read_to_string(path).map_err(|e| Error::new(format!("cannot read {shown_path}: {e}")))?;
    let records = records(&text).unwrap_or_default();
    let found: HashMap<String, String> = records
        .iter()
        .filter_map(|record| {
            let prompt = match record.get(INSTRUCTION) {
                Some(instruction) => with_input(instruction.as_str()?, record),
                None => record.get("prompt")?.as_str()?.to_owned(),
            };
            let output = record.get("output").or_else(|| record.get("response"))?.as_str()?;
            Some((prompt, output.to_owned()))
        })
        .collect();
    if found.is_empty() {
        return Err(Error::new(format!("{shown_path} contains no outputs")).words(
            "a baseline is JSON or JSON Lines of `instruction` and `output`, as AlpacaEval keeps them",
        ));
    }
    Ok((found, records.iter().find_map(|record| record.get("generator").and_then(scalar))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use predilect_workbench::Unwatched;

    fn read_text(text: &str, field: Option<&str>) -> Result<Prompts> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("p.jsonl");
        fs::write(&path, text).unwrap();
        read(&path, field, folder.path(), &Unwatched)
    }

    #[test]
    fn files_of_the_benchmarks_are_told_by_their_fields() {
        let mt = r#"{"question_id": 81, "category": "math", "turns": ["One?", "Two?"], "reference": ["1"]}"#;
        let found = read_text(mt, None).unwrap();
        assert_eq!(found.protocol, Protocol::MtBench);
        let prompt = &found.all[0];
        assert_eq!(
            (prompt.id.as_str(), prompt.text(), prompt.second.as_deref()),
            ("81", "One?", Some("Two?"))
        );
        assert_eq!((prompt.group.as_deref(), prompt.reference.len()), (Some("math"), 1));
        let alpaca =
            r#"[{"dataset": "helpful_base", "instruction": "Hi?", "output": "Hello.", "generator": "base"}]"#;
        let found = read_text(alpaca, None).unwrap();
        assert_eq!((found.protocol, found.generator.as_deref()), (Protocol::AlpacaEval, Some("base")));
        assert_eq!(found.all[0].output.as_deref(), Some("Hello."));
    }

    #[test]
    fn every_prompt_is_taken_once_under_a_name_of_its_own() {
        let text = "{\"prompt\":\"a\"}\n{\"id\":\"x\",\"prompt\":\"b\"}\n{\"id\":\"x\",\"prompt\":\"c\"}\n\
                    {\"id\":\"y\",\"prompt\":\"b\"}\n{\"prompt\":\"  \"}\n{\"prompt\":7}\n";
        let found = read_text(text, None).unwrap();
        let ids: Vec<&str> = found.all.iter().map(|p| p.id.as_str()).collect();
        assert_eq!((ids.len(), ids[1], ids[2]), (3, "x", "x#2"));
        assert_eq!((found.count.read, found.count.repeated), (6, 1));
        assert_eq!(found.count.left_out.values().sum::<u64>(), 2);
    }

    #[test]
    fn two_readings_are_asked_about() {
        let both = r#"{"prompt": "a", "instruction": "b"}"#;
        assert!(read_text(both, None).unwrap_err().message().contains("could each be the prompt"));
        assert_eq!(read_text(both, Some("instruction")).unwrap().all[0].text(), "b");
        let chat =
            r#"{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}"#;
        assert!(read_text(chat, None).unwrap_err().message().contains("no prompt"));
    }

    #[test]
    fn a_broken_line_is_named_and_a_record_without_prompt_is_counted() {
        let error = read_text("{\"prompt\":\"a\"}\n{\"prompt\":", None).unwrap_err();
        assert!(error.message().contains("p.jsonl, line 2: the JSON is cut short"), "{}", error.message());
        let found = read_text("{\"prompt\":\"a\"}\n{\"id\":\"b\"}", None).unwrap();
        assert_eq!((found.all.len(), found.count.left_out["without a prompt"]), (1, 1));
    }

    #[test]
    fn prompts_are_found_behind_marks_and_first_records_without_one() {
        let found =
            read_text("\u{feff}{\"id\": \"x\"}\r\n{\"id\": \"y\", \"prompt\": \"a\"}\r\n", None).unwrap();
        assert_eq!((found.all[0].id.as_str(), found.count.left_out["without a prompt"]), ("y", 1));
        let texts = read_text(r#"["One?", "Two?", ""]"#, None).unwrap();
        assert_eq!((texts.all.len(), texts.all[1].text(), texts.count.read), (2, "Two?", 3));
        let with_input = r#"[{"instruction": "Translate.", "input": "Hallo", "output": "Hello"}]"#;
        assert_eq!(read_text(with_input, None).unwrap().all[0].text(), "Translate.\n\nHallo");
    }

    #[test]
    fn a_benchmark_is_the_users_file() {
        let error = read(Path::new("mt_bench"), None, Path::new("."), &Unwatched).unwrap_err();
        assert!(error.message().contains("do not come with Predilect"));
    }
}
