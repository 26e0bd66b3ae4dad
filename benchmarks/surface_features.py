"""Do the ratings that text alone gives explain verdicts as well as surface features do?

    python benchmarks/surface_features.py PEERS STUDY... [--predilect PATH] [--before PATH]

For each STUDY (a folder that `predilect import` made): the verdicts that are no tie, of all judges together and of people alone where there are any;
held-out accuracy and log-loss by prompt (10 folds) of

- length alone (the sign of the difference in words),
- the 27 surface features of PEERS/text_features.py, as signs and as values (logistic regression, C = .02),
- `predilect dissect --terms side` with its default properties, without grammar; with --before also by an older program. The side is what the
  intercept is to the others: where one model stands on one side throughout, it matters most.

Needs numpy and scikit-learn. The peers' script is read, not copied.
"""
import argparse
import json
import subprocess
import tempfile
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold


def text(value) -> str:
    return value if isinstance(value, str) else "\n".join(m["content"] for m in value)


def ours(program: str, rows: list[dict]) -> str:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "decided.jsonl"
        file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        done = subprocess.run(
            [program, "dissect", str(file), "--json", "--quiet", "--terms", "side", "--no-grammar"],
            capture_output=True, text=True,
        )
    if done.returncode != 0:
        return "failed"
    quality = next(fit for fit in json.loads(done.stdout)["fits"] if fit["group"] == "all")["quality"]
    return f"{quality['accuracy']:.3f} / {quality['log_loss']:.3f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("peers", type=Path)
    parser.add_argument("studies", nargs="+", type=Path)
    parser.add_argument("--predilect", default="target/release/predilect")
    parser.add_argument("--before")
    options = parser.parse_args()
    space: dict = {}
    exec((options.peers / "text_features.py").read_text().split("for name in sys.argv[1:]:")[0], space)
    features = space["feats"]
    print(f"{'data':22} {'verdicts':>8} {'prompts':>7}  {'length':>13} {'27 signs':>13} {'27 values':>13} {'se':>11} {'before':>13} {'predilect':>13}")
    for study in options.studies:
        exported = subprocess.run([options.predilect, "export", str(study), "--quiet"], capture_output=True, text=True, check=True).stdout
        pairs = [json.loads(line) for line in exported.split("\n") if line]
        cache = [(features(text(p["prompt"]), text(p["response_a"])), features(text(p["prompt"]), text(p["response_b"]))) for p in pairs]
        names = list(cache[0][0])
        x, y, g, rows = [], [], [], []
        for pair, (a, b) in zip(pairs, cache):
            decided = [v for v in pair["verdicts"] if v["p_a"] in (0, 1)]
            if not decided:
                continue
            # One judge, so that all verdicts are in one fit.
            keep = {k: v for k, v in pair.items() if k not in ("scenario", "model_a", "model_b")}
            rows.append(keep | {"verdicts": [{"judge": "all", "p_a": v["p_a"]} for v in decided]})
            for v in decided:
                x.append([a[n] - b[n] for n in names])
                y.append(int(v["p_a"]))
                g.append(text(pair["prompt"]))
        x, y = np.array(x, float), np.array(y)
        groups = np.unique(g, return_inverse=True)[1]
        values, signs = x / (x.std(0) + 1e-9), np.sign(x)
        folds = min(10, len(set(g)))

        def held_out(z, c):
            p = np.zeros(len(y))
            for train, test in GroupKFold(folds).split(z, y, groups):
                p[test] = LogisticRegression(C=c, max_iter=2000).fit(z[train], y[train]).predict_proba(z[test])[:, 1]
            p = p.clip(1e-12, 1 - 1e-12)
            loss = -(y * np.log(p) + (1 - y) * np.log(1 - p))
            right = ((p > 0.5) == y).astype(float)
            # The standard errors of both means, over prompts.
            def error(v):
                sums = np.bincount(groups, v - v.mean())
                return np.sqrt((sums**2).sum() * folds / max(folds - 1, 1)) / len(y)
            return f"{right.mean():.3f} / {loss.mean():.3f}", f"{error(right):.3f} {error(loss):.3f}"

        length = signs[:, [names.index("length")]]
        (alone, _), (by_sign, error), (by_value, _) = held_out(length, 1.0), held_out(signs, 0.02), held_out(values, 0.02)
        before = ours(options.before, rows) if options.before else ""
        print(f"{study.name:22.22} {len(y):8} {len(set(g)):7}  {alone:>13} {by_sign:>13} {by_value:>13} {error:>11} {before:>13} {ours(options.predilect, rows):>13}", flush=True)


if __name__ == "__main__":
    main()
