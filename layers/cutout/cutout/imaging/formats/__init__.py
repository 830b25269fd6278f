"""What a file says about itself, read from its container alone: no pixel is decoded, nothing is allocated by what a header claims."""
