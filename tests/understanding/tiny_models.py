"""Random models of a few dimensions, saved as their makers save them, so that the real code has something to load."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

_WORDS = """[PAD] [UNK] [CLS] [SEP] <s> </s> a the red green blue picture sound of low high tone hiss rainy night piano
robot dance football cup final desert test film soccer match learns to in"""
VOCABULARY = _WORDS.split()
COLOURS = {"red": (220, 30, 30), "green": (30, 200, 40), "blue": (30, 40, 220)}


def tokenizer(kind: str = "PreTrainedTokenizerFast", length: int = 32, roberta: bool = False) -> Any:
    """Whole words of `VOCABULARY`; everything else is unknown."""
    import transformers
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

    words = Tokenizer(models.WordLevel({w: n for n, w in enumerate(VOCABULARY)}, unk_token="[UNK]"))
    words.normalizer = normalizers.BertNormalizer()
    words.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    begin, end = ("<s>", "</s>") if roberta else ("[CLS]", "[SEP]")
    words.post_processor = processors.TemplateProcessing(
        single=f"{begin} $A {end}", special_tokens=[(begin, VOCABULARY.index(begin)), (end, VOCABULARY.index(end))]
    )
    return getattr(transformers, kind)(
        tokenizer_object=words,
        model_max_length=length,
        unk_token="[UNK]",
        pad_token="[PAD]",
        cls_token=begin,
        sep_token=end,
        bos_token=begin,
        eos_token=end,
    )


def _text_tower(**more: Any) -> dict[str, Any]:
    return {
        "vocab_size": len(VOCABULARY),
        "hidden_size": 16,
        "intermediate_size": 32,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "max_position_embeddings": 16,
        "pad_token_id": 0,
        "bos_token_id": VOCABULARY.index("[CLS]"),
        "eos_token_id": VOCABULARY.index("[SEP]"),
        **more,
    }


_VISION_TOWER = {
    "hidden_size": 16,
    "intermediate_size": 32,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "image_size": 32,
    "patch_size": 8,
}


def sentence_model(folder: Path, dim: int = 16) -> Path:
    """A sentence-transformers model: BERT of one layer, mean pooling, length 1."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer
    from transformers import BertConfig, BertModel

    torch.manual_seed(1)
    bert = folder.with_name(f"{folder.name}-bert")
    config = BertConfig(**{**_text_tower(hidden_size=dim), "max_position_embeddings": 64})
    BertModel(config, add_pooling_layer=False).save_pretrained(bert)
    tokenizer("BertTokenizerFast", 64).save_pretrained(bert)
    reader = Transformer(str(bert), max_seq_length=64)
    SentenceTransformer(modules=[reader, Pooling(dim), Normalize()], device="cpu").save(str(folder))
    return folder


def clip(folder: Path, learn: bool = True) -> Path:
    """CLIP; with ``learn`` a few steps of its own contrastive loss on three plain colours and their names."""
    import torch
    from transformers import CLIPConfig, CLIPImageProcessorPil, CLIPModel

    torch.manual_seed(2)
    model = CLIPModel(CLIPConfig(text_config=_text_tower(), vision_config=_VISION_TOWER, projection_dim=12))
    prepare = CLIPImageProcessorPil(size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32})
    words = tokenizer(length=16)
    if learn:
        _learn_colours(model, prepare, words)
    for part in (model, prepare, words):
        part.save_pretrained(folder)
    return folder


def _learn_colours(model: Any, prepare: Any, words: Any) -> None:
    import torch

    pictures = [np.full((32, 32, 3), colour, np.uint8) for colour in COLOURS.values()]
    pixels = prepare(images=pictures, return_tensors="pt")["pixel_values"]
    texts = words(list(COLOURS), padding=True, return_tensors="pt")
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    for _ in range(60):
        optimizer.zero_grad()
        model(
            input_ids=texts["input_ids"],
            attention_mask=texts["attention_mask"],
            pixel_values=pixels + 0.05 * torch.randn_like(pixels),
            return_loss=True,
        ).loss.backward()
        optimizer.step()


def siglip2(folder: Path, naflex: bool = False) -> Path:
    """SigLIP 2 as it is published: of a fixed size (the classes of SigLIP), or of any shape (NaFlex)."""
    import torch
    import transformers as t

    torch.manual_seed(3)
    words = tokenizer(length=16)
    vision = {k: v for k, v in _VISION_TOWER.items() if k != "image_size"} if naflex else _VISION_TOWER
    vision = {**vision, **({"num_patches": 16} if naflex else {})}
    config, kind = (t.Siglip2Config, t.Siglip2Model) if naflex else (t.SiglipConfig, t.SiglipModel)
    kind(config(text_config={**_text_tower(), "projection_size": 16}, vision_config=vision)).save_pretrained(folder)
    if naflex:
        t.Siglip2ImageProcessorPil(patch_size=8, max_num_patches=16).save_pretrained(folder)
    else:
        t.SiglipImageProcessorPil(size={"height": 32, "width": 32}).save_pretrained(folder)
    words.save_pretrained(folder)
    return folder


def resnet(folder: Path) -> Path:
    """ResNet of two stages."""
    import torch
    from transformers import ConvNextImageProcessorPil, ResNetConfig, ResNetModel

    torch.manual_seed(4)
    config = ResNetConfig(embedding_size=8, hidden_sizes=[8, 20], depths=[1, 1], layer_type="basic")
    ResNetModel(config).save_pretrained(folder)
    ConvNextImageProcessorPil(size={"shortest_edge": 32}).save_pretrained(folder)
    return folder


def clap(folder: Path, fused: bool = False) -> Path:
    """CLAP that reads windows of a second."""
    import torch
    from transformers import ClapConfig, ClapFeatureExtractor, ClapModel

    torch.manual_seed(5)
    text = _text_tower(max_position_embeddings=34, pad_token_id=0)
    audio = {
        "spec_size": 64,
        "num_mel_bins": 16,
        "patch_size": 4,
        "patch_stride": [4, 4],
        "patch_embeds_hidden_size": 8,
        "hidden_size": 16,
        "depths": [1, 1],
        "num_attention_heads": [2, 2],
        "window_size": 4,
        "num_hidden_layers": 2,
        "enable_fusion": fused,
        "num_classes": 4,
    }
    ClapModel(ClapConfig(text_config=text, audio_config=audio, projection_dim=12)).save_pretrained(folder)
    ClapFeatureExtractor(
        feature_size=16,
        sampling_rate=8000,
        hop_length=40,
        fft_window_size=256,
        max_length_s=1,
        frequency_max=3800,
        truncation="fusion" if fused else "rand_trunc",
    ).save_pretrained(folder)
    tokenizer(length=32, roberta=True).save_pretrained(folder)
    return folder


def whisper(folder: Path) -> Path:
    """Whisper of one layer with the real order of tokens: bytes, then languages and tasks, then 1,501 times."""
    import torch
    from transformers import WhisperConfig, WhisperFeatureExtractor, WhisperForConditionalGeneration, WhisperTokenizer
    from transformers.convert_slow_tokenizer import bytes_to_unicode

    torch.manual_seed(6)
    names = "endoftext startoftranscript en de translate transcribe startoflm startofprev nospeech notimestamps"
    special = [f"<|{name}|>" for name in names.split()]
    times = [f"<|{n * 0.02:.2f}|>" for n in range(1501)]
    vocabulary = {token: n for n, token in enumerate([*bytes_to_unicode().values(), *special, *times])}
    words = WhisperTokenizer(vocab=vocabulary, merges=[], language="english", task="transcribe")
    words.add_tokens([*special, *times], special_tokens=True)
    ids = {token: vocabulary[token] for token in special}
    model = WhisperForConditionalGeneration(
        WhisperConfig(
            vocab_size=len(vocabulary),
            num_mel_bins=8,
            d_model=16,
            encoder_layers=1,
            decoder_layers=1,
            encoder_attention_heads=2,
            decoder_attention_heads=2,
            encoder_ffn_dim=32,
            decoder_ffn_dim=32,
            max_target_positions=40,
            pad_token_id=ids["<|endoftext|>"],
            bos_token_id=ids["<|endoftext|>"],
            eos_token_id=ids["<|endoftext|>"],
            decoder_start_token_id=ids["<|startoftranscript|>"],
        )
    )
    stated = {
        "is_multilingual": True,
        "lang_to_id": {"<|en|>": ids["<|en|>"], "<|de|>": ids["<|de|>"]},
        "task_to_id": {"transcribe": ids["<|transcribe|>"], "translate": ids["<|translate|>"]},
        "no_timestamps_token_id": ids["<|notimestamps|>"],
        "max_initial_timestamp_index": 50,
        "prev_sot_token_id": ids["<|startofprev|>"],
        "suppress_tokens": [],
        "begin_suppress_tokens": [ids["<|endoftext|>"]],
        "return_timestamps": True,
        "_from_model_config": False,  # or it would be made anew from the model's settings on loading
    }
    for name, value in stated.items():
        setattr(model.generation_config, name, value)
    model.save_pretrained(folder)
    WhisperFeatureExtractor(feature_size=8).save_pretrained(folder)
    words.save_pretrained(folder)
    return folder


def forgetful(folder: Path, names: Sequence[str]) -> None:
    """Cut weights off, as a download that broke off does."""
    for name in names:
        file = folder / name
        file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
