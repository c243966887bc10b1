"""A course: write the parts of the library, and train a real model with your own code."""
