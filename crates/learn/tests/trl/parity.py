"""Reference numbers for a training engine: tiny models, their log-probabilities, and real TRL steps.

    python parity.py [OUT]          (default: ./fixtures; takes under a minute on one core)

Everything is float32 on one CPU thread with eager attention. README.md in OUT explains each file.
The preference steps are TRL's own DPOTrainer: this file only hands it token ids, puts a given
adapter in place of PEFT's fresh one, and reads the numbers off.
"""
import json, os, re, shutil, sys, tempfile
os.environ.update(HF_HUB_OFFLINE='1', TQDM_DISABLE='1', CUDA_VISIBLE_DEVICES='')
import datasets, peft, safetensors.torch as st, tokenizers, torch, transformers, trl
from transformers import (Gemma3ForCausalLM, Gemma3TextConfig, LlamaConfig, LlamaForCausalLM, Qwen2Config,
                          Qwen2ForCausalLM, Qwen3Config, Qwen3ForCausalLM, AutoModelForCausalLM, PreTrainedTokenizerFast)

torch.set_num_threads(1)
datasets.disable_progress_bars()
OUT = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else 'fixtures')
PAD, EOS, UNK = 0, 1, 2
TARGETS = ['q_proj', 'k_proj', 'v_proj', 'o_proj', 'gate_proj', 'up_proj', 'down_proj']
LOSSES = ['ipo', 'hinge', 'apo_zero', 'sft', 'sigmoid_norm', 'robust']

SHAPE = dict(hidden_size=32, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2,
             max_position_embeddings=128, initializer_range=0.15, bos_token_id=None, eos_token_id=EOS, pad_token_id=None)
SMALL = SHAPE | {'hidden_size': 24}        # with head_dim 16, four heads make 64
rope = lambda theta: {'rope_type': 'default', 'rope_theta': theta}
MODELS = {
    'tiny-llama': (LlamaForCausalLM, LlamaConfig(**SHAPE, intermediate_size=64, vocab_size=160, tie_word_embeddings=True,
                                                 rms_norm_eps=1e-5, rope_parameters=rope(10000.0))),
    'tiny-qwen2': (Qwen2ForCausalLM, Qwen2Config(**SHAPE, intermediate_size=48, vocab_size=64, tie_word_embeddings=False,
                                                 rope_parameters=rope(1e6))),
    'tiny-qwen3': (Qwen3ForCausalLM, Qwen3Config(**SMALL, intermediate_size=32, vocab_size=64, tie_word_embeddings=False,
                                                 head_dim=16, rope_parameters=rope(1e6))),
    # Layer 0 sees 8 positions and rotates with theta 10,000; layer 1 sees all and rotates with theta 1,000,000.
    'tiny-gemma3': (Gemma3ForCausalLM, Gemma3TextConfig(**SMALL, intermediate_size=32, vocab_size=64, tie_word_embeddings=True,
                                                        head_dim=16, query_pre_attn_scalar=24, sliding_window=8,
                                                        layer_types=['sliding_attention', 'full_attention'])),
}

def make_model(name):
    """Random weights; norms, biases and q/k norms are far from their trivial values so that mistakes show."""
    torch.manual_seed(0)
    kind, config = MODELS[name]
    model = kind(config).float()
    with torch.no_grad():
        for key, w in model.named_parameters():
            if 'norm' in key:        # Gemma multiplies by 1 + weight, the others by weight
                w.normal_(0.0 if 'gemma' in name else 1.0, 0.25)
            elif key.endswith('bias'):
                w.normal_(0.0, 0.2)
    model.save_pretrained(f'{OUT}/{name}')

def load(name):
    return AutoModelForCausalLM.from_pretrained(f'{OUT}/{name}', dtype=torch.float32, attn_implementation='eager')

def logps(model, ids):
    """log p(ids[t] | ids[<t]) for t = 1.."""
    with torch.no_grad():
        out = model(torch.tensor([ids])).logits[0, :-1].float().log_softmax(-1)
    return out[torch.arange(len(ids) - 1), torch.tensor(ids[1:])].tolist()

def ids(n, vocab, seed):
    g = torch.Generator().manual_seed(seed)
    return torch.randint(UNK + 1, vocab, (n,), generator=g).tolist()

def forward():
    cases = []
    for name, (_, config) in MODELS.items():
        model = load(name)
        for seed, n in ((1, 24), (2, 9)):
            t = ids(n, config.vocab_size, seed)
            cases.append({'model': name, 'ids': t, 'logps': logps(model, t)})
    # The same weights under Llama 3's scaled rope, which no config.json here has.
    llama3 = {'rope_type': 'llama3', 'rope_theta': 10000.0, 'factor': 8.0, 'low_freq_factor': 1.0, 'high_freq_factor': 4.0,
            'original_max_position_embeddings': 64}
    config = LlamaConfig.from_pretrained(f'{OUT}/tiny-llama', rope_parameters=llama3)
    model = LlamaForCausalLM.from_pretrained(f'{OUT}/tiny-llama', config=config, dtype=torch.float32, attn_implementation='eager')
    t = ids(24, 160, 1)
    cases.append({'model': 'tiny-llama', 'rope_parameters': llama3, 'ids': t, 'logps': logps(model, t)})
    write('forward.json', cases)

def pairs(vocab):
    """Three pairs of uneven lengths; in the second, both completions begin alike; all end in EOS."""
    shape = [(7, 5, 9), (4, 8, 6), (10, 3, 4)]
    out = [{'prompt_ids': ids(p, vocab, 10 * i + 11), 'chosen_ids': ids(c, vocab, 10 * i + 12) + [EOS],
            'rejected_ids': ids(r, vocab, 10 * i + 13) + [EOS]} for i, (p, c, r) in enumerate(shape)]
    out[1]['rejected_ids'][:3] = out[1]['chosen_ids'][:3]
    return out

def words(rows, vocab):
    """TRL takes text only, so id n becomes the word "<n>" of a word-level tokenizer: exactly these ids come back."""
    names = [f'<{i}>' for i in range(vocab)]      # closed on both sides: special tokens are found inside words
    tok = tokenizers.Tokenizer(tokenizers.models.WordLevel({w: i for i, w in enumerate(names)}, unk_token=names[UNK]))
    tok.pre_tokenizer = tokenizers.pre_tokenizers.WhitespaceSplit()
    tok = PreTrainedTokenizerFast(tokenizer_object=tok, pad_token=names[PAD], eos_token=names[EOS], unk_token=names[UNK])
    text = lambda t: ' '.join(names[i] for i in t)
    rows = [{'prompt': text(r['prompt_ids']) + ' ', 'chosen': text(r['chosen_ids']), 'rejected': text(r['rejected_ids'])} for r in rows]
    return tok, datasets.Dataset.from_list(rows)

class Recorder(trl.DPOTrainer):
    """DPOTrainer that notes the loss of every step, and of step 1 the log-probs and the gradients before clipping."""
    def __init__(self, *a, **k):
        self.seen = {'losses': []}
        super().__init__(*a, **k)

    def training_step(self, model, inputs, *a, **k):
        first = not self.seen['losses']
        if first:
            labels = inputs['input_ids'].masked_fill(inputs['completion_mask'] == 0, -100)
            with torch.no_grad():
                p = model(input_ids=inputs['input_ids'], attention_mask=inputs['attention_mask'], labels=labels, fused_lm_head=True).log_probs.sum(1)
            names = ('policy_chosen', 'policy_rejected', 'ref_chosen', 'ref_rejected')
            for n, v in zip(names, (*p.chunk(2), *self.compute_ref_log_probs(self.ref_model or model, inputs))):
                self.seen[n] = v.tolist()
        loss = super().training_step(model, inputs, *a, **k)
        self.seen['losses'].append(loss.item())
        if first:
            self.grads = {n.replace('.default.', '.'): p.grad.clone() for n, p in model.named_parameters() if p.grad is not None}
            self.seen['grad_norm'] = torch.cat([g.flatten().double() for g in self.grads.values()]).norm().item()
        return loss

def lora():
    return peft.LoraConfig(r=4, lora_alpha=8, lora_dropout=0.0, target_modules=sorted(TARGETS), task_type='CAUSAL_LM')

def save_adapter(model, name, folder):
    model.peft_config['default'].base_model_name_or_path = name
    model.save_pretrained(f'{OUT}/{folder}')
    os.remove(f'{OUT}/{folder}/README.md')
    config = json.load(open(f'{OUT}/{folder}/adapter_config.json'))
    config['target_modules'].sort()                # PEFT writes a set: sorted, for the same file each time
    write(f'{folder}/adapter_config.json', config)

def make_adapter(name, folder):
    """A and B both random: with PEFT's B = 0, A would get no gradient and policy and reference would be the same."""
    model = peft.get_peft_model(load(name), lora())
    torch.manual_seed(1)
    with torch.no_grad():
        for key, w in model.named_parameters():
            if 'lora_' in key:
                w.normal_(0.0, 0.15)
    save_adapter(model, name, folder)

def train(name, adapter, steps, **options):
    rows = pairs(MODELS[name][1].vocab_size)
    tok, data = words(rows, MODELS[name][1].vocab_size)
    args = dict(loss_type='sigmoid', beta=0.1, learning_rate=1e-3, weight_decay=0.0, lr_scheduler_type='constant', max_grad_norm=1.0,
                optim='adamw_torch', max_steps=steps, per_device_train_batch_size=len(rows), train_sampling_strategy='sequential',
                bf16=False, gradient_checkpointing=False, use_cpu=True, report_to=[], save_strategy='no', logging_steps=1,
                disable_tqdm=True, dataloader_pin_memory=False, seed=0) | options
    with tempfile.TemporaryDirectory() as tmp:
        t = Recorder(model=load(name), args=trl.DPOConfig(output_dir=tmp, **args), train_dataset=data, processing_class=tok,
                     peft_config=lora() if adapter else None)
        assert [{k: r[k] for k in rows[0]} for r in t.train_dataset] == rows, 'TRL tokenised other ids than the given ones'
        if adapter:      # put into the adapter TRL has just made: the reference stays the bare model
            assert not peft.set_peft_model_state_dict(t.model, st.load_file(f'{OUT}/{adapter}/adapter_model.safetensors')).unexpected_keys
        t.train()
    logged = [l for l in t.state.log_history if 'loss' in l][0]
    assert abs(logged['grad_norm'] - t.seen['grad_norm']) < 1e-4 * t.seen['grad_norm']
    t.seen['logged'] = {k: v for k, v in logged.items() if k.startswith(('rewards/', 'logps/'))}
    settings = {k: args[k] for k in ('loss_type', 'beta', 'learning_rate', 'weight_decay', 'lr_scheduler_type', 'max_grad_norm')}
    return t, {'model': name, 'adapter': adapter, **settings, **{k: v for k, v in options.items() if k not in settings}, **t.seen}

def steps():
    result = {'pairs': {}, 'lora': [], 'losses': []}
    for name, a, b in (('tiny-llama', 'adapter0', 'adapter1'), ('tiny-qwen2', 'qwen2-adapter0', 'qwen2-adapter1')):
        result['pairs'][name] = pairs(MODELS[name][1].vocab_size)
        make_adapter(name, a)
        t, record = train(name, a, 5)
        save_adapter(t.model, name, b)
        st.save_file(t.grads, f'{OUT}/grads-{name}.safetensors')
        result['lora'].append(record | {'grads': f'grads-{name}.safetensors', 'adapter_after': b})
    grads = {}
    for loss in LOSSES:
        t, record = train('tiny-llama', 'adapter0', 1, loss_type=loss, **({'label_smoothing': 0.1} if loss == 'robust' else {}))
        grads |= {f'{loss}/{k}': v for k, v in t.grads.items()}
        result['losses'].append(record | {'grads': 'grads-losses.safetensors'})
    st.save_file(grads, f'{OUT}/grads-losses.safetensors')
    t, record = train('tiny-llama', None, 5)
    record['tensors'] = {k: {'shape': list(g.shape), 'norm': g.norm().item(), 'at': (at := spread(g)), 'values': [g.flatten()[i].item() for i in at]}
                         for k, g in t.grads.items()}
    write('step.json', result | {'full': record})

def spread(g):
    """Six flat indices: the largest entry by size, and five evenly spaced ones."""
    return [g.abs().argmax().item()] + [i * (g.numel() - 1) // 4 for i in range(5)]

def write(name, value):      # indented, but a list of numbers on one line
    text = json.dumps(value, indent=1)
    text = re.sub(r'\[\s+([-\d.e,\s]+?)\s+\]', lambda m: '[' + re.sub(r'\s+', ' ', m[1]) + ']', text)
    open(f'{OUT}/{name}', 'w').write(text + '\n')

if __name__ == '__main__':
    shutil.rmtree(OUT, ignore_errors=True)
    os.makedirs(OUT)
    [make_model(name) for name in MODELS]
    forward(), steps()
    versions = ', '.join(f'{m.__name__} {m.__version__.split("+")[0]}' for m in (torch, transformers, trl, peft, tokenizers, datasets))
    open(f'{OUT}/README.md', 'w').write(open(os.path.join(os.path.dirname(__file__), 'parity_readme.md')).read().replace('@VERSIONS@', versions))
    for f in (f'{d}/{f}' for d, _, files in os.walk(OUT) for f in files):
        os.chmod(f, 0o644)
