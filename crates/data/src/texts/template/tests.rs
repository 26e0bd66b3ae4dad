//! Every template turn by turn, and texts that only look like one.

use proptest::prelude::*;

use super::super::speaker::role;
use super::marks::{BEGINNINGS, ENDINGS, MARKS};
use super::turns::turn;
use super::*;

#[allow(clippy::unnecessary_wraps, reason = "as `decode` answers")]
fn turns(said: &[(&str, &str)]) -> Option<Vec<Message>> {
    Some(said.iter().map(|(name, text)| turn(role(name), text)).collect())
}

#[test]
fn each_template_is_taken_apart() {
    let whole =
        turns(&[("system", "S"), ("user", "a\nb"), ("assistant", "c"), ("user", "d"), ("assistant", "e")]);
    for text in [
        "<|im_start|>system\nS<|im_end|>\n<|im_start|>user\na\nb<|im_end|>\n<|im_start|>assistant\nc<|im_end|>\n\
         <|im_start|>user\nd<|im_end|>\n<|im_start|>assistant\ne<|im_end|>\n",
        "<|begin_of_text|><|start_header_id|>system<|end_header_id|>\n\nS<|eot_id|><|start_header_id|>user\
         <|end_header_id|>\n\na\nb<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\nc<|eot_id|>\
         <|start_header_id|>user<|end_header_id|>\n\nd<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\ne",
        "<bos><start_of_turn>system\nS<end_of_turn>\n<start_of_turn>user\na\nb<end_of_turn>\n<start_of_turn>model\n\
         c<end_of_turn>\n<start_of_turn>user\nd<end_of_turn>\n<start_of_turn>model\ne<end_of_turn><eos>",
        "<BOS_TOKEN><|START_OF_TURN_TOKEN|><|SYSTEM_TOKEN|>S<|END_OF_TURN_TOKEN|><|START_OF_TURN_TOKEN|>\
         <|USER_TOKEN|>a\nb<|END_OF_TURN_TOKEN|><|START_OF_TURN_TOKEN|><|CHATBOT_TOKEN|>c<|END_OF_TURN_TOKEN|>\
         <|START_OF_TURN_TOKEN|><|USER_TOKEN|>d<|END_OF_TURN_TOKEN|><|START_OF_TURN_TOKEN|><|CHATBOT_TOKEN|>e",
        "<|system|>\nS</s>\n<|user|>\na\nb</s>\n<|assistant|>\nc</s>\n<|user|>\nd</s>\n<|assistant|>\ne</s>",
        "<|system|>S<|end|><|user|>\na\nb<|end|>\n<|assistant|>\nc<|end|><|user|>d<|end|><|assistant|>e<|endoftext|>",
        "<｜begin▁of▁sentence｜>S<｜User｜>a\nb<｜Assistant｜>c<｜end▁of▁sentence｜><｜User｜>d<｜Assistant｜>e\
         <｜end▁of▁sentence｜>",
        "<s>[INST] <<SYS>>\nS\n<</SYS>>\n\na\nb [/INST] c </s><s>[INST] d [/INST] e </s>",
        "<s>[SYSTEM_PROMPT]S[/SYSTEM_PROMPT][INST]a\nb[/INST]c</s>[INST]d[/INST]e</s>",
        "SYSTEM: S USER: a\nb ASSISTANT: c</s>USER: d ASSISTANT: e</s>",
        "System: S\n\nHuman: a\nb\n\nAssistant: c\n\nHuman: d\n\nAssistant: e",
        "### System:\nS\n\n### User:\na\nb\n\n### Assistant:\nc\n\n### User:\nd\n\n### Assistant:\ne",
    ] {
        assert_eq!(decode(text), whole, "{text}");
    }
}

#[test]
fn a_text_to_go_on_from_ends_with_the_question() {
    let asked = turns(&[("user", "q")]);
    for text in [
        "\n\nHuman: q\n\nAssistant:",
        "\n\nHuman: q",
        "<|im_start|>user\nq<|im_end|>\n<|im_start|>assistant\n",
        "<|start_header_id|>user<|end_header_id|>\n\nq<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n",
        "<start_of_turn>user\nq<end_of_turn>\n<start_of_turn>model\n",
        "<|user|>\nq</s>\n<|assistant|>\n",
        "<s>[INST] q [/INST]",
        "USER: q ASSISTANT:",
        "### Instruction:\nq\n\n### Response:\n",
        "<｜User｜>q<｜Assistant｜>",
    ] {
        assert_eq!(decode(text), asked, "{text}");
    }
}

#[test]
fn transcripts() {
    assert_eq!(
        decode("\n\nHuman: hi\n\nAssistant: a\nHuman: x\n\nHuman: y\n\nAssistant: b\n"),
        turns(&[("user", "hi"), ("assistant", "a\nHuman: x"), ("user", "y"), ("assistant", "b")])
    );
    assert_eq!(decode("\n\nAssistant: only"), turns(&[("assistant", "only")]));
    let two = turns(&[("user", "a"), ("assistant", "b")]);
    assert_eq!(decode("Human: a\nAssistant: b"), two);
    assert_eq!(decode("User: a\n\nAssistant: b"), two);
    assert_eq!(decode("user: a\nassistant: b"), two);
    assert_eq!(decode("human: a\n\nassistant: b"), two);
    for text in ["user: the person who asks", "human: a\nhuman: b\nassistant: c", "user: a\nAssistant: b"] {
        assert_eq!(decode(text), None, "{text}");
    }
    for plain in [
        "Human: an essay",
        "Assistant: b",
        "Human: a\nHuman: b\nAssistant: c",
        "H: a\n\nA: b",
        "He said:\n\nHuman: a\n\nAssistant: b",
        "User: the person\n\nSystem: the machine",
        "\n\nAssistant:",
    ] {
        assert_eq!(decode(plain), None, "{plain}");
    }
}

#[test]
fn alpaca_and_vicuna() {
    assert_eq!(
        decode("### Instruction:\nAdd.\n\n### Input:\n1 2\n\n### Response:\n### Sum\n3"),
        turns(&[("user", "Add.\n\n1 2"), ("assistant", "### Sum\n3")])
    );
    assert_eq!(
        decode("Below is an instruction that describes a task.\n\n### Instruction:\nx\n\n### Response:\ny"),
        turns(&[
            ("system", "Below is an instruction that describes a task."),
            ("user", "x"),
            ("assistant", "y")
        ])
    );
    assert_eq!(decode("### Human: x?### Assistant: y"), turns(&[("user", "x?"), ("assistant", "y")]));
    assert_eq!(
        decode("A chat between a user and an assistant. USER: x ASSISTANT: the USER: y</s>"),
        turns(&[
            ("system", "A chat between a user and an assistant."),
            ("user", "x"),
            ("assistant", "the USER: y")
        ])
    );
    assert_eq!(
        decode("USER: a ASSISTANT: b USER: c"),
        turns(&[("user", "a"), ("assistant", "b"), ("user", "c")])
    );
    for plain in [
        "### Instruction:\nx",
        "## Title\n### Human: x\n### Assistant: y",
        "A chat between friends",
        "USER: x",
        "USERS: x ASSISTANT: y",
        "A chat between ASSISTANT: and USER: x",
    ] {
        assert_eq!(decode(plain), None, "{plain}");
    }
}

#[test]
fn a_mention_is_no_conversation() {
    for (plain, mark) in [
        ("The mark <|im_start|>user opens a turn.", Some("<|im_start|>")),
        ("Use [INST] here", Some("[INST]")),
        ("[INST] never closed", Some("[INST]")),
        ("[INST] a [/INST] b [/INST] c", Some("[INST]")),
        ("<|im_start|>user\na<|im_end|> and then <|im_start|>user\nb<|im_end|>", Some("<|im_start|>")),
        ("<|im_start|> <|im_end|>", Some("<|im_start|>")),
        ("Answer\n\nHuman: more", Some("Human:")),
        ("Answer\nHuman: more", None),
        ("x USER: a ASSISTANT: b", Some("ASSISTANT:")),
        ("x\n### Response:\ny", Some("### Response:")),
        ("<p>Hello</p> a[0] < b", None),
        ("", None),
    ] {
        assert_eq!((decode(plain), has_marks(plain)), (None, mark), "{plain}");
    }
}

#[test]
fn marks_of_the_end_are_cut_off() {
    assert_eq!(without_end("answer<|im_end|>\n"), Some(6));
    assert_eq!(without_end("answer </s>"), Some(6));
    assert_eq!(without_end("an <s>old</s>"), None);
    assert_eq!(without_end("a<|im_start|>b<|im_end|>"), None);
    assert_eq!(without_end("<p>x</p>"), None);
}

/// Pieces of which hostile and unlucky texts consist.
fn pieces() -> impl Strategy<Value = String> {
    let mut all: Vec<&str> = [MARKS, ENDINGS, BEGINNINGS].concat();
    all.extend([
        "Human:",
        "Assistant:",
        "User:",
        "USER:",
        "ASSISTANT:",
        "SYSTEM:",
        "System:",
        "\n",
        "\n\n",
        " ",
        "é",
        "x",
        "user",
        "assistant",
        "<|USER_TOKEN|>",
        "### Instruction:",
        "### Input:",
        "### Response:",
        "### ",
        "<</SYS>>",
        "Below is an instruction",
        "A chat between",
    ]);
    proptest::collection::vec(proptest::sample::select(all), 0..14).prop_map(|some| some.concat())
}

proptest! {
    #[test]
    fn nothing_panics_and_the_marks_of_turns_are_gone(text in pieces()) {
        let _ = (has_marks(&text), without_end(&text));
        if let Some(turns) = decode(&text) {
            prop_assert!(!turns.is_empty());
            let start = text.trim_start();
            for turn in &turns {
                if start.starts_with("<|im_start|>") {
                    prop_assert!(!turn.content.contains("<|im_start|>") && !turn.content.contains("<|im_end|>"));
                }
                if start.starts_with("[INST]") {
                    prop_assert!(!turn.content.contains("INST]"));
                }
            }
        }
    }

    #[test]
    fn a_text_without_a_mark_is_none(text in "[a-z é.,:\n]{0,100}") {
        prop_assert_eq!((decode(&text), has_marks(&text), without_end(&text)), (None, None, None));
    }
}
