"""Where the official archives are."""

__all__ = ["COCO_ANNOTATIONS", "COCO_PHOTOS", "COCO_TEXT", "VQA"]

_COCO = "http://images.cocodataset.org"
_VQA = "https://s3.amazonaws.com/cvmlp/vqa/mscoco/vqa"

COCO_ANNOTATIONS = {"coco 2014": f"{_COCO}/annotations/annotations_trainval2014.zip"}
COCO_PHOTOS = {"train2014": f"{_COCO}/zips/train2014.zip", "val2014": f"{_COCO}/zips/val2014.zip"}
COCO_TEXT = {"coco-text": "https://github.com/bgshih/cocotext/releases/download/dl/cocotext.v2.zip"}
VQA = {
    f"vqa {what.lower()} {split.lower()}": f"{_VQA}/v2_{what}_{split}_mscoco.zip"
    for split in ("Train", "Val")
    for what in ("Questions", "Annotations")
}
