"""The peer for the speed of a training step: TRL's DPOTrainer on the CPU, F32, LoRA, one JSON line per step.

    python trl_steps.py --model random --pairs random --threads 1 --steps 4 --dump DIR     # write the work down too
    python trl_steps.py --model DIR --pairs DIR/pairs.jsonl --threads 1 --steps 4 --precompute

A step is forward, backward and AdamW on --batch pairs in file order. TRL's defaults of bf16 and gradient checkpointing are
off (they are slower on a CPU) unless asked for. `rss_gb` is the process's peak so far, `cpu` its processor seconds.
DIR gets config.json, model.safetensors, pairs.jsonl (prompt_ids, chosen_ids, rejected_ids as TRL used them), adapter0/ (the
LoRA TRL starts from: same weights, same losses) and run.json (the settings).
"""
import argparse, json, os, random, resource, sys, tempfile, time
os.environ.update(HF_HUB_OFFLINE='1', TQDM_DISABLE='1')
ap = argparse.ArgumentParser()
ap.add_argument('--model', default='random', help='a folder, or "random": shaped like SmolLM2-135M')
ap.add_argument('--pairs', default='random', help='pairs.jsonl with prompt_ids, chosen_ids, rejected_ids, or "random"')
ap.add_argument('--threads', type=int, default=1)
ap.add_argument('--steps', type=int, default=3)
ap.add_argument('--batch', type=int, default=2, help='pairs a step')
ap.add_argument('--prompt', type=int, default=128, help='tokens of a random prompt')
ap.add_argument('--completion', type=int, default=128, help='tokens of a random completion, end of sequence included')
ap.add_argument('--precompute', action='store_true', help='reference log-probs before training instead of in each step')
ap.add_argument('--full', action='store_true', help='all weights instead of LoRA')
ap.add_argument('--rank', type=int, default=8)
ap.add_argument('--alpha', type=float, default=16)
ap.add_argument('--targets', default='q_proj,v_proj')
ap.add_argument('--lr', type=float, default=1e-4)
ap.add_argument('--loss', default='sigmoid')
ap.add_argument('--bf16', action='store_true')
ap.add_argument('--checkpointing', action='store_true')
ap.add_argument('--attention', default='sdpa')
ap.add_argument('--dump', metavar='DIR')
opt = ap.parse_args()
for v in ('OMP_NUM_THREADS', 'MKL_NUM_THREADS'):
    os.environ[v] = str(opt.threads)

import datasets, peft, tokenizers, torch, transformers, trl
from transformers import AutoModelForCausalLM, LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast, TrainerCallback
torch.set_num_threads(opt.threads)
datasets.disable_progress_bars()
transformers.logging.set_verbosity_error()


def say(**row):
    print(json.dumps({k: round(v, 7) if isinstance(v, float) else v for k, v in row.items()}), flush=True)


def usage():
    r = resource.getrusage(resource.RUSAGE_SELF)
    return time.perf_counter(), r.ru_utime + r.ru_stime, r.ru_maxrss / 1e6


def get_model():
    if opt.model != 'random':
        return AutoModelForCausalLM.from_pretrained(opt.model, dtype=torch.float32, attn_implementation=opt.attention)
    torch.manual_seed(0)
    config = LlamaConfig(hidden_size=576, intermediate_size=1536, num_hidden_layers=30, num_attention_heads=9, num_key_value_heads=3,
                         vocab_size=49152, tie_word_embeddings=True, rms_norm_eps=1e-5, max_position_embeddings=8192,
                         rope_parameters={'rope_type': 'default', 'rope_theta': 100000.0}, bos_token_id=None, eos_token_id=2, pad_token_id=None)
    config._attn_implementation = opt.attention
    return LlamaForCausalLM(config).float()


def get_pairs(vocab, eos):
    if opt.pairs != 'random':
        rows = [json.loads(l) for l in open(opt.pairs) if l.strip()]
        return [{k: r[k] for k in ('prompt_ids', 'chosen_ids', 'rejected_ids')} for r in rows]
    rng = random.Random(0)
    some = lambda n: [rng.randrange(3, vocab) for _ in range(n)]
    done = lambda: some(opt.completion - 1) + [eos]
    return [{'prompt_ids': some(opt.prompt), 'chosen_ids': done(), 'rejected_ids': done()} for _ in range(opt.batch * opt.steps)]


def as_text(rows, vocab, eos):
    """TRL takes text only: id n is the word "<n>" of a word-level tokenizer, so the very same ids come back."""
    pad = 0 if eos else 1
    names = [f'<{i}>' for i in range(vocab)]
    tok = tokenizers.Tokenizer(tokenizers.models.WordLevel({w: i for i, w in enumerate(names)}, unk_token=names[pad]))
    tok.pre_tokenizer = tokenizers.pre_tokenizers.WhitespaceSplit()
    tok = PreTrainedTokenizerFast(tokenizer_object=tok, pad_token=names[pad], eos_token=names[eos])
    text = lambda t: ' '.join(names[i] for i in t)
    return tok, datasets.Dataset.from_list(
        [{'prompt': text(r['prompt_ids']) + ' ', 'chosen': text(r['chosen_ids']), 'rejected': text(r['rejected_ids'])} for r in rows])


class Trainer(trl.DPOTrainer):
    def training_step(self, *a, **k):
        loss = super().training_step(*a, **k)
        self.last_loss = loss.item()
        return loss


class Clock(TrainerCallback):
    rows = []

    def on_step_begin(self, *a, **k):
        self.start = usage()

    def on_step_end(self, args, state, control, **k):
        (w0, c0, _), (w, c, rss) = self.start, usage()
        self.rows.append(dict(step=state.global_step, wall=w - w0, cpu=c - c0, rss_gb=rss, loss=trainer.last_loss))
        say(**self.rows[-1])


model = get_model()
vocab, eos = model.config.vocab_size, model.config.eos_token_id
eos = eos[0] if isinstance(eos, list) else eos
rows = get_pairs(vocab, eos)
if opt.dump:
    model.save_pretrained(opt.dump)
tok, data = as_text(rows, vocab, eos)
lora = None if opt.full else peft.LoraConfig(r=opt.rank, lora_alpha=opt.alpha, lora_dropout=0.0, target_modules=opt.targets.split(','), task_type='CAUSAL_LM')
longest = max(len(r['prompt_ids']) + max(len(r['chosen_ids']), len(r['rejected_ids'])) for r in rows) + 1
with tempfile.TemporaryDirectory() as tmp:
    args = trl.DPOConfig(output_dir=tmp, per_device_train_batch_size=opt.batch, max_steps=opt.steps, learning_rate=opt.lr, loss_type=opt.loss,
                         lr_scheduler_type='constant', weight_decay=0.0, max_grad_norm=1.0, optim='adamw_torch', max_length=longest,
                         train_sampling_strategy='sequential', precompute_ref_log_probs=opt.precompute, bf16=opt.bf16,
                         gradient_checkpointing=opt.checkpointing, use_cpu=True, report_to=[], save_strategy='no', logging_steps=1,
                         logging_strategy='no', disable_tqdm=True, dataloader_pin_memory=False, seed=0)
    if opt.full and not opt.precompute:
        import copy
        reference = copy.deepcopy(model)
    else:
        reference = None
    w0, c0, _ = usage()
    trainer = Trainer(model=model, ref_model=reference, args=args, train_dataset=data, processing_class=tok, peft_config=lora, callbacks=[Clock()])
    trainer.remove_callback(transformers.PrinterCallback)
    w, c, _ = usage()
    say(setup_wall=w - w0, setup_cpu=c - c0, precompute=opt.precompute, pairs=len(rows))      # with --precompute mostly the reference passes
    used = [{k: r[k] for k in rows[0]} for r in trainer.train_dataset]
    if used != rows:
        print('note: TRL appended an end of sequence to some completions', file=sys.stderr)
    if opt.dump:
        with open(f'{opt.dump}/pairs.jsonl', 'w') as f:
            f.writelines(json.dumps(r) + '\n' for r in used)
        json.dump(vars(opt) | {'eos': eos, 'loss_mean_over': 'pairs'}, open(f'{opt.dump}/run.json', 'w'), indent=1)
        if lora:
            trainer.model.save_pretrained(f'{opt.dump}/adapter0')
    trainer.train()
timed = Clock.rows[1:] or Clock.rows                  # the first step allocates
tokens = sum(2 * len(r['prompt_ids']) + len(r['chosen_ids']) + len(r['rejected_ids']) for r in used) / len(used) * opt.batch
mid = lambda k: sorted(r[k] for r in timed)[len(timed) // 2]
say(summary='trl', steps=opt.steps, threads=opt.threads, precompute=opt.precompute, full=opt.full, wall=mid('wall'), cpu=mid('cpu'),
    rss_gb=Clock.rows[-1]['rss_gb'], tokens_a_step=tokens, torch=torch.__version__, trl=trl.__version__, transformers=transformers.__version__)
