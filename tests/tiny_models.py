"""Tiny models, made where a test needs one: real ones, with weights by chance or trained to a single answer.

`torch` and `transformers` are imported in the functions; a test begins with `pytest.importorskip`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

CHAT_TEMPLATE = (
    "{% for message in messages %}<|{{ message.role }}|>"
    "{% if message.content is string %}{{ message.content }}{% else %}{% for part in message.content %}"
    "{% if part.type == 'image' %}<image>{% else %}{{ part.text }}{% endif %}{% endfor %}{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
_MARKS = ["<pad>", "</s>", "<|system|>", "<|user|>", "<|assistant|>", "<image>"]
_SAMPLE = "How many dogs are in the picture? There are two dogs on the grass. What does the image show?"
_PATCH = 14  # pixels


def write_text_model(
    folder: Path, *, answer: str | None = None, chat_template: str | None = CHAT_TEMPLATE, context: int = 4096
) -> Path:
    """A Llama of two layers and its tokenizer.

    Args:
        folder: Where to write it.
        answer: What it is trained to answer, whatever it is asked; if none, its weights stay as chance made them.
        chat_template: Of its tokenizer; None for a model that knows no chat.
        context: How many tokens prompt and answer may have together.

    Returns:
        The folder.
    """
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.set_num_threads(1)  # models this small are ten times slower where threads wait for each other
    tokenizer = _tokenizer(chat_template)
    pieces = _pieces(answer) if answer else []
    tokenizer.add_tokens(pieces)
    torch.manual_seed(0)
    model = LlamaForCausalLM(LlamaConfig(**_sizes(tokenizer), max_position_embeddings=context))
    if answer:
        _train(model, tokenizer.convert_tokens_to_ids(["<|assistant|>", *pieces, "</s>"]))
    return _save(folder, model, tokenizer)


def write_vision_model(folder: Path, *, context: int = 512) -> Path:
    """A Llava with a vision tower of two layers, which sees 28 x 28 pixels; its weights are as chance made them."""
    import torch
    from transformers import CLIPVisionConfig, LlamaConfig, LlavaConfig, LlavaForConditionalGeneration, LlavaProcessor
    from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

    torch.set_num_threads(1)
    tokenizer = _tokenizer(CHAT_TEMPLATE)
    side = 2 * _PATCH
    vision = CLIPVisionConfig(
        hidden_size=16,
        intermediate_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        image_size=side,
        patch_size=_PATCH,
        projection_dim=16,
    )
    torch.manual_seed(0)
    model = LlavaForConditionalGeneration(
        LlavaConfig(
            vision_config=vision,
            text_config=LlamaConfig(**_sizes(tokenizer), max_position_embeddings=context),
            image_token_id=tokenizer.convert_tokens_to_ids("<image>"),
            vision_feature_select_strategy="default",
        )
    )
    processor = LlavaProcessor(
        image_processor=CLIPImageProcessorPil(size={"shortest_edge": side}, crop_size={"height": side, "width": side}),
        tokenizer=tokenizer,
        patch_size=_PATCH,
        vision_feature_select_strategy="default",
        num_additional_image_tokens=1,  # the tower's class token, which "default" leaves out again
        chat_template=CHAT_TEMPLATE,
    )
    return _save(folder, model, processor)


def write_clip_model(folder: Path, *, siglip: bool = False, context: int = 24) -> Path:
    """A CLIP, or a SigLIP, whose images have 28 x 28 pixels; its weights are as chance made them."""
    import torch
    from transformers import CLIPConfig, CLIPModel, SiglipConfig, SiglipModel
    from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil
    from transformers.models.siglip.image_processing_pil_siglip import SiglipImageProcessorPil

    torch.set_num_threads(1)
    tokenizer = _tokenizer(None, ends=True)
    tokenizer.model_max_length = context
    side = 2 * _PATCH
    layers = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2}
    text = {
        **layers,
        "vocab_size": len(tokenizer),
        "max_position_embeddings": context,
        "eos_token_id": tokenizer.eos_token_id,
        "pad_token_id": tokenizer.pad_token_id,
        "bos_token_id": None,
    }
    vision = {**layers, "image_size": side, "patch_size": _PATCH}
    torch.manual_seed(0)
    if siglip:
        model: Any = SiglipModel(SiglipConfig(text_config=text, vision_config=vision))
        return _save(folder, model, tokenizer, SiglipImageProcessorPil(size={"height": side, "width": side}))
    text["projection_dim"] = vision["projection_dim"] = 16
    model = CLIPModel(CLIPConfig(text_config=text, vision_config=vision, projection_dim=16))
    crop = {"height": side, "width": side}
    return _save(folder, model, tokenizer, CLIPImageProcessorPil(size={"shortest_edge": side}, crop_size=crop))


def write_detector(folder: Path, *, context: int = 24) -> Path:
    """An OWLv2 whose images have 56 x 56 pixels; its weights are as chance made them."""
    import torch
    from transformers import Owlv2Config, Owlv2ForObjectDetection, Owlv2ImageProcessorPil

    torch.set_num_threads(1)
    tokenizer = _tokenizer(None, ends=True)
    tokenizer.model_max_length = context
    side = 4 * _PATCH
    layers = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2}
    text = {**layers, "vocab_size": len(tokenizer), "max_position_embeddings": context}
    text |= {"eos_token_id": tokenizer.eos_token_id, "pad_token_id": tokenizer.pad_token_id, "bos_token_id": None}
    vision = {**layers, "image_size": side, "patch_size": _PATCH}
    torch.manual_seed(0)
    model = Owlv2ForObjectDetection(Owlv2Config(text_config=text, vision_config=vision, projection_dim=32))
    for head in (model.class_head.logit_shift, model.class_head.logit_scale):  # else all scores are 1
        torch.nn.init.zeros_(head.weight)
    return _save(folder, model, tokenizer, Owlv2ImageProcessorPil(size={"height": side, "width": side}))


def write_grounding_detector(folder: Path) -> Path:
    """A Grounding DINO whose texts have up to 24 tokens; its weights are as chance made them."""
    import torch
    from transformers import (
        BertConfig,
        BertTokenizer,
        GroundingDinoConfig,
        GroundingDinoForObjectDetection,
        GroundingDinoImageProcessorPil,
        SwinConfig,
    )

    torch.set_num_threads(1)
    # the model knows marks by their places in BERT's vocabulary
    words = [f"[unused{number}]" for number in range(1100)]
    words[0], words[100:104], words[1012], words[1029] = "[PAD]", ["[UNK]", "[CLS]", "[SEP]", "[MASK]"], ".", "?"
    letters = "abcdefghijklmnopqrstuvwxyz"
    words[200 : 200 + 2 * len(letters)] = [*letters, *(f"##{letter}" for letter in letters)]
    words[300:304] = ["fire", "dog", "tr", "##am"]
    backbone = SwinConfig(
        embed_dim=8, depths=[1, 1, 1, 1], num_heads=[1, 1, 2, 2], window_size=2, out_indices=[2, 3, 4], image_size=64
    )
    layers = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2}
    config = GroundingDinoConfig(
        backbone_config=backbone,
        text_config=BertConfig(**layers, vocab_size=len(words), max_position_embeddings=64),
        d_model=64,
        num_queries=9,
        max_text_len=24,
        **{f"{part}_{what}": 2 for part in ("encoder", "decoder") for what in ("layers", "attention_heads")},
        **{f"{part}_ffn_dim": 64 for part in ("encoder", "decoder")},
    )
    torch.manual_seed(0)
    model = GroundingDinoForObjectDetection(config)
    tokenizer = BertTokenizer(vocab={word: number for number, word in enumerate(words)})
    return _save(
        folder, model, tokenizer, GroundingDinoImageProcessorPil(size={"shortest_edge": 48, "longest_edge": 96})
    )


def write_sentence_encoder(folder: Path, *, context: int = 64) -> Path:
    """A BERT of two layers; its weights are as chance made them."""
    import torch
    from transformers import BertConfig, BertModel

    torch.set_num_threads(1)
    tokenizer = _tokenizer(None, ends=True)
    torch.manual_seed(0)
    sizes = {key: value for key, value in _sizes(tokenizer).items() if key != "bos_token_id"}
    return _save(folder, BertModel(BertConfig(**sizes, max_position_embeddings=context)), tokenizer)


def _tokenizer(chat_template: str | None, *, ends: bool = False) -> Any:
    """Any text comes back as it was: the tokens are bytes, and what is frequent in a line of English.

    With `ends`, an end token is put behind each text.
    """
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=320,
        special_tokens=_MARKS,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator([_SAMPLE], trainer)
    if ends:
        end = tokenizer.token_to_id("</s>")
        tokenizer.post_processor = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", end)])
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, eos_token="</s>", pad_token="<pad>", chat_template=chat_template
    )


def _sizes(tokenizer: Any) -> dict[str, Any]:
    return {
        "vocab_size": len(tokenizer),
        "hidden_size": 64,
        "intermediate_size": 128,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "eos_token_id": tokenizer.eos_token_id,
        "pad_token_id": tokenizer.pad_token_id,
        "bos_token_id": None,
    }


def _pieces(answer: str) -> list[str]:
    """The answer cut into pieces that are all different, and of which none begins another: one token each."""
    pieces: list[str] = []
    rest = answer
    while rest:
        length = 8
        while any(piece.startswith(rest[:length]) or rest[:length].startswith(piece) for piece in pieces):
            length += 1
            if length > len(rest):  # the end of the answer is the beginning of a piece: it goes to the one before
                return [*pieces[:-1], pieces[-1] + rest]
        pieces.append(rest[:length])
        rest = rest[length:]
    return pieces


def _train(model: Any, tokens: list[int]) -> None:
    """Until each of these tokens is followed by the next; what stands before the first makes no difference.

    Attention is trained away: the answer then can't depend on how long the prompt is.
    """
    import torch

    for layer in model.model.layers:
        torch.nn.init.zeros_(layer.self_attn.o_proj.weight).requires_grad_(False)
    optimizer = torch.optim.AdamW([weight for weight in model.parameters() if weight.requires_grad], lr=1e-2)
    sequence = torch.tensor([tokens])
    for _ in range(200):
        loss = model(input_ids=sequence, labels=sequence).loss
        if loss.item() < 1e-3:
            break
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert loss.item() < 1e-3, "the tiny model didn't learn its answer"


def _save(folder: Path, model: Any, *more: Any) -> Path:
    from transformers.utils import logging

    logging.disable_progress_bar()
    if model.can_generate():
        model.generation_config.eos_token_id = model.config.get_text_config().eos_token_id
        model.generation_config.pad_token_id = model.config.get_text_config().pad_token_id
    for thing in (model, *more):
        thing.save_pretrained(folder)
    return folder
