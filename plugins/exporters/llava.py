"""LLaVA's own format (`llava/train/train.py`): one JSON array, a single photo a sample."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from vlit_hub.export.json_files import JsonExporter

if TYPE_CHECKING:
    import polars as pl

    from vlit_hub.export.conversations import Conversations
    from vlit_hub.export.exporter import Export, Job

__all__ = ["Llava"]


class Llava(JsonExporter):
    """`[{"id", "image", "conversations": [{"from": "human" | "gpt", "value"}]}]`; no `image` where there is no photo."""

    name = "llava"
    title = "LLaVA: one JSON array, a photo a sample"
    trainer = "LLaVA"
    suffix = ".json"
    most_images = 1
    interleaved = False
    reserved = ("<image>",)
    shardable = False

    def samples(self, conversations: Conversations, job: Job) -> pl.DataFrame:
        """The samples."""
        import polars as pl

        return pl.DataFrame(
            {
                "id": conversations.ids,
                "image": conversations.images.list.first(),
                "conversations": conversations.messages("from", "value", "human", "gpt"),
            }
        )

    def guide(self, export: Export) -> str:
        """The command of LLaVA's own script for visual instruction tuning."""
        folder = export.job.folder
        photos = shlex.quote(str(folder)) if export.job.images != "none" else "YOUR_PHOTOS"
        return (
            "In a checkout of LLaVA:\n\n"
            "```bash\n"
            "deepspeed llava/train/train_mem.py --deepspeed scripts/zero3.json --model_name_or_path MODEL --version v1 \\\n"
            f"    --data_path {shlex.quote(str(folder / export.train.path))} --image_folder {photos} \\\n"
            "    --vision_tower openai/clip-vit-large-patch14-336 --mm_projector_type mlp2x_gelu --mm_vision_select_layer -2 \\\n"
            "    --mm_use_im_start_end False --mm_use_im_patch_token False --image_aspect_ratio pad --bf16 True \\\n"
            "    --learning_rate 2e-5 --model_max_length 2048 --gradient_checkpointing True --lazy_preprocess True \\\n"
            "    --output_dir OUTPUT\n"
            "```\n\n"
            "`scripts/v1_5/finetune.sh` there has the rest of the settings that LLaVA 1.5 was trained with."
        )
