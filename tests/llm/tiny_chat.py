"""A chat model of a few dimensions that says one thing by heart, saved as its makers save theirs."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

TEMPLATE = (
    "{% for message in messages %}<|{{ message.role }}|> {{ message.content }} "
    "{% for call in message.tool_calls or [] %}{{ call.function.arguments | tojson }} {% endfor %}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|tools|>' if tools else '<|assistant|>' }}{% endif %}"
)
SPECIAL = ("<pad>", "<eos>", "[UNK]", "<|system|>", "<|user|>", "<|tool|>", "<|assistant|>", "<|tools|>")


def save(
    folder: Path,
    says: Sequence[str] = (),
    with_tools: Sequence[str] = (),
    template: str | None = TEMPLATE,
    room: int = 4_096,
) -> Path:
    """A Llama of one layer whose words follow each other by its weights.

    Args:
        says: the words that it answers, each of which may stand there once; the last one twice: it goes on for ever.
            None: what comes by chance.
        with_tools: the words that it answers where it is offered tools.
        room: tokens that it reads and writes at most.
    """
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    words = list(dict.fromkeys([*SPECIAL, *says, *with_tools, *(f"word{n}" for n in range(20))]))
    number = {word: n for n, word in enumerate(words)}
    raw = Tokenizer(models.WordLevel(number, unk_token="[UNK]"))
    raw.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    raw.decoder = decoders.WordPiece(prefix="##", cleanup=False)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=raw,
        unk_token="[UNK]",
        pad_token="<pad>",
        eos_token="<eos>",
        additional_special_tokens=list(SPECIAL[3:]),
        model_max_length=room,
    )
    tokenizer.chat_template = template
    torch.manual_seed(7)
    model = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=len(words),
            hidden_size=64,
            intermediate_size=64,
            num_hidden_layers=1,
            num_attention_heads=2,
            num_key_value_heads=2,
            max_position_embeddings=room,
            pad_token_id=0,
            eos_token_id=1,
            bos_token_id=None,
            tie_word_embeddings=False,
        )
    )
    follows = [("<|assistant|>", says), ("<|tools|>", with_tools)]
    with torch.no_grad():
        places = model.get_input_embeddings().weight
        places.copy_(torch.nn.functional.normalize(torch.randn_like(places), dim=1) * 8)
        for begin, chain in follows:
            if chain:
                endless = len(chain) > 1 and chain[-1] == chain[-2]
                steps = [begin, *chain] if endless else [begin, *chain, "<eos>"]
                for word, after in pairwise(steps):
                    model.lm_head.weight[number[after]] += places[number[word]]
    model.generation_config.eos_token_id = 1
    model.generation_config.pad_token_id = 0
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
