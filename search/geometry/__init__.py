"""Whether two pictures show the same thing, proven by where their local features lie. Pure."""
