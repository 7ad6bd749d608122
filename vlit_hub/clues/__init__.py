"""Visual clues: one image's annotations as text for a language model (Li et al. 2024, sections 4.2.2 and A.3.2).

`write_clues` gathers facts (a module a kind of annotation), and drops those worth least until the text fits the budget.
"""

from vlit_hub.clues.writing import Clues, write_clues

__all__ = ["Clues", "write_clues"]
