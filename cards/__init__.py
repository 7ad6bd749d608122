"""Card templates and parts."""
