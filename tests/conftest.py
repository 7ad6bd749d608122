from tests.coco_names import coco_names
from tests.hub.fixtures import hub

__all__ = ["coco_names", "hub"]
