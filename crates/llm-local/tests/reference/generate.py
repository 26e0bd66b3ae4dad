"""Log-probabilities of next tokens as llama.cpp itself computes them, by its own Python binding: the reference of a test.

    python -m venv v && v/bin/pip install llama-cpp-python jinja2
    v/bin/python generate.py MODEL.gguf [MODEL.gguf ...] > expected.json

Each conversation goes through the model alone, in one piece, with the chat template of the file; a file without one gets
its texts one after the other and `Answer:`.
"""

import json
import math
import os
import sys

import llama_cpp
from llama_cpp.llama_chat_format import Jinja2ChatFormatter

LONG = "The harbour was quiet, and the boats lay in rows. " * 24
CONVERSATIONS = [
    [("user", "What is the capital of France? Answer with one word.")],
    [("system", "You are brief."), ("user", "2 + 2 = ?")],
    [("user", "Is water wet?"), ("assistant", "Yes."), ("user", "And fire?")],
    [("user", "Übersetze ins Deutsche: The weather is nice. 日本語も少し。")],
    [("user", "def add(a, b):\n    return a +\n\nComplete the code.")],
    [("system", "You compare texts."), ("user", LONG + "\n\nHow many boats were there? Say a number or \"unknown\".")],
    [("user", "Which is better?\n\nA: " + LONG + "\n\nB: yes\n\nAnswer with A or B.")],
]


def tokens_of(model, conversation):
    template = model.metadata.get("tokenizer.chat_template")
    texts = [text for _, text in conversation]
    if template is None:
        return model.tokenize(("\n\n".join(texts) + "\n\nAnswer:").encode(), add_bos=True, special=True)
    piece = lambda token: model.detokenize([token], special=True).decode() if token >= 0 else ""
    bos = piece(model.token_bos())
    formatter = Jinja2ChatFormatter(template=template, eos_token=piece(model.token_eos()), bos_token=bos)
    prompt = formatter(messages=[{"role": role, "content": text} for role, text in conversation]).prompt
    return model.tokenize(prompt.encode(), add_bos=not (bos and prompt.startswith(bos)), special=True)


def main():
    out = []
    for path in sys.argv[1:]:
        model = llama_cpp.Llama(path, n_ctx=2048, n_batch=2048, n_ubatch=2048, logits_all=False, verbose=False)
        asked = []
        for conversation in CONVERSATIONS:
            model.reset()
            tokens = tokens_of(model, conversation)
            model.eval(tokens)
            logits = [float(x) for x in llama_cpp.llama_get_logits_ith(model.ctx, -1)[: model.n_vocab()]]
            most = max(logits)
            total = most + math.log(sum(math.exp(x - most) for x in logits))
            ranked = sorted(range(len(logits)), key=lambda i: -logits[i])[:10]
            top = [[model.detokenize([i], special=True).decode(errors="replace"), round(logits[i] - total, 5)] for i in ranked]
            asked.append({"messages": [list(turn) for turn in conversation], "tokens": len(tokens), "top": top})
        out.append({"file": os.path.basename(path), "bytes": os.path.getsize(path), "conversations": asked})
    json.dump(out, sys.stdout, ensure_ascii=False, indent=1)


main()
