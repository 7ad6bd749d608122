"""Publishing: the dataset card, its plots and examples, Croissant metadata, and what the Hub asks of them."""
