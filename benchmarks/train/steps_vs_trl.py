"""Whole training steps of `predilect train` against TRL's trainers: the same model, adapter, batches and options, loss by loss.

    python benchmarks/train/steps_vs_trl.py --predilect target/release/predilect --folder FOLDER

Needs torch, transformers, peft, datasets and TRL 1.16 (`pip install trl==1.16.0 peft`). FOLDER gets a random model shaped like Llama (two layers,
64 wide), 16 pairs and 16 labelled completions on made prompts, and what each run leaves. Four steps of batches of 4, rate 0.01, F32, one
thread: at the first step the policy is the reference, so that it is the later ones that tell. Batches are in Predilect's order for both. For
KTO every batch of TRL's is reversed, since TRL takes the completion before each prompt for its baseline and Predilect the one after it.
"""
import argparse, json, os, pathlib, random, subprocess, tempfile
os.environ.update(HF_HUB_OFFLINE='1', TQDM_DISABLE='1', CUDA_VISIBLE_DEVICES='')
import datasets, tokenizers, torch, trl
import safetensors.torch
from peft import LoraConfig
from transformers import AutoModelForCausalLM, AutoTokenizer, LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast, PrinterCallback

ap = argparse.ArgumentParser()
ap.add_argument('--predilect', required=True)
ap.add_argument('--folder', required=True, type=pathlib.Path)
args = ap.parse_args()
folder, BATCH, STEPS = args.folder, 4, 4
folder.mkdir(parents=True, exist_ok=True)
torch.set_num_threads(1)
datasets.disable_progress_bars()

# The losses: the name in Predilect with its options, the one in TRL with its own, and whether of single completions.
SMOOTH = (['--loss-option', 'label_smoothing=0.1'], dict(label_smoothing=0.1))
LOSSES = [(name, ([], {}), False) for name in (
    'sigmoid', 'ipo', 'hinge', 'apo_zero', 'apo_down', 'sppo_hard', 'nca_pair', 'discopop', 'bco_pair', 'sft', 'sigmoid_norm')]
LOSSES += [(name, SMOOTH, False) for name in ('robust', 'exo_pair', 'aot', 'aot_unpaired')]
WEIGHTS = (['--loss-option', 'desirable_weight=1.33', '--loss-option', 'undesirable_weight=0.7'],
           dict(desirable_weight=1.33, undesirable_weight=0.7))
LOSSES += [(name, options, True) for name in ('apo_zero_unpaired', 'kto') for options in (([], {}), WEIGHTS)]


def made():
    """A random model with a tokenizer of its own, pairs and single completions."""
    rng = random.Random(3)
    words = [['the river', 'a small cat', 'the old engine', 'the committee'], ['explains', 'forgets', 'repairs', 'counts'],
             ['seven apples', 'a long letter', 'warm bread', 'every receipt'], ['in the rain', 'for a friend', 'as usual', 'with great care']]
    sentence = lambda: ' '.join(rng.choice(some) for some in words).capitalize() + '.'
    prompts = [f'Why does {sentence().lower()[:-1]}? ({i})' for i in range(16)]
    chosen = [' '.join(sentence() for _ in range(1 + i % 2)) for i in range(16)]
    rejected = [sentence() + (' ' + sentence() if i % 3 else '') for i in range(16)]
    text = tokenizers.Tokenizer(tokenizers.models.BPE())
    text.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    text.decoder = tokenizers.decoders.ByteLevel()
    text.train_from_iterator(prompts + chosen + rejected + ['user', 'assistant'], tokenizers.trainers.BpeTrainer(
        vocab_size=400, special_tokens=['<|im_start|>', '<|im_end|>', '<pad>'], show_progress=False,
        initial_alphabet=tokenizers.pre_tokenizers.ByteLevel.alphabet()))
    template = ("{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n' }}{% endfor %}"
                "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}")
    fast = PreTrainedTokenizerFast(tokenizer_object=text, eos_token='<|im_end|>', pad_token='<pad>', chat_template=template)
    torch.manual_seed(0)
    shape = LlamaConfig(hidden_size=64, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2, intermediate_size=128,
                        vocab_size=len(fast), max_position_embeddings=512, initializer_range=0.15, bos_token_id=None,
                        eos_token_id=fast.eos_token_id, pad_token_id=fast.pad_token_id, tie_word_embeddings=True, rms_norm_eps=1e-5)
    LlamaForCausalLM(shape).float().save_pretrained(folder / 'model')
    fast.save_pretrained(folder / 'model')
    user, said = (lambda t: [{'role': 'user', 'content': t}]), (lambda t: [{'role': 'assistant', 'content': t}])
    desirable = [i % 5 not in (1, 4) for i in range(16)]
    pairs = [dict(prompt=user(p), chosen=said(a), rejected=said(b)) for p, a, b in zip(prompts, chosen, rejected)]
    singles = [dict(prompt=user(p), completion=said(a if d else b), label=d) for p, a, b, d in zip(prompts, chosen, rejected, desirable)]
    for name, rows in (('pairs', pairs), ('singles', singles)):
        (folder / f'{name}.jsonl').write_text(''.join(json.dumps(row) + '\n' for row in rows))


def order(count):
    """The order of Predilect's first epoch with seed 0: SplitMix64 and Fisher-Yates from the end."""
    state, out = 0, list(range(count))
    for at in range(count - 1, 0, -1):
        state = (state + 0x9E3779B97F4A7C15) % 2**64
        z = state
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9 % 2**64
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB % 2**64
        place = ((z ^ (z >> 31)) * (at + 1)) >> 64
        out[at], out[place] = out[place], out[at]
    return out


def ours(name, options, single, rate='1e-2'):
    """The records of the steps, and the folder that the run leaves."""
    out = folder / f'ours-{len(list(folder.glob("ours-*")))}'
    data = folder / ('singles.jsonl' if single else 'pairs.jsonl')
    words = ['train', data, '--loss', name, '--model', folder / 'model', '--steps', STEPS, '--batch', BATCH, '--lr', rate, '--schedule', 'constant',
             '--warm-up', '0', '--lora', '8', '--targets', 'q_proj,v_proj', '--threads', '1', '--quiet', '--json', '-o', out, *options]
    subprocess.run([args.predilect, *map(str, words)], check=True, stdout=subprocess.DEVNULL)
    return [json.loads(line) for line in (out / 'train.jsonl').read_text().splitlines()], out


def theirs(name, options, single, start):
    """The loss of each step."""
    losses = []
    base, conf = (trl.KTOTrainer, trl.KTOConfig) if single else (trl.DPOTrainer, trl.DPOConfig)

    class Watched(base):
        def compute_loss(self, *given, **more):
            loss = super().compute_loss(*given, **more)
            losses.append(float(loss.detach()))
            return loss

    rows = [json.loads(line) for line in (folder / ('singles.jsonl' if single else 'pairs.jsonl')).read_text().splitlines()]
    rows = [rows[at] for at in order(len(rows))]
    if name == 'kto':
        rows = [row for at in range(0, len(rows), BATCH) for row in rows[at:at + BATCH][::-1]]
    model = AutoModelForCausalLM.from_pretrained(folder / 'model', dtype=torch.float32, attn_implementation='eager')
    adapter = LoraConfig(r=8, lora_alpha=16, lora_dropout=0.0, target_modules=['q_proj', 'v_proj'], task_type='CAUSAL_LM')
    with tempfile.TemporaryDirectory() as place:
        settings = conf(output_dir=place, loss_type=name, learning_rate=1e-2, weight_decay=0.0, lr_scheduler_type='constant', max_grad_norm=1.0,
                        max_steps=STEPS, per_device_train_batch_size=BATCH, train_sampling_strategy='sequential', bf16=False,
                        gradient_checkpointing=False, use_cpu=True, report_to=[], save_strategy='no', disable_tqdm=True,
                        dataloader_pin_memory=False, beta=0.1, **options)
        trainer = Watched(model=model, args=settings, train_dataset=datasets.Dataset.from_list(rows), peft_config=adapter,
                          processing_class=AutoTokenizer.from_pretrained(folder / 'model'))
        weights = safetensors.torch.load_file(start / 'adapter_model.safetensors')
        for key, weight in trainer.model.named_parameters():
            if (key := key.replace('.default.', '.')) in weights:
                weight.data.copy_(weights[key] if 'lora_A' in key else torch.zeros_like(weight))
        trainer.remove_callback(PrinterCallback)
        trainer.train()
    return losses


made()
# At next to no rate the first half of the adapter stays as it was drawn.
_, start = ours('sigmoid', [], False, '1e-30')
print(f'TRL {trl.__version__}, torch {torch.__version__}\n\n| loss | options | ours, step {STEPS} | TRL | largest difference of {STEPS} steps |\n|---|---|---|---|---|')
worst = 0.0
for name, (own, other), single in LOSSES:
    found, expected = [record['loss'] for record in ours(name, own, single)[0]], theirs(name, other, single, start)
    apart = max(abs(a - b) for a, b in zip(found, expected))
    worst = max(worst, apart / max(1.0, abs(expected[-1])))
    print(f'| {name} | {", ".join(f"{key}: {value}" for key, value in other.items())} | {found[-1]:.8f} | {expected[-1]:.8f} | {apart:.1e} |', flush=True)
print(f'\nlargest difference relative to the loss: {worst:.1e}')
