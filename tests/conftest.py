from tests.coco_names import coco_names
from tests.hub.fixtures import hub
from tests.llm.fixtures import llm

__all__ = ["coco_names", "hub", "llm"]
