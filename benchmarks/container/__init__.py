"""The functions' image measured under Lambda's limits, and rembg's on the same base beside it.

laboratory  the engine, the images, and an embedded AWS for both
subjects    ours and rembg's: which container, which event, whether it was done
cold_start  `make cold-start`
memory      `make memory`
charts      their figures as SVG
page        their figures in docs/container.md
"""
