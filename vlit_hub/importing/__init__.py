"""Other people's instruction data, read into records.

importer       what a format's reader is, and what it gives: conversations
options        how conversations become records
items          the items of JSON, JSON Lines and Parquet files, those of a wrong shape apart
shapes         turns and photos, in the several ways that formats write them
sniffing       which format a file looks like
checking       conversations that a record can hold, and why the others can't be
boxes          boxes written in texts
photos         the photos that conversations name or hold
staging        checked conversations on disk, between the two passes over them
recording      checked conversations as records
rejecting      conversations that become no record
describing     what build.json says
running        the whole: from a file to a dataset's folder
files          somebody else's file where a command takes datasets
"""
