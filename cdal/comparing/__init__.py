"""From experiments to a conclusion that one can defend: groups, pooled seeds, paired differences. No MLflow in here."""
