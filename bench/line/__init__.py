"""What is measured inside the product's own code, on the database of the environment: `python -m bench.line <name>`."""
