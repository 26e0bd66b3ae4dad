//! A model that is made here: small, with random weights and a tokenizer of bytes.

pub(crate) mod runs;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

/// Width, width of the feed-forward blocks, layers.
const SHAPE: (usize, usize, usize) = (32, 64, 2);

/// Bytes as the characters that byte-level tokenizers write them with.
fn characters() -> Vec<char> {
    let plain =
        |byte: &u32| (33..=126).contains(byte) || (161..=172).contains(byte) || (174..=255).contains(byte);
    let mut next = 256;
    (0..256_u32)
        .map(|byte| {
            let code = if plain(&byte) {
                byte
            } else {
                next += 1;
                next - 1
            };
            char::from_u32(code).expect("a character")
        })
        .collect()
}

/// Numbers that look random and are always the same.
fn numbers(count: usize, seed: u64) -> Vec<u8> {
    let mut state = seed;
    (0..count)
        .flat_map(|_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let unit = (state >> 40) as f32 / (1_u64 << 24) as f32;
            (0.2 * (unit - 0.5)).to_le_bytes()
        })
        .collect()
}

/// A Llama with a tokenizer of bytes and a chat template, in a folder.
pub(crate) fn model(folder: &Path) -> PathBuf {
    let place = folder.join("model");
    fs::create_dir_all(&place).expect("a folder");
    let (hidden, wide, layers) = SHAPE;
    let mut vocab: BTreeMap<String, usize> = BTreeMap::new();
    for (at, character) in characters().into_iter().enumerate() {
        vocab.insert(character.to_string(), at);
    }
    let special = |id: usize, content: &str| json!({"id": id, "content": content, "special": true, "single_word": false, "lstrip": false, "rstrip": false, "normalized": false});
    let tokenizer = json!({
        "version": "1.0", "truncation": null, "padding": null,
        "added_tokens": [special(256, "<|im_start|>"), special(257, "<|im_end|>")],
        "normalizer": null,
        "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true},
        "post_processor": null,
        "decoder": {"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true, "use_regex": true},
        "model": {"type": "BPE", "dropout": null, "unk_token": null, "continuing_subword_prefix": null, "end_of_word_suffix": null,
                  "fuse_unk": false, "byte_fallback": false, "vocab": vocab, "merges": []},
    });
    let template = "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}";
    let settings = json!({"chat_template": template, "eos_token": "<|im_end|>", "tokenizer_class": "PreTrainedTokenizerFast"});
    let config = json!({
        "model_type": "llama", "architectures": ["LlamaForCausalLM"], "hidden_size": hidden, "intermediate_size": wide,
        "num_hidden_layers": layers, "num_attention_heads": 4, "num_key_value_heads": 2, "vocab_size": 258,
        "rms_norm_eps": 1e-5, "rope_theta": 10000.0, "tie_word_embeddings": true, "max_position_embeddings": 512, "hidden_act": "silu",
    });
    for (name, value) in
        [("tokenizer.json", tokenizer), ("tokenizer_config.json", settings), ("config.json", config)]
    {
        fs::write(place.join(name), value.to_string()).expect("written");
    }
    fs::write(place.join("model.safetensors"), weights()).expect("written");
    place
}

fn weights() -> Vec<u8> {
    let (hidden, wide, layers) = SHAPE;
    let mut shapes: Vec<(String, Vec<usize>)> = vec![
        ("model.embed_tokens.weight".to_owned(), vec![258, hidden]),
        ("model.norm.weight".to_owned(), vec![hidden]),
    ];
    for layer in 0..layers {
        let mut add = |name: &str, shape: &[usize]| {
            shapes.push((format!("model.layers.{layer}.{name}.weight"), shape.to_vec()));
        };
        add("self_attn.q_proj", &[hidden, hidden]);
        add("self_attn.k_proj", &[hidden / 2, hidden]);
        add("self_attn.v_proj", &[hidden / 2, hidden]);
        add("self_attn.o_proj", &[hidden, hidden]);
        add("mlp.gate_proj", &[wide, hidden]);
        add("mlp.up_proj", &[wide, hidden]);
        add("mlp.down_proj", &[hidden, wide]);
        add("input_layernorm", &[hidden]);
        add("post_attention_layernorm", &[hidden]);
    }
    let (mut head, mut data) = (serde_json::Map::new(), Vec::new());
    for (at, (name, shape)) in shapes.iter().enumerate() {
        let count: usize = shape.iter().product();
        let from = data.len();
        if shape.len() == 1 {
            data.extend((0..count).flat_map(|_| 1.0_f32.to_le_bytes()));
        } else {
            data.extend(numbers(count, at as u64));
        }
        head.insert(
            name.clone(),
            json!({"dtype": "F32", "shape": shape, "data_offsets": [from, data.len()]}),
        );
    }
    let mut text = Value::Object(head).to_string().into_bytes();
    while !text.len().is_multiple_of(8) {
        text.push(b' ');
    }
    let mut out = (text.len() as u64).to_le_bytes().to_vec();
    out.extend(text);
    out.extend(data);
    out
}
