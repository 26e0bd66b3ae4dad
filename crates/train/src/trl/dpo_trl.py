"""Trains a model on pairs with TRL's DPOTrainer: python dpo_trl.py FOLDER

FOLDER holds settings.json and the pairs, and may be moved as a whole: paths within it are relative. Stdout carries JSON lines only: one per
step, {"eval": ...} after each look at the held-out pairs, {"note": ...} of what is done to pairs, {"done": ...} at the end, or
{"error": ..., "remedy": ...}. Exit status: 0 done, 1 failed, 2 wrong settings, 3 packages, 130 interrupted.
"""
from __future__ import annotations

import json, math, os, signal, sys, time, traceback
from importlib import metadata
from pathlib import Path
from typing import Any, NoReturn

NEEDED = {"torch": (2, 4), "transformers": (4, 56, 2), "trl": (1, 16), "accelerate": (1, 10, 1), "datasets": (4, 7), "jinja2": (3, 1)}
OURS = ("soft", "cdpo", "gdpo", "cipo", "gipo", "gropo")
TRLS = ("sigmoid", "hinge", "ipo", "exo_pair", "nca_pair", "robust", "bco_pair", "sppo_hard", "aot", "aot_unpaired", "apo_zero", "apo_down",
        "discopop", "sft", "sigmoid_norm")
WHOLE_BATCH = ("aot", "aot_unpaired", "sft")  # their value depends on which pairs are computed together
SEEN = ("rewards/chosen", "rewards/rejected", "rewards/margins", "rewards/accuracies", "logps/chosen", "logps/rejected")

# Whatever libraries print goes to stderr; our lines have stdout to themselves.
LINES = os.fdopen(os.dup(1), "w", encoding="utf-8")
os.dup2(2, 1)


def say(row: dict[str, Any]) -> None:
    def clean(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: clean(inner) for key, inner in value.items()}
        return None if isinstance(value, float) and not math.isfinite(value) else value

    print(json.dumps(clean(row)), file=LINES, flush=True)


def fail(error: str, remedy: str, status: int) -> NoReturn:
    say({"error": error, "remedy": remedy})
    raise SystemExit(status)


def check_packages(with_adapter: bool) -> None:
    wrong = []
    if sys.version_info < (3, 10):
        fail(f"Python {sys.version.split()[0]} is too old: TRL needs 3.10", "name a newer Python", 3)
    for name, least in {**NEEDED, **({"peft": (0, 13)} if with_adapter else {})}.items():
        wanted = ".".join(map(str, least))
        try:
            found = metadata.version(name)
            numbers = tuple(int("".join(c for c in part if c.isdigit()) or 0) for part in found.split("+")[0].split(".")[:3])
            if numbers < least:
                wrong.append((f"{name} {found} is too old: {wanted} or newer is needed", f"'{name}>={wanted}'"))
        except metadata.PackageNotFoundError:
            wrong.append((f"{name} is missing: {wanted} or newer is needed", f"'{name}>={wanted}'"))
    if wrong:
        fail("; ".join(what for what, _ in wrong), f"{sys.executable} -m pip install " + " ".join(how for _, how in wrong), 3)


def loss_names(settings: dict[str, Any]) -> list[str]:
    names = [name for name, _ in settings["loss"]]
    unknown = [name for name in names if name not in OURS + TRLS]
    if unknown or not names:
        fail(f"TRL's DPO trainer cannot train with {', '.join(unknown) or 'no loss'}", f"choose from {', '.join(TRLS + OURS)}", 2)
    ours = [name for name in names if name in OURS]
    if ours and len(ours) < len(names):
        theirs = ", ".join(name for name in names if name not in ours)
        fail(f"with TRL, {', '.join(ours)} cannot be mixed with TRL's own {theirs}", "use losses of one kind, or another engine", 2)
    return names


def read_pairs(path: Path, as_chat: bool) -> tuple[list[dict], list[dict]]:
    """Pairs to train on and held-out pairs, in the columns that TRL expects; labels go along as p."""
    parts: tuple[list[dict], list[dict]] = ([], [])
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip():
            continue
        pair = json.loads(line)
        p = float(pair["p"])
        if not 0 <= p <= 1:
            fail(f"line {number} of {path.name}: p is {p}", "probabilities lie within 0 and 1", 2)
        row: dict[str, Any] = {key: pair[key] for key in ("prompt", "chosen", "rejected")}
        if not as_chat:
            turns = row["prompt"]
            row["prompt"] = turns[0]["content"] if len(turns) == 1 else "\n\n".join(f"{m['role']}: {m['content']}" for m in turns)
            row |= {side: "".join(m["content"] for m in row[side]) for side in ("chosen", "rejected")}
        parts[bool(pair.get("held_out"))].append({**row, "p": p, "line": number})
    return parts


def make_trainer_class() -> type:
    import torch
    import torch.nn.functional as F
    from trl import DPOTrainer

    class SoftDPOTrainer(DPOTrainer):
        """TRL's trainer with our losses for soft labels, and with exact means over the pairs of a step."""

        def __init__(self, *args: Any, losses: dict[str, Any], ours: list[tuple[str, float]], **kwargs: Any) -> None:
            self.losses, self.ours = losses, ours
            self.sums: dict[str, dict[str, float]] = {"train": {}, "eval": {}}
            self.pairs_of_step, self.began, self.seconds_before = 0, 0.0, 0.0
            super().__init__(*args, **kwargs)
            collate = self.data_collator
            self.data_collator = lambda rows: {**collate(rows), **{name: torch.tensor([row[name] for row in rows]) for name in ("p", "line")}}

        def _set_signature_columns_if_needed(self) -> None:
            super()._set_signature_columns_if_needed()
            self._signature_columns += [name for name in ("p", "line") if name not in self._signature_columns]

        def create_scheduler(self, *args: Any, **kwargs: Any) -> Any:
            # The first step has a rate as well: transformers' rise begins at zero, which moves nothing.
            made, warm = super().create_scheduler(*args, **kwargs), self.args.warmup_steps
            if not getattr(made, "rises_earlier", False):
                rates = made.lr_lambdas
                made.lr_lambdas = [lambda step, rate=rate: (step + 1) / warm if step < warm else rate(step) for rate in rates]
                made.rises_earlier = True
                for group, rate in zip(made.optimizer.param_groups, made.lr_lambdas):
                    group["lr"] = group["initial_lr"] * rate(0)
                made._last_lr = [group["lr"] for group in made.optimizer.param_groups]
            return made

        def get_batch_samples(self, *args: Any, **kwargs: Any) -> Any:
            batches, items = super().get_batch_samples(*args, **kwargs)
            self.pairs_of_step = sum(len(batch["p"]) for batch in batches)
            return batches, items

        def compute_loss(self, model: Any, inputs: dict[str, Any], return_outputs: bool = False, num_items_in_batch: Any = None) -> Any:
            inputs = dict(inputs)
            p, lines, mode = inputs.pop("p"), inputs.pop("line"), "train" if self.model.training else "eval"
            loss = self.our_loss(model, inputs, p) if self.ours else super().compute_loss(model, inputs)
            if not torch.isfinite(loss):
                self.stop_at("loss", f" (pairs in lines {', '.join(map(str, lines.tolist()))} of pairs.jsonl)")
            # TRL takes means over micro-batches, which need not be of the same size; these sums are over pairs.
            sums = self.sums[mode]
            now = {name: self._metrics[mode][name][-1] for name in SEEN} | {"loss": loss.item(), "pairs": 1.0}
            for name, value in now.items():
                sums[name] = sums.get(name, 0.0) + value * len(p)
            sums["tokens"] = sums.get("tokens", 0.0) + inputs["completion_mask"].sum().item()
            if mode == "train":
                loss = loss * (len(p) * self.current_gradient_accumulation_steps / self.pairs_of_step)
            return loss

        def stop_at(self, what: str, where: str) -> NoReturn:
            """Ends before weights that cannot be used are kept."""
            kept = last_checkpoint(Path(self.args.output_dir))
            after = f"the last checkpoint, of step {kept.name.rsplit('-', 1)[1]}, is kept" if kept else "nothing was kept"
            fail(f"the {what} of step {self.state.global_step + (what == 'loss')} is not finite{where}; {after}",
                 "lower the learning rate or beta, or drop these pairs; if it is so from the first step, are the model's weights damaged?", 1)

        def our_loss(self, model: Any, inputs: dict[str, Any], p: torch.Tensor) -> torch.Tensor:
            """TRL computes and reports as if for its sigmoid loss; the log-probabilities that it sees on the way give ours."""
            seen: list[Any] = []
            watched = [model] if self.ref_model is None else [model, self.ref_model]
            hooks = [module.register_forward_hook(lambda _module, _args, output: seen.append(output)) for module in watched]
            try:
                super().compute_loss(model, inputs)
            finally:
                for hook in hooks:
                    hook.remove()
            if len(seen) != 2:
                raise RuntimeError(f"TRL {metadata.version('trl')} called the models {len(seen)} times, not twice: use TRL 1.16")
            mask = inputs["completion_mask"][:, 1:]
            policy, reference = (output.log_probs[:, -mask.size(1):].float().sum(1) for output in seen)
            score = self.score(policy - reference)
            (w, l), (w_mean, l_mean) = score.chunk(2), (score / mask.sum(1).clamp(min=1)).chunk(2)
            loss = sum(weight * self.pair_losses(name, w - l, w_mean - l_mean, p).mean() for name, weight in self.ours)
            return loss + self.router_aux_loss_coef * seen[0].aux_loss if self.aux_loss_enabled else loss

        def score(self, ratio: torch.Tensor) -> torch.Tensor:
            kind = self.losses.get("f_divergence", "reverse_kl")
            if kind == "js_divergence":
                return math.log(2) + F.logsigmoid(ratio)
            power = {"forward_kl": -1.0, "alpha_divergence": self.losses.get("f_alpha", 0.5) - 1}.get(kind, 0.0)
            return ratio if abs(power) < 1e-6 else torch.expm1((power * ratio).clamp(max=80)) / power

        def pair_losses(self, name: str, h: torch.Tensor, h_mean: torch.Tensor, p: torch.Tensor) -> torch.Tensor:
            get, b, q = self.losses.get, self.losses["beta"], 2 * p - 1
            if name in ("soft", "cdpo"):
                flipped = 1 - p if name == "soft" else get("label_smoothing", 0.0)
                return -(1 - flipped) * F.logsigmoid(b * h) - flipped * F.logsigmoid(-b * h)
            if name == "gdpo":
                return -F.logsigmoid(b * q * h)
            if name == "gropo":
                return get("ropo_v1_alpha", 0.2) * torch.sigmoid(-b * q * h) - get("ropo_v1_gamma", 0.1) * F.logsigmoid(b * q * h)
            margin = h_mean if get("token_means") else h
            return (margin - q / (2 * b)) ** 2 if name == "cipo" else (q * margin - 1 / (2 * b)) ** 2

        def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
            step, kind = self.state.global_step, "eval" if "eval_loss" in logs else "train"
            if "loss" in logs or kind == "eval":
                sums, self.sums[kind] = self.sums[kind], {}
                mean = {name: value / sums["pairs"] for name, value in sums.items()}
                found = {"loss": mean["loss"], "accuracy": mean["rewards/accuracies"], "margin": mean["rewards/margins"]}
            if kind == "eval":
                say({"eval": {"step": step, **found}})
            elif "loss" in logs:
                if not math.isfinite(logs["grad_norm"]):
                    self.stop_at("gradient", "")
                logs["seconds"] = self.seconds_before + time.monotonic() - self.began
                say({"step": step, "epoch": self.state.epoch, "learning_rate": logs["learning_rate"], "grad_norm": logs["grad_norm"], **found,
                     "rewards_chosen": mean["rewards/chosen"], "rewards_rejected": mean["rewards/rejected"], "logp_chosen": mean["logps/chosen"],
                     "logp_rejected": mean["logps/rejected"], "tokens": int(sums["tokens"]), "seconds": logs["seconds"]})
            super().log(logs, start_time)

    return SoftDPOTrainer


def last_checkpoint(folder: Path) -> Path | None:
    """The newest one that is whole: its state is written last."""
    whole = [path.parent for path in folder.glob("checkpoint-*/trainer_state.json")]
    return max(whole, key=lambda path: int(path.name.rsplit("-", 1)[1]), default=None)


def finished(folder: Path, output: Path, steps: int) -> dict[str, int] | None:
    """What a run that made all its steps and has its weights said at its end."""
    kept = folder / "trl_checkpoints" / "done.json"
    said = json.loads(kept.read_text(encoding="utf-8")) if kept.is_file() else {}
    whole = any(output.glob("*.safetensors"))
    return said if whole and said.get("steps", 0) >= steps > 0 else None


def train(folder: Path) -> int:
    settings = json.loads((folder / "settings.json").read_text(encoding="utf-8"))
    for name in ("model", "adapter"):  # paths within the folder are relative
        settings[name] = str(folder / settings[name]) if settings.get(name) else None
    output = folder / settings["output"]
    training, losses, lora, adapter = (settings.get(key) for key in ("training", "losses", "lora", "adapter"))
    check_packages(bool(lora or adapter))
    names = loss_names(settings)
    for path in filter(None, (settings["model"], adapter)):
        if not Path(path).is_dir():
            fail(f"there is no folder {path}", "name a folder with a model as transformers reads it, or an adapter of PEFT", 2)
    # No network; and one GPU, since TRL refuses to split a batch over several within one process.
    os.environ |= {"HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1", "HF_HUB_DISABLE_TELEMETRY": "1", "TOKENIZERS_PARALLELISM": "false"}
    os.environ["CUDA_VISIBLE_DEVICES"] = os.environ.get("CUDA_VISIBLE_DEVICES", "0").split(",")[0]
    try:
        import datasets, torch
        from transformers import AutoModelForCausalLM, AutoTokenizer, TrainerCallback
        from trl import DPOConfig
        trainer_class = make_trainer_class()
    except Exception as problem:
        traceback.print_exc()
        fail(f"TRL cannot be imported: {problem}", f"{sys.executable} -m pip install --upgrade trl transformers peft", 3)

    tokenizer = AutoTokenizer.from_pretrained(settings["model"])
    if tokenizer.eos_token is None:
        fail("the model's tokenizer names no token that ends a text", "set eos_token in its tokenizer_config.json", 2)
    rows, held_out = read_pairs(folder / settings["pairs"], bool(settings.get("template", True) and tokenizer.chat_template))
    if not rows:
        fail("there is no pair to train on", "hold out fewer pairs", 2)

    cuda, mps = torch.cuda.is_available(), torch.backends.mps.is_available()
    bf16 = settings.get("bf16")
    bf16 = cuda and torch.cuda.is_bf16_supported(including_emulation=False) if bf16 is None else bf16
    # Weights that stay as they are may be bf16; those that are trained need the finer steps of f32.
    model = AutoModelForCausalLM.from_pretrained(settings["model"], dtype=torch.bfloat16 if bf16 and (lora or adapter) else torch.float32)
    checkpointing = settings.get("gradient_checkpointing")
    if checkpointing is None:
        checkpointing = (cuda or mps) and model.num_parameters() > 500_000_000
    peft_config = None
    if adapter:
        from peft import PeftModel
        model = PeftModel.from_pretrained(model, adapter, is_trainable=True)
    elif lora:
        from peft import LoraConfig
        peft_config = LoraConfig(r=lora["rank"], lora_alpha=lora["alpha"], target_modules=lora["targets"], lora_dropout=0.0, task_type="CAUSAL_LM")

    batch, most = training["batch"], settings.get("micro_batch")
    if most is None:
        most = batch if set(names) & set(WHOLE_BATCH) else 4
    micro = max(size for size in range(1, batch + 1) if batch % size == 0 and size <= max(most, 1))
    if micro < batch and set(names) & set(WHOLE_BATCH):
        say({"note": f"{', '.join(names)} see {micro} pairs at a time, not the {batch} of a step"})
    ours = [(name, weight) for name, weight in settings["loss"] if name in OURS]
    schedule = "constant_with_warmup" if training["schedule"] == "constant" else training["schedule"]
    arguments = DPOConfig(
        output_dir=str(folder / "trl_checkpoints"), seed=training["seed"] % 2**32, bf16=bf16, gradient_checkpointing=checkpointing,
        per_device_train_batch_size=micro, per_device_eval_batch_size=micro, gradient_accumulation_steps=batch // micro,
        learning_rate=training["learning_rate"], lr_scheduler_type=schedule, weight_decay=training["weight_decay"], optim="adamw_torch",
        max_grad_norm=training["clip"] or 0.0, max_length=settings["max_length"], beta=losses["beta"],
        loss_type=["sigmoid"] if ours else names, loss_weights=[1.0] if ours else [weight for _, weight in settings["loss"]],
        label_smoothing=losses.get("label_smoothing", 0.0), f_divergence_type=losses.get("f_divergence", "reverse_kl"),
        f_alpha_divergence_coef=losses.get("f_alpha", 0.5), discopop_tau=losses.get("discopop_tau", 0.05),
        eval_strategy="steps" if held_out and settings.get("evaluate_every") else "no", eval_steps=settings.get("evaluate_every") or None,
        save_strategy="steps", save_total_limit=1, logging_steps=1, logging_nan_inf_filter=False, report_to="none", disable_tqdm=True,
        dataloader_pin_memory=cuda, use_cpu=not (cuda or mps))

    stop: list[int] = []

    def on_signal(number: int, _frame: Any) -> None:
        if stop or not trainer.began:  # a second time, or nothing to save yet
            os._exit(130)
        stop.append(number)

    class Stopper(TrainerCallback):
        def on_step_end(self, _args: Any, _state: Any, control: Any, **_: Any) -> None:
            if stop:
                control.should_save = control.should_training_stop = True

    trainer = trainer_class(
        model=model, args=arguments, processing_class=tokenizer, peft_config=peft_config, callbacks=[Stopper()], losses=losses, ours=ours,
        train_dataset=datasets.Dataset.from_list(rows), eval_dataset=datasets.Dataset.from_list(held_out) if held_out else None)
    kept = len(trainer.train_dataset)
    if kept < len(rows):
        say({"note": f"{len(rows) - kept} of {len(rows)} pairs are left out, since their prompts fill the {settings['max_length']} tokens of a text"})
    if not kept:
        fail("every prompt fills max_length: there is nothing to train on", "raise max_length", 2)
    longest = (max(len(row["prompt_ids"]) + len(row[side]) for side in ("chosen_ids", "rejected_ids")) for row in trainer.train_dataset
               if {"prompt_ids", "chosen_ids", "rejected_ids"} <= row.keys())
    cut = sum(tokens > settings["max_length"] for tokens in longest) if settings.get("max_length") else 0
    if cut:
        say({"note": f"{cut} of {kept} pairs are longer than {settings['max_length']} tokens: TRL cuts their responses at the end"})
    steps = training.get("steps") or max(1, math.ceil(math.ceil(kept / batch) * training["epochs"]))
    trainer.args.max_steps, trainer.args.warmup_steps = steps, math.ceil(steps * training["warm_up"])
    trainer.args.save_steps = settings.get("save_every") or max(1, math.ceil(steps / 10))
    checkpoint = last_checkpoint(folder / "trl_checkpoints")
    done = finished(folder, output, steps)
    if done:
        say({"done": done})
        return 0
    if checkpoint:
        history = json.loads((checkpoint / "trainer_state.json").read_text(encoding="utf-8"))["log_history"]
        trainer.seconds_before = max((row.get("seconds", 0.0) for row in history), default=0.0)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, on_signal)
    trainer.began = time.monotonic()
    made = int(checkpoint.name.rsplit("-", 1)[1]) if checkpoint else 0
    if made < steps:
        trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    else:  # all steps were made, and the end did not come to write its weights: one more step would be one too many
        trainer._load_from_checkpoint(str(checkpoint))
        trainer.state.global_step = made
    if stop and trainer.state.global_step < steps:
        return 130
    parts = {"selected_adapters": ["default"]} if lora or adapter else {}
    trainer.model.save_pretrained(str(output), **parts)
    tokenizer.save_pretrained(str(output))
    trainable = sum(weight.numel() for weight in trainer.model.parameters() if weight.requires_grad)
    done = {"steps": trainer.state.global_step, "trainable": trainable}
    (folder / "trl_checkpoints" / "done.json").write_text(json.dumps(done), encoding="utf-8")
    say({"done": done})
    return 0


if __name__ == "__main__":
    for _number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(_number, lambda *_: os._exit(130))
    try:
        sys.exit(train(Path(sys.argv[1])))
    except Exception as problem:
        traceback.print_exc()
        memory = "out of memory" in str(problem).lower()
        fail(f"{type(problem).__name__}: {problem}", "a smaller micro_batch, or gradient_checkpointing" if memory else "see the lines above", 1)
