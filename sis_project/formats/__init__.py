"""How dates and numbers are written where Django's own formats for a language are not enough."""
