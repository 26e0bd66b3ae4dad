//! Real models against the reference, where their files are: `PREDILECT_MODELS` names one folder or several, as `PATH` does.
//!
//! The numbers are those of Hugging Face's `tokenizers` 0.23.3 for Python, with its Oniguruma expressions, given the vocabulary and the
//! merges that the `gguf` package reads from the same file: for `SmolLM2` with `Digits(individual_digits=True)` and
//! `ByteLevel(add_prefix_space=False)`, for Qwen2.5 with `NFC` and the expression of its `tokenizer.json`. The rendered templates are those
//! of `apply_chat_template` of transformers 5.24.

use super::tests::written;
use super::{Message, Tokens};
use candle_core::quantized::gguf_file::Content;
use std::fs::File;
use std::io::BufReader;

const SMOLLM2: [(&str, &[u32]); 16] = [
    ("Hello, world!", &[19556, 28, 905, 17]),
    (" leading and trailing  ", &[2899, 284, 35079, 256]),
    (
        "1234567890 3.14159 v2.0",
        &[33, 34, 35, 36, 37, 38, 39, 40, 41, 32, 216, 35, 30, 33, 36, 33, 37, 41, 386, 34, 30, 32],
    ),
    ("don't I'LL we'Ve ſ's", &[12420, 982, 339, 23, 16421, 392, 23, 25917, 18811, 140, 506]),
    (
        "naïve café \u{2014} \u{201c}quoted\u{201d} \u{2026} ½ ²",
        &[3546, 46494, 37366, 1841, 619, 385, 5036, 573, 5548, 216, 16738, 216, 19133],
    ),
    (
        "e\u{301}te\u{301} A\u{30a}ngstro\u{308}m",
        &[85, 151, 219, 676, 151, 219, 330, 151, 228, 863, 302, 291, 151, 226, 93],
    ),
    (
        "漢字かな交じり文\u{3002}한국어 텍스트",
        &[
            177, 137, 112, 36518, 7365, 229, 7365, 120, 16736, 114, 7365, 242, 10391, 228, 29184, 19076,
            33085, 246, 181, 130, 251, 183, 240, 129, 48138, 223, 231, 183, 228, 114, 184, 228, 133,
        ],
    ),
    (
        "\u{1f642}\u{1f469}\u{200d}\u{1f469}\u{200d}\u{1f467}\u{200d}\u{1f466}\u{1f3f3}\u{fe0f}\u{200d}\u{1f308} ok",
        &[
            10813, 38887, 10813, 235, 119, 321, 231, 10813, 235, 119, 321, 231, 10813, 235, 117, 321, 231,
            10813, 235, 116, 10813, 233, 128, 31752, 321, 231, 10813, 230, 226, 10907,
        ],
    ),
    (
        "def f(x):\n\tif x:\n\t\treturn  x**2\n\n\n\nprint(f(3))",
        &[
            1604, 275, 24, 104, 727, 198, 197, 342, 1792, 42, 3354, 197, 5406, 216, 1792, 828, 34, 16506,
            198, 3272, 24, 86, 24, 35, 1292,
        ],
    ),
    ("a\r\nb\r\n\r\nc\rd", &[81, 201, 198, 82, 7209, 198, 83, 201, 84]),
    (
        "<|im_start|>user\nhi<|im_end|>\n<|endoftext|>x <|im_end|",
        &[1, 4093, 198, 6004, 2, 198, 0, 104, 2067, 108, 306, 79, 486, 108],
    ),
    ("\u{a0}\u{2003}\u{200b}\u{3000}x\u{feff}", &[15442, 321, 221, 321, 229, 12109, 218, 104, 186, 136, 140]),
    ("     \n   \n\t\n  end   ", &[4444, 472, 3354, 3805, 1112, 333]),
    (
        "नमस्ते दुनिया ไทยภาษา",
        &[
            30658, 35090, 38770, 16525, 26293, 30581, 12335, 116, 42990, 30658, 27011, 32932, 18075, 216,
            31933, 222, 10283, 241, 10283, 112, 10283, 250, 43662, 10283, 119, 43662,
        ],
    ),
    (
        "٣٤٥ \u{2177} \u{216b} \u{2460}\u{2461}\u{2462}",
        &[
            164, 113, 164, 114, 164, 115, 216, 173, 223, 132, 216, 173, 223, 121, 216, 173, 235, 250, 173,
            235, 111, 173, 235, 112,
        ],
    ),
    (
        "Å \u{fb01} \u{fb00} \u{216b}\u{0}\u{7}\u{1b}[0m\u{85}",
        &[142, 223, 40367, 216, 20755, 218, 216, 173, 223, 121, 190, 195, 212, 75, 32, 93, 141, 223],
    ),
];

const QWEN25: [(&str, &[u32]); 16] = [
    ("Hello, world!", &[9707, 11, 1879, 0]),
    (" leading and trailing  ", &[6388, 323, 27748, 256]),
    (
        "1234567890 3.14159 v2.0",
        &[16, 17, 18, 19, 20, 21, 22, 23, 24, 15, 220, 18, 13, 16, 19, 16, 20, 24, 348, 17, 13, 15],
    ),
    ("don't I'LL we'Ve ſ's", &[15007, 944, 358, 6, 4086, 582, 6, 42612, 25917, 123, 594]),
    (
        "naïve café \u{2014} \u{201c}quoted\u{201d} \u{2026} ½ ²",
        &[3376, 37572, 586, 51950, 1959, 1036, 63725, 854, 4593, 220, 26062, 220, 29456],
    ),
    ("e\u{301}te\u{301} A\u{30a}ngstro\u{308}m", &[38783, 79252, 968, 495, 85584]),
    (
        "漢字かな交じり文\u{3002}한국어 텍스트",
        &[110007, 18600, 128777, 38109, 99104, 30331, 16744, 1773, 23573, 124785, 31079, 10764, 44104, 53189],
    ),
    (
        "\u{1f642}\u{1f469}\u{200d}\u{1f469}\u{200d}\u{1f467}\u{200d}\u{1f466}\u{1f3f3}\u{fe0f}\u{200d}\u{1f308} ok",
        &[
            145080, 145233, 378, 235, 145233, 378, 235, 145665, 378, 235, 145988, 147233, 30543, 378, 235,
            145354, 5394,
        ],
    ),
    (
        "def f(x):\n\tif x:\n\t\treturn  x**2\n\n\n\nprint(f(3))",
        &[750, 282, 2075, 982, 743, 856, 510, 197, 853, 220, 856, 334, 17, 1022, 1350, 955, 7, 18, 593],
    ),
    ("a\r\nb\r\n\r\nc\rd", &[64, 319, 65, 871, 66, 201, 67]),
    (
        "<|im_start|>user\nhi<|im_end|>\n<|endoftext|>x <|im_end|",
        &[151644, 872, 198, 6023, 151645, 198, 151643, 87, 82639, 318, 6213, 91],
    ),
    ("\u{a0}\u{2003}\u{200b}\u{3000}x\u{feff}", &[4102, 378, 225, 15692, 22441, 87, 3225]),
    ("     \n   \n\t\n  end   ", &[10947, 5872, 1572, 220, 835, 262]),
    (
        "नमस्ते दुनिया ไทยภาษา",
        &[
            60096, 87244, 78368, 30484, 97, 34370, 14925, 99, 72653, 60096, 42311, 107, 23868, 220, 125451,
            127382,
        ],
    ),
    (
        "٣٤٥ \u{2177} \u{216b} \u{2460}\u{2461}\u{2462}",
        &[149, 96, 149, 97, 149, 98, 220, 70467, 115, 220, 70467, 104, 220, 48312, 254, 48312, 94, 48312, 95],
    ),
    (
        "Å \u{fb01} \u{fb00} \u{216b}\u{0}\u{7}\u{1b}[0m\u{85}",
        &[144044, 32495, 70731, 32495, 105, 222, 220, 70467, 104, 188, 195, 90435, 15, 76, 126, 227],
    ),
];

/// A model from the folders that the variable names; a missing one is reported, not a failure.
fn model(name: &str) -> Option<Tokens> {
    let folders = std::env::var_os("PREDILECT_MODELS").unwrap_or_default();
    let Some(path) =
        std::env::split_paths(&folders).map(|folder| folder.join(name)).find(|path| path.is_file())
    else {
        println!("skipped: PREDILECT_MODELS names no folder with {name}");
        return None;
    };
    let content = Content::read(&mut BufReader::new(File::open(path).unwrap())).unwrap();
    Some(Tokens::from_gguf(&content).unwrap())
}

fn agrees(tokens: &Tokens, expected: &[(&str, &[u32])]) {
    for &(text, ids) in expected {
        assert_eq!(tokens.encode(text).unwrap(), ids, "{text:?}");
    }
    assert!(tokens.encode("").unwrap().is_empty());
    assert_eq!(
        tokens.decode(&tokens.encode("a\tb — 漢🙂<|im_end|>").unwrap()).unwrap(),
        "a\tb — 漢🙂<|im_end|>"
    );
}

const SHORT: [Message; 2] =
    [Message { role: "system", content: "Be brief." }, Message { role: "user", content: " hello \n" }];
const LONG: [Message; 3] = [
    Message { role: "user", content: "a" },
    Message { role: "assistant", content: "b" },
    Message { role: "user", content: "çé\n\n\"q\" <b>" },
];

fn renders(tokens: &Tokens, system: &str) {
    assert_eq!(
        tokens.render(&SHORT, true).unwrap(),
        "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\n hello \n<|im_end|>\n<|im_start|>assistant\n"
    );
    let open = format!(
        "<|im_start|>system\n{system}<|im_end|>\n<|im_start|>user\na<|im_end|>\n<|im_start|>assistant\nb<|im_end|>\n<|im_start|>user\nçé\n\n\"q\" <b><|im_end|>\n<|im_start|>assistant\n"
    );
    assert_eq!(tokens.render(&LONG, true).unwrap(), open);
    let example = tokens.conversation(&LONG, " ok\n").unwrap();
    assert_eq!(example.remark, None);
    assert_eq!(example.prompt, tokens.encode(&open).unwrap());
    assert_eq!(tokens.decode(&example.completion).unwrap(), " ok\n<|im_end|>\n");
}

#[test]
fn smollm2_has_the_tokens_of_the_reference() {
    let Some(tokens) = model("SmolLM2-135M-Instruct.Q4_1.gguf") else { return };
    agrees(&tokens, &SMOLLM2);
    assert_eq!(
        (tokens.bos(), tokens.eos(), tokens.ends(), tokens.size()),
        (Some(1), Some(2), &[2, 0][..], 49152)
    );
    renders(&tokens, "You are a helpful AI assistant named SmolLM, trained by Hugging Face");
    let again = written(&tokens);
    agrees(&again, &SMOLLM2);
    renders(&again, "You are a helpful AI assistant named SmolLM, trained by Hugging Face");
    assert_eq!((again.bos(), again.eos(), again.ends()), (tokens.bos(), tokens.eos(), tokens.ends()));
    let example = tokens.plain("Hello", " world").unwrap();
    assert_eq!((example.prompt, example.completion, example.remark), (vec![19556], vec![905, 2], None));
}

#[test]
fn qwen_has_the_tokens_of_the_reference() {
    for name in ["Qwen2.5-Coder-0.5B-Instruct-Q4_K_M.gguf", "Qwen2.5-Coder-1.5B-Instruct-Q4_K.gguf"] {
        let Some(tokens) = model(name) else { continue };
        agrees(&tokens, &QWEN25);
        assert_eq!((tokens.bos(), tokens.eos()), (Some(151643), Some(151645)));
        assert_eq!((tokens.ends(), tokens.size()), (&[151645, 151643][..], 151936));
        renders(&tokens, "You are Qwen, created by Alibaba Cloud. You are a helpful assistant.");
        let again = written(&tokens);
        agrees(&again, &QWEN25);
        renders(&again, "You are Qwen, created by Alibaba Cloud. You are a helpful assistant.");
    }
}
