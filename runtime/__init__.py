"""The embedded services of one profile: what they are, how they start, how their health is known."""
