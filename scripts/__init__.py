"""The commands of a checkout, and what they are made of; none of it is installed."""
