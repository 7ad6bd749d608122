"""From annotation files to a dataset, in the order in which it happens:

plan       what will be built, and its fingerprint
gathering  files read, joined (`joining`), matched with photos
shards     each run of images made to records (`assembly` completes drafts), in one process or several (`workers`)
output     the folder that can be published
run        all of it; `download` fetches official archives before
"""
