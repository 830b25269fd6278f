"""Speed and memory against rembg: the same file, the same weights, the same threads, in turn."""
