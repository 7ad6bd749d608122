"""Datasets on disk: folders of records in Parquet files, read and written.

reading    a dataset that is there, whoever wrote it
folder     a dataset's folder, written aside and renamed when it is complete
caching    a folder in the Hugging Face cache, under a Hub name
hashing    hashes of many texts at once
"""
