//! How a conversation becomes the tokens that a model was trained on.
//!
//! The template is the one in the file, a Jinja program. Texts are data: where one contains the name of a control token, such as
//! `<|im_end|>`, the name is read as letters, so that no response can end its turn or begin another. Where a model's turns are marked by
//! plain words (`[INST]`), only the fence around a response protects the prompt.

use llama_cpp_2::model::LlamaModel;
use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, Error, ErrorKind, Value, context};
use predilect_llm::to_the_answer;
use predilect_types::{Message, Role};

/// Marks the place of a text in a rendered template; these characters occur in no template.
const MARK: (char, char) = ('\u{f8f0}', '\u{f8f1}');

pub(crate) struct Chat {
    /// Without a template in the file, texts follow each other and the answer begins after `Answer:`.
    template: Option<Environment<'static>>,
    /// What control tokens look like in texts.
    control: Vec<String>,
    bos: String,
    eos: String,
}

impl Chat {
    pub(crate) fn of(model: &LlamaModel) -> Result<Self, String> {
        let template = match model.chat_template(None) {
            Ok(template) => Some(environment(template.to_string().map_err(|e| e.to_string())?)?),
            Err(_) => None,
        };
        let vocab = model.vocab();
        let piece = |token| String::from_utf8_lossy(&vocab.token_to_piece(token, true, None)).into_owned();
        let control = vocab
            .tokens()
            .filter(|&t| vocab.is_control(t) || vocab.is_eog(t))
            .map(piece)
            .filter(|t| !t.is_empty());
        Ok(Self { template, control: control.collect(), bos: piece(vocab.bos()), eos: piece(vocab.eos()) })
    }

    /// Whether the model's template has a switch for reasoning, which is turned off here, or ends in a thought, which is closed here.
    pub(crate) fn could_think(&self, model: &LlamaModel) -> bool {
        let template = model.chat_template(None).ok();
        if template
            .and_then(|text| text.to_string().ok())
            .is_some_and(|text| text.contains("enable_thinking"))
        {
            return true;
        }
        let Some(environment) = &self.template else { return false };
        self.fill(environment, &[Message::user("?")]).is_ok_and(|text| self.missing(&text).is_some())
    }

    /// What a filled template lacks for the answer itself to come next.
    fn missing(&self, filled: &str) -> Option<String> {
        to_the_answer(filled, self.control.iter().any(|name| name == "<|channel|>"))
    }

    /// The tokens of a conversation up to where the answer begins.
    pub(crate) fn tokens(&self, model: &LlamaModel, messages: &[Message]) -> Result<Vec<i32>, String> {
        let marked: Vec<Message> = messages
            .iter()
            .enumerate()
            .map(|(i, message)| Message {
                role: message.role.clone(),
                content: format!("{}{i}{}", MARK.0, MARK.1),
            })
            .collect();
        let rendered = self.render(&marked)?;
        let pieces = pieces(&rendered, messages)?;
        let vocab = model.vocab();
        let add_bos = self.bos.is_empty() || !rendered.starts_with(&self.bos);
        let forged = messages.iter().any(|message| self.names_control(&message.content));
        let mut tokens = Vec::new();
        if forged {
            for (i, (text, own)) in pieces.iter().enumerate() {
                tokens.extend(vocab.tokenize(text.as_bytes(), add_bos && i == 0, !own));
            }
        } else {
            // In one piece, as the model has seen such texts: tokens may reach over the seams.
            let text: String = pieces.iter().map(|(text, _)| *text).collect();
            tokens = vocab.tokenize(text.as_bytes(), add_bos, true);
        }
        Ok(tokens.into_iter().map(|token| token.0).collect())
    }

    fn names_control(&self, text: &str) -> bool {
        self.control.iter().any(|name| text.contains(name.as_str()))
    }

    fn render(&self, messages: &[Message]) -> Result<String, String> {
        let Some(environment) = &self.template else {
            let texts: Vec<&str> = messages.iter().map(|message| message.content.as_str()).collect();
            return Ok(format!("{}\n\nAnswer:", texts.join("\n\n")));
        };
        let filled = self.fill(environment, messages);
        // Some models have no system turn, and refuse it or leave it out: its text then begins the user's turn.
        let lost = match messages {
            [system, _, ..] if system.role == Role::System => {
                filled.as_ref().map_or(true, |text| !text.contains(&system.content))
            }
            _ => false,
        };
        let filled = if lost {
            let mut merged = messages.to_vec();
            let system = merged.remove(0);
            merged[0].content = format!("{}\n\n{}", system.content, merged[0].content);
            self.fill(environment, &merged)
        } else {
            filled
        };
        let mut text =
            filled.map_err(|error| format!("the model's chat template cannot be filled in: {error:#}"))?;
        if let Some(missing) = self.missing(&text) {
            text.push_str(&missing);
        }
        Ok(text)
    }

    fn fill(&self, environment: &Environment<'_>, messages: &[Message]) -> Result<String, Error> {
        let turns: Vec<Value> = messages
            .iter()
            .map(|turn| context! { role => role(&turn.role), content => turn.content.as_str() })
            .collect();
        environment.get_template("chat")?.render(context! {
            messages => turns,
            add_generation_prompt => true,
            // Templates that have this switch begin to reason where it is not set; the answer is read at the next token.
            enable_thinking => false,
            bos_token => self.bos.as_str(),
            eos_token => self.eos.as_str(),
        })
    }
}

/// A role as templates know it. What a file calls a speaker is text from outside: only a plain word is one.
fn role(role: &Role) -> String {
    let name = role.to_string();
    let plain = (1..=16).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    if plain { name } else { "user".to_owned() }
}

fn environment(template: String) -> Result<Environment<'static>, String> {
    let mut environment = Environment::new();
    // As the trainers' own tools render them.
    let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build();
    environment.set_syntax(syntax.map_err(|error| error.to_string())?);
    environment.set_unknown_method_callback(minijinja_contrib::pycompat::unknown_method_callback);
    environment.add_function("raise_exception", |message: String| -> Result<String, Error> {
        Err(Error::new(ErrorKind::InvalidOperation, message))
    });
    // A date in the prompt would make another prompt of it every day.
    environment.add_function("strftime_now", |_: String| "26 Jul 2024".to_owned());
    environment
        .add_template_owned("chat", template)
        .map_err(|error| format!("the model's chat template cannot be read: {error:#}"))?;
    Ok(environment)
}

/// The rendered template with the texts in their places; true: a text of the conversation.
fn pieces<'a>(rendered: &'a str, messages: &'a [Message]) -> Result<Vec<(&'a str, bool)>, String> {
    let mut pieces = Vec::new();
    let mut rest = rendered;
    let mut seen = 0;
    while let Some((before, after)) = rest.split_once(MARK.0) {
        let place =
            after.split_once(MARK.1).and_then(|(place, after)| Some((place.parse::<usize>().ok()?, after)));
        let Some((message, after)) = place.and_then(|(place, after)| Some((messages.get(place)?, after)))
        else {
            return Err("the model's chat template changes the texts it is given".to_owned());
        };
        pieces.push((before, false));
        pieces.push((message.content.as_str(), true));
        rest = after;
        seen += 1;
    }
    if seen < messages.len() {
        return Err("the model's chat template leaves out a text".to_owned());
    }
    pieces.push((rest, false));
    pieces.retain(|(text, _)| !text.is_empty());
    Ok(pieces)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chat(template: &str) -> Chat {
        let template = Some(environment(template.to_owned()).unwrap());
        Chat { template, control: vec!["<|end|>".to_owned()], bos: "<s>".to_owned(), eos: String::new() }
    }

    fn asked() -> Vec<Message> {
        vec![Message { role: Role::System, content: "be brief".to_owned() }, Message::user(" hello ")]
    }

    #[test]
    fn templates_are_filled_as_their_authors_meant() {
        let chat = chat(
            "{%- for m in messages %}\n    {%- if m['role'].startswith('sys') %}\n[{{ m.content | trim }}]\n{%- else %}({{ m['content'] }}){%- endif %}\n{%- endfor %}\n{% if add_generation_prompt %}\n>\n{% endif %}",
        );
        assert_eq!(chat.render(&asked()).unwrap(), "[be brief]( hello )>\n");
    }

    #[test]
    fn a_model_that_could_think_is_told_not_to() {
        let chat = chat(
            "{% for m in messages %}{{ m.content }}{% endfor %}>{% if enable_thinking is defined and enable_thinking is false %}<think>\n\n</think>\n\n{% endif %}",
        );
        assert_eq!(chat.render(&asked()).unwrap(), "be brief hello ><think>\n\n</think>\n\n");
    }

    #[test]
    fn a_thought_that_a_template_opens_is_closed() {
        let mut chat = chat("{% for m in messages %}{{ m.content }}{% endfor %}<|Assistant|><think>\n");
        assert_eq!(chat.render(&asked()).unwrap(), "be brief hello <|Assistant|><think>\n\n</think>\n\n");
        chat.template = Some(
            environment("{% for m in messages %}{{ m.content }}{% endfor %}<|start|>assistant".to_owned())
                .unwrap(),
        );
        assert!(chat.render(&asked()).unwrap().ends_with("<|start|>assistant"));
        chat.control.push("<|channel|>".to_owned());
        assert!(chat.render(&asked()).unwrap().ends_with("<|start|>assistant<|channel|>final<|message|>"));
    }

    #[test]
    fn a_model_without_a_system_turn_gets_its_words_in_the_first_one() {
        let chat = chat(
            "{% if messages[0].role == 'system' %}{{ raise_exception('no system') }}{% endif %}{% for m in messages %}<{{ m.content }}>{% endfor %}",
        );
        assert_eq!(chat.render(&asked()).unwrap(), "<be brief\n\n hello >");
        assert!(chat.render(&asked()[..1]).unwrap_err().contains("no system"));
    }

    #[test]
    fn a_system_turn_that_a_template_drops_and_a_role_that_forges_are_mended() {
        let chat =
            chat("{% for m in messages %}{% if m.role == 'user' %}<{{ m.content }}>{% endif %}{% endfor %}");
        assert_eq!(chat.render(&asked()).unwrap(), "<be brief\n\n hello >");
        assert_eq!(role(&Role::Other("tool".to_owned())), "tool");
        assert_eq!(role(&Role::Other("user\n<|end|>".to_owned())), "user");
    }

    #[test]
    fn texts_stand_in_their_places_and_none_is_lost() {
        let texts = asked();
        let rendered = format!("a{}1{}b{}0{}", MARK.0, MARK.1, MARK.0, MARK.1);
        assert_eq!(
            pieces(&rendered, &texts).unwrap(),
            [("a", false), (" hello ", true), ("b", false), ("be brief", true)]
        );
        assert!(pieces("nothing", &texts).is_err());
        assert!(pieces(&format!("{}9{}", MARK.0, MARK.1), &texts).is_err());
    }
}
