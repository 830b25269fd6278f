"""What each of onnxruntime's options does to a network's time, processor time and memory: `python -m benchmarks.session --help`."""
