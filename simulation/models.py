"""The models of a simulated population: real public names with what servers report about them.

Every row of the table is a part of one product line: line; pool (what operators use it for); family as
servers report it in `details.family`; day of release (`-`: before the simulated scans); capabilities (C
completion, T tools, K thinking, V vision, I insert, E embedding); quantisation unless the tag names another;
weight of the row within its pool; then `tag/parameters`, the most common tag first. Names, families,
capabilities and days are those of the public Ollama library at the end of 2025, days to within a few; how
common they are is invented to fit the published shares. `assistant-demo` and `helpdesk-bot` are made up, for
the private names that no catalogue knows.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

MODEL_TABLE = """
llama3.1 chat llama - CT Q4_K_M 13 8b/8.0B latest/8.0B 70b/70.6B 8b-instruct-q8_0/8.0B 8b-instruct-fp16/8.0B
llama3.2 chat llama - CT Q4_K_M 13 latest/3.2B 3b/3.2B 1b/1.2B 3b-instruct-q5_K_M/3.2B 3b-instruct-fp16/3.2B
llama3.2 chat llama - CT Q8_0 4 1b-instruct-q8_0/1.2B 3b-instruct-q8_0/3.2B
llama3.3 chat llama - CT Q4_K_M 5 latest/70.6B 70b/70.6B 70b-instruct-q8_0/70.6B 70b-instruct-q2_K/70.6B
llama3 chat llama - C Q4_0 19 latest/8.0B 8b/8.0B 70b/70.6B
llama3 chat llama - C Q8_0 48 8b-instruct-q4_K_M/8.0B 8b-instruct-q8_0/8.0B 8b-instruct-q5_K_M/8.0B
llama3 chat llama - C Q6_K 15 8b-instruct-q6_K/8.0B 8b-instruct-q3_K_M/8.0B
llama2 chat llama - C Q4_0 14 latest/7B 7b-chat-q5_K_M/7B 7b-chat-q8_0/7B 13b/13B
llama2-uncensored chat llama - C Q4_0 5 latest/7B 7b/7B
llama2-chinese chat llama - C Q4_0 2 latest/7B 13b/13B
tinyllama chat llama - C Q4_0 9 latest/1B 1.1b/1B 1.1b-chat-v1-fp16/1B
smollm2 chat llama - CT F16 4 135m/134.52M 360m/361.82M 1.7b/1.7B
smollm chat llama - C Q4_0 1 latest/1.7B 135m/134M
orca-mini chat llama - C Q4_0 2 latest/3B 7b/7B
vicuna chat llama - C Q4_0 2 latest/7B 13b/13B
openchat chat llama - C Q4_0 4 latest/7B 7b/7B
dolphin-llama3 chat llama - C Q4_0 5 latest/8B 8b/8B 70b/71B
dolphin3 chat llama - C Q4_K_M 8 latest/8.0B 8b/8.0B 8b-llama3.1-q8_0/8.0B
hermes3 chat llama - CT Q4_K_M 3 8b/8.0B latest/8.0B 70b/70.6B
nous-hermes2 chat llama - C Q4_0 2 latest/11B 34b/34B
solar chat llama - C Q4_0 2 latest/11B 10.7b/11B
yi chat llama - C Q4_0 3 latest/6B 34b/34B 6b-chat-q5_K_M/6B
tulu3 chat llama - C Q4_K_M 2 latest/8.0B 70b/70.6B
falcon3 chat llama - C Q4_K_M 2 latest/7.5B 10b/10.3B
llama-guard3 chat llama - C Q4_K_M 2 latest/8.0B 1b/1.5B 8b-q8_0/8.0B
llama-pro chat llama - C Q5_K_M 1 latest/8.4B
assistant-demo chat llama - C Q5_K_M 2 latest/8.0B
deepseek-r1 chat llama - CK Q4_K_M 3 8b/8.0B 70b/70.6B 8b-llama-distill-q8_0/8.0B
mistral mistral llama - CT Q4_K_M 11 latest/7.2B 7b/7.2B
mistral mistral llama - C Q4_0 12 7b-instruct-q5_K_M/7B 7b-instruct-q4_0/7B 7b-instruct-q8_0/7B
mistral-nemo mistral llama - CT Q4_0 6 latest/12.2B 12b/12.2B 12b-instruct-2407-q8_0/12.2B
mistral-small mistral llama - CT Q4_K_M 6 latest/23.6B 24b/23.6B 24b-instruct-2501-q8_0/23.6B
mistral-large mistral llama - CT Q4_0 1 latest/122.6B
mixtral mistral llama - C Q4_0 4 latest/46.7B 8x7b/46.7B 8x22b/140.6B
dolphin-mistral mistral llama - C Q4_0 4 latest/7B 7b/7B
dolphin-mixtral mistral llama - C Q4_0 2 latest/46.7B 8x7b/46.7B
zephyr mistral llama - C Q4_0 3 latest/7B 7b-beta-q5_K_M/7B
neural-chat mistral llama - C Q4_0 2 latest/7B
starling-lm mistral llama - C Q4_0 1 latest/7B
wizardlm2 mistral llama - C Q4_0 2 latest/7B 7b/7B
mistral-small3.1 mistral mistral3 2025-04-07 CTV Q4_K_M 5 latest/24.0B 24b/24.0B 24b-instruct-2503-q8_0/24.0B
mistral-small3.2 mistral mistral3 2025-06-21 CTV Q4_K_M 5 latest/24.0B 24b/24.0B
magistral mistral llama 2025-06-10 CTK Q4_K_M 2 latest/23.6B 24b/23.6B
ministral-3 mistral mistral3 2025-12-02 CTV Q4_K_M 2 latest/8.9B 3b/3.8B 14b/13.9B
qwen2.5 qwen qwen2 - CT Q4_K_M 30 7b/7.6B latest/7.6B 14b/14.8B 1.5b/1.5B 0.5b/494.03M 32b/32.8B 3b/3.1B
qwen2.5 qwen qwen2 - CT Q4_K_M 6 7b-instruct-q8_0/7.6B 72b/72.7B 7b-instruct-fp16/7.6B
qwen2 qwen qwen2 - C Q4_0 12 latest/7.6B 7b/7.6B 0.5b/494.03M 72b/72.7B
qwen2 qwen qwen2 - C Q4_K_M 24 7b-instruct-q4_K_M/7.6B 7b-instruct-q8_0/7.6B 7b-instruct-q5_K_M/7.6B
qwen qwen qwen2 - C Q4_0 7 latest/4B 7b/8B 0.5b/620M 14b/14B
qwen qwen qwen2 - C Q4_K_M 9 14b-chat-q4_K_M/14B 7b-chat-q5_K_M/8B 4b-chat-q8_0/4B 1.8b-chat-fp16/2B
qwen2-math qwen qwen2 - C Q4_0 1 latest/7.6B
athene-v2 qwen qwen2 - CT Q4_K_M 1 latest/72.7B
helpdesk-bot qwen qwen2 - C Q5_K_M 2 latest/7.6B
deepseek-r1 r1 qwen2 - CK Q4_K_M 60 1.5b/1.8B 7b/7.6B 14b/14.8B 32b/32.8B latest/7.6B
deepseek-r1 r1 qwen2 - CK Q8_0 10 1.5b-qwen-distill-q8_0/1.8B 7b-qwen-distill-q8_0/7.6B
deepseek-r1 r1 qwen2 - CK F16 4 1.5b-qwen-distill-fp16/1.8B 7b-qwen-distill-fp16/7.6B
qwq r1 qwen2 - CT Q4_K_M 8 latest/32.8B 32b/32.8B 32b-q8_0/32.8B
marco-o1 r1 qwen2 - C Q4_K_M 1 latest/7.6B
openthinker r1 qwen2 - C Q4_K_M 2 latest/7.6B 32b/32.8B
deepscaler r1 qwen2 - C F16 1 latest/1.8B
smallthinker r1 qwen2 - C Q8_0 1 latest/3.4B
cogito r1 qwen2 2025-04-08 CT Q4_K_M 2 14b/14.8B 32b/32.8B
cogito tail llama 2025-04-08 CT Q4_K_M 2 latest/8.0B 3b/3.6B 70b/70.6B
qwen3 qwen3 qwen3 2025-04-28 CTK Q4_K_M 50 8b/8.2B 4b/4.0B latest/8.2B 14b/14.8B 32b/32.8B 0.6b/751.63M
qwen3 qwen3 qwen3 2025-04-28 CTK Q4_K_M 9 1.7b/2.0B 8b-q8_0/8.2B 14b-q8_0/14.8B 0.6b-fp16/751.63M
deepseek-r1 qwen3 qwen3 2025-05-29 CTK Q4_K_M 5 8b-0528-qwen3-q4_K_M/8.2B 8b-0528-qwen3-q8_0/8.2B
qwen3 qwen3 qwen3moe 2025-04-28 CTK Q4_K_M 10 30b/30.5B 30b-a3b/30.5B 235b/235.1B
qwen3-coder code qwen3moe 2025-07-31 CT Q4_K_M 8 30b/30.5B latest/30.5B 30b-a3b-q8_0/30.5B
qwen3-coder code qwen3moe 2025-09-19 CT BF16 2 480b-cloud/480B
gemma2 gemma2 gemma2 - C Q4_0 20 latest/9.2B 9b/9.2B 2b/2.6B 27b/27.2B
gemma2 gemma2 gemma2 - C Q8_0 18 9b-instruct-q8_0/9.2B 27b-instruct-q5_K_M/27.2B 2b-instruct-fp16/2.6B
gemma2 gemma2 gemma2 - C Q6_K 6 9b-instruct-q6_K/9.2B 9b-instruct-q3_K_M/9.2B
gemma2 gemma2 gemma2 - C Q4_K_M 16 9b-instruct-q4_K_M/9.2B 2b-instruct-q4_K_M/2.6B 27b-instruct-q4_K_M/27.2B
shieldgemma gemma2 gemma2 - C Q4_K_M 1 latest/9.2B 2b/2.6B
gemma3 gemma3 gemma3 2025-03-12 CV Q4_K_M 40 4b/4.3B latest/4.3B 12b/12.2B 27b/27.4B
gemma3 gemma3 gemma3 2025-03-12 C Q4_K_M 5 1b/999.89M
gemma3 gemma3 gemma3 2025-04-18 CV Q4_0 6 27b-it-qat/27.4B 12b-it-qat/12.2B 4b-it-qat/4.3B
gemma3 gemma3 gemma3 2025-08-14 C Q8_0 2 270m/268.10M
gemma3n gemma3 gemma3n 2025-06-26 C Q4_K_M 4 latest/6.9B e4b/6.9B e2b/4.5B
gemma tail gemma - C Q4_0 9 latest/9B 2b/3B 7b/9B 7b-instruct-q5_K_M/9B
codegemma code gemma - CI Q4_0 4 latest/9B 2b/3B
phi4 phi phi3 - C Q4_K_M 14 latest/14.7B 14b/14.7B 14b-q8_0/14.7B 14b-fp16/14.7B
phi4-mini phi phi3 - CT Q4_K_M 6 latest/3.8B 3.8b/3.8B
phi4-reasoning phi phi3 2025-04-30 C Q4_K_M 2 latest/14.7B plus/14.7B
phi3 phi phi3 - C Q4_0 12 latest/3.8B 3.8b-mini-128k-instruct-q5_K_M/3.8B 14b/14.0B
phi3.5 phi phi3 - C Q4_0 5 latest/3.8B 3.8b/3.8B
phi phi phi2 - C Q4_0 5 latest/3B 2.7b/3B
dolphin-phi phi phi2 - C Q4_0 1 latest/3B
nomic-embed-text nomic nomic-bert - E F16 60 latest/137M
nomic-embed-text nomic nomic-bert - E F16 7 v1.5/137M 137m-v1.5-fp16/137M
nomic-embed-text-v2-moe embed nomic-bert-moe - E F16 2 latest/475.29M
bge-m3 embed bert - E F16 22 latest/566.70M 567m/566.70M
mxbai-embed-large embed bert - E F16 14 latest/334M 335m/334M
all-minilm embed bert - E F16 7 latest/23M 33m/33M l6-v2/23M
bge-large embed bert - E F16 3 latest/334M 335m-en-v1.5-fp16/334M
snowflake-arctic-embed embed bert - E F16 2 latest/334M 137m/137M
snowflake-arctic-embed2 embed bert - E F16 3 latest/566.70M
granite-embedding embed bert - E F16 1 latest/30M 278m/278M
paraphrase-multilingual embed bert - E F16 1 latest/278M
qwen3-embedding embed qwen3 2025-09-17 E Q4_K_M 4 8b/7.6B 4b/4.0B 0.6b/595.78M
embeddinggemma embed gemma3 2025-09-04 E BF16 3 latest/307.58M 300m/307.58M
hf.co/jinaai/jina-embeddings-v2-base-en embed jina-bert-v2 - E F16 1 latest/137M
llama3.2-vision vision mllama - CV Q4_K_M 20 latest/9.8B 11b/10.7B 90b/87.7B 11b-instruct-fp16/10.7B
llava vision llama - CV Q4_0 20 latest/7B 7b-v1.6-mistral-q8_0/7B 13b/13B 7b/7B 34b/34B
llava-llama3 vision llama - CV Q4_K_M 4 latest/8B 8b/8B
bakllava vision llama - CV Q4_0 2 latest/7B
llava-phi3 vision llama - CV F16 1 latest/4B
minicpm-v vision qwen2 - CV Q4_0 10 latest/7.6B 8b/7.6B 8b-2.6-q8_0/7.6B
moondream vision phi2 - CV Q4_0 5 latest/1B 1.8b/1B
granite3.2-vision vision granite - CTV Q4_K_M 3 latest/2.5B 2b/2.5B
qwen2.5vl vision qwen25vl 2025-05-20 CV Q4_K_M 14 7b/8.3B latest/8.3B 3b/3.8B 32b/33.5B 72b/73.4B 7b-q8_0/8.3B
qwen3-vl vision qwen3vl 2025-10-29 CTVK Q4_K_M 5 8b/8.8B 4b/4.4B 2b/2.1B
qwen3-vl vision qwen3vlmoe 2025-10-29 CTVK Q4_K_M 3 30b/31.1B 235b-cloud/235B
llama4 vision llama4 2025-04-28 CTV Q4_K_M 3 latest/108.6B scout/108.6B
deepseek-ocr vision deepseekocr 2025-11-19 CV F16 2 latest/3.3B
qwen2.5-coder code qwen2 - CTI Q4_K_M 36 7b/7.6B 14b/14.8B 32b/32.8B latest/7.6B 1.5b/1.5B 3b/3.1B
qwen2.5-coder code qwen2 - CTI Q8_0 6 1.5b-base-q8_0/1.5B 7b-instruct-q8_0/7.6B 1.5b-base/1.5B
codeqwen code qwen2 - C Q4_0 3 latest/7B 7b/7B
deepcoder code qwen2 2025-04-08 C Q4_K_M 2 latest/14.8B 1.5b/1.8B
codellama code llama - CI Q4_0 18 latest/7B 13b/13B 7b-instruct-q5_K_M/7B 7b-instruct-q8_0/7B 34b/34B
deepseek-coder code llama - CI Q4_0 9 latest/1B 6.7b-instruct-q8_0/7B 6.7b-instruct-q5_K_M/7B 33b/33B
codestral code llama - CI Q4_0 6 latest/22.2B 22b/22.2B
devstral code llama 2025-05-21 CT Q4_K_M 4 latest/23.6B 24b/23.6B
granite-code code llama - C Q4_0 2 latest/3.5B 8b/8.1B
granite-code code starcoder - C Q4_0 1 20b/20.1B
opencoder code llama - C Q4_K_M 1 latest/7.8B
wizardcoder code llama - C Q4_0 1 latest/7B
starcoder2 code starcoder2 - CI Q4_0 8 3b/3B latest/3B 15b/16B 7b/7B
starcoder code starcoder - C Q4_0 2 latest/3B
stable-code code stablelm - CI Q4_0 2 latest/3B
deepseek-coder-v2 code deepseek2 - CI Q4_0 11 latest/15.7B 16b-lite-instruct-q8_0/15.7B 16b/15.7B
deepseek-v2 tail deepseek2 - C Q4_0 4 latest/15.7B 16b/15.7B
deepseek-v3 tail deepseek2 - C Q4_K_M 3 latest/671.0B 671b/671.0B
deepseek-r1 tail deepseek2 - CTK Q4_K_M 4 671b/671.0B
deepseek-v3.1 tail deepseek2 2025-09-19 CTK FP8_E4M3 2 671b-cloud/671.0B
gpt-oss gptoss gptoss 2025-08-05 CTK MXFP4 14 20b/20.9B latest/20.9B 120b/116.8B
gpt-oss gptoss gptoss 2025-09-19 CTK MXFP4 2 120b-cloud/116.8B 20b-cloud/20.9B
command-r tail command-r - CT Q4_0 5 latest/32.3B 35b/32.3B
command-r-plus tail command-r - CT Q4_0 1 latest/103.8B
aya tail command-r - C Q4_0 2 latest/8.0B 35b/35.0B
aya-expanse tail command-r - CT Q4_K_M 3 latest/8.0B 32b/32.3B
command-r7b tail cohere2 - CT Q4_K_M 3 latest/8.0B
command-a tail cohere2 - CT Q4_K_M 1 latest/111.1B
glm4 tail chatglm - C Q4_0 7 latest/9.4B 9b/9.4B 9b-chat-q8_0/9.4B
glm-4.6 tail glm4moe 2025-10-01 CTK FP8_E4M3 1 cloud/355B
exaone3.5 tail exaone - C Q4_K_M 5 latest/7.8B 2.4b/2.7B 32b/32.0B
exaone-deep tail exaone - C Q4_K_M 2 latest/7.8B 32b/32.0B
granite3.3 tail granite 2025-04-16 CT Q4_K_M 4 latest/8.2B 2b/2.5B
granite3.1-dense tail granite - CT Q4_K_M 2 latest/8.2B
granite3.1-moe tail granitemoe - CT Q4_K_M 3 latest/3.3B 1b/1.3B
granite4 tail granitehybrid 2025-10-02 CT Q4_K_M 4 latest/3.4B tiny-h/6.9B
falcon tail falcon - C Q4_0 3 latest/7B 40b/40B
falcon2 tail falcon - C Q4_0 1 latest/11B
stablelm2 tail stablelm - C Q4_0 2 latest/2B 12b/12B
stablelm-zephyr tail stablelm - C Q4_0 1 latest/3B
nemotron-mini tail nemotron - CT Q4_K_M 3 latest/4.2B
nemotron tail llama - CT Q4_K_M 2 latest/70.6B
internlm2 tail internlm2 - C Q4_0 3 latest/7.7B 1.8b/1.9B
bespoke-minicheck tail internlm2 - C Q4_K_M 1 latest/7.7B
olmo2 tail olmo2 - C Q4_K_M 3 latest/7.3B 13b/13.7B
solar-pro tail solar - C Q4_K_M 1 latest/22.1B
dbrx tail dbrx - C Q4_0 1 latest/132B
hf.co/ggml-org/SmolLM3-3B-GGUF tail smollm3 2025-07-08 C Q4_K_M 2 Q4_K_M/3.1B
hf.co/LiquidAI/LFM2-1.2B-GGUF tail lfm2 2025-07-12 C Q4_K_M 2 Q4_K_M/1.2B
hf.co/openbmb/MiniCPM3-4B-GGUF tail minicpm3 - C Q4_K_M 1 Q4_K_M/4.1B
nemotron-3-nano tail nemotron_h_moe 2025-12-15 CTK Q4_K_M 2 latest/31.6B
olmo-3 tail olmo3 2025-12-14 C Q4_K_M 1 latest/7.3B
"""

_CAPABILITIES = {
    "C": "completion",
    "T": "tools",
    "K": "thinking",
    "V": "vision",
    "I": "insert",
    "E": "embedding",
}


@dataclass(frozen=True)
class SimulatedModel:
    """One model of the table; `released` is None where it is older than the simulated scans."""

    name: str
    pool: str
    family: str
    released: date | None
    capabilities: tuple[str, ...]
    parameter_size: str
    quantization: str
    weight: float

    @property
    def is_remote(self) -> bool:
        """Whether the entry only points at a cloud service, so that its weights are not on the host."""
        return self.name.endswith("cloud")


def _parsed_models() -> tuple[SimulatedModel, ...]:
    models = []
    for row in MODEL_TABLE.strip().splitlines():
        line, pool, family, released, letters, quantization, weight, *tags = row.split()
        for position, token in enumerate(tags):
            tag, parameters = token.split("/")
            models.append(
                SimulatedModel(
                    name=f"{line}:{tag}",
                    pool=pool,
                    family=family,
                    released=None if released == "-" else date.fromisoformat(released),
                    capabilities=tuple(_CAPABILITIES[letter] for letter in letters),
                    parameter_size=parameters,
                    quantization=_tag_quantization(tag) or quantization,
                    # Later tags of a row are rarer: half, a third, a quarter as common as its first.
                    weight=float(weight) / (position + 1),
                )
            )
    return tuple(models)


def _tag_quantization(tag: str) -> str | None:
    last = tag.rsplit("-", 1)[-1]
    if last == "fp16":
        return "F16"
    return "Q" + last[1:] if last[:1] in {"q", "Q"} and last[1:2].isdigit() else None


MODELS = _parsed_models()
