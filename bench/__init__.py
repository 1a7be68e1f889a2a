"""Speed, memory and growth of Entrepot beside its rivals, measured in one run: `python -m bench`."""
