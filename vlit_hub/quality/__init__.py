"""Quality of a dataset's records: measured by indicators (plugins), kept beside the records, filtered and balanced by."""
