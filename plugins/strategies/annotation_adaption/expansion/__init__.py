"""What a language model adds to annotation adaption: more instructions, and answers as sentences (Li et al. 2024, 3.3.1)."""
