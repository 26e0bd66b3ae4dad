"""Which letters follow each other in English words?

    python scripts/letter_pairs.py DICTIONARY > crates/text/src/letter_pairs.in

DICTIONARY is `dictionary.dict` of harper-core (Apache-2.0), a word and its marks per line. Of its words in small letters, a pair of neighbouring
letters is likely where at least 20 words have it. Written as 26 numbers, one for each first letter; bit i says that the i-th letter may follow.
Standard library only.
"""
import collections
import re
import string
import sys

LEAST = 20


def main() -> None:
    words = set()
    for line in open(sys.argv[1], encoding="utf-8"):
        word = line.split("#")[0].split("/")[0].strip()
        if re.fullmatch(r"[a-z]{2,}", word):
            words.add(word)
    count = collections.Counter(a + b for word in words for a, b in zip(word, word[1:]))
    letters = string.ascii_lowercase
    rows = [sum((count[a + b] >= LEAST) << i for i, b in enumerate(letters)) for a in letters]
    print("[")
    for at in range(0, 26, 6):
        print("    " + " ".join(f"{row:#010x}," for row in rows[at : at + 6]))
    print("]")


if __name__ == "__main__":
    main()
