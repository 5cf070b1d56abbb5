"""Pictures' files: in storages and buckets, as thumbnails and originals, and what is left over."""
