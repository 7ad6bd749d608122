"""Datasets in the formats that trainers read.

exporter        what an exporter is: the contract for plugins
conversations   what an exporter is given: whole conversations and their photos, as columns
json_files      samples as JSON, for exporters whose format is JSON
records         a dataset's records, streamed
photos          photos of an export: linked, copied, named
turns           records as flat messages, and what a format can't hold of them
batches         records into conversations
shown           which photos records show, for each way of exporting them
sizes           how large photos are
boxes           boxes in texts, in another convention
settings        what a user chooses, checked against what the format can do
engine          exports: units that survive a kill, then one rename
mending         what to do about what a format can't hold
readme          README.md of an export
"""
