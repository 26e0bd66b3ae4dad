"""The weights published with Li et al. (2024) as the table that Predilect ships.

    python scripts/published_weights.py fitted_weights > crates/analysis/data/published_weights.csv

`fitted_weights` is the folder of that name in the authors' data (github.com/GAIR-NLP/Preference-Dissection): one JSON Lines file
for each of 16 groups, one line for each of 33 judges, 29 numbers in the order of the catalogue.
"""

import glob
import json
import os
import sys

rows = []
for path in glob.glob(os.path.join(sys.argv[1], "*.jsonl")):
    group = os.path.basename(path)[: -len(".jsonl")]
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            assert len(row["parameters"]) == 29, path
            rows.append((row["model_name"], group, row["parameters"]))
rows.sort(key=lambda row: row[:2])
for judge, group, weights in rows:
    # Scenarios are written with spaces, as everywhere else; the query-specific cases are names of fields.
    name = group.replace("_", " ") if group[0].isupper() else group
    print(",".join([judge, name, *(f"{weight:.7f}" for weight in weights)]))
