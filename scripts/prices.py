"""Writes crates/llm/src/prices.toml anew: the list prices of the models that judge and annotate, from the table that comes
with the package litellm (MIT), whose maintainers follow the providers' price pages.

    pip download --no-deps litellm && python scripts/prices.py litellm-*.whl

Only text models that are offered today are kept, each under its plain name: a dated release costs as its model. Where a
provider charges more for very long prompts, the price of the usual ones stands here: pairs are far shorter. The second
table, of the package genai-prices, is a check: `pip install genai-prices`, and differences are printed.
"""

import datetime
import json
import re
import sys
import zipfile

PROVIDERS = {"openai": "openai", "anthropic": "anthropic", "gemini": "gemini"}
# Searches, voices, code agents, robots and models for one field of work are nobody's judges.
OTHER = r"audio|realtime|search|codex|transcribe|tts|image|computer|robotics|research|lyria|omni|live|^ft:|container|cyber|daybreak|rosalind|-law|learnlm|gemma|exp-|customtools|mythos|deep-"
DATED = r"-(20\d{2}-?\d{2}-?\d{2}|\d{4})$"


def rows(table, today):
    for name, entry in table.items():
        provider = PROVIDERS.get(entry.get("litellm_provider"))
        # Models that speak the protocol of responses only cannot be asked.
        ways = entry.get("supported_endpoints", ["/v1/chat/completions"])
        if provider is None or entry.get("mode") != "chat" or "/v1/chat/completions" not in ways and provider == "openai":
            continue
        model = name.split("/", 1)[1] if name.startswith("gemini/") else name
        if re.search(OTHER, model) or re.search(DATED, model) or "/" in model:
            continue
        price = [entry.get(f"{kind}_cost_per_token") for kind in ("input", "output")]
        if not all(price) or entry.get("deprecation_date", "9999") <= today:
            continue
        # Only OpenAI stores what it reads without being asked.
        stored = entry.get("cache_creation_input_token_cost") if provider == "openai" else None
        yield f"{provider}:{model}", price[0], entry.get("cache_read_input_token_cost"), stored, price[1]


def check(model, price_in, price_out):
    """A price that another table gives differently."""
    try:
        from genai_prices import Usage, calc_price
    except ImportError:
        return None
    provider, name = model.split(":", 1)
    provider = {"gemini": "google"}.get(provider, provider)
    try:
        one = calc_price(Usage(input_tokens=1000, output_tokens=1000), model_ref=name, provider_id=provider)
    except (LookupError, ValueError):
        return f"{model}: not in the other table"
    here = 1000 * (price_in + price_out)
    if abs(float(one.total_price) - here) > 1e-9:
        return f"{model}: {1000 * here:.3f} here, {1000 * float(one.total_price):.3f} there (1 M in and out)"
    return None


def main():
    today = datetime.date.today().isoformat()
    with zipfile.ZipFile(sys.argv[1]) as wheel:
        table = json.loads(wheel.read("litellm/model_prices_and_context_window_backup.json"))
    number = lambda price: f"{1e6 * price:.6g}" if 1e6 * price % 1 else f"{1e6 * price:.1f}"
    text = (
        "# List prices in US dollars per million tokens, written by scripts/prices.py from the table of "
        f"{'-'.join(sys.argv[1].split('/')[-1].split('-')[:2])}.\n# They change: --prices FILE overrides.\n"
        f'date = "{today}"\n'
    )
    for model, price_in, cached, stored, price_out in sorted(set(rows(table, today)), key=lambda row: row[0]):
        text += f'\n[[price]]\nmodel = "{model}"\ninput = {number(price_in)}\n'
        if cached:
            text += f"cached = {number(cached)}\n"
        if stored:
            text += f"stored = {number(stored)}\n"
        text += f"output = {number(price_out)}\n"
        if said := check(model, price_in, price_out):
            print(said, file=sys.stderr)
    with open("crates/llm/src/prices.toml", "w") as file:
        file.write(text)


main()
