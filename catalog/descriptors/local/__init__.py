"""Local features: points of a picture, each with a descriptor of what is around it."""
