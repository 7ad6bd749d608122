"""Nothing: LLaMA-Factory imports torchaudio for audio, which no export has, and torchaudio needs the torch it was built with.

Where torch comes from PyPI for the CPU alone, no build of torchaudio fits it, and importing the one there is fails. Whoever has a
torchaudio that fits needs no stub: the tests put this folder on the path of LLaMA-Factory's checks only.
"""
