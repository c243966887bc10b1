"""Arrays in, arrays out: each kernel is a definition in NumPy above its compiled twin."""
