"""The functions' image: made small, built, run under Lambda's limits, and measured, with any Docker engine or one of its own.

trim      what the image needs of what pip installed; runs inside the build
engine    a Docker engine: the machine's, or one that is started for the occasion and leaves nothing behind
base      AWS's base image, or a stand-in of the same shape where it can't be pulled
images    the image, and rembg's beside it
container a container with a function in it, under a memory and a processor limit
"""
