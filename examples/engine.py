"""A thin layer over llama.cpp: several sequences in one batch, whole logits out.

The high-level class of llama-cpp-python decodes one sequence at a time. Here
sixteen responses are written at once, and the judge keeps the part that two of
its prompts have in common, so the low-level calls are used directly.
"""
import ctypes
import hashlib
import json
from pathlib import Path

import jinja2
import llama_cpp as ll
import numpy as np

QWEN = "qwen2.5-coder-1.5b-instruct"
SMOLLM2 = "smollm2-135m-instruct"
WEIGHTS = {
    QWEN: "qwen2.5-coder-1.5b-instruct-q4_k.gguf",
    SMOLLM2: "smollm2-135m-instruct-q4_1.gguf",
}
BATCH = 512

# ctypes needs the callback to stay alive for as long as the library may log.
_quiet = ll.llama_log_callback(lambda level, text, data: None)
ll.llama_log_set(_quiet, ctypes.c_void_p(0))


class Engine:
    def __init__(self, weights: Path, name: str, sequences: int, context: int):
        path = weights / WEIGHTS[name]
        ll.llama_backend_init()
        params = ll.llama_model_default_params()
        params.n_gpu_layers = 0
        self.model = ll.llama_model_load_from_file(str(path).encode(), params)
        if not self.model:
            raise SystemExit(f"cannot load {path}")
        self.vocab = ll.llama_model_get_vocab(self.model)
        self.vocab_size = ll.llama_vocab_n_tokens(self.vocab)
        params = ll.llama_context_default_params()
        params.n_ctx = context
        params.n_batch = params.n_ubatch = BATCH
        params.n_seq_max = sequences
        params.n_threads = params.n_threads_batch = 1
        # One cache for all sequences: with one cache each, a batch is split
        # up as soon as a sequence in the middle has ended.
        params.kv_unified = True
        self.ctx = ll.llama_init_from_model(self.model, params)
        if not self.ctx:
            raise SystemExit(f"cannot make a context of {context} tokens")
        self.memory = ll.llama_get_memory(self.ctx)
        self.batch = ll.llama_batch_init(BATCH, 0, 1)
        source = ll.llama_model_chat_template(self.model, None).decode()
        env = jinja2.Environment(trim_blocks=True, lstrip_blocks=True)
        self.template = env.from_string(source)

    def render(self, messages: list[dict], opening: str = "") -> str:
        text = self.template.render(messages=messages, add_generation_prompt=True)
        return text + opening

    def tokens(self, text: str) -> list[int]:
        raw = text.encode()
        buffer = (ll.llama_token * (len(raw) + 8))()
        count = ll.llama_tokenize(
            self.vocab, raw, len(raw), buffer, len(buffer), False, True)
        if count < 0:
            raise ValueError("text does not fit the token buffer")
        return list(buffer[:count])

    def text(self, tokens: list[int]) -> str:
        raw = b""
        buffer = ctypes.create_string_buffer(256)
        for token in tokens:
            size = ll.llama_token_to_piece(self.vocab, token, buffer, 256, 0, False)
            if size < 0:
                raise ValueError("a token longer than its buffer")
            raw += buffer.raw[:size]
        # The token limit can cut a character in half; that half is dropped.
        return raw.decode("utf-8", errors="ignore")

    def ends(self, token: int) -> bool:
        return ll.llama_vocab_is_eog(self.vocab, token)

    def forget(self, sequence: int = -1, start: int = 0) -> None:
        ll.llama_memory_seq_rm(self.memory, sequence, start, -1)

    def feed(self, items: list[tuple[int, int, int, bool]]) -> list[np.ndarray]:
        """Evaluate (token, position, sequence, wanted); logits where wanted."""
        rows = []
        for start in range(0, len(items), BATCH):
            chunk = items[start:start + BATCH]
            for i, (token, position, sequence, wanted) in enumerate(chunk):
                self.batch.token[i] = token
                self.batch.pos[i] = position
                self.batch.n_seq_id[i] = 1
                self.batch.seq_id[i][0] = sequence
                self.batch.logits[i] = wanted
            self.batch.n_tokens = len(chunk)
            if ll.llama_decode(self.ctx, self.batch) != 0:
                raise RuntimeError("llama_decode failed: is the context too small?")
            for i, item in enumerate(chunk):
                if item[3]:
                    pointer = ll.llama_get_logits_ith(self.ctx, i)
                    row = np.ctypeslib.as_array(pointer, shape=(self.vocab_size,))
                    rows.append(row.copy())
        return rows


def softmax(logits: np.ndarray) -> np.ndarray:
    weights = np.exp(logits - logits.max(), dtype=np.float64)
    return weights / weights.sum()


def seed(*parts) -> int:
    """The same number for the same words on every machine and Python."""
    digest = hashlib.sha256("/".join(map(str, parts)).encode()).digest()
    return int.from_bytes(digest[:8], "big")


def read_lines(path: Path) -> list[dict]:
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def resume(path: Path) -> list[dict]:
    """Read a work file, first cutting off a line that a kill left unfinished."""
    if not path.exists():
        return []
    raw = path.read_bytes()
    whole = raw[:raw.rfind(b"\n") + 1]
    if whole != raw:
        path.write_bytes(whole)
    return read_lines(path)


def append(path: Path, record: dict) -> None:
    with path.open("a", encoding="utf-8") as out:
        out.write(json.dumps(record, ensure_ascii=False) + "\n")
