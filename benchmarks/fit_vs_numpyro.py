"""How much faster is `predilect fit` than numpyro on the same table, and do both give the same posterior?

Runs both in turn on the tables named on the command line (CSV, column `label`, the rest features) and prints one
JSON object a table: seconds of the whole `predilect` process and of numpyro's sampling (fresh, as the research code of
Li et al. 2024 runs it, and with the compiled sampler reused), ratios, and the largest difference of a posterior mean
in posterior sd. numpyro draws 4 x (500 + 2000).

    python3 -m venv /tmp/numpyro && /tmp/numpyro/bin/pip install numpyro==0.22.0 jax==0.10.2 pandas
    cargo build --release
    /tmp/numpyro/bin/python benchmarks/fit_vs_numpyro.py TABLE.csv...
"""

import json
import os
import platform
import subprocess
import sys
import time
from pathlib import Path

os.environ.setdefault("XLA_FLAGS", "--xla_force_host_platform_device_count=1")
import jax
import numpy as np
import numpyro
import numpyro.distributions as dist
import pandas as pd
from numpyro.infer import MCMC, NUTS

BINARY = Path(__file__).resolve().parent.parent / "target/release/predilect"
REPEATS = 5


def model(x, y):
    w = numpyro.sample("w", dist.Laplace(0.0, 0.1).expand([x.shape[1]]).to_event(1))
    numpyro.sample("y", dist.Bernoulli(logits=x @ w), obs=y)


def sample(x, y, seed, sampler=None):
    start = time.perf_counter()
    if sampler is None:
        sampler = MCMC(NUTS(model), num_warmup=500, num_samples=2000, num_chains=4,
                       chain_method="sequential", progress_bar=False)
    sampler.run(jax.random.PRNGKey(seed), x, y)
    draws = np.asarray(sampler.get_samples()["w"])
    return sampler, draws, time.perf_counter() - start


def predilect(table, engine):
    command = [str(BINARY), "fit", table, "--label", "label", "--engine", engine, "--terms", "none",
               "--folds", "0", "--threads", "1", "--json", "--quiet"]
    seconds = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        out = subprocess.run(command, check=True, capture_output=True)
        seconds.append(time.perf_counter() - start)
    return json.loads(out.stdout)["fits"][0], float(np.median(seconds))


def compare(path):
    table = pd.read_csv(path)
    y = table.pop("label").to_numpy(np.float32)
    x = table.to_numpy(np.float32)
    sampler, _, fresh = sample(x, y, 0)
    _, draws, reused = sample(x, y, 1, sampler)
    mean, sd = draws.mean(axis=0), draws.std(axis=0, ddof=1)
    row = {"table": os.path.basename(path), "rows": len(y), "numpyro_fresh_s": fresh, "numpyro_reused_s": reused}
    for engine in ("ep", "nuts"):
        fit, seconds = predilect(path, engine)
        means = np.array([w["mean"] for w in fit["weights"]])
        row[f"{engine}_process_s"] = seconds
        row[f"numpyro_fresh_over_{engine}"] = fresh / seconds
        row[f"largest_mean_difference_{engine}_sd"] = float(np.abs((means - mean) / sd).max())
    return row


if __name__ == "__main__":
    print(json.dumps({"numpyro": numpyro.__version__, "jax": jax.__version__, "machine": platform.processor() or platform.machine()}))
    for path in sys.argv[1:]:
        print(json.dumps(compare(path)))
