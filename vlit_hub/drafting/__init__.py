"""What strategies that work on whole frames share: columns, boxes as text, templates, what may be counted."""
