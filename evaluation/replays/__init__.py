"""What feedback would be worth: clicks simulated by labels, and the rankings measured."""
