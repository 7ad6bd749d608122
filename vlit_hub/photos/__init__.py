"""Photos: which file shows which image, whether it can be used, and which way up it is.

matching    photo files below folders, and the one of each image
probing     size, mode and orientation of a photo file, and what is wrong with it
attaching   both, for all images of a build, with counts
turning     boxes of a photo that is stored rotated
"""

from __future__ import annotations

from vlit_hub.photos.attaching import attach
from vlit_hub.photos.matching import SUFFIXES, find, match
from vlit_hub.photos.probing import PROBED, probe
from vlit_hub.photos.turning import rotate_boxes, turn

__all__ = ["PROBED", "SUFFIXES", "attach", "find", "match", "probe", "rotate_boxes", "turn"]
