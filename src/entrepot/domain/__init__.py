"""What things are and what is allowed: values and rules, standard library only."""
