"""Pictures of a collection that are nearly the same (`scanning`, by stored vectors), or of one
photograph (`copies`, proven by local features).
"""
